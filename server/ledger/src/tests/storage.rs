//! What is stored is charged once for each stretch of time, and never below zero; prices only rise in number.

use inos_protocols::{
    Hash,
    account::{Blob, Reason},
    catalogue::PriceList,
    time::Time,
};

use super::{on_both, place::*};
use crate::{AccountNo, Error, Ledger, StorageClock, StoredTime};

on_both![
    a_stretch_of_time_is_charged_once,
    who_has_too_little_goes_to_zero_and_owes_the_rest,
    who_is_busy_pays_all_the_same,
    blobs_count_from_when_they_came_and_from_the_last_charge,
    a_clock_is_set_on_by_one_server,
    prices_are_set_once_for_each_number_and_only_upwards,
];

/// What a MiB costs a day, so that a KiB costs a microcredit a second.
const RATE: u64 = 1024 * 86_400;

fn stored(account: AccountNo, from: u64, upto: u64, kib_seconds: u64) -> StoredTime {
    StoredTime { account, from: Time::from_ms(from), upto: Time::from_ms(upto), kib_seconds }
}

async fn charge(ledger: &Ledger, stored: StoredTime) -> Option<(u64, u64)> {
    let charge = ledger.charge_storage(stored, RATE).await.unwrap();
    charge.map(|charge| (charge.paid.get(), charge.owed.get()))
}

async fn a_stretch_of_time_is_charged_once(place: Place) {
    let (ledger, books) = place.open().await;
    let (other, _) = place.as_another_node().open().await;
    let (one, purse) = account(&ledger, 100).await;
    assert_eq!(charge(&ledger, stored(purse.no, 1_000, 11_000, 30)).await, Some((30, 0)));
    // Again, by another server, after a clock was set back, and for a time of which a part was charged.
    for (from, upto) in [(1_000, 11_000), (500, 900), (1_000, 12_000), (10_999, 20_000)] {
        assert_eq!(charge(&ledger, stored(purse.no, from, upto, 9)).await, None);
        assert_eq!(charge(&other, stored(purse.no, from, upto, 9)).await, None);
    }
    let racers = [&ledger, &other, &ledger, &other].map(|ledger| charge(ledger, stored(purse.no, 11_000, 12_000, 5)));
    let charged: Vec<_> = futures_util::future::join_all(racers).await.into_iter().flatten().collect();
    assert_eq!(charged, [(5, 0)]);
    assert_eq!(available(&books, one).await, 65);
    let entries = books.entries(one, 10, None).await.unwrap().0;
    let paid: Vec<_> =
        entries.iter().filter(|entry| entry.reason == Reason::Storage).map(|entry| entry.amount).collect();
    assert_eq!(paid, [-5, -30]);
    assert!(entries[1].note.as_deref().unwrap().starts_with("30 KiB seconds at 88473600 a MiB and day, 1970-01-01"));
    pay(&ledger, &purse, 65).await;
    is_right(&books).await;
}

async fn who_has_too_little_goes_to_zero_and_owes_the_rest(place: Place) {
    let (ledger, books) = place.open().await;
    let (one, purse) = account(&ledger, 10).await;
    assert_eq!(charge(&ledger, stored(purse.no, 0, 1, 25)).await, Some((10, 15)));
    assert_eq!(charge(&ledger, stored(purse.no, 1, 2, 5)).await, Some((0, 20)), "nothing moves, and nothing is lost");
    assert_eq!(books.storage_begun(Time::from_ms(9)).await.unwrap(), [(purse.no, Time::from_ms(9))]);
    ledger.grant(one, credits(50), None).await.unwrap();
    assert_eq!(charge(&ledger, stored(purse.no, 9, 10, 0)).await, Some((20, 0)));
    assert_eq!(books.storage_begun(Time::from_ms(10)).await.unwrap(), []);
    assert_eq!(available(&books, one).await, 30);
    // What a server may spend from memory is not there to be taken.
    let reserved = ledger.reserve_slowly(&purse, credits(30)).await.unwrap();
    assert_eq!(charge(&ledger, stored(purse.no, 10, 11, 30)).await, Some((0, 30)));
    drop(reserved);
    is_right(&books).await;
}

async fn who_is_busy_pays_all_the_same(place: Place) {
    let (ledger, books) = place.open().await;
    let (one, purse) = account(&ledger, 100).await;
    // A job ended just now, another is under way: the server may spend the rest from memory.
    pay(&ledger, &purse, 10).await;
    let reserved = ledger.reserve_slowly(&purse, credits(20)).await.unwrap();
    assert_eq!(charge(&ledger, stored(purse.no, 0, 1, 60)).await, Some((60, 0)));
    let (_, entry) = settle(reserved, 20);
    assert!(commit(&ledger, entry).await.is_ok());
    assert_eq!(available(&books, one).await + purse.free() as u64, 10);
    pay(&ledger, &purse, 10).await;
    is_right(&books).await;
}

async fn blobs_count_from_when_they_came_and_from_the_last_charge(place: Place) {
    let (ledger, books) = place.open().await;
    let (one, purse) = account(&ledger, 1_000).await;
    let (two, other) = account(&ledger, 1_000).await;
    for (account, bytes, created) in [(one, 1, 0), (one, 4_096, 15_000), (one, 1 << 20, 99_000), (two, 2_048, 0)] {
        let (hash, created) = (Hash::of(&[bytes as u8, created as u8]), Time::from_ms(created));
        let blob = Blob { hash, bytes, media_type: "x".into(), created, expires: None, pinned: false };
        ledger.put_blob(account, &blob).await.unwrap();
    }
    assert!(charge(&ledger, stored(other.no, 5_000, 18_000, 1)).await.is_some());
    let mut found = books.stored(Time::from_ms(10_000), Time::from_ms(20_000)).await.unwrap();
    found.sort_by_key(|stored| stored.account.0);
    // One KiB for ten seconds and four for five; two KiB for the two seconds that are not charged yet.
    assert_eq!(found, [stored(purse.no, 10_000, 20_000, 30), stored(other.no, 18_000, 20_000, 4)]);
    assert!(books.stored(Time::from_ms(20_000), Time::from_ms(10_000)).await.unwrap().is_empty());
}

async fn a_clock_is_set_on_by_one_server(place: Place) {
    let (ledger, _) = place.open().await;
    let at = |ms, rate| Some(StorageClock { since: Time::from_ms(ms), rate });
    assert_eq!(ledger.storage_clock().await.unwrap(), None);
    assert!(ledger.set_storage_clock(None, None).await.unwrap());
    assert!(ledger.set_storage_clock(None, at(5, 7)).await.unwrap());
    assert!(!ledger.set_storage_clock(None, at(6, 8)).await.unwrap());
    assert_eq!(ledger.storage_clock().await.unwrap(), at(5, 7));
    assert!(ledger.set_storage_clock(at(5, 7), at(9, 8)).await.unwrap());
    assert!(!ledger.set_storage_clock(at(5, 7), at(10, 8)).await.unwrap());
    assert!(!ledger.set_storage_clock(at(5, 7), None).await.unwrap());
    assert!(ledger.set_storage_clock(at(9, 8), None).await.unwrap());
    assert_eq!(ledger.storage_clock().await.unwrap(), None);
}

async fn prices_are_set_once_for_each_number_and_only_upwards(place: Place) {
    let (ledger, books) = place.open().await;
    let list = |version, stored_mib_day| PriceList { version, stored_mib_day, prices: Default::default() };
    assert_eq!(books.prices().await.unwrap(), None);
    ledger.set_prices(&list(4, 1)).await.unwrap();
    ledger.set_prices(&list(4, 1)).await.unwrap();
    for outrun in [list(4, 2), list(3, 9)] {
        assert!(matches!(ledger.set_prices(&outrun).await, Err(Error::Outrun { by: 4 })));
    }
    let racers = (0..8).map(|rate| ledger.set_prices(Box::leak(Box::new(list(5, rate)))));
    let set = futures_util::future::join_all(racers).await.into_iter().filter(Result::is_ok).count();
    assert_eq!(set, 1, "of two that set the same number one comes second");
    assert_eq!(books.prices().await.unwrap().map(|list| list.version), Some(5));
    assert_eq!(place.number("SELECT count(*) FROM audit WHERE act = 'prices.set'").await, 2);
}
