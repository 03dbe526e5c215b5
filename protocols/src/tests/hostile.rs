//! Messages that were made to hurt.

use bytes::Bytes;
use capnp::traits::HasStructSize;

use crate::{
    Refusal,
    frame::{ClientFrame, Submission},
    generated::{
        capsule_capnp::{capsule, capsule_list, input},
        frames_capnp::{client_frame, submission},
    },
    job::{Capsule, Input},
    json,
    refusal::Kind,
    wire,
};

/// The largest number of a list's elements that a pointer can say.
const ELEMENTS_MAX: u64 = (1 << 29) - 1;

fn struct_pointer(offset: i64, data: u16, pointers: u16) -> u64 {
    ((offset << 2) as u32 as u64) | u64::from(data) << 32 | u64::from(pointers) << 48
}

fn list_pointer(offset: i64, kind: u64, count: u64) -> u64 {
    ((offset << 2) as u32 as u64) | 1 | kind << 32 | count << 35
}

fn far_pointer(is_double: bool, offset: u64, segment: u64) -> u64 {
    2 | u64::from(is_double) << 2 | offset << 3 | segment << 32
}

fn message(words: &[u64]) -> Bytes {
    let mut bytes = [[0; 4], (words.len() as u32).to_le_bytes()].concat();
    bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    bytes.into()
}

fn size<T: HasStructSize>() -> (u16, u16) {
    (T::STRUCT_SIZE.data, T::STRUCT_SIZE.pointers)
}

fn is_malformed<T: std::fmt::Debug>(read: Result<T, Refusal>, why: &str) {
    let refusal = read.unwrap_err();
    assert_eq!(refusal.kind, Kind::MalformedCapsule, "{refusal}");
    assert!(refusal.detail.contains(why), "{refusal}");
}

/// A capsule whose only pointer is that to its inputs.
fn capsule_with(inputs: u64) -> Bytes {
    let (data, pointers) = size::<capsule::Builder<'_>>();
    let mut words = vec![struct_pointer(0, data, pointers)];
    words.resize(1 + usize::from(data + pointers), 0);
    words[1 + usize::from(data) + INPUTS] = inputs;
    message(&words)
}

/// The place of the pointer to the inputs among a capsule's pointers.
const INPUTS: usize = 3;

#[test]
fn no_bytes_are_no_message() {
    is_malformed(wire::read_capsule(&Bytes::new()), "segment table");
    is_malformed(wire::read_capsule(&message(&[])), "");
    is_malformed(wire::read_capsule(&message(&[0])), "no root");
}

#[test]
fn the_segment_table_is_not_believed() {
    for count in [16_u32, 511, 512, 0x3cff_ffff, u32::MAX - 1, u32::MAX] {
        let bytes = [count.to_le_bytes(), [0; 4]].concat();
        is_malformed(wire::read_capsule(&Bytes::from(bytes)), "segments");
    }
    for len in [1_u32, 1 << 28, 1 << 29, u32::MAX] {
        let bytes = [[0; 4], len.to_le_bytes()].concat();
        is_malformed(wire::read_capsule(&Bytes::from(bytes)), "by the table");
    }
    let sixteen = [vec![15, 0, 0, 0], vec![0; 4 * 16 + 4]].concat();
    is_malformed(wire::read_capsule(&Bytes::from(sixteen)), "");
}

#[test]
fn sixteen_segments_are_read() {
    let (data, pointers) = size::<capsule::Builder<'_>>();
    let mut body = vec![far_pointer(false, 0, 15), struct_pointer(0, data, pointers)];
    body.resize(2 + usize::from(data + pointers), 0);
    let mut table = vec![15, 1];
    table.resize(16, 0_u32);
    table.push(body.len() as u32 - 1);
    table.push(0);
    let bytes = table.iter().flat_map(|number| number.to_le_bytes()).chain(body.iter().flat_map(|w| w.to_le_bytes()));
    assert_eq!(wire::read_capsule(&bytes.collect()).unwrap().unit, "");
}

#[test]
fn a_blob_that_many_point_at_is_not_followed_for_each() {
    // 1000 submissions share one capsule with one input of 1 MiB.
    let blob_words = 1 << 17;
    let (capsule_data, capsule_pointers) = size::<capsule::Builder<'_>>();
    let (input_data, input_pointers) = size::<input::Builder<'_>>();
    let (frame_data, frame_pointers) = size::<client_frame::Builder<'_>>();
    let (one_data, one_pointers) = size::<submission::Builder<'_>>();
    let one = i64::from(one_data + one_pointers);
    let mut words = vec![struct_pointer(0, frame_data, frame_pointers)];
    words.resize(1 + usize::from(frame_data), 0);
    words.push(list_pointer(i64::from(frame_pointers) - 1, 7, 1000 * one as u64));
    words.resize(usize::from(1 + frame_data + frame_pointers), 0);
    words.push(struct_pointer(1000, one_data, one_pointers));
    for index in 0..1000 {
        words.resize(words.len() + usize::from(one_data), 0);
        words.push(struct_pointer((999 - index) * one + i64::from(one_pointers) - 1, capsule_data, capsule_pointers));
        words.resize(words.len() + usize::from(one_pointers) - 1, 0);
    }
    words.resize(words.len() + usize::from(capsule_data) + INPUTS, 0);
    words.push(list_pointer(
        i64::from(capsule_pointers) - INPUTS as i64 - 1,
        7,
        u64::from(input_data + input_pointers),
    ));
    words.resize(words.len() + usize::from(capsule_pointers) - INPUTS - 1, 0);
    words.push(struct_pointer(1, input_data, input_pointers));
    words.resize(words.len() + usize::from(input_data), 0);
    words.push(list_pointer(i64::from(input_pointers) - 1, 2, blob_words * 8));
    words.resize(words.len() + usize::from(input_pointers) - 1 + blob_words as usize, 0);
    is_malformed(wire::read_client_frame(&message(&words)), "too often");
}

#[test]
fn a_list_of_nothing_is_counted() {
    let (_, pointers) = size::<capsule::Builder<'_>>();
    let after = i64::from(pointers) - INPUTS as i64 - 1;
    is_malformed(wire::read_capsule(&capsule_with(list_pointer(after, 0, ELEMENTS_MAX))), "");
    is_malformed(wire::read_capsule(&capsule_with(list_pointer(after, 0, 1000))), "inputs");
    // The same as structures without a word each.
    let (data, pointers) = size::<capsule_list::Builder<'_>>();
    let words = [struct_pointer(0, data, pointers), list_pointer(0, 7, 0), struct_pointer(ELEMENTS_MAX as i64, 0, 0)];
    is_malformed(wire::read_capsules(&message(&words)), "");
    let words = [struct_pointer(0, data, pointers), list_pointer(0, 7, 0), struct_pointer(1001, 0, 0)];
    assert_eq!(wire::read_capsules(&message(&words)).unwrap_err().kind, Kind::PayloadTooLarge);
}

#[test]
fn pointers_that_lead_nowhere_are_refused() {
    is_malformed(wire::read_capsule(&message(&[far_pointer(false, 0, 0)])), "");
    is_malformed(wire::read_capsule(&message(&[far_pointer(true, 0, 0)])), "");
    is_malformed(wire::read_capsule(&message(&[far_pointer(true, 0, 0), far_pointer(true, 0, 0)])), "");
    is_malformed(wire::read_capsule(&message(&[far_pointer(true, 1, 0), far_pointer(false, 0, 0)])), "");
    is_malformed(wire::read_capsule(&message(&[far_pointer(false, 0, 1)])), "");
    is_malformed(wire::read_capsule(&message(&[far_pointer(false, ELEMENTS_MAX, 0)])), "");
    is_malformed(wire::read_capsule(&message(&[struct_pointer(1 << 28, 1, 1)])), "out of the message");
    is_malformed(wire::read_capsule(&message(&[struct_pointer(-2, 1, 1)])), "out of the message");
    is_malformed(wire::read_capsule(&capsule_with(list_pointer(-1, 7, ELEMENTS_MAX))), "");
}

#[test]
fn a_structure_that_points_at_itself_ends() {
    // Each pointer of the root leads to the root again, as whatever it is read.
    for pointers in 1..9_u16 {
        for kind in 0..8 {
            let to_itself = |index: u16| list_pointer(-i64::from(index) - 2, kind, 1);
            let mut words = vec![struct_pointer(0, 0, pointers)];
            words.extend((0..pointers).map(to_itself));
            let _ = wire::read_capsule(&message(&words));
            let _ = wire::read_client_frame(&message(&words));
            let _ = wire::read_server_frame(&message(&words));
            let _ = wire::read_outcome(&message(&words));
            words.truncate(1);
            words.extend((0..pointers).map(|index| struct_pointer(-i64::from(index) - 1, 0, pointers)));
            let _ = wire::read_capsule(&message(&words));
            let _ = wire::read_client_frame(&message(&words));
            let _ = wire::read_server_frame(&message(&words));
            let _ = wire::read_outcome(&message(&words));
        }
    }
}

#[test]
fn a_capsule_of_an_older_or_newer_schema_is_read() {
    let (data, pointers) = size::<capsule::Builder<'_>>();
    let old = wire::read_capsule(&message(&[struct_pointer(0, 0, 2), list_pointer(1, 2, 2), 0, 0x75])).unwrap();
    assert_eq!((old.unit.as_str(), old.method.as_str(), old.priority, old.budget), ("u", "", 100, None));
    let mut new = vec![struct_pointer(0, data + 2, pointers + 2)];
    new.resize(usize::from(5 + data + pointers), 0);
    new[usize::from(1 + data)] = u64::MAX;
    new[usize::from(3 + data)] = list_pointer(i64::from(pointers) + 1, 2, 2);
    new.push(0x75);
    let new = wire::read_capsule(&message(&new)).unwrap();
    assert_eq!((new.unit.as_str(), new.method.as_str(), new.priority), ("u", "", 100));
}

#[test]
fn an_unknown_tag_is_refused() {
    let (data, pointers) = size::<client_frame::Builder<'_>>();
    let mut words = vec![struct_pointer(0, data, pointers)];
    words.resize(usize::from(1 + data + pointers), u64::from(u16::MAX));
    words[usize::from(1 + data)..].fill(0);
    is_malformed(wire::read_client_frame(&message(&words)), "newer schema");
}

fn capsule() -> Capsule {
    json::read(br#"{"unit":"compute","method":"blake3","inputs":[{"text":"abc"}],"labels":{"color":"blue"}}"#).unwrap()
}

/// The message of [`capsule`] with some of its bytes changed.
fn changed(from: &[u8], to: &[u8]) -> Bytes {
    let mut message = wire::write_capsule(&capsule());
    let place = message.windows(from.len()).position(|part| part == from).unwrap();
    message[place..place + to.len()].copy_from_slice(to);
    message.into()
}

#[test]
fn a_text_is_utf_8_and_closed() {
    is_malformed(wire::read_capsule(&changed(b"compute", b"compu\xfft")), "unit: a text is not UTF-8");
    is_malformed(wire::read_capsule(&changed(b"compute\0", b"compute!")), "zero byte");
    is_malformed(wire::read_capsule(&changed(b"blue", b"\xc0\xaflu")), "labels: value: a text is not UTF-8");
}

#[test]
fn lists_and_labels_have_limits() {
    let refused = |change: &dyn Fn(&mut Capsule), why: &str| {
        let mut capsule = capsule();
        change(&mut capsule);
        is_malformed(wire::read_capsule(&wire::write_capsule(&capsule).into()), why);
        let refusal = json::read::<Capsule>(&serde_json::to_vec(&capsule).unwrap()).unwrap_err();
        assert_eq!(refusal.kind, Kind::InvalidJson, "{refusal}");
    };
    let input = Input::Bytes(Bytes::new());
    refused(&|capsule| capsule.inputs = vec![input.clone(); 65], "inputs: at most 64, not 65");
    refused(&|capsule| capsule.labels = (0..33).map(|n| (n.to_string(), String::new())).collect(), "at most 32");
    refused(&|capsule| drop(capsule.labels.insert("k".into(), "v".repeat(257))), "at most 256 bytes, not 257");
    refused(&|capsule| capsule.unit = "u".repeat(257), "unit: at most 256 bytes");
    refused(&|capsule| capsule.idempotency_key = Some("k".repeat(257)), "idempotencyKey: at most 256");
    refused(&|capsule| capsule.idempotency_key = Some(String::new()), "not empty");
}

#[test]
fn a_batch_has_a_limit() {
    let small = Capsule { inputs: vec![], ..capsule() };
    let of = |count| vec![small.clone(); count];
    assert_eq!(wire::read_capsules(&wire::write_capsules(&of(1000)).into()).unwrap().len(), 1000);
    assert_eq!(json::read_capsules(&serde_json::to_vec(&of(1000)).unwrap()).unwrap().len(), 1000);
    let too_many = Some(Kind::PayloadTooLarge);
    let kind = |read: Result<Vec<_>, Refusal>| read.err().map(|refusal| refusal.kind);
    assert_eq!(kind(wire::read_capsules(&wire::write_capsules(&of(1001)).into())), too_many);
    assert_eq!(kind(json::read_capsules(&serde_json::to_vec(&of(1001)).unwrap())), too_many);
    assert_eq!(kind(json::read_capsule_lines(&b"{}\n".repeat(1001))), too_many);
    let submission = |correlation| Submission { correlation, capsule: small.clone() };
    let frame = ClientFrame::Submit((0..1001).map(submission).collect());
    let kind = |read: Result<ClientFrame, Refusal>| read.err().map(|refusal| refusal.kind);
    assert_eq!(kind(wire::read_client_frame(&wire::write_client_frame(&frame).into())), too_many);
    assert_eq!(kind(json::read(&serde_json::to_vec(&frame).unwrap())), too_many);
}

#[test]
fn a_message_has_a_limit() {
    let bytes = Bytes::from(vec![0; wire::MESSAGE_BYTES_MAX + 8]);
    assert_eq!(wire::read_capsule(&bytes).unwrap_err().kind, Kind::PayloadTooLarge);
}

#[test]
fn inputs_stay_where_the_message_lies() {
    let bytes = Bytes::from(wire::write_capsule(&capsule()));
    let Input::Bytes(input) = &wire::read_capsule(&bytes).unwrap().inputs[0] else { panic!("bytes were sent") };
    assert_eq!(input, "abc");
    assert!(bytes.as_ptr_range().contains(&input.as_ptr()));
}

#[test]
fn parameters_are_an_object_with_each_key_once() {
    let with = |params: &str| {
        let mut message = capnp::message::Builder::new_default();
        message.init_root::<capsule::Builder<'_>>().set_params(params);
        wire::read_capsule(&capnp::serialize::write_message_to_words(&message).into())
    };
    assert!(with(r#"{"a":{"b":1,"c":1}}"#).is_ok());
    for bad in ["", "1", "[]", "{", "{}{}", r#"{"a":1,"a":1}"#, r#"{"a":{"b":1,"b":2}}"#, r#"{"a":1e400}"#] {
        is_malformed(with(bad), "params");
    }
    is_malformed(with(&format!(r#"{{"a":{}"#, "[".repeat(100_000))), "params");
}

#[test]
fn a_list_of_values_is_no_structure() {
    let refused = |text: &str, pointer: &str| {
        let refusal = json::read::<Capsule>(text.as_bytes()).unwrap_err();
        assert_eq!(
            (refusal.kind, refusal.errors[0].pointer.as_str()),
            (Kind::InvalidJson, pointer),
            "{text}: {refusal}"
        );
    };
    refused(r#"["compute","blake3",{},[],{"store":"inline"},null,100,null,false,{},null]"#, "");
    refused(r#"{"unit":"compute","method":"blake3","output":["inline"]}"#, "/output");
    refused(r#"{"unit":"compute","method":"blake3","output":[]}"#, "/output");
    refused(r#"{"unit":"compute","method":"blake3","inputs":[["a"]]}"#, "/inputs/0");
    assert_eq!(json::read::<ClientFrame>(b"[null,7]").unwrap_err().kind, Kind::InvalidJson);
    let frame = br#"{"submit":[[1,{"unit":"compute","method":"blake3"}]]}"#;
    assert_eq!(json::read::<ClientFrame>(frame).unwrap_err().kind, Kind::InvalidJson);
}
