-- Documents and the jobs of their pipeline.

-- Adds a document and queues the first job of its pipeline, in the caller's transaction. _document is a JSON object:
--   id, organization_id, client_id (or null), file_name, media_type, size_bytes, sha256, storage_key
-- Returns the job's id. An organization that isn't there yet is made; a client must exist (foreign key). A transaction that
-- works for an organization adds documents to that one only; `system` to all.
DROP FUNCTION IF EXISTS advisorjobs_add_document(jsonb);
CREATE FUNCTION advisorjobs_add_document(_document jsonb) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    _organization text := _document ->> 'organization_id';
    _before text := coalesce(current_setting('advisorjobs.organization', true), '');
    _job bigint;
BEGIN
    IF _before NOT IN ('', 'system', _organization) THEN
        RAISE EXCEPTION 'a document is added to another organization than the transaction works for' USING ERRCODE = '42501';
    END IF;
    PERFORM set_config('advisorjobs.organization', _organization, true);
    INSERT INTO practice_organizations (id, name) VALUES (_organization, _organization) ON CONFLICT DO NOTHING;
    INSERT INTO practice_documents (organization_id, id, client_id, file_name, media_type, size_bytes, sha256, storage_key)
    SELECT organization_id, id, client_id, file_name, media_type, size_bytes, sha256, storage_key
      FROM jsonb_to_record(_document) AS d(
          organization_id text, id text, client_id text, file_name text, media_type text, size_bytes bigint, sha256 text,
          storage_key text);
    PERFORM advisorjobs_note_activity(
        'document.received:' || (_document ->> 'id'), 'document.received', _document ->> 'client_id', 'document',
        _document ->> 'id', (_document ->> 'file_name') || ': received', jsonb_build_object('size_bytes', _document -> 'size_bytes'));
    _job := advisorjobs_queue_document_step(_organization, _document ->> 'id', 'document:virus_scan');
    PERFORM set_config('advisorjobs.organization', _before, true);
    RETURN _job;
END $$;

-- Queues a step of a document's pipeline, once: if it was queued before, that job's id is returned.
CREATE OR REPLACE FUNCTION advisorjobs_queue_document_step(_organization text, _document text, _name text) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    _job bigint;
BEGIN
    SELECT (jobs ->> _name)::bigint INTO _job FROM practice_documents
     WHERE organization_id = _organization AND id = _document FOR NO KEY UPDATE;
    IF _job IS NOT NULL THEN
        RETURN _job;
    END IF;
    SELECT e.id INTO _job FROM advisorjobs_enqueue(jsonb_build_array(jsonb_build_object(
        'name', _name, 'queue', 'document-processing', 'organization_id', _organization,
        'args', jsonb_build_object('organization_id', _organization, 'document_id', _document, 'pipeline', true)))) e;
    UPDATE practice_documents SET jobs = jobs || jsonb_build_object(_name, _job)
     WHERE organization_id = _organization AND id = _document;
    RETURN _job;
END $$;

-- Which of these folders of the storage belong to a document or report of the organization.
CREATE OR REPLACE FUNCTION advisorjobs_known_folders(_organization text, _folders text[]) RETURNS SETOF text
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    _before text := coalesce(current_setting('advisorjobs.organization', true), '');
BEGIN
    PERFORM set_config('advisorjobs.organization', _organization, true);
    RETURN QUERY SELECT folder FROM unnest(_folders) AS folder
     WHERE EXISTS (SELECT FROM practice_documents d WHERE d.organization_id = _organization AND d.storage_key = folder || '/original')
        OR folder IN (SELECT regexp_replace(r.storage_key, '/[^/]*$', '') FROM practice_reports r WHERE r.organization_id = _organization);
    PERFORM set_config('advisorjobs.organization', _before, true);
END $$;

-- Says in the organization's feed which documents got no further, as far as their jobs could not say it themselves: one that
-- was ended by its time limit, or that took its process along. Returns how many it said. As for add_document: not for others.
CREATE OR REPLACE FUNCTION advisorjobs_note_failed_documents(_organization text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    _before text := coalesce(current_setting('advisorjobs.organization', true), '');
    _said integer;
BEGIN
    IF _before NOT IN ('', 'system', _organization) THEN
        RAISE EXCEPTION 'the transaction works for another organization' USING ERRCODE = '42501';
    END IF;
    PERFORM set_config('advisorjobs.organization', _organization, true);
    SELECT count(*) FILTER (WHERE advisorjobs_note_activity(
            'document.failed:' || d.id || ':' || step.key, 'document.failed', d.client_id, 'document', d.id,
            d.file_name || ': ' || step.key || ' was ended (' || coalesce(r.error_code::text, 'failed') || ')',
            jsonb_build_object('job', step.key, 'job_id', j.id, 'error_code', r.error_code)))
      INTO _said
      FROM practice_documents d
     CROSS JOIN LATERAL jsonb_each_text(d.jobs) step
      JOIN procrastinate_jobs j ON j.id = step.value::bigint AND j.status = 'failed'
      LEFT JOIN LATERAL (
            SELECT error_code FROM advisorjobs_runs WHERE job_id = j.id ORDER BY run_no DESC LIMIT 1) r ON true
     WHERE d.organization_id = _organization AND d.scan IS DISTINCT FROM 'infected'
       AND CASE step.key WHEN 'document:virus_scan' THEN d.scanned_at WHEN 'document:ocr' THEN d.read_at
                         WHEN 'document:classify' THEN d.classified_at WHEN 'document:extract' THEN d.extracted_at
                         ELSE d.thumbnail_at END IS NULL;
    PERFORM set_config('advisorjobs.organization', _before, true);
    RETURN _said;
END $$;
