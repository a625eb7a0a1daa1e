UPDATE users SET fields = '{"department": "R&D", "role": "admin"}' WHERE id = 'mallory';
