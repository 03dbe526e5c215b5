-- A receipt's leaf is written from what its job's row states, and no longer kept beside it.
-- The check that named the column goes with it.
ALTER TABLE jobs DROP COLUMN leaf;
ALTER TABLE jobs ADD CHECK ((state > 1) = (leaf_index IS NOT NULL));
