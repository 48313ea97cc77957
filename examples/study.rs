//! A study: many seeds of a small grid, in memory, with intervals and the theory beside them.
//!
//! ```sh
//! cargo run --release --example study
//! ```

use std::error::Error;

use sparsegrok::study::Study;

fn main() -> Result<(), Box<dyn Error>> {
    let study = Study::preset("grok-a").set("n_train", 128).seeds(0..16);
    let found = study.vary("weight_decay", [2e-4, 4e-4, 8e-4]).run()?;
    for (number, cell) in found.summary.cells.iter().enumerate() {
        let rate = cell.grok_rate.expect("sixteen runs");
        let theory = cell.prediction.and_then(|prediction| prediction.t_gen);
        println!(
            "{}: {:.0} % grokked [{:.0}, {:.0}]; median T_gen {:?}, theory {:.0?}",
            found.study.cell_name(number),
            100.0 * rate.estimate,
            100.0 * rate.low,
            100.0 * rate.high,
            cell.t_gen.median,
            theory,
        );
    }
    Ok(())
}
