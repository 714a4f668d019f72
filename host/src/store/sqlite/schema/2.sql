-- Version 2: a failed reduction is kept whole.

-- Of each row of models that is parked, the call that failed. Written and deleted together with the row's
-- `parked`; missing for what was parked before version 2.
CREATE TABLE captures (
    domain  INTEGER NOT NULL,
    entity  BLOB    NOT NULL,  -- empty under whole-context
    capture BLOB    NOT NULL,  -- JSON text, byte for byte
    PRIMARY KEY (domain, entity)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 2;
