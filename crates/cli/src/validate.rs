//! `sparsegrok validate`

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use sparsegrok_analysis::validate::{Check, Scope, Tolerance, Witness, validate, validate_random};

use crate::exit::say;
use crate::number::{counted, duration};
use crate::output::Output;
use crate::results::{ResultFlags, Results};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Leave out what takes minutes: variants of the presets, most of ridge regression, teacher and student, and others
    #[arg(long)]
    quick: bool,
    /// Measure the theory's times of this many settings drawn at random from its range, and nothing else
    #[arg(long, value_name = "SETTINGS", conflicts_with = "quick", value_parser = clap::value_parser!(u64).range(1..))]
    random: Option<u64>,
    #[command(flatten)]
    results: ResultFlags,
    /// Replace the Markdown file, if it exists
    #[arg(long, help_heading = "Output", requires = "export_markdown")]
    force: bool,
}

pub(crate) fn execute(args: &Args) -> anyhow::Result<()> {
    let scope = if args.quick {
        Scope::Quick
    } else {
        Scope::Whole
    };
    let markdown = args.results.checked(args.force)?;
    let stop = Arc::new(AtomicBool::new(false));
    let started = Instant::now();
    let mut output = Output::stdout();
    let head = [
        "quantity",
        "expected",
        "measured",
        "tolerance",
        "verdict",
        "seeds",
    ];
    write_row(&mut output, head)?;
    let head = head.map(str::to_owned).to_vec();
    let mut table = Table {
        output,
        written: Ok(()),
        stop: Arc::clone(&stop),
        rows: Vec::new(),
        missed: Vec::new(),
    };
    let validated = match args.random {
        Some(count) => validate_random(count, &stop, &mut table),
        None => validate(scope, &stop, &mut table),
    };
    table.written?;
    table.output.finish()?;
    let checks = counted(table.rows.len() as u64, "anchor");
    let results = Results {
        note: Some(format!(
            "{checks} in {}, {} missed.",
            duration(started.elapsed()),
            table.missed.len()
        )),
        rows: std::iter::once(head).chain(table.rows).collect(),
        cautions: table.missed,
        next: args.quick.then(|| "sparsegrok validate".to_owned()),
        ..Results::default()
    };
    args.results.finish(&results, markdown.as_ref())?;
    Ok(validated?)
}

/// Prints each check as it comes; ends validation when nobody reads any more.
struct Table {
    output: Output,
    written: io::Result<()>,
    stop: Arc<AtomicBool>,
    /// The rows written so far.
    rows: Vec<Vec<String>>,
    /// The anchors that are not as expected.
    missed: Vec<String>,
}

impl Witness for Table {
    fn begin(&mut self, what: &str) {
        say(format_args!("training {what}"));
    }

    fn check(&mut self, check: Check) {
        if self.written.is_ok() {
            self.written = self.write(&check);
            self.stop.fetch_or(self.written.is_err(), Ordering::Relaxed);
        }
    }

    fn outlier(&mut self, case: &str) {
        if self.written.is_ok() {
            self.written = writeln!(self.output, "outlier: {case}");
            self.stop.fetch_or(self.written.is_err(), Ordering::Relaxed);
        }
    }
}

impl Table {
    fn write(&mut self, check: &Check) -> io::Result<()> {
        let number = |x: f64| match x.abs() {
            100.0.. => format!("{x:.0}"),
            2.0.. => format!("{x:.1}"),
            _ => format!("{x:.4}"),
        };
        let tolerance = match check.tolerance {
            Tolerance::Relative(share) => format!("{:.0} %", 100.0 * share),
            Tolerance::Absolute(much) => much.to_string(),
            Tolerance::Interval(low, high) => format!("{low:.2}–{high:.2}"),
        };
        let measured = check.measured.map_or("censored".to_owned(), number);
        let verdict = if check.holds() { "ok" } else { "MISSED" };
        let expected = number(check.expected);
        let Check { quantity, note, .. } = check;
        if !check.holds() {
            let missed =
                format!("{quantity} is {measured}, expected {expected} within {tolerance}");
            self.missed.push(missed);
        }
        let row = [quantity, &expected, &measured, &tolerance, verdict, note];
        self.rows.push(row.map(str::to_owned).to_vec());
        write_row(&mut self.output, row)
    }
}

/// Writes a row of the table. Columns have fixed widths, as rows are written when they come.
fn write_row(output: &mut Output, row: [&str; 6]) -> io::Result<()> {
    let [quantity, expected, measured, tolerance, verdict, seeds] = row;
    writeln!(
        output,
        "{quantity:<64}{expected:>10}{measured:>10}{tolerance:>11}  {verdict:<8}{seeds}"
    )
}
