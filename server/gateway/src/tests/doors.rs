//! What every answer carries, and the pages.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::house::{house, house_with, options, parse};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_says_how_it_does() {
    let house = house().await;
    assert_eq!(house.ask_openly("GET", "/healthz", &[], b"").await.json()["status"], "ok");
    let ready = house.ask_openly("GET", "/readyz", &[], b"").await;
    assert_eq!((ready.status, ready.json()["status"].as_str()), (200, Some("ready")));
    assert_eq!(house.ask_openly("GET", "/version", &[], b"").await.json()["api"], "v1");
    let head = house.ask_openly("HEAD", "/healthz", &[], b"").await;
    assert_eq!((head.status, head.body.len()), (200, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_load_nothing_from_elsewhere() {
    let house = house().await;
    for path in ["/", "/docs", "/problems", "/problems/queue-full"] {
        let page = house.ask_openly("GET", path, &[("accept", "text/html")], b"").await;
        assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")), "{path}");
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(page.header("cross-origin-opener-policy"), Some("same-origin"));
    }
    let problem = house.ask_openly("GET", "/problems/queue-full", &[("accept", "application/json")], b"").await;
    assert_eq!((problem.status, problem.json()["status"].as_u64()), (200, Some(429)));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_loopback_pages_may_read_answers() {
    let house = house().await;
    let asked = |origin: &'static str| {
        let house = &house;
        async move { house.ask("GET", "/v1/account", &[("origin", origin)], b"").await }
    };
    let near = asked("http://localhost:5173").await;
    assert_eq!(near.header("access-control-allow-origin"), Some("http://localhost:5173"));
    assert_eq!(near.header("access-control-allow-credentials"), None);
    assert!(near.header("access-control-expose-headers").unwrap().contains("Inos-Cost"));
    for far in ["https://evil.test", "null"] {
        assert_eq!(asked(far).await.header("access-control-allow-origin"), None, "{far}");
    }
    let preflight = [("origin", "http://localhost:5173"), ("access-control-request-method", "POST")];
    let answer = house.ask_openly("OPTIONS", "/v1/jobs", &preflight, b"").await;
    assert_eq!(answer.status, 204);
    assert!(answer.header("access-control-allow-headers").unwrap().contains("Authorization"));
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_are_the_operators() {
    let house = house().await;
    let figures = house.ask_openly("GET", "/metrics", &[], b"").await;
    assert_eq!(figures.status, 200);
    assert!(figures.text().contains("inos_arena_bytes_copied_total{place=\"frame_in\"}"));
    let apart = house_with(crate::Options { metrics_listen: Some(([127, 0, 0, 1], 0).into()), ..options() }).await;
    assert_eq!(apart.ask_openly("GET", "/metrics", &[], b"").await.status, 404);
    let address = apart.gateway.as_ref().unwrap().metrics_address().unwrap();
    for (path, wanted) in
        [("/metrics", 200), ("/readyz", 200), ("/v1/units", 404), ("/v1/account", 404), ("/docs", 404)]
    {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).await.unwrap();
        assert_eq!(parse(&all).status, wanted, "{path}");
    }
}

/// Asks as if from an address that is not this machine's.
async fn ask_from_afar(app: crate::state::App, path: &str) -> http::StatusCode {
    let paths = crate::endpoint::everybodys(app.clone());
    let arrival = crate::serve::Arrival {
        address: [192, 0, 2, 7].into(),
        ambiguous: false,
        is_operators: false,
        stop: Default::default(),
    };
    let request = http::Request::get(path)
        .header("host", "a")
        .header("x-forwarded-for", "127.0.0.1")
        .header("forwarded", "for=127.0.0.1");
    crate::front::answer(app, paths, arrival, request.body(axum::body::Body::empty()).unwrap()).await.status()
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_are_not_for_those_who_only_say_that_they_are_near() {
    let house = house().await;
    let app = house.app();
    assert_eq!(ask_from_afar(app.clone(), "/metrics").await, 404);
    assert_eq!(ask_from_afar(app, "/healthz").await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_keys_are_counted_and_the_right_one_still_works() {
    let house = house().await;
    let wrong = [("authorization", "Bearer inos_no_such")];
    let mut last = house.ask_openly("GET", "/v1/account", &wrong, b"").await;
    assert_eq!(last.status, 401);
    for _ in 0..20 {
        last = house.ask_openly("GET", "/v1/account", &wrong, b"").await;
    }
    assert_eq!((last.status, last.json()["code"].as_str()), (429, Some("rate-limited")));
    assert!(last.header("retry-after").is_some() && last.header("ratelimit").is_some());
    assert_eq!(house.get("/v1/account").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_weaker_than_its_key_and_ends_with_its_budget() {
    let house = house().await;
    let price: u64 =
        house.ask("POST", "/v1/run/compute/blake3", &[], b"abc").await.header("inos-cost").unwrap().parse().unwrap();
    let form = serde_json::json!({ "scopes": ["jobs"], "expires_in_s": 60, "budget": 3 * price });
    let made = house.post_json("/v1/tokens", &[], form).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let bearer = format!("Bearer {}", made.json()["token"].as_str().unwrap());
    let token = [("authorization", bearer.as_str())];
    assert_eq!(house.ask_openly("GET", "/v1/account", &token, b"").await.status, 403);
    assert_eq!(house.ask_openly("POST", "/v1/tokens", &token, b"{}").await.status, 403);
    for _ in 0..3 {
        let ran = house.ask_openly("POST", "/v1/run/compute/blake3", &token, b"abc").await;
        assert_eq!((ran.status, ran.header("inos-cost")), (200, Some(price.to_string().as_str())), "{}", ran.text());
    }
    let ran = house.ask_openly("POST", "/v1/run/compute/blake3", &token, b"abc").await;
    assert_eq!((ran.status, ran.json()["code"].as_str()), (402, Some("insufficient-credits")), "{}", ran.text());
}
