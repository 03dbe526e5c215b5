//! `life`: a cellular automaton as a session. The region is the board, one byte for each cell, so that whoever writes a
//! byte draws into it. The same board, rule and edge give the same next board.

use inos_unit::{Call, Fault, Host, Method, Pace, Stage, schema_of, session_method};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::rle;

/// The region that is stepped where nobody names one.
const REGION: &str = "life";
/// The longest side of a board, in cells.
const SIDE_MAX: u32 = 4096;
/// Cells between two looks at the host: about a millisecond.
const CELLS_PER_LOOK: usize = 1 << 19;

/// Parameters of `life`.
#[derive(Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("additionalProperties" = false))]
struct Params {
    /// How many columns the board has.
    #[schemars(range(min = 1, max = 4096), example = 128)]
    width: u32,
    /// How many rows.
    #[schemars(range(min = 1, max = 4096), example = 128)]
    height: u32,
    /// Whether the board's edges touch: then a glider that leaves on one side comes in on the other. Otherwise everything
    /// beyond is dead.
    #[schemars(example = true)]
    wrap: bool,
    /// With how many living neighbours a cell is born and survives.
    #[schemars(length(max = 32), regex(pattern = "^[Bb][0-8]*/[Ss][0-8]*$"), example = &"B36/S23")]
    rule: String,
    /// The same seed gives the same beginning.
    #[schemars(range(min = 0, max = 9_007_199_254_740_991_u64), example = 42)]
    seed: u64,
    /// How many of all cells are alive at the beginning, where there is no pattern.
    #[schemars(range(min = 0.0, max = 1.0), example = 0.3)]
    density: f64,
    /// What is alive at the beginning, in the middle of the board, as run length encoding: `bob$2bo$3o!` is a glider.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(max = 65_536), example = &"bob$2bo$3o!")]
    pattern: Option<String>,
    #[serde(flatten)]
    pace: Pace,
}

impl Default for Params {
    fn default() -> Self {
        let (rule, pace) = ("B3/S23".into(), Pace::default());
        Self { width: 64, height: 64, wrap: true, rule, seed: 0, density: 0.3, pattern: None, pace }
    }
}

/// What becomes of a cell: for a dead and for a living one, with 0 to 8 living neighbours.
type Rule = [[u8; 9]; 2];

struct Life {
    width: usize,
    height: usize,
    wrap: bool,
    rule: Rule,
    /// The rule as it was asked for.
    named: String,
    first: Vec<u8>,
}

pub(crate) fn method() -> Method {
    let summary = "A session: a board of cells that are born and die by a rule, as one byte each in a region.";
    session_method("life", summary, REGION, schema_of::<Params>())
}

pub(crate) fn run(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let params: Params = call.read_params()?;
    let mut life = Life::of(&params)?;
    params.pace.play(call, host, &mut life)
}

impl Life {
    fn of(params: &Params) -> Result<Self, Fault> {
        let Params { width, height, wrap, rule, seed, density, pattern, pace: _ } = params;
        if ![width, height].into_iter().all(|side| (1..=SIDE_MAX).contains(side)) {
            return Err(Fault::invalid("/params/width", format!("a board has 1 to {SIDE_MAX} columns and rows")));
        }
        let first = match pattern {
            Some(text) => drawn(text, *width, *height)?,
            None => scattered(*seed, *density, *width as usize * *height as usize),
        };
        let (named, rule) = (rule.to_ascii_uppercase(), read_rule(rule)?);
        Ok(Self { width: *width as usize, height: *height as usize, wrap: *wrap, rule, named, first })
    }

    /// The next board.
    fn step(&self, held: &[u8], next: &mut Vec<u8>, host: &dyn Host) -> Result<(), Fault> {
        next.resize(held.len(), 0);
        let (mut above, mut here, mut below) = (self.padded(), self.padded(), self.padded());
        let mut sums = self.padded();
        self.row_into(held, self.row_above(0), &mut above);
        self.row_into(held, Some(0), &mut here);
        for (row, into) in next.chunks_exact_mut(self.width).enumerate() {
            if (row * self.width) % CELLS_PER_LOOK < self.width {
                host.check()?;
            }
            self.row_into(held, self.row_below(row), &mut below);
            for (((sum, above), here), below) in sums.iter_mut().zip(&above).zip(&here).zip(&below) {
                *sum = above + here + below;
            }
            let cells = &here[1..=self.width];
            for ((into, sums), cell) in into.iter_mut().zip(sums.windows(3)).zip(cells) {
                let neighbours = sums[0] + sums[1] + sums[2] - cell;
                *into = self.rule[usize::from(*cell)][usize::from(neighbours)];
            }
            std::mem::swap(&mut above, &mut here);
            std::mem::swap(&mut here, &mut below);
        }
        Ok(())
    }

    /// Room for a row and a cell more on both sides.
    fn padded(&self) -> Vec<u8> {
        vec![0; self.width + 2]
    }

    fn row_above(&self, row: usize) -> Option<usize> {
        if row == 0 { self.wrap.then(|| self.height - 1) } else { Some(row - 1) }
    }

    fn row_below(&self, row: usize) -> Option<usize> {
        if row + 1 == self.height { self.wrap.then_some(0) } else { Some(row + 1) }
    }

    /// A row as zeros and ones, with what lies beside it.
    fn row_into(&self, held: &[u8], row: Option<usize>, into: &mut [u8]) {
        let Some(row) = row else { return into.fill(0) };
        let from = &held[row * self.width..][..self.width];
        for (into, cell) in into[1..].iter_mut().zip(from) {
            *into = u8::from(*cell != 0);
        }
        let (left, right) = if self.wrap { (into[self.width], into[1]) } else { (0, 0) };
        (into[0], into[self.width + 1]) = (left, right);
    }
}

impl Stage for Life {
    fn region(&self) -> &'static str {
        REGION
    }

    fn record(&self) -> (String, u32) {
        let edge = if self.wrap { "wrap" } else { "dead" };
        let schema = format!("inos.life.v1 {}x{} {} {edge}", self.width, self.height, self.named);
        (schema, u32::try_from(self.width).unwrap_or(u32::MAX))
    }

    fn first(&mut self) -> Result<Vec<u8>, Fault> {
        Ok(std::mem::take(&mut self.first))
    }

    fn take_up(&mut self, held: &[u8]) -> bool {
        held.len() == self.width * self.height
    }

    fn show(&mut self, held: &[u8], next: &mut Vec<u8>, host: &dyn Host) -> Result<(), Fault> {
        let wanted = self.width * self.height;
        if held.len() != wanted {
            let message = format!("somebody else published {} bytes in place of a board of {wanted}", held.len());
            return Err(Fault::invalid("/params/region", message));
        }
        self.step(held, next, host)
    }
}

/// Reads `B3/S23`.
fn read_rule(text: &str) -> Result<Rule, Fault> {
    let wrong = || Fault::invalid("/params/rule", "expected such as B3/S23: digits 0 to 8 for births and survivals");
    let (born, survives) = text.split_once('/').ok_or_else(wrong)?;
    let mut rule = [[0; 9]; 2];
    for ((part, letter), row) in [(born, 'B'), (survives, 'S')].into_iter().zip(&mut rule) {
        let digits = part.strip_prefix([letter, letter.to_ascii_lowercase()]).ok_or_else(wrong)?;
        for digit in digits.chars() {
            let count = digit.to_digit(9).ok_or_else(wrong)?;
            row[count as usize] = 1;
        }
    }
    Ok(rule)
}

/// A board on which chance has it.
fn scattered(seed: u64, density: f64, cells: usize) -> Vec<u8> {
    let mut source = ChaCha8Rng::seed_from_u64(seed);
    let bound = (density.clamp(0.0, 1.0) * 4_294_967_296.0) as u64;
    (0..cells).map(|_| u8::from(u64::from(source.next_u32()) < bound)).collect()
}

/// A board with a pattern in its middle.
fn drawn(text: &str, width: u32, height: u32) -> Result<Vec<u8>, Fault> {
    let wrong = |message| Fault::invalid("/params/pattern", message);
    let pattern = rle::read(text, width.max(height)).map_err(wrong)?;
    if pattern.width > width || pattern.height > height {
        let size = format!("it is {} columns by {} rows, and the board is not", pattern.width, pattern.height);
        return Err(wrong(size));
    }
    let (left, top) = ((width - pattern.width) / 2, (height - pattern.height) / 2);
    let mut board = vec![0; width as usize * height as usize];
    for (x, y) in pattern.cells {
        board[(top + y) as usize * width as usize + (left + x) as usize] = 1;
    }
    Ok(board)
}

#[cfg(test)]
mod tests {
    use inos_unit::testing::{self, Quiet, Twin};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::Compute;

    fn life(width: u32, height: u32, wrap: bool, rule: &str, pattern: &str) -> (Life, Vec<u8>) {
        let params =
            Params { width, height, wrap, rule: rule.into(), pattern: Some(pattern.into()), ..Params::default() };
        let mut life = Life::of(&params).unwrap();
        let first = life.first().unwrap();
        (life, first)
    }

    fn after(life: &Life, mut board: Vec<u8>, steps: usize) -> Vec<u8> {
        let mut next = Vec::new();
        for _ in 0..steps {
            life.step(&board, &mut next, &Quiet::default()).unwrap();
            std::mem::swap(&mut board, &mut next);
        }
        board
    }

    fn moved(board: &[u8], width: usize, (x, y): (usize, usize)) -> Vec<u8> {
        let height = board.len() / width;
        let at = |index: usize| (index / width + height - y) % height * width + (index % width + width - x) % width;
        (0..board.len()).map(|index| board[at(index)]).collect()
    }

    #[test]
    fn known_patterns_do_what_they_are_known_for() {
        // Still lifes, oscillators with their periods, and a glider that crosses the edges.
        for (name, pattern, period, way) in [
            ("block", "2o$2o!", 1, (0, 0)),
            ("beehive", "b2o$o2bo$b2o!", 1, (0, 0)),
            ("loaf", "b2o$o2bo$bobo$2bo!", 1, (0, 0)),
            ("boat", "2o$obo$bo!", 1, (0, 0)),
            ("blinker", "3o!", 2, (0, 0)),
            ("toad", "b3o$3o!", 2, (0, 0)),
            (
                "pulsar",
                "2b3o3b3o2$o4bobo4bo$o4bobo4bo$o4bobo4bo$2b3o3b3o2$2b3o3b3o$o4bobo4bo$o4bobo4bo$o4bobo4bo2$2b3o3b3o!",
                3,
                (0, 0),
            ),
            ("pentadecathlon", "2bo4bo$2ob4ob2o$2bo4bo!", 15, (0, 0)),
            ("glider", "bob$2bo$3o!", 4, (1, 1)),
            ("lightweight spaceship", "bo2bo$o$o3bo$4o!", 4, (20 - 2, 0)),
        ] {
            let (life, first) = life(20, 20, true, "B3/S23", pattern);
            assert_eq!(after(&life, first.clone(), period), moved(&first, 20, way), "{name}");
            let half = period / 2;
            assert!(half == 0 || after(&life, first.clone(), half) != first, "{name}");
        }
    }

    #[test]
    fn the_r_pentomino_comes_to_rest_with_116_cells() {
        let (life, first) = life(720, 720, false, "B3/S23", "b2o$2o$bo!");
        let board = after(&life, first, 1103);
        assert_eq!(board.iter().filter(|cell| **cell == 1).count(), 116);
    }

    #[test]
    fn rules_and_patterns_that_are_none_are_refused() {
        for rule in ["", "B3", "3/23", "B3/S29", "S23/B3", "B3/S2 3", "B3/S23/x"] {
            assert!(read_rule(rule).is_err(), "{rule}");
        }
        assert!(read_rule("b36/s23").is_ok() && read_rule("B/S").is_ok());
        for (pattern, width, height) in [("5o!", 4, 9), ("o$o$o!", 9, 2), ("nonsense", 9, 9)] {
            assert!(drawn(pattern, width, height).is_err(), "{pattern}");
        }
    }

    /// The same by the book: each cell looks at its eight neighbours.
    fn plainly(life: &Life, board: &[u8]) -> Vec<u8> {
        let (width, height) = (life.width as i64, life.height as i64);
        let alive = |x: i64, y: i64| match life.wrap {
            true => u8::from(board[(y.rem_euclid(height) * width + x.rem_euclid(width)) as usize] != 0),
            false if x < 0 || y < 0 || x >= width || y >= height => 0,
            false => u8::from(board[(y * width + x) as usize] != 0),
        };
        let around = [(-1, -1), (0, -1), (1, -1), (-1, 0), (1, 0), (-1, 1), (0, 1), (1, 1)];
        let cell = |index: i64| {
            let (x, y) = (index % width, index / width);
            let count: u8 = around.iter().map(|(dx, dy)| alive(x + dx, y + dy)).sum();
            life.rule[usize::from(alive(x, y))][usize::from(count)]
        };
        (0..width * height).map(cell).collect()
    }

    proptest! {
        #[test]
        fn every_board_steps_as_by_the_book(
            (width, height) in (1..20_u32, 1..20_u32),
            wrap: bool,
            rule in "B[0-8]{0,4}/S[0-8]{0,4}",
            seed: u32,
        ) {
            let (life, _) = life(width, height, wrap, &rule, "!");
            let board = scattered(seed.into(), 0.4, (width * height) as usize);
            prop_assert_eq!(after(&life, board.clone(), 1), plainly(&life, &board));
        }
    }

    fn play(twin: &Twin, params: Value) -> Result<Value, Fault> {
        let params = serde_json::from_value(params).unwrap();
        let outputs = testing::run(&Compute::new(), "life", params, &[], 1, twin)?;
        Ok(serde_json::from_slice(&outputs[0].1).unwrap())
    }

    #[test]
    fn the_same_seed_gives_the_same_boards_and_another_others() {
        let boards = |seed: u64| {
            let twin = Twin::default();
            play(&twin, json!({ "seed": seed, "steps": 20, "width": 40, "region": "board" })).unwrap();
            twin.regions.take().remove("board").unwrap()
        };
        assert_eq!(boards(7), boards(7));
        assert_ne!(boards(7), boards(8));
        assert_eq!(boards(7).len(), 21);
    }

    #[test]
    fn whoever_writes_a_byte_draws_into_the_board() {
        let draw = |twin: &Twin, beat: u64| {
            let mut board = vec![0; 25];
            [11, 12, 13].into_iter().for_each(|cell| board[cell] = 255);
            if beat == 3 {
                twin.put("life", &board);
            }
            Ok(())
        };
        let twin = Twin { between: Some(Box::new(draw)), ..Twin::default() };
        play(&twin, json!({ "width": 5, "height": 5, "density": 0.0, "steps": 3 })).unwrap();
        let mut upright = vec![0; 25];
        [7, 12, 17].into_iter().for_each(|cell| upright[cell] = 1);
        assert_eq!(twin.regions.borrow()["life"].last(), Some(&upright));
    }

    #[test]
    fn a_stop_between_two_steps_is_passed_on() {
        let stop = |_: &Twin, beat: u64| if beat == 5 { Err(Fault::Cancelled) } else { Ok(()) };
        let twin = Twin { between: Some(Box::new(stop)), ..Twin::default() };
        assert_eq!(play(&twin, json!({})), Err(Fault::Cancelled));
        assert_eq!(twin.regions.borrow()["life"].len(), 5, "the first board and four steps");
    }
}
