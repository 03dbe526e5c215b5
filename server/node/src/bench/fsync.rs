//! How long one flush of the disk takes: what a durable answer waits for at least.

use std::{fs::OpenOptions, io::Write, os::unix::fs::OpenOptionsExt, path::Path, time::Instant};

use serde_json::{Value, json};

use super::{Error, micros, tally::Tally};

/// What is written before each flush.
const WRITE_BYTES: usize = 4096;

/// Appends and flushes `count` times in this folder; the file is removed again.
pub fn measure(dir: &Path, count: u32) -> Result<Value, Error> {
    let path = dir.join(format!("bench-fsync.{}", std::process::id()));
    let measured = flush_often(&path, count);
    // Whatever came of it, the file goes.
    let removed = std::fs::remove_file(&path);
    let failed = |source| Error::Disk { path: dir.into(), source };
    let tally = measured.map_err(failed)?;
    removed.map_err(failed)?;
    let at = |quantile| micros(&tally.latency, quantile);
    Ok(
        json!({ "door": "fsync", "bytes": WRITE_BYTES, "flushes": count, "p50_us": at(0.5), "p99_us": at(0.99), "max_us": at(1.0) }),
    )
}

fn flush_often(path: &Path, count: u32) -> std::io::Result<Tally> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let mut tally = Tally::new();
    for _ in 0..count {
        file.write_all(&[0x5a; WRITE_BYTES])?;
        let begun = Instant::now();
        file.sync_data()?;
        tally.latency.saturating_record(u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX));
    }
    Ok(tally)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measured_folder_is_left_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let report = measure(dir.path(), 3).unwrap();
        assert!(report["p50_us"].as_f64().unwrap() > 0.0);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        assert!(measure(&dir.path().join("none"), 1).is_err());
    }
}
