-- How what people change stands, as the audit log keeps it before and after: small objects, the same for the same state, from which it can
-- be set back. Rates are texts that advisorjobs_parse_rate() reads: '100/60s'.

CREATE OR REPLACE FUNCTION advisorjobs_rate_text(_rate integer, _window interval) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT _rate || '/' || trim_scale(extract(epoch FROM _window)::numeric) || 's' $$;

-- The pause of a queue, of an organization, or of one in a queue; NULL: there is none. closed_until: a service asked for patience.
CREATE OR REPLACE FUNCTION advisorjobs_pause_state(_queue text, _organization text) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
BEGIN
    RETURN nullif(jsonb_strip_nulls(jsonb_build_object('closed_until', (
            SELECT q.closed_until FROM advisorjobs_queues q WHERE q.name = _queue AND _organization IS NULL AND q.closed_until > now())))
        || coalesce((
            SELECT jsonb_build_object('since', p.since, 'until', p.until, 'reason', p.reason, 'paused_by', p.paused_by)
              FROM advisorjobs_pauses p
             WHERE p.queue = coalesce(_queue, '') AND p.organization_id = coalesce(_organization, '')
               AND (p.until > now()) IS NOT FALSE), '{}'), '{}');
END $$;

-- A queue's limits; changed: by people, so that it doesn't follow the queue table.
CREATE OR REPLACE FUNCTION advisorjobs_limit_state(_queue text) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
BEGIN
    RETURN (
        SELECT jsonb_build_object(
                   'rate', advisorjobs_rate_text(q.rate, q.rate_window), 'running', q.running,
                   'organization_rate', advisorjobs_rate_text(q.organization_rate, q.organization_rate_window),
                   'organization_running', q.organization_running, 'fair', q.fair, 'changed', q.changed_at IS NOT NULL)
          FROM advisorjobs_queues q WHERE q.name = _queue);
END $$;

-- An organization's rule for a queue, or (NULL) for each.
CREATE OR REPLACE FUNCTION advisorjobs_rule_state(_queue text, _organization text) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
BEGIN
    RETURN (
        SELECT jsonb_build_object('weight', r.weight, 'rate', advisorjobs_rate_text(r.rate, r.rate_window), 'running', r.running)
          FROM advisorjobs_organization_rules r WHERE r.queue = coalesce(_queue, '') AND r.organization_id = _organization);
END $$;

-- A key's limits.
CREATE OR REPLACE FUNCTION advisorjobs_key_state(_key text) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
BEGIN
    RETURN (
        SELECT jsonb_build_object('rate', advisorjobs_rate_text(k.rate, k.rate_window), 'running', k.running) || jsonb_strip_nulls(
                   jsonb_build_object('closed_until', CASE WHEN k.closed_until > now() THEN k.closed_until END))
          FROM advisorjobs_keys k
         WHERE k.key = _key AND (k.rate IS NOT NULL OR k.running IS NOT NULL OR k.closed_until > now()));
END $$;

-- What a schedule says, without its payload: payload tells one from another, fields are its names.
CREATE OR REPLACE FUNCTION advisorjobs_schedule_state(_id bigint) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
BEGIN
    RETURN (
        SELECT jsonb_strip_nulls(jsonb_build_object(
                   'job_name', s.job_name, 'queue_name', s.queue_name, 'payload', advisorjobs_version(s.args),
                   'fields', (SELECT jsonb_agg(k ORDER BY k) FROM jsonb_object_keys(s.args) k), 'priority', s.priority, 'tags', s.tags,
                   'cron', s.cron, 'every', s.every, 'time_zone', s.time_zone, 'start_at', s.start_at, 'end_at', s.end_at,
                   'run_limit', s.run_limit, 'jitter', s.jitter, 'overlap', s.overlap, 'missed', s.missed, 'missed_cap', s.missed_cap,
                   'give_up_after', s.give_up_after))
          FROM advisorjobs_schedules s WHERE s.id = _id);
END $$;

CREATE OR REPLACE FUNCTION advisorjobs_schedule_pause(_id bigint) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
BEGIN
    RETURN (SELECT jsonb_build_object('since', s.paused_at, 'reason', s.paused_why, 'paused_by', s.paused_by)
              FROM advisorjobs_schedules s WHERE s.id = _id AND s.paused_at IS NOT NULL);
END $$;
