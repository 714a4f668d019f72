//! The folder: used only while it is this user's and nobody else can have put anything into it.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, ErrorKind, Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{Duration, SystemTime},
};

use super::format;

/// Write access for anybody but the owner.
const OTHERS_WRITE: u32 = 0o022;
/// Nobody writes for so long: what is still unfinished then was left by a host that died.
const ABANDONED: Duration = Duration::from_secs(3600);

/// A folder that was looked at for this one use and found fit.
pub(super) struct Folder<'a> {
    path: &'a Path,
    limit: u64,
    /// The user whom this process runs as.
    user: u32,
    /// The time by the clock that stamps the files.
    now: SystemTime,
}

impl<'a> Folder<'a> {
    /// Makes the folder if it is missing, and looks who may write to it. It may hold `limit` bytes.
    ///
    /// # Errors
    /// Why it is not used, and the way out.
    pub(super) fn enter(path: &'a Path, limit: u64) -> Result<Self, String> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.map_err(|error| format!("it cannot be made ({error})"))?;
        let folder = fs::symlink_metadata(path).map_err(|error| format!("it cannot be read ({error})"))?;
        if !folder.is_dir() {
            return Err("it is a symbolic link: name the folder that it leads to".to_owned());
        }
        // Who are we, and what time is it? A new file tells both.
        let (unfinished, file) = create(path).map_err(|error| format!("nothing can be written ({error})"))?;
        let own = file.metadata();
        drop(fs::remove_file(unfinished));
        let own = own.map_err(|error| error.to_string())?;
        if folder.uid() != own.uid() {
            return Err(format!("it belongs to user {}, and this host runs as {}", folder.uid(), own.uid()));
        }
        if folder.mode() & OTHERS_WRITE != 0 {
            return Err("other users may write to it: `chmod go-w` helps".to_owned());
        }
        let now = own.modified().map_err(|error| error.to_string())?;
        Ok(Self { path, limit, user: own.uid(), now })
    }

    /// What a file holds, now stamped as used; none if there is no such file.
    ///
    /// # Errors
    /// Why the file is not used.
    pub(super) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, String> {
        let path = self.path.join(name);
        // Asked before it is opened: opening a pipe would wait, and a link would lead somewhere else.
        let listed = match fs::symlink_metadata(&path) {
            Ok(listed) => listed,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.to_string()),
        };
        if !listed.is_file() {
            return Err("it is not a regular file".to_owned());
        }
        let file = File::open(path).map_err(|error| error.to_string())?;
        let opened = file.metadata().map_err(|error| error.to_string())?;
        if opened.uid() != self.user || opened.mode() & OTHERS_WRITE != 0 {
            return Err("other users may have written it".to_owned());
        }
        if opened.len() > self.limit {
            return Err(format!("it has {} bytes (limits.code_cache_bytes)", opened.len()));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(opened.len()).unwrap_or_default());
        (&file).take(self.limit).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        // Best effort: without it, this file is only removed earlier.
        drop(file.set_modified(self.now));
        Ok(Some(bytes))
    }

    /// Writes a file, all at once or not at all, and makes room for it: the files used longest ago go.
    ///
    /// # Errors
    /// What the system says, or that it is larger than the folder may be.
    pub(super) fn write(&self, name: &str, header: &[u8], code: &[u8]) -> io::Result<()> {
        let bytes = (header.len() + code.len()) as u64;
        if bytes > self.limit {
            let why = format!("{bytes} bytes are more than limits.code_cache_bytes, which is {}", self.limit);
            return Err(io::Error::new(ErrorKind::FileTooLarge, why));
        }
        // No sync: a file that a power cut has damaged is found out by its digest.
        let (unfinished, mut file) = create(self.path)?;
        let written = file.write_all(header).and_then(|()| file.write_all(code));
        written.and_then(|()| fs::rename(&unfinished, self.path.join(name))).inspect_err(|_| {
            drop(fs::remove_file(&unfinished));
        })?;
        self.make_room(name)
    }

    /// Forgets a file.
    pub(super) fn remove(&self, name: &str) {
        drop(fs::remove_file(self.path.join(name)));
    }

    /// Removes what was used longest ago until the rest fits, and what was never finished. Never `kept`.
    fn make_room(&self, kept: &str) -> io::Result<()> {
        let mut total = 0;
        let mut files = Vec::new();
        for entry in fs::read_dir(self.path)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            // Another host may have removed it by now.
            let Ok(found) = entry.metadata() else { continue };
            let used = found.modified().unwrap_or(self.now);
            if is_unfinished(&name) {
                if self.now.duration_since(used).is_ok_and(|rested| rested > ABANDONED) {
                    self.remove(&name);
                }
            } else if format::is_name(&name) && found.is_file() {
                total += found.len();
                files.push((used, name, found.len()));
            }
        }
        files.sort();
        for (_, name, bytes) in files.into_iter().filter(|(_, name, _)| name != kept) {
            if total <= self.limit {
                break;
            }
            self.remove(&name);
            total -= bytes;
        }
        Ok(())
    }
}

const UNFINISHED: (&str, &str) = (".everfold-", ".tmp");

fn is_unfinished(name: &str) -> bool {
    name.starts_with(UNFINISHED.0) && name.ends_with(UNFINISHED.1)
}

/// A new file under a name that no other host and no other thread writes to.
fn create(folder: &Path) -> io::Result<(PathBuf, File)> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    loop {
        let number = NUMBER.fetch_add(1, Relaxed);
        let path = folder.join(format!("{}{}-{number}{}", UNFINISHED.0, process::id(), UNFINISHED.1));
        match options.open(&path) {
            // A host in another container may have the same process id.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            opened => return opened.map(|file| (path, file)),
        }
    }
}
