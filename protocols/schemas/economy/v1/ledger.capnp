@0xc336aeb6c81d5bdd;
# The records of the ledger as they cross a wire.
#
# Evolution: a field keeps its number, type and meaning for ever; new fields go to the end with a default that
# means what their absence meant; nothing is removed, a field that nobody needs any more is renamed to `obsolete…`.
# A reader refuses a union tag or an enum word that it does not know. What cannot follow these rules is a v2 folder.

using Capsule = import "/compute/v1/capsule.capnp";
using Problem = import "/system/v1/problem.capnp".Problem;

struct Transfer {
  # Credits that moved from one account to another, once and for ever.
  id @0 :Data;
  debit @1 :Data;
  # The account that gave.
  credit @2 :Data;
  # The account that got.
  amount @3 :UInt64;
  reason @4 :Reason;
  job @5 :Data;
  # The job that was paid; absent where it was none.
  note @6 :Text;
  # Absent where there is none.
  at @7 :UInt64;
}

struct Hold {
  # Credits that are set aside for a job until it ends: then a part is posted and the rest is freed.
  job @0 :Data;
  account @1 :Data;
  amount @2 :UInt64;
  at @3 :UInt64;
  expires @4 :UInt64;
}

struct LedgerEntry {
  # One line of one account's ledger.
  transfer @0 :Data;
  # Absent where it was none.
  job @1 :Data;
  # Absent where it was none.
  reason @2 :Reason;
  amount @3 :Int64;
  # What the account gained (positive) or spent (negative), in microcredits.
  at @4 :UInt64;
  note @5 :Text;
  # Absent where there is none.
}

enum Reason {
  grant @0;
  transfer @1;
  job @2;
  storage @3;
}

struct JobRequest {
  # What was asked of a job and is not looked for by itself: one piece of its row.
  version @0 :Text;
  # The unit's version.
  priority @1 :UInt8;
  budget :union {
    none @2 :Void;
    some @3 :UInt64;
  }
  capsule @4 :Data;
  # The digest of what was asked.
  submitted @5 :UInt64;
  deadline @6 :UInt64;
  params @7 :Text;
  # As JSON; absent where they are not kept.
  labels @8 :List(Capsule.Label);
  remembered @9 :Bool;
  # What it leaves may answer who asks the same.
}

struct JobEnding {
  # How a job ended and what is not looked for by itself: another piece of its row.
  started :union {
    none @0 :Void;
    # It never began.
    some @1 :UInt64;
  }
  finished @2 :UInt64;
  attempts @3 :UInt32;
  metrics @4 :Capsule.Metrics;
  inputs @5 :Data;
  # The BLAKE3 of each input, 32 bytes each.
  outputs @6 :List(OutputInfo);
  union {
    error @7 :Problem;
    # Why it did not succeed; absent where it did.
    cachedFrom @8 :Data;
    # The earlier job whose outputs it was answered with.
  }
}

struct OutputInfo {
  # What is known of one output without its bytes.
  mediaType @0 :Text;
  bytes @1 :UInt64;
  hash @2 :Data;
}
