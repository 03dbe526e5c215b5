//! Files: what is written is what was there, in every format, with its colours and the right side up.

use super::*;

/// A profile of this space that says nothing else: only its head counts here.
fn profile(space: &[u8; 4], len: usize) -> Vec<u8> {
    let mut icc = vec![0; len];
    icc[16..20].copy_from_slice(space);
    icc[36..40].copy_from_slice(b"acsp");
    icc
}

/// EXIF that says nothing but which side is up.
fn exif(orientation: u8) -> Vec<u8> {
    let mut exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    exif
}

fn with_profile(icc: &[u8]) -> Vec<u8> {
    use image::ImageEncoder;
    let pixels = seen(SOURCE).eight();
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    encoder.set_icc_profile(icc.to_vec()).unwrap();
    encoder.write_image(&pixels.samples, 40, 30, image::ExtendedColorType::Rgb8).unwrap();
    bytes
}

#[test]
fn what_is_written_without_loss_is_read_again() {
    for pixels in kinds(21, 10) {
        for (format, eight) in [("png", false), ("tiff", false), ("webp", true), ("bmp", true)] {
            let file = file("convert", json!({ "output": { "format": format } }), &[&png(&pixels)]);
            let wanted = if eight { Pixels::Eight(pixels.clone().eight()) } else { pixels.clone() };
            let read = seen(&file);
            assert_eq!(read.clone().with_channels(4), wanted.with_channels(4), "{format} of {}", pixels.channels());
            let again = seen(&super::file("convert", json!({ "output": { "format": "png" } }), &[&file]));
            assert_eq!(again, read, "{format}");
        }
    }
}

#[test]
fn every_level_of_png_is_the_same_picture() {
    let mut lens = Vec::new();
    for level in 0..=9 {
        let written = file("convert", json!({ "output": { "level": level } }), &[SOURCE]);
        assert_eq!(seen(&written), seen(SOURCE));
        lens.push(written.len());
    }
    assert!(lens[0] > 3600 && lens[9] <= lens[1] && lens[6] < lens[0], "{lens:?}");
}

#[test]
fn a_jpeg_is_as_good_as_it_is_told_to_be() {
    let written = |output: Value| file("convert", json!({ "output": output }), &[SOURCE]);
    let psnr = |bytes: &[u8]| said("compare", json!({}), &[SOURCE, bytes])["psnr_db"].as_f64().unwrap();
    let [poor, usual, good] = [10, 85, 100].map(|quality| written(json!({ "format": "jpeg", "quality": quality })));
    assert!(poor.len() < usual.len() && usual.len() < good.len());
    assert!(psnr(&poor) < psnr(&usual) && psnr(&usual) < psnr(&good) && psnr(&good) > 35.0);
    assert_eq!(usual, written(json!({ "format": "jpeg" })));
    let coarse = written(json!({ "format": "jpeg", "progressive": true }));
    assert_eq!(seen(&coarse), seen(&usual));
    // 0xffc2 begins a progressive frame, 0xffc0 one that is not.
    let has = |bytes: &[u8], marker: u8| bytes.windows(2).any(|pair| pair == [0xff, marker]);
    assert!(has(&coarse, 0xc2) && !has(&usual, 0xc2) && has(&usual, 0xc0));
    let full = written(json!({ "format": "jpeg", "chroma": "4:4:4" }));
    let quarter = written(json!({ "format": "jpeg", "chroma": "4:2:0" }));
    assert!(quarter.len() < full.len() && psnr(&quarter) < psnr(&full));
}

#[test]
fn grays_stay_grays_in_a_jpeg() {
    let gray = file("grayscale", json!({ "output": { "format": "jpeg", "quality": 100 } }), &[SOURCE]);
    assert_eq!(seen(&gray).channels(), 1);
    let (mean, _) = apart(&seen(&gray), &seen(&file("grayscale", json!({}), &[SOURCE])));
    assert!(mean < 1.0, "{mean}");
}

#[test]
fn a_gif_has_its_first_frame_and_few_colours() {
    let written = file("convert", json!({ "output": { "format": "gif" } }), &[SOURCE]);
    assert!(written.starts_with(b"GIF8"));
    let (mean, _) = apart(&seen(&written).with_channels(3), &seen(SOURCE));
    // Some 1,200 colours have become 256.
    assert!(mean < 14.0, "{mean}");
    let mut two = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut two);
    for light in [30, 220] {
        let frame = image::RgbaImage::from_pixel(5, 4, image::Rgba([light, light, light, 255]));
        encoder.encode_frame(image::Frame::new(frame)).unwrap();
    }
    drop(encoder);
    let first = seen(&file("convert", json!({ "output": { "format": "png" } }), &[&two])).eight();
    assert_eq!((first.width, first.height, first.samples[0]), (5, 4, 30));
}

#[test]
fn every_orientation_is_turned_upright_and_told() {
    // What lies in the corners, as each orientation stores the same upright picture (Exif 2.32, 4.6.5): left top, right top, left
    // bottom, right bottom.
    let upright = [10, 80, 160, 240];
    for (orientation, [a, b, c, d]) in [
        (1, [0, 1, 2, 3]),
        (2, [1, 0, 3, 2]),
        (3, [3, 2, 1, 0]),
        (4, [2, 3, 0, 1]),
        (5, [0, 2, 1, 3]),
        (6, [1, 3, 0, 2]),
        (7, [3, 1, 2, 0]),
        (8, [2, 0, 3, 1]),
    ] {
        // Blocks of JPEG, so that corners stay clear of each other: 16 by 32 pixels upright.
        let is_aside = orientation > 4;
        let (width, height) = if is_aside { (32, 16) } else { (16, 32) };
        let stored = [a, b, c, d].map(|at: usize| upright[at]);
        let samples = (0..width * height).map(|at| {
            let (right, down) = (usize::from(at % width >= width / 2), usize::from(at / width >= height / 2));
            stored[down * 2 + right]
        });
        let pixels = Pixels::Eight(Raster { width, height, channels: 1, samples: samples.collect() });
        for bytes in [jpeg_with(&exif(orientation), &pixels), png_with(&exif(orientation), &pixels)] {
            let told = said("info", json!({}), &[&bytes]);
            assert_eq!(
                (&told["width"], &told["height"], &told["orientation"]),
                (&json!(16), &json!(32), &json!(orientation))
            );
            let made = file("convert", json!({ "output": { "format": "png" } }), &[&bytes]);
            assert_eq!(said("info", json!({}), &[&made])["orientation"], 1);
            let made = seen(&made).eight();
            let corner = |x: usize, y: usize| made.samples[(y * 16 + x) * made.channels];
            let corners = [corner(2, 2), corner(13, 2), corner(2, 29), corner(13, 29)];
            let apart = corners.iter().zip(upright).map(|(light, wanted)| light.abs_diff(wanted)).max();
            assert!(apart <= Some(4), "orientation {orientation}: {corners:?}");
        }
    }
}

fn jpeg_with(exif: &[u8], pixels: &Pixels) -> Vec<u8> {
    let plain = file("convert", json!({ "output": { "format": "jpeg", "quality": 95 } }), &[&png(pixels)]);
    let mut bytes = plain[..2].to_vec();
    bytes.extend([0xff, 0xe1]);
    bytes.extend((exif.len() as u16 + 8).to_be_bytes());
    bytes.extend(b"Exif\0\0");
    bytes.extend(exif);
    bytes.extend(&plain[2..]);
    bytes
}

fn png_with(exif: &[u8], pixels: &Pixels) -> Vec<u8> {
    use image::ImageEncoder;
    let raster = pixels.clone().eight();
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    encoder.set_exif_metadata(exif.to_vec()).unwrap();
    let (width, height) = (raster.width as u32, raster.height as u32);
    encoder.write_image(&raster.samples, width, height, image::ExtendedColorType::L8).unwrap();
    bytes
}

#[test]
fn a_profile_is_kept_where_it_says_something() {
    // Longer than one part of a JPEG, so that it is put together again.
    let icc = profile(b"RGB ", 100_000);
    let bytes = with_profile(&icc);
    assert_eq!(said("info", json!({}), &[&bytes])["icc_bytes"], 100_000);
    for (format, len) in
        [("png", 100_000), ("jpeg", 100_000), ("webp", 100_000), ("tiff", 100_000), ("gif", 0), ("bmp", 0)]
    {
        let written = file("resize", json!({ "width": 20, "output": { "format": format } }), &[&bytes]);
        let told = said("info", json!({}), &[&written]);
        assert_eq!((&told["icc_bytes"], &told["format"]), (&json!(len), &json!(format)));
    }
    let stripped = file("convert", json!({ "output": { "strip": true } }), &[&bytes]);
    assert_eq!(said("info", json!({}), &[&stripped])["icc_bytes"], 0);
    // One for colours says nothing of grays, and one for inks nothing of light.
    assert_eq!(said("info", json!({}), &[&file("grayscale", json!({}), &[&bytes])])["icc_bytes"], 0);
    let inks = with_profile(&profile(b"CMYK", 200));
    assert_eq!(said("info", json!({}), &[&file("flip", json!({}), &[&inks])])["icc_bytes"], 0);
}

#[test]
fn a_head_says_what_a_file_is() {
    let deep = png(&Pixels::Sixteen(noise(9, 7, 4)));
    let told = said("info", json!({}), &[&deep]);
    let wanted = json!({
        "format": "png", "media_type": "image/png", "bytes": deep.len(), "width": 9, "height": 7, "channels": 4,
        "bits": 16, "has_alpha": true, "orientation": 1, "icc_bytes": 0,
    });
    assert_eq!(told, wanted);
}

#[test]
fn the_output_has_the_media_type_of_what_was_written() {
    for (format, media) in [
        ("jpeg", "image/jpeg"),
        ("png", "image/png"),
        ("webp", "image/webp"),
        ("gif", "image/gif"),
        ("tiff", "image/tiff"),
        ("bmp", "image/bmp"),
    ] {
        let outputs = asked("convert", json!({ "output": { "format": format } }), &[SOURCE]).unwrap();
        assert_eq!(outputs[0].0, media);
        // What nothing is said of is written as it came.
        assert_eq!(asked("flip", json!({}), &[&outputs[0].1]).unwrap()[0].0, media);
    }
}

#[test]
fn a_picture_that_is_too_long_for_a_format_is_refused() {
    let long = png(&Pixels::Eight(Raster { width: 20_000, height: 1, channels: 1, samples: vec![9; 20_000] }));
    let outcome = asked("convert", json!({ "output": { "format": "webp" } }), &[&long]);
    assert!(matches!(outcome, Err(Fault::Limit { limit: 16_383, .. })), "{outcome:?}");
}
