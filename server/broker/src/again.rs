//! A job that did not succeed, asked for once more: a new job from what the books keep of the old one.

use inos_protocols::{
    JobId, Refusal,
    job::{Capsule, Input, State},
    refusal::Kind,
    time::Time,
};

use crate::{
    Broker, Caller,
    hold::database,
    payload::{self, Place},
    submit::Asked,
};

impl Broker {
    /// What was asked of an accepted job that ended without success, to be submitted as a new job.
    ///
    /// Its idempotency key stays with the old one, and so does a deadline that has passed.
    pub async fn asked_before(&self, caller: &Caller, id: JobId) -> Result<Capsule, Refusal> {
        let inside = &self.0;
        let asked = inside.books.asked(caller.purse.no, id).await.map_err(database)?;
        let Some((state, asked)) = asked else {
            // A synchronous job that is under way has no row yet.
            let job = self.job(caller, id).await?;
            return Err(not_over(&job.id, job.state));
        };
        if !state.is_final() || inside.live.get(caller.account, id).is_some() {
            return Err(not_over(&id, state));
        }
        if state == State::Succeeded {
            let told =
                format!("The job {id} succeeded; there is nothing to try again. Submit it anew to run it once more.");
            return Err(Refusal::new(Kind::Conflict, told));
        }
        let asked = asked.ok_or_else(|| {
            let told =
                format!("What was asked of {id} is not kept: only accepted jobs can be tried again. Submit it anew.");
            Refusal::new(Kind::OutputNotKept, told)
        })?;
        let Asked { capsule, inputs, .. } = serde_json::from_slice(&asked).map_err(|error| payload::damaged(&error))?;
        let deadline = capsule.deadline.filter(|deadline| *deadline > Time::now());
        let inputs = inputs.into_iter().map(|place| self.input(place)).collect::<Result<_, _>>()?;
        Ok(Capsule { inputs, deadline, idempotency_key: None, ..capsule })
    }

    fn input(&self, place: Place) -> Result<Input, Refusal> {
        let gone = || Refusal::new(Kind::OutputNotKept, "An input of the job is not kept any more. Submit it anew.");
        Ok(match place {
            Place::Blob(hash) => Input::Blob(hash),
            Place::Job(output) => Input::Job(output),
            Place::Region(name) => Input::Region(name),
            Place::Row(_) | Place::Pack(_) | Place::File(_) => {
                Input::Bytes(payload::get(&self.0.blobs, &place)?.ok_or_else(gone)?)
            }
        })
    }
}

fn not_over(id: &JobId, state: State) -> Refusal {
    Refusal::new(Kind::Conflict, format!("The job {id} is {}; it can be tried again once it has ended.", state.word()))
}
