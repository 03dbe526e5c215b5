//! One connection from its first byte to its last: HTTP/1.1, or HTTP/2 where ALPN chose it.
//! It decides how long a connection may live and never what an answer says.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::Body;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Request, Response, StatusCode};
use http_body::{Frame, SizeHint};
use hyper::{body::Incoming, server::conn::http1, server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::{
    Options,
    debts::{Debt, Debts},
    permits::Permit,
    pulse::{Pulse, UnderWay},
    socket::Socket,
};

/// The largest header section, and the largest part of an answer that waits in memory for a slow reader.
const HEADER_BYTES_MAX: usize = 64 << 10;
const ANSWER_BYTES_BUFFERED_MAX: usize = 192 << 10;
/// The most requests at once on one HTTP/2 connection.
const STREAMS_MAX: u32 = 128;
/// How many requests may be taken back before they were looked at, and how many the client may make the server take
/// back, until it is told to go.
const EARLY_RESETS_MAX: usize = 20;
const FORCED_RESETS_MAX: usize = 256;
/// How much of bodies that nobody has read yet one HTTP/2 request, and all requests of a connection, may send.
const STREAM_BYTES_AHEAD_MAX: u32 = 1 << 20;
const CONNECTION_BYTES_AHEAD_MAX: u32 = 4 << 20;
/// How often a silent HTTP/2 client is asked whether it is there, and how long it may take to say so.
const PING_EVERY: Duration = Duration::from_secs(20);
const PONG_WITHIN: Duration = Duration::from_secs(10);
/// How much of an answer over HTTP/2 goes out at once: whoever takes less within the stall time does not read.
const PIECE_BYTES: usize = 64 << 10;

/// Whoever answers requests.
pub(crate) trait Site: Send + Sync + 'static {
    /// Answers one request; never fails, since a refusal is an answer too.
    fn answer(&self, arrival: Arrival, request: Request<Incoming>) -> BoxFuture<'static, Response<Body>>;
}

/// How a request came in.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    /// The address of the peer's end of the connection. Headers that claim another are not believed.
    pub(crate) address: IpAddr,
    /// Whether the header says twice how long the body is.
    pub(crate) ambiguous: bool,
    /// Whether it came in where only operators do.
    pub(crate) is_operators: bool,
    /// Cancelled when the server is about to stop.
    pub(crate) stop: CancellationToken,
}

/// What the connections of one listener have in common.
pub(crate) struct Setting {
    /// Limits and durations.
    pub(crate) options: Arc<Options>,
    /// Who answers.
    pub(crate) site: Arc<dyn Site>,
    /// Who shakes hands, where the listener speaks TLS.
    pub(crate) tls: Option<TlsAcceptor>,
    /// Whether only operators come in here.
    pub(crate) is_operators: bool,
    /// Cancelled when connections should end.
    pub(crate) stop: CancellationToken,
}

/// Serves one accepted connection until it ends, is overdue or the server stops.
pub(crate) async fn serve(setting: Arc<Setting>, stream: TcpStream, peer: SocketAddr, permit: Permit) {
    let address = peer.ip().to_canonical();
    let Some(acceptor) = &setting.tls else {
        return speak_http1(&setting, stream, address, permit).await;
    };
    let Ok(Ok(stream)) = timeout(setting.options.handshake_timeout, acceptor.accept(stream)).await else {
        return tracing::debug!(%address, "no TLS handshake");
    };
    if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
        speak_http2(&setting, stream, address, permit).await;
    } else {
        speak_http1(&setting, stream, address, permit).await;
    }
}

async fn speak_http1<S>(setting: &Setting, stream: S, address: IpAddr, permit: Permit)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let options = &setting.options;
    let pulse = Pulse::new(options.header_timeout, options.idle_timeout, true);
    let io = TokioIo::new(Socket::new(stream, Arc::clone(&pulse), options.stall_timeout, permit));
    // Header and idle times are the pulse's: hyper's own timer cannot tell a connection at rest from one that dawdles.
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .max_header_size(HEADER_BYTES_MAX)
        .max_buf_size(ANSWER_BYTES_BUFFERED_MAX)
        .serve_connection(io, service(setting, &pulse, None, address))
        .with_upgrades();
    drive(pin!(connection), &pulse, &setting.stop, |connection| connection.graceful_shutdown()).await;
}

async fn speak_http2<S>(setting: &Setting, stream: S, address: IpAddr, permit: Permit)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let options = &setting.options;
    let pulse = Pulse::new(options.header_timeout, options.idle_timeout, false);
    let debts = Arc::new(Debts::default());
    let io = TokioIo::new(Socket::new(stream, Arc::clone(&pulse), options.stall_timeout, permit));
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(HEADER_BYTES_MAX as u32)
        .max_pending_accept_reset_streams(EARLY_RESETS_MAX)
        .max_local_error_reset_streams(FORCED_RESETS_MAX)
        .initial_stream_window_size(STREAM_BYTES_AHEAD_MAX)
        .initial_connection_window_size(CONNECTION_BYTES_AHEAD_MAX)
        .max_send_buf_size(ANSWER_BYTES_BUFFERED_MAX)
        .keep_alive_interval(Some(PING_EVERY))
        .keep_alive_timeout(PONG_WITHIN)
        .serve_connection(io, service(setting, &pulse, Some(&debts), address));
    let connection = pin!(connection);
    let serving = drive(connection, &pulse, &setting.stop, |connection| connection.graceful_shutdown());
    tokio::select! {
        () = serving => {}
        () = debts.overdue(options.stall_timeout) => {}
    }
}

/// Polls a connection to its end, closes it when it is overdue and asks it to end when the server stops.
async fn drive<C: Future>(
    mut connection: Pin<&mut C>,
    pulse: &Pulse,
    stop: &CancellationToken,
    ask_to_end: impl Fn(Pin<&mut C>),
) {
    let mut overdue = pin!(pulse.overdue());
    let mut stopping = false;
    loop {
        tokio::select! {
            biased;
            _ = connection.as_mut() => return,
            () = overdue.as_mut() => return,
            () = stop.cancelled(), if !stopping => {
                if pulse.is_at_rest() {
                    return;
                }
                stopping = true;
                ask_to_end(connection.as_mut());
            }
        }
    }
}

/// What hyper calls for each request of one connection; `debts` where the socket cannot tell whether anybody reads.
fn service(
    setting: &Setting,
    pulse: &Arc<Pulse>,
    debts: Option<&Arc<Debts>>,
    address: IpAddr,
) -> impl hyper::service::Service<
    Request<Incoming>,
    Response = Response<Told>,
    Error = Infallible,
    Future: Future<Output = Result<Response<Told>, Infallible>> + Send + 'static,
> + 'static {
    let (site, pulse, debts) = (Arc::clone(&setting.site), Arc::clone(pulse), debts.cloned());
    let (stop, is_operators) = (setting.stop.clone(), setting.is_operators);
    service_fn(move |request| {
        let under_way = pulse.begin();
        let arrival = Arrival { address, ambiguous: pulse.take_ambiguous(), is_operators, stop: stop.clone() };
        let (answer, debts) = (site.answer(arrival, request), debts.clone());
        async move {
            let answer = answer.await;
            if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
                under_way.hand_over();
            }
            let owed = debts.map(|debts| Owed { rest: Bytes::new(), debt: debts.owe() });
            Ok(answer.map(|body| Told { body, owed, _under_way: under_way }))
        }
    })
}

/// An answer's body that tells the pulse when it has gone out.
struct Told {
    body: Body,
    owed: Option<Owed>,
    _under_way: UnderWay,
}

/// What the reader of an answer over HTTP/2 has not asked for yet.
struct Owed {
    rest: Bytes,
    debt: Debt,
}

type Polled = Poll<Option<Result<Frame<Bytes>, axum::Error>>>;

impl Owed {
    /// The next piece of the body. Being asked for one means that the reader has taken those before.
    fn poll_piece(&mut self, body: Pin<&mut Body>, cx: &mut Context<'_>) -> Polled {
        if self.rest.is_empty() {
            match http_body::Body::poll_frame(body, cx) {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                other => {
                    self.debt.rests();
                    return other;
                }
            }
        }
        self.debt.waits();
        let piece = self.rest.split_to(self.rest.len().min(PIECE_BYTES));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }
}

impl http_body::Body for Told {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Polled {
        let Self { body, owed, .. } = &mut *self;
        match owed {
            Some(owed) => owed.poll_piece(Pin::new(body), cx),
            None => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream() && self.owed.as_ref().is_none_or(|owed| owed.rest.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        let of_body = self.body.size_hint();
        let rest = self.owed.as_ref().map_or(0, |owed| owed.rest.len() as u64);
        let mut hint = SizeHint::new();
        hint.set_lower(of_body.lower() + rest);
        if let Some(upper) = of_body.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}
