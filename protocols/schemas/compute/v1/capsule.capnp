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
    # How long the unit may run; none is the method's own limit.
    none @8 :Void;
    some @9 :UInt32;
  }
  keep @10 :Bool;
  # Whether a synchronous job's outputs are kept as an asynchronous one's are.
  labels @11 :List(Label);
  # The caller's own words, each key once; at most 32, sorted by key where we write them.
  idempotencyKey @12 :Text;
  # The same key with the same capsule is the same job for 24 hours; 1 to 256 bytes; absent is none.
}

struct Input {
  union {
    bytes @0 :Data;
    # The bytes themselves.
    blob @1 :Data;
    # The hash of a stored blob of the same account.
  }
}

struct Output {
  store @0 :Store;
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
