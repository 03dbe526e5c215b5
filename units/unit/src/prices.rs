//! Every method's price in one table with a version, and an operator's prices over the units' own.
//! What a job costs is worked out here and nowhere else; who pays is not known here.

use std::collections::BTreeMap;

use inos_protocols::{
    Hash,
    catalogue::{self, Amended, PriceList, PriceVersion},
};

use crate::Spec;

/// The number of the table that the units themselves make; an operator's begins above it.
const BUILT_IN: u32 = 1;

/// What a method costs, in microcredits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// For each job.
    pub base: u64,
    /// For each begun KiB of input.
    pub per_kib_in: u64,
    /// For each begun KiB of output.
    pub per_kib_out: u64,
    /// For each begun millisecond that it ran.
    pub per_cpu_ms: u64,
}

/// What of a job is paid for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Used {
    /// Bytes of input.
    pub bytes_in: u64,
    /// Bytes of output.
    pub bytes_out: u64,
    /// How long it ran, in microseconds.
    pub run_us: u64,
}

/// One meter of a bill: how much of it there was, and at which price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metered {
    /// Its name: `base`, `kib_in`, `kib_out` or `cpu_ms`.
    pub meter: &'static str,
    /// How much there was.
    pub quantity: u64,
    /// What one costs.
    pub price: u64,
}

impl Price {
    /// The cost of a job that used this much.
    pub const fn of(&self, used: Used) -> u64 {
        self.base
            .saturating_add(self.per_kib_in.saturating_mul(used.bytes_in.div_ceil(1024)))
            .saturating_add(self.per_kib_out.saturating_mul(used.bytes_out.div_ceil(1024)))
            .saturating_add(self.per_cpu_ms.saturating_mul(used.run_us.div_ceil(1000)))
    }

    /// The same, meter by meter; what is free is left out.
    pub fn meters(&self, used: Used) -> impl Iterator<Item = Metered> {
        let Self { base, per_kib_in, per_kib_out, per_cpu_ms } = *self;
        let meters = [
            Metered { meter: "base", quantity: 1, price: base },
            Metered { meter: "kib_in", quantity: used.bytes_in.div_ceil(1024), price: per_kib_in },
            Metered { meter: "kib_out", quantity: used.bytes_out.div_ceil(1024), price: per_kib_out },
            Metered { meter: "cpu_ms", quantity: used.run_us.div_ceil(1000), price: per_cpu_ms },
        ];
        meters.into_iter().filter(|metered| metered.price > 0)
    }

    /// The price as four numbers, for what outlives the table.
    pub const fn numbers(&self) -> [u64; 4] {
        [self.base, self.per_kib_in, self.per_kib_out, self.per_cpu_ms]
    }
}

impl From<[u64; 4]> for Price {
    fn from([base, per_kib_in, per_kib_out, per_cpu_ms]: [u64; 4]) -> Self {
        Self { base, per_kib_in, per_kib_out, per_cpu_ms }
    }
}

impl From<Price> for catalogue::Price {
    fn from(price: Price) -> Self {
        let Price { base, per_kib_in, per_kib_out, per_cpu_ms } = price;
        Self { base, per_kib_in, per_kib_out, per_cpu_ms }
    }
}

/// Prices that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PriceError {
    /// The number belongs to the units' own prices.
    #[error("version {0} is taken by the units' own prices; an operator's table is numbered from 2")]
    Version(u32),
    /// No such method.
    #[error("there is no {name} to price; there are {known}")]
    Unknown {
        /// What was named.
        name: String,
        /// What may be named.
        known: String,
    },
}

/// What every method costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceTable {
    number: u32,
    stored_mib_day: u64,
    rows: BTreeMap<(String, String), Price>,
}

impl PriceTable {
    /// What the units themselves ask for.
    pub fn of<'a>(specs: impl Iterator<Item = &'a Spec>) -> Self {
        let row = |spec: &'a Spec| {
            spec.methods.iter().map(|method| ((spec.name.to_owned(), method.name.to_owned()), method.price))
        };
        Self { number: BUILT_IN, stored_mib_day: 0, rows: specs.flat_map(row).collect() }
    }

    /// The table with an operator's prices over it.
    pub fn amended(self, list: &PriceList) -> Result<Self, PriceError> {
        let known: Vec<_> = self.rows.keys().map(|(unit, method)| format!("{unit}.{method}")).collect();
        let (table, unknown) = self.amended_where_known(list)?;
        match unknown.into_iter().next() {
            Some(name) => Err(PriceError::Unknown { name, known: known.join(", ") }),
            None => Ok(table),
        }
    }

    /// The same with a list of another build, and which of its names mean nothing in this one.
    pub fn amended_where_known(mut self, list: &PriceList) -> Result<(Self, Vec<String>), PriceError> {
        if list.version <= BUILT_IN {
            return Err(PriceError::Version(list.version));
        }
        self.number = list.version;
        self.stored_mib_day = list.stored_mib_day;
        let mut unknown = Vec::new();
        for (unit, methods) in &list.prices {
            for (method, amended) in methods {
                match self.rows.get_mut(&(unit.clone(), method.clone())) {
                    Some(price) => *price = over(*amended, *price),
                    None => unknown.push(format!("{unit}.{method}")),
                }
            }
        }
        Ok((self, unknown))
    }

    /// What keeping a MiB for a day costs, in microcredits; 0 unless an operator says otherwise.
    pub fn stored_mib_day(&self) -> u64 {
        self.stored_mib_day
    }

    /// Every price, by unit and method.
    pub fn public(&self) -> BTreeMap<String, BTreeMap<String, catalogue::Price>> {
        let mut prices = BTreeMap::<String, BTreeMap<_, _>>::new();
        for ((unit, method), price) in &self.rows {
            prices.entry(unit.clone()).or_default().insert(method.clone(), (*price).into());
        }
        prices
    }

    /// What a method costs.
    pub fn price(&self, unit: &str, method: &str) -> Option<Price> {
        self.rows.iter().find(|((known, name), _)| known == unit && name == method).map(|(_, price)| *price)
    }

    /// Which table it is: its number and the BLAKE3 of what it says, so that no two tables pass for one.
    pub fn version(&self) -> PriceVersion {
        let line = |((unit, method), price): (&(String, String), &Price)| {
            let [base, kib_in, kib_out, cpu_ms] = price.numbers();
            format!("{unit}.{method} {base} {kib_in} {kib_out} {cpu_ms}\n")
        };
        let mut text: String = self.rows.iter().map(line).collect();
        if self.stored_mib_day > 0 {
            text.push_str(&format!("stored_mib_day {}\n", self.stored_mib_day));
        }
        PriceVersion { number: self.number, hash: Hash::of(text.as_bytes()) }
    }
}

fn over(amended: Amended, price: Price) -> Price {
    let Amended { base, per_kib_in, per_kib_out, per_cpu_ms } = amended;
    Price {
        base: base.unwrap_or(price.base),
        per_kib_in: per_kib_in.unwrap_or(price.per_kib_in),
        per_kib_out: per_kib_out.unwrap_or(price.per_kib_out),
        per_cpu_ms: per_cpu_ms.unwrap_or(price.per_cpu_ms),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes(bytes_in: u64, bytes_out: u64) -> Used {
        Used { bytes_in, bytes_out, run_us: 0 }
    }

    fn exact(price: Price, used: Used) -> u128 {
        let begun = |amount: u64, step: u128| u128::from(amount).div_ceil(step);
        u128::from(price.base)
            + u128::from(price.per_kib_in) * begun(used.bytes_in, 1024)
            + u128::from(price.per_kib_out) * begun(used.bytes_out, 1024)
            + u128::from(price.per_cpu_ms) * begun(used.run_us, 1000)
    }

    proptest! {
        #[test]
        fn a_price_counts_what_was_begun_and_never_wraps(numbers: [u64; 4], bytes_in: u64, bytes_out: u64, run_us: u64) {
            let (price, used) = (Price::from(numbers), Used { bytes_in, bytes_out, run_us });
            let wanted = u64::try_from(exact(price, used)).unwrap_or(u64::MAX);
            prop_assert_eq!(price.of(used), wanted);
            let sum: u128 = price.meters(used).map(|line| u128::from(line.quantity) * u128::from(line.price)).sum();
            prop_assert_eq!(sum, exact(price, used));
        }

        #[test]
        fn more_bytes_never_cost_less(base in 0..1u64 << 40, per in 0..1u64 << 20, length in 0..1u64 << 40, more in 0..1u64 << 40) {
            let price = Price { base, per_kib_in: per, per_kib_out: per, per_cpu_ms: per };
            prop_assert!(price.of(bytes(length + more, 0)) >= price.of(bytes(length, 0)));
            prop_assert!(price.of(bytes(0, length + more)) >= price.of(bytes(0, length)));
        }

        #[test]
        fn nothing_is_saved_by_cutting_a_job_in_two(base in 0..1u64 << 40, per in 0..1u64 << 20, one in 0..1u64 << 40, other in 0..1u64 << 40) {
            let price = Price { base, per_kib_in: per, per_kib_out: 0, per_cpu_ms: 0 };
            let whole = price.of(bytes(one + other, 0));
            let parts = price.of(bytes(one, 0)) + price.of(bytes(other, 0));
            prop_assert!(parts >= whole);
            // What is paid more is one job more and at most one begun KiB.
            prop_assert!(parts - whole <= base + per);
        }
    }

    fn table() -> PriceTable {
        let price = Price { base: 10, per_kib_in: 1, per_kib_out: 2, per_cpu_ms: 0 };
        let rows = [("a", "one"), ("a", "two")].map(|(unit, method)| ((unit.to_owned(), method.to_owned()), price));
        PriceTable { number: BUILT_IN, stored_mib_day: 0, rows: rows.into() }
    }

    fn file(text: &str) -> PriceList {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn an_operators_prices_stand_over_the_units_own() {
        let amended =
            table().amended(&file(r#"{"version":7,"prices":{"a":{"two":{"base":99,"per_cpu_ms":5}}}}"#)).unwrap();
        assert_eq!(amended.price("a", "one"), table().price("a", "one"));
        let two = Price { base: 99, per_kib_in: 1, per_kib_out: 2, per_cpu_ms: 5 };
        assert_eq!(amended.price("a", "two"), Some(two));
        assert_eq!((table().version().number, amended.version().number), (1, 7));
        assert_ne!(table().version().hash, amended.version().hash);
        let kept = table().amended(&file(r#"{"version":7,"stored_mib_day":5,"prices":{}}"#)).unwrap();
        assert_eq!((table().stored_mib_day(), kept.stored_mib_day()), (0, 5));
        assert_ne!(table().version().hash, kept.version().hash);
    }

    #[test]
    fn what_another_build_has_is_left_out_and_named() {
        let list = file(r#"{"version":3,"prices":{"a":{"one":{"base":5},"three":{"base":1}},"b":{"x":{}}}}"#);
        let (amended, unknown) = table().amended_where_known(&list).unwrap();
        assert_eq!(amended.price("a", "one").map(|price| price.base), Some(5));
        assert_eq!(unknown, ["a.three", "b.x"]);
    }

    #[test]
    fn prices_of_nothing_are_refused_with_what_may_be_named() {
        let wrong = |text| table().amended(&file(text)).unwrap_err().to_string();
        let unknown = wrong(r#"{"version":2,"prices":{"a":{"three":{"base":1}}}}"#);
        assert_eq!(unknown, "there is no a.three to price; there are a.one, a.two");
        assert!(wrong(r#"{"version":1,"prices":{}}"#).starts_with("version 1 is taken"));
        for bad in [
            r#"{"version":2}"#,
            r#"{"version":2,"prices":{"a":{"one":{"basis":1}}}}"#,
            r#"{"version":2,"prices":{"a":{"one":{"base":-1}}}}"#,
        ] {
            assert!(serde_json::from_str::<PriceList>(bad).is_err(), "{bad}");
        }
    }
}
