//! Many changes of few accounts become one change an account, in the order of their numbers.

use crate::budget::Name;

/// What a commit changes in an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) balance: i64,
    pub(crate) held: i64,
    pub(crate) leased: i64,
}

/// What was spent of one lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spent {
    pub(crate) account: i64,
    pub(crate) token: i64,
    pub(crate) amount: i64,
}

/// What a commit changes in what is used of a limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BudgetChange {
    pub(crate) of: Name,
    pub(crate) used: i64,
}

/// One change for each limit, sorted: every writer locks rows in the same order.
pub(crate) fn fold_budgets(changes: &mut Vec<BudgetChange>) {
    changes.sort_unstable_by(|one, other| one.of.cmp(&other.of));
    changes.dedup_by(|change, kept| {
        let same = change.of == kept.of;
        if same {
            kept.used += change.used;
        }
        same
    });
    changes.retain(|change| change.used != 0);
}

/// Changes as they come, folded by [`Fold::close`].
#[derive(Default)]
pub(crate) struct Fold {
    pub(crate) accounts: Vec<(i64, Change)>,
    pub(crate) leases: Vec<Spent>,
}

impl Fold {
    pub(crate) fn balance(&mut self, account: i64, balance: i64) {
        self.accounts.push((account, Change { balance, ..Change::default() }));
    }

    pub(crate) fn change(&mut self, account: i64, change: Change) {
        self.accounts.push((account, change));
    }

    pub(crate) fn spend(&mut self, account: i64, token: i64, amount: i64) {
        self.leases.push(Spent { account, token, amount });
    }

    /// One change for each account and lease, sorted: every writer locks rows in the same order.
    pub(crate) fn close(&mut self) {
        self.accounts.sort_unstable_by_key(|(account, _)| *account);
        self.accounts.dedup_by(|(account, change), (kept, sum)| {
            let same = account == kept;
            if same {
                sum.balance += change.balance;
                sum.held += change.held;
                sum.leased += change.leased;
            }
            same
        });
        self.accounts.retain(|(_, change)| *change != Change::default());
        self.leases.sort_unstable_by_key(|spent| (spent.account, spent.token));
        self.leases.dedup_by(|spent, kept| {
            let same = (spent.account, spent.token) == (kept.account, kept.token);
            if same {
                kept.amount += spent.amount;
            }
            same
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_round_changes_nothing() {
        let mut fold = Fold::default();
        for (debit, credit) in [(1, 2), (2, 3), (3, 1)] {
            fold.balance(debit, -5);
            fold.balance(credit, 5);
        }
        fold.close();
        assert_eq!(fold.accounts, []);
    }

    #[test]
    fn changes_of_one_account_are_one_change() {
        let mut fold = Fold::default();
        for amount in 1..=10 {
            fold.balance(7, amount);
            fold.change(3, Change { held: amount, leased: -amount, balance: 0 });
            fold.spend(3, 99, amount);
        }
        fold.close();
        let three = Change { held: 55, leased: -55, balance: 0 };
        assert_eq!(fold.accounts, [(3, three), (7, Change { balance: 55, ..Change::default() })]);
        assert_eq!(fold.leases, [Spent { account: 3, token: 99, amount: 55 }]);
    }
}
