//! Records that a flock can go on from. A record says where a bird is and which way it flies, not how fast; the turn from +z
//! leaves `k` of its quaternion zero, so that a kept flock's records have the speed there, so small that nobody who turns a
//! bird by it sees a difference.

use crate::flock::{Birds, Flock};
use crate::simulate::RECORD_LEN;

/// What a speed is divided by in a record: a power of two, so that no bit of it is lost, and so large that the result is far
/// below what an f32 near one can tell apart.
const SPEED_UNIT: f32 = (1_u128 << 64) as f32;
/// How far the length of a quaternion may be from one.
const ROUNDED: f32 = 1e-3;
/// Where a record has the one number that a turn from +z leaves free.
const K: usize = 5;

/// Has the records of a flock, in the order of their numbers, say how fast each bird flies.
pub(crate) fn mark(flock: &Flock, records: &mut [u8]) {
    let birds = &flock.birds;
    for (index, id) in birds.id.iter().enumerate() {
        let [x, y, z] = birds.speed.each_ref().map(|list| list[index]);
        let k = (x * x + y * y + z * z).sqrt() / SPEED_UNIT;
        records[*id as usize * RECORD_LEN + K * 4..][..4].copy_from_slice(&k.to_le_bytes());
    }
}

/// The birds that records tell of; none where they are not of this flock's kinds, number and world.
///
/// A bird whose record says no speed, as none did before they were marked, flies as one does that begins.
pub(crate) fn read(records: &[u8], flock: &Flock) -> Option<Birds> {
    let count = flock.rules.count as usize;
    let (all, []) = records.as_chunks::<RECORD_LEN>() else { return None };
    if all.len() != count {
        return None;
    }
    let mut birds = Birds::with(count);
    for (index, record) in all.iter().enumerate() {
        let (place, speed) = bird(record, index as u32, flock)?;
        for axis in 0..3 {
            birds.place[axis][index] = place[axis];
            birds.speed[axis][index] = speed[axis];
        }
    }
    Some(birds)
}

/// Place and speed of one bird.
fn bird(record: &[u8; RECORD_LEN], id: u32, flock: &Flock) -> Option<([f32; 3], [f32; 3])> {
    let mut numbers = [0.0; RECORD_LEN / 4];
    for (number, bytes) in numbers.iter_mut().zip(record.as_chunks::<4>().0) {
        *number = f32::from_le_bytes(*bytes);
    }
    let ([x, y, z, i, j, k, w, kind], rules) = (numbers, &flock.rules);
    let is_inside = [x, y, z].iter().all(|part| (0.0..=rules.side).contains(part));
    let is_turn = (i * i + j * j + w * w - 1.0).abs() < ROUNDED && (0.0..1.0).contains(&k);
    if !is_inside || !is_turn || kind != flock.minds.of_bird(id).kind {
        return None;
    }
    let pace = if k == 0.0 { rules.cruise() } else { (k * SPEED_UNIT).clamp(rules.speed_min, rules.speed_max) };
    let way = [2.0 * j * w, -2.0 * i * w, 1.0 - 2.0 * (i * i + j * j)];
    Some(([x, y, z], way.map(|part| part * pace)))
}
