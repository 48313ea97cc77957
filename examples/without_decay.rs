//! The direction that training without decay is headed for, and a PAC-Bayes bound on the way.
//!
//! Trains one seed of `grok-a` without decay and with it, and prints over time: population
//! accuracy; the angle, in degrees, of all weights to the max-margin solution; the PAC-Bayes bound
//! on the error of the signal part, with its empirical risk and divergence. Angle and bound are also the figures
//! `max_margin_angle` and `pac_bayes` of any run or study.
//!
//! ```sh
//! cargo run --release --example without_decay
//! ```

use std::error::Error;

use sparsegrok::config::{Config, Settings};
use sparsegrok::data::Problem;
use sparsegrok::kernel::{EvaluationPlan, Figure, Job, Training, start};
use sparsegrok::run::load;
use sparsegrok::theory::{DenseRows, Effort, MaxMargin, PacBayes};

fn main() -> Result<(), Box<dyn Error>> {
    for (preset, epochs) in [("no-grok-no-decay", "1000000"), ("grok-a", "3000")] {
        let settings = Settings::layered(Some(preset), None, &[("epochs", epochs)])?;
        let config = settings.config()?;
        println!("{preset}\n   epoch  accuracy  angle  bound  risk   divergence  sigma");
        follow(&config, &load(&config)?.problem)?;
    }
    Ok(())
}

fn follow(config: &Config, problem: &Problem) -> Result<(), Box<dyn Error>> {
    let features = problem.train.features();
    let rows = DenseRows::new(features.signal_block(), features.signal_width());
    let labels = problem.train.targets();
    let alpha = problem.train.memorization().ok_or("memorization columns")?;
    let headed = MaxMargin::solve(&rows, labels, alpha, Effort::default());
    let headed = headed.ok_or("a max-margin solution")?;
    let plan = EvaluationPlan::log_spaced(13, config.train.epochs);
    let (run, engine) = (Job::new(problem, &config.train), &config.engine);
    let mut training = start(&[run], engine.kernel, engine.simd)?;
    for epoch in 1..=config.train.epochs {
        training.advance();
        if !plan.contains(epoch) {
            continue;
        }
        let (evaluation, weights) = (training.evaluate(0)?, training.model(0)?);
        let bound = PacBayes::best(
            &PacBayes::SIGMAS,
            PacBayes::DELTA,
            &weights.signal,
            &rows,
            labels,
        );
        println!(
            "{epoch:8}  {:.4}    {:5.1}  {:.3}  {:.3}  {:10.2}  {:5}",
            evaluation[Figure::PopulationAcc],
            headed
                .angle(&weights.signal, &weights.memorization)
                .to_degrees(),
            bound.risk,
            bound.empirical_risk,
            bound.divergence,
            bound.sigma,
        );
    }
    Ok(())
}
