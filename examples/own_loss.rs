//! A loss of one's own: Huber's, by a plain loop over the project's rows, beside the squared loss of its kernel.
//!
//! A loss that is to run in the kernel's lanes is a new variant of `Loss` (docs/extending.md). To try one out, a
//! few lines over the same rows suffice: each step is O(non-zeros), as the memorization column is implied.
//!
//! ```sh
//! cargo run --release --example own_loss
//! ```

use std::error::Error;

use sparsegrok::data::{Dataset, SyntheticSpec, Target, TargetKind, generate};
use sparsegrok::kernel::{Loss, Sgd, Weights};

const RATE: f64 = 0.02;
const EPOCHS: u64 = 200;

/// Derivative of Huber's loss: that of ½r² for residuals r up to δ, δ beyond.
fn huber_slope(residual: f64, delta: f64) -> f64 {
    residual.clamp(-delta, delta)
}

fn fit_huber(rows: &Dataset, delta: f64) -> Weights {
    let mut weights = Weights {
        signal: vec![0.0; rows.features().signal_width()],
        ..Weights::default()
    };
    for _ in 0..EPOCHS {
        for i in 0..rows.len() {
            let row = rows.row(i);
            let slope = huber_slope(weights.score(row) - row.target, delta);
            for (weight, x) in weights.signal.iter_mut().zip(row.signal) {
                *weight -= RATE * slope * x;
            }
        }
    }
    weights
}

fn main() -> Result<(), Box<dyn Error>> {
    let problem = generate(&SyntheticSpec {
        n_train: 200,
        target: Target::Linear,
        memorization_scale: 0.0,
        ..SyntheticSpec::default()
    })?;
    // Every tenth target is far off.
    let rows = &problem.train;
    let spoilt = rows.targets().iter().enumerate();
    let spoilt: Vec<f64> = spoilt
        .map(|(i, y)| if i % 10 == 0 { y + 50.0 } else { *y })
        .collect();
    let (block, width) = (
        rows.features().signal_block(),
        rows.features().signal_width(),
    );
    let rows = Dataset::dense(block, width, &spoilt, TargetKind::Real)?;
    let squared = Sgd {
        loss: Loss::Squared,
        learning_rate: RATE,
        weight_decay: 0.0,
        epochs: EPOCHS,
        ..Sgd::default()
    };
    let teacher = problem.teacher.ok_or("synthetic rows have a teacher")?;
    for (name, model) in [
        ("squared", squared.fit(&rows)?),
        ("Huber", fit_huber(&rows, 1.0)),
    ] {
        let pairs = model.signal.iter().zip(teacher.direction());
        let distance: f64 = pairs.map(|(v, t)| (v - t) * (v - t)).sum();
        println!("{name} loss: ‖v − teacher‖ = {:.3}", distance.sqrt());
    }
    Ok(())
}
