-- A page of the actions on many jobs, the newest first, from before number _before on. _own: of that organization's people alone.
CREATE OR REPLACE FUNCTION advisorjobs_actions_page(_own text, _state text, _before bigint, _most integer)
RETURNS SETOF advisorjobs_actions
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET jit = off AS $$
BEGIN
    RETURN QUERY
        SELECT a.* FROM advisorjobs_actions a
         WHERE (_own IS NULL OR a.organization_id = _own) AND (_state IS NULL OR a.state = _state)
           AND (_before IS NULL OR a.id < _before)
         ORDER BY a.id DESC LIMIT _most;
END $$;
