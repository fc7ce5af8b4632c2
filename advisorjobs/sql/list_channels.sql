SELECT id, kind, address, secret FROM channels WHERE is_active ORDER BY id
