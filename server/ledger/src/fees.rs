//! How the cost of a job is split: the node that ran it, the treasury, the unit's author, whoever referred the payer.
//! Shares are basis points; what rounding leaves goes to the largest remainders, so that the parts are the whole.

use std::collections::{BTreeMap, HashMap};

use inos_protocols::AccountId;
use serde::Deserialize;

use crate::{AccountNo, Error, accounts, database::Database};

/// What all shares are together, in basis points.
pub(crate) const WHOLE: u32 = 10_000;
/// How many parties there are: worker, treasury, author, referrer.
const PARTIES: usize = 4;

/// An operator's policy, as a file has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeePolicy {
    /// Whose the treasury is. It also gets the shares of authors and referrers that are not named.
    pub treasury: AccountId,
    /// Who gets how much.
    pub shares: Shares,
    /// The author of each unit.
    #[serde(default)]
    pub authors: BTreeMap<String, AccountId>,
    /// Who referred each account.
    #[serde(default)]
    pub referrers: BTreeMap<AccountId, AccountId>,
}

/// Shares in basis points; all together are 10,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shares {
    /// The node that ran the job.
    pub worker: u32,
    /// The treasury.
    pub treasury: u32,
    /// The unit's author.
    #[serde(default)]
    pub author: u32,
    /// Whoever referred the payer.
    #[serde(default)]
    pub referrer: u32,
}

/// A policy that can be followed: every account in it is there.
pub(crate) struct Fees {
    shares: [u32; PARTIES],
    treasury: i64,
    authors: HashMap<String, i64>,
    referrers: HashMap<i64, i64>,
}

/// What others than the node get of a commit's jobs, by account.
pub(crate) type Due = Vec<(i64, i64)>;

impl Fees {
    /// Finds the accounts of a policy.
    pub(crate) async fn find(database: &Database, policy: &FeePolicy) -> Result<Self, Error> {
        let FeePolicy { treasury, shares: Shares { worker, treasury: kept, author, referrer }, .. } = policy;
        let shares = [*worker, *kept, *author, *referrer];
        if shares.iter().map(|share| u64::from(*share)).sum::<u64>() != u64::from(WHOLE) {
            return Err(Error::Shares);
        }
        let find = async |id: &AccountId| match accounts::user_number(database, *id).await {
            Err(Error::NoAccount) => Err(Error::Payee(*id)),
            found => found.map(|AccountNo(no)| no),
        };
        let (mut authors, mut referrers) = (HashMap::new(), HashMap::new());
        for (unit, author) in &policy.authors {
            authors.insert(unit.clone(), find(author).await?);
        }
        for (account, referrer) in &policy.referrers {
            referrers.insert(find(account).await?, find(referrer).await?);
        }
        Ok(Self { shares, treasury: find(treasury).await?, authors, referrers })
    }

    /// Adds what others than the node get of a job's cost.
    pub(crate) fn add(&self, cost: i64, unit: &str, payer: i64, due: &mut Due) {
        let parts = split(cost as u64, self.shares);
        let author = self.authors.get(unit).unwrap_or(&self.treasury);
        let referrer = self.referrers.get(&payer).unwrap_or(&self.treasury);
        for (payee, part) in [self.treasury, *author, *referrer].into_iter().zip(&parts[1..]) {
            match due.iter_mut().find(|(known, _)| *known == payee) {
                Some((_, sum)) => *sum += *part as i64,
                None => due.push((payee, *part as i64)),
            }
        }
    }
}

/// Splits an amount by shares that are the whole together: each part is what its share comes to, rounded down, and one
/// more for those whose remainders are largest until nothing is left; of two alike the first comes first.
fn split(amount: u64, shares: [u32; PARTIES]) -> [u64; PARTIES] {
    let exact = shares.map(|share| u128::from(amount) * u128::from(share));
    let mut parts = exact.map(|exact| (exact / u128::from(WHOLE)) as u64);
    let mut left = amount - parts.iter().sum::<u64>();
    let mut order: [usize; PARTIES] = std::array::from_fn(|index| index);
    order.sort_by_key(|index| std::cmp::Reverse(exact[*index] % u128::from(WHOLE)));
    for index in order {
        if left == 0 {
            break;
        }
        parts[index] += 1;
        left -= 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_origins_example_comes_out() {
        assert_eq!(split(1000, [9500, 400, 50, 50]), [950, 40, 5, 5]);
        assert_eq!(split(1, [9500, 400, 50, 50]), [1, 0, 0, 0]);
        assert_eq!(split(19, [9500, 400, 50, 50]), [18, 1, 0, 0]);
        assert_eq!(split(0, [9500, 400, 50, 50]), [0; 4]);
        assert_eq!(split(3, [2500; 4]), [1, 1, 1, 0], "of those that are alike the first come first");
    }

    fn shares() -> impl Strategy<Value = [u32; PARTIES]> {
        (0..=WHOLE, 0..=WHOLE, 0..=WHOLE).prop_map(|(one, two, three)| {
            let mut cuts = [one, two, three];
            cuts.sort_unstable();
            [cuts[0], cuts[1] - cuts[0], cuts[2] - cuts[1], WHOLE - cuts[2]]
        })
    }

    proptest! {
        #[test]
        fn the_parts_are_the_whole(amount in 0..=(1u64 << 53) - 1, shares in shares()) {
            let parts = split(amount, shares);
            prop_assert_eq!(parts.iter().sum::<u64>(), amount);
            for (part, share) in parts.iter().zip(shares) {
                let exact = u128::from(amount) * u128::from(share);
                let floor = (exact / u128::from(WHOLE)) as u64;
                prop_assert!(*part == floor || (*part == floor + 1 && exact % u128::from(WHOLE) > 0), "{parts:?}");
            }
        }

        #[test]
        fn small_amounts_are_split_as_exactly(amount in 0..100_000u64, shares in shares()) {
            prop_assert_eq!(split(amount, shares).iter().sum::<u64>(), amount);
        }
    }
}
