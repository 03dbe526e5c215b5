//! A job's cost is split to the last microcredit, in the commit that charges it.

use inos_protocols::AccountId;

use super::{on_both, place::*};
use crate::{Books, Error, FeePolicy, Ledger, Shares};

on_both![
    every_cost_is_split_to_the_last_microcredit,
    who_is_not_named_is_the_treasury,
    a_policy_that_cannot_be_followed_is_refused,
];

const SHARES: Shares = Shares { worker: 9500, treasury: 400, author: 50, referrer: 50 };

/// The place with a policy, and the accounts that are in it: treasury, author, referrer, and a payer with a referrer.
async fn with_policy(place: Place, shares: Shares) -> (Place, [AccountId; 4]) {
    let (ledger, _) = place.open().await;
    let mut ids = Vec::new();
    for amount in [0, 0, 0, 100_000] {
        ids.push(account(&ledger, amount).await.0);
    }
    ledger.close().await;
    let [treasury, author, referrer, payer] = ids.try_into().unwrap();
    let policy = FeePolicy {
        treasury,
        shares,
        authors: [("compute".to_owned(), author)].into(),
        referrers: [(payer, referrer)].into(),
    };
    (Place { fees: Some(policy), ..place }, [treasury, author, referrer, payer])
}

async fn balances(books: &Books, ids: &[AccountId; 4]) -> [u64; 4] {
    let mut all = [0; 4];
    for (place, id) in all.iter_mut().zip(ids) {
        *place = available(books, *id).await;
    }
    all
}

async fn earned(place: &Place) -> i64 {
    place.number("SELECT b.balance FROM balances b JOIN nodes n ON n.account = b.account").await
}

async fn every_cost_is_split_to_the_last_microcredit(place: Place) {
    let (place, ids) = with_policy(place, SHARES).await;
    let (ledger, books): (Ledger, Books) = place.open().await;
    let purse = ledger.purse(ids[3]).await.unwrap();
    let mut spent = 0;
    // Alone, and many in one commit.
    for cost in [1, 19, 1_000, 20_001] {
        pay(&ledger, &purse, cost).await;
        spent += cost;
    }
    let mut entries = Vec::new();
    for _ in 0..100 {
        entries.push(settle(ledger.reserve_slowly(&purse, credits(200)).await.unwrap(), 200).1);
        spent += 200;
    }
    assert!(ledger.commit(entries).await.iter().all(Result::is_ok));
    let (job, entry) = accept(ledger.reserve_slowly(&purse, credits(5_000)).await.unwrap());
    commit(&ledger, entry).await.unwrap();
    commit(&ledger, finish(&purse, job, 4_000)).await.unwrap();
    spent += 4_000;
    let [treasury, author, referrer, payer] = balances(&books, &ids).await;
    assert_eq!(payer, 100_000 - spent);
    // 20,001 leaves two remainders of 0.005 and one of 0.04 beside 0.95: the worker's is the largest.
    assert_eq!((treasury, author, referrer), (1 + 40 + 800 + 800 + 160, 5 + 100 + 100 + 20, 5 + 100 + 100 + 20));
    assert_eq!(earned(&place).await as u64 + treasury + author + referrer, spent);
    let entries = books.entries(ids[0], 10, None).await.unwrap().0;
    assert_eq!(entries.iter().map(|entry| entry.amount).sum::<i64>(), treasury as i64);
    is_right(&books).await;
    ledger
        .forget(inos_protocols::time::Time::now(), inos_protocols::time::Time::now().plus_ms(1000), 1000)
        .await
        .unwrap();
    is_right(&books).await;
}

async fn who_is_not_named_is_the_treasury(place: Place) {
    let (place, ids) = with_policy(place, SHARES).await;
    let policy = place.fees.clone().map(|policy| FeePolicy {
        authors: Default::default(),
        referrers: Default::default(),
        ..policy
    });
    let place = Place { fees: policy, ..place };
    let (ledger, books) = place.open().await;
    let purse = ledger.purse(ids[3]).await.unwrap();
    pay(&ledger, &purse, 1_000).await;
    assert_eq!(balances(&books, &ids).await, [50, 0, 0, 99_000]);
    assert_eq!(earned(&place).await, 950);
    is_right(&books).await;
}

async fn a_policy_that_cannot_be_followed_is_refused(place: Place) {
    let (place, ids) = with_policy(place, SHARES).await;
    let policy = place.fees.clone().unwrap();
    let open = async |policy: FeePolicy| {
        let place = Place { fees: Some(policy), ..place.clone() };
        place.try_open(Box::new(|| Ok(()))).await.map(drop)
    };
    let stranger = AccountId::new();
    assert!(
        matches!(open(FeePolicy { treasury: stranger, ..policy.clone() }).await, Err(Error::Payee(id)) if id == stranger)
    );
    let short = Shares { worker: 9_000, ..SHARES };
    assert!(matches!(open(FeePolicy { shares: short, ..policy.clone() }).await, Err(Error::Shares)));
    let issuer = crate::accounts::issuer_id();
    assert!(matches!(open(FeePolicy { treasury: issuer, ..policy.clone() }).await, Err(Error::Payee(_))));
    assert!(open(policy).await.is_ok());
    assert_eq!(ids.len(), 4);
}
