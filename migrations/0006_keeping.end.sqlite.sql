-- SQLite cannot change a check, so the table is written anew.
CREATE TABLE transfers_now (
    seq BIGKEY,
    id BYTES NOT NULL,
    debit BIGINT NOT NULL,
    credit BIGINT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount BETWEEN 1 AND 9007199254740991),
    -- 0 grant, 1 transfer, 2 job, 3 storage
    reason BIGINT NOT NULL CHECK (reason BETWEEN 0 AND 3),
    note TEXT,
    at BIGINT NOT NULL,
    paid BIGINT,
    CHECK (debit <> credit)
);
INSERT INTO transfers_now (seq, id, debit, credit, amount, reason, note, at, paid)
SELECT seq, id, debit, credit, amount, reason, note, at, paid FROM transfers ORDER BY seq;
DROP TABLE transfers;
ALTER TABLE transfers_now RENAME TO transfers;
