//! Figures that are computed only where they are asked for.
//!
//! Each has a file: its formula, its source, its cost. They are functions of a model and the rows that trained it alone,
//! computed in one order, so that they are the same bits for any kernel, lane, instruction set and number of threads.

use std::cell::OnceCell;

use sparsegrok_data::Dataset;

use crate::blocks::Threads;
use crate::figure::{Evaluation, Figure, FigureSet};
use crate::spec::Sgd;
use crate::weights::Weights;

use self::hessian::Hessian;
use self::max_margin::Headed;

mod bound;
mod columns;
mod description;
mod hessian;
mod lanczos;
mod max_margin;
mod sparsity;

/// The figures that a run's evaluations are asked for.
#[derive(Debug)]
pub struct Asked {
    figures: FigureSet,
    /// The max-margin solution of the training rows, when it has been looked for; it is the same at every evaluation.
    headed: OnceCell<Option<Headed>>,
}

/// The models of a run and the rows that train each: one, or one a class.
#[derive(Clone, Copy, Debug)]
pub struct Trained<'t> {
    /// The models.
    pub models: &'t [Weights],
    /// The rows of each model, with its targets.
    pub rows: &'t [&'t Dataset],
    /// The settings that trained them.
    pub spec: &'t Sgd,
}

impl Asked {
    /// Those of a set that wait to be asked, for the evaluations of one run.
    pub fn new(figures: FigureSet) -> Self {
        Self {
            figures,
            headed: OnceCell::new(),
        }
    }

    /// Adds the figures to an evaluation. One that is not finite does not exist: a model has diverged only where its
    /// weights or usual figures are not.
    pub fn add(&self, found: &mut Evaluation, of: Trained<'_>, threads: &Threads) {
        let mut put = |figure, value: Option<f64>| {
            found.set(figure, value.filter(|value| value.is_finite()));
        };
        let asked = |figure| self.figures.has(figure);
        if asked(Figure::EffectiveWeights) || asked(Figure::Gini) {
            let sizes = sparsity::sizes(of.models);
            if asked(Figure::EffectiveWeights) {
                put(Figure::EffectiveWeights, sparsity::effective_number(&sizes));
            }
            if asked(Figure::Gini) {
                put(Figure::Gini, sparsity::gini(sizes));
            }
        }
        if asked(Figure::DescriptionLength) {
            let bits = description::bits(of.models, of.rows, of.spec, threads);
            put(Figure::DescriptionLength, bits);
        }
        if asked(Figure::HessianTrace) || asked(Figure::Sharpness) {
            // The Hessian of a sum over models is one of blocks: their traces add up, and the largest eigenvalue of all
            // is that of one of them.
            let hessians = of.models.iter().zip(of.rows);
            let hessians = hessians.map(|(model, rows)| Hessian::of(model, rows, of.spec, threads));
            let hessians: Option<Vec<Hessian<'_>>> = hessians.collect();
            if asked(Figure::HessianTrace) {
                let traces = hessians.iter().flatten().map(|of| of.trace(threads));
                put(
                    Figure::HessianTrace,
                    hessians
                        .is_some()
                        .then(|| traces.fold(0.0, |sum, x| sum + x)),
                );
            }
            if asked(Figure::Sharpness) {
                let largest = hessians.iter().flatten().map(Hessian::largest_eigenvalue);
                // With `max` numbers that are none would be passed over.
                let greater = |a: f64, b: f64| if a >= b { a } else { b };
                put(Figure::Sharpness, largest.reduce(greater));
            }
        }
        // Both are about one model that tells two labels apart.
        let &Trained {
            models: [model],
            rows: [rows],
            spec,
        } = &of
        else {
            return;
        };
        if asked(Figure::PacBayes) {
            put(Figure::PacBayes, bound::pac_bayes(model, rows, spec));
        }
        if asked(Figure::MaxMarginAngle) {
            let headed = self.headed.get_or_init(|| Headed::of(rows, spec));
            let angle = headed.as_ref().and_then(|headed| headed.angle(model));
            put(Figure::MaxMarginAngle, angle);
        }
    }
}
