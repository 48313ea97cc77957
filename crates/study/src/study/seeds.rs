//! The seeds of a study, and what each becomes in a run.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sparsegrok_data::InvalidSetting;

use crate::config::Config;

/// A range of seeds, written `A..B`; B is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seeds {
    /// The first seed.
    pub start: u64,
    /// One past the last seed.
    pub end: u64,
}

impl Seeds {
    /// How many seeds.
    pub fn len(self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

impl From<Range<u64>> for Seeds {
    fn from(range: Range<u64>) -> Self {
        Self {
            start: range.start,
            end: range.end,
        }
    }
}

impl fmt::Display for Seeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

/// Text that is no range of seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a range of seeds such as `0..64`")]
pub struct NoSeeds;

impl FromStr for Seeds {
    type Err = NoSeeds;

    fn from_str(text: &str) -> Result<Self, NoSeeds> {
        let (start, end) = text.split_once("..").ok_or(NoSeeds)?;
        let number = |text: &str| text.trim().parse().map_err(|_| NoSeeds);
        Ok(Self {
            start: number(start)?,
            end: number(end)?,
        })
    }
}

impl Serialize for Seeds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Seeds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// Which of a configuration's seeds a study's seed is added to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeedWhat {
    /// `order_seed`: the same data and initial weights, visited in other orders.
    Order,
    /// `data_seed`.
    Data,
    /// `init_seed`.
    Init,
    /// All three.
    #[default]
    All,
}

impl SeedWhat {
    /// Whether runs of a configuration differ in their data. Those of files never do.
    pub(crate) fn varies_data(self, config: &Config) -> bool {
        matches!(self, Self::Data | Self::All) && config.files.train.is_none()
    }
}

/// The seeds of one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunSeeds {
    /// The study's seed.
    pub seed: u64,
    /// Seed of the data; `None` for data from files.
    pub data: Option<u64>,
    /// Seed of the visiting order.
    pub order: u64,
    /// Seed of the initial weights.
    pub init: u64,
}

impl RunSeeds {
    /// What a study's seed makes of a configuration's seeds.
    ///
    /// # Errors
    /// When a sum is not below 2^64.
    pub fn of(config: &Config, seed: u64) -> Result<Self, InvalidSetting> {
        let what = config.study.seed_what;
        let add = |to: u64, adds: bool| {
            to.checked_add(if adds { seed } else { 0 })
                .ok_or_else(|| InvalidSetting {
                    key: "seeds",
                    value: config.study.seeds.to_string(),
                    expected: "seeds that stay below 2^64 when the configuration's are added",
                })
        };
        let all = what == SeedWhat::All;
        Ok(Self {
            seed,
            data: match config.files.train {
                Some(_) => None,
                None => Some(add(
                    config.synthetic.data_seed,
                    all || what == SeedWhat::Data,
                )?),
            },
            order: add(config.train.order_seed, all || what == SeedWhat::Order)?,
            init: add(config.train.init_seed, all || what == SeedWhat::Init)?,
        })
    }
}

/// Of which seeds of a cell whole traces are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Traces {
    /// Of none.
    None,
    /// Of this many, the first.
    First(u64),
    /// Of all.
    All,
}

impl Traces {
    /// Whether the seed in this place of its cell, counted from 0, is one of them.
    pub(crate) fn keep(self, place: u64) -> bool {
        match self {
            Self::None => false,
            Self::First(count) => place < count,
            Self::All => true,
        }
    }
}

impl Serialize for Traces {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => serializer.serialize_str("none"),
            Self::First(count) => serializer.serialize_u64(*count),
            Self::All => serializer.serialize_str("all"),
        }
    }
}

impl<'de> Deserialize<'de> for Traces {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "kebab-case")]
        enum Word {
            None,
            All,
        }
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Count(u64),
            Word(Word),
        }
        Ok(match Form::deserialize(deserializer)? {
            Form::Count(count) => Self::First(count),
            Form::Word(Word::None) => Self::None,
            Form::Word(Word::All) => Self::All,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_they_are_written() {
        let seeds: Seeds = "3..20".parse().unwrap();
        assert_eq!(seeds, Seeds::from(3..20));
        assert_eq!(seeds.to_string(), "3..20");
        assert_eq!((seeds.len(), seeds.is_empty()), (17, false));
        assert!(Seeds::from(4..4).is_empty());
        for bad in ["", "5", "1...3", "..3", "1..", "-1..3", "a..b", "1..2..3"] {
            assert_eq!(bad.parse::<Seeds>(), Err(NoSeeds), "{bad}");
        }
    }

    #[test]
    fn a_seed_is_added_to_what_it_varies() {
        let mut config = Config::default();
        let sums = |config: &Config| {
            let seeds = RunSeeds::of(config, 7).unwrap();
            (seeds.data, seeds.order, seeds.init)
        };
        assert_eq!(sums(&config), (Some(130), 1241, 7));
        config.study.seed_what = SeedWhat::Order;
        assert_eq!(sums(&config), (Some(123), 1241, 0));
        config.study.seed_what = SeedWhat::Data;
        assert_eq!(sums(&config), (Some(130), 1234, 0));
        config.study.seed_what = SeedWhat::Init;
        assert_eq!(sums(&config), (Some(123), 1234, 7));
        config.study.seed_what = SeedWhat::All;
        config.files.train = Some("rows.svm".into());
        assert_eq!(sums(&config), (None, 1241, 7));
        let error = RunSeeds::of(&config, u64::MAX).unwrap_err();
        assert_eq!(error.key, "seeds");
    }
}
