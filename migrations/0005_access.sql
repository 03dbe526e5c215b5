-- How fast an account and a key may ask, what an account's turn weighs, and when a key was used last.
ALTER TABLE accounts ADD COLUMN weight BIGINT NOT NULL DEFAULT 1 CHECK (weight >= 1);
-- Requests a second; none where it is not set.
ALTER TABLE accounts ADD COLUMN rate_limit BIGINT CHECK (rate_limit >= 1);
ALTER TABLE keys ADD COLUMN rate_limit BIGINT CHECK (rate_limit >= 1);
-- To the minute.
ALTER TABLE keys ADD COLUMN last_used BIGINT;

-- What was done to money and access, by whom and from where. Rows are added in the transaction of what they tell.
CREATE TABLE audit (
    seq BIGKEY,
    at BIGINT NOT NULL,
    act TEXT NOT NULL,
    -- Whose key did it, and which; neither where the server did so by itself.
    actor BIGINT,
    key BYTES,
    -- Whose money or access it was.
    account BIGINT NOT NULL,
    -- The id of what was made, changed or ended.
    subject TEXT,
    detail TEXT NOT NULL,
    address TEXT,
    request_id TEXT
);
CREATE INDEX audit_account ON audit (account, seq);
CREATE INDEX audit_actor ON audit (actor, seq);
