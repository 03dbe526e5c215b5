//! The frames of `/v1/ws`.

use bytes::Bytes;

use super::{Malformed, capsule, fields, message, outcome, problem, regions};
use crate::{
    JobId,
    frame::{
        About, Accepted, Answer, ClientFrame, Emitted, Gap, Goodbye, JobLog, JobState, LowBalance, Progress, Resume,
        ServerBody, ServerFrame, StorageOwed, Submission, Topic, Trouble, Welcome,
    },
    generated::frames_capnp::{
        accepted, after, answer, client_frame, gap, goodbye, job_log, job_output, job_state, low_balance, progress,
        resume, server_frame, storage_owed, submission, topic, trouble, welcome,
    },
    ids::SessionId,
    job::State,
    refusal::Refusal,
};

/// The client's frame that this message is; its inputs stay slices of `message`.
pub fn read_client_frame(message: &Bytes) -> Result<ClientFrame, Refusal> {
    let reader = message::open(message)?;
    Ok(read_client(message, reader.get_root().map_err(Malformed::from)?)?)
}

/// The server's frame that this message is; its outputs stay slices of `message`.
pub fn read_server_frame(message: &Bytes) -> Result<ServerFrame, Refusal> {
    let reader = message::open(message)?;
    Ok(read_server(message, reader.get_root().map_err(Malformed::from)?)?)
}

/// Which jobs a server frame ends, without reading what came of them.
///
/// For those who only count, such as a load driver; `None` where the frame says anything else.
pub fn read_ends(message: &Bytes) -> Result<Option<Ends>, Refusal> {
    let reader = message::open(message)?;
    let frame: server_frame::Reader<'_> = reader.get_root().map_err(Malformed::from)?;
    let server_frame::Result(list) = frame.which().map_err(Malformed::from)? else { return Ok(None) };
    let list = list.map_err(Malformed::from)?;
    fields::batch_len("result", list.len())?;
    let end = |answer: answer::Reader<'_>| {
        let state = answer.get_result()?.get_state()?;
        Ok((answer.get_correlation(), state.into()))
    };
    let ends = list.iter().map(end).collect::<Result<_, Malformed>>()?;
    Ok(Some(Ends { seq: frame.get_seq(), ends }))
}

/// The jobs that one frame ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ends {
    /// The frame's number.
    pub seq: u64,
    /// Correlation number and state of each.
    pub ends: Vec<(u64, State)>,
}

fn read_client(whole: &Bytes, from: client_frame::Reader<'_>) -> Result<ClientFrame, Malformed> {
    Ok(match from.which()? {
        client_frame::Submit(list) => {
            let list = list?;
            fields::batch_len("submit", list.len())?;
            let read = |submission: submission::Reader<'_>| {
                let capsule = capsule::read(whole, submission.get_capsule()?)?;
                Ok(Submission { correlation: submission.get_correlation(), capsule })
            };
            ClientFrame::Submit(list.iter().map(read).collect::<Result<_, Malformed>>()?)
        }
        client_frame::Cancel(correlation) => ClientFrame::Cancel(correlation),
        client_frame::Subscribe(topic) => ClientFrame::Subscribe(read_topic(topic?)?),
        client_frame::Unsubscribe(topic) => ClientFrame::Unsubscribe(read_topic(topic?)?),
        client_frame::Ack(seq) => ClientFrame::Ack(seq),
        client_frame::Ping(number) => ClientFrame::Ping(number),
        client_frame::Resume(resume) => {
            let resume: resume::Reader<'_> = resume?;
            let session = fields::id("session", resume.get_session(), SessionId::from_slice)?;
            ClientFrame::Resume(Resume { session, last_seq: resume.get_last_seq() })
        }
        client_frame::Publish(publish) => ClientFrame::Publish(regions::read_publish(whole, publish?)?),
        client_frame::Have(have) => ClientFrame::Have(regions::read_have(have?)?),
    })
}

fn read_topic(from: topic::Reader<'_>) -> Result<Topic, Malformed> {
    let job = |job| fields::id("job", job, JobId::from_slice).map(Some);
    Ok(match from.which()? {
        topic::Jobs(()) => Topic::Jobs { job: None, after: None },
        topic::Job(one) => Topic::Jobs { job: job(one)?, after: None },
        topic::After(after) => {
            let after: after::Reader<'_> = after?;
            let job = match after.get_jobs().which()? {
                after::jobs::All(()) => None,
                after::jobs::One(one) => job(one)?,
            };
            Topic::Jobs { job, after: Some(after.get_event()) }
        }
        topic::Region(region) => Topic::Region(regions::read_topic(region?)?),
    })
}

fn read_server(whole: &Bytes, from: server_frame::Reader<'_>) -> Result<ServerFrame, Malformed> {
    let body = match from.which()? {
        server_frame::Welcome(welcome) => ServerBody::Welcome(read_welcome(welcome?)?),
        server_frame::Accepted(list) => {
            let list = list?;
            fields::batch_len("accepted", list.len())?;
            ServerBody::Accepted(list.iter().map(read_accepted).collect::<Result<_, _>>()?)
        }
        server_frame::Result(list) => {
            let list = list?;
            fields::batch_len("result", list.len())?;
            let read = |answer: answer::Reader<'_>| {
                let outcome = outcome::read(whole, answer.get_result()?)?;
                Ok(Answer { correlation: answer.get_correlation(), outcome })
            };
            ServerBody::Result(list.iter().map(read).collect::<Result<_, Malformed>>()?)
        }
        server_frame::Progress(progress) => ServerBody::Progress(read_progress(progress?)?),
        server_frame::State(state) => ServerBody::State(read_state(state?)?),
        server_frame::Problem(trouble) => ServerBody::Problem(read_trouble(trouble?)?),
        server_frame::Pong(number) => ServerBody::Pong(number),
        server_frame::Goodbye(goodbye) => {
            let goodbye: goodbye::Reader<'_> = goodbye?;
            let reason = fields::text(goodbye.get_reason())?.into();
            ServerBody::Goodbye(Goodbye { reason, retry_after_ms: goodbye.get_retry_after_ms() })
        }
        server_frame::Log(log) => {
            let log: job_log::Reader<'_> = log?;
            let job = fields::id("job", log.get_job(), JobId::from_slice)?;
            ServerBody::Log(JobLog { job, line: fields::text(log.get_line())?.into(), event: log.get_event() })
        }
        server_frame::Output(output) => {
            let output: job_output::Reader<'_> = output?;
            ServerBody::Output(Emitted {
                job: fields::id("job", output.get_job(), JobId::from_slice)?,
                offset: output.get_offset(),
                bytes: fields::shared(whole, output.get_bytes())?,
                event: output.get_event(),
            })
        }
        server_frame::Gap(gap) => {
            let gap: gap::Reader<'_> = gap?;
            ServerBody::Gap(Gap { first: gap.get_first(), last: gap.get_last() })
        }
        server_frame::LowBalance(low) => {
            let low: low_balance::Reader<'_> = low?;
            ServerBody::LowBalance(LowBalance {
                available: fields::amount("available", low.get_available())?,
                threshold: fields::amount("threshold", low.get_threshold())?,
                event: low.get_event(),
            })
        }
        server_frame::StorageOwed(storage) => {
            let storage: storage_owed::Reader<'_> = storage?;
            ServerBody::StorageOwed(StorageOwed {
                paid: fields::amount("paid", storage.get_paid())?,
                owed: fields::amount("owed", storage.get_owed())?,
                event: storage.get_event(),
            })
        }
        server_frame::Region(region) => ServerBody::Region(regions::read_state(whole, region?)?),
        server_frame::Published(published) => ServerBody::Published(regions::read_published(published?)),
    };
    Ok(ServerFrame { seq: from.get_seq(), body })
}

fn read_welcome(from: welcome::Reader<'_>) -> Result<Welcome, Malformed> {
    Ok(Welcome {
        protocol: fields::text(from.get_protocol())?.into(),
        node: fields::node("node", from.get_node())?,
        session: fields::id("session", from.get_session(), SessionId::from_slice)?,
        resume_ms: from.get_resume_ms(),
        window: from.get_window(),
        frame_bytes_max: from.get_frame_bytes_max(),
        resumed: from.get_resumed(),
    })
}

fn read_accepted(from: accepted::Reader<'_>) -> Result<Accepted, Malformed> {
    let job = fields::id("job", from.get_job(), JobId::from_slice)?;
    Ok(Accepted { correlation: from.get_correlation(), job })
}

fn read_progress(from: progress::Reader<'_>) -> Result<Progress, Malformed> {
    let job = fields::id("job", from.get_job(), JobId::from_slice)?;
    Ok(Progress { job, done: from.get_done(), total: from.get_total(), event: from.get_event() })
}

fn read_state(from: job_state::Reader<'_>) -> Result<JobState, Malformed> {
    Ok(JobState {
        job: fields::id("job", from.get_job(), JobId::from_slice)?,
        state: from.get_state()?.into(),
        cost: fields::amount("cost", from.get_cost())?,
        event: from.get_event(),
    })
}

fn read_trouble(from: trouble::Reader<'_>) -> Result<Trouble, Malformed> {
    let about = match from.get_about().which()? {
        trouble::about::Frame(()) => About::Frame,
        trouble::about::Submission(correlation) => About::Submission(correlation),
        trouble::about::Publish(correlation) => About::Publish(correlation),
        trouble::about::Region(name) => {
            About::Region(fields::short_text("region", regions::NAME_LEN_MAX, name)?.into())
        }
    };
    Ok(Trouble { about, problem: problem::read(from.get_problem()?)? })
}

/// The message that this client's frame is.
pub fn write_client_frame(frame: &ClientFrame) -> Vec<u8> {
    let params: Vec<String> = match frame {
        ClientFrame::Submit(list) => list.iter().map(|one| capsule::params_text(&one.capsule.params)).collect(),
        _ => Vec::new(),
    };
    let submissions: &[Submission] = if let ClientFrame::Submit(list) = frame { list } else { &[] };
    let len: usize =
        submissions.iter().zip(&params).map(|(one, params)| 2 + capsule::words(&one.capsule, params)).sum();
    let mut message = message::begin(16 + len + regions::client_words(frame));
    let mut to = message.init_root::<client_frame::Builder<'_>>();
    match frame {
        ClientFrame::Submit(list) => {
            let mut to = to.init_submit(list.len() as u32);
            for (index, (Submission { correlation, capsule }, params)) in list.iter().zip(&params).enumerate() {
                let mut to = to.reborrow().get(index as u32);
                to.set_correlation(*correlation);
                capsule::write(capsule, params, to.init_capsule());
            }
        }
        ClientFrame::Cancel(correlation) => to.set_cancel(*correlation),
        ClientFrame::Subscribe(topic) => write_topic(topic, to.init_subscribe()),
        ClientFrame::Unsubscribe(topic) => write_topic(topic, to.init_unsubscribe()),
        ClientFrame::Ack(seq) => to.set_ack(*seq),
        ClientFrame::Ping(number) => to.set_ping(*number),
        ClientFrame::Resume(Resume { session, last_seq }) => {
            let mut to = to.init_resume();
            to.set_session(session.as_bytes());
            to.set_last_seq(*last_seq);
        }
        ClientFrame::Publish(publish) => regions::write_publish(publish, to.init_publish()),
        ClientFrame::Have(have) => regions::write_have(have, to.init_have()),
    }
    message::end(&message)
}

fn write_topic(topic: &Topic, mut to: topic::Builder<'_>) {
    match topic {
        Topic::Jobs { job: None, after: None } => to.set_jobs(()),
        Topic::Jobs { job: Some(job), after: None } => to.set_job(job.as_bytes()),
        Topic::Region(region) => regions::write_topic(region, to.init_region()),
        Topic::Jobs { job, after: Some(event) } => {
            let mut to = to.init_after();
            to.set_event(*event);
            if let Some(job) = job {
                to.init_jobs().set_one(job.as_bytes());
            }
        }
    }
}

/// The message that this server's frame is. Nobody reads it where it is over [`super::MESSAGE_BYTES_MAX`].
pub fn write_server_frame(frame: &ServerFrame) -> Vec<u8> {
    let ServerFrame { seq, body } = frame;
    let mut message = message::begin(16 + body_words(body));
    let mut to = message.init_root::<server_frame::Builder<'_>>();
    to.set_seq(*seq);
    match body {
        ServerBody::Welcome(welcome) => write_welcome(welcome, to.init_welcome()),
        ServerBody::Accepted(list) => {
            let mut to = to.init_accepted(list.len() as u32);
            for (index, Accepted { correlation, job }) in list.iter().enumerate() {
                let mut to = to.reborrow().get(index as u32);
                to.set_correlation(*correlation);
                to.set_job(job.as_bytes());
            }
        }
        ServerBody::Result(list) => {
            let mut to = to.init_result(list.len() as u32);
            for (index, Answer { correlation, outcome }) in list.iter().enumerate() {
                let mut to = to.reborrow().get(index as u32);
                to.set_correlation(*correlation);
                outcome::write(outcome, to.init_result());
            }
        }
        ServerBody::Progress(progress) => write_progress(*progress, to.init_progress()),
        ServerBody::State(state) => write_state(*state, to.init_state()),
        ServerBody::Problem(trouble) => write_trouble(trouble, to.init_problem()),
        ServerBody::Pong(number) => to.set_pong(*number),
        ServerBody::Goodbye(Goodbye { reason, retry_after_ms }) => {
            let mut to = to.init_goodbye();
            to.set_reason(reason);
            to.set_retry_after_ms(*retry_after_ms);
        }
        ServerBody::Log(JobLog { job, line, event }) => {
            let mut to = to.init_log();
            to.set_job(job.as_bytes());
            to.set_line(line);
            to.set_event(*event);
        }
        ServerBody::Output(Emitted { job, offset, bytes, event }) => {
            let mut to = to.init_output();
            to.set_job(job.as_bytes());
            to.set_offset(*offset);
            to.set_bytes(bytes);
            to.set_event(*event);
        }
        ServerBody::Gap(Gap { first, last }) => {
            let mut to = to.init_gap();
            to.set_first(*first);
            to.set_last(*last);
        }
        ServerBody::LowBalance(LowBalance { available, threshold, event }) => {
            let mut to = to.init_low_balance();
            to.set_available(available.get());
            to.set_threshold(threshold.get());
            to.set_event(*event);
        }
        ServerBody::StorageOwed(StorageOwed { paid, owed, event }) => {
            let mut to = to.init_storage_owed();
            to.set_paid(paid.get());
            to.set_owed(owed.get());
            to.set_event(*event);
        }
        ServerBody::Region(region) => regions::write_state(region, to.init_region()),
        ServerBody::Published(published) => regions::write_published(*published, to.init_published()),
    }
    message::end(&message)
}

/// No fewer words than the body takes in a message.
fn body_words(body: &ServerBody) -> usize {
    match body {
        ServerBody::Welcome(welcome) => 16 + message::words(welcome.protocol.len()),
        ServerBody::Accepted(list) => 1 + 4 * list.len(),
        ServerBody::Result(list) => 1 + list.iter().map(|answer| 2 + outcome::words(&answer.outcome)).sum::<usize>(),
        ServerBody::Progress(_)
        | ServerBody::State(_)
        | ServerBody::Pong(_)
        | ServerBody::Gap(_)
        | ServerBody::LowBalance(_)
        | ServerBody::StorageOwed(_)
        | ServerBody::Published(_) => 9,
        ServerBody::Region(region) => regions::state_words(region),
        ServerBody::Log(log) => 8 + message::words(log.line.len()),
        ServerBody::Output(output) => 9 + message::words(output.bytes.len()),
        ServerBody::Problem(trouble) => 5 + about_words(&trouble.about) + problem::words(&trouble.problem),
        ServerBody::Goodbye(goodbye) => 4 + message::words(goodbye.reason.len()),
    }
}

fn write_welcome(welcome: &Welcome, mut to: welcome::Builder<'_>) {
    let Welcome { protocol, node, session, resume_ms, window, frame_bytes_max, resumed } = welcome;
    to.set_protocol(protocol);
    to.set_node(&node.0);
    to.set_session(session.as_bytes());
    to.set_resume_ms(*resume_ms);
    to.set_window(*window);
    to.set_frame_bytes_max(*frame_bytes_max);
    to.set_resumed(*resumed);
}

fn write_progress(progress: Progress, mut to: progress::Builder<'_>) {
    let Progress { job, done, total, event } = progress;
    to.set_job(job.as_bytes());
    to.set_done(done);
    to.set_total(total);
    to.set_event(event);
}

fn write_state(state: JobState, mut to: job_state::Builder<'_>) {
    let JobState { job, state, cost, event } = state;
    to.set_job(job.as_bytes());
    to.set_state(state.into());
    to.set_cost(cost.get());
    to.set_event(event);
}

fn about_words(about: &About) -> usize {
    match about {
        About::Region(name) => message::words(name.len() + 1),
        About::Frame | About::Submission(_) | About::Publish(_) => 0,
    }
}

fn write_trouble(trouble: &Trouble, mut to: trouble::Builder<'_>) {
    let Trouble { about, problem } = trouble;
    let mut place = to.reborrow().init_about();
    match about {
        About::Frame => {}
        About::Submission(correlation) => place.set_submission(*correlation),
        About::Publish(correlation) => place.set_publish(*correlation),
        About::Region(name) => place.set_region(name.as_str()),
    }
    problem::write(problem, to.init_problem());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Microcredits,
        job::{Metrics, Outcome},
    };

    #[test]
    fn the_ends_of_a_frame_are_those_of_its_results() {
        let outcome = |state| Outcome {
            job: JobId::new(),
            state,
            cost: Microcredits::ZERO,
            outputs: Vec::new(),
            error: None,
            metrics: Metrics::default(),
            receipt: None,
        };
        let answer = |(correlation, state)| Answer { correlation, outcome: outcome(state) };
        let ends = vec![(7, State::Succeeded), (u64::MAX, State::Expired)];
        let body = ServerBody::Result(ends.iter().copied().map(answer).collect());
        let message: Bytes = write_server_frame(&ServerFrame { seq: 3, body }).into();
        assert_eq!(read_ends(&message).unwrap(), Some(Ends { seq: 3, ends }));
        let pong: Bytes = write_server_frame(&ServerFrame { seq: 3, body: ServerBody::Pong(1) }).into();
        assert_eq!(read_ends(&pong).unwrap(), None);
        assert!(read_ends(&message.slice(..message.len() - 8)).is_err());
    }
}
