//! Diagonal networks: the time of the switch, and the directions before and after it, against exact solutions.

use std::sync::atomic::AtomicBool;

use sparsegrok_data::{Dataset, SyntheticSpec, generate};
use sparsegrok_kernel::Figure;
use sparsegrok_run::Trace;

use crate::validate::check::{Check, Tolerance, ValidateError, Witness};
use crate::validate::runs::{Mean, Runs, curve, reaches, value_at};

const SEEDS: u64 = 4;

/// Logarithms of the initial scale α.
const LOGARITHMS: [f64; 4] = [0.5, 1.0, 1.5, 2.0];

/// The times and directions of the preset `diagonal`. As published (arXiv 2311.18817, section 3.2) the switch comes at
/// ηT = (ln α)/λ in the limit of large α; how far behind this it comes for any α does not depend on α, so that the slope
/// is 1 (docs/science.md).
pub(super) fn switch(stop: &AtomicBool, witness: &mut dyn Witness) -> Result<(), ValidateError> {
    let mut times = Vec::new();
    for logarithm in LOGARITHMS {
        let scale = logarithm.exp().to_string();
        witness.begin(&format!("diagonal, ln α = {logarithm}"));
        // Test accuracy follows ln α in ηλT by 2, and takes 1 more to the end.
        let epochs = ((logarithm + 4.0) / CLOCK).round().to_string();
        let flags = [
            ("init_scale", scale.as_str()),
            ("epochs", &epochs),
            ("eval_points", "600"),
        ];
        let runs = Runs::of("diagonal", &flags, SEEDS, stop)?;
        let train = &runs.config.train;
        let clock = train.learning_rate * train.weight_decay;
        let mean = runs.mean(|trace| {
            let epoch = reaches(&curve(trace, Figure::TestAcc), 0.9)?;
            Some(clock * epoch)
        });
        times.push((logarithm, mean));
    }
    witness.check(Check {
        quantity: "diagonal: slope of ηλT_gen on ln α".to_owned(),
        expected: 1.0,
        measured: slope(&times),
        tolerance: Tolerance::Absolute(0.1),
        note: format!("{} α of {SEEDS} seeds", times.len()),
    });
    directions(stop, witness)
}

/// ηλ of the preset.
const CLOCK: f64 = 5e-4;

/// The slope of a least-squares line; `None` where a mean is missing.
fn slope(times: &[(f64, Mean)]) -> Option<f64> {
    let points: Option<Vec<(f64, f64)>> = times.iter().map(|(x, y)| Some((*x, y.value?))).collect();
    let points = points?;
    let n = points.len() as f64;
    let mean_x = points.iter().map(|(x, _)| x).sum::<f64>() / n;
    let mean_y = points.iter().map(|(_, y)| y).sum::<f64>() / n;
    let products = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y));
    let squares = points.iter().map(|(x, _)| (x - mean_x) * (x - mean_x));
    Some(products.sum::<f64>() / squares.sum::<f64>())
}

/// Angles to the max-margin directions before and after the switch.
fn directions(stop: &AtomicBool, witness: &mut dyn Witness) -> Result<(), ValidateError> {
    witness.begin("diagonal, its directions");
    let flags = [
        ("epochs", "14000"),
        ("eval_points", "100"),
        ("figures", "max_margin_angle,teacher_cosine"),
    ];
    let runs = Runs::of("diagonal", &flags, SEEDS, stop)?;
    let before = runs.mean(|trace| {
        let angles = curve(trace, Figure::MaxMarginAngle);
        // In the middle of the time before the switch.
        value_at(&angles, 1.0 / CLOCK)
    });
    witness.check(Check {
        quantity: "diagonal: degrees from the L2 max-margin direction at ηλT = ln α".to_owned(),
        expected: 0.0,
        measured: before.value,
        tolerance: Tolerance::Absolute(5.0),
        note: before.note,
    });
    let with_seeds = runs.traces.iter().zip(runs.config.synthetic.data_seed..);
    let found = with_seeds.filter_map(|(trace, data_seed)| {
        let spec = SyntheticSpec {
            data_seed,
            ..runs.config.synthetic.clone()
        };
        angle_to_l1(&spec, trace)
    });
    let found: Vec<f64> = found.collect();
    let all_found = found.len() == runs.traces.len();
    witness.check(Check {
        quantity: "diagonal: degrees from the L1 max-margin direction at ηλT = 7 ln α".to_owned(),
        expected: 0.0,
        measured: all_found.then(|| found.iter().sum::<f64>() / found.len() as f64),
        tolerance: Tolerance::Absolute(2.0),
        note: format!("{SEEDS} seeds, its direction proved for {}", found.len()),
    });
    Ok(())
}

/// The angle of a run's last weights to the max-margin direction of the norm L1, in degrees; `None` where it is not
/// proved to be the teacher's.
fn angle_to_l1(spec: &SyntheticSpec, trace: &Trace) -> Option<f64> {
    let train = generate(spec).ok()?.train;
    let cosine = *trace.figure(Figure::TeacherCosine).last()?;
    let angle = libm::acos(cosine.clamp(-1.0, 1.0)).to_degrees();
    teacher_has_most_l1_margin(&train, spec.relevant_columns).then_some(angle)
}

/// Proves that of all weights of one length in the norm L1 the teacher's alone have the greatest least margin, where
/// three columns of signs decide by majority.
///
/// The teacher's margin is 1/3, on rows where one relevant column is outvoted. Any weights w of ‖w‖₁ = 1 have least
/// margin at most Σ q_i y_i x_i·w ≤ ‖Σ q_i y_i x_i‖_∞, for any mean q of rows. One that gives each third of its weight to
/// the rows in which another column is outvoted has 1/3 in relevant columns. If it has less in all others, 1/3 is the
/// most there is, and only weights of relevant columns reach it; their margins on the three kinds of rows are then 1/3
/// each, which leaves the teacher's.
fn teacher_has_most_l1_margin(train: &Dataset, relevant: usize) -> bool {
    if relevant != 3 {
        return false;
    }
    let width = train.features().signal_width();
    let (mut sums, mut rows) = (vec![vec![0.0; width]; 3], [0.0; 3]);
    // A relevant column agrees with the label in most rows: its sign in the teacher is that of their sum.
    let mut agreements = vec![0.0; width];
    for i in 0..train.len() {
        let row = train.row(i);
        for (sum, x) in agreements.iter_mut().zip(row.signal) {
            *sum += row.target * x;
        }
    }
    for i in 0..train.len() {
        let row = train.row(i);
        let outvoted = (0..relevant).filter(|&j| row.target * row.signal[j] * agreements[j] < 0.0);
        if let [kind] = outvoted.collect::<Vec<_>>()[..] {
            rows[kind] += 1.0;
            for (sum, x) in sums[kind].iter_mut().zip(row.signal) {
                *sum += row.target * x;
            }
        }
    }
    let of_mean = |j: usize| {
        (0..3)
            .map(|kind| sums[kind][j] / rows[kind] / 3.0)
            .sum::<f64>()
    };
    (relevant..width).all(|j| of_mean(j).abs() < 1.0 / 3.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sparsegrok_data::SignalValues;

    fn spec(n_train: usize) -> SyntheticSpec {
        SyntheticSpec {
            n_train,
            n_test: 0,
            d_signal: 2000,
            signal_values: SignalValues::Signs,
            relevant_columns: 3,
            memorization_scale: 0.0,
            ..SyntheticSpec::default()
        }
    }

    #[test]
    fn the_teacher_is_proved_where_rows_are_many_and_not_where_they_are_few() {
        let is_proved = |spec: &SyntheticSpec| {
            let train = generate(spec).unwrap().train;
            teacher_has_most_l1_margin(&train, spec.relevant_columns)
        };
        assert!(is_proved(&spec(256)));
        assert!(!is_proved(&spec(24)));
        let five = SyntheticSpec {
            relevant_columns: 5,
            ..spec(256)
        };
        assert!(!is_proved(&five));
    }

    struct Printing;

    impl Witness for Printing {
        fn begin(&mut self, _what: &str) {}

        fn check(&mut self, check: Check) {
            println!("{check:?}");
            assert!(check.holds(), "{check:?}");
        }
    }

    #[test]
    #[ignore = "trains for a minute: cargo test -- --ignored"]
    fn the_switch_is_as_expected() {
        switch(&AtomicBool::new(false), &mut Printing).unwrap();
    }

    #[test]
    fn a_slope_is_that_of_the_line_through_the_means() {
        let mean = |value| Mean {
            value,
            note: String::new(),
        };
        let line = [0.0, 1.0, 3.0].map(|x| (x, mean(Some(2.5 * x - 4.0))));
        assert!((slope(&line).unwrap() - 2.5).abs() < 1e-12);
        assert_eq!(slope(&[(0.0, mean(Some(1.0))), (1.0, mean(None))]), None);
    }
}
