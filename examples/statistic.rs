//! A statistic of one's own on traces: how far accuracy dips below its best on the way.
//!
//! ```sh
//! cargo run --release --example statistic
//! ```

use std::error::Error;

use sparsegrok::kernel::Figure;
use sparsegrok::statistics::Mean;
use sparsegrok::study::Study;

/// The largest fall of a curve from a value it had before.
fn drawdown(curve: &[f64]) -> f64 {
    let mut best = f64::NEG_INFINITY;
    let falls = curve.iter().map(|&value| {
        best = best.max(value);
        best - value
    });
    falls.fold(0.0, f64::max)
}

fn main() -> Result<(), Box<dyn Error>> {
    let study = Study::preset("grok-a").set("n_train", 128).seeds(0..24);
    let found = study.vary("learning_rate", [0.05, 0.2]).run()?;
    for (number, _) in found.summary.cells.iter().enumerate() {
        let falls = found.runs_of(number).iter();
        let falls: Vec<f64> = falls
            .map(|run| drawdown(run.trace.figure(Figure::PopulationAcc)))
            .collect();
        let mean = Mean::of(&falls, 0.95).ok_or("no runs")?;
        println!(
            "{}: accuracy falls by {:.4} at most, {:?}",
            found.study.cell_name(number),
            mean.estimate,
            mean.interval
        );
    }
    Ok(())
}
