UPDATE users SET two_factor = true WHERE id = 'mallory';
INSERT INTO second_factors (user_id, secret, totp_confirmed, last_step, created_at)
VALUES ('mallory', '\x00', true, 1, now());
INSERT INTO backup_codes (user_id, code_hash) VALUES ('mallory', decode(repeat('ab', 32), 'hex'));
INSERT INTO two_factor_challenges (token_hash, user_id, credential_epoch, first_factor, mail_allowed, remembered, expires_at)
VALUES (decode(repeat('ab', 32), 'hex'), 'mallory', 0, 'password', true, true, now());
INSERT INTO second_factor_mail_codes (holder, user_id, code_hash, expires_at)
VALUES (decode(repeat('ab', 32), 'hex'), 'mallory', '\x00', now());
INSERT INTO trusted_devices
    (id, user_id, token_hash, credential_epoch, created_at, last_used_at, expires_at, ip_address, user_agent)
VALUES ('018f0000-0000-7000-8000-000000000002', 'mallory', decode(repeat('ab', 32), 'hex'), 0, now(), now(), now(), '', '');
