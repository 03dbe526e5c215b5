//! What both benches of wakes are made of.
#![allow(dead_code)]

use std::sync::atomic::{AtomicU32, Ordering};

use inos_arena::{Arena, Change, Epoch, Form, Options, Quota, Region, Regions};
use rustix::thread::futex::{self, Flags};

pub(crate) fn epochs<const COUNT: usize>() -> [Epoch; COUNT] {
    let spool_dir = std::env::temp_dir();
    let arena = Arena::create(Options { bytes: 4 << 20, account_bytes_max: 4 << 20, spool_dir }).expect("an arena");
    std::array::from_fn(|index| arena.epoch(64 + index))
}

pub(crate) fn region() -> Region {
    let form = Form { bytes_max: 4096, first_epoch: 1, quota: Quota::new(1 << 20) };
    Regions::default().create(form, &[7; 64]).expect("a region")
}

pub(crate) fn say(region: &Region) {
    region.write().publish(Change::Parts(&[(0, b"x")])).expect("an epoch");
}

/// A word that threads sleep on, without anything of ours.
#[derive(Default)]
pub(crate) struct Bare(AtomicU32);

impl Bare {
    pub(crate) fn say(&self, sleepers: u32) {
        self.0.fetch_add(1, Ordering::SeqCst);
        futex::wake(&self.0, Flags::empty(), sleepers).expect("a word can be woken");
    }

    pub(crate) fn hear(&self, seen: u64) {
        while self.0.load(Ordering::SeqCst) == seen as u32 {
            // Whatever ended the sleep, the word is looked at again.
            let _ = futex::wait(&self.0, Flags::empty(), seen as u32, None);
        }
    }

    /// Says it to whoever looks and never sleeps.
    pub(crate) fn show(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn look(&self, seen: u64) {
        while self.0.load(Ordering::SeqCst) == seen as u32 {
            std::hint::spin_loop();
        }
    }
}
