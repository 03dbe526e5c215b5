//! The audit log: nothing is done to money or access without it, and nothing in it is ever changed.

use std::net::{IpAddr, Ipv4Addr};

use inos_protocols::{
    KeyId,
    account::{Act, AuditEntry, Scope, Scopes},
};

use super::{on_both, place::*};
use crate::{Actor, Limits};

on_both![
    every_deed_is_told_with_who_did_it,
    what_was_not_done_is_not_told,
    an_account_sees_its_own_page_by_page,
    nothing_is_changed_or_taken_away,
];

const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));

async fn every_deed_is_told_with_who_did_it(place: Place) {
    let (ledger, books) = place.open().await;
    let first = ledger.first_start("admin").await.unwrap().unwrap();
    let admin = ledger.authenticate(&first.secret).await.unwrap().unwrap();
    let request_id = "request-17".to_owned();
    let by = ledger.by(Actor { account: admin.account, key: admin.key, address: ADDRESS, request_id });
    let user = by.open_account("user", credits(100)).await.unwrap().id;
    let key = by.create_key(user, "k", Scopes::of(&[Scope::Jobs]), None).await.unwrap();
    let new = by.rotate_key(user, key.key.id, 0, Scopes::of(&Scope::ALL)).await.unwrap().unwrap();
    assert!(by.revoke_key(user, new.key.id).await.unwrap());
    by.set_limits(user, Limits { weight: 2, rate_limit: None }).await.unwrap();
    let granted = by.grant(user, credits(5), Some("thanks")).await.unwrap();
    let moved = by.transfer(user, admin.account_id, credits(3), None, None).await.unwrap().id;
    let (entries, next) = books.audit(None, 100, None).await.unwrap();
    assert_eq!(next, None);
    let told: Vec<(Act, Option<String>)> = entries.iter().rev().map(|it| (it.act, it.subject.clone())).collect();
    let text = |id: &dyn ToString| Some(id.to_string());
    assert_eq!(
        told,
        [
            (Act::AccountCreate, text(&admin.account_id)),
            (Act::KeyCreate, text(&admin.key)),
            (Act::AccountCreate, text(&user)),
            (Act::KeyCreate, text(&key.key.id)),
            (Act::KeyRotate, text(&key.key.id)),
            (Act::KeyRevoke, text(&new.key.id)),
            (Act::AccountLimit, text(&user)),
            (Act::CreditsGrant, text(&granted)),
            (Act::CreditsTransfer, text(&moved)),
        ]
    );
    let (by_server, by_admin): (Vec<&AuditEntry>, _) = entries.iter().partition(|entry| entry.actor.is_none());
    assert_eq!(by_server.len(), 2, "the first start is the server's own");
    for entry in by_admin {
        let who = (entry.actor, entry.key, entry.address.as_deref(), entry.request_id.as_deref());
        assert_eq!(who, (Some(admin.account_id), Some(admin.key), Some("192.0.2.7"), Some("request-17")));
        assert_eq!(entry.account, user);
    }
    assert_eq!(entries[1].detail["note"], "thanks");
    let all = serde_json::to_string(&entries).unwrap();
    for secret in [&first.secret, &key.secret, &new.secret] {
        assert!(!all.contains(secret.rsplit('_').next().unwrap()));
    }
    is_right(&books).await;
}

async fn what_was_not_done_is_not_told(place: Place) {
    let (ledger, books) = place.open().await;
    let (account, _) = account(&ledger, 10).await;
    let (other, _) = super::place::account(&ledger, 0).await;
    let before = books.audit(None, 100, None).await.unwrap().0;
    assert!(!ledger.revoke_key(account, KeyId::new()).await.unwrap());
    assert!(ledger.rotate_key(account, KeyId::new(), 0, Scopes::of(&Scope::ALL)).await.unwrap().is_none());
    assert!(ledger.transfer(account, other, credits(11), None, None).await.is_err());
    assert_eq!(books.audit(None, 100, None).await.unwrap().0, before);
}

async fn an_account_sees_its_own_page_by_page(place: Place) {
    let (ledger, books) = place.open().await;
    let (one, purse) = account(&ledger, 0).await;
    let (two, _) = account(&ledger, 0).await;
    let actor = || Actor { account: purse.no, key: KeyId::new(), address: ADDRESS, request_id: "r".into() };
    for number in 0..7 {
        ledger.by(actor()).create_key(one, &format!("mine {number}"), Scopes::default(), None).await.unwrap();
        ledger.create_key(two, "another's", Scopes::default(), None).await.unwrap();
    }
    ledger.by(actor()).create_key(two, "by one for two", Scopes::default(), None).await.unwrap();
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let (page, next) = books.audit(Some(one), 3, cursor.as_deref()).await.unwrap();
        all.extend(page);
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(all.len(), 9, "its making, its keys, and what it did to others");
    assert!(all.iter().all(|entry| entry.account == one || entry.actor == Some(one)));
    assert!(all.is_sorted_by_key(|entry| std::cmp::Reverse(entry.seq)));
    let (of_two, _) = books.audit(Some(two), 100, None).await.unwrap();
    let foreign = of_two.iter().find(|entry| entry.actor == Some(one)).unwrap();
    assert_eq!((foreign.key, &foreign.address, &foreign.request_id), (None, &None, &None), "another's doings");
    assert!(books.audit(None, 10, Some("nonsense")).await.is_err());
}

async fn nothing_is_changed_or_taken_away(place: Place) {
    let (ledger, books) = place.open().await;
    ledger.first_start("admin").await.unwrap();
    let before = books.audit(None, 100, None).await.unwrap().0;
    assert_eq!(before.len(), 2);
    for meddling in ["UPDATE audit SET act = 'key.revoke'", "DELETE FROM audit"] {
        let pool = ledger.0.shared.database.pool();
        let error = sqlx::query(meddling).execute(pool).await.unwrap_err();
        assert!(error.to_string().contains("the audit log is only added to"), "{error}");
    }
    assert_eq!(books.audit(None, 100, None).await.unwrap().0, before);
}
