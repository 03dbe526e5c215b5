@0x8aaa94e5203f099f;
# The frames of `/v1/ws` under the subprotocol `inos.capsule.v1`: one message each.
#
# Evolution: a field keeps its number, type and meaning for ever; new fields go to the end with a default that
# means what their absence meant; nothing is removed, a field that nobody needs any more is renamed to `obsolete…`.
# A reader refuses a union tag or an enum word that it does not know. What cannot follow these rules is a v2 folder.

using Capsule = import "/compute/v1/capsule.capnp".Capsule;
using Result = import "/compute/v1/capsule.capnp".Result;
using State = import "/compute/v1/state.capnp".State;
using Problem = import "/system/v1/problem.capnp".Problem;

struct ClientFrame {
  union {
    submit @0 :List(Submission);
    # At most 1000.
    cancel @1 :UInt64;
    # The correlation number of the submission.
    subscribe @2 :Topic;
    unsubscribe @3 :Topic;
    ack @4 :UInt64;
    # Every server frame up to this number has arrived.
    ping @5 :UInt64;
    resume @6 :Resume;
    publish @7 :Publish;
    have @8 :RegionHave;
  }
}

struct Submission {
  correlation @0 :UInt64;
  capsule @1 :Capsule;
}

struct Topic {
  union {
    jobs @0 :Void;
    # All my jobs.
    job @1 :Data;
    after @2 :After;
    # As above, and what happened since that event first.
    region @3 :RegionTopic;
  }
}

struct After {
  event @0 :UInt64;
  jobs :union {
    all @1 :Void;
    one @2 :Data;
  }
}

struct RegionTopic {
  name @0 :Text;
  # A region of the account.
  maxRateHz @1 :UInt32;
  # The most frames a second; 0 is no limit but the reader's own.
  after @2 :UInt64;
  # The epoch that the client has: only what changed since comes first. 0 is none, and everything comes.
  deflate @3 :Bool;
  # The client can read bytes that are deflated.
  confirms @4 :Bool;
  # The client says `have` for each frame, and gets the next one only then: what it has by now is never older than one
  # way there and back, however slow the way.
}

struct RegionHave {
  # What a client has of a region that it follows.
  name @0 :Text;
  epoch @1 :UInt64;
}

struct Publish {
  correlation @0 :UInt64;
  # The client's own number for it.
  name @1 :Text;
  # A region of the account; it is made where there is none.
  place :union {
    whole @2 :Void;
    # The bytes are all that the region holds from now on.
    offset @3 :UInt64;
    # They replace as many from there.
  }
  bytes @4 :Data;
}

struct Resume {
  session @0 :Data;
  lastSeq @1 :UInt64;
}

struct ServerFrame {
  seq @0 :UInt64;
  # Numbered within the session, from 1; `pong` and `welcome` bear the number of the frame before them.
  union {
    welcome @1 :Welcome;
    accepted @2 :List(Accepted);
    result @3 :List(Answer);
    progress @4 :Progress;
    state @5 :JobState;
    problem @6 :Trouble;
    pong @7 :UInt64;
    goodbye @8 :Goodbye;
    log @9 :JobLog;
    output @10 :JobOutput;
    gap @11 :Gap;
    lowBalance @12 :LowBalance;
    storageOwed @13 :StorageOwed;
    region @14 :RegionState;
    published @15 :Published;
  }
}

struct Welcome {
  protocol @0 :Text;
  node @1 :Data;
  session @2 :Data;
  resumeMs @3 :UInt32;
  window @4 :UInt32;
  frameBytesMax @5 :UInt32;
  resumed @6 :Bool;
}

struct Accepted {
  correlation @0 :UInt64;
  job @1 :Data;
}

struct Answer {
  correlation @0 :UInt64;
  result @1 :Result;
}

struct Progress {
  job @0 :Data;
  done @1 :UInt64;
  total @2 :UInt64;
  # 0 where nobody knows.
  event @3 :UInt64;
  # The event's number within the account.
}

struct JobState {
  job @0 :Data;
  state @1 :State;
  cost @2 :UInt64;
  event @3 :UInt64;
}

struct JobLog {
  job @0 :Data;
  line @1 :Text;
  event @2 :UInt64;
}

struct JobOutput {
  # Bytes that a unit gave out before its job has ended.
  job @0 :Data;
  offset @1 :UInt64;
  bytes @2 :Data;
  event @3 :UInt64;
}

struct Gap {
  # Events that may have happened and that nobody remembers, by the first and last of their numbers.
  first @0 :UInt64;
  last @1 :UInt64;
}

struct LowBalance {
  # The account has less left than it wants to hear of.
  available @0 :UInt64;
  threshold @1 :UInt64;
  event @2 :UInt64;
}

struct StorageOwed {
  # The account could not pay all that it stored.
  paid @0 :UInt64;
  owed @1 :UInt64;
  event @2 :UInt64;
}

struct RegionState {
  # The newest epoch of a region. These frames bear the number 0 and are never sent again: what matters is the newest.
  name @0 :Text;
  epoch @1 :UInt64;
  # Absolute: it only ever grows. 0 where the region was removed, and nothing follows.
  base @2 :UInt64;
  # Whoever has this epoch, or a later one, puts the pages over what it has; 0 is a full snapshot.
  len @3 :UInt64;
  # How many bytes the region has.
  pages @4 :List(UInt32);
  # Which pages of 4096 bytes these are, in order; none where the bytes are all of the region.
  bytes @5 :Data;
  # The pages one behind the other; only the region's last page may be shorter.
  deflated @6 :Bool;
  # The bytes are these as a raw DEFLATE stream (RFC 1951), since that is shorter; only for those who asked for it.
}

struct Published {
  correlation @0 :UInt64;
  epoch @1 :UInt64;
}

struct Trouble {
  about :union {
    frame @0 :Void;
    # The whole frame.
    submission @1 :UInt64;
    # The submission of this correlation number.
    publish @3 :UInt64;
    # The epoch that was to be published under this number of the client's.
    region @4 :Text;
    # The wish to be told of this region.
  }
  problem @2 :Problem;
}

struct Goodbye {
  reason @0 :Text;
  # `draining`, `revoked` or `slow-reader`.
  retryAfterMs @1 :UInt32;
}
