//! Numbers and names as bytes, one after the other: little-endian, without alignment.

/// Numbers, written one after the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Encoder(pub Vec<u8>);

impl Encoder {
    /// Writes a byte.
    pub fn byte(&mut self, x: u8) {
        self.0.push(x);
    }

    /// Writes a truth value: a byte, 0 or 1.
    pub fn flag(&mut self, x: bool) {
        self.byte(u8::from(x));
    }

    /// Writes four bytes.
    pub fn u32(&mut self, x: u32) {
        self.0.extend_from_slice(&x.to_le_bytes());
    }

    /// Writes eight bytes.
    pub fn u64(&mut self, x: u64) {
        self.0.extend_from_slice(&x.to_le_bytes());
    }

    /// Writes the bits of a number, so that NaN and −0 come back as they were.
    pub fn f64(&mut self, x: f64) {
        self.u64(x.to_bits());
    }

    /// Writes a count, then as many numbers.
    pub fn f64s(&mut self, values: &[f64]) {
        self.u64(values.len() as u64);
        values.iter().for_each(|&x| self.f64(x));
    }

    /// Writes a name of at most 255 bytes.
    pub fn name(&mut self, name: &str) {
        self.byte(name.len() as u8);
        self.0.extend_from_slice(name.as_bytes());
    }
}

/// Bytes, read from the first to the last; `None` where they do not suffice or make no sense.
///
/// Nothing is allocated beyond what the bytes there are can fill.
#[derive(Clone, Debug)]
pub struct Decoder<'b>(pub &'b [u8]);

#[expect(
    missing_docs,
    reason = "each reads what the encoder writes by the same name"
)]
impl Decoder<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    pub fn byte(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    pub fn flag(&mut self) -> Option<bool> {
        // Any other byte would be written back as 1: what is read must mean the same when written again.
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    pub fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub fn f64(&mut self) -> Option<f64> {
        self.u64().map(f64::from_bits)
    }

    pub fn f64s(&mut self) -> Option<Vec<f64>> {
        let count = self.u64()?;
        let count = self.count(count, size_of::<f64>())?;
        (0..count).map(|_| self.f64()).collect()
    }

    pub fn name(&mut self) -> Option<&str> {
        let length = self.byte()?.into();
        let (name, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(name).ok()
    }

    /// A count of items that take at least `size` bytes each, if the bytes left suffice for them.
    pub fn count(&self, count: u64, size: usize) -> Option<usize> {
        // A damaged count must not make a reader allocate more than the file could fill.
        let count = usize::try_from(count).ok()?;
        (count <= self.0.len() / size).then_some(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_beyond_the_bytes_there_are_allocate_nothing() {
        for count in [1, 1 << 20, u64::MAX / 8, u64::MAX] {
            assert_eq!(Decoder(&count.to_le_bytes()).f64s(), None);
        }
    }

    #[test]
    fn numbers_are_read_as_they_were_written() {
        let mut encoder = Encoder::default();
        encoder.flag(true);
        encoder.u32(7);
        encoder.f64s(&[-0.0, f64::INFINITY]);
        encoder.name("signal");
        let mut decoder = Decoder(&encoder.0);
        assert_eq!(decoder.flag(), Some(true));
        assert_eq!(decoder.u32(), Some(7));
        let values = decoder.f64s().unwrap();
        assert_eq!(values[0].to_bits(), (-0.0_f64).to_bits());
        assert_eq!(values[1], f64::INFINITY);
        assert_eq!(decoder.name(), Some("signal"));
        assert!(decoder.0.is_empty());
        assert_eq!(Decoder(&[2]).flag(), None);
    }
}
