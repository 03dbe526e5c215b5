//! The units on offer, found by name. Says what comes near when a name is unknown; never runs anything.

use std::{collections::HashMap, sync::Arc};

use inos_protocols::{catalogue::PriceList, job::INPUTS_MAX};
use inos_unit::{Method, PriceError, PriceTable, Spec, Unit};
use parking_lot::RwLock;

use crate::{Entry, Error};

/// The most suggestions for an unknown name.
const NEAR_MAX: usize = 3;

/// The units on offer.
pub struct Catalogue {
    units: Vec<Arc<dyn Unit>>,
    priced: RwLock<Arc<Priced>>,
    entries: HashMap<&'static str, HashMap<&'static str, Arc<Entry>>>,
}

/// The units at the prices of one table.
#[derive(Debug)]
pub struct Priced {
    /// Every unit's description, in the order in which they were given.
    pub specs: Vec<Spec>,
    /// What every method costs.
    pub prices: PriceTable,
}

/// A name that the catalogue does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    /// No such unit.
    #[error("there is no such unit")]
    Unit {
        /// Names that come near, the nearest first.
        near: Vec<String>,
    },
    /// The unit has no such method.
    #[error("the unit has no such method")]
    Method {
        /// Names that come near, the nearest first.
        near: Vec<String>,
    },
}

impl Catalogue {
    /// A catalogue of these units; refuses descriptions that nobody could rely on.
    pub(crate) fn new(units: Vec<Arc<dyn Unit>>, amended: Option<&PriceList>) -> Result<Self, Error> {
        let own = own_prices(&units);
        let prices = amended.map_or(Ok(own.clone()), |list| own.amended(list)).map_err(Error::Prices)?;
        let (mut entries, mut specs) = (HashMap::new(), Vec::with_capacity(units.len()));
        for unit in &units {
            let spec = priced(unit.spec(), &prices);
            let methods = entries_of(unit, &spec)?;
            if entries.insert(spec.name, methods).is_some() {
                return Err(wrong(spec.name, "two units bear this name"));
            }
            specs.push(spec);
        }
        Ok(Self { units, priced: RwLock::new(Arc::new(Priced { specs, prices })), entries })
    }

    /// The method of that unit.
    pub fn find(&self, unit: &str, method: &str) -> Result<Arc<Entry>, Unknown> {
        let methods = self.entries.get(unit).ok_or_else(|| Unknown::Unit { near: near(unit, self.entries.keys()) })?;
        let entry = methods.get(method).ok_or_else(|| Unknown::Method { near: near(method, methods.keys()) })?;
        Ok(Arc::clone(entry))
    }

    /// Every unit, in the order in which they were given.
    pub fn units(&self) -> &[Arc<dyn Unit>] {
        &self.units
    }

    /// Every unit at the prices that are in force now.
    pub fn priced(&self) -> Arc<Priced> {
        Arc::clone(&self.priced.read())
    }

    /// The table that this list makes of the units' own prices; refuses one that names what is not there.
    pub fn amended(&self, list: &PriceList) -> Result<PriceTable, PriceError> {
        own_prices(&self.units).amended(list)
    }

    /// The same with a list that another build took; names that this one does not have are left out and given back.
    pub fn amended_where_known(&self, list: &PriceList) -> Result<(PriceTable, Vec<String>), PriceError> {
        own_prices(&self.units).amended_where_known(list)
    }

    /// Puts a table in force for jobs that are planned from now on.
    pub fn put_in_force(&self, prices: PriceTable) {
        let mut priced_now = self.priced.write();
        for (unit, methods) in &self.entries {
            for (method, entry) in methods {
                if let Some(price) = prices.price(unit, method) {
                    entry.set_price(price);
                }
            }
        }
        let specs = self.units.iter().map(|unit| priced(unit.spec(), &prices)).collect();
        *priced_now = Arc::new(Priced { specs, prices });
    }
}

fn own_prices(units: &[Arc<dyn Unit>]) -> PriceTable {
    PriceTable::of(units.iter().map(|unit| unit.spec()))
}

/// A unit's description with the prices that are in force.
fn priced(spec: &Spec, prices: &PriceTable) -> Spec {
    let mut spec = spec.clone();
    for method in &mut spec.methods {
        method.price = prices.price(spec.name, method.name).unwrap_or(method.price);
    }
    spec
}

fn entries_of(unit: &Arc<dyn Unit>, spec: &Spec) -> Result<HashMap<&'static str, Arc<Entry>>, Error> {
    check_name(spec.name, spec.name)?;
    if spec.methods.is_empty() {
        return Err(wrong(spec.name, "it has no methods"));
    }
    let mut methods = HashMap::new();
    for method in &spec.methods {
        check_method(spec.name, method)?;
        let entry = Entry::new(Arc::clone(unit), spec, method.clone())?;
        if methods.insert(method.name, Arc::new(entry)).is_some() {
            return Err(wrong(&format!("{}.{}", spec.name, method.name), "two methods bear this name"));
        }
    }
    Ok(methods)
}

fn check_method(unit: &str, method: &Method) -> Result<(), Error> {
    let name = format!("{unit}.{}", method.name);
    check_name(&name, method.name)?;
    let (fewest, most) = method.inputs;
    let rules = [
        (fewest <= most, "it takes at least more inputs than at most"),
        (most as usize <= INPUTS_MAX, "it takes more inputs than a capsule carries"),
        (!method.output_media.is_empty(), "it writes no media type"),
        (method.timeout_ms > 0, "its time limit is zero"),
        (method.heartbeat_ms != Some(0), "its time between signs of life is zero"),
        (method.params.is_object(), "its schema is no object"),
    ];
    match rules.into_iter().find(|(kept, _)| !kept) {
        Some((_, reason)) => Err(wrong(&name, reason)),
        None => Ok(()),
    }
}

fn check_name(whole: &str, name: &str) -> Result<(), Error> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if name.is_empty() || name.len() > 64 || !name.bytes().all(plain) {
        return Err(wrong(whole, "a name is 1 to 64 lower-case letters, digits and _"));
    }
    Ok(())
}

fn wrong(unit: &str, reason: &str) -> Error {
    Error::Unit { unit: unit.into(), reason: reason.into() }
}

/// The known names that come near a wanted one, the nearest first.
pub(crate) fn near<'a, S: AsRef<str> + 'a>(wanted: &str, known: impl Iterator<Item = &'a S>) -> Vec<String> {
    // A longer text is no slip of a finger, and comparing it would only cost time.
    if wanted.len() > 128 {
        return Vec::new();
    }
    let far = 2.max(wanted.chars().count() / 3);
    let mut found: Vec<(usize, &str)> =
        known.map(|name| (distance(wanted, name.as_ref()), name.as_ref())).filter(|(steps, _)| *steps <= far).collect();
    found.sort_unstable();
    found.into_iter().take(NEAR_MAX).map(|(_, name)| name.to_owned()).collect()
}

/// How many single characters must be put in, left out or changed to make one text of the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, left) in one.chars().enumerate() {
        let mut corner = row[0];
        row[0] = line + 1;
        for (column, right) in other.iter().enumerate() {
            let changed = corner + usize::from(left != *right);
            corner = row[column + 1];
            row[column + 1] = changed.min(corner + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_counts_single_slips() {
        for (one, other, steps) in
            [("", "", 0), ("a", "", 1), ("blake3", "blake", 1), ("sha256", "sah256", 2), ("ä", "a", 1)]
        {
            assert_eq!(distance(one, other), steps, "{one} {other}");
            assert_eq!(distance(other, one), steps, "{other} {one}");
        }
    }

    #[test]
    fn the_nearest_name_comes_first() {
        let known = ["sha256", "sha512", "blake3", "brotli_compress"];
        assert_eq!(near("sha25", known.iter()), ["sha256"]);
        assert_eq!(near("sha52", known.iter()), ["sha512", "sha256"]);
        assert_eq!(near("brotli_compres", known.iter()), ["brotli_compress"]);
        assert!(near("image", known.iter()).is_empty());
        assert!(near(&"x".repeat(1 << 20), known.iter()).is_empty());
    }
}
