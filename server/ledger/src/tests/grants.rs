//! Grants that expire are spent first, and only what is left of them goes back.

use inos_protocols::{AccountId, account::Reason, time::Time};

use super::{on_both, place::*};
use crate::{Books, Error, Ledger};

on_both![
    what_is_left_of_a_grant_goes_back_at_its_end,
    the_grant_that_ends_first_is_spent_first,
    what_comes_in_meanwhile_is_not_what_was_granted,
    what_is_held_at_the_end_goes_back_once_it_is_free,
    a_grant_of_nothing_or_to_nobody_is_refused,
];

/// A moment so many milliseconds from now.
fn in_ms(ms: u64) -> Time {
    Time::now().plus_ms(ms)
}

async fn left(books: &Books, account: AccountId) -> Vec<u64> {
    books.grants(account).await.unwrap().iter().map(|grant| grant.left.get()).collect()
}

/// Ends what ends before that time, and says how many transfers that took.
async fn expire(ledger: &Ledger, now: Time) -> usize {
    ledger.expire_grants(now, 100).await.unwrap()
}

async fn what_is_left_of_a_grant_goes_back_at_its_end(place: Place) {
    let (ledger, books) = place.open().await;
    let (one, purse) = account(&ledger, 50).await;
    let granted = ledger.grant_until(one, credits(100), Some("trial"), in_ms(10_000)).await.unwrap();
    pay(&ledger, &purse, 30).await;
    let grants = books.grants(one).await.unwrap();
    assert_eq!((grants[0].transfer, grants[0].amount, grants[0].left), (granted, credits(100), credits(70)));
    assert_eq!(expire(&ledger, in_ms(0)).await, 0);
    assert_eq!(available(&books, one).await, 120);
    assert_eq!(expire(&ledger, in_ms(20_000)).await, 1);
    assert_eq!(available(&books, one).await, 50);
    assert_eq!(left(&books, one).await, Vec::<u64>::new());
    assert_eq!(expire(&ledger, in_ms(20_000)).await, 0);
    let entries = books.entries(one, 10, None).await.unwrap().0;
    assert!(entries.iter().any(|entry| entry.amount == -70 && entry.reason == Reason::Grant));
    pay(&ledger, &purse, 50).await;
    is_right(&books).await;
}

async fn the_grant_that_ends_first_is_spent_first(place: Place) {
    let (ledger, books) = place.open().await;
    let (one, purse) = account(&ledger, 10).await;
    let (two, _) = account(&ledger, 0).await;
    ledger.grant_until(one, credits(40), None, in_ms(30_000)).await.unwrap();
    pay(&ledger, &purse, 5).await;
    // The one that comes later ends earlier; what was spent before it came was not spent of it.
    ledger.grant_until(one, credits(20), None, in_ms(10_000)).await.unwrap();
    assert_eq!(left(&books, one).await, [20, 35]);
    ledger.transfer(one, two, credits(12), None, None).await.unwrap();
    assert_eq!(left(&books, one).await, [8, 35]);
    pay(&ledger, &purse, 10).await;
    assert_eq!(left(&books, one).await, [33]);
    assert_eq!(expire(&ledger, in_ms(20_000)).await, 0, "nothing is left of the first");
    pay(&ledger, &purse, 1).await;
    assert_eq!(expire(&ledger, in_ms(40_000)).await, 1);
    assert_eq!(available(&books, one).await, 10);
    is_right(&books).await;
}

async fn what_comes_in_meanwhile_is_not_what_was_granted(place: Place) {
    let (ledger, books) = place.open().await;
    let (one, purse) = account(&ledger, 0).await;
    let (two, _) = account(&ledger, 100).await;
    ledger.grant_until(one, credits(30), None, in_ms(10_000)).await.unwrap();
    ledger.transfer(two, one, credits(25), None, None).await.unwrap();
    ledger.grant(one, credits(5), None).await.unwrap();
    pay(&ledger, &purse, 10).await;
    ledger.forget(Time::now(), in_ms(1_000), 100).await.unwrap();
    assert_eq!(left(&books, one).await, [20]);
    assert_eq!(expire(&ledger, in_ms(20_000)).await, 1);
    assert_eq!(available(&books, one).await, 30);
    is_right(&books).await;
}

async fn what_is_held_at_the_end_goes_back_once_it_is_free(place: Place) {
    let (ledger, books) = place.open().await;
    let (one, purse) = account(&ledger, 0).await;
    ledger.grant_until(one, credits(100), None, in_ms(10_000)).await.unwrap();
    let (job, entry) = accept(ledger.reserve_slowly(&purse, credits(60)).await.unwrap());
    commit(&ledger, entry).await.unwrap();
    assert_eq!(expire(&ledger, in_ms(20_000)).await, 1);
    assert_eq!(available(&books, one).await, 0);
    commit(&ledger, finish(&purse, job, 25)).await.unwrap();
    assert_eq!(available(&books, one).await, 35);
    assert_eq!(expire(&ledger, in_ms(20_000)).await, 1);
    assert_eq!(available(&books, one).await, 0);
    assert_eq!(place.number("SELECT count(*) FROM grants WHERE remaining > 0").await, 0);
    is_right(&books).await;
}

async fn a_grant_of_nothing_or_to_nobody_is_refused(place: Place) {
    let (ledger, books) = place.open().await;
    let (one, _) = account(&ledger, 0).await;
    assert!(matches!(ledger.grant_until(one, credits(0), None, in_ms(1)).await, Err(Error::Amount)));
    assert!(matches!(ledger.grant_until(AccountId::new(), credits(1), None, in_ms(1)).await, Err(Error::NoAccount)));
    is_right(&books).await;
}
