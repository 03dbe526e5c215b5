//! A room: eight lines of delay that feed each other through a matrix that keeps their energy, after Jean-Marc Jot and Antoine
//! Chaigne, "Digital delay networks for designing artificial reverberators" (1991). How long it sounds is exact by design.

use inos_unit::Fault;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::sound::{Effect, Form, Rows, silence};

/// How many lines of delay there are.
const LINES: usize = 8;
/// How long they are in a room of middle size, in seconds: no two have a period in common.
const TIMES_S: [f64; LINES] = [0.0297, 0.0371, 0.0411, 0.0437, 0.0503, 0.0571, 0.0617, 0.0677];
/// How many frames of a tail are made at a time.
const TAIL_FRAMES: usize = 4096;

/// Lets a sound stand in a room. It becomes longer by the time that the room sounds on.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reverb {
    /// How long it takes until the room is 60 dB softer, in seconds (RT60).
    #[serde(default = "rt60")]
    #[schemars(range(min = 0.05, max = 30.0), example = 1.8)]
    pub(crate) rt60_s: f64,
    /// How large the room is: 1 is a hall, 0.2 a chamber.
    #[serde(default = "one")]
    #[schemars(range(min = 0.1, max = 4.0), example = 1.0)]
    pub(crate) size: f64,
    /// How much faster high frequencies die: 0 as low ones, 1 at once.
    #[serde(default = "damping")]
    #[schemars(range(min = 0.0, max = 0.99), example = 0.3)]
    pub(crate) damping: f64,
    /// How long until the room answers, in seconds.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 0.5), example = 0.02)]
    pub(crate) pre_delay_s: f64,
    /// How much of the room is heard, from 0 to 1; the rest is the sound itself.
    #[serde(default = "mix")]
    #[schemars(range(min = 0.0, max = 1.0), example = 0.3)]
    pub(crate) mix: f64,
}

fn rt60() -> f64 {
    1.8
}

fn one() -> f64 {
    1.0
}

fn damping() -> f64 {
    0.3
}

fn mix() -> f64 {
    0.3
}

/// One line of delay.
struct Line {
    ring: Vec<f64>,
    at: usize,
    /// How much is left after one round.
    gain: f64,
    /// What the damping carries on.
    damped: f64,
}

impl Line {
    fn new(seconds: f64, form: Form, gain: f64) -> Self {
        // At most seconds, at the highest rate.
        let len = form.frames_at(seconds).max(1) as usize;
        Self { ring: vec![0.0; len], at: 0, gain, damped: 0.0 }
    }

    fn read(&self) -> f64 {
        self.ring[self.at]
    }

    fn write(&mut self, sample: f64) {
        // What has become too small to be heard is none: such numbers take a processor very long.
        self.ring[self.at] = if sample.abs() < 1e-30 { 0.0 } else { sample };
        self.at = if self.at + 1 == self.ring.len() { 0 } else { self.at + 1 };
    }
}

/// The room of each channel: the lines of every other channel are a little longer, so that no two sound alike.
pub(crate) struct ReverbEffect {
    rooms: Vec<Room>,
    mix: f64,
    left: u64,
}

struct Room {
    before: Line,
    lines: [Line; LINES],
    damping: f64,
}

impl Room {
    fn new(reverb: &Reverb, form: Form, channel: usize) -> Self {
        let spread = 1.0 + 0.007 * channel as f64;
        let line = |time: f64| {
            let seconds = time * reverb.size * spread;
            // After RT60 seconds a thousandth is left.
            Line::new(seconds, form, 10_f64.powf(-3.0 * seconds / reverb.rt60_s))
        };
        let before = Line::new(reverb.pre_delay_s, form, 1.0);
        Self { before, lines: TIMES_S.map(line), damping: reverb.damping }
    }

    /// What the room answers to one sample.
    fn answer(&mut self, sample: f64) -> f64 {
        let given = if self.before.ring.len() == 1 { sample } else { self.before.read() };
        self.before.write(sample);
        let mut heard = [0.0; LINES];
        for (heard, line) in heard.iter_mut().zip(&mut self.lines) {
            line.damped += (1.0 - self.damping) * (line.gain * line.read() - line.damped);
            *heard = line.damped;
        }
        // Householder's reflection keeps the energy of all lines together.
        let sum: f64 = heard.iter().sum();
        for (line, heard) in self.lines.iter_mut().zip(heard) {
            line.write(given + heard - sum * (2.0 / LINES as f64));
        }
        let signs = [1.0, -1.0, 1.0, -1.0, -1.0, 1.0, -1.0, 1.0];
        heard.iter().zip(signs).map(|(heard, sign)| heard * sign).sum::<f64>() / (LINES as f64).sqrt()
    }
}

impl ReverbEffect {
    pub(crate) fn new(reverb: &Reverb, form: Form) -> Self {
        let rooms = (0..form.channels).map(|channel| Room::new(reverb, form, channel)).collect();
        let left = if reverb.mix > 0.0 { form.frames_at(reverb.rt60_s + reverb.pre_delay_s) } else { 0 };
        Self { rooms, mix: reverb.mix, left }
    }
}

impl Effect for ReverbEffect {
    fn apply(&mut self, rows: &mut Rows) -> Result<(), Fault> {
        for (row, room) in rows.iter_mut().zip(&mut self.rooms) {
            for sample in row {
                *sample = (1.0 - self.mix) * *sample + self.mix * room.answer(*sample);
            }
        }
        Ok(())
    }

    fn tail(&mut self, rows: &mut Rows) -> Result<bool, Fault> {
        // At most the length of a block.
        let count = self.left.min(TAIL_FRAMES as u64) as usize;
        self.left -= count as u64;
        silence(rows, self.rooms.len(), count);
        self.apply(rows)?;
        Ok(count > 0)
    }
}
