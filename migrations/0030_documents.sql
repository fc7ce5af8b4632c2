-- Organizations, their clients and the clients' documents: the rows that the document jobs work on.
--
-- All three show a transaction the rows of the organization that it works for, and no others (0020_tenancy.sql).

CREATE TABLE practice_organizations (
    id text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 200),
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE practice_clients (
    organization_id text NOT NULL REFERENCES practice_organizations ON DELETE CASCADE,
    id text NOT NULL CHECK (length(id) BETWEEN 1 AND 200),
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, id)
);

-- A column group per step. The *_at of a step is set in the transaction that ends its job; a step whose *_at is set is
-- done and is skipped by every later run.
CREATE TABLE practice_documents (
    organization_id text NOT NULL REFERENCES practice_organizations ON DELETE CASCADE,
    id text NOT NULL CHECK (length(id) BETWEEN 1 AND 200),
    client_id text,                         -- of the same organization, see the foreign key
    file_name text NOT NULL,                -- as it was called where it came from: for people, never a path of ours
    media_type text NOT NULL,               -- by the first bytes, not by the name
    size_bytes bigint NOT NULL CHECK (size_bytes >= 0),
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    storage_key text NOT NULL,              -- see services/storage.py
    jobs jsonb NOT NULL DEFAULT '{}',       -- the pipeline's jobs so far: {"document:ocr": 17, …}
    created_at timestamptz NOT NULL DEFAULT now(),

    scan text CHECK (scan IN ('clean', 'infected', 'not_scanned')),
    scan_engine text,
    signature text,                         -- what it is infected with
    scanned_at timestamptz,

    engine text,                            -- that read it
    reading jsonb,                          -- words with their places: what classify and extract work on
    text text,
    pages integer,
    read_at timestamptz,

    document_type text CHECK (document_type IN ('invoice', 'receipt', 'bank_statement', 'tax_form', 'letter', 'other')),
    type_confidence double precision,
    classified_at timestamptz,

    fields jsonb,                           -- {"issuer": {"value": …, "confidence": 0…1} or null, …}
    lines jsonb,
    extract_engine text,
    extracted_at timestamptz,

    thumbnail_key text,
    thumbnail_at timestamptz,

    -- That a job failed is the job's own fact: see sql/document_states.sql.
    status text NOT NULL GENERATED ALWAYS AS (CASE
        WHEN scan = 'infected' THEN 'infected'
        WHEN extracted_at IS NOT NULL THEN 'completed'
        WHEN scanned_at IS NOT NULL OR read_at IS NOT NULL THEN 'processing'
        ELSE 'received' END) STORED,

    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, client_id) REFERENCES practice_clients (organization_id, id),
    CHECK ((scan IS NULL) = (scanned_at IS NULL)),
    CHECK ((reading IS NULL) = (read_at IS NULL)),
    CHECK ((document_type IS NULL) = (classified_at IS NULL)),
    CHECK ((fields IS NULL) = (extracted_at IS NULL)),
    CHECK ((thumbnail_key IS NULL) = (thumbnail_at IS NULL))
);
CREATE INDEX practice_documents_client_idx ON practice_documents (organization_id, client_id, created_at);
CREATE INDEX practice_documents_storage_idx ON practice_documents (organization_id, storage_key);

SELECT advisorjobs_isolate('practice_clients'), advisorjobs_isolate('practice_documents');
-- practice_organizations are kept apart by their own id
ALTER TABLE practice_organizations ENABLE ROW LEVEL SECURITY;
ALTER TABLE practice_organizations FORCE ROW LEVEL SECURITY;
CREATE POLICY advisorjobs_organization ON practice_organizations USING (id = advisorjobs_organization());
GRANT SELECT ON practice_organizations TO advisorjobs_tenant;
