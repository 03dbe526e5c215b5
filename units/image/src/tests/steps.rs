//! What steps do, by laws that hold for every kind of picture.

use super::*;

/// A slope: light that rises evenly to the right and downwards.
fn slope(width: usize, height: usize) -> Raster<u16> {
    let samples = (0..width * height).map(|at| (20_000 + 300 * (at % width) + 200 * (at / width)) as u16).collect();
    Raster { width, height, channels: 1, samples }
}

fn gray(width: usize, height: usize, samples: &[u8]) -> Pixels {
    Pixels::Eight(Raster { width, height, channels: 1, samples: samples.to_vec() })
}

fn one(pixel: &[u8]) -> Pixels {
    Pixels::Eight(Raster { width: 1, height: 1, channels: pixel.len(), samples: pixel.to_vec() })
}

fn samples(pixels: Pixels) -> Vec<u8> {
    pixels.eight().samples
}

#[test]
fn what_is_done_and_undone_leaves_a_picture_as_it_was() {
    for pixels in kinds(13, 8) {
        let pipeline = |steps: Value| made("pipeline", json!({ "steps": steps }), &[&pixels]);
        for steps in [
            json!([{ "step": "flip" }, { "step": "flip" }]),
            json!([{ "step": "flip", "axis": "vertical" }, { "step": "flip", "axis": "vertical" }]),
            json!([{ "step": "rotate", "degrees": 90 }, { "step": "rotate", "degrees": 270 }]),
            json!([{ "step": "rotate", "degrees": 180 }, { "step": "rotate", "degrees": -180 }]),
            json!([{ "step": "flip" }, { "step": "flip", "axis": "vertical" }, { "step": "rotate", "degrees": 180 }]),
            json!([{ "step": "invert" }, { "step": "invert" }]),
            json!([{ "step": "tile", "columns": 3, "rows": 2 }, { "step": "crop", "x": 13, "y": 8, "width": 13, "height": 8 }]),
            json!([{ "step": "resize", "width": 13 }]),
            json!([{ "step": "levels" }]),
            json!([{ "step": "adjust" }]),
            json!([{ "step": "thumbnail" }]),
        ] {
            assert_eq!(pipeline(steps.clone()), pixels, "{steps}");
        }
    }
}

#[test]
fn a_pipeline_does_what_its_steps_do_one_by_one() {
    let blurred = file("blur", json!({ "sigma": 1.5, "output": { "format": "png" } }), &[SOURCE]);
    let small = file("resize", json!({ "width": 20, "output": { "format": "png" } }), &[&blurred]);
    let by_one = file("grayscale", json!({}), &[&small]);
    let steps = json!([{ "step": "blur", "sigma": 1.5 }, { "step": "resize", "width": 20 }, { "step": "grayscale" }]);
    assert_eq!(file("pipeline", json!({ "steps": steps }), &[SOURCE]), by_one);
}

#[test]
fn a_size_is_by_the_shape_of_the_picture() {
    for (given, size) in [
        (json!({ "width": 20 }), (20, 15)),
        (json!({ "height": 15 }), (20, 15)),
        (json!({ "width": 20, "height": 20 }), (20, 15)),
        (json!({ "width": 100, "height": 30 }), (40, 30)),
        (json!({ "width": 7, "height": 9, "mode": "fill" }), (7, 9)),
        (json!({ "width": 7, "height": 9, "mode": "exact" }), (7, 9)),
        (json!({ "width": 1 }), (1, 1)),
    ] {
        let made = seen(&file("resize", given.clone(), &[SOURCE]));
        assert_eq!((made.width(), made.height()), size, "{given}");
    }
    for (given, size) in [
        (json!({ "size": 10 }), (10, 8)),
        (json!({ "size": 10, "square": true }), (10, 10)),
        (json!({ "size": 1000 }), (40, 30)),
        (json!({ "size": 1000, "square": true }), (30, 30)),
    ] {
        let made = seen(&file("thumbnail", given.clone(), &[SOURCE]));
        assert_eq!((made.width(), made.height()), size, "{given}");
    }
    let (pointer, message) = refused("resize", json!({}), &[SOURCE]);
    assert_eq!((pointer.as_str(), message.as_str()), ("/params", "a width or a height is needed"));
}

#[test]
fn a_line_may_become_a_line_the_other_way() {
    // What lies between, were it made the wrong way, would have 10,000 million pixels.
    for pixels in [Pixels::Eight(noise(100_000, 1, 3)), Pixels::Sixteen(noise(1, 100_000, 1))] {
        let (width, height) = (pixels.height(), pixels.width());
        let given = json!({ "width": width, "height": height, "mode": "exact" });
        let made = made("resize", given, &[&pixels]);
        assert_eq!((made.width(), made.height()), (width, height));
        let all = |pixels: Pixels| pixels.eight().samples.iter().map(|light| f64::from(*light)).sum::<f64>();
        let mean = all(pixels.clone()) / (100_000 * pixels.channels()) as f64;
        assert!((all(made) / (100_000 * pixels.channels()) as f64 - mean).abs() < 1.0);
    }
}

#[test]
fn what_fills_a_size_is_cut_on_both_sides() {
    // Left third dark, middle gray, right light: of three squares the middle one is left.
    let pixels = gray(3, 1, &[0, 100, 255]);
    assert_eq!(samples(made("resize", json!({ "width": 1, "height": 1, "mode": "fill" }), &[&pixels])), [100]);
}

#[test]
fn a_part_must_lie_inside() {
    for (given, pointer) in [
        (json!({ "x": 30, "width": 11, "height": 1 }), "/params/width"),
        (json!({ "y": 30, "width": 1, "height": 1 }), "/params/height"),
        (json!({ "x": 4_000_000_000_u32, "width": 4_000_000_000_u32, "height": 1 }), "/params/width"),
    ] {
        assert_eq!(refused("crop", given.clone(), &[SOURCE]).0, pointer, "{given}");
    }
    let steps = json!([{ "step": "flip" }, { "step": "crop", "width": 41, "height": 1 }]);
    assert_eq!(refused("pipeline", json!({ "steps": steps }), &[SOURCE]).0, "/params/steps/1/width");
}

#[test]
fn a_slope_that_is_turned_stays_a_slope() {
    let pixels = Pixels::Sixteen(slope(60, 40));
    for degrees in [10.0_f64, 45.0, 133.0, -77.5] {
        let turned = made("rotate", json!({ "degrees": degrees }), &[&pixels]).sixteen();
        let (sin, cos) = degrees.to_radians().sin_cos();
        let mut compared = 0;
        for y in 0..turned.height {
            for x in 0..turned.width {
                let right = x as f64 + 0.5 - turned.width as f64 / 2.0;
                let down = y as f64 + 0.5 - turned.height as f64 / 2.0;
                let (at_x, at_y) = (right * cos + down * sin + 29.5, down * cos - right * sin + 19.5);
                // Where all that a pixel is made of lies inside.
                if (0.0..=59.0).contains(&at_x) && (0.0..=39.0).contains(&at_y) {
                    let wanted = 20_000.0 + 300.0 * at_x + 200.0 * at_y;
                    let at = (y * turned.width + x) * turned.channels;
                    let [light, alpha] = [turned.samples[at], turned.samples[at + 1]];
                    assert!((f64::from(light) - wanted).abs() <= 1.0, "{degrees} at {x}, {y}: {light}, not {wanted}");
                    assert_eq!(alpha, 65_535);
                    compared += 1;
                } else if !(-1.0..=60.0).contains(&at_x) || !(-1.0..=40.0).contains(&at_y) {
                    assert_eq!(turned.samples[(y * turned.width + x) * turned.channels + 1], 0);
                }
            }
        }
        assert!(compared > 2200, "{compared}");
    }
}

#[test]
fn what_is_transparent_does_not_bleed() {
    // Green that nobody sees lies beside white that everybody sees.
    let mut pixels = Raster::<u8>::new(16, 16, 4);
    for (at, pixel) in pixels.samples.chunks_exact_mut(4).enumerate() {
        pixel.copy_from_slice(if at % 16 < 8 { &[0, 255, 0, 0] } else { &[255, 255, 255, 255] });
    }
    let pixels = Pixels::Eight(pixels);
    for (method, given) in [
        ("resize", json!({ "width": 5 })),
        ("resize", json!({ "width": 37 })),
        ("blur", json!({ "sigma": 2.0 })),
        ("rotate", json!({ "degrees": 20 })),
    ] {
        for pixel in samples(made(method, given.clone(), &[&pixels])).chunks_exact(4) {
            assert!(pixel[3] == 0 || pixel[..3].iter().all(|light| *light >= 253), "{method} {given}: {pixel:?}");
        }
    }
    let white = json!({ "format": "jpeg", "quality": 100 });
    let flat = samples(seen(&file("convert", json!({ "output": white }), &[&png(&pixels)])));
    assert!(flat.iter().all(|light| *light >= 254));
    let black = json!({ "format": "jpeg", "quality": 100, "background": "#000000" });
    let flat = seen(&file("convert", json!({ "output": black }), &[&png(&pixels)]));
    assert!(samples(made("crop", json!({ "width": 7, "height": 16 }), &[&flat])).iter().all(|light| *light <= 1));
}

#[test]
fn a_blur_keeps_light_and_is_the_bell() {
    let mut point = Raster::<u16>::new(41, 41, 1);
    point.samples[20 * 41 + 20] = 60_000;
    let soft = made("blur", json!({ "sigma": 2.0 }), &[&Pixels::Sixteen(point)]).sixteen();
    let sum: f64 = soft.samples.iter().map(|sample| f64::from(*sample)).sum();
    assert!((sum - 60_000.0).abs() < 60.0, "{sum}");
    let bell = |x: i32, y: i32| (-0.5 * f64::from(x * x + y * y) / 4.0).exp() / (2.0 * std::f64::consts::PI * 4.0);
    for (x, y) in [(0, 0), (1, 0), (0, 2), (3, 3), (-4, 1)] {
        let at = ((20 + y) * 41 + 20 + x) as usize;
        let (ours, wanted) = (f64::from(soft.samples[at]), 60_000.0 * bell(x, y));
        assert!((ours - wanted).abs() < 10.0 + 0.004 * wanted, "{x}, {y}: {ours}, not {wanted}");
    }
}

#[test]
fn even_light_stays_even() {
    for pixels in [one(&[77]), one(&[10, 200, 60, 128]), gray(9, 3, &[50; 27])] {
        for (method, given) in [
            ("blur", json!({ "sigma": 30.0 })),
            ("unsharp", json!({ "sigma": 2.0, "amount": 5.0 })),
            ("median", json!({ "radius": 5 })),
            ("resize", json!({ "width": 17, "height": 4, "mode": "exact" })),
            ("resize", json!({ "width": 17, "filter": "nearest" })),
        ] {
            let (made, one) = (samples(made(method, given.clone(), &[&pixels])), samples(pixels.clone()));
            let mut pairs = made.iter().zip(one.iter().cycle());
            assert!(pairs.all(|(made, one)| made.abs_diff(*one) <= 1), "{method} {given}: {made:?}");
        }
        let dark = made("edges", json!({ "gain": 50.0 }), &[&pixels]);
        assert!(samples(dark).iter().all(|light| *light == 0));
    }
}

#[test]
fn the_sharpest_edge_is_full_light() {
    let pixels = gray(4, 4, &[0, 0, 255, 255, 0, 0, 255, 255, 0, 0, 255, 255, 0, 0, 255, 255]);
    assert_eq!(samples(made("edges", json!({}), &[&pixels])), [0, 255, 255, 0].repeat(4));
}

#[test]
fn specks_go_and_edges_stay() {
    let mut picture = [[0_u8; 8], [0; 8], [0; 8], [255; 8], [255; 8], [255; 8]].concat();
    let clean = picture.clone();
    picture[9] = 255;
    picture[40] = 0;
    assert_eq!(samples(made("median", json!({ "radius": 1 }), &[&gray(8, 6, &picture)])), clean);
    // Of 16 bits it is found in the same way.
    let deep = Pixels::Sixteen(gray(8, 6, &picture).sixteen());
    assert_eq!(samples(made("median", json!({ "radius": 1 }), &[&deep])), clean);
}

#[test]
fn levels_say_what_is_dark_and_what_is_light() {
    let levels = |given: Value| samples(made("levels", given, &[&gray(5, 1, &[0, 51, 102, 204, 255])]));
    assert_eq!(levels(json!({ "black": 0.2, "white": 0.8 })), [0, 0, 85, 255, 255]);
    let lighter = levels(json!({ "gamma": 2.0 }));
    assert_eq!(lighter, [0, 114, 161, 228, 255]);
    assert_eq!(refused("levels", json!({ "black": 0.5, "white": 0.5 }), &[SOURCE]).0, "/params/white");
}

#[test]
fn an_overlay_may_lie_outside_and_be_seen_in_part() {
    let (below, above) = (gray(3, 2, &[10; 6]), gray(2, 2, &[210; 4]));
    let laid = |given: Value| samples(made("overlay", given, &[&below, &above]));
    assert_eq!(laid(json!({})), [210, 210, 10, 210, 210, 10]);
    assert_eq!(laid(json!({ "x": 2, "y": -1 })), [10, 10, 210, 10, 10, 10]);
    assert_eq!(laid(json!({ "x": -1, "y": 1, "opacity": 0.5 })), [10, 10, 10, 110, 10, 10]);
    assert_eq!(laid(json!({ "x": 3 })), [10; 6]);
    assert_eq!(laid(json!({ "x": -100_000, "y": 100_000 })), [10; 6]);
    assert_eq!(laid(json!({ "blend": "add", "opacity": 0.5 })), [115, 115, 10, 115, 115, 10]);
    // Colours above make colours of grays; what is deeper makes both deeper.
    let red = Pixels::Sixteen(Raster { width: 1, height: 1, channels: 3, samples: vec![65_535, 257, 0] });
    let mixed = made("overlay", json!({}), &[&below, &red]);
    assert_eq!((mixed.channels(), mixed.pixel_len()), (3, 6));
    assert_eq!(samples(mixed)[..6], [255, 1, 0, 10, 10, 10]);
}

#[test]
fn an_overlay_on_nothing_is_what_lies_above() {
    for blend in ["normal", "multiply", "difference", "color_burn", "soft_light", "add"] {
        let made = made("overlay", json!({ "blend": blend }), &[&one(&[1, 2, 3, 0]), &one(&[200, 100, 50, 255])]);
        assert_eq!(samples(made), [200, 100, 50, 255], "{blend}");
    }
}

#[test]
fn inputs_that_are_not_there_are_named() {
    let steps = json!([{ "step": "overlay", "input": 2 }]);
    let (pointer, message) = refused("pipeline", json!({ "steps": steps }), &[SOURCE, TOP]);
    assert_eq!((pointer.as_str(), message.as_str()), ("/params/steps/0/input", "there are 2 inputs, from 0"));
}

#[test]
fn every_step_takes_a_picture_of_one_pixel_and_of_every_kind() {
    let steps = json!([
        { "step": "resize", "width": 3, "height": 2, "mode": "fill" }, { "step": "thumbnail", "size": 1 },
        { "step": "crop", "width": 1, "height": 1 }, { "step": "rotate", "degrees": 33 }, { "step": "flip" },
        { "step": "tile", "columns": 2, "rows": 2 }, { "step": "grayscale" }, { "step": "invert" },
        { "step": "levels", "black": 0.1, "gamma": 0.3 }, { "step": "adjust", "hue_deg": 10, "contrast": 3 },
        { "step": "blur", "sigma": 100 }, { "step": "unsharp" }, { "step": "median", "radius": 32 },
        { "step": "edges" }, { "step": "overlay", "input": 0, "x": -1, "blend": "color_dodge" },
    ]);
    for step in steps.as_array().unwrap() {
        for pixels in kinds(1, 1).into_iter().chain(kinds(1, 5)).chain(kinds(7, 1)) {
            let given = json!({ "steps": [step], "output": { "format": "png" } });
            assert!(made("pipeline", given, &[&pixels]).width() > 0, "{step}");
        }
    }
}

#[test]
fn how_many_threads_work_never_shows() {
    struct Threads(usize);
    impl inos_unit::Host for Threads {
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
    let picture = png(&Pixels::Eight(noise(1024, 700, 4)));
    let steps = json!([
        { "step": "blur", "sigma": 3 }, { "step": "median", "radius": 2 }, { "step": "adjust", "hue_deg": 30 },
        { "step": "rotate", "degrees": 3 }, { "step": "unsharp" },
    ]);
    let given = json!({ "steps": steps, "output": { "level": 0 } });
    let by = |count| run_quietly(&*IMAGE, "pipeline", params(given.clone()), &[&picture], 1 << 20, &Threads(count));
    assert!(by(1).unwrap() == by(3).unwrap());
}
