//! The door for processes of this machine and user: a Unix socket that hands out regions, and an account's events as a
//! ring, to be mapped read-only.
//! What they read then costs the server nothing; when the socket closes, what they held is free again.

use std::{
    fs::{self, Permissions},
    io,
    net::{IpAddr, Ipv4Addr},
    os::unix::{fs::PermissionsExt as _, net::UnixStream as Plain},
    path::Path,
    sync::Arc,
    time::Duration,
};

use inos_arena::{Changed, Follower, Give};
use inos_protocols::{
    Refusal,
    layout::{RING_RECORD_LEN_MAX, RING_SLOT_COUNT},
    refusal::Kind,
};
use serde::{Deserialize, Serialize};
use tokio::{
    io::AsyncReadExt as _,
    net::{UnixListener, UnixStream},
    sync::Semaphore,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::{
    auth::{self, Vigil, Visitor},
    state::App,
};

/// The most processes that are attached at once.
const ATTACHED_MAX: usize = 256;
/// How long the first line may take, and how long it may be.
const ASKING: Duration = Duration::from_secs(5);
const LINE_BYTES_MAX: usize = 1024;

/// What a process asks for, as one line of JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    key: String,
    #[serde(default)]
    region: Option<String>,
    #[serde(default)]
    ring: Option<RingName>,
}

/// The rings that there are.
#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum RingName {
    /// What happens to the jobs of the key's account, and to the account.
    Events,
}

/// What is said of a ring that was given.
#[derive(Serialize)]
struct AboutRing {
    ring: RingName,
    /// How many records it holds.
    slots: usize,
    /// The most bytes of one.
    record_bytes_max: usize,
}

/// Listens at a path until the server stops. Must be called within a runtime.
pub(crate) fn listen(app: App, path: &Path, stop: CancellationToken) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, Permissions::from_mode(0o600))?;
    let path = path.to_owned();
    tokio::spawn(async move {
        tokio::select! {
            () = accept(app, listener, &stop) => {}
            () = stop.cancelled() => {}
        }
        // Whoever comes now finds nobody; a file that is left over is removed at the next start.
        let _ = fs::remove_file(path);
    });
    Ok(())
}

async fn accept(app: App, listener: UnixListener, stop: &CancellationToken) {
    let room = Arc::new(Semaphore::new(ATTACHED_MAX));
    loop {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let (app, stop) = (Arc::clone(&app), stop.clone());
                tokio::spawn(async move {
                    tokio::select! {
                        () = serve(&app, stream) => {}
                        () = stop.cancelled() => {}
                    }
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "could not accept a process");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve(app: &App, mut stream: UnixStream) {
    let is_ours = stream.peer_cred().is_ok_and(|peer| peer.uid() == rustix::process::geteuid().as_raw());
    if !is_ours {
        return;
    }
    let Ok(Some(line)) = timeout(ASKING, line(&mut stream)).await else { return };
    let (answer, attached) = match attach(app, &line).await {
        Ok((about, given)) => (about, Some(given)),
        Err(refusal) => (text(&refusal.problem()), None),
    };
    let Ok(plain) = stream.into_std() else { return };
    if tell(&plain, &answer, attached.as_ref().map(|given| &*given.attachment)).is_err() {
        return;
    }
    let (Some(given), Ok(stream)) = (attached, UnixStream::from_std(plain)) else { return };
    // The process is told by the end of the attachment, whatever ends it.
    let Given { attachment: _attachment, follower: _follower, visitor, removed } = given;
    let mut vigil = Vigil::over(app, &visitor);
    let removed = async {
        match removed {
            Some(removed) => drop(removed.await),
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = closed(stream) => {}
        () = vigil.ended() => {}
        () = removed => {}
    }
}

/// What a process was given, until it ends.
struct Given {
    attachment: Box<dyn Give + Send>,
    visitor: Visitor,
    /// Of a region.
    follower: Option<Follower>,
    removed: Option<Changed>,
}

/// What is said of what is asked for, and that itself.
async fn attach(app: &App, line: &[u8]) -> Result<(Vec<u8>, Given), Refusal> {
    let Wish { key, region, ring } = inos_protocols::json::read(line)?;
    let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let visitor =
        auth::identify(app, &key.as_str().into(), here).await.map_err(crate::refusal::Refused::into_refusal)?;
    app.rates.admit(&visitor.caller).map_err(crate::refusal::Refused::into_refusal)?;
    match (region, ring) {
        (Some(region), None) => {
            let (handle, attachment) = app.broker.attach_region(&visitor.caller, &region)?;
            let (removed, follower) = (Some(handle.removed()?), Some(handle.region.follow()));
            Ok((text(&handle.about), Given { attachment: Box::new(attachment), follower, visitor, removed }))
        }
        (None, Some(ring)) => {
            let attachment = Box::new(app.broker.attach_events(&visitor.caller)?);
            let about = AboutRing { ring, slots: RING_SLOT_COUNT, record_bytes_max: RING_RECORD_LEN_MAX };
            Ok((text(&about), Given { attachment, visitor, follower: None, removed: None }))
        }
        _ => Err(Refusal::new(Kind::BadRequest, "Ask for one thing: a `region` by its name, or the `ring` `events`.")),
    }
}

/// The first line, without its end; none where there is no whole one.
async fn line(stream: &mut UnixStream) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    loop {
        if stream.read_buf(&mut line).await.ok()? == 0 || line.len() > LINE_BYTES_MAX {
            return None;
        }
        if let Some(end) = line.iter().position(|byte| *byte == b'\n') {
            line.truncate(end);
            return Some(line);
        }
    }
}

fn text(answer: &impl serde::Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(answer).expect("wire structs have text keys only");
    line.push(b'\n');
    line
}

fn tell(to: &Plain, answer: &[u8], attachment: Option<&(dyn Give + Send)>) -> io::Result<()> {
    use std::io::Write as _;
    match attachment {
        Some(attachment) => inos_arena::send(to, answer, attachment),
        None => (&*to).write_all(answer),
    }
}

/// Completes when the process closes its end or says anything more.
async fn closed(mut stream: UnixStream) {
    let mut byte = [0];
    // A read that fails says as well that nobody is there.
    let _ = stream.read(&mut byte).await;
}
