INSERT INTO passwords (user_id, hash, scheme, updated_at) VALUES ('bob', 'salt:key', 'better-auth-scrypt', now());
INSERT INTO signing_keys (kid, private_key, status, created_at, algorithm, public_jwk, published_until) VALUES
    ('of-better-auth', NULL, 'retired', now(), 'EdDSA', '{"kty": "OKP"}', now() + interval '1 day');
