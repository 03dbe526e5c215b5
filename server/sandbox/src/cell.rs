//! The child's side: it fences itself, and then runs one job after the other until its server is gone.

use std::{
    any::Any,
    fs::File,
    io,
    ops::Range,
    os::fd::{AsFd, OwnedFd},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
};

use bytes::Bytes;
use inos_arena::{heap, parcel, signals};
use inos_unit::{Call, Fault, Unit};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    net::{RecvFlags, SendFlags},
    process::{Pid, Signal},
};

use crate::{
    Fence, fence,
    message::{Ended, Lies, Order, Said, Task, Written},
    soon::take_soon,
    stage::{Aside, Away, Far, Given},
};

/// The stack of the thread that runs jobs: a parser that goes deep ends the cell, but not soon.
const STACK_LEN: usize = 16 << 20;

/// How long a cell has nothing to do until it gives back memory that it keeps for the next job.
const IDLE_AFTER: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };

/// Runs jobs of these units for the server at the other end of standard input, whose process is `server`; returns when it
/// is gone.
pub fn serve(units: Vec<Arc<dyn Unit>>, fence: Fence, server: u32) -> io::Result<()> {
    // What asks all processes of a service to end is for the server: it lets its jobs end, and then its cells.
    signals::ignore_requests_to_end();
    // Whatever the server died of, nothing of it goes on.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    if rustix::process::getppid().map(Pid::as_raw_pid) != i32::try_from(server).ok() {
        return Ok(());
    }
    let socket = io::stdin().as_fd().try_clone_to_owned()?;
    parcel::close_inherited(&socket)?;
    // Threads that begin later are within it as well.
    fence::close(fence)?;
    let work = move || -> io::Result<()> {
        parcel::pass(&socket, &Said::Ready.bytes(), &[], SendFlags::empty())?;
        while let Some((order, descriptors)) = next(&socket)? {
            if let Order::Run { task_at } = order {
                let job = Job::open(task_at, descriptors);
                let ended = match &job {
                    Ok(job) => job.run(&units, &socket, fence.memory_max).unwrap_or_else(Ended::from),
                    Err(fault) => Ended::from(fault.clone()),
                };
                parcel::pass(&socket, &Said::Ended(ended).bytes(), &[], SendFlags::empty())?;
                // Its memory goes once its end was told: nobody waits for that.
                drop(job);
            }
        }
        Ok(())
    };
    let thread = thread::Builder::new().name("inos-cell".into()).stack_size(STACK_LEN).spawn(work)?;
    thread.join().map_err(|_| io::Error::other("the cell broke off"))?
}

/// The next order, with the descriptors that came along; nothing once the server is gone.
fn next(socket: &OwnedFd) -> io::Result<Option<(Order, Vec<OwnedFd>)>> {
    let mut buffer = [0; 64];
    let taken = match take_soon(socket, &mut buffer)? {
        None => {
            if !comes_within(socket, IDLE_AFTER) {
                heap::give_back();
            }
            parcel::take(socket, &mut buffer, RecvFlags::empty())?
        }
        soon => soon,
    };
    let Some((len, descriptors)) = taken else { return Ok(None) };
    if len == 0 {
        return Ok(None);
    }
    let order = Order::read(&buffer[..len]).ok_or_else(|| io::Error::other("an order that is none"))?;
    Ok(Some((order, descriptors)))
}

/// Whether something comes from the server soon; what cannot be asked is left to whoever reads.
fn comes_within(socket: &OwnedFd, patience: Timespec) -> bool {
    !matches!(poll(&mut [PollFd::new(socket, PollFlags::IN)], Some(&patience)), Ok(0))
}

/// A job as it came, with all that it takes to run it.
struct Job {
    parcel: Bytes,
    /// Files in which inputs lie.
    files: Vec<File>,
    task_at: u64,
    away: File,
    scratch: Arc<Aside>,
}

impl Job {
    fn open(task_at: u64, descriptors: Vec<OwnedFd>) -> Result<Self, Fault> {
        let mut files = descriptors.into_iter().map(File::from);
        let (Some(given), Some(away), Some(scratch)) = (files.next(), files.next(), files.next()) else {
            return Err(Fault::Broken("a job without its memory".into()));
        };
        let parcel = parcel::open(&given).map_err(|error| Fault::Broken(format!("a job's parcel: {error}")))?;
        Ok(Self { parcel, files: files.collect(), task_at, away, scratch: Arc::new(Aside(scratch)) })
    }

    fn run(&self, units: &[Arc<dyn Unit>], socket: &OwnedFd, memory: u64) -> Result<Ended, Fault> {
        let broken = |why: &str| Fault::Broken(why.into());
        let head = part(&self.parcel, self.task_at..self.parcel.len() as u64)?;
        let task: Task = serde_json::from_slice(&head).map_err(|error| Fault::Broken(format!("a task: {error}")))?;
        let unit = units.iter().find(|unit| unit.spec().name == task.unit).ok_or_else(|| broken("an unknown unit"))?;
        let method = unit.spec().method(&task.method).ok_or_else(|| broken("an unknown method"))?;
        let inputs: Result<Vec<Bytes>, Fault> = task.inputs.iter().map(|input| self.input(input)).collect();
        let mut inputs = Given::new(inputs?);
        let far = Far::new(socket, (task.threads.max(1), memory), self.scratch.clone());
        let usual = method.output_media.first().copied().unwrap_or("application/octet-stream");
        let ran = catch_unwind(AssertUnwindSafe(|| -> Result<Vec<Written>, Fault> {
            let mut output = Away::new(&self.away, usual, method.output_bytes_max);
            let mut call = Call { method: method.name, params: &task.params, inputs: &mut inputs, output: &mut output };
            unit.run(&mut call, &far)?;
            output.finish()
        }));
        far.finish();
        match ran {
            Ok(written) => written.map(Ended::Done),
            Err(panic) => Err(Fault::Broken(format!("the unit panicked: {}", text(panic.as_ref())))),
        }
    }
}

impl Job {
    /// An input, in place.
    fn input(&self, lies: &Lies) -> Result<Bytes, Fault> {
        match lies {
            Lies::Parcel(range) => part(&self.parcel, range.clone()),
            Lies::File(number, range) => {
                let file = self.files.get(*number).ok_or_else(|| Fault::Broken("an input without its file".into()))?;
                parcel::part(file, range.clone()).map_err(|error| Fault::Broken(format!("an input's file: {error}")))
            }
        }
    }
}

/// A range of the parcel, in place.
fn part(parcel: &Bytes, range: Range<u64>) -> Result<Bytes, Fault> {
    let at = |place: u64| usize::try_from(place).ok().filter(|place| *place <= parcel.len());
    match (at(range.start), at(range.end)) {
        (Some(start), Some(end)) if start <= end => Ok(parcel.slice(start..end)),
        _ => Err(Fault::Broken("a job's parcel is shorter than its task says".into())),
    }
}

fn text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("a value that is no text")
}
