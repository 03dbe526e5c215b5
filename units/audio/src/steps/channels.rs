//! Other channels of the channels that there are.

use inos_unit::Fault;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::sound::{CHANNELS_MAX, Effect, Form, Rows, frames};

/// A usual set of channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Usual {
    /// One: the mean of all.
    Mono,
    /// Two: one channel goes to both; of more than two the mean of those with even numbers goes left, of the others right.
    Stereo,
    /// The same ones, the first and the second exchanged.
    Swap,
}

/// Makes other channels: a usual set, a pick, or a sum for each. One of the three is wanted.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Channels {
    /// A usual set.
    #[serde(default)]
    #[schemars(example = &"mono")]
    pub(crate) to: Option<Usual>,
    /// Which channel each new one is, from 0.
    #[serde(default)]
    #[schemars(length(min = 1, max = 16), example = serde_json::json!([1, 0]))]
    pub(crate) pick: Option<Vec<u32>>,
    /// How much of each channel goes into each new one, as a factor: a row for each new one.
    #[serde(default)]
    #[schemars(length(min = 1, max = 16), example = serde_json::json!([[0.5, 0.5]]))]
    pub(crate) matrix: Option<Vec<Vec<f64>>>,
}

/// Makes each new channel a sum of the old ones.
pub(crate) struct ChannelsEffect {
    matrix: Vec<Vec<f64>>,
    before: Rows,
}

impl ChannelsEffect {
    pub(crate) fn new(channels: &Channels, form: Form, pointer: &str) -> Result<Self, Fault> {
        let count = form.channels;
        let matrix = match (channels.to, &channels.pick, &channels.matrix) {
            (Some(usual), None, None) => usual_matrix(usual, count),
            (None, Some(pick), None) => picked(pick, count, pointer)?,
            (None, None, Some(matrix)) => fitting(matrix, count, pointer)?,
            _ => return Err(Fault::invalid(pointer, "wants one of `to`, `pick` and `matrix`")),
        };
        Ok(Self { matrix, before: Rows::new() })
    }

    /// What makes a sound of one number of channels another's.
    pub(crate) fn fit(from: usize, to: usize) -> Self {
        let one = |at: usize| (0..from).map(|index| f64::from(u8::from(index == at))).collect();
        let matrix = match (from, to) {
            (from, 1) => vec![vec![1.0 / from as f64; from]],
            (1, to) => vec![vec![1.0]; to],
            (_, to) => (0..to).map(one).collect(),
        };
        Self { matrix, before: Rows::new() }
    }
}

fn usual_matrix(usual: Usual, count: usize) -> Vec<Vec<f64>> {
    let one = |at: usize| (0..count).map(|index| f64::from(u8::from(index == at))).collect();
    let share = |side: usize| {
        let of_side = (0..count).filter(|index| index % 2 == side).count() as f64;
        (0..count).map(|index| if index % 2 == side { 1.0 / of_side } else { 0.0 }).collect()
    };
    match usual {
        Usual::Mono => vec![vec![1.0 / count as f64; count]],
        Usual::Stereo if count == 1 => vec![vec![1.0]; 2],
        Usual::Stereo => vec![share(0), share(1)],
        Usual::Swap if count == 1 => vec![vec![1.0]],
        Usual::Swap => (0..count).map(|at| one(if at < 2 { 1 - at } else { at })).collect(),
    }
}

fn picked(pick: &[u32], count: usize, pointer: &str) -> Result<Vec<Vec<f64>>, Fault> {
    let row = |(at, wanted): (usize, &u32)| match usize::try_from(*wanted) {
        Ok(wanted) if wanted < count => Ok((0..count).map(|index| f64::from(u8::from(index == wanted))).collect()),
        _ => Err(Fault::invalid(format!("{pointer}/pick/{at}"), format!("the sound has {count} channels"))),
    };
    pick.iter().enumerate().map(row).collect()
}

fn fitting(matrix: &[Vec<f64>], count: usize, pointer: &str) -> Result<Vec<Vec<f64>>, Fault> {
    if matrix.len() > CHANNELS_MAX {
        return Err(Fault::limit(CHANNELS_MAX as u64, "channels"));
    }
    match matrix.iter().position(|row| row.len() != count || row.iter().any(|factor| factor.abs() > 1e3)) {
        Some(at) => {
            let message = format!("has {} factors: {count}, of at most 1,000, are wanted", matrix[at].len());
            Err(Fault::invalid(format!("{pointer}/matrix/{at}"), message))
        }
        None => Ok(matrix.to_vec()),
    }
}

impl Effect for ChannelsEffect {
    fn form(&self, before: Form) -> Form {
        Form { channels: self.matrix.len(), ..before }
    }

    fn apply(&mut self, rows: &mut Rows) -> Result<(), Fault> {
        std::mem::swap(&mut self.before, rows);
        crate::sound::silence(rows, self.matrix.len(), frames(&self.before));
        for (row, factors) in rows.iter_mut().zip(&self.matrix) {
            for (before, factor) in self.before.iter().zip(factors).filter(|(_, factor)| **factor != 0.0) {
                row.iter_mut().zip(before).for_each(|(sample, before)| *sample += factor * before);
            }
        }
        Ok(())
    }
}
