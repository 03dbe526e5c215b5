//! Keys that give way to others, limits of keys and accounts, and when a key was used last.

use std::time::Duration;

use inos_protocols::{
    KeyId,
    account::{Scope, Scopes},
    time::Time,
};

use super::{on_both, place::*};
use crate::{Error, Limits, Terms};

on_both![
    a_replaced_key_works_until_the_overlap_is_over,
    what_hangs_on_a_replaced_key_ends_with_it,
    only_who_may_as_much_replaces_a_key,
    limits_are_told_with_the_key,
    the_last_use_is_told_at_once_and_written_down_later,
    a_close_writes_down_though_event_loops_have_ended,
];

fn scopes() -> Scopes {
    Scopes::of(&[Scope::Jobs, Scope::Account])
}

async fn a_replaced_key_works_until_the_overlap_is_over(place: Place) {
    let (ledger, books) = place.open().await;
    let (account, _) = account(&ledger, 0).await;
    let terms = Terms { expires: Some(Time::now().plus_ms(3_600_000)), rate_limit: Some(7), budget: None };
    let old = ledger.create_key(account, "laptop", scopes(), terms).await.unwrap();
    assert!(ledger.authenticate(&old.secret).await.unwrap().is_some());
    let new = ledger.rotate_key(account, old.key.id, 700, scopes()).await.unwrap().unwrap();
    assert_ne!(new.secret, old.secret);
    let expected = (old.key.name.clone(), old.key.scopes.clone(), old.key.expires, Some(7));
    assert_eq!((new.key.name.clone(), new.key.scopes.clone(), new.key.expires, new.key.rate_limit), expected);
    assert!(ledger.authenticate(&old.secret).await.unwrap().is_some(), "both work");
    assert!(ledger.authenticate(&new.secret).await.unwrap().is_some());
    let ends = books.keys(account).await.unwrap()[0].expires.unwrap();
    // Replacing it once more, for longer, does not lengthen its life.
    assert!(ledger.rotate_key(account, old.key.id, 60_000, scopes()).await.unwrap().is_some());
    assert_eq!(books.keys(account).await.unwrap()[0].expires, Some(ends));
    while Time::now() < ends {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(ledger.authenticate(&old.secret).await.unwrap().is_none(), "the old one has ended");
    assert!(ledger.authenticate(&new.secret).await.unwrap().is_some());
    assert!(ledger.rotate_key(account, old.key.id, 0, scopes()).await.unwrap().is_none(), "an ended key has no heir");
}

async fn what_hangs_on_a_replaced_key_ends_with_it(place: Place) {
    let (ledger, _) = place.open().await;
    let (account, _) = account(&ledger, 0).await;
    let old = ledger.create_key(account, "k", scopes(), None).await.unwrap().key.id;
    let mut watch = ledger.watch_key(old, None);
    tokio::time::timeout(Duration::from_millis(50), watch.ended()).await.expect_err("it holds");
    ledger.rotate_key(account, old, 0, scopes()).await.unwrap().unwrap();
    tokio::time::timeout(Duration::from_secs(10), watch.ended()).await.expect("it has ended");
    // Whoever showed it just before and begins to watch just after hears of it as well.
    let old = ledger.create_key(account, "k", scopes(), None).await.unwrap().key.id;
    ledger.rotate_key(account, old, 300, scopes()).await.unwrap().unwrap();
    let mut late = ledger.watch_key(old, None);
    tokio::time::timeout(Duration::from_secs(10), late.ended()).await.expect("it has ended");
    ledger.close().await;
}

async fn only_who_may_as_much_replaces_a_key(place: Place) {
    let (ledger, books) = place.open().await;
    let (one, _) = account(&ledger, 0).await;
    let (two, _) = account(&ledger, 0).await;
    let strong = ledger.create_key(one, "strong", Scopes::of(&[Scope::Admin]), None).await.unwrap();
    let weak = Scopes::of(&[Scope::Account]);
    assert!(matches!(ledger.rotate_key(one, strong.key.id, 0, weak).await, Err(Error::Stronger)));
    assert!(ledger.rotate_key(two, strong.key.id, 0, Scopes::of(&Scope::ALL)).await.unwrap().is_none());
    assert!(ledger.rotate_key(one, KeyId::new(), 0, Scopes::of(&Scope::ALL)).await.unwrap().is_none());
    assert_eq!(books.keys(one).await.unwrap(), std::slice::from_ref(&strong.key), "nothing was made and nothing ended");
    assert!(ledger.revoke_key(one, strong.key.id).await.unwrap());
    assert!(ledger.rotate_key(one, strong.key.id, 0, Scopes::of(&Scope::ALL)).await.unwrap().is_none());
}

async fn limits_are_told_with_the_key(place: Place) {
    let (ledger, books) = place.open().await;
    let (account, _) = account(&ledger, 0).await;
    let terms = Terms { expires: None, rate_limit: Some(5), budget: None };
    let key = ledger.create_key(account, "k", scopes(), terms).await.unwrap();
    let access = ledger.authenticate(&key.secret).await.unwrap().unwrap();
    assert_eq!((access.rate_limit, access.limits), (Some(5), Limits::default()));
    let limits = Limits { weight: 3, rate_limit: Some(9) };
    ledger.set_limits(account, limits).await.unwrap();
    assert_eq!(ledger.authenticate(&key.secret).await.unwrap().unwrap().limits, limits, "at once");
    let shown = books.account(account).await.unwrap().unwrap();
    assert_eq!((shown.weight, shown.rate_limit), (3, Some(9)));
    ledger.set_limits(account, Limits::default()).await.unwrap();
    assert_eq!(ledger.authenticate(&key.secret).await.unwrap().unwrap().limits, Limits::default());
    assert!(matches!(ledger.set_limits(inos_protocols::AccountId::new(), limits).await, Err(Error::NoAccount)));
}

async fn the_last_use_is_told_at_once_and_written_down_later(place: Place) {
    let (ledger, books) = place.open().await;
    let (account, _) = account(&ledger, 0).await;
    let used = ledger.create_key(account, "used", scopes(), None).await.unwrap();
    ledger.create_key(account, "unused", scopes(), None).await.unwrap();
    let written = async || {
        let rows = sqlx::query_scalar("SELECT count(*) FROM keys WHERE last_used IS NOT NULL");
        rows.fetch_one(ledger.0.shared.database.pool()).await.map(|count: i64| count).unwrap()
    };
    let begun = Time::now();
    for _ in 0..1_000 {
        ledger.authenticate(&used.secret).await.unwrap().unwrap();
    }
    let wrong = format!("{}_{}", used.key.prefix, "0".repeat(64));
    assert!(ledger.authenticate(&wrong).await.unwrap().is_none());
    let keys = books.keys(account).await.unwrap();
    let last = keys[0].last_used.unwrap();
    assert!(begun <= last && last <= Time::now());
    assert_eq!(keys[1].last_used, None);
    assert_eq!(written().await, 0, "nothing is written for a request");
    ledger.0.shared.write_uses(&ledger.0.shared.database).await;
    assert_eq!(written().await, 1);
    ledger.0.shared.write_uses(&ledger.0.shared.database).await;
    ledger.authenticate(&used.secret).await.unwrap().unwrap();
    let again = books.keys(account).await.unwrap()[0].last_used.unwrap();
    assert!(again >= last, "a use after the writing is noted again");
    ledger.close().await;
    let (_ledger, books) = place.open().await;
    assert_eq!(books.keys(account).await.unwrap()[0].last_used, Some(again), "a close loses nothing");
}

async fn a_close_writes_down_though_event_loops_have_ended(place: Place) {
    let (account, key) = {
        let (ledger, _) = place.open().await;
        let (account, _) = account(&ledger, 0).await;
        let key = ledger.create_key(account, "used", scopes(), None).await.unwrap();
        ledger.close().await;
        (account, key)
    };
    let mut last = None;
    for _ in 0..5 {
        let (ledger, books) = place.open().await;
        ledger.authenticate(&key.secret).await.unwrap().unwrap();
        // What a shard does: an event loop of its own opens connections for the pool, and ends before the ledger.
        let elsewhere = books.clone();
        let ended = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let reads = (0..8).map(|_| elsewhere.keys(account));
                futures_util::future::try_join_all(reads).await.unwrap();
            });
        });
        tokio::task::spawn_blocking(|| ended.join().unwrap()).await.unwrap();
        let (before, used) = (last, books.keys(account).await.unwrap()[0].last_used);
        assert!(used > before);
        ledger.close().await;
        let (ledger, books) = place.open().await;
        last = books.keys(account).await.unwrap()[0].last_used;
        assert_eq!(last, used);
        ledger.close().await;
    }
}
