DROP TABLE jobs;
ALTER TABLE jobs_now RENAME TO jobs;
CREATE INDEX jobs_unfinished ON jobs (id) WHERE state < 2;
CREATE INDEX jobs_in_segment ON jobs (segment) WHERE segment IS NOT NULL;
CREATE INDEX jobs_kept ON jobs (expires) WHERE kept IS NOT NULL;
