//! The configurations that several tests train.

use sparsegrok_data::RandomFamily;
use sparsegrok_kernel::{BatchSize, DecayOrder, Init, Loss, Order, Schedule, Sgd};

/// A spread of configurations: every branch of the kernel. One has a decay so strong that the scale is
/// folded, several times if there are epochs enough.
pub(crate) fn specs(epochs: u64, strong_decay: f64) -> Vec<Sgd> {
    let base = Sgd {
        learning_rate: 0.1,
        epochs,
        init: Init::Gaussian,
        ..Sgd::default()
    };
    vec![
        base.clone(),
        Sgd {
            decay_order: DecayOrder::Before,
            weight_decay: strong_decay,
            ..base.clone()
        },
        Sgd {
            order: Order::WithReplacement,
            schedule: Schedule::Cosine,
            warmup_steps: 50,
            ..base.clone()
        },
        Sgd {
            rng: RandomFamily::Libstdcxx,
            loss: Loss::Hinge,
            ..base.clone()
        },
        Sgd {
            batch_size: BatchSize::Rows(7),
            bias: true,
            ..base.clone()
        },
        Sgd {
            batch_size: BatchSize::Full,
            loss: Loss::Squared,
            learning_rate: 0.01,
            order: Order::Sequential,
            ..base
        },
    ]
}
