//! Any sequence of operations, beside a model so small that it is surely right.

use std::{collections::HashMap, sync::Arc};

use inos_protocols::{AccountId, Hash, JobId, Microcredits, time::Time};
use proptest::{prelude::*, sample::Index};

use super::place::*;
use crate::{Books, Claim, Commit, CommitError, Entry, FeePolicy, Ledger, Purse, Settle, Shares};

#[derive(Debug, Clone)]
enum Step {
    Grant { to: Index, amount: u64 },
    Transfer { from: Index, to: Index, amount: u64 },
    Settle { who: Index, reserve: u64, cost: u64 },
    Several { who: Index, costs: Vec<u64> },
    Accept { who: Index, hold: u64 },
    Finish { job: Index, cost: u64 },
    FinishAgain { job: Index },
    Drop { who: Index, reserve: u64 },
    Keyed { who: Index, key: u8, request: u8, cost: u64 },
    Forget,
    Crash,
    Close,
}

fn step() -> impl Strategy<Value = Step> {
    let (who, amount) = (any::<Index>, || 0..60u64);
    prop_oneof![
        2 => (who(), amount()).prop_map(|(to, amount)| Step::Grant { to, amount }),
        2 => (who(), who(), amount()).prop_map(|(from, to, amount)| Step::Transfer { from, to, amount }),
        6 => (who(), amount(), amount()).prop_map(|(who, reserve, cost)| Step::Settle { who, reserve, cost }),
        2 => (who(), prop::collection::vec(0..9u64, 1..9)).prop_map(|(who, costs)| Step::Several { who, costs }),
        4 => (who(), amount()).prop_map(|(who, hold)| Step::Accept { who, hold }),
        4 => (who(), amount()).prop_map(|(job, cost)| Step::Finish { job, cost }),
        1 => who().prop_map(|job| Step::FinishAgain { job }),
        1 => (who(), amount()).prop_map(|(who, reserve)| Step::Drop { who, reserve }),
        3 => (who(), 0..3u8, 0..2u8, 0..9u64).prop_map(|(who, key, request, cost)| Step::Keyed { who, key, request, cost }),
        1 => Just(Step::Forget),
        1 => Just(Step::Crash),
        1 => Just(Step::Close),
    ]
}

#[derive(Default)]
struct Model {
    available: Vec<u64>,
    holds: Vec<(usize, JobId, u64)>,
    ended: Vec<(usize, JobId)>,
    /// Jobs that ended and were let go since.
    forgotten: Vec<(usize, JobId)>,
    keys: HashMap<(usize, u8), (u8, JobId)>,
}

struct Run {
    place: Place,
    ledger: Ledger,
    books: Books,
    accounts: Vec<AccountId>,
    purses: Vec<Arc<Purse>>,
    model: Model,
}

const ACCOUNTS: usize = 3;

impl Run {
    async fn new(place: Place) -> Self {
        let (ledger, books) = place.open().await;
        let mut accounts = Vec::new();
        for _ in 0..ACCOUNTS {
            accounts.push(ledger.open_account("one", credits(100)).await.unwrap().id);
        }
        let model = Model { available: vec![100; ACCOUNTS], ..Model::default() };
        let mut run = Self { place, ledger, books, accounts, purses: Vec::new(), model };
        run.find_purses().await;
        run
    }

    /// The same where the cost of every job is split: nothing of it is the payers' concern.
    async fn with_fees(mut self) -> Self {
        let (treasury, author) = (account(&self.ledger, 0).await.0, account(&self.ledger, 0).await.0);
        let shares = Shares { worker: 9500, treasury: 333, author: 167, referrer: 0 };
        let authors = [("compute".to_owned(), author)].into();
        self.place.fees = Some(FeePolicy { treasury, shares, authors, referrers: Default::default() });
        self.reopen().await;
        self
    }

    async fn find_purses(&mut self) {
        self.purses.clear();
        for account in &self.accounts {
            self.purses.push(self.ledger.purse(*account).await.unwrap());
        }
    }

    async fn reopen(&mut self) {
        (self.ledger, self.books) = self.place.open().await;
        self.find_purses().await;
    }

    async fn take(&mut self, step: Step) {
        match step {
            Step::Grant { to, amount } => self.grant(to.index(ACCOUNTS), amount).await,
            Step::Transfer { from, to, amount } => {
                self.transfer(from.index(ACCOUNTS), to.index(ACCOUNTS), amount).await
            }
            Step::Settle { who, reserve, cost } => self.settle(who.index(ACCOUNTS), reserve, cost).await,
            Step::Several { who, costs } => self.several(who.index(ACCOUNTS), costs).await,
            Step::Accept { who, hold } => self.accept(who.index(ACCOUNTS), hold).await,
            Step::Finish { job, cost } => self.finish(job, cost).await,
            Step::FinishAgain { job } => self.finish_again(job).await,
            Step::Drop { who, reserve } => {
                drop(self.ledger.reserve_slowly(&self.purses[who.index(ACCOUNTS)], credits(reserve)).await)
            }
            Step::Keyed { who, key, request, cost } => self.keyed(who.index(ACCOUNTS), key, request, cost).await,
            Step::Forget => self.forget().await,
            Step::Crash => self.reopen().await,
            Step::Close => {
                self.ledger.clone().close().await;
                self.reopen().await;
            }
        }
    }

    async fn grant(&mut self, to: usize, amount: u64) {
        let granted = self.ledger.grant(self.accounts[to], credits(amount), None).await.is_ok();
        assert_eq!(granted, amount > 0);
        self.model.available[to] += amount;
    }

    async fn transfer(&mut self, from: usize, to: usize, amount: u64) {
        let moved =
            self.ledger.transfer(self.accounts[from], self.accounts[to], credits(amount), None, None).await.is_ok();
        assert_eq!(moved, amount > 0 && from != to && amount <= self.model.available[from]);
        if moved {
            self.model.available[from] -= amount;
            self.model.available[to] += amount;
        }
    }

    async fn settle(&mut self, who: usize, reserve: u64, cost: u64) {
        let reserved = self.ledger.reserve_slowly(&self.purses[who], credits(reserve)).await;
        assert_eq!(reserved.is_ok(), reserve <= self.model.available[who]);
        let Ok(reservation) = reserved else { return };
        let (id, entry) = settle(reservation, cost);
        let settled = commit(&self.ledger, entry).await;
        assert_eq!(settled.is_ok(), cost <= reserve, "{settled:?}");
        if settled.is_ok() {
            self.model.available[who] -= cost;
            self.model.ended.push((who, id));
        }
    }

    async fn several(&mut self, who: usize, costs: Vec<u64>) {
        let mut entries = Vec::new();
        for cost in costs {
            let Ok(reservation) = self.ledger.reserve_slowly(&self.purses[who], credits(cost)).await else { continue };
            let (id, entry) = settle(reservation, cost);
            entries.push(entry);
            self.model.available[who] -= cost;
            self.model.ended.push((who, id));
        }
        assert!(self.ledger.commit(entries).await.iter().all(Result::is_ok));
    }

    async fn accept(&mut self, who: usize, hold: u64) {
        let reserved = self.ledger.reserve_slowly(&self.purses[who], credits(hold)).await;
        assert_eq!(reserved.is_ok(), hold <= self.model.available[who]);
        let Ok(reservation) = reserved else { return };
        let (id, entry) = accept(reservation);
        assert_eq!(commit(&self.ledger, entry).await, Ok(Commit::Accepted));
        self.model.available[who] -= hold;
        self.model.holds.push((who, id, hold));
    }

    async fn finish(&mut self, job: Index, cost: u64) {
        if self.model.holds.is_empty() {
            return;
        }
        let at = job.index(self.model.holds.len());
        let (who, id, hold) = self.model.holds[at];
        let finished = commit(&self.ledger, finish(&self.purses[who], id, cost)).await;
        assert_eq!(finished.is_ok(), cost <= hold, "{finished:?}");
        if finished.is_ok() {
            self.model.holds.swap_remove(at);
            self.model.available[who] += hold - cost;
            self.model.ended.push((who, id));
        }
    }

    async fn finish_again(&mut self, job: Index) {
        let over: Vec<_> = self.model.ended.iter().chain(&self.model.forgotten).copied().collect();
        if over.is_empty() {
            return;
        }
        let (who, id) = over[job.index(over.len())];
        let again = commit(&self.ledger, finish(&self.purses[who], id, 0)).await;
        assert_eq!(again, Err(CommitError::AlreadyFinal));
    }

    /// Lets every job go that has ended; what they cost stays spent.
    async fn forget(&mut self) {
        let gone = self.ledger.forget(Time::now(), Time::now().plus_ms(1000), 1000).await.unwrap();
        assert_eq!(gone.jobs, self.model.ended.len() as u64);
        self.model.forgotten.append(&mut self.model.ended);
    }

    async fn keyed(&mut self, who: usize, key: u8, request: u8, cost: u64) {
        let claim = self.ledger.claim(self.purses[who].no, &key.to_string(), Hash::of(&[request])).await.unwrap();
        match (claim, self.model.keys.get(&(who, key))) {
            (Claim::New(guard), None) => {
                let Ok(reservation) = self.ledger.reserve_slowly(&self.purses[who], credits(cost)).await else {
                    return;
                };
                let job = record(&self.purses[who]);
                let id = job.id;
                let entry = Entry::Settle(Settle { job, reservation, ending: ending(cost), claim: Some(guard) });
                assert!(commit(&self.ledger, entry).await.is_ok());
                self.model.keys.insert((who, key), (request, id));
                self.model.available[who] -= cost;
                self.model.ended.push((who, id));
            }
            (Claim::Settled(job), Some((first, id))) => assert_eq!((request, job), (*first, *id)),
            (Claim::Conflict, Some((first, _))) => assert_ne!(request, *first),
            (_, known) => panic!("key {key} of {who} for {request} is {known:?}"),
        }
    }

    async fn compare(&self) {
        for (who, account) in self.accounts.iter().enumerate() {
            let is = self.books.account(*account).await.unwrap().unwrap();
            let held: u64 = self.model.holds.iter().filter(|(owner, ..)| *owner == who).map(|(_, _, hold)| hold).sum();
            let expected = (credits(self.model.available[who]), credits(held));
            assert_eq!((is.available, is.held), expected, "account {who}");
            assert_eq!(Some(is.balance), Microcredits::new(self.model.available[who] + held));
        }
        for (who, id) in &self.model.ended {
            self.books.receipt(self.purses[*who].no, *id).await.unwrap().unwrap().verify().unwrap();
        }
        for (who, id) in &self.model.forgotten {
            assert_eq!(self.books.receipt(self.purses[*who].no, *id).await.unwrap(), None);
        }
        assert_eq!(self.books.unfinished().await.unwrap().len(), self.model.holds.len());
        is_right(&self.books).await;
    }
}

fn follows_the_model(cases: u32, place: impl AsyncFn() -> Place) {
    begin(cases, async || Run::new(place().await).await);
}

fn begin(cases: u32, new: impl AsyncFn() -> Run) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let config =
        ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 200, ..ProptestConfig::default() };
    proptest!(config, |(steps in prop::collection::vec(step(), 1..40))| {
        runtime.block_on(async {
            let mut run = new().await;
            for step in steps {
                run.take(step).await;
            }
            run.compare().await;
        });
    });
}

#[test]
fn fees_change_nothing_for_who_pays() {
    begin(10, async || Run::new(Place::sqlite()).await.with_fees().await);
    begin(4, async || Run::new(Place::postgres().await).await.with_fees().await);
}

#[test]
fn sqlite_follows_the_model() {
    follows_the_model(40, async || Place::sqlite());
}

#[test]
fn postgres_follows_the_model() {
    follows_the_model(12, async || Place::postgres().await);
}
