//! Sounds at places: what reaches the two ears of a listener. A head is a sphere that delays and dulls (C. Phillip Brown and
//! Richard Duda, "A structural model for binaural sound synthesis", 1998), with the five echoes of their pinna; air takes what
//! ISO 9613-1 says; a source that moves is heard later and later, which is the Doppler effect itself.

mod air;
mod head;
mod hrir;
mod line;
mod scene;
mod source;
mod track;

use inos_unit::Fault;

use crate::chain::Flow;
use crate::sound::{Form, Rows, Sound, silence};
use crate::steps::Pieces;

use hrir::{BLOCK, Walk};
pub(crate) use hrir::{Head, Hrir};
use line::Between;
use scene::Stage;
pub(crate) use scene::{Scene, SourceParams};
use source::Source;

/// How many frames are made with one look at where everything is.
const STEP: usize = 32;
/// How many such steps make a block, which has whole ones of a measured head.
const STEPS: usize = 64;
/// The most bytes that all lines of delay take.
const LINES_BYTES_MAX: u64 = 96 << 20;

/// What reaches the ears, as a sound of two channels.
pub(crate) struct Spatial<'s> {
    form: Form,
    stage: Stage,
    between: Between,
    sources: Vec<(Pieces<Flow<'s>>, Source)>,
    /// A measured head, and what each source carries on before it.
    head: Option<(Head, Vec<Walk>)>,
    at: u64,
    /// How many frames are still under way once all sources have ended.
    under_way: u64,
}

impl<'s> Spatial<'s> {
    /// A scene whose sources are these sounds of one channel, all of one rate; with the measured head that it names.
    pub(crate) fn new(scene: &Scene, sounds: Vec<Flow<'s>>, head: Option<Head>, rate: u32) -> Result<Self, Fault> {
        let stage = Stage::new(scene, rate)?;
        let longest = stage.longest_delay();
        let bytes = (longest as u64 + 64).next_power_of_two() * 8 * sounds.len() as u64;
        if bytes > LINES_BYTES_MAX {
            let message = format!(
                "bytes for delays, of which {bytes} would be needed: fewer sources, or nearer ones, or without doppler"
            );
            return Err(Fault::limit(LINES_BYTES_MAX, message));
        }
        let under_way = longest as u64 + head.as_ref().map_or(0, |head| head.length as u64);
        let head = head.map(|head| {
            let walks = sounds.iter().map(|_| head.walk()).collect();
            (head, walks)
        });
        let sources = sounds.into_iter().map(|sound| (Pieces::new(sound), Source::new(longest))).collect();
        let form = Form { rate, channels: 2 };
        Ok(Self { form, stage, between: Between::new(), sources, head, at: 0, under_way })
    }

    /// The time at the end of a part of the next block, whose frames are counted from its beginning.
    fn time(&self, end: usize) -> f64 {
        (self.at + end as u64) as f64 / f64::from(self.form.rate)
    }

    /// Adds what is heard of a source.
    fn hear(&mut self, index: usize, heard: &[f64], rows: &mut Rows) -> Result<(), Fault> {
        let mut arrived = Rows::new();
        silence(&mut arrived, 1, heard.len());
        let is_measured = self.head.is_some();
        for (step, samples) in heard.chunks_exact(STEP).enumerate() {
            let from = step * STEP;
            // The end of the step: what lies between is a straight line.
            let paths = self.stage.paths(index, self.time(from + STEP));
            let into = if is_measured { &mut arrived } else { &mut *rows };
            self.sources[index].1.step(samples, paths, &self.between, into, from);
        }
        let times: Vec<f64> = (1..=heard.len() / BLOCK).map(|block| self.time(block * BLOCK)).collect();
        let Some((head, walks)) = &mut self.head else { return Ok(()) };
        for (block, (time, samples)) in times.iter().zip(arrived[0].chunks_exact(BLOCK)).enumerate() {
            let direction = self.stage.toward(index, *time).direction;
            head.hear(&mut walks[index], samples, direction, rows, block * BLOCK)?;
        }
        Ok(())
    }
}

impl Sound for Spatial<'_> {
    fn form(&self) -> Form {
        self.form
    }

    fn next(&mut self, rows: &mut Rows) -> Result<bool, Fault> {
        let whole = STEP * STEPS;
        let mut heard = vec![vec![0.0; whole]; self.sources.len()];
        let mut longest = 0;
        for ((pieces, _), heard) in self.sources.iter_mut().zip(&mut heard) {
            longest = longest.max(pieces.fill(heard)?);
        }
        let late = (whole - longest) as u64;
        // Silence is heard while something is under way.
        let count = longest + late.min(self.under_way) as usize;
        self.under_way -= late.min(self.under_way);
        silence(rows, 2, whole);
        for (index, heard) in heard.iter().enumerate() {
            self.hear(index, heard, rows)?;
        }
        self.at += whole as u64;
        rows.iter_mut().for_each(|row| row.truncate(count));
        Ok(count > 0)
    }
}
