//! The family of networks on one-hot inputs, trained one at a time on tables of modular arithmetic.

use sparsegrok_config::{Config, Source};
use sparsegrok_data::InvalidSetting;
use sparsegrok_kernel::{Figure, KernelChoice, Sharing, State, Training};
use sparsegrok_network::{FIGURES, Job, Network, Table, fits, training_bytes};

use crate::family::{Cost, Family, Start};
use crate::form::{Company, Form};
use crate::load::{LoadError, Loaded};
use crate::seeds::{RunSeeds, vary_data};

/// The family of networks on one-hot inputs.
#[derive(Clone, Copy, Debug)]
pub struct Networks;

impl Family for Networks {
    type Data = Table;

    fn figures(&self) -> &[Figure] {
        &FIGURES
    }

    fn data(
        &self,
        config: &Config,
        seeds: &RunSeeds,
        _most_memory: u64,
    ) -> Result<Loaded<Table>, LoadError> {
        let data = seeds.of_source(Source::Data).unwrap_or_default();
        let noise = seeds.of_source(Source::Noise).unwrap_or(data);
        let label_noise = config.synthetic.label_noise;
        Ok(Loaded::from(Table::draw(
            &config.network,
            label_noise,
            data,
            noise,
        )?))
    }

    fn shares_data(&self, config: &Config, with: &Config) -> bool {
        let of = |config: &Config| {
            let network = &config.network;
            let size = (network.modulus, network.operation, network.n_train());
            let drawn = &config.synthetic;
            let noise = (
                drawn.label_noise.to_bits(),
                drawn.data_seed,
                drawn.noise_seed,
            );
            (!vary_data(config)).then_some((size, noise))
        };
        of(config).is_some_and(|data| of(with) == Some(data))
    }

    fn start<'a>(
        &self,
        runs: &[Start<'a, Table>],
    ) -> Result<Box<dyn Training + 'a>, InvalidSetting> {
        let run = &runs[0];
        let level = run.config.engine.simd.level()?;
        let job = job(run.config, run.data, &run.seeds, run.state);
        Ok(Box::new(Network::start(job, level)?))
    }

    fn fits(&self, config: &Config, data: &Table, state: &State) -> bool {
        // A state is checked against sizes, which no seed changes.
        RunSeeds::of(config, 0).is_ok_and(|seeds| fits(&job(config, data, &seeds, None), state))
    }

    fn cost(&self, config: &Config, company: Company, _data: Option<&Table>) -> Option<Cost> {
        let (network, spec) = (&config.network, &config.train);
        let weights = 3 * network.modulus as u64 * network.width as u64;
        let copies = 1 + spec.optimizer.memory() as u64;
        Some(Cost {
            data: Table::bytes(network.rows()),
            training: training_bytes(network, spec),
            steps_per_epoch: spec.steps_per_epoch(network.n_train()),
            form: Form {
                kernel: KernelChoice::Scalar,
                company,
                sharing: Sharing::Nothing,
                alone: "each product of a network's matrices fills the registers by itself",
            },
            state: copies * weights * size_of::<f64>() as u64,
        })
    }
}

/// A run of a configuration.
fn job<'a>(
    config: &'a Config,
    table: &'a Table,
    seeds: &RunSeeds,
    start: Option<&'a State>,
) -> Job<'a> {
    Job {
        network: &config.network,
        spec: &config.train,
        init_scale: config.model.init_scale,
        init_seed: seeds.init,
        order_seed: seeds.order,
        table,
        start,
    }
}
