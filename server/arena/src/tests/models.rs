//! The allocator beside a model of it: no two leases overlap, nothing is lost, every byte is accounted for.

use proptest::prelude::*;

use super::{MIB, Small, is_all, is_empty_again};
use crate::layout::SLAB_LEN;
use crate::{Full, Lease, Owner};

const ARENA: usize = 8 * MIB;
const CAP: usize = 5 * MIB;
const OWNERS: u64 = 3;

#[derive(Debug, Clone)]
enum Step {
    Lease { owner: u64, len: usize },
    Drop { which: usize },
    Truncate { which: usize, len: usize },
    Freeze { which: usize },
    Trim,
}

fn step() -> impl Strategy<Value = Step> {
    let len = prop_oneof![0..600_usize, 0..70_000_usize, 0..=SLAB_LEN, 0..=3 * SLAB_LEN];
    prop_oneof![
        6 => (0..OWNERS, len.clone()).prop_map(|(owner, len)| Step::Lease { owner, len }),
        4 => any::<usize>().prop_map(|which| Step::Drop { which }),
        1 => (any::<usize>(), len).prop_map(|(which, len)| Step::Truncate { which, len }),
        1 => any::<usize>().prop_map(|which| Step::Freeze { which }),
        1 => Just(Step::Trim),
    ]
}

enum Held {
    Lease(Lease),
    Frozen(bytes::Bytes),
}

impl Held {
    fn bytes(&self) -> &[u8] {
        match self {
            Held::Lease(lease) => lease,
            Held::Frozen(bytes) => bytes,
        }
    }
}

struct Live {
    held: Held,
    owner: u64,
    /// What it is charged, as whole blocks.
    block_len: usize,
    address: usize,
    fill: u8,
}

fn block_len(len: usize) -> usize {
    if len <= SLAB_LEN / 2 { len.next_power_of_two().max(256) } else { len.next_multiple_of(SLAB_LEN) }
}

#[derive(Default)]
struct Model {
    live: Vec<Live>,
    fill: u8,
}

impl Model {
    fn owned(&self, owner: u64) -> usize {
        self.live.iter().filter(|live| live.owner == owner).map(|live| live.block_len).sum()
    }

    fn leased(&self) -> usize {
        self.live.iter().map(|live| live.block_len).sum()
    }

    fn run(&mut self, arena: &Small, step: Step) {
        match step {
            Step::Lease { owner, len } => self.lease(arena, owner, len),
            Step::Trim => drop(arena.trim()),
            _ if self.live.is_empty() => {}
            Step::Drop { which } => drop(self.live.swap_remove(which % self.live.len())),
            Step::Truncate { which, len } => {
                let count = self.live.len();
                if let Held::Lease(lease) = &mut self.live[which % count].held {
                    lease.truncate(len);
                }
            }
            Step::Freeze { which } => self.freeze(which % self.live.len()),
        }
    }

    fn lease(&mut self, arena: &Small, owner: u64, len: usize) {
        let block_len = block_len(len);
        match arena.lease(Owner(owner), len) {
            Ok(mut lease) => {
                assert!(self.owned(owner) + block_len <= CAP && len <= ARENA / 4);
                assert!(lease.len() == len && is_all(&lease, 0));
                let address = lease.as_ptr() as usize;
                let overlaps =
                    |live: &Live| address < live.address + live.block_len && live.address < address + block_len;
                assert!(!self.live.iter().any(overlaps));
                self.fill = self.fill.wrapping_add(1).max(1);
                lease.fill(self.fill);
                self.live.push(Live { held: Held::Lease(lease), owner, block_len, address, fill: self.fill });
            }
            Err(Full::TooLarge { max }) => assert!(max == ARENA / 4 && len > max),
            Err(Full::Account { cap }) => assert!(cap == CAP && self.owned(owner) + block_len > CAP),
            Err(Full::Arena { capacity }) => assert!(capacity == ARENA && !self.live.is_empty()),
        }
    }

    fn freeze(&mut self, which: usize) {
        let mut live = self.live.swap_remove(which);
        if let Held::Lease(lease) = live.held {
            // A run gives back the slabs that a truncation left unused; a lease without bytes has an address of its own.
            if live.block_len >= SLAB_LEN {
                live.block_len = lease.len().max(1).next_multiple_of(SLAB_LEN);
            }
            live.held = Held::Frozen(lease.freeze());
        }
        self.live.push(live);
    }

    fn check(&self, arena: &Small) {
        for live in &self.live {
            assert!(is_all(live.held.bytes(), live.fill), "nobody else wrote into it");
        }
        for owner in 0..OWNERS {
            assert_eq!(arena.held(Owner(owner)), self.owned(owner));
        }
        let stats = arena.stats();
        assert_eq!((stats.leased, stats.leases), (self.leased(), self.live.len()));
        assert!(stats.leased <= stats.taken && stats.taken <= stats.capacity && stats.resident <= stats.capacity);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn the_allocator_does_as_its_model(steps in proptest::collection::vec(step(), 1..120)) {
        let arena = Small::with_cap(ARENA, CAP);
        let mut model = Model::default();
        for step in steps {
            model.run(&arena, step);
            model.check(&arena);
        }
        model.live.clear();
        model.check(&arena);
        is_empty_again(&arena);
        // Nothing is lost: the whole arena can be leased again.
        let whole: Vec<_> = (0..4).map(|quarter| arena.lease(Owner(quarter + 10), ARENA / 4)).collect();
        prop_assert!(whole.iter().all(Result::is_ok));
    }
}
