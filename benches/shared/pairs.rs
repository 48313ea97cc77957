//! Pieces of work that take turns, and how many times as fast one is as another.
//!
//! On a shared machine all of them meet the same slow moments, and each one's best time the fewest:
//! the ratio of the bests is what the code can do, the median of the rounds' ratios what it did.

use std::fmt::{self, Display};
use std::time::Instant;

use sparsegrok::statistics::{CONFIDENCE, Median, median_interval};

/// A piece of work, which says what it took: nanoseconds a step, say.
pub(crate) type Work<'a> = Box<dyn FnMut() -> f64 + 'a>;

/// Does each piece of work once a round and keeps its times, round by round. Every other round runs
/// backwards, so that none always follows the same one.
pub(crate) fn take_turns<const K: usize>(rounds: usize, mut works: [Work<'_>; K]) -> [Vec<f64>; K] {
    let mut times = [const { Vec::new() }; K];
    for round in 0..rounds {
        for turn in 0..K {
            let k = if round % 2 == 0 { turn } else { K - 1 - turn };
            times[k].push(works[k]());
        }
    }
    times
}

/// Work of so many steps, by the clock: nanoseconds a step.
pub(crate) fn timed<'a>(steps: u64, mut work: impl FnMut() + 'a) -> Work<'a> {
    Box::new(move || {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64() * 1e9 / steps as f64
    })
}

/// The shortest of some times.
pub(crate) fn best(times: &[f64]) -> f64 {
    times.iter().copied().fold(f64::INFINITY, f64::min)
}

/// One piece of work's times over another's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ratio {
    /// Best times of the two.
    pub(crate) bests: [f64; 2],
    /// Ratio of the best times.
    pub(crate) of_bests: f64,
    /// Median of the rounds' ratios.
    pub(crate) median: Median,
}

impl Ratio {
    /// How many times as long `numerator` takes as `denominator`, round by round.
    ///
    /// # Panics
    /// For fewer than six rounds, which tell no interval.
    pub(crate) fn of(numerator: &[f64], denominator: &[f64]) -> Self {
        let bests = [numerator, denominator].map(best);
        let rounds = numerator.iter().zip(denominator);
        let ratios: Vec<f64> = rounds.map(|(a, b)| a / b).collect();
        Self {
            bests,
            of_bests: bests[0] / bests[1],
            median: median_interval(&ratios, CONFIDENCE).expect("six rounds or more"),
        }
    }
}

impl Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ([a, b], median) = (self.bests, self.median);
        write!(
            f,
            "{a:.2} over {b:.2} ns, ratio of bests {:.2}, median {:.2} [{:.2}, {:.2}] of {} rounds",
            self.of_bests, median.estimate, median.low, median.high, median.n,
        )
    }
}
