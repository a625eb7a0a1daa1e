INSERT INTO token_lifetimes (seconds, last_seen) VALUES (900, now());
