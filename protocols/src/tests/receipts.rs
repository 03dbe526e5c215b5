//! A receipt is its bytes, and its proof holds for nothing else.

use bytes::Bytes;
use ed25519_dalek::SigningKey;

use crate::{
    AccountId, Hash, JobId, Microcredits, NodeId,
    job::State,
    receipt::{Receipt, SignedReceipt, SignedRoot, Tree, VerifyError, leaf_hash},
    time::Time,
};

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

/// The receipt of job `number` in commit 5.
pub(super) fn receipt(number: u8) -> Receipt {
    Receipt {
        job: JobId::from_bytes([number; 16]),
        account: AccountId::from_bytes([2; 16]),
        node: NodeId(key().verifying_key().to_bytes()),
        capsule: Hash::of(b"capsule"),
        unit: "compute".into(),
        method: "blake3".into(),
        version: "1.0.0".into(),
        state: State::Succeeded,
        inputs: vec![Hash::of(b"input")],
        outputs: vec![Hash::of(b"output")],
        submitted: Time::from_ms(1_795_391_999_000),
        finished: Time::from_ms(1_795_391_999_001),
        cost: Microcredits::saturating(12),
        sequence: 5,
    }
}

/// The receipts of a commit with their proofs.
pub(super) fn commit(receipts: &[Receipt]) -> Vec<SignedReceipt> {
    let leaves: Vec<Bytes> = receipts.iter().map(|receipt| Bytes::from(receipt.encode())).collect();
    let tree = Tree::new(leaves.iter().map(|leaf| leaf_hash(leaf)).collect());
    let root = SignedRoot::sign(&key(), 5, receipts.len() as u32, Time::from_ms(1_795_391_999_500), tree.root());
    let signed =
        |(index, leaf)| SignedReceipt { leaf, index: index as u32, path: tree.path(index), root: root.clone() };
    leaves.into_iter().enumerate().map(signed).collect()
}

#[test]
fn every_receipt_of_a_commit_verifies_alone() {
    for count in [1, 2, 3, 7, 200] {
        let receipts: Vec<Receipt> = (0..count).map(receipt).collect();
        for (receipt, signed) in receipts.iter().zip(commit(&receipts)) {
            assert_eq!(signed.verify().as_ref(), Ok(receipt));
            assert_eq!(SignedReceipt::decode(&signed.encode()).as_ref(), Ok(&signed));
            let json = serde_json::to_string(&signed).unwrap();
            assert_eq!(serde_json::from_str::<SignedReceipt>(&json).unwrap(), signed);
        }
    }
}

#[test]
fn equal_receipts_have_equal_bytes_of_one_segment() {
    let bytes = receipt(1).encode();
    assert_eq!(bytes, receipt(1).encode());
    assert_eq!(bytes[..4], [0; 4]);
    assert_eq!(Receipt::decode(&bytes), Ok(receipt(1)));
    let long = Receipt { inputs: vec![Hash::of(b""); 64], outputs: vec![Hash::of(b""); 1000], ..receipt(1) };
    assert_eq!(long.encode()[..4], [0; 4]);
    assert_eq!(Receipt::decode(&long.encode()), Ok(long));
}

#[test]
fn other_bytes_that_mean_the_same_receipt_are_refused() {
    // A word nobody points at: the same meaning, another hash.
    let mut bytes = receipt(1).encode();
    bytes.extend_from_slice(&[0; 8]);
    let words = u32::from_le_bytes(bytes[4..8].try_into().unwrap()) + 1;
    bytes[4..8].copy_from_slice(&words.to_le_bytes());
    assert!(Receipt::decode(&bytes).unwrap_err().to_string().contains("own bytes"));
}

#[test]
fn a_proof_holds_for_nothing_else() {
    let good = &commit(&[receipt(1), receipt(2), receipt(3)])[1];
    let broken = |change: &dyn Fn(&mut SignedReceipt)| {
        let mut signed = good.clone();
        change(&mut signed);
        signed.verify().unwrap_err()
    };
    assert!(matches!(broken(&|signed| signed.leaf = Bytes::new()), VerifyError::Leaf(_)));
    let other = |receipt: Receipt| Bytes::from(receipt.encode());
    let elsewhere = Receipt { node: NodeId([1; 32]), ..receipt(2) };
    assert!(matches!(broken(&|signed| signed.leaf = other(elsewhere.clone())), VerifyError::Node { .. }));
    let later = Receipt { sequence: 6, ..receipt(2) };
    assert!(matches!(broken(&|signed| signed.leaf = other(later.clone())), VerifyError::Sequence { .. }));
    let cheaper = Receipt { cost: Microcredits::ZERO, ..receipt(2) };
    assert_eq!(broken(&|signed| signed.leaf = other(cheaper.clone())), VerifyError::Path);
    assert!(matches!(broken(&|signed| signed.index = 3), VerifyError::Index { index: 3, count: 3 }));
    assert_eq!(broken(&|signed| signed.index = 0), VerifyError::Path);
    assert_eq!(broken(&|signed| signed.path.clear()), VerifyError::Path);
    assert_eq!(broken(&|signed| signed.root.signature[9] ^= 1), VerifyError::Signature);
    assert_eq!(broken(&|signed| signed.root.signed = Time::from_ms(1)), VerifyError::Signature);
}

#[test]
fn the_readable_receipt_is_the_one_that_was_signed() {
    let mut json = serde_json::to_value(&commit(&[receipt(1)])[0]).unwrap();
    json["receipt"]["cost"] = 0.into();
    assert!(serde_json::from_value::<SignedReceipt>(json).unwrap_err().to_string().contains("`leaf`"));
}

proptest::proptest! {
    #[test]
    fn no_change_of_its_bytes_makes_another_receipt(
        which in 0..5usize,
        at in proptest::prelude::any::<proptest::sample::Index>(),
        change in 1..=u8::MAX,
        len in proptest::prelude::any::<proptest::sample::Index>(),
        more in proptest::collection::vec(proptest::prelude::any::<u8>(), 1..64),
    ) {
        let receipts: Vec<Receipt> = (0..5).map(receipt).collect();
        let good = &commit(&receipts)[which];
        let bytes = good.encode();
        let mut flipped = bytes.clone();
        flipped[at.index(bytes.len())] ^= change;
        let cut = bytes[..len.index(bytes.len())].to_vec();
        let longer = [&bytes[..], &more[..]].concat();
        for forged in [flipped, cut, longer] {
            // Padding may be changed: then it is the same receipt still, to the last bit that it says.
            if let Ok(read) = SignedReceipt::decode(&Bytes::from(forged)) {
                proptest::prop_assert!(read == *good || read.verify().is_err());
            }
        }
    }

    #[test]
    fn a_receipt_that_another_key_signed_is_not_the_nodes(seed: [u8; 32]) {
        proptest::prop_assume!(seed != [7; 32]);
        let good = &commit(&[receipt(1), receipt(2), receipt(3)])[1];
        let forger = SigningKey::from_bytes(&seed);
        let resigned = SignedRoot::sign(&forger, 5, 3, good.root.signed, good.root.root);
        // Under its own name the forger is another node than the receipt says; under the node's name its signature is wrong.
        let own_name = SignedReceipt { root: resigned.clone(), ..good.clone() };
        proptest::prop_assert!(matches!(own_name.verify(), Err(VerifyError::Node { .. })), "{:?}", own_name.verify());
        let borrowed = SignedReceipt { root: SignedRoot { node: good.root.node, ..resigned }, ..good.clone() };
        proptest::prop_assert_eq!(borrowed.verify(), Err(VerifyError::Signature));
    }
}
