-- Version 4: snapshots, so that an event that comes late does not make its entity fold from the first.

-- How many events are folded in a model. They are counted since version 4, or since the last fold from the
-- first event.
ALTER TABLE models ADD COLUMN events INTEGER NOT NULL DEFAULT 0;

-- States that folds by event id have passed: about every so many events, the older the fewer. Void, and deleted,
-- from the oldest event on that comes late and belongs inside.
CREATE TABLE snapshots (
    domain     INTEGER NOT NULL,
    entity     BLOB    NOT NULL,
    last       BLOB    NOT NULL,  -- the greatest event id that is folded
    position   INTEGER NOT NULL,  -- the greatest position that is folded
    activation INTEGER NOT NULL,  -- whose module folded them
    events     INTEGER NOT NULL,  -- how many are folded
    model      BLOB,              -- JSON text, byte for byte
    PRIMARY KEY (domain, entity, last)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 4;
