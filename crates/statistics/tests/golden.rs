//! Statistics against established packages: `golden/golden.py` says which, on what data.

use serde_json::Value;
use sparsegrok_statistics::{
    KaplanMeier, Lifetime, Mean, Slope, bca_interval, common_slope, fit_line, log_rank,
    quantile_has_interval, student_t_interval, wilson,
};

const TOLERANCE: f64 = 1e-8;

fn golden(part: &str) -> Vec<Value> {
    let golden: Value = serde_json::from_str(include_str!("golden/golden.json")).unwrap();
    let cases = golden[part].as_array().unwrap().clone();
    assert!(!cases.is_empty());
    cases
}

fn numbers(value: &Value) -> Vec<f64> {
    let numbers = value.as_array().unwrap().iter();
    numbers.map(|x| x.as_f64().unwrap()).collect()
}

#[track_caller]
fn assert_close(found: f64, expected: &Value) {
    let expected = expected.as_f64().unwrap();
    let error = (found - expected).abs();
    assert!(
        error <= TOLERANCE * expected.abs().max(1.0),
        "{found}, expected {expected}"
    );
}

fn lifetimes(group: &Value) -> Vec<Lifetime> {
    let observed = group["observed"].as_array().unwrap().iter();
    let pairs = numbers(&group["times"]).into_iter().zip(observed);
    pairs
        .map(|(time, observed)| Lifetime {
            time,
            observed: observed.as_bool().unwrap(),
        })
        .collect()
}

#[test]
fn kaplan_meier_is_that_of_lifelines() {
    for case in golden("survival") {
        for group in case["groups"].as_array().unwrap() {
            let sample = lifetimes(group);
            let curve = KaplanMeier::of(&sample);
            assert_eq!(curve.n(), sample.len());
            for expected in group["kaplan_meier"].as_array().unwrap() {
                let confidence = expected["confidence"].as_f64().unwrap();
                assert_eq!(
                    curve.steps().len(),
                    expected["times"].as_array().unwrap().len()
                );
                let limits = curve.survival_intervals(confidence);
                for (i, (step, &(low, high))) in curve.steps().iter().zip(&limits).enumerate() {
                    assert_eq!(step.time, expected["times"][i].as_f64().unwrap());
                    assert_close(step.at_risk as f64, &expected["at_risk"][i]);
                    assert_close(step.events as f64, &expected["events"][i]);
                    assert_close(step.survival, &expected["survival"][i]);
                    assert_close(low, &expected["low"][i]);
                    // Where nobody is left, lifelines is sure of it.
                    if step.survival > 0.0 {
                        assert_close(high, &expected["high"][i]);
                    } else {
                        assert!(high > 0.0, "{high}");
                    }
                }
                for quantile in expected["quantiles"].as_array().unwrap() {
                    let p = quantile[0].as_f64().unwrap();
                    let (low, high) = curve.quantile_interval(p, confidence);
                    let found = [curve.quantile(p), low, high];
                    let mut expected = [1, 2, 3].map(|i| quantile[i].as_f64());
                    // lifelines has limits of any sample.
                    if !quantile_has_interval(sample.len(), p, confidence) {
                        (expected[1], expected[2]) = (None, None);
                    }
                    // Nor does it ask how many lives the last events left none of.
                    let end = curve.steps().last().zip(limits.last());
                    let unsure = end.is_some_and(|(step, (_, high))| {
                        expected[2] == Some(step.time) && step.survival == 0.0 && *high > 1.0 - p
                    });
                    if unsure {
                        expected[2] = None;
                    }
                    assert_eq!(found, expected, "{} {p} {confidence}", case["name"]);
                }
            }
        }
    }
}

/// The order of a sample does not matter.
#[test]
fn kaplan_meier_sorts() {
    let sample = lifetimes(&golden("survival")[0]["groups"][1]);
    let backwards: Vec<_> = sample.iter().rev().copied().collect();
    assert_eq!(KaplanMeier::of(&sample), KaplanMeier::of(&backwards));
}

#[test]
fn log_rank_is_that_of_lifelines() {
    for case in golden("survival") {
        let [one, other] = [0, 1].map(|i| lifetimes(&case["groups"][i]));
        let test = log_rank(&one, &other).unwrap();
        assert_close(test.statistic, &case["log_rank"]["statistic"]);
        let expected = case["log_rank"]["p"].as_f64().unwrap();
        assert!(
            (test.p - expected).abs() <= TOLERANCE * expected,
            "{}",
            test.p
        );
        let swapped = log_rank(&other, &one).unwrap();
        assert_close(swapped.statistic, &case["log_rank"]["statistic"]);
    }
}

#[test]
fn log_rank_needs_events_to_compare() {
    let censored = [Lifetime::of(None, 5.0); 3];
    assert_eq!(log_rank(&censored, &censored), None);
    assert_eq!(log_rank(&[], &[Lifetime::of(Some(1.0), 5.0)]), None);
}

#[test]
fn wilson_is_that_of_statsmodels() {
    for case in golden("wilson") {
        let [successes, n] = [0, 1].map(|i| case[i].as_u64().unwrap());
        let found = wilson(successes, n, case[2].as_f64().unwrap()).unwrap();
        assert_eq!(found.estimate, successes as f64 / n as f64);
        assert_close(found.low, &case[3]);
        assert_close(found.high, &case[4]);
    }
    assert_eq!(wilson(0, 0, 0.95), None);
}

#[test]
fn lines_are_those_of_scipy() {
    for case in golden("lines") {
        let points = numbers(&case["x"]).into_iter().zip(numbers(&case["y"]));
        let line = fit_line(&points.collect::<Vec<_>>(), 0.95).unwrap();
        assert_close(line.intercept, &case["intercept"]);
        assert_slope(&line.slope, &case);
    }
    assert_eq!(fit_line(&[(1.0, 0.0), (1.0, 1.0), (1.0, 2.0)], 0.95), None);
}

#[test]
fn common_slopes_are_those_of_statsmodels() {
    for case in golden("common_slopes") {
        let groups = case["groups"].as_array().unwrap().iter();
        let groups: Vec<Vec<_>> = groups
            .map(|group| {
                let points = numbers(&group["x"]).into_iter().zip(numbers(&group["y"]));
                points.collect()
            })
            .collect();
        assert_slope(&common_slope(&groups, 0.95).unwrap(), &case);
    }
    // Two pairs leave one degree of freedom, a pair and a single point none.
    let pair = vec![(0.0, 0.0), (1.0, 1.0)];
    assert!(common_slope(&[pair.clone(), pair.clone()], 0.95).is_some());
    assert_eq!(common_slope(&[pair, vec![(3.0, 0.0)]], 0.95), None);
}

#[track_caller]
fn assert_slope(slope: &Slope, case: &Value) {
    assert_close(slope.estimate, &case["slope"]);
    assert_close(slope.low, &case["low"]);
    assert_close(slope.high, &case["high"]);
}

#[test]
fn student_intervals_are_those_of_scipy() {
    for case in golden("means") {
        let sample = numbers(&case["sample"]);
        assert_close(Mean::of(&sample, 0.95).unwrap().estimate, &case["mean"]);
        for expected in case["intervals"].as_array().unwrap() {
            let confidence = expected[0].as_f64().unwrap();
            let found = student_t_interval(&sample, confidence).unwrap();
            assert_close(found.low, &expected[1]);
            assert_close(found.high, &expected[2]);
        }
    }
    assert_eq!(student_t_interval(&[1.0], 0.95), None);
}

#[test]
fn the_size_of_the_sample_decides_on_the_interval() {
    let sample: Vec<f64> = (0..25).map(|x| f64::from(x * x)).collect();
    let of = |n: usize| Mean::of(&sample[..n], 0.95).map(|mean| mean.interval);
    assert_eq!(of(0), None);
    assert_eq!([of(1), of(2)], [Some(None), Some(None)]);
    for n in 3..20 {
        assert_eq!(of(n), Some(student_t_interval(&sample[..n], 0.95)));
    }
    for n in 20..25 {
        assert_eq!(of(n), Some(bca_interval(&sample[..n], 0.95)));
    }
}

/// SciPy's limits come from 400,000 resamples, ours from 10,000; `errors` is how far SciPy's own
/// scatter with as few.
#[test]
fn bootstrap_is_that_of_scipy_within_monte_carlo_error() {
    for case in golden("bootstraps") {
        let found = bca_interval(&numbers(&case["sample"]), 0.95).unwrap();
        let (limits, errors) = (numbers(&case["limits"]), numbers(&case["errors"]));
        for ((found, limit), error) in [found.low, found.high].iter().zip(limits).zip(errors) {
            assert!(
                (found - limit).abs() <= 4.0 * error + TOLERANCE,
                "{}: {found}, expected {limit} within {error}",
                case["name"]
            );
        }
    }
}

#[test]
fn bootstrap_is_a_function_of_its_sample() {
    let sample = [0.1, 0.5, -0.2, 0.9];
    assert_eq!(bca_interval(&sample, 0.95), bca_interval(&sample, 0.95));
    let same = bca_interval(&[2.0; 25], 0.95).unwrap();
    assert_eq!((same.low, same.high), (2.0, 2.0));
    assert_eq!(bca_interval(&[], 0.95), None);
}
