//! One cell as its server has it: begun, spoken to, measured, killed. Never decides which job it gets.

use std::{
    fs::File,
    io,
    os::{
        fd::OwnedFd,
        unix::{
            fs::{FileExt, MetadataExt},
            process::CommandExt,
        },
    },
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use inos_arena::parcel;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    net::{AddressFamily, RecvFlags, SocketFlags, SocketType},
};

use crate::{
    message::{LEN_MAX, Said},
    soon::take_soon,
};

/// How much of a cell's last words is looked at.
const LAST_WORDS_LEN: u64 = 4 << 10;

/// What the allocator of a cell is told: engines take and free large arrays all the time, and each that goes back to the
/// system at once is a page fault for every 4 KiB when the next is written. So it keeps up to 1 GiB, in huge pages where the
/// system has some; a cell without work gives it back. Other allocators do not look at it.
const ALLOCATOR: (&str, &str) = (
    "GLIBC_TUNABLES",
    "glibc.malloc.mmap_threshold=1073741824:glibc.malloc.trim_threshold=1073741824:glibc.malloc.top_pad=4194304:glibc.malloc.hugetlb=1",
);

/// A cell that lives, as far as is known. It is killed and reaped when dropped.
pub(crate) struct Cell {
    process: Child,
    pub(crate) socket: OwnedFd,
    /// Where its jobs put bytes aside: a file without a name, its own for as long as it lives, and empty between two jobs.
    pub(crate) scratch: Option<File>,
    /// Where it writes when it breaks off.
    words: File,
    /// `/proc/PID/statm`.
    statm: File,
    /// `/proc/PID/task`.
    tasks: File,
    buffer: Vec<u8>,
    pub(crate) jobs: u64,
}

/// What came of listening for a while.
pub(crate) enum Heard {
    Said(Said),
    Nothing,
    /// The cell is gone, or says what cannot be understood.
    End,
}

impl Cell {
    /// Begins a cell by `command`, which must not return before this thread ends: the cell dies with the thread.
    pub(crate) fn begin(mut command: Command) -> io::Result<Self> {
        let flags = SocketFlags::CLOEXEC;
        let (socket, theirs) = rustix::net::socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)?;
        let words = parcel::blank()?;
        // No variable of the server's own environment reaches it: they may be secrets.
        command.env_clear().env(ALLOCATOR.0, ALLOCATOR.1);
        command.current_dir("/").stdin(Stdio::from(theirs)).stdout(Stdio::null());
        // In a group of its own: what a terminal sends to the server's group is for the server.
        let mut process = command.stderr(Stdio::from(words.try_clone()?)).process_group(0).spawn()?;
        let of = |name: &str| File::open(format!("/proc/{}/{name}", process.id()));
        let opened = of("statm").and_then(|statm| Ok((statm, of("task")?)));
        let (statm, tasks) = opened.inspect_err(|_| {
            // A process that nobody waits for would stay as a zombie.
            let _ = (process.kill(), process.wait());
        })?;
        Ok(Self { process, socket, scratch: None, words, statm, tasks, buffer: vec![0; LEN_MAX], jobs: 0 })
    }

    /// Waits until it is fenced.
    pub(crate) fn is_ready_within(&mut self, patience: Duration) -> bool {
        let until = Instant::now() + patience;
        while let left @ 1.. = until.saturating_duration_since(Instant::now()).as_millis() {
            match self.hear(Duration::from_millis(u64::try_from(left).unwrap_or(u64::MAX))) {
                Heard::Said(Said::Ready) => return true,
                Heard::Nothing => {}
                Heard::Said(_) | Heard::End => return false,
            }
        }
        false
    }

    /// Listens for at most so long.
    pub(crate) fn hear(&mut self, patience: Duration) -> Heard {
        let mut polled = [PollFd::new(&self.socket, PollFlags::IN)];
        let patience = Timespec::try_from(patience).ok();
        match poll(&mut polled, patience.as_ref()) {
            Ok(0) | Err(rustix::io::Errno::INTR) => return Heard::Nothing,
            Ok(_) => {}
            Err(_) => return Heard::End,
        }
        let taken = parcel::take(&self.socket, &mut self.buffer, RecvFlags::DONTWAIT);
        self.heard(taken)
    }

    /// Listens for what a short job says.
    pub(crate) fn hear_soon(&mut self) -> Heard {
        let taken = take_soon(&self.socket, &mut self.buffer);
        self.heard(taken)
    }

    fn heard(&self, taken: io::Result<Option<(usize, Vec<OwnedFd>)>>) -> Heard {
        match taken {
            Ok(None) => Heard::Nothing,
            // Descriptors that a cell sends are closed here.
            Ok(Some((len, _))) if len > 0 => Said::read(&self.buffer[..len]).map_or(Heard::End, Heard::Said),
            Ok(Some(_)) | Err(_) => Heard::End,
        }
    }

    /// The memory of its own that it has, in bytes; 0 once it is gone.
    pub(crate) fn memory(&self) -> u64 {
        let mut text = [0; 128];
        let len = self.statm.read_at(&mut text, 0).unwrap_or_default();
        let text = String::from_utf8_lossy(&text[..len]);
        let mut pages = text.split_ascii_whitespace().map(|pages| pages.parse::<u64>().unwrap_or_default());
        let (resident, shared) = (pages.nth(1).unwrap_or_default(), pages.next().unwrap_or_default());
        resident.saturating_sub(shared) * rustix::param::page_size() as u64
    }

    /// How many threads it has; 0 once it is gone.
    pub(crate) fn threads(&self) -> u64 {
        // Each is a folder, which counts as a link of the one above; that one has two of its own. To ask for this is one call,
        // however many there are.
        self.tasks.metadata().map_or(0, |of| of.nlink().saturating_sub(2))
    }

    /// Ends it, and says how it ended and what it said last.
    pub(crate) fn end(&mut self) -> String {
        // One that has ended by itself cannot be killed any more, which changes nothing.
        let _ = self.process.kill();
        let status = self.process.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
        let len = self.words.metadata().map_or(0, |of| of.len());
        let mut last = vec![0; len.min(LAST_WORDS_LEN) as usize];
        let at = len.saturating_sub(LAST_WORDS_LEN);
        let words = self.words.read_exact_at(&mut last, at).map(|()| String::from_utf8_lossy(&last).trim().to_owned());
        match words {
            Ok(words) if !words.is_empty() => format!("{status}: {words}"),
            _ => status,
        }
    }
}

impl Drop for Cell {
    fn drop(&mut self) {
        let _ = self.process.kill();
        // Reaped here, so that there are no zombies.
        let _ = self.process.wait();
    }
}
