//! The seeds of a run, made of a study's seed and a configuration's.

use sparsegrok_config::{Config, SeedWhat, Source, StudySpec};
use sparsegrok_data::InvalidSetting;

/// Tells if the runs of a configuration differ in their data. Those of files never do.
pub(crate) fn vary_data(config: &Config) -> bool {
    let spec = &config.study;
    let vary = |source| RunSeeds::are_added_to(source, spec);
    config.files.train.is_none() && (vary(Source::Data) || vary(Source::Noise))
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
    /// Seed of the label noise; `None` where that has the data's.
    pub noise: Option<u64>,
}

impl RunSeeds {
    /// Tells if the runs of a study differ in the seed of a source.
    pub fn are_added_to(source: Source, spec: &StudySpec) -> bool {
        match spec.design() {
            Some(design) => design.sources().contains(&source),
            None => match spec.seed_what {
                SeedWhat::All => true,
                SeedWhat::Data => source == Source::Data,
                SeedWhat::Order => source == Source::Order,
                SeedWhat::Init => source == Source::Init,
            },
        }
    }

    /// The sources of which the runs of a configuration have a seed that is told.
    pub fn sources(config: &Config) -> impl Iterator<Item = Source> {
        let has_noise = has_noise_seed(config);
        let all = Source::ALL.into_iter();
        all.filter(move |source| *source != Source::Noise || has_noise)
    }

    /// The seed of a source.
    pub fn of_source(&self, source: Source) -> Option<u64> {
        match source {
            Source::Data => self.data,
            Source::Order => Some(self.order),
            Source::Init => Some(self.init),
            Source::Noise => self.noise,
        }
    }

    /// Adds a study's seed, or in a crossed design the levels that it stands for, to those of a configuration's
    /// seeds that it varies.
    ///
    /// # Errors
    /// When a sum is not below 2^64.
    pub fn of(config: &Config, seed: u64) -> Result<Self, InvalidSetting> {
        let spec = &config.study;
        let design = spec.design();
        let add = |to: u64, source: Source| {
            let added = match &design {
                Some(design) => design.added(source, seed),
                None if Self::are_added_to(source, spec) => seed,
                None => 0,
            };
            to.checked_add(added).ok_or_else(|| InvalidSetting {
                key: "seeds",
                value: spec.seeds.to_string(),
                expected: "seeds that stay below 2^64 when the configuration's are added",
            })
        };
        let data = &config.synthetic;
        let is_drawn = config.files.train.is_none();
        let noise = has_noise_seed(config).then(|| data.noise_seed.unwrap_or(data.data_seed));
        let seeds = Self {
            seed,
            data: is_drawn
                .then(|| add(data.data_seed, Source::Data))
                .transpose()?,
            order: add(config.train.order_seed, Source::Order)?,
            init: add(config.train.init_seed, Source::Init)?,
            noise: noise.map(|to| add(to, Source::Noise)).transpose()?,
        };
        Ok(seeds)
    }
}

/// Tells if label noise has a seed of its own: it is given one, or a study varies it.
fn has_noise_seed(config: &Config) -> bool {
    let is_varied = config.study.components.contains(&Source::Noise)
        || config.study.varies(Source::Noise.key());
    config.files.train.is_none() && (is_varied || config.synthetic.noise_seed.is_some())
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

    #[test]
    fn label_noise_has_the_datas_seed_or_its_own() {
        let mut config = Config::default();
        let noise = |config: &Config| RunSeeds::of(config, 7).unwrap().noise;
        assert_eq!(noise(&config), None);
        config.synthetic.noise_seed = Some(5);
        assert_eq!(noise(&config), Some(12));
        config.study.seed_what = SeedWhat::Data;
        assert_eq!(noise(&config), Some(5));
    }

    #[test]
    fn a_crossed_design_adds_levels_to_its_sources() {
        let mut config = Config::default();
        config.synthetic.label_noise = 0.1;
        config.study.components = vec![Source::Noise, Source::Order];
        config.study.seeds = (100..116).into();
        let seeds = RunSeeds::of(&config, 107).unwrap();
        // The run at row 1 and column 3 of 4 × 4.
        assert_eq!(seeds.noise, Some(123 + 100 + 1));
        assert_eq!(seeds.order, 1234 + 100 + 3);
        assert_eq!((seeds.data, seeds.init), (Some(123), 0));
        assert!(vary_data(&config), "whose labels differ");
    }
}
