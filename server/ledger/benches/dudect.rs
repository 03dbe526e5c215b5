//! Whether the time that a wrong key takes says what is wrong with it (the method of dudect: Welch's t between two
//! classes of input in random order; beyond ±4.5 they can be told apart).
//!
//! `cargo bench -p inos-ledger --bench dudect -- [seconds=N]`; one JSON line for each comparison, exit code 1 where one
//! leaks.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use ed25519_dalek::SigningKey;
use inos_ledger::{Ledger, Options, open};
use inos_protocols::{Microcredits, NodeId, account::Scopes};

/// Keys that are tried at once: few, so that none waits for another.
const UNDER_WAY: u64 = 32;
/// Beyond this the classes can be told apart.
const T_MAX: f64 = 4.5;
/// The shares of the quickest tries that are looked at alone: what is slow is slow for other reasons.
const SHARES: [f64; 4] = [1.0, 0.99, 0.9, 0.5];

/// Cheap numbers that look random (xorshift64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// Makes a wrong key of one of two classes.
type Forge = Arc<dyn Fn(bool, &mut Dice) -> String + Send + Sync>;

fn main() -> std::process::ExitCode {
    let seconds = std::env::args().find_map(|argument| argument.strip_prefix("seconds=").map(String::from));
    let seconds: f64 = seconds.map_or(18.0, |text| text.parse().expect("seconds= is a number"));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let leaks = runtime.block_on(compare(Duration::from_secs_f64(seconds)));
    if leaks { std::process::ExitCode::FAILURE } else { std::process::ExitCode::SUCCESS }
}

async fn compare(time: Duration) -> bool {
    let folder = tempfile::tempdir().expect("a folder");
    let signer = SigningKey::from_bytes(&[7; 32]);
    let options = Options {
        url: format!("sqlite:{}", folder.path().join("ledger").display()),
        node: NodeId(signer.verifying_key().to_bytes()),
        signer,
        starting_credits: Microcredits::ZERO,
        lease_ms: 60_000,
        fees: None,
    };
    let (ledger, _books) = open(options, Box::new(|| Ok(()))).await.expect("a ledger");
    let account = ledger.open_account("somebody", Microcredits::ZERO).await.expect("an account").id;
    let make = |name: &'static str| ledger.create_key(account, name, Scopes::default(), None);
    let used = make("used").await.expect("a key").secret;
    let unused = make("unused").await.expect("a key").secret;
    let keep_known = keep_known(ledger.clone(), used.clone());
    let (of_used, of_unused) = (used.clone(), used.clone());
    let comparisons: [(&str, Forge); 3] = [
        (
            "a secret wrong in its first digit, or in its last",
            Arc::new(move |first, _| other_digit(&used, if first { used.len() - 64 } else { used.len() - 1 })),
        ),
        ("a known id, or one that never was", Arc::new(move |known, dice| with_id(&of_used, known, dice))),
        (
            "an id that is in use, or one that is known and never used",
            Arc::new(move |in_use, _| other_digit(if in_use { &of_unused } else { &unused }, of_unused.len() - 1)),
        ),
    ];
    let mut leaks = false;
    for (what, forge) in comparisons {
        let times = measure(&ledger, &forge, time).await;
        let t = SHARES.map(|share| welch(&times, share)).into_iter().max_by(|a, b| a.abs().total_cmp(&b.abs()));
        let t = t.expect("there are shares");
        println!(r#"{{"bench":"dudect","what":"{what}","tries":{},"t":{t:.2}}}"#, times.len());
        leaks |= t.abs() >= T_MAX;
    }
    keep_known.abort();
    ledger.close().await;
    leaks
}

/// The key with one digit of its secret changed.
fn other_digit(key: &str, at: usize) -> String {
    let digit = if key.as_bytes()[at] == b'0' { "1" } else { "0" };
    format!("{}{digit}{}", &key[..at], &key[at + 1..])
}

/// The key with a wrong secret, and where it is not to be known with an id that nobody has.
fn with_id(key: &str, known: bool, dice: &mut Dice) -> String {
    let wrong = other_digit(key, key.len() - 1);
    let id = if known { wrong[5..37].to_owned() } else { format!("{:016x}{:016x}", dice.roll(), dice.roll()) };
    format!("inos_{id}_{}", &wrong[38..])
}

/// Uses a key again and again, as its owner would.
fn keep_known(ledger: Ledger, key: String) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            assert!(ledger.authenticate(&key).await.expect("a database").is_some(), "the right key opens");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
}

/// Tries wrong keys of both classes in random order; each try with its class and its time in nanoseconds.
async fn measure(ledger: &Ledger, forge: &Forge, time: Duration) -> Vec<(bool, f64)> {
    let until = Instant::now() + time;
    let tries = (0..UNDER_WAY).map(|number| {
        let (ledger, forge) = (ledger.clone(), Arc::clone(forge));
        tokio::spawn(async move {
            let (mut times, mut dice) = (Vec::new(), Dice(0x9e37_79b9_7f4a_7c15 ^ (number + 1)));
            while Instant::now() < until {
                let class = dice.roll() >> 32 & 1 == 1;
                let key = forge(class, &mut dice);
                let begun = Instant::now();
                let opened = ledger.authenticate(&key).await.expect("a database");
                times.push((class, begun.elapsed().as_nanos() as f64));
                assert!(opened.is_none(), "a wrong key opens nothing");
            }
            times
        })
    });
    let mut all = Vec::new();
    for tried in tries.collect::<Vec<_>>() {
        all.extend(tried.await.expect("a task that does not panic"));
    }
    all
}

/// Welch's t between the classes among the quickest tries.
fn welch(times: &[(bool, f64)], share: f64) -> f64 {
    let mut sorted: Vec<f64> = times.iter().map(|(_, time)| *time).collect();
    sorted.sort_by(f64::total_cmp);
    let last = ((sorted.len() as f64 * share) as usize).clamp(1, sorted.len()) - 1;
    let of = |class: bool| {
        let those: Vec<f64> =
            times.iter().filter(|(one, time)| *one == class && *time <= sorted[last]).map(|(_, time)| *time).collect();
        let len = those.len() as f64;
        let mean = those.iter().sum::<f64>() / len;
        let variance = those.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (len - 1.0);
        (mean, variance / len)
    };
    let ((mean_a, a), (mean_b, b)) = (of(true), of(false));
    (mean_a - mean_b) / (a + b).sqrt()
}
