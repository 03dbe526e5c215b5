//! A pulse beats while somebody waits for it, and rests while nobody does.

use std::time::Duration;

use crate::Pulse;

#[test]
fn a_pulse_beats_for_whoever_waits() {
    let pulse = Pulse::start(Duration::from_millis(1)).unwrap();
    let mut seen = pulse.value();
    for _ in 0..20 {
        let next = pulse.wait(seen, None);
        assert_ne!(next, seen);
        seen = next;
    }
}

#[test]
fn a_pulse_rests_while_nobody_waits() {
    let pulse = Pulse::start(Duration::from_millis(1)).unwrap();
    let seen = pulse.wait(pulse.value(), None);
    // The beat that was under way when the wait ended may still come; after it there is none.
    std::thread::sleep(Duration::from_millis(100));
    assert!(pulse.value() - seen <= 2, "{}", pulse.value() - seen);
    assert_ne!(pulse.wait(pulse.value(), None), seen);
}

#[test]
fn many_who_wait_for_a_pulse_are_all_told() {
    let pulse = Pulse::start(Duration::from_millis(1)).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..32 {
            scope.spawn(|| (0..30).fold(pulse.value(), |seen, _| pulse.wait(seen, None)));
        }
    });
}
