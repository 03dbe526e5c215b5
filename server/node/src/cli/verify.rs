//! `inos verify`: what a signed receipt proves, line by line, without a server.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use data_encoding::{BASE64, BASE64URL_NOPAD};
use inos_protocols::{
    Hash, NodeId,
    job::capsule_digest,
    receipt::{Receipt, SignedReceipt},
};
use serde_json::{Value, json};

use super::run::read_params;
use crate::{
    exit::{Exit, Failure},
    show,
    terminal::Terminal,
};

/// The largest receipt that is read, in bytes.
const RECEIPT_BYTES_MAX: u64 = 4 << 20;

/// Check a signed receipt, and the files it speaks of, without a server
#[derive(Debug, clap::Args)]
pub(super) struct Verify {
    /// The receipt: JSON, bytes, or the base64url of the header Inos-Receipt; `-` is standard input
    receipt: String,
    /// A file that must be the job's input, in order
    #[arg(long = "input", value_name = "FILE")]
    inputs: Vec<PathBuf>,
    /// A file that must be the job's output, in order
    #[arg(long = "output", value_name = "FILE")]
    outputs: Vec<PathBuf>,
    /// Parameters (JSON) that must be those of the job; `{}` where it had none
    #[arg(long, value_name = "FILE")]
    params_file: Option<PathBuf>,
    /// The node that must have signed
    #[arg(long, value_name = "NODE")]
    node: Option<NodeId>,
}

/// One thing that was looked at.
#[derive(Debug, PartialEq)]
struct Check {
    what: String,
    ok: bool,
    said: String,
}

impl Verify {
    pub(super) fn run(&self, terminal: Terminal) -> Result<Exit, Failure> {
        let signed = parse(&read(&self.receipt)?)?;
        let checks = self.checks(&signed)?;
        let ok = checks.iter().all(|check| check.ok);
        if terminal.json() {
            let lines: Vec<Value> = checks
                .iter()
                .map(|Check { what, ok, said }| json!({ "check": what, "ok": ok, "detail": said }))
                .collect();
            let receipt = Receipt::decode(&signed.leaf).ok();
            terminal.value(&json!({ "ok": ok, "checks": lines, "receipt": receipt }))?;
        } else {
            let width = checks.iter().map(|check| check.what.chars().count()).max().unwrap_or(0);
            for Check { what, ok, said } in &checks {
                terminal.line(&format!("{}  {what:width$}  {said}", if *ok { "ok " } else { "BAD" }))?;
            }
        }
        Ok(if ok { Exit::Done } else { Exit::Failed })
    }

    fn checks(&self, signed: &SignedReceipt) -> Result<Vec<Check>, Failure> {
        let receipt = match signed.verify() {
            Ok(receipt) => receipt,
            Err(error) => {
                let said = crate::exit::chain(&error);
                return Ok(vec![Check { what: "signature".into(), ok: false, said }]);
            }
        };
        let root = &signed.root;
        let mut checks = vec![
            passed("signature", format!("Ed25519 of node {} at {}", root.node, root.signed)),
            passed("inclusion", format!("receipt {} of {} in commit {}", signed.index + 1, root.count, root.sequence)),
        ];
        match self.node {
            Some(node) => checks.push(same("node", root.node == node, || format!("it is {}, not {node}", root.node))),
            None => checks.push(passed("node", "not compared: give --node to say whom you trust".into())),
        }
        checks.push(passed("job", about(&receipt)));
        checks.push(passed("cost", format!("{} credits from {}", receipt.cost, receipt.account)));
        compare("input", &self.inputs, &receipt.inputs, &mut checks)?;
        compare("output", &self.outputs, &receipt.outputs, &mut checks)?;
        if let Some(path) = &self.params_file {
            let digest = capsule_digest(&receipt.unit, &receipt.method, &read_params(path)?, &receipt.inputs);
            checks.push(same("params", digest == receipt.capsule, || "these are not the job's parameters".into()));
        }
        Ok(checks)
    }
}

fn passed(what: &str, said: String) -> Check {
    Check { what: what.into(), ok: true, said }
}

fn same(what: &str, ok: bool, otherwise: impl FnOnce() -> String) -> Check {
    Check { what: what.into(), ok, said: if ok { "the same".into() } else { otherwise() } }
}

fn about(receipt: &Receipt) -> String {
    let Receipt { job, unit, method, version, state, finished, .. } = receipt;
    show::clean(&format!("{job} {unit}.{method} {version} {} at {finished}", state.word()))
}

/// Files against the hashes that the receipt states; without files the hashes are only named.
fn compare(what: &str, paths: &[PathBuf], stated: &[Hash], checks: &mut Vec<Check>) -> Result<(), Failure> {
    for (index, hash) in stated.iter().enumerate() {
        let name = format!("{what} {index}");
        match paths.get(index) {
            None => checks.push(passed(&name, format!("{hash} (not compared)"))),
            Some(path) => {
                let got = hash_file(path)?;
                let otherwise = || format!("{} is {got}, the receipt says {hash}", path.display());
                let mut check = same(&name, got == *hash, otherwise);
                if check.ok {
                    check.said = format!("{hash} {}", show::clean(&path.display().to_string()));
                }
                checks.push(check);
            }
        }
    }
    if paths.len() > stated.len() {
        let said = format!("the receipt states {}, {} files were given", stated.len(), paths.len());
        checks.push(Check { what: format!("{what}s"), ok: false, said });
    }
    Ok(())
}

fn hash_file(path: &Path) -> Result<Hash, Failure> {
    let failed = |error: std::io::Error| Failure::file("read", path, &error);
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path).map_err(failed)?).map_err(failed)?;
    Ok(hasher.finalize().into())
}

fn read(path: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let file = super::files::open(path)?;
    let read = file.bytes.take(RECEIPT_BYTES_MAX).read_to_end(&mut bytes);
    read.map_err(|error| Failure::file("read", Path::new(path), &error))?;
    Ok(bytes)
}

/// A receipt in any form in which the server gives it.
fn parse(bytes: &[u8]) -> Result<SignedReceipt, Failure> {
    let no_receipt = |why: String| Failure::new(Exit::Failed, format!("this is no signed receipt: {why}"));
    let text = std::str::from_utf8(bytes).map(str::trim).unwrap_or_default();
    if text.starts_with('{') {
        return serde_json::from_str(text).map_err(|error| no_receipt(error.to_string()));
    }
    let word = text.trim_end_matches('=');
    let encoded = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_+/".contains(&byte));
    let decoded = encoded.then(|| BASE64URL_NOPAD.decode(word.as_bytes()).or_else(|_| BASE64.decode(text.as_bytes())));
    let bytes = match decoded {
        Some(decoded) => decoded.map_err(|error| no_receipt(error.to_string()))?,
        None => bytes.to_vec(),
    };
    SignedReceipt::decode(&Bytes::from(bytes)).map_err(|error| no_receipt(crate::exit::chain(&error)))
}

#[cfg(test)]
mod tests;
