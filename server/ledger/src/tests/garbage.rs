//! What has expired goes, and the sums stay.

use inos_protocols::{Hash, account::Blob, account::Reason, time::Time};

use super::{on_both, place::*};
use crate::{Claim, Entry, Forgotten, Settle};

on_both![what_expired_goes_and_the_sums_stay, what_is_still_needed_stays];

async fn what_expired_goes_and_the_sums_stay(place: Place) {
    let (ledger, books) = place.open().await;
    let (id, purse) = account(&ledger, 1000).await;
    let mut jobs = Vec::new();
    for cost in 1..=5 {
        let reservation = ledger.reserve_slowly(&purse, credits(cost)).await.unwrap();
        let Claim::New(claim) = ledger.claim(purse.no, &cost.to_string(), Hash::of(b"x")).await.unwrap() else {
            panic!("new")
        };
        let (job, mut ending) = (record(&purse), ending(cost));
        (ending.kept, ending.segment, ending.files) = (Some(b"kept".to_vec()), Some(cost), vec![Hash::of(b"file")]);
        ending.expires = Some(Time::now().plus_ms(1000));
        jobs.push(job.id);
        commit(&ledger, Entry::Settle(Settle { job, reservation, ending, claim: Some(claim) })).await.unwrap();
    }
    let blob = Blob {
        hash: Hash::of(b"b"),
        bytes: 1,
        media_type: "a/b".into(),
        created: Time::now(),
        expires: Some(Time::now().plus_ms(500)),
        pinned: false,
    };
    ledger.put_blob(id, &blob).await.unwrap();
    ledger.put_blob(id, &Blob { hash: Hash::of(b"p"), pinned: true, ..blob }).await.unwrap();
    assert_eq!(ledger.forget(Time::now(), Time::from_ms(1), 100).await.unwrap(), Forgotten::default());
    assert_eq!(books.segments().await.unwrap(), [1, 2, 3, 4, 5]);

    let later = Time::now().plus_ms(2 * 24 * 3600 * 1000);
    let gone = ledger.forget(later, Time::from_ms(1), 100).await.unwrap();
    assert_eq!(gone, Forgotten { payloads: 5, jobs: 0, keys: 5, blobs: 1 });
    assert!(books.segments().await.unwrap().is_empty());
    assert!(!books.refers_to_file(Hash::of(b"file")).await.unwrap());
    assert!(!books.job(purse.no, jobs[0]).await.unwrap().unwrap().job.outputs_kept);
    is_right(&books).await;

    assert_eq!(ledger.forget(later, later, 3).await.unwrap().jobs, 3);
    is_right(&books).await;
    assert_eq!(ledger.forget(later, later, 100).await.unwrap().jobs, 2);
    assert_eq!(available(&books, id).await, 985);
    let entries = books.entries(id, 100, None).await.unwrap().0;
    assert_eq!(entries.iter().map(|entry| entry.amount).sum::<i64>(), 985);
    assert_eq!(entries.iter().filter(|entry| entry.reason == Reason::Job).count(), 2);
    is_right(&books).await;
    let next = pay(&ledger, &purse, 1).await;
    assert!(books.receipt(purse.no, next).await.unwrap().unwrap().root.sequence > 5);
}

async fn what_is_still_needed_stays(place: Place) {
    let (ledger, books) = place.open().await;
    let (_, purse) = account(&ledger, 1000).await;
    let (id, entry) = accept(ledger.reserve_slowly(&purse, credits(5)).await.unwrap());
    let Entry::Accept(mut entry) = entry else { unreachable!() };
    (entry.job.segment, entry.files) = (Some(3), vec![Hash::of(b"input")]);
    commit(&ledger, Entry::Accept(entry)).await.unwrap();
    let later = Time::now().plus_ms(1 << 40);
    assert_eq!(ledger.forget(later, later, 100).await.unwrap(), Forgotten::default());
    assert_eq!(books.segments().await.unwrap(), [3]);
    assert!(books.refers_to_file(Hash::of(b"input")).await.unwrap());
    commit(&ledger, finish(&purse, id, 5)).await.unwrap();
    assert!(books.segments().await.unwrap().is_empty());
    assert!(!books.refers_to_file(Hash::of(b"input")).await.unwrap());
    is_right(&books).await;
}
