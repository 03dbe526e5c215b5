//! One connection's loop: send what is due, read what came, note how long each job took.
//! Latency counts from the moment a job was due, so that a slow server cannot hide behind a waiting driver.

use std::{
    io::{self, Read},
    time::{Duration, Instant},
};

use bytes::BytesMut;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    net::{SendFlags, send},
};

use super::{
    Load,
    talk::{Heard, Line, Verdict},
    tally::Tally,
};

/// The most bytes that are gathered for one write.
const WRITE_BYTES_MAX: usize = 192 << 10;
/// How much is read at once.
const READ_BYTES: usize = 256 << 10;
/// How long to wait for anything before looking at the clock again.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// When jobs are due and what is counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schedule {
    /// When the first job is due.
    pub(super) first: Instant,
    /// From when on jobs count.
    pub(super) begin: Instant,
    /// Until when.
    pub(super) end: Instant,
    /// Until when answers may come in.
    last: Instant,
    /// The time between two requests of one connection, in open loop.
    interval: Option<Duration>,
    /// Jobs under way on one connection.
    jobs_max: u64,
    connections: u32,
}

impl Schedule {
    pub(super) fn new(first: Instant, load: &Load) -> Self {
        let each = |rate: f64| Duration::from_secs_f64(load.connections as f64 * load.batch as f64 / rate.max(1e-3));
        let begin = first + load.warm_up;
        let jobs_max = (load.window as u64).saturating_mul(load.batch as u64);
        let connections = u32::try_from(load.connections).unwrap_or(u32::MAX);
        let end = begin + load.span;
        Self { first, begin, end, last: end + load.grace, interval: load.rate.map(each), jobs_max, connections }
    }

    /// The schedule of one connection: in open loop they take turns instead of sending all at once.
    pub(super) fn of(mut self, index: usize) -> Self {
        if let Some(interval) = self.interval {
            self.first += interval * u32::try_from(index).unwrap_or(0) / self.connections;
        }
        self
    }
}

/// Drives one connection to the end of its schedule.
pub(super) fn drive(line: Line, schedule: Schedule) -> Tally {
    let mut drive = Drive::new(line, schedule);
    if let Err(why) = drive.run() {
        drive.tally.fail(&why);
    }
    drive.tally.unanswered += drive.overdue();
    drive.tally
}

struct Drive {
    line: Line,
    schedule: Schedule,
    tally: Tally,
    /// When each job under way was due, by its number modulo the length.
    due: Vec<Instant>,
    next_due: Instant,
    asked: u64,
    answered: u64,
    out: Vec<u8>,
    sent: usize,
    bytes: BytesMut,
    heard: Vec<Heard>,
    /// Jobs in one request, and the most of them under way.
    jobs: u64,
    jobs_max: u64,
}

impl Drive {
    fn new(mut line: Line, schedule: Schedule) -> Self {
        let jobs_max = schedule.jobs_max.min(line.talk.jobs_max());
        // A job that waits long is overtaken by others: their numbers must not come around to its place.
        let ring = usize::try_from(jobs_max.saturating_mul(64)).unwrap_or(usize::MAX).clamp(1 << 10, 1 << 20);
        let jobs = line.talk.jobs();
        let bytes = std::mem::take(&mut line.early);
        Self {
            line,
            schedule,
            tally: Tally::new(),
            due: vec![schedule.first; ring],
            next_due: schedule.first,
            asked: 0,
            answered: 0,
            out: Vec::with_capacity(WRITE_BYTES_MAX * 2),
            sent: 0,
            bytes,
            heard: Vec::new(),
            jobs,
            jobs_max,
        }
    }

    fn run(&mut self) -> Result<(), String> {
        let mut buffer = vec![0; READ_BYTES];
        let broken = |error: io::Error| format!("the connection broke: {error}");
        self.line.stream.set_read_timeout(Some(LOOK_AGAIN)).map_err(broken)?;
        loop {
            let now = Instant::now();
            if now >= self.schedule.last || (now >= self.schedule.end && self.is_over()) {
                return Ok(());
            }
            self.ask(now);
            self.write().map_err(broken)?;
            if !self.wait(now).map_err(broken)? {
                continue;
            }
            match self.line.stream.read(&mut buffer) {
                Ok(0) => return Err("the server closed the connection".into()),
                Ok(len) => self.bytes.extend_from_slice(&buffer[..len]),
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
                    continue;
                }
                Err(error) => return Err(broken(error)),
            }
            self.hear()?;
        }
    }

    /// Whether every job that was due before the end has its answer.
    fn is_over(&self) -> bool {
        let all_asked = self.schedule.interval.is_none() || self.next_due >= self.schedule.end;
        all_asked && self.asked == self.answered
    }

    /// Gathers the requests that are due and for which there is room.
    fn ask(&mut self, now: Instant) {
        while self.out.len() < WRITE_BYTES_MAX && self.has_room() {
            let due = if self.schedule.interval.is_some() { self.next_due } else { now };
            if due > now || due >= self.schedule.end {
                return;
            }
            self.line.talk.ask(self.asked, &mut self.out);
            for number in self.asked..self.asked + self.jobs {
                let place = self.place(number);
                self.due[place] = due;
            }
            self.asked += self.jobs;
            if let Some(interval) = self.schedule.interval {
                self.next_due += interval;
            }
        }
    }

    /// Whether one more whole request fits the window.
    fn has_room(&self) -> bool {
        self.asked - self.answered + self.jobs <= self.jobs_max
    }

    fn place(&self, number: u64) -> usize {
        (number % self.due.len() as u64) as usize
    }

    /// Writes what the socket takes without blocking; the rest stays.
    fn write(&mut self) -> io::Result<()> {
        while self.sent < self.out.len() {
            match send(&self.line.stream, &self.out[self.sent..], SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
                Ok(len) => self.sent += len,
                Err(rustix::io::Errno::AGAIN) => return Ok(()),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.out.clear();
        self.sent = 0;
        Ok(())
    }

    /// Waits until there is something to read, or until something is due; whether to read.
    fn wait(&self, now: Instant) -> io::Result<bool> {
        let pending = self.sent < self.out.len();
        let waits_for_time = self.schedule.interval.is_some() && self.has_room() && self.next_due < self.schedule.end;
        if !pending && !waits_for_time {
            return Ok(true); // A blocking read is one system call instead of two.
        }
        let timeout =
            if waits_for_time { self.next_due.saturating_duration_since(now).min(LOOK_AGAIN) } else { LOOK_AGAIN };
        let timeout = Timespec { tv_sec: timeout.as_secs() as i64, tv_nsec: i64::from(timeout.subsec_nanos()) };
        let wanted = if pending { PollFlags::IN | PollFlags::OUT } else { PollFlags::IN };
        let mut fds = [PollFd::new(&self.line.stream, wanted)];
        match poll(&mut fds, Some(&timeout)) {
            Ok(_) => Ok(fds[0].revents().intersects(PollFlags::IN | PollFlags::HUP | PollFlags::ERR)),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn hear(&mut self) -> Result<(), String> {
        let heard = self.line.talk.hear(&mut self.bytes, &mut self.heard, &mut self.out);
        let now = Instant::now();
        let counts = now >= self.schedule.begin && now < self.schedule.end;
        for Heard { number, count, verdict } in self.heard.drain(..).filter(|heard| heard.count > 0) {
            let first = number.unwrap_or(self.answered);
            self.answered += count;
            let due = self.due[(first % self.due.len() as u64) as usize];
            match verdict {
                Verdict::Done if counts => self.tally.done += count,
                Verdict::Rejected if counts => self.tally.rejected += count,
                Verdict::Error => {
                    self.tally.errors += count;
                    let said = || self.line.talk.trouble().unwrap_or_else(|| "a job did not succeed".into());
                    self.tally.trouble.get_or_insert_with(said);
                }
                _ => {}
            }
            if verdict == Verdict::Done && due >= self.schedule.begin && due < self.schedule.end {
                let taken = u64::try_from(now.saturating_duration_since(due).as_nanos()).unwrap_or(u64::MAX);
                self.tally.latency.saturating_record_n(taken, count);
            }
        }
        heard
    }

    /// Jobs that were due before the end and have no answer, sent or not.
    fn overdue(&self) -> u64 {
        let unsent = self.schedule.interval.map_or(0, |interval| {
            let late = self.schedule.end.saturating_duration_since(self.next_due);
            (late.as_secs_f64() / interval.as_secs_f64()).ceil() as u64
        });
        self.asked - self.answered + unsent
    }
}
