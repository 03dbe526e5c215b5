//! Patterns of cells as people exchange them: run length encoding, `bob$2bo$3o!` for a glider. Reads it and nothing else.

/// A pattern: the places of its living cells, and how far they reach.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Pattern {
    /// Column and row of each.
    pub(crate) cells: Vec<(u32, u32)>,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// Reads a pattern that reaches no further than `max` in both directions; what is wrong with it otherwise.
///
/// Lines that begin with `#`, and a head such as `x = 3, y = 3`, are passed over; whatever follows the `!` is, too.
pub(crate) fn read(text: &str, max: u32) -> Result<Pattern, String> {
    let (mut pattern, mut x, mut y, mut count) = (Pattern::default(), 0_u32, 0_u32, None::<u32>);
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.trim_start().starts_with("x =")) {
        for letter in line.chars().filter(|letter| !letter.is_whitespace()) {
            if let Some(digit) = letter.to_digit(10) {
                count = Some(count.unwrap_or(0).saturating_mul(10).saturating_add(digit));
                continue;
            }
            let run = count.take().unwrap_or(1);
            match letter {
                'b' | '.' => x = x.saturating_add(run),
                'o' | 'A' => {
                    if x.saturating_add(run) > max || y >= max {
                        return Err(format!("it reaches further than {max} cells"));
                    }
                    pattern.cells.extend((x..x + run).map(|column| (column, y)));
                    x += run;
                    (pattern.width, pattern.height) = (pattern.width.max(x), pattern.height.max(y + 1));
                }
                '$' => (x, y) = (0, y.saturating_add(run)),
                '!' => return Ok(pattern),
                other => return Err(format!("{other:?} is neither a number nor one of b, o, $ and !")),
            }
        }
    }
    Ok(pattern)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The plainest way to write it.
    fn written(cells: &[(u32, u32)]) -> String {
        let (mut text, mut x, mut y) = (String::new(), 0, 0);
        for (column, row) in cells {
            if *row > y {
                text.push_str(&format!("{}$", row - y));
                (x, y) = (0, *row);
            }
            if *column > x {
                text.push_str(&format!("{}b", column - x));
            }
            text.push('o');
            x = column + 1;
        }
        text + "!"
    }

    #[test]
    fn a_pattern_is_read_as_people_write_it() {
        let glider = [(1, 0), (2, 1), (0, 2), (1, 2), (2, 2)];
        for text in ["bo$2bo$3o!", "#C a glider\nx = 3, y = 3, rule = B3/S23\nbob$2bo\n$3o!", ".A$..A$AAA! and so on"] {
            let pattern = read(text, 10).unwrap();
            assert_eq!((&pattern.cells[..], pattern.width, pattern.height), (&glider[..], 3, 3), "{text}");
        }
        assert_eq!(read("", 10), Ok(Pattern::default()));
        for bad in ["11o!", "10$o!", "99999999999999999999o!", "hello", "-1o!"] {
            assert!(read(bad, 10).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_within_its_bounds(text in ".{0,200}", max in 0..100_u32) {
            if let Ok(pattern) = read(&text, max) {
                prop_assert!(pattern.width <= max && pattern.height <= max);
                prop_assert!(pattern.cells.iter().all(|(x, y)| *x < pattern.width && *y < pattern.height));
            }
        }

        #[test]
        fn what_is_written_is_read(cells in prop::collection::btree_set((0..40_u32, 0..40_u32), 0..200)) {
            let mut cells: Vec<_> = cells.into_iter().collect();
            cells.sort_by_key(|(x, y)| (*y, *x));
            prop_assert_eq!(read(&written(&cells), 40).unwrap().cells, cells);
        }
    }
}
