//! Changing a region: the next epoch is written into a buffer that nobody reads, and then becomes the current one.
//! Never waits for a reader.
#![allow(unsafe_code)]

use std::sync::Arc;

use inos_failpoints::{Point, reach};
use parking_lot::MutexGuard;

use super::head::{BUFFERS_MAX, Seen};
use super::memory::Memory;
use super::next::{Next, all_within, within};
use super::quota::Quota;
use super::{RegionError, Shared, capacity_for, charge_for};
use crate::control::Controls;
use crate::layout;
use crate::sync::Ordering;

/// How a region becomes its next epoch.
pub enum Change<'a> {
    /// It holds these bytes and nothing else.
    Whole(&'a [u8]),
    /// These bytes at these offsets, in this order; each part lies within the region.
    Parts(&'a [(u64, &'a [u8])]),
    /// It has this length, and somebody writes in place; what was beyond its end before reads as anything.
    Edit(usize, &'a mut dyn FnMut(&mut [u8])),
}

/// What the writer of a region knows, and its lock, on lines that no reader looks at.
#[repr(align(64))]
pub(super) struct State {
    pub(super) memory: Arc<Memory>,
    /// Where readers still look, since this region lies elsewhere and nobody was told yet.
    before: Option<Arc<Memory>>,
    /// What is current: what the head says, without a look at it.
    now: Seen,
    /// The buffer that was current before, which differs least from what is.
    last: usize,
    /// The epoch that each buffer holds; zero is none.
    held: [u64; BUFFERS_MAX],
}

impl State {
    pub(super) fn begin(quota: &Quota, bytes_max: usize, epoch: u64, bytes: &[u8]) -> Result<State, RegionError> {
        if bytes.len() > bytes_max {
            return Err(RegionError::TooLong { len: bytes.len() as u64, max: bytes_max });
        }
        if !(1..=layout::REGION_EPOCH_MAX).contains(&epoch) {
            return Err(RegionError::Ended);
        }
        let mut state = State::holding(quota, capacity_for(bytes.len()), epoch, bytes)?;
        state.memory.stamps.iter().for_each(|stamp| stamp.store(epoch, Ordering::Relaxed));
        state.held[0] = epoch;
        Ok(state)
    }

    /// New memory whose first buffer holds these bytes.
    fn holding(quota: &Quota, capacity: usize, epoch: u64, bytes: &[u8]) -> Result<State, RegionError> {
        let needed = charge_for(capacity);
        let refused = || RegionError::Quota { needed, used: quota.used(), max: quota.max() };
        let charge = quota.take(needed).ok_or_else(refused)?;
        let memory = Memory::create(capacity, charge).map_err(|source| RegionError::Memory { source })?;
        // SAFETY: nobody else has this memory yet.
        unsafe { memory.bytes_mut(0)[..bytes.len()].copy_from_slice(bytes) };
        memory.head().publish(0, epoch, bytes.len() as u64);
        let mut held = [0; BUFFERS_MAX];
        held[0] = epoch;
        let now = Seen { index: 0, epoch, len: bytes.len() as u64 };
        Ok(State { memory: Arc::new(memory), before: None, now, last: 1, held })
    }

    /// What the region holds.
    #[inline]
    fn bytes(&self) -> &[u8] {
        // SAFETY: the current buffer is written by nobody, and another becomes current only by `&mut self`.
        unsafe { self.memory.bytes(self.now.index, self.now.len as usize) }
    }

    /// Claims a buffer and answers its number and the epoch that it held; `None` where readers of this process hold all.
    #[inline]
    fn claim(&mut self, controls: &Controls, revoked: &mut u64) -> Option<(usize, u64)> {
        // What was written last differs least from what is current; most often nobody reads it.
        let is_free = !controls.is_read(self.last) && self.take(self.last);
        let index = if is_free { self.last } else { self.claim_another(controls, revoked)? };
        Some((index, std::mem::take(&mut self.held[index])))
    }

    /// Claims any buffer but the current one: the nearest that is not read, one more, or one that others lose.
    #[cold]
    fn claim_another(&self, controls: &Controls, revoked: &mut u64) -> Option<usize> {
        let (current, in_use) = (self.now.index, self.memory.in_use.load(Ordering::Relaxed));
        let mut others: [usize; BUFFERS_MAX] = std::array::from_fn(|index| index);
        others.swap(current, in_use - 1);
        let others = &mut others[..in_use - 1];
        others.sort_unstable_by_key(|index| std::cmp::Reverse(self.held[*index]));
        let unread = others.iter().copied().find(|index| !controls.is_read(*index) && self.take(*index));
        unread.or_else(|| self.further()).or_else(|| {
            // All are read: the oldest is taken from the attached processes that read it, who will see that it was.
            let taken = others.iter().rev().copied().find(|index| self.take(*index))?;
            *revoked += controls.revoke(taken);
            Some(taken)
        })
    }

    #[inline]
    fn take(&self, index: usize) -> bool {
        self.memory.head().claim(&self.memory.pins, index)
    }

    /// A buffer more, if there may be one.
    fn further(&self) -> Option<usize> {
        let index = self.memory.in_use.load(Ordering::Relaxed);
        if index == BUFFERS_MAX || !self.memory.charge.lock().grow(self.memory.capacity()) {
            return None;
        }
        self.memory.in_use.store(index + 1, Ordering::Relaxed);
        self.take(index).then_some(index)
    }

    /// Goes to new memory that holds what is current; readers of the old keep it until they are done.
    fn go(&mut self, quota: &Quota, capacity: usize) -> Result<(), RegionError> {
        let fresh = State::holding(quota, capacity, self.now.epoch, self.bytes())?;
        for (to, from) in fresh.memory.stamps.iter().zip(&self.memory.stamps) {
            to.store(from.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        // Readers still have what they had before the first of several moves.
        let before = self.before.take().unwrap_or_else(|| self.memory.clone());
        *self = State { before: Some(before), ..fresh };
        Ok(())
    }
}

/// The right to change a region.
pub struct Writing<'a> {
    shared: &'a Shared,
    state: MutexGuard<'a, State>,
}

impl<'a> Writing<'a> {
    #[inline]
    pub(super) fn new(shared: &'a Shared) -> Writing<'a> {
        Writing { shared, state: shared.state.lock() }
    }

    /// The epoch that the next publishing makes.
    pub fn next_epoch(&self) -> u64 {
        self.state.now.epoch + 1
    }

    /// What the region holds now.
    pub fn bytes(&self) -> &[u8] {
        self.state.bytes()
    }

    /// How long the region will be, where [`publish`](Writing::publish) would refuse the change only for lack of room.
    #[inline]
    fn check(&self, change: &Change<'_>) -> Result<usize, RegionError> {
        let Seen { epoch, len, .. } = self.state.now;
        if self.shared.gone.load(Ordering::SeqCst) {
            return Err(RegionError::Gone);
        }
        if epoch >= layout::REGION_EPOCH_MAX {
            return Err(RegionError::Ended);
        }
        let (wanted, max) = match change {
            Change::Whole(bytes) => (bytes.len(), self.shared.bytes_max),
            Change::Edit(len, _) => (*len, self.shared.bytes_max),
            Change::Parts(parts) => return all_within(parts, len as usize),
        };
        if wanted > max { Err(RegionError::TooLong { len: wanted as u64, max }) } else { Ok(wanted) }
    }

    /// What the region would hold after a change that is not an edit.
    pub fn after(&self, change: &Change<'_>) -> Result<Vec<u8>, RegionError> {
        self.check(change)?;
        Ok(match change {
            Change::Whole(bytes) => bytes.to_vec(),
            Change::Edit(..) => self.bytes().to_vec(),
            Change::Parts(parts) => {
                let mut bytes = self.bytes().to_vec();
                for (offset, part) in *parts {
                    let range = within(*offset, part.len(), bytes.len()).expect("parts were checked");
                    bytes[range].copy_from_slice(part);
                }
                bytes
            }
        })
    }

    /// Takes what memory a region of `len` bytes needs, so that publishing as many lacks none.
    #[inline]
    pub fn make_room(&mut self, len: usize) -> Result<(), RegionError> {
        if len > self.state.memory.capacity() { self.grow(len) } else { Ok(()) }
    }

    #[cold]
    fn grow(&mut self, len: usize) -> Result<(), RegionError> {
        let capacity = capacity_for(len.next_power_of_two().min(self.shared.bytes_max));
        self.state.go(&self.shared.quota, capacity)?;
        self.tell();
        Ok(())
    }

    /// Makes the next epoch and answers its number. After an error nothing has changed.
    ///
    /// Where an [`Edit`](Change::Edit) panics, its buffer is not published and the region stays as it was.
    #[inline]
    pub fn publish(&mut self, change: Change<'_>) -> Result<u64, RegionError> {
        let len = self.check(&change)?;
        self.make_room(len)?;
        let epoch = self.next_buffer(len, change)?;
        self.tell();
        Ok(epoch)
    }

    /// Removes the region: everybody who waits is told, nobody can publish any more. False where somebody had removed it.
    pub fn remove(mut self) -> bool {
        let was_there = !self.shared.gone.swap(true, Ordering::SeqCst);
        if was_there {
            if self.state.before.is_some() {
                self.tell();
            }
            self.state.memory.retire();
            self.wake_attached(&self.state.memory);
            self.shared.ring();
            self.shared.bell.ring(&self.shared.leavers);
            self.shared.followers.ring();
        }
        was_there
    }

    #[inline]
    fn next_buffer(&mut self, len: usize, change: Change<'_>) -> Result<u64, RegionError> {
        let (index, held) = self.claim()?;
        let (state, counts) = (&mut *self.state, &self.shared.counts);
        let (memory, epoch) = (&state.memory, state.now.epoch + 1);
        // SAFETY: the buffer was claimed under the writer's lock, which `self` holds, and gets this one slice.
        let to = unsafe { memory.bytes_mut(index) };
        reach(Point::RegionClaimed);
        let copied = Next { memory, from: state.bytes(), held, epoch }.fill(to, len, change);
        counts.add(&counts.copied, copied as u64);
        reach(Point::RegionFilled);
        memory.head().publish(index, epoch, len as u64);
        state.held[index] = epoch;
        state.last = state.now.index;
        state.now = Seen { index, epoch, len: len as u64 };
        Ok(epoch)
    }

    /// Claims a buffer, in new memory where readers of this process hold all of them; answers what it held too.
    #[inline]
    fn claim(&mut self) -> Result<(usize, u64), RegionError> {
        let (mut revoked, controls) = (0, &self.shared.controls);
        let claimed = match self.state.claim(controls, &mut revoked) {
            Some(claimed) => claimed,
            None => {
                let capacity = self.state.memory.capacity();
                self.state.go(&self.shared.quota, capacity)?;
                self.state.claim(controls, &mut revoked).expect("new memory has buffers that nobody reads")
            }
        };
        if revoked > 0 {
            self.shared.counts.add(&self.shared.counts.revoked, revoked);
        }
        Ok(claimed)
    }

    /// Lets everybody see what was published.
    #[inline]
    fn tell(&mut self) {
        if self.state.before.is_some() {
            self.tell_of_move();
        }
        self.wake_attached(&self.state.memory);
        self.shared.ring();
    }

    #[cold]
    fn tell_of_move(&mut self) {
        if let Some(before) = self.state.before.take() {
            self.shared.memory.store(self.state.memory.clone());
            before.retire();
            self.wake_attached(&before);
            self.shared.counts.add(&self.shared.counts.moved, 1);
        }
    }

    /// Wakes attached processes that sleep on the epoch.
    #[inline]
    fn wake_attached(&self, memory: &Memory) {
        if self.shared.controls.any_waits() {
            memory.head().line.wake();
        }
    }
}
