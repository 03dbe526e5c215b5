//! Birds sorted by the cell that they are in, so that those near each other lie side by side: a counting sort, which keeps
//! the order that they had. What it gives does not depend on the number of threads.

use crate::flock::{Birds, on_another};
use crate::forces::Minds;
use crate::near::LANES;
use crate::rules::Rules;

/// A copy of the birds in the order of their cells. The lists of numbers go on for a block of lanes behind the last bird.
pub(crate) struct Sorted {
    pub(crate) place: [Vec<f32>; 3],
    pub(crate) speed: [Vec<f32>; 3],
    /// What kind each is, where there are several.
    pub(crate) kind: Vec<f32>,
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
    speed: [&'a mut [f32]; 3],
    id: &'a mut [u32],
}

impl Sorted {
    /// Room for so many birds in so many cells.
    pub(crate) fn with(count: usize, cells: usize, mixed: bool) -> Self {
        let zeros = || std::array::from_fn(|_| vec![0.0; count + LANES]);
        Self {
            place: zeros(),
            speed: zeros(),
            kind: vec![0.0; if mixed { count + LANES } else { 0 }],
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
        for (kind, id) in self.kind.iter_mut().zip(&self.id) {
            *kind = minds.of_bird(*id).kind;
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
        let Self { place: [x, y, z], speed: [u, v, w], id, order, .. } = self;
        let mut rest = Share { place: [x, y, z], speed: [u, v, w], id };
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
        Self { place: Default::default(), speed: Default::default(), id: Default::default() }
    }

    /// The first so many birds, and the others.
    fn split(self, count: usize) -> (Self, Self) {
        let Self { place: [x, y, z], speed: [u, v, w], id } = self;
        let (x, y, z) = (x.split_at_mut(count), y.split_at_mut(count), z.split_at_mut(count));
        let (u, v, w) = (u.split_at_mut(count), v.split_at_mut(count), w.split_at_mut(count));
        let id = id.split_at_mut(count);
        (
            Self { place: [x.0, y.0, z.0], speed: [u.0, v.0, w.0], id: id.0 },
            Self { place: [x.1, y.1, z.1], speed: [u.1, v.1, w.1], id: id.1 },
        )
    }

    /// One pass over all lists: birds move little in a step, so that they are read nearly in the order that they lie in.
    fn copy(self, birds: &Birds, order: &[u32]) {
        let Birds { place: [from_x, from_y, from_z], speed: [from_u, from_v, from_w], id: from_id, .. } = birds;
        let Self { place: [x, y, z], speed: [u, v, w], id } = self;
        let places = x.iter_mut().zip(y).zip(z);
        let speeds = u.iter_mut().zip(v).zip(w);
        for ((((x, y), z), ((u, v), w)), (id, index)) in places.zip(speeds).zip(id.iter_mut().zip(order)) {
            let index = *index as usize;
            (*x, *y, *z) = (from_x[index], from_y[index], from_z[index]);
            (*u, *v, *w) = (from_u[index], from_v[index], from_w[index]);
            *id = from_id[index];
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
