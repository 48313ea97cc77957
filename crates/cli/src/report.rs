//! `sparsegrok report`

use std::fs;
use std::io::Write;
use std::path::{Component, Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::{ValueEnum, ValueHint};
use sparsegrok_data::shown;
use sparsegrok_plot::{Theme, draw, png};
use sparsegrok_report::{Place, Style, View, page, pictures};
use sparsegrok_study::{Directory, StudyResults};

use crate::exit::{say, shell_word};
use crate::output::{Asked, Output, cannot_be_written};
use crate::results::{ResultFlags, Results};

/// The folder in a study's directory that has its report.
const FOLDER: &str = "report";

/// Least time from one page of a study under way to the next.
const BETWEEN_PAGES: Duration = Duration::from_secs(5);

/// Time from one look to the next at whether it is complete.
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);

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
    /// Open the page in the browser
    #[arg(long)]
    open: bool,
    /// Write the page of a study under way again and again until it is complete, to DIR-live unless told otherwise
    #[arg(long)]
    live: bool,
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
    let out = match &args.out {
        Some(out) => out.clone(),
        None if args.live => beside_directory(&args.directory)?,
        None => args.directory.join(FOLDER),
    };
    if args.open && !args.format.contains(&Format::Html) {
        bail!("`--open` without a page: expected `html` in `--format`");
    }
    // A report renews the one before it.
    let markdown = args.results.checked(true)?;
    let mut opens = args.open;
    if args.live {
        let page = out.join("index.html");
        follow(&args.directory, &page, style, || {
            match std::mem::take(&mut opens) {
                true => open_in_browser(&page),
                false => Ok(()),
            }
        })?;
    }
    let read = write(&args.directory, &out, &args.format, style)?;
    if opens {
        open_in_browser(&out.join("index.html"))?;
    }
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

/// The folder of a page that comes and goes with a study under way: beside the directory, which is the study's own.
fn beside_directory(directory: &Path) -> anyhow::Result<PathBuf> {
    // A name such as `.` or `..` has the folder's own in its place.
    let whole = match directory.file_name() {
        Some(_) => directory.to_owned(),
        None => fs::canonicalize(directory).with_context(|| shown(directory).to_string())?,
    };
    let Some(name) = whole.file_name() else {
        bail!(
            "{}: has no name, expected `--out` beside `--live`",
            shown(directory)
        );
    };
    let mut name = name.to_owned();
    name.push("-live");
    Ok(whole.with_file_name(name))
}

/// Writes the page of a study under way whenever its log has more runs, until it is complete; `first` is done when
/// the page is there.
fn follow(
    directory: &Path,
    page: &Path,
    style: Style,
    mut first: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut written = None;
    loop {
        let began = Instant::now();
        let Some(results) = StudyResults::read_under_way(directory)? else {
            return Ok(());
        };
        if written != Some(results.manifest.runs) {
            write_page(&results, page, style, Some(BETWEEN_PAGES))?;
            if written.is_none() {
                say(format_args!(
                    "{}: is renewed until the study is complete",
                    shown(page)
                ));
                first()?;
            }
            written = Some(results.manifest.runs);
        }
        // A large log takes long to read; the study shall have most of the machine.
        let pause = BETWEEN_PAGES.max(4 * began.elapsed());
        let until = Instant::now() + pause;
        while Instant::now() < until && Directory::is_unfinished(directory) {
            thread::sleep(BETWEEN_LOOKS);
        }
    }
}

/// Writes the page alone.
fn write_page(
    results: &StudyResults,
    path: &Path,
    style: Style,
    reload: Option<Duration>,
) -> anyhow::Result<()> {
    let view = View::of_study(results)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder).with_context(|| cannot_be_written(folder))?;
    let page = page(
        results,
        &view,
        &pictures(&view, style),
        style,
        &place(results, folder, reload),
    );
    save(path, page.as_bytes())
}

/// The place of a page in this folder.
fn place(results: &StudyResults, folder: &Path, reload: Option<Duration>) -> Place {
    Place {
        study: relative(folder, &results.path),
        reload: reload.map(|time| time.as_secs() as u32),
    }
}

/// The address of a folder as seen from another, where both are there and no part of it is odd.
fn relative(from: &Path, to: &Path) -> Option<String> {
    let [from, to] = [fs::canonicalize(from).ok()?, fs::canonicalize(to).ok()?];
    let alike = from.components().zip(to.components());
    let alike = alike.take_while(|(one, other)| one == other).count();
    let up = from.components().skip(alike).map(|_| Some("..".to_owned()));
    let down = to.components().skip(alike).map(|part| match part {
        Component::Normal(name) => Some(percent_encoded(name.to_str()?)),
        _ => None,
    });
    let parts: Vec<String> = up.chain(down).collect::<Option<_>>()?;
    Some(parts.join("/")).filter(|path| !path.is_empty())
}

/// A name as it stands in an address (RFC 3986, section 2).
fn percent_encoded(name: &str) -> String {
    let byte = |byte: u8| match byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    name.bytes().map(byte).collect()
}

/// Opens a page in the browser that the system would take.
fn open_in_browser(page: &Path) -> anyhow::Result<()> {
    // Not waited for: some browsers stay until they are closed.
    let page = fs::canonicalize(page).unwrap_or(page.to_owned());
    open::that_detached(&page)
        .with_context(|| format!("{}: is written, but cannot be opened", shown(&page)))
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
        let page = page(
            &results,
            &view,
            &pictures,
            style,
            &place(&results, out, None),
        );
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
