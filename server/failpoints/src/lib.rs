//! Places at which a test may end the server as a lost power supply would, by name and at their n-th passing.
//! Nothing of it is compiled without the feature `armed`, which no release has.
//!
//! The environment arms one of them: `FAILPOINT=commit.done@2` ends the process when it comes by `commit.done` for the
//! second time.

#[cfg(feature = "armed")]
mod armed;

/// A place at which the server may end. The fault tests end it at each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// Credits are leased in the database, and no purse knows of them yet.
    CreditsLeased,
    /// Bytes lie in a lease of the arena that does not count them yet.
    ArenaWriting,
    /// A unit is about to run.
    UnitRunning,
    /// A payload is in its pack segment, not yet flushed.
    PayloadPacked,
    /// A payload's file is durable, and no row knows of it.
    FileStored,
    /// The payloads of a commit are flushed, and the commit has not begun.
    PayloadsFlushed,
    /// An epoch of a persistent region is durable, and nobody can see it.
    RegionKept,
    /// A buffer of a region was taken for its next epoch: what it held is no epoch any more.
    RegionClaimed,
    /// The buffer holds the next epoch, and does not say so.
    RegionFilled,
    /// The buffer says which epoch it holds, and the one before it is current.
    RegionMarked,
    /// The next epoch is current, and nobody was woken.
    RegionCurrent,
    /// A commit's transaction has begun.
    CommitBegun,
    /// A commit's rows are written (on Postgres: are about to be), and its transaction is still open.
    CommitWritten,
    /// A commit is durable, and nobody has been told.
    CommitDone,
    /// The answer to a synchronous job is known to be durable, and has not left.
    AnswerDue,
    /// A job is accepted in the books, and the engine does not know it yet.
    JobAccepted,
    /// An accepted job has ended, and the books do not know.
    JobEnded,
    /// An accepted job's end is in the books, and nobody who waits for it has been told.
    EndRecorded,
    /// A held key's new version is written, and its transaction is still open.
    HeldKeyRotated,
    /// What a migration does is done, and its transaction is still open.
    MigrationApplied,
    /// A migration is durable, and the next has not begun.
    MigrationDone,
}

impl Point {
    /// Every point.
    pub const ALL: &[Self] = &[
        Self::CreditsLeased,
        Self::ArenaWriting,
        Self::UnitRunning,
        Self::PayloadPacked,
        Self::FileStored,
        Self::PayloadsFlushed,
        Self::RegionKept,
        Self::RegionClaimed,
        Self::RegionFilled,
        Self::RegionMarked,
        Self::RegionCurrent,
        Self::CommitBegun,
        Self::CommitWritten,
        Self::CommitDone,
        Self::AnswerDue,
        Self::JobAccepted,
        Self::JobEnded,
        Self::EndRecorded,
        Self::HeldKeyRotated,
        Self::MigrationApplied,
        Self::MigrationDone,
    ];

    /// Its name in the environment.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CreditsLeased => "credits.leased",
            Self::ArenaWriting => "arena.writing",
            Self::UnitRunning => "unit.running",
            Self::PayloadPacked => "payload.packed",
            Self::FileStored => "file.stored",
            Self::PayloadsFlushed => "payloads.flushed",
            Self::RegionKept => "region.kept",
            Self::RegionClaimed => "region.claimed",
            Self::RegionFilled => "region.filled",
            Self::RegionMarked => "region.marked",
            Self::RegionCurrent => "region.current",
            Self::CommitBegun => "commit.begun",
            Self::CommitWritten => "commit.written",
            Self::CommitDone => "commit.done",
            Self::AnswerDue => "answer.due",
            Self::JobAccepted => "job.accepted",
            Self::JobEnded => "job.ended",
            Self::EndRecorded => "end.recorded",
            Self::HeldKeyRotated => "held_key.rotated",
            Self::MigrationApplied => "migration.applied",
            Self::MigrationDone => "migration.done",
        }
    }

    /// Whether a server comes by it again and again, and not only while it migrates.
    pub const fn is_of_work(self) -> bool {
        !matches!(self, Self::MigrationApplied | Self::MigrationDone)
    }

    /// Whether a server comes by it only where a region changes.
    pub const fn is_of_regions(self) -> bool {
        matches!(
            self,
            Self::RegionKept | Self::RegionClaimed | Self::RegionFilled | Self::RegionMarked | Self::RegionCurrent
        )
    }
}

/// Whether this build can be ended at its points.
pub const ARMED: bool = cfg!(feature = "armed");

/// Comes by a point: does nothing, or ends the process where a test asked for that.
#[inline(always)]
pub fn reach(point: Point) {
    #[cfg(feature = "armed")]
    armed::reach(point);
    #[cfg(not(feature = "armed"))]
    let _ = point;
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_point_has_a_name_of_its_own() {
        let names: HashSet<&str> = Point::ALL.iter().map(|point| point.name()).collect();
        assert_eq!(names.len(), Point::ALL.len());
    }
}
