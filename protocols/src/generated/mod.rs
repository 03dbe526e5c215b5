//! Cap'n Proto readers and builders, made from `protocols/schemas` by capnpc and never edited by hand:
//! `INOS_WRITE=1 cargo test -p inos-protocols generated` makes them anew.
#![allow(missing_docs, unreachable_pub, dead_code, clippy::all, clippy::unwrap_used, clippy::uninlined_format_args)]
#![allow(clippy::semicolon_if_nothing_returned)]

#[path = "system/v1/arena_layout_capnp.rs"]
#[rustfmt::skip]
pub(crate) mod arena_layout_capnp;
#[path = "compute/v1/capsule_capnp.rs"]
#[rustfmt::skip]
pub(crate) mod capsule_capnp;
#[path = "system/v1/frames_capnp.rs"]
#[rustfmt::skip]
pub(crate) mod frames_capnp;
#[path = "identity/v1/identity_capnp.rs"]
#[rustfmt::skip]
pub(crate) mod identity_capnp;
#[path = "economy/v1/ledger_capnp.rs"]
#[rustfmt::skip]
pub(crate) mod ledger_capnp;
#[path = "system/v1/problem_capnp.rs"]
#[rustfmt::skip]
pub(crate) mod problem_capnp;
#[path = "economy/v1/receipt_capnp.rs"]
#[rustfmt::skip]
pub(crate) mod receipt_capnp;
#[path = "compute/v1/state_capnp.rs"]
#[rustfmt::skip]
pub(crate) mod state_capnp;
