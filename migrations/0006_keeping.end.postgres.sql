-- Storing has a reason of its own: 0 grant, 1 transfer, 2 job, 3 storage.
ALTER TABLE transfers DROP CONSTRAINT transfers_reason_check;
ALTER TABLE transfers ADD CONSTRAINT transfers_reason_check CHECK (reason BETWEEN 0 AND 3);
