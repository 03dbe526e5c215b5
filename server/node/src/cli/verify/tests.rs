//! Receipts that hold, and receipts that do not.

use ed25519_dalek::SigningKey;
use inos_protocols::{
    AccountId, JobId, Microcredits,
    job::{Params, State},
    receipt::{SignedRoot, Tree, leaf_hash},
    time::Time,
};

use super::*;

const INPUT: &[u8] = b"what went in";
const OUTPUT: &[u8] = b"what came out";

fn signed() -> SignedReceipt {
    let key = SigningKey::from_bytes(&[7; 32]);
    let receipt = |number: u64| Receipt {
        job: JobId::new(),
        account: AccountId::new(),
        node: NodeId(key.verifying_key().to_bytes()),
        capsule: capsule_digest("compute", "blake3", &Params::new(), &[Hash::of(INPUT)]),
        unit: "compute".into(),
        method: "blake3".into(),
        version: "1.0.0".into(),
        state: State::Succeeded,
        inputs: vec![Hash::of(INPUT)],
        outputs: vec![Hash::of(OUTPUT)],
        submitted: Time::from_ms(1_000 + number),
        finished: Time::from_ms(2_000 + number),
        cost: Microcredits::saturating(12),
        sequence: 42,
    };
    let leaves: Vec<Vec<u8>> = (0..5).map(|number| receipt(number).encode()).collect();
    let tree = Tree::new(leaves.iter().map(|leaf| leaf_hash(leaf)).collect());
    let root = SignedRoot::sign(&key, 42, 5, Time::from_ms(3_000), tree.root());
    SignedReceipt { leaf: leaves[3].clone().into(), index: 3, path: tree.path(3), root }
}

fn verify(inputs: Vec<PathBuf>, outputs: Vec<PathBuf>) -> Verify {
    Verify { receipt: String::new(), inputs, outputs, params_file: None, node: None }
}

fn bad(checks: &[Check]) -> Vec<&str> {
    checks.iter().filter(|check| !check.ok).map(|check| check.what.as_str()).collect()
}

#[test]
fn a_receipt_verifies_in_each_of_its_forms() {
    let signed = signed();
    let bytes = signed.encode();
    let forms = [
        serde_json::to_vec_pretty(&signed).unwrap(),
        bytes.clone(),
        BASE64URL_NOPAD.encode(&bytes).into_bytes(),
        format!("{}\n", data_encoding::BASE64URL.encode(&bytes)).into_bytes(),
    ];
    for form in forms {
        let read = parse(&form).unwrap();
        assert_eq!(read, signed);
        assert_eq!(bad(&verify(vec![], vec![]).checks(&read).unwrap()), Vec::<&str>::new());
    }
}

#[test]
fn files_are_held_against_their_hashes() {
    let dir = tempfile::tempdir().unwrap();
    let (input, output) = (dir.path().join("in"), dir.path().join("out"));
    std::fs::write(&input, INPUT).unwrap();
    std::fs::write(&output, OUTPUT).unwrap();
    let right = verify(vec![input.clone()], vec![output.clone()]).checks(&signed()).unwrap();
    assert_eq!(bad(&right), Vec::<&str>::new());
    let swapped = verify(vec![output], vec![input.clone()]).checks(&signed()).unwrap();
    assert_eq!(bad(&swapped), ["input 0", "output 0"]);
    let many = verify(vec![input.clone(), input], vec![]).checks(&signed()).unwrap();
    assert_eq!(bad(&many), ["inputs"]);
}

#[test]
fn a_forged_receipt_is_told() {
    let mut forged = signed();
    forged.path[0].0[5] ^= 1;
    assert_eq!(bad(&verify(vec![], vec![]).checks(&forged).unwrap()), ["signature"]);
    let mut leaf = signed();
    leaf.index = 2;
    assert_eq!(bad(&verify(vec![], vec![]).checks(&leaf).unwrap()), ["signature"]);
}

#[test]
fn the_node_and_the_parameters_can_be_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "{}").unwrap();
    let mut verify = verify(vec![], vec![]);
    verify.node = Some(signed().root.node);
    verify.params_file = Some(file.path().into());
    assert_eq!(bad(&verify.checks(&signed()).unwrap()), Vec::<&str>::new());
    verify.node = Some(NodeId([1; 32]));
    std::fs::write(file.path(), "{\"length\":64}").unwrap();
    assert_eq!(bad(&verify.checks(&signed()).unwrap()), ["node", "params"]);
}

#[test]
fn what_is_no_receipt_is_refused() {
    for bytes in [&b""[..], b"{}", b"hello", b"\x00\x01\x02", b"{\"leaf\":1}", b"AAAA"] {
        assert!(parse(bytes).is_err(), "{bytes:?}");
    }
}
