//! Starts, kills and restarts a server.

use std::{
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::Value;

use crate::{Client, until};

/// How a test wants its server.
#[derive(Clone, Default)]
pub struct Options {
    /// More arguments to `inos serve`.
    pub args: Vec<String>,
    /// More environment.
    pub env: Vec<(String, String)>,
    /// What a shell does before it becomes the server, such as `ulimit -n 64`.
    pub shell: Option<String>,
}

impl Options {
    /// On a Postgres database of its own.
    pub fn on_postgres() -> Self {
        Self::default().with("database-url", &crate::postgres::database())
    }

    /// The same with another `--name value`.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.args.extend([format!("--{name}"), value.into()]);
        self
    }
}

/// A running server; ended, with its folder, when dropped.
pub struct TestNode {
    child: Child,
    folder: Arc<tempfile::TempDir>,
    options: Options,
    address: SocketAddr,
    log: Arc<Mutex<String>>,
}

/// The `inos` binary that `cargo build -p inos-node` put beside the tests.
pub fn binary() -> PathBuf {
    if let Ok(path) = std::env::var("INOS_BIN") {
        return path.into();
    }
    let here = std::env::current_exe().expect("a test knows its own path");
    let folder = here.ancestors().nth(2).expect("tests lie in target/PROFILE/deps");
    folder.join("inos")
}

/// An `inos` that hears nothing of the tests' own variables.
pub fn inos() -> Command {
    clean(Command::new(binary()))
}

/// The same after a shell has done something, such as `ulimit -n 64`.
pub fn inos_after(first: &str) -> Command {
    let mut command = clean(Command::new("bash"));
    command.args(["-c", &format!("{first}; exec \"$0\" \"$@\"")]).arg(binary());
    command
}

fn clean(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("INOS_") {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null());
    command
}

impl TestNode {
    /// A server with default options on a fresh folder.
    pub fn start() -> Self {
        Self::with(Options::default())
    }

    /// A server with these options on a fresh folder.
    pub fn with(options: Options) -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a temporary folder"));
        Self::on(folder, options)
    }

    /// A server with these options on a folder that holds a server's data.
    pub fn of(folder: tempfile::TempDir, options: Options) -> Self {
        Self::on(Arc::new(folder), options)
    }

    fn on(folder: Arc<tempfile::TempDir>, options: Options) -> Self {
        let (child, address, log) = spawn(folder.path(), &options);
        Self { child, folder, options, address, log }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its data folder.
    pub fn data(&self) -> &Path {
        self.folder.path()
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        self.log.lock().expect("the log's lock").clone()
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The admin key.
    pub fn admin_key(&self) -> String {
        let path = self.data().join("admin.key");
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).trim().to_owned()
    }

    /// A client with the admin key.
    pub fn admin(&self) -> Client {
        Client::new(&self.url(), &self.admin_key())
    }

    /// A client of a new account with these credits (in microcredits).
    pub fn account(&self, name: &str, microcredits: u64) -> Client {
        let made =
            self.admin().post_json("/v1/admin/accounts", &serde_json::json!({ "name": name, "credits": microcredits }));
        assert_eq!(made.status, 201, "{}", made.text());
        let secret = made.json()["key"]["secret"].as_str().expect("a new account comes with a key").to_owned();
        Client::new(&self.url(), &secret)
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().expect("the server can be killed");
        self.child.wait().expect("the server can be waited for");
    }

    /// SIGTERM; gives the exit code.
    pub fn stop(&mut self) -> Option<i32> {
        self.signal(rustix::process::Signal::TERM);
        self.ends_within(Duration::from_secs(60))
    }

    /// The exit code of a server that ends by itself; fails the test when it does not.
    pub fn ends_within(&mut self, patience: Duration) -> Option<i32> {
        until(patience, || self.child.try_wait().expect("the server can be waited for").is_some());
        self.child.wait().expect("the server can be waited for").code()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).expect("the server takes a signal");
    }

    /// Starts it again on the same folder, on another port.
    pub fn restart(&mut self) {
        self.restart_with(&[]);
    }

    /// The same with more environment, this time only.
    pub fn restart_with(&mut self, env: &[(&str, &str)]) {
        // A server that still runs would hold the folder's lock.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let mut options = self.options.clone();
        options.env.extend(env.iter().map(|(name, value)| ((*name).into(), (*value).into())));
        let (child, address, log) = spawn(self.folder.path(), &options);
        (self.child, self.address, self.log) = (child, address, log);
    }

    /// Runs `inos` with these arguments against this server; gives exit code, stdout and stderr.
    pub fn cli(&self, args: &[&str]) -> (i32, String, String) {
        let mut command = inos();
        command.args(args).env("INOS_URL", self.url()).env("INOS_KEY", self.admin_key());
        let output = command.output().expect("inos runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
    }

    /// The URL of its database.
    pub fn database_url(&self) -> String {
        let named = self.options.args.chunks(2).find(|pair| pair[0] == "--database-url");
        named.map_or_else(|| format!("sqlite://{}", self.data().join("inos.db").display()), |pair| pair[1].clone())
    }

    /// What `inos check` says of the stopped server's folder, and its exit code.
    pub fn check(&self, deep: bool) -> (Option<i32>, Value) {
        let mut command = inos();
        command.args(["check", "--json", "--database-url", &self.database_url(), "--data-dir"]).arg(self.data());
        if deep {
            command.arg("--deep");
        }
        let output = command.output().expect("inos check runs");
        let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        let said = told.lines().find_map(|line| serde_json::from_str(line).ok());
        (output.status.code(), said.unwrap_or(Value::String(told)))
    }

    /// `inos check` on the stopped server's folder finds nothing wrong, however deep it looks.
    pub fn assert_clean(&self) {
        let (code, said) = self.check(true);
        assert_eq!(code, Some(0), "{said}");
    }
}

impl Drop for TestNode {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- the server's log\n{}", self.log());
        }
    }
}

fn spawn(folder: &Path, options: &Options) -> (Child, SocketAddr, Arc<Mutex<String>>) {
    let mut command = options.shell.as_ref().map_or_else(inos, |first| inos_after(first));
    if !options.args.iter().any(|arg| arg == "--listen") {
        command.env("INOS_LISTEN", "127.0.0.1:0");
    }
    // Whatever the machine has: many servers run at once, and some are asked for all that they give.
    command.env("INOS_CELL_MEMORY", "1GiB");
    let mut child = command
        .args(["serve", "--json", "--data-dir"])
        .arg(folder)
        .args(&options.args)
        .envs(options.env.iter().map(|(name, value)| (name, value)))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}; run `cargo build -p inos-node` first", binary().display()));
    let log = Arc::new(Mutex::new(String::new()));
    let (mut stderr, kept) = (child.stderr.take().expect("stderr is piped"), log.clone());
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = stderr.read(&mut buffer) {
            kept.lock().expect("the log's lock").push_str(&String::from_utf8_lossy(&buffer[..read]));
        }
    });
    let mut stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
    let mut line = String::new();
    stdout.read_line(&mut line).expect("the server speaks");
    std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
    let told: Value = serde_json::from_str(&line)
        .unwrap_or_else(|error| panic!("{error} in {line:?}\n{}", log.lock().expect("the log's lock")));
    let url = told["url"].as_str().expect("the server tells its URL");
    let address = url
        .trim_start_matches("http://")
        .trim_start_matches("https://")
        .trim_end_matches('/')
        .parse()
        .expect("an address");
    until(Duration::from_secs(20), || std::net::TcpStream::connect(address).is_ok());
    (child, address, log)
}
