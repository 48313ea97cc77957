//! `sparsegrok data`: generate, import, export, info.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{ValueEnum, ValueHint};
use sparsegrok_config::{Config, Section, Setting};
use sparsegrok_data::store;
use sparsegrok_data::svmlight::{self, Labels, LabelsAsked, OneHot};
use sparsegrok_data::{Dataset, Input, InvalidSetting, TargetKind, shown};
use sparsegrok_run::models::AnyData;
use sparsegrok_run::{
    Description, FileRows, Loaded, RowOptions, check_effect, load_for_run, load_within, read_rows,
};

use crate::exit::say;
use crate::memory;
use crate::output::{Asked, OutFlags, Output, check};
use crate::settings::{Scope, SettingFlags, refuse};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Draw synthetic data and write it as svmlight text, or as a store where the name ends in .sgs
    Generate(GenerateArgs),
    /// Check an svmlight file, plain or gzip, and write it as a store, which opens at once, where
    /// the name ends in .sgs, else in normal form: indices from 1, labels -1 and +1
    Import(ImportArgs),
    /// Write a configuration's data, synthetic or from files, as svmlight text, or as a store where
    /// the name ends in .sgs
    Export(ExportArgs),
    /// Print rows, columns, non-zeros, labels and bytes, as TOML
    Info(InfoArgs),
}

#[derive(clap::Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct GenerateArgs {
    #[command(flatten)]
    one_hot: OneHotFlag,
    /// Write the training rows to a file instead of standard output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    out: Option<PathBuf>,
    /// Write the test rows to a file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    test_out: Option<PathBuf>,
    /// Replace files that exist
    #[arg(long, help_heading = "Output")]
    force: bool,
    #[command(flatten)]
    settings: SettingFlags<Synthetic>,
}

#[derive(clap::Args)]
pub(crate) struct ImportArgs {
    /// The svmlight file, or a store; - for standard input
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    #[command(flatten)]
    text: TextFlags,
    /// Targets are real numbers, not labels
    #[arg(long, conflicts_with = "labels")]
    real: bool,
    #[command(flatten)]
    out: OutFlags,
}

#[derive(clap::Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    one_hot: OneHotFlag,
    /// Which rows
    #[arg(long, value_enum, default_value_t = Part::Train)]
    part: Part,
    #[command(flatten)]
    out: OutFlags,
    #[command(flatten)]
    settings: SettingFlags<EitherRows>,
}

#[derive(clap::Args)]
pub(crate) struct InfoArgs {
    /// An svmlight file or a store, - for standard input; the same as --train
    #[arg(value_hint = ValueHint::FilePath, conflicts_with = "train")]
    file: Option<PathBuf>,
    /// Say that every checksum and number of the stores was found right
    #[arg(long, conflicts_with = "no_verify")]
    verify: bool,
    #[command(flatten)]
    settings: SettingFlags<EitherRows>,
}

/// Flags on the text of a file that is read alone, without a configuration.
#[derive(clap::Args)]
pub(crate) struct TextFlags {
    /// Feature indices in the file start at 0
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        value_parser = clap::builder::BoolishValueParser::new(),
        hide_possible_values = true
    )]
    zero_based: Option<bool>,
    /// The two labels of the file: the one read as -1, then the one read as 1; or all, each a class
    #[arg(long, value_name = "A,B|all", allow_hyphen_values = true)]
    labels: Option<LabelsAsked>,
    /// Take a store as it is, without checking its checksums and numbers first
    #[arg(long)]
    no_verify: bool,
}

impl TextFlags {
    /// The flags laid over options.
    pub(crate) fn over(&self, options: RowOptions) -> RowOptions {
        RowOptions {
            rows: svmlight::Options {
                zero_based: self.zero_based.unwrap_or(options.rows.zero_based),
                labels: self.labels.map_or(options.rows.labels, LabelsAsked::pair),
                targets: match self.labels {
                    Some(LabelsAsked::All) => TargetKind::Class,
                    _ => options.rows.targets,
                },
                ..options.rows
            },
            verify: options.verify && !self.no_verify,
        }
    }

    /// Refuses labels that are none of a model which reads files with these options.
    pub(crate) fn check_fit(&self, model: &svmlight::Options) -> Result<(), InvalidSetting> {
        let expected = match (model.targets, self.labels) {
            (TargetKind::Real, Some(_)) => "to be left out, as targets are real numbers",
            (TargetKind::Class, Some(LabelsAsked::Two(_))) => {
                "to be left out, as labels are those of the model's classes"
            }
            (TargetKind::Sign, Some(LabelsAsked::All)) => {
                "two labels, as the model knows no others"
            }
            _ => return Ok(()),
        };
        let labels = self
            .labels
            .map_or_else(String::new, |labels| labels.to_string());
        Err(refuse("labels", labels, expected))
    }

    /// Refuses flags that had no effect on the file read.
    pub(crate) fn check_effect(&self, file: &FileRows) -> Result<(), InvalidSetting> {
        let none = RowOptions {
            rows: svmlight::Options::default(),
            verify: true,
        };
        check_effect(&self.over(none), std::iter::once(file))
    }
}

#[derive(clap::Args)]
#[command(next_help_heading = "Output")]
struct OneHotFlag {
    /// Whether memorization columns are written
    #[arg(long, value_enum, default_value_t = OneHotChoice::Implicit)]
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
        setting.section == Section::Synthetic
    }
}

struct EitherRows;

impl Scope for EitherRows {
    fn takes(setting: &Setting) -> bool {
        [Section::Synthetic, Section::Files].contains(&setting.section)
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

/// Loads a configuration's data, unless they take more memory than there is, and says which files' labels
/// were mapped.
fn load_and_say(config: &Config) -> anyhow::Result<Loaded> {
    Ok(said(load_within(config, memory::for_rows(false))?))
}

/// Loads the data of a run as [`load_and_say`] does those of a problem.
pub(crate) fn load_for_run_and_say(
    config: &Config,
    force: bool,
) -> anyhow::Result<Loaded<Arc<AnyData>>> {
    Ok(said(load_for_run(config, memory::for_rows(force))?))
}

fn said<D>(loaded: Loaded<D>) -> Loaded<D> {
    loaded.zero_one.iter().for_each(|file| say_zero_one(file));
    loaded
}

pub(crate) fn say_zero_one(file: &Path) {
    say(format_args!(
        "{}: labels 0 and 1 are read as -1 and 1",
        Input::name_of(file)
    ));
}

fn generate(args: &GenerateArgs) -> anyhow::Result<()> {
    let Some(config) = args.settings.config()? else {
        return Ok(());
    };
    if let Some(train) = config.files.train {
        return Err(refuse("train", shown(&train).to_string(), "synthetic data").into());
    }
    if args.test_out.is_some() && config.synthetic.n_test == 0 {
        return Err(refuse("n_test", "0".to_owned(), "test rows for --test-out").into());
    }
    let one_hot = args.one_hot.one_hot;
    let train = Asked::or_stdout("--out", args.out.as_deref(), args.force);
    let test = args.test_out.clone().map(|path| Asked {
        flag: "--test-out",
        path,
        replace: args.force,
    });
    let asked: Vec<_> = [train].into_iter().chain(test).collect();
    check(&asked, &args.settings.inputs(&config))?;
    let mut sinks = Vec::new();
    for asked in &asked {
        sinks.push(Sink::open(asked, one_hot)?);
    }
    memory::check_rows(&config)?;
    let problem = sparsegrok_data::generate(&config.synthetic)?;
    let is_alone = sinks.len() == 1;
    for (sink, rows) in sinks
        .iter_mut()
        .zip([Some(&problem.train), problem.test.as_ref()])
    {
        if !is_alone {
            sink.output.outlive_reader();
        }
        if let Some(rows) = rows {
            sink.write(rows, None)?;
        }
    }
    sinks.into_iter().try_for_each(|sink| sink.output.finish())
}

fn import(args: &ImportArgs) -> anyhow::Result<()> {
    let out = args.out.checked(&[("FILE", &args.file)])?;
    let options = args.text.over(RowOptions {
        rows: svmlight::Options {
            targets: if args.real {
                TargetKind::Real
            } else {
                TargetKind::Sign
            },
            most_memory: memory::for_rows(false),
            ..svmlight::Options::default()
        },
        verify: true,
    });
    let read = read_rows(&args.file, &options)?;
    args.text.check_effect(&read)?;
    if read.mapped {
        say_zero_one(&args.file);
    }
    let mut file = Sink::open(&out, OneHotChoice::Implicit)?;
    file.write(&read.rows, Some(read.labels))?;
    file.output.finish()
}

fn export(args: &ExportArgs) -> anyhow::Result<()> {
    let Some(config) = args.settings.config()? else {
        return Ok(());
    };
    let out = args.out.checked(&args.settings.inputs(&config))?;
    memory::check_rows(&config)?;
    let problem = load_and_say(&config)?.problem;
    let part = match args.part {
        Part::Train => Some(&problem.train),
        Part::Test => problem.test.as_ref(),
    };
    let Some(part) = part else {
        let (key, value) = match config.files.train {
            Some(_) => ("test", "not set"),
            None => ("n_test", "0"),
        };
        return Err(refuse(key, value.to_owned(), "test rows for --part test").into());
    };
    let mut file = Sink::open(&out, args.one_hot.one_hot)?;
    file.write(part, None)?;
    file.output.finish()
}

fn info(args: &InfoArgs) -> anyhow::Result<()> {
    let file = args.file.as_deref().map(|file| ("train", file));
    let Some(config) = args.settings.config_with(file)? else {
        return Ok(());
    };
    memory::check_rows(&config)?;
    let Loaded { problem, files, .. } = load_and_say(&config)?;
    if args.verify {
        let mut stores = files.iter().filter(|file| file.is_store).peekable();
        if stores.peek().is_none() {
            let expected = "to be left out where there is no store: text is checked as it is read";
            return Err(refuse("verify", "true".to_owned(), expected).into());
        }
        for store in stores {
            say(format_args!(
                "{}: every checksum and number is right",
                Input::name_of(&store.path)
            ));
        }
    }
    let mut output = Output::stdout();
    write!(output, "[train]\n{}", Description::of(&problem.train))?;
    if let Some(test) = &problem.test {
        write!(output, "\n[test]\n{}", Description::of(test))?;
    }
    output.finish()
}

/// The destination of rows, and the form they are written in.
struct Sink {
    output: Output,
    one_hot: OneHotChoice,
    is_store: bool,
}

impl Sink {
    /// Opens an output, which becomes a store if its name says so.
    fn open(asked: &Asked, one_hot: OneHotChoice) -> anyhow::Result<Self> {
        let is_store = asked.path.extension().is_some_and(|end| end == "sgs");
        if is_store && matches!(one_hot, OneHotChoice::Explicit) {
            let expected = "implicit for a store, which keeps only the scale of these columns";
            return Err(refuse("one_hot", "explicit".to_owned(), expected).into());
        }
        Ok(Self {
            output: Output::open(asked)?,
            one_hot,
            is_store,
        })
    }

    /// Writes rows whose labels were, in a file that they come from, `labels`.
    fn write(&mut self, rows: &Dataset, labels: Option<Labels>) -> anyhow::Result<()> {
        let output = BufWriter::new(&mut self.output);
        if self.is_store {
            let labels = labels.unwrap_or(match rows.target_kind() {
                TargetKind::Sign => Labels::Sign,
                TargetKind::Real => Labels::Real,
                TargetKind::Class => Labels::Classes,
            });
            return Ok(store::write(output, rows, labels)?);
        }
        Ok(svmlight::write(output, rows, self.one_hot.into())?)
    }
}
