//! Reads a study's log: which runs grokked, and a figure of each as a column.
//!
//! ```sh
//! cargo run --release -- study --preset grok-a --seeds 0..16 --out runs
//! cargo run --release --example read_log -- runs
//! ```

use std::error::Error;
use std::path::PathBuf;

use sparsegrok::kernel::Figure;
use sparsegrok::study::StudyResults;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args()
        .nth(1)
        .ok_or("expected the directory of a study")?;
    let results = StudyResults::read(&PathBuf::from(path))?;
    for (number, _) in results.cells() {
        println!("cell {number}: {}", results.study.cell_name(number));
        for record in results.records_of(number) {
            let times = &record.milestones;
            println!(
                "  seed {}: {}, T_mem {:?}, T_gen {:?} after {}",
                record.seeds.seed, times.status, times.t_mem.at, times.t_gen.at, times.t_gen.low
            );
        }
    }
    for kept in results.read_traces()? {
        let norms: &[f64] = kept.trace.figure(Figure::WeightNorm);
        let [first, last] = [norms.first(), norms.last()];
        println!("seed {}: ‖w‖ from {first:.1?} to {last:.1?}", kept.seed);
    }
    Ok(())
}
