//! Synthetic problems: random rows, isotropic Gaussian unless asked otherwise, labelled by a random teacher.

use crate::aligned::AlignedBlock;
use crate::dataset::{Dataset, Features, TargetKind};
use crate::problem::{Population, Problem, Teacher};
use crate::random::{Normal, Purpose, RandomFamily, Stream};
use crate::spec::{InvalidSetting, SignalValues, SyntheticSpec, Target};

/// Draws a problem: teacher, training rows with their memorization columns, test rows.
///
/// Native streams are separate for teacher, training and test rows, so that changing the number of
/// one leaves the others as they were. The libstdc++ family draws all of them, in this order, from
/// one generator and one distribution, as the reference programs do.
///
/// `Time: O((n_train + n_test)·d_signal)`
///
/// # Formula
/// s ~ N(0, I), or signs; the row is εs; its target is y = sign(v*·s), 0 counting +1, or v*·(εs), or 1. Rows do not depend
/// on the kind of targets: a teacher is drawn for constant ones too, and forgotten. With a separation γ the row is
/// ε(s + γyv*).
///
/// # Errors
/// The first setting out of range, or number of rows beyond memory.
pub fn generate(spec: &SyntheticSpec) -> Result<Problem, InvalidSetting> {
    spec.validate()?;
    let mut source = Source::new(spec);
    source.turn_to(Purpose::Teacher);
    let teacher = source.teacher();
    let beyond_memory = |key, rows: usize| InvalidSetting {
        key,
        value: rows.to_string(),
        expected: "a number of rows that fits in memory",
    };
    source.turn_to(Purpose::TrainData);
    let train = source.rows(spec.n_train, &teacher);
    let mut train = train.ok_or_else(|| beyond_memory("n_train", spec.n_train))?;
    if spec.label_noise > 0.0 {
        flip_labels(&mut train.targets, spec);
    }
    source.turn_to(Purpose::TestData);
    let test = source.rows(spec.n_test, &teacher);
    let test = test.ok_or_else(|| beyond_memory("n_test", spec.n_test))?;

    let kind = match spec.target {
        Target::Sign | Target::Constant => TargetKind::Sign,
        Target::Linear => TargetKind::Real,
    };
    let dataset = |drawn: Drawn, rows, memorization| {
        Features::new(rows, spec.d_signal, drawn.signal, None)
            .and_then(|features| Dataset::new(features, drawn.targets, kind, memorization))
            .map_err(|_| InvalidSetting {
                key: "signal_scale",
                value: spec.signal_scale.to_string(),
                expected: "a scale that keeps every row finite",
            })
    };
    Ok(Problem {
        train: dataset(train, spec.n_train, Some(spec.memorization_scale))?,
        test: match spec.n_test {
            0 => None,
            rows => Some(dataset(test, rows, None)?),
        },
        teacher: (spec.target != Target::Constant).then_some(teacher),
        population: spec.has_isotropic_rows().then_some(Population {
            scale: spec.signal_scale,
            target: spec.target,
        }),
        classes: None,
    })
}

/// Rows and targets as drawn.
struct Drawn {
    signal: AlignedBlock,
    targets: Vec<f64>,
}

/// The source of normal variates.
struct Source<'a> {
    spec: &'a SyntheticSpec,
    stream: Stream,
    normal: Normal,
}

impl<'a> Source<'a> {
    fn new(spec: &'a SyntheticSpec) -> Self {
        Self {
            spec,
            stream: Stream::new(spec.rng, spec.data_seed, Purpose::Teacher),
            normal: Normal::new(),
        }
    }

    /// Native draws change to the purpose's own stream; the libstdc++ family has but one.
    fn turn_to(&mut self, purpose: Purpose) {
        if self.spec.rng == RandomFamily::Xoshiro256pp {
            self.stream = Stream::new(self.spec.rng, self.spec.data_seed, purpose);
            self.normal = Normal::new();
        }
    }

    fn normal(&mut self) -> f64 {
        self.normal.sample(&mut self.stream)
    }

    fn sign(&mut self) -> f64 {
        if self.stream.uniform() < 0.5 {
            -1.0
        } else {
            1.0
        }
    }

    fn teacher(&mut self) -> Teacher {
        let spec = self.spec;
        let weights = match spec.relevant_columns {
            0 => (0..spec.d_signal).map(|_| self.normal()).collect(),
            relevant => {
                let weight = |column| if column < relevant { self.sign() } else { 0.0 };
                (0..spec.d_signal).map(weight).collect()
            }
        };
        match spec.has_isotropic_rows() {
            true => Teacher::along(weights),
            false => Teacher::along(weights).of_other_rows(),
        }
    }

    /// The next rows, or `None` when memory does not suffice.
    fn rows(&mut self, rows: usize, teacher: &Teacher) -> Option<Drawn> {
        let d = self.spec.d_signal;
        let scale = self.spec.signal_scale;
        let mut signal = AlignedBlock::try_zeroed(rows.checked_mul(d)?)?;
        let mut targets = Vec::new();
        targets.try_reserve_exact(rows).ok()?;
        for row in signal.as_mut_slice().chunks_exact_mut(d) {
            match self.spec.signal_values {
                SignalValues::Gaussian => row.fill_with(|| self.normal()),
                SignalValues::Signs => row.fill_with(|| self.sign()),
            }
            let z = teacher.score(row);
            targets.push(match self.spec.target {
                Target::Sign if z >= 0.0 => 1.0,
                Target::Sign => -1.0,
                Target::Linear => scale * z,
                Target::Constant => 1.0,
            });
            if self.spec.separation > 0.0 {
                let moved = self.spec.separation * targets[targets.len() - 1];
                let along = row.iter_mut().zip(teacher.direction());
                along.for_each(|(s, t)| *s += moved * t);
            }
            row.iter_mut().for_each(|s| *s *= scale);
        }
        Some(Drawn { signal, targets })
    }
}

/// Flips each label with probability `label_noise`, from a native stream whatever the family:
/// the reference programs have no label noise to agree with.
fn flip_labels(labels: &mut [f64], spec: &SyntheticSpec) {
    let mut stream = Stream::new(
        RandomFamily::Xoshiro256pp,
        spec.noise_seed.unwrap_or(spec.data_seed),
        Purpose::LabelNoise,
    );
    for y in labels {
        if stream.uniform() < spec.label_noise {
            *y = -*y;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> SyntheticSpec {
        SyntheticSpec {
            n_train: 300,
            n_test: 100,
            ..SyntheticSpec::default()
        }
    }

    #[test]
    fn labels_are_the_teachers() {
        for rng in [RandomFamily::Xoshiro256pp, RandomFamily::Libstdcxx] {
            let problem = generate(&SyntheticSpec { rng, ..spec() }).unwrap();
            let teacher = problem.teacher.unwrap();
            let norm: f64 = teacher.direction().iter().map(|w| w * w).sum();
            assert!((norm - 1.0).abs() < 1e-15);
            let test = problem.test.unwrap();
            for data in [&problem.train, &test] {
                for i in 0..data.len() {
                    let row = data.row(i);
                    assert_eq!(row.target > 0.0, teacher.score(row.signal) >= 0.0);
                }
            }
            assert!(test.memorization().is_none());
            assert_eq!(problem.train.columns(), 5 + 300);
        }
    }

    #[test]
    fn native_streams_are_independent_of_each_others_length() {
        let small = generate(&spec()).unwrap();
        let large = generate(&SyntheticSpec {
            n_train: 400,
            ..spec()
        })
        .unwrap();
        assert_eq!(small.teacher, large.teacher);
        let signal = |data: &Dataset, i| data.row(i).signal.to_vec();
        assert_eq!(signal(&small.train, 299), signal(&large.train, 299));
        let (small, large) = (small.test.unwrap(), large.test.unwrap());
        assert_eq!(signal(&small, 99), signal(&large, 99));
    }

    #[test]
    fn noise_flips_about_its_share_of_training_labels_only() {
        let clean = generate(&spec()).unwrap();
        let noisy = generate(&SyntheticSpec {
            label_noise: 0.2,
            ..spec()
        })
        .unwrap();
        let flips = |a: &Dataset, b: &Dataset| {
            let pairs = a.targets().iter().zip(b.targets());
            pairs.filter(|(a, b)| a != b).count()
        };
        // Binomial(300, .2): mean 60, four standard deviations 28.
        let flipped = flips(&clean.train, &noisy.train);
        assert!((32..=88).contains(&flipped), "{flipped} of 300 flipped");
        assert_eq!(flips(&clean.test.unwrap(), &noisy.test.unwrap()), 0);
    }

    #[test]
    fn linear_targets_are_scores_of_the_scaled_row() {
        let problem = generate(&SyntheticSpec {
            target: Target::Linear,
            signal_scale: 0.25,
            memorization_scale: 0.0,
            ..spec()
        })
        .unwrap();
        let teacher = problem.teacher.unwrap();
        for i in 0..problem.train.len() {
            let row = problem.train.row(i);
            assert!((row.target - teacher.score(row.signal)).abs() < 1e-15);
            assert!(row.memorization.is_none());
        }
    }

    #[test]
    fn constant_targets_are_those_of_the_same_rows() {
        for rng in [RandomFamily::Xoshiro256pp, RandomFamily::Libstdcxx] {
            let drawn = |target| {
                generate(&SyntheticSpec {
                    target,
                    rng,
                    ..spec()
                })
                .unwrap()
            };
            let (labelled, constant) = (drawn(Target::Sign), drawn(Target::Constant));
            assert!(constant.teacher.is_none());
            let tests = [&labelled, &constant].map(|problem| problem.test.as_ref().unwrap());
            for [by_sign, alike] in [[&labelled.train, &constant.train], tests] {
                let rows = |data: &Dataset| data.features().signal_block().to_vec();
                assert_eq!(rows(by_sign), rows(alike));
                assert_eq!(alike.target_kind(), TargetKind::Sign);
                assert!(alike.targets().iter().all(|y| *y == 1.0));
            }
        }
    }

    #[test]
    fn rows_of_signs_are_labelled_by_the_majority_of_relevant_columns() {
        for rng in [RandomFamily::Xoshiro256pp, RandomFamily::Libstdcxx] {
            let problem = generate(&SyntheticSpec {
                signal_values: SignalValues::Signs,
                relevant_columns: 3,
                d_signal: 40,
                rng,
                ..spec()
            })
            .unwrap();
            let teacher = problem.teacher.unwrap();
            assert!(!teacher.labels_isotropic_rows());
            let (relevant, others) = teacher.direction().split_at(3);
            assert!(relevant.iter().all(|w| (w * w - 1.0 / 3.0).abs() < 1e-15));
            assert!(others.iter().all(|w| *w == 0.0));
            let mut sums = [0.0; 40];
            for i in 0..problem.train.len() {
                let row = problem.train.row(i);
                let votes = relevant.iter().zip(row.signal).map(|(w, s)| w.signum() * s);
                assert_eq!(row.target, votes.sum::<f64>().signum());
                assert!(row.signal.iter().all(|s| s.abs() == 1.0));
                for (sum, s) in sums.iter_mut().zip(row.signal) {
                    *sum += row.target * s;
                }
            }
            // A relevant column agrees with the label in three rows of four: mean 150, deviation 15; others 0 and 17.3.
            for (column, sum) in sums.into_iter().enumerate() {
                let mean = 150.0 * relevant.get(column).map_or(0.0, |w| w.signum());
                assert!((sum - mean).abs() < 75.0, "column {column}: {sum}");
            }
        }
    }

    #[test]
    fn separated_rows_are_moved_along_the_teacher_alone() {
        let apart = |separation| {
            let problem = generate(&SyntheticSpec {
                separation,
                signal_scale: 0.5,
                ..spec()
            });
            problem.unwrap()
        };
        let (plain, moved) = (apart(0.0), apart(2.0));
        assert!(plain.teacher.as_ref().unwrap().labels_isotropic_rows());
        let teacher = moved.teacher.unwrap();
        assert!(!teacher.labels_isotropic_rows());
        let tests = (plain.test.unwrap(), moved.test.unwrap());
        for (plain, moved) in [(&plain.train, &moved.train), (&tests.0, &tests.1)] {
            assert_eq!(plain.targets(), moved.targets());
            for i in 0..plain.len() {
                let (before, after) = (plain.row(i), moved.row(i));
                assert!(after.target * teacher.score(after.signal) >= 1.0);
                let pairs = before.signal.iter().zip(after.signal);
                for ((a, b), t) in pairs.zip(teacher.direction()) {
                    assert!((b - a - after.target * t).abs() < 1e-14);
                }
            }
        }
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let message = |spec: SyntheticSpec| generate(&spec).unwrap_err().to_string();
        assert_eq!(
            message(SyntheticSpec {
                label_noise: 1.5,
                ..spec()
            }),
            "`label_noise` is 1.5, expected a probability between 0 and 0.5"
        );
        assert!(
            message(SyntheticSpec {
                n_train: 0,
                ..spec()
            })
            .contains("`n_train` is 0")
        );
        assert!(
            message(SyntheticSpec {
                signal_scale: 1e308,
                ..spec()
            })
            .contains("finite")
        );
    }
}
