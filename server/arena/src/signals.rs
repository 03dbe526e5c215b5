//! What this process does with signals, where the standard library has no word for it. Never installs a handler.
#![allow(unsafe_code)]

/// Ignores what asks a process to end: a terminal's interrupt and hang-up, and a plain `kill`. What cannot be ignored ends it
/// all the same.
pub fn ignore_requests_to_end() {
    for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGHUP] {
        // SAFETY: it has no precondition, and to ignore a signal runs no code when it comes.
        unsafe {
            libc::signal(signal, libc::SIG_IGN);
        }
    }
}
