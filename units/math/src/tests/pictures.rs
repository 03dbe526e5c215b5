//! Pictures: that they are PNGs of the size that they say, show what there is, and can be read.

use super::*;

/// Width, height and the colour of each point.
fn seen(png: &[u8]) -> (usize, usize, Vec<u8>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let mut points = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut points).unwrap();
    (info.width as usize, info.height as usize, points)
}

fn drawn(method: &str, given: Value, inputs: &[&[u8]]) -> (usize, usize, Vec<u8>) {
    seen(&run(method, given, inputs).unwrap()[0])
}

#[test]
fn a_histogram_stands_as_high_as_its_counts() {
    let (width, height, points) =
        drawn("histogram", json!({ "values": [0, 0, 0, 0, 1, 1, 2, 3], "bins": 3, "output": "png" }), &[]);
    assert_eq!((width, height), (960, 540));
    let blue = |x: usize| (0..height).filter(|y| points[y * width + x] == 3).count();
    // The middles of the three bars: four, two and two.
    let heights = [255, 525, 795].map(blue);
    assert!(heights[0] > 400 && heights[1].abs_diff(heights[0] / 2) < 3 && heights[1] == heights[2], "{heights:?}");
}

#[test]
fn a_spectrum_has_its_peak_where_the_wave_is() {
    let wave: Vec<f32> = (0..1000).map(|i| (i as f32 * std::f32::consts::TAU / 8.0).sin()).collect();
    let (width, height, points) = drawn("fft", json!({ "output": "png" }), &[&packed_f32(&wave)]);
    // One cycle in eight samples is a quarter of the way to half a cycle in one.
    let top = |x: usize| (0..height).find(|y| points[y * width + x] == 3).unwrap_or(height);
    let peak = (121..930).min_by_key(|x| top(*x)).unwrap();
    assert!(peak.abs_diff(120 + 810 / 4) < 4 && top(peak) < 60, "{peak} {}", top(peak));
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    assert_eq!(
        mistake("fft", json!({ "values": [1, 0, 1, 0], "kind": "inverse_real", "output": "png" }), &[]),
        "/params/output"
    );
    assert_eq!(mistake("fft", json!({ "output": "png" }), &[&packed_f32(&[f32::NAN; 4])]), "/inputs/0");
}

#[test]
fn all_that_is_written_has_letters() {
    for text in [
        "spectrum of 10 samples",
        "10 values in 3 bins",
        "frequency, cycles per sample",
        "power, dB below its peak",
        "value",
        "count",
        "-1.5e-7",
    ] {
        assert!(inos_plot::has_all(text), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_numbers_can_be_drawn(numbers in prop::collection::vec(prop_oneof![-1e300..1e300_f64, -1.0..1.0, Just(0.0), Just(5e-324)], 1..40), bins in 1..3000_u32) {
        for (method, given) in [("histogram", json!({ "output": "png", "type": "f64", "bins": bins })), ("fft", json!({ "output": "png", "type": "f64" }))] {
            let ended = run(method, given, &[&packed(&numbers)]);
            // Numbers that lie too far apart, or that have no neighbours, have no histogram at all.
            let refused = matches!(&ended, Err(Fault::Invalid { pointer, .. }) if pointer == "/params/maximum");
            prop_assert!(ended.is_ok() || refused && method == "histogram", "{:?}", ended);
        }
    }
}
