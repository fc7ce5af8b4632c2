-- Notes when rates change. A start is given back to rate limits by today's rules (advisorjobs_return_starts), so only where it was
-- charged by them. Claims that limits hold wait for the queue's row: one that began before the noted moment may have been charged
-- otherwise, one that began after it was charged so.

CREATE OR REPLACE FUNCTION advisorjobs_note_rates() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    NEW.rates_changed_at := clock_timestamp();
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER advisorjobs_note_rates
    BEFORE UPDATE OF rate, rate_window, organization_rate, organization_rate_window ON advisorjobs_queues
    FOR EACH ROW
    WHEN ((OLD.rate, OLD.rate_window, OLD.organization_rate, OLD.organization_rate_window)
          IS DISTINCT FROM (NEW.rate, NEW.rate_window, NEW.organization_rate, NEW.organization_rate_window))
    EXECUTE FUNCTION advisorjobs_note_rates();

-- Rules for organizations: of their queue, or ('') of each. A queue once in a transaction, however many rules it changes.
CREATE OR REPLACE FUNCTION advisorjobs_note_organization_rates() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    _names text[];
BEGIN
    IF (OLD.rate, OLD.rate_window) IS NOT DISTINCT FROM (NEW.rate, NEW.rate_window)
       AND (NEW.rate IS NULL OR (OLD.queue, OLD.organization_id) = (NEW.queue, NEW.organization_id)) THEN
        RETURN NULL;
    END IF;
    _names := ARRAY(
        SELECT q.name FROM advisorjobs_queues q
         WHERE (q.name IN (OLD.queue, NEW.queue) OR '' IN (OLD.queue, NEW.queue))
           AND (q.xmin = pg_current_xact_id()::xid AND q.rates_changed_at >= now()) IS NOT TRUE
         ORDER BY q.name FOR NO KEY UPDATE);
    UPDATE advisorjobs_queues q SET rates_changed_at = clock_timestamp() WHERE q.name = ANY (_names);
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER advisorjobs_note_organization_rates
    AFTER INSERT OR UPDATE OR DELETE ON advisorjobs_organization_rules
    FOR EACH ROW EXECUTE FUNCTION advisorjobs_note_organization_rates();
