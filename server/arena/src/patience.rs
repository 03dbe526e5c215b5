//! How a waiter looks for a moment before it sleeps, where looking helped before. Never sleeps, and never looks for longer
//! than falling asleep and being woken would take.

use std::hint;
// Plain atomics even under the model checker: they decide speed, never results.
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// About what it costs to sleep and be woken. A shorter time would end before a partner who slept can answer, and two who
/// take turns would never come to find each other awake.
pub(crate) const LOOK_MAX: Duration = Duration::from_micros(20);
/// Looks between two looks at the clock, which costs more than they do.
const LOOKS: u32 = 16;
/// After so many times in vain in a row one wait in 256 looks, to notice when that begins to help.
const VAIN_MAX: u16 = 8;

/// What is known of looking at one word; all zeros is nothing.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    /// How often looking was in vain since it last helped.
    vain: AtomicU16,
    /// How many waits sleep at once before one looks again.
    sleeps: AtomicU16,
}

impl Patience {
    /// Looks for something until it is there or patience is over; false, at once, where that helped too seldom.
    ///
    /// `left` is the time that there is at all: too short a wait says nothing of the word.
    pub(crate) fn look(&self, left: Option<Duration>, is_there: impl FnMut() -> bool) -> bool {
        if left.is_some_and(|left| left <= LOOK_MAX) || !self.is_worth_it() {
            return false;
        }
        let found = look(is_there);
        self.note(found);
        found
    }

    /// Of several who wait at once one may overwrite what another notes; all that is lost is a time.
    fn is_worth_it(&self) -> bool {
        let sleeps = self.sleeps.load(Ordering::Relaxed);
        if sleeps > 0 {
            self.sleeps.store(sleeps - 1, Ordering::Relaxed);
        }
        sleeps == 0 && (cfg!(loom) || *HAS_CORES)
    }

    fn note(&self, found: bool) {
        let before = self.vain.load(Ordering::Relaxed);
        let vain = if found { 0 } else { (before + 1).min(VAIN_MAX) };
        if vain != before || !found {
            self.vain.store(vain, Ordering::Relaxed);
            self.sleeps.store((1 << vain) - 1, Ordering::Relaxed);
        }
    }
}

/// Whether somebody else can run while a waiter looks.
static HAS_CORES: LazyLock<bool> = LazyLock::new(|| thread::available_parallelism().is_ok_and(|cores| cores.get() > 1));

fn look(mut is_there: impl FnMut() -> bool) -> bool {
    // The model has no clock, and one look more or less is all that a clock could change.
    if cfg!(loom) {
        return is_there();
    }
    let mut some_looks = || {
        (0..LOOKS).any(|_| {
            hint::spin_loop();
            is_there()
        })
    };
    if some_looks() {
        return true;
    }
    let begun = Instant::now();
    while begun.elapsed() < LOOK_MAX {
        if some_looks() {
            return true;
        }
    }
    false
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// How many of some waits look, none of which finds anything.
    fn looks_in_vain(patience: &Patience, waits: u32) -> usize {
        (0..waits).filter(|_| patience.is_worth_it()).inspect(|_| patience.note(false)).count()
    }

    #[test]
    fn whoever_looks_in_vain_soon_hardly_looks() {
        let patience = Patience::default();
        assert!(looks_in_vain(&patience, 512) <= 9);
        assert!(looks_in_vain(&patience, 2560) <= 10);
    }

    #[test]
    fn once_it_helped_every_wait_looks() {
        let patience = Patience::default();
        looks_in_vain(&patience, 1000);
        patience.note(true);
        let expected = if *HAS_CORES { 1000 } else { 0 };
        patience.sleeps.store(0, Ordering::Relaxed);
        let looking = (0..1000).filter(|_| patience.is_worth_it()).inspect(|_| patience.note(true)).count();
        assert_eq!(looking, expected);
    }

    #[test]
    fn looking_ends() {
        let patience = Patience::default();
        assert!(!patience.look(None, || false));
        assert!(!patience.look(Some(LOOK_MAX), || panic!("there is no time to look")));
    }

    #[test]
    fn what_is_there_is_found() {
        let mut looks = 0;
        let is_found = Patience::default().look(None, || {
            looks += 1;
            looks == 3
        });
        assert_eq!(is_found, *HAS_CORES);
    }
}
