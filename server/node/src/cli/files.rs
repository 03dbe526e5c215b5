//! Files of the command line: inputs with their length, outputs that never stay behind half written.

use std::{
    fs::File,
    io::{self, IsTerminal, Read, Write},
    path::{Path, PathBuf},
};

use crate::exit::Failure;

/// The name that means standard input.
pub(super) const STDIN: &str = "-";

/// Bytes to be sent.
pub(super) struct Input {
    /// The bytes.
    pub(super) bytes: Box<dyn Read>,
    /// How many there are, where that is known.
    pub(super) len: Option<u64>,
    /// The file's own name, without its folder.
    pub(super) name: Option<String>,
}

/// Opens a file to be sent, or standard input for `-`.
pub(super) fn open(path: &str) -> Result<Input, Failure> {
    if path == STDIN {
        return Ok(Input { bytes: Box::new(io::stdin().lock()), len: None, name: None });
    }
    let path = Path::new(path);
    let failed = |error: io::Error| Failure::file("read", path, &error);
    let file = File::open(path).map_err(failed)?;
    let about = file.metadata().map_err(failed)?;
    if about.is_dir() {
        return Err(Failure::usage(format!("{} is a folder", path.display())));
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    // Devices and pipes have no length of their own.
    let len = about.is_file().then_some(about.len());
    Ok(Input { bytes: Box::new(file), len, name })
}

/// Where an answer's bytes go: a file, or standard output.
pub(super) struct Output {
    to: Box<dyn Write>,
    made: Option<PathBuf>,
    screen: bool,
    last: u8,
}

impl Output {
    /// Opens the file, or standard output for none and `-`.
    ///
    /// A new file is removed again unless [`Output::keep`] is reached.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path.filter(|path| path.as_os_str() != STDIN) else {
            let screen = io::stdout().is_terminal();
            return Ok(Self { to: Box::new(io::stdout().lock()), made: None, screen, last: b'\n' });
        };
        let is_new = !path.exists();
        let file = File::create(path).map_err(|error| Failure::file("write", path, &error))?;
        Ok(Self { to: Box::new(file), made: is_new.then(|| path.to_owned()), screen: false, last: b'\n' })
    }

    /// Whether a person sees the bytes as they are written.
    pub(super) fn is_screen(&self) -> bool {
        self.screen
    }

    /// Says that everything arrived.
    pub(super) fn keep(mut self) -> Result<(), Failure> {
        let end: &[u8] = if self.screen && self.last != b'\n' { b"\n" } else { b"" };
        self.to.write_all(end).and_then(|()| self.to.flush()).map_err(|error| crate::terminal::unwritten(&error))?;
        self.made = None;
        Ok(())
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.screen {
            return self.to.write(bytes);
        }
        // Bytes that a unit made must not steer the terminal.
        self.last = bytes.last().copied().unwrap_or(self.last);
        let lines = String::from_utf8_lossy(bytes).split('\n').map(crate::show::clean).collect::<Vec<_>>().join("\n");
        self.to.write_all(lines.as_bytes()).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Some(path) = &self.made {
            // What stays behind is a partial file; its absence is a courtesy, not a promise.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Copies an answer to its place; says which side broke.
pub(super) fn copy(from: &mut impl Read, to: &mut impl Write) -> Result<u64, Failure> {
    let mut buffer = vec![0; 256 << 10];
    let mut copied = 0;
    loop {
        let len = match from.read(&mut buffer) {
            Ok(0) => return Ok(copied),
            Ok(len) => len,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                let message = format!("the answer broke off after {copied} bytes: {error}");
                return Err(Failure::new(crate::exit::Exit::Unreachable, message));
            }
        };
        to.write_all(&buffer[..len]).map_err(|error| crate::terminal::unwritten(&error))?;
        copied += len as u64;
    }
}

/// Writes a small file as a whole.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, bytes).map_err(|error| Failure::file("write", path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_an_output_does_not_stay() {
        let dir = tempfile::tempdir().unwrap();
        let (half, whole, old) = (dir.path().join("half"), dir.path().join("whole"), dir.path().join("old"));
        std::fs::write(&old, "old").unwrap();
        for path in [&half, &old] {
            let mut output = Output::open(Some(path)).unwrap();
            output.write_all(b"ab").unwrap();
        }
        let mut output = Output::open(Some(&whole)).unwrap();
        assert_eq!(copy(&mut &b"abc"[..], &mut output), Ok(3));
        output.keep().unwrap();
        assert!(!half.exists() && old.exists());
        assert_eq!(std::fs::read(whole).unwrap(), b"abc");
    }

    #[test]
    fn a_folder_is_no_input() {
        assert!(open("/").is_err_and(|failure| failure.exit == crate::exit::Exit::Usage));
        assert!(open("/dev/null").is_ok_and(|input| input.len.is_none()));
    }
}
