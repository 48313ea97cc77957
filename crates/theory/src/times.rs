//! The times at which training rows are memorized and the model generalizes.

use std::f64::consts::{FRAC_1_PI, PI};

use statrs::function::gamma::ln_gamma;

use crate::directions::{self, Angle};
use crate::normal;
use crate::root::root;
use crate::setting::{Direction, Loss, Order};
use crate::{Prediction, Scales};

impl Prediction {
    /// Epoch at which train accuracy reaches `accuracy`, ½ < accuracy < 1; `None` outside, and where the
    /// [course](crate::Course) of the learning rate ends before.
    ///
    /// # Formula
    /// With z = Φ⁻¹(accuracy), p = accuracy − ½, q = (1 − e^−z²)/4π, ln ℓ = −κp²/(p + κq) and
    /// k = zΛℓ/ηα², T = ln(1 + nηλk)/nηλ, or k without decay, for logistic and hinge loss and each row once an epoch.
    ///
    /// At the start a row's margin is Λg, g ~ N(0, 1), wrong for half the rows. A wrong row's own
    /// weight adds ηα² an epoch, so rows of −g < τ are right when what was added is τΛ. The rows
    /// still wrong push the signal weights back: Λ shrinks by κφ(τ) for each unit added, φ the
    /// normal density; ln ℓ is the integral of that, −κp + κ²q − …, as a Padé fraction. Decay shrinks the margins to be
    /// made up for as it shrinks what was added, which leaves the logarithm. From Gaussian v₀, k is
    /// less by the factor 1 − (¼ + 1/π)/d: E‖v₀‖ by 1/4d, and z by the component u along the teacher,
    /// which moves it by −cu − ½zc²u² to second order, E u² = 1/d.
    ///
    /// - Drawn with replacement, a row has been visited N times, N ~ Poisson(T), so that the share of wrong rows is
    ///   E Φ(−Nηα²/Λℓ), which is 1 − accuracy at k.
    /// - Squared loss takes the share h = ηα² of a row's distance to its label at each visit. v₀ lies in the signal
    ///   columns, where rows add up, and loses κh an epoch besides: after N visits the margins are
    ///   (1 − h)^N·e^−(κh + nηλ)T·Λg + L(1 − (1 − h)^N).
    ///
    /// Labels that are flipped are as likely wrong at first as others, and change nothing.
    ///
    /// # Range
    /// Λ ≥ 4, κ ≤ 0.3, and times of 5 epochs or more, as visits are counted by whole epochs
    /// ([`t_mem_out_of_range`](Self::t_mem_out_of_range)): within 2 % of the presets'
    /// measured times, and half an epoch before the first whole epoch, on average. Drawn with replacement, a step of
    /// squared loss must have few rows twice: b ≪ n. To lowest order the first is zΛ/(ηα²(1 + κ/2)).
    pub fn t_mem(&self, accuracy: f64) -> Option<f64> {
        if !(accuracy > 0.5 && accuracy < 1.0) {
            return None;
        }
        let setting = &self.setting;
        let Scales { kappa, lambda, .. } = self.scales;
        let (gain, decay) = (self.scales.gain_per_epoch, self.scales.decay_per_epoch);
        let z = normal::quantile(accuracy);
        let luck = match setting.init_direction {
            Direction::Orthogonal => 0.0,
            Direction::Gaussian => (0.25 + FRAC_1_PI) / setting.d as f64,
        };
        let hidden = lambda * (1.0 - luck);
        let time = match (setting.loss, self.scales.margin) {
            (Loss::Squared, Some(margin)) => {
                let right_beyond = |visits: f64, time: f64| {
                    // |1 − h|, so that it holds to some degree where steps overshoot. Visits are of the weight that
                    // those so far have on average.
                    let weight = setting.course.weight_up_to(time);
                    let rate = -libm::log((1.0 - gain * weight).abs()) / weight;
                    let fading = libm::exp((kappa * gain + decay) * time);
                    margin * libm::expm1(rate * visits) * fading / hidden
                };
                self.time_of_right(z, right_beyond)
            }
            _ => {
                let left = hidden * shrinking(accuracy, kappa);
                let undecayed = match setting.order {
                    Order::Once => z * left / gain,
                    Order::WithReplacement => {
                        self.time_of_right(z, |visits, _| visits * gain / left)
                    }
                };
                if decay == 0.0 {
                    undecayed
                } else {
                    libm::log1p(decay * undecayed) / decay
                }
            }
        };
        // Steps of squared loss that overshoot twice the distance never memorize.
        let finite = Some(time).filter(|time| time.is_finite());
        finite.and_then(|time| setting.course.epoch_at(time))
    }

    /// The reason, to complete "as …", for which [`t_mem`](Self::t_mem) lies outside the range in which it was held
    /// against measured times; `None` inside, and where there is no time to be doubted. Outside, runs memorize later than
    /// it says: half as late again at Λ = ½, and an epoch for a time of one.
    pub fn t_mem_out_of_range(&self, accuracy: f64) -> Option<&'static str> {
        let setting = &self.setting;
        let time = self.t_mem(accuracy).filter(|&time| time > 0.0)?;
        let draws = setting.order == Order::WithReplacement && setting.loss != Loss::Logistic;
        if draws && 8.0 * setting.rows_per_step > setting.n as f64 {
            Some(
                "rows are drawn with replacement in steps of more than n/8, which have some of them twice",
            )
        } else if self.scales.lambda < 4.0 {
            Some(
                "Λ is below 4, so that rows have margins to gain that are no larger than those they settle at",
            )
        } else {
            (time < 5.0).then_some("it comes before epoch 5, and rows are visited in whole epochs")
        }
    }

    /// Mean over seeds of the epoch at which population accuracy reaches `accuracy`, ½ < accuracy;
    /// `None` where it never does, or later than numbers go, and where the signal weights begin at
    /// zero.
    ///
    /// # Formula
    /// In units of the part that rows teach v along the teacher, v₀'s part has the length x = 1/[r](Prediction::ratio).
    /// With ρ = tan π(1 − accuracy) and θ the angle of v₀ to the teacher, accuracy is reached where x falls to the least
    /// positive root of x²(sin²θ − ρ²cos²θ) − 2ρ²x cos θ = ρ² − f², which is √(ρ² − f²) for orthogonal v₀. Then
    /// - with decay, T = ln[Λ/κc′Lx]/nηλ, or 0 where that is negative;
    /// - without, T = (e^(Λ/κc′x) − 1)/ηα² for logistic loss, and 0 or never for others, whose margins settle;
    /// - from Gaussian v₀ with decay, T is the mean over directions, with E ln‖v₀‖ for ln R.
    ///
    /// T is in training time, which the [course](crate::Course) maps to epochs.
    ///
    /// # Range
    /// After T_mem, under the six [conditions](Prediction::conditions), and f² ≤ ρ²/2: nearer to ρ, f's own spread over
    /// seeds decides, and some never get there. Without decay, until e^L ≫ L, and from orthogonal v₀. Never: ρ ≤ f, n
    /// rows do not determine the teacher as well.
    pub fn t_gen(&self, accuracy: f64) -> Option<f64> {
        if !(accuracy > 0.5 && accuracy < 1.0) || self.scales.lambda == 0.0 {
            return None;
        }
        let rho = libm::tan(PI * (1.0 - accuracy));
        if rho * rho <= self.scales.noise {
            return None;
        }
        let time = directions::mean(self.starting(), self.setting.d, |angle| {
            self.time_of_part(self.hidden_up_to(angle, rho))
        });
        // Settings that are past `accuracy` when they have memorized were never slow to reach it.
        let finite = Some(time).filter(|time| time.is_finite());
        finite.and_then(|time| self.setting.course.epoch_at(time))
    }

    /// The direction of v₀ that the times are of: without decay, where they are exponential in its length, a mean over
    /// directions is that of its few slowest.
    pub(crate) fn starting(&self) -> Direction {
        match self.scales.decay_per_epoch > 0.0 {
            true => self.setting.init_direction,
            false => Direction::Orthogonal,
        }
    }

    /// The length of v₀'s part, in units of what the rows teach along the teacher, up to which the tangent of the angle
    /// between v and the teacher is at most ρ > f; infinite where it is for any length.
    fn hidden_up_to(&self, angle: Angle, rho: f64) -> f64 {
        let Angle { cos, sin } = angle;
        let square = rho * rho;
        let (a, half_b, c) = (
            sin * sin - square * cos * cos,
            -square * cos,
            self.scales.noise - square,
        );
        let discriminant = half_b * half_b - a * c;
        if discriminant < 0.0 {
            return f64::INFINITY;
        }
        // The roots without cancellation. c < 0, so that the quadratic is negative at 0 and until the first positive one.
        let sum = -(half_b + discriminant.sqrt().copysign(half_b));
        let roots = [sum / a, c / sum].into_iter();
        roots
            .filter(|&root| root > 0.0)
            .fold(f64::INFINITY, f64::min)
    }

    /// The training time at which v₀'s part has fallen to this length.
    fn time_of_part(&self, part: f64) -> f64 {
        let Scales {
            kappa,
            lambda,
            teaching,
            decay_per_epoch: decay,
            ..
        } = self.scales;
        let norm = directions::mean_log_norm(self.starting(), self.setting.d);
        let wanted = lambda * libm::exp(norm) / (kappa * teaching * part);
        match self.scales.margin {
            None => libm::expm1(wanted) / self.scales.gain_per_epoch,
            Some(margin) if decay > 0.0 => {
                // Hinge loss alone has a margin that goes on changing, slowly: some rounds find the time at which it is what it is then.
                let mut time = libm::log(wanted / margin) / decay;
                for _ in 0..50 {
                    let next = libm::log(wanted / self.margin_at(time)) / decay;
                    if (next - time).abs() <= 1e-12 * time.abs() {
                        break;
                    }
                    time = next;
                }
                time.max(0.0)
            }
            Some(margin) if wanted <= margin => 0.0,
            Some(_) => f64::INFINITY,
        }
    }

    /// The training time at which the share Φ(z) of rows is right: those whose −g is less than `right_beyond` of the
    /// visits they had by then and of that time.
    fn time_of_right(&self, z: f64, right_beyond: impl Fn(f64, f64) -> f64) -> f64 {
        match self.setting.order {
            Order::Once => rising_to(z, |time| right_beyond(time, time)),
            Order::WithReplacement => rising_to(normal::cdf(z), |time| {
                // Where the learning rate varies, as many visits of one weight as have the mean and variance of all.
                let weight = self.setting.course.weight_up_to(time);
                // More leave no digits of the logarithm below, and are never waited for.
                let mean = (time / weight).min(1e12);
                // Beyond twelve deviations nothing is left of a Poisson distribution.
                let deviation = mean.sqrt();
                let (least, most) = (
                    (mean - 12.0 * deviation).max(0.0) as u64,
                    ((mean + 12.0 * deviation) as u64).saturating_add(20),
                );
                // Of very many visits, eight to a deviation are as good as all: the sum is of a smooth function.
                let stride = ((deviation / 8.0) as usize).max(1);
                let shares = (least..=most).step_by(stride).map(|visits| {
                    let visits = visits as f64;
                    let log = visits * libm::log(mean) - mean - ln_gamma(visits + 1.0);
                    libm::exp(log) * normal::cdf(right_beyond(visits * weight, time))
                });
                stride as f64 * shares.sum::<f64>()
            }),
        }
    }

    /// Epochs from population accuracy `low` to `high`; `None` where one is never reached.
    ///
    /// From 0.6 to 0.9 it is 2.25/nηλ for n ≫ d, whatever Λ and κ.
    pub fn transition_width(&self, low: f64, high: f64) -> Option<f64> {
        Some(self.t_gen(high)? - self.t_gen(low)?)
    }
}

/// ℓ: what rows that are still wrong leave of v₀ until the share `accuracy` is right, for logistic and hinge loss, as
/// [`Prediction::t_mem`] derives it.
pub(crate) fn shrinking(accuracy: f64, kappa: f64) -> f64 {
    let z = normal::quantile(accuracy);
    let (p, q) = (accuracy - 0.5, -libm::expm1(-z * z) / (4.0 * PI));
    libm::exp(-kappa * p * p / (p + kappa * q))
}

/// Where a rising function of x > 0 reaches a level; infinity, or 0, where it does not, or is above it already.
pub(crate) fn rising_to(level: f64, function: impl Fn(f64) -> f64) -> f64 {
    let mut high = 1.0;
    while function(high) < level {
        high *= 2.0;
        if high == f64::INFINITY {
            return high;
        }
    }
    let mut low = 0.5 * high;
    while function(low) >= level {
        (low, high) = (0.5 * low, low);
        if low == 0.0 {
            return low;
        }
    }
    root(low, high, 1e-14, |x| Some(function(x) - level)).unwrap_or(high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Course, Setting, assert_close, groks};

    fn time(setting: Setting, accuracy: f64) -> f64 {
        Prediction::of(&setting).t_gen(accuracy).unwrap()
    }

    /// mpmath, 30 digits; for the first:
    ///
    /// ```text
    /// from mpmath import *
    /// n, d, e, al, eta, lam, R, a = 512, 5, mpf('.1'), 5, mpf('.05'), mpf('1e-4'), 100, mpf('.75')
    /// k, c, rho = n*e**2/al**2, sqrt(2/pi), tan(pi*(1 - a)); r = 1/sqrt(rho**2 - (d - 1)/(c**2*n))
    /// print(log(r*e*R/(k*c*lambertw(al**2/(n*lam)).real))/(n*eta*lam))
    /// z = sqrt(2)*erfinv(mpf('.98'))
    /// h = z*e*R*exp(-quad(lambda t: k*npdf(t)/(1 + k*t*npdf(t)), [0, z]))/(eta*al**2)
    /// print(log(1 + n*eta*lam*h)/(n*eta*lam))
    /// ```
    #[test]
    fn times_agree_with_mpmath() {
        for (accuracy, epoch) in [
            (0.75, 1_008.864_230_240_159),
            (0.9, 1_469.719_129_793_239),
            (0.95, 1_857.474_776_300_942),
        ] {
            assert_close(time(groks(), accuracy), epoch, 1e-12);
        }
        let gaussian = Setting {
            n: 2048,
            d: 20,
            signal_scale: 0.05,
            weight_decay: 2e-5,
            init_norm: 400.0,
            init_direction: Direction::Gaussian,
            ..groks()
        };
        // The mean over 400,000 angles, with scipy's digamma.
        assert_close(time(gaussian.clone(), 0.75), 1_539.189_951_380_630_6, 1e-6);
        assert_close(time(gaussian, 0.9), 2_135.600_096_678_562, 1e-6);
        let without_decay = Setting {
            weight_decay: 0.0,
            init_norm: 10.0,
            ..groks()
        };
        assert_close(time(without_decay, 0.75), 377.033_476_278_100_6, 1e-12);
    }

    /// mpmath's, as above, of the integral itself.
    #[test]
    fn memorization_times_are_those_of_the_integral() {
        let t_mem = |setting: Setting| Prediction::of(&setting).t_mem(0.99).unwrap();
        assert_close(t_mem(groks()), 16.532_848_17, 3e-5);
        let small = Setting {
            signal_scale: 0.05,
            init_norm: 200.0,
            ..groks()
        };
        assert_close(t_mem(small), 17.744_226_471_600_07, 1e-5);
    }

    #[test]
    fn what_is_never_reached_has_no_time() {
        let prediction = Prediction::of(&groks());
        // atan(f) = 0.1103 rad: 0.965.
        assert!(prediction.t_gen(0.96).is_some());
        assert_eq!(prediction.t_gen(0.97), None);
        assert_eq!(prediction.t_gen(0.5), None);
        assert_eq!(prediction.t_mem(1.0), None);
        let zero = Setting {
            init_norm: 0.0,
            ..groks()
        };
        assert_eq!(Prediction::of(&zero).t_gen(0.9), None);
        assert_eq!(Prediction::of(&zero).t_mem(0.99), Some(0.0));
    }

    #[test]
    fn decay_fades_into_none() {
        let none = Setting {
            weight_decay: 0.0,
            ..groks()
        };
        let little = Setting {
            weight_decay: 1e-14,
            ..groks()
        };
        let t_mem = |setting: Setting| Prediction::of(&setting).t_mem(0.99).unwrap();
        assert_close(t_mem(little), t_mem(none), 1e-8);
    }

    #[test]
    fn scaling_laws() {
        let width = |setting: Setting| Prediction::of(&setting).transition_width(0.6, 0.9);
        let many = Setting {
            n: 512_000_000,
            signal_scale: 1e-4,
            weight_decay: 1e-10,
            init_norm: 1e5,
            ..groks()
        };
        // ln[tan 0.4π / tan 0.1π].
        let decay = Scales::of(&many).decay_per_epoch;
        assert_close(width(many).unwrap() * decay, 2.248_354, 1e-5);
        // R times e takes one decay time longer.
        let further = Setting {
            init_norm: groks().init_norm * std::f64::consts::E,
            ..groks()
        };
        let decay = Scales::of(&groks()).decay_per_epoch;
        assert_close(
            time(further, 0.75) - time(groks(), 0.75),
            1.0 / decay,
            1e-12,
        );
    }

    /// scipy: `sum(poisson.pmf(N, T)*norm.cdf(-N*h/left))` = 0.01 by `brentq`; for squared loss
    /// `z*10*exp(-(g + k*h + lam*n*eta)*T) = L*(1 - exp(-g*T))`, g = -log(1 - h).
    #[test]
    fn memorization_times_of_other_orders_and_losses_agree_with_scipy() {
        let t_mem = |setting: Setting| Prediction::of(&setting).t_mem(0.99).unwrap();
        let drawn = Setting {
            order: Order::WithReplacement,
            ..groks()
        };
        assert_close(t_mem(drawn), 19.108_545_346_912_68, 1e-9);
        let squared = Setting {
            loss: Loss::Squared,
            learning_rate: 0.005,
            ..groks()
        };
        assert_close(t_mem(squared), 20.194_486_412_202_92, 1e-9);
    }

    /// Rows that are visited half a million times on the way are each visited as often, all but exactly.
    #[test]
    fn very_many_visits_and_none_that_suffice_take_no_time() {
        let slow = |order| Setting {
            order,
            learning_rate: 1e-6,
            weight_decay: 0.0,
            ..groks()
        };
        let t_mem = |setting: Setting| Prediction::of(&setting).t_mem(0.99);
        let [once, drawn] = [Order::Once, Order::WithReplacement].map(slow).map(t_mem);
        assert_close(drawn.unwrap(), once.unwrap(), 1e-5);
        for order in [Order::Once, Order::WithReplacement] {
            // η α² = 2.5: each step takes a margin further from its label than it was.
            let overshooting = Setting {
                order,
                loss: Loss::Squared,
                learning_rate: 0.1,
                ..groks()
            };
            assert_eq!(t_mem(overshooting), None);
        }
    }

    #[test]
    fn times_out_of_range_are_told() {
        let reason = |setting: Setting| Prediction::of(&setting).t_mem_out_of_range(0.99);
        assert_eq!(reason(groks()), None);
        let start = |init_norm| Setting {
            init_norm,
            ..groks()
        };
        assert_eq!(reason(start(0.0)), None);
        assert!(reason(start(30.0)).unwrap().starts_with("Λ is below 4"));
        let fast = Setting {
            learning_rate: 0.2,
            ..groks()
        };
        assert!(reason(fast).unwrap().contains("before epoch 5"));
        let drawn = |loss, rows_per_step| Setting {
            order: Order::WithReplacement,
            loss,
            rows_per_step,
            ..groks()
        };
        assert_eq!(reason(drawn(Loss::Logistic, 512.0)), None);
        assert_eq!(reason(drawn(Loss::Hinge, 64.0)), None);
        assert!(reason(drawn(Loss::Hinge, 65.0)).unwrap().contains("twice"));
    }

    #[test]
    fn what_halves_the_learning_rate_doubles_the_epochs() {
        let half = Setting {
            course: Course::new([0.5], 1e6, 0.5),
            ..groks()
        };
        let [whole, half] = [groks(), half].map(|setting| Prediction::of(&setting));
        let twice = |of: &dyn Fn(&Prediction) -> Option<f64>| {
            assert_close(of(&half).unwrap(), 2.0 * of(&whole).unwrap(), 1e-12);
        };
        twice(&|prediction| prediction.t_mem(0.99));
        twice(&|prediction| prediction.t_gen(0.75));
        twice(&|prediction| prediction.t_loss(0.95));
        assert_close(half.accuracy(2000.0), whole.accuracy(1000.0), 1e-14);
        // A sum of learning rates that ends below what it takes.
        let course = Course::new([1.0, 0.5, 0.25], 400.0, 0.0);
        let ending = Prediction::of(&Setting { course, ..groks() });
        assert_eq!(ending.t_gen(0.9), None);
        assert!(ending.t_gen(0.6).is_some());
    }

    #[test]
    fn a_start_in_the_teachers_cone_is_right_at_once() {
        let two = Setting {
            d: 2,
            init_direction: Direction::Gaussian,
            ..groks()
        };
        let prediction = Prediction::of(&two);
        let rho = libm::tan(0.1 * PI);
        let up_to = |cos: f64, sin: f64| prediction.hidden_up_to(Angle { cos, sin }, rho);
        assert_eq!(up_to(0.96, 0.28), f64::INFINITY);
        // Opposite to the teacher 1 − x is left along it, and f across.
        let noise = prediction.scales().noise;
        assert_close(up_to(-1.0, 0.0), 1.0 - noise.sqrt() / rho, 1e-12);
        assert_close(up_to(0.0, 1.0), (rho * rho - noise).sqrt(), 1e-12);
    }
}
