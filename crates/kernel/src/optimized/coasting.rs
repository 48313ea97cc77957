//! Steps of momentum without a gradient, any number of them at once.

/// So many steps without a gradient: w ← keep·w + drift·u, u ← fade·u.
///
/// # Formula
/// A step is w ← ρw − ημu, u ← μu with ρ = 1 − ηλ. The matrix of k of them is triangular: keep = ρᵏ, fade = μᵏ,
/// drift = −ημ Σ ρ^(k−1−j) μʲ over j < k, which is −ημ(ρᵏ − μᵏ)/(ρ − μ). That quotient loses all digits where ρ is
/// nearly μ; products of matrices add terms of one sign only, and need no case for ρ = μ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Coast {
    keep: f64,
    drift: f64,
    fade: f64,
}

impl Coast {
    /// No step.
    const NONE: Self = Self {
        keep: 1.0,
        drift: 0.0,
        fade: 1.0,
    };

    /// One step of learning rate η that leaves the part `keep` of a weight.
    pub(super) fn step(keep: f64, eta: f64, momentum: f64) -> Self {
        Self {
            keep,
            drift: -eta * momentum,
            fade: momentum,
        }
    }

    /// The steps of another after these.
    #[inline(always)]
    fn then(self, next: &Self) -> Self {
        Self {
            keep: next.keep * self.keep,
            drift: next.keep * self.drift + next.drift * self.fade,
            fade: next.fade * self.fade,
        }
    }

    /// A weight and its velocity after these steps.
    #[inline(always)]
    pub(super) fn of(&self, weight: f64, velocity: f64) -> (f64, f64) {
        (
            self.keep * weight + self.drift * velocity,
            self.fade * velocity,
        )
    }
}

/// Numbers of steps that are looked up. A row's own column waits for up to two epochs: those of the presets fit.
const FEW: u64 = 1024;

/// Equal steps, any number of them at once.
#[derive(Clone, Debug)]
pub(super) struct Coasting {
    /// No step, one, two, …
    few: Vec<Coast>,
    /// `FEW` steps, twice as many, …
    doubled: Vec<Coast>,
}

impl Coasting {
    /// Repetitions of a step.
    pub(super) fn new(step: Coast) -> Self {
        let repeated = |one: Coast| {
            std::iter::successors(Some(Coast::NONE), move |before| Some(before.then(&one)))
        };
        let few: Vec<Coast> = repeated(step).take(FEW as usize).collect();
        let whole = few[FEW as usize - 1].then(&step);
        let doubled = std::iter::successors(Some(whole), |half| Some(half.then(half)));
        Self {
            few,
            doubled: doubled
                .take((u64::MAX / FEW).count_ones() as usize)
                .collect(),
        }
    }

    /// So many steps. The same numbers are multiplied whenever it is asked for: results do not depend on the platform's
    /// powers.
    #[inline(always)]
    pub(super) fn steps(&self, count: u64) -> Coast {
        let few = self.few[(count % FEW) as usize];
        match count / FEW {
            0 => few,
            many => self.add_doubled(few, many),
        }
    }

    #[inline(never)]
    fn add_doubled(&self, mut steps: Coast, many: u64) -> Coast {
        for (bit, doubled) in self.doubled.iter().enumerate() {
            if many >> bit & 1 == 1 {
                steps = steps.then(doubled);
            }
        }
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The quotient of the formula by series around ρ = μ, else as it stands, in the standard library's powers.
    fn closed(keep: f64, eta: f64, momentum: f64, count: u64) -> [f64; 3] {
        let k = count as f64;
        let quotient = if keep == momentum {
            k * keep.powf(k - 1.0)
        } else {
            (keep.powf(k) - momentum.powf(k)) / (keep - momentum)
        };
        [keep.powf(k), -eta * momentum * quotient, momentum.powf(k)]
    }

    #[test]
    fn many_steps_at_once_are_the_closed_form() {
        for (keep, momentum) in [
            (0.999, 0.9),
            (1.0, 0.5),
            (0.9, 0.9),
            (0.5, 0.99),
            (0.75, 0.0),
        ] {
            let coasting = Coasting::new(Coast::step(keep, 0.3, momentum));
            for count in [0, 1, 2, 700, 1023, 1024, 1025, 5000, 123_456] {
                let Coast {
                    keep: a,
                    drift: b,
                    fade: c,
                } = coasting.steps(count);
                let expected = closed(keep, 0.3, momentum, count);
                for (found, expected) in [a, b, c].into_iter().zip(expected) {
                    let tolerance = 1e-10 * expected.abs() + f64::MIN_POSITIVE;
                    assert!(
                        (found - expected).abs() <= tolerance,
                        "{keep}, {momentum}, {count}: {found:e}, {expected:e}"
                    );
                }
            }
        }
    }

    #[test]
    fn nearly_equal_factors_lose_no_digits() {
        // Between the two neighbours the quotient of the formula is rounding errors alone.
        let momentum = 0.9;
        let [below, equal, above] = [f64::next_down(momentum), momentum, f64::next_up(momentum)]
            .map(|keep| {
                Coasting::new(Coast::step(keep, 1.0, momentum))
                    .steps(300)
                    .drift
            });
        for near in [below, above] {
            assert!((near / equal - 1.0).abs() < 1e-13);
        }
    }

    #[test]
    fn any_count_has_its_steps() {
        let one = Coasting::new(Coast::step(1.0, 1.0, 1.0));
        // Of no decay and no fading a step adds −u to the weight: they count themselves.
        for count in [
            0,
            1,
            FEW - 1,
            FEW,
            FEW + 1,
            3 * FEW + 7,
            1 << 40,
            (1 << 53) - 1,
        ] {
            assert_eq!(one.steps(count).drift, -(count as f64));
        }
        assert_eq!(one.steps(u64::MAX).drift, -(u64::MAX as f64));
    }
}
