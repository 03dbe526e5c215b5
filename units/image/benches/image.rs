//! What is done to pictures most often, on one thread, by turns in one run: read the ratios, not the rows. Ours are whole jobs, from
//! the bytes of a file to the bytes of a file, and so is what stands beside them, but where the name says otherwise.
//! `INOS_BENCH_PYTHON` is a Python that has Pillow and scipy; without it, and without the program `vipsthumbnail`, there are no
//! such rows.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use bytes::Bytes;
use inos_image::Image;
use inos_unit::{Call, Fault, Host, Inputs, Output, Params, Source, Unit};
use serde_json::{Value, json};

/// How often all are measured by turns.
const TURNS: usize = 9;
/// How often one thing is done: seconds and bytes of what came of it.
type Taken = (f64, usize);

/// What is done, and what does the same beside ours.
struct Task {
    title: &'static str,
    method: &'static str,
    params: Value,
    input: Bytes,
    beside: &'static [&'static str],
}

/// A host with one thread that stops nothing.
struct Alone;

impl Host for Alone {
    fn cancelled(&self) -> bool {
        false
    }

    fn progress(&self, _: u64, _: u64) {}

    fn log(&self, _: &str) {}

    fn emit(&self, _: &[u8]) {}
}

/// The only input, which lies where it is, as a server's does.
struct Lying(Bytes);

impl Inputs for Lying {
    fn count(&self) -> usize {
        1
    }

    fn get(&mut self, _: usize) -> Result<&mut dyn Source, Fault> {
        Ok(self)
    }
}

impl Source for Lying {
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
        Err(Fault::Broken("a picture is read as a whole".into()))
    }

    fn blake3(&mut self) -> Result<blake3::Hasher, Fault> {
        Err(Fault::Broken("a picture has no use for its hash".into()))
    }
}

/// The only output, taken over as it is.
#[derive(Default)]
struct Taking(Bytes);

impl Output for Taking {
    fn begin(&mut self, _: &str) -> Result<(), Fault> {
        Err(Fault::Broken("a picture is written as a whole".into()))
    }

    fn expect(&mut self, _: u64) -> Result<(), Fault> {
        Ok(())
    }

    fn write(&mut self, _: &[u8]) -> Result<(), Fault> {
        Err(Fault::Broken("a picture is written as a whole".into()))
    }

    fn amend(&mut self, _: u64, _: &[u8]) -> Result<(), Fault> {
        Err(Fault::Broken("a picture is written as a whole".into()))
    }

    fn adopt(&mut self, _: &str, bytes: Bytes) -> Result<(), Fault> {
        self.0 = bytes;
        Ok(())
    }

    fn room(&mut self, _: usize) -> Result<&mut [u8], Fault> {
        Err(Fault::Broken("a picture is written as a whole".into()))
    }
}

/// One job: what it writes, and how long it took.
fn job(image: &Image, method: &str, given: &Value, input: &Bytes) -> (f64, Bytes) {
    let params: Params = serde_json::from_value(given.clone()).expect("an object");
    let (mut inputs, mut output) = (Lying(input.clone()), Taking::default());
    let begun = Instant::now();
    let mut call = Call { method, params: &params, inputs: &mut inputs, output: &mut output };
    image.run(&mut call, &Alone).expect("a picture is there and can be read");
    (begun.elapsed().as_secs_f64(), output.0)
}

/// A picture as those of cameras are: slopes of light, coarse and fine spots over them, an edge here and there, and some noise. As a
/// BMP.
fn photograph(width: usize, height: usize) -> Bytes {
    let mut random = fastrand::Rng::with_seed(1);
    let grid: Vec<f32> = (0..64 * 64).map(|_| random.f32() - 0.5).collect();
    let spots = |x: f32, y: f32| {
        let (left, top) = (x as usize, y as usize);
        let (along, down) = (x - left as f32, y - top as f32);
        let at = |x: usize, y: usize| grid[y % 64 * 64 + x % 64];
        let row = |y: usize| at(left, y) * (1.0 - along) + at(left + 1, y) * along;
        row(top) * (1.0 - down) + row(top + 1) * down
    };
    assert!(width.is_multiple_of(4), "a row of a BMP is whole words");
    let mut bmp = b"BM".to_vec();
    bmp.extend((54 + 3 * (width * height) as u32).to_le_bytes());
    bmp.extend([0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0]);
    bmp.extend((width as u32).to_le_bytes());
    bmp.extend((height as u32).to_le_bytes());
    bmp.extend(*b"\x01\0\x18\0");
    bmp.resize(54, 0);
    for y in 0..height {
        for x in 0..width {
            let (across, down) = (x as f32, y as f32);
            let coarse = 90.0 * spots(across / 400.0, down / 300.0) + 50.0 * spots(across / 70.0, down / 60.0);
            let fine = 30.0 * spots(across / 11.0, down / 13.0) + 12.0 * spots(across / 2.5, down / 2.5);
            let hill = if down / height as f32 > 0.6 + 0.2 * spots(across / 300.0, 9.0) { -60.0 } else { 0.0 };
            let light = 90.0 + 80.0 * down / height as f32 + coarse + fine + hill + 5.0 * (random.f32() - 0.5);
            let tint = 40.0 * spots(across / 500.0 + 7.0, down / 500.0);
            bmp.extend([light + tint + 20.0, light, light - tint].map(|part| part as u8));
        }
    }
    bmp.into()
}

/// A Python that measures when it is asked.
struct Peer {
    child: Child,
    asks: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Peer {
    fn begin(folder: &Path) -> Option<Self> {
        let python = std::env::var_os("INOS_BENCH_PYTHON")?;
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peer.py");
        let mut child = Command::new(python)
            .arg(script)
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the named Python can be begun");
        let asks = child.stdin.take().expect("it has been given a pipe");
        let answers = BufReader::new(child.stdout.take().expect("it has been given a pipe")).lines();
        Some(Self { child, asks, answers })
    }

    /// What each thing took this time.
    fn turn(&mut self) -> Vec<Taken> {
        writeln!(self.asks).expect("the other program lives");
        let line = self.answers.next().expect("an answer").expect("an answer in UTF-8");
        let number = |text: &str| text.parse().expect("a number");
        let numbers: Vec<f64> = line.split(' ').map(number).collect();
        numbers.chunks_exact(2).map(|pair| (pair[0], pair[1] as usize)).collect()
    }

    fn end(self) {
        let Self { mut child, asks, .. } = self;
        drop(asks);
        child.wait().expect("it ends when nothing more is asked");
    }
}

/// The program of libvips, which reads and writes files; none where it is not there.
fn vips(folder: &Path) -> Option<Taken> {
    let made = folder.join("vips.jpg");
    let begun = Instant::now();
    let status = Command::new("vipsthumbnail")
        .env("VIPS_CONCURRENCY", "1")
        .arg(folder.join("photograph.jpg"))
        .args(["--size", "400", "--output"])
        .arg(format!("{}[Q=85]", made.display()))
        .status()
        .ok()?;
    assert!(status.success(), "vipsthumbnail fails");
    let seconds = begun.elapsed().as_secs_f64();
    Some((seconds, std::fs::metadata(&made).expect("it has written a file").len() as usize))
}

/// What is measured; the order of what is beside ours is that of peer.py.
fn tasks(image: &Image, folder: &Path) -> [Task; 4] {
    let written = |bytes: &Bytes, output: Value| job(image, "convert", &json!({ "output": output }), bytes).1;
    let photograph = photograph(4000, 3000);
    let jpeg = written(&photograph, json!({ "format": "jpeg", "quality": 90 }));
    // A TIFF holds pixels as they are, and is read and written in no time.
    let large = written(&photograph, json!({ "format": "tiff" }));
    let (_, small) = job(image, "resize", &json!({ "width": 2000 }), &large);
    for (name, bytes) in [("photograph.jpg", &jpeg), ("large.tiff", &large), ("small.tiff", &small)] {
        std::fs::write(folder.join(name), bytes).expect("room for pictures");
    }
    [
        Task {
            title: "4000 x 3000, JPEG, to 400 x 300, JPEG",
            method: "thumbnail",
            params: json!({ "size": 400, "output": { "quality": 85 } }),
            input: jpeg,
            beside: &["Pillow, resize", "Pillow, thumbnail (decoded smaller)"],
        },
        Task {
            title: "2000 x 1500, TIFF, blurred by 3 pixels",
            method: "blur",
            params: json!({ "sigma": 3 }),
            input: small.clone(),
            beside: &["Pillow (three boxes)", "scipy.ndimage, in memory"],
        },
        Task {
            title: "4000 x 3000, TIFF, to 1000 x 750, TIFF",
            method: "resize",
            params: json!({ "width": 1000 }),
            input: large,
            beside: &["Pillow"],
        },
        Task {
            title: "2000 x 1500, TIFF, to PNG of level 6",
            method: "convert",
            params: json!({ "output": { "format": "png", "level": 6 } }),
            input: small,
            beside: &["Pillow"],
        },
    ]
}

/// All that was taken of one row, by its median.
fn print(name: &str, taken: &mut [Taken], ours: f64) -> f64 {
    taken.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (seconds, bytes) = taken[taken.len() / 2];
    let ratio = if ours > 0.0 { seconds / ours } else { 1.0 };
    println!("  {name:<43} {:>9.1} ms  {ratio:>6.2} x ours  {bytes:>9} bytes", seconds * 1e3);
    seconds
}

fn main() {
    let folder = std::env::temp_dir().join(format!("inos-bench-image-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for pictures");
    let image = Image::new();
    let tasks = tasks(&image, &folder);
    let mut peer = Peer::begin(&folder);
    let (mut ours, mut beside, mut by_vips) = (vec![Vec::new(); tasks.len()], Vec::<Vec<Taken>>::new(), Vec::new());
    for _ in 0..TURNS {
        for (task, ours) in tasks.iter().zip(&mut ours) {
            let (seconds, bytes) = job(&image, task.method, &task.params, &task.input);
            ours.push((seconds, bytes.len()));
        }
        let turn = peer.as_mut().map(Peer::turn).unwrap_or_default();
        beside.resize(turn.len(), Vec::new());
        beside.iter_mut().zip(turn).for_each(|(all, taken)| all.push(taken));
        by_vips.extend(vips(&folder));
    }
    if let Some(peer) = peer {
        peer.end();
    }
    let mut beside = beside.into_iter();
    for (at, (task, mut ours)) in tasks.iter().zip(ours).enumerate() {
        println!("{} ({} bytes)", task.title, task.input.len());
        let seconds = print("unit image", &mut ours, 0.0);
        for (name, mut taken) in task.beside.iter().zip(&mut beside) {
            print(name, &mut taken, seconds);
        }
        if at == 0 && !by_vips.is_empty() {
            print("vipsthumbnail (decoded smaller; a command)", &mut by_vips, seconds);
        }
    }
    std::fs::remove_dir_all(&folder).expect("the folder is ours");
}
