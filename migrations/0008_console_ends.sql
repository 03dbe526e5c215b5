-- Sessions of the console that somebody signed out of before their time: until then their cookies open nothing.
CREATE TABLE console_ends (
    session BYTES NOT NULL PRIMARY KEY,
    until BIGINT NOT NULL
);
