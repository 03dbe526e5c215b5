//! Birds sorted by the cell that they are in, so that those near each other lie side by side: a counting sort, which keeps
//! the order that they had. What it gives does not depend on the number of threads.

use glam::Vec4;

use crate::flock::{Birds, on_another};
use crate::forces::Minds;
use crate::near::LANES;
use crate::rules::Rules;

/// All of a bird that others see.
#[derive(Clone, Copy, Default)]
pub(crate) struct Bird {
    /// Where it is, and a one to count it by.
    pub(crate) place: Vec4,
    /// How it flies, and its kind where there are several.
    pub(crate) speed: Vec4,
}

/// A copy of the birds in the order of their cells. The lists of places go on for a register behind the last bird.
pub(crate) struct Sorted {
    pub(crate) place: [Vec<f32>; 3],
    pub(crate) bird: Vec<Bird>,
    /// Whose place and speed it is.
    pub(crate) id: Vec<u32>,
    /// Where the birds of each cell begin, and the end of the last.
    pub(crate) start: Vec<u32>,
    cell: Vec<u32>,
    order: Vec<u32>,
}

/// What one thread copies to: some birds in a row.
struct Share<'a> {
    place: [&'a mut [f32]; 3],
    bird: &'a mut [Bird],
    id: &'a mut [u32],
}

impl Sorted {
    /// Room for so many birds in so many cells.
    pub(crate) fn with(count: usize, cells: usize) -> Self {
        Self {
            place: std::array::from_fn(|_| vec![0.0; count + LANES]),
            bird: vec![Bird::default(); count],
            id: vec![0; count],
            start: vec![0; cells + 1],
            cell: vec![0; count],
            order: vec![0; count],
        }
    }

    /// Takes over all birds.
    pub(crate) fn sort(&mut self, birds: &Birds, rules: &Rules, minds: &Minds, threads: usize) {
        let cells = rules.cells();
        let share = birds.id.len().div_ceil(threads).max(1);
        let by_cell = cells as f32 / rules.side;
        std::thread::scope(|scope| {
            for (index, cell) in self.cell.chunks_mut(share).enumerate() {
                let begin = index * share;
                let places: [&[f32]; 3] = std::array::from_fn(|axis| &birds.place[axis][begin..begin + cell.len()]);
                on_another(scope, threads, move || cells_of(places, by_cell, cells, cell));
            }
        });
        self.arrange();
        self.copy(birds, threads, share);
        if minds.mixed {
            for (bird, id) in self.bird.iter_mut().zip(&self.id) {
                bird.speed.w = minds.of_bird(*id).kind;
            }
        }
    }

    /// Works out the order of birds from their cells.
    fn arrange(&mut self) {
        self.start.fill(0);
        for cell in &self.cell {
            self.start[*cell as usize + 1] += 1;
        }
        let mut sum = 0;
        for start in &mut self.start {
            sum += *start;
            *start = sum;
        }
        // The starts serve as the places to put to, and have then moved on by one cell.
        for (index, cell) in self.cell.iter().enumerate() {
            let at = &mut self.start[*cell as usize];
            self.order[*at as usize] = index as u32;
            *at += 1;
        }
        let last = self.start.len() - 1;
        self.start.copy_within(..last, 1);
        self.start[0] = 0;
    }

    fn copy(&mut self, birds: &Birds, threads: usize, share: usize) {
        let Self { place: [x, y, z], bird, id, order, .. } = self;
        let mut rest = Share { place: [x, y, z], bird, id };
        std::thread::scope(|scope| {
            for order in order.chunks(share) {
                let (own, others) = std::mem::replace(&mut rest, Share::none()).split(order.len());
                rest = others;
                on_another(scope, threads, move || own.copy(birds, order));
            }
        });
    }
}

impl<'a> Share<'a> {
    fn none() -> Self {
        Self { place: Default::default(), bird: Default::default(), id: Default::default() }
    }

    /// The first so many birds, and the others.
    fn split(self, count: usize) -> (Self, Self) {
        let Self { place: [x, y, z], bird, id } = self;
        let (x, y, z) = (x.split_at_mut(count), y.split_at_mut(count), z.split_at_mut(count));
        let (bird, id) = (bird.split_at_mut(count), id.split_at_mut(count));
        (
            Self { place: [x.0, y.0, z.0], bird: bird.0, id: id.0 },
            Self { place: [x.1, y.1, z.1], bird: bird.1, id: id.1 },
        )
    }

    /// One pass over all lists: birds move little in a step, so that they are read nearly in the order that they lie in.
    fn copy(self, birds: &Birds, order: &[u32]) {
        let Birds { place: [xs, ys, zs], speed: [us, vs, ws], id: ids, .. } = birds;
        let Self { place: [x, y, z], bird, id } = self;
        let places = x.iter_mut().zip(y).zip(z);
        for ((((x, y), z), bird), (id, index)) in places.zip(bird).zip(id.iter_mut().zip(order)) {
            let index = *index as usize;
            (*x, *y, *z) = (xs[index], ys[index], zs[index]);
            let (place, speed) = (Vec4::new(*x, *y, *z, 1.0), Vec4::new(us[index], vs[index], ws[index], 0.0));
            *bird = Bird { place, speed };
            *id = ids[index];
        }
    }
}

fn cells_of(places: [&[f32]; 3], by_cell: f32, cells: usize, into: &mut [u32]) {
    let cell_of = |place: f32| ((place * by_cell) as u32).min(cells as u32 - 1);
    let cells = cells as u32;
    let [xs, ys, zs] = places;
    for (((x, y), z), into) in xs.iter().zip(ys).zip(zs).zip(into) {
        *into = (cell_of(*z) * cells + cell_of(*y)) * cells + cell_of(*x);
    }
}
