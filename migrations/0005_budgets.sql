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
