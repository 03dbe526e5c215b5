//! Operations by the thousand in common commits, beside a model that knows what comes of each: as a busy server has them.
//! `INOS_TEST_OPERATIONS` says how many, `INOS_TEST_SEED` which; each run prints its seed.

use std::sync::Arc;

use inos_protocols::{AccountId, JobId, Microcredits, time::Time};

use super::{on_both, place::*};
use crate::{Books, Commit, CommitError, Committed, Entry, Ledger, Purse};

on_both![operations_in_common_commits_follow_the_model];

const ACCOUNTS: usize = 16;
/// The most operations that are under way together.
const ROUND: u64 = 4000;
/// The most entries of one request.
const REQUEST: u64 = 300;
/// How many jobs may have ended before they are let go and everything is compared.
const ENDED: usize = 50_000;

/// Cheap numbers that look random (xorshift64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

/// What must come of an entry.
#[derive(Debug)]
enum Expected {
    Receipt,
    Accepted,
    TooPoor,
    AlreadyFinal,
}

impl Expected {
    fn is(&self, came: &Result<Commit, CommitError>) -> bool {
        match self {
            Self::Receipt => matches!(came, Ok(Commit::Receipt(_))),
            Self::Accepted => matches!(came, Ok(Commit::Accepted)),
            Self::TooPoor => matches!(came, Err(CommitError::TooPoor { .. })),
            Self::AlreadyFinal => matches!(came, Err(CommitError::AlreadyFinal)),
        }
    }
}

/// What a round asks, and what it changes once it is over.
#[derive(Default)]
struct Round {
    asked: Vec<(Entry, Expected)>,
    /// What comes back to accounts.
    back: Vec<(usize, u64)>,
    held: Vec<(usize, JobId, u64)>,
    ended: Vec<(usize, JobId)>,
}

struct Storm {
    place: Place,
    ledger: Ledger,
    books: Books,
    accounts: Vec<AccountId>,
    purses: Vec<Arc<Purse>>,
    dice: Dice,
    available: Vec<u64>,
    holds: Vec<(usize, JobId, u64)>,
    ended: Vec<(usize, JobId)>,
}

impl Storm {
    async fn new(place: Place, seed: u64) -> Self {
        let (ledger, books) = place.open().await;
        let (mut accounts, mut purses) = (Vec::new(), Vec::new());
        for _ in 0..ACCOUNTS {
            let (id, purse) = account(&ledger, 1000).await;
            accounts.push(id);
            purses.push(purse);
        }
        let (available, holds, ended) = (vec![1000; ACCOUNTS], Vec::new(), Vec::new());
        Self { place, ledger, books, accounts, purses, dice: Dice(seed), available, holds, ended }
    }

    fn who(&mut self) -> usize {
        self.dice.roll(ACCOUNTS as u64) as usize
    }

    async fn round(&mut self, operations: u64) {
        let mut round = Round::default();
        for _ in 0..operations {
            match self.dice.roll(100) {
                0..42 => self.settle(&mut round).await,
                42..64 => self.accept(&mut round).await,
                64..90 => self.finish(&mut round),
                90..94 => self.finish_again(&mut round),
                94..96 => self.let_go().await,
                96 => self.transfer().await,
                _ => self.grant().await,
            }
        }
        self.commit(round).await;
    }

    /// Hands everything over in pieces, and wants of each entry what the model says.
    async fn commit(&mut self, round: Round) {
        let Round { asked, back, held, ended } = round;
        let mut under_way: Vec<(Committed, Vec<Expected>)> = Vec::new();
        let mut asked = asked.into_iter().peekable();
        while asked.peek().is_some() {
            let size = 1 + self.dice.roll(REQUEST) as usize;
            let (entries, expected) = asked.by_ref().take(size).unzip();
            under_way.push((self.ledger.commit(entries), expected));
        }
        for (committed, expected) in under_way {
            for (came, expected) in committed.await.iter().zip(expected) {
                assert!(expected.is(came), "{came:?} where {expected:?} was to come");
            }
        }
        back.into_iter().for_each(|(who, amount)| self.available[who] += amount);
        self.holds.extend(held);
        self.ended.extend(ended);
    }

    async fn settle(&mut self, round: &mut Round) {
        let (who, amount) = (self.who(), self.dice.roll(40));
        let Some(reservation) = self.reserve(who, amount).await else { return };
        // Now and then more than was put aside.
        let cost = self.dice.roll(amount + 2);
        let (id, entry) = settle(reservation, cost);
        if cost > amount {
            round.asked.push((entry, Expected::TooPoor));
            round.back.push((who, amount));
        } else {
            round.asked.push((entry, Expected::Receipt));
            round.back.push((who, amount - cost));
            round.ended.push((who, id));
        }
    }

    async fn accept(&mut self, round: &mut Round) {
        let (who, amount) = (self.who(), self.dice.roll(40));
        let Some(reservation) = self.reserve(who, amount).await else { return };
        let (id, entry) = accept(reservation);
        round.asked.push((entry, Expected::Accepted));
        round.held.push((who, id, amount));
    }

    fn finish(&mut self, round: &mut Round) {
        if self.holds.is_empty() {
            return;
        }
        let (who, id, hold) = self.holds.swap_remove(self.dice.roll(self.holds.len() as u64) as usize);
        if self.dice.roll(50) == 0 {
            round.asked.push((finish(&self.purses[who], id, hold + 1), Expected::TooPoor));
        }
        let cost = self.dice.roll(hold + 1);
        round.asked.push((finish(&self.purses[who], id, cost), Expected::Receipt));
        round.back.push((who, hold - cost));
        round.ended.push((who, id));
    }

    /// A job that ended before, or in this very round.
    fn finish_again(&mut self, round: &mut Round) {
        let over = if self.dice.roll(2) == 0 { &self.ended } else { &round.ended };
        if over.is_empty() {
            return;
        }
        let (who, id) = over[self.dice.roll(over.len() as u64) as usize];
        round.asked.push((finish(&self.purses[who], id, 0), Expected::AlreadyFinal));
    }

    async fn let_go(&mut self) {
        let (who, amount) = (self.who(), self.dice.roll(40));
        if let Some(reservation) = self.reserve(who, amount).await {
            drop(reservation);
            self.available[who] += amount;
        }
    }

    async fn transfer(&mut self) {
        let (from, to, amount) = (self.who(), self.who(), 1 + self.dice.roll(40));
        if from == to {
            return;
        }
        let (payer, payee) = (self.accounts[from], self.accounts[to]);
        let moved = self.ledger.transfer(payer, payee, credits(amount), None, None).await;
        assert_eq!(moved.is_ok(), amount <= self.available[from], "{:?}", moved.err());
        if moved.is_ok() {
            self.available[from] -= amount;
            self.available[to] += amount;
        }
    }

    async fn grant(&mut self) {
        let (to, amount) = (self.who(), 1 + self.dice.roll(400));
        self.ledger.grant(self.accounts[to], credits(amount), None).await.unwrap();
        self.available[to] += amount;
    }

    async fn reserve(&mut self, who: usize, amount: u64) -> Option<crate::Reservation> {
        let amount_of = Microcredits::new(amount).unwrap();
        let reserved = match self.ledger.reserve(&self.purses[who], amount_of) {
            Some(reservation) => Some(reservation),
            None => self.ledger.reserve_slowly(&self.purses[who], amount_of).await.ok(),
        };
        assert_eq!(reserved.is_some(), amount <= self.available[who], "{amount} of {}", self.available[who]);
        self.available[who] -= reserved.as_ref().map_or(0, |_| amount);
        reserved
    }

    /// The end of the process without a word, or a stop in order.
    async fn restart(&mut self) {
        if self.dice.roll(2) == 0 {
            self.purses.clear();
            self.ledger.clone().close().await;
        }
        (self.ledger, self.books) = self.place.open().await;
        self.purses.clear();
        for account in &self.accounts {
            self.purses.push(self.ledger.purse(*account).await.unwrap());
        }
    }

    async fn compare(&mut self) {
        for (who, account) in self.accounts.iter().enumerate() {
            let is = self.books.account(*account).await.unwrap().unwrap();
            let held: u64 = self.holds.iter().filter(|(owner, ..)| *owner == who).map(|(_, _, hold)| hold).sum();
            assert_eq!((is.available, is.held), (credits(self.available[who]), credits(held)), "account {who}");
        }
        is_right(&self.books).await;
    }

    async fn forget(&mut self) {
        let mut gone = 0;
        loop {
            let jobs = self.ledger.forget(Time::now(), Time::now().plus_ms(1000), 1000).await.unwrap().jobs;
            gone += jobs;
            if jobs == 0 {
                break;
            }
        }
        assert_eq!(gone, self.ended.len() as u64);
        self.ended.clear();
    }
}

async fn operations_in_common_commits_follow_the_model(place: Place) {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let is_long = std::env::var_os("INOS_TEST_LONG").is_some();
    let operations = number("INOS_TEST_OPERATIONS").unwrap_or(if is_long { 500_000 } else { 20_000 });
    let seed = number("INOS_TEST_SEED").unwrap_or_else(|| Time::now().as_ms() | 1);
    println!("INOS_TEST_SEED={seed}");
    let mut storm = Storm::new(place, seed).await;
    let mut left = operations;
    while left > 0 {
        let round = (1 + storm.dice.roll(ROUND)).min(left);
        storm.round(round).await;
        left -= round;
        if storm.dice.roll(8) == 0 {
            storm.restart().await;
        }
        if storm.ended.len() > ENDED {
            storm.compare().await;
            storm.forget().await;
            println!("{left} operations to go");
        }
    }
    storm.compare().await;
    storm.forget().await;
    storm.compare().await;
}
