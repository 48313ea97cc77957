//! Files and folders that appear whole or not at all: written beside their final names, forced to the
//! disk, renamed, and their new names forced to the disk too.
//!
//! Everything that still has a temporary name is on one list, so that a signal that ends the process can
//! remove it first.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Beginning of the names of files and folders that are written before they get their final name.
pub const TEMPORARY: &str = ".sparsegrok-";

/// Removes a path that turned out not to be wanted.
type Remove = fn(&Path) -> io::Result<()>;

/// What is to be removed if the process ends now, and how.
static TEMPORARIES: Mutex<BTreeMap<PathBuf, Remove>> = Mutex::new(BTreeMap::new());

fn temporaries() -> MutexGuard<'static, BTreeMap<PathBuf, Remove>> {
    TEMPORARIES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes all that is temporary, for a process that ends at once: from now on whoever makes or renames
/// such a file waits for that end.
pub fn remove_temporaries() {
    let all = temporaries();
    // What lies in a folder goes before the folder.
    for (path, remove) in all.iter().rev() {
        let _ = remove(path);
    }
    std::mem::forget(all);
}

/// A file or folder that is there for the time being: if it is dropped before it gets its final name or
/// is kept, it is removed.
#[derive(Debug)]
pub struct Temporary(PathBuf);

impl Temporary {
    /// A new folder, with the permissions any new one gets.
    pub fn folder_in(folder: &Path) -> io::Result<Self> {
        Ok(Self::new_in(folder, remove_folder, |path| fs::create_dir(path))?.1)
    }

    /// A new folder in the same folder as `path`.
    pub fn folder_beside(path: &Path) -> io::Result<Self> {
        Self::folder_in(folder_of(path))
    }

    /// A new file of this name.
    pub fn file(path: PathBuf) -> io::Result<(File, Self)> {
        let mut all = temporaries();
        let file = File::create(&path)?;
        all.insert(path.clone(), |path| fs::remove_file(path));
        Ok((file, Self(path)))
    }

    /// A path that exists, from now on to be removed by `remove` if a signal ends the process.
    pub fn of(path: PathBuf, remove: Remove) -> Self {
        temporaries().insert(path.clone(), remove);
        Self(path)
    }

    /// Makes something under a random name in a folder.
    fn new_in<R>(
        folder: &Path,
        remove: Remove,
        create: impl FnMut(&Path) -> io::Result<R>,
    ) -> io::Result<(R, Self)> {
        // If the folder is missing, the error must not be about a temporary name in it.
        fs::metadata(folder)?;
        // A signal finds it on the list, or not made yet.
        let mut all = temporaries();
        let mut builder = tempfile::Builder::new();
        builder.prefix(TEMPORARY).suffix(".part");
        let made = builder.make_in(folder, create).map_err(unnamed)?;
        let (made, path) = made.into_parts();
        let path = path.keep().map_err(|error| error.error)?;
        all.insert(path.clone(), remove);
        Ok((made, Self(path)))
    }

    /// Its name for the time being.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Gives it its final name. A file or an empty folder of that name is replaced.
    pub fn rename(&self, to: &Path) -> io::Result<()> {
        self.rename_by(|path| fs::rename(path, to))
    }

    /// Gives it a name that nothing has yet.
    fn rename_unless_there(&self, to: &Path) -> io::Result<()> {
        self.rename_by(|path| match fs::hard_link(path, to) {
            Ok(()) => fs::remove_file(path),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
            // Not every file system has hard links.
            Err(_) if fs::symlink_metadata(to).is_ok() => Err(ErrorKind::AlreadyExists.into()),
            Err(_) => fs::rename(path, to),
        })
    }

    /// Gives a folder the name of another one, which is removed. At any moment one of the two has it; where the
    /// system cannot exchange names at once, there is a moment when neither has.
    pub fn replace_folder(self, to: &Path) -> io::Result<()> {
        sync_folder(&self.0)?;
        if !self.exchange_at_once(to) {
            self.exchange_by_turns(to)?;
        }
        // The folder before is now the temporary one, which goes when this is dropped.
        sync_folder(folder_of(to))
    }

    /// Exchanges names with another folder in one call; false where that cannot be done.
    fn exchange_at_once(&self, to: &Path) -> bool {
        // A signal may be removing this folder: what is left of it must not get the other's name.
        let _all = temporaries();
        #[cfg(target_os = "linux")]
        {
            use rustix::fs::{CWD, RenameFlags, renameat_with};
            renameat_with(CWD, &self.0, CWD, to, RenameFlags::EXCHANGE).is_ok()
        }
        #[cfg(not(target_os = "linux"))]
        false
    }

    fn exchange_by_turns(&self, to: &Path) -> io::Result<()> {
        let aside = Self::folder_beside(to)?;
        let mut all = temporaries();
        fs::rename(to, &aside.0)?;
        // From here on it must not be removed until it has a name again.
        all.remove(&aside.0);
        if let Err(error) = fs::rename(&self.0, to) {
            fs::rename(&aside.0, to)?;
            return Err(error);
        }
        fs::rename(&aside.0, &self.0)
    }

    fn rename_by(&self, rename: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
        let mut all = temporaries();
        rename(&self.0)?;
        all.remove(&self.0);
        Ok(())
    }

    /// Lets it stay.
    pub fn keep(&self) {
        temporaries().remove(&self.0);
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let mut all = temporaries();
        if let Some(remove) = all.remove(&self.0) {
            let _ = remove(&self.0);
        }
    }
}

/// A file that appears under its name when [`NewFile::finish`] is called, all of it, and for good. Dropped
/// before, it is not there, and an earlier file of that name is as it was.
///
/// A file that is replaced leaves its permissions to the new one, and a symbolic link stays: the file that
/// it points to is replaced.
pub struct NewFile {
    path: PathBuf,
    replace: bool,
    file: BufWriter<File>,
    temporary: Temporary,
}

impl NewFile {
    /// Begins a file. Unless told to `replace`, it does not take the place of one that is there.
    ///
    /// # Errors
    /// When no file can be made in its folder.
    pub fn create(path: &Path, replace: bool) -> io::Result<Self> {
        let path = resolved(path);
        let new = |path: &Path| File::create_new(path);
        let remove: Remove = |path| fs::remove_file(path);
        let (file, temporary) = Temporary::new_in(folder_of(&path), remove, new)?;
        if let Ok(old) = fs::metadata(&path) {
            file.set_permissions(old.permissions())?;
        }
        let file = BufWriter::new(file);
        Ok(Self {
            path,
            replace,
            file,
            temporary,
        })
    }

    /// Brings it to the disk under its name.
    ///
    /// # Errors
    /// When it cannot be written, or something has its name that is not to be replaced.
    pub fn finish(self) -> io::Result<()> {
        let file = self.file.into_inner();
        file.map_err(io::IntoInnerError::into_error)?.sync_all()?;
        match self.replace {
            true => self.temporary.rename(&self.path)?,
            false => self.temporary.rename_unless_there(&self.path)?,
        }
        sync_folder(folder_of(&self.path))
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The path that a chain of symbolic links leads to, though nothing be there yet.
pub fn resolved(path: &Path) -> PathBuf {
    /// Links followed before it is taken for a circle, as Linux does.
    const MOST_LINKS: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&path) {
            Ok(next) => path = folder_of(&path).join(next),
            Err(_) => break,
        }
    }
    let folder = fs::canonicalize(folder_of(&path));
    match (folder, path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => fs::canonicalize(&path).unwrap_or(path),
    }
}

/// The folder that a path lies in.
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Brings the names in a folder to the disk, where the system lets a folder be opened.
///
/// # Errors
/// Those of the system.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    match cfg!(unix) {
        true => File::open(path)?.sync_all(),
        false => Ok(()),
    }
}

/// Removes a folder to which another thread may be adding: what it adds is removed in a further round.
pub fn remove_folder(path: &Path) -> io::Result<()> {
    const ROUNDS: usize = 100;
    let mut removed = Ok(());
    for _ in 0..ROUNDS {
        removed = fs::remove_dir_all(path);
        if removed.is_ok() {
            break;
        }
    }
    removed
}

/// Makes a file without a name in a folder, to be written and read: it is gone when it is closed, however the
/// process ends.
///
/// # Errors
/// When no file can be made in the folder.
pub fn nameless_file(folder: &Path) -> io::Result<File> {
    tempfile::tempfile_in(folder).map_err(unnamed)
}

/// The system's error without the temporary name that it happened to.
fn unnamed(error: io::Error) -> io::Error {
    let cause = error.get_ref().and_then(|error| error.source());
    let cause = cause.and_then(|cause| cause.downcast_ref::<io::Error>());
    let code = cause.and_then(io::Error::raw_os_error);
    code.map_or(error, io::Error::from_raw_os_error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_replaced_file_leaves_its_mode_and_its_link() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let [file, link] = ["file", "link"].map(|name| folder.path().join(name));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("file", &link).unwrap();
        let write = |text: &str, replace| {
            let mut new = NewFile::create(&link, replace)?;
            new.write_all(text.as_bytes())?;
            new.finish()
        };
        let refused = write("new", false).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&file).unwrap(), "old");
        write("new", true).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o640
        );
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        // A link to nothing is followed as well.
        fs::remove_file(&file).unwrap();
        write("again", false).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "again");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
    }

    #[test]
    fn folders_are_exchanged_or_moved_aside() {
        let folder = tempfile::tempdir().unwrap();
        let old = folder.path().join("old");
        fs::create_dir(&old).unwrap();
        fs::write(old.join("a"), "old").unwrap();
        let new = Temporary::folder_beside(&old).unwrap();
        fs::write(new.path().join("a"), "new").unwrap();
        new.replace_folder(&old).unwrap();
        assert_eq!(fs::read_to_string(old.join("a")).unwrap(), "new");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_a_signal_removes_does_not_get_another_name() {
        let folder = tempfile::tempdir().unwrap();
        let old = folder.path().join("old");
        fs::create_dir(&old).unwrap();
        fs::write(old.join("kept"), "").unwrap();
        let new = Temporary::folder_beside(&old).unwrap();
        let signal = temporaries();
        std::thread::scope(|scope| {
            let replaced = scope.spawn(|| new.replace_folder(&old));
            std::thread::sleep(std::time::Duration::from_millis(100));
            assert!(old.join("kept").exists());
            drop(signal);
            replaced.join().unwrap().unwrap();
        });
        assert!(!old.join("kept").exists());
    }
}
