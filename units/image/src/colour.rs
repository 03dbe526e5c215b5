//! Colours as callers write them.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::Error;

use crate::picture::Sample;

/// Red, green, blue and how opaque, each a part of full.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Colour(pub(crate) [f32; 4]);

impl Colour {
    pub(crate) const WHITE: Self = Self([1.0; 4]);
    pub(crate) const CLEAR: Self = Self([0.0; 4]);

    /// `#rrggbb`, and `#rrggbbaa` where it is not opaque.
    fn read(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        if !matches!(digits.len(), 6 | 8) || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let mut parts = [1.0; 4];
        for (at, part) in parts.iter_mut().enumerate().take(digits.len() / 2) {
            *part = f32::from(u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).ok()?) / 255.0;
        }
        Some(Self(parts))
    }

    pub(crate) fn is_opaque(self) -> bool {
        self.0[3] >= 1.0
    }

    /// Whether it is one of the grays.
    pub(crate) fn is_gray(self) -> bool {
        let [red, green, blue, _] = self.0;
        red == green && green == blue
    }

    /// As a pixel of so many channels.
    pub(crate) fn pixel<T: Sample>(self, channels: usize) -> Vec<T> {
        let [red, green, blue, alpha] = self.0.map(T::of_part);
        match channels {
            1 => vec![red],
            2 => vec![red, alpha],
            3 => vec![red, green, blue],
            _ => vec![red, green, blue, alpha],
        }
    }
}

impl<'de> Deserialize<'de> for Colour {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        Self::read(&text).ok_or_else(|| D::Error::custom("a colour is #rrggbb or #rrggbbaa"))
    }
}

impl JsonSchema for Colour {
    fn schema_name() -> Cow<'static, str> {
        "Colour".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^#([0-9a-fA-F]{6}|[0-9a-fA-F]{8})$",
            "examples": ["#ffffff"],
        })
    }
}
