//! What a backup says of itself: a line of JSON about the whole, one for each file, and a last one over all others.
//! Never opens a file.

use std::{
    collections::BTreeSet,
    io::{self, BufRead, Read, Write},
    path::{Component, Path},
};

use inos_protocols::{Hash, NodeId, time::Time};
use inos_vault::MASTER_KEY;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{DATABASE, DUMP, PAYLOADS};
use crate::identity::{ADMIN_KEY, NODE_KEY};

/// The form that is written and read here.
const FORM: u32 = 1;
/// The longest line, in bytes.
const LINE_LEN_MAX: u64 = 1024;

/// What is said of the whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The form of the manifest.
    pub inos_backup: u32,
    /// The program that wrote it.
    pub program: String,
    /// Whose data it is.
    pub node: NodeId,
    /// When it was begun.
    pub taken: Time,
    /// The schema of the database.
    pub schema: i64,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Where it lies, in the backup and in a data directory alike.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// The hash of what is in it.
    pub blake3: Hash,
}

/// What ends a manifest.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tail {
    files: u64,
    /// Over every byte before this line.
    blake3: Hash,
}

/// A whole manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// What is said of the whole.
    pub head: Head,
    /// Every file.
    pub entries: Vec<Entry>,
}

impl Head {
    /// A backup that this program makes.
    pub fn new(node: NodeId, taken: Time, schema: i64) -> Self {
        Self { inos_backup: FORM, program: env!("CARGO_PKG_VERSION").into(), node, taken, schema }
    }
}

impl Manifest {
    /// Writes it.
    pub fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let Self { head, entries } = self;
        let mut hasher = blake3::Hasher::new();
        let mut line = |line: String| {
            hasher.update(line.as_bytes());
            to.write_all(line.as_bytes())
        };
        line(format!("{}\n", serde_json::to_string(head)?))?;
        for entry in entries {
            line(format!("{}\n", serde_json::to_string(entry)?))?;
        }
        let tail = Tail { files: entries.len() as u64, blake3: hasher.finalize().into() };
        writeln!(to, "{}", serde_json::to_string(&tail)?)
    }

    /// Reads one that is whole, unchanged, and names nothing but what a data directory holds; otherwise says why not.
    pub fn read(mut from: impl BufRead) -> Result<Self, String> {
        let (mut hasher, mut line) = (blake3::Hasher::new(), Vec::new());
        let head: Head = next(&mut from, &mut line)?;
        if head.inos_backup != FORM {
            return Err(format!("its form is {}, and this program reads {FORM}", head.inos_backup));
        }
        let (mut entries, mut paths) = (Vec::<Entry>::new(), BTreeSet::new());
        loop {
            hasher.update(&line);
            let found: Line = next(&mut from, &mut line)?;
            let entry = match found {
                Line::Entry(entry) => entry,
                Line::Tail(tail) => {
                    let is_whole = tail.files == entries.len() as u64 && tail.blake3 == hasher.finalize().into();
                    let ends = from.read(&mut [0]).is_ok_and(|read| read == 0);
                    return if is_whole && ends {
                        Self { head, entries }.complete()
                    } else {
                        Err("its manifest was changed".into())
                    };
                }
            };
            if !is_ours(&entry.path) || !paths.insert(entry.path.clone()) {
                return Err(format!("its manifest names `{}`", entry.path.escape_debug()));
            }
            entries.push(entry);
        }
    }

    fn complete(self) -> Result<Self, String> {
        if self.has(DATABASE) == self.has(DUMP) {
            return Err("its manifest does not name one database".into());
        }
        if !self.has(NODE_KEY) {
            return Err(format!("its manifest names no {NODE_KEY}"));
        }
        Ok(self)
    }

    fn has(&self, path: &str) -> bool {
        self.entries.iter().any(|entry| entry.path == path)
    }

    /// Whether its database is what `pg_dump` wrote.
    pub fn is_of_postgres(&self) -> bool {
        self.has(DUMP)
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Entry(Entry),
    Tail(Tail),
}

fn next<T: DeserializeOwned>(from: &mut impl BufRead, line: &mut Vec<u8>) -> Result<T, String> {
    line.clear();
    from.take(LINE_LEN_MAX).read_until(b'\n', line).map_err(|error| format!("its manifest cannot be read: {error}"))?;
    if line.last() != Some(&b'\n') {
        return Err("its manifest ends in the middle".into());
    }
    serde_json::from_slice(line).map_err(|error| format!("its manifest cannot be understood: {error}"))
}

/// Whether a path is one that a data directory has, and leads nowhere else.
fn is_ours(path: &str) -> bool {
    let parts: Option<Vec<&str>> = Path::new(path)
        .components()
        .map(|part| match part {
            Component::Normal(part) => part.to_str(),
            _ => None,
        })
        .collect();
    match parts.as_deref() {
        Some([DATABASE | DUMP | NODE_KEY | ADMIN_KEY | MASTER_KEY]) => true,
        Some([PAYLOADS, "packs" | "files" | "states", _, ..]) => parts.is_some_and(|parts| parts.join("/") == path),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn manifest(paths: &[&str]) -> Manifest {
        let entry = |path: &&str| Entry { path: (*path).into(), bytes: 3, blake3: Hash::of(b"abc") };
        let head = Head::new(NodeId([7; 32]), Time::from_ms(1_000), 5);
        Manifest { head, entries: paths.iter().map(entry).collect() }
    }

    fn written(manifest: &Manifest) -> Vec<u8> {
        let mut bytes = Vec::new();
        manifest.write(&mut bytes).unwrap();
        bytes
    }

    const WHOLE: [&str; 3] = [DATABASE, NODE_KEY, "payloads/packs/00000000000000000001.pack"];

    #[test]
    fn what_is_written_is_read() {
        let whole = manifest(&WHOLE);
        assert_eq!(Manifest::read(&written(&whole)[..]), Ok(whole));
    }

    #[test]
    fn nothing_outside_a_data_directory_is_named() {
        for path in [
            "../x",
            "/etc/passwd",
            "payloads/packs/../../x",
            "payloads/packs",
            "payloads//packs/x",
            "payloads/uploads/x",
            "payloads/./packs/x",
            "lock",
            "",
            NODE_KEY,
        ] {
            let paths = [&WHOLE[..], &[path]].concat();
            assert!(Manifest::read(&written(&manifest(&paths))[..]).is_err(), "{path}");
        }
        assert!(Manifest::read(&written(&manifest(&[DATABASE]))[..]).unwrap_err().contains(NODE_KEY));
    }

    proptest! {
        #[test]
        fn a_manifest_that_was_changed_anywhere_is_refused(at in any::<prop::sample::Index>(), bit in 0..8_u8, cut: bool) {
            let mut bytes = written(&manifest(&WHOLE));
            let at = at.index(bytes.len());
            if cut { bytes.truncate(at) } else { bytes[at] ^= 1 << bit }
            prop_assert!(Manifest::read(&bytes[..]).is_err_and(|why| !why.is_empty()));
        }

        #[test]
        fn no_bytes_bring_the_reader_down(bytes in prop::collection::vec(any::<u8>(), 0..2048)) {
            prop_assert!(Manifest::read(&bytes[..]).is_err());
        }
    }
}
