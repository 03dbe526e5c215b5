//! Requests that may wait for others: no thread wakes for them before the first of them has waited long enough.

use std::{collections::VecDeque, time::Instant};

use parking_lot::Mutex;

use super::Request;

/// Requests that wait for company, shared by those who hand them in and the committer.
#[derive(Default)]
pub(super) struct Company(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    requests: VecDeque<(Instant, Request)>,
    /// Until when all of them may wait.
    due: Option<Instant>,
    is_closed: bool,
}

impl Company {
    /// Lets a request wait until then, or drops it where nobody comes for it any more. Returns whether the committer has to
    /// hear of it: it sleeps until the one that is due first.
    pub(super) fn join(&self, request: Request, until: Instant) -> bool {
        let mut waiting = self.0.lock();
        if waiting.is_closed {
            return false;
        }
        waiting.requests.push_back((until, request));
        let is_first = waiting.due.is_none_or(|due| until < due);
        if is_first {
            waiting.due = Some(until);
        }
        is_first
    }

    /// Until when all of them may wait, if there are any.
    pub(super) fn due(&self) -> Option<Instant> {
        self.0.lock().due
    }

    /// Adds the first of them to `requests`, as far as there is room for their entries, and one in any case where `requests`
    /// is empty.
    pub(super) fn take(&self, requests: &mut Vec<Request>, mut room: usize) {
        let mut waiting = self.0.lock();
        while let Some((_, request)) =
            waiting.requests.pop_front_if(|(_, next)| next.entries.len() <= room || requests.is_empty())
        {
            room = room.saturating_sub(request.entries.len());
            requests.push(request);
        }
        waiting.due = waiting.requests.iter().map(|(until, _)| *until).min();
    }

    /// Lets go all that wait, and all that come from now on: nobody commits any more.
    pub(super) fn close(&self) {
        let mut waiting = self.0.lock();
        waiting.is_closed = true;
        let left = std::mem::take(&mut waiting.requests);
        waiting.due = None;
        drop(waiting);
        drop(left);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use inos_protocols::{Microcredits, account::Reason};
    use tokio::sync::oneshot::{self, error::TryRecvError};

    use super::*;
    use crate::{AccountNo, Entry, Transfer, committer::Answer};

    fn request(entries: usize) -> (Request, oneshot::Receiver<Answer>) {
        let (amount, (done, told)) = (Microcredits::CREDIT, oneshot::channel());
        let transfer = || Transfer::new(AccountNo(1), AccountNo(2), amount, Reason::Grant, None).unwrap();
        (Request { entries: (0..entries).map(|_| Entry::Transfer(transfer())).collect(), done }, told)
    }

    fn taken(company: &Company, room: usize) -> Vec<usize> {
        let mut requests = Vec::new();
        company.take(&mut requests, room);
        requests.iter().map(|request| request.entries.len()).collect()
    }

    #[test]
    fn only_who_is_due_first_has_the_committer_told() {
        let (company, now) = (Company::default(), Instant::now());
        let at = |ms| now + Duration::from_millis(ms);
        let told: Vec<bool> = [10, 11, 5, 7, 5, 4].map(|ms| company.join(request(1).0, at(ms))).into();
        assert_eq!(told, [true, false, true, false, false, true]);
        assert_eq!(company.due(), Some(at(4)));
        assert_eq!(taken(&company, 3), [1, 1, 1]);
        assert_eq!(company.due(), Some(at(4)));
        assert_eq!(taken(&company, 100), [1, 1, 1]);
        assert_eq!(company.due(), None);
        assert!(company.join(request(1).0, at(20)), "the first again");
    }

    #[test]
    fn who_has_more_than_any_commit_goes_alone() {
        let (company, now) = (Company::default(), Instant::now());
        for entries in [3, 20, 1] {
            company.join(request(entries).0, now);
        }
        assert_eq!(taken(&company, 10), [3]);
        assert_eq!(taken(&company, 10), [20]);
        assert_eq!(taken(&company, 10), [1]);
    }

    #[test]
    fn who_waits_for_nobody_is_let_go() {
        let (company, now) = (Company::default(), Instant::now());
        let ((first, mut told_first), (second, mut told_second)) = (request(1), request(1));
        company.join(first, now);
        company.close();
        assert_eq!((company.due(), taken(&company, 100)), (None, Vec::new()));
        assert!(!company.join(second, now));
        for told in [&mut told_first, &mut told_second] {
            assert!(matches!(told.try_recv(), Err(TryRecvError::Closed)));
        }
    }
}
