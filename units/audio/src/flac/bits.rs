//! Bits, the highest first, gathered into bytes.

/// What bits are written to.
#[derive(Default)]
pub(super) struct Bits {
    bytes: Vec<u8>,
    /// Bits that make no whole byte yet, in the lowest places.
    held: u64,
    count: u32,
}

impl Bits {
    /// None yet, with room for so many bytes.
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), ..Self::default() }
    }

    /// Appends the lowest `count` bits of a number, at most 32.
    #[inline(always)]
    pub(super) fn put(&mut self, number: u32, count: u32) {
        self.put_long(u64::from(number), count);
    }

    /// Appends a number of at most `count` bits, at most 48.
    #[inline(always)]
    pub(super) fn put_long(&mut self, number: u64, count: u32) {
        let number = number & ((1 << count) - 1);
        if self.count + count > u64::BITS {
            self.flush();
        }
        self.held = self.held << count | number;
        self.count += count;
    }

    /// Hands over all whole bytes that are held: then at most 7 bits are.
    #[inline(always)]
    fn flush(&mut self) {
        let whole = self.count / 8;
        if whole == 0 {
            return;
        }
        let rest = self.count - whole * 8;
        let aligned = (self.held >> rest) << (u64::BITS - whole * 8);
        self.bytes.extend_from_slice(&aligned.to_be_bytes()[..whole as usize]);
        self.count = rest;
    }

    /// Appends a number below zero or above, in `count` bits, at most 33.
    pub(super) fn put_signed(&mut self, number: i64, count: u32) {
        // The lowest bits of a number below zero are its two's complement.
        self.put_long(number as u64 & ((1 << count) - 1), count);
    }

    /// Appends so many zeros and a one.
    pub(super) fn put_unary(&mut self, zeros: u32) {
        let mut left = zeros;
        while left >= 32 {
            self.put(0, 32);
            left -= 32;
        }
        self.put(1, left + 1);
    }

    /// Fills the last byte with zeros, and gives all bytes so far.
    pub(super) fn align(&mut self) -> &[u8] {
        let rest = self.count % 8;
        if rest > 0 {
            self.put(0, 8 - rest);
        }
        self.flush();
        &self.bytes
    }

    /// All bytes, the last one filled with zeros.
    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        self.align();
        self.bytes
    }
}

/// CRC-8 with the polynomial x^8 + x^2 + x + 1 (RFC 9639, 9.1.8).
pub(super) fn crc8(bytes: &[u8]) -> u8 {
    static TABLE: [u8; 256] = crc8_table();
    bytes.iter().fold(0, |crc, byte| TABLE[usize::from(crc ^ byte)])
}

/// CRC-16 with the polynomial x^16 + x^15 + x^2 + 1 (RFC 9639, 9.3), eight bytes at a time.
pub(super) fn crc16(bytes: &[u8]) -> u16 {
    static TABLES: [[u16; 256]; 8] = crc16_tables();
    let (eights, rest) = bytes.as_chunks::<8>();
    let crc = eights.iter().fold(0_u16, |crc, eight| {
        let [high, low] = crc.to_be_bytes();
        let first = TABLES[7][usize::from(eight[0] ^ high)] ^ TABLES[6][usize::from(eight[1] ^ low)];
        (2..8).fold(first, |crc, at| crc ^ TABLES[7 - at][usize::from(eight[at])])
    });
    rest.iter().fold(crc, |crc, byte| crc << 8 ^ TABLES[0][usize::from((crc >> 8) as u8 ^ byte)])
}

const fn crc8_table() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut crc, mut bit) = (byte as u8, 0);
        while bit < 8 {
            crc = if crc & 0x80 == 0 { crc << 1 } else { crc << 1 ^ 0x07 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
}

/// The first is that of one byte; each further one that of a byte with one byte more behind it.
const fn crc16_tables() -> [[u16; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let (mut crc, mut bit) = ((byte as u16) << 8, 0);
        while bit < 8 {
            crc = if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x8005 };
            bit += 1;
        }
        tables[0][byte] = crc;
        byte += 1;
    }
    let mut behind = 1;
    while behind < 8 {
        let mut byte = 0;
        while byte < 256 {
            let before: u16 = tables[behind - 1][byte];
            tables[behind][byte] = before << 8 ^ tables[0][(before >> 8) as usize];
            byte += 1;
        }
        behind += 1;
    }
    tables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_catalogue() {
        // CRC-8/SMBUS and CRC-16/UMTS, "Catalogue of parametrised CRC algorithms".
        assert_eq!((crc8(b"123456789"), crc16(b"123456789")), (0xf4, 0xfee8));
        let long: Vec<u8> = (0..1000_u32).map(|at| (at * 7 % 251) as u8).collect();
        let slow = long.iter().fold(0_u16, |crc, byte| {
            (0..8).fold(
                crc ^ u16::from(*byte) << 8,
                |crc, _| if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x8005 },
            )
        });
        assert_eq!(crc16(&long), slow);
    }

    #[test]
    fn bits_lie_where_they_were_put() {
        let mut bits = Bits::default();
        bits.put(0b101, 3);
        bits.put_unary(2);
        bits.put_signed(-1, 5);
        bits.put_unary(40);
        bits.put(0xdead_beef, 32);
        // 101 001 11111 then 40 zeros and a one, then 32 bits: 84 in all.
        let bytes = bits.into_bytes();
        let text: String = bytes.iter().map(|byte| format!("{byte:08b}")).collect();
        let wanted = format!("10100111111{}1{:032b}0000", "0".repeat(40), 0xdead_beef_u32);
        assert_eq!(text, wanted);
    }
}
