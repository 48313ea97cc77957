//! The family of models that another program trained: their curves are judged, and nothing of them is trained here.

use sparsegrok_config::Config;
use sparsegrok_data::InvalidSetting;
use sparsegrok_kernel::{Figure, State, Training};

use crate::family::{Family, Start};
use crate::load::{LoadError, Loaded};
use crate::seeds::RunSeeds;

/// The family of foreign models. They may have any figure, and none can be started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Foreign;

impl Family for Foreign {
    type Data = ();

    fn figures(&self) -> &[Figure] {
        &Figure::ALL
    }

    fn data(
        &self,
        _config: &Config,
        _seeds: &RunSeeds,
        _most_memory: u64,
    ) -> Result<Loaded<()>, LoadError> {
        Err(untrainable().into())
    }

    fn start<'a>(&self, _runs: &[Start<'a, ()>]) -> Result<Box<dyn Training + 'a>, InvalidSetting> {
        Err(untrainable())
    }

    fn fits(&self, _config: &Config, _data: &(), _state: &State) -> bool {
        false
    }
}

fn untrainable() -> InvalidSetting {
    InvalidSetting {
        key: "family",
        value: "foreign".to_owned(),
        expected: "one that can be trained here: of foreign runs there are curves alone",
    }
}
