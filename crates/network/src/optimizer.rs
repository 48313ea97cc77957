//! The rules by which gradients change weights.

use sparsegrok_kernel::{Level, Optimizer, Sgd};

use crate::layers::{Layers, Size};

/// An optimizer and what it remembers of earlier gradients.
#[derive(Clone, Debug)]
pub(crate) enum Rule {
    /// Gradient descent.
    Plain,
    /// Momentum: velocities.
    Momentum([Layers; 1]),
    /// AdamW: means of gradients and of their squares.
    AdamW([Layers; 2]),
}

impl Rule {
    /// The rule that a run begins with.
    pub(crate) fn new(optimizer: Optimizer, size: Size) -> Self {
        match optimizer {
            Optimizer::Sgd => Self::Plain,
            Optimizer::Momentum => Self::Momentum([Layers::zeros(size)]),
            Optimizer::AdamW => Self::AdamW([Layers::zeros(size), Layers::zeros(size)]),
        }
    }

    /// The suffixes of the names of what is remembered of each weight.
    pub(crate) fn suffixes(optimizer: Optimizer) -> &'static [&'static str] {
        match optimizer {
            Optimizer::Sgd => &[],
            Optimizer::Momentum => &["_velocity"],
            Optimizer::AdamW => &["_mean", "_square"],
        }
    }

    /// What is remembered, in the order of its suffixes.
    pub(crate) fn memory(&self) -> &[Layers] {
        match self {
            Self::Plain => &[],
            Self::Momentum(memory) => memory,
            Self::AdamW(memory) => memory,
        }
    }

    /// What is remembered, to be set.
    pub(crate) fn memory_mut(&mut self) -> &mut [Layers] {
        match self {
            Self::Plain => &mut [],
            Self::Momentum(memory) => memory,
            Self::AdamW(memory) => memory,
        }
    }

    /// Makes update `step`, counted from 1, at a learning rate, as [`Optimizer`] has the formulas. `Time: O(Np)`
    pub(crate) fn update(
        &mut self,
        level: Level,
        weights: &mut Layers,
        gradient: &Layers,
        at: Update<'_>,
    ) {
        let matrices = [
            (&mut weights.u, &gradient.u),
            (&mut weights.v, &gradient.v),
            (&mut weights.w, &gradient.w),
        ];
        let keep = (1.0 - at.learning_rate * at.spec.weight_decay) as f32;
        let eta = at.learning_rate as f32;
        match self {
            Self::Plain => {
                for (w, g) in matrices {
                    level.vectorize(
                        #[inline(always)]
                        || {
                            w.iter_mut()
                                .zip(g)
                                .for_each(|(w, g)| *w = keep * *w - eta * g)
                        },
                    );
                }
            }
            Self::Momentum([velocity]) => {
                let mu = at.spec.momentum as f32;
                let velocities = [&mut velocity.u, &mut velocity.v, &mut velocity.w];
                for ((w, g), u) in matrices.into_iter().zip(velocities) {
                    level.vectorize(
                        #[inline(always)]
                        || {
                            for ((w, g), u) in w.iter_mut().zip(g).zip(u) {
                                *u = mu * *u + g;
                                *w = keep * *w - eta * *u;
                            }
                        },
                    );
                }
            }
            Self::AdamW([mean, square]) => {
                let [beta1, beta2] = [at.spec.adam_beta1, at.spec.adam_beta2];
                // Both means begin at 0, and this is what makes up for it.
                let unbiased = |beta: f64| 1.0 / (1.0 - libm::pow(beta, at.step as f64));
                let rate = (at.learning_rate * unbiased(beta1)) as f32;
                let of_square = unbiased(beta2) as f32;
                let epsilon = at.spec.adam_epsilon as f32;
                let [b1, b2] = [beta1, beta2].map(|beta| beta as f32);
                let [c1, c2] = [beta1, beta2].map(|beta| (1.0 - beta) as f32);
                let memory = [&mut mean.u, &mut mean.v, &mut mean.w].into_iter().zip([
                    &mut square.u,
                    &mut square.v,
                    &mut square.w,
                ]);
                for ((w, g), (m, s)) in matrices.into_iter().zip(memory) {
                    level.vectorize(
                        #[inline(always)]
                        || {
                            for (((w, g), m), s) in w.iter_mut().zip(g).zip(m).zip(s) {
                                *m = b1 * *m + c1 * g;
                                *s = b2 * *s + c2 * g * g;
                                *w = keep * *w - rate * *m / ((of_square * *s).sqrt() + epsilon);
                            }
                        },
                    );
                }
            }
        }
    }
}

/// The place of an update in a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Update<'s> {
    pub(crate) spec: &'s Sgd,
    /// The number of the update, from 1.
    pub(crate) step: u64,
    /// η of the update.
    pub(crate) learning_rate: f64,
}
