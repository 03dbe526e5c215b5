//! Capsules: one alone, or a list of them as the body of a batch.

use std::collections::{BTreeMap, btree_map};

use bytes::Bytes;
use capnp::struct_list;

use super::{Malformed, fields, message, terms};
use crate::{
    JobId,
    generated::capsule_capnp::{Store as WireStore, capsule, capsule_list, input, label},
    job::{Cache, Capsule, INPUTS_MAX, Input, JobOutput, LABEL_LEN_MAX, LABELS_MAX, Output, Params, Store},
    json,
    refusal::Refusal,
    region,
};

/// The capsule that this message is; its inputs stay slices of `message`.
pub fn read_capsule(message: &Bytes) -> Result<Capsule, Refusal> {
    let reader = message::open(message)?;
    Ok(read(message, reader.get_root().map_err(Malformed::from)?)?)
}

/// The message that this capsule is.
pub fn write_capsule(capsule: &Capsule) -> Vec<u8> {
    let params = params_text(&capsule.params);
    let mut message = message::begin(1 + words(capsule, &params));
    write(capsule, &params, message.init_root());
    message::end(&message)
}

/// The capsules of a batch: each is refused alone, the batch only where it is no batch or has too many.
pub fn read_capsules(message: &Bytes) -> Result<Vec<Result<Capsule, Refusal>>, Refusal> {
    let reader = message::open(message)?;
    Ok(read_list(message, reader.get_root().map_err(Malformed::from)?)?)
}

/// The message that these capsules are.
pub fn write_capsules(capsules: &[Capsule]) -> Vec<u8> {
    let params: Vec<String> = capsules.iter().map(|capsule| params_text(&capsule.params)).collect();
    let len: usize = capsules.iter().zip(&params).map(|(capsule, params)| words(capsule, params)).sum();
    let mut message = message::begin(4 + len);
    let mut list = message.init_root::<capsule_list::Builder<'_>>().init_capsules(capsules.len() as u32);
    for (index, (capsule, params)) in capsules.iter().zip(&params).enumerate() {
        write(capsule, params, list.reborrow().get(index as u32));
    }
    message::end(&message)
}

fn read_list(whole: &Bytes, from: capsule_list::Reader<'_>) -> Result<Vec<Result<Capsule, Refusal>>, Malformed> {
    let list = from.get_capsules()?;
    fields::batch_len("capsules", list.len())?;
    Ok(list.iter().map(|capsule| read(whole, capsule).map_err(Refusal::from)).collect())
}

/// Reads a capsule; its inputs stay slices of `whole`, in which it lies.
pub(super) fn read(whole: &Bytes, from: capsule::Reader<'_>) -> Result<Capsule, Malformed> {
    let capsule = read_plain(whole, from)?;
    if from.has_terms() { terms::read(capsule, from.get_terms()?) } else { Ok(capsule) }
}

fn read_plain(whole: &Bytes, from: capsule::Reader<'_>) -> Result<Capsule, Malformed> {
    Ok(Capsule {
        unit: fields::short_text("unit", LABEL_LEN_MAX, from.get_unit())?.into(),
        method: fields::short_text("method", LABEL_LEN_MAX, from.get_method())?.into(),
        params: read_params(from)?,
        inputs: read_inputs(whole, from)?,
        output: read_output(from)?,
        budget: match from.get_budget().which()? {
            capsule::budget::None(()) => None,
            capsule::budget::Some(amount) => Some(fields::amount("budget", amount)?),
        },
        priority: from.get_priority(),
        timeout_ms: match from.get_timeout_ms().which()? {
            capsule::timeout_ms::None(()) => None,
            capsule::timeout_ms::Some(ms) => Some(ms),
        },
        keep: from.get_keep(),
        labels: read_labels(from.get_labels()?)?,
        idempotency_key: read_idempotency_key(from)?,
        queue_ttl_ms: None,
        deadline: None,
        retry: None,
        cache: Cache::Off,
        keep_ms: None,
    })
}

fn read_params(from: capsule::Reader<'_>) -> Result<Params, Malformed> {
    if !from.has_params() {
        return Ok(Params::new());
    }
    let text = fields::text(from.get_params()).map_err(|malformed| malformed.within("params"))?;
    json::params(text).map_err(|error| Malformed::new(format!("params: {error}")))
}

fn read_inputs(whole: &Bytes, from: capsule::Reader<'_>) -> Result<Vec<Input>, Malformed> {
    if !from.has_inputs() {
        return Ok(Vec::new());
    }
    let list = from.get_inputs()?;
    fields::list_len("inputs", INPUTS_MAX, list.len())?;
    list.iter()
        .map(|input| match input.which()? {
            input::Bytes(bytes) => Ok(Input::Bytes(fields::shared(whole, bytes)?)),
            input::Blob(hash) => Ok(Input::Blob(fields::hash("blob", hash)?)),
            input::Job(from) => {
                let from = from?;
                let job = fields::id("job", from.get_job(), JobId::from_slice)?;
                Ok(Input::Job(JobOutput { job, output: from.get_output() }))
            }
            input::Region(name) => Ok(Input::Region(region_name("region", name)?)),
        })
        .collect::<Result<_, Malformed>>()
        .map_err(|malformed| malformed.within("inputs"))
}

fn read_output(from: capsule::Reader<'_>) -> Result<Output, Malformed> {
    let output = from.get_output()?;
    let store = match output.get_store()? {
        WireStore::Inline => Store::Inline,
        WireStore::Blob => Store::Blob,
    };
    let region = output.has_region().then(|| region_name("output: region", output.get_region())).transpose()?;
    Ok(Output { store, region })
}

fn region_name(field: &str, text: capnp::Result<capnp::text::Reader<'_>>) -> Result<String, Malformed> {
    let name = fields::short_text(field, region::NAME_LEN_MAX, text)?;
    if region::is_name(name) { Ok(name.into()) } else { Err(Malformed::new(format!("{field}: no name of a region"))) }
}

/// Reads labels.
pub(super) fn read_labels(list: struct_list::Reader<'_, label::Owned>) -> Result<BTreeMap<String, String>, Malformed> {
    let mut labels = BTreeMap::new();
    fields::list_len("labels", LABELS_MAX, list.len())?;
    for label in list {
        let key = fields::short_text("labels: key", LABEL_LEN_MAX, label.get_key())?;
        let value = fields::short_text("labels: value", LABEL_LEN_MAX, label.get_value())?;
        match labels.entry(key.into()) {
            btree_map::Entry::Vacant(place) => place.insert(value.into()),
            btree_map::Entry::Occupied(_) => return Err(Malformed::new(format!("labels: {key:?} is there twice"))),
        };
    }
    Ok(labels)
}

fn read_idempotency_key(from: capsule::Reader<'_>) -> Result<Option<String>, Malformed> {
    if !from.has_idempotency_key() {
        return Ok(None);
    }
    match fields::short_text("idempotencyKey", LABEL_LEN_MAX, from.get_idempotency_key())? {
        "" => Err(Malformed::new("idempotencyKey: it may be absent but not empty")),
        key => Ok(Some(key.into())),
    }
}

/// The parameters as a message carries them; empty where there are none.
pub(super) fn params_text(params: &Params) -> String {
    if params.is_empty() {
        return String::new();
    }
    serde_json::to_string(params).expect("a map with text for keys is always JSON")
}

/// No fewer words than the capsule takes in a message.
pub(super) fn words(capsule: &Capsule, params: &str) -> usize {
    let texts = [&capsule.unit, &capsule.method, params, capsule.idempotency_key.as_deref().unwrap_or_default()];
    let inputs = capsule.inputs.iter().map(|input| match input {
        Input::Bytes(bytes) => 2 + message::words(bytes.len()),
        Input::Blob(_) | Input::Job(_) => 7,
        Input::Region(name) => 2 + message::words(name.len()),
    });
    let terms = if capsule.has_rare_terms() { terms::WORDS } else { 0 };
    22 + terms
        + capsule.output.region.as_ref().map_or(0, |region| message::words(region.len()))
        + texts.iter().map(|text| message::words(text.len())).sum::<usize>()
        + inputs.sum::<usize>()
        + label_words(&capsule.labels)
}

/// No fewer words than the labels take in a message.
pub(super) fn label_words(labels: &BTreeMap<String, String>) -> usize {
    labels.iter().map(|(key, value)| 2 + message::words(key.len()) + message::words(value.len())).sum()
}

/// Writes a capsule whose parameters are this text.
pub(super) fn write(capsule: &Capsule, params: &str, mut to: capsule::Builder<'_>) {
    let Capsule {
        unit,
        method,
        params: _,
        inputs,
        output: Output { store, region },
        budget,
        priority,
        timeout_ms,
        keep,
        labels,
        idempotency_key,
        queue_ttl_ms: _,
        deadline: _,
        retry: _,
        cache: _,
        keep_ms: _,
    } = capsule;
    to.set_unit(unit);
    to.set_method(method);
    if !params.is_empty() {
        to.set_params(params);
    }
    if !inputs.is_empty() {
        let mut list = to.reborrow().init_inputs(inputs.len() as u32);
        for (index, input) in inputs.iter().enumerate() {
            write_input(input, list.reborrow().get(index as u32));
        }
    }
    if *store == Store::Blob || region.is_some() {
        let mut to = to.reborrow().init_output();
        if *store == Store::Blob {
            to.set_store(WireStore::Blob);
        }
        if let Some(region) = region {
            to.set_region(region);
        }
    }
    if let Some(amount) = budget {
        to.reborrow().init_budget().set_some(amount.get());
    }
    to.set_priority(*priority);
    if let Some(ms) = timeout_ms {
        to.reborrow().init_timeout_ms().set_some(*ms);
    }
    to.set_keep(*keep);
    if !labels.is_empty() {
        write_labels(labels, to.reborrow().init_labels(labels.len() as u32));
    }
    if let Some(key) = idempotency_key {
        to.set_idempotency_key(key);
    }
    if capsule.has_rare_terms() {
        terms::write(capsule, to.init_terms());
    }
}

fn write_input(input: &Input, mut to: input::Builder<'_>) {
    match input {
        Input::Bytes(bytes) => to.set_bytes(bytes),
        Input::Blob(hash) => to.set_blob(&hash.0),
        Input::Job(JobOutput { job, output }) => {
            let mut to = to.init_job();
            to.set_job(job.as_bytes());
            to.set_output(*output);
        }
        Input::Region(name) => to.set_region(name),
    }
}

/// Writes labels into a list of as many.
pub(super) fn write_labels(labels: &BTreeMap<String, String>, mut list: struct_list::Builder<'_, label::Owned>) {
    for (index, (key, value)) in labels.iter().enumerate() {
        let mut to = list.reborrow().get(index as u32);
        to.set_key(key);
        to.set_value(value);
    }
}
