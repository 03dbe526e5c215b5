//! The connection itself, which moves only while somebody waits for an answer over it. It has no task of its own: one
//! that is dropped is gone at once.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    task::Poll,
};

use tokio_postgres::{Client, Connection, Error, tls::NoTlsStream};

use super::{
    address::{Address, Wire},
    sorted,
};
use crate::committer::trouble::Trouble;

/// A connection; `None` once it has ended.
pub(super) struct Line {
    connection: Option<Connection<Wire, NoTlsStream>>,
    /// Why it ended, unless somebody was told.
    ended: Option<Error>,
}

impl Line {
    /// Connects and enters.
    pub(super) async fn open(address: &Address) -> Result<(Client, Self), Trouble> {
        let wire = address.connect().await.map_err(|error| Trouble::Away(error.into()))?;
        let (client, connection) = address.enter(wire).await.map_err(sorted)?;
        Ok((client, Self { connection: Some(connection), ended: None }))
    }

    /// Does `work`, which waits for answers over this connection.
    pub(super) async fn drive<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|context| {
            if let Poll::Ready(done) = work.as_mut().poll(context) {
                return Poll::Ready(done);
            }
            if let Some(connection) = &mut self.connection
                && let Poll::Ready(end) = Pin::new(connection).poll(context)
            {
                // Without its connection the work waits for nothing: it fails.
                (self.ended, self.connection) = (end.err(), None);
            }
            work.as_mut().poll(context)
        })
        .await
    }

    /// Why something failed: where it only says that the connection has ended, why that was.
    pub(super) fn cause(&mut self, error: Error) -> Error {
        if error.is_closed() { self.ended.take().unwrap_or(error) } else { error }
    }
}
