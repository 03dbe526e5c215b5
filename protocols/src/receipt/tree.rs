//! The Merkle tree over the receipts of one group commit: that of RFC 9162 with BLAKE3. Knows hashes only.

use crate::Hash;

/// The hash of a leaf with these bytes.
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    // Hashing in one go is half the work of a hasher for what is as short as a receipt.
    let mut bytes = [0; 1024];
    match bytes.get_mut(1..=leaf.len()) {
        Some(place) => {
            place.copy_from_slice(leaf);
            Hash::of(&bytes[..=leaf.len()])
        }
        None => blake3::Hasher::new().update(&[0]).update(leaf).finalize().into(),
    }
}

fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut bytes = [1; 65];
    bytes[1..33].copy_from_slice(&left.0);
    bytes[33..].copy_from_slice(&right.0);
    Hash::of(&bytes)
}

/// A Merkle tree with all its hashes: each is computed once, a path is only looked up.
#[derive(Debug, Clone)]
pub struct Tree {
    /// From the leaves to the root. A last node without a sibling goes up as it is,
    /// which gives the same shape as splitting at the largest power of two.
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    /// The tree over these leaf hashes, in their order.
    pub fn new(leaf_hashes: Vec<Hash>) -> Self {
        let mut levels = vec![leaf_hashes];
        while let Some(level) = levels.last().filter(|level| level.len() > 1) {
            let pair = |pair: &[Hash]| match pair {
                [left, right] => node_hash(left, right),
                alone => alone[0],
            };
            let above = level.chunks(2).map(pair).collect();
            levels.push(above);
        }
        Self { levels }
    }

    /// The hashes of the leaves, in their order.
    pub fn leaves(&self) -> &[Hash] {
        &self.levels[0]
    }

    /// How many leaves there are.
    pub fn leaf_count(&self) -> usize {
        self.levels[0].len()
    }

    /// The root; that of a tree without leaves is the hash of no bytes.
    pub fn root(&self) -> Hash {
        self.levels.last().and_then(|level| level.first()).copied().unwrap_or_else(|| Hash::of(b""))
    }

    /// The sibling hashes from leaf `index` to the root; none for a leaf that is not there.
    pub fn path(&self, index: usize) -> Vec<Hash> {
        if index >= self.leaf_count() {
            return Vec::new();
        }
        let sibling = |(height, level): (usize, &Vec<Hash>)| level.get(index >> height ^ 1).copied();
        self.levels.iter().enumerate().filter_map(sibling).collect()
    }
}

/// Whether a leaf of this hash stands at `index` in the tree of `count` leaves with this root (RFC 9162, 2.1.3.2).
pub fn verify_path(leaf_hash: Hash, index: u64, count: u64, path: &[Hash], root: Hash) -> bool {
    if index >= count {
        return false;
    }
    let (mut index, mut last, mut hash) = (index, count - 1, leaf_hash);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if index & 1 == 1 || index == last {
            hash = node_hash(sibling, &hash);
            while index & 1 == 0 && index != 0 {
                (index, last) = (index >> 1, last >> 1);
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        (index, last) = (index >> 1, last >> 1);
    }
    last == 0 && hash == root
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(count: usize) -> Vec<Hash> {
        (0..count).map(|index| leaf_hash(&index.to_le_bytes())).collect()
    }

    /// The definition, word for word: RFC 9162, 2.1.1.
    fn root_by_definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Hash::of(b""),
            [leaf] => *leaf,
            _ => {
                let split = leaves.len().next_power_of_two() / 2;
                node_hash(&root_by_definition(&leaves[..split]), &root_by_definition(&leaves[split..]))
            }
        }
    }

    #[test]
    fn the_tree_has_the_shape_of_rfc_9162() {
        for count in 0..70 {
            assert_eq!(Tree::new(leaves(count)).root(), root_by_definition(&leaves(count)), "{count}");
        }
    }

    #[test]
    fn every_path_leads_to_the_root_and_to_no_other() {
        for count in (1..34).chain([1000, 1024]) {
            let tree = Tree::new(leaves(count));
            for (index, leaf) in leaves(count).into_iter().enumerate() {
                let path = tree.path(index);
                let holds = |index: usize, count: usize, path: &[Hash]| {
                    verify_path(leaf, index as u64, count as u64, path, tree.root())
                };
                assert!(holds(index, count, &path), "{index} of {count}");
                assert!(!holds(index ^ 1, count, &path) || count == 1, "{index} of {count}");
                assert!(!holds(count, count, &path));
                assert!(!holds(index, count, &[&path[..], &[Hash::of(b"")]].concat()));
                if let Some((_, shorter)) = path.split_last() {
                    assert!(!holds(index, count, shorter), "{index} of {count}");
                }
            }
            assert!(tree.path(count).is_empty());
        }
    }
}
