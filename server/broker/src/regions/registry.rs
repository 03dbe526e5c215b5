//! The registry of units as a region: what this server has, and whether what runs it is there. Every account reads the
//! same one; nobody but the server writes it.

use std::sync::{Arc, OnceLock};

use inos_arena::{Change, Quota};
use inos_protocols::{AccountId, Hash, Refusal, catalogue, refusal::Kind};
use inos_unit::{Spec, Standing};
use serde::Serialize;
use tokio::sync::Notify;

use super::{Entry, RegionWish, Shelf};
use crate::{Broker, Inside};

/// What the names of the server's own regions begin with.
const OWN: &str = "inos.";
/// The registry's name.
const UNITS: &str = "inos.units";
/// The most bytes that it may have, for a server with thousands of units.
const BYTES_MAX: usize = 1 << 20;

/// The server's own regions.
#[derive(Default)]
pub(super) struct Own {
    units: OnceLock<Arc<Entry>>,
}

/// One unit as the registry says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Row {
    unit: &'static str,
    version: &'static str,
    /// The BLAKE3 of its description without prices: the same on every server that offers the same.
    hash: Hash,
    /// What runs it: `thread` or `cell`.
    lane: &'static str,
    /// `ready`, or `degraded` where what runs it could not be begun.
    state: &'static str,
    methods: Vec<&'static str>,
}

impl Row {
    fn of(spec: &Spec, standing: Standing) -> Self {
        Self {
            unit: spec.name,
            version: spec.version,
            hash: hash(spec),
            lane: spec.lane.word(),
            state: match standing {
                Standing::Ready => "ready",
                Standing::Degraded => "degraded",
            },
            methods: spec.methods.iter().map(|method| method.name).collect(),
        }
    }
}

fn hash(spec: &Spec) -> Hash {
    let mut public = spec.public();
    for method in &mut public.methods {
        method.price = catalogue::Price { base: 0, per_kib_in: 0, per_kib_out: 0, per_cpu_ms: 0 };
    }
    Hash::of(&serde_json::to_vec(&public).expect("a description has text keys only"))
}

/// Refuses a name that only the server's own regions have.
pub(super) fn check_is_free(name: &str) -> Result<(), Refusal> {
    if !name.starts_with(OWN) {
        return Ok(());
    }
    let message = format!("names that begin with `{OWN}` are those of the server's own regions");
    Err(Refusal::field(Kind::InvalidParams, "/path/name", message))
}

impl Shelf {
    /// A region that an account may read: one of its own, or one of the server's.
    pub(super) fn find_to_read(&self, account: AccountId, name: &str) -> Option<Arc<Entry>> {
        match name.starts_with(OWN) {
            true => self.own.units.get().filter(|entry| entry.name == name).cloned(),
            false => self.find(account, name),
        }
    }
}

impl Broker {
    /// Says in `inos.units` which units there are, and again whenever `changed` is told, until its runtime ends.
    pub fn keep_registry(&self, changed: Arc<Notify>) -> Result<(), Refusal> {
        self.0.publish_registry()?;
        let inside = self.0.clone();
        self.0.runtime.spawn(async move {
            loop {
                changed.notified().await;
                let this = inside.clone();
                // Its next epoch may wait for the disk.
                let published = tokio::task::spawn_blocking(move || this.publish_registry()).await;
                let why = match published {
                    Ok(Ok(())) => continue,
                    Ok(Err(refusal)) => refusal.detail,
                    Err(error) => error.to_string(),
                };
                tracing::error!(why, "the registry of units could not be brought up to date");
            }
        });
        Ok(())
    }
}

impl Inside {
    fn publish_registry(&self) -> Result<(), Refusal> {
        let units = self.engine.catalogue().units();
        let rows: Vec<Row> = units.iter().map(|unit| Row::of(unit.spec(), unit.standing())).collect();
        let text = serde_json::to_vec(&rows).expect("a row has text keys only");
        if let Some(entry) = self.regions.own.units.get() {
            let writing = entry.region.write();
            if *writing.bytes() != text[..] {
                drop(writing);
                self.publish(entry, super::RegionState::Any, Change::Whole(&text))?;
            }
            return Ok(());
        }
        let wish = RegionWish {
            media_type: Some("application/json".into()),
            schema: Some("inos.units.v1".into()),
            bytes_max: Some(BYTES_MAX as u64),
            ..RegionWish::default()
        };
        let nobody = AccountId::from_bytes([0; 16]);
        let entry = Entry::begin(nobody, UNITS, &wish, &Quota::new(16 * BYTES_MAX), &self.regions, &text)?;
        self.regions.floor.cover(entry.region.epoch(), &self.blobs)?;
        // Whoever was first has said the same.
        let _ = self.regions.own.units.set(Arc::new(entry));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_known_by_its_description_and_not_by_its_prices() {
        let units = inos_catalog::builtin();
        let mut hashes: Vec<Hash> = units.iter().map(|unit| hash(unit.spec())).collect();
        let mut dearer = units[0].spec().clone();
        dearer.methods[0].price.base += 1;
        assert_eq!(hash(&dearer), hashes[0]);
        dearer.methods[0].summary = "Does something else.";
        assert_ne!(hash(&dearer), hashes[0]);
        hashes.sort();
        hashes.dedup();
        assert_eq!(hashes.len(), units.len());
    }

    #[test]
    fn the_servers_own_names_are_taken() {
        assert!(check_is_free("inos.units").is_err() && check_is_free("inos.mine").is_err());
        assert!(check_is_free("inosunits").is_ok() && check_is_free("my.inos.units").is_ok());
    }
}
