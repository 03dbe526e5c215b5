@0x8729256fdff9262e;
# How a job stands.
#
# Evolution: a field keeps its number, type and meaning for ever; new fields go to the end with a default that
# means what their absence meant; nothing is removed, a field that nobody needs any more is renamed to `obsolete…`.
# A reader refuses a union tag or an enum word that it does not know. What cannot follow these rules is a v2 folder.

enum State {
  queued @0;
  running @1;
  succeeded @2;
  failed @3;
  cancelled @4;
  expired @5;
}
