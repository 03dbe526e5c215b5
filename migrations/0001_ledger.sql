-- One dialect for both databases. BIGKEY, BYTES and HOT are replaced for each:
-- the key that counts up by itself, the type of bytes, and room for rows that change in place.

CREATE TABLE accounts (
    no BIGKEY,
    id BYTES NOT NULL UNIQUE,
    name TEXT NOT NULL,
    -- 0 issuer, 1 node, 2 user
    kind BIGINT NOT NULL CHECK (kind BETWEEN 0 AND 2),
    created BIGINT NOT NULL
);

-- What accounts have: narrow rows, because every commit changes some. Only the issuer's floor is below zero.
CREATE TABLE balances (
    account BIGKEY,
    balance BIGINT NOT NULL CHECK (balance <= 9007199254740991),
    held BIGINT NOT NULL CHECK (held >= 0),
    leased BIGINT NOT NULL CHECK (leased >= 0),
    floor BIGINT NOT NULL,
    CHECK (balance - held - leased >= floor)
) HOT;

-- Credits that a node may spend from memory. A commit is good only against the token it was made under.
CREATE TABLE leases (
    account BIGINT NOT NULL,
    node BIGINT NOT NULL,
    token BIGINT NOT NULL,
    remainder BIGINT NOT NULL CHECK (remainder >= 0),
    expires BIGINT NOT NULL,
    PRIMARY KEY (account, node)
) HOT;

CREATE TABLE keys (
    id BYTES NOT NULL PRIMARY KEY,
    account BIGINT NOT NULL,
    name TEXT NOT NULL,
    secret_hash BYTES NOT NULL,
    scopes BIGINT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT,
    revoked BIGINT
);
CREATE INDEX keys_of_account ON keys (account);

CREATE TABLE transfers (
    seq BIGKEY,
    id BYTES NOT NULL,
    debit BIGINT NOT NULL,
    credit BIGINT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
    -- 0 grant, 1 transfer, 2 job
    reason BIGINT NOT NULL CHECK (reason BETWEEN 0 AND 2),
    note TEXT,
    at BIGINT NOT NULL,
    CHECK (debit <> credit)
);

-- A job's row is its transfer as well: `cost` moved from `account` to `node` in the commit (`node`, `commit_seq`).
CREATE TABLE jobs (
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
    leaf BYTES,
    UNIQUE (account, id),
    CHECK ((state > 1) = (leaf IS NOT NULL))
);
CREATE INDEX jobs_unfinished ON jobs (id) WHERE state < 2;
CREATE INDEX jobs_in_segment ON jobs (segment) WHERE segment IS NOT NULL;
CREATE INDEX jobs_kept ON jobs (expires) WHERE kept IS NOT NULL;

-- One signed root for each group commit; `leaves` are the leaf hashes, 32 bytes each.
CREATE TABLE commits (
    node BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    count BIGINT NOT NULL,
    signed BIGINT NOT NULL,
    root BYTES NOT NULL,
    signature BYTES NOT NULL,
    leaves BYTES NOT NULL,
    forgotten BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (node, seq)
);

CREATE TABLE nodes (
    account BIGINT NOT NULL PRIMARY KEY,
    id BYTES NOT NULL UNIQUE
);

CREATE TABLE idempotency (
    account BIGINT NOT NULL,
    key TEXT NOT NULL,
    digest BYTES NOT NULL,
    job BYTES NOT NULL,
    expires BIGINT NOT NULL,
    PRIMARY KEY (account, key)
);
CREATE INDEX idempotency_expires ON idempotency (expires);

CREATE TABLE blobs (
    account BIGINT NOT NULL,
    hash BYTES NOT NULL,
    bytes BIGINT NOT NULL,
    media_type TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT,
    pinned BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (account, hash)
);
CREATE INDEX blobs_newest ON blobs (account, created, hash);
CREATE INDEX blobs_hash ON blobs (hash);
CREATE INDEX blobs_expires ON blobs (expires) WHERE expires IS NOT NULL;

-- Files that a job's inputs or kept outputs lie in.
CREATE TABLE payload_files (
    job BYTES NOT NULL,
    hash BYTES NOT NULL,
    PRIMARY KEY (job, hash)
);
CREATE INDEX payload_files_hash ON payload_files (hash);
