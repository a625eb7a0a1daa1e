INSERT INTO webhook_receivers (id, url, events, sealed_secret, allow_private, created_at)
VALUES ('01979d0c-1f5f-7cc3-9f63-2b0a0f6e2f4d', 'https://crm.example.com/hooks', '{user.created,user.deleted}', '\x00',
        false, '2026-11-30T12:00:00Z');
