//! Copies the write-ahead log into the database file beside the committer, which need not wait for it.
//! Never writes a row.

use std::{
    cell::Cell,
    path::Path,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread::JoinHandle,
};

use rusqlite::{Connection, OpenFlags, hooks::Wal};

/// The log is copied whenever it has grown to so many pages of 16 KiB.
const COPY_PAGES: u32 = 1_000;
/// At so many pages the committer waits for the copy, so that the log begins anew: 128 MiB.
const LOG_PAGES_MAX: u32 = 8_000;

thread_local! {
    /// How many pages the log had after this thread's last commit.
    static LOG_PAGES: Cell<u32> = const { Cell::new(0) };
}

/// A thread that copies the log when it is told to; it ends when this is dropped.
pub(crate) struct Checkpointer {
    wake: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// Starts the thread, and has `writer` count the log's pages instead of copying them itself.
    pub(crate) fn start(path: &Path, writer: &Connection) -> rusqlite::Result<Self> {
        writer.pragma_update(None, "wal_autocheckpoint", 0)?;
        writer.wal_hook(Some(|_: &Wal, pages| {
            LOG_PAGES.set(u32::try_from(pages).unwrap_or(0));
            Ok(())
        }));
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let copier = Connection::open_with_flags(path, flags)?;
        copier.pragma_update(None, "synchronous", "FULL")?;
        let (wake, woken) = sync_channel(1);
        let thread = std::thread::Builder::new().name("inos-checkpoint".into()).spawn(move || copy(&copier, &woken));
        // Without a thread the log is copied by the committer once it is full.
        let thread = thread.inspect_err(|error| tracing::warn!(%error, "no thread to copy the ledger's log")).ok();
        Ok(Self { wake: Some(wake), thread })
    }

    /// Looks at the log after a commit of `writer` on this thread.
    pub(crate) fn after_commit(&self, writer: &Connection) {
        let pages = LOG_PAGES.get();
        if pages < COPY_PAGES {
            return;
        }
        if let Some(wake) = &self.wake {
            // A wake-up that is already waiting is as good.
            let _ = wake.try_send(());
        }
        if pages >= LOG_PAGES_MAX {
            checkpoint(writer, "PRAGMA wal_checkpoint(RESTART)");
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.wake = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that copies the ledger's log died");
        }
    }
}

fn copy(copier: &Connection, woken: &Receiver<()>) {
    while woken.recv().is_ok() {
        checkpoint(copier, "PRAGMA wal_checkpoint(PASSIVE)");
    }
}

/// A copy that fails changes nothing: the log keeps what it has, and the next one tries again.
fn checkpoint(connection: &Connection, pragma: &str) {
    if let Err(error) = connection.query_row(pragma, [], |_| Ok(())) {
        tracing::warn!(error = &error as &dyn std::error::Error, "the ledger's log could not be copied just now");
    }
}
