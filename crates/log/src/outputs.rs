//! The file of the outputs that unfinished work was asked for, so that whoever resumes it need not repeat
//! them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use crate::error::{CheckpointError, Damage};
use crate::files::{Temporary, sync_folder};
use crate::frames::{self, Frames};

/// Names of outputs, such as `out`, and their absolute paths.
pub type Outputs = BTreeMap<String, OsString>;

/// The file's name.
pub(crate) const OUTPUTS: &str = "outputs";

/// First byte of the frame.
const OF_OUTPUTS: u8 = b'o';

/// Writes the file into a folder, in place of an earlier one.
pub(crate) fn write(folder: &Path, outputs: &Outputs) -> io::Result<()> {
    let text = toml::to_string(outputs).map_err(io::Error::other)?;
    let (mut file, part) = Temporary::file(folder.join(format!("{OUTPUTS}.part")))?;
    file.write_all(&frames::preamble())?;
    frames::write(&mut file, &[OF_OUTPUTS], text.as_bytes())?;
    file.sync_all()?;
    part.rename(&folder.join(OUTPUTS))?;
    sync_folder(folder)
}

/// Reads the file; work without one was asked for nothing in particular.
pub(crate) fn read(folder: &Path) -> Result<Outputs, CheckpointError> {
    let name = folder.join(OUTPUTS);
    let io = CheckpointError::io(&name);
    let frame = match File::open(&name) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Outputs::new()),
        file => match Frames::open(file.map_err(&io)?).map_err(&io)? {
            Ok(mut frames) => frames
                .next()
                .map_err(&io)?
                .unwrap_or(Err(Damage::Truncated)),
            Err(damage) => Err(damage),
        },
    };
    let outputs = frame.and_then(|frame| {
        let (first, text) = frame.content.split_first().ok_or(Damage::Unfit)?;
        let text = std::str::from_utf8(text).map_err(|_| Damage::Unfit)?;
        let outputs = toml::from_str(text).map_err(|_| Damage::Unfit)?;
        (*first == OF_OUTPUTS)
            .then_some(outputs)
            .ok_or(Damage::Unfit)
    });
    outputs.map_err(|damage| CheckpointError::Damaged {
        path: name.clone(),
        damage,
    })
}
