// Made from /openapi.json by tools/types.ts; `INOS_WRITE=1 npx vitest run generated` writes it anew.

export interface Messages {
    /** An account and what it has. */
    Account: {
        /** What can still be spent. */
        available: Messages["Microcredits"];
        /** What it has, holds included, in microcredits. */
        balance: Messages["Microcredits"];
        /** When it was made. */
        created: Messages["Time"];
        /** What is held for jobs under way. */
        held: Messages["Microcredits"];
        /** Its id. */
        id: Messages["AccountId"];
        /**
         * Format: uint64
         * How long what its jobs leave is kept where a job does not say, in milliseconds; none means as long as the server
         *     keeps anything.
         */
        keep_ms?: number | null;
        /** Below what it wants an event of what can still be spent, in microcredits. */
        low_balance?: Messages["Microcredits"] | null;
        /** Its name. */
        name: string;
        /**
         * Format: uint32
         * How many requests a second all its keys may make together, where that is limited.
         */
        rate_limit?: number | null;
        /**
         * Format: uint32
         * How its share of the workers stands to that of others who wait: 1 unless an admin says otherwise.
         */
        weight: number;
    };
    AccountId: string;
    /** An account that was made, and its first key. */
    AccountMade: {
        /** The account. */
        account: Messages["Account"];
        /** Its first key; the secret is shown once. */
        key: Messages["NewKey"];
    };
    /** One page of a list, newest first. */
    AccountPage: {
        /** The things. */
        items: Messages["Account"][];
        /** Where the next page begins; absent on the last. */
        next_cursor?: string | null;
    };
    /** Something that can be done to money or access. */
    Act: "account.create" | "account.limit" | "account.keep" | "credits.grant" | "credits.transfer" | "key.create" | "key.rotate" | "key.revoke" | "held_key.create" | "held_key.rotate" | "held_key.retire" | "held_key.delete" | "prices.set" | "ticket.create" | "token.create" | "console.open";
    /** What is changed of a method's price, in microcredits; what is not named stays as the unit has it. */
    Amended: {
        /**
         * Format: uint64
         * For each job.
         */
        base?: number | null;
        /**
         * Format: uint64
         * For each begun millisecond that it ran.
         */
        per_cpu_ms?: number | null;
        /**
         * Format: uint64
         * For each begun KiB of input.
         */
        per_kib_in?: number | null;
        /**
         * Format: uint64
         * For each begun KiB of output.
         */
        per_kib_out?: number | null;
    };
    /** Memory for inputs and outputs. */
    Arena: {
        /**
         * Format: uint64
         * Bytes that can be leased.
         */
        bytes: number;
        /** Payload bytes copied since the start, by place. */
        copied_bytes: {
            [key: string]: number;
        };
        /** Epochs that have moved since the start, or that somebody waits for. */
        epochs: Messages["Epoch"][];
        /**
         * Format: uint64
         * How much of what is free does not lie in that stretch, in thousandths.
         */
        fragmentation_permille: number;
        /**
         * Format: uint64
         * Bytes of slabs that are neither.
         */
        free_bytes: number;
        /**
         * Format: uint64
         * The longest stretch of them.
         */
        largest_free_bytes: number;
        /**
         * Format: uint64
         * Bytes that are leased.
         */
        leased_bytes: number;
        /**
         * Format: uint64
         * Leases that live.
         */
        leases: number;
        /** What lies where in the mapping. */
        map: Messages["Part"][];
        /**
         * Format: uint64
         * Bytes that are resident.
         */
        resident_bytes: number;
        /**
         * Format: uint64
         * Bytes in spool files.
         */
        spooled_bytes: number;
        /**
         * Format: uint64
         * Bytes of slabs that hold a lease or are kept for further ones of its size; what is leased of them is less.
         */
        taken_bytes: number;
        /** Whether new work is turned away because of it. */
        under_pressure: boolean;
    };
    /** Something that was done to money or access. */
    AuditEntry: {
        /** Whose money or access it was. */
        account: Messages["AccountId"];
        /** What. */
        act: Messages["Act"];
        /** Whose key did it; absent where the server did so by itself. */
        actor?: Messages["AccountId"] | null;
        /** From which address, for the actor and for admins. */
        address?: string | null;
        /** When. */
        at: Messages["Time"];
        /** What else there is to say of it. */
        detail: {
            [key: string]: unknown;
        };
        /** Which key, for its owner and for admins. */
        key?: Messages["KeyId"] | null;
        /** By which request, for the actor and for admins. */
        request_id?: string | null;
        /**
         * Format: uint64
         * Its number; a later one is larger.
         */
        seq: number;
        /** The id of what was made, changed or ended. */
        subject?: string | null;
    };
    /** One page of a list, newest first. */
    AuditEntryPage: {
        /** The things. */
        items: Messages["AuditEntry"][];
        /** Where the next page begins; absent on the last. */
        next_cursor?: string | null;
    };
    /** How surely a cost is foreseen. */
    Basis: "exact" | "sampled" | "typical";
    /** What came of a batch. */
    Batch: {
        /** One for each capsule, in their order. */
        items: Messages["Item"][];
    };
    /** A blob of an account. */
    Blob: {
        /**
         * Format: uint64
         * Its length in bytes.
         */
        bytes: number;
        /** When it was stored. */
        created: Messages["Time"];
        /** When it may go, unless it is pinned. */
        expires?: Messages["Time"] | null;
        /** Its BLAKE3. */
        hash: Messages["Hash"];
        /** Its media type. */
        media_type: string;
        /** Whether it stays until it is unpinned. */
        pinned: boolean;
    };
    /** One page of a list, newest first. */
    BlobPage: {
        /** The things. */
        items: Messages["Blob"][];
        /** Where the next page begins; absent on the last. */
        next_cursor?: string | null;
    };
    /** What an account may spend on jobs in a month, and how much of it is gone. */
    Budget: {
        /** What the account's jobs may cost in every month, in microcredits; none means whatever it has. */
        budget?: Messages["Microcredits"] | null;
        /** The month, in UTC. */
        month: Messages["Month"];
        /** What was spent of it, and is held for jobs under way, in microcredits; 0 where there is no budget. */
        used: Messages["Microcredits"];
    };
    /** Whether the outputs of an earlier job that was asked the same may be the answer. */
    Cache: "off" | "use" | "refresh";
    /** A job as it is asked for. */
    Capsule: {
        /** The most that the job may cost, in microcredits; none means whatever the account has. */
        budget?: Messages["Microcredits"] | null;
        /** Whether an earlier job's outputs may be the answer. */
        cache?: Messages["Cache"];
        /** When the job must have ended, whatever it waits for; none means the server's own limit. */
        deadline?: Messages["Time"] | null;
        /** The same key with the same capsule is the same job for 24 hours. */
        idempotency_key?: string | null;
        /** What the method works on, in order. */
        inputs?: Messages["Input"][];
        /** Whether a synchronous job's outputs are kept as an asynchronous one's are. */
        keep?: boolean;
        /**
         * Format: uint64
         * How long the outputs are kept after the job's end, in milliseconds; none means as long as the server keeps them.
         */
        keep_ms?: number | null;
        /** The caller's own words about the job. */
        labels?: {
            [key: string]: string;
        };
        /** Its method, such as `blake3`. */
        method: string;
        /** Where the outputs go. */
        output?: Messages["Output"];
        /** The method's parameters. */
        params?: {
            [key: string]: unknown;
        };
        /**
         * Format: uint8
         * Higher runs earlier within the account.
         */
        priority?: number;
        /**
         * Format: uint32
         * How long the job may wait before it is first begun, in milliseconds; none means as long as its deadline lets it.
         */
        queue_ttl_ms?: number | null;
        /** How it is tried again where it breaks on our side; none means one attempt. */
        retry?: Messages["Retry"] | null;
        /**
         * Format: uint32
         * How long one attempt may run, in milliseconds; none means the method's own limit.
         */
        timeout_ms?: number | null;
        /** The unit, such as `compute`. */
        unit: string;
    };
    /** What readiness looks at: `ok`, or what is wrong. */
    Checks: {
        /** Memory for inputs and outputs. */
        arena: string;
        /** The database with its migrations. */
        database: string;
        /** Whether the server is about to stop. */
        draining: string;
        /** Worker threads. */
        workers: string;
    };
    /** Connections of a server. */
    Connections: {
        /**
         * Format: uint64
         * The most at once.
         */
        max: number;
        /**
         * Format: uint64
         * Those that are open.
         */
        open: number;
        /**
         * Format: uint64
         * WebSocket sessions, cut ones included.
         */
        sessions: number;
    };
    /** Who asks. */
    ConsoleSession: {
        /** Whose account it is. */
        account: Messages["AccountId"];
        /** When that ends, if ever. */
        expires?: Messages["Time"] | null;
        /** The key that was shown. */
        key: Messages["KeyId"];
        /** What it may do. */
        scopes: Messages["Scope"][];
        /**
         * What a page shows as `Inos-Console` with each request, beside the cookie, which opens nothing without it. Told once,
         *     to who signs in.
         */
        secret?: string | null;
    };
    /** One line of an account's ledger. */
    Entry: {
        /**
         * Format: int64
         * What the account gained (positive) or spent (negative), in microcredits.
         */
        amount: number;
        /** When. */
        at: Messages["Time"];
        /** The job, where it was one. */
        job?: Messages["JobId"] | null;
        /** The words that came with it. */
        note?: string | null;
        /** Why. */
        reason: Messages["Reason"];
        /** The transfer, where it was one. */
        transfer?: Messages["TransferId"] | null;
    };
    /** One page of a list, newest first. */
    EntryPage: {
        /** The things. */
        items: Messages["Entry"][];
        /** Where the next page begins; absent on the last. */
        next_cursor?: string | null;
    };
    /** An epoch of the arena. */
    Epoch: {
        /**
         * Format: uint64
         * Its number in the table.
         */
        index: number;
        /**
         * Format: uint64
         * How often it has moved on since the start.
         */
        value: number;
        /**
         * Format: uint64
         * Threads that wait for it.
         */
        waiters: number;
    };
    /** A grant that is the account's until some time. */
    ExpiringGrant: {
        /** What was granted, in microcredits. */
        amount: Messages["Microcredits"];
        /** When what is left goes back to the issuer. */
        expires: Messages["Time"];
        /** What is left of it, in microcredits: what is spent is taken from the grant that ends first. */
        left: Messages["Microcredits"];
        /** The transfer that it came by. */
        transfer: Messages["TransferId"];
    };
    /** One page of a list, newest first. */
    ExpiringGrantPage: {
        /** The things. */
        items: Messages["ExpiringGrant"][];
        /** Where the next page begins; absent on the last. */
        next_cursor?: string | null;
    };
    /** One thing wrong with one field of a request. */
    FieldError: {
        /** What is wrong with it. */
        message: string;
        /** JSON Pointer (RFC 6901) to the field, such as `/params/quality`. */
        pointer: string;
    };
    /** Credits that have moved. */
    GrantMade: {
        /** To whom. */
        account: Messages["AccountId"];
        /** How much, in microcredits. */
        amount: Messages["Microcredits"];
        /** The transfer. */
        transfer: Messages["TransferId"];
    };
    Hash: string;
    /** Whether the server lives. */
    Health: {
        /** `ok`. */
        status: string;
    };
    /** A key that the server holds, without its secret. */
    HeldKey: {
        /** When it was made. */
        created: Messages["Time"];
        /** Its id: what goes into a job's parameter `key_id`. */
        id: Messages["HeldKeyId"];
        /** What it is for. */
        kind: Messages["KeyKind"];
        /** The methods that may use it, each as `unit.method`. */
        methods: string[];
        /** Its name. */
        name: string;
        /** When its newest version was made, if that is not the first. */
        rotated?: Messages["Time"] | null;
        /**
         * Format: uint32
         * The number of its newest version, by which whatever is new is made; the first is 1.
         */
        version: number;
        /** Every version that still opens and verifies, the newest first. */
        versions: Messages["HeldVersion"][];
    };
    HeldKeyId: string;
    /** One page of a list, newest first. */
    HeldKeyPage: {
        /** The things. */
        items: Messages["HeldKey"][];
        /** Where the next page begins; absent on the last. */
        next_cursor?: string | null;
    };
    /** One version of a key that the server holds. */
    HeldVersion: {
        /** When it was made. */
        created: Messages["Time"];
        /** Its public half as hexadecimal digits, where it has one: of `ed25519` and `x25519`. */
        public_key?: string | null;
        /**
         * Format: uint32
         * Its number.
         */
        version: number;
    };
    /** One input of a capsule. */
    Input: {
        /** The bytes themselves, which are UTF-8. */
        text: string;
    } | {
        /** The bytes themselves, as standard base64 with padding. */
        base64: string;
    } | {
        /** The BLAKE3 of a stored blob of the same account. */
        blob: Messages["Hash"];
    } | {
        /** A job of the same account, in any state; where it has not ended, it is waited for. */
        job: Messages["JobId"];
        /**
         * Format: uint32
         * Which of its outputs, from 0.
         * @default 0
         */
        output?: number;
    } | {
        /** A region of the same account, by its name; it is read when the job begins. */
        region: string;
    };
    /** What a method takes. */
    Inputs: {
        /**
         * Format: uint64
         * The most bytes of one input.
         */
        bytes_max: number;
        /**
         * Format: uint32
         * The most.
         */
        max: number;
        /** The media types that it reads; `*\/*` is any. */
        media_types: string[];
        /**
         * Format: uint32
         * The fewest.
         */
        min: number;
        /** Whether it reads an input while it still arrives. */
        streaming: boolean;
    };
    /** What came of one capsule of a batch. */
    Item: {
        /**
         * Format: uint64
         * The capsule's place in the batch, from 0.
         */
        index: number;
        /** What came of it, where it was run. */
        outcome?: Messages["Outcome"] | null;
        /** Why it was not run. */
        problem?: Messages["Problem"] | null;
    };
    /** A job as its owner sees it. */
    Job: {
        /** Whose it is. */
        account: Messages["AccountId"];
        /**
         * Format: uint32
         * How often it was begun.
         */
        attempts: number;
        /** Its budget. */
        budget?: Messages["Microcredits"] | null;
        /** The earlier job whose outputs it was answered with. */
        cached_from?: Messages["JobId"] | null;
        /** What was charged, in microcredits. */
        cost: Messages["Microcredits"];
        /** Why it did not succeed. */
        error?: Messages["Problem"] | null;
        /** When it ended. */
        finished?: Messages["Time"] | null;
        /** What is held for it until it ends, in microcredits. */
        held: Messages["Microcredits"];
        /** Its id. */
        id: Messages["JobId"];
        /** The caller's own words. */
        labels?: {
            [key: string]: string;
        };
        /** The method. */
        method: string;
        /** What it took, once it ended. */
        metrics?: Messages["Metrics"] | null;
        /** Its outputs, once it ended. */
        outputs: Messages["OutputInfo"][];
        /** Whether the outputs can still be fetched. */
        outputs_kept: boolean;
        /** The parameters as they were sent; absent once the server has let them go. */
        params?: {
            [key: string]: unknown;
        } | null;
        /**
         * Format: uint8
         * Its priority.
         */
        priority: number;
        /** When a worker began it. */
        started?: Messages["Time"] | null;
        /** How it stands. */
        state: Messages["State"];
        /** When it was accepted. */
        submitted: Messages["Time"];
        /** The unit. */
        unit: string;
        /** What it waits for, where it is queued and somebody asked for this job alone. */
        waiting?: Messages["Waiting"] | null;
    };
    JobId: string;
    /** One page of a list, newest first. */
    JobPage: {
        /** The things. */
        items: Messages["Job"][];
        /** Where the next page begins; absent on the last. */
        next_cursor?: string | null;
    };
    /** How long jobs took. What is told is never less than it was, and at most a sixteenth more. */
    JobTimes: {
        /**
         * Format: uint64
         * How many jobs they are of.
         */
        count: number;
        /**
         * Format: uint64
         * Half of them took no longer, in microseconds.
         */
        p50_us: number;
        /**
         * Format: uint64
         * 95 in 100 took no longer.
         */
        p95_us: number;
        /**
         * Format: uint64
         * 99 in 100 took no longer.
         */
        p99_us: number;
    };
    /** Jobs of a server, all accounts together. */
    Jobs: {
        /**
         * Format: uint64
         * Those that have ended since the start.
         */
        completed: number;
        /**
         * Format: uint64
         * Of these, those that ran where their bytes arrived.
         */
        completed_inline: number;
        /**
         * Format: uint64
         * Those that wait.
         */
        queued: number;
        /**
         * Format: uint64
         * Those that run.
         */
        running: number;
        /**
         * Format: uint64
         * Simulation sessions, each on a thread of its own.
         */
        sessions: number;
        /**
         * Format: uint64
         * Threads whose unit does not stop.
         */
        workers_quarantined: number;
    };
    /** A key without its secret. */
    Key: {
        /** What its jobs may cost in all, in microcredits; none means whatever the account has. */
        budget?: Messages["Microcredits"] | null;
        /** When it was made. */
        created: Messages["Time"];
        /** When it ends, if ever. */
        expires?: Messages["Time"] | null;
        /** Its id. */
        id: Messages["KeyId"];
        /** When it was used last, to the minute. */
        last_used?: Messages["Time"] | null;
        /** Its name. */
        name: string;
        /** What the key itself begins with: all of it but the secret. */
        prefix: string;
        /**
         * Format: uint32
         * How many requests a second it may make, where that is limited.
         */
        rate_limit?: number | null;
        /** When it was revoked. */
        revoked?: Messages["Time"] | null;
        /** What it may do. */
        scopes: Messages["Scope"][];
    };
    KeyId: string;
    /** What a key that the server holds is for. */
    KeyKind: "aead" | "hmac" | "ed25519" | "x25519" | "hkdf";
    /** One page of a list, newest first. */
    KeyPage: {
        /** The things. */
        items: Messages["Key"][];
        /** Where the next page begins; absent on the last. */
        next_cursor?: string | null;
    };
    /** What is known of one kind of refusal. */
    Kinds: {
        /** What leads to it. */
        cause: string;
        /** What it means for money and data. */
        meaning: string;
        /** What to do next. */
        remedy: string;
        /** Whether the same request may succeed later without a change. */
        retryable: boolean;
        /** The stable name. */
        slug: string;
        /**
         * Format: uint16
         * The HTTP status.
         */
        status: number;
        /** A short sentence. */
        title: string;
    };
    /** How jobs of all accounts ended within a window that ends now, by what the server itself has counted. */
    Lately: {
        /**
         * Format: uint64
         * Those that were cancelled.
         */
        cancelled: number;
        /**
         * Format: uint64
         * Jobs that ended in it; those are the next four.
         */
        ended: number;
        /**
         * Format: uint64
         * Those that ran out of time.
         */
        expired: number;
        /**
         * Format: uint64
         * Those that failed.
         */
        failed: number;
        /** How long units worked on a job. */
        ran?: Messages["JobTimes"] | null;
        /** When the window began: up to a minute ago, and not before the start. */
        since: Messages["Time"];
        /**
         * Format: uint64
         * Those that succeeded, also by what an earlier job left.
         */
        succeeded: number;
        /** Both together: how long a job took, without the commit that charges for it. */
        took?: Messages["JobTimes"] | null;
        /**
         * From when the server had a job until it was begun. Absent, as the next two, where none that ended was begun;
         *     sessions of simulations are in none of them.
         */
        waited?: Messages["JobTimes"] | null;
        /**
         * Format: uint64
         * How long it is, in milliseconds.
         */
        window_ms: number;
    };
    /** How the ledger is. */
    LedgerHealth: {
        /**
         * Format: uint64
         * What the database takes, in bytes.
         */
        bytes: number;
        /**
         * Format: uint64
         * The same for each job, in bytes.
         */
        bytes_per_job: number;
        /**
         * Format: uint64
         * Commits of this server of which the database has not yet said whether they happened.
         */
        commits_in_doubt: number;
        /** `sqlite` or `postgres`. */
        database: string;
        /** Whether nothing of what follows is wrong: the sum is zero, no hold is overdue, the database took the last commit. */
        healthy: boolean;
        /**
         * Format: uint64
         * What is held for jobs that were accepted, in microcredits.
         */
        held: number;
        /**
         * Format: uint64
         * Accepted jobs that should have ended more than a minute ago.
         */
        holds_overdue: number;
        /**
         * Format: uint64
         * Jobs in the books.
         */
        jobs: number;
        /**
         * Format: uint64
         * What they may spend from memory, in microcredits.
         */
        leased: number;
        /**
         * Format: uint64
         * Leases of all servers.
         */
        leases: number;
        /**
         * Format: uint64
         * Leases that their servers did not renew in time.
         */
        leases_expired: number;
        /**
         * Format: uint64
         * The schema that it has.
         */
        schema: number;
        /**
         * Format: int64
         * The sum of all accounts, in microcredits: always 0.
         */
        sum: number;
    };
    /** What an account may do, and how its turn compares with others'. */
    LimitsForm: {
        /**
         * Format: uint32
         * How many requests a second all its keys may make together; without it, as many as come.
         * @default null
         */
        rate_limit?: number | null;
        /**
         * Format: uint32
         * How its share of the workers stands to that of others who wait; without it, 1.
         * @default null
         */
        weight?: number | null;
    };
    /** One line of a quote. */
    Line: {
        /** Both multiplied, in microcredits. */
        amount: Messages["Microcredits"];
        /** What is counted: `base`, `kib_in`, `kib_out` or `cpu_ms`. */
        meter: string;
        /**
         * Format: uint64
         * What one costs, in microcredits.
         */
        price: number;
        /**
         * Format: uint64
         * How much of it.
         */
        quantity: number;
    };
    /** A job as it is asked for. */
    MeasuredCapsule: {
        /** The most that the job may cost, in microcredits; none means whatever the account has. */
        budget?: Messages["Microcredits"] | null;
        /** Whether an earlier job's outputs may be the answer. */
        cache?: Messages["Cache"];
        /** When the job must have ended, whatever it waits for; none means the server's own limit. */
        deadline?: Messages["Time"] | null;
        /** The same key with the same capsule is the same job for 24 hours. */
        idempotency_key?: string | null;
        /** What the method works on, in order. */
        inputs?: (Messages["Input"] | {
            bytes: number;
        })[];
        /** Whether a synchronous job's outputs are kept as an asynchronous one's are. */
        keep?: boolean;
        /**
         * Format: uint64
         * How long the outputs are kept after the job's end, in milliseconds; none means as long as the server keeps them.
         */
        keep_ms?: number | null;
        /** The caller's own words about the job. */
        labels?: {
            [key: string]: string;
        };
        /** Its method, such as `blake3`. */
        method: string;
        /** Where the outputs go. */
        output?: Messages["Output"];
        /** The method's parameters. */
        params?: {
            [key: string]: unknown;
        };
        /**
         * Format: uint8
         * Higher runs earlier within the account.
         */
        priority?: number;
        /**
         * Format: uint32
         * How long the job may wait before it is first begun, in milliseconds; none means as long as its deadline lets it.
         */
        queue_ttl_ms?: number | null;
        /** How it is tried again where it breaks on our side; none means one attempt. */
        retry?: Messages["Retry"] | null;
        /**
         * Format: uint32
         * How long one attempt may run, in milliseconds; none means the method's own limit.
         */
        timeout_ms?: number | null;
        /** The unit, such as `compute`. */
        unit: string;
    };
    /** A method of a unit. */
    Method: {
        /** Where it can run here. */
        backends: string[];
        /** Whether the same input gives the same bytes: `bitwise`, `version`, `tolerance` or `none`. */
        determinism: string;
        /**
         * Format: uint64
         * How long a run may go without a sign of life before it is ended as stuck, in milliseconds.
         */
        heartbeat_ms?: number | null;
        /**
         * Of which kind a key that the server holds must be to stand in for the secret parameter, by `key_id`; absent where
         *     none can.
         */
        held_key?: Messages["KeyKind"] | null;
        /** What it takes. */
        inputs: Messages["Inputs"];
        /** Its name. */
        name: string;
        /** What it gives. */
        outputs: Messages["Outputs"];
        /** JSON Schema (2020-12) of its parameters. */
        params: unknown;
        /** What it costs. */
        price: Messages["Price"];
        /** Whether it is a simulation session: a job that lives on, steps a region on a pulse and is only to be submitted. */
        session?: boolean;
        /** What it does. */
        summary: string;
        /**
         * Format: uint64
         * How long one run may take unless the caller asks for less, in milliseconds.
         */
        timeout_ms: number;
    };
    /** What a job took. */
    Metrics: {
        /**
         * Format: uint64
         * Bytes of all inputs; where a unit needs a part of a file alone, the bytes that it read.
         */
        bytes_in: number;
        /**
         * Format: uint64
         * Bytes of all outputs.
         */
        bytes_out: number;
        /**
         * Format: uint64
         * Microseconds between acceptance and start.
         */
        queued_us: number;
        /**
         * Format: uint64
         * Microseconds that the unit ran.
         */
        run_us: number;
    };
    /**
     * Format: uint64
     * An amount of credit that is never negative and always fits a JSON number exactly.
     */
    Microcredits: number;
    /** @example 2026-11 */
    Month: string;
    /** A new account. */
    NewAccount: {
        /**
         * What it starts with, in microcredits.
         * @default 0
         */
        credits?: Messages["Microcredits"];
        /** Its name. */
        name: string;
    };
    /** What an account may spend. */
    NewBudget: {
        /** What its jobs may cost in every month, in microcredits; `null` means whatever it has. */
        budget: number | null;
    };
    /** Credits from the issuer. */
    NewGrant: {
        /** How much, in microcredits. */
        amount: Messages["Microcredits"];
        /**
         * Until when they are the account's; what is left of them then goes back. Without it they are its own for good.
         * @default null
         */
        expires?: Messages["Time"] | null;
        /**
         * Words to go with it.
         * @default null
         */
        note?: string | null;
    };
    /** What a new key that the server is to hold should be. */
    NewHeldKey: {
        /** What it is for. */
        kind: Messages["KeyKind"];
        /** The methods that may use it, each as `unit.method`; all that its kind fits, unless said otherwise. */
        methods?: string[];
        /** Its name. */
        name: string;
    };
    /** A new key with its secret, shown once. */
    NewKey: {
        /** The key. */
        key: Messages["Key"];
        /** `inos_<id>_<secret>`: what goes behind `Authorization: Bearer`. It is not stored and never shown again. */
        secret: string;
    };
    /** What a new key should be good for. */
    NewKeyForm: {
        /**
         * What its jobs may cost in all, in microcredits; without it, whatever the account has.
         * @default null
         */
        budget?: Messages["Microcredits"] | null;
        /**
         * When it ends; without it, it does not.
         * @default null
         */
        expires?: Messages["Time"] | null;
        /** Its name. */
        name: string;
        /**
         * Format: uint32
         * How many requests a second it may make; without it, as many as its account.
         * @default null
         */
        rate_limit?: number | null;
        /** What it may do: a part of what the present key may do. */
        scopes: Messages["Scope"][];
    };
    /** What a token should be good for. */
    NewToken: {
        /**
         * What it may spend, in microcredits. A job that names no budget gets all that is left until it ends.
         * @default null
         */
        budget?: Messages["Microcredits"] | null;
        /**
         * Format: uint64
         * How long it lives, in seconds; at most 3,600.
         * @default null
         */
        expires_in_s?: number | null;
        /** What it may do: a part of what the key may do. */
        scopes: Messages["Scope"][];
    };
    /** Credits to give. */
    NewTransfer: {
        /** How much, in microcredits. */
        amount: Messages["Microcredits"];
        /**
         * Words to go with it.
         * @default null
         */
        note?: string | null;
        /** To whom. */
        to: Messages["AccountId"];
    };
    /** The node's identity. */
    Node: {
        /** Its Ed25519 public key: what signs its receipts. */
        id: Messages["NodeId"];
        /** Its name, for people. */
        name: string;
        /** When it started. */
        started: Messages["Time"];
        /** The version of the server. */
        version: string;
    };
    /** The configuration that is in effect, without secrets. */
    NodeConfig: {
        /** Every setting. */
        items: Messages["NodeSetting"][];
    };
    NodeId: string;
    /** A setting and what it is. */
    NodeSetting: {
        /** What it is for. */
        about: string;
        /** Where that was said: a flag, a variable, or a file and line. */
        at?: string | null;
        /** Its name: `--name`, `INOS_NAME` and `name = …` in the file. */
        name: string;
        /** By what it was set. */
        source: Messages["SettingSource"];
        /** What it takes. */
        takes: string;
        /** What is in effect, as it would be written; of what may hold a secret, only what holds none. Absent where it is off. */
        value?: string | null;
    };
    /** What came of a job, with its output bytes and its receipt: what a `Result` message carries. */
    Outcome: {
        /** What was charged. */
        cost: Messages["Microcredits"];
        /** Why it did not succeed. */
        error?: Messages["Problem"] | null;
        /** The job. */
        job: Messages["JobId"];
        /** What it took. */
        metrics: Messages["Metrics"];
        /** Its outputs with their bytes. */
        outputs: Messages["OutputBytes"][];
        /** The proof. */
        receipt?: Messages["SignedReceipt"] | null;
        /** How it ended. */
        state: Messages["State"];
    };
    /** Where a capsule's outputs go. */
    Output: {
        /** The region whose next epoch the first output becomes, once the job has succeeded; made where there is none. */
        region?: string | null;
        /**
         * How the bytes are kept.
         * @default inline
         */
        store?: Messages["Store"];
    };
    /** One output with its bytes. */
    OutputBytes: {
        /** The bytes as standard base64 with padding, where they are not. */
        base64?: string | null;
        /**
         * Format: uint64
         * Its length in bytes.
         */
        bytes: number;
        /** Its BLAKE3. */
        hash: Messages["Hash"];
        /** Its media type. */
        media_type: string;
        /** The bytes, where they are a short text. */
        text?: string | null;
    };
    /** What is known of one output without its bytes. */
    OutputInfo: {
        /**
         * Format: uint64
         * Its length in bytes.
         */
        bytes: number;
        /** Its BLAKE3. */
        hash: Messages["Hash"];
        /** Its media type. */
        media_type: string;
    };
    /** What a method gives. */
    Outputs: {
        /**
         * Format: uint64
         * The most bytes of one output.
         */
        bytes_max: number;
        /** The media types that it can write, the usual one first. */
        media_types: string[];
        /** Whether they are a secret: then they are kept nowhere, and cannot be asked for again. */
        secret?: boolean;
    };
    /** A part of the arena's mapping. */
    Part: {
        /**
         * Format: uint64
         * How long it is.
         */
        bytes: number;
        /** What lies there. */
        name: string;
        /**
         * Format: uint64
         * Where it begins, in bytes.
         */
        offset: number;
    };
    /** What a method costs, in microcredits. */
    Price: {
        /**
         * Format: uint64
         * For each job.
         */
        base: number;
        /**
         * Format: uint64
         * For each begun millisecond that it ran.
         * @default 0
         */
        per_cpu_ms?: number;
        /**
         * Format: uint64
         * For each begun KiB of input.
         */
        per_kib_in: number;
        /**
         * Format: uint64
         * For each begun KiB of output.
         */
        per_kib_out: number;
    };
    /** Prices in place of the units' own, as a file or an admin has them. */
    PriceList: {
        /** By unit and method. */
        prices: {
            [key: string]: {
                [key: string]: Messages["Amended"];
            };
        };
        /**
         * Format: uint64
         * For each MiB that an account keeps for a day, in microcredits: blobs, and outputs that are kept with their jobs.
         * @default 0
         */
        stored_mib_day?: number;
        /**
         * Format: uint32
         * The number of this list; raised with every change.
         */
        version: number;
    };
    /** Where prices come from. */
    PriceSource: "units" | "file" | "admin";
    /** Which table of prices is in force. */
    PriceVersion: {
        /** The BLAKE3 of every price in it. */
        hash: Messages["Hash"];
        /**
         * Format: uint32
         * Its number: 1 where the units' own prices stand, higher where an operator's do.
         */
        number: number;
    };
    /** Every price that is in force. */
    Prices: {
        /** By unit and method. */
        prices: {
            [key: string]: {
                [key: string]: Messages["Price"];
            };
        };
        /** Where it comes from. */
        source: Messages["PriceSource"];
        /**
         * Format: uint64
         * For each MiB that an account keeps for a day, in microcredits.
         */
        stored_mib_day: number;
        /** Which table it is. */
        version: Messages["PriceVersion"];
    };
    /** A problem body (RFC 9457). */
    Problem: {
        /**
         * Format: uint64
         * What there was.
         */
        available?: number | null;
        /** The slug alone. */
        code: string;
        /** What happened this time. */
        detail: string;
        /** The fields at fault. */
        errors?: Messages["FieldError"][];
        /** The path that was asked. */
        instance?: string | null;
        /** The id of the request, to be named when asking for help. */
        request_id?: string | null;
        /**
         * Format: uint64
         * What it would have taken.
         */
        required?: number | null;
        /**
         * Format: uint64
         * When trying again makes sense, in milliseconds.
         */
        retry_after_ms?: number | null;
        /** Whether the same request may succeed later without a change. */
        retryable: boolean;
        /**
         * Format: uint16
         * The HTTP status, where it came over HTTP.
         */
        status?: number | null;
        /** A short sentence, the same for every problem of this type. */
        title: string;
        /** `/problems/<slug>`, a page that explains it. */
        type: string;
    };
    /** What a capsule would cost if it were submitted now. */
    Quote: {
        /** How surely. */
        basis: Messages["Basis"];
        /** What it will cost if it succeeds, in microcredits. */
        expected: Messages["Microcredits"];
        /** Until when these prices are meant to stand. A job that is accepted keeps the prices of its acceptance. */
        expires: Messages["Time"];
        /** What it costs at least if it succeeds, in microcredits. */
        least: Messages["Microcredits"];
        /** What `expected` is made of, meter by meter; what is free is left out. */
        lines: Messages["Line"][];
        /** The method. */
        method: string;
        /** What is put aside for it, and so the most that it can cost, in microcredits. */
        most: Messages["Microcredits"];
        /** The prices that it was worked out with. */
        prices: Messages["PriceVersion"];
        /**
         * Format: uint64
         * What keeping a MiB of blobs or outputs for a day costs, in microcredits; it is charged by and by, and not in `expected`.
         * @default 0
         */
        stored_mib_day?: number;
        /** The unit. */
        unit: string;
    };
    /** Whether the server takes work, and why not. */
    Readiness: {
        /** What was looked at. */
        checks: Messages["Checks"];
        /** `ready`, `degraded` (it works, with a part missing) or `unready`. */
        status: string;
    };
    /** Why credits moved. */
    Reason: "grant" | "transfer" | "job" | "storage";
    /** What a node states about one finished job. */
    Receipt: {
        /** Who paid. */
        account: Messages["AccountId"];
        /** Digest of what was asked: unit, method, parameters and input hashes ([`crate::job::capsule_digest`]). */
        capsule: Messages["Hash"];
        /** What was charged, in microcredits. */
        cost: Messages["Microcredits"];
        /** When it ended. */
        finished: Messages["Time"];
        /** BLAKE3 of each input. */
        inputs: Messages["Hash"][];
        /** The job. */
        job: Messages["JobId"];
        /** The method. */
        method: string;
        /** Which node ran it and signs. */
        node: Messages["NodeId"];
        /** BLAKE3 of each output. */
        outputs: Messages["Hash"][];
        /**
         * Format: uint64
         * The number of its group commit on this node.
         */
        sequence: number;
        /** How it ended. */
        state: Messages["State"];
        /** When it was accepted. */
        submitted: Messages["Time"];
        /** The unit. */
        unit: string;
        /** The unit's version. */
        version: string;
    };
    /** Where a receipt stands. */
    ReceiptPlace: {
        /**
         * Format: uint64
         * The number of its commit among the node's.
         */
        commit: number;
        /**
         * Format: uint32
         * Its place among the receipts of the commit.
         */
        index: number;
        /** The node that signed it. */
        node: Messages["NodeId"];
    };
    /** What is known of a region. */
    Region: {
        /**
         * Format: uint64
         * Processes that have mapped it.
         */
        attached: number;
        /**
         * Format: uint64
         * How many bytes it holds.
         */
        bytes: number;
        /**
         * Format: uint64
         * The most bytes that it may hold.
         */
        bytes_max: number;
        /** When it was made. */
        created: Messages["Time"];
        /**
         * Its last epoch, in decimal digits. Each publishing adds one; the epochs of a region that was removed do not come
         *     again in one of the same name.
         */
        epoch: string;
        /** What they are. */
        media_type: string;
        /** Its name within the account. */
        name: string;
        /** Whether it survives a restart of the server. */
        persistent: boolean;
        /**
         * Format: uint64
         * How often it was published since the server holds it.
         */
        published: number;
        /** The owner's word for what a record is. */
        schema?: string | null;
        /**
         * Format: uint32
         * Bytes of one record, where it consists of records.
         */
        stride?: number | null;
        /**
         * Format: uint64
         * Bytes of the account's quota that it takes: its buffers and a page.
         */
        taken_bytes: number;
        /**
         * Format: uint64
         * Who waits for its next epoch on this server.
         */
        waiters: number;
    };
    /** One page of a list, newest first. */
    RegionPage: {
        /** The things. */
        items: Messages["Region"][];
        /** Where the next page begins; absent on the last. */
        next_cursor?: string | null;
    };
    /** Regions of a server, all accounts together. */
    Regions: {
        /**
         * Format: uint64
         * Other processes that have mapped one.
         */
        attached: number;
        /**
         * Format: uint64
         * Buffers in use.
         */
        buffers: number;
        /**
         * Format: uint64
         * Bytes that they hold.
         */
        bytes: number;
        /**
         * Format: uint64
         * Bytes that publishing copied.
         */
        copied_bytes: number;
        /**
         * Format: uint64
         * How many there are.
         */
        count: number;
        /**
         * Format: uint64
         * How often one outgrew its memory.
         */
        moved: number;
        /**
         * Format: uint64
         * Epochs that were published.
         */
        published: number;
        /**
         * Format: uint64
         * How often a buffer was taken from such a process while it read.
         */
        revoked: number;
        /**
         * Format: uint64
         * Epochs that WebSocket subscribers were not told of, since a newer one was there by then.
         */
        skipped: number;
        /**
         * Format: uint64
         * Bytes of memory that they may take: buffers and pages.
         */
        taken_bytes: number;
        /**
         * Format: uint64
         * Threads and tasks that wait for an epoch.
         */
        waiters: number;
    };
    /** Which versions of a key are to be destroyed. */
    Retirement: {
        /**
         * Format: uint32
         * Every version with a lower number than this; without it, all but the newest, which always stays.
         */
        below?: number | null;
    };
    /** How a job is tried again that broke on our side: after a pause that doubles, and of which chance takes a part. */
    Retry: {
        /**
         * Format: uint32
         * The longest pause of all, in milliseconds.
         * @default 60000
         */
        backoff_max_ms?: number;
        /**
         * Format: uint32
         * The longest pause after the first attempt, in milliseconds.
         * @default 1000
         */
        backoff_ms?: number;
        /**
         * Format: uint8
         * How often it is begun at most.
         */
        max_attempts: number;
    };
    /** Rings in which other processes follow events, all accounts together. */
    Rings: {
        /**
         * Format: uint64
         * Processes that are attached.
         */
        attached: number;
        /**
         * Format: uint64
         * Bytes of memory that they may take.
         */
        bytes: number;
        /**
         * Format: uint64
         * How many there are: one of each account that a process follows.
         */
        count: number;
        /**
         * Format: uint64
         * Events that could not be.
         */
        dropped: number;
        /**
         * Format: uint64
         * Events that were written into one since the start.
         */
        written: number;
    };
    /** How a key gives way to a new one. */
    Rotation: {
        /**
         * Format: uint64
         * How long the old key goes on working beside the new one, in milliseconds: a day unless said otherwise, at most 30.
         * @default 86400000
         */
        overlap_ms?: number;
    };
    /** What a key may do. */
    Scope: "jobs" | "blobs" | "regions" | "account" | "admin" | "crypto";
    /** By what a setting is what it is; a flag counts more than the environment, and that more than the file. */
    SettingSource: "default" | "file" | "environment" | "flag";
    /** A receipt with its proof. */
    SignedReceipt: {
        /**
         * Format: uint32
         * Its place among the leaves of its commit, from 0.
         */
        index: number;
        /** The receipt's own bytes, exactly those that were hashed, as unpadded base64url. */
        leaf: string;
        /** The sibling hashes from the leaf to the root. */
        path: Messages["Hash"][];
        /** What the node states: what `leaf` means. */
        receipt: Messages["Receipt"];
        /** The signed root. */
        root: Messages["SignedRoot"];
    };
    /** The root of one group commit under the node's signature. */
    SignedRoot: {
        /**
         * Format: uint32
         * How many receipts the commit has.
         */
        count: number;
        /** Who signed. */
        node: Messages["NodeId"];
        /** The root of the tree over its receipts. */
        root: Messages["Hash"];
        /**
         * Format: uint64
         * The number of the group commit on that node.
         */
        sequence: number;
        /** The Ed25519 signature, 128 lower-case hex digits. */
        signature: string;
        /** When it was signed. */
        signed: Messages["Time"];
    };
    /** What an account's jobs cost, step by step. */
    Spending: {
        /** By step, and by key or unit; jobs that have not ended, and those that are not kept any more, are in none. */
        items: Messages["Spent"][];
        /** When the first step begins. */
        since: Messages["Time"];
        /**
         * Format: uint64
         * How long each is, in milliseconds.
         */
        step_ms: number;
        /**
         * Format: uint64
         * How many there are.
         */
        steps: number;
    };
    /** What an account's jobs cost that were accepted within a step of time, by key or by unit. */
    Spent: {
        /** What they cost, in microcredits. */
        cost: Messages["Microcredits"];
        /** When the step begins. */
        from: Messages["Time"];
        /**
         * Format: uint64
         * Jobs that ended.
         */
        jobs: number;
        /** The key that asked, where it is by key; absent for jobs that do not say. */
        key?: Messages["KeyId"] | null;
        /** The unit, where it is by unit. */
        unit?: string | null;
    };
    /** How a job stands. It ends only in one of the last four, and only once. */
    State: "queued" | "running" | "succeeded" | "failed" | "cancelled" | "expired";
    /** What moved in an account in a month. */
    Statement: {
        /** The account. */
        account: Messages["AccountId"];
        /** What it had when the month ended, or has now, in microcredits: `opening` and the amounts of all lines. */
        closing: Messages["Microcredits"];
        /** Every transfer and every job that was paid; both kinds in the order in which they were entered. */
        lines: Messages["StatementLine"][];
        /** The month, in UTC. */
        month: Messages["Month"];
        /** What the account had when the month began, in microcredits. */
        opening: Messages["Microcredits"];
    };
    /** One line of a statement. */
    StatementLine: {
        /**
         * Format: int64
         * What the account gained (positive) or spent (negative), in microcredits.
         */
        amount: number;
        /** When it was entered; for a job, when its receipt was signed. */
        at: Messages["Time"];
        /** The job, where it was one. */
        job?: Messages["JobId"] | null;
        /** The words that came with it; for a job, its method. */
        note?: string | null;
        /** Why. */
        reason: Messages["Reason"];
        /** Where the job's receipt stands. */
        receipt?: Messages["ReceiptPlace"] | null;
        /** The transfer, where it was one. */
        transfer?: Messages["TransferId"] | null;
    };
    /** How a server does. */
    Stats: {
        /** Memory for inputs and outputs. */
        arena: Messages["Arena"];
        /** When this was read. */
        at: Messages["Time"];
        /** Connections. */
        connections: Messages["Connections"];
        /** Jobs. */
        jobs: Messages["Jobs"];
        /** How jobs ended lately. */
        lately: Messages["Lately"];
        /** The node. */
        node: Messages["Node"];
        /** The table of prices that is in force. */
        prices: Messages["PriceVersion"];
        /** Regions. */
        regions: Messages["Regions"];
        /** Rings in which other processes follow events. */
        rings: Messages["Rings"];
    };
    /** How outputs are kept. */
    Store: "inline" | "blob";
    /** A ticket, good once. */
    TicketMade: {
        /** When it ends. */
        expires: Messages["Time"];
        /** What goes behind `/v1/ws?ticket=`. */
        ticket: string;
    };
    /**
     * Format: date-time
     * @example 2026-01-31T12:00:00.000Z
     */
    Time: string;
    /** A token, shown once. */
    TokenMade: {
        /** What it may spend, in microcredits. */
        budget?: Messages["Microcredits"] | null;
        /** When it ends. */
        expires: Messages["Time"];
        /** What it may do. */
        scopes: Messages["Scope"][];
        /** What goes behind `Authorization: Bearer`. */
        token: string;
    };
    TransferId: string;
    /** Credits that have moved. */
    TransferMade: {
        /** How much, in microcredits. */
        amount: Messages["Microcredits"];
        /** Whose they were. */
        from: Messages["AccountId"];
        /** Whose they are. */
        to: Messages["AccountId"];
        /** The transfer. */
        transfer: Messages["TransferId"];
    };
    /** A unit. */
    Unit: {
        /** Its methods. */
        methods: Messages["Method"][];
        /** Its name. */
        name: string;
        /** What it is for. */
        summary: string;
        /** Its version: the same version gives the same bytes where the determinism says so. */
        version: string;
    };
    /** The catalogue. */
    Units: {
        /** Every unit. */
        items: Messages["Unit"][];
        /** The table that the prices are of. */
        prices: Messages["PriceVersion"];
        /**
         * Format: uint64
         * For each MiB that an account keeps for a day, in microcredits: blobs, and outputs that are kept with their jobs.
         */
        stored_mib_day: number;
    };
    /** What an account used within a span of time. */
    Usage: {
        /** What they cost, in microcredits. */
        cost: Messages["Microcredits"];
        /**
         * Format: uint64
         * Jobs that ended.
         */
        jobs: number;
        /** The method. */
        method: string;
        /**
         * Format: uint64
         * Of them, those that succeeded.
         */
        succeeded: number;
        /** The unit. */
        unit: string;
    };
    /** What an account used since some time. */
    UsageSince: {
        /** By unit and method. */
        items: Messages["Usage"][];
        /** From when on. */
        since: Messages["Time"];
    };
    /** The version. */
    Version: {
        /** The version of the contract. */
        api: string;
        /** The server's version. */
        version: string;
    };
    /** What a queued job waits for. */
    WaitReason: "behind" | "lane-busy" | "account-cap" | "server-cap" | "backoff" | "input";
    /** Why a queued job has not begun. */
    Waiting: {
        /**
         * Format: uint64
         * How many jobs of its account go before it.
         */
        ahead: number;
        /** The same in words. */
        detail: string;
        /**
         * Format: uint64
         * How many jobs of all accounts wait.
         */
        queued: number;
        /** What it waits for. */
        reason: Messages["WaitReason"];
        /** When it goes on, where that is known. */
        until?: Messages["Time"] | null;
    };
    /** What an account wants to hear of. */
    Wishes: {
        /**
         * How long what its jobs leave is kept where a job does not say, in milliseconds; `null` means as long as the server
         *     keeps anything.
         * @default null
         */
        keep_ms?: number | null;
        /**
         * Below what it gets an event of what it has left, in microcredits; `null` means never.
         * @default null
         */
        low_balance?: number | null;
    };
    /** A worker thread. */
    Worker: {
        /**
         * Format: uint64
         * Its number.
         */
        id: number;
        /** The job, for those who may see every account. */
        job?: Messages["JobId"] | null;
        /** The method that it runs. */
        method?: string | null;
        /**
         * Format: uint64
         * For how long, in milliseconds.
         */
        since_ms: number;
        /** `idle`, `running` or `quarantined`. */
        state: string;
        /** The unit that it runs. */
        unit?: string | null;
    };
    /** One page of a list, newest first. */
    WorkerPage: {
        /** The things. */
        items: Messages["Worker"][];
        /** Where the next page begins; absent on the last. */
        next_cursor?: string | null;
    };
}

export type Account = Messages['Account']
export type AccountId = Messages['AccountId']
export type AccountMade = Messages['AccountMade']
export type AccountPage = Messages['AccountPage']
export type Act = Messages['Act']
export type Amended = Messages['Amended']
export type Arena = Messages['Arena']
export type AuditEntry = Messages['AuditEntry']
export type AuditEntryPage = Messages['AuditEntryPage']
export type Basis = Messages['Basis']
export type Batch = Messages['Batch']
export type Blob = Messages['Blob']
export type BlobPage = Messages['BlobPage']
export type Budget = Messages['Budget']
export type Cache = Messages['Cache']
export type Capsule = Messages['Capsule']
export type Checks = Messages['Checks']
export type Connections = Messages['Connections']
export type ConsoleSession = Messages['ConsoleSession']
export type Entry = Messages['Entry']
export type EntryPage = Messages['EntryPage']
export type Epoch = Messages['Epoch']
export type ExpiringGrant = Messages['ExpiringGrant']
export type ExpiringGrantPage = Messages['ExpiringGrantPage']
export type FieldError = Messages['FieldError']
export type GrantMade = Messages['GrantMade']
export type Hash = Messages['Hash']
export type Health = Messages['Health']
export type HeldKey = Messages['HeldKey']
export type HeldKeyId = Messages['HeldKeyId']
export type HeldKeyPage = Messages['HeldKeyPage']
export type HeldVersion = Messages['HeldVersion']
export type Input = Messages['Input']
export type Inputs = Messages['Inputs']
export type Item = Messages['Item']
export type Job = Messages['Job']
export type JobId = Messages['JobId']
export type JobPage = Messages['JobPage']
export type JobTimes = Messages['JobTimes']
export type Jobs = Messages['Jobs']
export type Key = Messages['Key']
export type KeyId = Messages['KeyId']
export type KeyKind = Messages['KeyKind']
export type KeyPage = Messages['KeyPage']
export type Kinds = Messages['Kinds']
export type Lately = Messages['Lately']
export type LedgerHealth = Messages['LedgerHealth']
export type LimitsForm = Messages['LimitsForm']
export type Line = Messages['Line']
export type MeasuredCapsule = Messages['MeasuredCapsule']
export type Method = Messages['Method']
export type Metrics = Messages['Metrics']
export type Microcredits = Messages['Microcredits']
export type Month = Messages['Month']
export type NewAccount = Messages['NewAccount']
export type NewBudget = Messages['NewBudget']
export type NewGrant = Messages['NewGrant']
export type NewHeldKey = Messages['NewHeldKey']
export type NewKey = Messages['NewKey']
export type NewKeyForm = Messages['NewKeyForm']
export type NewToken = Messages['NewToken']
export type NewTransfer = Messages['NewTransfer']
export type Node = Messages['Node']
export type NodeConfig = Messages['NodeConfig']
export type NodeId = Messages['NodeId']
export type NodeSetting = Messages['NodeSetting']
export type Outcome = Messages['Outcome']
export type Output = Messages['Output']
export type OutputBytes = Messages['OutputBytes']
export type OutputInfo = Messages['OutputInfo']
export type Outputs = Messages['Outputs']
export type Part = Messages['Part']
export type Price = Messages['Price']
export type PriceList = Messages['PriceList']
export type PriceSource = Messages['PriceSource']
export type PriceVersion = Messages['PriceVersion']
export type Prices = Messages['Prices']
export type Problem = Messages['Problem']
export type Quote = Messages['Quote']
export type Readiness = Messages['Readiness']
export type Reason = Messages['Reason']
export type Receipt = Messages['Receipt']
export type ReceiptPlace = Messages['ReceiptPlace']
export type Region = Messages['Region']
export type RegionPage = Messages['RegionPage']
export type Regions = Messages['Regions']
export type Retirement = Messages['Retirement']
export type Retry = Messages['Retry']
export type Rings = Messages['Rings']
export type Rotation = Messages['Rotation']
export type Scope = Messages['Scope']
export type SettingSource = Messages['SettingSource']
export type SignedReceipt = Messages['SignedReceipt']
export type SignedRoot = Messages['SignedRoot']
export type Spending = Messages['Spending']
export type Spent = Messages['Spent']
export type State = Messages['State']
export type Statement = Messages['Statement']
export type StatementLine = Messages['StatementLine']
export type Stats = Messages['Stats']
export type Store = Messages['Store']
export type TicketMade = Messages['TicketMade']
export type Time = Messages['Time']
export type TokenMade = Messages['TokenMade']
export type TransferId = Messages['TransferId']
export type TransferMade = Messages['TransferMade']
export type Unit = Messages['Unit']
export type Units = Messages['Units']
export type Usage = Messages['Usage']
export type UsageSince = Messages['UsageSince']
export type Version = Messages['Version']
export type WaitReason = Messages['WaitReason']
export type Waiting = Messages['Waiting']
export type Wishes = Messages['Wishes']
export type Worker = Messages['Worker']
export type WorkerPage = Messages['WorkerPage']
