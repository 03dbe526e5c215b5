//! Any value that may cross a wire.

use std::{borrow::Cow, collections::BTreeMap};

use bytes::Bytes;
use proptest::{collection::vec, option, prelude::*};
use serde_json::{Map, Value};

use crate::{
    FieldError, Hash, JobId, Microcredits, NodeId, Problem,
    account::{Entry, Hold, Key, Reason, Scope, Transfer},
    frame::{
        About, Accepted, Answer, ClientFrame, Emitted, Gap, Goodbye, JobLog, JobState, LowBalance, Progress, Publish,
        Published, RegionHave, RegionState, RegionTopic, Resume, ServerBody, ServerFrame, StorageOwed, Submission,
        Topic, Trouble, Welcome,
    },
    ids::{SessionId, TransferId},
    job::{
        Cache, Capsule, Input, JobOutput, Metrics, Outcome, Output, OutputBytes, OutputInfo, Params, Retry, State,
        Store,
    },
    node::Node,
    receipt::{Receipt, SignedReceipt, SignedRoot},
    record::{JobEnding, JobRequest},
    time::Time,
};

fn about() -> impl Strategy<Value = About> {
    prop_oneof![
        Just(About::Frame),
        any::<u64>().prop_map(About::Submission),
        any::<u64>().prop_map(About::Publish),
        text().prop_map(About::Region),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![3 => "[a-z0-9_.-]{0,12}", 1 => any::<String>().prop_filter("short", |text| text.len() <= 256)]
}

fn bytes() -> impl Strategy<Value = Bytes> {
    prop_oneof![vec(any::<u8>(), 0..200).prop_map(Bytes::from), text().prop_map(Bytes::from)]
}

fn hash() -> impl Strategy<Value = Hash> {
    any::<[u8; 32]>().prop_map(Hash)
}

fn node() -> impl Strategy<Value = NodeId> {
    any::<[u8; 32]>().prop_map(NodeId)
}

fn job() -> impl Strategy<Value = JobId> {
    any::<[u8; 16]>().prop_map(JobId::from_bytes)
}

fn session() -> impl Strategy<Value = SessionId> {
    any::<[u8; 16]>().prop_map(SessionId::from_bytes)
}

fn amount() -> impl Strategy<Value = Microcredits> {
    (0..=Microcredits::MAX.get()).prop_map(Microcredits::saturating)
}

fn time() -> impl Strategy<Value = Time> {
    (0..=Time::MAX.as_ms()).prop_map(Time::from_ms)
}

fn state() -> impl Strategy<Value = State> {
    prop_oneof![
        Just(State::Queued),
        Just(State::Running),
        Just(State::Succeeded),
        Just(State::Failed),
        Just(State::Cancelled),
        Just(State::Expired),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((text(), inner), 0..4).prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

fn params() -> impl Strategy<Value = Params> {
    vec((text(), value()), 0..4).prop_map(|entries| entries.into_iter().collect::<Map<_, _>>())
}

fn region_name() -> impl Strategy<Value = String> {
    "[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}"
}

fn input() -> impl Strategy<Value = Input> {
    prop_oneof![
        bytes().prop_map(Input::Bytes),
        hash().prop_map(Input::Blob),
        (job(), any::<u32>()).prop_map(|(job, output)| Input::Job(JobOutput { job, output })),
        region_name().prop_map(Input::Region),
    ]
}

fn labels() -> impl Strategy<Value = BTreeMap<String, String>> {
    vec((text(), text()), 0..4).prop_map(|labels| labels.into_iter().collect())
}

fn metrics() -> impl Strategy<Value = Metrics> {
    any::<[u64; 4]>().prop_map(|[bytes_in, bytes_out, queued_us, run_us]| Metrics {
        bytes_in,
        bytes_out,
        queued_us,
        run_us,
    })
}

pub(super) fn capsule() -> impl Strategy<Value = Capsule> {
    let output = (prop_oneof![Just(Store::Inline), Just(Store::Blob)], option::of(region_name()));
    let asked = (text(), text(), params(), vec(input(), 0..5), output);
    let key = option::of(text().prop_filter("not empty", |key| !key.is_empty()));
    let terms = (option::of(amount()), any::<u8>(), option::of(any::<u32>()), any::<bool>(), labels(), key);
    (asked, terms, rare_terms()).prop_map(|((unit, method, params, inputs, (store, region)), terms, rare)| {
        let (budget, priority, timeout_ms, keep, labels, idempotency_key) = terms;
        let (queue_ttl_ms, deadline, retry, cache, keep_ms) = rare;
        let output = Output { store, region };
        Capsule {
            unit,
            method,
            params,
            inputs,
            output,
            budget,
            priority,
            timeout_ms,
            keep,
            labels,
            idempotency_key,
            queue_ttl_ms,
            deadline,
            retry,
            cache,
            keep_ms,
        }
    })
}

type RareTerms = (Option<u32>, Option<Time>, Option<Retry>, Cache, Option<u64>);

fn rare_terms() -> impl Strategy<Value = RareTerms> {
    let retry = any::<(u8, u32, u32)>().prop_map(|(max_attempts, backoff_ms, backoff_max_ms)| Retry {
        max_attempts,
        backoff_ms,
        backoff_max_ms,
    });
    let cache = prop_oneof![Just(Cache::Off), Just(Cache::Use), Just(Cache::Refresh)];
    (option::of(any::<u32>()), option::of(time()), option::of(retry), cache, option::of(any::<u64>()))
}

fn problem() -> impl Strategy<Value = Problem> {
    let error = (text(), text()).prop_map(|(pointer, message)| FieldError { pointer, message });
    let words = (text(), text(), text(), option::of(text()), text(), option::of(text()));
    let numbers = (
        option::of(any::<u16>()),
        any::<bool>(),
        option::of(any::<u64>()),
        option::of(any::<u64>()),
        option::of(any::<u64>()),
    );
    (words, numbers, vec(error, 0..3)).prop_map(|(words, numbers, errors)| {
        let (r#type, title, detail, instance, code, request_id) = words;
        let (status, retryable, retry_after_ms, required, available) = numbers;
        Problem {
            r#type,
            title,
            status,
            detail,
            instance,
            code,
            request_id,
            retryable,
            errors,
            retry_after_ms,
            required,
            available,
        }
    })
}

fn receipt() -> impl Strategy<Value = Receipt> {
    let words = (text(), text(), text());
    let hashes = (hash(), vec(hash(), 0..4), vec(hash(), 0..4));
    (job(), any::<[u8; 16]>(), node(), words, hashes, state(), (time(), time(), amount(), any::<u64>())).prop_map(
        |(job, account, node, (unit, method, version), (capsule, inputs, outputs), state, numbers)| {
            let (submitted, finished, cost, sequence) = numbers;
            let account = crate::AccountId::from_bytes(account);
            Receipt {
                job,
                account,
                node,
                capsule,
                unit: unit.into(),
                method: method.into(),
                version: version.into(),
                state,
                inputs,
                outputs,
                submitted,
                finished,
                cost,
                sequence,
            }
        },
    )
}

pub(super) fn signed_receipt() -> impl Strategy<Value = SignedReceipt> {
    let root = (node(), any::<u64>(), any::<u32>(), time(), hash(), any::<[u8; 32]>()).prop_map(
        |(node, sequence, count, signed, root, half)| {
            let signature = std::array::from_fn(|index| half[index % 32] ^ index as u8);
            SignedRoot { node, sequence, count, signed, root, signature }
        },
    );
    (receipt(), any::<u32>(), vec(hash(), 0..12), root).prop_map(|(receipt, index, path, root)| SignedReceipt {
        leaf: receipt.encode().into(),
        index,
        path,
        root,
    })
}

pub(super) fn outcome() -> impl Strategy<Value = Outcome> {
    let media_type = prop_oneof![Just("text/plain".to_owned()), Just("image/png".to_owned()), text()];
    let output =
        (media_type, hash(), bytes()).prop_map(|(media_type, hash, bytes)| OutputBytes { media_type, hash, bytes });
    let proof = option::of(signed_receipt());
    (job(), state(), amount(), vec(output, 0..4), option::of(problem()), metrics(), proof).prop_map(
        |(job, state, cost, outputs, error, metrics, receipt)| Outcome {
            job,
            state,
            cost,
            outputs,
            error,
            metrics,
            receipt,
        },
    )
}

pub(super) fn client_frame() -> impl Strategy<Value = ClientFrame> {
    let submission = (any::<u64>(), capsule()).prop_map(|(correlation, capsule)| Submission { correlation, capsule });
    prop_oneof![
        3 => vec(submission, 0..4).prop_map(ClientFrame::Submit),
        1 => any::<u64>().prop_map(ClientFrame::Cancel),
        1 => topic().prop_map(ClientFrame::Subscribe),
        1 => topic().prop_map(ClientFrame::Unsubscribe),
        1 => any::<u64>().prop_map(ClientFrame::Ack),
        1 => any::<u64>().prop_map(ClientFrame::Ping),
        1 => (session(), any::<u64>())
            .prop_map(|(session, last_seq)| ClientFrame::Resume(Resume { session, last_seq })),
        1 => (any::<u64>(), text(), option::of(any::<u64>()), vec(any::<u8>(), 0..40)).prop_map(
            |(correlation, name, offset, bytes)| {
                ClientFrame::Publish(Publish { correlation, name, offset, bytes: bytes.into() })
            }
        ),
        1 => (text(), any::<u64>()).prop_map(|(name, epoch)| ClientFrame::Have(RegionHave { name, epoch })),
    ]
}

fn topic() -> impl Strategy<Value = Topic> {
    let region = (text(), any::<u32>(), any::<u64>(), any::<[bool; 2]>());
    prop_oneof![
        (option::of(job()), option::of(any::<u64>())).prop_map(|(job, after)| Topic::Jobs { job, after }),
        region.prop_map(|(name, max_rate_hz, after, [deflate, confirms])| {
            Topic::Region(RegionTopic { name, max_rate_hz, after, deflate, confirms })
        }),
    ]
}

fn welcome() -> impl Strategy<Value = Welcome> {
    (text(), node(), session(), any::<[u32; 3]>(), any::<bool>()).prop_map(
        |(protocol, node, session, [resume_ms, window, frame_bytes_max], resumed)| Welcome {
            protocol,
            node,
            session,
            resume_ms,
            window,
            frame_bytes_max,
            resumed,
        },
    )
}

pub(super) fn server_frame() -> impl Strategy<Value = ServerFrame> {
    let accepted = (any::<u64>(), job()).prop_map(|(correlation, job)| Accepted { correlation, job });
    let answer = (any::<u64>(), outcome()).prop_map(|(correlation, outcome)| Answer { correlation, outcome });
    let body =
        prop_oneof![
            welcome().prop_map(ServerBody::Welcome),
            vec(accepted, 0..4).prop_map(ServerBody::Accepted),
            vec(answer, 0..4).prop_map(ServerBody::Result),
            (job(), any::<[u64; 3]>()).prop_map(|(job, [done, total, event])| ServerBody::Progress(Progress {
                job,
                done,
                total,
                event
            })),
            (job(), state(), amount(), any::<u64>())
                .prop_map(|(job, state, cost, event)| ServerBody::State(JobState { job, state, cost, event })),
            (job(), text(), any::<u64>()).prop_map(|(job, line, event)| ServerBody::Log(JobLog { job, line, event })),
            (job(), any::<[u64; 2]>(), vec(any::<u8>(), 0..40)).prop_map(|(job, [offset, event], bytes)| {
                ServerBody::Output(Emitted { job, offset, bytes: bytes.into(), event })
            }),
            any::<[u64; 2]>().prop_map(|[first, last]| ServerBody::Gap(Gap { first, last })),
            (amount(), amount(), any::<u64>()).prop_map(|(available, threshold, event)| {
                ServerBody::LowBalance(LowBalance { available, threshold, event })
            }),
            (amount(), amount(), any::<u64>()).prop_map(|(paid, owed, event)| ServerBody::StorageOwed(StorageOwed {
                paid,
                owed,
                event
            })),
            (about(), problem()).prop_map(|(about, problem)| ServerBody::Problem(Trouble { about, problem })),
            any::<u64>().prop_map(ServerBody::Pong),
            (text(), any::<[u64; 3]>(), vec(any::<u32>(), 0..4), vec(any::<u8>(), 0..40), any::<bool>()).prop_map(
                |(name, [epoch, base, len], pages, bytes, deflated)| {
                    ServerBody::Region(RegionState { name, epoch, base, len, pages, bytes: bytes.into(), deflated })
                }
            ),
            any::<[u64; 2]>().prop_map(|[correlation, epoch]| ServerBody::Published(Published { correlation, epoch })),
            (text(), any::<u32>())
                .prop_map(|(reason, retry_after_ms)| ServerBody::Goodbye(Goodbye { reason, retry_after_ms })),
        ];
    (any::<u64>(), body).prop_map(|(seq, body)| ServerFrame { seq, body })
}

fn account() -> impl Strategy<Value = crate::AccountId> {
    any::<[u8; 16]>().prop_map(crate::AccountId::from_bytes)
}

fn transfer_id() -> impl Strategy<Value = TransferId> {
    any::<[u8; 16]>().prop_map(TransferId::from_bytes)
}

fn reason() -> impl Strategy<Value = Reason> {
    prop_oneof![Just(Reason::Grant), Just(Reason::Transfer), Just(Reason::Job), Just(Reason::Storage)]
}

pub(super) fn transfer() -> impl Strategy<Value = Transfer> {
    (transfer_id(), account(), account(), amount(), reason(), option::of(job()), option::of(text()), time()).prop_map(
        |(id, debit, credit, amount, reason, job, note, at)| Transfer {
            id,
            debit,
            credit,
            amount,
            reason,
            job,
            note,
            at,
        },
    )
}

pub(super) fn hold() -> impl Strategy<Value = Hold> {
    (job(), account(), amount(), time(), time()).prop_map(|(job, account, amount, at, expires)| Hold {
        job,
        account,
        amount,
        at,
        expires,
    })
}

pub(super) fn entry() -> impl Strategy<Value = Entry> {
    (option::of(transfer_id()), option::of(job()), reason(), any::<i64>(), time(), option::of(text()))
        .prop_map(|(transfer, job, reason, amount, at, note)| Entry { transfer, job, reason, amount, at, note })
}

pub(super) fn node_identity() -> impl Strategy<Value = Node> {
    (node(), text(), text(), time()).prop_map(|(id, name, version, started)| Node { id, name, version, started })
}

pub(super) fn key() -> impl Strategy<Value = Key> {
    let scopes = prop::sample::subsequence(Scope::ALL.to_vec(), 0..=6);
    let id = any::<[u8; 16]>().prop_map(crate::KeyId::from_bytes);
    let limits = (option::of(time()), option::of(any::<u32>()), option::of(amount()));
    (id, text(), scopes, time(), option::of(time()), option::of(time()), limits).prop_map(
        |(id, name, scopes, created, expires, revoked, (last_used, rate_limit, budget))| Key {
            id,
            prefix: Key::prefix_of(id),
            name,
            scopes,
            created,
            expires,
            revoked,
            last_used,
            rate_limit,
            budget,
        },
    )
}

pub(super) fn job_request() -> impl Strategy<Value = JobRequest<'static>> {
    (text(), any::<u8>(), option::of(amount()), hash(), time(), time(), option::of(text()), labels(), any::<bool>())
        .prop_map(|(version, priority, budget, capsule, submitted, deadline, params, labels, remembered)| JobRequest {
            version: version.into(),
            priority,
            budget,
            capsule,
            submitted,
            deadline,
            params: params.map(Into::into),
            labels: Cow::Owned(labels),
            remembered,
        })
}

pub(super) fn job_ending() -> impl Strategy<Value = JobEnding<'static>> {
    let output =
        (text(), any::<u64>(), hash()).prop_map(|(media_type, bytes, hash)| OutputInfo { media_type, bytes, hash });
    let times = (option::of(time()), time(), any::<u32>());
    let end = prop_oneof![
        Just((None, None)),
        problem().prop_map(|problem| (Some(Cow::Owned(problem)), None)),
        job().prop_map(|job| (None, Some(job))),
    ];
    (times, metrics(), vec(hash(), 0..4), vec(output, 0..4), end).prop_map(
        |((started, finished, attempts), metrics, inputs, outputs, (error, cached_from))| JobEnding {
            started,
            finished,
            attempts,
            metrics,
            inputs: inputs.into(),
            outputs: outputs.into(),
            error,
            cached_from,
        },
    )
}
