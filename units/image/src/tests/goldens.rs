//! The same pictures, made by ImageMagick, libvips, Chromium, scikit-image and imagehash (goldens.py).

use data_encoding::BASE64;

use super::*;

fn cases(method: &str) -> Vec<Value> {
    static GOLDENS: LazyLock<Value> =
        LazyLock::new(|| serde_json::from_str(include_str!("../../goldens.json")).unwrap());
    let cases = GOLDENS["cases"].as_array().unwrap();
    let cases: Vec<Value> = cases.iter().filter(|case| case["method"] == method).cloned().collect();
    assert!(!cases.is_empty());
    cases
}

fn check(method: &str) {
    for case in cases(method) {
        let wanted = seen(&BASE64.decode(case["png"].as_str().unwrap().as_bytes()).unwrap());
        let inputs: &[&[u8]] = if method == "overlay" { &[SOURCE, TOP] } else { &[SOURCE] };
        let mut given = case["params"].clone();
        given["output"] = json!({ "format": "png" });
        let (mean, most) = apart(&seen(&file(method, given, inputs)), &wanted);
        let (mean_max, most_max) = (case["mean"].as_f64().unwrap(), case["most"].as_f64().unwrap());
        let what = format!("{method} {} by {}", case["params"], case["by"]);
        println!("{what}: {mean:.3} {most}");
        assert!(mean <= mean_max && most <= most_max + 1e-3, "{what}: {mean} and {most}");
    }
}

#[test]
fn pictures_are_resized_as_by_imagemagick() {
    check("resize");
}

#[test]
fn pictures_are_cut_turned_mirrored_and_repeated_as_by_imagemagick_and_libvips() {
    ["crop", "rotate", "flip", "tile"].into_iter().for_each(check);
}

#[test]
fn light_changes_as_by_imagemagick_and_chromium() {
    ["grayscale", "invert", "levels", "adjust"].into_iter().for_each(check);
}

#[test]
fn pictures_are_soft_and_sharp_as_by_imagemagick_and_scikit_image() {
    ["blur", "unsharp", "median", "edges"].into_iter().for_each(check);
}

#[test]
fn pictures_lie_over_each_other_as_in_chromium() {
    check("overlay");
}

#[test]
fn pictures_differ_as_by_imagemagick_and_scikit_image() {
    let said = said("compare", json!({}), &[SOURCE, SOFT]);
    for case in cases("compare") {
        let (name, number) = (case["name"].as_str().unwrap(), case["number"].as_f64().unwrap());
        let ours = said[name].as_f64().unwrap();
        assert!((ours - number).abs() <= case["most"].as_f64().unwrap(), "{name}: {ours}, by {}: {number}", case["by"]);
    }
}

#[test]
fn pictures_look_alike_as_by_imagehash() {
    let said = said("phash", json!({}), &[SOURCE, SOFT]);
    let hashes: Vec<Value> = cases("phash").into_iter().map(|case| case["hash"].clone()).collect();
    assert_eq!(said, json!({ "hashes": hashes, "distances": [0, 0] }));
}

#[test]
fn pictures_have_the_small_hashes_of_their_authors_programs() {
    for method in ["blurhash", "thumbhash"] {
        for case in cases(method) {
            assert_eq!(said(method, case["params"].clone(), &[SOURCE])[method], case["hash"], "{}", case["params"]);
        }
    }
}

/// The files that other programs wrote, by name.
const READ: &[(&str, &[u8])] = &[
    ("animated.gif", include_bytes!("files/read-animated.gif")),
    ("animated.webp", include_bytes!("files/read-animated.webp")),
    ("clear.bmp", include_bytes!("files/read-clear.bmp")),
    ("deep.png", include_bytes!("files/read-deep.png")),
    ("deep.tif", include_bytes!("files/read-deep.tif")),
    ("deflate.tif", include_bytes!("files/read-deflate.tif")),
    ("gray.jpg", include_bytes!("files/read-gray.jpg")),
    ("inks.jpg", include_bytes!("files/read-inks.jpg")),
    ("jpeg.tif", include_bytes!("files/read-jpeg.tif")),
    ("lossless.webp", include_bytes!("files/read-lossless.webp")),
    ("lossy-clear.webp", include_bytes!("files/read-lossy-clear.webp")),
    ("lossy.webp", include_bytes!("files/read-lossy.webp")),
    ("lzw.tif", include_bytes!("files/read-lzw.tif")),
    ("one-bit.png", include_bytes!("files/read-one-bit.png")),
    ("palette-clear.png", include_bytes!("files/read-palette-clear.png")),
    ("palette.bmp", include_bytes!("files/read-palette.bmp")),
    ("palette.png", include_bytes!("files/read-palette.png")),
    ("progressive.jpg", include_bytes!("files/read-progressive.jpg")),
    ("quarter.jpg", include_bytes!("files/read-quarter.jpg")),
];

#[test]
fn files_of_other_programs_are_read_as_by_pillow() {
    let cases = cases("convert");
    assert_eq!(cases.len(), READ.len());
    let mut wrong = Vec::new();
    for case in cases {
        let name = case["params"]["file"].as_str().unwrap();
        let (_, bytes) = READ.iter().find(|(known, _)| *known == name).unwrap();
        let wanted = seen(&BASE64.decode(case["png"].as_str().unwrap().as_bytes()).unwrap()).with_channels(4);
        let read = seen(&file("convert", json!({ "output": { "format": "png" } }), &[bytes])).with_channels(4);
        let (mean, most) = apart(&read, &wanted);
        println!("{name}: {mean:.3} {most}");
        if mean > case["mean"].as_f64().unwrap() || most > case["most"].as_f64().unwrap() + 1e-3 {
            wrong.push(format!("{name}: {mean} and {most}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}
