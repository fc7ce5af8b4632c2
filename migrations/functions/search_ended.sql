-- Jobs by their end: the part of search.sql that goes through the history by time.

-- The hour nearest to a moment, itself included, in which there may have been runs of an organization or (NULL) of any, and of a job or
-- (NULL) of any; NULL: there is none further in that direction. Hours from _unfolded on (NULL: none) may have them; days before
-- _rolled have rows of their own: days first, then hours of a day, a few hundred entries at most.
DROP FUNCTION IF EXISTS advisorjobs_hour_with_runs(text, text, timestamptz, boolean);
CREATE OR REPLACE FUNCTION advisorjobs_hour_with_runs(
    _organization text, _name text, _at timestamptz, _up boolean, _unfolded timestamptz, _rolled timestamptz)
RETURNS timestamptz
LANGUAGE plpgsql STABLE AS $$
DECLARE
    _hour CONSTANT timestamptz := advisorjobs_grain_of(1, _at);
    _whole CONSTANT boolean := _organization IS NULL;
    _found timestamptz;
    _day timestamptz;
BEGIN
    IF _hour >= _unfolded THEN
        RETURN _hour;
    END IF;
    IF _up THEN
        SELECT min(t.since) INTO _found FROM advisorjobs_tallies t
         WHERE t.organization_id = coalesce(_organization, '') AND t.whole = _whole AND t.grain = 1 AND t.since >= _hour
           AND t.since < advisorjobs_grain_of(24, _hour) + interval '24 hours' AND (_name IS NULL OR t.job_name = _name);
        IF _found IS NULL THEN
            SELECT min(t.since) INTO _day FROM advisorjobs_tallies t
             WHERE t.organization_id = coalesce(_organization, '') AND t.whole = _whole AND t.grain = 24
               AND t.since > _hour AND (_name IS NULL OR t.job_name = _name);
            SELECT min(t.since) INTO _found FROM advisorjobs_tallies t
             WHERE t.organization_id = coalesce(_organization, '') AND t.whole = _whole AND t.grain = 1
               AND t.since >= coalesce(_day, greatest(_hour, _rolled)) AND (_name IS NULL OR t.job_name = _name);
        END IF;
        RETURN least(_found, _unfolded);        -- either may be NULL
    END IF;
    SELECT max(t.since) INTO _found FROM advisorjobs_tallies t
     WHERE t.organization_id = coalesce(_organization, '') AND t.whole = _whole AND t.grain = 1 AND t.since <= _hour
       AND t.since >= least(_rolled, advisorjobs_grain_of(24, _hour)) AND (_name IS NULL OR t.job_name = _name);
    IF _found IS NULL THEN
        SELECT max(t.since) INTO _day FROM advisorjobs_tallies t
         WHERE t.organization_id = coalesce(_organization, '') AND t.whole = _whole AND t.grain = 24
           AND t.since < advisorjobs_grain_of(24, _hour) AND (_name IS NULL OR t.job_name = _name);
        SELECT max(t.since) INTO _found FROM advisorjobs_tallies t
         WHERE t.organization_id = coalesce(_organization, '') AND t.whole = _whole AND t.grain = 1 AND t.since >= _day
           AND t.since < _day + interval '24 hours' AND (_name IS NULL OR t.job_name = _name);
    END IF;
    RETURN _found;
END $$;

-- How much time a look for an organization's runs may go over, from an hour on: what it reads is its page ranges (16 pages, under a
-- thousand runs each) or, where it has a run in most of them, all that ended. As long as the densest of seven hours lets that stay
-- near twenty thousand (fewer would cost more, as each look goes through the whole index), and as the organization's own runs of that
-- hour and those beside it promise to fill the page twice; six hours where the tallies know of none.
CREATE OR REPLACE FUNCTION advisorjobs_look_of(_organization text, _hour timestamptz, _up boolean, _most integer) RETURNS interval
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        WITH hours AS (
            SELECT t.since, sum(t.whole) AS whole, sum(t.own) AS own FROM (
                SELECT a.since, a.runs AS whole, 0 AS own FROM advisorjobs_tallies a
                 WHERE a.organization_id = '' AND a.whole AND a.grain = 1
                   AND a.since BETWEEN _hour - interval '6 hours' AND _hour + interval '6 hours'
                UNION ALL
                SELECT o.since, 0, o.runs FROM advisorjobs_tallies o
                 WHERE o.organization_id = _organization AND NOT o.whole AND o.grain = 1
                   AND o.since BETWEEN _hour - interval '6 hours' AND _hour + interval '6 hours') t
             GROUP BY t.since)
        SELECT interval '1 hour' * least(6,
                   20000.0 / nullif(max(least(h.whole, h.own * 900 + h.whole / 100)) FILTER (
                       WHERE CASE WHEN _up THEN h.since >= _hour ELSE h.since <= _hour END), 0),
                   2.0 * _most / nullif(avg(h.own) FILTER (
                       WHERE h.since BETWEEN _hour - interval '1 hour' AND _hour + interval '1 hour'), 0))
          FROM hours h);
END $$;

-- By end: of what ended in an organization, under a name or in a span of time, the _most nearest to (_at, _id), before it or (_up) after
-- it. A window begins with a minute, of one organization with what a look may go over; it grows while a look takes no time and shrinks
-- where there is more than a look should read. looked: of an organization, its own runs.
CREATE FUNCTION advisorjobs_find_by_end(
    _wanted jsonb, _at timestamptz, _id bigint, _up boolean, _patience integer, _most integer)
RETURNS SETOF advisorjobs_found_job
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET plan_cache_mode = force_custom_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    _status text := _wanted ->> 'status';
    _queue text := _wanted ->> 'queue';
    _name text := _wanted ->> 'name';
    _organization text := _wanted ->> 'organization';
    _tag text := _wanted ->> 'tag';
    _since timestamptz := coalesce(_wanted ->> 'since', '-infinity');
    _until timestamptz := coalesce(_wanted ->> 'until', 'infinity');
    _key text := _wanted ->> 'payload_key';
    _value text := _wanted ->> 'payload_value';
    _window interval;
    _longest interval := CASE WHEN _organization IS NULL THEN interval '1 minute' ELSE interval '6 hours' END;
    _began timestamptz;
    _whole_look CONSTANT integer := 8000;
    _hour timestamptz;
    _end timestamptz;
    _looked integer := 0;
    _unfolded timestamptz := advisorjobs_grain_of(1, (SELECT min(finished_at) FROM advisorjobs_unfolded));
    _rolled timestamptz := advisorjobs_grain_of(24, (SELECT rolled_until FROM advisorjobs_tally_state));
    _exact boolean;      -- a window that can't shrink further is read in order
    _seen record;
    _count integer;
BEGIN
    IF _up AND _at < _since THEN
        _at := _since;
        _id := -1;
    ELSIF NOT _up AND _at > _until THEN
        _at := _until;  -- itself not included
        _id := -1;
    END IF;
    _at := CASE WHEN _up THEN _at ELSE least(_at, clock_timestamp() + interval '1 minute') END;
    LOOP
        -- the next hour in which there may be something; a microsecond, as the moment at the end of an hour belongs to the next
        _hour := advisorjobs_hour_with_runs(
            _organization, _name, _at - CASE WHEN _up OR _id > 0 THEN interval '0' ELSE interval '1 us' END, _up, _unfolded,
            _rolled);
        IF _hour IS NULL OR (CASE WHEN _up THEN _hour >= _until OR _hour > clock_timestamp() ELSE _hour + interval '1 hour' <= _since END) THEN
            _at := NULL;
            EXIT;
        END IF;
        _window := least(_longest, CASE WHEN _organization IS NOT NULL THEN advisorjobs_look_of(_organization, _hour, _up, _most) END);
        IF _up AND _hour > _at THEN
            _at := _hour;
            _id := -1;
        ELSIF NOT _up AND _hour + interval '1 hour' < _at THEN
            _at := _hour + interval '1 hour';
            _id := -1;
        END IF;
        _end := CASE WHEN _organization IS NOT NULL THEN NULL WHEN _up THEN _hour + interval '1 hour' ELSE _hour END;
        _end := CASE WHEN _up THEN least(_at + _window, _end, _until) ELSE greatest(_at - _window, _end, _since) END;
        _began := clock_timestamp();
        _exact := _window <= interval '2 ms';
        WITH seen AS MATERIALIZED (
            SELECT r.job_id, r.finished_at,
                   r.final AND (_status IS NULL OR _status = CASE WHEN r.status IN ('completed', 'cancelled') THEN r.status::text ELSE 'failed' END)
                   AND (_name IS NULL OR r.job_name = _name) AND (_queue IS NULL OR r.queue_name = _queue)
                   AND (_tag IS NULL OR _tag = ANY (r.tags)) AND (_key IS NULL OR r.input ->> _key = _value) AS fits
              FROM advisorjobs_runs r
             WHERE r.finished_at >= least(_at, _end) AND r.finished_at <= greatest(_at, _end)
               AND (_organization IS NULL
                    OR r.organization_id = _organization AND r.finished_at AT TIME ZONE 'UTC' >= least(_at, _end) AT TIME ZONE 'UTC'
                    AND r.finished_at AT TIME ZONE 'UTC' <= greatest(_at, _end) AT TIME ZONE 'UTC')
               AND CASE WHEN _up THEN (r.finished_at, r.job_id) > (_at, _id) AND r.finished_at < _end
                        ELSE (r.finished_at, r.job_id) < (_at, _id) END
             ORDER BY CASE WHEN _exact AND _up THEN r.finished_at END, CASE WHEN _exact AND _up THEN r.job_id END,
                      CASE WHEN _exact AND NOT _up THEN r.finished_at END DESC, CASE WHEN _exact AND NOT _up THEN r.job_id END DESC
             LIMIT _whole_look + 1),
        placed AS (
            SELECT s.*, row_number() OVER (ORDER BY CASE WHEN _up THEN s.finished_at END, CASE WHEN _up THEN s.job_id END,
                                           s.finished_at DESC, s.job_id DESC) AS place
              FROM seen s)
        SELECT count(*) AS count, array_agg(p.job_id ORDER BY p.place) FILTER (WHERE p.fits) AS ids,
               array_agg(p.finished_at ORDER BY p.place) FILTER (WHERE p.fits) AS ats,
               (array_agg(p.finished_at ORDER BY p.place DESC))[1] AS last_at, (array_agg(p.job_id ORDER BY p.place DESC))[1] AS last_id
          INTO _seen FROM placed p;
        IF _seen.count > _whole_look AND NOT _exact THEN
            _longest := _window / 4;
            CONTINUE;
        END IF;
        _looked := _looked + _seen.count;
        IF _seen.ids IS NOT NULL THEN
            RETURN QUERY SELECT * FROM advisorjobs_describe_jobs(_seen.ids, _seen.ats, _status, false, _most);
            GET DIAGNOSTICS _count = ROW_COUNT;
            _most := _most - _count;
        END IF;
        _at := CASE WHEN _seen.count > _whole_look THEN _seen.last_at ELSE _end END;
        _id := CASE WHEN _seen.count > _whole_look THEN _seen.last_id ELSE -1 END;
        _longest := CASE WHEN clock_timestamp() > _began + interval '25 ms' THEN CASE WHEN _organization IS NULL THEN _window / 3 ELSE _longest END
                         WHEN _seen.count < _whole_look / 4 AND clock_timestamp() < _began + interval '12 ms' THEN least(_longest * 4, interval '7 days')
                         ELSE _longest END;
        IF (CASE WHEN _up THEN _at >= _until ELSE _at <= _since END) THEN
            _at := NULL;
            EXIT;
        END IF;
        EXIT WHEN _most = 0 OR clock_timestamp() > statement_timestamp() + make_interval(secs => _patience / 1000.0);
    END LOOP;
    RETURN NEXT ROW(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, _id, _at, _looked)::advisorjobs_found_job;
END $$;
