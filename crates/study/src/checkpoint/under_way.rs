//! The files of groups under way: how far each has come, and how far it had come before that.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::codec::{Decoder, Encoder};
use super::frames::{self, Frames};
use super::{Damage, RunSoFar};
use crate::files::sync_folder;

/// Begins a file's name, before the group's number.
const GROUP: &str = "group-";

/// Ends the name of the checkpoint before the last one.
const PREVIOUS: &str = ".previous";

/// Ends the name of a file that is still being written.
const PART: &str = ".part";

/// First byte of a frame that holds the progress of a group.
const UNDER_WAY: u8 = b'u';

/// The file that holds the progress of a group.
pub(super) fn file_of(folder: &Path, number: u64) -> PathBuf {
    named(folder, number, "")
}

fn named(folder: &Path, number: u64, end: &str) -> PathBuf {
    folder.join(format!("{GROUP}{number}{end}"))
}

/// Writes how far a group of the work of this fingerprint has come; what was kept before becomes the
/// previous one.
pub(super) fn write(
    folder: &Path,
    fingerprint: u32,
    number: u64,
    runs: &[RunSoFar],
) -> io::Result<()> {
    let mut content = Encoder(vec![UNDER_WAY]);
    content.u32(fingerprint);
    content.u64(number);
    content.runs(runs);
    let mut bytes = frames::preamble();
    frames::add(&mut bytes, &content.0);
    let [name, previous, part] = ["", PREVIOUS, PART].map(|end| named(folder, number, end));
    let write = || -> io::Result<()> {
        let mut file = File::create(&part)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        match fs::rename(&name, &previous) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => fs::rename(&part, &name)?,
        }
        sync_folder(folder)
    };
    write().inspect_err(|_| {
        let _ = fs::remove_file(&part);
    })
}

/// Removes what is kept of a group. If it stays, nothing is lost but room.
pub(super) fn remove(folder: &Path, number: u64) {
    for end in ["", PREVIOUS] {
        let _ = fs::remove_file(named(folder, number, end));
    }
}

/// Reads how far groups have come that are not finished, and clears away what is of no use.
pub(super) fn read_all(
    folder: &Path,
    fingerprint: u32,
    is_finished: impl Fn(u64) -> bool,
    notices: &mut Vec<String>,
) -> io::Result<HashMap<u64, Vec<RunSoFar>>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let Some(name) = name.to_str().and_then(|name| name.strip_prefix(GROUP)) else {
            continue;
        };
        let number = name.strip_suffix(PREVIOUS).unwrap_or(name).parse();
        match number {
            Ok(number) if !is_finished(number) => numbers.push(number),
            _ => fs::remove_file(folder.join(format!("{GROUP}{name}")))?,
        }
    }
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
                file => read(file?, fingerprint, number)?,
            };
            match read {
                Ok(runs) => {
                    begun.insert(number, runs);
                    break;
                }
                Err(damage) => {
                    notices.push(format!("{}: {damage}; {instead}", name.display()));
                    // It must not become the previous one in place of a good one.
                    fs::remove_file(&name)?;
                }
            }
        }
    }
    Ok(begun)
}

/// Reads how far a group has come.
fn read(file: File, fingerprint: u32, number: u64) -> io::Result<Result<Vec<RunSoFar>, Damage>> {
    let mut frames = match Frames::open(file)? {
        Ok(frames) => frames,
        Err(damage) => return Ok(Err(damage)),
    };
    let content = match frames.next()? {
        Some(Ok(frame)) => frame.content,
        Some(Err(damage)) => return Ok(Err(damage)),
        None => return Ok(Err(Damage::Truncated)),
    };
    let decode = || {
        let (&UNDER_WAY, rest) = content.split_first()? else {
            return None;
        };
        let mut rest = Decoder(rest);
        let of = (rest.u32()?, rest.u64()?);
        (of == (fingerprint, number)).then_some(rest.runs()?)
    };
    Ok(decode().ok_or(Damage::Unfit))
}
