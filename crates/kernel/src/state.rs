//! States of runs at the end of an epoch, as a checkpoint stores them.

use std::borrow::Cow;

use sparsegrok_data::{Dataset, Problem, RandomFamily};

use crate::loss::Loss;
use crate::shape::Shape;
use crate::spec::{Order, Sgd};
use crate::weights::Weights;

/// The state of a run at the end of an epoch, from which it continues to the same bits.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Epochs trained; 0 for a run that begins with these numbers.
    pub epoch: u64,
    /// Updates made.
    pub step: u64,
    /// State of a generator of random numbers; zeros where there is none.
    pub words: [u64; 4],
    /// The family's own numbers of the run: weights, for one.
    pub arrays: Arrays,
}

/// Arrays of numbers, each with a name, in an order of their own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arrays(Vec<(Cow<'static, str>, Vec<f64>)>);

impl Arrays {
    /// No arrays.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The same arrays and another, after them.
    pub fn with(mut self, name: impl Into<Cow<'static, str>>, values: Vec<f64>) -> Self {
        self.0.push((name.into(), values));
        self
    }

    /// Several sets of arrays of the same names as one: of each name, the values of all one after another.
    pub(crate) fn joined(sets: &[Self]) -> Self {
        let Some(Self(first)) = sets.first() else {
            return Self::new();
        };
        let whole = |(place, (name, _)): (usize, &(Cow<'static, str>, _))| {
            let values = sets.iter().flat_map(|Self(arrays)| &arrays[place].1);
            (name.clone(), values.copied().collect())
        };
        first.iter().enumerate().map(whole).collect()
    }

    /// The set of a place among `count` that were [joined](Self::joined), all of the same lengths; `None` where
    /// these cannot have been so many.
    pub(crate) fn part(&self, place: usize, count: usize) -> Option<Self> {
        let part = |(name, values): &(Cow<'static, str>, Vec<f64>)| {
            let length = values.len() / count;
            let is_whole = length * count == values.len();
            is_whole.then(|| (name.clone(), values[place * length..][..length].to_vec()))
        };
        self.0.iter().map(part).collect()
    }

    /// The array of a name.
    pub fn get(&self, name: &str) -> Option<&[f64]> {
        let mut named = self.iter();
        named.find_map(|(of, values)| (of == name).then_some(values))
    }

    /// The arrays of these names and lengths; `None` where they are others, or there are more.
    pub(crate) fn all<const N: usize>(&self, shape: [(&str, usize); N]) -> Option<[&[f64]; N]> {
        let array = |(name, length)| self.get(name).filter(|values| values.len() == length);
        let found = shape.map(array);
        let is_all = self.0.len() == N && found.iter().all(Option::is_some);
        is_all.then(|| found.map(Option::unwrap_or_default))
    }

    /// The arrays with their names, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &[f64])> {
        self.0.iter().map(|(name, values)| (&**name, &**values))
    }
}

impl FromIterator<(Cow<'static, str>, Vec<f64>)> for Arrays {
    fn from_iter<I: IntoIterator<Item = (Cow<'static, str>, Vec<f64>)>>(arrays: I) -> Self {
        Self(arrays.into_iter().collect())
    }
}

/// The state of a run of the linear family, of plain SGD.
///
/// It holds the weights as the kernel does, unscaled: the weights themselves are rounded. It is the
/// same for every kernel but the dense one, at every level and in any company, and so is what comes
/// of it.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearState {
    /// Epochs trained; 0 for a run that [begins with given weights](Self::beginning).
    pub epoch: u64,
    /// Updates made.
    pub step: u64,
    /// The factor between the stored weights and the weights.
    pub scale: f64,
    /// Stored signal weights, one per signal column.
    pub signal: Vec<f64>,
    /// Stored tail weights, one per tail column.
    pub tail: Vec<f64>,
    /// The addend of each training row's memorization weight to its margin, before the scale; for the
    /// dense reference the memorization weights themselves. Empty where nothing is memorized.
    pub memorization: Vec<f64>,
    /// Intercept; 0 where none is trained.
    pub bias: f64,
    /// The state from which the generator of visiting orders makes the next epoch's: that of native
    /// shuffles. Zeros where there is none, as orders are then drawn anew.
    pub generator: [u64; 4],
}

impl LinearState {
    /// The state of a run that begins with given weights, in place of the configuration's initial ones.
    /// Schedules go on as if `step` updates had been made; all else, visiting orders too, is as in any
    /// run that begins. Memorization weights are not for the dense reference, unless they are 0; nor is any of it for
    /// momentum and AdamW.
    ///
    /// ```
    /// use sparsegrok_data::{Dataset, Problem, TargetKind};
    /// use sparsegrok_kernel::{Job, KernelChoice, LinearState, Sgd, SimdChoice, State, Training, start};
    ///
    /// let rows = Dataset::dense(&[1.0, 2.0, -1.0, 0.5], 2, &[1.0, -1.0], TargetKind::Sign)?;
    /// let sgd = Sgd { epochs: 50, ..Sgd::default() };
    /// let first = sgd.fit(&rows)?;
    /// let state = State::from(LinearState::beginning(&first, &rows, sgd.loss, 100));
    /// let problem = Problem::new(rows, None, None)?;
    /// let job = Job { start: Some(&state), ..Job::new(&problem, &sgd) };
    /// let mut training = start(&[job], KernelChoice::Auto, SimdChoice::Auto)?;
    /// training.advance();
    /// assert!(training.model(0)?.score(&[1.0, 2.0]) > first.score(&[1.0, 2.0]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    /// When there are memorization weights, but not one for each row.
    pub fn beginning(weights: &Weights, data: &Dataset, loss: Loss, step: u64) -> Self {
        let own = &weights.memorization;
        assert!(own.is_empty() || own.len() == data.len(), "a weight a row");
        let sign = |row: usize| match loss.needs_signs() {
            true => data.targets()[row],
            false => 1.0,
        };
        let parts = data.memorization().map(|alpha| {
            let part = |row| {
                own.get(row)
                    .map_or(0.0, |weight| sign(row) * weight * alpha)
            };
            (0..data.len()).map(part).collect()
        });
        Self {
            epoch: 0,
            step,
            scale: 1.0,
            signal: weights.signal.clone(),
            tail: weights.tail.clone(),
            memorization: parts.unwrap_or_default(),
            bias: weights.bias,
            generator: [0; 4],
        }
    }

    /// Reads a state; `None` where its arrays are not those of the linear family.
    pub fn of(state: &State) -> Option<Self> {
        let arrays = &state.arrays;
        let array = |name| arrays.get(name).map(<[f64]>::to_vec);
        let number = |name| match arrays.get(name) {
            Some(&[x]) => Some(x),
            _ => None,
        };
        let read = Self {
            epoch: state.epoch,
            step: state.step,
            scale: number("scale")?,
            signal: array("signal")?,
            tail: array("tail")?,
            memorization: array("memorization")?,
            bias: number("bias")?,
            generator: state.words,
        };
        // Other arrays beside these are another family's: its weights must not be taken for ours.
        (arrays.iter().len() == 5).then_some(read)
    }

    /// Tells if it can be that of a run of `spec` on `problem` before its last epoch.
    pub fn fits(&self, spec: &Sgd, problem: &Problem) -> bool {
        let data = &problem.train;
        let rows = data.len();
        let memorized = data.memorization().map_or(0, |_| rows);
        let progress = match self.epoch {
            0 => self.generator == [0; 4],
            epoch => has_come_to(spec, data, epoch, self.step, self.generator),
        };
        // A state can come from a file: every relation between its parts that training relies on is
        // checked, so that a wrong file is refused and never read past an end.
        progress
            && self.scale > 0.0
            && self.signal.len() == data.features().signal_width()
            && self.tail.len() == data.features().tail_width()
            && self.memorization.len() == memorized
    }
}

/// Tells if a run of `spec` on these rows is after so many epochs at this step, with its last epoch to come, and can have
/// left its generator so.
pub(crate) fn has_come_to(
    spec: &Sgd,
    data: &Dataset,
    epoch: u64,
    step: u64,
    generator: [u64; 4],
) -> bool {
    let order = spec.visiting_order(Shape::of(data));
    let shuffles = order == Order::Shuffle && spec.rng == RandomFamily::Xoshiro256pp;
    // An epoch's steps follow from the epochs before.
    epoch < spec.epochs
        && epoch.checked_mul(spec.steps_per_epoch(data.len())) == Some(step)
        && shuffles == (generator != [0; 4])
}

impl From<LinearState> for State {
    fn from(state: LinearState) -> Self {
        Self {
            epoch: state.epoch,
            step: state.step,
            words: state.generator,
            arrays: Arrays::new()
                .with("scale", vec![state.scale])
                .with("bias", vec![state.bias])
                .with("signal", state.signal)
                .with("tail", state.tail)
                .with("memorization", state.memorization),
        }
    }
}
