//! `inos crypto-keys`: keys that the server holds for the caller's account. Their secrets are shown by nothing.

use clap::Subcommand;
use serde_json::json;

use super::units::items;
use crate::{
    client::{At, Client, percent},
    exit::{Exit, Failure},
    show,
    terminal::{Terminal, say},
};

/// Keys that the server holds and that jobs use by their id (scope crypto)
#[derive(Debug, clap::Args)]
pub(super) struct HeldKeys {
    #[command(subcommand)]
    deed: Deed,
    #[command(flatten)]
    pub(super) at: At,
}

#[derive(Debug, Subcommand)]
enum Deed {
    /// The keys that the server holds for you
    List,
    /// Make a key; nobody ever sees its secret
    Create {
        /// What it is for: aead, hmac, ed25519, x25519, hkdf
        kind: String,
        /// Its name
        name: String,
        /// Which methods may use it, such as crypto.encrypt [default: all of its kind]
        #[arg(long = "method", value_name = "UNIT.METHOD", value_delimiter = ',')]
        methods: Vec<String>,
    },
    /// A key with its versions and their public halves
    Show {
        /// Its id
        #[arg(value_name = "KEY")]
        id: String,
    },
    /// Give a key a new version; old ones still open and verify
    Rotate {
        /// Its id
        #[arg(value_name = "KEY")]
        id: String,
    },
    /// Destroy old versions: what they made can be opened by nobody any more
    Retire {
        /// The key's id
        #[arg(value_name = "KEY")]
        id: String,
        /// Only versions below this number [default: all but the newest]
        #[arg(long, value_name = "VERSION")]
        below: Option<u32>,
    },
    /// Destroy a key: what it made can be opened by nobody any more
    Delete {
        /// Its id
        #[arg(value_name = "KEY")]
        id: String,
    },
}

impl HeldKeys {
    pub(super) fn run(&self, terminal: Terminal, client: &Client) -> Result<Exit, Failure> {
        let of = |id: &str| format!("/v1/crypto/keys/{}", percent(id));
        match &self.deed {
            Deed::List => {
                let keys = client.get("/v1/crypto/keys")?;
                let columns = ["id", "kind", "name", "version", "created", "rotated", "methods"];
                terminal.table(&keys, items(&keys), &columns, "The server holds no keys for you.")?;
            }
            Deed::Create { kind, name, methods } => {
                let form = json!({ "kind": kind, "name": name, "methods": methods });
                terminal.facts(&client.post("/v1/crypto/keys", &form)?)?;
            }
            Deed::Show { id } => terminal.facts(&client.get(&of(id))?)?,
            Deed::Rotate { id } => terminal.facts(&client.post(&format!("{}/rotate", of(id)), &json!({}))?)?,
            Deed::Retire { id, below } => {
                let form = below.map_or_else(|| json!({}), |below| json!({ "below": below }));
                terminal.facts(&client.post(&format!("{}/retire", of(id)), &form)?)?;
            }
            Deed::Delete { id } => {
                client.delete(&of(id))?;
                if terminal.json() {
                    terminal.value(&json!({ "id": id, "deleted": true }))?;
                } else {
                    say(&format!("Destroyed {}.", show::clean(id)));
                }
            }
        }
        Ok(Exit::Done)
    }
}
