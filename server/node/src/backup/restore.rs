//! Puts a backup back where nothing is yet.

use std::{
    fs::{self, File},
    io::BufReader,
    os::unix::fs::PermissionsExt,
    path::Path,
};

use super::{DUMP, Entry, Error, MANIFEST, Manifest, Part, Progress, Summary, copy, io, is_empty, make_dir, sync};
use crate::{config::Config, lock::RESTORING};

/// Copies a backup into the data directory, which is empty or not there, and compares every file with the manifest.
///
/// Where it fails, nothing is left; where it is cut off, no server takes what is there for a data directory. The
/// directory itself stays what it is, a mount point for example. It blocks its thread.
pub fn restore(config: &Config, from: &Path, told: &mut Progress<'_>) -> Result<Summary, Error> {
    let dir = &std::path::absolute(&config.data_dir).map_err(io("find", &config.data_dir))?;
    let manifest = read(from)?;
    check_place(&manifest, config)?;
    if !is_empty(dir)? {
        return Err(Error::NotEmpty { dir: dir.clone() });
    }
    let (unfinished, was_there) = (dir.join(RESTORING), dir.exists());
    make_dir(&unfinished)?;
    let filled = fill(&manifest, from, &unfinished, told).and_then(|()| {
        if manifest.is_of_postgres() {
            let dump = unfinished.join(DUMP);
            inos_ledger::restore_dump(&config.database_url(), &dump)?;
            fs::remove_file(&dump).map_err(io("remove", &dump))?;
        }
        sync(&unfinished)?;
        // One that was there may have been open to all.
        fs::set_permissions(dir, fs::Permissions::from_mode(0o700)).map_err(io("close", dir))?;
        move_up(&unfinished, dir)
    });
    if let Err(error) = filled {
        // What was copied is of no use; that it cannot be removed is no news beside why.
        let _ = fs::remove_dir_all(&unfinished);
        if !was_there {
            let _ = fs::remove_dir(dir);
        }
        return Err(error);
    }
    let Manifest { head, entries } = manifest;
    let bytes = entries.iter().map(|entry| entry.bytes).sum();
    Ok(Summary { node: head.node, taken: head.taken, schema: head.schema, files: entries.len() as u64, bytes })
}

/// A backup goes back into the kind of database that it is of: SQLite's lies in the data directory.
fn check_place(manifest: &Manifest, config: &Config) -> Result<(), Error> {
    let url = config.database_url();
    match manifest.is_of_postgres() {
        true if url.starts_with("sqlite:") => Err(Error::Elsewhere { was: "a database on Postgres" }),
        false if url != (Config { database_url: None, ..config.clone() }).database_url() => {
            Err(Error::Elsewhere { was: "SQLite in the data directory" })
        }
        _ => Ok(()),
    }
}

fn read(from: &Path) -> Result<Manifest, Error> {
    let wrong = |what| Error::NoBackup { dir: from.into(), what };
    let file = match File::open(from.join(MANIFEST)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(wrong(format!("there is no {MANIFEST} in it")));
        }
        file => file.map_err(io("read", from))?,
    };
    let manifest = Manifest::read(BufReader::new(file)).map_err(wrong)?;
    let found = manifest.head.schema;
    if found > inos_ledger::SCHEMA {
        return Err(inos_ledger::Error::NewerSchema { found, known: inos_ledger::SCHEMA }.into());
    }
    Ok(manifest)
}

/// Moves everything out of the folder into the directory that it lies in; the folder goes last.
fn move_up(unfinished: &Path, dir: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(unfinished).map_err(io("read", unfinished))? {
        let entry = entry.map_err(io("read", unfinished))?;
        fs::rename(entry.path(), dir.join(entry.file_name())).map_err(io("name", &entry.path()))?;
    }
    // What was moved must be there before the folder that says "not finished" is not.
    sync(dir)?;
    fs::remove_dir(unfinished).map_err(io("remove", unfinished))?;
    sync(dir)
}

fn fill(manifest: &Manifest, from: &Path, to: &Path, told: &mut Progress<'_>) -> Result<(), Error> {
    let (mut done, all) = (0, manifest.entries.iter().map(|entry| entry.bytes).sum());
    told(Part::Files, done, all);
    for Entry { path, bytes, blake3 } in &manifest.entries {
        let (at, place) = (from.join(path), to.join(path));
        let damaged = |what: &str| Error::Damaged { path: path.clone(), what: what.into() };
        let file = match File::open(&at) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(damaged("it is gone")),
            file => file.map_err(io("read", &at))?,
        };
        make_dir(place.parent().unwrap_or(to))?;
        let copied = copy(file, &at, &place, |copied| {
            done += copied;
            told(Part::Files, done, all);
        })?;
        if copied != (*bytes, *blake3) {
            return Err(damaged("its bytes are not those that were backed up"));
        }
    }
    Ok(())
}
