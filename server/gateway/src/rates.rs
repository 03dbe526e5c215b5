//! How fast accounts and keys may ask: a bucket of tokens for each that has a limit, none for any other.
//! The account's bucket is asked first, so that many keys are no way around it; a request that one of the two refuses
//! takes nothing from the other.

use std::{collections::HashMap, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue};
use inos_broker::Caller;
use inos_protocols::{Refusal, refusal::Kind};
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::refusal::Refused;

/// How far ahead a bucket may be emptied: so many seconds' worth of requests may come at once.
const BURST: Duration = Duration::from_secs(1);
/// How many buckets are kept before those that are full again are let go.
const BUCKETS_MAX: usize = 100_000;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// The buckets: for each the time at which it is full again.
#[derive(Default)]
pub(crate) struct Rates(Mutex<HashMap<[u8; 16], Instant>>);

/// How one request left its buckets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    account: Option<Level>,
    key: Option<Level>,
}

/// One bucket after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Level {
    /// Requests a second.
    a_second: u32,
    /// How many more may come at once.
    left: u32,
    /// When the bucket has one more, or is full again.
    after: Duration,
}

impl Rates {
    /// Counts a request of a caller, or says how long to wait. `None`: the caller has no limits.
    pub(crate) fn admit(&self, caller: &Caller) -> Result<Option<Standing>, Refused> {
        let (account, key) = (caller.limits.rate_limit, caller.rate_limit);
        if account.is_none() && key.is_none() {
            return Ok(None);
        }
        self.count((caller.account.as_bytes(), account), (caller.key.as_bytes(), key), Instant::now()).map(Some)
    }

    fn count(
        &self,
        account: (&[u8; 16], Option<u32>),
        key: (&[u8; 16], Option<u32>),
        now: Instant,
    ) -> Result<Standing, Refused> {
        let mut buckets = self.0.lock();
        if buckets.len() >= BUCKETS_MAX {
            buckets.retain(|_, full| *full > now);
        }
        let full = |(id, limit): (&[u8; 16], Option<u32>)| {
            limit.map(|a_second| (a_second.max(1), buckets.get(id).copied().unwrap_or(now).max(now)))
        };
        let (of_account, of_key) = (full(account), full(key));
        for (whose, bucket) in [("account", of_account), ("key", of_key)] {
            if let Some((a_second, full)) = bucket {
                room(a_second, full, now).map_err(|wait| too_fast(whose, a_second, wait))?;
            }
        }
        let mut take = |id: &[u8; 16], bucket: Option<(u32, Instant)>| {
            bucket.map(|(a_second, full)| {
                let full = full + each(a_second);
                buckets.insert(*id, full);
                let ahead = full.saturating_duration_since(now);
                let left = BURST.saturating_sub(ahead).as_nanos() / each(a_second).as_nanos();
                Level { a_second, left: u32::try_from(left).unwrap_or(u32::MAX), after: ahead }
            })
        };
        Ok(Standing { account: take(account.0, of_account), key: take(key.0, of_key) })
    }
}

/// How long a bucket takes for one more token.
fn each(a_second: u32) -> Duration {
    BURST / a_second
}

/// Whether a bucket has a token, else how long until it does.
fn room(a_second: u32, full: Instant, now: Instant) -> Result<(), Duration> {
    let ahead = full.saturating_duration_since(now) + each(a_second);
    match ahead.checked_sub(BURST) {
        Some(wait) if !wait.is_zero() => Err(wait),
        _ => Ok(()),
    }
}

fn too_fast(whose: &str, a_second: u32, wait: Duration) -> Refused {
    let ms = wait.as_nanos().div_ceil(1_000_000).max(1) as u64;
    let detail = format!(
        "This {whose} may make {a_second} requests a second, and made more. Nothing was run or charged; go on in {ms} ms."
    );
    Refused::from(Refusal::new(Kind::RateLimited, detail).retry_after_ms(ms))
        .with(POLICY, text(format!("\"{whose}\";q={a_second};w=1")))
        .with(LIMIT, text(format!("\"{whose}\";r=0;t={}", ms.div_ceil(1000))))
}

fn text(text: String) -> HeaderValue {
    HeaderValue::from_str(&text).expect("digits and quotes are visible ASCII")
}

impl Standing {
    /// Says it in the headers of an answer, the account first.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        for (whose, level) in [("account", self.account), ("key", self.key)] {
            let Some(Level { a_second, left, after }) = level else { continue };
            headers.append(POLICY, text(format!("\"{whose}\";q={a_second};w=1")));
            headers.append(LIMIT, text(format!("\"{whose}\";r={left};t={}", after.as_millis().div_ceil(1000))));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: [u8; 16] = [1; 16];
    const TWO: [u8; 16] = [2; 16];
    const ACCOUNT: [u8; 16] = [9; 16];

    /// How many of `tries` requests at the same time get in.
    fn admitted(
        rates: &Rates,
        account: Option<u32>,
        key: (&[u8; 16], Option<u32>),
        now: Instant,
        tries: usize,
    ) -> usize {
        (0..tries).filter(|_| rates.count((&ACCOUNT, account), key, now).is_ok()).count()
    }

    #[tokio::test(start_paused = true)]
    async fn a_bucket_gives_a_seconds_worth_at_once_and_fills_evenly() {
        let (rates, now) = (Rates::default(), Instant::now());
        assert_eq!(admitted(&rates, None, (&ONE, Some(10)), now, 50), 10);
        assert_eq!(admitted(&rates, None, (&ONE, Some(10)), now + Duration::from_millis(99), 5), 0);
        assert_eq!(admitted(&rates, None, (&ONE, Some(10)), now + Duration::from_millis(100), 5), 1);
        assert_eq!(admitted(&rates, None, (&ONE, Some(10)), now + Duration::from_millis(500), 50), 4);
        assert_eq!(admitted(&rates, None, (&ONE, Some(10)), now + Duration::from_secs(60), 50), 10, "and no more");
        assert_eq!(admitted(&rates, None, (&TWO, Some(3)), now, 50), 3, "another key has its own");
        assert_eq!(admitted(&rates, None, (&TWO, None), now, 50), 50);
    }

    #[tokio::test(start_paused = true)]
    async fn many_keys_are_no_way_around_an_accounts_limit() {
        let (rates, now) = (Rates::default(), Instant::now());
        let by_key = [ONE, TWO, [3; 16]].map(|key| admitted(&rates, Some(10), (&key, Some(8)), now, 50));
        assert_eq!(by_key, [8, 2, 0]);
        // What the account refused took nothing from the keys.
        let later = now + Duration::from_secs(1);
        assert_eq!(admitted(&rates, Some(10), (&[3; 16], Some(8)), later, 50), 8);
        let refused = rates.count((&ACCOUNT, Some(2)), (&[3; 16], Some(8)), later).unwrap_err();
        assert_eq!(refused.kind(), Kind::RateLimited);
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_key_is_refused_takes_nothing_from_its_account() {
        let (rates, now) = (Rates::default(), Instant::now());
        assert_eq!(admitted(&rates, Some(10), (&ONE, Some(2)), now, 100), 2);
        assert_eq!(admitted(&rates, Some(10), (&TWO, None), now, 100), 8);
    }
}
