//! Sources of spread: how the variance of an outcome of a cell's runs divides among data, order, initial weights,
//! label noise and their interactions.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use sparsegrok_config::{CrossedDesign, Source, StudySpec};
use sparsegrok_kernel::Figure;
use sparsegrok_statistics::{CONFIDENCE, Component, VarianceComponents};

use crate::records::RecordRow;
use crate::times::Timed;

/// Outcomes of a run whose spread is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpreadOf {
    /// ln T_gen.
    Generalizing,
    /// ln T_mem.
    Memorizing,
    /// The accuracy at the last epoch: population accuracy, or without it test accuracy.
    FinalAccuracy,
}

impl SpreadOf {
    /// Every outcome.
    pub const ALL: [Self; 3] = [Self::Generalizing, Self::Memorizing, Self::FinalAccuracy];

    /// The name in summaries.
    pub fn name(self) -> &'static str {
        match self {
            Self::Generalizing => "ln_t_gen",
            Self::Memorizing => "ln_t_mem",
            Self::FinalAccuracy => "final_accuracy",
        }
    }

    /// The outcome of a run; `None` where it was not observed.
    fn of(self, row: &RecordRow, figures: &[Figure]) -> Option<f64> {
        let time = |timed: Timed| timed.of(row).filter(|life| life.observed);
        // A time of 0 has no logarithm.
        let ln = |timed| time(timed).map(|life| libm::log(life.time));
        let found = match self {
            Self::Generalizing => ln(Timed::Generalizing),
            Self::Memorizing => ln(Timed::Memorizing),
            Self::FinalAccuracy => {
                let mut accuracies = [Figure::PopulationAcc, Figure::TestAcc].into_iter();
                accuracies.find_map(|figure| {
                    let place = figures.iter().position(|&kept| kept == figure)?;
                    row.finals[place]
                })
            }
        };
        found.filter(|x| x.is_finite())
    }
}

/// The component that is no source's: the sources' joint effects beyond the sum of their own.
pub const INTERACTIONS: &str = "interactions";

/// The spread of an outcome over the runs of a crossed design, and its components.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Runs of which the outcome was observed.
    pub runs: usize,
    /// Runs of which it was not: a time that is censored, or a run that diverged. Where these are the late ones,
    /// components are too small.
    pub missing: usize,
    /// The component of each source by its name, then that of [`INTERACTIONS`]; none where the runs do not tell.
    pub components: IndexMap<String, Component>,
    /// The reason why there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

impl Spread {
    /// The spread of an outcome over the runs of a cell, whose rows hold these figures; `None` where they are those
    /// of no crossed design. `Time: O(levels³)`
    pub fn over(
        spec: &StudySpec,
        rows: &[RecordRow],
        figures: &[Figure],
        of: SpreadOf,
    ) -> Option<Self> {
        let design = spec.design()?;
        let mut so_far = SpreadSoFar::new(of);
        rows.iter()
            .for_each(|row| so_far.push(&design, row, figures));
        Some(so_far.spread(&design))
    }

    /// The standard deviation of the outcome of one run: the root of the sum of all components.
    pub fn deviation(&self) -> f64 {
        let variances = self.components.values().map(|c| c.variance.estimate);
        variances.sum::<f64>().sqrt()
    }
}

/// An outcome of the runs of a crossed design, gathered run by run: 16 bytes a run.
pub(crate) struct SpreadSoFar {
    of: SpreadOf,
    runs: usize,
    /// The number of the combination of levels, and the outcome, of each run of which it was observed.
    observed: Vec<(usize, f64)>,
}

impl SpreadSoFar {
    /// An outcome without runs yet.
    pub(crate) fn new(of: SpreadOf) -> Self {
        Self {
            of,
            runs: 0,
            observed: Vec::new(),
        }
    }

    /// The outcome's name in summaries.
    pub(crate) fn name(&self) -> String {
        self.of.name().to_owned()
    }

    /// Adds a run of a design, whose row holds these figures.
    pub(crate) fn push(&mut self, design: &CrossedDesign<'_>, row: &RecordRow, figures: &[Figure]) {
        self.runs += 1;
        if let Some(outcome) = self.of.of(row, figures) {
            // The number of a cell of all combinations, of which the design has a fraction.
            let levels = design.levels() as usize;
            let own = design.levels_of(row.seeds.seed);
            let place = own.fold(0, |place, (_, level)| place * levels + level as usize);
            self.observed.push((place, outcome));
        }
    }

    /// The spread of the outcome and its components. `Time: O(levels³)`
    pub(crate) fn spread(&self, design: &CrossedDesign<'_>) -> Spread {
        let shape = vec![design.levels() as usize; design.sources().len()];
        let found = VarianceComponents::of_observed(&shape, &self.observed, CONFIDENCE);
        let (components, unknown) = match found {
            Err(error) => (IndexMap::new(), Some(error.to_string())),
            Ok(found) => {
                let names = design.sources().iter().map(|source| Source::name(*source));
                let names = names.chain([INTERACTIONS]).map(str::to_owned);
                let components = found.factors.into_iter().chain([found.residual]);
                (names.zip(components).collect(), None)
            }
        };
        Spread {
            runs: self.observed.len(),
            missing: self.runs - self.observed.len(),
            components,
            unknown,
        }
    }
}
