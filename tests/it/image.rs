//! Pictures through a server: what is not to be trusted is read in a process that can be killed, and nothing is made for what a
//! file only claims.

use inos_tests::{Answer, Client, Options, TestNode};
use serde_json::{Value, json};

/// A BMP file of 24 bits a pixel.
fn bmp(width: u32, height: u32, pixel: impl Fn(u32, u32) -> [u8; 3]) -> Vec<u8> {
    let mut data = Vec::new();
    for y in (0..height).rev() {
        for x in 0..width {
            let [red, green, blue] = pixel(x, y);
            data.extend([blue, green, red]);
        }
        data.resize(data.len().next_multiple_of(4), 0);
    }
    let mut bytes = b"BM".to_vec();
    bytes.extend((54 + data.len() as u32).to_le_bytes());
    bytes.extend([0; 4]);
    bytes.extend(54_u32.to_le_bytes());
    bytes.extend(40_u32.to_le_bytes());
    bytes.extend(width.to_le_bytes());
    bytes.extend(height.to_le_bytes());
    bytes.extend([1, 0, 24, 0]);
    bytes.extend(0_u32.to_le_bytes());
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend([0; 16]);
    bytes.extend(data);
    bytes
}

/// Light that rises to the right and downwards.
fn slope(width: u32, height: u32) -> Vec<u8> {
    bmp(width, height, |x, y| [(255 * x / width) as u8, (255 * y / height) as u8, 90])
}

fn query(params: &Value) -> String {
    let escaped = |text: &str| text.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
    let said = |(name, value): (&String, &Value)| match value {
        Value::String(text) => format!("{name}={}", escaped(text)),
        other => format!("{name}={}", escaped(&other.to_string())),
    };
    let said: Vec<String> = params.as_object().unwrap().iter().map(said).collect();
    format!("?{}", said.join("&"))
}

/// The answer of a method, which must be one.
fn asked(client: &Client, method: &str, params: &Value, input: &[u8]) -> Vec<u8> {
    taken(method, client.run(&format!("image.{method}"), &query(params), input))
}

/// The same of two inputs, as parts of a form.
fn asked_two(client: &Client, method: &str, params: &Value, inputs: [&[u8]; 2]) -> Vec<u8> {
    let mut body = Vec::new();
    for input in inputs {
        body.extend(b"--edge\r\ncontent-disposition: form-data; name=\"input\"; filename=\"picture\"\r\n\r\n");
        body.extend(input);
        body.extend(b"\r\n");
    }
    body.extend(b"--edge--\r\n");
    let path = format!("/v1/run/image/{method}{}", query(params));
    let form = [("content-type", "multipart/form-data; boundary=edge")];
    taken(method, client.send("POST", &path, &form, &body))
}

fn taken(method: &str, answer: Answer) -> Vec<u8> {
    assert_eq!(answer.status, 200, "{method}: {}", answer.text());
    answer.body
}

fn json_of(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

#[test]
fn a_picture_is_written_read_again_and_compared() {
    let mut node = TestNode::start();
    let client = node.account("user", 1_000_000_000);
    let picture = slope(160, 120);
    for format in ["png", "webp", "tiff", "bmp"] {
        let written = asked(&client, "convert", &json!({ "output": { "format": format } }), &picture);
        let info = json_of(&asked(&client, "info", &json!({}), &written));
        assert_eq!((&info["format"], &info["width"], &info["height"]), (&json!(format), &json!(160), &json!(120)));
        assert_eq!(json_of(&asked_two(&client, "compare", &json!({}), [&picture, &written]))["same"], true, "{format}");
    }
    let jpeg = asked(&client, "convert", &json!({ "output": { "format": "jpeg", "quality": 95 } }), &picture);
    let told = json_of(&asked_two(&client, "compare", &json!({}), [&picture, &jpeg]));
    assert!(told["psnr_db"].as_f64() > Some(35.0) && told["ssim"].as_f64() > Some(0.95), "{told}");
    let drawn = client.run("image.blurhash", "?as=png", &jpeg);
    assert_eq!((drawn.status, drawn.header("content-type")), (200, Some("image/png")));
    assert_eq!(node.stop(), Some(0));
    node.assert_clean();
}

#[test]
fn a_pipeline_lays_one_input_over_another() {
    let node = TestNode::start();
    let client = node.account("user", 1_000_000_000);
    let (below, above) = (bmp(40, 30, |_, _| [10, 20, 30]), bmp(8, 8, |_, _| [250, 0, 0]));
    let steps = json!([
        { "step": "overlay", "input": 1, "x": 4, "y": 2 }, { "step": "crop", "x": 4, "y": 2, "width": 8, "height": 8 },
    ]);
    assert_eq!(asked_two(&client, "pipeline", &json!({ "steps": steps }), [&below, &above]), above);
    let colours = json_of(&asked_two(&client, "colors", &json!({ "steps": steps }), [&below, &above]));
    assert_eq!(colours, json!({ "colors": [{ "hex": "#fa0000", "share": 1.0 }] }));
}

#[test]
fn bad_files_are_their_senders_mistake_and_the_next_job_runs() {
    let node = TestNode::start();
    let client = node.account("user", 1_000_000_000);
    let picture = slope(60, 40);
    let jpeg = asked(&client, "convert", &json!({ "output": { "format": "jpeg" } }), &picture);
    let png = asked(&client, "convert", &json!({ "output": { "format": "png" } }), &picture);
    let mut wrong = png.clone();
    wrong[60] ^= 0xff;
    for (what, bytes) in [
        ("a JPEG that breaks off", &jpeg[..jpeg.len() / 2]),
        ("a PNG that breaks off", &png[..png.len() / 2]),
        ("a wrong byte", &wrong),
        ("no size", &bmp(0, 10, |_, _| [0; 3])),
        ("a text", &b"no picture".repeat(100)),
        ("nothing", b""),
    ] {
        let answer = client.run("image.thumbnail", "", bytes);
        assert_eq!(answer.status, 422, "{what}: {}", answer.text());
        assert_eq!(answer.json()["errors"][0]["pointer"], "/inputs/0", "{what}: {}", answer.text());
    }
    asked(&client, "thumbnail", &json!({ "damage": "keep" }), &jpeg[..jpeg.len() - 40]);
    for (method, given, pointer) in [
        ("resize", "", "/params"),
        ("resize", "?width=0", "/params/width"),
        ("blur", "?sigma=1000", "/params/sigma"),
        ("crop", "?width=61&height=1", "/params/width"),
        ("convert", "?output=%7B%22background%22:%22white%22%7D", "/params/output/background"),
    ] {
        let answer = client.run(&format!("image.{method}"), given, &picture);
        assert_eq!((answer.status, &answer.json()["errors"][0]["pointer"]), (422, &json!(pointer)), "{method}{given}");
    }
    asked(&client, "thumbnail", &json!({}), &jpeg);
}

#[test]
fn what_a_head_claims_takes_no_memory() {
    let node = TestNode::with(Options::default().with("cell-memory", "256MiB"));
    let client = node.account("user", 1_000_000_000);
    let before = client.balance();
    let mut lying = slope(60, 40);
    lying[18..26].copy_from_slice(&[0x60, 0xea, 0, 0, 0x60, 0xea, 0, 0]);
    // 9,000 by 9,000 pixels are allowed, but three bytes of each, four times, are more than a cell has here.
    let mut large = slope(60, 40);
    large[18..26].copy_from_slice(&[0x28, 0x23, 0, 0, 0x28, 0x23, 0, 0]);
    for bytes in [&lying, &large] {
        let answer = client.run("image.convert", "", bytes);
        assert_eq!((answer.status, answer.code().as_str()), (413, "payload-too-large"), "{}", answer.text());
    }
    let answer = client.run("image.tile", "?columns=1000&rows=1000", &slope(60, 40));
    assert_eq!((answer.status, answer.code().as_str()), (413, "payload-too-large"), "{}", answer.text());
    assert!(before - client.balance() < 10_000_000);
    asked(&client, "invert", &json!({}), &slope(60, 40));
}

#[test]
fn a_large_picture_is_worked_on_by_several_threads_of_a_cell() {
    let node = TestNode::start();
    let client = node.account("user", 1_000_000_000);
    let picture = slope(1600, 1200);
    let soft = asked(&client, "blur", &json!({ "sigma": 2 }), &picture);
    assert_eq!(asked(&client, "blur", &json!({ "sigma": 2 }), &picture), soft);
    // A slope stays one but at its sides.
    let steps = json!([{ "step": "crop", "x": 100, "y": 100, "width": 1400, "height": 1000 }]);
    let told =
        json_of(&asked_two(&client, "compare", &json!({ "steps": steps, "tolerance": 0.01 }), [&picture, &soft]));
    assert_eq!(told["different_pixels"], 0, "{told}");
}
