//! How long the calling thread's turns on a processor are. Never what share of it the thread gets.
#![allow(unsafe_code)]

/// The shortest turn that Linux grants, in nanoseconds.
const SHORT: u64 = 100_000;

/// Asks for short turns, which come sooner: a worker that is woken need not wait until somebody else's turn, of some
/// milliseconds, is over. Its share stays the same.
///
/// From Linux 6.12 on (EEVDF with slices of their own, `sched_setattr(2)`); where the kernel knows or allows no such thing,
/// nothing changes.
pub(crate) fn ask_for_short() {
    #[cfg(target_os = "linux")]
    {
        let len = size_of::<libc::sched_attr>() as u32;
        // SAFETY: all zeros is a valid value of this plain struct.
        let mut attr: libc::sched_attr = unsafe { std::mem::zeroed() };
        // SAFETY: the kernel writes at most `len` bytes, which is what `attr` has; 0 is the calling thread.
        let known = unsafe { libc::syscall(libc::SYS_sched_getattr, 0, &raw mut attr, len, 0) };
        if known != 0 || attr.sched_policy != libc::SCHED_OTHER as u32 {
            return;
        }
        attr.sched_runtime = SHORT;
        // SAFETY: the kernel reads `attr` alone, whose `size` it has filled in.
        let asked = unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const attr, 0) };
        if asked != 0 {
            tracing::debug!(error = %std::io::Error::last_os_error(), "workers have turns as long as others");
        }
    }
}
