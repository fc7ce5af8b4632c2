-- Who may see what: people, their sessions, tokens for programs. None of it is granted to tenants' transactions.

CREATE TYPE advisorjobs_role AS ENUM ('viewer', 'operator', 'admin');

CREATE TABLE advisorjobs_people (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),  -- what they sign in with
    issuer text,                        -- of an identity provider's person, with its subject; NULL: of one with a password
    subject text,
    password_hash text,
    role advisorjobs_role NOT NULL,
    organization_id text CHECK (organization_id <> ''),         -- NULL: of the practice, sees all; else that organization's only
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text,
    signed_in_at timestamptz,
    UNIQUE (issuer, subject),
    CHECK ((issuer IS NULL) = (subject IS NULL)),
    CHECK ((issuer IS NULL) = (password_hash IS NOT NULL)),
    CHECK (organization_id IS NULL OR role <> 'admin')          -- an admin's affairs are everybody's
);
CREATE UNIQUE INDEX advisorjobs_people_name_idx ON advisorjobs_people (lower(name)) WHERE issuer IS NULL;

-- Tokens are random, 256 bits: their plain SHA-256 can't be turned back. The token itself is kept nowhere.
CREATE TABLE advisorjobs_sessions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE,
    person_id bigint NOT NULL REFERENCES advisorjobs_people ON DELETE CASCADE,
    address text,
    browser text,
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL                             -- at the latest; the idle limit is counted from seen_at
);
CREATE INDEX advisorjobs_sessions_person_idx ON advisorjobs_sessions (person_id);
CREATE INDEX advisorjobs_sessions_expires_idx ON advisorjobs_sessions (expires_at);

CREATE TABLE advisorjobs_tokens (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 200),
    token_hash bytea NOT NULL UNIQUE,
    role advisorjobs_role NOT NULL,
    organization_id text CHECK (organization_id <> ''),
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text,
    expires_at timestamptz,
    used_at timestamptz,
    CHECK (organization_id IS NULL OR role <> 'admin')
);

-- How often somebody tried to sign in lately: under a name from an address, from an address, under a name. Names are hashed, as
-- people type passwords there. A window begins with its first attempt.
CREATE TABLE advisorjobs_sign_in_attempts (
    scope text PRIMARY KEY,
    attempts integer NOT NULL,
    since timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50);
CREATE INDEX advisorjobs_sign_in_attempts_since_idx ON advisorjobs_sign_in_attempts (since);
