//! `sparsegrok judge`

use std::env;
use std::path::{Path, PathBuf};

use clap::{ValueEnum, ValueHint};
use sparsegrok_analysis::{cautions, untold};
use sparsegrok_config::{Setting, value_text};
use sparsegrok_curves::{AccuracyUnit, Note, Options, read};
use sparsegrok_kernel::Figure;
use sparsegrok_run::{Anomaly, Status};
use sparsegrok_statistics::{CONFIDENCE, GroupTest, wilson};
use sparsegrok_study::ForeignStudy;
use sparsegrok_study::merge::JUDGING;
use sparsegrok_study::summary::{BracketMedian, CellSummary, Summary, Times};

use crate::estimate::{median, share};
use crate::exit::shell_word;
use crate::number::{counted, figure};
use crate::output::Output;
use crate::report;
use crate::results::{MOST_CELLS, ResultFlags, Results};
use crate::settings::{Scope, SettingFlags};

/// The meaning of the rows.
const NOTE: &str = "Medians over runs in the time that was logged, delay = T_gen / T_mem, intervals of 95 %;\n\
                    (a, b] is a median of which only its bracket is known; ∞ is beyond the last evaluation.";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Files of curves: CSV, TSV or JSON; a row an evaluation or a value, or a column a run, or a file a run
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath, required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    settings: SettingFlags<Thresholds>,
    /// Column of time, in epochs or steps [default: `epoch`, `step`, `iteration` or the like]
    #[arg(long, value_name = "NAME", help_heading = "Columns")]
    time_column: Option<String>,
    /// Column of the runs' names [default: `run`, `seed` or the like; else the file is the run]
    #[arg(long, value_name = "NAME", help_heading = "Columns")]
    run_column: Option<String>,
    /// Columns whose values group the runs [default: `cell`, `group` or `condition`]
    #[arg(
        long,
        value_name = "NAME,…",
        value_delimiter = ',',
        help_heading = "Columns"
    )]
    group_columns: Option<Vec<String>>,
    /// Take a column for a figure, as in `test_acc=val/acc`; `*` is every column that is nothing else
    #[arg(long, value_name = "FIGURE=COLUMN", value_parser = mapping, help_heading = "Columns")]
    map: Vec<(Figure, String)>,
    /// Unit of accuracies
    #[arg(long, value_enum, default_value = "found", help_heading = "Columns")]
    accuracies: Unit,
    /// Write a study to this directory, for `report` and `tables`; else the records go to standard output
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = "Output")]
    out: Option<PathBuf>,
    /// Replace an earlier study there
    #[arg(long, help_heading = "Output", requires = "out")]
    force: bool,
    /// Report on it too: a page and pictures in its folder `report`
    #[arg(long, help_heading = "Output", requires = "out")]
    report: bool,
    #[command(flatten)]
    results: ResultFlags,
}

/// The unit of accuracies.
#[derive(Clone, Copy, ValueEnum)]
enum Unit {
    /// Per cent if any is above 1
    Found,
    /// From 0 to 1
    Share,
    /// From 0 to 100
    PerCent,
}

/// The settings that judge curves.
struct Thresholds;

impl Scope for Thresholds {
    fn takes(setting: &Setting) -> bool {
        JUDGING.contains(&setting.key) || setting.key == "traces"
    }
}

fn mapping(text: &str) -> Result<(Figure, String), String> {
    let known = || Figure::ALL.map(Figure::name).join(", ");
    let (name, column) = text.split_once('=').ok_or("expected `FIGURE=COLUMN`")?;
    let figure = Figure::of(name.trim());
    let figure =
        figure.ok_or_else(|| format!("`{name}` is no figure: expected one of {}", known()))?;
    Ok((figure, column.to_owned()))
}

pub(crate) fn execute(args: &Args) -> anyhow::Result<()> {
    let Some(mut config) = args.settings.config()? else {
        return Ok(());
    };
    let options = Options {
        time_column: args.time_column.clone(),
        run_column: args.run_column.clone(),
        group_columns: args.group_columns.clone(),
        map: args.map.clone(),
        accuracies: match args.accuracies {
            Unit::Found => AccuracyUnit::Found,
            Unit::Share => AccuracyUnit::Share,
            Unit::PerCent => AccuracyUnit::PerCent,
        },
    };
    let curves = read(&args.files, &options)?;
    config.study.figures.clone_from(&curves.figures);
    let markdown = args.results.checked(args.force)?;
    let (runs, traces) = curves.grouped(command())?;
    let judged = ForeignStudy::judge(config, runs, traces)?;
    let summary = match &args.out {
        Some(out) => judged.save(out, args.force)?,
        None => {
            let mut output = Output::stdout();
            judged.write_records(&mut output)?;
            output.finish()?;
            judged.summary()
        }
    };
    if let Some(out) = args.out.as_ref().filter(|_| args.report) {
        report::beside(out)?;
    }
    let results = results(args, &judged, &curves.notes, &summary);
    args.results.finish(&results, markdown.as_ref())
}

/// The command as it was given.
fn command() -> String {
    let words = env::args_os()
        .skip(1)
        .map(|word| shell_word(Path::new(&word)));
    let words: Vec<_> = words.collect();
    format!("sparsegrok {}", words.join(" "))
}

/// The results: a row a group, what the curves do not tell, and the difference between groups.
fn results(args: &Args, judged: &ForeignStudy, notes: &[Note], summary: &Summary) -> Results {
    let (lacks, runs) = (judged.untold(), judged.runs());
    let keys = judged.study().axes().map(|(key, _)| key.to_owned());
    let figures = ["grokked", "T_mem", "T_gen", "delay"].map(str::to_owned);
    let heading: Vec<String> = keys.chain(figures).collect();
    let told = |is_told: bool, times: &Times| match is_told {
        true => time(times),
        false => "not told".to_owned(),
    };
    let rows = summary.cells.iter().map(|cell| {
        let mut row: Vec<String> = cell.varied.values().map(value_text).collect();
        row.extend([
            grokked(cell),
            told(lacks.no_memorization < runs, &cell.t_mem),
            told(
                lacks.no_memorization.max(lacks.no_generalization) < runs,
                &cell.t_gen,
            ),
            told(lacks.no_memorization < runs, &cell.delay_ratio),
        ]);
        row
    });
    let note = |sentence: String| ("note", sentence);
    let notes = notes.iter().map(|it| note(it.to_string()));
    let findings = notes.chain(untold(lacks).into_iter().map(note));
    let findings = findings.chain(summary.cells.iter().flat_map(|cell| {
        let name = cell.varied.iter();
        let name = name.map(|(key, value)| format!("{key}={}", value_text(value)));
        let name = match cell.varied.is_empty() {
            true => String::new(),
            false => name.collect::<Vec<_>>().join(", ") + ": ",
        };
        anomalies(cell).map(move |sentence| ("curves", name.clone() + &sentence))
    }));
    let log_rank = summary.log_rank.map(|test| ("groups", log_rank(&test)));
    let results = Results {
        rows: std::iter::once(heading).chain(rows).collect(),
        said: 1 + MOST_CELLS,
        note: Some(NOTE.to_owned()),
        findings: findings.chain(log_rank).collect(),
        cautions: cautions(judged.study(), summary),
        ..Results::default()
    };
    match &args.out {
        Some(out) => results.in_directory(out, args.report),
        None => {
            let files: Vec<_> = args.files.iter().map(|file| shell_word(file)).collect();
            Results {
                next: Some(format!(
                    "sparsegrok judge {} --report --out judged",
                    files.join(" ")
                )),
                ..results
            }
        }
    }
}

/// A sentence on the difference of T_gen between groups.
fn log_rank(test: &GroupTest) -> String {
    let p = match test.p < 1e-6 {
        true => "p < 1e-6".to_owned(),
        false => format!("p = {}", figure(test.p)),
    };
    format!(
        "T_gen between them, log-rank of the brackets: χ² = {}, {} of freedom, {p}",
        figure(test.statistic),
        counted(test.freedom as u64, "degree")
    )
}

/// Sentences on the curves of a group's runs, of what is no caution.
fn anomalies(cell: &CellSummary) -> impl Iterator<Item = String> {
    let told = [
        (
            Anomaly::Overfitting,
            "overfitted: test loss rose while train loss did not",
        ),
        (
            Anomaly::AccuracyAlone,
            "lost test accuracy without a rise of test loss",
        ),
        (
            Anomaly::LossAlone,
            "gained test loss without a fall of test accuracy",
        ),
    ];
    told.into_iter().filter_map(|(anomaly, words)| {
        let found = cell.anomaly(anomaly);
        let most = found.most.filter(|_| found.runs > 0)?;
        let (runs, all) = (found.runs, counted(found.n as u64, "run"));
        let percent = figure(100.0 * most);
        Some(format!("{runs} of {all} {words}, by up to {percent} %"))
    })
}

/// The share of runs that grokked; where some are undecided, the limits between which it lies whatever they are.
fn grokked(cell: &CellSummary) -> String {
    let [grokked, undecided] =
        [Status::Grokked, Status::Undecided].map(|status| cell.count(status));
    let most = wilson(grokked + undecided, cell.runs, CONFIDENCE);
    let (Some(rate), Some(most), 1..) = (cell.grok_rate, most, undecided) else {
        return share(grokked, cell.runs, cell.grok_rate);
    };
    let [low, high] = [rate.low, most.high].map(|share| figure(100.0 * share));
    format!(
        "{grokked} of {}, {undecided} undecided, in [{low}, {high}] %",
        cell.runs
    )
}

/// A time of runs: the median of the estimates with its interval, or, where brackets are wide, where the brackets alone
/// put the median.
fn time(times: &Times) -> String {
    let Some(BracketMedian {
        after,
        until,
        low,
        high,
    }) = times.brackets.filter(|_| times.median.is_some())
    else {
        return median(times);
    };
    let until = until.unwrap_or(f64::INFINITY);
    let words = format!("({}, {}]", figure(after), figure(until));
    if low.is_none() && high.is_none() {
        return words;
    }
    let (low, high) = (low.unwrap_or(0.0), high.unwrap_or(f64::INFINITY));
    format!("{words} [{}, {}]", figure(low), figure(high))
}
