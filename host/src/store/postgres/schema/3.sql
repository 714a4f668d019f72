-- Version 3: a commit need not know what other hosts wrote before it.

-- Where the counters were when a writer's last commit moved them. Whoever looks it up learns which positions and
-- versions it gave.
ALTER TABLE writers
    ADD COLUMN position    bigint      NOT NULL DEFAULT 0,
    ADD COLUMN version     bigint      NOT NULL DEFAULT 0,
    ADD COLUMN recorded_at timestamptz NOT NULL DEFAULT 'epoch';  -- of its own events

-- What comes from outside is not told how many causes it has: nothing.
ALTER TABLE events ALTER COLUMN depth SET DEFAULT 0;

-- Ends a commit, one of whose rows is not as it was read.
CREATE FUNCTION everfold_overtaken() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a row is not as it was read' USING ERRCODE = 'EF001';
END
$$;

INSERT INTO everfold_schema (version) VALUES (3);
