//! Each value survives both of its forms, and no bytes at all break a reader.

use std::fmt::Debug;

use bytes::Bytes;
use proptest::{collection::vec, prelude::*};
use serde::{Serialize, de::DeserializeOwned};

use super::arbitrary;
use crate::{Refusal, account, json, receipt::SignedReceipt, refusal::Kind, wire};

/// Both forms of one type.
struct Form<T> {
    read: fn(&Bytes) -> Result<T, Refusal>,
    write: fn(&T) -> Vec<u8>,
}

const CAPSULE: Form<crate::job::Capsule> = Form { read: wire::read_capsule, write: wire::write_capsule };
const OUTCOME: Form<crate::job::Outcome> = Form { read: wire::read_outcome, write: wire::write_outcome };
const CLIENT: Form<crate::frame::ClientFrame> = Form { read: wire::read_client_frame, write: wire::write_client_frame };
const SERVER: Form<crate::frame::ServerFrame> = Form { read: wire::read_server_frame, write: wire::write_server_frame };
const RECEIPT: Form<SignedReceipt> =
    Form { read: |message| Ok(SignedReceipt::decode(message)?), write: SignedReceipt::encode };
const TRANSFER: Form<account::Transfer> = Form { read: wire::read_transfer, write: wire::write_transfer };
const HOLD: Form<account::Hold> = Form { read: wire::read_hold, write: wire::write_hold };
const ENTRY: Form<account::Entry> = Form { read: wire::read_entry, write: wire::write_entry };
const REQUEST: Form<crate::record::JobRequest<'static>> =
    Form { read: |message| Ok(wire::read_job_request(message)?), write: wire::write_job_request };
const ENDING: Form<crate::record::JobEnding<'static>> =
    Form { read: |message| Ok(wire::read_job_ending(message)?), write: wire::write_job_ending };
const KEY: Form<account::Key> = Form { read: wire::read_key, write: wire::write_key };
const NODE: Form<crate::node::Node> = Form { read: wire::read_node, write: wire::write_node };

impl<T: Debug + PartialEq + Serialize + DeserializeOwned> Form<T> {
    fn keeps(&self, value: &T) {
        let message = (self.write)(value);
        assert_eq!(message[..4], [0; 4], "one segment");
        for offset in 0..8 {
            let shifted = Bytes::from([&vec![0xff; offset][..], &message].concat()).slice(offset..);
            assert_eq!((self.read)(&shifted).as_ref(), Ok(value), "at alignment {offset}");
        }
        let text = serde_json::to_vec(value).unwrap();
        assert_eq!(json::read::<T>(&text).as_ref(), Ok(value), "{}", String::from_utf8_lossy(&text));
    }

    fn refuses_every_prefix(&self, value: &T) {
        let message = Bytes::from((self.write)(value));
        for len in 0..message.len() {
            assert_eq!((self.read)(&message.slice(..len)).unwrap_err().kind, Kind::MalformedCapsule, "{len}");
        }
        let longer = Bytes::from([&message[..], &[0; 8]].concat());
        assert_eq!((self.read)(&longer).unwrap_err().kind, Kind::MalformedCapsule);
    }

    /// What comes out of any bytes is bounded by what may be followed in them.
    fn withstands(&self, message: &Bytes) {
        if let Ok(value) = (self.read)(message) {
            assert!((self.write)(&value).len() <= 64 * message.len() + (1 << 20));
        }
    }

    fn withstands_mutations(&self, value: &T, mutations: &[(prop::sample::Index, u8)]) {
        let mut message = (self.write)(value);
        for (place, byte) in mutations {
            let len = message.len();
            message[place.index(len)] = *byte;
        }
        self.withstands(&Bytes::from(message));
    }
}

fn mutations() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn a_capsule_survives_both_forms(capsule in arbitrary::capsule()) {
        CAPSULE.keeps(&capsule);
    }

    #[test]
    fn an_outcome_survives_both_forms(outcome in arbitrary::outcome()) {
        OUTCOME.keeps(&outcome);
    }

    #[test]
    fn a_client_frame_survives_both_forms(frame in arbitrary::client_frame()) {
        CLIENT.keeps(&frame);
    }

    #[test]
    fn a_server_frame_survives_both_forms(frame in arbitrary::server_frame()) {
        SERVER.keeps(&frame);
    }

    #[test]
    fn a_signed_receipt_survives_both_forms(receipt in arbitrary::signed_receipt()) {
        RECEIPT.keeps(&receipt);
    }

    #[test]
    fn records_survive_both_forms(
        transfer in arbitrary::transfer(),
        hold in arbitrary::hold(),
        entry in arbitrary::entry(),
        key in arbitrary::key(),
        node in arbitrary::node_identity(),
        mutations in mutations(),
    ) {
        TRANSFER.keeps(&transfer);
        HOLD.keeps(&hold);
        ENTRY.keeps(&entry);
        KEY.keeps(&key);
        NODE.keeps(&node);
        TRANSFER.withstands_mutations(&transfer, &mutations);
        HOLD.withstands_mutations(&hold, &mutations);
        ENTRY.withstands_mutations(&entry, &mutations);
        KEY.withstands_mutations(&key, &mutations);
        NODE.withstands_mutations(&node, &mutations);
    }

    #[test]
    fn pieces_of_jobs_survive_both_forms(
        request in arbitrary::job_request(),
        ending in arbitrary::job_ending(),
        mutations in mutations(),
    ) {
        REQUEST.keeps(&request);
        ENDING.keeps(&ending);
        REQUEST.withstands_mutations(&request, &mutations);
        ENDING.withstands_mutations(&ending, &mutations);
    }

    #[test]
    fn a_batch_survives_its_forms(capsules in vec(arbitrary::capsule(), 0..5)) {
        let all = |read: Vec<Result<_, Refusal>>| read.into_iter().collect::<Result<Vec<_>, _>>().unwrap();
        let message = Bytes::from(wire::write_capsules(&capsules));
        prop_assert_eq!(&all(wire::read_capsules(&message).unwrap()), &capsules);
        let text = serde_json::to_vec(&capsules).unwrap();
        prop_assert_eq!(&all(json::read_capsules(&text).unwrap()), &capsules);
        let lines: Vec<String> = capsules.iter().map(|capsule| serde_json::to_string(capsule).unwrap()).collect();
        prop_assert_eq!(&all(json::read_capsule_lines(lines.join("\r\n").as_bytes()).unwrap()), &capsules);
    }

    #[test]
    fn a_changed_message_is_refused_or_read(
        capsule in arbitrary::capsule(),
        outcome in arbitrary::outcome(),
        client in arbitrary::client_frame(),
        server in arbitrary::server_frame(),
        receipt in arbitrary::signed_receipt(),
        mutations in mutations(),
    ) {
        CAPSULE.withstands_mutations(&capsule, &mutations);
        OUTCOME.withstands_mutations(&outcome, &mutations);
        CLIENT.withstands_mutations(&client, &mutations);
        SERVER.withstands_mutations(&server, &mutations);
        RECEIPT.withstands_mutations(&receipt, &mutations);
    }

    #[test]
    fn any_words_are_refused_or_read(words in vec(any::<[u8; 8]>(), 0..40)) {
        let head = [0_u32.to_le_bytes(), (words.len() as u32).to_le_bytes()].concat();
        let message = Bytes::from([head, words.concat()].concat());
        CAPSULE.withstands(&message);
        OUTCOME.withstands(&message);
        CLIENT.withstands(&message);
        SERVER.withstands(&message);
        RECEIPT.withstands(&message);
        REQUEST.withstands(&message);
        ENDING.withstands(&message);
    }

    #[test]
    fn any_bytes_are_refused_or_read(bytes in vec(any::<u8>(), 0..300)) {
        CLIENT.withstands(&Bytes::from(bytes.clone()));
        let _ = json::read::<crate::frame::ClientFrame>(&bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(20) })]

    #[test]
    fn every_prefix_is_refused(
        capsule in arbitrary::capsule(),
        client in arbitrary::client_frame(),
        server in arbitrary::server_frame(),
    ) {
        CAPSULE.refuses_every_prefix(&capsule);
        CLIENT.refuses_every_prefix(&client);
        SERVER.refuses_every_prefix(&server);
    }
}

#[test]
fn the_order_of_parameters_does_not_change_the_digest() {
    let digest = |params: &str| {
        let body = format!(r#"{{"unit":"u","method":"m","params":{params}}}"#);
        let capsule: crate::job::Capsule = json::read(body.as_bytes()).unwrap();
        crate::job::capsule_digest(&capsule.unit, &capsule.method, &capsule.params, &[])
    };
    assert_eq!(digest(r#"{"a":{"c":0.1,"d":2},"b":null}"#), digest(r#"{"b":null,"a":{"d":2,"c":1e-1}}"#));
    assert_ne!(digest(r#"{"a":1}"#), digest(r#"{"a":"1"}"#));
}
