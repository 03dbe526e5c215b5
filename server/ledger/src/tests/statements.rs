//! A statement reconciles with the balance and with every receipt, also after its jobs were forgotten.

use inos_protocols::{AccountId, month::Month, receipt::Receipt, statement::StatementLine, time::Time};

use super::{on_both, place::*};
use crate::{AccountNo, Books, StatementPart};

on_both![a_statement_reconciles_line_by_line, months_follow_one_another, a_long_statement_is_read_in_stretches];

/// What a statement says: where it began, its lines, where it ended.
async fn statement(books: &Books, account: AccountId, month: Month) -> (u64, Vec<StatementLine>, u64) {
    let (mut opening, mut lines, mut closing) = (None, Vec::new(), None);
    let whole = books.statement(account, month, |part| {
        match part {
            StatementPart::Opening(amount) => opening = Some(amount.get()),
            StatementPart::Line(line) => lines.push(line),
            StatementPart::Closing(amount) => closing = Some(amount.get()),
        }
        true
    });
    assert!(whole.await.unwrap());
    let (opening, closing) = (opening.unwrap(), closing.unwrap());
    let sum: i64 = lines.iter().map(|line: &StatementLine| line.amount).sum();
    assert_eq!(opening as i64 + sum, closing as i64);
    (opening, lines, closing)
}

/// Each job's line is what its receipt says.
async fn reconcile(books: &Books, no: AccountNo, lines: &[StatementLine]) -> usize {
    let mut count = 0;
    for line in lines.iter().filter(|line| line.job.is_some()) {
        let receipt = books.receipt(no, line.job.unwrap()).await.unwrap().unwrap();
        let Receipt { cost, .. } = receipt.verify().unwrap();
        let place = line.receipt.unwrap();
        assert_eq!(line.amount, -cost.as_i64());
        assert_eq!((place.node, place.commit, place.index), (receipt.root.node, receipt.root.sequence, receipt.index));
        assert_eq!(line.at, receipt.root.signed);
        count += 1;
    }
    count
}

fn this_month() -> Month {
    Month::of(Time::now())
}

async fn a_statement_reconciles_line_by_line(place: Place) {
    let (ledger, books) = place.open().await;
    let (one, purse) = account(&ledger, 1000).await;
    let (two, _) = account(&ledger, 0).await;
    for cost in 1..=5 {
        pay(&ledger, &purse, cost).await;
    }
    ledger.transfer(one, two, credits(100), Some("=rent"), None).await.unwrap();
    pay(&ledger, &purse, 0).await;
    let (held, entry) = accept(ledger.reserve_slowly(&purse, credits(50)).await.unwrap());
    commit(&ledger, entry).await.unwrap();
    let (opening, lines, closing) = statement(&books, one, this_month()).await;
    assert_eq!((opening, closing, lines.len()), (0, 885, 7), "what is only held has not moved");
    assert_eq!(reconcile(&books, purse.no, &lines).await, 5);
    commit(&ledger, finish(&purse, held, 20)).await.unwrap();
    let (_, lines, closing) = statement(&books, one, this_month()).await;
    assert_eq!((closing, reconcile(&books, purse.no, &lines).await), (865, 6));
    let gone = ledger.forget(Time::now(), Time::now().plus_ms(1000), 100).await.unwrap();
    assert_eq!(gone.jobs, 7);
    let (opening, lines, closing) = statement(&books, one, this_month()).await;
    assert_eq!((opening, closing, lines.len()), (0, 865, 3), "forgotten jobs are one line");
    assert!(lines.iter().any(|line| line.amount == -35 && line.transfer.is_some()));
    assert_eq!(statement(&books, two, this_month()).await.2, 100);
    is_right(&books).await;
}

async fn months_follow_one_another(place: Place) {
    let (ledger, books) = place.open().await;
    let (one, purse) = account(&ledger, 1000).await;
    pay(&ledger, &purse, 10).await;
    // As if all of it had happened in November.
    let november: Month = "2025-11".parse().unwrap();
    let at = november.begins().as_i64() + 5_000;
    ledger.clone().close().await;
    place.meddle(&format!("UPDATE transfers SET at = {at}")).await;
    place.meddle(&format!("UPDATE commits SET signed = {at}")).await;
    let (ledger, books2) = place.open().await;
    drop(books);
    let books = books2;
    let purse2 = ledger.purse(one).await.unwrap();
    pay(&ledger, &purse2, 7).await;
    let check = async || {
        for (month, told) in [("2025-10", (0, 0, 0)), ("2025-11", (0, 2, 990)), ("2025-12", (990, 0, 990))] {
            let (opening, lines, closing) = statement(&books, one, month.parse().unwrap()).await;
            assert_eq!((opening, lines.len(), closing), told, "{month}");
        }
        let (opening, lines, closing) = statement(&books, one, this_month()).await;
        assert_eq!((opening, lines.len(), closing), (990, 1, 983));
    };
    check().await;
    // Forgotten jobs of two months are one line in each.
    assert_eq!(ledger.forget(Time::now(), Time::now().plus_ms(1000), 100).await.unwrap().jobs, 2);
    check().await;
    drop(purse);
}

async fn a_long_statement_is_read_in_stretches(place: Place) {
    let (ledger, books) = place.open().await;
    let (one, purse) = account(&ledger, 100_000).await;
    let mut entries = Vec::new();
    for _ in 0..2_500 {
        entries.push(settle(ledger.reserve_slowly(&purse, credits(2)).await.unwrap(), 2).1);
    }
    assert!(ledger.commit(entries).await.iter().all(Result::is_ok));
    let (opening, lines, closing) = statement(&books, one, this_month()).await;
    assert_eq!((opening, lines.len(), closing), (0, 2_501, 95_000));
    let ids: std::collections::HashSet<_> = lines.iter().filter_map(|line| line.job).collect();
    assert_eq!(ids.len(), 2_500);
    let mut seen = 0;
    let stopped = books.statement(one, this_month(), |_| {
        seen += 1;
        seen < 10
    });
    assert!(!stopped.await.unwrap());
    assert_eq!(seen, 10);
}
