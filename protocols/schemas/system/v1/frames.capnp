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
  }
}

struct After {
  event @0 :UInt64;
  jobs :union {
    all @1 :Void;
    one @2 :Data;
  }
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

struct Trouble {
  about :union {
    frame @0 :Void;
    # The whole frame.
    submission @1 :UInt64;
    # The submission of this correlation number.
  }
  problem @2 :Problem;
}

struct Goodbye {
  reason @0 :Text;
  # `draining`, `revoked` or `slow-reader`.
  retryAfterMs @1 :UInt32;
}
