//! Input files. Each is opened once, its first bytes tell its format, and what is read is summed.

use std::fs::File;
use std::io::{self, Read, Stdin};
use std::path::Path;

use crate::path::shown;
use crate::store::SIGNATURE;

/// A file, a pipe or standard input, opened to be read once, from its beginning to its end.
#[derive(Debug)]
pub struct Input {
    name: String,
    source: Source,
    /// True for a file that can be mapped, and read again.
    is_regular: bool,
    /// The bytes read to tell the format that have not been handed out yet.
    start: Vec<u8>,
    is_store: bool,
    sum: crc32fast::Hasher,
}

#[derive(Debug)]
enum Source {
    File(File),
    Stdin(Stdin),
}

impl Read for Source {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(bytes),
            Self::Stdin(stdin) => stdin.read(bytes),
        }
    }
}

impl Input {
    /// Opens a file, or standard input where the path is `-`, and reads its first bytes.
    ///
    /// # Errors
    /// When it cannot be opened or read.
    pub fn open(path: &Path) -> io::Result<Self> {
        let (name, mut source, is_regular) = match path.as_os_str().as_encoded_bytes() {
            b"-" => (Self::name_of(path), Source::Stdin(io::stdin()), false),
            _ => {
                let file = File::open(path)?;
                let is_regular = file.metadata()?.is_file();
                (Self::name_of(path), Source::File(file), is_regular)
            }
        };
        let mut start = Vec::new();
        source
            .by_ref()
            .take(SIGNATURE.len() as u64)
            .read_to_end(&mut start)?;
        Ok(Self {
            name,
            source,
            is_regular,
            is_store: start == SIGNATURE,
            start,
            sum: crc32fast::Hasher::new(),
        })
    }

    /// The name that messages give the input at a path.
    pub fn name_of(path: &Path) -> String {
        match path.as_os_str().as_encoded_bytes() {
            b"-" => "standard input".to_owned(),
            _ => shown(path).to_string(),
        }
    }

    /// The name that messages give it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns true if it is a store, by its first bytes.
    pub fn is_store(&self) -> bool {
        self.is_store
    }

    /// Returns true if it is a regular file, which can be read again.
    pub fn is_regular(&self) -> bool {
        self.is_regular
    }

    /// The regular file that it is, to be mapped.
    pub(crate) fn regular_file(&self) -> Option<&File> {
        match &self.source {
            Source::File(file) if self.is_regular => Some(file),
            _ => None,
        }
    }

    /// CRC-32 of the bytes read so far.
    pub fn sum(&self) -> u32 {
        self.sum.clone().finalize()
    }
}

impl Read for Input {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = match self.start.len().min(bytes.len()) {
            0 => self.source.read(bytes)?,
            some => {
                bytes[..some].copy_from_slice(&self.start[..some]);
                self.start.drain(..some);
                some
            }
        };
        self.sum.update(&bytes[..read]);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_the_file_and_its_sum() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows");
        for content in [&b""[..], b"1 1", b"1 1:1\n-1 2:1\n"] {
            std::fs::write(&path, content).unwrap();
            let mut input = Input::open(&path).unwrap();
            let mut read = Vec::new();
            input.read_to_end(&mut read).unwrap();
            assert_eq!(read, content);
            assert_eq!(input.sum(), crc32fast::hash(content));
            assert!(input.is_regular() && !input.is_store());
        }
    }
}
