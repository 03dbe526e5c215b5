-- How fast an account and a key may ask, what an account's turn weighs, and when a key was used last.
ALTER TABLE accounts ADD COLUMN weight BIGINT NOT NULL DEFAULT 1 CHECK (weight >= 1);
-- Requests a second; none where it is not set.
ALTER TABLE accounts ADD COLUMN rate_limit BIGINT CHECK (rate_limit >= 1);
ALTER TABLE keys ADD COLUMN rate_limit BIGINT CHECK (rate_limit >= 1);
-- To the minute.
ALTER TABLE keys ADD COLUMN last_used BIGINT;
