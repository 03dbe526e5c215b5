//! The configuration in effect as an admin may see it: each setting, what it is and where that was said. What could hold
//! a secret is cut down to what surely holds none; where that is not sure, nothing of it is shown.

use inos_gateway::{NodeConfig, NodeSetting, SettingSource};

use super::{Config, SETTINGS, Setting, Shown};
use crate::files;

pub(crate) use inos_gateway::SettingSource as Source;

/// What stands where something is not shown.
const HIDDEN: &str = "[hidden]";

/// What was said of a setting, as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    value: String,
    source: SettingSource,
    at: String,
}

impl Config {
    /// Takes in what was said of a setting at some place.
    pub(super) fn say(&mut self, setting: &Setting, text: &str, source: Source, at: String) -> Result<(), String> {
        (setting.set)(self, text)?;
        self.said.insert(setting.name, Said { value: setting.shown.of(text), source, at });
        Ok(())
    }

    /// What a setting without a default of its own comes to where nothing was said of it.
    fn without(&self, name: &str) -> Option<String> {
        match name {
            "database-url" => Some(Shown::Database.of(&self.database_url())),
            "workers" => Some(std::thread::available_parallelism().map_or(1, usize::from).to_string()),
            "arena-account-max" => Some(size(self.arena_bytes / 2)),
            "connections-max" => Some(files::connections_max(None).to_string()),
            _ => None,
        }
    }
}

/// Every setting as it may be shown.
pub(crate) fn told(config: &Config) -> NodeConfig {
    let setting = |setting: &&'static Setting| {
        let said = config.said.get(setting.name);
        let default = (!setting.default.is_empty()).then(|| setting.default.to_owned());
        let default = default.or_else(|| config.without(setting.name));
        NodeSetting {
            name: setting.name,
            value: said.map(|said| said.value.clone()).or(default),
            source: said.map_or(SettingSource::Default, |said| said.source),
            at: said.map(|said| said.at.clone()),
            about: setting.help,
            takes: setting.value,
        }
    };
    NodeConfig { items: SETTINGS.iter().collect::<Vec<_>>().iter().map(setting).collect() }
}

impl Shown {
    /// What of a value may be shown.
    fn of(self, text: &str) -> String {
        match self {
            Self::Whole => text.into(),
            Self::Database => database(text).unwrap_or_else(|| HIDDEN.into()),
            Self::Host => host(text).unwrap_or_else(|| HIDDEN.into()),
            Self::Names => names(text),
        }
    }
}

/// A size as it would be written.
fn size(bytes: usize) -> String {
    if bytes > 0 && bytes.is_multiple_of(1 << 20) { format!("{}MiB", bytes >> 20) } else { bytes.to_string() }
}

/// The URL of a database without user, password and options; a file's path is no secret.
fn database(url: &str) -> Option<String> {
    if let Some(rest) = url.strip_prefix("sqlite:") {
        return Some(format!("sqlite:{}", rest.split('?').next().unwrap_or_default()));
    }
    let (scheme, rest) = url.split_once("://")?;
    let (before, database) = rest.split_once('/').unwrap_or((rest.split('?').next()?, ""));
    // A password with a slash or a question mark in it ends up in what would be shown: then it is not.
    let (host, name) = (before.rsplit('@').next()?, database.split('?').next()?);
    let is_whole = rest.matches('@').count() <= 1 && !database.contains('@') && !before.contains('?');
    (is_whole && is_address(host) && is_plain(name)).then(|| format!("{scheme}://{host}/{name}"))
}

fn host(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split('/').next()?;
    is_address(authority).then(|| format!("{scheme}://{authority}"))
}

fn names(headers: &str) -> String {
    let pairs = headers.split(',').filter_map(|pair| pair.split_once('='));
    let names: Vec<_> = pairs.map(|(name, _)| format!("{}={HIDDEN}", name.trim())).collect();
    names.join(",")
}

/// Whether a text is a host, or none, with or without a port.
fn is_address(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((host, port)) if host.chars().all(|one| one.is_ascii_hexdigit() || ":.".contains(one)) => ("", port),
            _ => return false,
        },
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let port = port.strip_prefix(':').unwrap_or(port);
    is_plain(host) && port.bytes().all(|one| one.is_ascii_digit())
}

fn is_plain(text: &str) -> bool {
    text.chars().all(|one| one.is_ascii_alphanumeric() || "-._".contains(one))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn of_a_database_it_is_shown_which_it_is() {
        for (url, wanted) in [
            ("postgres://inos:s3cret@db.test:5432/inos", "postgres://db.test:5432/inos"),
            ("postgres://inos@db:5432/inos?sslmode=require&password=s3cret", "postgres://db:5432/inos"),
            ("postgresql://[::1]/inos", "postgresql://[::1]/inos"),
            ("postgres://db", "postgres://db/"),
            ("postgres://db?password=s3cret", "postgres://db/"),
            ("postgres://u:s3/cret@db/inos", HIDDEN),
            ("postgres://u:s3?cret@db/inos", HIDDEN),
            ("postgres://u:s3@cret@db/inos", HIDDEN),
            ("postgres://u:s3#cret", HIDDEN),
            ("postgres://u:s3cret", HIDDEN),
            ("postgres:///inos?host=/run/postgresql", "postgres:///inos"),
            ("sqlite:///data/inos.db?key=s3cret", "sqlite:///data/inos.db"),
        ] {
            assert_eq!(Shown::Database.of(url), wanted, "{url}");
        }
    }

    #[test]
    fn of_a_collector_and_its_headers_no_key_is_shown() {
        assert_eq!(Shown::Host.of("https://otel.test:4318/k3y/v1/traces"), "https://otel.test:4318");
        assert_eq!(Shown::Host.of("k3y"), HIDDEN);
        assert_eq!(Shown::Names.of("authorization=Bearer k3y, x-key = k3y=="), "authorization=[hidden],x-key=[hidden]");
    }

    proptest! {
        /// Wherever a password stands in a URL, it is not shown.
        #[test]
        fn no_password_is_shown(before in "[a-z0-9:/?#@%.=&-]{0,12}", after in "[a-z0-9:/?#@%.=&-]{0,12}") {
            let secret = "C4N4RY";
            for url in [
                format!("postgres://{before}:{secret}{after}@db/inos"),
                format!("postgres://u:{before}{secret}{after}@db/inos?{after}"),
                format!("postgres://u@db/inos?{before}={secret}{after}"),
            ] {
                prop_assert!(!Shown::Database.of(&url).contains(secret), "{url}");
            }
        }
    }
}
