//! Credits that are spent from memory, on one node and on two.

use super::{on_both, place::*};
use crate::{Claim, Commit, CommitError, Entry, ReserveError, Settle};
use inos_protocols::Hash;

on_both![
    what_was_reserved_under_a_lease_is_not_paid_from_the_next,
    leased_credits_come_back_when_the_ledger_closes,
    leased_credits_come_back_after_a_crash,
    idle_leases_are_given_back,
    leases_in_use_are_renewed,
    a_lease_called_back_is_no_longer_spent,
    two_nodes_never_spend_the_same_credits,
    one_key_on_two_nodes_is_one_job,
    a_vanished_caller_leaves_nothing_reserved,
];

async fn leased_credits_come_back_when_the_ledger_closes(place: Place) {
    let (ledger, _) = place.open().await;
    let (account, purse) = account(&ledger, 100).await;
    pay(&ledger, &purse, 1).await;
    ledger.close().await;
    let (other, books) = place.as_another_node().open().await;
    let purse = other.purse(account).await.unwrap();
    pay(&other, &purse, 99).await;
    is_right(&books).await;
}

async fn leased_credits_come_back_after_a_crash(place: Place) {
    let (ledger, books) = place.open().await;
    let (account, purse) = account(&ledger, 100).await;
    let lost = ledger.reserve_slowly(&purse, credits(50)).await.unwrap();
    drop((ledger, books));
    let (ledger, books) = place.open().await;
    let purse = ledger.purse(account).await.unwrap();
    pay(&ledger, &purse, 100).await;
    drop(lost);
    is_right(&books).await;
}

async fn idle_leases_are_given_back(place: Place) {
    let place = Place { lease_ms: 200, ..place };
    let (ledger, books) = place.open().await;
    let (_, purse) = account(&ledger, 100).await;
    drop(ledger.reserve_slowly(&purse, credits(1)).await.unwrap());
    until(async || purse.lease().is_none()).await;
    pay(&ledger, &purse, 100).await;
    is_right(&books).await;
}

async fn leases_in_use_are_renewed(place: Place) {
    let place = Place { lease_ms: 400, ..place };
    let (ledger, books) = place.open().await;
    let (account, purse) = account(&ledger, 100).await;
    let reservation = ledger.reserve_slowly(&purse, credits(60)).await.unwrap();
    let first = purse.lease().unwrap().until_ms();
    until(async || purse.lease().is_some_and(|lease| lease.until_ms() > first + 1000)).await;
    let (other, _) = place.as_another_node().open().await;
    let theirs = other.purse(account).await.unwrap();
    assert!(matches!(other.reserve_slowly(&theirs, credits(60)).await, Err(ReserveError::TooPoor { .. })));
    assert!(matches!(commit(&ledger, settle(reservation, 60).1).await, Ok(Commit::Receipt(_))));
    is_right(&books).await;
}

async fn a_lease_called_back_is_no_longer_spent(place: Place) {
    let (ledger, books) = place.open().await;
    let (rich, purse) = account(&ledger, 100).await;
    let (_, bystander) = account(&ledger, 100).await;
    let (first, second) = (
        ledger.reserve_slowly(&purse, credits(30)).await.unwrap(),
        ledger.reserve_slowly(&bystander, credits(30)).await.unwrap(),
    );
    // As if this node had been asleep for longer than its lease.
    place.meddle("UPDATE leases SET expires = 1").await;
    let (other, _) = place.as_another_node().open().await;
    let theirs = other.purse(rich).await.unwrap();
    pay(&other, &theirs, 90).await;

    let results = ledger.commit(vec![settle(first, 30).1, settle(second, 30).1]).await;
    assert_eq!(results[0], Err(CommitError::LeaseLost));
    assert!(matches!(results[1], Ok(Commit::Receipt(_))));
    // Reserving anew tells how things stand now; the other node may still hold what it has not spent.
    other.close().await;
    assert!(ledger.reserve_slowly(&purse, credits(11)).await.is_err());
    pay(&ledger, &purse, 10).await;
    assert_eq!(available(&books, rich).await, 0);
    is_right(&books).await;
}

async fn two_nodes_never_spend_the_same_credits(place: Place) {
    let place = Place { lease_ms: 1000, ..place };
    let (here, books) = place.open().await;
    let (there, _) = place.as_another_node().open().await;
    let (account, _) = account(&here, 1000).await;
    let mut spending = tokio::task::JoinSet::new();
    for number in 0..300 {
        let ledger = if number % 2 == 0 { here.clone() } else { there.clone() };
        spending.spawn(async move {
            let purse = ledger.purse(account).await.unwrap();
            loop {
                match ledger.reserve_slowly(&purse, credits(5)).await {
                    Ok(reservation) => match commit(&ledger, settle(reservation, 5).1).await {
                        Ok(_) => return 5,
                        Err(CommitError::LeaseLost | CommitError::Unavailable) => {}
                        Err(other) => panic!("{other}"),
                    },
                    Err(ReserveError::TooPoor { .. } | ReserveError::OverBudget { .. }) => return 0,
                    Err(ReserveError::Database(error)) if error.is_unavailable() => {}
                    Err(ReserveError::Database(error)) => panic!("{error}"),
                }
            }
        });
    }
    let spent: u64 = spending.join_all().await.into_iter().sum();
    assert!(spent <= 1000, "{spent}");
    there.close().await;
    assert_eq!(available(&books, account).await, 1000 - spent);
    is_right(&books).await;
}

async fn one_key_on_two_nodes_is_one_job(place: Place) {
    let (here, books) = place.open().await;
    let (there, _) = place.as_another_node().open().await;
    let (account, mine) = account(&here, 1000).await;
    let theirs = there.purse(account).await.unwrap();
    let digest = Hash::of(b"request");
    let Claim::New(first) = here.claim(mine.no, "k", digest).await.unwrap() else { panic!("the key is new here") };
    let Claim::New(second) = there.claim(theirs.no, "k", digest).await.unwrap() else { panic!("the key is new there") };
    let reservation = there.reserve_slowly(&theirs, credits(10)).await.unwrap();
    let job = record(&theirs);
    let id = job.id;
    let entry = Entry::Settle(Settle { job, reservation, ending: ending(10), claim: Some(second) });
    assert!(commit(&there, entry).await.is_ok());
    there.close().await;
    let reservation = here.reserve_slowly(&mine, credits(10)).await.unwrap();
    let entry = Entry::Settle(Settle { job: record(&mine), reservation, ending: ending(10), claim: Some(first) });
    assert_eq!(commit(&here, entry).await, Err(CommitError::Duplicate(id)));
    assert!(matches!(here.claim(mine.no, "k", digest).await.unwrap(), Claim::Settled(job) if job == id));
    assert_eq!(available(&books, account).await, 990);
    is_right(&books).await;
}

async fn a_vanished_caller_leaves_nothing_reserved(place: Place) {
    let (ledger, books) = place.open().await;
    let (account, purse) = account(&ledger, 100).await;
    for _ in 0..20 {
        // Asked once, so that the question is on its way, and then left.
        let asking = ledger.reserve_slowly(&purse, credits(100));
        drop(tokio::time::timeout(std::time::Duration::ZERO, asking).await);
        let (_, entry) = settle(ledger.reserve(&purse, inos_protocols::Microcredits::ZERO).unwrap(), 0);
        drop(ledger.commit(vec![entry]));
    }
    until(async || ledger.reserve_slowly(&purse, credits(100)).await.is_ok()).await;
    assert_eq!(available(&books, account).await, 100);
    is_right(&books).await;
}

async fn what_was_reserved_under_a_lease_is_not_paid_from_the_next(place: Place) {
    let (ledger, books) = place.open().await;
    let (id, purse) = account(&ledger, 100).await;
    let reservation = ledger.reserve_slowly(&purse, credits(10)).await.unwrap();
    // As after a recall and another lease to the same node.
    place.meddle("UPDATE leases SET token = token + 1").await;
    assert_eq!(commit(&ledger, settle(reservation, 10).1).await, Err(CommitError::LeaseLost));
    assert_eq!(available(&books, id).await, 100);
    is_right(&books).await;
}
