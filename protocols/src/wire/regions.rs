//! Frames about regions.

use bytes::Bytes;

use super::{Malformed, fields, message};
use crate::{
    frame::{ClientFrame, Publish, Published, RegionHave, RegionState, RegionTopic, Topic},
    generated::frames_capnp::{publish, published, region_have, region_state, region_topic},
};

/// The longest name of a region, in bytes.
pub(super) const NAME_LEN_MAX: usize = 256;
/// The most pages of one frame: what a message of 64 MiB could hold.
const PAGES_MAX: usize = 16_384;

pub(super) fn read_topic(from: region_topic::Reader<'_>) -> Result<RegionTopic, Malformed> {
    Ok(RegionTopic {
        name: fields::short_text("name", NAME_LEN_MAX, from.get_name())?.into(),
        max_rate_hz: from.get_max_rate_hz(),
        after: from.get_after(),
        deflate: from.get_deflate(),
        confirms: from.get_confirms(),
    })
}

pub(super) fn read_have(from: region_have::Reader<'_>) -> Result<RegionHave, Malformed> {
    Ok(RegionHave { name: fields::short_text("name", NAME_LEN_MAX, from.get_name())?.into(), epoch: from.get_epoch() })
}

pub(super) fn read_publish(whole: &Bytes, from: publish::Reader<'_>) -> Result<Publish, Malformed> {
    Ok(Publish {
        correlation: from.get_correlation(),
        name: fields::short_text("name", NAME_LEN_MAX, from.get_name())?.into(),
        offset: match from.get_place().which()? {
            publish::place::Whole(()) => None,
            publish::place::Offset(offset) => Some(offset),
        },
        bytes: fields::shared(whole, from.get_bytes())?,
    })
}

pub(super) fn read_state(whole: &Bytes, from: region_state::Reader<'_>) -> Result<RegionState, Malformed> {
    let pages = from.get_pages()?;
    fields::list_len("pages", PAGES_MAX, pages.len())?;
    Ok(RegionState {
        name: fields::short_text("name", NAME_LEN_MAX, from.get_name())?.into(),
        epoch: from.get_epoch(),
        base: from.get_base(),
        len: from.get_len(),
        pages: pages.iter().collect(),
        bytes: fields::shared(whole, from.get_bytes())?,
        deflated: from.get_deflated(),
    })
}

pub(super) fn read_published(from: published::Reader<'_>) -> Published {
    Published { correlation: from.get_correlation(), epoch: from.get_epoch() }
}

pub(super) fn write_topic(topic: &RegionTopic, mut to: region_topic::Builder<'_>) {
    let RegionTopic { name, max_rate_hz, after, deflate, confirms } = topic;
    to.set_name(name);
    to.set_max_rate_hz(*max_rate_hz);
    to.set_after(*after);
    to.set_deflate(*deflate);
    to.set_confirms(*confirms);
}

pub(super) fn write_have(have: &RegionHave, mut to: region_have::Builder<'_>) {
    let RegionHave { name, epoch } = have;
    to.set_name(name);
    to.set_epoch(*epoch);
}

pub(super) fn write_publish(publish: &Publish, mut to: publish::Builder<'_>) {
    let Publish { correlation, name, offset, bytes } = publish;
    to.set_correlation(*correlation);
    to.set_name(name);
    if let Some(offset) = offset {
        to.reborrow().init_place().set_offset(*offset);
    }
    to.set_bytes(bytes);
}

pub(super) fn write_state(state: &RegionState, mut to: region_state::Builder<'_>) {
    let RegionState { name, epoch, base, len, pages, bytes, deflated } = state;
    to.set_name(name);
    to.set_epoch(*epoch);
    to.set_base(*base);
    to.set_len(*len);
    let mut listed = to.reborrow().init_pages(pages.len() as u32);
    for (index, page) in pages.iter().enumerate() {
        listed.set(index as u32, *page);
    }
    to.set_bytes(bytes);
    to.set_deflated(*deflated);
}

pub(super) fn write_published(published: Published, mut to: published::Builder<'_>) {
    let Published { correlation, epoch } = published;
    to.set_correlation(correlation);
    to.set_epoch(epoch);
}

/// No fewer words than what a client's frame says of regions takes in a message.
pub(super) fn client_words(frame: &ClientFrame) -> usize {
    match frame {
        ClientFrame::Publish(publish) => 8 + message::words(publish.name.len()) + message::words(publish.bytes.len()),
        ClientFrame::Subscribe(Topic::Region(topic)) | ClientFrame::Unsubscribe(Topic::Region(topic)) => {
            8 + message::words(topic.name.len())
        }
        ClientFrame::Have(have) => 4 + message::words(have.name.len()),
        _ => 0,
    }
}

/// No fewer words than a region's epoch takes in a message.
pub(super) fn state_words(state: &RegionState) -> usize {
    let RegionState { name, pages, bytes, .. } = state;
    12 + message::words(name.len()) + pages.len().div_ceil(2) + message::words(bytes.len())
}
