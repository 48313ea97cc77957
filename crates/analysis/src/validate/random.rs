//! The theory's times of settings drawn at random, against those measured.

use std::sync::atomic::AtomicBool;

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use sparsegrok_config::Settings;
use sparsegrok_study::RecordRow;
use sparsegrok_study::prediction::theory_setting;
use sparsegrok_theory::{MEAN_ABSOLUTE_NORMAL, Prediction};

use crate::validate::check::{Check, Counting, Tolerance, ValidateError, Witness};
use crate::validate::runs::trained;

/// Seeds of a setting, whose mean time is measured.
const SEEDS: u64 = 32;
/// Steps of a run, at most.
const STEPS: f64 = 6e6;
/// Draws of one setting inside the range, at most: about one in thirty is.
const DRAWS: usize = 100_000;
/// The part of a predicted time that a measured one may be apart from it.
const APART: f64 = 0.1;

/// A setting drawn at random: keys and values, and its predicted times.
struct Case {
    flags: Vec<(&'static str, String)>,
    t_mem: f64,
    t_gen: f64,
}

/// A time of a case: its name, predicted, and measured where it was.
type Timed = (&'static str, f64, Option<f64>);

/// Measures T_mem and T_gen of `count` settings drawn from the theory's whole range, on all cores: numbers of rows and
/// columns, scales, losses, noise, batches, orders, courses of the learning rate and starts. Each is 32 seeds, and
/// seeds are fixed, so that the outcome is the same on every machine. Setting `stop`, from anywhere, ends it.
///
/// The range: the six conditions hold for the accuracy asked for; Λ ≥ 4; T_mem is 5 epochs or more; f² ≤ ρ²/2; a learning
/// rate has not ended by T_gen; drawn with replacement, a step of squared or hinge loss has n/8 rows or fewer, so that few
/// have one of them twice; from Gaussian weights d ≥ 8, as in fewer columns 32 seeds do not tell a mean to 10 %.
///
/// # Errors
/// As [`validate`](crate::validate::validate): [`ValidateError::Missed`] if fewer than 95 % are within 10 %.
pub fn validate_random(
    count: u64,
    stop: &AtomicBool,
    witness: &mut dyn Witness,
) -> Result<(), ValidateError> {
    let mut counting = Counting::new(witness);
    let mut random = Xoshiro256PlusPlus::seed_from_u64(0);
    let mut within = [0_u64; 2];
    for number in 1..=count {
        let case = std::iter::repeat_with(|| draw(&mut random))
            .take(DRAWS)
            .find_map(Result::transpose)
            .expect("a setting inside the range among so many")?;
        counting.begin(&format!("setting {number} of {count}"));
        for ((name, predicted, measured), within) in
            measured(&case, stop)?.into_iter().zip(&mut within)
        {
            let ratio = measured.map(|measured| measured / predicted);
            if ratio.is_some_and(|ratio| (ratio - 1.0).abs() <= APART) {
                *within += 1;
                continue;
            }
            let flags = case
                .flags
                .iter()
                .map(|(key, value)| format!(" {key} {value}"));
            let said = match (measured, ratio) {
                (Some(measured), Some(ratio)) => format!("{measured:.1}, {ratio:.3} of that"),
                _ => "not reached by every tenth seed or more".to_owned(),
            };
            let flags: String = flags.collect();
            counting.outlier(&format!(
                "{name} is predicted at {predicted:.1} and measured at {said}:{flags}"
            ));
        }
    }
    for (name, within) in ["T_mem", "T_gen"].into_iter().zip(within) {
        counting.check(Check {
            quantity: format!("random settings: share of {name} within 10 % of the prediction"),
            expected: 1.0,
            measured: Some(within as f64 / count as f64),
            tolerance: Tolerance::Absolute(0.05),
            note: format!("{count} settings of {SEEDS} seeds"),
        });
    }
    counting.verdict()
}

/// The times of a case, by name: predicted, and the mean over seeds, half an epoch less as whole epochs are counted;
/// `None` where a tenth of the seeds have none.
fn measured(case: &Case, stop: &AtomicBool) -> Result<[Timed; 2], ValidateError> {
    let flags: Vec<(&str, &str)> = case
        .flags
        .iter()
        .map(|(key, value)| (*key, &**value))
        .collect();
    let (_, records) = trained("grok-a", &flags, SEEDS, stop)?;
    let times = records
        .iter()
        .map(|record| RecordRow::of(record, &[]).milestones);
    let times: Vec<_> = times.collect();
    let mean = |found: Vec<f64>| {
        let enough = 10 * (times.len() - found.len()) < times.len();
        enough.then(|| found.iter().sum::<f64>() / found.len() as f64 - 0.5)
    };
    let t_mem = times.iter().filter_map(|times| times.t_mem.at).collect();
    let t_gen = times.iter().filter_map(|times| times.t_gen.at).collect();
    Ok([
        ("T_mem", case.t_mem, mean(t_mem)),
        ("T_gen", case.t_gen, mean(t_gen)),
    ])
}

/// Draws a setting; `None` outside the range.
fn draw(random: &mut Xoshiro256PlusPlus) -> Result<Option<Case>, ValidateError> {
    let mut between = |low: f64, high: f64| low * (high / low).powf(random.random::<f64>());
    let n = between(256.0, 2048.0).round();
    let d = between(2.0, 32.0).round();
    let alpha = between(1.0, 10.0);
    let (kappa, beta, lambda) = (between(0.02, 0.3), between(1e-4, 0.08), between(4.0, 40.0));
    let gain = between(0.05, 4.0);
    let noise = between(1e-3, 0.2);
    let epsilon = alpha * (kappa / n).sqrt();
    let mut pick = |words: &[&'static str]| words[random.random_range(0..words.len())];
    let loss = pick(&["logistic", "logistic", "squared", "hinge"]);
    let batch = pick(&["1", "1", "8", "50", "full"]);
    let order = pick(&["shuffle", "sequential", "with-replacement"]);
    let schedule = pick(&[
        "constant",
        "constant",
        "warm-up",
        "cosine",
        "inverse-scaling",
        "step",
    ]);
    let init = pick(&["orthogonal", "orthogonal", "gaussian"]);
    let noise = if pick(&["clean", "noisy"]) == "noisy" {
        noise
    } else {
        0.0
    };
    let accuracy: f64 = pick(&["0.75", "0.8", "0.9"]).parse().expect("a number");
    let rows_of_batch = batch.parse().unwrap_or(n);
    let steps = (n / rows_of_batch).ceil();
    let rate = gain / (alpha * alpha) * n / steps;
    // About where it ends at a constant rate; the courses take longer.
    let teaching = MEAN_ABSOLUTE_NORMAL * (1.0 - 2.0 * noise);
    let clock = gain * beta;
    let longest = (libm::log(lambda / (0.1 * kappa * teaching)) / clock).max(1.0);
    let epochs = (if schedule == "constant" { 1.5 } else { 3.0 } * longest).ceil();
    if epochs * n > STEPS || (init == "gaussian" && d < 8.0) {
        return Ok(None);
    }
    let mut flags = vec![
        ("n_train", n.to_string()),
        ("n_test", "0".to_owned()),
        ("eval_points", "2".to_owned()),
        ("d_signal", d.to_string()),
        ("signal_scale", epsilon.to_string()),
        ("memorization_scale", alpha.to_string()),
        ("label_noise", noise.to_string()),
        ("loss", loss.to_owned()),
        ("learning_rate", rate.to_string()),
        ("weight_decay", (beta * alpha * alpha / n).to_string()),
        ("batch_size", batch.to_owned()),
        ("order", order.to_owned()),
        ("init", init.to_owned()),
        ("init_norm", (lambda / epsilon).to_string()),
        ("gen_threshold", accuracy.to_string()),
        ("epochs", epochs.to_string()),
    ];
    match schedule {
        "constant" => {}
        "warm-up" => flags.push(("warmup_steps", (0.2 * epochs * steps).ceil().to_string())),
        _ => flags.push(("schedule", schedule.to_owned())),
    }
    match schedule {
        "inverse-scaling" => flags.push(("schedule_power", "0.1".to_owned())),
        "step" => flags.push(("schedule_every", (epochs / 4.0).ceil().to_string())),
        _ => {}
    }
    let texts: Vec<(&str, &str)> = flags.iter().map(|(key, value)| (*key, &**value)).collect();
    let Ok(setting) = Settings::layered(Some("grok-a"), None, &texts)
        .and_then(|settings| settings.config())
        .map(|config| theory_setting(&config))
    else {
        // Such as a learning rate at which decay overshoots.
        return Ok(None);
    };
    let prediction = Prediction::of(&setting.expect("the theory covers what is drawn"));
    let rho = libm::tan(std::f64::consts::PI * (1.0 - accuracy));
    let holds = prediction
        .conditions(accuracy)
        .iter()
        .all(|condition| condition.holds());
    let times = prediction.t_mem(0.99).zip(prediction.t_gen(accuracy));
    let in_range = holds
        && prediction.scales().noise <= 0.5 * rho * rho
        && prediction.t_mem_out_of_range(0.99).is_none();
    Ok(times
        .filter(|&(_, t_gen)| in_range && t_gen <= 0.9 * epochs)
        .map(|(t_mem, t_gen)| Case {
            flags,
            t_mem,
            t_gen,
        }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draws outside the range may be of any setting, such as steps that overshoot: none may take long.
    #[test]
    fn two_hundred_settings_are_drawn() {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(0);
        let cases = std::iter::repeat_with(|| draw(&mut random)).take(4 * DRAWS);
        let cases: Vec<Case> = cases.filter_map(|case| case.unwrap()).take(200).collect();
        assert_eq!(cases.len(), 200);
        assert!(cases.iter().all(|case| case.t_mem < case.t_gen));
    }
}
