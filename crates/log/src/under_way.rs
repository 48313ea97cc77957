//! The files of groups under way: the last checkpoint of each, and the one before it in case the last is
//! damaged.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use sparsegrok_data::shown;

use crate::bytes::{Decoder, Encoder};
use crate::error::Damage;
use crate::files::{Temporary, sync_folder};
use crate::frames::{self, Frames};

/// Beginning of a file's name, before the group's number.
const GROUP: &str = "group-";

/// End of the name of the checkpoint before the last one.
const PREVIOUS: &str = ".previous";

/// End of the name of a file that is still being written.
const PART: &str = ".part";

/// First byte of a frame that holds the progress of a group.
const UNDER_WAY: u8 = b'u';

/// The file that holds the progress of a group.
pub(crate) fn file_of(folder: &Path, number: u64) -> PathBuf {
    named(folder, number, "")
}

fn named(folder: &Path, number: u64, end: &str) -> PathBuf {
    folder.join(format!("{GROUP}{number}{end}"))
}

/// Writes a checkpoint of a group; the one kept before becomes the previous one. `fingerprint` names the
/// work that the group belongs to.
pub(crate) fn write(
    folder: &Path,
    fingerprint: u32,
    number: u64,
    progress: &[u8],
) -> io::Result<()> {
    let mut head = Encoder(vec![UNDER_WAY]);
    head.u32(fingerprint);
    head.u64(number);
    let [name, previous, part] = ["", PREVIOUS, PART].map(|end| named(folder, number, end));
    let (mut file, part) = Temporary::file(part)?;
    file.write_all(&frames::preamble())?;
    frames::write(&mut file, &head.0, progress)?;
    file.sync_all()?;
    // Only a checkpoint that is on the disk may take the place of the last one; between the two renames
    // the previous one is there.
    match fs::rename(&name, &previous) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => part.rename(&name)?,
    }
    sync_folder(folder)
}

/// Removes the checkpoints of a group. An error is ignored: a file that stays costs room and nothing else.
pub(crate) fn remove(folder: &Path, number: u64) {
    for end in ["", PREVIOUS] {
        let _ = fs::remove_file(named(folder, number, end));
    }
}

/// Reads the checkpoints of unfinished groups and removes all other files of groups. A damaged file is
/// removed too, and `notices` tell what is used in its place.
pub(crate) fn read_all(
    folder: &Path,
    fingerprint: u32,
    is_finished: impl Fn(u64) -> bool,
    notices: &mut Vec<String>,
) -> io::Result<HashMap<u64, Vec<u8>>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // A folder that somebody put there is none of ours, whatever its name.
        if entry.file_type()?.is_dir() {
            continue;
        }
        let name = entry.file_name();
        let Some(name) = name.to_str().and_then(|name| name.strip_prefix(GROUP)) else {
            continue;
        };
        let number = name.strip_suffix(PREVIOUS).unwrap_or(name).parse();
        match number {
            Ok(number) if !is_finished(number) => numbers.push(number),
            // The log has the group already, or the file is not a whole checkpoint.
            _ => fs::remove_file(folder.join(format!("{GROUP}{name}")))?,
        }
    }
    // A group has two files; notices come in the order of groups, whatever the folder's order.
    numbers.sort_unstable();
    numbers.dedup();
    let mut begun = HashMap::new();
    for number in numbers {
        for (end, instead) in [
            ("", "the checkpoint before it is used"),
            (PREVIOUS, "its group is trained from the beginning"),
        ] {
            let name = named(folder, number, end);
            let read = match File::open(&name) {
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Ok(file) if file.metadata()?.is_dir() => continue,
                file => read(file?, fingerprint, number)?,
            };
            match read {
                Ok(progress) => {
                    begun.insert(number, progress);
                    break;
                }
                Err(damage) => {
                    notices.push(format!("{}: {damage}; {instead}", shown(&name)));
                    // The next write would make this file the previous one, in place of a good one.
                    fs::remove_file(&name)?;
                }
            }
        }
    }
    Ok(begun)
}

/// Reads a checkpoint of a group.
fn read(file: File, fingerprint: u32, number: u64) -> io::Result<Result<Vec<u8>, Damage>> {
    let mut frames = match Frames::open(file)? {
        Ok(frames) => frames,
        Err(damage) => return Ok(Err(damage)),
    };
    let mut content = match frames.next()? {
        Some(Ok(frame)) => frame.content,
        Some(Err(damage)) => return Ok(Err(damage)),
        None => return Ok(Err(Damage::Truncated)),
    };
    let progress = || {
        let (&UNDER_WAY, rest) = content.split_first()? else {
            return None;
        };
        let mut rest = Decoder(rest);
        // A file copied from other work, or renamed to another group, must not be resumed.
        let of = (rest.u32()?, rest.u64()?);
        (of == (fingerprint, number)).then_some(rest.0.len())
    };
    let Some(progress) = progress() else {
        return Ok(Err(Damage::Unfit));
    };
    content.drain(..content.len() - progress);
    Ok(Ok(content))
}
