//! Takes a backup of a data directory, whether or not a server works in it.

use std::{
    fs::{File, OpenOptions},
    io::{BufWriter, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use inos_blobs::{Visit, file_path, segment_path, state_path};
use inos_ledger::Snapshot;
use inos_protocols::{Hash, NodeId, time::Time};
use inos_vault::MASTER_KEY;

use super::{
    DATABASE, DUMP, Entry, Error, Head, MANIFEST, Manifest, NAMED_MAX, PAYLOADS, Part, Progress, Summary, copy, io,
    is_empty, make_dir, sync,
};
use crate::{
    config::Config,
    identity::{self, ADMIN_KEY, NODE_KEY},
    serve::FIRST_START,
};

/// A payload to copy.
#[derive(Clone, Copy)]
enum Payload {
    Segment(u64),
    File(Hash),
}

impl Payload {
    fn open(self, visit: &Visit) -> Result<Option<File>, inos_blobs::Error> {
        match self {
            Self::Segment(number) => visit.segment(number),
            Self::File(hash) => visit.file(&hash),
        }
    }

    /// Where it lies in a data directory.
    fn path(self) -> String {
        let path = match self {
            Self::Segment(number) => segment_path(number),
            Self::File(hash) => file_path(&hash),
        };
        format!("{PAYLOADS}/{path}")
    }
}

/// Copies the data directory into `to`, which is empty or not there. What a server had answered when this began can be
/// read from the copy, and nothing in it is half.
///
/// It blocks its thread; a server in the directory goes on, and only removes no payloads until this is over.
pub fn take(config: &Config, to: &Path, told: &mut Progress<'_>) -> Result<Summary, Error> {
    let dir = &config.data_dir;
    let node = whose(dir)?;
    if !is_empty(to)? {
        return Err(Error::NotEmpty { dir: to.into() });
    }
    make_dir(to)?;
    // Before the database is copied: what its rows name at that moment cannot go any more.
    let visit = Visit::begin(&dir.join(PAYLOADS))?;
    let taken = Time::now();
    let name = if config.database_url().starts_with("sqlite:") { DATABASE } else { DUMP };
    let database = to.join(name);
    let named = inos_ledger::snapshot(&config.database_url(), &database, |done, all| told(Part::Database, done, all))?;
    let mut entries = vec![entry_of(&database, name)?];
    // After the database: the master key is on the disk before the first row that is sealed under it.
    for name in [NODE_KEY, ADMIN_KEY, MASTER_KEY] {
        entries.extend(copy_key(dir, to, name)?);
    }
    entries.extend(copy_payloads(&visit, &named, to, told)?);
    entries.extend(copy_states(&visit, to)?);
    let manifest = Manifest { head: Head::new(node, taken, named.schema), entries };
    finish(&manifest, to)?;
    let bytes = manifest.entries.iter().map(|entry| entry.bytes).sum();
    Ok(Summary { node, taken, schema: named.schema, files: manifest.entries.len() as u64, bytes })
}

/// The node that the directory belongs to.
fn whose(dir: &Path) -> Result<NodeId, Error> {
    if dir.join(FIRST_START).exists() {
        return Err(Error::FirstStart { dir: dir.into() });
    }
    if !dir.join(NODE_KEY).exists() {
        return Err(Error::NoData { dir: dir.into() });
    }
    Ok(identity::node_id(&identity::node_key(dir)?))
}

fn copy_key(dir: &Path, to: &Path, name: &str) -> Result<Option<Entry>, Error> {
    let at = dir.join(name);
    let file = match File::open(&at) {
        // An admin may have put the first key elsewhere, and nobody may have needed a master key.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(io("read", &at))?,
    };
    let (bytes, blake3) = copy(file, &at, &to.join(name), |_| {})?;
    Ok(Some(Entry { path: name.into(), bytes, blake3 }))
}

/// Every payload that the rows name, and the bytes of all.
fn find(visit: &Visit, named: &Snapshot) -> Result<(Vec<Payload>, u64), Error> {
    let segments = named.segments.iter().map(|number| Payload::Segment(*number));
    let payloads: Vec<_> = segments.chain(named.files.iter().map(|hash| Payload::File(*hash))).collect();
    let (mut all, mut missing) = (0, Vec::new());
    for payload in &payloads {
        match payload.open(visit)? {
            Some(file) => all += file.metadata().map_err(io("examine", Path::new(&payload.path())))?.len(),
            None if missing.len() < NAMED_MAX => missing.push(payload.path()),
            None => {}
        }
    }
    if missing.is_empty() { Ok((payloads, all)) } else { Err(Error::Missing { missing }) }
}

fn copy_payloads(visit: &Visit, named: &Snapshot, to: &Path, told: &mut Progress<'_>) -> Result<Vec<Entry>, Error> {
    let (payloads, all) = find(visit, named)?;
    let (mut done, mut entries) = (0, Vec::with_capacity(payloads.len()));
    told(Part::Files, done, all);
    for payload in payloads {
        let path = payload.path();
        let Some(file) = payload.open(visit)? else { return Err(Error::Missing { missing: vec![path] }) };
        let at = to.join(&path);
        make_dir(at.parent().expect("a payload lies in a folder"))?;
        let (bytes, blake3) = copy(file, Path::new(&path), &at, |copied| {
            done += copied;
            told(Part::Files, done, all);
        })?;
        if matches!(payload, Payload::File(hash) if hash != blake3) {
            return Err(Error::Damaged { path, what: "its bytes are not those of its name".into() });
        }
        entries.push(Entry { path, bytes, blake3 });
    }
    Ok(entries)
}

/// The last state of each persistent region. One that is removed meanwhile is left out; one that changes is copied as it was.
fn copy_states(visit: &Visit, to: &Path) -> Result<Vec<Entry>, Error> {
    let mut entries = Vec::new();
    for name in visit.states()? {
        let Some(file) = visit.state(&name)? else { continue };
        let path = format!("{PAYLOADS}/{}", state_path(&name));
        let at = to.join(&path);
        make_dir(at.parent().expect("a state lies in a folder"))?;
        let (bytes, blake3) = copy(file, Path::new(&path), &at, |_| {})?;
        entries.push(Entry { path, bytes, blake3 });
    }
    Ok(entries)
}

fn entry_of(file: &Path, path: &str) -> Result<Entry, Error> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(file).map_err(io("read", file))?).map_err(io("read", file))?;
    let bytes = std::fs::metadata(file).map_err(io("examine", file))?.len();
    Ok(Entry { path: path.into(), bytes, blake3: hasher.finalize().into() })
}

/// Writes the manifest once everything that it names is on the disk.
fn finish(manifest: &Manifest, to: &Path) -> Result<(), Error> {
    sync(to)?;
    let (new, path) = (to.join("manifest.new"), to.join(MANIFEST));
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new).map_err(io("make", &new))?;
    let mut file = BufWriter::new(file);
    manifest.write(&mut file).and_then(|()| file.flush()).map_err(io("write", &new))?;
    file.get_ref().sync_all().map_err(io("make durable", &new))?;
    std::fs::rename(&new, &path).map_err(io("name", &path))?;
    sync(to)
}
