//! Helpers that the fuzz targets share: they write files whose checksums are right whatever the content,
//! so that the code behind the checksum is reached too.

use std::ops::Range;

/// A mark before each frame of a checkpoint.
const MARK: &[u8; 8] = b"\xf1frame\r\n";

/// Bytes of a checkpoint before its first frame: name and version.
const PREAMBLE: usize = 25;

/// Bytes of a store's header before its own checksum.
const STORE_HEADER: usize = 316;

/// The bytes of a store's header that describe its five sections, and the number of bytes for each.
const SECTIONS: Range<usize> = 64..264;
const SECTION: usize = 40;

/// A folder in memory, where there is one.
pub fn folder() -> tempfile::TempDir {
    let in_memory = tempfile::tempdir_in("/dev/shm");
    in_memory
        .or_else(|_| tempfile::tempdir())
        .expect("a temporary folder")
}

/// A store with the checksums of its content.
pub fn store_with_checksums(bytes: &[u8]) -> Vec<u8> {
    let mut store = bytes.to_vec();
    if store.len() < STORE_HEADER + 4 {
        return store;
    }
    for at in SECTIONS.step_by(SECTION) {
        let number = |at: usize| {
            let bytes = store[at..at + 8].try_into().expect("eight bytes");
            usize::try_from(u64::from_le_bytes(bytes)).ok()
        };
        let section = || {
            let (start, length) = (number(at + 16)?, number(at + 24)?);
            store.get(start..start.checked_add(length)?)
        };
        if let Some(sum) = section().map(crc32fast::hash) {
            store[at + 32..at + 36].copy_from_slice(&sum.to_le_bytes());
        }
    }
    let sum = crc32fast::hash(&store[..STORE_HEADER]);
    store[STORE_HEADER..STORE_HEADER + 4].copy_from_slice(&sum.to_le_bytes());
    store
}

/// A checkpoint with the checksums of its frames.
pub fn checkpoint_with_checksums(bytes: &[u8]) -> Vec<u8> {
    let mut checkpoint = bytes.to_vec();
    for content in frames(bytes) {
        let sum = crc32fast::hash(&bytes[content.start - 8..content.end]);
        checkpoint[content.end..content.end + 4].copy_from_slice(&sum.to_le_bytes());
    }
    checkpoint
}

/// The contents of a checkpoint's frames, up to the first that does not fit.
pub fn frames(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut contents = Vec::new();
    let mut at = PREAMBLE;
    while let Some(content) = content(bytes, at) {
        at = content.end + 4;
        contents.push(content);
    }
    contents
}

fn content(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let (mark, rest) = bytes.get(at..)?.split_first_chunk()?;
    let (length, _) = rest.split_first_chunk()?;
    let start = at + 16;
    let end = start.checked_add(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    (mark == MARK && end.checked_add(4)? <= bytes.len()).then_some(start..end)
}

/// A checkpoint that begins as another does, up to its first frame's end, and goes on with the frames
/// of `bytes` that are no header.
pub fn with_header_of(other: &[u8], bytes: &[u8]) -> Vec<u8> {
    let header = frames(other).first().map_or(0, |header| header.end + 4);
    let mut checkpoint = other[..header].to_vec();
    for content in frames(bytes) {
        if bytes[content.clone()].first() != Some(&b'h') {
            checkpoint.extend(&bytes[content.start - 16..content.end + 4]);
        }
    }
    checkpoint
}
