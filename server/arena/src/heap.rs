//! This process's heap, where its system has a word for it. Never allocates anything.
#![allow(unsafe_code)]

/// Gives memory that was freed, and that the allocator keeps for what is next, back to the system. Takes as long as the
/// kernel needs for that: up to some hundred milliseconds for gigabytes.
pub fn give_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: it has no precondition, and takes the allocator's own locks.
    unsafe {
        libc::malloc_trim(0);
    }
}
