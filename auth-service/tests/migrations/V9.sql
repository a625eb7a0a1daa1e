INSERT INTO sign_ups (id, email, name, hash, scheme, created_at, expires_at) VALUES
    ('carol', 'carol@example.com', 'Carol', '$2b$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS', 'bcrypt', now(), now() + interval '7 days');
INSERT INTO verifications (token_hash, purpose, sign_up_id, email, created_at, expires_at) VALUES
    (sha256('complete'), 'complete-sign-up', 'carol', 'carol@example.com', now(), now() + interval '1 hour');
