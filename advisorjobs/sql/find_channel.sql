SELECT id, kind, address, secret FROM channels WHERE id = %(channel)s AND kind = 'webhook' AND is_active
