-- What an account may spend on jobs in every month, and what a key may spend in all.
ALTER TABLE accounts ADD COLUMN budget BIGINT CHECK (budget >= 0);
ALTER TABLE keys ADD COLUMN budget BIGINT CHECK (budget >= 0);

-- What was spent under each of them, and is held for jobs under way. `key` is empty and `month` counts from the year 0
-- where the limit is an account's; `month` is 0 where it is a key's.
CREATE TABLE budgets (
    account BIGINT NOT NULL,
    key BYTES NOT NULL,
    month BIGINT NOT NULL,
    cap BIGINT NOT NULL,
    used BIGINT NOT NULL CHECK (used >= 0),
    PRIMARY KEY (account, key, month)
) HOT;

-- Grants that end. `remaining` is what was left when the account was last looked at; what was spent since follows from
-- what came in meanwhile and what is there now.
CREATE TABLE grants (
    seq BIGKEY,
    account BIGINT NOT NULL,
    transfer BYTES NOT NULL,
    amount BIGINT NOT NULL,
    remaining BIGINT NOT NULL CHECK (remaining BETWEEN 0 AND amount),
    expires BIGINT NOT NULL
);
CREATE INDEX grants_open ON grants (account, expires) WHERE remaining > 0;

-- Accounts with such grants, as they were at that look: what had come in since the transfer `since`, and what was there.
CREATE TABLE grant_marks (
    account BIGINT NOT NULL PRIMARY KEY,
    since BIGINT NOT NULL,
    came_in BIGINT NOT NULL,
    balance BIGINT NOT NULL
);

-- Below what an account wants to be told of what it has left, and whether it was told.
ALTER TABLE accounts ADD COLUMN low_balance BIGINT CHECK (low_balance >= 0);
ALTER TABLE accounts ADD COLUMN low_told BIGINT NOT NULL DEFAULT 0;

-- When the last of the forgotten jobs was paid that a transfer sums up: all of them in the same month.
ALTER TABLE transfers ADD COLUMN paid BIGINT;
