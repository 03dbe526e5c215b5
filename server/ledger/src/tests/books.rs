//! What can be read, and what a check finds.

use inos_protocols::{
    Hash, JobId,
    account::{Blob, Reason},
    job::State,
    time::Time,
};

use super::{on_both, place::*};
use crate::{AccountNo, Entry, Error, JobFilter};

on_both![
    jobs_are_listed_newest_first_in_pages,
    entries_are_listed_newest_first_in_pages,
    usage_is_summed_by_method,
    blobs_belong_to_accounts,
    another_accounts_job_is_absent,
    a_meddled_row_is_found,
];

async fn jobs_are_listed_newest_first_in_pages(place: Place) {
    let (ledger, books) = place.open().await;
    let (_, purse) = account(&ledger, 1000).await;
    let mut ids = Vec::new();
    for number in 0..7 {
        let (id, entry) = settle(ledger.reserve_slowly(&purse, credits(1)).await.unwrap(), 1);
        let Entry::Settle(mut entry) = entry else { unreachable!() };
        entry.job.unit = if number % 2 == 0 { "even" } else { "odd" }.into();
        entry.job.labels = [("n%".to_owned(), format!("{number}\"_"))].into();
        assert!(commit(&ledger, Entry::Settle(entry)).await.is_ok());
        ids.insert(0, id);
    }
    let (waiting, entry) = accept(ledger.reserve_slowly(&purse, credits(1)).await.unwrap());
    commit(&ledger, entry).await.unwrap();
    ids.insert(0, waiting);

    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let (page, next) = books.jobs(purse.no, &JobFilter::default(), 3, cursor.as_deref()).await.unwrap();
        seen.extend(page.iter().map(|job| job.id));
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, ids);
    let count = async |filter: JobFilter| books.jobs(purse.no, &filter, 100, None).await.unwrap().0.len();
    let all = JobFilter::default;
    assert_eq!(count(JobFilter { state: Some(State::Queued), ..all() }).await, 1);
    assert_eq!(count(JobFilter { unit: Some("even".into()), ..all() }).await, 4);
    assert_eq!(count(JobFilter { unit: Some("even".into()), method: Some("none".into()), ..all() }).await, 0);
    assert_eq!(count(JobFilter { since: Some(Time::now().plus_ms(1000)), ..all() }).await, 0);
    assert_eq!(count(JobFilter { since: Some(Time::from_ms(1)), ..all() }).await, 8);
    assert_eq!(count(JobFilter { label: Some(("n%".into(), "3\"_".into())), ..all() }).await, 1);
    assert_eq!(count(JobFilter { label: Some(("N%".into(), "3\"_".into())), ..all() }).await, 0);
    assert!(matches!(books.jobs(purse.no, &all(), 3, Some("x")).await, Err(Error::Cursor)));
}

async fn entries_are_listed_newest_first_in_pages(place: Place) {
    let (ledger, books) = place.open().await;
    let (one, purse) = account(&ledger, 1000).await;
    let (two, _) = account(&ledger, 0).await;
    for cost in 1..=3 {
        pay(&ledger, &purse, cost).await;
        ledger.transfer(one, two, credits(10 * cost), Some("gift"), None).await.unwrap();
    }
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let (page, next) = books.entries(one, 2, cursor.as_deref()).await.unwrap();
        seen.extend(page);
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }
    let mut amounts: Vec<i64> = seen.iter().map(|entry| entry.amount).collect();
    assert_eq!(amounts.iter().sum::<i64>(), available(&books, one).await as i64);
    assert!(seen.is_sorted_by(|newer, older| newer.at >= older.at));
    amounts.sort_unstable();
    assert_eq!(amounts, [-30, -20, -10, -3, -2, -1, 1000]);
    assert_eq!(seen.iter().filter(|entry| entry.job.is_some()).count(), 3);
    assert_eq!(seen.last().unwrap().reason, Reason::Grant);
    let gained = books.entries(two, 100, None).await.unwrap().0;
    assert_eq!(gained.iter().map(|entry| entry.amount).collect::<Vec<_>>(), [30, 20, 10]);
    assert!(matches!(books.entries(one, 2, Some("1.2")).await, Err(Error::Cursor)));
}

async fn usage_is_summed_by_method(place: Place) {
    let (ledger, books) = place.open().await;
    let (id, purse) = account(&ledger, 1000).await;
    pay(&ledger, &purse, 3).await;
    pay(&ledger, &purse, 4).await;
    let (_, entry) = settle(ledger.reserve_slowly(&purse, credits(1)).await.unwrap(), 1);
    let Entry::Settle(mut entry) = entry else { unreachable!() };
    entry.ending.state = State::Failed;
    commit(&ledger, Entry::Settle(entry)).await.unwrap();
    let usage = books.usage(id, Time::from_ms(0)).await.unwrap();
    assert_eq!(usage.len(), 1);
    assert_eq!((usage[0].jobs, usage[0].succeeded, usage[0].cost), (3, 2, credits(8)));
    assert_eq!(books.usage(id, Time::now().plus_ms(1000)).await.unwrap(), []);
}

async fn blobs_belong_to_accounts(place: Place) {
    let (ledger, books) = place.open().await;
    let (one, _) = account(&ledger, 0).await;
    let (two, _) = account(&ledger, 0).await;
    let blob = |text: &str, created| Blob {
        hash: Hash::of(text.as_bytes()),
        bytes: text.len() as u64,
        media_type: "text/plain".into(),
        created: Time::from_ms(created),
        expires: None,
        pinned: false,
    };
    for (text, created) in [("a", 1), ("bb", 2), ("ccc", 2)] {
        ledger.put_blob(one, &blob(text, created)).await.unwrap();
    }
    ledger.put_blob(one, &blob("a", 9)).await.unwrap();
    let (a, bb) = (Hash::of(b"a"), Hash::of(b"bb"));
    assert_eq!(books.blob(one, a).await.unwrap(), Some(blob("a", 1)));
    assert_eq!(books.blob(two, a).await.unwrap(), None);
    assert_eq!((books.blob_bytes(one).await.unwrap(), books.blob_bytes(two).await.unwrap()), (6, 0));
    let (first, cursor) = books.blobs(one, 2, None).await.unwrap();
    let (rest, end) = books.blobs(one, 2, cursor.as_deref()).await.unwrap();
    assert_eq!((first.len(), rest, end), (2, vec![blob("a", 1)], None));
    ledger.put_blob(two, &blob("a", 1)).await.unwrap();
    assert!(!ledger.delete_blob(two, bb).await.unwrap());
    assert!(ledger.delete_blob(one, a).await.unwrap());
    assert!(books.refers_to_file(a).await.unwrap());
    assert!(ledger.delete_blob(two, a).await.unwrap());
    assert!(!books.refers_to_file(a).await.unwrap());
    assert!(ledger.pin_blob(one, bb, true).await.unwrap());
    assert!(books.blob(one, bb).await.unwrap().unwrap().pinned);
}

async fn another_accounts_job_is_absent(place: Place) {
    let (ledger, books) = place.open().await;
    let (_, one) = account(&ledger, 10).await;
    let (_, two) = account(&ledger, 10).await;
    let id = pay(&ledger, &one, 1).await;
    assert!(books.job(one.no, id).await.unwrap().is_some());
    for (no, id) in [(two.no, id), (one.no, JobId::new()), (AccountNo(0), id)] {
        assert_eq!(books.job(no, id).await.unwrap(), None);
        assert_eq!(books.receipt(no, id).await.unwrap(), None);
    }
}

async fn a_meddled_row_is_found(place: Place) {
    let (ledger, books) = place.open().await;
    let (_, purse) = account(&ledger, 100).await;
    pay(&ledger, &purse, 7).await;
    ledger.close().await;
    is_right(&place.open().await.1).await;
    drop(books);
    for (there, back) in [
        (
            "UPDATE balances SET balance = balance + 1 WHERE floor = 0",
            "UPDATE balances SET balance = balance - 1 WHERE floor = 0",
        ),
        ("UPDATE jobs SET hold = hold + 1, cost = cost + 1", "UPDATE jobs SET cost = cost - 1, hold = hold - 1"),
        ("UPDATE jobs SET leaf_index = leaf_index + 1", "UPDATE jobs SET leaf_index = leaf_index - 1"),
        ("UPDATE jobs SET state = 3", "UPDATE jobs SET state = 2"),
        ("UPDATE jobs SET method = 'sha512'", "UPDATE jobs SET method = 'blake3'"),
        ("UPDATE commits SET signed = signed + 1", "UPDATE commits SET signed = signed - 1"),
        ("UPDATE commits SET forgotten = 1", "UPDATE commits SET forgotten = 0"),
        ("UPDATE transfers SET amount = amount + 1", "UPDATE transfers SET amount = amount - 1"),
        ("UPDATE balances SET held = 1 WHERE balance > 50", "UPDATE balances SET held = 0"),
    ] {
        place.meddle(there).await;
        let (_, books) = place.open().await;
        assert_ne!(books.check().await.unwrap(), Vec::<String>::new(), "{there}");
        place.meddle(back).await;
        is_right(&books).await;
    }
}
