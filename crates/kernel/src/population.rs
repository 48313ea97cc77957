//! Accuracy on the whole population of isotropic Gaussian rows, in closed form.
//!
//! # Formula
//! A row is εs, s ~ N(0, I), and its score v·εs + b. Divided by ε‖v‖ that is g + h, g ~ N(0, 1), with h = b/(ε‖v‖).
//! - Where all labels are +1, it is positive with probability Φ(h).
//! - Where a teacher at an angle θ to v labels, it is sign(t), t and g normal with correlation cos θ. Without a bias that
//!   is the score's sign with probability 1 − θ/π. The bias changes the sign of rows −h < g < 0, so that this falls, for
//!   each dh, by φ(h)·[P(t < 0 | g = −h) − P(t > 0 | g = −h)]dh = φ(h)(2Φ(h cot θ) − 1)dh, of which the integral is
//!   ½ + 2T(h, cot θ) with Owen's T (Owen, "Tables for computing bivariate normal probabilities", 1956).

use std::f64::consts::TAU;

use sparsegrok_data::{Problem, TargetKind, Teacher, length};
use sparsegrok_theory::normal_cdf;

use crate::evaluate::Alignment;
use crate::spec::Sgd;

/// Tells if the population's accuracy exists: rows are isotropic Gaussian ones, labelled by a teacher or all alike, and
/// classified by sign. Without a bias their scale does not matter, and need not be known.
pub(crate) fn has_population(
    problem: &Problem,
    spec: &Sgd,
    accuracy_tolerance: Option<f64>,
) -> bool {
    let by_sign = accuracy_tolerance.is_none() || problem.train.target_kind() == TargetKind::Sign;
    let of_isotropic_rows = problem
        .teacher
        .as_ref()
        .is_some_and(Teacher::labels_isotropic_rows);
    let is_known = problem.population.is_some() || (of_isotropic_rows && !spec.bias);
    by_sign && is_known && problem.train.features().tail_width() == 0
}

/// The population's accuracy under some weights, of a problem that [has](has_population) one. `Time: O(d)`
pub(crate) fn population_accuracy(problem: &Problem, signal: &[f64], bias: f64) -> f64 {
    let distance = |norm: f64| {
        let scale = problem.population.map_or(1.0, |law| law.scale);
        bias / (scale * norm)
    };
    match &problem.teacher {
        Some(teacher) => {
            let alignment = Alignment::of(signal, teacher.direction());
            match bias {
                0.0 => alignment.population_accuracy(),
                _ => shifted_accuracy(&alignment, distance),
            }
        }
        None => match length(signal.iter().copied()) {
            // A score of 0 counts as positive.
            0.0 => f64::from(u8::from(bias >= 0.0)),
            norm => normal_cdf(distance(norm)),
        },
    }
}

fn shifted_accuracy(alignment: &Alignment, distance: impl Fn(f64) -> f64) -> f64 {
    let norm = length([alignment.along, alignment.across]);
    if norm == 0.0 {
        // One label for every row.
        return 0.5;
    }
    0.5 + 2.0 * owen(distance(norm).abs(), alignment.along / alignment.across)
}

/// Owen's T(h, a) = (1/2π)·∫ exp(−½h²(1 + x²))/(1 + x²) dx over 0 < x < a, h > 0, to 10⁻¹⁵.
///
/// For a > 1, T(h, a) + T(ah, 1/a) = ½[Q(h) + Q(ah)] − Q(h)·Q(ah), Q = 1 − Φ: what is left is an integral over at most
/// (0, 1), where Gauss and Legendre's rule of twenty points is exact to rounding.
fn owen(h: f64, a: f64) -> f64 {
    if a < 0.0 {
        return -owen(h, -a);
    }
    if a > 1.0 {
        let further = a * h;
        let (near, far) = (normal_cdf(-h), normal_cdf(-further));
        return 0.5 * (near + far) - near * far - owen(further, 1.0 / a);
    }
    let at = |x: f64| {
        let secant = 1.0 + (a * x) * (a * x);
        libm::exp(-0.5 * h * h * secant) / secant
    };
    let sum = POINTS.iter().fold(0.0, |sum, &(x, weight)| {
        sum + weight * (at(0.5 - 0.5 * x) + at(0.5 + 0.5 * x))
    });
    0.5 * a * sum / TAU
}

/// Positive abscissas and weights of Gauss and Legendre's rule of twenty points on (−1, 1).
const POINTS: [(f64, f64); 10] = [
    (0.07652652113349734, 0.15275338713072628),
    (0.22778585114164507, 0.14917298647260424),
    (0.37370608871541955, 0.1420961093183824),
    (0.5108670019508271, 0.1316886384491769),
    (0.636053680726515, 0.1181945319615186),
    (0.7463319064601508, 0.1019301198172407),
    (0.8391169718222188, 0.08327674157670471),
    (0.912234428251326, 0.06267204833410879),
    (0.9639719272779138, 0.040601429800386446),
    (0.993128599185095, 0.017614007139150893),
];

#[cfg(test)]
mod tests {
    use super::*;
    use sparsegrok_data::{Normal, Purpose, RandomFamily, Stream, SyntheticSpec, Target, generate};

    fn problem(target: Target, d: usize, scale: f64) -> Problem {
        generate(&SyntheticSpec {
            n_train: 1,
            n_test: 0,
            d_signal: d,
            signal_scale: scale,
            target,
            ..SyntheticSpec::default()
        })
        .unwrap()
    }

    fn assert_near(found: f64, expected: f64, tolerance: f64) {
        assert!(
            (found - expected).abs() <= tolerance,
            "{found}, expected {expected}"
        );
    }

    /// `python -c "from scipy.special import owens_t; print(owens_t(.5, .3))"` and so on.
    #[test]
    fn owens_function_is_scipys() {
        for (h, a, expected) in [
            (0.5, 0.3, 0.040786707344250106),
            (1.0, 1.0, 0.06674188216570097),
            (2.0, -0.7, -0.01018231203392825),
            (0.25, 8.0, 0.2002414299268419),
            (3.0, 2.0, 0.0006749490155352169),
            (0.1, 100.0, 0.2300860813614855),
            // ½[1 − Φ(1)].
            (1.0, f64::INFINITY, 0.079_327_626_965_728_54),
        ] {
            assert_near(owen(h, a), expected, 1e-15);
        }
    }

    /// Rows drawn and classified one by one: 200,000, of which the share that is right has a standard deviation below
    /// 0.0012.
    #[test]
    fn accuracies_are_shares_of_rows_that_are_right() {
        const ROWS: u32 = 200_000;
        let mut stream = Stream::new(RandomFamily::Xoshiro256pp, 17, Purpose::TestData);
        let mut normal = Normal::new();
        for (target, bias, lean) in [
            (Target::Sign, 0.7, 1.0),
            (Target::Sign, -1.5, 0.2),
            (Target::Sign, 0.4, -2.0),
            (Target::Constant, 0.9, 0.0),
            (Target::Constant, -0.3, 0.0),
        ] {
            let (d, scale) = (3, 2.5);
            let problem = problem(target, d, scale);
            let mut signal = vec![0.3, -0.4, 0.2];
            if let Some(teacher) = &problem.teacher {
                let along = signal.iter_mut().zip(teacher.direction());
                along.for_each(|(v, t)| *v += lean * t);
            }
            let right = (0..ROWS).filter(|_| {
                let row: Vec<f64> = (0..d).map(|_| normal.sample(&mut stream)).collect();
                let label = problem
                    .teacher
                    .as_ref()
                    .is_none_or(|t| t.score(&row) >= 0.0);
                let pairs = row.iter().zip(&signal);
                let z = pairs.map(|(s, v)| scale * s * v).sum::<f64>() + bias;
                (z >= 0.0) == label
            });
            let share = right.count() as f64 / f64::from(ROWS);
            assert_near(population_accuracy(&problem, &signal, bias), share, 0.005);
        }
    }

    #[test]
    fn limits_are_those_of_hand_computation() {
        let labelled = problem(Target::Sign, 2, 1.0);
        let teacher = labelled.teacher.as_ref().unwrap().direction().to_vec();
        // Along the teacher the rows −h < t < 0 are wrong: 1 − [Φ(1) − ½].
        assert_near(
            population_accuracy(&labelled, &teacher, 1.0),
            0.658_655_253_931_457_1,
            1e-15,
        );
        // Across it, a label says nothing of the score, whatever the bias.
        let across = [teacher[1], -teacher[0]];
        assert_near(population_accuracy(&labelled, &across, 0.8), 0.5, 1e-15);
        // A bias too small to matter is as none.
        let v = [1.0, 0.3];
        let none = population_accuracy(&labelled, &v, 0.0);
        assert_near(population_accuracy(&labelled, &v, 1e-12), none, 1e-12);
        let constant = problem(Target::Constant, 2, 5.0);
        // Φ(2·5/(5·2)).
        assert_near(
            population_accuracy(&constant, &[0.0, 2.0], 10.0),
            0.841_344_746_068_542_9,
            1e-15,
        );
        for (signal, bias, expected) in [
            ([0.0; 2], 0.1, 1.0),
            ([0.0; 2], 0.0, 1.0),
            ([0.0; 2], -0.1, 0.0),
            ([0.0, 3.0], 0.0, 0.5),
        ] {
            assert_eq!(population_accuracy(&constant, &signal, bias), expected);
        }
        assert_eq!(population_accuracy(&labelled, &[0.0; 2], 4.0), 0.5);
    }
}
