//! The operator's files of prices and fees, TOML or JSON. Whether they name what is there is for others to say.

use std::{fs::File, io::Read, path::Path};

use serde::de::DeserializeOwned;

/// The largest file that is read, in bytes.
const FILE_LEN_MAX: u64 = 1 << 20;

/// A file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {message}")]
pub struct Error {
    path: String,
    message: String,
}

/// Reads a file: JSON where its name ends with `.json`, TOML otherwise.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    let wrong = |message: String| Error { path: path.display().to_string(), message };
    let file = File::open(path).map_err(|error| wrong(format!("could not read it: {error}")))?;
    let mut text = String::new();
    let read = file.take(FILE_LEN_MAX + 1).read_to_string(&mut text);
    read.map_err(|error| wrong(format!("could not read it: {error}")))?;
    if text.len() as u64 > FILE_LEN_MAX {
        return Err(wrong("it is over 1 MiB".into()));
    }
    parse(&text, path.extension().is_some_and(|extension| extension == "json")).map_err(wrong)
}

fn parse<T: DeserializeOwned>(text: &str, is_json: bool) -> Result<T, String> {
    if is_json {
        serde_json::from_str(text).map_err(|error| error.to_string())
    } else {
        toml::from_str(text).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use inos_protocols::catalogue::PriceList;

    fn parse(text: &str, is_json: bool) -> Result<PriceList, String> {
        super::parse(text, is_json)
    }

    #[test]
    fn both_forms_say_the_same() {
        let json = r#"{"version":3,"prices":{"compute":{"blake3":{"base":50,"per_cpu_ms":2}}}}"#;
        let toml = "version = 3\n[prices.compute.blake3]\nbase = 50\nper_cpu_ms = 2\n";
        assert_eq!(parse(json, true).unwrap(), parse(toml, false).unwrap());
        for bad in
            ["version = 3\n[prices.compute.blake3]\nbasis = 1\n", "[prices]\n", "version = 3\nrates = 1\n[prices]\n"]
        {
            assert!(parse(bad, false).is_err(), "{bad}");
        }
    }
}
