//! The operator's split of what jobs cost, from the file to the accounts.

use inos_tests::{Client, Options, TestNode};
use serde_json::json;

crate::on_both! {
    the_cost_of_every_job_is_split_by_the_policy,
}

fn id(client: &Client) -> String {
    client.get("/v1/account").json()["id"].as_str().unwrap().to_owned()
}

fn the_cost_of_every_job_is_split_by_the_policy(options: Options) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("fees.toml");
    let mut node = TestNode::with(options);
    let [treasury, author, payer] = ["treasury", "author", "payer"].map(|name| node.account(name, 1_000_000));
    let policy = format!(
        "treasury = \"{}\"\n[shares]\nworker = 9500\ntreasury = 400\nauthor = 50\nreferrer = 50\n[authors]\ncompute = \"{}\"\n",
        id(&treasury),
        id(&author),
    );
    std::fs::write(&file, &policy).unwrap();
    node.restart_with(&[("INOS_FEE_POLICY", file.to_str().unwrap())]);
    let here = |client: &Client| Client::new(&node.url(), &client.key);
    let (treasury, author, payer) = (here(&treasury), here(&author), here(&payer));
    let input = vec![7; 990 << 10];
    let ran = payer.run("compute.blake3", "", &input);
    assert_eq!((ran.status, ran.header("inos-cost")), (200, Some("1000")), "{}", ran.text());
    let wait = json!({ "unit": "compute", "method": "blake3", "inputs": [{ "base64": data_encoding::BASE64.encode(&input) }] });
    let job = payer.post_json_with("/v1/jobs", &[("prefer", "wait=30")], &wait);
    assert_eq!(job.json()["cost"], 1000, "{}", job.text());
    assert_eq!(payer.balance(), 1_000_000 - 2_000);
    assert_eq!((treasury.balance(), author.balance()), (1_000_000 + 90, 1_000_000 + 10));
    let lines = treasury.get("/v1/account/statement").json()["lines"].as_array().unwrap().clone();
    assert_eq!(lines.iter().map(|line| line["amount"].as_i64().unwrap()).sum::<i64>(), 1_000_090);
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

#[test]
fn a_policy_that_cannot_be_followed_keeps_the_server_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("fees.toml");
    let stranger = inos_protocols::AccountId::new();
    for (shares, told) in
        [("worker = 9500\ntreasury = 500", "no such account"), ("worker = 9500\ntreasury = 400", "10,000")]
    {
        std::fs::write(&file, format!("treasury = \"{stranger}\"\n[shares]\n{shares}\n")).unwrap();
        let output = inos_tests::inos()
            .args(["serve", "--listen", "127.0.0.1:0", "--fee-policy", file.to_str().unwrap(), "--data-dir"])
            .arg(folder.path().join("data"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(78), "{said}");
        assert!(said.contains(told), "{said}");
    }
}
