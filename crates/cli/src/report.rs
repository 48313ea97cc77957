//! `sparsegrok report`

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{ValueEnum, ValueHint};
use sparsegrok_data::shown;
use sparsegrok_plot::{Theme, draw, png};
use sparsegrok_report::{Style, View, page, pictures};
use sparsegrok_study::StudyResults;

use crate::exit::shell_word;
use crate::output::{Asked, Output, cannot_be_written};
use crate::results::{ResultFlags, Results};

/// The folder in a study's directory that has its report.
const FOLDER: &str = "report";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The directory of a study
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    directory: PathBuf,
    /// Write to this folder instead of DIR/report
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    out: Option<PathBuf>,
    /// What to write: a page that holds everything, and a picture a file
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["html", "svg"])]
    format: Vec<Format>,
    /// Draw epochs evenly instead of by logarithm
    #[arg(long)]
    linear: bool,
    #[command(flatten)]
    results: ResultFlags,
}

/// A kind of file.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// index.html: one page, with interactive curves
    Html,
    /// Pictures as SVG
    Svg,
    /// Pictures as PNG, 288 pixels to the inch
    Png,
}

impl Format {
    /// The formats of a report if no others are asked for.
    pub(crate) const DEFAULT: [Self; 2] = [Self::Html, Self::Svg];
}

pub(crate) fn execute(args: &Args) -> anyhow::Result<()> {
    let style = Style {
        log_epochs: !args.linear,
    };
    let out = args.out.clone();
    let out = out.unwrap_or_else(|| args.directory.join(FOLDER));
    // A report renews the one before it.
    let markdown = args.results.checked(true)?;
    let read = write(&args.directory, &out, &args.format, style)?;
    let mut results = Results::of_study(&read.study, &read.summary);
    let first = match args.format.contains(&Format::Html) {
        true => out.join("index.html"),
        false => out,
    };
    results.written.push(first.display().to_string());
    let directory = shell_word(&args.directory);
    results.next = Some(format!("sparsegrok explain {directory}"));
    args.results.finish(&results, markdown.as_ref())
}

/// Reports on a study that has just been written, in its own directory.
pub(crate) fn beside(directory: &Path) -> anyhow::Result<()> {
    let out = directory.join(FOLDER);
    write(directory, &out, &Format::DEFAULT, Style::default())?;
    Ok(())
}

/// Writes the report on a study, and returns what it is on.
fn write(
    directory: &Path,
    out: &Path,
    formats: &[Format],
    style: Style,
) -> anyhow::Result<StudyResults> {
    let results = StudyResults::read(directory)?;
    let view = View::of_study(&results)?;
    let pictures = pictures(&view, style);
    // Its pictures would stand beside another study's tables.
    if !results.is_current() {
        bail!(
            "{}: another study has replaced the one that was read: expected the report to be asked for again",
            shown(directory)
        );
    }
    fs::create_dir_all(out).with_context(|| cannot_be_written(out))?;
    let wants = |format| formats.contains(&format);
    if wants(Format::Html) {
        let page = page(&results, &view, &pictures, style);
        save(&out.join("index.html"), page.as_bytes())?;
    }
    for picture in pictures
        .iter()
        .filter(|_| wants(Format::Svg) || wants(Format::Png))
    {
        let svg = draw(picture, Theme::Print);
        let path = out.join(picture.name);
        if wants(Format::Svg) {
            save(&path.with_extension("svg"), svg.as_bytes())?;
        }
        if wants(Format::Png) {
            save(&path.with_extension("png"), &png(&svg)?)?;
        }
    }
    Ok(results)
}

/// Writes a file, which appears when all of it is there.
fn save(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    // A report renews the one before it.
    let mut output = Output::open(&Asked {
        flag: "--out",
        path: path.to_owned(),
        replace: true,
    })?;
    let written = output.write_all(bytes);
    written.with_context(|| cannot_be_written(path))?;
    output.finish()
}
