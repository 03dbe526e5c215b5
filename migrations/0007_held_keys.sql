-- Keys that the server holds for accounts. Secrets are sealed under the master key, which lies in a file and never here.
CREATE TABLE held_keys (
    id BYTES NOT NULL PRIMARY KEY,
    account BIGINT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    -- Which methods may use it, as a JSON array of texts.
    methods TEXT NOT NULL,
    created BIGINT NOT NULL,
    rotated BIGINT,
    newest BIGINT NOT NULL CHECK (newest >= 1)
);
CREATE INDEX held_keys_account ON held_keys (account, id);

CREATE TABLE held_key_versions (
    key BYTES NOT NULL,
    version BIGINT NOT NULL CHECK (version >= 1),
    created BIGINT NOT NULL,
    public BYTES,
    sealed BYTES NOT NULL,
    PRIMARY KEY (key, version)
);

-- Which master key they are sealed under: one row, none while no key was ever held. The mark says nothing of the key.
CREATE TABLE master_mark (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    mark BYTES NOT NULL
);

-- A key makes none with more scopes than it has: those that manage their account's keys get the new scope (32), or nobody
-- could ever give it to an account that was made before.
UPDATE keys SET scopes = scopes | 32 WHERE (scopes & 8) <> 0;
