//! The examples in the documentation of the units, run as they stand there: a shell pastes them, and their answers are those
//! that stand below them.

use std::path::Path;
use std::process::Command;

use inos_tests::TestNode;

/// Where examples say that the server is.
const SAID: &str = "http://127.0.0.1:4667";
/// What stands between the answers of two lines.
const MARK: &str = "@@@";

/// A line of an example that is a whole command, and what it answers where that is said.
#[derive(Default)]
struct Line {
    number: usize,
    command: String,
    answer: String,
}

/// The commands of a page: its blocks of shell. A comment right below a command is its answer.
fn commands(page: &str) -> Vec<Line> {
    let (mut lines, mut open, mut in_block, mut is_below) = (Vec::<Line>::new(), Line::default(), false, false);
    for (number, text) in page.lines().enumerate() {
        match (text, text.strip_prefix("# ")) {
            ("```sh" | "```", _) => (in_block, is_below) = (text == "```sh", false),
            ("", _) => is_below = false,
            _ if !in_block => {}
            (_, Some(answer)) => {
                if let Some(line) = lines.last_mut().filter(|_| is_below) {
                    line.answer = answer.into();
                }
            }
            (command, None) => {
                open.number = number + 1;
                open.command += command;
                open.command += "\n";
                is_below = !command.ends_with('\\');
                if is_below {
                    lines.push(std::mem::take(&mut open));
                }
            }
        }
    }
    lines
}

/// Pastes a page into a shell. Every method of the unit must be in it.
fn runs_as_it_stands(page: &str, unit: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(page);
    let lines = commands(&std::fs::read_to_string(&path).unwrap());
    let node = TestNode::start();
    let admin = node.admin();
    let mut script = "set -euo pipefail\n".to_owned();
    for line in &lines {
        script += &line.command.replace(SAID, &node.url());
        script += &format!("printf '\\n{MARK}\\n'\n");
    }
    let folder = tempfile::tempdir().unwrap();
    // A page says what it runs from the repository's folder.
    std::os::unix::fs::symlink(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples"),
        folder.path().join("examples"),
    )
    .unwrap();
    let ran = Command::new("bash")
        .args(["-c", &script])
        .env("KEY", node.admin_key())
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8(ran.stdout).unwrap();
    let answers: Vec<&str> = said.split(&format!("\n{MARK}\n")).collect();
    if !ran.status.success() {
        let line = &lines[answers.len() - 1];
        panic!(
            "{page}:{}: {}{}{}",
            line.number,
            line.command,
            answers[answers.len() - 1],
            String::from_utf8_lossy(&ran.stderr)
        );
    }
    for (line, answer) in lines.iter().zip(answers) {
        assert_eq!(answer.trim(), line.answer, "{page}:{}: {}", line.number, line.command);
    }
    let catalogue = admin.get(&format!("/v1/units/{unit}")).json();
    for method in catalogue["methods"].as_array().unwrap().iter().map(|method| method["name"].as_str().unwrap()) {
        let called = lines.iter().any(|line| {
            line.command.contains(&format!("{unit} {method}"))
                || line.command.contains(&format!("\"method\":\"{method}\""))
        });
        assert!(called, "{page} has no example of {method}");
    }
}

#[test]
fn of_numbers() {
    runs_as_it_stands("math.md", "math");
}

#[test]
fn of_digests_ciphers_and_keys() {
    runs_as_it_stands("crypto.md", "crypto");
}

#[test]
fn of_flocks() {
    runs_as_it_stands("boids.md", "boids");
}

#[test]
fn of_sounds() {
    runs_as_it_stands("audio.md", "audio");
}

#[test]
fn of_pictures() {
    runs_as_it_stands("image.md", "image");
}
