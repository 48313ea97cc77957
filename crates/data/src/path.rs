//! Paths in messages.

use std::fmt;
use std::path::Path;

/// Displays a path on one line, as messages name it: control characters and bytes that are no UTF-8
/// are escaped, so that no name can break a line or speak to the terminal.
///
/// ```
/// use sparsegrok_data::shown;
///
/// assert_eq!(shown("two\nlines.svm".as_ref()).to_string(), "two\\nlines.svm");
/// assert_eq!(shown("it's.svm".as_ref()).to_string(), "it's.svm");
/// ```
pub fn shown(path: &Path) -> impl fmt::Display + '_ {
    Shown(path)
}

struct Shown<'a>(&'a Path);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.as_os_str().as_encoded_bytes().utf8_chunks() {
            // Quotes and backslashes do no harm, and are read more easily as they are.
            for piece in chunk.valid().split_inclusive(['\'', '"', '\\']) {
                let text = piece.trim_end_matches(['\'', '"', '\\']);
                write!(f, "{}{}", text.escape_debug(), &piece[text.len()..])?;
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_on_one_line_and_silent() {
        let shown = |path: &str| shown(path.as_ref()).to_string();
        assert_eq!(shown("/tmp/a b/ä.svm"), "/tmp/a b/ä.svm");
        assert_eq!(shown("\x1b[31mred\r"), "\\u{1b}[31mred\\r");
        assert_eq!(shown("a\\b\"c'd"), "a\\b\"c'd");
        assert_eq!(shown("\u{202e}gvs"), "\\u{202e}gvs");
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_no_text_are_told() {
        use std::os::unix::ffi::OsStrExt;
        let path = Path::new(std::ffi::OsStr::from_bytes(b"r\xffws"));
        assert_eq!(shown(path).to_string(), "r\\xffws");
    }
}
