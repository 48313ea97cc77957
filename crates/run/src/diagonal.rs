//! The family of diagonal networks, trained one at a time on synthetic rows.

use sparsegrok_config::Config;
use sparsegrok_data::{InvalidSetting, Problem};
use sparsegrok_diagonal::{Diagonal, FIGURES, Job, fits, training_bytes};
use sparsegrok_kernel::{Figure, KernelChoice, Sharing, State, Training};

use crate::family::{Cost, Family, Start};
use crate::form::{Company, Form};
use crate::linear::Linear;
use crate::load::{LoadError, Loaded};
use crate::seeds::RunSeeds;

/// The family of diagonal networks. Their rows are those that linear models would learn from.
#[derive(Clone, Copy, Debug)]
pub struct DiagonalNetworks;

impl Family for DiagonalNetworks {
    type Data = Problem;

    fn figures(&self) -> &[Figure] {
        &FIGURES
    }

    fn data(
        &self,
        config: &Config,
        seeds: &RunSeeds,
        most_memory: u64,
    ) -> Result<Loaded<Problem>, LoadError> {
        Family::data(&Linear, config, seeds, most_memory)
    }

    fn shares_data(&self, config: &Config, with: &Config) -> bool {
        Family::shares_data(&Linear, config, with)
    }

    fn start<'a>(
        &self,
        runs: &[Start<'a, Problem>],
    ) -> Result<Box<dyn Training + 'a>, InvalidSetting> {
        let run = &runs[0];
        let job = Job {
            spec: &run.config.train,
            init_scale: run.config.model.init_scale,
            problem: run.data,
            asked: run.asked,
            start: run.state,
        };
        let level = run.config.engine.simd.level()?;
        Ok(Box::new(Diagonal::start(job, level)?))
    }

    fn fits(&self, config: &Config, data: &Problem, state: &State) -> bool {
        (1..config.train.epochs).contains(&state.epoch) && fits(data, state)
    }

    fn cost(&self, config: &Config, company: Company, data: Option<&Problem>) -> Option<Cost> {
        let of_rows = Family::cost(&Linear, config, company, data)?;
        let (rows, columns) = match data {
            Some(problem) => {
                let features = problem.train.features();
                (problem.train.len(), features.signal_width())
            }
            None => (config.synthetic.n_train, config.synthetic.d_signal),
        };
        Some(Cost {
            data: of_rows.data,
            training: training_bytes(rows, columns),
            steps_per_epoch: 1,
            form: Form {
                kernel: KernelChoice::Scalar,
                company,
                sharing: Sharing::Nothing,
                alone: "a step of a diagonal network reads all rows",
            },
            state: 2 * (columns * size_of::<f64>()) as u64,
        })
    }
}
