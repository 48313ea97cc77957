//! Linear and logarithmic scales, which map numbers to places, and their ticks.

use libm::{ceil, floor, log10, pow, round};

use crate::number::{fixed, number, power_of_ten};

/// Magnitudes beyond this, and below its inverse, are taken for it where a scale begins or ends:
/// differences and margins then stay finite.
const GREATEST: f64 = 1e300;

/// Values that differ by less than this share of them are taken for one value.
///
/// Multiples of a tick's step are then below 10¹⁵, where doubles have every whole number.
const APART: f64 = 1e-12;

/// Most ticks with labels that are worth asking for.
const MOST_LABELS: usize = 100;

/// A linear or logarithmic scale from one number to a greater one, both finite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    log: bool,
    low: f64,
    high: f64,
}

/// A tick of an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// The number the tick stands at.
    pub at: f64,
    /// The text at it; `None` for the small ticks between.
    pub label: Option<String>,
}

impl Tick {
    /// A tick with its label.
    pub fn labelled(at: f64, label: impl Into<String>) -> Self {
        Self {
            at,
            label: Some(label.into()),
        }
    }

    fn small(at: f64) -> Self {
        Self { at, label: None }
    }
}

impl Scale {
    /// A linear scale that holds `values` and reaches `margin` of their range beyond them.
    ///
    /// Values that are not finite are passed over. A single value has room around it, no value gives
    /// the scale from 0 to 1.
    pub fn linear(values: impl IntoIterator<Item = f64>, margin: f64) -> Self {
        let (low, high) = range(values, -GREATEST).unwrap_or((0.0, 1.0));
        let size = low.abs().max(high.abs());
        let (low, high) = match high - low > (APART * size).max(1.0 / GREATEST) {
            true => (low, high),
            false => {
                let room = (1e-6 * size).max(0.5);
                (low - room, high + room)
            }
        };
        let beyond = margin * (high - low);
        Self {
            log: false,
            low: low - beyond,
            high: high + beyond,
        }
    }

    /// A logarithmic scale that holds the `values` above 0, and reaches `margin` of their range
    /// beyond them.
    ///
    /// Values that are not finite are passed over. A single value has room around it, no value gives
    /// the scale from 1 to 10.
    pub fn log(values: impl IntoIterator<Item = f64>, margin: f64) -> Self {
        let positive = values.into_iter().filter(|&x| x > 0.0);
        let (low, high) = range(positive, 1.0 / GREATEST).unwrap_or((1.0, 10.0));
        let (low, high) = match high > low * (1.0 + APART) {
            true => (low, high),
            false => (low / 2.0, low * 2.0),
        };
        let beyond = pow(10.0, margin * decades(low, high));
        Self {
            log: true,
            low: (low / beyond).max(f64::MIN_POSITIVE),
            high: (high * beyond).min(f64::MAX),
        }
    }

    /// True if equal ratios, not equal differences, take equal room.
    pub fn is_log(&self) -> bool {
        self.log
    }

    /// The number at the beginning.
    pub fn low(&self) -> f64 {
        self.low
    }

    /// The number at the end.
    pub fn high(&self) -> f64 {
        self.high
    }

    /// The place of a number: 0 at the beginning, 1 at the end; NaN where it has none.
    pub fn place(&self, x: f64) -> f64 {
        match self.log {
            false => (x - self.low) / (self.high - self.low),
            true if x > 0.0 => decades(self.low, x) / decades(self.low, self.high),
            true => f64::NAN,
        }
    }

    /// The number at a place; [`place`](Self::place) the other way round.
    pub fn at(&self, place: f64) -> f64 {
        match self.log {
            false => self.low + place * (self.high - self.low),
            // The ratio of the ends may overflow; their powers do not.
            true => pow(self.low, 1.0 - place) * pow(self.high, place),
        }
    }

    /// About `most` ticks with labels, and on a logarithmic scale small ones between.
    ///
    /// There are at most a few hundred, whatever the scale spans.
    pub fn ticks(&self, most: usize) -> Vec<Tick> {
        let most = most.clamp(1, MOST_LABELS);
        if !self.log || self.high / self.low < 8.0 {
            return nice(self.low, self.high, most);
        }
        // Powers of ten reach one beyond each end, for the small ticks there.
        let (first, last) = (floor(log10(self.low)) as i32, ceil(log10(self.high)) as i32);
        let held: Vec<i32> = (first..=last).filter(|&e| self.holds(power(e))).collect();
        let powers = held.len();
        let every = (powers.div_ceil(most) as i32).max(1);
        // Counted from 1, or from the first in sight if a single label would be left.
        let multiples = held.iter().filter(|&e| e % every == 0).count();
        let from = held.first().copied().filter(|_| multiples < 2).unwrap_or(0);
        let is_labelled = |e: i32| (e - from).rem_euclid(every) == 0;
        let between = self.between(powers, (first, last), most);
        let as_power = powers > 1 && (first < -3 || last > 5);
        let mut ticks = Vec::new();
        for e in first..=last {
            for digit in 1..=9 {
                let at = f64::from(digit) * power(e);
                if !self.holds(at) {
                    continue;
                }
                ticks.push(match digit {
                    // So many small ticks would run together.
                    1 if !is_labelled(e) && every > 10 => continue,
                    1 if !is_labelled(e) => Tick::small(at),
                    1 if as_power => Tick::labelled(at, power_of_ten(e)),
                    1 => Tick::labelled(at, number(at)),
                    _ if between.contains(&f64::from(digit)) => Tick::labelled(at, number(at)),
                    _ if every > 1 => continue,
                    _ => Tick::small(at),
                });
            }
        }
        ticks
    }

    /// The digits that have labels between so many powers of ten: as many as there is room for,
    /// where powers alone would be few, and enough of them for a label or two in any case.
    fn between(&self, powers: usize, (first, last): (i32, i32), most: usize) -> &'static [f64] {
        const CHOICES: [&[f64]; 4] = [&[2.0, 3.0, 5.0], &[2.0, 5.0], &[3.0], &[]];
        if powers > 2 {
            return &[];
        }
        let labels = |digits: &[f64]| {
            let all = (first..=last).flat_map(|e| digits.iter().map(move |digit| digit * power(e)));
            powers + all.filter(|&at| self.holds(at)).count()
        };
        let mut choices = CHOICES.into_iter();
        let found = choices.find(|digits| (2..=most.max(3)).contains(&labels(digits)));
        found.unwrap_or(CHOICES[0])
    }

    fn holds(&self, x: f64) -> bool {
        let slack = 1e-9;
        (-slack..=1.0 + slack).contains(&self.place(x))
    }
}

/// Powers of ten from one positive number to another. Their ratio may overflow; this does not.
fn decades(from: f64, to: f64) -> f64 {
    log10(to) - log10(from)
}

/// A power of ten, exact where doubles have it.
fn power(exponent: i32) -> f64 {
    format!("1e{exponent}").parse().unwrap_or(f64::NAN)
}

/// Least and greatest of the finite values, within `least` and [`GREATEST`].
fn range(values: impl IntoIterator<Item = f64>, least: f64) -> Option<(f64, f64)> {
    let finite = values.into_iter().filter(|x| x.is_finite());
    let bounded = finite.map(|x| x.clamp(least, GREATEST));
    bounded.fold(None, |range, x| {
        let (low, high) = range.unwrap_or((x, x));
        Some((low.min(x), high.max(x)))
    })
}

/// Ticks at multiples of 1, 2 or 5 times a power of ten, at most about `most` of them.
fn nice(low: f64, high: f64, most: usize) -> Vec<Tick> {
    let rough = (high - low) / most as f64;
    let magnitude = floor(log10(rough)) as i32;
    let ends = |(step, magnitude): (f64, i32)| {
        let unit = step * power(magnitude);
        let slack = 1e-9 * (high - low) / unit;
        (
            ceil(low / unit - slack) as i64,
            floor(high / unit + slack) as i64,
        )
    };
    let steps = [
        (1.0, magnitude),
        (2.0, magnitude),
        (5.0, magnitude),
        (1.0, magnitude + 1),
    ];
    let wide = |&(step, m): &(f64, i32)| step * power(m) >= rough * (1.0 - 1e-9);
    let widest = steps.iter().position(wide).unwrap_or(steps.len() - 1);
    // A step that leaves a single label, or none, is no help: the next smaller one is taken.
    let several = |&step: &(f64, i32)| ends(step).0 < ends(step).1;
    let mut smaller = steps[..=widest].iter().copied().rev();
    let (step, magnitude) = smaller.find(several).unwrap_or(steps[widest]);
    let (first, last) = ends((step, magnitude));
    // Ends by count, so that no rounding at the ends can make it run on.
    let last = last.min(first.saturating_add(2 * most as i64));
    // Divided by a whole power of ten where that is exact: 3 × 0.1 is not 0.3.
    let at = |k: i64| {
        let units = round(k as f64 * step);
        match magnitude < 0 {
            true => units / power(-magnitude),
            false => units * power(magnitude),
        }
    };
    let places: Vec<f64> = (first..=last).map(at).collect();
    let mut labels: Vec<String> = places.iter().map(|&x| number(x)).collect();
    if labels.windows(2).any(|pair| pair[0] == pair[1]) {
        // Four digits do not tell them apart.
        let decimals = usize::try_from(-magnitude).unwrap_or(0);
        labels = places.iter().map(|&x| fixed(x, decimals)).collect();
    }
    let ticks = places.into_iter().zip(labels);
    ticks.map(|(at, label)| Tick::labelled(at, label)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: Scale, most: usize) -> Vec<String> {
        scale
            .ticks(most)
            .into_iter()
            .filter_map(|tick| tick.label)
            .collect()
    }

    #[test]
    fn places_and_numbers_go_both_ways() {
        for scale in [
            Scale::linear([3.0, 7.0], 0.1),
            Scale::log([0.01, 500.0], 0.1),
        ] {
            for x in [3.0, 4.5, 6.9] {
                assert!((scale.at(scale.place(x)) - x).abs() < 1e-12);
            }
            assert_eq!(scale.place(scale.low), 0.0);
            assert!((scale.place(scale.high) - 1.0).abs() < 1e-15);
        }
        assert!(Scale::log([1.0, 2.0], 0.0).place(0.0).is_nan());
    }

    #[test]
    fn linear_ticks_are_round() {
        assert_eq!(
            labels(Scale::linear([0.0, 1.0], 0.0), 5),
            ["0", "0.2", "0.4", "0.6", "0.8", "1"]
        );
        assert_eq!(
            labels(Scale::linear([0.5, 1.0], 0.0), 6),
            ["0.5", "0.6", "0.7", "0.8", "0.9", "1"]
        );
        assert_eq!(
            labels(Scale::linear([0.0, 3000.0], 0.0), 4),
            ["0", "1,000", "2,000", "3,000"]
        );
        assert_eq!(
            labels(Scale::linear([-3.0, 4.0], 0.0), 4),
            ["−2", "0", "2", "4"]
        );
    }

    #[test]
    fn log_ticks_are_powers_of_ten_or_parts_of_them() {
        assert_eq!(
            labels(Scale::log([1.0, 3000.0], 0.0), 6),
            ["1", "10", "100", "1,000"]
        );
        assert_eq!(
            labels(Scale::log([1e-8, 1e4], 0.0), 5),
            ["10⁻⁶", "10⁻³", "10⁰", "10³"]
        );
        assert_eq!(
            labels(Scale::log([20.0, 300.0], 0.0), 6),
            ["20", "30", "50", "100", "200", "300"]
        );
        assert_eq!(
            labels(Scale::log([900.0, 1100.0], 0.0), 4),
            ["900", "950", "1,000", "1,050", "1,100"]
        );
        assert_eq!(
            labels(Scale::linear([1485.0, 1485.3], 0.0), 3),
            ["1,485.0", "1,485.1", "1,485.2", "1,485.3"]
        );
    }

    #[test]
    fn a_single_value_has_room_around_it() {
        let ends = |scale: Scale| (scale.low(), scale.high());
        assert_eq!(ends(Scale::linear([2.0], 0.0)), (1.5, 2.5));
        assert_eq!(ends(Scale::linear([], 0.0)), (0.0, 1.0));
        assert_eq!(ends(Scale::log([2.0, 0.0], 0.0)), (1.0, 4.0));
        assert_eq!(ends(Scale::log([], 0.0)), (1.0, 10.0));
    }

    /// A reader needs two labels to tell a scale, also within a decade and on a short axis.
    #[test]
    fn every_scale_has_two_labels() {
        for ratio in [
            1.01, 1.7, 3.0, 7.9, 8.1, 9.5, 11.0, 60.0, 99.0, 120.0, 1e4, 1e9,
        ] {
            for low in [1.0, 1.05, 1.1, 2.3, 4.7, 8.4, 9.9] {
                for most in 2..=9 {
                    for scale in [
                        Scale::log([low, low * ratio], 0.0),
                        Scale::linear([low, low * ratio], 0.0),
                    ] {
                        let labels = labels(scale, most);
                        assert!(
                            (2..=2 * most + 2).contains(&labels.len()),
                            "{scale:?} {most}: {labels:?}"
                        );
                    }
                }
            }
        }
        assert_eq!(labels(Scale::log([11.0, 95.0], 0.0), 4), ["20", "30", "50"]);
    }

    /// Ranges that overflow, vanish or differ by a rounding: each has a few ticks, in order and in
    /// sight, and is done at once.
    #[test]
    fn every_range_has_a_bounded_number_of_ticks() {
        let extremes = [
            0.0,
            5e-324,
            1e-308,
            1e-300,
            1.0,
            1.0 + f64::EPSILON,
            9e15,
            1e17,
            1e300,
            f64::MAX,
            f64::INFINITY,
            f64::NAN,
        ];
        let signed = || extremes.iter().flat_map(|&x| [-x, x]);
        for low in signed() {
            for high in signed() {
                for margin in [0.0, 0.08, 1.0] {
                    for scale in [
                        Scale::linear([low, high], margin),
                        Scale::log([low, high], margin),
                    ] {
                        let (first, last) = (scale.low(), scale.high());
                        assert!(first < last && first.is_finite() && last.is_finite());
                        assert_eq!(scale.place(first), 0.0, "{scale:?}");
                        assert_eq!(scale.place(last), 1.0, "{scale:?}");
                        for most in [0, 1, 5, 9, usize::MAX] {
                            let ticks = scale.ticks(most);
                            let labels = ticks.iter().filter(|tick| tick.label.is_some());
                            let most = most.clamp(1, MOST_LABELS);
                            assert!(ticks.len() <= 900, "{scale:?}: {}", ticks.len());
                            assert!(labels.count() <= 2 * most + 6, "{scale:?}");
                            assert!(ticks.is_sorted_by(|a, b| a.at < b.at), "{scale:?}");
                            assert!(ticks.iter().all(|tick| scale.holds(tick.at)), "{scale:?}");
                        }
                    }
                }
            }
        }
    }
}
