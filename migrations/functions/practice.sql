-- The practice's tables: what is kept beside them, and what jobs of more than one queue write.

-- Which firms there are, for jobs of `system` that hand out one job per firm.
CREATE OR REPLACE FUNCTION advisorjobs_keep_firm() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM advisorjobs_firms WHERE organization_id = OLD.id;
    ELSE
        INSERT INTO advisorjobs_firms (organization_id, time_zone) VALUES (NEW.id, NEW.time_zone)
            ON CONFLICT (organization_id) DO UPDATE SET time_zone = EXCLUDED.time_zone;
    END IF;
    RETURN NULL;
END $$;

-- Whose events a service's account has. An account that another firm has already is refused.
CREATE OR REPLACE FUNCTION advisorjobs_keep_route() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM advisorjobs_routes WHERE service = OLD.service AND account = OLD.account;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO advisorjobs_routes (service, account, organization_id, is_active)
        VALUES (NEW.service, NEW.account, NEW.organization_id, NEW.is_active);
    END IF;
    RETURN NULL;
EXCEPTION WHEN unique_violation THEN
    RAISE EXCEPTION 'account: % % is connected with another organization already', NEW.service, NEW.account
        USING ERRCODE = '22023';
END $$;

-- The firms and their time zones, in the order of their ids after _after; _only: these alone. For jobs of `system`.
CREATE OR REPLACE FUNCTION advisorjobs_list_firms(_only text[], _after text, _limit integer)
RETURNS TABLE (organization_id text, time_zone text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF coalesce(current_setting('advisorjobs.organization', true), '') <> 'system' THEN
        RAISE EXCEPTION 'only jobs of the organization system may list the firms' USING ERRCODE = '42501';
    END IF;
    RETURN QUERY SELECT f.organization_id, f.time_zone FROM advisorjobs_firms f
      WHERE f.organization_id > coalesce(_after, '') AND f.organization_id <> 'system'
        AND (_only IS NULL OR f.organization_id = ANY (_only))
      ORDER BY f.organization_id LIMIT _limit;
END $$;

-- Puts an entry into the feed of the organization that the transaction works for; once per _key. Says whether it is new.
CREATE OR REPLACE FUNCTION advisorjobs_note_activity(
    _key text, _kind text, _client text, _subject_kind text, _subject text, _text text, _data jsonb) RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO practice_activities (organization_id, key, kind, client_id, subject_kind, subject_id, text, data)
    VALUES (advisorjobs_organization(), _key, _kind, _client, _subject_kind, _subject, _text, coalesce(_data, '{}'))
        ON CONFLICT (organization_id, key) DO NOTHING;
    RETURN FOUND;
END $$;

-- WEBHOOKS. A receiver asks whose an account is, and hands over what it has verified; it needs no other right to the practice's tables.

-- Whose these accounts of a service are, and the sealed secrets that their webhooks are verified with. Accounts that nobody has
-- connected, or whose connection is switched off, are left out.
DROP FUNCTION IF EXISTS advisorjobs_webhook_routes(text, text[]);
CREATE FUNCTION advisorjobs_webhook_routes(_service text, _accounts text[])
RETURNS TABLE (account text, organization_id text, secrets text[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE
    _before text := coalesce(current_setting('advisorjobs.organization', true), '');
    _route record;
BEGIN
    FOR _route IN SELECT r.account, r.organization_id FROM advisorjobs_routes r
                   WHERE r.service = _service AND r.account = ANY (_accounts) AND r.is_active ORDER BY r.account LOOP
        PERFORM set_config('advisorjobs.organization', _route.organization_id, true);
        RETURN QUERY SELECT c.account, c.organization_id, c.secrets FROM practice_connections c
          WHERE c.organization_id = _route.organization_id AND c.service = _service AND c.account = _route.account;
    END LOOP;
    PERFORM set_config('advisorjobs.organization', _before, true);
END $$;
REVOKE ALL ON FUNCTION advisorjobs_webhook_routes(text, text[]) FROM PUBLIC;

-- Takes verified events and queues their jobs: both, or neither. _events: [{"organization_id", "provider", "account", "event_id",
-- "event_type", "object_id", "happened_at", "event", "job"}], each job as advisorjobs_enqueue takes it. An event that was
-- taken before has its job already. Returns how many were new.
--
-- Events are inserted in the order of their keys, so that two calls with the same ones don't wait for each other in a circle; one
-- waits for the other's commit at the first that they share.
CREATE OR REPLACE FUNCTION advisorjobs_receive_webhooks(_events jsonb) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    _before text := coalesce(current_setting('advisorjobs.organization', true), '');
    _organization text;
    _jobs jsonb;
    _taken integer := 0;
BEGIN
    FOR _organization IN SELECT DISTINCT e ->> 'organization_id' FROM jsonb_array_elements(_events) AS a(e) ORDER BY 1 LOOP
        PERFORM set_config('advisorjobs.organization', _organization, true);
        WITH given AS MATERIALIZED (
            SELECT r.* FROM jsonb_to_recordset(_events) AS r(
                   organization_id text, provider text, account text, event_id text, event_type text, object_id text,
                   happened_at timestamptz, event jsonb, job jsonb)
             WHERE r.organization_id = _organization),
        inserted AS (
            INSERT INTO practice_webhook_events AS w (
                organization_id, provider, account, event_id, event_type, object_id, happened_at, event)
            SELECT DISTINCT ON (g.provider, g.account, g.event_id)
                   g.organization_id, g.provider, g.account, g.event_id, g.event_type, g.object_id, g.happened_at, g.event
              FROM given g ORDER BY g.provider, g.account, g.event_id
                ON CONFLICT DO NOTHING
            RETURNING w.provider, w.account, w.event_id)
        SELECT jsonb_agg(job) INTO _jobs FROM (
            SELECT DISTINCT ON (provider, account, event_id) g.job FROM inserted JOIN given g USING (provider, account, event_id)
             ORDER BY provider, account, event_id) new;
        IF _jobs IS NOT NULL THEN
            PERFORM e.id FROM advisorjobs_enqueue(_jobs) e;
            _taken := _taken + jsonb_array_length(_jobs);
        END IF;
    END LOOP;
    PERFORM set_config('advisorjobs.organization', _before, true);
    RETURN _taken;
END $$;
REVOKE ALL ON FUNCTION advisorjobs_receive_webhooks(jsonb) FROM PUBLIC;
