UPDATE users SET username = 'mallory', display_username = 'Mallory' WHERE id = 'mallory';
