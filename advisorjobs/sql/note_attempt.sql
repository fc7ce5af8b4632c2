-- Counts an attempt to sign in, before its password is looked at, in each of its scopes; in their order, so that nobody waits for
-- each other. Says for how many seconds no more may be tried; NULL: this one may.
WITH asked AS (
    SELECT * FROM unnest(%(scopes)s::text[], %(limits)s::integer[]) AS a(scope, most) ORDER BY scope),
counted AS (
    INSERT INTO advisorjobs_sign_in_attempts AS t (scope, attempts)
    SELECT scope, 1 FROM asked ORDER BY scope
        ON CONFLICT (scope) DO UPDATE
       SET attempts = CASE WHEN t.since < clock_timestamp() - %(span)s::interval THEN 1 ELSE least(t.attempts, 1000000) + 1 END,
           since = CASE WHEN t.since < clock_timestamp() - %(span)s::interval THEN clock_timestamp() ELSE t.since END
    RETURNING scope, attempts, since),
old AS (
    DELETE FROM advisorjobs_sign_in_attempts
     WHERE scope IN (SELECT scope FROM advisorjobs_sign_in_attempts
                      WHERE since < clock_timestamp() - %(span)s::interval - interval '1 minute'
                        AND scope <> ALL (%(scopes)s::text[]) ORDER BY since LIMIT 100 FOR UPDATE SKIP LOCKED))
SELECT max(extract(epoch FROM c.since + %(span)s::interval - clock_timestamp()))::float AS seconds
  FROM counted c JOIN asked a USING (scope)
 WHERE c.attempts > a.most
