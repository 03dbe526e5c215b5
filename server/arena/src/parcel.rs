//! Bytes for another process and from it: memory that is written once and sealed, and descriptors over a socket. Never
//! decides to whom.
#![allow(unsafe_code)]

use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut, Write};
use std::mem::MaybeUninit;
use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use bytes::Bytes;
use rustix::fs::{MemfdFlags, SealFlags};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
};

use crate::mapping::Mapping;

/// The most descriptors of one message: those of a job, and one for each of its inputs.
pub const DESCRIPTORS_MAX: usize = 68;

/// What can be read and never again changed.
fn whole() -> SealFlags {
    SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW
}

/// Memory without a name that another process may write, until [`seal`] ends that.
pub fn blank() -> io::Result<File> {
    let memory = rustix::fs::memfd_create("inos-parcel", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    Ok(memory.into())
}

/// Memory that holds these parts one after the other, sealed.
pub fn parcel(parts: &[&[u8]]) -> io::Result<File> {
    let mut file = blank()?;
    for part in parts {
        file.write_all(part)?;
    }
    rustix::fs::fcntl_add_seals(&file, whole() | SealFlags::SEAL)?;
    Ok(file)
}

/// Takes memory back from whoever could write it. While somebody has it mapped for writing this is an error.
pub fn seal(file: &File) -> io::Result<()> {
    Ok(rustix::fs::fcntl_add_seals(file, whole() | SealFlags::SEAL)?)
}

/// All bytes of sealed memory, in place; memory that could still change is refused.
pub fn open(file: &File) -> io::Result<Bytes> {
    if !rustix::fs::fcntl_get_seals(file)?.contains(whole()) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "this memory could still change"));
    }
    // Asked by the descriptor alone: a process that is fenced in may ask for nothing by a path.
    let len = usize::try_from(rustix::fs::fstat(file)?.st_size).map_err(io::Error::other)?;
    if len == 0 {
        return Ok(Bytes::new());
    }
    Ok(Bytes::from_owner(Sealed(Mapping::of_sealed(file, len)?)))
}

/// A range of a file that another process gave, in place.
///
/// That process promises that the file becomes neither shorter nor other, as [`crate::map_file`] says; a descriptor from
/// anybody else may not come here.
pub fn part(file: &File, range: Range<u64>) -> io::Result<Bytes> {
    let len = u64::try_from(rustix::fs::fstat(file)?.st_size).map_err(io::Error::other)?;
    let (start, end) = (usize::try_from(range.start), usize::try_from(range.end));
    let (Ok(start), Ok(end)) = (start, end) else { return Err(io::ErrorKind::InvalidInput.into()) };
    if start > end || range.end > len {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a range goes beyond its file"));
    }
    if start == end {
        return Ok(Bytes::new());
    }
    let whole = Bytes::from_owner(Sealed(Mapping::of_file(file, 0, end, false)?));
    Ok(whole.slice(start..end))
}

/// Mapped memory that nobody can change.
struct Sealed(Mapping);

impl AsRef<[u8]> for Sealed {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: the mapping lives as long as `self` and is read-only, and its memory is sealed, or a file whose giver
        // promises as much: it becomes neither shorter nor other.
        unsafe { std::slice::from_raw_parts(self.0.at(0).as_ptr(), self.0.len()) }
    }
}

/// Closes every descriptor that this process was born with, save the first three and `keep`: whoever began the program
/// that began this one may have left some open.
///
/// For a process that has opened nothing but `keep` so far: whatever else owns a descriptor would be left without it.
pub fn close_inherited(keep: &OwnedFd) -> io::Result<()> {
    let open = std::fs::read_dir("/proc/self/fd")?.flatten();
    let numbers: Vec<i32> = open.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    for number in numbers.into_iter().filter(|number| *number > 2 && *number != keep.as_raw_fd()) {
        // That of the folder which was read here is closed already.
        if std::fs::symlink_metadata(format!("/proc/self/fd/{number}")).is_ok() {
            // SAFETY: it is open, and nothing in this process owns it, as the caller promises.
            unsafe { rustix::io::close(number) };
        }
    }
    Ok(())
}

/// Sends one message and descriptors over a socket that keeps messages apart; with [`SendFlags::DONTWAIT`] only where the
/// other side has room for it.
pub fn pass(to: impl AsFd, message: &[u8], descriptors: &[BorrowedFd<'_>], flags: SendFlags) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "too many descriptors for one message"));
    }
    let sent = rustix::net::sendmsg(to, &[IoSlice::new(message)], &mut ancillary, flags | SendFlags::NOSIGNAL)?;
    if sent == message.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
}

/// Receives one message with its descriptors; `None` where none is there and `flags` say not to wait. An empty message is
/// the other side's end. One that is longer than `buffer` is an error.
pub fn take(from: impl AsFd, buffer: &mut [u8], flags: RecvFlags) -> io::Result<Option<(usize, Vec<OwnedFd>)>> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let flags = flags | RecvFlags::CMSG_CLOEXEC;
    let got = loop {
        match rustix::net::recvmsg(&from, &mut [IoSliceMut::new(buffer)], &mut ancillary, flags) {
            Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::AGAIN) => return Ok(None),
            other => break other?,
        }
    };
    if got.flags.contains(rustix::net::ReturnFlags::TRUNC) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a message is longer than it may be"));
    }
    let mut descriptors = Vec::new();
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            descriptors.extend(rights);
        }
    }
    Ok(Some((got.bytes, descriptors)))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt;

    use rustix::net::{AddressFamily, SocketFlags, SocketType};

    use super::*;

    #[test]
    fn what_is_sealed_is_read_in_place_and_written_by_nobody() {
        let file = parcel(&[b"abc", b"", b"defg"]).unwrap();
        let bytes = open(&file).unwrap();
        assert_eq!(bytes, b"abcdefg"[..]);
        assert!(file.write_all_at(b"x", 0).is_err());
        assert!(file.set_len(0).is_err());
        drop(file);
        assert_eq!(bytes, b"abcdefg"[..], "the bytes outlive their descriptor");
        assert_eq!(open(&parcel(&[]).unwrap()).unwrap(), Bytes::new());
    }

    #[test]
    fn what_can_still_change_is_not_opened() {
        let file = blank().unwrap();
        file.write_all_at(b"abc", 0).unwrap();
        assert!(open(&file).is_err());
        let window = Mapping::of_file(&file, 0, 3, true).unwrap();
        assert!(seal(&file).is_err(), "somebody could write it through a mapping");
        drop(window);
        seal(&file).unwrap();
        assert_eq!(open(&file).unwrap(), b"abc"[..]);
    }

    #[test]
    fn descriptors_go_with_their_message() {
        let flags = SocketFlags::CLOEXEC;
        let (one, two) = rustix::net::socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None).unwrap();
        let file = parcel(&[b"abc"]).unwrap();
        pass(&one, b"hello", &[file.as_fd(), file.as_fd()], SendFlags::empty()).unwrap();
        let mut buffer = [0; 16];
        let (len, descriptors) = take(&two, &mut buffer, RecvFlags::empty()).unwrap().unwrap();
        assert_eq!((&buffer[..len], descriptors.len()), (&b"hello"[..], 2));
        let mut descriptors = descriptors.into_iter();
        assert_eq!(open(&descriptors.next().unwrap().into()).unwrap(), b"abc"[..]);
        assert!(take(&two, &mut buffer, RecvFlags::DONTWAIT).unwrap().is_none());
        pass(&one, &[0; 17], &[], SendFlags::empty()).unwrap();
        assert!(take(&two, &mut buffer, RecvFlags::empty()).is_err());
        drop(one);
        assert_eq!(take(&two, &mut buffer, RecvFlags::empty()).unwrap().unwrap().0, 0);
    }
}
