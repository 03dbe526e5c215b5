//! One job in one cell, as the server's thread that waits for it sees it.

use std::{
    fs::File,
    io::{self, Write},
    os::fd::AsFd,
    time::{Duration, Instant},
};

use inos_arena::{Arena, Place, parcel};
use inos_unit::{Call, Fault, Host, Method};
use rustix::net::SendFlags;

use crate::{
    child::{Cell, Heard},
    message::{Ended, Lies, Order, Said, Task, Written},
};

/// How often the server looks whether the job is to stop.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// How often it looks at what the cell takes.
const MEASURE_EVERY: Duration = Duration::from_millis(50);
/// How long a cell may take to stop by itself.
const GRACE: Duration = Duration::from_millis(100);

/// The most bytes of all inputs of a job together: most lie in memory beside the arena while it runs.
const INPUTS_BYTES_MAX: u64 = 2 << 30;
/// The most files of one job.
const FILES_MAX: usize = parcel::DESCRIPTORS_MAX - 3;
/// Inputs begin at a multiple of this many bytes, which readers of columns want.
const ALIGNMENT: u64 = 64;
/// The most outputs of one job.
const OUTPUTS_MAX: u64 = 64;
const MEDIA_TYPE_LEN_MAX: usize = 256;
/// The most threads of a cell. What the kernel keeps for a thread counts as no memory of the cell's own, and the kernel's own
/// limit of threads is one for all processes of a user. Engines take a few for each processor.
const THREADS_MAX: u64 = 1024;

/// The most that a cell may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Most {
    pub(crate) memory: u64,
}

/// Whether the cell can have another job.
pub(crate) enum Fate {
    Lives,
    /// It is gone, or was ended.
    Ended,
    /// It was gone before it had the job.
    Refused,
}

/// Runs one job in the cell.
pub(crate) fn run(
    cell: &mut Cell,
    (unit, method): (&str, &Method),
    call: &mut Call<'_>,
    host: &dyn Host,
    (arena, most): (&Arena, Most),
) -> (Result<(), Fault>, Fate) {
    let sent = send(cell, unit, call, host, arena);
    let away = match sent {
        Ok(away) => away,
        // What has no cell yet has hurt none.
        Err(fault @ Fault::Lost(_)) => return (Err(fault), Fate::Refused),
        Err(fault) => return (Err(fault), Fate::Lives),
    };
    let (ended, mut fate) = follow(cell, method, &away, host, most);
    // However it ended: what a cell could still write, nobody would count.
    if matches!(fate, Fate::Lives) && parcel::seal(&away).is_err() {
        cell.end();
        fate = Fate::Ended;
    }
    // It had the file for itself all along, and has the same one again: what it writes later is within the same limit.
    if let (Fate::Lives, Some(scratch)) = (&fate, &cell.scratch)
        && scratch.set_len(0).is_err()
    {
        cell.end();
        fate = Fate::Ended;
    }
    // They would work on in the next job's time.
    if matches!(fate, Fate::Lives) && cell.threads() > THREADS_MAX {
        cell.end();
        fate = Fate::Ended;
    }
    match ended {
        Ok(written) => match collect(&away, written, call) {
            Ok(()) => (Ok(()), fate),
            // What it says it wrote is not there: it is not to be trusted with another.
            Err(fault @ Fault::Broken(_)) => {
                cell.end();
                (Err(fault), Fate::Ended)
            }
            Err(fault) => (Err(fault), fate),
        },
        Err(fault) => (Err(fault), fate),
    }
}

/// Gives the cell its job, and the memory in which it writes.
fn send(cell: &mut Cell, unit: &str, call: &mut Call<'_>, host: &dyn Host, arena: &Arena) -> Result<File, Fault> {
    let no_room = |error: io::Error| Fault::NoRoom(format!("no memory for a cell: {error}"));
    let mut task = Task {
        unit: unit.into(),
        method: call.method.into(),
        params: call.params.clone(),
        inputs: Vec::with_capacity(call.inputs.count()),
        threads: host.threads(),
    };
    let (mut parcel, mut at) = (parcel::blank().map_err(no_room)?, 0);
    let (mut files, mut bytes_in) = (Vec::new(), 0);
    for index in 0..call.inputs.count() {
        let bytes = call.inputs.get(index)?.slice()?;
        bytes_in += bytes.len() as u64;
        if bytes_in > INPUTS_BYTES_MAX {
            return Err(Fault::limit(INPUTS_BYTES_MAX, "bytes of all inputs together"));
        }
        // What lies in a file is mapped by the cell as well: of a file with columns it may need a small part.
        if files.len() < FILES_MAX
            && let Some((file, range)) = inos_arena::file_behind(bytes)
        {
            task.inputs.push(Lies::File(files.len(), range));
            files.push(file);
            continue;
        }
        parcel.write_all(bytes).map_err(no_room)?;
        arena.count_copy(Place::Cell, bytes.len());
        task.inputs.push(Lies::Parcel(at..at + bytes.len() as u64));
        let end = at + bytes.len() as u64;
        at = end.next_multiple_of(ALIGNMENT);
        parcel.write_all(&[0; ALIGNMENT as usize][..(at - end) as usize]).map_err(no_room)?;
    }
    let text = serde_json::to_vec(&task).map_err(|error| Fault::Broken(format!("a task: {error}")))?;
    parcel.write_all(&text).map_err(no_room)?;
    parcel::seal(&parcel).map_err(no_room)?;
    let away = parcel::blank().map_err(no_room)?;
    let scratch = match cell.scratch.take() {
        Some(scratch) => scratch,
        None => arena.scratch().map_err(|error| Fault::NoRoom(format!("no disk for a cell: {error}")))?,
    };
    let scratch = cell.scratch.insert(scratch);
    let order = Order::Run { task_at: at }.bytes();
    // A cell that reads nothing is none that can be waited for.
    let mut descriptors = vec![parcel.as_fd(), away.as_fd(), scratch.as_fd()];
    descriptors.extend(files.iter().map(|file| file.as_fd()));
    let sent = parcel::pass(&cell.socket, &order, &descriptors, SendFlags::DONTWAIT);
    sent.map_err(|error| Fault::Lost(format!("a cell takes no job: {error}")))?;
    Ok(away)
}

/// Passes on what the cell says until its job has ended, one way or another.
fn follow(
    cell: &mut Cell,
    method: &Method,
    away: &File,
    host: &dyn Host,
    most: Most,
) -> (Result<Vec<Written>, Fault>, Fate) {
    let (mut stops_at, mut measure_at) = (None::<Instant>, Instant::now() + MEASURE_EVERY);
    let mut heard = cell.hear_soon();
    loop {
        match heard {
            Heard::Said(Said::Progress { done, total }) => host.progress(done, total),
            Heard::Said(Said::Log(line)) => host.log(&line),
            Heard::Said(Said::Emit(part)) => host.emit(&part),
            Heard::Said(Said::Needed(bytes)) => host.needed(bytes),
            Heard::Said(Said::Ended(ended)) => return (outcome(ended), Fate::Lives),
            Heard::Nothing => {}
            Heard::Said(Said::Ready) | Heard::End => return (Err(lost(&cell.end(), most)), Fate::Ended),
        }
        let now = Instant::now();
        if stops_at.is_none() && host.cancelled() {
            stops_at = Some(now + GRACE);
            // One that cannot be told is killed when its time is over.
            let _ = parcel::pass(&cell.socket, &Order::Stop.bytes(), &[], SendFlags::DONTWAIT);
        }
        if stops_at.is_some_and(|at| now >= at) {
            cell.end();
            return (Err(Fault::Cancelled), Fate::Ended);
        }
        if now >= measure_at {
            measure_at = now + MEASURE_EVERY;
            if let Err(fault) = measure(cell, method, away, most) {
                cell.end();
                return (Err(fault), Fate::Ended);
            }
        }
        heard = cell.hear(LOOK_EVERY);
    }
}

/// Looks at what the cell takes.
fn measure(cell: &Cell, method: &Method, away: &File, most: Most) -> Result<(), Fault> {
    if cell.memory() > most.memory {
        return Err(Fault::limit(most.memory, "bytes of memory"));
    }
    if cell.threads() > THREADS_MAX {
        return Err(Fault::limit(THREADS_MAX, "threads"));
    }
    // It keeps the limit itself; one that was taken over does not.
    let written = away.metadata().map_or(0, |of| of.len());
    let allowed = method.output_bytes_max.saturating_mul(OUTPUTS_MAX);
    if written > allowed { Err(Fault::limit(allowed, "output bytes")) } else { Ok(()) }
}

fn outcome(ended: Ended) -> Result<Vec<Written>, Fault> {
    Err(match ended {
        Ended::Done(written) => return Ok(written),
        Ended::Invalid { pointer, message } => Fault::Invalid { pointer, message },
        Ended::Limit { limit, message } => Fault::Limit { limit, message },
        Ended::Cancelled => Fault::Cancelled,
        Ended::NoRoom(why) => Fault::NoRoom(why),
        Ended::Broken(why) => Fault::Broken(why),
    })
}

/// Why a cell is gone, by how it ended and what it said last.
fn lost(how: &str, most: Most) -> Fault {
    // What the allocator says when it is refused, before it aborts.
    if how.contains("memory allocation of") {
        return Fault::limit(most.memory, "bytes of memory");
    }
    Fault::Lost(format!("a cell ended: {how}"))
}

/// Takes the outputs out of the memory that the cell wrote; from then on nobody can change them.
fn collect(away: &File, written: Vec<Written>, call: &mut Call<'_>) -> Result<(), Fault> {
    let broken = |why: String| Fault::Broken(why);
    let bytes = parcel::open(away).map_err(|error| broken(format!("a cell's output: {error}")))?;
    let mut end = 0;
    for Written { media_type, range } in written {
        // One after the other, so that no byte is looked at twice.
        if range.start < end {
            return Err(broken("a cell says that its outputs overlap".into()));
        }
        end = range.end;
        let place = |at: u64| usize::try_from(at).ok().filter(|at| *at <= bytes.len());
        let (Some(start), Some(end)) = (place(range.start), place(range.end)) else {
            return Err(broken(format!("a cell says that it wrote up to {} and wrote {}", range.end, bytes.len())));
        };
        if start > end || media_type.len() > MEDIA_TYPE_LEN_MAX || media_type.contains(|c: char| c.is_control()) {
            return Err(broken("a cell describes an output that is none".into()));
        }
        call.output.adopt(&media_type, bytes.slice(start..end))?;
    }
    Ok(())
}
