//! API keys.

use inos_protocols::{
    AccountId,
    account::{Scope, Scopes},
    time::Time,
};

use super::{on_both, place::*};
use crate::Error;

on_both![a_key_opens_its_account, nothing_else_opens_anything, a_revoked_key_is_closed_at_once];

async fn a_key_opens_its_account(place: Place) {
    let (ledger, books) = place.open().await;
    let (account, purse) = account(&ledger, 0).await;
    let scopes = Scopes::of(&[Scope::Jobs, Scope::Blobs]);
    let key = ledger.create_key(account, "laptop", scopes, None).await.unwrap();
    for _ in 0..2 {
        let access = ledger.authenticate(&key.secret).await.unwrap().unwrap();
        assert_eq!(
            (access.account, access.account_id, access.key, access.scopes),
            (purse.no, account, key.key.id, scopes)
        );
    }
    assert_eq!(books.keys(account).await.unwrap(), [key.key]);
    assert!(matches!(ledger.create_key(AccountId::new(), "x", scopes, None).await, Err(Error::NoAccount)));
    drop((ledger, books));
    let (ledger, _) = place.open().await;
    assert!(ledger.authenticate(&key.secret).await.unwrap().is_some());
}

async fn nothing_else_opens_anything(place: Place) {
    let (ledger, _) = place.open().await;
    let (account, _) = account(&ledger, 0).await;
    let (one, two) = (
        ledger.create_key(account, "one", Scopes::default(), None).await.unwrap(),
        ledger.create_key(account, "two", Scopes::default(), None).await.unwrap(),
    );
    let (id, secret) = (&one.secret[..38], &two.secret[38..]);
    let late = ledger.create_key(account, "late", Scopes::default(), Some(Time::from_ms(1))).await.unwrap();
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
    let key = ledger.create_key(one, "lost", Scopes::default(), None).await.unwrap();
    assert!(ledger.authenticate(&key.secret).await.unwrap().is_some());
    assert!(!ledger.revoke_key(two, key.key.id).await.unwrap());
    assert!(ledger.authenticate(&key.secret).await.unwrap().is_some());
    assert!(ledger.revoke_key(one, key.key.id).await.unwrap());
    assert!(ledger.authenticate(&key.secret).await.unwrap().is_none());
    assert!(!ledger.revoke_key(one, key.key.id).await.unwrap());
    assert!(books.keys(one).await.unwrap()[0].revoked.is_some());
}
