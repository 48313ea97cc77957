//! The progress of a study: a bar on a terminal, else a line now and then.

use std::time::{Duration, Instant};

use sparsegrok_run::Status;
use sparsegrok_study::{Group, Study};

use crate::exit::say;
use crate::live::Live;
use crate::number::{counted, duration, rate};
use crate::progress::Display;

/// Time from one line to the next where there is no bar.
const BETWEEN_LINES: Duration = Duration::from_secs(10);

/// Progress of a study: counts finished groups and reports them on standard error.
pub(crate) struct StudyProgress<'s> {
    study: &'s Study,
    /// Work of one run of each cell, relative to each other.
    weights: Vec<f64>,
    all_work: f64,
    work: f64,
    cell: usize,
    runs: u64,
    grokked: u64,
    seed_steps: u64,
    started: Instant,
    display: Display,
    /// True if the latest run is drawn.
    live: bool,
}

impl<'s> StudyProgress<'s> {
    pub(crate) fn new(study: &'s Study, live: bool) -> Self {
        let cells = study.cells().map(|cell| cell.config);
        // Cells of files all have the same rows.
        let weights: Vec<f64> = cells
            .map(|config| match config.files.train {
                Some(_) => config.train.epochs as f64,
                None => config.train.epochs as f64 * config.synthetic.n_train as f64,
            })
            .collect();
        let template = match live {
            true => "{msg}\n{wide_bar}",
            false => "{wide_bar} {msg}",
        };
        Self {
            study,
            all_work: weights.iter().sum::<f64>() * study.spec().seeds.len() as f64,
            weights,
            work: 0.0,
            cell: 0,
            runs: 0,
            grokked: 0,
            seed_steps: 0,
            started: Instant::now(),
            display: Display::new(template, study.runs(), BETWEEN_LINES).waiting(),
            live,
        }
    }

    /// A group is done.
    pub(crate) fn add(&mut self, group: &Group) {
        let runs = group.records.len() as u64;
        self.cell = group.cell;
        self.runs += runs;
        let grokked = group.records.iter();
        let grokked = grokked.filter(|record| record.milestones.status == Status::Grokked);
        self.grokked += grokked.count() as u64;
        self.seed_steps += group.seed_steps;
        self.work += self.weights[group.cell] * runs as f64;
        self.display.bar.set_position(self.runs);
        let standing = self.standing();
        let (study, live) = (self.study, self.live);
        let picture = || {
            live.then(|| picture(study, group))
                .flatten()
                .unwrap_or_default()
        };
        self.display
            .show(|| picture() + &standing, || standing.clone());
    }

    /// All is done, or will not be.
    pub(crate) fn finish(self, quiet: bool) {
        self.display.bar.finish_and_clear();
        if quiet {
            return;
        }
        say(format_args!(
            "{} in {}, {}",
            counted(self.runs, "run"),
            duration(self.started.elapsed()),
            self.rate()
        ));
    }

    fn standing(&self) -> String {
        let left = self.started.elapsed().as_secs_f64() * (self.all_work / self.work - 1.0);
        let left = Duration::try_from_secs_f64(left).unwrap_or(Duration::MAX);
        format!(
            "cell {} of {}, run {} of {}, grokked so far {} of {}, {}, {} left",
            self.cell + 1,
            self.study.cells().len(),
            self.runs,
            self.study.runs(),
            self.grokked,
            self.runs,
            self.rate(),
            duration(left)
        )
    }

    fn rate(&self) -> String {
        let seconds = self.started.elapsed().as_secs_f64();
        rate(self.seed_steps as f64 / seconds, "seed-steps")
    }
}

/// The accuracy of a group's last run.
fn picture(study: &Study, group: &Group) -> Option<String> {
    let record = group.records.last()?;
    let mut live = Live::new(study.cell(group.cell).config.train.epochs);
    record
        .trace
        .iter()
        .for_each(|evaluation| live.add(&evaluation));
    Some(format!("{}\nseed {}; ", live.picture(), record.seeds.seed))
}
