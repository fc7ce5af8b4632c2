SELECT id, kind, address, secret FROM practice_channels WHERE id = %(channel)s AND kind = 'webhook' AND is_active
