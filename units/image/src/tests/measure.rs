//! What is said of pictures.

use super::*;

fn flat(pixel: &[u8], width: usize, height: usize) -> Vec<u8> {
    let samples = pixel.repeat(width * height);
    png(&Pixels::Eight(Raster { width, height, channels: pixel.len(), samples }))
}

#[test]
fn a_picture_is_the_same_as_itself() {
    for pixels in kinds(20, 15) {
        let bytes = png(&pixels);
        let said = said("compare", json!({}), &[&bytes, &bytes]);
        let wanted = json!({
            "width": 20, "height": 15, "same": true, "different_pixels": 0, "different_share": 0.0,
            "largest_difference": 0.0, "mse": 0.0, "psnr_db": null, "ssim": 1.0,
        });
        assert_eq!(said, wanted);
    }
}

#[test]
fn a_difference_is_told_and_drawn() {
    let mut other = seen(SOURCE).eight();
    let at = (7 * 40 + 9) * 3;
    other.samples[at] = other.samples[at].wrapping_add(100);
    let largest = (f64::from(other.samples[at]) - f64::from(seen(SOURCE).eight().samples[at])).abs() / 255.0;
    let other = png(&Pixels::Eight(other));
    let told = said("compare", json!({}), &[SOURCE, &other]);
    assert_eq!((&told["different_pixels"], &told["same"]), (&json!(1), &json!(false)));
    assert!((told["largest_difference"].as_f64().unwrap() - largest).abs() < 1e-6);
    let mse = largest * largest / 3600.0;
    assert!((told["psnr_db"].as_f64().unwrap() + 10.0 * mse.log10()).abs() < 1e-4);
    assert_eq!(said("compare", json!({ "tolerance": 0.9 }), &[SOURCE, &other])["different_pixels"], 0);
    let drawn = seen(&file("compare", json!({ "as": "png" }), &[SOURCE, &other])).eight();
    for (number, pixel) in drawn.samples.chunks_exact(3).enumerate() {
        assert_eq!(pixel == [230, 30, 30], number == 7 * 40 + 9, "{pixel:?}");
        assert!(number == 7 * 40 + 9 || pixel.iter().all(|light| *light >= 216 && *light == pixel[0]));
    }
}

#[test]
fn what_is_not_seen_does_not_differ_and_what_is_half_seen_does() {
    let compare = |one: &[u8], other: &[u8]| said("compare", json!({}), &[&flat(one, 12, 12), &flat(other, 12, 12)]);
    assert_eq!(compare(&[255, 0, 0, 0], &[0, 255, 0, 0])["same"], true);
    assert_eq!(compare(&[255, 255, 255, 255], &[255, 255, 255, 0])["same"], false);
    // A picture that says that it is opaque is the same as one that does not need to; so are gray and gray of three.
    assert_eq!(compare(&[9, 8, 7, 255], &[9, 8, 7])["same"], true);
    assert_eq!(compare(&[9], &[9, 9, 9])["same"], true);
}

#[test]
fn pictures_of_two_sizes_are_compared_after_a_step() {
    let (one, other) = (flat(&[10, 20, 30], 20, 20), flat(&[10, 20, 30], 30, 30));
    let (pointer, message) = refused("compare", json!({}), &[&one, &other]);
    assert!(pointer == "/inputs/1" && message.contains("resize"), "{message}");
    let steps = json!([{ "step": "resize", "width": 20 }]);
    assert_eq!(said("compare", json!({ "steps": steps }), &[&one, &other])["same"], true);
}

#[test]
fn small_pictures_have_no_window_to_look_alike_through() {
    assert_eq!(said("compare", json!({}), &[&flat(&[1], 10, 30), &flat(&[200], 10, 30)])["ssim"], Value::Null);
}

#[test]
fn the_colours_of_a_flag_are_told_by_their_shares() {
    let mut samples = Vec::new();
    for (colour, rows) in [([206, 17, 38], 30), ([255, 255, 255], 20), ([0, 40, 104], 10)] {
        (0..rows * 90).for_each(|_| samples.extend_from_slice(&colour));
    }
    let flag = png(&Pixels::Eight(Raster { width: 90, height: 60, channels: 3, samples }));
    let wanted = json!({ "colors": [
        { "hex": "#ce1126", "share": 0.5 }, { "hex": "#ffffff", "share": 0.3333 }, { "hex": "#002868", "share": 0.1667 },
    ] });
    assert_eq!(said("colors", json!({}), &[&flag]), wanted);
    assert_eq!(said("colors", json!({ "count": 3 }), &[&flag]), wanted);
    let drawn = seen(&file("colors", json!({ "as": "png" }), &[&flag])).eight();
    assert_eq!((drawn.width, drawn.height), (512, 64));
    assert_eq!([&drawn.samples[..3], &drawn.samples[300 * 3..301 * 3]], [&[206, 17, 38][..], &[255, 255, 255]]);
    // Nothing that is seen has no colours.
    assert_eq!(said("colors", json!({}), &[&flat(&[1, 2, 3, 0], 4, 4)]), json!({ "colors": [] }));
    assert!(seen(&file("colors", json!({ "as": "png" }), &[&flat(&[1, 2, 3, 0], 4, 4)])).width() == 512);
}

#[test]
fn one_colour_is_drawn_again_by_its_hashes() {
    let drawn = seen(&file("blurhash", json!({ "as": "png" }), &[SOURCE]));
    assert_eq!((drawn.width(), drawn.height()), (128, 96));
    for method in ["blurhash", "thumbhash"] {
        let drawn = seen(&file(method, json!({ "as": "png" }), &[&flat(&[255, 128, 0], 30, 20)])).eight();
        let mean = |channel: usize| {
            let samples = drawn.samples.iter().skip(channel).step_by(4);
            samples.map(|light| f64::from(*light)).sum::<f64>() / (drawn.width * drawn.height) as f64
        };
        for (channel, wanted) in [255.0, 128.0, 0.0, 255.0].into_iter().enumerate() {
            // BlurHash's waves do not add up to nothing: even light is a little uneven in it.
            assert!((mean(channel) - wanted).abs() < 10.0, "{method}: {}", mean(channel));
        }
    }
}

#[test]
fn what_looks_alike_has_alike_bits() {
    let small = file("resize", json!({ "width": 25, "output": { "format": "jpeg", "quality": 60 } }), &[SOURCE]);
    let turned = file("rotate", json!({ "degrees": 90 }), &[SOURCE]);
    let told = said("phash", json!({}), &[SOURCE, &small, &turned]);
    let distance = |at: usize| told["distances"][at].as_u64().unwrap();
    assert!(distance(0) == 0 && distance(1) <= 6 && distance(2) >= 16, "{told}");
}

#[test]
fn steps_come_before_what_is_said() {
    let steps = json!([{ "step": "overlay", "input": 1 }, { "step": "crop", "width": 1, "height": 1 }]);
    let told = said("colors", json!({ "steps": steps }), &[&flat(&[9, 9, 9], 5, 5), &flat(&[255, 0, 0], 2, 2)]);
    assert_eq!(told, json!({ "colors": [{ "hex": "#ff0000", "share": 1.0 }] }));
}
