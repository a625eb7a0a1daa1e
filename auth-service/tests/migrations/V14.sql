UPDATE sessions SET authenticated_by = 'password';
