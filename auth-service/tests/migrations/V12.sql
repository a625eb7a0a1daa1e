INSERT INTO webhook_deliveries (receiver, event, user_id, data)
VALUES ('environment', 'user.deleted', 'gone', '{"user_id": "gone", "tokens_expire_at": "2026-11-30T12:15:00Z"}');
