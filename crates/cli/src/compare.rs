//! `sparsegrok compare`

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::ValueHint;
use sparsegrok_analysis::compare::{
    ArmComparison, CompareDirectoriesError, CompareError, Length, compare, compare_directories,
    compare_seeds,
};
use sparsegrok_config::{Config, Section, Seeds, Setting, value_text};
use sparsegrok_run::memory::{Memory, available};
use sparsegrok_study::setting_of_axis;

use crate::comparison;
use crate::data::{load_for_run_and_say, say_zero_one};
use crate::exit::shell_word;
use crate::memory;
use crate::output::{Asked, OutFlags, Output};
use crate::progress::Progress;
use crate::reference;
use crate::results::{ResultFlags, Results};
use crate::settings::{Scope, SettingFlags, refuse};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Compare finished studies instead: two directories cell by cell, or two cells
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath, num_args = 0..=2)]
    directories: Vec<PathBuf>,
    /// Of the first and the last directory, compare these cells alone
    #[arg(
        long,
        value_name = "A,B",
        value_delimiter = ',',
        requires = "directories",
        help_heading = "Comparison"
    )]
    cells: Vec<usize>,
    /// Compare over these seeds, with intervals: N stands for 0..N, and A..B leaves out B
    #[arg(
        long,
        value_name = "N|A..B",
        help_heading = "Comparison",
        conflicts_with = "directories"
    )]
    seeds: Option<Seeds>,
    /// Instead of stopping early, compare with another value of any key, or several values
    #[arg(
        long,
        value_name = "KEY=VALUE",
        help_heading = "Comparison",
        requires = "seeds"
    )]
    against: Option<String>,
    #[command(flatten)]
    out: OutFlags,
    #[command(flatten)]
    results: ResultFlags,
    #[command(flatten)]
    settings: SettingFlags<TwoRuns>,
}

struct TwoRuns;

impl Scope for TwoRuns {
    fn takes(setting: &Setting) -> bool {
        ![Section::Output, Section::Study].contains(&setting.section)
            && !["epochs", "order_seed", "stop_when", "checkpoint_every"].contains(&setting.key)
    }
}

pub(crate) fn execute(args: &Args) -> anyhow::Result<()> {
    if !args.directories.is_empty() {
        return directories(args);
    }
    let Some(mut config) = args.settings.config()? else {
        return Ok(());
    };
    let out = args.out.checked(&args.settings.inputs(&config))?;
    if let Some(seeds) = args.seeds {
        config.study.seeds = seeds;
        let markdown = args.results.checked(args.out.force())?;
        let output = Output::open(&out)?;
        let most_memory = match args.out.force() {
            true => u64::MAX,
            false => available(),
        };
        let found = compare_seeds(&config, args.against.as_deref(), most_memory);
        let found = found.map_err(cause_of)?;
        for file in &found.zero_one {
            say_zero_one(file);
        }
        write_tables(output, &found.comparisons)?;
        let next = study_of_both(args, &config, seeds);
        let results = results(&found.comparisons, &out, next);
        return args.results.finish(&results, markdown.as_ref());
    }
    if let Some(asked) = args.results.checked(args.out.force())? {
        let path = asked.path.display().to_string();
        let expected = "to be left out without `seeds`, as two runs have no table";
        return Err(refuse("export_markdown", path, expected).into());
    }
    // The early run's weights and trace are held while the long one trains.
    let mut both = config.clone();
    let spec = &config.compare;
    both.train.epochs = spec.early_epochs.saturating_add(spec.long_epochs);
    let force = args.out.force();
    memory::check(Memory::of_run(&both, None), force)?;
    let data = load_for_run_and_say(&config, force)?.problem;
    memory::check(Memory::of_run(&both, Some(&*data)), force)?;
    let mut output = Output::open(&out)?;
    let mut bar: Option<(Length, Progress)> = None;
    let comparison = compare(&config, &*data, |length, epoch| {
        let shown = bar.take().filter(|(of, _)| *of == length);
        let (_, progress) =
            bar.insert(shown.unwrap_or_else(|| (length, of_length(length, &config))));
        progress.epoch(epoch);
    })?;
    drop(bar);
    let lines = reference::comparison_lines(&comparison, config.output.number_format);
    write!(output, "{lines}")?;
    output.finish()
}

/// The error itself, by which an exit code is chosen.
fn cause_of(error: CompareError) -> anyhow::Error {
    match error {
        CompareError::Config(error) => error.into(),
        CompareError::Study(error) => error.into(),
        other => other.into(),
    }
}

/// Compares finished studies.
fn directories(args: &Args) -> anyhow::Result<()> {
    if let Some((key, value)) = args.settings.first() {
        let expected = "to be left out, as finished studies are compared";
        return Err(refuse(key, value, expected).into());
    }
    let cells = match args.cells[..] {
        [] => None,
        [one, other] => Some([one, other]),
        _ => {
            let given = format!("{:?}", args.cells);
            return Err(refuse("cells", given, "two cells, such as `0,1`").into());
        }
    };
    let out = args.out.checked(&[])?;
    let markdown = args.results.checked(args.out.force())?;
    let comparisons =
        compare_directories(&args.directories, cells).map_err(|error| match error {
            CompareDirectoriesError::Results(error) => error.into(),
            other => anyhow::Error::from(other),
        })?;
    write_tables(Output::open(&out)?, &comparisons)?;
    let next = args
        .directories
        .first()
        .map(|first| format!("sparsegrok report {}", shell_word(first)));
    args.results
        .finish(&results(&comparisons, &out, next), markdown.as_ref())
}

/// The results of comparisons. Tables on standard output are not said once more.
fn results(comparisons: &[ArmComparison], out: &Asked, next: Option<String>) -> Results {
    let rows = comparisons.iter().flat_map(comparison::rows);
    let rows: Vec<_> = rows.map(Vec::from).collect();
    let file = out.regular_file();
    Results {
        said: if file.is_some() { rows.len() } else { 0 },
        rows,
        note: comparisons
            .first()
            .map(comparison::methods)
            .filter(|_| file.is_some()),
        written: file
            .map(|_| out.path.display().to_string())
            .into_iter()
            .collect(),
        next,
        ..Results::default()
    }
}

/// The command for a study of the two ways that were compared, whose report shows their curves.
fn study_of_both(args: &Args, config: &Config, seeds: Seeds) -> Option<String> {
    let axis = match &args.against {
        Some(against) => {
            let (key, values) = against.split_once('=')?;
            let setting = setting_of_axis(key).ok()?;
            // A spaced axis takes no value beside it.
            if values.contains(':') {
                return None;
            }
            let own = value_text(&setting.get(config).ok()??);
            format!("{key}={own},{values}")
        }
        None => {
            let spec = &config.compare;
            format!("epochs={},{}", spec.early_epochs, spec.long_epochs)
        }
    };
    let words = ["sparsegrok".to_owned(), "study".to_owned()].into_iter();
    let words = words.chain(args.settings.words());
    let rest = ["--seeds".to_owned(), seeds.to_string(), "--vary".to_owned()];
    let words = words.chain(rest).chain([shell_word(Path::new(&axis))]);
    Some(words.collect::<Vec<_>>().join(" ") + " --out NEW")
}

/// Writes tables, an empty line between them.
fn write_tables(mut output: Output, tables: &[ArmComparison]) -> anyhow::Result<()> {
    for (i, table) in tables.iter().enumerate() {
        let between = if i > 0 { "\n" } else { "" };
        write!(output, "{between}{}", comparison::text(table))?;
    }
    output.finish()
}

/// The progress of one of two runs.
fn of_length(length: Length, config: &Config) -> Progress {
    match length {
        Length::Early => Progress::new("early stop", config.compare.early_epochs, false),
        Length::Long => Progress::new("long train", config.compare.long_epochs, false),
    }
}
