INSERT INTO users (id, name, email, email_verified, created_at, updated_at, banned_at, banned_until, ban_reason) VALUES
    ('mallory', 'Mallory', 'mallory@example.com', true, now() - interval '1 day', now(), now(), NULL, 'spam'),
    ('trudy', 'Trudy', 'trudy@example.com', true, now() - interval '9 days', now(), now() - interval '8 days',
        now() - interval '1 day', NULL);
