//! Regions in other processes: mapped, followed and read whole, by our own program, by C and by Python.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    os::unix::{fs::PermissionsExt as _, net::UnixStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use inos_failpoints::Point;
use inos_protocols::layout;
use inos_tests::{Client, TestNode, until};
use serde_json::{Value, json};

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("examples/regions")
}

fn put(client: &Client, name: &str, bytes: &[u8]) -> u64 {
    let put = client.send("PUT", &format!("/v1/regions/{name}"), &[], bytes);
    assert!([200, 201].contains(&put.status), "{}", put.text());
    put.header("inos-epoch").unwrap().parse().unwrap()
}

fn about(client: &Client) -> Value {
    client.get("/v1/regions").json()["items"][0].clone()
}

/// A program that follows a region, and the lines that it says.
struct Follower {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Follower {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the follower starts");
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    fn numbers(&mut self) -> Vec<u64> {
        let line = self.lines.next().expect("a line").unwrap();
        line.split_whitespace().map(|number| number.parse().expect("a number")).collect()
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whoever follows a region sees each state it is given, and never a mixture of two.
fn is_followed_by(node: &TestNode, program: &mut Command) {
    let admin = node.admin();
    let first = put(&admin, "r", &[1; 20_000]);
    let socket = node.data().join("regions.sock");
    let mut follower = Follower::start(program.arg(socket).arg(node.admin_key()).args(["r", "1000000"]));
    assert_eq!(follower.numbers(), [first, 20_000, 1, 1]);
    for value in 2..10_u8 {
        let epoch = put(&admin, "r", &vec![value; 20_000 - usize::from(value)]);
        assert_eq!(follower.numbers(), [epoch, 20_000 - u64::from(value), value.into(), value.into()]);
    }
    let last = (10..=250_u8).fold(0, |_, value| put(&admin, "r", &[value; 20_000]));
    loop {
        let seen = follower.numbers();
        assert_eq!((seen[1], seen[2]), (20_000, seen[3]), "torn");
        if seen[0] == last {
            break;
        }
    }
    assert_eq!(about(&admin)["attached"], 1);
    follower.child.kill().unwrap();
    until(Duration::from_secs(20), || about(&admin)["attached"] == 0);
    put(&admin, "r", &[0; 20_000]);
}

/// Whoever follows a region is told when its key ends, and finds out when the server is killed.
fn is_told_of_the_end(program: impl Fn() -> Command) {
    let mut node = TestNode::start();
    let admin = node.admin();
    put(&admin, "r", &[1; 20_000]);
    let socket = node.data().join("regions.sock");
    let made = admin.post_json("/v1/keys", &json!({ "name": "for a while", "scopes": ["regions"] })).json();
    let follow = |key: &str| {
        let mut follower = Follower::start(program().arg(&socket).arg(key).args(["r", "1000000"]));
        assert_eq!(follower.numbers().len(), 4);
        follower
    };
    let mut follower = follow(made["secret"].as_str().unwrap());
    let gone = admin.send("DELETE", &format!("/v1/keys/{}", made["key"]["id"].as_str().unwrap()), &[], b"");
    assert_eq!(gone.status, 204, "{}", gone.text());
    assert_eq!(follower.child.wait().unwrap().code(), Some(4), "the key has ended");
    let mut follower = follow(&node.admin_key());
    node.kill();
    assert_eq!(follower.child.wait().unwrap().code(), Some(4), "the server was killed");
}

fn python() -> Command {
    let mut command = Command::new("python3");
    command.arg(examples().join("follow.py"));
    command
}

#[test]
fn a_python_program_follows_a_region() {
    is_followed_by(&TestNode::start(), &mut python());
    is_told_of_the_end(python);
}

#[test]
fn a_c_program_follows_a_region() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("follow");
    let built = Command::new("cc")
        .args(["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-o"])
        .arg(&program)
        .arg(examples().join("follow.c"))
        .status()
        .expect("this test needs a C compiler");
    assert!(built.success());
    is_followed_by(&TestNode::start(), &mut Command::new(&program));
    is_told_of_the_end(|| Command::new(&program));
}

#[test]
fn our_own_program_is_told_of_the_end_as_well() {
    let mut node = TestNode::start();
    let first = put(&node.admin(), "r", b"one");
    let mut follower = Follower::start(
        inos_tests::inos()
            .args(["regions", "watch", "r", "--attach", "--json", "--key"])
            .arg(node.admin_key())
            .arg("--data-dir")
            .arg(node.data()),
    );
    let said: Value = serde_json::from_str(&follower.lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(said["epoch"], first.to_string());
    node.kill();
    assert_eq!(follower.child.wait().unwrap().code(), Some(3), "no server hands out regions any more");
}

#[test]
fn a_region_is_watched_over_http_and_in_memory() {
    let node = TestNode::start();
    let admin = node.admin();
    let first = put(&admin, "r", b"one");
    let folder = node.data().to_str().unwrap();
    for how in [&[][..], &["--attach", "--data-dir", folder]] {
        let args = [&["regions", "watch", "r", "--count", "1", "--json"][..], how].concat();
        let (code, out, err) = node.cli(&args);
        assert_eq!(code, 0, "{err}");
        let said: Value = serde_json::from_str(out.trim()).unwrap();
        assert_eq!(said, json!({ "epoch": first.to_string(), "bytes": 3 }), "{how:?}");
        assert_eq!(node.cli(&[&["regions", "watch", "none", "--count", "1"][..], how].concat()).0, 1, "{how:?}");
    }
    assert_eq!(node.cli(&["regions", "get", "r"]).1, "one");
    let (code, out, _) = node.cli(&["regions", "list", "--json"]);
    assert_eq!((code, &serde_json::from_str::<Value>(&out).unwrap()[0]["name"]), (0, &json!("r")));
    let (code, out, _) = node.cli(&["arena", "--json"]);
    let arena: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &arena["regions"]["count"], &arena["regions"]["bytes"]), (0, &json!(1), &json!(3)));
    assert!(arena["arena"]["bytes"].as_u64().unwrap() > 0);
}

#[test]
fn whoever_reads_a_region_has_a_whole_epoch_wherever_its_writer_died() {
    const LEN: usize = 20_000;
    let mut node = TestNode::start();
    let socket = node.data().join("regions.sock");
    for point in Point::ALL.iter().filter(|point| point.is_of_regions() && **point != Point::RegionKept) {
        // A region that is made passes some of the points once; the fifth time is a change in any case.
        node.restart_with(&[("FAILPOINT", &format!("{}@5", point.name()))]);
        let admin = node.admin();
        let mut last = put(&admin, "r", &[1; LEN]);
        let mut follower = Follower::start(python().arg(&socket).arg(node.admin_key()).args(["r", "1000000"]));
        assert_eq!(follower.numbers(), [last, LEN as u64, 1, 1]);
        let mut value = 2_u8;
        while let Ok(put) = admin.try_send("PUT", "/v1/regions/r", &[], &[value; LEN]) {
            last = put.header("inos-epoch").unwrap().parse().unwrap();
            value += 1;
            assert!(value < 20, "{} is not passed", point.name());
        }
        let mut seen = vec![last];
        for line in follower.lines.by_ref() {
            seen = line.unwrap().split_whitespace().map(|number| number.parse::<u64>().unwrap()).collect();
            assert_eq!((seen[1], seen[2]), (LEN as u64, seen[3]), "torn at {}", point.name());
        }
        assert_eq!(follower.child.wait().unwrap().code(), Some(4), "{}", point.name());
        // What is current may be seen before the end is, and nothing that is not current.
        let may_be = seen[0] == last + 1 && *point == Point::RegionCurrent;
        assert!(seen[0] == last || may_be, "{} after {last} at {}", seen[0], point.name());
    }
}

#[test]
fn what_the_memory_holds_is_shown_as_it_is() {
    let node = TestNode::start();
    let admin = node.admin();
    put(&admin, "r", &[1; 5_000]);
    put(&admin, "gone", b"x");
    let stats = admin.get("/v1/stats").json();
    let number = |value: &Value| value.as_u64().unwrap();
    let arena = &stats["arena"];
    let end = arena["map"].as_array().unwrap().iter().fold(0, |end, part| {
        assert_eq!(number(&part["offset"]), end, "part after part");
        end + number(&part["bytes"])
    });
    assert_eq!(end, number(&arena["bytes"]) + number(&arena["map"][3]["offset"]));
    assert_eq!(number(&arena["free_bytes"]) + number(&arena["taken_bytes"]), number(&arena["bytes"]));
    assert!(number(&arena["largest_free_bytes"]) <= number(&arena["free_bytes"]));
    assert!(number(&arena["fragmentation_permille"]) <= 1_000);
    assert_eq!((number(&stats["regions"]["published"]), number(&stats["regions"]["buffers"])), (2, 6));
    assert_eq!(admin.send("DELETE", "/v1/regions/gone", &[], b"").status, 204);
    let regions = &admin.get("/v1/stats").json()["regions"];
    assert_eq!((number(&regions["count"]), number(&regions["published"])), (1, 2), "a counter never falls");
    let ended = std::sync::atomic::AtomicBool::new(false);
    let (code, out, err) = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(std::sync::atomic::Ordering::SeqCst) {
                put(&admin, "r", &[2; 5_000]);
            }
        });
        let said = node.cli(&["arena", "--over", "1", "--json"]);
        ended.store(true, std::sync::atomic::Ordering::SeqCst);
        said
    });
    assert_eq!(code, 0, "{err}");
    let said: Value = serde_json::from_str(&out).unwrap();
    assert!(number(&said["per_second"]["regions"]["published"]) > 0, "{out}");
    assert_eq!(node.cli(&["arena", "--over", "0"]).0, 2);
}

#[test]
fn the_socket_takes_one_short_line_of_its_own_user_and_shows_nothing_of_others() {
    let node = TestNode::start();
    let (admin, other) = (node.admin(), node.account("other", 0));
    put(&admin, "mine", b"secret");
    let path = node.data().join("regions.sock");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let ask = |line: &[u8]| {
        let mut socket = UnixStream::connect(&path).unwrap();
        // The server may close before all of a line that is too long was taken.
        let _ = socket.write_all(line);
        let mut answer = String::new();
        let _ = socket.read_to_string(&mut answer);
        serde_json::from_str::<Value>(&answer).unwrap_or_default()["code"].as_str().unwrap_or_default().to_owned()
    };
    let wish = |key: &str, region: &str| format!("{}\n", json!({ "key": key, "region": region }));
    assert_eq!(ask(wish(&other.key, "mine").as_bytes()), "not-found");
    assert_eq!(ask(wish("inos_wrong", "mine").as_bytes()), "unauthorized");
    assert_eq!(ask(b"{}\n"), "invalid-json");
    assert_eq!(ask(b"\xff\0\n"), "invalid-json");
    let vague = [json!({ "key": admin.key }), json!({ "key": admin.key, "region": "mine", "ring": "events" })];
    assert_eq!(vague.map(|wish| ask(format!("{wish}\n").as_bytes())), ["bad-request"; 2]);
    assert_eq!(ask(format!("{}\n", json!({ "key": admin.key, "ring": "other" })).as_bytes()), "invalid-json");
    assert_eq!(ask(&[b'x'; 5000]), "", "whoever says too much is not answered");
    let mut socket = UnixStream::connect(&path).unwrap();
    socket.write_all(wish(&node.admin_key(), "mine").as_bytes()).unwrap();
    until(Duration::from_secs(20), || about(&admin)["attached"] == 1);
    drop(socket);
    until(Duration::from_secs(20), || about(&admin)["attached"] == 0);
}

#[test]
fn the_examples_have_the_numbers_of_the_layout() {
    let header = fs::read_to_string(examples().join("inos_region.h")).unwrap();
    let python = fs::read_to_string(examples().join("follow.py")).unwrap();
    let names = [
        ("REGION_VERSION_OFFSET", layout::REGION_VERSION_OFFSET),
        ("REGION_CAPACITY_OFFSET", layout::REGION_CAPACITY_OFFSET),
        ("REGION_RETIRED_OFFSET", layout::REGION_RETIRED_OFFSET),
        ("REGION_HEAD_OFFSET", layout::REGION_HEAD_OFFSET),
        ("REGION_CURRENT_OFFSET", layout::REGION_CURRENT_OFFSET),
        ("REGION_MARKS_OFFSET", layout::REGION_MARKS_OFFSET),
        ("REGION_MARK_LEN", layout::REGION_MARK_LEN),
        ("REGION_BUFFERS_OFFSET", layout::REGION_BUFFERS_OFFSET),
        ("CONTROL_PIN_OFFSET", layout::CONTROL_PIN_OFFSET),
        ("CONTROL_WAITING_OFFSET", layout::CONTROL_WAITING_OFFSET),
        ("CONTROL_ENDED_OFFSET", layout::CONTROL_ENDED_OFFSET),
        ("CONTROL_LEN", layout::CONTROL_LEN),
        ("REGION_VERSION", layout::REGION_VERSION as usize),
    ];
    for (name, value) in names {
        assert!(header.contains(&format!("#define INOS_{name} {value}\n")), "{name}");
    }
    let magic = format!("{:#x}", u64::from_le_bytes(layout::REGION_MAGIC));
    assert!(header.contains(&format!("#define INOS_REGION_MAGIC {magic}ULL\n")));
    for line in [
        format!("MAGIC, VERSION = 0x{:X}, {}", u64::from_le_bytes(layout::REGION_MAGIC), layout::REGION_VERSION),
        format!(
            "VERSION_OFFSET, CAPACITY_OFFSET, RETIRED_OFFSET = {}, {}, {}",
            layout::REGION_VERSION_OFFSET,
            layout::REGION_CAPACITY_OFFSET,
            layout::REGION_RETIRED_OFFSET
        ),
        format!(
            "CURRENT_OFFSET, MARKS_OFFSET, MARK_LEN, BUFFERS_OFFSET = {}, {}, {}, {}",
            layout::REGION_CURRENT_OFFSET,
            layout::REGION_MARKS_OFFSET,
            layout::REGION_MARK_LEN,
            layout::REGION_BUFFERS_OFFSET
        ),
        format!(
            "PIN_OFFSET, ENDED_OFFSET, CONTROL_LEN = {}, {}, {}",
            layout::CONTROL_PIN_OFFSET,
            layout::CONTROL_ENDED_OFFSET,
            layout::CONTROL_LEN
        ),
    ] {
        assert!(python.contains(&line), "{line}");
    }
}
