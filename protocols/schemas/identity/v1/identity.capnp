@0xc8a74e4853124705;
# Who a server is and what a key may do.
#
# Evolution: a field keeps its number, type and meaning for ever; new fields go to the end with a default that
# means what their absence meant; nothing is removed, a field that nobody needs any more is renamed to `obsolete…`.
# A reader refuses a union tag or an enum word that it does not know. What cannot follow these rules is a v2 folder.

struct NodeIdentity {
  id @0 :Data;
  # The Ed25519 public key that signs its receipts; 32 bytes.
  name @1 :Text;
  version @2 :Text;
  started @3 :UInt64;
}

struct Key {
  # An API key without its secret.
  id @0 :Data;
  name @1 :Text;
  scopes @2 :List(Scope);
  created @3 :UInt64;
  expires :union {
    none @4 :Void;
    some @5 :UInt64;
  }
  revoked :union {
    none @6 :Void;
    some @7 :UInt64;
  }
  lastUsed :union {
    none @8 :Void;
    some @9 :UInt64;
  }
  rateLimit :union {
    # Requests a second.
    none @10 :Void;
    some @11 :UInt32;
  }
  budget :union {
    # What its jobs may cost in all, in microcredits.
    none @12 :Void;
    some @13 :UInt64;
  }
}

enum Scope {
  jobs @0;
  blobs @1;
  regions @2;
  account @3;
  admin @4;
  crypto @5;
}
