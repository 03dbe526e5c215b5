//! The console's door: its files, who is signed in by a cookie, and who may not be by one.

use std::time::{Duration, Instant};

use inos_tests::{
    Answer, Client, Options, Raw, TestNode, TlsNode, inos,
    postgres::{Cluster, database_on},
    until,
};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

crate::on_both! {
    signing_out_ends_its_sockets_and_streams,
}

const SESSION: &str = "/v1/console/session";

/// Somebody who is signed in: what the browser has, and what the page.
struct Page {
    cookie: String,
    secret: String,
}

impl Page {
    /// The cookie as a browser sends it back, and the secret that the page was told.
    fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, 201, "{}", answer.text());
        let cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        Self { cookie, secret: answer.json()["secret"].as_str().unwrap().to_owned() }
    }

    fn sign_in(client: &Client) -> Self {
        Self::of(&client.send("POST", SESSION, &[], b""))
    }

    /// What the console itself sends.
    fn headers(&self) -> Vec<(&str, &str)> {
        vec![("cookie", &self.cookie), ("inos-console", &self.secret), ("sec-fetch-site", "same-origin")]
    }
}

#[test]
fn a_key_becomes_a_cookie_that_does_what_the_key_does_until_somebody_signs_out() {
    let node = TestNode::start();
    let (admin, nobody) = (node.admin(), Client::new(&node.url(), ""));
    let made = admin.post_json("/v1/keys", &json!({ "name": "jobs", "scopes": ["jobs"] })).json();
    let key = admin.with_key(made["secret"].as_str().unwrap());
    let answer = key.send("POST", SESSION, &[], b"");
    assert_eq!(answer.json()["scopes"], json!(["jobs"]));
    let set = answer.header("set-cookie").unwrap();
    for part in ["; HttpOnly", "; SameSite=Strict", "; Path=/", "; Max-Age=28800"] {
        assert!(set.contains(part), "{set}");
    }
    assert!(
        !set.contains(made["secret"].as_str().unwrap().rsplit('_').next().unwrap()),
        "the key cannot be read in it"
    );
    let page = Page::of(&answer);
    let headers = page.headers();
    let shown = nobody.send("GET", SESSION, &headers, b"").json();
    assert_eq!((&shown["key"], &shown["secret"]), (&made["key"]["id"], &json!(null)), "the secret is told once");
    assert_eq!(nobody.send("GET", "/v1/jobs", &headers, b"").status, 200);
    assert_eq!(nobody.send("GET", "/v1/account", &headers, b"").code(), "forbidden", "no more than the key");
    assert_eq!(nobody.send("POST", SESSION, &headers, b"").code(), "forbidden", "a session makes no other");
    let out = nobody.send("DELETE", SESSION, &headers, b"");
    assert!(out.status == 204 && out.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(nobody.send("GET", "/v1/jobs", &headers, b"").code(), "unauthorized");
    assert_eq!(key.get("/v1/jobs").status, 200, "the key itself is as it was");
}

#[test]
fn a_session_ends_with_its_key_and_outlives_a_restart() {
    let mut node = TestNode::start();
    let admin = node.admin();
    let made = admin.post_json("/v1/keys", &json!({ "name": "jobs", "scopes": ["jobs"] })).json();
    let page = Page::sign_in(&admin.with_key(made["secret"].as_str().unwrap()));
    node.restart();
    let (admin, nobody) = (node.admin(), Client::new(&node.url(), ""));
    assert_eq!(nobody.send("GET", "/v1/jobs", &page.headers(), b"").status, 200);
    let key = made["key"]["id"].as_str().unwrap();
    assert_eq!(admin.send("DELETE", &format!("/v1/keys/{key}"), &[], b"").status, 204);
    assert_eq!(nobody.send("GET", "/v1/jobs", &page.headers(), b"").code(), "unauthorized");
    let log = admin.get("/v1/audit").json();
    let acts: Vec<_> = log["items"].as_array().unwrap().iter().map(|entry| entry["act"].as_str().unwrap()).collect();
    assert!(acts.contains(&"console.open"), "signing in is told: {acts:?}");
    assert!(
        !node.log().contains(page.cookie.split('=').nth(1).unwrap()) && !node.log().contains(&page.secret),
        "no cookie is in the log"
    );
}

#[test]
fn a_cookie_does_nothing_for_pages_of_others() {
    let node = TestNode::start();
    let page = Page::sign_in(&node.admin());
    let (cookie, secret) = (page.cookie.as_str(), page.secret.as_str());
    let nobody = Client::new(&node.url(), "");
    let capsule = json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "a" }] }).to_string();
    let check = |headers: &[(&str, &str)]| {
        let mut all = vec![("cookie", cookie), ("content-type", "application/json")];
        all.extend(headers);
        for (method, path) in [("POST", "/v1/jobs"), ("GET", "/v1/jobs"), ("DELETE", SESSION), ("GET", "/v1/events")] {
            let body = if method == "POST" { capsule.as_bytes() } else { b"" };
            assert_eq!(nobody.send(method, path, &all, body).code(), "forbidden", "{method} {path} {headers:?}");
        }
    };
    // A form or an address that somebody typed cannot send the console's header.
    check(&[]);
    check(&[("origin", "https://evil.test")]);
    check(&[("inos-console", secret), ("origin", "https://evil.test")]);
    check(&[("inos-console", secret), ("origin", "null")]);
    check(&[("inos-console", secret), ("origin", "http://localhost:5173"), ("sec-fetch-site", "same-site")]);
    check(&[("inos-console", secret), ("sec-fetch-site", "cross-site")]);
    assert_eq!(nobody.send("GET", "/v1/jobs", &page.headers(), b"").json()["items"], json!([]), "nothing was run");
    for foreign in [("origin", "https://evil.test"), ("sec-fetch-site", "cross-site")] {
        assert_eq!(
            node.admin().send("POST", SESSION, &[foreign], b"").code(),
            "forbidden",
            "signs nobody in: {foreign:?}"
        );
    }
    let asked = [
        ("origin", "http://localhost:5173"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "inos-console"),
    ];
    let preflight = nobody.send("OPTIONS", "/v1/jobs", &asked, b"");
    let allowed = preflight.header("access-control-allow-headers").unwrap_or_default().to_lowercase();
    assert!(!allowed.contains("inos-console") && preflight.header("access-control-allow-credentials").is_none());
}

/// A browser sends the cookie of a host to all of its ports: what listens on another one has it, and cannot use it.
#[test]
fn a_cookie_alone_opens_nothing_to_who_took_it() {
    let node = TestNode::start();
    let (own, other) = (Page::sign_in(&node.admin()), Page::sign_in(&node.admin()));
    let nobody = Client::new(&node.url(), "");
    for secret in ["", "1", &other.secret, &own.secret[..42]] {
        let stolen = [("cookie", own.cookie.as_str()), ("inos-console", secret)];
        for (method, path) in
            [("GET", "/v1/jobs"), ("GET", "/v1/events"), ("POST", "/v1/ws-tickets"), ("DELETE", SESSION)]
        {
            assert_eq!(nobody.send(method, path, &stolen, b"").code(), "unauthorized", "{method} {path} {secret}");
        }
    }
    assert_eq!(nobody.send("GET", "/v1/jobs", &own.headers(), b"").status, 200, "nobody was signed out by that");
}

#[test]
fn signing_out_ends_what_the_session_opened_and_holds_over_a_restart() {
    let mut node = TestNode::start();
    let (page, other) = (Page::sign_in(&node.admin()), Page::sign_in(&node.admin()));
    let nobody = Client::new(&node.url(), "");
    let typed = [page.headers(), vec![("content-type", "application/json")]].concat();
    let token = nobody.send("POST", "/v1/tokens", &typed, br#"{"scopes":["jobs"]}"#);
    let token = nobody.with_key(token.json()["token"].as_str().unwrap());
    let ticket = nobody.send("POST", "/v1/ws-tickets", &page.headers(), b"").json()["ticket"].clone();
    assert_eq!(token.get("/v1/jobs").status, 200);
    let address = node.address();
    let mut stream = Raw::connect(address);
    stream.send(format!(
        "GET /v1/events HTTP/1.1\r\nhost: {address}\r\ncookie: {}\r\ninos-console: {}\r\n\r\n",
        page.cookie, page.secret
    ));
    stream.read_until("\r\n\r\n");
    assert_eq!(nobody.send("DELETE", SESSION, &page.headers(), b"").status, 204);
    // The last chunk of the answer: the stream is over, not silent.
    stream.read_until("0\r\n\r\n");
    assert_eq!(token.get("/v1/jobs").code(), "unauthorized");
    let upgrade = format!(
        "GET /v1/ws?ticket={} HTTP/1.1\r\nhost: {address}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        ticket.as_str().unwrap()
    );
    let answer = Raw::connect(address).send(upgrade).read_until("\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    node.restart();
    let nobody = Client::new(&node.url(), "");
    assert_eq!(nobody.send("GET", "/v1/jobs", &page.headers(), b"").code(), "unauthorized");
    assert_eq!(nobody.send("GET", "/v1/jobs", &other.headers(), b"").status, 200, "others stay signed in");
}

/// A server of the same database that knows the same cookies, as behind one name.
fn twin_of(node: &TestNode) -> TestNode {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(node.data().join("node.key"), folder.path().join("node.key")).unwrap();
    TestNode::of(folder, Options::default().with("database-url", &node.database_url()))
}

/// A socket that the page opened by a ticket.
fn socket(nobody: &Client, page: &Page, address: std::net::SocketAddr) -> Raw {
    let made = nobody.send("POST", "/v1/ws-tickets", &page.headers(), b"");
    let mut raw = Raw::connect(address);
    raw.send(format!(
        "GET /v1/ws?ticket={} HTTP/1.1\r\nhost: {address}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: inos.json.v1\r\n\r\n",
        made.json()["ticket"].as_str().unwrap()
    ));
    assert!(raw.read_until("welcome").starts_with("HTTP/1.1 101 "));
    raw
}

fn stream(page: &Page, address: std::net::SocketAddr) -> Raw {
    let mut raw = Raw::connect(address);
    raw.send(format!(
        "GET /v1/events HTTP/1.1\r\nhost: {address}\r\ncookie: {}\r\ninos-console: {}\r\n\r\n",
        page.cookie, page.secret
    ));
    raw.read_until("\r\n\r\n");
    raw
}

fn signing_out_ends_its_sockets_and_streams(options: Options) {
    let node = TestNode::with(options);
    let (page, other) = (Page::sign_in(&node.admin()), Page::sign_in(&node.admin()));
    let nobody = Client::new(&node.url(), "");
    let (mut ending, mut told) = (socket(&nobody, &page, node.address()), stream(&page, node.address()));
    let mut staying = socket(&nobody, &other, node.address());
    assert_eq!(nobody.send("DELETE", SESSION, &page.headers(), b"").status, 204);
    assert!(ending.closes_within(Duration::from_secs(20)));
    assert!(told.read_until("0\r\n\r\n").ends_with("0\r\n\r\n"), "the stream is over, not silent");
    assert!(!staying.closes_within(Duration::from_millis(200)), "others stay signed in");
    assert_eq!(nobody.send("GET", "/v1/jobs", &page.headers(), b"").code(), "unauthorized");
}

#[test]
fn signing_out_ends_what_the_session_opened_on_other_servers_of_the_database() {
    let one = TestNode::with(Options::on_postgres());
    let two = twin_of(&one);
    let (page, other) = (Page::sign_in(&one.admin()), Page::sign_in(&one.admin()));
    let there = Client::new(&two.url(), "");
    let (mut ending, mut told) = (socket(&there, &page, two.address()), stream(&page, two.address()));
    let mut staying = socket(&there, &other, two.address());
    assert_eq!(Client::new(&one.url(), "").send("DELETE", SESSION, &page.headers(), b"").status, 204);
    assert!(ending.closes_within(Duration::from_secs(20)), "a socket that is open there ends");
    assert!(told.read_until("0\r\n\r\n").ends_with("0\r\n\r\n"), "a stream does, too");
    assert_eq!(there.send("GET", "/v1/jobs", &page.headers(), b"").code(), "unauthorized");
    assert!(!staying.closes_within(Duration::from_millis(200)), "others stay signed in");
    assert_eq!(there.send("GET", "/v1/jobs", &other.headers(), b"").status, 200);
}

#[test]
fn while_the_database_is_away_who_was_signed_in_lately_stays_so() {
    let cluster = Cluster::start(true).unwrap();
    let node = TestNode::with(Options::default().with("database-url", &database_on(&cluster)));
    let (page, gone) = (Page::sign_in(&node.admin()), Page::sign_in(&node.admin()));
    let nobody = Client::new(&node.url(), "");
    assert_eq!(nobody.send("DELETE", SESSION, &gone.headers(), b"").status, 204);
    assert_eq!(nobody.send("GET", "/v1/stats", &page.headers(), b"").status, 200);
    cluster.crash().unwrap();
    // Longer than what the database has said is believed without asking it.
    let away = Instant::now();
    while away.elapsed() < Duration::from_secs(6) {
        let asked = nobody.send("GET", "/v1/stats", &page.headers(), b"");
        assert_eq!(asked.status, 200, "{}", asked.text());
        assert_eq!(nobody.send("GET", "/v1/stats", &gone.headers(), b"").code(), "unauthorized");
        std::thread::sleep(Duration::from_millis(100));
    }
    cluster.start_again().unwrap();
    until(Duration::from_secs(30), || nobody.send("GET", "/v1/jobs", &page.headers(), b"").status == 200);
    assert_eq!(nobody.send("GET", "/v1/jobs", &gone.headers(), b"").code(), "unauthorized");
}

#[test]
fn a_cookie_opens_no_socket() {
    let node = TestNode::start();
    let cookie = Page::sign_in(&node.admin()).cookie;
    let upgrade = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let address = node.address();
    for origin in ["https://evil.test".to_owned(), "null".to_owned(), format!("http://{address}")] {
        let mut raw = Raw::connect(address);
        let head =
            format!("GET /v1/ws HTTP/1.1\r\nhost: {address}\r\norigin: {origin}\r\ncookie: {cookie}\r\n{upgrade}\r\n");
        let answer = raw.send(head).read_until("\r\n\r\n");
        assert!(answer.starts_with("HTTP/1.1 403"), "{origin}: {answer}");
    }
}

#[test]
fn a_link_signs_in_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = inos()
        .args(["serve", "--json", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(folder.path())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(server.stdout.take().unwrap()), &mut line).unwrap();
    let said: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert!(!line.contains("ticket"), "what prints it is read by more people than may sign in: {line}");
    assert_eq!(said["console"], format!("{}/console", said["url"].as_str().unwrap()));
    let path = std::path::Path::new(said["console_link"].as_str().unwrap());
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let link = std::fs::read_to_string(path).unwrap();
    let (url, ticket) = link.trim().split_once("#ticket=").unwrap();
    assert_eq!(url, said["console"]);
    let by_link = Client::new(said["url"].as_str().unwrap(), ticket);
    let claim = format!("{SESSION}/claim");
    assert_eq!(by_link.get("/v1/jobs").status, 401, "a ticket is no key");
    let first = by_link.send("POST", &claim, &[], b"");
    assert_eq!(first.json()["scopes"], json!(["jobs", "blobs", "regions", "account", "admin", "crypto"]));
    assert_eq!(by_link.send("POST", &claim, &[], b"").status, 401, "it was used");
    let nobody = by_link.with_key("");
    assert_eq!(nobody.send("GET", "/v1/account", &Page::of(&first).headers(), b"").status, 200);
    server.kill().unwrap();
    server.wait().unwrap();
}

#[test]
fn the_page_may_load_itself_alone_and_is_framed_by_nobody() {
    let node = TestNode::start();
    let nobody = Client::new(&node.url(), "");
    for path in ["/console", "/console/", "/console/jobs", "/console/jobs/job_1"] {
        let page = nobody.get(path);
        assert_eq!(page.status, 200, "{path}");
        assert!(page.header("content-type").unwrap().starts_with("text/html"), "{path}");
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
        assert_eq!(page.header("cross-origin-opener-policy"), Some("same-origin"));
        assert_eq!(page.header("cross-origin-embedder-policy"), Some("require-corp"));
    }
    assert_eq!(nobody.get("/console/assets/none.js").code(), "not-found");
    assert_eq!(nobody.get("/console/%2e%2e/Cargo.toml").status, 400);
}

#[tokio::test]
async fn over_tls_the_cookie_never_travels_in_the_clear() {
    let node = TlsNode::start();
    let key = node.node().admin_key();
    let mut stream = node.connect("http/1.1").await;
    let head = format!(
        "POST {SESSION} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let set = answer.lines().find(|line| line.to_lowercase().starts_with("set-cookie:")).unwrap();
    assert!(set.contains("__Host-inos_") && set.contains("; Secure") && set.contains("; Path=/;"), "{set}");
}
