//! Jobs, blobs, accounts and keys through the HTTP door.

use inos_protocols::{Hash, job::State, receipt::SignedReceipt, wire};
use serde_json::json;

use super::house::house;

#[tokio::test(flavor = "multi_thread")]
async fn bytes_in_give_bytes_out_with_cost_and_receipt() {
    let house = house().await;
    let ran = house.ask("POST", "/v1/run/compute/blake3", &[], b"abc").await;
    assert_eq!((ran.status, ran.text()), (200, Hash::of(b"abc").to_string()));
    assert!(ran.header("inos-job-id").unwrap().starts_with("job_"));
    let receipt = data_encoding::BASE64URL_NOPAD.decode(ran.header("inos-receipt").unwrap().as_bytes()).unwrap();
    let receipt = SignedReceipt::decode(&receipt).unwrap().verify().unwrap();
    assert_eq!(receipt.cost.get().to_string(), ran.header("inos-cost").unwrap());
    assert_eq!(receipt.inputs, [Hash::of(b"abc")]);
    let gone = house.get(&format!("/v1/jobs/{}/outputs/0", receipt.job)).await;
    assert_eq!((gone.status, gone.json()["code"].as_str()), (410, Some("output-not-kept")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_body_streams_with_and_without_a_length() {
    let house = house().await;
    let body: Vec<u8> = (0..3_000_000_u32).map(|i| i as u8).collect();
    let ran = house.ask("POST", "/v1/run/compute/blake3", &[], &body).await;
    assert_eq!((ran.status, ran.text()), (200, Hash::of(&body).to_string()));
    let mut request = format!(
        "POST /v1/run/compute/sha256?encoding=hex HTTP/1.1\r\nhost: a\r\nconnection: close\r\nauthorization: Bearer {}\r\ntransfer-encoding: chunked\r\n\r\n",
        house.key
    )
    .into_bytes();
    for chunk in body.chunks(70_000) {
        request.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        request.extend_from_slice(chunk);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"0\r\n\r\n");
    let ran = super::house::parse(&house.raw(&request).await);
    let wanted = sha2::Digest::finalize(sha2::Digest::chain_update(<sha2::Sha256 as sha2::Digest>::new(), &body));
    assert_eq!((ran.status, ran.text()), (200, data_encoding::HEXLOWER.encode(&wanted)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_is_read_by_the_methods_schema() {
    let house = house().await;
    let ran = house.ask("POST", "/v1/run/compute/blake3?length=64", &[], b"abc").await;
    assert_eq!((ran.status, ran.body.len()), (200, 128), "{}", ran.text());
    for query in ["length=abc", "no_such=1", "length=1&length=2", "length=-1"] {
        let ran = house.ask("POST", &format!("/v1/run/compute/blake3?{query}"), &[], b"abc").await;
        assert_eq!((ran.status, ran.json()["code"].as_str()), (422, Some("invalid-params")), "{query}");
        assert!(ran.json()["errors"][0]["pointer"].as_str().unwrap().starts_with("/params"), "{query}");
    }
    let ran = house.ask("POST", "/v1/run/compute/no_such", &[], b"abc").await;
    assert_eq!((ran.status, ran.json()["code"].as_str()), (404, Some("unknown-method")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_brings_parameters_and_inputs() {
    let house = house().await;
    let part =
        |name: &str, value: &str| format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let form = part("params", "{\"length\": 64}") + &part("input", "abc") + "--b--\r\n";
    let media = ("content-type", "multipart/form-data; boundary=b");
    let ran = house.ask("POST", "/v1/run/compute/blake3", &[media], form.as_bytes()).await;
    assert_eq!((ran.status, ran.body.len()), (200, 128), "{}", ran.text());
    let strange = part("strange", "abc") + "--b--\r\n";
    assert_eq!(house.ask("POST", "/v1/run/compute/blake3", &[media], strange.as_bytes()).await.status, 422);
    assert_eq!(house.ask("POST", "/v1/run/compute/blake3", &[media], b"--b\r\nbroken").await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_job_is_waited_for_fetched_and_proven() {
    let house = house().await;
    let job = json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "abc" }], "labels": { "k": "v" } });
    let made = house.post_json("/v1/jobs", &[("prefer", "wait=10"), ("idempotency-key", "one")], job.clone()).await;
    assert_eq!((made.status, made.json()["state"].as_str()), (200, Some("succeeded")), "{}", made.text());
    assert_eq!(made.header("preference-applied"), Some("wait=10"));
    let id = made.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(made.header("location"), Some(format!("/v1/jobs/{id}").as_str()));

    let again = house.post_json("/v1/jobs", &[("prefer", "wait=10"), ("idempotency-key", "one")], job).await;
    assert_eq!((again.json()["id"].as_str(), again.header("idempotency-replayed")), (Some(id.as_str()), Some("true")));
    let other = json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "other" }] });
    let other = house.post_json("/v1/jobs", &[("idempotency-key", "one")], other).await;
    assert_eq!((other.status, other.json()["code"].as_str()), (409, Some("idempotency-conflict")));

    let output = house.get(&format!("/v1/jobs/{id}/outputs/0")).await;
    assert_eq!((output.status, output.text()), (200, Hash::of(b"abc").to_string()));
    let tag = output.header("etag").unwrap().to_owned();
    let known = house.ask("GET", &format!("/v1/jobs/{id}/outputs/0"), &[("if-none-match", &tag)], b"").await;
    assert_eq!((known.status, known.body.len()), (304, 0));
    let part = house.ask("GET", &format!("/v1/jobs/{id}/outputs/0"), &[("range", "bytes=0-3")], b"").await;
    assert_eq!((part.status, part.text()), (206, Hash::of(b"abc").to_string()[..4].to_owned()));
    let outside = house.ask("GET", &format!("/v1/jobs/{id}/outputs/0"), &[("range", "bytes=999-")], b"").await;
    assert_eq!((outside.status, outside.header("content-range")), (416, Some("bytes */64")));

    let receipt = house.ask("GET", &format!("/v1/jobs/{id}/receipt"), &[("accept", "application/capnp")], b"").await;
    let receipt = SignedReceipt::decode(&receipt.body).unwrap().verify().unwrap();
    assert_eq!((receipt.job.to_string(), receipt.state), (id.clone(), State::Succeeded));
    let message = house.ask("GET", &format!("/v1/jobs/{id}"), &[("accept", "application/capnp")], b"").await;
    let outcome = wire::read_outcome(&message.body.into()).unwrap();
    assert_eq!(outcome.outputs[0].bytes, Hash::of(b"abc").to_string());

    let listed = house.get("/v1/jobs?status=succeeded&unit=compute&limit=1").await;
    assert_eq!(listed.json()["items"][0]["id"], id);
    assert_eq!(house.get("/v1/jobs?status=nonsense").await.status, 422);
    assert_eq!(house.get("/v1/jobs?cursor=nonsense").await.status, 422);
    let ended = house.post_json(&format!("/v1/jobs/{id}/cancel"), &[], json!({})).await;
    assert_eq!((ended.status, ended.json()["code"].as_str()), (409, Some("job-not-cancellable")));

    let events = house.ask("GET", &format!("/v1/jobs/{id}/events"), &[("accept", "text/event-stream")], b"").await;
    assert!(
        events.text().contains("event: state") && events.text().contains("\"state\":\"succeeded\""),
        "{}",
        events.text()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capsule_comes_as_a_message_too_and_packed_ones_are_refused() {
    let house = house().await;
    let capsule =
        inos_protocols::json::read(br#"{"unit":"compute","method":"blake3","inputs":[{"text":"abc"}]}"#).unwrap();
    let message = wire::write_capsule(&capsule);
    let headers = [("content-type", "application/capnp"), ("accept", "application/capnp"), ("prefer", "wait=10")];
    let made = house.ask("POST", "/v1/jobs", &headers, &message).await;
    assert_eq!(made.status, 200, "{}", made.text());
    assert_eq!(wire::read_outcome(&made.body.into()).unwrap().state, State::Succeeded);
    for (media, body, code) in [
        ("application/capnp", &message[..10], (400, "malformed-capsule")),
        ("application/capnp", &b""[..], (400, "malformed-capsule")),
        ("application/x-capnp-packed", &message, (415, "unsupported-media-type")),
        ("application/json", b"{", (400, "invalid-json")),
        ("text/plain", b"{}", (415, "unsupported-media-type")),
    ] {
        let made = house.ask("POST", "/v1/jobs", &[("content-type", media)], body).await;
        assert_eq!((made.status, made.json()["code"].as_str()), (code.0, Some(code.1)), "{media}");
    }
    let strange =
        house.ask("POST", "/v1/jobs", &[("content-type", "application/json"), ("accept", "text/html")], b"{}").await;
    assert_eq!(strange.status, 406);
    let deep = "[".repeat(100_000);
    assert_eq!(
        house.ask("POST", "/v1/jobs", &[("content-type", "application/json")], deep.as_bytes()).await.status,
        400
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_capsule_of_a_batch_is_answered_alone() {
    let house = house().await;
    let batch = json!([
        { "unit": "compute", "method": "blake3", "inputs": [{ "text": "a" }] },
        { "unit": "compute", "method": "no_such", "inputs": [{ "text": "b" }] },
        { "unit": "compute", "method": "sha256", "inputs": [{ "text": "c" }] },
        { "unit": "compute" },
    ]);
    let made = house.post_json("/v1/batches", &[], batch).await;
    assert_eq!(made.status, 200, "{}", made.text());
    let items = made.json()["items"].clone();
    assert_eq!(items[0]["outcome"]["state"], "succeeded");
    assert_eq!(
        (items[1]["problem"]["code"].as_str(), items[1]["problem"]["status"].as_u64()),
        (Some("unknown-method"), Some(404))
    );
    assert_eq!(items[2]["outcome"]["state"], "succeeded");
    assert_eq!(items[3]["problem"]["code"], "invalid-json");
    let lines = b"{\"unit\":\"compute\",\"method\":\"blake3\",\"inputs\":[{\"text\":\"a\"}]}\nnonsense\n";
    let headers = [("content-type", "application/x-ndjson"), ("accept", "application/x-ndjson")];
    let made = house.ask("POST", "/v1/batches", &headers, lines).await;
    assert_eq!((made.status, made.text().lines().count()), (200, 2), "{}", made.text());
    let many = json!(vec![json!({ "unit": "compute", "method": "blake3", "inputs": [{ "text": "" }] }); 1_001]);
    assert_eq!(house.post_json("/v1/batches", &[], many).await.status, 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_is_stored_read_used_and_let_go() {
    let house = house().await;
    let bytes: Vec<u8> = (0..200_000_u32).map(|i| (i / 7) as u8).collect();
    let hash = Hash::of(&bytes).to_string();
    let stored = house.ask("PUT", "/v1/blobs", &[("content-type", "image/png")], &bytes).await;
    assert_eq!((stored.status, stored.json()["hash"].as_str()), (201, Some(hash.as_str())), "{}", stored.text());
    let read = house.get(&format!("/v1/blobs/{hash}")).await;
    assert!(read.body == bytes);
    assert_eq!((read.header("content-type"), read.header("etag").map(str::len)), (Some("image/png"), Some(73)));
    assert!(read.header("content-disposition").unwrap().starts_with("attachment"));
    let head = house.ask("HEAD", &format!("/v1/blobs/{hash}"), &[], b"").await;
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, Some("200000"), 0));
    let job = json!({ "unit": "compute", "method": "blake3", "inputs": [{ "blob": hash }] });
    let made = house.post_json("/v1/jobs", &[("prefer", "wait=10")], job).await;
    assert_eq!(made.json()["state"], "succeeded", "{}", made.text());
    let wrong = Hash::of(b"other").to_string();
    let refused = house.ask("PUT", &format!("/v1/blobs/{wrong}"), &[], &bytes).await;
    assert_eq!((refused.status, refused.json()["code"].as_str()), (409, Some("conflict")));
    assert_eq!(house.get("/v1/blobs?limit=5").await.json()["items"].as_array().unwrap().len(), 1);
    assert_eq!(house.ask("DELETE", &format!("/v1/blobs/{hash}"), &[], b"").await.status, 204);
    assert_eq!(house.get(&format!("/v1/blobs/{hash}")).await.status, 404);
    assert_eq!(house.get("/v1/blobs/nonsense").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_accounts_things_are_not_there() {
    let house = house().await;
    let made = house.post_json("/v1/admin/accounts", &[], json!({ "name": "guest", "credits": 1000 })).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let guest = format!("Bearer {}", made.json()["key"]["secret"].as_str().unwrap());
    let guest = [("authorization", guest.as_str())];
    let ran = house.ask("POST", "/v1/run/compute/blake3", &[], b"abc").await;
    let id = ran.header("inos-job-id").unwrap();
    house.ask("PUT", "/v1/blobs", &[], b"mine").await;
    let hash = Hash::of(b"mine");
    for path in [
        format!("/v1/jobs/{id}"),
        format!("/v1/jobs/{id}/outputs/0"),
        format!("/v1/jobs/{id}/receipt"),
        format!("/v1/jobs/{id}/events"),
        format!("/v1/blobs/{hash}"),
    ] {
        assert_eq!(house.ask_openly("GET", &path, &guest, b"").await.status, 404, "{path}");
    }
    assert_eq!(house.ask_openly("POST", &format!("/v1/jobs/{id}/cancel"), &guest, b"").await.status, 404);
    assert_eq!(house.ask_openly("GET", "/v1/admin/accounts", &guest, b"").await.status, 403);
    let account = made.json()["account"]["id"].as_str().unwrap().to_owned();
    let granted = house
        .post_json(&format!("/v1/admin/accounts/{account}/grants"), &[], json!({ "amount": 5, "note": "gift" }))
        .await;
    assert_eq!(granted.status, 201, "{}", granted.text());
    let own = house.ask_openly("GET", "/v1/account", &guest, b"").await;
    assert_eq!(own.json()["balance"], 1005);
    let entries = house.ask_openly("GET", "/v1/account/ledger", &guest, b"").await;
    assert_eq!(entries.json()["items"][0]["amount"], 5, "{}", entries.text());
    assert_eq!(house.get("/v1/account/usage").await.json()["items"][0]["jobs"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_fails_is_a_problem_with_its_receipt() {
    let house = house().await;
    let ran = house.ask("POST", "/v1/run/compute/brotli_decompress", &[], b"this is no brotli").await;
    assert_eq!((ran.status, ran.json()["code"].as_str()), (422, Some("invalid-params")), "{}", ran.text());
    assert!(ran.header("inos-job-id").is_some() && ran.header("inos-receipt").is_some());
    let poor = house.ask("POST", "/v1/run/compute/blake3", &[("inos-budget", "0")], b"abc").await;
    assert_eq!((poor.status, poor.json()["code"].as_str()), (402, Some("budget-exceeded")), "{}", poor.text());
}
