//! Who hears what, from when on.

use super::*;

fn state(state: State) -> Happening {
    Happening::State { state, cost: Microcredits::ZERO }
}

/// What a subscriber hears without waiting: numbers of events, and pairs of gaps.
async fn heard(subscription: &mut Subscription) -> Vec<Result<u64, (u64, u64)>> {
    let mut all = Vec::new();
    while let Ok(Some(told)) = tokio::time::timeout(std::time::Duration::ZERO, subscription.next()).await {
        all.push(match told {
            Told::Event(event) => Ok(event.seq),
            Told::Gap { first, last } => Err((first, last)),
        });
    }
    all
}

#[tokio::test]
async fn who_comes_late_hears_a_job_from_its_start_or_that_it_is_not_known() {
    let (hub, account, job, other) = (Hub::default(), AccountId::new(), JobId::new(), JobId::new());
    hub.tell(account, job, state(State::Queued));
    hub.tell(account, other, state(State::Queued));
    hub.tell(account, job, state(State::Running));
    let mut late = hub.subscribe(account, Some(job), None);
    assert!(late.is_whole());
    let heard_late = heard(&mut late).await;
    let first = heard_late[0].unwrap();
    assert_eq!(heard_late, [Ok(first), Ok(first + 2)]);
    for _ in 0..HISTORY_LEN_MAX - 2 {
        hub.tell(account, other, Happening::Progress { done: 1, total: 2 });
    }
    let mut later = hub.subscribe(account, Some(job), None);
    assert!(!later.is_whole());
    let heard_later = heard(&mut later).await;
    assert_eq!(heard_later, [Err((0, first)), Ok(first + 2)]);
}

#[tokio::test]
async fn who_goes_on_hears_each_event_once_or_of_the_gap() {
    let (hub, account, job) = (Hub::default(), AccountId::new(), JobId::new());
    let mut live = hub.subscribe(account, None, None);
    for _ in 0..HISTORY_LEN_MAX + 10 {
        hub.tell(account, job, Happening::Progress { done: 1, total: 2 });
    }
    let slow = heard(&mut live).await;
    let Err((first, last)) = slow[0] else { panic!("the first ten are gone") };
    assert_eq!(last - first, 9);
    assert_eq!(slow.len(), 1 + HISTORY_LEN_MAX, "what is remembered is told once");
    let newest = slow.last().unwrap().unwrap();
    assert_eq!(newest, last + HISTORY_LEN_MAX as u64);
    assert_eq!(heard(&mut hub.subscribe(account, None, Some(newest - 2))).await, [Ok(newest - 1), Ok(newest)]);
    assert_eq!(heard(&mut hub.subscribe(account, None, Some(newest))).await, []);
    let behind = heard(&mut hub.subscribe(account, None, Some(first - 1))).await;
    assert_eq!(behind[0], Err((first, last)));
    // A number from the future, or from before a restart.
    for strange in [newest + 5, 17] {
        let heard = heard(&mut hub.subscribe(account, None, Some(strange))).await;
        assert!(matches!(heard[0], Err((_, to)) if to == last), "{strange}: {:?}", heard[0]);
    }
}

#[tokio::test]
async fn an_attached_process_hears_what_is_remembered_and_what_comes() {
    use inos_arena::{AttachedRing, Heard};
    let (hub, account, job) = (Hub::default(), AccountId::new(), JobId::new());
    hub.tell(account, job, state(State::Queued));
    let (here, there) = std::os::unix::net::UnixStream::pair().unwrap();
    let quota = inos_arena::Quota::new(1 << 20);
    let attachment = hub.attach(account, &quota).unwrap();
    inos_arena::send(&here, b"ok\n", &attachment).unwrap();
    let mut ring = AttachedRing::open(inos_arena::receive(&there).unwrap().1.unwrap()).unwrap();
    hub.tell(account, job, state(State::Running));
    hub.tell(AccountId::new(), JobId::new(), state(State::Queued));
    let mut to = Vec::new();
    let mut states = Vec::new();
    while let Heard::Record(_) = ring.read(&mut to) {
        let record: serde_json::Value = serde_json::from_slice(&to).unwrap();
        assert_eq!((&record["event"], &record["job"]), (&"state".into(), &job.to_string().into()));
        states.push(record["state"].as_str().unwrap().to_owned());
    }
    assert_eq!(states, ["queued", "running"], "of this account alone");
    let totals = hub.ring_totals();
    assert_eq!((totals.rings, totals.attached, totals.written, totals.dropped), (1, 1, 2, 0));
    assert!(totals.bytes >= 512 << 10, "{totals:?}");
    // Who follows as well shares it; another ring has no room beside it.
    drop(hub.attach(account, &quota).unwrap());
    assert_eq!(quota.used() as u64, totals.bytes);
    let full = hub.attach(AccountId::new(), &quota).err().map(|error| error.kind());
    assert_eq!(full, Some(std::io::ErrorKind::QuotaExceeded));
    drop(attachment);
    let after = RingTotals { written: 2, ..RingTotals::default() };
    assert_eq!(hub.ring_totals(), after, "what was counted stays, what was taken is given back");
    hub.tell(account, job, state(State::Succeeded));
    assert_eq!(quota.used(), 0);
    assert_eq!((ring.read(&mut to), ring.has_ended()), (Heard::Nothing, true));
}

#[tokio::test]
async fn a_history_holds_few_bytes() {
    let (hub, account, job) = (Hub::default(), AccountId::new(), JobId::new());
    let piece = Bytes::from(vec![1; 64 << 10]);
    for _ in 0..40 {
        hub.tell(account, job, Happening::Output { offset: 0, bytes: piece.clone() });
    }
    let heard = heard(&mut hub.subscribe(account, Some(job), None)).await;
    assert_eq!(heard.len(), 1 + HISTORY_BYTES_MAX / piece.len());
    assert!(heard[0].is_err());
}
