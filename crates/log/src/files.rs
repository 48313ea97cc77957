//! Folders written beside their final names.

use std::path::Path;
use std::{fs, io};

use tempfile::TempDir;

/// Beginning of the names of files and folders that are written before they get their final name.
pub const TEMPORARY: &str = ".sparsegrok-";

/// A new folder in the same folder as `path`, with the permissions any new one gets.
///
/// # Errors
/// When that folder is missing or cannot be written to.
pub fn folder_beside(path: &Path) -> io::Result<TempDir> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    // If the folder is missing, the error must not be about a temporary name in it.
    fs::metadata(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY).suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o777));
    }
    builder.tempdir_in(folder).map_err(|error| {
        // Nor that it is not writable.
        let cause = error.get_ref().and_then(|error| error.source());
        let cause = cause.and_then(|cause| cause.downcast_ref::<io::Error>());
        let code = cause.and_then(io::Error::raw_os_error);
        code.map_or(error, io::Error::from_raw_os_error)
    })
}

/// Brings the names in a folder to the disk, where the system lets a folder be opened.
///
/// # Errors
/// Those of the system.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    match cfg!(unix) {
        true => fs::File::open(path)?.sync_all(),
        false => Ok(()),
    }
}
