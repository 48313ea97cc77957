//! A share of a study's groups, for several machines to train.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// One of `of` equal shares of a study: the groups whose numbers leave the remainder `index`. Written
/// `2/8`; the first of eight is `0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// The number of the share, counted from 0.
    pub index: u64,
    /// Number of shares in all.
    pub of: u64,
}

impl Shard {
    /// Tells if a group belongs to it.
    pub fn contains(self, group: u64) -> bool {
        group % self.of == self.index
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

/// Text that names no share of a study.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a shard such as `0/8`, the first of eight, of which `7/8` is the last")]
pub struct ParseShardError;

impl FromStr for Shard {
    type Err = ParseShardError;

    fn from_str(text: &str) -> Result<Self, ParseShardError> {
        let (index, of) = text.split_once('/').ok_or(ParseShardError)?;
        let number = |text: &str| text.trim().parse().map_err(|_| ParseShardError);
        let (index, of) = (number(index)?, number(of)?);
        match index < of {
            true => Ok(Self { index, of }),
            false => Err(ParseShardError),
        }
    }
}

impl Serialize for Shard {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Shard {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_is_written() {
        for text in ["0/1", "0/8", "7/8"] {
            assert_eq!(text.parse::<Shard>().unwrap().to_string(), text);
        }
        for bad in ["", "8", "8/8", "-1/8", "0/0", "1/", "a/b", "1/2/3"] {
            assert_eq!(bad.parse::<Shard>(), Err(ParseShardError), "{bad}");
        }
    }

    #[test]
    fn every_group_is_in_one_shard() {
        for group in 0..20 {
            let shards = (0..3).filter(|&index| Shard { index, of: 3 }.contains(group));
            assert_eq!(shards.count(), 1);
        }
    }
}
