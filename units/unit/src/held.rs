//! A key that the server holds for an account, as the unit of one job has it. Forgotten with the job, and shown by nothing.

use std::fmt;

use zeroize::Zeroizing;

/// The secrets of a key, one for each version that still opens and verifies.
pub struct HeldKey {
    /// The newest first.
    versions: Vec<(u32, Zeroizing<Vec<u8>>)>,
}

impl HeldKey {
    /// A key with these versions, in any order; none without any.
    pub fn new(mut versions: Vec<(u32, Zeroizing<Vec<u8>>)>) -> Option<Self> {
        versions.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
        (!versions.is_empty()).then_some(Self { versions })
    }

    /// Number and secret of each version, the newest first; there is at least one.
    pub fn versions(&self) -> impl Iterator<Item = (u32, &[u8])> {
        self.versions.iter().map(|(number, secret)| (*number, secret.as_slice()))
    }

    /// The number of the newest version and of the oldest.
    pub fn span(&self) -> (u32, u32) {
        let number = |one: Option<&(u32, Zeroizing<Vec<u8>>)>| one.map_or(0, |(number, _)| *number);
        (number(self.versions.first()), number(self.versions.last()))
    }
}

impl fmt::Debug for HeldKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeldKey").field("span", &self.span()).finish_non_exhaustive()
    }
}
