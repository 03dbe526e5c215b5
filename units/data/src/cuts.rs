//! Where CSV files may be cut so that several threads read them: where a line begins, which a line break within quotes does
//! not tell. What is after the last cut is never looked at.

use std::thread;

/// A part of a text shorter than this is not worth a thread.
const PART_LEN_MIN: usize = 4 << 20;
/// Files that are shorter than this together are read by one thread.
const TEXT_LEN_MIN: usize = 10 << 20;

/// How quotes and fields are told apart.
#[derive(Debug, Clone, Copy)]
struct Fields {
    delimiter: u8,
}

/// Places at which lines of these files begin, so that what lies between makes about equal parts for so many threads; none
/// in a file whose quotes are ambiguous.
pub(crate) fn cuts(files: &[&[u8]], delimiter: u8, threads: usize) -> Vec<Vec<usize>> {
    let all: usize = files.iter().map(|file| file.len()).sum();
    if threads < 2 || all < TEXT_LEN_MIN {
        return vec![Vec::new(); files.len()];
    }
    let part_len = all.div_ceil(threads);
    let mut before = 0;
    let of_file = |file: &&[u8]| {
        let aims = (1..threads).map(|part| part * part_len).filter_map(|aim| aim.checked_sub(before));
        let aims: Vec<usize> = aims.filter(|aim| (1..file.len()).contains(aim)).collect();
        before += file.len();
        Fields { delimiter }.cuts(file, &aims, threads)
    };
    files.iter().map(of_file).collect()
}

impl Fields {
    /// The first beginning of a line at or after each of these places.
    fn cuts(self, text: &[u8], aims: &[usize], threads: usize) -> Vec<usize> {
        let (mut cuts, mut from, mut within) = (Vec::with_capacity(aims.len()), 0, false);
        for aim in aims {
            if cuts.last().is_some_and(|cut| cut >= aim) {
                continue;
            }
            let quotes = self.quotes(text, from..*aim, threads);
            if quotes.ambiguous[usize::from(within)] {
                return Vec::new();
            }
            within ^= quotes.odd;
            match self.line_end(text, *aim, within) {
                Ok(Some(cut)) => {
                    cuts.push(cut);
                    (from, within) = (cut, false);
                }
                Ok(None) => return cuts,
                Err(Ambiguous) => return Vec::new(),
            }
        }
        cuts
    }

    /// What the quotes in a part of a text say, looked at by so many threads.
    fn quotes(self, text: &[u8], part: std::ops::Range<usize>, threads: usize) -> Quotes {
        let step = part.len().div_ceil(threads).max(PART_LEN_MIN);
        let mut parts = part.clone().step_by(step).map(|from| from..part.end.min(from + step));
        let Some(first) = parts.next() else { return Quotes::default() };
        thread::scope(|scope| {
            let others: Vec<_> =
                parts.map(|part| (part.clone(), scope.spawn(move || self.quotes_of(text, part)))).collect();
            let first = self.quotes_of(text, first);
            // Looking has nothing to break off by; were it to, the part is looked at again here.
            let others =
                others.into_iter().map(|(part, look)| look.join().unwrap_or_else(|_| self.quotes_of(text, part)));
            others.fold(first, Quotes::then)
        })
    }

    fn quotes_of(self, text: &[u8], part: std::ops::Range<usize>) -> Quotes {
        let mut quotes = Quotes::default();
        for at in memchr::memchr_iter(b'"', &text[part.clone()]) {
            // It opens a field if there were as many openings as closings before.
            quotes.ambiguous[usize::from(quotes.odd)] |= !self.may_open(text, part.start + at);
            quotes.odd ^= true;
        }
        quotes
    }

    /// Whether a quote can open a field: where one begins, or as the second of two that stand for one.
    fn may_open(self, text: &[u8], at: usize) -> bool {
        at.checked_sub(1)
            .is_none_or(|before| text[before] == self.delimiter || matches!(text[before], b'\n' | b'\r' | b'"'))
    }

    /// Where the line ends that a place is in, which may be within quotes; nothing where the text ends before.
    fn line_end(self, text: &[u8], aim: usize, mut within: bool) -> Result<Option<usize>, Ambiguous> {
        for at in memchr::memchr2_iter(b'"', b'\n', &text[aim..]).map(|at| aim + at) {
            if text[at] == b'"' {
                if !within && !self.may_open(text, at) {
                    return Err(Ambiguous);
                }
                within = !within;
            } else if !within {
                return Ok(Some(at + 1).filter(|next| *next < text.len()));
            }
        }
        Ok(None)
    }
}

/// A quote in the middle of a field, which one reader takes as it is and another as an opening.
struct Ambiguous;

/// What the quotes of a part of a text say without what is before it.
#[derive(Debug, Default, Clone, Copy)]
struct Quotes {
    /// Whether a quote would open a field in its middle, where the part begins outside of quotes, and where within.
    ambiguous: [bool; 2],
    /// Whether there is an odd number of them.
    odd: bool,
}

impl Quotes {
    /// This part and the next one.
    fn then(self, next: Self) -> Self {
        let ambiguous = [0, 1].map(|within| self.ambiguous[within] || next.ambiguous[within ^ usize::from(self.odd)]);
        Self { ambiguous, odd: self.odd ^ next.odd }
    }
}

#[cfg(test)]
mod tests {
    use arrow::{
        array::RecordBatch,
        csv::ReaderBuilder,
        datatypes::{DataType, Field, Schema},
    };
    use proptest::prelude::*;
    use std::{io::Cursor, sync::Arc};

    use super::*;

    const COMMAS: Fields = Fields { delimiter: b',' };

    #[test]
    fn a_file_is_cut_where_a_line_begins_and_not_within_quotes() {
        let text = b"1,\"two\nlines\"\n2,\"x\"\n3,y\n";
        assert_eq!(COMMAS.cuts(text, &[4], 1), [14]);
        assert_eq!(COMMAS.cuts(text, &[4, 8, 14, 15], 1), [14, 20]);
        assert_eq!(COMMAS.cuts(text, &[20], 1), Vec::<usize>::new(), "nothing is left after the last line");
    }

    #[test]
    fn a_file_with_a_quote_in_the_middle_of_a_field_is_not_cut() {
        assert_eq!(COMMAS.cuts(b"5\" wide,x\n1,\"a\nb\"\n2,c\n", &[10], 1), Vec::<usize>::new());
        assert_eq!(COMMAS.cuts(b"1,x\n5\" wide,x\n1,c\n2,c\n", &[5], 1), Vec::<usize>::new());
        assert_eq!(COMMAS.cuts(b"1,x\n5,\"a \"\"b\"\"\",x\n1,c\n2,c\n", &[9], 1), [18]);
    }

    #[test]
    fn parts_are_about_equal_over_all_files() {
        let line = b"1,\"a \"\" b\n c\"\n";
        let (one, two) = (line.repeat(600_000), line.repeat(200_000));
        let found = cuts(&[&one, &two], b',', 4);
        let part = (one.len() + two.len()) / 4;
        assert_eq!((found[0].len(), found[1].len()), (2, 0), "the third lies where the second file begins");
        assert!(
            found[0].iter().zip(1..).all(|(cut, at)| cut % line.len() == 0 && cut.abs_diff(at * part) <= line.len())
        );
        assert_eq!(cuts(&[&one], b',', 1), [Vec::<usize>::new()]);
        assert_eq!(cuts(&[&line[..]], b',', 8), [Vec::<usize>::new()]);
    }

    fn rows(text: &[u8]) -> Option<Vec<RecordBatch>> {
        let fields = ["a", "b"].map(|name| Field::new(name, DataType::Utf8, true));
        let schema = Arc::new(Schema::new(fields.to_vec()));
        let reader = ReaderBuilder::new(schema).with_batch_size(1).build(Cursor::new(text)).unwrap();
        reader.collect::<Result<_, _>>().ok()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

        /// Whatever the reader makes of a text, it makes of the parts.
        #[test]
        fn parts_have_the_rows_of_the_whole(
            lines in prop::collection::vec("([ab\"]{0,3}|\"[ab,\n]{0,3}(\"\")?\"),([ab\"]{0,3}|\"[ab,\n]{0,3}\")", 1..8),
            aim in 1..40_usize,
            middle in 0..40_usize,
        ) {
            let text = lines.join("\n");
            let (text, aim) = (text.as_bytes(), aim.min(text.len()));
            let middle = middle.min(aim);
            let halves = COMMAS.quotes_of(text, 0..middle).then(COMMAS.quotes_of(text, middle..aim));
            let whole = COMMAS.quotes_of(text, 0..aim);
            prop_assert_eq!((halves.odd, halves.ambiguous), (whole.odd, whole.ambiguous));
            let found = COMMAS.cuts(text, &[aim], 1);
            if let ([cut], Some(whole)) = (&found[..], rows(text)) {
                let (one, two) = text.split_at(*cut);
                let parts = rows(one).zip(rows(two)).map(|(one, two)| [one, two].concat());
                prop_assert_eq!(parts, Some(whole));
            }
        }
    }
}
