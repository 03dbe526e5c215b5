//! A folder held by its handle: names are looked up in it and nowhere else, links are never followed.
//! Never looks into a file.

use std::{
    ffi::CStr,
    fs::{DirBuilder, File},
    io,
    os::{fd::OwnedFd, unix::fs::DirBuilderExt as _},
    path::Path,
};

use rustix::{
    fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, fstat, fsync, mkdirat, openat, renameat, statat, unlinkat},
    io::Errno,
};

use crate::error::{During as _, Error};

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// An open folder.
pub(crate) struct Folder {
    fd: OwnedFd,
}

impl Folder {
    /// Opens the folder at `path`, making it and its parents when they are missing.
    pub(crate) fn root(path: &Path) -> Result<Self, Error> {
        let attempted = || format!("open the payload folder {}", path.display());
        DirBuilder::new().recursive(true).mode(0o700).create(path).during(attempted)?;
        let fd = rustix::fs::open(path, FOLDER, Mode::empty()).during(attempted)?;
        Ok(Self { fd })
    }

    /// The folder `name` in this one, made durably when it is missing.
    pub(crate) fn sub(&self, name: &str) -> Result<Self, Error> {
        if let Some(found) = self.find(name)? {
            return Ok(found);
        }
        match mkdirat(&self.fd, name, Mode::RWXU) {
            Ok(()) | Err(Errno::EXIST) => self.sync()?,
            Err(errno) => return Err(Error::new(format!("make the payload folder {name}"), errno.into())),
        }
        self.find(name)?.ok_or_else(|| Error::NotRegular { name: name.into() })
    }

    /// The folder `name` in this one, if there is one.
    pub(crate) fn find(&self, name: &str) -> Result<Option<Self>, Error> {
        match openat(&self.fd, name, FOLDER | OFlags::NOFOLLOW, Mode::empty()) {
            Ok(fd) => Ok(Some(Self { fd })),
            Err(Errno::NOENT) => Ok(None),
            Err(Errno::LOOP | Errno::NOTDIR) => Err(Error::NotRegular { name: name.into() }),
            Err(errno) => Err(Error::new(format!("open the payload folder {name}"), errno.into())),
        }
    }

    /// A new empty file; an entry of that name must not exist.
    pub(crate) fn create(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(openat(&self.fd, name, flags, Mode::RUSR | Mode::WUSR)?.into())
    }

    /// The file `name` for a lock, made when it is missing.
    pub(crate) fn lock_file(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(openat(&self.fd, name, flags, Mode::RUSR | Mode::WUSR)?.into())
    }

    /// The folder at `path`, which must be there.
    pub(crate) fn there(path: &Path) -> Result<Self, Error> {
        let attempted = || format!("open the payload folder {}", path.display());
        Ok(Self { fd: rustix::fs::open(path, FOLDER, Mode::empty()).during(attempted)? })
    }

    /// The regular file `name`, for reading, if there is one; anything else of that name is refused, unopened pipes included.
    pub(crate) fn open(&self, name: &str) -> Result<Option<File>, Error> {
        // Without NONBLOCK a planted pipe would hold this thread until somebody wrote into it.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let fd = match openat(&self.fd, name, flags, Mode::empty()) {
            Ok(fd) => fd,
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP | Errno::NXIO) => return Err(Error::NotRegular { name: name.into() }),
            Err(errno) => return Err(Error::new(format!("open the payload file {name}"), errno.into())),
        };
        let stat = fstat(&fd).during(|| format!("examine the payload file {name}"))?;
        if is_regular(&stat) { Ok(Some(fd.into())) } else { Err(Error::NotRegular { name: name.into() }) }
    }

    /// What is known about the regular file `name`, if there is one.
    pub(crate) fn stat(&self, name: &str) -> io::Result<Option<Stat>> {
        match statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(is_regular(&stat).then_some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Moves `name` to `new_name` in another folder, in place of what was there.
    pub(crate) fn rename(&self, name: &str, to: &Folder, new_name: &str) -> io::Result<()> {
        Ok(renameat(&self.fd, name, &to.fd, new_name)?)
    }

    /// Removes `name`; `false` when there was none.
    pub(crate) fn remove(&self, name: &str) -> Result<bool, Error> {
        match unlinkat(&self.fd, name, AtFlags::empty()) {
            Ok(()) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(errno) => Err(Error::new(format!("remove the payload file {name}"), errno.into())),
        }
    }

    /// Makes the names in this folder survive a power cut.
    pub(crate) fn sync(&self) -> Result<(), Error> {
        fsync(&self.fd).during(|| "make a payload folder durable".into())
    }

    /// The names in this folder that are text, in no order.
    pub(crate) fn names(&self) -> Result<Vec<String>, Error> {
        let attempted = || "list a payload folder".to_owned();
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.fd).during(attempted)? {
            let entry = entry.during(attempted)?;
            names.extend(text(entry.file_name()));
        }
        Ok(names)
    }
}

fn text(name: &CStr) -> Option<String> {
    name.to_str().ok().filter(|name| *name != "." && *name != "..").map(str::to_owned)
}

fn is_regular(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile
}
