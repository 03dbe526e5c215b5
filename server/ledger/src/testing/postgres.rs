//! A throw-away Postgres: its own cluster on a free port under a temporary folder, gone when the process that started
//! it is gone, however it went. As root it runs as the user `postgres`, because a Postgres refuses to be root.

use std::{
    io::{Error, Result},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use sqlx::{Connection, Executor, PgConnection};

/// Names the server for tests, as a superuser's URL, instead of starting one.
pub const URL_VARIABLE: &str = "INOS_TEST_POSTGRES_URL";

/// A running cluster.
pub struct Cluster {
    folder: PathBuf,
    port: u16,
    programs: PathBuf,
    /// Waits for the end of its standard input, which is the end of this process at the latest, and cleans up.
    guard: Child,
}

/// A new, empty database: on the server that [`URL_VARIABLE`] names, or else on a cluster that all tests of this
/// process share.
pub async fn database() -> String {
    let server = std::env::var(URL_VARIABLE).unwrap_or_else(|_| shared().url());
    new_database(&server).await.expect("a test server makes databases")
}

/// A new, empty database on the server with this superuser's URL.
pub async fn new_database(server: &str) -> std::result::Result<String, sqlx::Error> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("inos_test_{}_{}", std::process::id(), COUNT.fetch_add(1, Relaxed));
    let mut connection = PgConnection::connect(server).await?;
    connection.execute(sqlx::AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name}"))).await?;
    connection.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).await?;
    let (before, _) = server.rsplit_once('/').expect("a server's URL ends in a database");
    Ok(format!("{before}/{name}"))
}

fn shared() -> &'static Cluster {
    static SHARED: OnceLock<Cluster> = OnceLock::new();
    SHARED.get_or_init(|| Cluster::start(false).expect("Postgres is installed"))
}

impl Cluster {
    /// Starts a cluster; `durable` makes it flush as a real one does.
    pub fn start(durable: bool) -> Result<Self> {
        Self::start_with(durable, "", &[])
    }

    /// Starts a cluster with more settings, and with files of these names in its data folder.
    pub fn start_with(durable: bool, more: &str, files: &[(&str, &str)]) -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("inos-postgres-{}-{}", std::process::id(), COUNT.fetch_add(1, Relaxed));
        let (folder, programs) = (std::env::temp_dir().join(name), programs()?);
        std::fs::create_dir_all(&folder)?;
        run(Command::new("chmod").arg("700").arg(&folder))?;
        if is_root() {
            run(Command::new("chown").arg("postgres:").arg(&folder))?;
        }
        let data = folder.join("data");
        let initdb = programs.join("initdb");
        run(as_postgres(&initdb)
            .args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync", "-D"])
            .arg(&data))?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let guard = guard(&folder, &programs)?;
        let cluster = Self { folder, port, programs, guard };
        let settings = format!(
            "port = {port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\nfsync = {0}\nfull_page_writes = {0}\n\
             max_connections = 200\nmax_wal_size = 4GB\nshared_buffers = 256MB\n{more}\n",
            if durable { "on" } else { "off" }
        );
        let file = data.join("postgresql.conf");
        let all = std::fs::read_to_string(&file)? + &settings;
        std::fs::write(&file, all)?;
        for (name, text) in files {
            std::fs::write(data.join(name), text)?;
            // A key that others may read is refused.
            run(Command::new("chmod").arg("600").arg(data.join(name)))?;
            if is_root() {
                run(Command::new("chown").arg("postgres:").arg(data.join(name)))?;
            }
        }
        cluster.control(&["start"])?;
        Ok(cluster)
    }

    /// A superuser's URL.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// The port it listens on, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Stops it as a crash would, and starts it again.
    pub fn crash_and_restart(&self) -> Result<()> {
        self.control(&["restart", "-m", "immediate"])
    }

    /// Stops it as a crash would.
    pub fn crash(&self) -> Result<()> {
        self.control(&["stop", "-m", "immediate"])
    }

    /// Starts it again after [`Cluster::crash`].
    pub fn start_again(&self) -> Result<()> {
        self.control(&["start"])
    }

    fn control(&self, verb: &[&str]) -> Result<()> {
        let mut command = as_postgres(&self.programs.join("pg_ctl"));
        command.args(["-w", "-s", "-D"]).arg(self.folder.join("data")).arg("-l").arg(self.folder.join("log"));
        run(command.args(verb))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        // The guard has said everything it has to say by ending.
        let _ = self.guard.wait();
    }
}

/// The newest installed Postgres.
fn programs() -> Result<PathBuf> {
    let newest = |folder: std::fs::ReadDir| {
        let version = |path: &PathBuf| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
        folder.filter_map(|entry| Some(entry.ok()?.path())).max_by_key(version)
    };
    let found = std::fs::read_dir("/usr/lib/postgresql").ok().and_then(newest).map(|version| version.join("bin"));
    found.ok_or_else(|| Error::other("no Postgres in /usr/lib/postgresql: install it or set INOS_TEST_POSTGRES_URL"))
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

fn as_postgres(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]).arg(program).current_dir("/");
    command
}

fn guard(folder: &Path, programs: &Path) -> Result<Child> {
    const SCRIPT: &str = r#"trap '' INT TERM HUP; read _; "$@" -s -m immediate -D "$0/data" stop; rm -rf "$0""#;
    let stop = as_postgres(&programs.join("pg_ctl"));
    Command::new("setsid")
        .args(["sh", "-c", SCRIPT])
        .arg(folder)
        .arg(stop.get_program())
        .args(stop.get_args())
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}

fn run(command: &mut Command) -> Result<()> {
    let done = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?.wait()?;
    if done.success() { Ok(()) } else { Err(Error::other(format!("{command:?} ended with {done}"))) }
}
