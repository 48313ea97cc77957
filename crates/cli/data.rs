//! `sparsegrok data`: generate, import, export, info.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{ValueEnum, ValueHint};
use sparsegrok_data::svmlight::{self, Labels, OneHot};
use sparsegrok_data::{Dataset, InvalidSetting, Problem, TargetKind};
use sparsegrok_study::{Config, Description, Loaded, Section, Setting, load};

use crate::exit::say;
use crate::output::Output;
use crate::settings::{Scope, SettingFlags};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Draw synthetic data and write it as svmlight text
    Generate(GenerateArgs),
    /// Check an svmlight file, plain or gzip, and write it in normal form: indices from 1, labels
    /// -1 and +1
    Import(ImportArgs),
    /// Write a configuration's data, synthetic or from files, as svmlight text
    Export(ExportArgs),
    /// Print rows, columns, non-zeros, labels and bytes, as TOML
    Info(InfoArgs),
}

#[derive(clap::Args)]
pub(crate) struct GenerateArgs {
    #[command(flatten)]
    settings: SettingFlags<Synthetic>,
    #[command(flatten)]
    one_hot: OneHotFlag,
    /// Write the training rows to a file instead of standard output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    out: Option<PathBuf>,
    /// Write the test rows to a file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    test_out: Option<PathBuf>,
}

#[derive(clap::Args)]
pub(crate) struct ImportArgs {
    /// The svmlight file
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// Feature indices in the file start at 0
    #[arg(long)]
    zero_based: bool,
    /// Targets are real numbers, not labels
    #[arg(long)]
    real: bool,
    /// Write to a file instead of standard output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    out: Option<PathBuf>,
}

#[derive(clap::Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    settings: SettingFlags<AnyData>,
    #[command(flatten)]
    one_hot: OneHotFlag,
    /// Which rows
    #[arg(long, value_enum, default_value_t = Part::Train, help_heading = "Output")]
    part: Part,
    /// Write to a file instead of standard output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    out: Option<PathBuf>,
}

#[derive(clap::Args)]
pub(crate) struct InfoArgs {
    /// An svmlight file; the same as --train
    #[arg(value_hint = ValueHint::FilePath, conflicts_with = "train")]
    file: Option<String>,
    #[command(flatten)]
    settings: SettingFlags<AnyData>,
}

#[derive(clap::Args)]
struct OneHotFlag {
    /// Whether memorization columns are written
    #[arg(long, value_enum, default_value_t = OneHotChoice::Implicit, help_heading = "Output")]
    one_hot: OneHotChoice,
}

#[derive(Clone, Copy, ValueEnum)]
enum OneHotChoice {
    /// No: they follow from a row's position
    Implicit,
    /// Yes, as further columns, for tools that know nothing of them
    Explicit,
}

impl From<OneHotChoice> for OneHot {
    fn from(choice: OneHotChoice) -> Self {
        match choice {
            OneHotChoice::Implicit => Self::Implicit,
            OneHotChoice::Explicit => Self::Explicit,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Train,
    Test,
}

struct Synthetic;

impl Scope for Synthetic {
    fn takes(setting: &Setting) -> bool {
        setting.sections.contains(&Section::Synthetic)
    }
}

struct AnyData;

impl Scope for AnyData {
    fn takes(setting: &Setting) -> bool {
        let of_data = [Section::Synthetic, Section::Files];
        of_data
            .iter()
            .any(|section| setting.sections.contains(section))
    }
}

pub(crate) fn execute(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Generate(args) => generate(args),
        Command::Import(args) => import(args),
        Command::Export(args) => export(args),
        Command::Info(args) => info(args),
    }
}

/// Loads a configuration's data and says which files' labels were mapped.
pub(crate) fn load_and_say(config: &Config) -> anyhow::Result<Problem> {
    let Loaded { problem, zero_one } = load(config)?;
    for file in zero_one {
        say_zero_one(&file);
    }
    Ok(problem)
}

pub(crate) fn say_zero_one(file: &Path) {
    say(format_args!(
        "{}: labels 0 and 1 are read as -1 and 1",
        file.display()
    ));
}

fn generate(args: &GenerateArgs) -> anyhow::Result<()> {
    let Some(config) = args.settings.config()? else {
        return Ok(());
    };
    if let Some(train) = config.files.train {
        return Err(refuse("train", train.display().to_string(), "synthetic data").into());
    }
    if args.test_out.is_some() && config.synthetic.n_test == 0 {
        return Err(refuse("n_test", "0".to_owned(), "test rows for --test-out").into());
    }
    let mut train_file = Output::open(args.out.as_deref())?;
    let mut test_file = args.test_out.as_deref().map(Output::file).transpose()?;
    let problem = sparsegrok_data::generate(&config.synthetic)?;
    let one_hot = args.one_hot.one_hot;
    write(&mut train_file, &problem.train, one_hot)?;
    if let (Some(file), Some(test)) = (&mut test_file, &problem.test) {
        write(file, test, one_hot)?;
    }
    train_file.finish()?;
    test_file.map_or(Ok(()), Output::finish)
}

fn import(args: &ImportArgs) -> anyhow::Result<()> {
    let options = svmlight::Options {
        zero_based: args.zero_based,
        targets: if args.real {
            TargetKind::Real
        } else {
            TargetKind::Sign
        },
    };
    let rows = svmlight::read(&args.file, &options)?;
    if rows.labels == Labels::ZeroOne {
        say_zero_one(&args.file);
    }
    let mut output = Output::open(args.out.as_deref())?;
    write(
        &mut output,
        &rows.into_dataset(0, None)?,
        OneHotChoice::Implicit,
    )?;
    output.finish()
}

fn export(args: &ExportArgs) -> anyhow::Result<()> {
    let Some(config) = args.settings.config()? else {
        return Ok(());
    };
    let problem = load_and_say(&config)?;
    let part = match args.part {
        Part::Train => Some(&problem.train),
        Part::Test => problem.test.as_ref(),
    };
    let Some(part) = part else {
        let key = if config.files.train.is_some() {
            "test"
        } else {
            "n_test"
        };
        return Err(refuse(key, "empty".to_owned(), "test rows for --part test").into());
    };
    let mut output = Output::open(args.out.as_deref())?;
    write(&mut output, part, args.one_hot.one_hot)?;
    output.finish()
}

fn info(args: &InfoArgs) -> anyhow::Result<()> {
    let file = args.file.as_deref().map(|file| ("train", file));
    let Some(config) = args.settings.config_with(file)? else {
        return Ok(());
    };
    let problem = load_and_say(&config)?;
    let mut output = Output::open(None)?;
    write!(output, "[train]\n{}", Description::of(&problem.train))?;
    if let Some(test) = &problem.test {
        write!(output, "\n[test]\n{}", Description::of(test))?;
    }
    output.finish()
}

fn refuse(key: &'static str, value: String, expected: &'static str) -> InvalidSetting {
    InvalidSetting {
        key,
        value,
        expected,
    }
}

fn write(output: &mut Output, rows: &Dataset, one_hot: OneHotChoice) -> anyhow::Result<()> {
    Ok(svmlight::write(
        std::io::BufWriter::new(output),
        rows,
        one_hot.into(),
    )?)
}
