-- Version 2: a store can be filled from an export, and knows how far that has got.

-- One row while an import goes on; none otherwise. With it, a store is half of something and nobody serves it.
CREATE TABLE imports (
    one    boolean PRIMARY KEY CHECK (one),
    lines  bigint  NOT NULL,  -- of the export, that are in the store
    sha256 text    NOT NULL,  -- of these lines, in hexadecimal
    epoch  text               -- the imported history's; the store's own stays in force until all is there
);
INSERT INTO everfold_schema (version) VALUES (2);
