//! Watches one run: its accuracy and norms while it trains, ended as soon as it has generalized.
//!
//! ```sh
//! cargo run --release --example watch
//! ```

use std::error::Error;
use std::ops::ControlFlow;

use sparsegrok::config::Settings;
use sparsegrok::kernel::{
    EvaluationPlan, Figure, KernelChoice, SimdChoice, Weights, evaluate, train,
};
use sparsegrok::study::load;

fn main() -> Result<(), Box<dyn Error>> {
    let config = Settings::layered(Some("grok-a"), None, &[])?.config()?;
    let problem = load(&config)?.problem;
    let plan = EvaluationPlan::log_spaced(40, config.train.epochs);
    let mut watch = |epoch: u64, weights: &Weights| {
        let found = evaluate(epoch, weights, &problem, &config.train, None);
        println!(
            "epoch {epoch:5}: train {:.3}, population {:.3}, ‖v‖ {:6.2}, ‖m‖ {:6.2}",
            found[Figure::TrainAcc],
            found[Figure::PopulationAcc],
            found[Figure::SignalNorm],
            found[Figure::MemorizationNorm],
        );
        match found[Figure::PopulationAcc] > 0.95 {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    };
    let (kernel, simd) = (KernelChoice::Auto, SimdChoice::Auto);
    train(&problem, &config.train, kernel, simd, &plan, &mut watch)?;
    Ok(())
}
