//! Short-lived stand-ins for a key: tokens for pages, tickets that open one WebSocket, links that sign in to the console.
//! All live in memory alone, are known by their hash, and end with the key behind them.

use std::{collections::HashMap, sync::Arc, time::Duration};

use data_encoding::HEXLOWER;
use inos_broker::Allowance;
use inos_protocols::{Hash, Refusal, account::Scopes, refusal::Kind};
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::{
    auth::{Bearer, Visitor},
    seal::SessionId,
};

/// The most tokens, and the most tickets, at once.
const LEN_MAX: usize = 100_000;

/// A stand-in for a key.
pub(crate) struct Token {
    /// The key behind it.
    pub(crate) parent: Bearer,
    /// What it may do.
    pub(crate) scopes: Scopes,
    /// What it may spend, if that is limited.
    pub(crate) allowance: Option<Arc<Allowance>>,
    /// The session of the console that made it, and with which it ends.
    pub(crate) session: Option<SessionId>,
}

/// Secrets that are good for a while.
pub(crate) struct Shelf<T> {
    prefix: &'static str,
    items: Mutex<HashMap<Hash, (Instant, T)>>,
}

impl<T> Shelf<T> {
    /// An empty shelf; its secrets begin with `prefix`.
    pub(crate) fn new(prefix: &'static str) -> Self {
        Self { prefix, items: Mutex::default() }
    }

    /// Puts something away for a while and gives the secret that fetches it.
    pub(crate) fn put(&self, item: T, life: Duration) -> Result<String, Refusal> {
        let mut random = [0_u8; 32];
        getrandom::fill(&mut random).map_err(|error| crate::refusal::internal(&error))?;
        let secret = format!("{}{}", self.prefix, HEXLOWER.encode(&random));
        let mut items = self.items.lock();
        if items.len() >= LEN_MAX {
            items.retain(|_, (until, _)| *until > Instant::now());
        }
        if items.len() >= LEN_MAX {
            let detail = "Too many of these are open on this server; wait for some to run out.";
            return Err(Refusal::new(Kind::Overloaded, detail).retry_after_ms(60_000));
        }
        items.insert(Hash::of(secret.as_bytes()), (Instant::now() + life, item));
        Ok(secret)
    }

    /// Takes what this secret fetches, which works once.
    pub(crate) fn take(&self, secret: &str) -> Option<T> {
        let hash = self.hash(secret)?;
        let (until, item) = self.items.lock().remove(&hash)?;
        (until > Instant::now()).then_some(item)
    }

    /// The hash of a secret that could be of this shelf.
    fn hash(&self, secret: &str) -> Option<Hash> {
        secret.starts_with(self.prefix).then(|| Hash::of(secret.as_bytes()))
    }
}

impl<T> Shelf<Arc<T>> {
    /// What this secret fetches, and until when it does.
    pub(crate) fn find(&self, secret: &str) -> Option<(Instant, Arc<T>)> {
        let hash = self.hash(secret)?;
        let mut items = self.items.lock();
        let (until, item) = items.get(&hash)?;
        if *until > Instant::now() {
            return Some((*until, Arc::clone(item)));
        }
        items.remove(&hash);
        None
    }
}

/// Tickets: each opens one WebSocket for its visitor.
pub(crate) type Tickets = Shelf<Visitor>;
/// Links: each signs in to the console once, by what it stands for.
pub(crate) type Links = Shelf<Bearer>;
/// Tokens of pages.
pub(crate) type Tokens = Shelf<Arc<Token>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_ticket_works_once_and_not_for_long() {
        let shelf = Shelf::<u8>::new("t_");
        let secret = shelf.put(7, Duration::from_secs(60)).unwrap();
        assert_eq!(shelf.take("t_nonsense"), None);
        assert_eq!(shelf.take(&secret), Some(7));
        assert_eq!(shelf.take(&secret), None);
        let late = shelf.put(8, Duration::from_secs(60)).unwrap();
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(shelf.take(&late), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_works_until_its_time_is_over() {
        let shelf = Shelf::new("t_");
        let secret = shelf.put(Arc::new(7), Duration::from_secs(60)).unwrap();
        let found = (Instant::now() + Duration::from_secs(60), Arc::new(7));
        assert_eq!(shelf.find(&secret), Some(found.clone()));
        assert_eq!(shelf.find(&secret), Some(found));
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(shelf.find(&secret), None);
        assert!(shelf.items.lock().is_empty());
    }
}
