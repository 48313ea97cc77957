//! Watches one run: its accuracy and norms while it trains, ended as soon as it has generalized.
//!
//! ```sh
//! cargo run --release --example watch
//! ```

use std::error::Error;

use sparsegrok::config::Settings;
use sparsegrok::kernel::{EvaluationPlan, Figure, Job, KernelChoice, SimdChoice, Training, start};
use sparsegrok::run::load;

fn main() -> Result<(), Box<dyn Error>> {
    let config = Settings::layered(Some("grok-a"), None, &[])?.config()?;
    let problem = load(&config)?.problem;
    let plan = EvaluationPlan::log_spaced(40, config.train.epochs);
    let runs = [Job::new(&problem, &config.train)];
    let (kernel, simd) = (KernelChoice::Auto, SimdChoice::Auto);
    let mut training = start(&runs, kernel, simd)?;
    for epoch in 1..=config.train.epochs {
        training.advance();
        // A look is cheap enough for every epoch, an evaluation is not.
        let generalized = training.reaches(0, Figure::PopulationAcc, 0.95);
        if plan.contains(epoch) || generalized == Some(true) {
            let found = training.evaluate(0)?;
            println!(
                "epoch {epoch:5}: train {:.3}, population {:.3}, ‖v‖ {:6.2}, ‖m‖ {:6.2}",
                found[Figure::TrainAcc],
                found[Figure::PopulationAcc],
                found[Figure::SignalNorm],
                found[Figure::MemorizationNorm],
            );
        }
        if generalized == Some(true) {
            break;
        }
    }
    Ok(())
}
