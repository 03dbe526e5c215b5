//! `inos blobs`: bytes by their BLAKE3. What is fetched is hashed on the way and refused if it is something else.

use std::{
    io::{Read, Write},
    path::PathBuf,
};

use clap::Subcommand;
use inos_protocols::Hash;
use serde_json::Value;
use ureq::http::Method;

use super::{files, jobs::pages};
use crate::{
    client::{At, Client, Upload},
    exit::{Exit, Failure},
    terminal::{self, Terminal, say},
};

/// Store and fetch bytes by their BLAKE3
#[derive(Debug, clap::Args)]
pub(super) struct Blobs {
    #[command(subcommand)]
    deed: Deed,
    #[command(flatten)]
    pub(super) at: At,
}

#[derive(Debug, Subcommand)]
enum Deed {
    /// Store files; `-` is standard input
    Put {
        /// The files
        #[arg(required = true)]
        files: Vec<String>,
        /// What the bytes are
        #[arg(long = "type", value_name = "MEDIA_TYPE", default_value = "application/octet-stream")]
        media_type: String,
    },
    /// Fetch a blob
    Get {
        /// Its BLAKE3
        hash: Hash,
        /// Where to; standard output otherwise
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// What is known of a blob
    Stat {
        /// Its BLAKE3
        hash: Hash,
    },
    /// Your blobs, newest first
    List {
        /// How many
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
    /// Give a blob up
    Delete {
        /// Its BLAKE3
        hash: Hash,
    },
}

impl Blobs {
    pub(super) fn run(&self, terminal: Terminal, client: &Client) -> Result<Exit, Failure> {
        match &self.deed {
            Deed::Put { files, media_type } => {
                files.iter().try_for_each(|file| put(terminal, client, file, media_type))?;
            }
            Deed::Get { hash, output } => get(client, hash, output.as_deref())?,
            Deed::Stat { hash } => stat(terminal, client, hash)?,
            Deed::List { limit } => {
                let blobs = pages(client, "/v1/blobs", &[], *limit)?;
                let columns = ["hash", "bytes", "media_type", "created", "expires", "pinned"];
                terminal.table(&Value::from(blobs.clone()), &blobs, &columns, "There are no blobs.")?;
            }
            Deed::Delete { hash } => {
                client.delete(&format!("/v1/blobs/{hash}"))?;
                if terminal.json() {
                    terminal.value(&serde_json::json!({ "hash": hash, "deleted": true }))?;
                } else {
                    say(&format!("Gave up {hash}."));
                }
            }
        }
        Ok(Exit::Done)
    }
}

fn put(terminal: Terminal, client: &Client, file: &str, media_type: &str) -> Result<(), Failure> {
    let files::Input { bytes, len, .. } = files::open(file)?;
    let bar = terminal::progress(len, "sending");
    let mut bytes = bar.wrap_read(bytes);
    let upload = Upload { bytes: &mut bytes, len, media_type: media_type.into() };
    let sent = client.upload(Method::PUT, "/v1/blobs", &[], upload);
    bar.finish_and_clear();
    let blob = super::jobs::json_of(sent?)?;
    if terminal.json() {
        return terminal.value(&blob);
    }
    let hash = crate::show::field("hash", &blob["hash"]);
    terminal.line(&format!("{hash}  {}", crate::show::field("bytes", &blob["bytes"])))
}

fn get(client: &Client, hash: &Hash, output: Option<&std::path::Path>) -> Result<(), Failure> {
    let response = client.download(&format!("/v1/blobs/{hash}"), &[])?;
    let bar = terminal::progress(response.body().content_length(), "receiving");
    let mut output = files::Output::open(output)?;
    let mut hashing =
        Hashing { bytes: bar.wrap_read(response.into_body().into_reader()), hasher: blake3::Hasher::new() };
    let copied = files::copy(&mut hashing, &mut output);
    bar.finish_and_clear();
    copied?;
    output.flush().map_err(|error| terminal::unwritten(&error))?;
    let got = Hash::from(hashing.hasher.finalize());
    if got != *hash {
        return Err(Failure::new(Exit::Failed, format!("the server sent other bytes: their BLAKE3 is {got}")));
    }
    output.keep()
}

/// Hashes what is read through it.
struct Hashing<R> {
    bytes: R,
    hasher: blake3::Hasher,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let len = self.bytes.read(buffer)?;
        self.hasher.update(&buffer[..len]);
        Ok(len)
    }
}

fn stat(terminal: Terminal, client: &Client, hash: &Hash) -> Result<(), Failure> {
    let response = client.head(&format!("/v1/blobs/{hash}"))?;
    let mut about = serde_json::Map::new();
    about.insert("hash".into(), Value::from(hash.to_string()));
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    if let Some(bytes) = header("content-length").and_then(|len| len.parse::<u64>().ok()) {
        about.insert("bytes".into(), bytes.into());
    }
    for (name, field) in [("content-type", "media_type"), ("last-modified", "created"), ("expires", "expires")] {
        if let Some(value) = header(name) {
            about.insert(field.into(), value.into());
        }
    }
    terminal.facts(&Value::Object(about))
}
