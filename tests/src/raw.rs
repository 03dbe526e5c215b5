//! Sockets without manners, for requests that no well-behaved client sends.

use std::{
    io::{Read, Write},
    net::{IpAddr, SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use socket2::{Domain, Socket, Type};

/// A TCP connection.
pub struct Raw(TcpStream);

impl Raw {
    /// Connects.
    pub fn connect(address: SocketAddr) -> Self {
        Self::of(TcpStream::connect(address).expect("the server listens"))
    }

    /// Connects from an address of this machine, such as `127.0.0.2`: each has ports of its own.
    pub fn connect_from(source: impl Into<IpAddr>, address: SocketAddr) -> Self {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).expect("a socket");
        socket.bind(&SocketAddr::new(source.into(), 0).into()).expect("the address has free ports");
        socket.connect(&address.into()).expect("the server listens");
        Self::of(socket.into())
    }

    /// Connects with as little room for answers as the kernel allows.
    pub fn connect_narrowly(address: SocketAddr) -> Self {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).expect("a socket");
        socket.set_recv_buffer_size(1).expect("room can be given up");
        socket.connect(&address.into()).expect("the server listens");
        Self::of(socket.into())
    }

    fn of(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout can be set");
        stream.set_nodelay(true).expect("a socket need not wait");
        Self(stream)
    }

    /// The same connection, for another thread.
    pub fn twin(&self) -> Self {
        Self(self.0.try_clone().expect("a file to spare"))
    }

    /// Ends the connection without a word, and throws away what is under way.
    pub fn reset(self) {
        let socket = Socket::from(self.0);
        socket.set_linger(Some(Duration::ZERO)).expect("a socket can be closed at once");
    }

    /// Sends bytes; a connection that is closed already is no error here.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        let _ = self.0.write_all(bytes.as_ref());
        self
    }

    /// Everything until the server closes the connection.
    pub fn read_to_end(&mut self) -> String {
        String::from_utf8_lossy(&self.read_bytes()).into_owned()
    }

    /// The same, as bytes.
    pub fn read_bytes(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        let _ = self.0.read_to_end(&mut all);
        all
    }

    /// What has come until `wanted` is in it, or the connection closes.
    pub fn read_until(&mut self, wanted: &str) -> String {
        let (mut all, mut buffer) = (Vec::new(), [0; 4096]);
        while let Ok(read @ 1..) = self.0.read(&mut buffer) {
            all.extend_from_slice(&buffer[..read]);
            if String::from_utf8_lossy(&all).contains(wanted) {
                break;
            }
        }
        String::from_utf8_lossy(&all).into_owned()
    }

    /// Whether the server closes the connection within `patience`.
    pub fn closes_within(&mut self, patience: Duration) -> bool {
        let begun = Instant::now();
        let mut buffer = [0; 4096];
        while begun.elapsed() < patience {
            let left = patience.saturating_sub(begun.elapsed()).max(Duration::from_millis(1));
            self.0.set_read_timeout(Some(left)).expect("a timeout can be set");
            match self.0.read(&mut buffer) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) => {
                    return !matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut);
                }
            }
        }
        false
    }
}

/// Lets this process have so many files and sockets open, or as many as it can; gives how many that are. A server that
/// is started later may have as many.
pub fn files_max(wanted: u64) -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let enough = |limit: Option<u64>| limit.is_none_or(|limit| limit >= wanted);
    if !enough(limit.current) {
        // Only root may raise the hard limit.
        let hard = if enough(limit.maximum) { limit.maximum } else { Some(wanted) };
        let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: hard });
        if raised.is_err() {
            let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
        }
    }
    getrlimit(Resource::Nofile).current.unwrap_or(wanted).min(wanted)
}

/// Waits for a condition; fails the test when it does not come about within `patience`.
pub fn until(patience: Duration, mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < patience, "waited {patience:?} in vain");
        std::thread::sleep(Duration::from_millis(5));
    }
}
