INSERT INTO verifications (token_hash, purpose, user_id, email, new_email, created_at, expires_at, used_at) VALUES
    (sha256('reset'), 'reset-password', 'alice', 'alice@example.com', NULL, now(), now() + interval '1 hour', NULL),
    (sha256('used'), 'verify-email', 'bob', 'bob@example.com', NULL, now(), now() + interval '1 hour', now()),
    (sha256('confirm'), 'confirm-email-change', 'alice', 'alice@example.com', 'a@example.com', now(), now(), NULL),
    (sha256('change'), 'change-email', 'alice', 'alice@example.com', 'a@example.com', now(), now(), NULL),
    (sha256('delete'), 'delete-user', 'alice', 'alice@example.com', NULL, now(), now(), NULL);
INSERT INTO outbox (id, sealed, created_at, next_attempt_at, expires_at) VALUES
    ('01900000-0000-7000-8000-000000000003', '\x00', now(), now() + interval '1 day', now() + interval '1 day');
