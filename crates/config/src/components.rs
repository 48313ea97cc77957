//! Sources of randomness, and the design in which a study crosses them.

use crate::seeds::Seeds;

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
    /// The design of these seeds; its levels are the root of their number, rounded down.
    pub(crate) fn of(sources: &'a [Source], seeds: Seeds) -> Self {
        Self {
            sources,
            seeds,
            levels: seeds.len().isqrt(),
        }
    }

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
            let design = CrossedDesign::of(sources, seeds);
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
}
