//! The precision of a study's figures, and the number of seeds that a precision takes.

use sparsegrok_config::{Known, Until};
use sparsegrok_statistics::{CONFIDENCE, Proportion, wilson};

use crate::cell::CellSummary;
use crate::group::GROUP;
use crate::study::Study;
use crate::times::Times;

/// Most seeds of a cell that are added without being asked for.
const MOST_SEEDS: u64 = 1 << 20;

/// A step multiplies the number of seeds by this at least, so that steps are few,
const LEAST_GROWTH: f64 = 1.25;
/// and by this at most, as the width that a step is computed from is itself uncertain.
const MOST_GROWTH: f64 = 4.0;

/// Half the width of a grok rate's interval that readers usually want.
const USUAL_RATE: f64 = 0.05;

/// The precision that a study has come to, in the cell in which it is least.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Precision {
    /// The precision asked for.
    pub asked: Until,
    /// Half the width of the figure's 95 % interval: as a share of the median, or of a grok rate, the half width
    /// itself. Infinite where the interval has no upper end.
    pub reached: f64,
    /// Cells that have no such figure, as most of their runs do not get there; more seeds would not help.
    pub without: usize,
    /// The end of the seeds that the precision takes, as far as these tell; `None` if it is reached, or no cell has
    /// the figure.
    pub wanting: Option<u64>,
    /// Half the width of the grok rate's interval.
    pub rate: f64,
    /// Seeds of each cell, beyond those there are, for a rate known to ±5 %.
    pub more_for_rate: u64,
}

impl Precision {
    /// The precision of a study of which all runs are there; `None` where none is asked for.
    ///
    /// Seeds are added in steps, each as many as the widest interval asks for if widths fall with the root of their
    /// number, between a quarter more and four times as many. Intervals that end such a sequence are those of a fixed
    /// number of seeds, to first order (Y. S. Chow, H. Robbins, "On the asymptotic theory of fixed-width sequential
    /// confidence intervals for the mean", *Annals of Mathematical Statistics* 36, 1965).
    pub fn of(study: &Study, cells: &[CellSummary]) -> Option<Self> {
        let asked = study.spec().until?;
        let widths: Vec<Option<f64>> = cells.iter().map(|cell| half_width(cell, asked)).collect();
        let reached = widths.iter().flatten().copied().fold(0.0, f64::max);
        let seeds = study.spec().seeds;
        let goal = asked.percent / 100.0;
        let has_any = widths.iter().any(Option::is_some);
        let wanting = (has_any && reached > goal && seeds.len() < MOST_SEEDS).then(|| {
            let growth = (reached / goal) * (reached / goal);
            let growth = growth.clamp(LEAST_GROWTH, MOST_GROWTH);
            // A last group of fewer than eight would be trained again in the next step.
            let count = libm::ceil(seeds.len() as f64 * growth) as u64;
            seeds.start + count.next_multiple_of(GROUP).min(MOST_SEEDS)
        });
        let rates = cells.iter().filter_map(|cell| cell.grok_rate);
        let rates: Vec<Proportion> = rates.collect();
        let rate = rates.iter().map(half).fold(0.0, f64::max);
        let for_rate = rates.iter().map(|rate| seeds_for_rate(rate.estimate));
        let for_rate = for_rate.max().unwrap_or(0);
        Some(Self {
            asked,
            reached,
            without: widths.iter().filter(|width| width.is_none()).count(),
            wanting,
            rate,
            more_for_rate: for_rate.saturating_sub(seeds.len()),
        })
    }
}

/// Half the width of the interval of a cell's figure; `None` where there is no such figure.
fn half_width(cell: &CellSummary, asked: Until) -> Option<f64> {
    let relative = |times: &Times| {
        let median = times.median?;
        let width = times.low.zip(times.high).map(|(low, high)| high - low);
        Some(width.map_or(f64::INFINITY, |width| width / 2.0 / median))
    };
    match asked.known {
        Known::Generalizing => relative(&cell.t_gen),
        Known::Memorizing => relative(&cell.t_mem),
        Known::GrokRate => cell.grok_rate.as_ref().map(half),
    }
}

fn half(rate: &Proportion) -> f64 {
    (rate.high - rate.low) / 2.0
}

/// The least number of seeds of which a rate is known to ±5 % by Wilson's interval.
fn seeds_for_rate(rate: f64) -> u64 {
    let is_enough = |n: u64| {
        let successes = libm::round(rate * n as f64) as u64;
        wilson(successes.min(n), n, CONFIDENCE).is_some_and(|found| half(&found) <= USUAL_RATE)
    };
    // Of a rate of ½ it takes the most, 381.
    (1..=400).find(|&n| is_enough(n)).unwrap_or(400)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_of_a_half_takes_the_most_seeds() {
        let all = [0.0, 0.1, 0.5, 0.9, 1.0].map(seeds_for_rate);
        assert_eq!(all[0], all[4]);
        assert!(all[0] < all[1] && all[1] < all[2], "{all:?}");
        // z²/4h² − z² is 380.3.
        assert_eq!(all[2], 381);
    }
}
