//! Sources of randomness, and the design in which a study crosses them.

use sparsegrok_data::InvalidSetting;
use sparsegrok_kernel::{BatchSize, Init, Order};

use crate::config::{Config, StudySpec};
use crate::seeds::{SeedWhat, Seeds};

/// A source of a run's randomness, with a seed of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The teacher and the rows.
    Data,
    /// The order in which rows are visited.
    Order,
    /// The initial signal weights.
    Init,
    /// The labels that are flipped.
    Noise,
}

impl Source {
    /// Every source.
    pub const ALL: [Self; 4] = [Self::Data, Self::Order, Self::Init, Self::Noise];

    /// The word for it in settings and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Order => "order",
            Self::Init => "init",
            Self::Noise => "noise",
        }
    }

    /// The key of its seed.
    pub fn key(self) -> &'static str {
        match self {
            Self::Data => "data_seed",
            Self::Order => "order_seed",
            Self::Init => "init_seed",
            Self::Noise => "noise_seed",
        }
    }

    /// The source of a name.
    pub(crate) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.name() == name)
    }

    /// The reason, to complete "expected …", for which runs of a configuration cannot differ by it.
    fn idle(self, config: &Config) -> Option<&'static str> {
        let train = &config.train;
        let is_drawn = matches!(train.init, Init::Gaussian | Init::Orthogonal);
        let (is_idle, reason) = match self {
            Self::Data => (
                config.files.train.is_some(),
                "sources without `data`, as the data come from a file",
            ),
            Self::Order => (
                train.order == Order::Sequential || train.batch_size == BatchSize::Full,
                "sources without `order`, as rows are visited in no order that is drawn",
            ),
            Self::Init => (
                !is_drawn || train.init_norm == 0.0,
                "sources without `init`, as initial weights are not drawn: `--init gaussian` or \
                 `orthogonal` of an `--init-norm` above 0 draws them",
            ),
            Self::Noise => (
                config.files.train.is_some() || config.synthetic.label_noise == 0.0,
                "sources without `noise`, as no label is flipped: `--label-noise` flips some",
            ),
        };
        is_idle.then_some(reason)
    }
}

/// A design that crosses sources: each level of one source meets each level of any other in exactly one
/// run. Of L levels it takes L² runs, whatever the number of sources.
///
/// It is an orthogonal array of strength 2 (C. R. Rao, "Factorial experiments derivable from combinatorial
/// arrangements of arrays", *Supplement to the Journal of the Royal Statistical Society* 9, 1947): all
/// combinations of two sources, a Latin square of three, a Graeco-Latin square of four. For the same number of
/// runs it has more levels than all combinations of all sources have, and on levels the precision of a
/// variance component depends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrossedDesign<'a> {
    sources: &'a [Source],
    seeds: Seeds,
    levels: u64,
}

impl<'a> CrossedDesign<'a> {
    /// The sources that are crossed.
    pub fn sources(&self) -> &'a [Source] {
        self.sources
    }

    /// The levels that each source has.
    pub fn levels(&self) -> u64 {
        self.levels
    }

    /// The level of each source, from 0, in the run of a study's seed.
    ///
    /// # Formula
    /// Run L·i + j has the levels i, j, i + j and i + 2j, modulo L. Any two of these determine i and j: the
    /// last two of all four take an odd L.
    pub fn levels_of(&self, seed: u64) -> impl Iterator<Item = (Source, u64)> + use<'a> {
        let place = seed - self.seeds.start;
        let levels = self.levels;
        let (i, j) = (place / levels, place % levels);
        let sources = self.sources.iter().copied().zip(0..);
        sources.map(move |(source, number)| {
            let level = match number {
                0 => i,
                1 => j,
                2 => (i + j) % levels,
                _ => (i + 2 * j) % levels,
            };
            (source, level)
        })
    }

    /// The number that is added to a source's seed in the run of a study's seed; 0 for a source that is not
    /// crossed.
    pub fn added(&self, source: Source, seed: u64) -> u64 {
        let mut levels = self.levels_of(seed);
        let level = levels.find(|(of, _)| *of == source);
        level.map_or(0, |(_, level)| self.seeds.start + level)
    }
}

impl StudySpec {
    /// The design of the runs of each cell, if they are to tell where variability comes from.
    pub fn design(&self) -> Option<CrossedDesign<'_>> {
        (!self.components.is_empty()).then(|| CrossedDesign {
            sources: &self.components,
            seeds: self.seeds,
            levels: self.seeds.len().isqrt(),
        })
    }
}

impl Config {
    /// Checks that the runs of a cell can be those of a crossed design, if they are to be.
    ///
    /// # Errors
    /// When a source cannot be varied, or the seeds are not as many as a design has runs.
    pub(crate) fn check_components(&self) -> Result<(), InvalidSetting> {
        let spec = &self.study;
        let Some(design) = spec.design() else {
            return Ok(());
        };
        let names: Vec<_> = spec.components.iter().map(|source| source.name()).collect();
        let components = |expected| InvalidSetting {
            key: "components",
            value: names.join(","),
            expected,
        };
        let sources = &spec.components;
        let is_repeated = |i: usize| sources[..i].contains(&sources[i]);
        if sources.len() < 2 || (0..sources.len()).any(is_repeated) {
            return Err(components("two sources or more, each once"));
        }
        if let Some(expected) = sources.iter().find_map(|source| source.idle(self)) {
            return Err(components(expected));
        }
        if spec.seed_what != SeedWhat::All {
            return Err(components("no `seed_what` beside it"));
        }
        let levels = design.levels;
        let of_four = sources.len() == 4;
        // Fewer levels leave nothing for interactions.
        let suffice = levels >= sources.len() as u64;
        if levels * levels == spec.seeds.len() && suffice && !(of_four && levels % 2 == 0) {
            return Ok(());
        }
        Err(InvalidSetting {
            key: "seeds",
            value: spec.seeds.to_string(),
            expected: match of_four {
                false => {
                    "as many as a crossed design has runs: the square of its levels, such as 64, 256 or 1024"
                }
                true => {
                    "as many as a crossed design of four sources has runs: an odd square, such as 49, 225 or 961"
                }
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_two_levels_of_two_sources_meet_once() {
        for (sources, levels) in [(2, 2), (2, 6), (3, 3), (3, 8), (4, 5), (4, 9)] {
            let sources = &Source::ALL[..sources];
            let start = 1000;
            let seeds = Seeds::from(start..start + levels * levels);
            let spec = StudySpec {
                components: sources.to_vec(),
                seeds,
                ..StudySpec::default()
            };
            let design = spec.design().unwrap();
            for (k, one) in sources.iter().enumerate() {
                for other in &sources[..k] {
                    let runs = seeds.start..seeds.end;
                    let met: HashSet<_> = runs
                        .map(|seed| (design.added(*one, seed), design.added(*other, seed)))
                        .collect();
                    assert_eq!(met.len() as u64, levels * levels, "{one:?}, {other:?}");
                    assert!(met.iter().all(|(a, b)| {
                        (start..start + levels).contains(a) && (start..start + levels).contains(b)
                    }));
                }
            }
        }
    }

    #[test]
    fn designs_that_cannot_tell_are_refused() {
        let fault = |components: &[Source], seeds: u64, change: fn(&mut Config)| {
            let mut config = Config::default();
            config.study.components = components.to_vec();
            config.study.seeds = (0..seeds).into();
            change(&mut config);
            config
                .validate()
                .map_err(|fault| (fault.key, fault.expected))
        };
        use Source::{Data, Init as Weights, Noise, Order as Visits};
        let noisy = |c: &mut Config| {
            (c.train.init, c.train.init_norm) = (Init::Gaussian, 1.0);
            c.synthetic.label_noise = 0.1;
        };
        assert_eq!(fault(&[Data, Visits], 16, |_| ()), Ok(()));
        assert_eq!(fault(&[Data, Visits, Weights], 16, noisy), Ok(()));
        assert_eq!(fault(&Source::ALL, 49, noisy), Ok(()));
        for (key, part, fault) in [
            ("components", "two sources", fault(&[Data], 16, |_| ())),
            ("components", "each once", fault(&[Data, Data], 16, |_| ())),
            ("components", "`init`", fault(&[Data, Weights], 16, |_| ())),
            ("components", "`noise`", fault(&[Data, Noise], 16, |_| ())),
            (
                "components",
                "`order`",
                fault(&[Data, Visits], 16, |c| c.train.order = Order::Sequential),
            ),
            (
                "components",
                "`data`",
                fault(&[Data, Visits], 16, |c| c.files.train = Some("a".into())),
            ),
            (
                "components",
                "`seed_what`",
                fault(&[Data, Visits], 16, |c| c.study.seed_what = SeedWhat::Order),
            ),
            ("seeds", "the square", fault(&[Data, Visits], 20, |_| ())),
            ("seeds", "the square", fault(&[Data, Visits], 1, |_| ())),
            ("seeds", "an odd square", fault(&Source::ALL, 64, noisy)),
            ("seeds", "an odd square", fault(&Source::ALL, 9, noisy)),
        ] {
            let (found, expected) = fault.unwrap_err();
            assert_eq!(found, key);
            assert!(expected.contains(part), "{expected}");
        }
    }
}
