//! What we agreed on about the code itself.

use std::{collections::BTreeMap, path::Path, process::Command};

use serde_json::Value;

/// The only members that may name a big library.
const OWNERS: &[(&str, &[&str])] = &[
    ("axum", &["inos-gateway"]),
    ("capnp", &["inos-protocols"]),
    ("capnpc", &["inos-protocols"]),
    ("arrow", &["inos-data"]),
    ("arrow-ipc", &["inos-math"]),
    ("clap", &["inos-node"]),
    ("datafusion", &["inos-data"]),
    ("faer", &["inos-math"]),
    ("hyper", &["inos-gateway"]),
    ("image", &["inos-image"]),
    ("landlock", &["inos-sandbox"]),
    ("opentelemetry", &["inos-node"]),
    ("opentelemetry-otlp", &["inos-node"]),
    ("opentelemetry-proto", &["inos-node"]),
    ("opentelemetry_sdk", &["inos-node"]),
    ("object_store", &["inos-data"]),
    ("parquet", &["inos-data"]),
    ("prost", &["inos-node"]),
    ("rmcp", &["inos-gateway"]),
    ("rusqlite", &["inos-ledger"]),
    ("seccompiler", &["inos-sandbox"]),
    ("sqlx", &["inos-ledger"]),
    ("symphonia", &["inos-audio"]),
    ("tokio-postgres", &["inos-ledger"]),
];

/// Which workspace members each may name; `inos-tests` and development dependencies aside.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("inos-protocols", &[]),
    ("inos-unit", &["inos-protocols"]),
    ("inos-audio", &["inos-plot", "inos-unit"]),
    ("inos-boids", &["inos-unit"]),
    ("inos-compute", &["inos-unit"]),
    ("inos-crypto", &["inos-unit"]),
    ("inos-data", &["inos-unit"]),
    ("inos-image", &["inos-unit"]),
    ("inos-math", &["inos-plot", "inos-unit"]),
    ("inos-plot", &[]),
    ("inos-failpoints", &[]),
    ("inos-arena", &["inos-failpoints", "inos-protocols"]),
    ("inos-blobs", &["inos-arena", "inos-failpoints", "inos-protocols"]),
    ("inos-ledger", &["inos-failpoints", "inos-protocols"]),
    ("inos-sandbox", &["inos-arena", "inos-unit"]),
    ("inos-vault", &["inos-protocols"]),
    ("inos-engine", &["inos-arena", "inos-failpoints", "inos-unit", "inos-protocols"]),
    (
        "inos-broker",
        &[
            "inos-arena",
            "inos-blobs",
            "inos-engine",
            "inos-failpoints",
            "inos-ledger",
            "inos-unit",
            "inos-protocols",
            "inos-vault",
        ],
    ),
    ("inos-gateway", &["inos-broker", "inos-arena", "inos-engine", "inos-ledger", "inos-unit", "inos-protocols"]),
];

const LICENCES: &[&str] = &[
    "MIT",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "MPL-2.0",
    "Zlib",
    "Unicode-3.0",
    "CC0-1.0",
    "Unlicense",
    "BSL-1.0",
    "0BSD",
    "CDLA-Permissive-2.0",
    "IJG",
    "MIT-0",
    "Apache-2.0 WITH LLVM-exception",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Each member with the names of its normal dependencies.
fn members(metadata: &Value) -> BTreeMap<String, Vec<String>> {
    let members: Vec<&Value> = metadata["workspace_members"].as_array().unwrap().iter().collect();
    let packages = metadata["packages"].as_array().unwrap().iter().filter(|package| members.contains(&&package["id"]));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    packages
        .map(|package| {
            let normal = package["dependencies"].as_array().unwrap().iter().filter(|one| one["kind"].is_null());
            (text(&package["name"]), normal.map(|one| text(&one["name"])).collect())
        })
        .collect()
}

#[test]
fn each_big_library_has_one_owner() {
    for (member, names) in members(&metadata()).iter().filter(|(member, _)| *member != "inos-tests") {
        for (giant, owners) in OWNERS {
            assert!(
                !names.iter().any(|name| name == giant) || owners.contains(&member.as_str()),
                "{member} names {giant}"
            );
        }
    }
}

#[test]
fn dependencies_point_one_way() {
    let members = members(&metadata());
    for (member, may) in MAY_NAME {
        for name in members[*member].iter().filter(|name| name.starts_with("inos-")) {
            assert!(may.contains(&name.as_str()), "{member} names {name}");
        }
    }
}

#[test]
fn every_dependency_has_a_licence_that_we_may_ship() {
    for package in metadata()["packages"].as_array().unwrap() {
        let (name, Some(licence)) = (&package["name"], package["license"].as_str()) else {
            assert!(package["name"].as_str().unwrap().starts_with("inos-"), "{} has no licence", package["name"]);
            continue;
        };
        // One of the alternatives must be fine as a whole.
        let licence = licence.replace('/', " OR ").replace(['(', ')'], "");
        let fine = licence.split(" OR ").any(|choice| choice.split(" AND ").all(|one| LICENCES.contains(&one.trim())));
        assert!(fine, "{name}: {licence}");
    }
}

#[test]
fn no_file_is_longer_than_600_lines() {
    let mut lengths = Vec::new();
    for folder in ["protocols", "units", "server", "tests"] {
        walk(&root().join(folder), &mut |path| {
            let text = std::fs::read_to_string(path).unwrap();
            assert!(text.starts_with("//!"), "{} does not say what it is for", path.display());
            lengths.push((text.lines().count(), path.to_owned()));
        });
    }
    lengths.sort();
    let (longest, path) = lengths.last().unwrap();
    println!(
        "{} files, median {} lines, longest {longest}: {}",
        lengths.len(),
        lengths[lengths.len() / 2].0,
        path.display()
    );
    assert!(*longest <= 600, "{} has {longest} lines", path.display());
}

fn walk(folder: &Path, each: &mut dyn FnMut(&Path)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let generated = path.ends_with("generated") || path.ends_with("target");
        if path.is_dir() && !generated {
            walk(&path, each);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            each(&path);
        }
    }
}
