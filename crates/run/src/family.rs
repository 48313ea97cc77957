//! The seam between families of models and the loop that trains them.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use sparsegrok_config::Config;
use sparsegrok_data::{InvalidSetting, shown};
use sparsegrok_kernel::{Figure, FigureSet, State, Training};

use crate::form::{Company, Form};
use crate::load::{LoadError, Loaded};
use crate::saved_model::SavedModel;
use crate::seeds::RunSeeds;

/// A family of models: how its data come about, and how its runs are started.
///
/// All else is the same for every family: a study trains its runs by the epoch, evaluates them, looks for
/// thresholds in them, keeps them while they are under way, and tells of them. [`Linear`](crate::models::Linear) is one;
/// `tests/second_family.rs` has another in few lines.
pub trait Family: fmt::Debug + Send + Sync + 'static {
    /// The data a run learns from.
    type Data: Send + Sync + 'static;

    /// The figures that its evaluations may have.
    fn figures(&self) -> &[Figure];

    /// Draws or reads the data of a run. Files that take more than `most_memory` bytes are refused.
    ///
    /// # Errors
    /// As [`LoadError`] lists.
    fn data(
        &self,
        config: &Config,
        seeds: &RunSeeds,
        most_memory: u64,
    ) -> Result<Loaded<Self::Data>, LoadError>;

    /// Tells if all runs of two configurations, or of one and the same, learn from the same data,
    /// whatever their seeds.
    fn shares_data(&self, _config: &Config, _with: &Config) -> bool {
        false
    }

    /// Tells if runs of the same seeds of two configurations visit the same rows in the same order, so that they can
    /// be trained side by side as one run would be. It is an equivalence, and looks at each setting by itself: what it
    /// says of two configurations that differ in one setting holds whatever values they have in common.
    fn shares_visits(&self, _config: &Config, _with: &Config) -> bool {
        false
    }

    /// The data of a run, made of those of a run of the same seeds with which it [shares
    /// visits](Self::shares_visits): it has the very same rows in memory. `None` where all is the same.
    fn data_like(&self, _config: &Config, _of: &Self::Data) -> Option<Self::Data> {
        None
    }

    /// Starts the first of some runs: as many as are trained side by side.
    ///
    /// A run's results are a function of its data, its seeds and its configuration alone, whatever
    /// company it is in, and whether it begins or goes on from a state that [fits](Self::fits).
    ///
    /// # Errors
    /// When a setting is out of range, or does not fit the data.
    fn start<'a>(
        &self,
        runs: &[Start<'a, Self::Data>],
    ) -> Result<Box<dyn Training + 'a>, InvalidSetting>;

    /// The state of a run that begins with the weights of a saved model.
    ///
    /// # Errors
    /// When the model does not fit the data, or models of the family cannot begin so.
    fn beginning(
        &self,
        _config: &Config,
        _data: &Self::Data,
        model: &SavedModel,
    ) -> Result<State, LoadError> {
        Err(LoadError::Setting(InvalidSetting {
            key: "continue_from",
            value: shown(&model.file.path).to_string(),
            expected: "to be left out, as this `family` begins with weights of its own",
        }))
    }

    /// Tells if a state, read from a file, can be that of a run on some data.
    fn fits(&self, config: &Config, data: &Self::Data, state: &State) -> bool;

    /// The cost of runs that are trained together, of a configuration or some that share visits with it; `None` where
    /// nothing is known of it, as before files are read.
    fn cost(
        &self,
        _config: &Config,
        _company: Company,
        _data: Option<&Self::Data>,
    ) -> Option<Cost> {
        None
    }
}

/// A run to be started.
#[derive(Debug)]
pub struct Start<'a, D: ?Sized> {
    /// Its configuration.
    pub config: &'a Config,
    /// The data it learns from.
    pub data: &'a D,
    /// Its seeds.
    pub seeds: RunSeeds,
    /// Figures that its evaluations are asked for beside the usual ones.
    pub asked: FigureSet,
    /// The state it goes on from, or begins with: at epoch 0. `None` for a run that begins as its configuration says.
    pub state: Option<&'a State>,
}

impl<D: ?Sized> Clone for Start<'_, D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D: ?Sized> Copy for Start<'_, D> {}

/// The cost of runs that are trained together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Bytes that the data of one run take.
    pub data: u64,
    /// Bytes that the training of all takes at its fullest, without the weights that are kept of runs that have ended.
    pub training: u64,
    /// Updates of an epoch of one run.
    pub steps_per_epoch: u64,
    /// The form in which they are trained.
    pub form: Form,
    /// Bytes of the [`State`] of a run, or of its weights.
    pub state: u64,
}

/// Data of any family.
pub type AnyData = dyn Any + Send + Sync;

/// Any family, so that studies need not be generic over one: its data go by without their type.
///
/// Every [`Family`] is one; its methods mean the same here.
#[expect(missing_docs, reason = "each is the family's own method of that name")]
#[expect(
    clippy::missing_errors_doc,
    reason = "each is the family's own method of that name"
)]
pub trait AnyFamily: fmt::Debug + Send + Sync {
    fn figures(&self) -> &[Figure];
    fn data(
        &self,
        config: &Config,
        seeds: &RunSeeds,
        most_memory: u64,
    ) -> Result<Loaded<Arc<AnyData>>, LoadError>;
    fn shares_data(&self, config: &Config, with: &Config) -> bool;
    fn shares_visits(&self, config: &Config, with: &Config) -> bool;
    fn data_like(&self, config: &Config, of: &Arc<AnyData>) -> Arc<AnyData>;
    fn start<'a>(
        &self,
        runs: &[Start<'a, AnyData>],
    ) -> Result<Box<dyn Training + 'a>, InvalidSetting>;
    fn beginning(
        &self,
        config: &Config,
        data: &AnyData,
        model: &SavedModel,
    ) -> Result<State, LoadError>;
    fn fits(&self, config: &Config, data: &AnyData, state: &State) -> bool;
    fn cost(&self, config: &Config, company: Company, data: Option<&AnyData>) -> Option<Cost>;
}

impl<F: Family> AnyFamily for F {
    fn figures(&self) -> &[Figure] {
        Family::figures(self)
    }

    fn data(
        &self,
        config: &Config,
        seeds: &RunSeeds,
        most_memory: u64,
    ) -> Result<Loaded<Arc<AnyData>>, LoadError> {
        let loaded = Family::data(self, config, seeds, most_memory)?;
        Ok(Loaded {
            problem: Arc::new(loaded.problem),
            zero_one: loaded.zero_one,
            files: loaded.files,
        })
    }

    fn shares_data(&self, config: &Config, with: &Config) -> bool {
        Family::shares_data(self, config, with)
    }

    fn shares_visits(&self, config: &Config, with: &Config) -> bool {
        Family::shares_visits(self, config, with)
    }

    fn data_like(&self, config: &Config, of: &Arc<AnyData>) -> Arc<AnyData> {
        match Family::data_like(self, config, own::<F>(&**of)) {
            Some(data) => Arc::new(data),
            None => Arc::clone(of),
        }
    }

    fn start<'a>(
        &self,
        runs: &[Start<'a, AnyData>],
    ) -> Result<Box<dyn Training + 'a>, InvalidSetting> {
        let own = |run: &Start<'a, AnyData>| Start {
            config: run.config,
            data: own::<F>(run.data),
            seeds: run.seeds,
            asked: run.asked,
            state: run.state,
        };
        let runs: Vec<_> = runs.iter().map(own).collect();
        Family::start(self, &runs)
    }

    fn beginning(
        &self,
        config: &Config,
        data: &AnyData,
        model: &SavedModel,
    ) -> Result<State, LoadError> {
        Family::beginning(self, config, own::<F>(data), model)
    }

    fn fits(&self, config: &Config, data: &AnyData, state: &State) -> bool {
        Family::fits(self, config, own::<F>(data), state)
    }

    fn cost(&self, config: &Config, company: Company, data: Option<&AnyData>) -> Option<Cost> {
        Family::cost(self, config, company, data.map(own::<F>))
    }
}

/// A family's data with their type.
fn own<F: Family>(data: &AnyData) -> &F::Data {
    data.downcast_ref().expect("data of the family itself")
}
