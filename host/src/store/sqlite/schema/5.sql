-- Version 5: a store can be filled from an export, and knows how far that has got.

-- One row while an import goes on; none otherwise. With it, a store is half of something and nobody serves it:
-- its index by entity, for one, is made when all events are there.
CREATE TABLE imports (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    lines  INTEGER NOT NULL,  -- of the export, that are in the store
    sha256 TEXT    NOT NULL   -- of these lines, in hexadecimal
) STRICT;

PRAGMA user_version = 5;
