//! How the time of an epoch grows with the rows: the exponent of a power of n.

use sparsegrok::kernel::{KernelChoice, SimdChoice};
use sparsegrok::statistics::{CONFIDENCE, Slope, fit_line};

use super::pairs::{Work, best, take_turns};
use super::toy;

/// Training rows: doubling, up to where the dense matrix takes 537 MB.
const SIZES: [usize; 7] = [128, 256, 512, 1024, 2048, 4096, 8192];

/// Sizes where benches are only tried.
const TRIED: [usize; 7] = [8, 16, 32, 64, 128, 256, 512];

pub(crate) fn sizes() -> [usize; 7] {
    if super::tried() { TRIED } else { SIZES }
}

/// What an epoch takes of each size in turn, in nanoseconds, round by round.
///
/// A round lasts about a millisecond and a half at each size, or one epoch.
pub(crate) fn epochs(rounds: usize, kernel: KernelChoice) -> [Vec<f64>; 7] {
    let works = sizes().map(|n| -> Work<'_> {
        let problems = toy::problems(1, n, 5);
        let step = if kernel == KernelChoice::Dense { n } else { 20 };
        let epochs = (1_500_000 / (n * step) as u64).max(1);
        Box::new(move || n as f64 * toy::step_time(&problems, kernel, SimdChoice::Auto, epochs))
    });
    take_turns(rounds, works)
}

/// The exponent that best times grow by.
pub(crate) fn of_bests(times: &[Vec<f64>; 7]) -> Slope {
    exponent(times.each_ref().map(|times| best(times)))
}

/// The exponent of each round.
pub(crate) fn by_round(times: &[Vec<f64>; 7]) -> Vec<f64> {
    (0..times[0].len())
        .map(|round| exponent(times.each_ref().map(|times| times[round])).estimate)
        .collect()
}

fn exponent(times: [f64; 7]) -> Slope {
    let points: Vec<(f64, f64)> = sizes()
        .into_iter()
        .zip(times)
        .map(|(n, time)| ((n as f64).ln(), time.ln()))
        .collect();
    fit_line(&points, CONFIDENCE).expect("seven sizes").slope
}
