//! What few capsules ask for: clocks beside the attempt's, retries, memoisation, retention.

use super::{Malformed, fields};
use crate::{
    generated::capsule_capnp::{Cache as WireCache, terms},
    job::{Cache, Capsule, Retry},
};

/// No fewer words than terms take in a message.
pub(super) const WORDS: usize = 10;

/// The capsule with these terms.
pub(super) fn read(capsule: Capsule, from: terms::Reader<'_>) -> Result<Capsule, Malformed> {
    Ok(Capsule {
        queue_ttl_ms: match from.get_queue_ttl_ms().which()? {
            terms::queue_ttl_ms::None(()) => None,
            terms::queue_ttl_ms::Some(ms) => Some(ms),
        },
        deadline: match from.get_deadline().which()? {
            terms::deadline::None(()) => None,
            terms::deadline::Some(ms) => Some(fields::time("deadline", ms)?),
        },
        keep_ms: match from.get_keep_ms().which()? {
            terms::keep_ms::None(()) => None,
            terms::keep_ms::Some(ms) => Some(ms),
        },
        retry: if from.has_retry() {
            let from = from.get_retry()?;
            let (backoff_ms, backoff_max_ms) = (from.get_backoff_ms(), from.get_backoff_max_ms());
            Some(Retry { max_attempts: from.get_max_attempts(), backoff_ms, backoff_max_ms })
        } else {
            None
        },
        cache: match from.get_cache()? {
            WireCache::Off => Cache::Off,
            WireCache::Use => Cache::Use,
            WireCache::Refresh => Cache::Refresh,
        },
        ..capsule
    })
}

/// Writes a capsule's terms.
pub(super) fn write(capsule: &Capsule, mut to: terms::Builder<'_>) {
    let Capsule { queue_ttl_ms, deadline, retry, cache, keep_ms, .. } = capsule;
    if let Some(ms) = queue_ttl_ms {
        to.reborrow().init_queue_ttl_ms().set_some(*ms);
    }
    if let Some(deadline) = deadline {
        to.reborrow().init_deadline().set_some(deadline.as_ms());
    }
    if let Some(ms) = keep_ms {
        to.reborrow().init_keep_ms().set_some(*ms);
    }
    if let Some(Retry { max_attempts, backoff_ms, backoff_max_ms }) = retry {
        let mut to = to.reborrow().init_retry();
        to.set_max_attempts(*max_attempts);
        to.set_backoff_ms(*backoff_ms);
        to.set_backoff_max_ms(*backoff_max_ms);
    }
    to.set_cache(match cache {
        Cache::Off => WireCache::Off,
        Cache::Use => WireCache::Use,
        Cache::Refresh => WireCache::Refresh,
    });
}
