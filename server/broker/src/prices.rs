//! Prices as an admin sees and sets them. Jobs that were planned keep theirs, whatever is set here.

use inos_protocols::{
    Microcredits, Refusal,
    account::Scope,
    catalogue::{Amended, PriceList, PriceSource, Prices},
    refusal::Kind,
};

use crate::{Broker, Caller, Inside, caller::Cause, hold::database};

/// The number of the units' own prices.
const BUILT_IN: u32 = 1;

impl Broker {
    /// Every price that is in force on this server.
    pub fn prices(&self) -> Prices {
        let priced = self.0.engine.catalogue().priced();
        let version = priced.prices.version();
        let source = match version.number {
            _ if self.0.options.prices_from_file => PriceSource::File,
            BUILT_IN => PriceSource::Units,
            _ => PriceSource::Admin,
        };
        Prices { version, source, stored_mib_day: priced.prices.stored_mib_day(), prices: priced.prices.public() }
    }

    /// Sets prices for jobs that are planned from now on: at once here, within a minute on other servers of the database
    /// that have no file of prices. They last.
    pub async fn set_prices(&self, caller: &Caller, cause: Cause, list: PriceList) -> Result<Prices, Refusal> {
        caller.need(Scope::Admin)?;
        if self.0.options.prices_from_file {
            let told = "This server has its prices from a file (--prices). Change that and start it anew, or start it without.";
            return Err(Refusal::new(Kind::Conflict, told));
        }
        check(&list)?;
        let catalogue = self.0.engine.catalogue();
        catalogue
            .amended(&list)
            .map_err(|error| Refusal::field(Kind::InvalidParams, pointer(&error), error.to_string()))?;
        self.0.ledger.by(caller.acting(cause)).set_prices(&list).await.map_err(|error| match error {
            inos_ledger::Error::Outrun { .. } => Refusal::new(Kind::Conflict, format!("Nothing was changed: {error}.")),
            _ => database(error),
        })?;
        self.take_up_prices().await.map_err(database)?;
        Ok(self.prices())
    }

    /// Puts the prices in force that an admin has set last, on whichever server; a file stands over them.
    pub async fn take_up_prices(&self) -> Result<(), inos_ledger::Error> {
        self.0.take_up_prices().await
    }
}

impl Inside {
    pub(crate) async fn take_up_prices(&self) -> Result<(), inos_ledger::Error> {
        if self.options.prices_from_file {
            return Ok(());
        }
        let Some(list) = self.books.prices().await? else { return Ok(()) };
        let catalogue = self.engine.catalogue();
        // Numbers only rise, so that whoever comes last with an older list changes nothing.
        let _alone = self.pricing.lock();
        if list.version <= catalogue.priced().prices.version().number {
            return Ok(());
        }
        match catalogue.amended_where_known(&list) {
            Ok((prices, unknown)) => {
                if !unknown.is_empty() {
                    tracing::warn!(methods = unknown.join(", "), "prices are set for what this program does not have");
                }
                catalogue.put_in_force(prices);
                tracing::info!(version = list.version, "prices are in force");
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "prices in the books cannot be used")
            }
        }
        Ok(())
    }
}

fn pointer(error: &inos_unit::PriceError) -> &'static str {
    match error {
        inos_unit::PriceError::Version(_) => "/version",
        inos_unit::PriceError::Unknown { .. } => "/prices",
    }
}

/// Refuses what is no amount.
fn check(list: &PriceList) -> Result<(), Refusal> {
    let wrong = |pointer: String| {
        Refusal::field(Kind::InvalidParams, pointer, format!("expected at most {}", Microcredits::MAX.get()))
    };
    if list.stored_mib_day > Microcredits::MAX.get() {
        return Err(wrong("/stored_mib_day".into()));
    }
    for (unit, methods) in &list.prices {
        for (method, Amended { base, per_kib_in, per_kib_out, per_cpu_ms }) in methods {
            if [base, per_kib_in, per_kib_out, per_cpu_ms]
                .iter()
                .any(|rate| rate.is_some_and(|rate| rate > Microcredits::MAX.get()))
            {
                return Err(wrong(format!("/prices/{unit}/{method}")));
            }
        }
    }
    Ok(())
}
