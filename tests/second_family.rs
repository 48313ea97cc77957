//! A second family of models behind the seam, a running mean: studied, stopped, resumed, read, reported.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use sparsegrok_config::{Config, Settings};
use sparsegrok_data::InvalidSetting;
use sparsegrok_kernel::{Arrays, Diverged, Evaluation, Figure, State, Training};
use sparsegrok_run::models::{Family, Start};
use sparsegrok_run::{LoadError, Loaded, RunSeeds};
use sparsegrok_study::{Directory, Study, StudyResults};

use crate::support::{folder, printed, text};

/// The family of means of numbers that are drawn at random, each of which pulls its mean a little.
#[derive(Clone, Debug, Default)]
struct RunningMean {
    stop: Arc<AtomicBool>,
    /// The epoch of any run in which `stop` is set.
    stops_in: u64,
}

struct Run<'a> {
    family: RunningMean,
    rate: f64,
    numbers: &'a [f64],
    epoch: u64,
    random: u64,
    mean: f64,
}

impl Family for RunningMean {
    type Data = Vec<f64>;

    fn figures(&self) -> &[Figure] {
        &[Figure::TrainLoss, Figure::TestLoss]
    }

    fn data(
        &self,
        config: &Config,
        seeds: &RunSeeds,
        _most_memory: u64,
    ) -> Result<Loaded<Vec<f64>>, LoadError> {
        let number = |i| ((37 * i + 11 * seeds.seed) % 101) as f64 / 101.0;
        let numbers = (0..config.synthetic.n_train as u64).map(number);
        Ok(Loaded::from(numbers.collect::<Vec<_>>()))
    }

    fn start<'a>(
        &self,
        runs: &[Start<'a, Vec<f64>>],
    ) -> Result<Box<dyn Training + 'a>, InvalidSetting> {
        let state = runs[0].state;
        Ok(Box::new(Run {
            family: self.clone(),
            rate: runs[0].config.train.learning_rate,
            numbers: runs[0].data,
            epoch: state.map_or(0, |state| state.epoch),
            random: state.map_or(runs[0].seeds.order, |state| state.words[0]),
            mean: state.map_or(0.0, |state| state.arrays.get("mean").unwrap()[0]),
        }))
    }

    fn fits(&self, _config: &Config, _data: &Vec<f64>, state: &State) -> bool {
        matches!(state.arrays.get("mean"), Some([_]))
    }
}

impl Training for Run<'_> {
    fn lanes(&self) -> usize {
        1
    }

    fn advance(&mut self) {
        for _ in self.numbers {
            self.random = self
                .random
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1);
            let number = self.numbers[(self.random >> 33) as usize % self.numbers.len()];
            self.mean += self.rate * (number - self.mean);
        }
        self.epoch += 1;
        let stops = self.epoch == self.family.stops_in;
        self.family.stop.fetch_or(stops, Relaxed);
    }

    fn diverged(&self, _lane: usize) -> Option<Diverged> {
        None
    }

    fn evaluate(&self, _lane: usize) -> Result<Evaluation, Diverged> {
        let squares = self.numbers.iter().map(|x| (x - self.mean).powi(2));
        Ok(Evaluation::new(self.epoch)
            .with(
                Figure::TrainLoss,
                squares.sum::<f64>() / self.numbers.len() as f64,
            )
            .with(Figure::TestLoss, (self.mean - 0.5).powi(2)))
    }

    fn state(&self, lane: usize) -> State {
        State {
            epoch: self.epoch,
            step: self.epoch * self.numbers.len() as u64,
            words: [self.random, 0, 0, 0],
            arrays: self.weights(lane),
        }
    }

    fn weights(&self, _lane: usize) -> Arrays {
        Arrays::new().with("mean", vec![self.mean])
    }
}

/// Thirty runs, four of them at a time.
fn study(family: RunningMean) -> Study {
    let flags = [
        ("n_train", "20"),
        ("learning_rate", "0.01"),
        ("epochs", "60"),
        ("eval_every", "5"),
        ("seeds", "0..30"),
        ("threads", "4"),
        ("figures", "train_acc,train_loss,test_loss"),
        ("mem_figure", "train_loss"),
        ("mem_threshold", "0.15"),
        ("gen_figure", "test_loss"),
        ("gen_threshold", "0.02"),
    ];
    let settings = Settings::layered(None, None, &flags).unwrap();
    Study::new(settings.config().unwrap())
        .unwrap()
        .of_family(family)
}

/// Trains what there is to be trained yet; the number of runs there are then.
fn train(mut directory: Directory<'_>, stop: &AtomicBool) -> u64 {
    let ran = directory.run(stop, |_| ()).unwrap();
    directory.finish(&ran).unwrap();
    ran.runs
}

#[test]
fn another_family_is_studied_stopped_resumed_read_and_reported() {
    let folder = folder();
    let [whole, resumed] = ["whole", "resumed"].map(|name| folder.path().join(name));
    let never = AtomicBool::new(false);
    let as_it_is = study(RunningMean::default());
    assert_eq!(
        train(Directory::create(&whole, false, &as_it_is).unwrap(), &never),
        30
    );

    let stop = Arc::new(AtomicBool::new(false));
    let stopping = study(RunningMean {
        stop: Arc::clone(&stop),
        stops_in: 40,
    });
    let begun = train(
        Directory::create(&resumed, false, &stopping).unwrap(),
        &stop,
    );
    assert!(begun < 30, "{begun} runs");
    let unfinished = Directory::unfinished(&resumed).unwrap().unwrap();
    let (finished, under_way) = unfinished.counts();
    assert!(
        finished < 4 && under_way > 0,
        "{finished} groups, {under_way} others"
    );
    let directory = Directory::resume(&resumed, unfinished, &as_it_is).unwrap();
    assert_eq!(train(directory, &never), 30);
    let bytes =
        |path: &Path| ["records.csv", "curves.csv", "traces.csv"].map(|name| text(path.join(name)));
    assert!(bytes(&whole) == bytes(&resumed));

    let results = StudyResults::read(&resumed).unwrap();
    for record in &results.records {
        assert!(
            record.milestones.t_gen.at > record.milestones.t_mem.at,
            "{record:?}"
        );
        let there: Vec<bool> = record.finals.iter().map(Option::is_some).collect();
        assert_eq!(there, [false, true, true]);
    }
    let curves = results.read_curves().unwrap();
    let losses: Vec<f64> = curves[0]
        .points
        .iter()
        .map(|point| point.figures[2].unwrap().q50)
        .collect();
    assert!(losses[0] > 0.1 && losses.last() < Some(&0.01), "{losses:?}");
    printed(&format!("report {}", resumed.display()));
    assert!(text(resumed.join("report/index.html")).contains("test loss"));
}
