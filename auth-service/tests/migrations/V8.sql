UPDATE users SET credential_epoch = 3 WHERE id = 'alice';
INSERT INTO verifications
    (token_hash, purpose, user_id, email, new_email, created_at, expires_at, credential_epoch, session_id)
VALUES
    (sha256('delete again'), 'delete-user', 'alice', 'alice@example.com', NULL, now(), now() + interval '1 hour', 3,
        '01900000-0000-7000-8000-000000000001');
