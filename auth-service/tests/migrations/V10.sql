INSERT INTO audit_events (event, outcome, user_id, session_id, client_address, user_agent, request_id, reason) VALUES
    ('session.started', 'success', 'alice', gen_random_uuid(), '192.0.2.1', 'Mozilla/5.0', gen_random_uuid(), 'sign_in');
INSERT INTO audit_events (event, outcome, last_at, reason, count) VALUES
    ('sign_in.refused', 'refusal', now(), 'wrong_password', 12);
