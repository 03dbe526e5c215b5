//! How many connections there may be, in all and from one address.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use parking_lot::Mutex;

/// The connections of one shard.
#[derive(Default)]
pub(crate) struct Load {
    open: AtomicUsize,
}

impl Load {
    /// How many connections the shard has.
    pub(crate) fn open(&self) -> usize {
        self.open.load(Relaxed)
    }
}

/// The caps on connections, and who has how many.
pub(crate) struct Permits {
    total_max: usize,
    per_address_max: usize,
    total: AtomicUsize,
    by_address: Mutex<HashMap<IpAddr, usize>>,
}

impl Permits {
    /// Caps that nobody uses yet.
    pub(crate) fn new(total_max: usize, per_address_max: usize) -> Arc<Self> {
        Arc::new(Self { total_max, per_address_max, total: 0.into(), by_address: Mutex::default() })
    }

    /// How many connections there are.
    pub(crate) fn open(&self) -> usize {
        self.total.load(Relaxed)
    }

    /// Admits one more connection from this address to this shard, or `None` at a cap.
    pub(crate) fn admit(self: &Arc<Self>, address: IpAddr, load: &Arc<Load>) -> Option<Permit> {
        let address = address.to_canonical();
        let cap = if address.is_loopback() { self.total_max } else { self.per_address_max };
        let mut by_address = self.by_address.lock();
        let here = by_address.get(&address).copied().unwrap_or(0);
        if here >= cap || self.open() >= self.total_max {
            return None;
        }
        by_address.insert(address, here + 1);
        self.total.fetch_add(1, Relaxed);
        load.open.fetch_add(1, Relaxed);
        Some(Permit { permits: Arc::clone(self), address, load: Arc::clone(load) })
    }
}

/// One admitted connection; dropped with its socket.
pub(crate) struct Permit {
    permits: Arc<Permits>,
    address: IpAddr,
    load: Arc<Load>,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut by_address = self.permits.by_address.lock();
        if let Some(open) = by_address.get_mut(&self.address) {
            *open -= 1;
            if *open == 0 {
                by_address.remove(&self.address);
            }
        }
        drop(by_address);
        self.permits.total.fetch_sub(1, Relaxed);
        self.load.open.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_own_cap_and_loopback_has_the_whole() {
        let (permits, load) = (Permits::new(3, 1), Arc::new(Load::default()));
        let far: IpAddr = [192, 0, 2, 1].into();
        let first = permits.admit(far, &load);
        assert!(first.is_some());
        assert!(permits.admit(far, &load).is_none());
        let near: IpAddr = [127, 0, 0, 1].into();
        let others: Vec<_> = (0..2).map(|_| permits.admit(near, &load)).collect();
        assert!(others.iter().all(Option::is_some));
        assert!(permits.admit(near, &load).is_none());
        assert_eq!((permits.open(), load.open()), (3, 3));
        drop(first);
        assert_eq!((permits.open(), load.open()), (2, 2));
        assert!(permits.by_address.lock().get(&far).is_none());
    }
}
