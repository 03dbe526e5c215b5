//! Shared state as a session sees it: regions of its job's account. Never says where they lie, nor who follows them.

use crate::Fault;

/// What a region is to be that a session steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegionForm<'a> {
    /// What its bytes are, as a media type.
    pub media_type: &'a str,
    /// Bytes of one record.
    pub stride: u32,
    /// What a record is: at most 128 bytes.
    pub schema: &'a str,
    /// Whether it survives a restart of the server.
    pub persistent: bool,
}

/// A region of the job's account. Whoever reads it gets one epoch as a whole and waits for nobody.
pub trait State {
    /// Whether it was there before the session opened it.
    fn was_there(&self) -> bool;

    /// Shows the newest epoch, in place: for milliseconds at most. Answers its number.
    fn read(&self, look: &mut dyn FnMut(&[u8])) -> u64;

    /// Makes these bytes the next epoch, whatever the last one was; answers its number.
    fn publish(&mut self, bytes: &[u8]) -> Result<u64, Fault>;

    /// Makes the next epoch from the last: `make` is shown what is there and fills the next, which is empty before.
    ///
    /// Others may change the region as well. What one of them publishes meanwhile is never lost: `make` is called again
    /// with it, so that it must not count its calls. A fault of `make` publishes nothing.
    fn change(&mut self, make: &mut Make<'_>) -> Result<u64, Fault>;

    /// Whether anybody follows it now.
    fn is_followed(&self) -> bool;
}

/// Fills the next epoch from the last.
pub type Make<'a> = dyn FnMut(&[u8], &mut Vec<u8>) -> Result<(), Fault> + 'a;
