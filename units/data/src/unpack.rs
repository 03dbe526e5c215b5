//! Files that are compressed as a whole, made plain, up to a limit.

use std::io::{self, Read};

use bytes::Bytes;
use inos_unit::{Fault, Host};

use crate::{params::Compression, sniff};

/// The most bytes that the compressed files of a job may have once they are plain.
pub(crate) const PLAIN_BYTES_MAX: u64 = 256 << 20;
/// How much is read between two looks at the host.
const SLICE_LEN: usize = 1 << 20;

/// The plain bytes of input number `index`; what is not compressed is passed on as it is. `left` is how many plain bytes
/// the job may still have.
pub(crate) fn unpack(
    packed: Bytes,
    compression: Compression,
    index: u32,
    left: &mut u64,
    host: &dyn Host,
) -> Result<Bytes, Fault> {
    let compression = if compression == Compression::Auto { sniff::compression(&packed) } else { compression };
    let broken = |error: io::Error| Fault::invalid(format!("/inputs/{index}"), format!("cannot be unpacked: {error}"));
    let reader: Box<dyn Read> = match compression {
        Compression::Auto | Compression::None => return Ok(packed),
        Compression::Gzip => Box::new(flate2::read::MultiGzDecoder::new(&packed[..])),
        Compression::Zstd => Box::new(zstd::Decoder::with_buffer(&packed[..]).map_err(broken)?),
        Compression::Brotli => Box::new(brotli_decompressor::Decompressor::new(&packed[..], SLICE_LEN)),
    };
    let (mut reader, mut plain) = (reader, Vec::new());
    loop {
        host.check()?;
        let before = plain.len() as u64;
        let slice = (SLICE_LEN as u64).min(*left + 1);
        (&mut reader).take(slice).read_to_end(&mut plain).map_err(broken)?;
        let came = plain.len() as u64 - before;
        if came == 0 {
            return Ok(plain.into());
        }
        let over = || Fault::limit(PLAIN_BYTES_MAX, "bytes that compressed inputs may unpack to");
        *left = left.checked_sub(came).ok_or_else(over)?;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use inos_unit::testing::Quiet;
    use proptest::prelude::*;

    use super::*;

    fn packed(plain: &[u8]) -> Vec<u8> {
        let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        to.write_all(plain).unwrap();
        to.finish().unwrap()
    }

    fn plain(packed: Vec<u8>, compression: Compression, mut left: u64) -> Result<Bytes, Fault> {
        unpack(packed.into(), compression, 3, &mut left, &Quiet::default())
    }

    #[test]
    fn what_was_packed_comes_back() {
        let text: Vec<u8> = (0..3_000_000).map(|at: u32| (at % 251) as u8).collect();
        assert_eq!(plain(packed(&text), Compression::Auto, PLAIN_BYTES_MAX).unwrap(), text);
        let zst = zstd::encode_all(&text[..], 1).unwrap();
        assert_eq!(plain(zst, Compression::Auto, PLAIN_BYTES_MAX).unwrap(), text);
        assert_eq!(plain(text.clone(), Compression::Auto, 0).unwrap(), text);
    }

    #[test]
    fn a_bomb_ends_at_the_limit() {
        let bomb = packed(&vec![0; 50 << 20]);
        assert!(matches!(plain(bomb, Compression::Gzip, 10 << 20), Err(Fault::Limit { .. })));
    }

    #[test]
    fn exactly_the_limit_is_within_it() {
        assert_eq!(plain(packed(&[7; 1000]), Compression::Gzip, 1000).unwrap().len(), 1000);
        assert!(plain(packed(&[7; 1001]), Compression::Gzip, 1000).is_err());
    }

    proptest! {
        #[test]
        fn what_is_no_archive_is_refused_and_nothing_worse(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            for compression in [Compression::Gzip, Compression::Zstd, Compression::Brotli] {
                match plain(bytes.clone(), compression, 1 << 20) {
                    Ok(_) | Err(Fault::Invalid { .. } | Fault::Limit { .. }) => {}
                    Err(other) => prop_assert!(false, "{other:?}"),
                }
            }
        }
    }
}
