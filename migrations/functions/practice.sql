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
    INSERT INTO activities (organization_id, key, kind, client_id, subject_kind, subject_id, text, data)
    VALUES (advisorjobs_organization(), _key, _kind, _client, _subject_kind, _subject, _text, coalesce(_data, '{}'))
        ON CONFLICT (organization_id, key) DO NOTHING;
    RETURN FOUND;
END $$;
