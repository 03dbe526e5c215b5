@0xc47b36a451e1b887;
# Why something was not done: the fields of a problem body (RFC 9457) and ours.
#
# Evolution: a field keeps its number, type and meaning for ever; new fields go to the end with a default that
# means what their absence meant; nothing is removed, a field that nobody needs any more is renamed to `obsolete…`.
# A reader refuses a union tag or an enum word that it does not know. What cannot follow these rules is a v2 folder.

struct Problem {
  type @0 :Text;
  title @1 :Text;
  status :union {
    none @2 :Void;
    some @3 :UInt16;
  }
  detail @4 :Text;
  instance @5 :Text;
  # Absent where there is none.
  code @6 :Text;
  requestId @7 :Text;
  # Absent where there is none.
  retryable @8 :Bool;
  errors @9 :List(FieldError);
  # At most 1000.
  retryAfterMs :union {
    none @10 :Void;
    some @11 :UInt64;
  }
  required :union {
    none @12 :Void;
    some @13 :UInt64;
  }
  available :union {
    none @14 :Void;
    some @15 :UInt64;
  }
}

struct FieldError {
  pointer @0 :Text;
  # JSON Pointer (RFC 6901).
  message @1 :Text;
}
