//! Stands between a ledger and its Postgres, and cuts connections when it is told to.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::*},
    },
};

use parking_lot::Mutex;

/// How a committing connection names itself when it begins.
const COMMITTER: &[u8] = b"inos-ledger";

/// How a transaction ends, and what the database says when it has.
const COMMIT: &[u8] = b"COMMIT\0";

/// What the last answer says that nobody is to hear, once nobody is to hear any.
type Silent = Arc<Mutex<Option<&'static [u8]>>>;

/// When a connection is cut: before the database hears of what the ledger says, or before the ledger hears the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Before the database hears it.
    Before,
    /// Before the ledger hears the answer.
    After,
}

/// Passes on everything between a ledger and its database until it is told to cut.
#[derive(Default)]
pub struct Proxy {
    /// How to cut, and how many things are passed on before.
    cut: Mutex<Option<(Cut, usize)>>,
    /// What else than COMMIT brings the cut.
    pub text: Mutex<Option<&'static str>>,
    /// Whether anything that a committer says brings the cut, and not only COMMIT.
    pub at_once: AtomicBool,
    /// Whether nobody gets through once a connection was cut.
    pub stays_down: AtomicBool,
    /// Whether nobody gets through now.
    pub down: AtomicBool,
}

impl Proxy {
    /// Starts one before the database on this port; gives its own port, too.
    pub fn start(server: u16) -> std::io::Result<(Arc<Self>, u16)> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let proxy = Arc::new(Self::default());
        let this = proxy.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if this.down.load(Acquire) {
                    continue;
                }
                // Whoever cannot be passed on is cut off, which is all that a proxy can say.
                let _ = this.clone().pass(client, server);
            }
        });
        Ok((proxy, port))
    }

    /// Cuts a committer's connection at the COMMIT, or at whatever it says, after `passed` of those.
    pub fn cut(&self, cut: Cut, passed: usize) {
        *self.cut.lock() = Some((cut, passed));
    }

    /// Takes the cut back; tells whether it had been made.
    pub fn was_cut(&self) -> bool {
        self.cut.lock().take().is_none()
    }

    fn pass(self: Arc<Self>, client: TcpStream, server: u16) -> std::io::Result<()> {
        let server = TcpStream::connect(("127.0.0.1", server))?;
        let silent = Silent::default();
        self.pass_up(client.try_clone()?, server.try_clone()?, silent.clone());
        pass_down(server, client, silent);
        Ok(())
    }

    /// Passes on what the ledger says, until it is to be cut off.
    fn pass_up(self: Arc<Self>, mut from: TcpStream, mut to: TcpStream, silent: Silent) {
        std::thread::spawn(move || {
            let (mut buffer, mut commits) = (vec![0; 1 << 16], false);
            while let Ok(len @ 1..) = from.read(&mut buffer) {
                let said = &buffer[..len];
                let cut = self.due(said, commits);
                commits |= says(said, COMMITTER);
                if cut.is_some() {
                    self.down.store(self.stays_down.load(Acquire), Release);
                }
                if cut == Some(Cut::Before) {
                    break;
                }
                if cut == Some(Cut::After) {
                    // Answers to what was said before the COMMIT come first.
                    let last = if says(said, COMMIT) { COMMIT } else { b"" };
                    silent.lock().replace(last);
                }
                if to.write_all(said).is_err() {
                    break;
                }
            }
            shut(&from, &to);
        });
    }

    /// Whether the connection is to be cut at what was said.
    fn due(&self, said: &[u8], commits: bool) -> Option<Cut> {
        let text = self.text.lock().map_or(COMMIT, str::as_bytes);
        let concerns = if self.at_once.load(Acquire) { commits } else { says(said, text) };
        let mut asked = self.cut.lock();
        match asked.as_mut().filter(|_| concerns)? {
            (_, 0) => asked.take().map(|(cut, _)| cut),
            (_, passed) => {
                *passed -= 1;
                None
            }
        }
    }
}

fn says(said: &[u8], wanted: &[u8]) -> bool {
    wanted.is_empty() || said.windows(wanted.len()).any(|window| window == wanted)
}

/// Passes on what the database says; an answer that nobody is to hear ends the connection instead.
fn pass_down(mut from: TcpStream, mut to: TcpStream, silent: Silent) {
    std::thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(len @ 1..) = from.read(&mut buffer) {
            let goes_on = match *silent.lock() {
                None => to.write_all(&buffer[..len]).is_ok(),
                Some(last) => !says(&buffer[..len], last),
            };
            if !goes_on {
                break;
            }
        }
        shut(&from, &to);
    });
}

fn shut(one: &TcpStream, other: &TcpStream) {
    // A socket that is closed already needs no telling.
    let _ = (one.shutdown(Shutdown::Both), other.shutdown(Shutdown::Both));
}
