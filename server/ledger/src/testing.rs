//! For tests of this and other crates: a database to try things on. No part of the server.

pub mod postgres;
