//! API keys.

use std::time::Duration;

use inos_protocols::{
    AccountId,
    account::{Scope, Scopes},
    time::Time,
};

use super::{on_both, place::*};
use crate::{Error, KeyWatch};

on_both![
    a_key_opens_its_account,
    nothing_else_opens_anything,
    a_revoked_key_is_closed_at_once,
    who_watches_a_key_hears_of_its_end,
];

async fn a_key_opens_its_account(place: Place) {
    let (ledger, books) = place.open().await;
    let (account, purse) = account(&ledger, 0).await;
    let scopes = Scopes::of(&[Scope::Jobs, Scope::Blobs]);
    let key = ledger.create_key(account, "laptop", scopes, None, None).await.unwrap();
    for _ in 0..2 {
        let access = ledger.authenticate(&key.secret).await.unwrap().unwrap();
        assert_eq!(
            (access.account, access.account_id, access.key, access.scopes),
            (purse.no, account, key.key.id, scopes)
        );
    }
    assert_eq!(books.keys(account).await.unwrap(), [key.key]);
    assert!(matches!(ledger.create_key(AccountId::new(), "x", scopes, None, None).await, Err(Error::NoAccount)));
    drop((ledger, books));
    let (ledger, _) = place.open().await;
    assert!(ledger.authenticate(&key.secret).await.unwrap().is_some());
}

async fn nothing_else_opens_anything(place: Place) {
    let (ledger, _) = place.open().await;
    let (account, _) = account(&ledger, 0).await;
    let (one, two) = (
        ledger.create_key(account, "one", Scopes::default(), None, None).await.unwrap(),
        ledger.create_key(account, "two", Scopes::default(), None, None).await.unwrap(),
    );
    let (id, secret) = (&one.secret[..38], &two.secret[38..]);
    let late = ledger.create_key(account, "late", Scopes::default(), Some(Time::from_ms(1)), None).await.unwrap();
    let unknown = format!("inos_{}_{}", "0".repeat(32), "0".repeat(64));
    let wrong = [
        String::new(),
        "inos_".into(),
        one.secret[1..].into(),
        one.secret.to_uppercase(),
        one.secret.clone() + "0",
        id.to_owned() + secret,
        late.secret,
        unknown,
    ];
    for bearer in wrong {
        assert!(ledger.authenticate(&bearer).await.unwrap().is_none(), "{bearer}");
    }
}

async fn a_revoked_key_is_closed_at_once(place: Place) {
    let (ledger, books) = place.open().await;
    let (one, _) = account(&ledger, 0).await;
    let (two, _) = account(&ledger, 0).await;
    let key = ledger.create_key(one, "lost", Scopes::default(), None, None).await.unwrap();
    assert!(ledger.authenticate(&key.secret).await.unwrap().is_some());
    assert!(!ledger.revoke_key(two, key.key.id).await.unwrap());
    assert!(ledger.authenticate(&key.secret).await.unwrap().is_some());
    assert!(ledger.revoke_key(one, key.key.id).await.unwrap());
    assert!(ledger.authenticate(&key.secret).await.unwrap().is_none());
    assert!(!ledger.revoke_key(one, key.key.id).await.unwrap());
    assert!(books.keys(one).await.unwrap()[0].revoked.is_some());
}

/// Waits for the end of a key, and fails where it does not come.
async fn ends(watch: &mut KeyWatch) {
    tokio::time::timeout(Duration::from_secs(10), watch.ended()).await.expect("the key has ended");
}

async fn holds(watch: &mut KeyWatch) {
    tokio::time::timeout(Duration::from_millis(50), watch.ended()).await.expect_err("the key holds");
}

async fn who_watches_a_key_hears_of_its_end(place: Place) {
    let (ledger, _) = place.open().await;
    let (account, _) = account(&ledger, 0).await;
    let key = async |expires| ledger.create_key(account, "k", Scopes::default(), expires, None).await.unwrap().key;
    let (revoked, other) = (key(None).await.id, key(None).await.id);
    let expires = Some(Time::now().plus_ms(700));
    let expiring = key(expires).await.id;
    let (mut one, mut two, mut three) =
        (ledger.watch_key(revoked, None), ledger.watch_key(revoked, None), ledger.watch_key(other, None));
    holds(&mut one).await;
    holds(&mut three).await;
    let mut late = ledger.watch_key(expiring, expires);
    holds(&mut late).await;
    assert!(ledger.revoke_key(account, revoked).await.unwrap());
    ends(&mut one).await;
    ends(&mut two).await;
    ends(&mut late).await;
    assert!(Some(Time::now()) >= expires);
    holds(&mut three).await;
    drop((one, two));
    // One that begins to watch too late hears of it as well.
    ends(&mut ledger.watch_key(revoked, None)).await;
    ledger.close().await;
}

#[tokio::test]
async fn who_watches_a_key_hears_that_another_server_revoked_it() {
    let place = Place::postgres().await;
    let (here, _) = place.open().await;
    let (there, _) = place.as_another_node().open().await;
    let (account, _) = account(&here, 0).await;
    let key = async || here.create_key(account, "k", Scopes::default(), None, None).await.unwrap();
    let (revoked, other) = (key().await, key().await);
    assert!(there.authenticate(&revoked.secret).await.unwrap().is_some());
    let mut watches: Vec<_> = (0..3).map(|_| there.watch_key(revoked.key.id, None)).collect();
    let mut holding = there.watch_key(other.key.id, None);
    holds(&mut watches[0]).await;
    assert!(here.revoke_key(account, revoked.key.id).await.unwrap());
    for watch in &mut watches {
        ends(watch).await;
    }
    assert!(there.authenticate(&revoked.secret).await.unwrap().is_none(), "it opens nothing more from memory either");
    holds(&mut holding).await;
}
