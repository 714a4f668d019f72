-- Version 3: the index by entity follows behind the log, in large sorted batches. Its leaves lie all over the
-- file: one leaf for each event was most of what a commit wrote.

CREATE TABLE events_of_entities (
    context  INTEGER NOT NULL,
    entity   BLOB    NOT NULL,
    id       BLOB    NOT NULL,
    position INTEGER NOT NULL,
    emitted  INTEGER NOT NULL,  -- 1: a reducer emitted it; 0: it came from outside
    PRIMARY KEY (context, entity, id)
) STRICT, WITHOUT ROWID;
INSERT INTO events_of_entities
    SELECT context, entity, id, position, origin IS NOT NULL FROM events ORDER BY context, entity, id;
DROP INDEX events_by_entity;

-- Every event up to here is in events_of_entities; of later ones, some are.
ALTER TABLE counters ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0;
UPDATE counters SET indexed = position;

PRAGMA user_version = 3;
