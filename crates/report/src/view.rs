//! The source of all pictures: a study's results, cell by cell, as they are to be seen.

use sparsegrok_analysis::{cautions, spreads};
use sparsegrok_config::{Config, EvaluateSpec};
use sparsegrok_kernel::Figure;
use sparsegrok_log::Shard;
use sparsegrok_plot::number::{count, number, rounded};
use sparsegrok_plot::{Key, Paint, Sign, Stroke};
use sparsegrok_run::{Run, Status};
use sparsegrok_statistics::{Distribution, Lifetime};
use sparsegrok_study::prediction::{CellPrediction, theory_setting};
use sparsegrok_study::summary::{CellSummary, Scaling, Spread, SpreadOf, Timed, Times};
use sparsegrok_study::{Curves, KeptTrace, ResultsError, StudyResults};
use sparsegrok_theory::Prediction;
use toml::Value;

use crate::keys;

/// Seeds from which on a band shows the middle half of them: fewer say nothing of quartiles.
pub(crate) const ENOUGH_FOR_QUARTILES: usize = 5;
/// Seeds from which on a band shows nine tenths of them.
pub(crate) const ENOUGH_FOR_TAILS: usize = 20;

/// Points of a theoretical curve.
const THEORY_POINTS: usize = 120;

/// A study, or a single run, in the form in which it is drawn.
#[derive(Clone, Debug)]
pub struct View {
    /// The grid's axes; none where nothing varies.
    pub(crate) axes: Vec<GridAxis>,
    /// The cells begun, in the study's order.
    pub(crate) cells: Vec<CellView>,
    /// The thresholds of memorizing and generalizing.
    pub(crate) evaluate: EvaluateSpec,
    /// Number of runs that came to their end.
    pub(crate) runs: u64,
    /// Number of runs planned.
    pub(crate) planned: u64,
    /// The shard of the study, if the view is of one.
    pub(crate) shard: Option<Shard>,
    /// Number of cells planned.
    pub(crate) cells_planned: usize,
    /// Laws of T_gen along the axes.
    pub(crate) scaling: Vec<Scaling>,
    /// Sentences on where the spread between runs comes from.
    pub(crate) spreads: Vec<String>,
    /// Cautions about the times for a reader, each a sentence.
    pub(crate) cautions: Vec<String>,
    /// The names of runs and of time.
    pub(crate) words: Words,
}

/// The names of runs and of time: runs that another program trained may be no seeds, and their time,
/// in the unit in which it was logged, no epochs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) run: &'static str,
    pub(crate) runs: &'static str,
    /// The title of an axis of time.
    pub(crate) time_axis: &'static str,
    /// The unit of a time in a sentence, after a space; empty where it is not known.
    pub(crate) time_unit: &'static str,
}

impl Words {
    pub(crate) const SEEDS: Self = Self {
        run: "seed",
        runs: "seeds",
        time_axis: "epoch",
        time_unit: " epochs",
    };
    pub(crate) const FOREIGN: Self = Self {
        run: "run",
        runs: "runs",
        time_axis: "time, as it was logged",
        time_unit: "",
    };

    fn of(is_foreign: bool) -> Self {
        if is_foreign {
            Self::FOREIGN
        } else {
            Self::SEEDS
        }
    }

    /// All of the time, as in `1 % of the epochs`.
    pub(crate) fn span(&self) -> &'static str {
        match self.time_unit.trim() {
            "" => "time",
            unit => unit,
        }
    }

    /// The title of an axis of a time that is reached, as in `T_{gen}, epochs`.
    pub(crate) fn with_unit(&self, name: &str) -> String {
        match self.time_unit.trim() {
            "" => name.to_owned(),
            unit => format!("{name}, {unit}"),
        }
    }

    /// A number of runs with their name.
    pub(crate) fn counted(&self, runs: u64) -> String {
        let noun = if runs == 1 { self.run } else { self.runs };
        format!("{} {noun}", count(runs))
    }
}

/// An axis of the grid.
#[derive(Clone, Debug)]
pub(crate) struct GridAxis {
    /// The key of the setting that varies along it.
    pub(crate) key: String,
    /// The values, in order.
    pub(crate) values: Vec<Value>,
}

/// A cell in the form in which it is drawn.
#[derive(Clone, Debug)]
pub(crate) struct CellView {
    /// The cell's number.
    pub(crate) number: usize,
    /// The settings that tell it from the others: `λ = 10⁻⁴, R = 100`.
    pub(crate) name: String,
    /// The index of the cell's value on each axis of the grid.
    pub(crate) place: Vec<usize>,
    /// The cell's configuration.
    pub(crate) config: Config,
    /// Number of its runs.
    pub(crate) runs: u64,
    /// Figures by epoch.
    pub(crate) curves: Vec<Curve>,
    /// The same of single seeds.
    pub(crate) singles: Vec<Single>,
    /// T_mem over its runs.
    pub(crate) t_mem: Option<Time>,
    /// T_gen over its runs.
    pub(crate) t_gen: Option<Time>,
    /// Number of its runs without T_gen that reached the threshold too late to be confirmed.
    pub(crate) unconfirmed: usize,
    /// Each run's T_gen, or when it was last seen without.
    pub(crate) lifetimes: Vec<Lifetime>,
    /// The status of more than half of the runs; `None` where they are mixed.
    pub(crate) phase: Option<Status>,
    /// Runs of each status, in the order of [`Status::ALL`].
    pub(crate) counts: [u64; Status::ALL.len()],
    /// The spread of each outcome of which the sources are known.
    pub(crate) spread: Vec<(SpreadOf, Spread)>,
    /// The theory's prediction, where it covers the cell.
    pub(crate) theory: Option<Prediction>,
    /// The theory's times.
    pub(crate) prediction: Option<CellPrediction>,
}

/// A figure over the seeds of a cell.
#[derive(Clone, Debug)]
pub(crate) struct Curve {
    pub(crate) column: Figure,
    /// By epoch.
    pub(crate) points: Vec<(f64, Distribution)>,
}

/// One run's figures.
#[derive(Clone, Debug)]
pub(crate) struct Single {
    pub(crate) curves: Vec<(Figure, Vec<(f64, f64)>)>,
}

/// A time over the runs of a cell, in epochs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Time {
    pub(crate) median: f64,
    /// The confidence interval of the median; open ends are infinite.
    pub(crate) interval: Option<(f64, f64)>,
    /// Epochs that the time of any run is uncertain by at most.
    pub(crate) uncertainty: u64,
}

impl Time {
    /// The interval, each end as [`epoch_text`].
    pub(crate) fn interval_text(&self) -> Option<String> {
        let (low, high) = self.interval?;
        Some(format!("[{}, {}]", epoch_text(low), epoch_text(high)))
    }
}

/// The spreads of a cell's outcomes of which the sources are known.
fn known_spreads(summary: &CellSummary) -> Vec<(SpreadOf, Spread)> {
    let spreads = SpreadOf::ALL.iter().filter_map(|&of| {
        let spread = summary.spread.get(of.name())?;
        (spread.unknown.is_none()).then(|| (of, spread.clone()))
    });
    spreads.collect()
}

/// An epoch as it is written: to the epoch, a short one to a tenth.
pub(crate) fn round_epoch(epoch: f64) -> f64 {
    rounded(epoch, if epoch < 100.0 { 1 } else { 0 })
}

/// The text of a [rounded](round_epoch) epoch.
pub(crate) fn epoch_text(epoch: f64) -> String {
    number(round_epoch(epoch))
}

impl View {
    /// Reads a study's directory into a view.
    ///
    /// # Errors
    /// When the study's curves or traces cannot be read.
    pub fn of_study(results: &StudyResults) -> Result<Self, ResultsError> {
        let mut curves = results.read_curves()?.into_iter().peekable();
        let mut traces = results.read_traces()?.into_iter().peekable();
        let axes = results.study.axes().map(|(key, values)| GridAxis {
            key: key.to_owned(),
            values: values.to_vec(),
        });
        let axes: Vec<_> = axes.collect();
        let mut cells = Vec::new();
        for (number, cell) in results.cells() {
            let place = axes.iter().zip(&cell.varied).map(|(axis, (_, value))| {
                let found = axis.values.iter().position(|other| other == value);
                found.unwrap_or_default()
            });
            let mut own = Vec::new();
            while let Some(trace) = traces.next_if(|trace| trace.cell == number) {
                own.push(single(results, &trace));
            }
            let own_curves = curves.next_if(|curves| curves.cell == number);
            let records = results.records_of(number);
            let summary = results.summary_of(number);
            let runs_of = |status| summary.map_or(0, |summary| summary.count(status));
            cells.push(CellView {
                number,
                name: keys::settings(cell.varied.iter().map(|(key, value)| (key.as_str(), value))),
                place: place.collect(),
                runs: records.len() as u64,
                curves: own_curves.map_or_else(Vec::new, |curves| by_figure(results, &curves)),
                singles: own,
                t_mem: summary.and_then(|summary| time(&summary.t_mem)),
                t_gen: summary.and_then(|summary| time(&summary.t_gen)),
                unconfirmed: summary.map_or(0, |summary| summary.t_gen.unconfirmed),
                lifetimes: records
                    .iter()
                    .filter_map(|r| Timed::Generalizing.of(r))
                    .collect(),
                phase: summary.and_then(|summary| {
                    let mut all = Status::ALL.into_iter();
                    all.find(|status| status.name() == summary.phase)
                }),
                counts: Status::ALL.map(runs_of),
                spread: summary.map_or_else(Vec::new, known_spreads),
                prediction: summary.and_then(|summary| summary.prediction),
                theory: theory(&cell.config),
                config: cell.config.clone(),
            });
        }
        Ok(Self {
            axes,
            cells,
            evaluate: results.study.config().evaluate.clone(),
            runs: results.manifest.runs,
            planned: results
                .summary
                .part
                .map_or(results.manifest.runs, |part| part.of),
            shard: results.study.shard(),
            cells_planned: results.study.cells().len(),
            scaling: results.summary.scaling.clone(),
            spreads: spreads(&results.summary),
            cautions: cautions(&results.study, &results.summary),
            words: Words::of(results.study.is_foreign()),
        })
    }

    /// Makes a view of one run.
    pub fn of_run(config: &Config, run: &Run) -> Self {
        let milestones = run.milestones;
        let alone = |x: f64| Distribution {
            n: 1,
            mean: x,
            q05: x,
            q25: x,
            q50: x,
            q75: x,
            q95: x,
        };
        let curves = Figure::ALL.into_iter().map(|column| Curve {
            column,
            points: run
                .trace
                .iter()
                .filter_map(|e| Some((e.epoch as f64, alone(e.get(column)?))))
                .collect(),
        });
        let reached = |epoch: Option<f64>| {
            epoch.map(|median| Time {
                median,
                interval: None,
                uncertainty: 0,
            })
        };
        let cell = CellView {
            number: 0,
            name: String::new(),
            place: Vec::new(),
            config: config.clone(),
            runs: 1,
            curves: curves.collect(),
            singles: Vec::new(),
            t_mem: reached(milestones.t_mem.at),
            t_gen: reached(milestones.t_gen.at),
            unconfirmed: usize::from(milestones.t_gen.is_unconfirmed()),
            lifetimes: Vec::new(),
            phase: Some(milestones.status),
            spread: Vec::new(),
            counts: Status::ALL.map(|status| u64::from(status == milestones.status)),
            theory: theory(config),
            prediction: CellPrediction::of(config),
        };
        Self {
            axes: Vec::new(),
            cells: vec![cell],
            evaluate: config.evaluate.clone(),
            runs: 1,
            planned: 1,
            shard: None,
            cells_planned: 1,
            scaling: Vec::new(),
            spreads: Vec::new(),
            cautions: Vec::new(),
            words: Words::of(config.is_foreign),
        }
    }

    /// At most `most` cells, spread evenly over each axis of the grid, and over the rest evenly.
    pub(crate) fn chosen(&self, most: usize) -> Vec<&CellView> {
        if self.cells.len() <= most {
            return self.cells.iter().collect();
        }
        let sizes: Vec<_> = self.axes.iter().map(|axis| axis.values.len()).collect();
        let mut taken = vec![1; sizes.len()];
        // One more along the axis of which the smallest share is taken, while there is room.
        loop {
            let mut order: Vec<_> = (0..sizes.len()).filter(|&i| taken[i] < sizes[i]).collect();
            order.sort_by_key(|&i| (taken[i], i));
            let product: usize = taken.iter().product();
            let grown = order
                .into_iter()
                .find(|&i| product / taken[i] * (taken[i] + 1) <= most);
            match grown {
                Some(i) => taken[i] += 1,
                None => break,
            }
        }
        let kept: Vec<Vec<usize>> = sizes
            .iter()
            .zip(&taken)
            .map(|(&size, &count)| evenly(size, count))
            .collect();
        let is_kept = |cell: &&CellView| {
            let places = cell.place.iter().zip(&kept);
            places.fold(true, |all, (place, kept)| all && kept.contains(place))
        };
        self.cells.iter().filter(is_kept).collect()
    }

    /// Words for medians over runs, few of which tell no interval.
    pub(crate) fn medians_words(&self) -> &'static str {
        let mut times = self.cells.iter().flat_map(|cell| [cell.t_mem, cell.t_gen]);
        match times.any(|time| time.is_some_and(|time| time.interval.is_some())) {
            true => "medians with 95 % intervals",
            false => "medians, no intervals from so few runs",
        }
    }

    /// The fewest and the most runs of the cells.
    pub(crate) fn fewest_and_most(&self) -> (u64, u64) {
        let runs = self.cells.iter().map(|cell| cell.runs);
        (runs.clone().min().unwrap_or(0), runs.max().unwrap_or(0))
    }

    /// The number of runs of a cell in words.
    pub(crate) fn runs_words(&self) -> String {
        match self.fewest_and_most() {
            (fewest, most) if fewest == most => format!("n = {}", self.words.counted(most)),
            (fewest, most) => format!("n = {fewest} to {}", self.words.counted(most)),
        }
    }

    /// A sentence on the cells and runs that a picture of `shown` cells does not show; empty where
    /// there are none.
    pub(crate) fn left_out(&self, shown: usize) -> String {
        let mut words = String::new();
        if shown < self.cells.len() {
            words = format!(" Shown: {shown} of {} cells.", self.cells.len());
        }
        if self.runs < self.planned {
            let (runs, planned) = (count(self.runs), count(self.planned));
            words += &format!(" Incomplete: {runs} of {planned} runs.");
        }
        words
    }

    /// The cells in groups that differ along the axes `along` alone, each with the settings its cells
    /// have in common on the other axes.
    pub(crate) fn groups(&self, along: &[usize]) -> Vec<(String, Vec<&CellView>)> {
        let mut groups: Vec<(String, Vec<&CellView>)> = Vec::new();
        for cell in &self.cells {
            let others = self.axes.iter().zip(&cell.place).enumerate();
            let others = others.filter(|(i, _)| !along.contains(i));
            let name =
                keys::settings(others.map(|(_, (axis, &k))| (axis.key.as_str(), &axis.values[k])));
            match groups.iter_mut().find(|(other, _)| *other == name) {
                Some((_, cells)) => cells.push(cell),
                None => groups.push((name, vec![cell])),
            }
        }
        groups
    }
}

impl CellView {
    /// The key to a line of the cell's.
    pub(crate) fn key(&self, stroke: Stroke) -> Key {
        Key::new(&self.name, Sign::Line(stroke))
    }

    /// A figure over its seeds.
    pub(crate) fn curve(&self, column: Figure) -> Option<&Curve> {
        let mut curves = self.curves.iter();
        curves.find(|curve| curve.column == column && !curve.points.is_empty())
    }

    /// The last epoch evaluated.
    pub(crate) fn horizon(&self) -> Option<f64> {
        let ends = self.curves.iter().filter_map(|curve| curve.points.last());
        ends.map(|(epoch, _)| *epoch).reduce(f64::max)
    }

    /// Population accuracy as the theory has it, from where it has the rows memorized.
    pub(crate) fn theory_curve(&self) -> Vec<(f64, f64)> {
        let Some((theory, end)) = self.theory.as_ref().zip(self.horizon()) else {
            return Vec::new();
        };
        let Some(begin) = self.prediction.and_then(|prediction| prediction.t_mem) else {
            return Vec::new();
        };
        let begin = begin.max(1.0);
        if !(self.has_theory_curve() && begin < end) {
            return Vec::new();
        }
        let share = |i| i as f64 / (THEORY_POINTS - 1) as f64;
        let epochs = (0..THEORY_POINTS).map(|i| begin * libm::pow(end / begin, share(i)));
        let curve = epochs.map(|epoch| (epoch, theory.accuracy(epoch)));
        curve.filter(|(_, accuracy)| accuracy.is_finite()).collect()
    }

    /// Returns true if the theory has a curve of its accuracy over time.
    pub(crate) fn has_theory_curve(&self) -> bool {
        self.theory
            .as_ref()
            .is_some_and(|theory| theory.scales().lambda > 0.0)
    }

    /// T_gen as the theory has it.
    pub(crate) fn predicted_t_gen(&self) -> Option<f64> {
        self.prediction?.t_gen
    }

    /// The distance by which it lies inside the theory's region of grokking, outside where negative: the
    /// smallest of the logarithms of end/T_gen and T_gen/(delay_ratio·T_mem), cut at ±1.
    pub(crate) fn predicted_margin(&self) -> Option<f64> {
        let (prediction, end) = (self.prediction?, self.horizon()?);
        let (t_mem, Some(t_gen)) = (prediction.t_mem?, prediction.t_gen) else {
            return Some(-1.0);
        };
        let in_time = libm::log(end / t_gen);
        let delayed = libm::log(t_gen / (self.config.evaluate.delay_ratio * t_mem));
        Some(in_time.min(delayed).clamp(-1.0, 1.0))
    }

    /// Runs of a status.
    pub(crate) fn count(&self, status: Status) -> u64 {
        let mut counts = Status::ALL.into_iter().zip(self.counts);
        counts
            .find(|(other, _)| *other == status)
            .map_or(0, |(_, count)| count)
    }

    /// Each status that a run has, with the number of its runs.
    pub(crate) fn statuses(&self) -> impl Iterator<Item = (Status, u64)> {
        let counts = Status::ALL.into_iter().zip(self.counts);
        counts.filter(|(_, count)| *count > 0)
    }

    /// Number of runs that ended before they generalized.
    pub(crate) fn censored(&self) -> usize {
        self.lifetimes.iter().filter(|life| !life.observed).count()
    }

    /// Runs that grokked.
    pub(crate) fn grokked(&self) -> u64 {
        self.count(Status::Grokked)
    }
}

/// The looks of the lines of so many cells in their order. Where they are too many for colours that
/// differ much, neighbours differ in their dashes too.
pub(crate) fn strokes(cells: usize, width: f64) -> Vec<Stroke> {
    const DASHES: [f64; 3] = [0.0, 7.0, 2.0];
    let paints = Paint::series(cells).into_iter().enumerate();
    let strokes = paints.map(|(i, paint)| Stroke {
        dash: match paint {
            Paint::Shade(..) => DASHES[i % DASHES.len()],
            _ => 0.0,
        },
        ..Stroke::solid(paint, width)
    });
    strokes.collect()
}

/// `count` of `size` places, from the first to the last.
fn evenly(size: usize, count: usize) -> Vec<usize> {
    match count {
        1 => vec![size / 2],
        _ => (0..count)
            .map(|i| (i * (size - 1) + (count - 1) / 2) / (count - 1))
            .collect(),
    }
}

fn by_figure(results: &StudyResults, curves: &Curves) -> Vec<Curve> {
    let figures = results.figures().iter().enumerate();
    figures
        .map(|(i, &column)| Curve {
            column,
            // Evaluations before the first step, which foreign runs may have, have no place on a log axis.
            points: curves
                .points
                .iter()
                .filter(|point| point.epoch > 0)
                .filter_map(|point| Some((point.epoch as f64, point.figures[i]?)))
                .collect(),
        })
        .collect()
}

fn single(results: &StudyResults, kept: &KeptTrace) -> Single {
    let curve = |figure: Figure| {
        let points = kept.trace.iter();
        points
            .filter(|point| point.epoch > 0)
            .filter_map(|point| Some((point.epoch as f64, point.get(figure)?)))
            .collect()
    };
    let figures = results.figures().iter();
    Single {
        curves: figures.map(|&figure| (figure, curve(figure))).collect(),
    }
}

fn theory(config: &Config) -> Option<Prediction> {
    theory_setting(config)
        .ok()
        .map(|setting| Prediction::of(&setting))
}

/// The median, with its interval: without an upper limit where too few runs were seen to get there,
/// and none of runs too few to tell one.
fn time(times: &Times) -> Option<Time> {
    Some(Time {
        // A foreign run may have memorized before its first step, which no log axis shows.
        median: times.median.filter(|median| *median > 0.0)?,
        interval: times.low.zip(times.high.or(Some(f64::INFINITY))),
        uncertainty: times.uncertainty,
    })
}
