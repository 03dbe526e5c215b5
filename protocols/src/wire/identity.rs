//! Nodes and keys.

use bytes::Bytes;

use super::{Malformed, fields, message};
use crate::{
    KeyId,
    account::{Key, Scope},
    generated::identity_capnp::{Scope as WireScope, key, node_identity},
    node::Node,
    refusal::Refusal,
};

/// The most scopes of a key.
const SCOPES_MAX: usize = 32;

impl From<Scope> for WireScope {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Jobs => Self::Jobs,
            Scope::Blobs => Self::Blobs,
            Scope::Regions => Self::Regions,
            Scope::Account => Self::Account,
            Scope::Admin => Self::Admin,
            Scope::Crypto => Self::Crypto,
        }
    }
}

impl From<WireScope> for Scope {
    fn from(scope: WireScope) -> Self {
        match scope {
            WireScope::Jobs => Self::Jobs,
            WireScope::Blobs => Self::Blobs,
            WireScope::Regions => Self::Regions,
            WireScope::Account => Self::Account,
            WireScope::Admin => Self::Admin,
            WireScope::Crypto => Self::Crypto,
        }
    }
}

/// The node that this message is about.
pub fn read_node(message: &Bytes) -> Result<Node, Refusal> {
    let reader = message::open(message)?;
    Ok(node(reader.get_root().map_err(Malformed::from)?)?)
}

fn node(from: node_identity::Reader<'_>) -> Result<Node, Malformed> {
    Ok(Node {
        id: fields::node("id", from.get_id())?,
        name: fields::text(from.get_name())?.into(),
        version: fields::text(from.get_version())?.into(),
        started: fields::time("started", from.get_started())?,
    })
}

/// The message about this node.
pub fn write_node(node: &Node) -> Vec<u8> {
    let Node { id, name, version, started } = node;
    let mut message = message::begin(16 + message::words(name.len()) + message::words(version.len()));
    let mut to = message.init_root::<node_identity::Builder<'_>>();
    to.set_id(&id.0);
    to.set_name(name);
    to.set_version(version);
    to.set_started(started.as_ms());
    message::end(&message)
}

/// The key that this message is about.
pub fn read_key(message: &Bytes) -> Result<Key, Refusal> {
    let reader = message::open(message)?;
    Ok(key(reader.get_root().map_err(Malformed::from)?)?)
}

fn key(from: key::Reader<'_>) -> Result<Key, Malformed> {
    let scopes = from.get_scopes()?;
    fields::list_len("scopes", SCOPES_MAX, scopes.len())?;
    let id = fields::id("id", from.get_id(), KeyId::from_slice)?;
    Ok(Key {
        id,
        prefix: Key::prefix_of(id),
        name: fields::text(from.get_name())?.into(),
        scopes: scopes.iter().map(|scope| Ok(scope?.into())).collect::<Result<_, Malformed>>()?,
        created: fields::time("created", from.get_created())?,
        expires: match from.get_expires().which()? {
            key::expires::None(()) => None,
            key::expires::Some(ms) => Some(fields::time("expires", ms)?),
        },
        revoked: match from.get_revoked().which()? {
            key::revoked::None(()) => None,
            key::revoked::Some(ms) => Some(fields::time("revoked", ms)?),
        },
        last_used: match from.get_last_used().which()? {
            key::last_used::None(()) => None,
            key::last_used::Some(ms) => Some(fields::time("lastUsed", ms)?),
        },
        rate_limit: match from.get_rate_limit().which()? {
            key::rate_limit::None(()) => None,
            key::rate_limit::Some(a_second) => Some(a_second),
        },
        budget: match from.get_budget().which()? {
            key::budget::None(()) => None,
            key::budget::Some(amount) => Some(fields::amount("budget", amount)?),
        },
    })
}

/// The message about this key.
pub fn write_key(key: &Key) -> Vec<u8> {
    // The prefix follows from the id.
    let Key { id, prefix: _, name, scopes, created, expires, revoked, last_used, rate_limit, budget } = key;
    let mut message = message::begin(40 + message::words(name.len()) + message::words(2 * scopes.len()));
    let mut to = message.init_root::<key::Builder<'_>>();
    to.set_id(id.as_bytes());
    to.set_name(name);
    let mut list = to.reborrow().init_scopes(scopes.len() as u32);
    for (index, scope) in scopes.iter().enumerate() {
        list.set(index as u32, (*scope).into());
    }
    to.set_created(created.as_ms());
    if let Some(time) = expires {
        to.reborrow().init_expires().set_some(time.as_ms());
    }
    if let Some(time) = revoked {
        to.reborrow().init_revoked().set_some(time.as_ms());
    }
    if let Some(time) = last_used {
        to.reborrow().init_last_used().set_some(time.as_ms());
    }
    if let Some(a_second) = rate_limit {
        to.reborrow().init_rate_limit().set_some(*a_second);
    }
    if let Some(amount) = budget {
        to.init_budget().set_some(amount.get());
    }
    message::end(&message)
}
