-- Accounts that come from elsewhere: hashes of other makes, and keys that sign no more.

ALTER TABLE passwords DROP CONSTRAINT passwords_scheme_known;
ALTER TABLE passwords ADD CONSTRAINT passwords_scheme_known CHECK (
    scheme IN ('bcrypt', 'bcrypt-hmac-sha384', 'better-auth-scrypt', 'foreign-bcrypt', 'argon2')
);

-- A key is `pending` (published, does not sign yet), `active` (signs) or `retired` (published, signs no more).
ALTER TABLE signing_keys DROP CONSTRAINT signing_keys_status_known;
ALTER TABLE signing_keys
    ADD COLUMN algorithm text NOT NULL DEFAULT 'RS256',
    -- What the JWKS shows; null: it follows from the private key.
    ADD COLUMN public_jwk jsonb,
    -- From then on it is not published any more; null: no end is set.
    ADD COLUMN published_until timestamptz,
    -- Null: this key can only verify.
    ALTER COLUMN private_key DROP NOT NULL,
    ADD CONSTRAINT signing_keys_status_known CHECK (status IN ('pending', 'active', 'retired')),
    ADD CONSTRAINT signing_keys_can_sign CHECK (
        status = 'retired' OR (private_key IS NOT NULL AND algorithm = 'RS256')
    ),
    ADD CONSTRAINT signing_keys_retired_is_public CHECK (status <> 'retired' OR public_jwk IS NOT NULL),
    ADD CONSTRAINT signing_keys_retired_has_an_end CHECK (status <> 'retired' OR published_until IS NOT NULL);
