//! `inos serve`, `inos migrate` and `inos check`: what needs the data directory instead of a server.

use std::path::PathBuf;

use serde_json::json;
use tokio::{
    runtime::{Builder, Runtime},
    signal::unix::{Signal, SignalKind, signal},
};

use crate::{
    config::{self, Config, Flags},
    exit::{Exit, Failure},
    files, identity, logs,
    serve::{self, Server},
    show,
    terminal::Terminal,
    threads,
};

/// The file with the link that signs in to the console, in the data directory.
const CONSOLE_LINK: &str = "console.link";
/// Threads for what is neither a connection nor a job.
const THREADS: usize = 2;

/// The server
#[derive(Debug, clap::Args)]
pub(super) struct Serve {
    #[command(flatten)]
    settings: Settings,
}

/// Bring the database to the schema of this program
#[derive(Debug, clap::Args)]
pub(super) struct Migrate {
    #[command(flatten)]
    settings: Settings,
}

/// Look for anything that is not as it should be
#[derive(Debug, clap::Args)]
pub(super) struct Check {
    /// Read and hash every stored byte
    #[arg(long)]
    deep: bool,
    #[command(flatten)]
    settings: Settings,
}

/// What `inos serve` is told, for commands that look after its data.
#[derive(Debug, clap::Args)]
pub(super) struct Settings {
    /// Settings as a file [default: inos.toml, if it is there] [env: INOS_CONFIG]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    flags: Flags,
}

impl Settings {
    /// The configuration, with logging started as it says.
    pub(super) fn load(&self) -> Result<Config, Failure> {
        let config = config::load(&self.flags, self.config.as_deref()).map_err(|error| {
            let mut failure = Failure::new(Exit::Config, error.to_string());
            failure.hint = error.hint;
            failure
        })?;
        logs::start(config.log_format, &config.log_level);
        Ok(config)
    }
}

impl Serve {
    pub(super) fn run(&self, terminal: Terminal) -> Result<Exit, Failure> {
        let config = self.settings.load()?;
        files::raise_limit();
        let threads = threads::needed(config.workers.map(usize::from));
        threads::probe(threads).map_err(|error| {
            let mut failure =
                Failure::new(Exit::Config, format!("could not start the {threads} threads of a server: {error}"));
            failure.hint = Some(
                "raise the limit of threads (pids.max of the cgroup or container, ulimit -u), or lower --workers"
                    .into(),
            );
            failure
        })?;
        let runtime = runtime()?;
        let ended = runtime.block_on(serve(terminal, &config));
        // A thread that hangs, such as a unit that does not stop, must not keep the process.
        runtime.shutdown_background();
        ended
    }
}

async fn serve(terminal: Terminal, config: &Config) -> Result<Exit, Failure> {
    // Before anything opens, so that no signal finds a half-open server without a hand on it.
    let mut stop =
        Stop::new().map_err(|error| Failure::new(Exit::Internal, format!("could not listen to signals: {error}")))?;
    let server = tokio::select! {
        server = Server::start(config) => server.map_err(|error| failure(&error))?,
        () = stop.asked() => return Ok(Exit::Done),
    };
    greet(terminal, config, &server)?;
    stop.asked().await;
    tracing::info!(
        "stopping: jobs under way may end within {}; ask again to stop at once",
        humantime::format_duration(config.drain)
    );
    tokio::spawn(async move {
        stop.asked().await;
        std::process::exit(Exit::Internal as i32);
    });
    if server.stop().await {
        tracing::info!("stopped");
    } else {
        tracing::warn!("stopped before everything had ended; what was accepted is taken up at the next start");
    }
    Ok(Exit::Done)
}

/// The signals that ask a server to stop.
struct Stop([Signal; 3]);

impl Stop {
    fn new() -> std::io::Result<Self> {
        Ok(Self([signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?, signal(SignalKind::hangup())?]))
    }

    async fn asked(&mut self) {
        let [terminate, interrupt, hangup] = &mut self.0;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

/// Says where everything is. A reader that went away is no reason to stop.
fn greet(terminal: Terminal, config: &Config, server: &Server) -> Result<(), Failure> {
    let (url, node) = (server.url(), server.node());
    let link = server.console_link();
    let kept = link.as_ref().and_then(|link| keep_link(config, link));
    let said = if terminal.json() {
        let admin_key = server.admin_key().map(|(path, _)| path.display().to_string());
        let kept = kept.map(|path| path.display().to_string());
        terminal.value(&json!({ "url": url, "docs": format!("{url}/docs"), "console": format!("{url}/console"), "console_link": kept, "node": node, "admin_key": admin_key, "pid": std::process::id() }))
    } else {
        // Logs are read by more people than may sign in.
        let console = match (link.filter(|_| terminal.is_person()), kept) {
            (Some(link), _) => link,
            (None, Some(path)) => format!("{url}/console (a link that signs in once lies in {})", path.display()),
            (None, None) => format!("{url}/console"),
        };
        terminal.line(&greeting(config, server, &url, &console))
    };
    warn_of_plain_http(config, server);
    match said {
        Err(failure) if failure.exit == Exit::Done => Ok(()),
        said => said,
    }
}

/// Keeps the link that signs in to the console beside the admin's key, where only its owner may read it.
fn keep_link(config: &Config, link: &str) -> Option<PathBuf> {
    let path = config.data_dir.join(CONSOLE_LINK);
    let kept = identity::write_secret(&path, link);
    kept.inspect_err(|error| tracing::warn!(%error, "the link to the console could not be kept"))
        .is_ok()
        .then_some(path)
}

fn greeting(config: &Config, server: &Server, url: &str, console: &str) -> String {
    let database = config.database_url.as_deref().unwrap_or("sqlite");
    let database = crate::redact::secrets(database);
    let key = match server.admin_key() {
        Some((path, true)) => format!("{} (new: it opens everything, keep it safe)", path.display()),
        Some((path, false)) => path.display().to_string(),
        None => "not here any more".into(),
    };
    let lines = [
        format!("inos {} is ready at {url}", env!("CARGO_PKG_VERSION")),
        format!("  console    {console}"),
        format!("  docs       {url}/docs"),
        format!("  node       {}", server.node()),
        format!("  data       {} ({database})", config.data_dir.display()),
        format!("  admin key  {key}"),
        "  try        echo hello | inos run compute.blake3 -".into(),
    ];
    lines.map(|line| show::clean(&line)).join("\n")
}

fn warn_of_plain_http(config: &Config, server: &Server) {
    if !config.tls() && !server.address().ip().is_loopback() {
        tracing::warn!(
            "plain HTTP beyond this machine: keys travel unencrypted, and browsers give pages no shared memory, \
             no WebCrypto and no secure cookies; use --tls-cert and --tls-key, or a proxy that speaks TLS"
        );
    }
}

impl Migrate {
    pub(super) fn run(&self, terminal: Terminal) -> Result<Exit, Failure> {
        let config = self.settings.load()?;
        let schema = runtime()?.block_on(serve::migrate(&config)).map_err(|error| failure(&error))?;
        terminal.facts(&json!({ "schema": schema }))?;
        Ok(Exit::Done)
    }
}

impl Check {
    pub(super) fn run(&self, terminal: Terminal) -> Result<Exit, Failure> {
        let config = self.settings.load()?;
        let troubles = runtime()?.block_on(serve::check(&config, self.deep)).map_err(|error| failure(&error))?;
        if terminal.json() {
            terminal.value(&json!({ "ok": troubles.is_empty(), "troubles": troubles }))?;
        } else if troubles.is_empty() {
            terminal.line("Everything is as it should be.")?;
        }
        if troubles.is_empty() {
            return Ok(Exit::Done);
        }
        if !terminal.json() {
            troubles.iter().try_for_each(|trouble| terminal.line(&show::clean(trouble)))?;
        }
        Ok(Exit::Failed)
    }
}

fn runtime() -> Result<Runtime, Failure> {
    let runtime = Builder::new_multi_thread().worker_threads(THREADS).thread_name("inos-main").enable_all().build();
    runtime.map_err(|error| Failure::new(Exit::Internal, format!("could not start: {error}")))
}

fn failure(error: &serve::Error) -> Failure {
    let mut failure = Failure::from_error(error.exit(), error);
    failure.hint = error.hint().map(str::to_owned);
    failure
}
