//! Budgets are hard, whoever spends at once, on one server or two, and over restarts.

use std::sync::Arc;

use inos_protocols::{account::Scopes, month::Month, time::Time};

use super::{on_both, place::*};
use crate::{Books, Budget, CommitError, Entry, Finish, Ledger, Purse, Reservation, ReserveError, Terms};

on_both![
    a_key_spends_no_more_than_its_budget,
    an_account_spends_no_more_than_its_budget_of_the_month,
    what_is_held_counts_and_what_is_left_of_it_comes_back_also_over_a_restart,
    two_nodes_together_spend_no_more_than_a_budget,
    a_budget_can_be_raised_lowered_and_taken_away,
    without_a_budget_nothing_is_written_about_one,
];

/// A purse and the limit of a key that may spend this much of it.
async fn key(ledger: &Ledger, amount: u64, budget: u64) -> (Arc<Purse>, Arc<Budget>) {
    let (account, _) = account(ledger, amount).await;
    let key = ledger
        .create_key(account, "k", Scopes::default(), Terms { budget: Some(credits(budget)), ..Terms::default() })
        .await
        .unwrap();
    let access = ledger.authenticate(&key.secret).await.unwrap().unwrap();
    assert_eq!(key.key.budget, Some(credits(budget)));
    (ledger.purse_of(&access), ledger.key_budget(&access).unwrap())
}

async fn reserve(
    ledger: &Ledger,
    purse: &Arc<Purse>,
    key: Option<&Arc<Budget>>,
    amount: u64,
) -> Result<Reservation, ReserveError> {
    let mut reservation = ledger.reserve_slowly(purse, credits(amount)).await?;
    ledger.limit(&mut reservation, key).await.map(|()| reservation)
}

/// How many of 64 that ask at once can spend so much each.
async fn race(ledger: &Ledger, purse: &Arc<Purse>, key: Option<&Arc<Budget>>, hold: u64, cost: u64) -> u64 {
    let mut racers = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let (ledger, purse, key) = (ledger.clone(), purse.clone(), key.cloned());
        racers.spawn(async move {
            let mut spent = 0;
            for _ in 0..3 {
                match reserve(&ledger, &purse, key.as_ref(), hold).await {
                    Ok(reservation) => spent += u64::from(commit(&ledger, settle(reservation, cost).1).await.is_ok()),
                    Err(ReserveError::OverBudget { is_keys, required, .. }) => {
                        assert_eq!((is_keys, required), (key.is_some(), credits(hold)));
                    }
                    Err(other) => panic!("{other}"),
                }
            }
            spent * cost
        });
    }
    racers.join_all().await.into_iter().sum()
}

async fn used(place: &Place) -> i64 {
    place.number("SELECT CAST(coalesce(sum(used), 0) AS BIGINT) FROM budgets").await
}

async fn a_key_spends_no_more_than_its_budget(place: Place) {
    let (ledger, books) = place.open().await;
    let (purse, key) = key(&ledger, 1_000_000, 100_000).await;
    let spent = race(&ledger, &purse, Some(&key), 700, 700).await;
    assert_eq!(spent, 142 * 700, "as often as it fits, and not once more");
    assert_eq!(used(&place).await, spent as i64);
    // The rest can still be spent, to the last microcredit.
    let rest = reserve(&ledger, &purse, Some(&key), 100_000 - spent).await.unwrap();
    commit(&ledger, settle(rest, 100_000 - spent).1).await.unwrap();
    let over = reserve(&ledger, &purse, Some(&key), 1).await;
    assert!(matches!(over, Err(ReserveError::OverBudget { is_keys: true, .. })));
    assert_eq!(used(&place).await, 100_000);
    // Another key of the account has nothing to do with it.
    assert!(reserve(&ledger, &purse, None, 1).await.is_ok());
    is_right(&books).await;
}

async fn an_account_spends_no_more_than_its_budget_of_the_month(place: Place) {
    let (ledger, books) = place.open().await;
    let (id, purse) = account(&ledger, 1_000_000).await;
    pay(&ledger, &purse, 5_000).await;
    let set = ledger.set_budget(id, Some(credits(100_000))).await.unwrap();
    assert_eq!((set.month, set.used), (Month::of(Time::now()), credits(5_000)), "what was spent this month counts");
    // More is put aside than is spent: what was not spent can be spent by others.
    let spent = race(&ledger, &purse, None, 700, 600).await;
    assert!(spent + 5_000 <= 100_000, "{spent}");
    assert_eq!(books.budget(id).await.unwrap().unwrap().used, credits(5_000 + spent));
    let mut sum = 5_000 + spent;
    while let Ok(reservation) = reserve(&ledger, &purse, None, 700).await {
        commit(&ledger, settle(reservation, 700).1).await.unwrap();
        sum += 700;
    }
    assert!((99_301..=100_000).contains(&sum), "{sum}");
    assert_eq!(used(&place).await, sum as i64);
    is_right(&books).await;
}

async fn what_is_held_counts_and_what_is_left_of_it_comes_back_also_over_a_restart(place: Place) {
    let (ledger, books) = place.open().await;
    let (purse, key) = key(&ledger, 1_000, 100).await;
    let accept_with = async |ledger: &Ledger, amount: u64| {
        let reservation = reserve(ledger, &purse, Some(&key), amount).await.unwrap();
        let limits = reservation.limits().to_vec();
        let (id, entry) = accept(reservation);
        commit(ledger, entry).await.unwrap();
        (id, limits)
    };
    let (first, first_limits) = accept_with(&ledger, 60).await;
    let (second, second_limits) = accept_with(&ledger, 30).await;
    let of = second_limits[0].of();
    let left =
        async |ledger: &Ledger, purse: &Arc<Purse>, key: &Arc<Budget>| match reserve(ledger, purse, Some(key), 101)
            .await
        {
            Err(ReserveError::OverBudget { available, .. }) => available.get(),
            other => panic!("{:?}", other.map(drop)),
        };
    assert_eq!(left(&ledger, &purse, &key).await, 10);
    let end = Finish { id: first, purse: purse.clone(), ending: ending(15), limits: first_limits };
    commit(&ledger, Entry::Finish(end)).await.unwrap();
    assert_eq!(left(&ledger, &purse, &key).await, 55);
    let (account, name) = (purse.account, key.key.unwrap());
    ledger.clone().close().await;
    drop((ledger, books));
    let (ledger, books) = place.open().await;
    let purse = ledger.purse(account).await.unwrap();
    let key = ledger.0.shared.budget(purse.no, Some(name));
    assert_eq!(left(&ledger, &purse, &key).await, 55);
    let limits = vec![ledger.held_limit(&purse, of, credits(30))];
    let end = Finish { id: second, purse: purse.clone(), ending: ending(0), limits };
    commit(&ledger, Entry::Finish(end)).await.unwrap();
    assert_eq!((left(&ledger, &purse, &key).await, used(&place).await), (85, 15));
    is_right(&books).await;
}

async fn two_nodes_together_spend_no_more_than_a_budget(place: Place) {
    let (here, books) = place.open().await;
    let (there, _) = place.as_another_node().open().await;
    let (purse, key) = key(&here, 1_000, 100).await;
    let theirs = there.purse(purse.account).await.unwrap();
    let their_key = there.0.shared.budget(purse.no, key.key);
    // Both know of all of it, and neither of what the other takes.
    let mine = reserve(&here, &purse, Some(&key), 60).await.unwrap();
    here.reconcile().await.unwrap();
    here.0.shared.give_back(&purse).await.unwrap();
    let other = reserve(&there, &theirs, Some(&their_key), 60).await.unwrap();
    commit(&here, settle(mine, 60).1).await.unwrap();
    let bystander = account(&there, 10).await.1;
    let good = there.reserve_slowly(&bystander, credits(1)).await.unwrap();
    let results = there.commit(vec![settle(other, 60).1, settle(good, 1).1]).await;
    assert_eq!(results[0], Err(CommitError::OverBudget { required: credits(60), available: credits(40) }));
    assert!(results[1].is_ok(), "who shares the commit is none the worse for it");
    assert_eq!(used(&place).await, 60);
    is_right(&books).await;
}

async fn a_budget_can_be_raised_lowered_and_taken_away(place: Place) {
    let (ledger, books): (Ledger, Books) = place.open().await;
    let (id, purse) = account(&ledger, 1_000).await;
    let can = async |amount| reserve(&ledger, &purse, None, amount).await.is_ok();
    let set = async |budget: Option<u64>| ledger.set_budget(id, budget.map(credits)).await.unwrap();
    set(Some(10)).await;
    assert!(can(10).await && !can(11).await);
    set(Some(20)).await;
    assert!(can(20).await && !can(21).await);
    let held = reserve(&ledger, &purse, None, 15).await.unwrap();
    set(Some(0)).await;
    assert!(!can(1).await);
    // What was put aside under a larger one is refused at its commit: the limit is hard.
    let refused = commit(&ledger, settle(held, 15).1).await;
    assert!(matches!(refused, Err(CommitError::OverBudget { .. })), "{refused:?}");
    let held = {
        set(Some(20)).await;
        reserve(&ledger, &purse, None, 15).await.unwrap()
    };
    assert_eq!(set(None).await.budget, None);
    assert!(can(900).await);
    commit(&ledger, settle(held, 15).1).await.unwrap();
    assert_eq!(books.budget(id).await.unwrap().unwrap().budget, None);
    // What is spent while there is none counts under the next one.
    pay(&ledger, &purse, 100).await;
    assert_eq!(set(Some(120)).await.used, credits(115));
    assert!(can(5).await && !can(6).await);
    is_right(&books).await;
}

async fn without_a_budget_nothing_is_written_about_one(place: Place) {
    let (ledger, books) = place.open().await;
    let (_, purse) = account(&ledger, 1_000).await;
    let reservation = reserve(&ledger, &purse, None, 10).await.unwrap();
    assert!(reservation.limits().is_empty());
    commit(&ledger, settle(reservation, 10).1).await.unwrap();
    assert_eq!(place.number("SELECT count(*) FROM budgets").await, 0);
    is_right(&books).await;
}
