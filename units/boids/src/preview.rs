//! A picture of a flock from above: the more birds at a place, the brighter; the colour is where they fly.

use inos_unit::Fault;

use crate::flock::Flock;

/// Width and height of a picture.
const SIZE: usize = 384;
/// Bytes of a picture before it is encoded.
pub(crate) const BYTES: usize = SIZE * SIZE * 3;
/// How long each picture of several is shown, in thirtieths of a second.
const DELAY: (u16, u16) = (1, 30);

/// Red, green and blue of each point.
pub(crate) fn picture(flock: &Flock) -> Vec<u8> {
    let mut light = vec![[0.0_f32; 3]; SIZE * SIZE];
    let scale = SIZE as f32 / flock.rules.side;
    let at = |place: f32| ((place * scale) as usize).min(SIZE - 1);
    let birds = &flock.birds;
    // Few birds are drawn brighter, so that they are seen.
    let each = 40.0 + 60_000.0 / (birds.id.len() as f32 + 200.0);
    for index in 0..birds.id.len() {
        let [x, _, z] = birds.place.each_ref().map(|list| list[index]);
        let [u, v, w] = birds.speed.each_ref().map(|list| list[index]);
        let len = (u * u + v * v + w * w).sqrt().max(1e-6);
        let point = &mut light[at(z) * SIZE + at(x)];
        for (point, way) in point.iter_mut().zip([u, v, w]) {
            *point += each * (0.6 + 0.4 * way / len);
        }
    }
    let mut bytes: Vec<u8> = light.iter().flatten().map(|light| 255.0_f32.min(10.0 + light) as u8).collect();
    for predator in &flock.predators {
        for (dx, dz) in (0..5).flat_map(|dx| (0..5).map(move |dz| (dx, dz))) {
            let (x, z) = ((at(predator[0]) + dx).min(SIZE - 1), (at(predator[2]) + dz).min(SIZE - 1));
            bytes[(z * SIZE + x) * 3..][..3].copy_from_slice(&[255, 40, 40]);
        }
    }
    bytes
}

/// A PNG of so many pictures, which moves where there are several.
pub(crate) fn begin(film: &mut Vec<u8>, pictures: u32) -> Result<png::Writer<&mut Vec<u8>>, Fault> {
    let mut encoder = png::Encoder::new(film, SIZE as u32, SIZE as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    if pictures > 1 {
        encoder.set_animated(pictures, 0).map_err(broken)?;
        encoder.set_frame_delay(DELAY.0, DELAY.1).map_err(broken)?;
    }
    encoder.write_header().map_err(broken)
}

/// The next picture of it.
pub(crate) fn add(film: &mut png::Writer<&mut Vec<u8>>, picture: &[u8]) -> Result<(), Fault> {
    film.write_image_data(picture).map_err(broken)
}

/// Writes what comes last.
pub(crate) fn end(film: png::Writer<&mut Vec<u8>>) -> Result<(), Fault> {
    film.finish().map_err(broken)
}

fn broken(error: png::EncodingError) -> Fault {
    Fault::Broken(format!("a picture could not be encoded: {error}"))
}
