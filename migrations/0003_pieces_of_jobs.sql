-- What is neither looked for nor summed up by itself goes into two pieces of a job's row, the JobRequest and the
-- JobEnding of ledger.capnp: half as many columns cost either database half as much work a row.
-- The rows are carried over by the program.
CREATE TABLE jobs_now (
    seq BIGKEY,
    account BIGINT NOT NULL,
    id BYTES NOT NULL,
    unit TEXT NOT NULL,
    method TEXT NOT NULL,
    request BYTES NOT NULL,
    asked BYTES,
    hold BIGINT NOT NULL CHECK (hold >= 0),
    -- 0 queued, 1 running, 2 succeeded, 3 failed, 4 cancelled, 5 expired
    state BIGINT NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 5),
    cost BIGINT NOT NULL DEFAULT 0 CHECK (cost BETWEEN 0 AND hold),
    ending BYTES,
    kept BYTES,
    segment BIGINT,
    -- When a job that waits is given up; once it has ended, when what is kept of it may go.
    expires BIGINT,
    -- The commit that wrote the row last.
    node BIGINT NOT NULL,
    commit_seq BIGINT,
    leaf_index BIGINT,
    UNIQUE (account, id),
    CHECK ((state > 1) = (leaf_index IS NOT NULL) AND (state > 1) = (ending IS NOT NULL))
);

-- The words that a caller gave a job, to find it by.
CREATE TABLE labels (
    account BIGINT NOT NULL,
    job BYTES NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (account, job, key)
);
CREATE INDEX labels_values ON labels (account, key, value, job);
