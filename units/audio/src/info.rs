//! What a file says of its sound, without reading all of it.

use inos_unit::{Call, Fault, Host};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use symphonia::core::meta::{RawValue, Tag};

use crate::read::{Damage, Kept, Reader};
use crate::sound::{Rows, Sound, frames};

/// The most tags that are told, and the most letters of each.
const TAGS_MAX: usize = 256;
const TAG_LEN_MAX: usize = 4096;

/// What to say of a file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InfoParams {
    /// Whether all of the sound is read, so that its length is known and not only what the file says.
    #[serde(default)]
    count: bool,
    /// What becomes of a file that is damaged.
    #[serde(default)]
    damage: Damage,
}

/// `info`: what a file says of its sound.
pub(crate) fn run(call: &mut Call<'_>, host: &dyn Host) -> Result<(), Fault> {
    let InfoParams { count, damage } = call.read_params()?;
    let bytes = call.inputs.get(0)?.bytes()?;
    let mut reader = Reader::open(&bytes, 0, damage)?;
    let form = reader.form();
    let counted = if count { Some(counted(&mut reader, host)?) } else { None };
    let count = counted.or_else(|| reader.claimed());
    let (sample, bits) = match reader.kept() {
        Kept::Whole(bits) => (json!("whole"), json!(bits)),
        Kept::Float(bits) => (json!("float"), json!(bits)),
        Kept::Lossy => (json!("lossy"), Value::Null),
    };
    let said = json!({
        "format": reader.format().format_info().short_name,
        "codec": reader.codec(),
        "rate_hz": form.rate,
        "channels": form.channels,
        "sample": sample,
        "bits": bits,
        "frames": count,
        "duration_s": count.map(|count| count as f64 / f64::from(form.rate)),
        "is_counted": counted.is_some(),
        "bytes": bytes.len(),
        "tags": tags(&mut reader),
    });
    call.output.begin("application/json")?;
    call.output.write(said.to_string().as_bytes())
}

fn counted(reader: &mut Reader, host: &dyn Host) -> Result<u64, Fault> {
    let (mut rows, mut count) = (Rows::new(), 0);
    let claimed = reader.claimed().unwrap_or(0);
    while reader.next(&mut rows)? {
        host.check()?;
        count += frames(&rows) as u64;
        host.progress(count, claimed);
    }
    Ok(count)
}

/// The tags of a file, as it names them; of two with one name the first.
fn tags(reader: &mut Reader) -> Map<String, Value> {
    let mut metadata = reader.format().metadata();
    let newest = metadata.skip_to_latest();
    let tags = newest.map_or(&[][..], |revision| &revision.media.tags);
    let mut said = Map::new();
    for (name, text) in tags.iter().take(TAGS_MAX).filter_map(told) {
        said.entry(name).or_insert(Value::String(text));
    }
    said
}

fn told(tag: &Tag) -> Option<(String, String)> {
    let short = |text: &str| text.chars().take(TAG_LEN_MAX).collect::<String>();
    let text = match &tag.raw.value {
        RawValue::Binary(_) => return None,
        RawValue::StringList(texts) => short(&texts.join("; ")),
        other => short(&other.to_string()),
    };
    Some((short(&tag.raw.key), text))
}
