//! Sockets without manners, for requests that no well-behaved client sends.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

/// A TCP connection.
pub struct Raw(TcpStream);

impl Raw {
    /// Connects.
    pub fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout can be set");
        Self(stream)
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

/// Waits for a condition; fails the test when it does not come about within `patience`.
pub fn until(patience: Duration, mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < patience, "waited {patience:?} in vain");
        std::thread::sleep(Duration::from_millis(5));
    }
}
