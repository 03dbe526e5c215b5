//! What the command line takes.

use clap::error::ErrorKind;

use super::*;

fn read(words: &str) -> Result<Cli, ErrorKind> {
    Cli::try_parse_from(words.split_whitespace()).map_err(|error| error.kind())
}

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn the_contract_can_be_written() {
    for words in [
        "inos serve",
        "inos serve --listen 0.0.0.0:1 --data-dir d --database-url postgres://h/d --arena-size 1GiB --workers 3 --json",
        "inos migrate --config inos.toml",
        "inos check --data-dir d --deep --json",
        "inos backup --to b --data-dir d --json",
        "inos restore --from b --data-dir d",
        "inos prices show",
        "inos prices set prices.toml --json",
        "inos accounts keep 2d",
        "inos bench ws --connections 4 --window 256 --batch 64 --json",
        "inos bench http compute.sha256 --rate 1000 --span 10s --raw /hash",
        "inos bench fsync --count 10",
        "inos run compute.blake3 --budget 0.5 --priority 9 --timeout 5s --keep --idempotency-key k -",
        "inos run compute.blake3 --param length=32 --param encoding=hex in.bin -o out.bin --json",
        "inos run compute.brotli_compress --params-file p.json - --receipt r.json -v",
        "inos run compute.sha256 a b c --url http://127.0.0.1:1 --key k",
        "inos units",
        "inos units compute.blake3 --json",
        "inos jobs list --status failed --unit compute --limit 5",
        "inos jobs show job_1 --json",
        "inos jobs watch job_1",
        "inos jobs cancel job_1",
        "inos jobs output job_1 2 -o x",
        "inos blobs put a - --type text/plain",
        "inos blobs list --limit 3",
        "inos accounts create alice --credits 1.5",
        "inos accounts grant acc_1 5 --note thanks",
        "inos keys create ci --scope jobs,blobs --expires-in 30d",
        "inos keys revoke key_1",
        "inos ledger show",
        "inos ledger entries --limit 100",
        "inos node",
        "inos health --live",
        "inos verify receipt.json --input a --input b --output c --json",
        "inos completions zsh",
    ] {
        assert!(read(words).is_ok(), "{words}: {:?}", read(words).err());
    }
}

#[test]
fn what_cannot_be_meant_is_refused() {
    for words in [
        "inos run",
        "inos serve --lissten x",
        "inos run compute.blake3 --param novalue",
        "inos jobs",
        "inos accounts grant acc_1 -5",
        "inos accounts grant acc_1 1e3",
        "inos keys create x --scope everything",
        "inos blobs get nothash",
        "inos frobnicate",
    ] {
        assert!(read(words).is_err(), "{words}");
    }
}

#[test]
fn every_shell_gets_its_completions() {
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell, Shell::Elvish] {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Cli::command(), "inos", &mut script);
        assert!(String::from_utf8(script).unwrap().contains("blobs"), "{shell}");
    }
}
