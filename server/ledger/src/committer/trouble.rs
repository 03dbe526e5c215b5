//! Why a group commit did not go through at once, by what has to be done about it.

/// What stands between a batch and its commit.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// At least one entry is not good: judge each by what the database says.
    Unfit,
    /// Another transaction was in the way: try again.
    Collided(Cause),
    /// The database cannot be reached or written; nothing happened.
    Away(Cause),
    /// The connection went while the commit was under way: it may have happened.
    Doubt(Cause),
    /// The database refuses the batch for a reason that will not pass.
    Broken(Cause),
    /// What the database has on its disk is no longer what it wrote.
    Damaged(Cause),
}

/// What the database's driver said.
pub(crate) type Cause = Box<dyn std::error::Error + Send + Sync>;

impl Trouble {
    /// What the driver said, where it said anything.
    pub(crate) fn cause(&self) -> Option<&(dyn std::error::Error + Send + Sync + 'static)> {
        match self {
            Self::Unfit => None,
            Self::Collided(cause)
            | Self::Away(cause)
            | Self::Doubt(cause)
            | Self::Broken(cause)
            | Self::Damaged(cause) => Some(&**cause),
        }
    }
}

/// What became of a commit that may have happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is there.
    Happened,
    /// It is not there and can no longer come.
    Never,
}
