INSERT INTO signing_keys (kid, private_key, status, created_at, published_at, public_jwk, published_until, revoked_at)
VALUES
    ('next', '\x00', 'pending', now(), now(), NULL, NULL, NULL),
    ('stolen', NULL, 'revoked', now(), now(), '{"kty": "RSA"}', now() + interval '1 day', now());
