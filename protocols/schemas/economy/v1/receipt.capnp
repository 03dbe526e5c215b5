@0xf527c54343d58701;
# What a node states about a finished job, and the proof that it stated it.
#
# Evolution: a field keeps its number, type and meaning for ever; new fields go to the end with a default that
# means what their absence meant; nothing is removed, a field that nobody needs any more is renamed to `obsolete…`.
# A reader refuses a union tag or an enum word that it does not know. What cannot follow these rules is a v2 folder.
#
# A Receipt that is a leaf is one message of one segment, written field by field in the order of the numbers with
# nothing between: the same receipt is always the same bytes, and a reader refuses a leaf that is not those bytes.
# The tree is that of RFC 9162 with BLAKE3: a leaf hashes as BLAKE3(0x00 leaf), a node as BLAKE3(0x01 left right).

using State = import "/compute/v1/state.capnp".State;

struct Receipt {
  job @0 :Data;
  account @1 :Data;
  node @2 :Data;
  # The Ed25519 public key of the node that ran it; 32 bytes.
  capsule @3 :Data;
  # The digest of what was asked; 32 bytes.
  unit @4 :Text;
  method @5 :Text;
  version @6 :Text;
  state @7 :State;
  inputs @8 :Data;
  # The BLAKE3 of each input, 32 bytes each.
  outputs @9 :Data;
  # The BLAKE3 of each output, 32 bytes each.
  submitted @10 :UInt64;
  finished @11 :UInt64;
  cost @12 :UInt64;
  sequence @13 :UInt64;
  # The number of its group commit on this node.
}

struct SignedRoot {
  node @0 :Data;
  sequence @1 :UInt64;
  count @2 :UInt32;
  # How many receipts the commit has.
  signed @3 :UInt64;
  root @4 :Data;
  signature @5 :Data;
  # Ed25519, 64 bytes, over "inos.commit.v1" and two zero bytes, then node, sequence, count, signed and root,
  # integers little-endian.
}

struct SignedReceipt {
  leaf @0 :Data;
  # The bytes of a Receipt message: exactly what was hashed.
  index @1 :UInt32;
  # Its place among the leaves, from 0.
  path @2 :Data;
  # The sibling hashes from the leaf to the root, 32 bytes each.
  root @3 :SignedRoot;
}
