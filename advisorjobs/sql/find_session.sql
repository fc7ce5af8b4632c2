-- Whose a session is that goes on. That it was seen is written once a minute, where somebody asked.
WITH alive AS (
    SELECT s.id, s.seen_at, p.id AS person_id, p.name, p.role::text, p.organization_id, p.issuer
      FROM advisorjobs_sessions s JOIN advisorjobs_people p ON p.id = s.person_id
     WHERE s.token_hash = %(token_hash)s AND s.expires_at > now() AND s.seen_at > now() - %(idle)s::interval AND p.is_active),
seen AS (
    UPDATE advisorjobs_sessions s SET seen_at = now() FROM alive a
     WHERE %(touch)s AND s.id = a.id AND a.seen_at < now() - least(interval '1 minute', %(idle)s::interval / 10))
SELECT id, person_id, name, role, organization_id, issuer FROM alive
