//! A storm: the server and its Postgres are killed at random moments and at random steps while clients go on wishing.
//! What they were told holds at the end, however it went.
//!
//! `INOS_TEST_KILLS` says how often (on SQLite 14 times, on Postgres, which takes seconds to recover, 6), `INOS_TEST_WISHES` how much clients are to be told at least (0), and
//! `INOS_TEST_SEED` makes the same choices again.

use std::{
    str::FromStr,
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};

use inos_failpoints::Point;
use inos_tests::{
    Client, Options, TestNode,
    postgres::{Cluster, database_on},
    until,
};

use crate::wishes::{Stop, Told, load, load_by_socket};

/// The longest calm before a kill.
const CALM_MS_MAX: u64 = 400;
/// The latest passing of a failpoint that ends the server.
const PASSINGS_MAX: u32 = 40;

/// What is killed.
#[derive(Debug)]
enum Kill {
    Server,
    Postgres,
    Both,
    /// The server, when it comes by this step for the n-th time.
    Step(Point, u32),
}

fn asked<T: FromStr>(name: &str, or: T) -> T {
    std::env::var(name).map_or(or, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}

fn choose(rng: &mut fastrand::Rng, has_postgres: bool) -> Kill {
    match rng.u32(0..8) {
        0 | 1 if has_postgres => Kill::Postgres,
        2 if has_postgres => Kill::Both,
        0..=4 => Kill::Server,
        _ => {
            let steps: Vec<Point> = Point::ALL.iter().copied().filter(|point| point.is_of_work()).collect();
            Kill::Step(steps[rng.usize(0..steps.len())], rng.u32(1..=PASSINGS_MAX))
        }
    }
}

#[test]
fn chaos_on_sqlite_leaves_nothing_untold() {
    storm(TestNode::start(), None, 14);
}

#[test]
fn chaos_on_postgres_leaves_nothing_untold() {
    let cluster = Cluster::start(true).unwrap();
    let node = TestNode::with(Options::default().with("database-url", &database_on(&cluster)));
    storm(node, Some(&cluster), 6);
}

fn storm(mut node: TestNode, cluster: Option<&Cluster>, kills: usize) {
    let (kills, wishes) = (asked("INOS_TEST_KILLS", kills), asked("INOS_TEST_WISHES", 0));
    let seed = asked("INOS_TEST_SEED", std::process::id().into());
    println!("INOS_TEST_SEED={seed}");
    let mut rng = fastrand::Rng::with_seed(seed);
    let (key, before) = (node.admin_key(), node.admin().balance());
    let (told, begun, slowest) = (Told::of_many(wishes), Instant::now(), AtomicU64::new(0));
    for round in 0..kills {
        let kill = choose(&mut rng, cluster.is_some());
        if let Kill::Step(point, passing) = &kill {
            node.restart_with(&[("FAILPOINT", &format!("{}@{passing}", point.name()))]);
        }
        // Enough rounds are short; so many wishes are made on the way.
        let due = told.count().max(wishes * round / kills);
        let calm = Duration::from_millis(rng.u64(0..=CALM_MS_MAX));
        round_of(&node, &key, &told, || {
            let gone = || matches!(kill, Kill::Step(..)) && std::net::TcpStream::connect(node.address()).is_err();
            std::thread::sleep(calm);
            until(Duration::from_secs(120), || told.count() > due || gone());
            if let (Kill::Postgres | Kill::Both, Some(cluster)) = (&kill, cluster) {
                cluster.crash().unwrap();
            }
            match kill {
                Kill::Postgres => {}
                Kill::Server | Kill::Both => node.signal(rustix::process::Signal::KILL),
                // A step that nobody comes by any more is no reason to wait.
                Kill::Step(..) => {
                    let patience = Instant::now();
                    while !gone() && patience.elapsed() < Duration::from_secs(3) {
                        std::thread::sleep(Duration::from_millis(20));
                    }
                }
            }
            if let (Kill::Postgres | Kill::Both, Some(cluster)) = (&kill, cluster) {
                cluster.start_again().unwrap();
            }
        });
        let back = Instant::now();
        if !matches!(kill, Kill::Postgres) {
            node.restart();
        }
        until(Duration::from_secs(60), || {
            node.admin().try_send("GET", "/readyz", &[], b"").is_ok_and(|answer| answer.status == 200)
        });
        slowest.fetch_max(back.elapsed().as_millis() as u64, Relaxed);
    }
    told.holds_at(&node.admin(), before);
    println!("{kills} kills, {} things told, {:?}, back after {slowest:?} ms at most", told.count(), begun.elapsed());
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

/// Clients wish until `then` has returned; those whose server is gone wait for the next round.
fn round_of(node: &TestNode, key: &str, told: &Told, then: impl FnOnce()) {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _stop = Stop(&stop);
        for _ in 0..4 {
            scope.spawn(|| {
                let client = Client::new(&node.url(), key);
                while !stop.load(Relaxed) {
                    load(&client, told, &stop);
                    std::thread::sleep(Duration::from_millis(5));
                }
            });
        }
        scope.spawn(|| load_by_socket(node, key, told, &stop));
        then();
    });
}
