//! The course of one job: which state follows which, how often it was begun, and what it waits for in between.
//! A value without clocks or threads; what may follow what is [`State::may_become`]'s to say.

use inos_protocols::{job::State, time::Time};

/// What keeps a queued job from being offered to the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pause {
    /// An attempt broke on our side; the next one is made at this time.
    Backoff(Time),
    /// Jobs whose outputs it takes have not ended.
    Input,
}

/// How far a job has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Course {
    state: State,
    attempts: u32,
    pause: Option<Pause>,
}

impl Course {
    /// A job that was accepted, or that is taken up again after so many attempts.
    pub(crate) fn accepted(attempts: u32, pause: Option<Pause>) -> Self {
        Self { state: State::Queued, attempts, pause }
    }

    pub(crate) fn state(&self) -> State {
        self.state
    }

    /// How often it was begun.
    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// What it waits for, where it waits for something else than its turn.
    pub(crate) fn pause(&self) -> Option<Pause> {
        self.pause
    }

    /// A worker begins it; false where that cannot be.
    pub(crate) fn begin(&mut self) -> bool {
        if self.pause.is_some() || !self.go(State::Running) {
            return false;
        }
        self.attempts += 1;
        true
    }

    /// An attempt broke, and another one is to come; false where that cannot be.
    pub(crate) fn put_back(&mut self, pause: Pause) -> bool {
        let back = self.go(State::Queued);
        self.pause = if back { Some(pause) } else { self.pause };
        back
    }

    /// What it waited for has come; false where it waited for nothing.
    pub(crate) fn go_on(&mut self) -> bool {
        !self.state.is_final() && self.pause.take().is_some()
    }

    /// It ends; false where it cannot end so, or has ended.
    pub(crate) fn end(&mut self, state: State) -> bool {
        let ended = state.is_final() && self.go(state);
        self.pause = if ended { None } else { self.pause };
        ended
    }

    fn go(&mut self, next: State) -> bool {
        let may = self.state.may_become(next);
        if may {
            self.state = next;
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FINAL: [State; 4] = [State::Succeeded, State::Failed, State::Cancelled, State::Expired];

    #[derive(Debug, Clone, Copy)]
    enum Step {
        Begin,
        Retry,
        GoOn,
        Restart,
        End(State),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => Just(Step::Begin),
            4 => Just(Step::Retry),
            3 => Just(Step::GoOn),
            2 => Just(Step::Restart),
            // Cancelled, expired, failed and succeeded come from anywhere, at any time.
            2 => prop::sample::select(FINAL.to_vec()).prop_map(Step::End),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

        /// Whatever happens in whatever order, a job ends at most once, stays as it ended, succeeds only while it runs,
        /// and is begun only while nothing keeps it.
        #[test]
        fn a_job_ends_once_and_stays_so(steps in prop::collection::vec(step(), 1..60), waits in any::<bool>()) {
            let mut course = Course::accepted(0, waits.then_some(Pause::Input));
            let (mut ends, mut begun) = (Vec::new(), 0);
            for step in steps {
                let before = course;
                let moved = match step {
                    Step::Begin => {
                        let moved = course.begin();
                        prop_assert_eq!(moved, before.state() == State::Queued && before.pause().is_none());
                        begun += u32::from(moved);
                        moved
                    }
                    Step::Retry => {
                        let moved = course.put_back(Pause::Backoff(Time::from_ms(7)));
                        prop_assert_eq!(moved, before.state() == State::Running);
                        moved
                    }
                    Step::GoOn => course.go_on(),
                    // What the books keep of a job that has not ended: that it has not, and how often it was tried.
                    Step::Restart if !course.state().is_final() => {
                        course = Course::accepted(course.attempts(), course.pause());
                        true
                    }
                    Step::Restart => false,
                    Step::End(state) => {
                        let moved = course.end(state);
                        ends.extend(moved.then_some(state));
                        prop_assert!(!moved || state != State::Succeeded || before.state() == State::Running);
                        moved
                    }
                };
                prop_assert!(moved || course == before, "what cannot be changes nothing");
                prop_assert!(ends.len() <= 1, "{:?}", ends);
                prop_assert_eq!(ends.first().copied(), Some(course.state()).filter(|state| state.is_final()));
                prop_assert_eq!(course.attempts(), begun);
                prop_assert!(course.pause().is_none() || course.state() == State::Queued);
            }
            let has_ended = !ends.is_empty();
            prop_assert!(has_ended != FINAL.iter().any(|state| course.state().may_become(*state)));
        }
    }
}
