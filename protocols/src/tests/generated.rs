//! The committed readers and builders are those that the schemas give.

use std::{fs, path::Path, process::Command};

const FILES: [&str; 8] = [
    "compute/v1/capsule",
    "compute/v1/state",
    "economy/v1/ledger",
    "economy/v1/receipt",
    "identity/v1/identity",
    "system/v1/arena_layout",
    "system/v1/frames",
    "system/v1/problem",
];

fn generate(into: &Path) {
    assert!(
        Command::new("capnp").arg("--version").output().is_ok_and(|output| output.status.success()),
        "this test needs the program `capnp`: install the Debian package `capnproto`"
    );
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    let mut compiler = capnpc::CompilerCommand::new();
    compiler.src_prefix(&root).import_path(&root).no_standard_import();
    compiler.default_parent_module(vec!["generated".into()]).output_path(into);
    for file in FILES {
        compiler.file(root.join(file).with_extension("capnp"));
    }
    compiler.run().expect("the schemas compile");
}

#[test]
fn the_generated_code_is_that_of_the_schemas() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/generated");
    let fresh = tempfile::tempdir().unwrap();
    generate(fresh.path());
    for file in FILES {
        let name = format!("{file}_capnp.rs");
        let fresh = fs::read_to_string(fresh.path().join(&name)).unwrap();
        let committed = committed.join(&name);
        if std::env::var_os("INOS_WRITE").is_some() {
            fs::create_dir_all(committed.parent().unwrap()).unwrap();
            fs::write(&committed, &fresh).unwrap();
        }
        let committed = fs::read_to_string(&committed).unwrap_or_default();
        // The head names the version of the program, which may differ where the code does not.
        let code = |text: &str| text.lines().skip_while(|line| line.starts_with("//")).collect::<Vec<_>>().join("\n");
        assert!(
            code(&fresh) == code(&committed),
            "{name} is stale: run `INOS_WRITE=1 cargo test -p inos-protocols generated`"
        );
    }
}

#[test]
fn every_schema_is_generated() {
    let mut found = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(&root).unwrap().with_extension("").to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    assert_eq!(found, FILES);
}
