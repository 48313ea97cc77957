//! The outputs of `sparsegrok run`, and the folder in which a run is kept.

use std::path::{Path, PathBuf};

use clap::ValueHint;
use sparsegrok_log::{Outputs, Unfinished};

use crate::output::{Asked, Input, check};
use crate::plot::PlotFile;

/// Flags on the outputs of a run, and on the folder that keeps it.
#[derive(clap::Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputFlags {
    /// Write the trace to a file instead of standard output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) out: Option<PathBuf>,
    /// Keep how far it has come in this folder, until it is done [default: FILE.unfinished beside --out]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) checkpoint: Option<PathBuf>,
    /// Go on with the unfinished run in this folder, to the outputs it was begun with; flags may change engine and output
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, conflicts_with = "checkpoint")]
    pub(crate) resume: Option<PathBuf>,
    /// Replace files that exist, and go ahead where memory may not suffice
    #[arg(long)]
    pub(crate) force: bool,
    /// Save the trained model, as text
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) model: Option<PathBuf>,
    /// Draw accuracy and loss to a file, as its name ends: .svg or .png
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) plot: Option<PlotFile>,
}

/// The outputs of a run: those asked for now, else those it was begun with.
pub(crate) struct Targets {
    pub(crate) out: Asked,
    pub(crate) model: Option<Asked>,
    pub(crate) plot: Option<Asked>,
}

impl Targets {
    pub(crate) fn of(args: &OutputFlags, resumed: Option<&Unfinished>) -> Self {
        let kept = resumed.map(Unfinished::outputs);
        let pick = |flag: &'static str, given: Option<&Path>| -> Option<Asked> {
            let kept = kept.and_then(|kept| kept.get(flag)).map(PathBuf::from);
            let path = given.map(Path::to_owned).or_else(|| kept.clone())?;
            let mut asked = Asked {
                flag,
                path,
                replace: args.force,
            };
            // A process that ended in between may have finished it.
            asked.replace |= kept.is_some() && asked.lasting_path() == kept;
            Some(asked)
        };
        let plot = args.plot.as_ref().map(PlotFile::path);
        Self {
            out: pick("--out", args.out.as_deref())
                .unwrap_or_else(|| Asked::or_stdout("--out", None, false)),
            model: pick("--model", args.model.as_deref()),
            plot: pick("--plot", plot),
        }
    }

    fn all(&self) -> impl Iterator<Item = &Asked> {
        [&self.out].into_iter().chain(&self.model).chain(&self.plot)
    }

    /// The folder that keeps the run: the one asked for, or beside the file it writes.
    pub(crate) fn checkpoint(&self, args: &OutputFlags) -> Option<PathBuf> {
        let asked = args.resume.as_ref().or(args.checkpoint.as_ref());
        asked
            .cloned()
            .or_else(|| self.out.regular_file().map(|out| beside(&out)))
    }

    /// Refuses outputs that would be lost, or destroy something.
    pub(crate) fn check(
        &self,
        folder: Option<&Path>,
        is_resumed: bool,
        inputs: &[Input<'_>],
    ) -> anyhow::Result<()> {
        let mut outputs: Vec<_> = self.all().cloned().collect();
        if let Some(path) = folder {
            if !is_resumed {
                Unfinished::refuse_other(path)?;
            }
            outputs.push(Asked {
                flag: "--checkpoint",
                path: path.to_owned(),
                replace: true,
            });
        }
        check(&outputs, inputs)
    }

    /// The outputs that can be written by another process too.
    pub(crate) fn lasting(&self) -> Outputs {
        let lasting = |asked: &Asked| Some((asked.flag.to_owned(), asked.lasting_path()?.into()));
        self.all().filter_map(lasting).collect()
    }
}

/// The name of a folder of unfinished work beside the file it is to become.
fn beside(out: &Path) -> PathBuf {
    const END: &str = ".unfinished";
    /// Bytes of a file's name in the usual file systems.
    const MOST: usize = 255;
    let name = out.file_name().unwrap_or_default();
    if name.len() + END.len() <= MOST {
        let mut whole = name.to_owned();
        whole.push(END);
        return out.with_file_name(whole);
    }
    let name = name.to_string_lossy();
    let start = &name[..name.floor_char_boundary(MOST - END.len())];
    out.with_file_name(format!("{start}{END}"))
}
