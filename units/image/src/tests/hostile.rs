//! Files from strangers: damaged, lying and absurd ones. All end as a mistake of whoever sent them, soon, and nothing is made for
//! what they claim.

use std::time::{Duration, Instant};

use super::*;

const FORMATS: [&str; 6] = ["png", "jpeg", "webp", "gif", "tiff", "bmp"];

/// One small file of each format, and one of each way to write a JPEG.
fn samples() -> Vec<(String, Vec<u8>)> {
    let small = file("resize", json!({ "width": 12 }), &[SOURCE]);
    let written = |output: Value| file("convert", json!({ "output": output }), &[&small]);
    let mut files: Vec<(String, Vec<u8>)> =
        FORMATS.iter().map(|format| ((*format).into(), written(json!({ "format": format })))).collect();
    files.push(("progressive".into(), written(json!({ "format": "jpeg", "progressive": true }))));
    files.push(("deep".into(), png(&Pixels::Sixteen(noise(5, 5, 4)))));
    files
}

/// Both ways of looking at a file end, soon and without a defect.
fn survives(name: &str, bytes: &[u8]) {
    for (method, given) in [
        ("info", json!({})),
        ("convert", json!({ "output": { "format": "bmp" } })),
        ("convert", json!({ "damage": "keep", "output": { "format": "bmp" } })),
    ] {
        let begun = Instant::now();
        let outcome = asked(method, given, &[bytes]);
        assert!(!matches!(outcome, Err(Fault::Broken(_) | Fault::NoRoom(_))), "{name}: {outcome:?}");
        // What is kept of a file may be as large as its head says, which takes a while without optimisation.
        assert!(begun.elapsed() < Duration::from_secs(60), "{name} took {:?}", begun.elapsed());
    }
}

#[test]
fn a_file_cut_anywhere_is_refused_or_whole() {
    for (name, bytes) in samples() {
        let whole = seen(&bytes);
        for cut in 0..bytes.len() {
            let bytes = &bytes[..cut];
            let begun = Instant::now();
            match asked("convert", json!({ "output": { "format": "png" } }), &[bytes]) {
                // What was left out says nothing of the picture.
                Ok(outputs) => assert!(seen(&outputs[0].1) == whole, "{name} cut at {cut} of {}", bytes.len()),
                Err(Fault::Invalid { pointer, .. }) => assert_eq!(pointer, "/inputs/0", "{name} cut at {cut}"),
                Err(Fault::Limit { .. }) => (),
                Err(other) => panic!("{name} cut at {cut}: {other}"),
            }
            assert!(begun.elapsed() < Duration::from_secs(5), "{name} cut at {cut}");
        }
    }
}

#[test]
fn what_can_be_read_of_a_jpeg_is_kept_when_that_is_wanted() {
    let whole = file("convert", json!({ "output": { "format": "jpeg" } }), &[SOURCE]);
    let cut = &whole[..whole.len() - 100];
    let (pointer, message) = refused("convert", json!({}), &[cut]);
    assert!(pointer == "/inputs/0" && message.contains("damage=keep"), "{message}");
    let kept = seen(&file("convert", json!({ "damage": "keep", "output": { "format": "png" } }), &[cut]));
    let top = |pixels: &Pixels| made("crop", json!({ "width": 40, "height": 8 }), &[pixels]);
    let (mean, _) = apart(&top(&kept), &top(&seen(&whole)));
    assert!(mean < 4.0, "{mean}");
}

#[test]
fn every_file_with_wrong_bytes_ends_as_a_picture_or_a_mistake() {
    // The long form looks elsewhere each time.
    let is_long = std::env::var_os("INOS_TEST_LONG").is_some();
    let (rounds, seed) = if is_long { (10_000, fastrand::u64(..)) } else { (120, 21) };
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    for (name, bytes) in samples() {
        for _ in 0..rounds {
            let mut wrong = bytes.clone();
            for _ in 0..random.usize(1..6) {
                // Heads have more to lie about than pixels.
                let reach = if random.bool() { wrong.len() } else { wrong.len().min(60) };
                let at = random.usize(..reach);
                wrong[at] = random.u8(..);
            }
            survives(&name, &wrong);
        }
    }
}

#[test]
fn what_only_looks_like_a_file_ends_as_a_mistake() {
    let mut random = fastrand::Rng::with_seed(22);
    let heads = [
        &b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..],
        b"\xff\xd8\xff\xe0",
        b"RIFF\x40\0\0\0WEBPVP8L",
        b"RIFF\x40\0\0\0WEBPVP8X",
        b"GIF89a",
        b"II*\0\x08\0\0\0",
        b"MM\0*\0\0\0\x08",
        b"BM",
    ];
    for head in heads {
        for len in [0, 1, 10, 100, 3000] {
            let bytes: Vec<u8> = head.iter().copied().chain((0..len).map(|_| random.u8(..))).collect();
            survives("noise", &bytes);
        }
    }
    for bytes in [&b""[..], b"P6 2 2 255 ", b"no picture at all, but a text", &[0; 5000]] {
        assert_eq!(refused("convert", json!({}), &[bytes]).0, "/inputs/0");
        assert_eq!(refused("info", json!({}), &[bytes]).0, "/inputs/0");
    }
}

/// Refused before memory is taken: it takes no longer than to read a head.
#[track_caller]
fn is_too_large(bytes: &[u8]) {
    for method in ["info", "convert", "colors"] {
        let begun = Instant::now();
        let outcome = asked(method, json!({}), &[bytes]);
        assert!(matches!(outcome, Err(Fault::Limit { .. })), "{method}: {outcome:?}");
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    }
}

fn png_of_size(width: u32, height: u32, depth: u8, colours: u8) -> Vec<u8> {
    let mut head = b"IHDR".to_vec();
    head.extend(width.to_be_bytes());
    head.extend(height.to_be_bytes());
    head.extend([depth, colours, 0, 0, 0]);
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    for (chunk, len) in [(head, 13_u32), (b"IDAT\x78\x9c\x03\0\0\0\0\x01".to_vec(), 8), (b"IEND".to_vec(), 0)] {
        bytes.extend(len.to_be_bytes());
        bytes.extend(&chunk);
        bytes.extend(crc(&chunk).to_be_bytes());
    }
    bytes
}

/// PNG's check sum, bit by bit (ISO/IEC 15948, D).
fn crc(bytes: &[u8]) -> u32 {
    let byte = |sum: u32, byte: &u8| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 })
    };
    !bytes.iter().fold(!0, byte)
}

#[test]
fn heads_that_claim_too_much_are_refused_at_once() {
    is_too_large(&png_of_size(60_000, 60_000, 8, 6));
    is_too_large(&png_of_size(2_000_000, 1, 8, 2));
    is_too_large(&png_of_size(i32::MAX as u32, i32::MAX as u32, 16, 6));
    // 10,000 by 10,000 are few enough pixels, but of 8 bytes each they would take more than there is.
    is_too_large(&png_of_size(10_000, 10_000, 16, 6));
    let patched = |format: &str, at: usize, with: &[u8]| {
        let mut bytes = file("convert", json!({ "output": { "format": format } }), &[SOURCE]);
        bytes[at..at + with.len()].copy_from_slice(with);
        bytes
    };
    is_too_large(&patched("gif", 6, &[0xff; 4]));
    is_too_large(&patched("bmp", 18, &[0x60, 0xea, 0, 0, 0x60, 0xea, 0, 0]));
    let jpeg = patched("jpeg", 0, &[0xff]);
    let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    is_too_large(&patched("jpeg", frame + 5, &[0xff; 4]));
    // Fourteen bits of width and of height each: 16,383 by 16,383.
    is_too_large(&patched("webp", 21, &[0xfe, 0xbf, 0xff, 0x0f]));
}

#[test]
fn a_jpeg_that_claims_more_than_it_has_is_not_decoded() {
    let mut jpeg = file("convert", json!({ "output": { "format": "jpeg" } }), &[SOURCE]);
    let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    // 8,192 by 8,192 pixels are allowed, and 40 by 30 of them there.
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0x20, 0, 0x20, 0]);
    let begun = Instant::now();
    let (pointer, message) = refused("convert", json!({}), &[&jpeg]);
    assert!(pointer == "/inputs/0" && message.contains("breaks off"), "{message}");
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[test]
fn a_tiff_whose_tags_lie_is_a_mistake() {
    let whole = file("convert", json!({ "output": { "format": "tiff" } }), &[SOURCE]);
    // Width, height, where its strips lie, how many rows one has, and how many bytes; each of one number or a place of several.
    for tag in [256_u16, 257, 273, 278, 279] {
        for lie in [0, 1, 60_000, i32::MAX as u32, u32::MAX] {
            let mut bytes = whole.clone();
            let [low, high] = tag.to_le_bytes();
            let at = bytes.windows(2).rposition(|pair| pair == [low, high]).unwrap();
            bytes[at + 8..at + 12].copy_from_slice(&lie.to_le_bytes());
            let begun = Instant::now();
            match asked("convert", json!({ "output": { "format": "png" } }), &[&bytes]) {
                // A strip may lie elsewhere, and have more rows than there are.
                Ok(outputs) => assert!(seen(&outputs[0].1).width() <= 40, "tag {tag} says {lie}"),
                Err(Fault::Invalid { pointer, .. }) => assert_eq!(pointer, "/inputs/0"),
                Err(Fault::Limit { .. }) => (),
                Err(other) => panic!("tag {tag} says {lie}: {other}"),
            }
            assert!(begun.elapsed() < Duration::from_secs(5), "tag {tag} says {lie}");
        }
    }
}

#[test]
fn sizes_that_are_none_are_a_mistake() {
    for bytes in
        [png_of_size(0, 10, 8, 2), png_of_size(10, 0, 8, 2), png_of_size(10, 10, 3, 2), png_of_size(10, 10, 8, 5)]
    {
        assert_eq!(refused("convert", json!({}), &[&bytes]).0, "/inputs/0");
    }
    let mut bmp = file("convert", json!({ "output": { "format": "bmp" } }), &[SOURCE]);
    // A width below nothing, and a height that has no other sign.
    bmp[18..22].copy_from_slice(&(-40_i32).to_le_bytes());
    assert_eq!(refused("convert", json!({}), &[&bmp]).0, "/inputs/0");
    bmp[22..26].copy_from_slice(&i32::MIN.to_le_bytes());
    survives("bmp", &bmp);
}

#[test]
fn what_unpacks_to_much_takes_no_more_memory_than_its_head_says() {
    // A picture of 100 pixels whose data unpack to a hundred million bytes, and a profile that does.
    let zeros = vec![0; 100_000_000];
    let mut packed = Vec::new();
    {
        use image::ImageEncoder;
        let encoder = image::codecs::png::PngEncoder::new(&mut packed);
        encoder.write_image(&zeros, 10_000, 10_000, image::ExtendedColorType::L8).unwrap();
    }
    packed[16..24].copy_from_slice(&[0, 0, 0, 10, 0, 0, 0, 10]);
    let sum = crc(&packed[12..29]);
    packed[29..33].copy_from_slice(&sum.to_be_bytes());
    let begun = Instant::now();
    let outcome = asked("convert", json!({ "output": { "format": "png" } }), &[&packed]);
    assert!(matches!(outcome, Ok(_) | Err(Fault::Invalid { .. })), "{outcome:?}");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[test]
fn results_that_would_be_too_large_are_refused_before_they_are_made() {
    for (method, given) in [
        ("resize", json!({ "width": 100_000 })),
        ("resize", json!({ "width": 60_000, "height": 60_000, "mode": "exact" })),
        ("tile", json!({ "columns": 1000, "rows": 1000 })),
        (
            "pipeline",
            json!({ "steps": [{ "step": "tile", "columns": 100, "rows": 30 }, { "step": "tile", "columns": 100, "rows": 1 }] }),
        ),
    ] {
        let begun = Instant::now();
        let outcome = asked(method, given.clone(), &[SOURCE]);
        assert!(matches!(outcome, Err(Fault::Limit { .. })), "{given}: {outcome:?}");
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
    // A sliver that becomes longer than numbers of 32 bits.
    let sliver = png(&Pixels::Eight(Raster { width: 1, height: 100_000, channels: 1, samples: vec![5; 100_000] }));
    let outcome = asked("resize", json!({ "width": 100_000 }), &[&sliver]);
    assert!(matches!(outcome, Err(Fault::Limit { .. })), "{outcome:?}");
}

#[test]
fn a_stop_is_heard_between_rows() {
    let picture = png(&Pixels::Eight(noise(1500, 1500, 3)));
    for (method, given) in [
        ("blur", json!({ "sigma": 20 })),
        ("median", json!({ "radius": 20 })),
        ("rotate", json!({ "degrees": 5 })),
        ("adjust", json!({ "hue_deg": 5 })),
        ("compare", json!({})),
    ] {
        let host = Quiet { cancel_after: Some(std::sync::atomic::AtomicU64::new(8)), ..Quiet::default() };
        let inputs = [&picture[..], &picture];
        let inputs = if method == "compare" { &inputs[..] } else { &inputs[..1] };
        let outcome = run_quietly(&*IMAGE, method, params(given), inputs, 1 << 20, &host);
        assert_eq!(outcome.map(|outputs| outputs.len()), Err(Fault::Cancelled), "{method}");
    }
}
