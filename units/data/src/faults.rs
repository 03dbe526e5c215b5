//! The engine's errors as a caller reads them: what was wrong, where, and nothing of the machine.

use arrow::error::ArrowError;
use datafusion::common::DataFusionError;
use inos_unit::Fault;

/// The longest message, in bytes.
const MESSAGE_LEN_MAX: usize = 2_000;

/// Stands for the memory that operators share, until whoever knows how much that is says it.
const MEMORY: u64 = 0;

/// A fault that names the limit, where it is this much memory.
pub(crate) fn of_memory(fault: Fault, pool: usize) -> Fault {
    match fault {
        Fault::Limit { limit: MEMORY, message } => Fault::limit(pool as u64, message),
        other => other,
    }
}

/// An error as a fault at this place in the capsule.
pub(crate) fn fault(error: &DataFusionError, pointer: &str) -> Fault {
    match error.find_root() {
        DataFusionError::ResourcesExhausted(why) => Fault::limit(MEMORY, format!("bytes of memory: {}", tidy(why))),
        DataFusionError::External(cause) if cause.downcast_ref::<Fault>().is_some() => {
            cause.downcast_ref::<Fault>().cloned().unwrap_or(Fault::Cancelled)
        }
        root if io_error(root).is_some_and(crate::spill::is_full) => {
            Fault::limit(crate::spill::BYTES_MAX, "bytes that a job may put aside on the disk")
        }
        // Inputs are in memory: what the system refuses is the disk for what memory does not hold, and nobody's statement.
        root if io_error(root).is_some_and(|cause| cause.raw_os_error().is_some()) => {
            Fault::NoRoom(format!("no disk for what memory does not hold: {}", tidy(&root.strip_backtrace())))
        }
        // One value that is larger than the process may be: a few functions ask for it in a way that can be refused.
        root if root.message().contains("memory alloc") => {
            Fault::limit(MEMORY, format!("bytes of memory: {}", tidy(&root.message())))
        }
        root @ (DataFusionError::ParquetError(_) | DataFusionError::ObjectStore(_)) => of_input(root, pointer),
        root @ DataFusionError::ArrowError(cause, _) => match **cause {
            ArrowError::CsvError(_)
            | ArrowError::JsonError(_)
            | ArrowError::IpcError(_)
            | ArrowError::ParquetError(_) => of_input(root, pointer),
            _ => Fault::invalid(pointer, tidy(&root.strip_backtrace())),
        },
        root => Fault::invalid(pointer, tidy(&root.strip_backtrace())),
    }
}

/// What reading or writing came to grief on, if it was that.
fn io_error(error: &DataFusionError) -> Option<&std::io::Error> {
    match error {
        DataFusionError::IoError(cause) => Some(cause),
        DataFusionError::ArrowError(cause, _) => match &**cause {
            ArrowError::IoError(_, cause) => Some(cause),
            _ => None,
        },
        _ => None,
    }
}

/// A file that is not what it should be: the input is to blame, whoever came upon it.
fn of_input(error: &DataFusionError, pointer: &str) -> Fault {
    let pointer = if pointer.starts_with("/inputs") { pointer } else { "/inputs" };
    Fault::invalid(pointer, tidy(&error.strip_backtrace()))
}

/// A message without the library's advice to its own developers, and cut.
fn tidy(message: &str) -> String {
    let end = message.find("\nThis issue was likely caused by a bug").unwrap_or(message.len());
    let mut message = message[..end].trim_end().replace(crate::store::ROOT, "");
    message.truncate(message.floor_char_boundary(MESSAGE_LEN_MAX));
    message
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn a_disk_that_is_full_is_nobodys_statement() {
        let full = || io::Error::from_raw_os_error(28);
        let arrow = ArrowError::IoError("written".into(), full());
        for error in [DataFusionError::IoError(full()), arrow.into()] {
            assert!(matches!(fault(&error, "/params/sql"), Fault::NoRoom(_)), "{error}");
        }
        let text = io::Error::new(io::ErrorKind::InvalidData, "no UTF-8");
        assert!(matches!(fault(&DataFusionError::IoError(text), "/params/sql"), Fault::Invalid { .. }));
    }
}
