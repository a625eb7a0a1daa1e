INSERT INTO magic_links (token_hash, id, email, user_id, credential_epoch, name, expires_at)
VALUES (decode(repeat('cd', 32), 'hex'), '018f0000-0000-7000-8000-000000000002', 'mallory@example.com', 'mallory', 0,
        'Mallory', now());
INSERT INTO email_codes (subject, code, guesses, user_id, credential_epoch, expires_at)
VALUES (decode(repeat('ab', 32), 'hex'), decode(repeat('cd', 32), 'hex'), 1, 'mallory', 0, now());
