//! The results that a command says when it is done: a table, what to beware of, what was written and
//! what to do next.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::ValueHint;
use sparsegrok_analysis::{cautions, spreads};
use sparsegrok_config::{Known, Seeds, value_text};
use sparsegrok_data::Shortest;
use sparsegrok_run::Status;
use sparsegrok_study::Study;
use sparsegrok_study::summary::{CellSummary, Precision, Summary};
use textwrap::Options;

use crate::estimate::{median, share};
use crate::exit::{say, shell_word};
use crate::number::{counted, figure};
use crate::output::{Asked, Output, check};
use crate::table::{aligned, markdown};

/// Cells that are said; the others are counted. Markdown has all.
pub(crate) const MOST_CELLS: usize = 12;

/// Columns of a line of prose.
const WIDTH: usize = 80;

/// The meaning of a study's rows.
const NOTE: &str = "Medians over seeds in epochs, delay = T_gen / T_mem, intervals of 95 %.";

/// The meaning of a median that was not observed.
const BEYOND: &str = "∞ is beyond the epochs trained.";

/// Files of a study's directory that a reader wants.
const TABLES: &str = "records.csv, curves.csv, traces.csv, summary.json";

/// `--quiet` and `--export-markdown`.
#[derive(clap::Args)]
pub(crate) struct ResultFlags {
    /// Do not say the results in the end
    #[arg(long, help_heading = "Output")]
    quiet: bool,
    /// Write the table of the results to this file too, as Markdown
    #[arg(
        long,
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        help_heading = "Output",
        hide_short_help = true
    )]
    export_markdown: Option<PathBuf>,
}

impl ResultFlags {
    /// The Markdown file asked for, if it may be written; before anything is done.
    pub(crate) fn checked(&self, replace: bool) -> anyhow::Result<Option<Asked>> {
        let asked = self.export_markdown.as_ref().map(|path| Asked {
            flag: "--export-markdown",
            path: path.clone(),
            replace,
        });
        check(asked.as_slice(), &[])?;
        Ok(asked)
    }

    /// Says the results on standard error, unless it is to be quiet, and writes their table.
    pub(crate) fn finish(&self, results: &Results, to: Option<&Asked>) -> anyhow::Result<()> {
        if let Some(asked) = to {
            let mut output = Output::open(asked)?;
            output.write_all(markdown(&results.rows).as_bytes())?;
            output.finish()?;
        }
        let text = results.text(to.map(|asked| asked.path.as_path()));
        if !self.quiet && !text.is_empty() {
            say(text);
        }
        Ok(())
    }

    /// True if nothing is to be said in the end.
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }
}

/// The results of a command.
#[derive(Default)]
pub(crate) struct Results {
    /// A heading, and a row for each cell, figure or check.
    pub(crate) rows: Vec<Vec<String>>,
    /// Rows that are said: none if they are on standard output anyway.
    pub(crate) said: usize,
    /// True if they are of a shard of a study.
    pub(crate) is_shard: bool,
    /// A sentence on the figures of the rows.
    pub(crate) note: Option<String>,
    /// Sentences on what the rows do not tell, each with the word that it begins with.
    pub(crate) findings: Vec<(&'static str, String)>,
    /// Sentences for those who would be misled.
    pub(crate) cautions: Vec<String>,
    /// Files written.
    pub(crate) written: Vec<String>,
    /// The next command to type.
    pub(crate) next: Option<String>,
}

impl Results {
    /// The results of a study: the share of each cell's runs that grokked, and its times.
    pub(crate) fn of_study(study: &Study, summary: &Summary) -> Self {
        let keys = study.axes().map(|(key, _)| key);
        let figures = ["grokked", "T_mem", "theory", "T_gen", "theory", "delay"];
        let heading = keys.chain(figures).map(str::to_owned).collect();
        let rows = std::iter::once(heading).chain(summary.cells.iter().map(row_of_cell));
        let rows: Vec<Vec<String>> = rows.collect();
        let is_beyond = rows.iter().flatten().any(|text| text.contains('∞'));
        let note = match is_beyond {
            true => format!("{NOTE}\n{BEYOND}"),
            false => NOTE.to_owned(),
        };
        let shard = summary.part.and_then(|part| part.shard);
        Self {
            rows,
            said: 1 + MOST_CELLS,
            is_shard: shard.is_some(),
            note: Some(note),
            findings: findings(study, summary),
            cautions: cautions(study, summary),
            ..Self::default()
        }
    }

    /// The same, of a study in a directory, with its report if it was made.
    pub(crate) fn in_directory(mut self, path: &Path, has_report: bool) -> Self {
        self.written.push(format!("{}: {TABLES}", path.display()));
        if has_report {
            let page = path.join("report").join("index.html");
            self.written.push(page.display().to_string());
        }
        let path = shell_word(path);
        self.next = Some(match (self.is_shard, has_report) {
            (true, _) => format!("sparsegrok merge {path} OTHERS… --out WHOLE"),
            (false, true) => format!("sparsegrok explain {path}"),
            (false, false) => format!("sparsegrok report {path}"),
        });
        self
    }

    fn text(&self, markdown: Option<&Path>) -> String {
        let said = self.rows.len().min(self.said);
        let mut text = format!("\n{}", aligned(&self.rows[..said]));
        if let (1.., more @ 1..) = (said, self.rows.len() - said) {
            text += &format!("… and {}\n", counted(more as u64, "more cell"));
        }
        text += &self
            .note
            .iter()
            .map(|note| format!("{note}\n"))
            .collect::<String>();
        let paragraph = |heading: &str, words: &str| {
            let indent = " ".repeat(heading.chars().count());
            let options = Options::new(WIDTH)
                .initial_indent(heading)
                .subsequent_indent(&indent);
            textwrap::fill(words, options) + "\n"
        };
        if !self.findings.is_empty() {
            text.push('\n');
        }
        for (word, finding) in &self.findings {
            text += &paragraph(&format!("{word}: "), finding);
        }
        if !self.cautions.is_empty() {
            text.push('\n');
        }
        for caution in &self.cautions {
            text += &paragraph("caution: ", caution);
        }
        text.push('\n');
        let markdown = markdown.map(|path| path.display().to_string());
        for path in self.written.iter().chain(&markdown) {
            text += &format!("wrote  {path}\n");
        }
        if let Some(next) = &self.next {
            text += &format!("next   {next}\n");
        }
        match text.trim_matches('\n') {
            "" => String::new(),
            said => format!("\n{said}"),
        }
    }
}

/// What a study's rows do not tell: where the spread between its runs comes from, and how precise its figures are.
fn findings(study: &Study, summary: &Summary) -> Vec<(&'static str, String)> {
    // Of more cells, the page and the summary have them.
    let spreads = spreads(summary).into_iter().take(MOST_CELLS);
    let spreads = spreads.map(|words| ("spread", words));
    let precision = Precision::of(study, &summary.cells);
    let precision = precision.filter(|_| summary.part.is_none());
    let seeds = precision.map(|precision| ("seeds", precise(&precision, study.spec().seeds)));
    spreads.chain(seeds).collect()
}

/// A sentence on the precision that a study has come to.
fn precise(precision: &Precision, seeds: Seeds) -> String {
    let percent = |share: f64| format!("±{} %", figure(100.0 * share));
    let what = match precision.asked.known {
        Known::Generalizing => "the median of T_gen",
        Known::Memorizing => "the median of T_mem",
        Known::GrokRate => "the grok rate",
    };
    let asked = format!("±{} %", Shortest(precision.asked.percent));
    let after = counted(seeds.len(), "seed");
    let reached = match precision.reached {
        0.0 => format!(
            "{what} is nowhere to be had after {after}: most runs of each cell do not get there"
        ),
        width if width.is_finite() => {
            format!(
                "{what} is known to {} after {after}, {asked} were asked for",
                percent(width)
            )
        }
        _ => format!("{what} has no upper limit after {after}, {asked} were asked for"),
    };
    let without = match precision.without {
        0 => String::new(),
        _ if precision.reached == 0.0 => String::new(),
        cells => format!(
            "; {} without, as most runs do not get there",
            counted(cells as u64, "cell")
        ),
    };
    let rate = match (precision.asked.known, precision.more_for_rate) {
        (Known::GrokRate, _) => String::new(),
        (_, 0) => format!("; the grok rate is known to {}", percent(precision.rate)),
        (_, more) => format!("; a grok rate known to ±5 % would take {more} more"),
    };
    format!("{reached}{without}{rate}")
}

fn row_of_cell(cell: &CellSummary) -> Vec<String> {
    let theory = |of: Option<f64>| of.map_or_else(|| "—".to_owned(), figure);
    let predicted = cell.prediction;
    let mut row: Vec<String> = cell.varied.values().map(value_text).collect();
    row.extend([
        share(cell.count(Status::Grokked), cell.runs, cell.grok_rate),
        median(&cell.t_mem),
        theory(predicted.and_then(|times| times.t_mem)),
        median(&cell.t_gen),
        theory(predicted.and_then(|times| times.t_gen)),
        median(&cell.delay_ratio),
    ]);
    row
}
