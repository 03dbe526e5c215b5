-- A receipt's leaf is written from what its job's row states, and no longer kept beside it.
-- SQLite cannot take away a column that a check names, so the table is written anew.
CREATE TABLE jobs_now (
    seq BIGKEY,
    account BIGINT NOT NULL,
    id BYTES NOT NULL,
    unit TEXT NOT NULL,
    method TEXT NOT NULL,
    version TEXT NOT NULL,
    priority BIGINT NOT NULL,
    budget BIGINT,
    capsule BYTES NOT NULL,
    submitted BIGINT NOT NULL,
    deadline BIGINT NOT NULL,
    params TEXT,
    labels TEXT,
    asked BYTES,
    hold BIGINT NOT NULL CHECK (hold >= 0),
    -- 0 queued, 1 running, 2 succeeded, 3 failed, 4 cancelled, 5 expired
    state BIGINT NOT NULL CHECK (state BETWEEN 0 AND 5),
    cost BIGINT NOT NULL CHECK (cost BETWEEN 0 AND hold),
    started BIGINT,
    finished BIGINT,
    attempts BIGINT NOT NULL,
    bytes_in BIGINT NOT NULL,
    bytes_out BIGINT NOT NULL,
    queued_us BIGINT NOT NULL,
    run_us BIGINT NOT NULL,
    inputs BYTES,
    outputs TEXT,
    kept BYTES,
    segment BIGINT,
    error TEXT,
    expires BIGINT,
    node BIGINT NOT NULL,
    commit_seq BIGINT,
    leaf_index BIGINT,
    UNIQUE (account, id),
    CHECK ((state > 1) = (leaf_index IS NOT NULL))
);

INSERT INTO jobs_now (seq, account, id, unit, method, version, priority, budget, capsule, submitted, deadline, params, labels,
    asked, hold, state, cost, started, finished, attempts, bytes_in, bytes_out, queued_us, run_us, inputs,
    outputs, kept, segment, error, expires, node, commit_seq, leaf_index)
SELECT seq, account, id, unit, method, version, priority, budget, capsule, submitted, deadline, params, labels,
    asked, hold, state, cost, started, finished, attempts, bytes_in, bytes_out, queued_us, run_us, inputs,
    outputs, kept, segment, error, expires, node, commit_seq, leaf_index
FROM jobs ORDER BY seq;
DROP TABLE jobs;
ALTER TABLE jobs_now RENAME TO jobs;
CREATE INDEX jobs_unfinished ON jobs (id) WHERE state < 2;
CREATE INDEX jobs_in_segment ON jobs (segment) WHERE segment IS NOT NULL;
CREATE INDEX jobs_kept ON jobs (expires) WHERE kept IS NOT NULL;
