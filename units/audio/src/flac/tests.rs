//! What is written is read again, bit by bit, by a decoder that others wrote; the same for any number of threads.

use proptest::prelude::*;

use super::*;
use crate::read::{Damage, Reader};
use crate::sound::{Sound, testing};

fn written(rows: &[Vec<i32>], (bits, level, threads): (u32, u8, usize), piece: usize) -> Vec<u8> {
    let settings = Settings { rate: 44_100, channels: rows.len(), bits, level, threads };
    let mut encoder = Encoder::new(settings);
    let mut file = encoder.head();
    for at in (0..rows[0].len()).step_by(piece) {
        let rows: Vec<&[i32]> = rows.iter().map(|row| &row[at..(at + piece).min(row.len())]).collect();
        encoder.push(&rows, &mut file);
    }
    let figures = encoder.finish(&mut file);
    file[8..42].copy_from_slice(&figures);
    file
}

#[track_caller]
fn comes_back(rows: &[Vec<i32>], bits: u32, level: u8) -> usize {
    let file = written(rows, (bits, level, 1), 5000);
    // The reader compares the sum of all samples as well.
    let reader = Reader::open(&file.clone().into(), 0, Damage::Refuse).unwrap();
    assert_eq!((reader.form().channels, reader.claimed()), (rows.len(), Some(rows[0].len() as u64)));
    let scale = 2_f64.powi(bits as i32 - 1);
    let read: Vec<Vec<i32>> =
        testing::all(reader).iter().map(|row| row.iter().map(|sample| (sample * scale) as i32).collect()).collect();
    assert!(read == rows, "level {level}, {bits} bits, {} channels, {} samples", rows.len(), rows[0].len());
    file.len()
}

fn tones(bits: u32, channels: usize, len: usize) -> Vec<Vec<i32>> {
    let most = f64::from((1 << (bits - 1)) - 1);
    let row = |channel: usize| {
        let tone = move |at: usize| {
            let at = at as f64;
            let tone = 0.6 * (at * 0.031 * (channel + 1) as f64).sin() + 0.3 * (at * 0.0071).sin();
            (tone * most) as i32
        };
        (0..len).map(tone).collect()
    };
    (0..channels).map(row).collect()
}

#[test]
fn sounds_of_every_length_come_back() {
    for len in [1, 2, 4, 5, 15, 16, 33, 1151, 1152, 4095, 4096, 4097, 8192, 100_000] {
        for level in [0, 3, 5, 8] {
            comes_back(&tones(16, 2, len), 16, level);
        }
    }
}

#[test]
fn sounds_of_every_width_and_level_come_back() {
    for (bits, channels) in [(16, 1), (16, 2), (16, 3), (16, 8), (24, 1), (24, 2), (24, 8)] {
        for level in 0..=8 {
            comes_back(&tones(bits, channels, 9000), bits, level);
        }
    }
}

#[test]
fn extremes_come_back() {
    for bits in [16, 24] {
        let (least, most) = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1);
        let mut random = fastrand::Rng::with_seed(u64::from(bits));
        let len = 10_000;
        let rows: [Vec<i32>; 8] = [
            vec![0; len],
            vec![least; len],
            vec![most; len],
            (0..len).map(|at| if at % 2 == 0 { least } else { most }).collect(),
            (0..len).map(|at| if at / 50 % 2 == 0 { least } else { most }).collect(),
            (0..len).map(|_| random.i32(least..=most)).collect(),
            (0..len).map(|_| random.i32(least..=most) & !0xff).collect(),
            (0..len).map(|at| if at % 777 == 0 { most } else { 0 }).collect(),
        ];
        for level in [0, 2, 5, 8] {
            for row in &rows {
                comes_back(std::slice::from_ref(row), bits, level);
                comes_back(&[row.clone(), rows[5].clone()], bits, level);
                comes_back(&[row.clone(), row.iter().map(|sample| -1 - sample).collect()], bits, level);
            }
        }
    }
}

#[test]
fn silence_is_short_and_a_tone_is_shorter_than_its_samples() {
    assert!(comes_back(&[vec![0; 441_000], vec![0; 441_000]], 16, 5) < 2500);
    assert!(comes_back(&tones(16, 2, 441_000), 16, 5) < 441_000);
}

#[test]
fn the_bytes_are_the_same_for_any_number_of_threads_and_any_pieces() {
    let rows = tones(16, 2, 700_000);
    let one = written(&rows, (16, 5, 1), 700_000);
    for (threads, piece) in [(2, 700_000), (3, 4096), (7, 100_001)] {
        assert!(written(&rows, (16, 5, threads), piece) == one, "{threads} threads");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_written_comes_back(
        left in proptest::collection::vec(any::<i16>(), 1..600),
        shift in 0_u32..12,
        level in 0_u8..=8,
    ) {
        let left: Vec<i32> = left.into_iter().map(|sample| i32::from(sample) >> shift).collect();
        let right: Vec<i32> = left.iter().rev().map(|sample| sample / 2).collect();
        comes_back(&[left, right], 16, level);
    }
}
