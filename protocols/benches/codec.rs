//! The hottest paths of the wire: a frame of capsules in, a frame of results with their receipts out.

use std::hint::black_box;

use bytes::Bytes;
use criterion::{Criterion, Throughput};
use ed25519_dalek::SigningKey;
use inos_protocols::{
    AccountId, Hash, JobId, Microcredits, NodeId,
    frame::{Answer, ClientFrame, ServerBody, ServerFrame, Submission},
    job::{Capsule, Input, Metrics, Outcome, OutputBytes, State},
    json,
    receipt::{Receipt, SignedReceipt, SignedRoot, Tree, leaf_hash},
    time::Time,
    wire,
};

/// Jobs of one frame and of one group commit.
const BATCH: usize = 64;

fn capsule() -> Capsule {
    let mut capsule: Capsule = json::read(br#"{"unit":"compute","method":"blake3"}"#).expect("it is right");
    capsule.inputs = vec![Input::Bytes(vec![b'a'; 1024].into())];
    capsule
}

fn receipt(key: &SigningKey) -> Receipt {
    Receipt {
        job: JobId::new(),
        account: AccountId::new(),
        node: NodeId(key.verifying_key().to_bytes()),
        capsule: Hash::of(b"capsule"),
        unit: "compute".into(),
        method: "blake3".into(),
        version: "1.0.0".into(),
        state: State::Succeeded,
        inputs: vec![Hash::of(b"input")],
        outputs: vec![Hash::of(b"output")],
        submitted: Time::now(),
        finished: Time::now(),
        cost: Microcredits::saturating(12),
        sequence: 5,
    }
}

fn outcomes(key: &SigningKey) -> Vec<Outcome> {
    let receipts: Vec<Receipt> = (0..BATCH).map(|_| receipt(key)).collect();
    let leaves: Vec<Bytes> = receipts.iter().map(|receipt| receipt.encode().into()).collect();
    let tree = Tree::new(leaves.iter().map(|leaf| leaf_hash(leaf)).collect());
    let root = SignedRoot::sign(key, 5, BATCH as u32, Time::now(), tree.root());
    let outcome = |(index, (receipt, leaf)): (usize, (Receipt, Bytes))| Outcome {
        job: receipt.job,
        state: State::Succeeded,
        cost: receipt.cost,
        outputs: vec![OutputBytes {
            media_type: "text/plain".into(),
            hash: Hash::of(b"output"),
            bytes: Bytes::from_static(&[b'0'; 64]),
        }],
        error: None,
        metrics: Metrics { bytes_in: 1024, bytes_out: 64, queued_us: 10, run_us: 2 },
        receipt: Some(SignedReceipt { leaf, index: index as u32, path: tree.path(index), root: root.clone() }),
    };
    receipts.into_iter().zip(leaves).enumerate().map(outcome).collect()
}

fn frames(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("frame");
    group.throughput(Throughput::Elements(BATCH as u64));
    let submission = |correlation| Submission { correlation, capsule: capsule() };
    let submit = ClientFrame::Submit((0..BATCH as u64).map(submission).collect());
    let message = Bytes::from(wire::write_client_frame(&submit));
    group.bench_function("read 64 submissions of 1 KiB", |bencher| {
        bencher.iter(|| wire::read_client_frame(black_box(&message)));
    });
    group.bench_function("write 64 submissions of 1 KiB", |bencher| {
        bencher.iter(|| wire::write_client_frame(black_box(&submit)));
    });
    let key = SigningKey::from_bytes(&[7; 32]);
    let answers = outcomes(&key).into_iter().zip(0..).map(|(outcome, correlation)| Answer { correlation, outcome });
    let result = ServerFrame { seq: 1, body: ServerBody::Result(answers.collect()) };
    let message = Bytes::from(wire::write_server_frame(&result));
    group.bench_function("write 64 results with receipts", |bencher| {
        bencher.iter(|| wire::write_server_frame(black_box(&result)));
    });
    group.bench_function("read 64 results with receipts", |bencher| {
        bencher.iter(|| wire::read_server_frame(black_box(&message)));
    });
    group.finish();
}

fn capsules(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("capsule of 1 KiB");
    let message = Bytes::from(wire::write_capsule(&capsule()));
    group.bench_function("read", |bencher| bencher.iter(|| wire::read_capsule(black_box(&message))));
    group.bench_function("write", |bencher| bencher.iter(|| wire::write_capsule(black_box(&capsule()))));
    let text = serde_json::to_vec(&capsule()).expect("a capsule has a JSON form");
    group.bench_function("read JSON", |bencher| bencher.iter(|| json::read::<Capsule>(black_box(&text))));
    group.finish();
}

fn receipts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("receipt");
    let key = SigningKey::from_bytes(&[7; 32]);
    let receipt = receipt(&key);
    let leaf = receipt.encode();
    group.bench_function("encode", |bencher| bencher.iter(|| black_box(&receipt).encode()));
    group.bench_function("decode", |bencher| bencher.iter(|| Receipt::decode(black_box(&leaf))));
    group.bench_function("leaf hash", |bencher| bencher.iter(|| leaf_hash(black_box(&leaf))));
    let leaves: Vec<Hash> = (0..1000_u32).map(|number| leaf_hash(&number.to_le_bytes())).collect();
    group.bench_function("tree over 1000 leaves", |bencher| bencher.iter(|| Tree::new(black_box(leaves.clone()))));
    group.bench_function("sign a root", |bencher| {
        bencher.iter(|| SignedRoot::sign(&key, 5, 1000, Time::from_ms(1), black_box(Hash::of(b""))));
    });
    let signed = outcomes(&key).swap_remove(0).receipt.expect("every outcome here has one");
    group.bench_function("verify", |bencher| bencher.iter(|| black_box(&signed).verify()));
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    frames(&mut criterion);
    capsules(&mut criterion);
    receipts(&mut criterion);
    criterion.final_summary();
}
