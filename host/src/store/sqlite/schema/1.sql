-- Everfold's SQLite schema, version 1. Changes come as further files; each raises PRAGMA user_version.
-- Ids of events are kept in the UUIDv6 layout (timestamp first), so that index order is event order.
-- Times are microseconds since the Unix epoch.

-- One row: how far the store has counted. Whoever writes locks it first.
CREATE TABLE counters (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    epoch       TEXT    NOT NULL,  -- a random name for this store's history
    position    INTEGER NOT NULL,  -- of the newest event
    version     INTEGER NOT NULL,  -- of the newest model write
    activation  INTEGER NOT NULL,  -- the newest activation
    recorded_at INTEGER NOT NULL   -- of the newest event; never runs backwards
) STRICT;

CREATE TABLE contexts (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE domains (
    id         INTEGER PRIMARY KEY,
    context    INTEGER NOT NULL REFERENCES contexts,
    name       TEXT    NOT NULL,
    activation INTEGER NOT NULL,             -- the one in force
    position   INTEGER NOT NULL DEFAULT 0,   -- the mark: everything up to here is folded; lags
    settled    INTEGER NOT NULL DEFAULT 0,   -- the activation whose visit to every entity is complete
    UNIQUE (context, name)
) STRICT;

-- The log. Positions have no gaps: they are the row ids.
CREATE TABLE events (
    position      INTEGER PRIMARY KEY,
    context       INTEGER NOT NULL,
    id            BLOB    NOT NULL,
    entity        BLOB    NOT NULL,
    type          TEXT    NOT NULL,
    data          BLOB    NOT NULL,  -- JSON text, byte for byte
    metadata      TEXT,              -- JSON: a list of pairs
    recorded_at   INTEGER NOT NULL,
    cause         BLOB,              -- the event that led to it
    depth         INTEGER NOT NULL,  -- causes between it and the outside
    origin        INTEGER,           -- the domain that emitted it
    origin_entity BLOB               -- the model that it was emitted for; empty under whole-context
) STRICT;
CREATE UNIQUE INDEX events_by_id ON events (context, id);
CREATE INDEX events_by_entity ON events (context, entity, id);
CREATE INDEX events_by_context ON events (context);
CREATE INDEX events_by_origin ON events (origin, origin_entity) WHERE origin IS NOT NULL;

-- What each domain knows about each entity, and how far it got. Written also where there is no model.
CREATE TABLE models (
    domain     INTEGER NOT NULL,
    entity     BLOB    NOT NULL,  -- empty under whole-context
    model      BLOB,              -- JSON text, byte for byte
    version    INTEGER NOT NULL,
    folded     INTEGER NOT NULL,  -- every event of the entity up to here that the domain takes is folded
    emitted    INTEGER NOT NULL,  -- every event up to here has emitted what it ever will
    last       BLOB,              -- the greatest event id that is folded
    activation INTEGER NOT NULL,  -- whose module folded it last ...
    since      INTEGER NOT NULL,  -- ... and from which position on
    older      TEXT,              -- JSON: the segments before that, oldest first
    parked     TEXT,              -- JSON: why it waits
    PRIMARY KEY (domain, entity)
) STRICT, WITHOUT ROWID;
CREATE INDEX models_parked ON models (domain) WHERE parked IS NOT NULL;

CREATE TABLE modules (
    hash  BLOB PRIMARY KEY,  -- SHA-256 of the bytes
    bytes BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Which module serves a domain from which point of the log on. Only ever added to.
CREATE TABLE activations (
    number     INTEGER PRIMARY KEY,
    domain     INTEGER NOT NULL REFERENCES domains,
    module     BLOB REFERENCES modules,  -- none: retired from here on
    descriptor TEXT,                     -- JSON: what the module says about itself
    head       INTEGER NOT NULL,         -- the log's head when it came into force
    at         INTEGER NOT NULL
) STRICT;

-- What each host last saw in its reducers folder.
CREATE TABLE files (
    node   TEXT    NOT NULL,
    domain INTEGER NOT NULL REFERENCES domains,
    hash   BLOB,  -- none: recorded as gone
    PRIMARY KEY (node, domain)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 1;
