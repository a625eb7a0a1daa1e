INSERT INTO users (id, name, email, email_verified, image, created_at, updated_at) VALUES
    ('alice', 'Alice', 'alice@example.com', true, 'https://example.com/alice.png', now() - interval '1 year', now()),
    ('bob', 'Bob', 'bob@example.com', false, NULL, now() - interval '1 day', now());
-- Of "correct horse battery".
INSERT INTO passwords (user_id, hash, scheme, updated_at) VALUES
    ('alice', '$2b$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS', 'bcrypt', now() - interval '1 year');
INSERT INTO sessions (id, user_id, token_hash, created_at, updated_at, expires_at, remembered, ip_address, user_agent)
VALUES
    ('01900000-0000-7000-8000-000000000001', 'alice', sha256('a session from the first version'), now(), now(),
        now() + interval '7 days', true, '192.0.2.1', 'curl'),
    ('01900000-0000-7000-8000-000000000002', 'alice', sha256('expired'), now() - interval '9 days',
        now() - interval '9 days', now() - interval '2 days', false, '', '');
INSERT INTO signing_keys (kid, private_key, status, created_at) VALUES ('first', '\x00', 'active', now());
