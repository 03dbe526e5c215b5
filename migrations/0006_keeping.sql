-- How long what an account's jobs leave is kept where the job does not say, in milliseconds.
ALTER TABLE accounts ADD COLUMN keep_ms BIGINT CHECK (keep_ms >= 0);

-- Prices that an admin has set: the list with the highest number is in force. They are never changed.
CREATE TABLE prices (
    version BIGINT NOT NULL PRIMARY KEY,
    list TEXT NOT NULL,
    at BIGINT NOT NULL
);

-- Until when all that is stored has been charged for, and what a MiB costs a day from then on: one row, none while
-- storing costs nothing.
CREATE TABLE storage_clock (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    since BIGINT NOT NULL,
    rate BIGINT NOT NULL CHECK (rate >= 1)
);

-- The same of an account that stored something; what it could not pay, and what is less than a microcredit.
CREATE TABLE storage (
    account BIGINT NOT NULL PRIMARY KEY,
    upto BIGINT NOT NULL,
    owed BIGINT NOT NULL CHECK (owed >= 0),
    rest BIGINT NOT NULL CHECK (rest >= 0)
) HOT;
CREATE INDEX storage_owed ON storage (account) WHERE owed > 0;
