-- Which key asked for a job, so that what was spent can be summed up by it. Jobs of before do not say.
ALTER TABLE jobs ADD COLUMN key BYTES;
