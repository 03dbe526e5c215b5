//! What a file is, by its first bytes.

use std::thread;

use bytes::Bytes;

use crate::params::{Compression, Format};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// How these bytes are compressed, as far as they tell.
pub(crate) fn compression(bytes: &[u8]) -> Compression {
    match bytes {
        [0x1f, 0x8b, ..] => Compression::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Compression::Zstd,
        _ => Compression::None,
    }
}

/// The form of these bytes; what is nothing else is CSV, or TSV where its first line has more tabs than commas.
pub(crate) fn format(bytes: &[u8]) -> Format {
    if bytes.starts_with(b"PAR1") {
        return Format::Parquet;
    }
    if bytes.starts_with(b"ARROW1") {
        return Format::Arrow;
    }
    if bytes.starts_with(&[0xff; 4]) {
        return Format::ArrowStream;
    }
    match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'[') => Format::Json,
        Some(b'{') => Format::Ndjson,
        _ if delimiter(bytes) == b'\t' => Format::Tsv,
        _ => Format::Csv,
    }
}

/// Which of the usual delimiters the first line has most of; a comma where it has none.
pub(crate) fn delimiter(bytes: &[u8]) -> u8 {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |wanted: u8| outside_quotes(line).filter(|byte| *byte == wanted).count();
    // Where two are as many, the first of them.
    [b',', b'\t', b';', b'|'].into_iter().rev().max_by_key(|one| count(*one)).unwrap_or(b',')
}

/// How many columns the first line of a CSV file has.
pub(crate) fn columns(text: &[u8], delimiter: u8) -> usize {
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    1 + outside_quotes(line).filter(|byte| *byte == delimiter).count()
}

fn outside_quotes(line: &[u8]) -> impl Iterator<Item = u8> {
    let mut within = false;
    line.iter().copied().filter(move |byte| {
        within ^= *byte == b'"';
        !within
    })
}

/// Without the mark that some programs begin a text with.
pub(crate) fn without_mark(text: Bytes) -> Bytes {
    if text.starts_with(BYTE_ORDER_MARK) { text.slice(BYTE_ORDER_MARK.len()..) } else { text }
}

/// A part of a text shorter than this is not worth a thread.
const PART_LEN_MIN: usize = 4 << 20;

/// Whether a CSV file has a line break within quotes, so that it cannot be read from the middle. Looks at all of it, with so
/// many threads.
pub(crate) fn breaks_within_quotes(text: &[u8], threads: usize) -> bool {
    let part_len = text.len().div_ceil(threads.max(1)).max(PART_LEN_MIN);
    let parts: Vec<Quotes> = thread::scope(|scope| {
        let mut parts = text.chunks(part_len);
        let first = parts.next().unwrap_or_default();
        let others: Vec<_> = parts.map(|part| (part, scope.spawn(|| Quotes::of(part)))).collect();
        let first = Quotes::of(first);
        // Looking has nothing to break off by; were it to, the part is looked at again here.
        let others = others.into_iter().map(|(part, look)| look.join().unwrap_or_else(|_| Quotes::of(part)));
        std::iter::once(first).chain(others).collect()
    });
    let mut within = 0;
    parts.into_iter().any(|part| {
        let breaks = part.breaks[1 - within];
        within ^= part.parity;
        breaks
    })
}

/// What a part of a text says without what is before it.
#[derive(Debug, Default, Clone, Copy)]
struct Quotes {
    /// Whether there is a line break after an even number of the part's quotes, and after an odd one.
    breaks: [bool; 2],
    /// Whether there is an odd number of quotes.
    parity: usize,
}

impl Quotes {
    fn of(mut part: &[u8]) -> Self {
        let mut found = Self::default();
        loop {
            let next = memchr::memchr(b'"', part);
            let until = next.unwrap_or(part.len());
            if !found.breaks[found.parity] {
                found.breaks[found.parity] = memchr::memchr(b'\n', &part[..until]).is_some();
            }
            let Some(next) = next else { return found };
            found.parity ^= 1;
            part = &part[next + 1..];
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_file_is_shows_in_its_first_bytes() {
        assert_eq!(format(b"PAR1..."), Format::Parquet);
        assert_eq!(format(b"ARROW1\0\0"), Format::Arrow);
        assert_eq!(format(&[0xff, 0xff, 0xff, 0xff, 1]), Format::ArrowStream);
        assert_eq!(format(b" \n[{}]"), Format::Json);
        assert_eq!(format(b"{\"a\":1}"), Format::Ndjson);
        assert_eq!(format(b"a\tb,c\td\n"), Format::Tsv);
        assert_eq!(format(b"a,b\n"), Format::Csv);
        assert_eq!(format(b""), Format::Csv);
        assert_eq!(compression(&[0x1f, 0x8b, 8]), Compression::Gzip);
        assert_eq!(compression(b"a,b"), Compression::None);
    }

    #[test]
    fn the_delimiter_is_what_the_first_line_has_most_of() {
        assert_eq!(delimiter(b"a;b;c\n1,2,3,4,5"), b';');
        assert_eq!(delimiter(b"\"a,b,c\"|d|e\n"), b'|');
        assert_eq!(delimiter(b"alone\n"), b',');
    }

    #[test]
    fn a_line_break_within_quotes_is_found() {
        assert!(breaks_within_quotes(b"a,b\n1,\"two\nlines\"\n", 1));
        assert!(!breaks_within_quotes(b"a,b\n1,\"one \"\" line\"\n2,\"x\"\n", 1));
    }

    #[test]
    fn a_line_break_within_quotes_is_found_wherever_parts_begin() {
        let mut text = b"1,\"a \"\" b\"\n".repeat(PART_LEN_MIN / 4);
        assert!(text.len() > 2 * PART_LEN_MIN && !breaks_within_quotes(&text, 3));
        for at in [0, PART_LEN_MIN - 1, PART_LEN_MIN, PART_LEN_MIN + 1, text.len() - 12] {
            // The next letter, which is within quotes.
            let at = at + text[at..].iter().position(u8::is_ascii_alphabetic).unwrap();
            let before = std::mem::replace(&mut text[at], b'\n');
            assert!(breaks_within_quotes(&text, 3), "at {at}");
            text[at] = before;
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_something(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = (format(&bytes), compression(&bytes), delimiter(&bytes));
        }

        #[test]
        fn parts_say_of_quotes_what_the_whole_says(text in "[\"\nab]{0,40}", cut in 0..40_usize) {
            let text = text.as_bytes();
            let mut within = false;
            let plain = text.iter().any(|byte| {
                within ^= *byte == b'"';
                within && *byte == b'\n'
            });
            prop_assert_eq!(breaks_within_quotes(text, 1), plain);
            let (one, two) = text.split_at(cut.min(text.len()));
            let (one, two) = (Quotes::of(one), Quotes::of(two));
            prop_assert_eq!(one.breaks[1] || two.breaks[1 - one.parity], plain);
        }
    }
}
