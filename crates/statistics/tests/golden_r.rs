//! Statistics against established R packages: `golden/golden.R` says which, on what data.

use serde_json::Value;
use sparsegrok_statistics::{
    GroupTest, IntervalTime, Lifetime, LogRankScores, Turnbull, VarianceComponents,
    interval_log_rank, log_rank, log_rank_groups,
};

fn golden(part: &str) -> Vec<Value> {
    let golden: Value = serde_json::from_str(include_str!("golden/golden_r.json")).unwrap();
    let cases = golden[part].as_array().unwrap().clone();
    assert!(!cases.is_empty());
    cases
}

/// Numbers, of which `null` stands for those that are not finite, or not there.
fn numbers(value: &Value) -> Vec<Option<f64>> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(Value::as_f64)
        .collect()
}

fn finite(value: &Value) -> Vec<f64> {
    numbers(value).into_iter().map(Option::unwrap).collect()
}

#[track_caller]
fn assert_close(found: f64, expected: f64, tolerance: f64) {
    let error = (found - expected).abs();
    assert!(
        error <= tolerance * expected.abs().max(1e-3),
        "{found}, expected {expected}"
    );
}

/// The values of each group, groups being numbered from 1.
fn grouped<T: Clone>(values: &[T], groups: &Value) -> Vec<Vec<T>> {
    let groups: Vec<usize> = groups
        .as_array()
        .unwrap()
        .iter()
        .map(|g| g.as_u64().unwrap() as usize)
        .collect();
    let mut grouped = vec![Vec::new(); *groups.iter().max().unwrap()];
    for (value, group) in values.iter().zip(groups) {
        grouped[group - 1].push(value.clone());
    }
    grouped
}

fn slices<T>(groups: &[Vec<T>]) -> Vec<&[T]> {
    groups.iter().map(Vec::as_slice).collect()
}

fn intervals(after: &Value, until: &Value) -> Vec<IntervalTime> {
    let pairs = finite(after).into_iter().zip(numbers(until));
    pairs
        .map(|(after, until)| IntervalTime {
            after,
            until: until.unwrap_or(f64::INFINITY),
        })
        .collect()
}

#[test]
fn turnbull_is_that_of_interval() {
    for case in golden("turnbull") {
        let sample = intervals(&case["left"], &case["right"]);
        let law = Turnbull::of(&sample).unwrap();
        let found: Vec<IntervalTime> = law.masses().iter().map(|mass| mass.within).collect();
        assert_eq!(
            found,
            intervals(&case["after"], &case["until"]),
            "{}",
            case["name"]
        );
        for (found, expected) in law.masses().iter().zip(finite(&case["mass"])) {
            assert!(
                (found.mass - expected).abs() < 1e-9,
                "{found:?}, expected {expected}"
            );
        }
    }
}

#[test]
fn tests_of_intervals_are_those_of_interval() {
    for case in golden("turnbull") {
        let sample = intervals(&case["left"], &case["right"]);
        let groups = grouped(&sample, &case["group"]);
        for (scores, name) in [
            (LogRankScores::Sun, "sun"),
            (LogRankScores::Finkelstein, "finkelstein"),
        ] {
            let test = interval_log_rank(&slices(&groups), scores)
                .unwrap()
                .unwrap();
            assert_eq!(test.freedom, groups.len() - 1);
            assert_close(
                test.statistic,
                case[name]["statistic"].as_f64().unwrap(),
                1e-8,
            );
            assert_close(test.p, case[name]["p"].as_f64().unwrap(), 1e-8);
        }
    }
    let same = [IntervalTime::exact(1.0); 4];
    let test = interval_log_rank(&[&same, &same], LogRankScores::Sun);
    assert_eq!(test, Ok(None));
    let one = interval_log_rank(
        &[&[1.0, 2.0, 3.0].map(IntervalTime::exact), &[]],
        LogRankScores::Sun,
    );
    assert_eq!(one, Ok(None));
}

#[test]
fn log_rank_of_groups_is_that_of_survival() {
    for case in golden("log_rank") {
        let observed = case["event"].as_array().unwrap().iter();
        let lives: Vec<Lifetime> = finite(&case["time"])
            .into_iter()
            .zip(observed)
            .map(|(time, observed)| Lifetime {
                time,
                observed: observed.as_bool().unwrap(),
            })
            .collect();
        let groups = grouped(&lives, &case["group"]);
        let test = log_rank_groups(&slices(&groups)).unwrap();
        assert_eq!(test.freedom as u64, case["freedom"].as_u64().unwrap());
        assert_close(test.statistic, case["statistic"].as_f64().unwrap(), 1e-10);
        assert_close(test.p, case["p"].as_f64().unwrap(), 1e-9);

        // Of two groups it is the test of two, and another that is empty changes nothing.
        let pair = log_rank(&groups[0], &groups[1]).unwrap();
        let found = log_rank_groups(&[&groups[0], &[], &groups[1]]).unwrap();
        let expected = GroupTest {
            statistic: found.statistic,
            freedom: 1,
            p: found.p,
        };
        assert_eq!(found, expected);
        assert_close(found.statistic, pair.statistic, 1e-10);
        assert_close(found.p, pair.p, 1e-10);
    }
    let censored = [Lifetime::of(None, 5.0); 3];
    assert_eq!(log_rank_groups(&[&censored, &censored, &censored]), None);
    assert_eq!(log_rank_groups(&[]), None);
}

#[test]
fn variance_components_are_those_of_lme4() {
    for case in golden("components") {
        let levels: Vec<usize> = finite(&case["levels"])
            .iter()
            .map(|x| *x as usize)
            .collect();
        let cells = numbers(&case["cells"]);
        let found = VarianceComponents::of(&levels, &cells, 0.95).unwrap();
        let factors = found.factors.iter().chain([&found.residual]);
        let mut expected = finite(&case["factors"]);
        expected.push(case["residual"].as_f64().unwrap());
        let total: f64 = expected.iter().sum();
        let mut shares = 0.0;
        for (found, expected) in factors.zip(&expected) {
            assert_close(found.variance.estimate, *expected, 1e-6);
            assert_close(found.share.estimate, expected / total, 1e-6);
            assert!(found.variance.low >= 0.0 && found.variance.low < found.variance.high);
            assert!(found.share.low >= 0.0 && found.share.high <= 1.0);
            shares += found.share.estimate;
        }
        assert!((shares - 1.0).abs() < 1e-12);
        assert_eq!(
            found.missing,
            cells.iter().filter(|cell| cell.is_none()).count()
        );
        assert_eq!(found.observed + found.missing, cells.len());
    }
}
