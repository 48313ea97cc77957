//! Rows of one's own: a data set from slices, a model in one call, and a score.
//!
//! ```sh
//! cargo run --release --example own_rows
//! ```

use std::error::Error;

use sparsegrok::data::{Dataset, TargetKind};
use sparsegrok::kernel::Sgd;

fn main() -> Result<(), Box<dyn Error>> {
    // Twenty points on a line, labelled by their side of the middle; one label is wrong.
    let x: Vec<f64> = (0..20).map(|i| f64::from(i) / 10.0 - 0.95).collect();
    let mut y: Vec<f64> = x.iter().map(|x| x.signum()).collect();
    y[3] = 1.0;
    let rows = Dataset::dense(&x, 1, &y, TargetKind::Sign)?;
    let sgd = Sgd {
        learning_rate: 0.5,
        weight_decay: 1e-3,
        epochs: 2000,
        ..Sgd::default()
    };
    for alpha in [0.0, 3.0] {
        let rows = rows.clone().memorizing(alpha);
        let model = sgd.fit(&rows)?;
        let right = (0..rows.len()).filter(|&i| {
            let row = rows.row(i);
            model.score(row) * row.target > 0.0
        });
        println!(
            "α = {alpha}: {} of 20 rows right; a new row at 0.5 scores {:.2}",
            right.count(),
            model.score(&[0.5])
        );
    }
    Ok(())
}
