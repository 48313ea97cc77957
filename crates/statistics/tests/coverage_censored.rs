//! Coverage, by simulation, of the intervals of interval-censored times and of variance components,
//! and the level of the tests that compare groups.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};
use sparsegrok_statistics::{
    CONFIDENCE, IntervalTime, Lifetime, LogRankScores, VarianceComponents, interval_log_rank,
    interval_quantile_bootstrap, interval_quantile_limits, log_rank_groups,
};
use statrs::distribution::{ContinuousCDF, Normal};

/// Uniform and normal numbers.
struct Numbers(Xoshiro256PlusPlus);

impl Numbers {
    fn new() -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(1))
    }

    /// The midpoint of one of 2⁵³ cells of (0, 1): neither 0 nor 1.
    fn uniform(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    fn exponential(&mut self) -> f64 {
        -libm::log(self.uniform())
    }

    fn normal(&mut self) -> f64 {
        Normal::standard().inverse_cdf(self.uniform())
    }
}

/// Ways of looking at a time: between which two looks it is.
#[derive(Clone, Copy, Debug)]
enum Looks {
    /// All at the same times, ten to the unit, until 1.5.
    Together,
    /// Each at times of its own, four to the unit.
    Apart,
}

impl Looks {
    fn at(self, time: f64, numbers: &mut Numbers) -> IntervalTime {
        let (step, horizon, shift) = match self {
            Self::Together => (0.1, 1.5, 0.0),
            Self::Apart => (0.25, f64::INFINITY, numbers.uniform() * 0.25),
        };
        if time > horizon {
            return IntervalTime::beyond(horizon);
        }
        let look = ((time + shift) / step).floor();
        IntervalTime {
            after: (look * step - shift).max(0.0),
            until: (look + 1.0) * step - shift,
        }
    }
}

fn share(repetitions: usize, mut holds: impl FnMut() -> bool) -> f64 {
    let held = (0..repetitions).filter(|_| holds()).count();
    held as f64 / repetitions as f64
}

type QuantileLimits =
    fn(
        &[IntervalTime],
        f64,
        f64,
    ) -> Result<(Option<f64>, Option<f64>), sparsegrok_statistics::IntervalError>;

/// How often the limits hold the median, of samples of n exponential times.
fn median_coverage(limits: QuantileLimits, looks: Looks, n: usize, repetitions: usize) -> f64 {
    let mut numbers = Numbers::new();
    share(repetitions, || {
        let sample: Vec<IntervalTime> = (0..n)
            .map(|_| {
                let time = numbers.exponential();
                looks.at(time, &mut numbers)
            })
            .collect();
        let (low, high) = limits(&sample, 0.5, CONFIDENCE).unwrap();
        let median = std::f64::consts::LN_2;
        low.is_none_or(|low| low <= median) && high.is_none_or(|high| median <= high)
    })
}

#[test]
fn order_statistics_of_ends_cover_the_median_at_least_as_often_as_they_say() {
    for looks in [Looks::Together, Looks::Apart] {
        for n in [6, 12, 32] {
            let covered = median_coverage(interval_quantile_limits, looks, n, 10_000);
            // The standard error is 0.002.
            assert!(covered >= 0.945, "{looks:?}, n = {n}: {covered}");
        }
    }
}

#[test]
fn the_bootstrap_covers_the_median() {
    for looks in [Looks::Together, Looks::Apart] {
        let covered = median_coverage(interval_quantile_bootstrap, looks, 12, 100);
        assert!(covered >= 0.92, "{looks:?}: {covered}");
    }
}

#[test]
fn tests_of_groups_of_one_law_reject_as_often_as_they_say() {
    let mut numbers = Numbers::new();
    let level = 1.0 - CONFIDENCE;
    let rejected = share(4_000, || {
        let groups: Vec<Vec<Lifetime>> = (0..3)
            .map(|_| {
                let times = (0..20).map(|_| Some(numbers.exponential()));
                times
                    .map(|time| Lifetime::of(time.filter(|time| *time < 1.5), 1.5))
                    .collect()
            })
            .collect();
        let groups: Vec<&[Lifetime]> = groups.iter().map(Vec::as_slice).collect();
        log_rank_groups(&groups).unwrap().p < level
    });
    assert!((0.04..0.065).contains(&rejected), "{rejected}");
    for looks in [Looks::Together, Looks::Apart] {
        for scores in [LogRankScores::Sun, LogRankScores::Finkelstein] {
            let rejected = share(1_000, || {
                let groups: Vec<Vec<IntervalTime>> = (0..3)
                    .map(|_| {
                        let looked = (0..15).map(|_| {
                            let time = numbers.exponential();
                            looks.at(time, &mut numbers)
                        });
                        looked.collect()
                    })
                    .collect();
                let groups: Vec<&[IntervalTime]> = groups.iter().map(Vec::as_slice).collect();
                let test = interval_log_rank(&groups, scores).unwrap().unwrap();
                test.p < level
            });
            // The standard error is 0.007.
            assert!(
                (0.03..0.07).contains(&rejected),
                "{looks:?}, {scores:?}: {rejected}"
            );
        }
    }
}

/// How often the intervals hold the true variances and shares of a design of 6 × 5 × 4 cells, of
/// which a share is missing: for each component, the residual's last.
fn components_coverage(deviations: [f64; 4], missing: f64, repetitions: usize) -> [(f64, f64); 4] {
    let mut numbers = Numbers::new();
    let levels = [6, 5, 4];
    let total: f64 = deviations.iter().map(|d| d * d).sum();
    let mut held = [(0, 0); 4];
    for _ in 0..repetitions {
        let effects: Vec<Vec<f64>> = (0..3)
            .map(|f| {
                (0..levels[f])
                    .map(|_| deviations[f] * numbers.normal())
                    .collect()
            })
            .collect();
        let cells: Vec<Option<f64>> = (0..120)
            .map(|cell| {
                let effect =
                    effects[0][cell / 20] + effects[1][cell / 4 % 5] + effects[2][cell % 4];
                let value = effect + deviations[3] * numbers.normal();
                (numbers.uniform() >= missing).then_some(value)
            })
            .collect();
        let found = VarianceComponents::of(&levels, &cells, CONFIDENCE).unwrap();
        let components = found.factors.iter().chain([&found.residual]);
        for ((component, deviation), held) in components.zip(deviations).zip(&mut held) {
            let variance = deviation * deviation;
            let limits = component.variance;
            held.0 += usize::from(limits.low <= variance && variance <= limits.high);
            let (limits, share) = (component.share, variance / total);
            held.1 += usize::from(limits.low <= share && share <= limits.high);
        }
    }
    let rate = |count: usize| count as f64 / repetitions as f64;
    held.map(|(variance, share)| (rate(variance), rate(share)))
}

#[test]
fn intervals_of_components_cover_what_they_say() {
    for (deviations, missing) in [
        ([1.0, 0.5, 0.2, 0.4], 0.0),
        ([1.0, 0.5, 0.2, 0.4], 0.4),
        ([1.0, 0.0, 0.1, 1.0], 0.2),
    ] {
        for (variance, share) in components_coverage(deviations, missing, 100) {
            // The standard error is 0.02.
            assert!(
                variance >= 0.915 && share >= 0.915,
                "{deviations:?} {missing}: {variance} {share}"
            );
        }
    }
}

/// Prints the tables of coverage.
#[test]
#[ignore = "takes minutes; prints tables"]
fn tables() {
    println!("| looks | n | order statistics | bootstrap |\n|---|---|---|---|");
    for looks in [Looks::Together, Looks::Apart] {
        for n in [6, 12, 32, 64] {
            let exact = median_coverage(interval_quantile_limits, looks, n, 20_000);
            let bootstrap = median_coverage(interval_quantile_bootstrap, looks, n, 1_000);
            println!("| {looks:?} | {n} | {exact:.3} | {bootstrap:.3} |");
        }
    }
    println!("\n| deviations | missing | component | variance | share |\n|---|---|---|---|---|");
    for deviations in [[1.0, 0.5, 0.2, 0.4], [1.0, 0.0, 0.1, 1.0]] {
        for missing in [0.0, 0.4] {
            let covered = components_coverage(deviations, missing, 1_000);
            for (component, (variance, share)) in covered.iter().enumerate() {
                println!(
                    "| {deviations:?} | {missing} | {component} | {variance:.3} | {share:.3} |"
                );
            }
        }
    }
}
