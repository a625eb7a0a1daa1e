-- The life of signing keys: pending, active, retired, gone; or revoked. Runs as auth_owner.

ALTER TABLE signing_keys
    DROP CONSTRAINT signing_keys_status_known,
    DROP CONSTRAINT signing_keys_can_sign;
ALTER TABLE signing_keys
    -- Since when the JWKS shows it: a pending key signs a good while after that.
    ADD COLUMN published_at timestamptz,
    -- Since when it signs, or did; null: it never did here.
    ADD COLUMN active_since timestamptz,
    -- A revoked key is published no more and has lost its private half. Its row stays, so that it never comes back.
    ADD COLUMN revoked_at timestamptz;
UPDATE signing_keys SET published_at = created_at, active_since = created_at WHERE status = 'active';
ALTER TABLE signing_keys
    ADD CONSTRAINT signing_keys_status_known CHECK (status IN ('pending', 'active', 'retired', 'revoked')),
    ADD CONSTRAINT signing_keys_can_sign CHECK (
        status IN ('retired', 'revoked') OR (private_key IS NOT NULL AND algorithm = 'RS256')
    ),
    ADD CONSTRAINT signing_keys_pending_is_published CHECK (status <> 'pending' OR published_at IS NOT NULL),
    ADD CONSTRAINT signing_keys_revoked_is_dead CHECK (
        (status = 'revoked') = (revoked_at IS NOT NULL) AND (status <> 'revoked' OR private_key IS NULL)
    );

-- However many replicas make one at once, one key is next.
CREATE UNIQUE INDEX signing_keys_one_pending ON signing_keys (status) WHERE status = 'pending';

-- A key changes its status, loses its private half, or has it encrypted anew. Its name and its making stay.
GRANT UPDATE (status, public_jwk, private_key, active_since, published_until, revoked_at), DELETE
    ON signing_keys TO auth_service;
