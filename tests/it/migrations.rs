//! A database of an earlier schema comes to this program's whole, whoever is killed in the middle and however many begin.

use std::process::{Child, Command, Stdio};

use inos_tests::{Options, inos, make_old, meddle, number};
use tempfile::TempDir;

crate::on_both! {
    a_migration_that_is_killed_anywhere_is_completed_by_the_next,
    servers_that_migrate_at_once_complete_it_though_one_is_killed,
}

/// The schema of the data that these laws begin with.
const OLD: usize = 2;

/// A database as a server of an earlier schema left it, in a folder that goes with it.
fn old(options: &Options) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let url = match options.args.iter().position(|arg| arg == "--database-url") {
        Some(at) => options.args[at + 1].clone(),
        None => format!("sqlite://{}", folder.path().join("old.db").display()),
    };
    make_old(&url, OLD);
    let mut rows = include_str!("../../server/ledger/src/tests/schema_2/rows.sql").to_owned();
    if url.starts_with("postgres") {
        rows = rows.replace("X'", "'\\x");
        for (table, column) in [("accounts", "no"), ("transfers", "seq"), ("jobs", "seq")] {
            rows += &format!("SELECT setval(pg_get_serial_sequence('{table}', '{column}'), 100);");
        }
    }
    meddle(&url, &rows);
    (folder, url)
}

/// `inos migrate` with a data directory of its own; ends at that failpoint, if one is named.
fn migrate(folder: &TempDir, name: &str, url: &str, failpoint: Option<String>) -> Child {
    let mut command: Command = inos();
    command.args(["migrate", "--json", "--database-url", url, "--data-dir"]).arg(folder.path().join(name));
    command.envs(failpoint.map(|point| ("FAILPOINT", point)));
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Its exit code, none if it was killed, and what it said.
fn ended(child: Child) -> (Option<i32>, String) {
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout) + &text(&output.stderr))
}

fn version(url: &str) -> i64 {
    number(url, "SELECT max(version) FROM schema_versions")
}

/// What must not change: how many jobs and transfers there are, and all that was paid.
fn contents(url: &str) -> [i64; 3] {
    ["SELECT count(*) FROM jobs", "SELECT count(*) FROM transfers", "SELECT CAST(sum(cost) AS BIGINT) FROM jobs"]
        .map(|sql| number(url, sql))
}

/// The books have every invariant, as `inos check` sees it. The bytes that jobs kept lie with another node.
fn assert_right(folder: &TempDir, url: &str) {
    let data = folder.path().join("check");
    let output = inos().args(["check", "--json", "--database-url", url, "--data-dir"]).arg(data).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
}

fn a_migration_that_is_killed_anywhere_is_completed_by_the_next(options: Options) {
    let (folder, url) = old(&options);
    let (before, mut reached) = (contents(&url), version(&url));
    let newest = {
        let fresh = tempfile::tempdir().unwrap();
        let fresh_url = format!("sqlite://{}", fresh.path().join("new.db").display());
        assert_eq!(ended(migrate(&fresh, "new", &fresh_url, None)).0, Some(0));
        version(&fresh_url)
    };
    assert!(reached < newest);
    while reached < newest {
        // Cut off before it is durable: nothing of it is there.
        let (code, told) = ended(migrate(&folder, "data", &url, Some("migration.applied@1".into())));
        assert_eq!(code, None, "{told}");
        assert_eq!((version(&url), contents(&url)), (reached, before));
        // Cut off after it: all of it is there, and nothing of the next.
        let (code, told) = ended(migrate(&folder, "data", &url, Some("migration.done@1".into())));
        assert_eq!(code, None, "{told}");
        reached += 1;
        assert_eq!((version(&url), contents(&url)), (reached, before));
    }
    assert_eq!(ended(migrate(&folder, "data", &url, None)).0, Some(0));
    assert_right(&folder, &url);
}

fn servers_that_migrate_at_once_complete_it_though_one_is_killed(options: Options) {
    let (folder, url) = old(&options);
    let before = contents(&url);
    let killed = migrate(&folder, "killed", &url, Some("migration.applied@2".into()));
    let others: Vec<Child> = (0..3).map(|number| migrate(&folder, &format!("data{number}"), &url, None)).collect();
    for (code, told) in others.into_iter().map(ended) {
        assert_eq!(code, Some(0), "{told}");
    }
    // It ended as it was told to, or found its second migration done by another and had nothing left to do.
    let (code, told) = ended(killed);
    assert!(code.is_none() || code == Some(0), "{code:?}: {told}");
    assert_eq!(contents(&url), before);
    assert_eq!(number(&url, "SELECT count(*) FROM schema_versions"), version(&url), "each was done once");
    assert_right(&folder, &url);
}
