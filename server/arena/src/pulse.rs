//! A pulse: an epoch that moves on with the clock while somebody waits for it, and rests while nobody does.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::epoch::Line;

/// A pulse; it ends with this, at once.
pub struct Pulse {
    beat: Arc<Beat>,
    thread: Option<JoinHandle<()>>,
}

struct Beat {
    line: Line,
    /// Moves on when somebody begins to wait.
    asked: Line,
    /// Moves on when the pulse ends.
    ended: Line,
    every: Duration,
}

impl Pulse {
    /// A pulse of one beat each `every`; its thread sleeps until somebody waits.
    pub fn start(every: Duration) -> std::io::Result<Pulse> {
        let every = every.max(Duration::from_micros(100));
        let beat = Arc::new(Beat { line: Line::new(0), asked: Line::new(0), ended: Line::new(0), every });
        let of_thread = beat.clone();
        let thread = thread::Builder::new().name("inos-pulse".into()).spawn(move || of_thread.run())?;
        Ok(Pulse { beat, thread: Some(thread) })
    }

    /// The number of the last beat.
    pub fn value(&self) -> u64 {
        self.beat.line.value()
    }

    /// Sleeps until the beat after `seen`, or until the time is over; answers the last beat.
    pub fn wait(&self, seen: u64, timeout: Option<Duration>) -> u64 {
        if self.value() == seen {
            self.beat.asked.advance();
        }
        // Beats are too far apart to be looked for.
        self.beat.line.rest(seen, timeout)
    }
}

impl Beat {
    fn run(&self) {
        let mut asked = 0;
        let mut due = Instant::now() + self.every;
        while self.ended.value() == 0 {
            // A waiter asks before it waits, so the word is read before the count: whoever is missed here has asked.
            let now_asked = self.asked.value();
            if self.line.waiters() == 0 && now_asked == asked {
                self.asked.rest(asked, None);
                due = due.max(Instant::now());
                continue;
            }
            asked = now_asked;
            let left = due.saturating_duration_since(Instant::now());
            if !left.is_zero() && self.ended.rest(0, Some(left)) != 0 {
                return;
            }
            self.line.advance();
            // Beats that were missed are not made up for.
            due = (due + self.every).max(Instant::now());
        }
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        self.beat.ended.advance();
        self.beat.asked.advance();
        if let Some(thread) = self.thread.take() {
            let joined = thread.join();
            debug_assert!(joined.is_ok(), "a pulse does not panic");
        }
    }
}
