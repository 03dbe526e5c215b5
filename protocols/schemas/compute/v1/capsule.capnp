@0xf7f5b58e579a814a;
# A job as it is asked for, and what came of it.
#
# Evolution: a field keeps its number, type and meaning for ever; new fields go to the end with a default that
# means what their absence meant; nothing is removed, a field that nobody needs any more is renamed to `obsolete…`.
# A reader refuses a union tag or an enum word that it does not know. What cannot follow these rules is a v2 folder.
#
# Everywhere: money is UInt64 microcredits of at most 2^53 - 1, times are UInt64 milliseconds since 1970 (UTC),
# ids are Data of 16 bytes, hashes are Data of 32 bytes, and a list of hashes is one Data of 32 bytes for each.

using State = import "/compute/v1/state.capnp".State;
using Problem = import "/system/v1/problem.capnp".Problem;
using SignedReceipt = import "/economy/v1/receipt.capnp".SignedReceipt;

struct Capsule {
  unit @0 :Text;
  # The unit, such as `compute`; at most 256 bytes.
  method @1 :Text;
  # Its method, such as `blake3`; at most 256 bytes.
  params @2 :Text;
  # A JSON object that fits the method's schema; absent is `{}`.
  inputs @3 :List(Input);
  # What the method works on, in order; at most 64.
  output @4 :Output;
  budget :union {
    # The most that the job may cost, in microcredits.
    none @5 :Void;
    some @6 :UInt64;
  }
  priority @7 :UInt8 = 100;
  # Higher runs earlier within the account.
  timeoutMs :union {
    # How long one attempt may run; none is the method's own limit.
    none @8 :Void;
    some @9 :UInt32;
  }
  keep @10 :Bool;
  # Whether a synchronous job's outputs are kept as an asynchronous one's are.
  labels @11 :List(Label);
  # The caller's own words, each key once; at most 32, sorted by key where we write them.
  idempotencyKey @12 :Text;
  # The same key with the same capsule is the same job for 24 hours; 1 to 256 bytes; absent is none.
  terms @13 :Terms;
  # What few jobs ask for; absent where it would all be as it is by default.
}

struct Terms {
  queueTtlMs :union {
    # How long the job may wait before it is first begun; none is as long as its deadline lets it.
    none @0 :Void;
    some @1 :UInt32;
  }
  deadline :union {
    # When it must have ended, whatever it waits for; none is the server's own limit.
    none @2 :Void;
    some @3 :UInt64;
  }
  keepMs :union {
    # How long its outputs are kept after its end; none is as long as the server keeps them.
    none @4 :Void;
    some @5 :UInt64;
  }
  retry @6 :Retry;
  # Absent is one attempt.
  cache @7 :Cache;
}

struct Retry {
  # How a job is tried again that broke on our side.
  maxAttempts @0 :UInt8 = 1;
  # How often it is begun at most, 1 to 10.
  backoffMs @1 :UInt32 = 1000;
  # The pause after the first attempt is at most this, after each further one at most twice as much.
  backoffMaxMs @2 :UInt32 = 60000;
  # And never more than this.
}

enum Cache {
  off @0;
  # The job is run.
  use @1;
  # An earlier job's outputs are the answer, where the same was asked and they are still kept.
  refresh @2;
  # The job is run, and its outputs are what later jobs are answered with.
}

struct Input {
  union {
    bytes @0 :Data;
    # The bytes themselves.
    blob @1 :Data;
    # The hash of a stored blob of the same account.
    job @2 :JobOutput;
    # What another job of the same account gives.
    region @3 :Text;
    # A region of the same account, by its name: one epoch of it, the newest when the job begins.
  }
}

struct JobOutput {
  job @0 :Data;
  # In any state; where it has not ended, it is waited for.
  output @1 :UInt32;
  # Which of its outputs, from 0.
}

struct Output {
  store @0 :Store;
  region @1 :Text;
  # The region of the account whose next epoch the first output becomes, once the job has succeeded; absent is none.
}

enum Store {
  inline @0;
  # With the job, for as long as the job is kept.
  blob @1;
  # As blobs of the account.
}

struct Label {
  key @0 :Text;
  value @1 :Text;
  # Each at most 256 bytes.
}

struct CapsuleList {
  # The body of a batch.
  capsules @0 :List(Capsule);
  # At most 1000.
}

struct Result {
  job @0 :Data;
  state @1 :State;
  cost @2 :UInt64;
  outputs @3 :List(OutputBytes);
  error @4 :Problem;
  # Absent where the job succeeded.
  metrics @5 :Metrics;
  receipt @6 :SignedReceipt;
  # Absent where the job was never committed.
}

struct OutputBytes {
  mediaType @0 :Text;
  hash @1 :Data;
  bytes @2 :Data;
}

struct Metrics {
  bytesIn @0 :UInt64;
  bytesOut @1 :UInt64;
  queuedUs @2 :UInt64;
  runUs @3 :UInt64;
}
