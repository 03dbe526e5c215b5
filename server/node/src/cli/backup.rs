//! `inos backup` and `inos restore`: a data directory copied as of one moment, and put back.

use std::path::PathBuf;

use indicatif::ProgressBar;
use serde_json::json;

use super::serve::Settings;
use crate::{
    backup::{self, Part, Summary},
    exit::{Exit, Failure},
    terminal::{self, Terminal},
};

/// Copy everything in the data directory as it is at one moment; a server may work in it meanwhile
#[derive(Debug, clap::Args)]
pub(super) struct Backup {
    /// Where to: an empty directory, or one that is made
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    #[command(flatten)]
    settings: Settings,
}

/// Put a backup into an empty data directory; each file is compared with the backup's manifest
#[derive(Debug, clap::Args)]
pub(super) struct Restore {
    /// The directory that `inos backup` filled
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    #[command(flatten)]
    settings: Settings,
}

impl Backup {
    pub(super) fn run(&self, terminal: Terminal) -> Result<Exit, Failure> {
        let config = self.settings.load()?;
        let mut bars = Bars::default();
        let summary = backup::take(&config, &self.to, &mut |part, done, all| bars.show(part, done, all));
        told(terminal, &summary.map_err(|error| failure(&error))?, "to", &self.to)
    }
}

impl Restore {
    pub(super) fn run(&self, terminal: Terminal) -> Result<Exit, Failure> {
        let config = self.settings.load()?;
        let mut bars = Bars::default();
        let summary = backup::restore(&config, &self.from, &mut |part, done, all| bars.show(part, done, all));
        told(terminal, &summary.map_err(|error| failure(&error))?, "data_dir", &config.data_dir)
    }
}

/// A bar for each part of the work.
#[derive(Default)]
struct Bars(Option<(Part, ProgressBar)>);

impl Bars {
    fn show(&mut self, part: Part, done: u64, all: u64) {
        let is_new = self.0.as_ref().is_none_or(|(shown, _)| *shown != part);
        if is_new {
            let what = match part {
                Part::Database => "database",
                Part::Files => "files",
            };
            self.0 = Some((part, terminal::progress(Some(all), what)));
        }
        if let Some((_, bar)) = &self.0 {
            bar.set_length(all);
            bar.set_position(done);
        }
    }
}

fn told(terminal: Terminal, summary: &Summary, place: &str, path: &std::path::Path) -> Result<Exit, Failure> {
    let Summary { node, taken, schema, files, bytes } = summary;
    let mut told = json!({ "node": node, "taken": taken, "schema": schema, "files": files, "bytes": bytes });
    told[place] = path.display().to_string().into();
    terminal.facts(&told)?;
    Ok(Exit::Done)
}

fn failure(error: &backup::Error) -> Failure {
    let mut failure = Failure::from_error(error.exit(), error);
    failure.hint = error.hint().map(str::to_owned);
    failure
}
