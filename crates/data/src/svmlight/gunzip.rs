//! Decompression of gzip files.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

/// Decompresses the members of a gzip file, one after the other. Zeros after a member are padding and are
/// skipped, as `gzip` does.
pub(super) struct Gunzip<R> {
    /// The member being read; `None` once the file has ended.
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> Gunzip<R> {
    pub(super) fn new(file: R) -> Self {
        Self {
            member: Some(GzDecoder::new(file)),
        }
    }
}

impl<R: BufRead> Read for Gunzip<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let read = member.read(bytes)?;
            if read > 0 || bytes.is_empty() {
                return Ok(read);
            }
            let Some(ended) = self.member.take() else {
                break;
            };
            let mut file = ended.into_inner();
            self.member = after_zeros(&mut file)?.then(|| GzDecoder::new(file));
        }
        Ok(0)
    }
}

/// Skips zeros; false where the file ends with them.
fn after_zeros(file: &mut impl BufRead) -> io::Result<bool> {
    loop {
        let bytes = file.fill_buf()?;
        let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
        let goes_on = zeros < bytes.len();
        if goes_on || bytes.is_empty() {
            file.consume(zeros);
            return Ok(goes_on);
        }
        file.consume(zeros);
    }
}
