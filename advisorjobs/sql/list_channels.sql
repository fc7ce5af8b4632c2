SELECT id, kind, address, secret FROM practice_channels WHERE is_active ORDER BY id
