//! Sound through a server: what is not to be trusted is read in a process that can be killed, and a long sound takes no more
//! memory than a short one.

use inos_tests::{Client, Options, TestNode};
use serde_json::{Value, json};

/// A WAV file of 16 bits and one channel.
fn wav(rate: u32, samples: impl Iterator<Item = i16>) -> Vec<u8> {
    let data: Vec<u8> = samples.flat_map(i16::to_le_bytes).collect();
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + data.len() as u32).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    bytes.extend(rate.to_le_bytes());
    bytes.extend((2 * rate).to_le_bytes());
    bytes.extend(b"\x02\0\x10\0data");
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend(data);
    bytes
}

/// A sawtooth: every sample another one than the last.
fn sawtooth(rate: u32, count: u32) -> Vec<u8> {
    wav(rate, (0..count).map(|at| (u64::from(at) * 331 % 60_000) as i16))
}

fn query(params: &Value) -> String {
    let escaped = |text: &str| text.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
    let said = |(name, value): (&String, &Value)| format!("{name}={}", escaped(&value.to_string()));
    let said: Vec<String> = params.as_object().unwrap().iter().map(said).collect();
    format!("?{}", said.join("&"))
}

/// The answer of a method, which must be one.
fn asked(client: &Client, method: &str, params: &Value, input: &[u8]) -> Vec<u8> {
    let answer = client.run(&format!("audio.{method}"), &query(params), input);
    assert_eq!(answer.status, 200, "{method}: {}", answer.text());
    answer.body
}

#[test]
fn a_sound_is_written_and_read_again() {
    let mut node = TestNode::start();
    let client = node.account("user", 1_000_000_000);
    let sound = sawtooth(44_100, 100_000);
    let flac = asked(&client, "convert", &json!({ "output": { "format": "flac" } }), &sound);
    assert!(flac.starts_with(b"fLaC"));
    assert_eq!(asked(&client, "convert", &json!({}), &flac), sound);
    let info: Value = serde_json::from_slice(&asked(&client, "info", &json!({}), &flac)).unwrap();
    assert_eq!((&info["codec"], &info["frames"], &info["rate_hz"]), (&json!("flac"), &json!(100_000), &json!(44_100)));
    // What one job wrote is the input of the next, also between two cells.
    let back = asked(&client, "reverse", &json!({}), &sound);
    assert_eq!(asked(&client, "reverse", &json!({}), &back), sound);
    assert!(asked(&client, "spectrogram", &json!({}), &sound).starts_with(b"\x89PNG"));
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

#[test]
fn bad_files_are_their_senders_mistake_and_the_next_job_runs() {
    let node = TestNode::start();
    let client = node.account("user", 1_000_000_000);
    let sound = sawtooth(8000, 8000);
    let head = |at: usize, bytes: &[u8]| {
        let mut lying = sound.clone();
        lying[at..at + bytes.len()].copy_from_slice(bytes);
        lying
    };
    let cases = [
        ("no channels", head(22, &[0, 0])),
        ("65,535 channels", head(22, &[0xff, 0xff])),
        ("no rate", head(24, &[0; 4])),
        ("7 bits", head(34, &[7, 0])),
        ("4 GB that are not there", head(40, &[0xf0, 0xff, 0xff, 0xff])),
        ("a file that breaks off", sound[..9000].to_vec()),
        ("a text", b"not a sound".repeat(100)),
        ("nothing", Vec::new()),
    ];
    for (what, bytes) in cases {
        let answer = client.run("audio.gain", "?db=-3", &bytes);
        assert_eq!(answer.status, 422, "{what}: {}", answer.text());
        assert_eq!(answer.json()["errors"][0]["pointer"], "/inputs/0", "{what}: {}", answer.text());
    }
    let answer = client.run("audio.filter", "?kind=notch&frequency_hz=4000", &sound);
    assert_eq!((answer.status, &answer.json()["errors"][0]["pointer"]), (422, &json!("/params/frequency_hz")));
    let answer = client.run("audio.stft", "?hop=0", &sound);
    assert_eq!((answer.status, &answer.json()["errors"][0]["pointer"]), (422, &json!("/params/hop")));
    asked(&client, "gain", &json!({ "db": -3 }), &sound);
}

#[test]
fn a_long_sound_takes_no_more_memory_than_a_short_one() {
    let node = TestNode::with(Options::default().with("cell-memory", "256MiB"));
    let client = node.account("user", 1_000_000_000);
    // 15 minutes: 318 MB of samples as they are worked on.
    let sound = sawtooth(44_100, 44_100 * 60 * 15);
    let steps =
        json!([{ "step": "filter", "kind": "highpass", "frequency_hz": 40 }, { "step": "normalize", "peak_db": -1 }]);
    let made = asked(&client, "pipeline", &json!({ "steps": steps, "output": { "format": "flac" } }), &sound);
    let info: Value = serde_json::from_slice(&asked(&client, "info", &json!({}), &made)).unwrap();
    assert_eq!(info["frames"], 44_100 * 60 * 15);
    // What must be put aside as a whole goes to the job's disk.
    let back = asked(&client, "reverse", &json!({ "output": { "format": "flac" } }), &made);
    assert!(back.starts_with(b"fLaC"));
}
