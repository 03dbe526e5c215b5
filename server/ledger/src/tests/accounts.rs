//! Accounts and transfers.

use inos_protocols::{Microcredits, account::Reason};

use super::{on_both, place::*};
use crate::{AccountNo, CommitError, Entry, Error, Transfer};

on_both![
    only_amounts_that_exist_are_moved,
    nobody_gives_what_he_has_not,
    an_account_holds_no_more_than_a_number_can_say,
    the_first_start_makes_one_admin,
    transfers_that_cross_end_well,
    the_same_key_moves_credits_once,
    only_who_pays_for_jobs_is_given_credits,
];

async fn only_amounts_that_exist_are_moved(place: Place) {
    let (ledger, books) = place.open().await;
    let (one, _) = account(&ledger, 10).await;
    let (two, _) = account(&ledger, 0).await;
    // −1, 2^63, 1e308, 1.5 and digits of other scripts are no `Microcredits` to begin with.
    for text in ["-1", "9223372036854775808", "1e308", "1.5", "\"٣\"", "\"1\"", "null"] {
        assert!(serde_json::from_str::<Microcredits>(text).is_err(), "{text}");
    }
    assert_eq!(Microcredits::new(1 << 63), None);
    assert!(matches!(ledger.transfer(one, two, Microcredits::ZERO, None, None).await, Err(Error::Amount)));
    assert!(matches!(ledger.transfer(one, one, credits(1), None, None).await, Err(Error::Amount)));
    assert!(matches!(ledger.grant(two, Microcredits::ZERO, None).await, Err(Error::Amount)));
    ledger.transfer(one, two, credits(10), Some("all"), None).await.unwrap();
    assert_eq!((available(&books, one).await, available(&books, two).await), (0, 10));
    is_right(&books).await;
}

async fn nobody_gives_what_he_has_not(place: Place) {
    let (ledger, books) = place.open().await;
    let (one, purse) = account(&ledger, 100).await;
    let (two, _) = account(&ledger, 0).await;
    let reservation = ledger.reserve_slowly(&purse, credits(30)).await.unwrap();
    let poor = ledger.transfer(one, two, credits(71), None, None).await;
    assert!(matches!(poor, Err(Error::TooPoor { available, .. }) if available == credits(70)), "{poor:?}");
    // What is leased to this node and not reserved is still the account's to give.
    ledger.transfer(one, two, credits(70), None, None).await.unwrap();
    assert!(ledger.reserve_slowly(&purse, credits(1)).await.is_err());
    drop(reservation);
    pay(&ledger, &purse, 30).await;
    assert_eq!((available(&books, one).await, available(&books, two).await), (0, 70));
    is_right(&books).await;

    let nobody = Transfer::new(AccountNo(4711), AccountNo(4712), credits(1), Reason::Transfer, None).unwrap();
    let refused = commit(&ledger, Entry::Transfer(nobody)).await;
    assert_eq!(refused, Err(CommitError::TooPoor { required: credits(1), available: Microcredits::ZERO }));
    is_right(&books).await;
}

async fn an_account_holds_no_more_than_a_number_can_say(place: Place) {
    let (ledger, books) = place.open().await;
    let (one, _) = account(&ledger, 10).await;
    let most = Microcredits::MAX.get() - 10;
    assert!(
        matches!(ledger.grant(one, Microcredits::MAX, None).await, Err(Error::TooPoor { available, .. }) if available == credits(most))
    );
    ledger.grant(one, credits(most), None).await.unwrap();
    assert_eq!(available(&books, one).await, Microcredits::MAX.get());
    assert!(ledger.grant(one, credits(1), None).await.is_err());
    let (two, purse) = account(&ledger, Microcredits::MAX.get()).await;
    pay(&ledger, &purse, Microcredits::MAX.get()).await;
    assert_eq!(available(&books, two).await, 0);
    is_right(&books).await;
}

async fn the_first_start_makes_one_admin(place: Place) {
    let (ledger, books) = place.open().await;
    let key = ledger.first_start("admin").await.unwrap().unwrap();
    assert!(ledger.first_start("admin").await.unwrap().is_none());
    let access = ledger.authenticate(&key.secret).await.unwrap().unwrap();
    let admin = books.account(access.account_id).await.unwrap().unwrap();
    assert_eq!((&*admin.name, admin.available), ("admin", credits(1_000_000)));
    assert_eq!(books.accounts(10, None).await.unwrap().0, [admin]);
    is_right(&books).await;
    drop((ledger, books));
    let (ledger, _) = place.open().await;
    assert!(ledger.first_start("admin").await.unwrap().is_none());
}

async fn transfers_that_cross_end_well(place: Place) {
    let (here, books) = place.open().await;
    let (there, _) = place.as_another_node().open().await;
    let (one, _) = account(&here, 1000).await;
    let (two, _) = account(&here, 1000).await;
    let mut moving = tokio::task::JoinSet::new();
    for number in 0..100 {
        let (ledger, from, to) = if number % 2 == 0 { (here.clone(), one, two) } else { (there.clone(), two, one) };
        moving.spawn(async move { ledger.transfer(from, to, credits(3), None, None).await.map(drop) });
    }
    assert!(moving.join_all().await.iter().all(Result::is_ok));
    assert_eq!((available(&books, one).await, available(&books, two).await), (1000, 1000));
    is_right(&books).await;
}

async fn the_same_key_moves_credits_once(place: Place) {
    let (ledger, books) = place.open().await;
    let (one, _) = account(&ledger, 100).await;
    let (two, _) = account(&ledger, 0).await;
    let give = async |ledger: &crate::Ledger, amount, key: &str| {
        ledger.transfer(one, two, credits(amount), Some("rent"), Some(key)).await
    };
    let racers = (0..20).map(|_| {
        let ledger = ledger.clone();
        async move { ledger.transfer(one, two, credits(30), Some("rent"), Some("a")).await.unwrap() }
    });
    let moved = racers.collect::<tokio::task::JoinSet<_>>().join_all().await;
    assert_eq!(moved.iter().filter(|moved| !moved.replayed).count(), 1);
    assert!(moved.iter().all(|other| other.id == moved[0].id));
    assert!(matches!(give(&ledger, 31, "a").await, Err(Error::KeyTaken)));
    assert!(matches!(give(&ledger, 71, "b").await, Err(Error::TooPoor { .. })));
    // A key that came to nothing is free again.
    assert!(!give(&ledger, 70, "b").await.unwrap().replayed);
    // A key that has been used by a transfer is still free for a job.
    let purse = ledger.purse(one).await.unwrap();
    assert!(matches!(ledger.claim(purse.no, "a", inos_protocols::Hash::of(b"")).await, Ok(crate::Claim::New(_))));
    ledger.close().await;
    drop((books, purse));
    let (ledger, books) = place.open().await;
    assert_eq!(give(&ledger, 30, "a").await.unwrap(), crate::Moved { id: moved[0].id, replayed: true });
    assert_eq!((available(&books, one).await, available(&books, two).await), (0, 100));
    for (account, sum) in [(one, 0), (two, 100)] {
        let entries = books.entries(account, 10, None).await.unwrap().0;
        assert_eq!(entries.iter().map(|entry| entry.amount).sum::<i64>(), sum);
        assert_eq!(entries.iter().filter(|entry| entry.reason == Reason::Transfer).count(), 2);
    }
    is_right(&books).await;
}

async fn only_who_pays_for_jobs_is_given_credits(place: Place) {
    let (ledger, books) = place.open().await;
    let (one, _) = account(&ledger, 100).await;
    let issuer = crate::accounts::issuer_id();
    for nobody in [inos_protocols::AccountId::new(), issuer] {
        assert!(matches!(ledger.transfer(one, nobody, credits(1), None, None).await, Err(Error::NoAccount)));
    }
    is_right(&books).await;
}
