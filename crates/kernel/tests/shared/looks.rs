//! Looks at runs in training.

use sparsegrok_kernel::{Evaluation, Figure, SideBySide, Training};

/// Compares looks at a lane with its evaluation of the same epoch.
pub(crate) fn compare_looks(training: &mut SideBySide<'_>, lane: usize, figures: &Evaluation) {
    for accuracy in around(figures[Figure::TrainAcc])
        .into_iter()
        .chain([0.5, 0.9, 0.99])
    {
        assert_eq!(
            training.reaches(lane, Figure::TrainAcc, accuracy),
            Some(figures[Figure::TrainAcc] >= accuracy),
            "{accuracy} {figures:?}"
        );
    }
    for loss in around(figures[Figure::TrainLoss])
        .into_iter()
        .chain([0.1, 0.5])
    {
        assert_eq!(
            training.reaches(lane, Figure::TrainLoss, loss),
            Some(figures[Figure::TrainLoss] <= loss),
            "{loss} {figures:?}"
        );
    }
    let population = figures.get(Figure::PopulationAcc);
    for level in around(population.unwrap_or(0.5)) {
        assert_eq!(
            training.reaches(lane, Figure::PopulationAcc, level),
            population.map(|accuracy| accuracy >= level),
            "{level} {figures:?}"
        );
    }
    assert_eq!(training.reaches(lane, Figure::TestAcc, 0.5), None);
}

/// A value, and the nearest above and below it.
fn around(x: f64) -> [f64; 3] {
    [x.next_down(), x, x.next_up()]
}
