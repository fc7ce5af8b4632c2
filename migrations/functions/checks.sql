-- What enqueue_job and enqueue_jobs refuse, with SQLSTATE 22023 and the name of the field or option: all that can be judged from
-- job_types and from the JSON itself, by the rules of the Python API. What only Python can judge (formats, ranges, rules between
-- fields) ends as failed/validation when the job runs.

-- The one of _words that is nearest to _word: most characters in common from the front and from the back. NULL: none is near.
DROP FUNCTION IF EXISTS advisorjobs_nearest_job(text);
CREATE OR REPLACE FUNCTION advisorjobs_nearest(_word text, _words text[]) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT word FROM unnest(_words) AS w(word), lower(left(_word, 500)) AS given, LATERAL (
        SELECT count(*) FILTER (WHERE left(lower(word), n) = left(given, n))
               + count(*) FILTER (WHERE right(lower(word), n) = right(given, n)) AS alike
          FROM generate_series(1, least(length(word), length(given))) AS n) s
     WHERE alike * 2 > length(word) ORDER BY alike DESC, abs(length(word) - length(given)), word LIMIT 1
$$;

-- ': did you mean …?' where one of _words is near, else ''.
CREATE OR REPLACE FUNCTION advisorjobs_did_you_mean(_word text, _words text[]) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path FROM CURRENT AS $$
    SELECT coalesce(': did you mean ' || advisorjobs_nearest(_word, _words) || '?', '')
$$;

-- An object of enqueue_jobs with its keys as enqueue_job's parameters are called.
CREATE OR REPLACE FUNCTION advisorjobs_snake_case_options(_job jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE SET search_path FROM CURRENT AS $$
DECLARE
    _options constant text[] := ARRAY['name', 'payload', 'organization_id', 'schedule_at', 'schedule_in', 'priority', 'unique_key',
                                      'unique_for', 'tags', 'allow_unknown', 'traceparent'];
    _key text;
    _value jsonb;
    _option text;
    _all jsonb := '{}';
BEGIN
    IF jsonb_typeof(_job) <> 'object' THEN
        PERFORM advisorjobs_refuse(format('must be an object, got %s', jsonb_typeof(_job)));
    END IF;
    FOR _key, _value IN SELECT * FROM jsonb_each(_job) LOOP
        _option := lower(regexp_replace(_key, '([a-z])([A-Z])', '\1_\2', 'g'));
        IF NOT _option = ANY (_options) THEN
            PERFORM advisorjobs_refuse(concat(
                _job ->> 'name' || ': ', _key, ': there is no such option', advisorjobs_did_you_mean(_option, _options)),
                'The options are ' || array_to_string(_options, ', ') || '.');
        END IF;
        IF _all ? _option THEN
            PERFORM advisorjobs_refuse(concat(_job ->> 'name' || ': ', _option, ': given twice'));
        END IF;
        _all := _all || jsonb_build_object(_option, _value);
    END LOOP;
    RETURN _all;
END $$;

-- A job as enqueue_job describes it, checked, as advisorjobs_enqueue wants it.
CREATE OR REPLACE FUNCTION advisorjobs_checked_job(_job jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
DECLARE
    _name text := _job ->> 'name';
    _organization text := _job ->> 'organization_id';
    _type job_types;
    _args jsonb;
    _rule text;
BEGIN
    PERFORM advisorjobs_refuse(advisorjobs_broken_option(_job));
    SELECT * INTO _type FROM job_types t WHERE t.name = _name;
    IF _type.name IS NULL AND (_job ->> 'allow_unknown')::boolean IS NOT TRUE THEN
        PERFORM advisorjobs_refuse(
            'there is no job ' || quote_literal(_name) || coalesce(
                ': did you mean ' || quote_literal(advisorjobs_nearest(_name, ARRAY(SELECT t.name FROM job_types t))) || '?', ''),
            'allow_unknown => true accepts a name that is not deployed yet.');
    END IF;
    _args := advisorjobs_snake_case(_name, _job -> 'payload', _type.fields);
    IF _args ->> 'organization_id' <> _organization THEN
        PERFORM advisorjobs_refuse(_name || ': organization_id: the payload names another organization than the call');
    END IF;
    IF _organization IS NOT NULL THEN
        _args := _args || jsonb_build_object('organization_id', _organization);
    END IF;
    IF _type.name IS NOT NULL THEN
        PERFORM advisorjobs_check_fields(_type, _args);
    END IF;
    _rule := advisorjobs_broken_organization(_name, _args -> 'organization_id', _job ->> 'unique_key');
    IF _rule IS NOT NULL THEN
        PERFORM advisorjobs_refuse(_name || ': ' || _rule);
    END IF;
    RETURN jsonb_build_object(
        'name', _name, 'queue', coalesce(_type.queue, 'default'), 'args', _args, 'organization_id', _args ->> 'organization_id',
        'priority', -(_job ->> 'priority')::numeric::integer, 'scheduled_at', advisorjobs_time(_job -> 'schedule_at'),
        'delay', advisorjobs_seconds(_job -> 'schedule_in'), 'unique_key', _job ->> 'unique_key',
        'unique_for', advisorjobs_seconds(_job -> 'unique_for'), 'tags', _job -> 'tags', 'cost', _type.cost,
        'limit_key', advisorjobs_filled(_type.limit_key, _args), 'traceparent', _job ->> 'traceparent');
END $$;

-- A text with the values of these fields in place of '{field}'; NULL where one is missing.
CREATE OR REPLACE FUNCTION advisorjobs_filled(_template text, _fields jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    _field text;
BEGIN
    FOR _field IN SELECT m[1] FROM regexp_matches(_template, '\{(\w+)\}', 'g') AS m LOOP
        _template := replace(_template, '{' || _field || '}', _fields ->> _field);
    END LOOP;
    RETURN _template;
END $$;

-- A span of time in JSON as seconds: a number, or an interval's text; a month has 30 days. NULL for what is none.
CREATE OR REPLACE FUNCTION advisorjobs_seconds(_span jsonb) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN CASE jsonb_typeof(_span) WHEN 'number' THEN (_span #>> '{}')::double precision
                                    WHEN 'string' THEN extract(epoch FROM (_span #>> '{}')::interval) END;
EXCEPTION WHEN data_exception THEN
    RETURN NULL;
END $$;

-- A moment in JSON: a text with its offset from UTC. NULL for what is none.
CREATE OR REPLACE FUNCTION advisorjobs_time(_moment jsonb) RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF jsonb_typeof(_moment) = 'string'
       AND _moment #>> '{}' ~ '^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)? ?(Z|[+-]\d\d(:?\d\d(:?\d\d)?)?)$' THEN
        RETURN (_moment #>> '{}')::timestamptz;
    END IF;
    RETURN NULL;
EXCEPTION WHEN data_exception THEN
    RETURN NULL;
END $$;

-- The rule that an option breaks, with the job's and the option's name; NULL: none does.
DROP FUNCTION IF EXISTS advisorjobs_check_options(jsonb);
CREATE OR REPLACE FUNCTION advisorjobs_broken_option(_job jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path FROM CURRENT AS $$
DECLARE
    _longest constant double precision := 36525 * 86400.0;
    _at timestamptz := advisorjobs_time(_job -> 'schedule_at');
    _in double precision := advisorjobs_seconds(_job -> 'schedule_in');
    _for double precision := advisorjobs_seconds(_job -> 'unique_for');
    _rule text;
BEGIN
    IF jsonb_typeof(_job -> 'name') IS DISTINCT FROM 'string' OR length(_job ->> 'name') NOT BETWEEN 1 AND 128 THEN
        RETURN 'name: must be a job''s name with at most 128 characters';
    END IF;
    _rule := coalesce(advisorjobs_broken_payload(_job -> 'payload'), CASE
        WHEN jsonb_typeof(_job -> 'organization_id') NOT IN ('string', 'null') THEN 'organization_id: must be text'
        WHEN jsonb_typeof(_job -> 'unique_key') NOT IN ('string', 'null') THEN 'unique_key: must be text'
        WHEN _job ->> 'traceparent' !~ '^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$'
            THEN 'traceparent: must be of the form 00-<32 hexadecimal digits>-<16>-<2>, as W3C''s Trace Context has it'
        WHEN length(_job ->> 'unique_key') NOT BETWEEN 1 AND 500 OR _job ->> 'unique_key' ~ '[[:cntrl:]]'
            THEN 'unique_key: must have 1 to 500 characters, all of them printable'
        WHEN _job ->> 'schedule_at' IS NOT NULL AND _job ->> 'schedule_in' IS NOT NULL
            THEN 'schedule_at and schedule_in exclude each other: give one'
        WHEN _job ->> 'schedule_at' IS NOT NULL AND (_at BETWEEN '1900-01-01Z' AND '9998-12-31Z') IS NOT TRUE
            THEN 'schedule_at: must be a date and time with its offset from UTC, such as 2030-01-31T09:00:00Z, between 1900 and 9998'
        WHEN _job ->> 'schedule_in' IS NOT NULL AND (_in BETWEEN 0 AND _longest) IS NOT TRUE
            THEN 'schedule_in: must be 0 seconds or more and at most 100 years, in seconds or as a text such as ''2 hours'''
        WHEN _job ->> 'priority' IS NOT NULL AND advisorjobs_is_priority(_job -> 'priority') IS NOT TRUE
            THEN format('priority: must be 1 (first) to 9, got %s', _job -> 'priority')
        WHEN _job ->> 'unique_for' IS NOT NULL AND _job ->> 'unique_key' IS NULL THEN 'unique_for: needs a unique_key'
        WHEN _job ->> 'unique_for' IS NOT NULL AND (_for > 0 AND _for <= _longest) IS NOT TRUE
            THEN 'unique_for: must be more than 0 seconds and at most 100 years, in seconds or as a text such as ''2 hours'''
        WHEN jsonb_typeof(_job -> 'tags') NOT IN ('array', 'null') OR jsonb_path_exists(
            _job -> 'tags', 'strict $[*] ? (@.type() != "string" || @ like_regex "[\\x00-\\x1f\\x7f]")', silent => true)
            THEN 'tags: must be an array of texts, all of them printable'
        WHEN jsonb_typeof(_job -> 'allow_unknown') NOT IN ('boolean', 'null') THEN 'allow_unknown: must be true or false'
    END);
    RETURN (_job ->> 'name') || ': ' || _rule;
END $$;

CREATE OR REPLACE FUNCTION advisorjobs_is_priority(_value jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN jsonb_typeof(_value) = 'number' THEN (_value #>> '{}')::numeric IN (1, 2, 3, 4, 5, 6, 7, 8, 9) END
$$;

-- The rule that a payload breaks, whichever job it is for. Deeper nesting and longer numbers than these are what Python can't read.
CREATE OR REPLACE FUNCTION advisorjobs_broken_payload(_payload jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    _size integer;
BEGIN
    IF jsonb_typeof(_payload) IS DISTINCT FROM 'object' THEN
        RETURN 'payload: must be a JSON object';
    END IF;
    _size := octet_length(_payload::text);
    RETURN CASE
        WHEN _size >= 262144 THEN format(
            'payload: must be smaller than 256 kB, got %s bytes: store the data in a table or a file and pass its id', _size)
        WHEN jsonb_path_exists(_payload, 'strict $.**{64} ? (@.type() == "object" || @.type() == "array")')
            THEN 'payload: is nested deeper than 64 levels'
        WHEN _size > 308 AND jsonb_path_exists(_payload, 'strict $.** ? (@.type() == "number" && (@ > 1e308 || @ < -1e308))')
            THEN 'payload: holds a number beyond 1e308'
    END;
END $$;

-- The rule that a job's organization breaks, alone or together with its name and key, which share an index; NULL: it breaks none.
CREATE OR REPLACE FUNCTION advisorjobs_broken_organization(_name text, _organization jsonb, _unique_key text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN jsonb_typeof(_organization) NOT IN ('string', 'number', 'null') OR length(_organization #>> '{}') NOT BETWEEN 1 AND 200
            THEN 'organization_id: must be a text with 1 to 200 characters'
        WHEN octet_length(concat(_name, _organization #>> '{}', _unique_key)) > 2600 AND _unique_key IS NOT NULL
            THEN 'unique_key: is too long: organization, name and key may have 2600 bytes together' END
$$;

-- The payload with each camelCase alias of the job's fields in place of its own name; organizationId always.
DROP FUNCTION IF EXISTS advisorjobs_snake_case(jsonb, jsonb);
CREATE OR REPLACE FUNCTION advisorjobs_snake_case(_name text, _payload jsonb, _fields jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE SET search_path FROM CURRENT AS $$
DECLARE
    _args jsonb;
    _twice text;
BEGIN
    WITH named AS (
        SELECT coalesce(f.name, CASE key WHEN 'organizationId' THEN 'organization_id' ELSE key END) AS name, value
          FROM jsonb_each(_payload) LEFT JOIN LATERAL (
            SELECT name FROM jsonb_each(_fields) AS d(name, field) WHERE field ->> 'alias' = key LIMIT 1) f ON true)
    SELECT coalesce(jsonb_object_agg(name, value), '{}'),
           (SELECT name FROM named GROUP BY name HAVING count(*) > 1 ORDER BY name LIMIT 1)
      INTO _args, _twice FROM named;
    IF _twice IS NOT NULL THEN
        PERFORM advisorjobs_refuse(format('%s: %s: given twice, in snake_case and in camelCase', _name, _twice));
    END IF;
    RETURN _args;
END $$;

-- The payload against the fields that the application published. A field "*" means that any are taken.
CREATE OR REPLACE FUNCTION advisorjobs_check_fields(_type job_types, _args jsonb) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path FROM CURRENT AS $$
DECLARE
    _name text;
    _value jsonb;
    _field jsonb;
    _kind text;
BEGIN
    FOR _name, _value IN SELECT * FROM jsonb_each(_args) LOOP
        _field := coalesce(_type.fields -> _name, _type.fields -> '*');
        IF _field IS NULL THEN
            PERFORM advisorjobs_refuse(concat(
                _type.name, ': ', _name, ': there is no such field',
                advisorjobs_did_you_mean(_name, ARRAY(SELECT jsonb_object_keys(_type.fields)))),
                'The fields are ' || (SELECT string_agg(key, ', ' ORDER BY key) FROM jsonb_each(_type.fields)) || '.');
        END IF;
        _kind := jsonb_typeof(_value);
        IF _kind = 'number' AND _field -> 'types' ? 'integer' AND _value = to_jsonb(trunc((_value #>> '{}')::numeric)) THEN
            _kind := 'integer';
        END IF;
        IF _field ? 'types' AND NOT _field -> 'types' ? _kind THEN
            PERFORM advisorjobs_refuse(format('%s: %s: must be %s (JSON), got %s', _type.name, _name,
                (SELECT string_agg(t, ' or ') FROM jsonb_array_elements_text(_field -> 'types') t), _kind));
        END IF;
    END LOOP;
    SELECT key INTO _name FROM jsonb_each(_type.fields)
     WHERE (value ->> 'required')::boolean AND NOT _args ? key ORDER BY key LIMIT 1;
    IF FOUND THEN
        PERFORM advisorjobs_refuse(format('%s: %s: is missing', _type.name, _name));
    END IF;
END $$;
