//! The accept loop and its shards: one thread for each core, each with its own runtime; a connection stays on the
//! shard that it was given to. It knows sockets and threads, and nothing of HTTP.

use std::{
    io,
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread::JoinHandle,
    time::Duration,
};

use tokio::{runtime::Builder, sync::mpsc, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    Error,
    permits::{Load, Permit, Permits},
    serve::{Setting, serve},
};

/// How long the acceptor rests when the process has no file descriptors left.
const EXHAUSTED_REST: Duration = Duration::from_millis(50);
/// How many connections may wait in the kernel for the acceptor.
const BACKLOG: i32 = 1024;

/// An accepted connection on its way to a shard.
struct Accepted {
    setting: Arc<Setting>,
    stream: TcpStream,
    peer: SocketAddr,
    permit: Permit,
}

/// One thread that serves connections.
struct Shard {
    load: Arc<Load>,
    accepted: mpsc::UnboundedSender<Accepted>,
    thread: JoinHandle<()>,
}

/// The threads that accept and serve.
pub(crate) struct Shards {
    shards: Vec<Shard>,
    acceptor: JoinHandle<()>,
    stop: CancellationToken,
    abort: CancellationToken,
}

/// Something to listen on, and what is served there.
pub(crate) struct Entrance {
    /// The socket.
    pub(crate) listener: TcpListener,
    /// What its connections are told.
    pub(crate) setting: Arc<Setting>,
}

/// Binds an address.
pub(crate) fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    let bind = || -> io::Result<TcpListener> {
        let socket = socket2::Socket::new(socket2::Domain::for_address(address), socket2::Type::STREAM, None)?;
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        Ok(socket.into())
    };
    bind().map_err(|source| Error::Listen { address, source })
}

impl Shards {
    /// Starts the threads; `stop` ends accepting and asks connections to end.
    pub(crate) fn start(
        entrances: Vec<Entrance>,
        shards: usize,
        permits: &Arc<Permits>,
        stop: CancellationToken,
    ) -> Result<Self, Error> {
        let abort = CancellationToken::new();
        let shards: Vec<Shard> =
            (0..shards.max(1)).map(|number| shard(number, abort.clone())).collect::<Result<_, _>>()?;
        let doors: Vec<_> = shards.iter().map(|shard| (Arc::clone(&shard.load), shard.accepted.clone())).collect();
        let (permits, stopped) = (Arc::clone(permits), stop.clone());
        let acceptor = thread("inos-accept".into(), async move {
            let accepting = entrances.into_iter().map(|entrance| accept(entrance, &doors, &permits));
            stopped.run_until_cancelled(futures_util::future::join_all(accepting)).await;
        })?;
        Ok(Self { shards, acceptor, stop, abort })
    }

    /// Accepts no more, lets requests under way end within `within`, then cuts the rest off. Blocks.
    ///
    /// Returns whether every connection ended by itself.
    pub(crate) fn stop(self, within: Duration) -> bool {
        self.stop.cancel();
        let until = std::time::Instant::now() + within;
        while std::time::Instant::now() < until && self.shards.iter().any(|shard| shard.load.open() > 0) {
            std::thread::sleep(Duration::from_millis(5));
        }
        let ended = self.shards.iter().all(|shard| shard.load.open() == 0);
        self.abort.cancel();
        let threads = self.shards.into_iter().map(|shard| shard.thread).chain([self.acceptor]);
        threads.fold(ended, |ended, thread| thread.join().is_ok() & ended)
    }
}

/// Starts a thread that runs one future on its own runtime.
fn thread(name: String, work: impl Future<Output = ()> + Send + 'static) -> Result<JoinHandle<()>, Error> {
    let runtime = Builder::new_current_thread().enable_all().build().map_err(|source| Error::Thread { source })?;
    let run = move || runtime.block_on(work);
    std::thread::Builder::new().name(name).spawn(run).map_err(|source| Error::Thread { source })
}

/// Starts a shard; `abort` ends it with whatever it still has.
fn shard(number: usize, abort: CancellationToken) -> Result<Shard, Error> {
    // Unbounded, and bounded all the same: each item holds a permit, and permits have a cap.
    let (accepted, mut arriving) = mpsc::unbounded_channel::<Accepted>();
    let thread = thread(format!("inos-shard-{number}"), async move {
        let work = async {
            while let Some(Accepted { setting, stream, peer, permit }) = arriving.recv().await {
                match tokio::net::TcpStream::from_std(stream) {
                    Ok(stream) => drop(tokio::spawn(serve(setting, stream, peer, permit))),
                    Err(error) => tracing::debug!(%error, "a connection could not be taken on"),
                }
            }
        };
        abort.run_until_cancelled(work).await;
    })?;
    Ok(Shard { load: Arc::default(), accepted, thread })
}

type Door = (Arc<Load>, mpsc::UnboundedSender<Accepted>);

/// Accepts for ever: each connection goes to the shard that has the fewest.
async fn accept(entrance: Entrance, doors: &[Door], permits: &Arc<Permits>) {
    let Entrance { listener, setting } = entrance;
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return tracing::error!(%error, "cannot accept connections"),
    };
    loop {
        // A connection leaves this thread's reactor again before its shard takes it on.
        match listener.accept().await.and_then(|(stream, peer)| Ok((stream.into_std()?, peer))) {
            Ok((stream, peer)) => hand_over(stream, peer, &setting, doors, permits),
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections just now");
                sleep(EXHAUSTED_REST).await;
            }
        }
    }
}

fn hand_over(stream: TcpStream, peer: SocketAddr, setting: &Arc<Setting>, doors: &[Door], permits: &Arc<Permits>) {
    let Some((load, door)) = doors.iter().min_by_key(|(load, _)| load.open()) else { return };
    // At a cap the socket is closed, which costs less than any word about it.
    let Some(permit) = permits.admit(peer.ip(), load) else { return };
    if stream.set_nodelay(true).is_ok() {
        let accepted = Accepted { setting: Arc::clone(setting), stream, peer, permit };
        drop(door.send(accepted));
    }
}

/// Whether the error concerns one connection that has gone again, and not the listener.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
