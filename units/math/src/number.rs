//! Numbers as they lie in packed inputs and outputs: little-endian f32 or f64, at any address. Computes nothing.

use inos_unit::{Fault, Params};
use pulp::bytemuck::{self, Pod};
use serde_json::{Value, json};

/// How a packed number is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Type {
    /// IEEE 754 binary32, little-endian.
    #[default]
    F32,
    /// IEEE 754 binary64, little-endian.
    F64,
}

/// The schema of the parameter `type`.
pub(crate) fn schema() -> Value {
    json!({
        "type": "string",
        "enum": ["f32", "f64"],
        "default": "f32",
        "description": "How packed numbers are written, little-endian. Computed is in f64 and rounded once.",
        "examples": ["f32"],
    })
}

impl Type {
    /// The parameter `type` of a call.
    pub(crate) fn of(params: &Params) -> Self {
        if params.get("type").and_then(Value::as_str) == Some("f64") { Self::F64 } else { Self::F32 }
    }

    /// Bytes of one number.
    pub(crate) const fn len(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// Reads as many numbers as `into` has from the front of `bytes`, which has as many bytes at least.
    #[inline(always)]
    pub(crate) fn read(self, bytes: &[u8], into: &mut [f64]) {
        match self {
            Self::F32 => {
                for (number, bytes) in into.iter_mut().zip(bytes.as_chunks::<4>().0) {
                    *number = f64::from(f32::from_le_bytes(*bytes));
                }
            }
            Self::F64 => {
                for (number, bytes) in into.iter_mut().zip(bytes.as_chunks::<8>().0) {
                    *number = f64::from_le_bytes(*bytes);
                }
            }
        }
    }

    /// Writes numbers over the front of `bytes`. What is no number has the same bits everywhere.
    #[inline(always)]
    pub(crate) fn write(self, numbers: &[f64], bytes: &mut [u8]) {
        match self {
            Self::F32 => {
                for (number, bytes) in numbers.iter().zip(bytes.as_chunks_mut::<4>().0) {
                    let number = if number.is_nan() { f32::NAN } else { *number as f32 };
                    *bytes = number.to_le_bytes();
                }
            }
            Self::F64 => {
                for (number, bytes) in numbers.iter().zip(bytes.as_chunks_mut::<8>().0) {
                    let number = if number.is_nan() { f64::NAN } else { *number };
                    *bytes = number.to_le_bytes();
                }
            }
        }
    }

    /// Room for all numbers of an input; one whose length is no multiple of a number's is the caller's mistake.
    pub(crate) fn room_for(self, bytes: &[u8], index: usize) -> Result<Vec<f64>, Fault> {
        if !bytes.len().is_multiple_of(self.len()) {
            let message = format!("{} bytes are no whole number of values of {} bytes", bytes.len(), self.len());
            return Err(Fault::invalid(format!("/inputs/{index}"), message));
        }
        Ok(vec![0.0; bytes.len() / self.len()])
    }
}

/// A number as a processor multiplies it, for work that is done in the precision it comes in.
pub(crate) trait Packed: Pod + Default + Send + Sync {
    /// Bytes of one number.
    const LEN: usize;

    /// Reads as many numbers as `into` has from the front of `bytes`.
    fn read(bytes: &[u8], into: &mut [Self]);

    /// Writes numbers over the front of `bytes`; what is no number has the same bits everywhere.
    fn write(numbers: &[Self], bytes: &mut [u8]);

    /// Whether none of them is infinite or no number at all.
    fn are_finite(numbers: &[Self]) -> bool;
}

/// The numbers of `bytes` where they lie, if this machine reads them from there; else in `copy`.
pub(crate) fn in_place<'n, T: Packed>(bytes: &'n [u8], copy: &'n mut Vec<T>) -> &'n [T] {
    match bytemuck::try_cast_slice(bytes) {
        Ok(numbers) if cfg!(target_endian = "little") => numbers,
        _ => {
            copy.resize(bytes.len() / T::LEN, T::default());
            T::read(bytes, copy);
            copy
        }
    }
}

/// Has `work` write numbers to where they go, if this machine writes them there; else to `copy`, and from there.
pub(crate) fn made_in_place<T: Packed, R>(room: &mut [u8], copy: &mut Vec<T>, work: impl FnOnce(&mut [T]) -> R) -> R {
    match bytemuck::try_cast_slice_mut(room) {
        Ok(numbers) if cfg!(target_endian = "little") => work(numbers),
        _ => {
            copy.resize(room.len() / T::LEN, T::default());
            let worked = work(copy);
            T::write(copy, room);
            worked
        }
    }
}

macro_rules! packed {
    ($float:ty, $len:literal) => {
        impl Packed for $float {
            const LEN: usize = $len;

            fn read(bytes: &[u8], into: &mut [Self]) {
                for (number, bytes) in into.iter_mut().zip(bytes.as_chunks::<$len>().0) {
                    *number = Self::from_le_bytes(*bytes);
                }
            }

            fn write(numbers: &[Self], bytes: &mut [u8]) {
                for (number, bytes) in numbers.iter().zip(bytes.as_chunks_mut::<$len>().0) {
                    *bytes = if number.is_nan() { Self::NAN } else { *number }.to_le_bytes();
                }
            }

            #[inline(always)]
            fn are_finite(numbers: &[Self]) -> bool {
                // All are looked at, and by their bits without a sign, since that goes many at a time.
                numbers.iter().fold(0, |most, number| most.max(number.to_bits() << 1)) < Self::INFINITY.to_bits() << 1
            }
        }
    };
}

packed!(f32, 4);
packed!(f64, 8);

/// A number for JSON, which knows no infinity and no NaN: there it is the caller's mistake at `pointer`.
pub(crate) fn finite(number: f64, pointer: &str) -> Result<Value, Fault> {
    serde_json::Number::from_f64(number)
        .map(Value::Number)
        .ok_or_else(|| Fault::invalid(pointer, "the result is not finite, and JSON has no word for that"))
}
