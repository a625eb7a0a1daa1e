INSERT INTO linked_accounts (id, user_id, provider, subject, scopes, tokens, created_at, updated_at)
VALUES ('018f0000-0000-7000-8000-000000000001', 'mallory', 'google', '1', '{openid}', '\x00', now(), now());
INSERT INTO authorization_requests (state_hash, content, expires_at)
VALUES (decode(repeat('ab', 32), 'hex'), '\x00', now());
