//! Coverage of the intervals, by simulation: how often they hold the true value.

use std::thread;

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};
use sparsegrok_statistics::{
    CONFIDENCE, KaplanMeier, Lifetime, Mean, MeanMethod, bca_interval, median_interval,
    student_t_interval,
};
use statrs::distribution::{ContinuousCDF, Normal};

/// A law that observations are drawn from.
#[derive(Clone, Copy)]
struct Law {
    name: &'static str,
    mean: f64,
    median: f64,
    /// Its quantile function.
    quantile: fn(f64) -> f64,
}

fn normal(p: f64) -> f64 {
    Normal::standard().inverse_cdf(p)
}

const LAWS: [Law; 3] = [
    Law {
        name: "normal",
        mean: 0.0,
        median: 0.0,
        quantile: normal,
    },
    Law {
        name: "exponential",
        mean: 1.0,
        median: std::f64::consts::LN_2,
        quantile: |p| -libm::log(1.0 - p),
    },
    Law {
        name: "lognormal",
        // e^½
        mean: 1.648_721_270_700_128,
        median: 1.0,
        quantile: |p| libm::exp(normal(p)),
    },
];

/// Independent samples, the same for every interval that is looked at.
fn samples(law: Law, n: usize, repetitions: usize) -> impl Iterator<Item = Vec<f64>> {
    let mut words = Xoshiro256PlusPlus::seed_from_u64(1);
    // Midpoints of 2⁵³ cells of (0, 1): neither 0 nor 1.
    let mut uniform = move || ((words.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
    (0..repetitions).map(move |_| (0..n).map(|_| (law.quantile)(uniform())).collect())
}

/// The share of samples of which an interval holds the true value.
fn coverage(
    (law, n, repetitions): (Law, usize, usize),
    truth: f64,
    interval: impl Fn(&[f64]) -> (f64, f64),
) -> f64 {
    let covered = samples(law, n, repetitions).filter(|sample| {
        let (low, high) = interval(sample);
        low <= truth && truth <= high
    });
    covered.count() as f64 / repetitions as f64
}

fn student_t(sample: &[f64]) -> (f64, f64) {
    let interval = student_t_interval(sample, CONFIDENCE).unwrap();
    (interval.low, interval.high)
}

fn bca(sample: &[f64]) -> (f64, f64) {
    let interval = bca_interval(sample, CONFIDENCE).unwrap();
    (interval.low, interval.high)
}

fn chosen(sample: &[f64]) -> (f64, f64) {
    let interval = Mean::of(sample, CONFIDENCE).unwrap().interval.unwrap();
    (interval.low, interval.high)
}

fn order_statistics(sample: &[f64]) -> (f64, f64) {
    let median = median_interval(sample, CONFIDENCE).unwrap();
    (median.low, median.high)
}

/// Brookmeyer's and Crowley's interval, where observations beyond `horizon` are censored there.
fn brookmeyer_crowley(sample: &[f64], horizon: f64) -> (f64, f64) {
    let lives: Vec<_> = sample
        .iter()
        .map(|&time| Lifetime::of((time <= horizon).then_some(time), horizon))
        .collect();
    let (low, high) = KaplanMeier::of(&lives).quantile_interval(0.5, CONFIDENCE);
    // Limits that are not there are beyond the horizon.
    (low.unwrap_or(f64::INFINITY), high.unwrap_or(f64::INFINITY))
}

#[test]
fn intervals_of_normal_means_cover_what_they_say() {
    for n in [4, 8, 32] {
        let covered = coverage((LAWS[0], n, 4_000), 0.0, chosen);
        assert!((0.93..0.97).contains(&covered), "n = {n}: {covered}");
    }
    // Bootstrapped, as few cover far less.
    let covered = coverage((LAWS[0], 4, 4_000), 0.0, bca);
    assert!(covered < 0.85, "{covered}");
}

#[test]
fn intervals_of_medians_cover_what_they_say() {
    let law = LAWS[1];
    let horizon = (law.quantile)(0.7);
    for n in [6, 8, 12, 32] {
        for covered in [
            coverage((law, n, 20_000), law.median, order_statistics),
            coverage((law, n, 20_000), law.median, |sample| {
                brookmeyer_crowley(sample, f64::INFINITY)
            }),
            coverage((law, n, 20_000), law.median, |sample| {
                brookmeyer_crowley(sample, horizon)
            }),
        ] {
            assert!(covered >= 0.92, "n = {n}: {covered}");
        }
    }
}

/// Prints the tables of docs/science.md.
#[test]
#[ignore = "takes minutes; prints tables"]
fn tables() {
    const REPETITIONS: usize = 20_000;
    let mean_row = |law: Law, n: usize| {
        let cell = |interval: fn(&[f64]) -> (f64, f64)| {
            format!("{:.3}", coverage((law, n, REPETITIONS), law.mean, interval))
        };
        let (student_t, bca) = (cell(student_t), cell(bca));
        // The method depends on n alone.
        let sample = samples(law, n, 1).next().unwrap();
        let interval = Mean::of(&sample, CONFIDENCE).unwrap().interval;
        let chosen = match interval.unwrap().method {
            MeanMethod::StudentT => &student_t,
            MeanMethod::Bca => &bca,
        };
        format!("| {} | {n} | {student_t} | {bca} | {chosen} |", law.name)
    };
    println!("| law | n | Student's t | BCa | chosen |\n|---|---|---|---|---|");
    thread::scope(|scope| {
        let rows = LAWS.map(|law| {
            scope.spawn(move || [3, 4, 8, 16, 19, 20, 32, 64].map(|n| mean_row(law, n)))
        });
        for row in rows.into_iter().flat_map(|rows| rows.join().unwrap()) {
            println!("{row}");
        }
    });

    let law = LAWS[1];
    let horizon = (law.quantile)(0.7);
    println!("\n| n | order statistics | Brookmeyer–Crowley | the latest 30 % censored |");
    println!("|---|---|---|---|");
    for n in [6, 7, 8, 12, 16, 20, 32, 64] {
        let cell = |interval: &dyn Fn(&[f64]) -> (f64, f64)| {
            let law = (law, n, REPETITIONS);
            format!("{:.3}", coverage(law, LAWS[1].median, interval))
        };
        println!(
            "| {n} | {} | {} | {} |",
            cell(&order_statistics),
            cell(&|sample| brookmeyer_crowley(sample, f64::INFINITY)),
            cell(&|sample| brookmeyer_crowley(sample, horizon)),
        );
    }
}
