//! `/mcp`: every method as a tool for language models, under the same keys, limits and books as by any other door.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Write},
    process::Stdio,
    time::Duration,
};

use inos_tests::{Answer, Client, Options, Raw, TestNode, inos, until};
use serde_json::{Value, json};

const JSON: (&str, &str) = ("content-type", "application/json");
const TASKS: &str = "io.modelcontextprotocol/tasks";

/// A message and what came back.
fn say(client: &Client, message: &Value) -> Answer {
    client.send("POST", "/mcp", &[JSON], message.to_string().as_bytes())
}

fn ask(client: &Client, method: &str, params: Value) -> Value {
    say(client, &json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params })).json()
}

fn call(client: &Client, tool: &str, arguments: Value) -> Value {
    ask(client, "tools/call", json!({ "name": tool, "arguments": arguments }))["result"].clone()
}

#[test]
fn every_method_is_a_tool_that_says_what_it_takes_and_costs() {
    let node = TestNode::start();
    let admin = node.admin();
    let begun = ask(
        &admin,
        "initialize",
        json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } }),
    );
    assert_eq!((&begun["id"], &begun["result"]["serverInfo"]["name"]), (&json!(7), &json!("inos")), "{begun}");
    let tools = ask(&admin, "tools/list", json!({}))["result"]["tools"].as_array().unwrap().clone();
    let units = admin.get("/v1/units").json()["items"].as_array().unwrap().clone();
    let methods: Vec<(String, &Value)> = units
        .iter()
        .flat_map(|unit| unit["methods"].as_array().unwrap().iter().map(move |method| (unit, method)))
        .map(|(unit, method)| {
            (format!("{}_{}", unit["name"].as_str().unwrap(), method["name"].as_str().unwrap()), method)
        })
        .collect();
    assert_eq!(tools.len(), methods.len());
    let names: BTreeSet<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), tools.len(), "no two tools have one name");
    for (name, method) in &methods {
        let tool = tools.iter().find(|tool| tool["name"] == **name).unwrap_or_else(|| panic!("{name} is no tool"));
        assert!(name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'), "{name}");
        let schema = &tool["inputSchema"];
        assert!(jsonschema::draft202012::new(schema).is_ok(), "{name}: {schema}");
        assert_eq!(schema["properties"]["params"]["properties"], method["params"]["properties"], "{name}");
        let said = tool["description"].as_str().unwrap();
        for amount in ["base", "per_kib_in", "per_kib_out", "per_cpu_ms"] {
            assert!(said.contains(&format!(" {} for each", method["price"][amount])), "{name} {amount}: {said}");
        }
        assert!(said.contains(&format!("{} ms", method["timeout_ms"])), "{name}: {said}");
    }
}

#[test]
fn a_call_is_a_job_that_is_paid_once_and_leaves_a_receipt_and_an_output() {
    let node = TestNode::start();
    let admin = node.admin();
    let before = admin.balance();
    let ran = call(&admin, "compute_blake3", json!({ "inputs": [{ "text": "abc" }] }));
    let digest = "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85";
    assert_eq!((&ran["isError"], &ran["content"][0]["text"]), (&json!(false), &json!(digest)), "{ran}");
    let (job, cost) = (ran["structuredContent"]["job"].as_str().unwrap(), &ran["structuredContent"]["cost"]);
    assert_eq!(before - admin.balance(), cost.as_u64().unwrap());
    assert_eq!(&admin.get(&format!("/v1/jobs/{job}")).json()["cost"], cost);
    let uri = ran["structuredContent"]["outputs"][0]["uri"].as_str().unwrap();
    let read = |client: &Client, uri: &str| ask(client, "resources/read", json!({ "uri": uri }));
    assert_eq!(read(&admin, uri)["result"]["contents"][0]["text"], digest);
    let receipt = read(&admin, &format!("inos://jobs/{job}/receipt"));
    let receipt: Value = serde_json::from_str(receipt["result"]["contents"][0]["text"].as_str().unwrap()).unwrap();
    assert_eq!(receipt["receipt"]["job"], job);
    let listed = ask(&admin, "resources/list", json!({}));
    assert!(listed["result"]["resources"].as_array().unwrap().iter().any(|one| one["uri"] == uri), "{listed}");
    // What another account may read is what it owns.
    let other = node.account("other", 1_000_000);
    let code = |answer: Value| answer["error"]["data"]["code"].clone();
    assert_eq!(code(read(&other, uri)), "not-found");
    assert_eq!(ask(&other, "resources/list", json!({}))["result"]["resources"], json!([]));
    for nothing in [
        "inos://jobs/",
        "inos://jobs/x/outputs/0",
        "file:///etc/passwd",
        &format!("{uri}9"),
        "",
        &uri.replace("/0", "/-1"),
    ] {
        assert_eq!(code(read(&admin, nothing)), "not-found", "{nothing}");
    }
}

#[test]
fn what_a_model_can_mend_it_gets_to_read() {
    let node = TestNode::start();
    let poor = node.account("poor", 5);
    let problem = |tool: &str, arguments: Value| {
        let result = call(&poor, tool, arguments);
        assert_eq!(result["isError"], true, "{result}");
        assert!(!result["content"][0]["text"].as_str().unwrap().is_empty());
        result["structuredContent"]["problem"]["code"].as_str().unwrap().to_owned()
    };
    let input = json!([{ "text": "abc" }]);
    assert_eq!(problem("compute_blake3", json!({ "inputs": input, "params": { "length": "long" } })), "invalid-params");
    assert_eq!(problem("compute_blake3", json!({ "inputs": input, "unit": "test" })), "invalid-params");
    assert_eq!(problem("compute_blake3", json!({ "inputs": input, "idempotency_key": "k" })), "invalid-params");
    assert_eq!(problem("compute_blake3", json!({ "inputs": "abc" })), "invalid-json");
    assert_eq!(problem("compute_blake3", json!({ "inputs": input })), "insufficient-credits");
    assert_eq!(problem("compute_blake3", json!({ "inputs": input, "budget": 1 })), "budget-exceeded");
    let rich = node.admin();
    let failed = call(&rich, "compute_brotli_decompress", json!({ "inputs": [{ "text": "no brotli" }] }));
    assert_eq!(failed["isError"], true, "{failed}");
    assert!(failed["structuredContent"]["job"].is_string(), "a job that failed has an id: {failed}");
}

#[test]
fn a_keys_budget_and_a_tokens_allowance_cap_what_tools_spend() {
    let node = TestNode::start();
    let admin = node.admin();
    let arguments = json!({ "inputs": [{ "text": "abc" }] });
    let price = call(&admin, "compute_blake3", arguments.clone())["structuredContent"]["cost"].as_u64().unwrap();
    let made = admin.post_json("/v1/keys", &json!({ "name": "model", "scopes": ["jobs"], "budget": 3 * price }));
    let token = admin.post_json("/v1/tokens", &json!({ "scopes": ["jobs"], "budget": 3 * price }));
    let key = admin.with_key(made.json()["secret"].as_str().unwrap());
    let page = admin.with_key(token.json()["token"].as_str().unwrap());
    for (client, code) in [(key, "budget-exceeded"), (page, "insufficient-credits")] {
        let before = admin.balance();
        let ends: Vec<Value> = (0..5).map(|_| call(&client, "compute_blake3", arguments.clone())).collect();
        assert_eq!(ends.iter().filter(|end| end["isError"] == false).count(), 3, "{ends:?}");
        assert_eq!(ends[4]["structuredContent"]["problem"]["code"], code, "{}", ends[4]);
        assert_eq!(before - admin.balance(), 3 * price);
    }
}

#[test]
fn what_is_no_message_or_comes_from_elsewhere_is_refused_with_a_problem() {
    let node = TestNode::with(Options::default().with("mcp-hosts", "inos.example.org"));
    let admin = node.admin();
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }).to_string();
    let sent = |headers: &[(&str, &str)], body: &[u8]| {
        let answer = admin.send("POST", "/mcp", headers, body);
        (answer.status, if answer.status < 400 { String::new() } else { answer.code() })
    };
    assert_eq!(admin.send("POST", "/mcp", &[JSON], list.as_bytes()).status, 200);
    assert_eq!(admin.with_key("").send("POST", "/mcp", &[JSON], list.as_bytes()).status, 401);
    assert_eq!(sent(&[JSON], b"{"), (400, "invalid-json".into()));
    assert_eq!(sent(&[JSON], b""), (400, "invalid-json".into()));
    for strange in ["[]", "1", "{}", r#"{"jsonrpc":"1.0","id":1,"method":"tools/list"}"#, &format!("[{list}]")] {
        let answer = admin.send("POST", "/mcp", &[JSON], strange.as_bytes());
        assert!((400..500).contains(&answer.status), "{strange}: {} {}", answer.status, answer.text());
        assert!(!answer.text().is_empty());
    }
    assert_eq!(sent(&[("content-type", "text/plain")], list.as_bytes()), (415, "unsupported-media-type".into()));
    assert_eq!(sent(&[JSON, ("accept", "text/html")], list.as_bytes()), (406, "not-acceptable".into()));
    assert_eq!(sent(&[JSON, ("accept", "application/json")], list.as_bytes()), (406, "not-acceptable".into()));
    assert_eq!(sent(&[JSON, ("origin", "https://evil.example")], list.as_bytes()), (403, "forbidden".into()));
    assert_eq!(sent(&[JSON, ("origin", "null")], list.as_bytes()), (403, "forbidden".into()));
    assert_eq!(sent(&[JSON, ("origin", "http://localhost:5173")], list.as_bytes()).0, 200);
    for method in ["GET", "DELETE", "PUT"] {
        assert_eq!(admin.send(method, "/mcp", &[], b"").status, 405, "{method}");
    }
    assert_eq!(ask(&admin, "tools/call", json!({ "name": "compute_nothing" }))["error"]["code"], -32_602);
    assert_eq!(ask(&admin, "tools/nothing", json!({}))["error"]["code"], -32_601);
    let hosts =
        [("evil.example", 403), ("localhost.evil.example:80", 403), ("INOS.example.org:443", 200), ("[::1]:1", 200)];
    for (host, wanted) in hosts {
        let mut raw = Raw::connect(node.address());
        let head = format!(
            "POST /mcp HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{list}",
            admin.key,
            list.len()
        );
        let answer = raw.send(head).read_to_end();
        assert!(answer.starts_with(&format!("HTTP/1.1 {wanted} ")), "{host}: {answer}");
    }
}

/// A message of the version of the protocol that knows tasks.
fn with_tasks(method: &str, mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "t", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": { "extensions": { TASKS: {} } },
    });
    json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params })
}

#[test]
fn whoever_knows_tasks_gets_a_long_job_as_one_and_may_cancel_it() {
    let node = TestNode::start();
    let admin = node.admin();
    let said = |method: &str, params: Value| {
        let name = params["name"].as_str().or(params["taskId"].as_str()).unwrap_or_default().to_owned();
        let headers =
            [JSON, ("mcp-protocol-version", "2026-07-28"), ("mcp-method", method), ("mcp-name", name.as_str())];
        let answer = admin.send("POST", "/mcp", &headers, with_tasks(method, params).to_string().as_bytes());
        assert!(answer.status < 500, "{}", answer.text());
        answer.json()
    };
    let wait = |ms: u32| said("tools/call", json!({ "name": "test_wait", "arguments": { "params": { "ms": ms } } }));
    let short = wait(1);
    assert_eq!(short["result"]["resultType"], "complete", "{short}");
    let long = wait(2_000);
    assert_eq!(
        (&long["result"]["resultType"], &long["result"]["status"]),
        (&json!("task"), &json!("working")),
        "{long}"
    );
    let task = |long: &Value| long["result"]["taskId"].as_str().unwrap().to_owned();
    let get = |id: &str| said("tasks/get", json!({ "taskId": id }))["result"].clone();
    let id = task(&long);
    assert!(id.starts_with("job_"), "a task is a job under the job's own id: {id}");
    until(Duration::from_secs(20), || get(&id)["status"] == "completed");
    assert_eq!(get(&id)["result"]["structuredContent"]["job"], id);
    let endless = task(&wait(60_000));
    assert!(said("tasks/cancel", json!({ "taskId": endless }))["error"].is_null());
    until(Duration::from_secs(20), || get(&endless)["status"] == "cancelled");
    let stranger = node.account("stranger", 1_000_000);
    let headers =
        [JSON, ("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tasks/get"), ("mcp-name", id.as_str())];
    let message = with_tasks("tasks/get", json!({ "taskId": id })).to_string();
    let answer = stranger.send("POST", "/mcp", &headers, message.as_bytes()).json();
    assert_eq!(answer["error"]["data"]["code"], "not-found", "{answer}");
}

#[test]
fn the_command_speaks_the_same_over_standard_input_and_output() {
    let node = TestNode::start();
    let key = node.admin_key();
    let mut child = inos()
        .args(["mcp", "--url", &node.url()])
        .env("INOS_KEY", &key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut talk = |message: Value| -> Value {
        writeln!(input, "{message}").unwrap();
        serde_json::from_str(&output.next().unwrap().unwrap()).unwrap()
    };
    let begun = talk(json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } } }));
    assert_eq!(begun["result"]["protocolVersion"], "2025-06-18", "{begun}");
    let ran = talk(json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {
        "name": "compute_sha256", "arguments": { "inputs": [{ "text": "abc" }] } } }));
    let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(ran["result"]["content"][0]["text"], digest, "{ran}");
    let told = talk(json!({ "jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {
        "name": "test_tell", "arguments": { "inputs": [{ "text": "x" }], "params": { "steps": 3, "ms": 20 } }, "_meta": { "progressToken": "p" } } }));
    assert_eq!(told["method"], "notifications/progress", "{told}");
    drop(input);
    let left: Vec<Value> = output.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
    assert_eq!(
        (left.last().unwrap()["id"].clone(), left.last().unwrap()["result"]["isError"].clone()),
        (json!(3), json!(false))
    );
    assert!(child.wait().unwrap().success());
}
