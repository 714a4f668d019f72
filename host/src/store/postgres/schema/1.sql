-- Everfold's Postgres schema, version 1. Changes come as further files; each notes itself in everfold_schema.
-- All of it lies in the connection's current schema. What a database would normalise is kept byte for byte
-- (bytea); the views at the end show it as JSONB, for people.

-- Which of these files were applied, and when.
CREATE TABLE everfold_schema (
    version    integer     PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT now()
);

-- One row: how far the store has counted. Whoever writes locks it first, so it has a page for itself, on which
-- its old versions are cleared away in passing.
CREATE TABLE counters (
    one         boolean     PRIMARY KEY CHECK (one),
    epoch       text        NOT NULL,  -- a random name for this store's history
    timeline    text        NOT NULL,  -- the WAL timeline of the server that holds it
    position    bigint      NOT NULL,  -- of the newest event
    version     bigint      NOT NULL,  -- of the newest model write
    activation  bigint      NOT NULL,  -- the newest activation
    recorded_at timestamptz NOT NULL,  -- of the newest event; never runs backwards
    leases      bigint      NOT NULL,  -- rises whenever slots move between hosts
    commits     bigint      NOT NULL   -- how often anything was written: unmoved, all is as it was
) WITH (fillfactor = 10);

-- Who writes: one row for each open store. A commit sets its number in the transaction that it numbers, so that
-- it can be looked up whether it came to pass. Whoever looks sets `ends`: nothing can come to pass after that.
CREATE TABLE writers (
    id     uuid        PRIMARY KEY,
    serial bigint      NOT NULL,
    ends   bigint      NOT NULL DEFAULT 9223372036854775807,
    seen   timestamptz NOT NULL,
    CONSTRAINT writers_ended CHECK (serial <= ends)
) WITH (fillfactor = 10);

CREATE TABLE contexts (
    id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text   NOT NULL UNIQUE
);

CREATE TABLE domains (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    context    bigint NOT NULL REFERENCES contexts,
    name       text   NOT NULL,
    activation bigint NOT NULL,            -- the one in force
    position   bigint NOT NULL DEFAULT 0,  -- the least mark of all hosts under the leases before; lags
    settled    bigint NOT NULL DEFAULT 0,  -- the activation whose visit to every entity is complete
    UNIQUE (context, name)
) WITH (fillfactor = 50);

-- Hosts that share the store. Each is there until its row expires.
CREATE TABLE hosts (
    id       uuid        PRIMARY KEY,  -- made for one run of it
    node     text        NOT NULL UNIQUE,
    listen   text        NOT NULL,
    contexts text[]      NOT NULL,     -- what it reduces; empty: all
    domains  text[]      NOT NULL,
    expires  timestamptz NOT NULL
) WITH (fillfactor = 50);

-- How far each of them has got with its own slots under the leases in force: everything up to there is folded; lags.
CREATE TABLE marks (
    host     uuid   NOT NULL REFERENCES hosts ON DELETE CASCADE,
    domain   bigint NOT NULL REFERENCES domains,
    position bigint NOT NULL,
    settled  bigint NOT NULL,  -- the activation whose visit to every entity is complete
    PRIMARY KEY (host, domain)
) WITH (fillfactor = 50);

-- The log. Positions have no gaps. Ids are kept in the UUIDv6 layout (timestamp first), so that index order is
-- event order; everfold_event_id gives them back as they were.
CREATE TABLE events (
    position      bigint      PRIMARY KEY,
    context       bigint      NOT NULL,
    id            uuid        NOT NULL,
    entity        uuid        NOT NULL,
    type          text        NOT NULL,
    data          bytea       NOT NULL,  -- JSON text, byte for byte
    metadata      text,                  -- JSON: a list of pairs
    recorded_at   timestamptz NOT NULL,
    cause         uuid,                  -- the event that led to it
    depth         integer     NOT NULL,  -- causes between it and the outside
    origin        bigint,                -- the domain that emitted it
    origin_entity uuid                   -- the model that it was emitted for; nil under whole-context
);
CREATE UNIQUE INDEX events_by_id ON events (context, id);
CREATE INDEX events_by_entity ON events (context, entity, id);
CREATE INDEX events_by_context ON events (context, position);
CREATE INDEX events_by_origin ON events (origin, origin_entity, position) WHERE origin IS NOT NULL;

-- What each domain knows about each entity, and how far it got. Written also where there is no model.
CREATE TABLE models (
    domain     bigint NOT NULL,
    entity     uuid   NOT NULL,  -- nil under whole-context
    model      bytea,            -- JSON text, byte for byte
    version    bigint NOT NULL,
    folded     bigint NOT NULL,  -- every event of the entity up to here that the domain takes is folded
    emitted    bigint NOT NULL,  -- every event up to here has emitted what it ever will
    last       uuid,             -- the greatest event id that is folded
    activation bigint NOT NULL,  -- whose module folded it last ...
    since      bigint NOT NULL,  -- ... and from which position on
    older      text,             -- JSON: the segments before that, oldest first
    parked     text,             -- JSON: why it waits
    events     bigint NOT NULL,  -- how many events are folded in it
    PRIMARY KEY (domain, entity)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX models_parked ON models (domain, entity) WHERE parked IS NOT NULL;
-- What was written behind a version: how hosts follow each other.
CREATE INDEX models_by_version ON models (version) WHERE version > 0;

-- Of each row of models that is parked, the call that failed. Written and deleted together with its `parked`.
CREATE TABLE captures (
    domain  bigint NOT NULL,
    entity  uuid   NOT NULL,  -- nil under whole-context
    capture bytea  NOT NULL,  -- JSON text, byte for byte
    PRIMARY KEY (domain, entity)
);

-- States that folds by event id have passed: about every so many events, the older the fewer. Void, and deleted,
-- from the oldest event on that comes late and belongs inside.
CREATE TABLE snapshots (
    domain     bigint NOT NULL,
    entity     uuid   NOT NULL,
    last       uuid   NOT NULL,  -- the greatest event id that is folded
    position   bigint NOT NULL,  -- the greatest position that is folded
    activation bigint NOT NULL,  -- whose module folded them
    events     bigint NOT NULL,  -- how many are folded
    model      bytea,            -- JSON text, byte for byte
    PRIMARY KEY (domain, entity, last)
);

CREATE TABLE modules (
    hash  bytea PRIMARY KEY,  -- SHA-256 of the bytes
    bytes bytea NOT NULL
);
-- Code does not shrink enough to be worth the time.
ALTER TABLE modules ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- Which module serves a domain from which point of the log on. Only ever added to.
CREATE TABLE activations (
    number     bigint      PRIMARY KEY,
    domain     bigint      NOT NULL REFERENCES domains,
    module     bytea       REFERENCES modules,  -- none: retired from here on
    descriptor text,                            -- JSON: what the module says about itself
    head       bigint      NOT NULL,            -- the log's head when it came into force
    at         timestamptz NOT NULL
);

-- What each host last saw in its reducers folder.
CREATE TABLE files (
    node   text   NOT NULL,
    domain bigint NOT NULL REFERENCES domains,
    hash   bytea,  -- none: recorded as gone
    PRIMARY KEY (node, domain)
);

-- JSON text as JSONB, and none where JSONB cannot hold it although it is JSON: "\u0000", a lone surrogate, a
-- number beyond numeric, a nesting that is too deep. So one such value does not break a query over all.
CREATE FUNCTION everfold_jsonb(json bytea) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
    RETURN convert_from(json, 'UTF8')::jsonb;
EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
    RETURN NULL;
END
$$;

-- The id of an event as its client made it (a UUIDv1), of how it is kept.
CREATE FUNCTION everfold_event_id(kept uuid) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT (substr(h, 8, 5) || substr(h, 14, 3) || substr(h, 4, 4) || '1' || substr(h, 1, 3) || substr(h, 17))::uuid
    FROM replace(kept::text, '-', '') AS h
$$;

-- How an event's id is kept, of the id that its client made: to look for it by the index.
CREATE FUNCTION everfold_kept_id(id uuid) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT (substr(h, 14, 3) || substr(h, 9, 4) || substr(h, 1, 5) || '6' || substr(h, 6, 3) || substr(h, 17))::uuid
    FROM replace(id::text, '-', '') AS h
$$;

-- When an event happened: the time in its id, in microseconds.
CREATE FUNCTION everfold_occurred_at(kept uuid) RETURNS timestamptz LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT timestamptz 'epoch'
        + div(('x0' || substr(h, 1, 12) || substr(h, 14, 3))::bit(64)::bigint - 122192928000000000, 10)::bigint
        * interval '1 microsecond'
    FROM replace(kept::text, '-', '') AS h
$$;

-- Every event, for people. `text` is its data byte for byte; `data` is that as JSONB, or none where JSONB cannot
-- hold it. By id it is found fast as `kept_id = everfold_kept_id('...')`.
CREATE VIEW everfold_events AS
SELECT e.position, c.name AS context, e.type, everfold_event_id(e.id) AS id, e.entity,
       everfold_jsonb(e.data) AS data, everfold_jsonb(convert_to(e.metadata, 'UTF8')) AS metadata,
       everfold_occurred_at(e.id) AS occurred_at, e.recorded_at, everfold_event_id(e.cause) AS cause, e.depth,
       o.name AS origin_domain, nullif(e.origin_entity, '00000000-0000-0000-0000-000000000000') AS origin_entity,
       convert_from(e.data, 'UTF8') AS text, e.id AS kept_id
FROM events e JOIN contexts c ON c.id = e.context LEFT JOIN domains o ON o.id = e.origin;

-- Every model, for people; also of entities without one (any more), where `text` is none. `text` is the model
-- byte for byte; `model` is that as JSONB, or none where JSONB cannot hold it. An index for one domain:
-- CREATE INDEX ON models ((everfold_jsonb(model) ->> 'status')) WHERE domain = 1;
CREATE VIEW everfold_models AS
SELECT c.name AS context, d.name AS domain, nullif(m.entity, '00000000-0000-0000-0000-000000000000') AS entity,
       everfold_jsonb(m.model) AS model, m.version, m.folded AS position, m.events,
       everfold_event_id(m.last) AS last_event, everfold_jsonb(convert_to(m.parked, 'UTF8')) AS parked,
       encode(a.module, 'hex') AS module, convert_from(m.model, 'UTF8') AS text, m.domain AS domain_number
FROM models m JOIN domains d ON d.id = m.domain JOIN contexts c ON c.id = d.context
LEFT JOIN activations a ON a.number = m.activation;

INSERT INTO counters
SELECT true, replace(gen_random_uuid()::text, '-', ''), substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8),
       0, 0, 0, 'epoch', 0, 0;
INSERT INTO everfold_schema (version) VALUES (1);
