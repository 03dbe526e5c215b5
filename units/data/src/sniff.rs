//! What a file is, by its first bytes.

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

    proptest! {
        #[test]
        fn any_bytes_are_something(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = (format(&bytes), compression(&bytes), delimiter(&bytes));
        }
    }
}
