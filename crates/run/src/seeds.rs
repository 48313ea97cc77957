//! The seeds of a run, made of a study's seed and a configuration's.

use sparsegrok_config::{Config, SeedWhat};
use sparsegrok_data::InvalidSetting;

/// Tells if the runs of a configuration differ in their data. Those of files never do.
pub(crate) fn vary_data(config: &Config) -> bool {
    let varies = matches!(config.study.seed_what, SeedWhat::Data | SeedWhat::All);
    varies && config.files.train.is_none()
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
    /// The keys of the seeds that a run has of its own.
    pub const KEYS: [&str; 3] = ["data_seed", "order_seed", "init_seed"];

    /// Tells if a study's seeds are added to the seed of a key.
    pub fn are_added_to(key: &str, what: SeedWhat) -> bool {
        match what {
            SeedWhat::All => Self::KEYS.contains(&key),
            SeedWhat::Data => key == "data_seed",
            SeedWhat::Order => key == "order_seed",
            SeedWhat::Init => key == "init_seed",
        }
    }

    /// Adds a study's seed to those of a configuration's seeds that it varies.
    ///
    /// # Errors
    /// When a sum is not below 2^64.
    pub fn of(config: &Config, seed: u64) -> Result<Self, InvalidSetting> {
        let what = config.study.seed_what;
        let add = |to: u64, key: &str| {
            to.checked_add(if Self::are_added_to(key, what) {
                seed
            } else {
                0
            })
            .ok_or_else(|| InvalidSetting {
                key: "seeds",
                value: config.study.seeds.to_string(),
                expected: "seeds that stay below 2^64 when the configuration's are added",
            })
        };
        Ok(Self {
            seed,
            data: match config.files.train {
                Some(_) => None,
                None => Some(add(config.synthetic.data_seed, "data_seed")?),
            },
            order: add(config.train.order_seed, "order_seed")?,
            init: add(config.train.init_seed, "init_seed")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
