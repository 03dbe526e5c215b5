//! The unit's heavy methods beside what others do with the same numbers, by turns in one run: read the ratios, not the rows.
//! With `INOS_BENCH_PYTHON`, a Python that has numpy and pyfftw, beside OpenBLAS and FFTW (`peer.py`). Words behind `--` choose
//! from products, transforms and points.

use std::hint::black_box;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use bytes::Bytes;
use inos_math::Math;
use inos_unit::{Call, Fault, Host, Inputs, Output, Params, Source, Unit};
use serde_json::{Value, json};

/// How often ours and the others' are measured by turns.
const TURNS: usize = 8;

/// How long others are left to fall asleep before one is measured: threads of OpenBLAS go on for a while, waiting for more to do.
/// This one works meanwhile: Linux puts a thread of one that slept next to it, on the same core, for some milliseconds.
const PAUSE: Duration = Duration::from_millis(100);

/// A host with so many threads.
struct Threads(usize);

impl Host for Threads {
    fn cancelled(&self) -> bool {
        false
    }

    fn progress(&self, _: u64, _: u64) {}

    fn log(&self, _: &str) {}

    fn emit(&self, _: &[u8]) {}

    fn threads(&self) -> usize {
        self.0
    }
}

/// Inputs that lie where they are, as those of a server do.
struct Lying(Vec<Input>);

struct Input(Bytes);

impl Inputs for Lying {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn get(&mut self, index: usize) -> Result<&mut dyn Source, Fault> {
        Ok(&mut self.0[index])
    }
}

impl Source for Input {
    fn len(&self) -> Option<u64> {
        Some(self.0.len() as u64)
    }

    fn slice(&mut self) -> Result<&[u8], Fault> {
        Ok(&self.0)
    }

    fn bytes(&mut self) -> Result<Bytes, Fault> {
        Ok(self.0.clone())
    }

    fn chunk(&mut self) -> Result<Option<&[u8]>, Fault> {
        Ok(None)
    }

    fn blake3(&mut self) -> Result<blake3::Hasher, Fault> {
        Ok(blake3::Hasher::new())
    }
}

/// An output whose memory is there before the job: written over again with every run, or new and not yet touched.
struct Ready {
    bytes: Vec<u8>,
    len: usize,
}

impl Output for Ready {
    fn begin(&mut self, _: &str) -> Result<(), Fault> {
        Ok(())
    }

    fn expect(&mut self, _: u64) -> Result<(), Fault> {
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.room(bytes.len())?.copy_from_slice(bytes);
        Ok(())
    }

    fn amend(&mut self, _: u64, _: &[u8]) -> Result<(), Fault> {
        Err(Fault::Broken("nothing that is measured amends".into()))
    }

    fn room(&mut self, len: usize) -> Result<&mut [u8], Fault> {
        let begin = self.len;
        self.len += len;
        Ok(&mut self.bytes[begin..self.len])
    }
}

/// Made once, as a server does.
static MATH: LazyLock<Math> = LazyLock::new(Math::new);

fn through_unit(method: &str, params: &Params, inputs: &[&Bytes], threads: usize, output: &mut Ready) {
    let mut inputs = Lying(inputs.iter().map(|bytes| Input((*bytes).clone())).collect());
    output.len = 0;
    let mut call = Call { method, params, inputs: &mut inputs, output };
    MATH.run(&mut call, &Threads(threads)).expect("the job is right");
}

fn params(given: Value) -> Params {
    serde_json::from_value(given).expect("an object")
}

fn numbers(count: usize) -> Bytes {
    (0..count).flat_map(|i| (((i * 7919) % 10_007) as f32 / 5000.0 - 1.0).to_le_bytes()).collect::<Vec<u8>>().into()
}

/// numpy and FFTW in a process of their own, which keeps its plans.
struct Peer {
    process: Child,
    asks: ChildStdin,
    says: BufReader<ChildStdout>,
    threads: usize,
}

impl Peer {
    fn start(threads: usize) -> Option<Self> {
        let python = std::env::var_os("INOS_BENCH_PYTHON")?;
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peer.py");
        let mut process = Command::new(python)
            .arg(script)
            .env("OPENBLAS_NUM_THREADS", threads.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the Python of INOS_BENCH_PYTHON runs");
        let asks = process.stdin.take().expect("it is piped");
        let says = BufReader::new(process.stdout.take().expect("it is piped"));
        Some(Self { process, asks, says, threads })
    }

    fn ask(&mut self, task: &str, size: usize, rounds: usize) -> Vec<f64> {
        writeln!(self.asks, "{task} {size} {} {rounds}", self.threads).expect("the peer listens");
        let mut line = String::new();
        self.says.read_line(&mut line).expect("the peer answers");
        let seconds: Vec<f64> =
            line.split_whitespace().map(|word| word.parse().expect("the peer says seconds")).collect();
        assert!(!seconds.is_empty(), "the peer has ended: does its Python have numpy and pyfftw?");
        seconds
    }

    fn stop(self) {
        let Self { mut process, asks, .. } = self;
        drop(asks);
        process.wait().expect("the peer ends with its input");
    }
}

/// Seconds of so many runs.
fn timed(rounds: usize, mut run: impl FnMut()) -> Vec<f64> {
    let one = |_| {
        let begun = Instant::now();
        run();
        begun.elapsed().as_secs_f64()
    };
    (0..rounds).map(one).collect()
}

/// What is measured, under its name.
type Row<'r> = (&'r str, Box<dyn FnMut() -> Vec<f64> + 'r>);

/// Measures all rows by turns; how the first stands to each of the others, by their medians and by the best of each.
fn compare(what: &str, mut rows: Vec<Row<'_>>) {
    let mut seconds = vec![Vec::new(); rows.len()];
    for _ in 0..TURNS {
        for ((_, run), seconds) in rows.iter_mut().zip(&mut seconds) {
            let begun = Instant::now();
            while begun.elapsed() < PAUSE {
                std::hint::spin_loop();
            }
            seconds.extend(run());
        }
    }
    let told: Vec<(f64, f64)> = seconds
        .iter_mut()
        .map(|seconds| {
            seconds.sort_by(f64::total_cmp);
            (seconds[seconds.len() / 2] * 1e3, seconds[0] * 1e3)
        })
        .collect();
    println!("{what}");
    for ((name, _), (median, best)) in rows.iter().zip(&told) {
        print!("    {name:<34} {median:9.3} ms (at best {best:9.3})");
        if *name == rows[0].0 {
            println!();
        } else {
            println!(": {:.2} times as fast (at best {:.2})", median / told[0].0, best / told[0].1);
        }
    }
}

fn points(threads: usize) {
    let bytes = numbers(30_000_000);
    let matrix = params(json!({ "matrix": [1, 0, 0, 0, 0, 0, 1, 0, 0, -1, 0, 0, 5, 6, 7, 1] }));
    let mut output = Ready { bytes: vec![1; bytes.len()], len: 0 };
    let mut copy = vec![1_u8; bytes.len()];
    let none = Params::default();
    let mut normal = Ready { bytes: vec![1; bytes.len()], len: 0 };
    compare(
        &format!("10 million points, {threads} threads, into memory that was written before"),
        vec![
            (
                "vector_transform_point",
                Box::new(|| {
                    timed(1, || through_unit("vector_transform_point", &matrix, &[&bytes], threads, &mut output))
                }),
            ),
            ("a copy", Box::new(|| timed(1, || copy.copy_from_slice(black_box(&bytes))))),
            (
                "vector_normalize",
                Box::new(|| timed(1, || through_unit("vector_normalize", &none, &[&bytes], threads, &mut normal))),
            ),
        ],
    );
    compare(
        &format!("10 million points, {threads} threads, into memory that was never touched"),
        vec![
            (
                "vector_transform_point",
                Box::new(|| {
                    timed(1, || {
                        let mut output = Ready { bytes: vec![0; bytes.len()], len: 0 };
                        through_unit("vector_transform_point", &matrix, &[&bytes], threads, &mut output);
                    })
                }),
            ),
            (
                "a copy",
                Box::new(|| {
                    timed(1, || {
                        let mut copy = vec![0_u8; bytes.len()];
                        copy.copy_from_slice(&bytes);
                        black_box(&copy);
                    })
                }),
            ),
        ],
    );
}

fn products(threads: usize, peer: Option<&mut Peer>) {
    let mut peer = peer;
    for (n, rounds) in [(256_usize, 40), (1024, 4)] {
        let bytes = numbers(n * n);
        let mut output = Ready { bytes: vec![1; bytes.len()], len: 0 };
        let none = Params::default();
        let mut rows: Vec<Row<'_>> = vec![(
            "matmul",
            Box::new(|| timed(rounds, || through_unit("matmul", &none, &[&bytes, &bytes], threads, &mut output))),
        )];
        if let Some(peer) = peer.as_deref_mut() {
            rows.push(("OpenBLAS", Box::new(|| peer.ask("product", n, rounds))));
        }
        compare(&format!("Product of {n} by {n}, f32, {threads} threads"), rows);
    }
}

fn transforms(threads: usize, peer: Option<&mut Peer>) {
    let mut peer = peer;
    let n = 65_536_usize;
    let length = params(json!({ "length": n }));
    for (count, rounds, tasks) in [
        (64, 2, &[("FFTW, side by side", "transforms"), ("FFTW, one again and again", "again")][..]),
        (1, 40, &[("FFTW", "transform")]),
    ] {
        let bytes = numbers(count * n);
        let mut output = Ready { bytes: vec![1; 2 * bytes.len()], len: 0 };
        let mut rows: Vec<Row<'_>> =
            vec![("fft", Box::new(|| timed(rounds, || through_unit("fft", &length, &[&bytes], threads, &mut output))))];
        let peer = std::cell::RefCell::new(peer.as_deref_mut());
        for (name, task) in tasks {
            let peer = &peer;
            if peer.borrow().is_some() {
                let ask = move || peer.borrow_mut().as_mut().map_or_else(Vec::new, |peer| peer.ask(task, n, rounds));
                rows.push((name, Box::new(ask)));
            }
        }
        compare(&format!("{count} real transforms of {n}, f32, {threads} threads"), rows);
    }
}

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let is_asked = |name: &str| asked.is_empty() || asked.iter().any(|asked| asked == name);
    for threads in [1, 2] {
        let mut peer = Peer::start(threads);
        if peer.is_none() && threads == 1 {
            println!("without INOS_BENCH_PYTHON there is no peer");
        }
        if is_asked("products") {
            products(threads, peer.as_mut());
        }
        if is_asked("transforms") {
            transforms(threads, peer.as_mut());
        }
        if let Some(peer) = peer {
            peer.stop();
        }
        if is_asked("points") {
            points(threads);
        }
    }
}
