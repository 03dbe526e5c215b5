//! What can be read, and what a check finds.

use inos_protocols::{
    Hash, JobId, KeyId,
    account::{Blob, Reason},
    job::State,
    time::Time,
};

use super::{on_both, place::*};
use crate::{AccountNo, Entry, Error, JobFilter, SpentBy};

on_both![
    jobs_are_listed_newest_first_in_pages,
    entries_are_listed_newest_first_in_pages,
    usage_is_summed_by_method,
    what_was_spent_is_told_by_key_and_by_unit_step_by_step,
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

async fn what_was_spent_is_told_by_key_and_by_unit_step_by_step(place: Place) {
    let (ledger, books) = place.open().await;
    let (id, purse) = account(&ledger, 1000).await;
    let (other, others) = account(&ledger, 1000).await;
    let (one, two) = (KeyId::new(), KeyId::new());
    let hour = |at: u64| Time::from_ms(at * 3_600_000);
    // Of the job's id it is known when it was accepted.
    let job_at = |at: u64| {
        let mut bytes = *JobId::new().as_bytes();
        bytes[..6].copy_from_slice(&(at * 3_600_000 + 60_000).to_be_bytes()[2..]);
        JobId::from_slice(&bytes).unwrap()
    };
    for (purse, at, key, unit, cost) in [
        (&purse, 10, Some(one), "compute", 3),
        (&purse, 10, Some(one), "crypto", 4),
        (&purse, 10, Some(two), "compute", 5),
        (&purse, 12, Some(two), "compute", 6),
        (&purse, 12, None, "compute", 7),
        (&others, 10, Some(one), "compute", 8),
    ] {
        let (_, entry) = settle(ledger.reserve_slowly(purse, credits(cost)).await.unwrap(), cost);
        let Entry::Settle(mut entry) = entry else { unreachable!() };
        (entry.job.id, entry.job.key, entry.job.unit) = (job_at(at), key, unit.into());
        commit(&ledger, Entry::Settle(entry)).await.unwrap();
    }
    let (_, entry) = accept(ledger.reserve_slowly(&purse, credits(9)).await.unwrap());
    let Entry::Accept(mut entry) = entry else { unreachable!() };
    (entry.job.id, entry.job.key) = (job_at(11), Some(one));
    commit(&ledger, Entry::Accept(entry)).await.unwrap();
    let times = [hour(10), hour(11), hour(12), hour(13)];
    let told = async |by, times: &[Time]| {
        let spent = books.spent(id, by, times).await.unwrap();
        let mut told: Vec<_> =
            spent.into_iter().map(|spent| (spent.from, spent.key, spent.unit, spent.jobs, spent.cost.get())).collect();
        told.sort();
        told
    };
    let mut keys = vec![
        (hour(10), Some(one), None, 2, 7),
        (hour(10), Some(two), None, 1, 5),
        (hour(12), None, None, 1, 7),
        (hour(12), Some(two), None, 1, 6),
    ];
    keys.sort();
    assert_eq!(told(SpentBy::Key, &times).await, keys, "a job that waits has cost nothing yet");
    let unit = |name: &str| Some(name.to_owned());
    let units = [
        (hour(10), None, unit("compute"), 2, 8),
        (hour(10), None, unit("crypto"), 1, 4),
        (hour(12), None, unit("compute"), 2, 13),
    ];
    assert_eq!(told(SpentBy::Unit, &times).await, units);
    assert_eq!(told(SpentBy::Unit, &times[1..3]).await, []);
    assert_eq!(books.spent(other, SpentBy::Key, &times).await.unwrap().len(), 1);
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
