-- Events of one object are applied one after the other: held until the transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended(
    jsonb_build_array('webhook', advisorjobs_organization(), %(provider)s::text, %(account)s::text, %(object_id)s::text)::text, 0))
