//! `sparsegrok judge`

use std::env;
use std::path::{Path, PathBuf};

use clap::{ValueEnum, ValueHint};
use sparsegrok_analysis::cautions;
use sparsegrok_config::{Setting, value_text};
use sparsegrok_curves::{AccuracyUnit, Options, read};
use sparsegrok_data::shown;
use sparsegrok_kernel::Figure;
use sparsegrok_run::{Anomaly, Status};
use sparsegrok_statistics::{CONFIDENCE, wilson};
use sparsegrok_study::merge::JUDGING;
use sparsegrok_study::summary::{BracketMedian, CellSummary, Summary, Times};
use sparsegrok_study::{ForeignStudy, Untold};

use crate::exit::{say, shell_word};
use crate::number::{counted, figure, interval};
use crate::output::Output;
use crate::report;
use crate::settings::{Scope, SettingFlags};

/// Most groups that are told of in words; the tables have all.
const MOST_SAID: usize = 12;

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
    for note in &curves.notes {
        say(format_args!("note: {note}"));
    }
    for sentence in untold(judged.untold()) {
        say(format_args!("note: {sentence}"));
    }
    tell(&judged, &summary);
    for caution in cautions(judged.study(), &summary) {
        say(format_args!("caution: {caution}"));
    }
    if let Some(out) = &args.out {
        tell_paths(out, args.report);
    }
    Ok(())
}

fn tell_paths(out: &Path, is_reported: bool) {
    let (path, word) = (shown(out), shell_word(out));
    match is_reported {
        true => say(format_args!(
            "{path}: the study and its report, `report/index.html`"
        )),
        false => say(format_args!(
            "{path}: the study; `sparsegrok report {word}` draws it"
        )),
    }
}

/// The command as it was given.
fn command() -> String {
    let words = env::args_os()
        .skip(1)
        .map(|word| shell_word(Path::new(&word)));
    let words: Vec<_> = words.collect();
    format!("sparsegrok {}", words.join(" "))
}

/// Sentences on what the curves do not tell.
fn untold(untold: Untold) -> Vec<String> {
    let Untold {
        no_memorization,
        no_generalization,
        memorized_at_first,
        too_coarse,
    } = untold;
    let runs = |n: usize| counted(n as u64, "run");
    let sentences = [
        (
            no_memorization,
            "no figure tells memorization, so the status is undecided: that takes train_acc, or \
             `--mem-figure train_loss --mem-threshold LEVEL`",
        ),
        (
            no_generalization,
            "no figure tells generalization: that takes test_acc, or `--gen-figure test_loss --gen-threshold LEVEL`",
        ),
        (
            memorized_at_first,
            "already memorized at the first evaluation: T_mem is known to be no later, and no more",
        ),
        (
            too_coarse,
            "evaluated too rarely to decide the status: it is undecided",
        ),
    ];
    let there = sentences.into_iter().filter(|(n, _)| *n > 0);
    there
        .map(|(n, sentence)| format!("{}: {sentence}", runs(n)))
        .collect()
}

/// Tells of each group, and of the difference between groups.
fn tell(judged: &ForeignStudy, summary: &Summary) {
    let (untold, runs) = (judged.untold(), judged.runs());
    for cell in summary.cells.iter().take(MOST_SAID) {
        let pairs = cell.varied.iter();
        let pairs = pairs.map(|(key, value)| format!("{key}={}", value_text(value)));
        let name = match cell.varied.is_empty() {
            true => String::new(),
            false => pairs.collect::<Vec<_>>().join(", ") + ": ",
        };
        let statuses = Status::ALL
            .into_iter()
            .filter(|status| cell.count(*status) > 0);
        let statuses: Vec<String> = statuses.map(|s| format!("{} {s}", cell.count(s))).collect();
        let rate = grok_rate(cell).map_or(String::new(), |rate| format!("; {rate}"));
        say(format_args!(
            "{name}{} of {}{rate}; T_mem {}; T_gen {}",
            statuses.join(", "),
            counted(cell.runs, "run"),
            match untold.no_memorization < runs {
                true => time(&cell.t_mem),
                false => "not told".to_owned(),
            },
            match untold.no_memorization.max(untold.no_generalization) < runs {
                true => time(&cell.t_gen),
                false => "not told".to_owned(),
            },
        ));
        for sentence in anomalies(cell) {
            say(format_args!("{name}{sentence}"));
        }
    }
    if summary.cells.len() > MOST_SAID {
        say(format_args!(
            "and {} more groups, in the tables",
            summary.cells.len() - MOST_SAID
        ));
    }
    if let Some(test) = summary.log_rank {
        let p = match test.p < 1e-6 {
            true => "p < 1e-6".to_owned(),
            false => format!("p = {}", figure(test.p)),
        };
        say(format_args!(
            "T_gen between groups: log-rank of the brackets, χ² = {}, {} of freedom, {p}",
            figure(test.statistic),
            counted(test.freedom as u64, "degree")
        ));
    }
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

/// The share of runs that grokked, in words; where some are undecided, the limits between which it lies whatever they
/// are.
fn grok_rate(cell: &CellSummary) -> Option<String> {
    let rate = cell.grok_rate.as_ref()?;
    let [grokked, undecided] =
        [Status::Grokked, Status::Undecided].map(|status| cell.count(status));
    let percent = |share: f64| 100.0 * share;
    if undecided == 0 {
        let rate = interval(
            percent(rate.estimate),
            percent(rate.low),
            percent(rate.high),
        );
        return Some(format!("grok rate {rate} %"));
    }
    let most = wilson(grokked + undecided, cell.runs, CONFIDENCE)?;
    let (low, high) = (figure(percent(rate.low)), figure(percent(most.high)));
    Some(format!(
        "grok rate in [{low}, {high}] %, as some are undecided"
    ))
}

/// A time of runs in words: the median of the estimates with its interval, or, where brackets are wide, where
/// the brackets alone put the median.
fn time(times: &Times) -> String {
    let Some(median) = times.median else {
        let (events, n) = (times.events, times.n);
        return format!("beyond the last evaluation for most ({events} of {n} reached)");
    };
    if let Some(BracketMedian {
        after,
        until,
        low,
        high,
    }) = times.brackets
    {
        let until = until.unwrap_or(f64::INFINITY);
        let mut words = format!("in ({}, {}]", figure(after), figure(until));
        if low.is_some() || high.is_some() {
            let (low, high) = (low.unwrap_or(0.0), high.unwrap_or(f64::INFINITY));
            words += &format!(" by its brackets, 95 % [{}, {}]", figure(low), figure(high));
        }
        return words;
    }
    match times.low {
        Some(low) => interval(median, low, times.high.unwrap_or(f64::INFINITY)),
        None => figure(median),
    }
}
