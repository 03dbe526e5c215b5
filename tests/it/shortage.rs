//! What the machine does not give, for a while or at all: files, memory, processor time, a free database. Whoever asks
//! is told so in time, nothing is lost, and the server goes on by itself.

use std::{
    io::{Read, Seek, SeekFrom, Write},
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use inos_tests::{Client, Held, Options, Raw, TestNode, inos_after, until};
use serde_json::json;

crate::on_both! {
    ten_times_too_much_work_is_refused_in_part_and_what_was_accepted_is_done,
}

/// A server that a shell limits before it begins.
fn limited(limit: &str) -> TestNode {
    TestNode::with(Options { shell: Some(limit.into()), ..Options::default() })
}

fn told_to_come_back(answer: &inos_tests::Answer, code: &str) {
    assert_eq!((answer.status, answer.code().as_str()), (503, code), "{}", answer.text());
    assert!(answer.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
    assert_eq!(answer.json()["retryable"], true);
}

#[test]
fn without_a_free_file_handle_what_needs_one_is_to_come_back() {
    // More connections than there are files for: by itself a server takes no more than it has.
    let few = Options { shell: Some("ulimit -n 64".into()), ..Options::default() };
    let node = TestNode::with(few.with("connections-max", "60"));
    let admin = node.admin();
    // These connections are there before the flood.
    assert_eq!(admin.run("compute.blake3", "", b"abc").status, 200);
    let flood: Vec<Raw> = (0..200).map(|_| Raw::connect(node.address())).collect();
    until(Duration::from_secs(10), || node.log().contains("cannot accept connections just now"));
    told_to_come_back(&admin.send("PUT", "/v1/blobs", &[], b"this needs a file"), "overloaded");
    assert_eq!(admin.run("compute.blake3", "", b"abc").status, 200, "this needs none");
    drop(flood);
    until(Duration::from_secs(20), || admin.send("PUT", "/v1/blobs", &[], b"this needs a file").status == 201);
}

#[test]
fn a_database_that_somebody_holds_is_waited_for_and_then_to_come_back_to() {
    let mut node = TestNode::start();
    let admin = node.admin();
    assert_eq!(admin.run("compute.blake3", "", b"abc").status, 200);
    let before = admin.balance();
    let backup = Held::hold(&node.data().join("inos.db"));
    let keyed = || admin.send("POST", "/v1/run/compute/blake3", &[("idempotency-key", "k")], b"abc");
    told_to_come_back(&keyed(), "database-unavailable");
    assert_eq!(admin.balance(), before, "reading goes on");
    assert_eq!(admin.get("/healthz").status, 200);
    drop(backup);
    until(Duration::from_secs(30), || keyed().status == 200);
    assert_eq!(admin.get("/v1/jobs").json()["items"].as_array().unwrap().len(), 2);
    // Shorter than the patience of a commit, nobody notices.
    let backup = Held::hold(&node.data().join("inos.db"));
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| admin.run("compute.blake3", "", b"abc").status);
        until(Duration::from_secs(10), || admin.get("/v1/account").json()["held"] != 0);
        drop(backup);
        assert_eq!(waits.join().unwrap(), 200);
    });
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

/// How many bytes of address space a server without limits has.
fn address_space() -> u64 {
    let node = TestNode::start();
    assert_eq!(node.admin().run("compute.blake3", "", b"abc").status, 200);
    let status = std::fs::read_to_string(format!("/proc/{}/status", node.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmPeak:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024
}

#[test]
fn memory_that_cannot_be_had_is_a_refusal_and_never_a_signal() {
    const LARGE: u64 = 2 << 30;
    let mut node = limited(&format!("ulimit -v {}", (address_space() + (1 << 30)) >> 10));
    let admin = node.admin();
    let before = admin.balance();
    // Wanted whole, it is spooled to a file, which finds no address space to be mapped to.
    let refused = admin.send_from("POST", "/v1/run/test/echo", &[], &mut std::io::repeat(7).take(LARGE), Some(LARGE));
    told_to_come_back(&refused, "overloaded");
    assert_eq!(admin.balance(), before);
    let arena = || admin.get("/v1/stats").json()["arena"].clone();
    until(Duration::from_secs(10), || arena()["leased_bytes"] == 0 && arena()["spooled_bytes"] == 0);
    assert_eq!(admin.run("test.echo", "", &vec![7; 32 << 20]).status, 200);
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

#[test]
fn an_arena_that_cannot_be_had_ends_the_start_with_a_reason() {
    // Room for the program itself, which is large where it was built for tests, and for no such arena.
    for (limit, size, code, wanted) in [
        ("ulimit -v 2000000", "4GiB", 70, "could not create"),
        ("true", "1MiB", 78, "arena"),
        ("true", "8EiB", 78, "arena"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut serve = inos_after(limit);
        serve.args(["serve", "--listen", "127.0.0.1:0", "--arena-size", size, "--data-dir"]).arg(folder.path());
        let output = serve.output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{size}: {told}");
        assert!(told.contains(wanted) && !told.contains("panicked"), "{size}: {told}");
    }
}

/// Runs a server that may have so many threads, in a folder that anybody may use, for three seconds if it gets that far.
///
/// The kernel lets the superuser have as many as there are, so a test of his becomes somebody else first.
fn with_threads(count: usize, folder: &std::path::Path) -> std::process::Output {
    let program = folder.join("inos");
    let become_limited = if rustix::process::getuid().is_root() {
        format!("setpriv --reuid 47123 --clear-groups prlimit --nproc={count}")
    } else {
        format!("prlimit --nproc={}", count + own_threads())
    };
    let line = format!(
        "exec {become_limited} timeout --foreground 3 {0} serve --listen 127.0.0.1:0 --data-dir {1}",
        program.display(),
        folder.join(count.to_string()).display()
    );
    let mut command = std::process::Command::new("bash");
    command.args(["-c", &line]).env_clear().env("PATH", std::env::var_os("PATH").unwrap()).output().unwrap()
}

/// How many threads the user of this process has.
fn own_threads() -> usize {
    use std::os::unix::fs::MetadataExt;
    let uid = rustix::process::getuid().as_raw();
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let own = processes.filter(|entry| entry.metadata().is_ok_and(|of| of.uid() == uid));
    own.filter_map(|entry| std::fs::read_dir(entry.path().join("task")).ok()).map(Iterator::count).sum()
}

#[test]
fn too_few_threads_end_the_start_with_a_reason() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(inos_tests::binary(), folder.path().join("inos")).unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o777)).unwrap();
    for count in [4, 6, 8, 10, 12, 14] {
        let output = with_threads(count, folder.path());
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(78), "{count}: {told}");
        assert!(told.contains("threads") && told.contains("pids.max") && !told.contains("panicked"), "{count}: {told}");
    }
    let cores = std::thread::available_parallelism().unwrap().get();
    // Those of the server, the first one, and whoever ends it after three seconds (once: a second signal stops at once).
    let output = with_threads(16 + 3 * cores + 8, folder.path());
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("stopped") && !told.contains("panicked"), "{told}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("is ready at"));
}

/// Overwrites the beginning of a server's arena, as nobody but a broken program would.
fn damage_arena(node: &TestNode) {
    let maps = std::fs::read_to_string(format!("/proc/{}/maps", node.pid())).unwrap();
    let line = maps.lines().find(|line| line.contains("memfd:inos")).unwrap();
    let start = u64::from_str_radix(line.split('-').next().unwrap(), 16).unwrap();
    let mut memory = std::fs::File::options().write(true).open(format!("/proc/{}/mem", node.pid())).unwrap();
    memory.seek(SeekFrom::Start(start)).unwrap();
    memory.write_all(&[0x5a; 4096]).unwrap();
}

#[test]
fn a_damaged_arena_is_told_and_a_restart_loses_nothing() {
    let mut node = TestNode::with(Options::default().with("workers", "2"));
    let admin = node.admin();
    let capsule =
        json!({ "unit": "test", "method": "wait", "params": { "ms": 600_000 }, "inputs": [{ "text": "abc" }] });
    let path = admin.post_json("/v1/jobs", &capsule).header("location").unwrap().to_owned();
    let is = |client: &Client, state: &str| client.get(&path).json()["state"] == state;
    until(Duration::from_secs(10), || is(&admin, "running"));
    damage_arena(&node);
    let ready = admin.get("/readyz");
    assert_eq!((ready.status, &ready.json()["checks"]["arena"]), (503, &json!("damaged")), "{}", ready.text());
    // What lies in leases is none the worse for it: the book on them is kept elsewhere.
    assert_eq!(admin.run("compute.blake3", "", &vec![7; 100_000]).status, 200);
    node.kill();
    node.restart();
    let admin = node.admin();
    assert_eq!(admin.get("/readyz").status, 200);
    until(Duration::from_secs(10), || is(&admin, "running"));
    assert_eq!(admin.send("POST", &format!("{path}/cancel"), &[], b"").status, 202);
    until(Duration::from_secs(10), || is(&admin, "cancelled"));
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

fn ten_times_too_much_work_is_refused_in_part_and_what_was_accepted_is_done(options: Options) {
    const CLIENTS: usize = 20;
    let options = options.with("workers", "1").with("account-queue-max", "10").with("queue-max", "20");
    let mut node = TestNode::with(options);
    let accounts: Vec<Client> = (0..4).map(|number| node.account(&format!("a{number}"), 1_000_000)).collect();
    let (accepted, refused, over) = (Mutex::new(Vec::new()), Mutex::new(0), AtomicBool::new(false));
    // Each of these keeps the only worker busy for 20 ms, and each client asks for the next one at once.
    let spin = json!({ "unit": "test", "method": "spin", "params": { "ms": 20 } });
    std::thread::scope(|scope| {
        for number in 0..CLIENTS {
            let (client, accepted, refused, over, spin) =
                (&accounts[number % accounts.len()], &accepted, &refused, &over, &spin);
            scope.spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    let answer = client.post_json("/v1/jobs", spin);
                    match answer.status {
                        202 => {
                            let path = answer.header("location").unwrap().to_owned();
                            accepted.lock().unwrap().push((number % 4, path));
                        }
                        429 | 503 => {
                            assert!(answer.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
                            assert!(
                                ["queue-full", "overloaded"].contains(&answer.code().as_str()),
                                "{}",
                                answer.text()
                            );
                            *refused.lock().unwrap() += 1;
                        }
                        other => panic!("{other}: {}", answer.text()),
                    }
                }
            });
        }
        let (health, mut slowest) = (Client::new(&node.url(), ""), Duration::ZERO);
        until(Duration::from_secs(60), || {
            let begun = Instant::now();
            assert_eq!(health.get("/healthz").status, 200);
            slowest = slowest.max(begun.elapsed());
            accepted.lock().unwrap().len() >= 60 && *refused.lock().unwrap() >= 600
        });
        over.store(true, Ordering::Relaxed);
        println!("the slowest look at /healthz took {slowest:?}");
    });
    for (account, path) in accepted.into_inner().unwrap() {
        let state = || accounts[account].get(&path).json()["state"].clone();
        until(Duration::from_secs(60), || state() == "succeeded");
    }
    assert!(accounts.iter().all(|client| client.get("/v1/account").json()["held"] == 0));
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}
