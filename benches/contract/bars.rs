//! What was measured against what was promised: lines to read, and the same as JSON.

use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sparsegrok::statistics::{CONFIDENCE, Median, median_interval};

use crate::shared::pairs::Ratio;

/// The variable that names the JSON file, in place of `criterion/contract.json` in the target folder.
const JSON: &str = "SPARSEGROK_CONTRACT";

/// What a value must keep to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bar {
    AtLeast(f64),
    AtMost(f64),
    Within(f64, f64),
}

impl Bar {
    fn holds(self, value: f64) -> bool {
        match self {
            Self::AtLeast(bar) => value >= bar,
            Self::AtMost(bar) => value <= bar,
            Self::Within(low, high) => (low..=high).contains(&value),
        }
    }

    /// Least and most that keep to it.
    fn limits(self) -> [Option<f64>; 2] {
        match self {
            Self::AtLeast(bar) => [Some(bar), None],
            Self::AtMost(bar) => [None, Some(bar)],
            Self::Within(low, high) => [Some(low), Some(high)],
        }
    }
}

impl Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(bar) => write!(f, ">={bar}"),
            Self::AtMost(bar) => write!(f, "<={bar}"),
            Self::Within(low, high) => write!(f, "{low}..{high}"),
        }
    }
}

/// The lines so far.
pub(crate) struct Contract {
    /// Whether values are judged and printed; not where the benches are only tried.
    judged: bool,
    short: usize,
    lines: Vec<Value>,
}

impl Contract {
    pub(crate) fn new(judged: bool) -> Self {
        Self {
            judged,
            short: 0,
            lines: Vec::new(),
        }
    }

    /// Adds the time of one piece of work over another's.
    pub(crate) fn ratio(&mut self, name: &str, ratio: Ratio, bar: Bar) {
        let [numerator, denominator] = ratio.bests;
        let of = format!("{numerator:.2} over {denominator:.2} ns, best of each");
        let bests = json!({ "numerator_ns": numerator, "denominator_ns": denominator });
        self.line(name, ratio.of_bests, ratio.median, bar, (&of, bests));
    }

    /// Adds an exponent, and those of each round.
    pub(crate) fn exponent(&mut self, name: &str, of_bests: (f64, f64), rounds: &[f64], bar: Bar) {
        let (exponent, standard_error) = of_bests;
        let of = format!("standard error {standard_error:.3}");
        let median = median_interval(rounds, CONFIDENCE).expect("six rounds or more");
        let error = json!({ "standard_error": standard_error });
        self.line(name, exponent, median, bar, (&of, error));
    }

    fn line(&mut self, name: &str, value: f64, median: Median, bar: Bar, of: (&str, Value)) {
        if !self.judged {
            return println!("tried {name}");
        }
        let verdict = if bar.holds(value) { "ok" } else { "short" };
        self.short += usize::from(verdict == "short");
        let Median {
            n,
            estimate,
            low,
            high,
        } = median;
        println!(
            "ratio {name} {value:.3} {low:.3} {high:.3} {bar} {verdict} (median {estimate:.3} of \
             {n} rounds; {})",
            of.0
        );
        let [at_least, at_most] = bar.limits();
        self.lines.push(json!({
            "name": name,
            "value": value,
            "low": low,
            "high": high,
            "median": estimate,
            "rounds": n,
            "at_least": at_least,
            "at_most": at_most,
            "verdict": verdict,
            "best": of.1,
        }));
    }

    /// Says what cannot be measured here.
    pub(crate) fn skip(&self, names: &str, reason: &str) {
        println!("skipped {names}: {reason}");
    }

    /// Writes the JSON file; returns how many bars were missed.
    pub(crate) fn close(self, simd: &str) -> std::io::Result<usize> {
        if !self.judged {
            return Ok(0);
        }
        let path = std::env::var_os(JSON).map_or_else(
            || Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("criterion/contract.json"),
            PathBuf::from,
        );
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let json = json!({ "version": 1, "simd": simd, "short": self.short, "lines": self.lines });
        std::fs::write(&path, format!("{json:#}\n"))?;
        let (lines, short) = (self.lines.len(), self.short);
        println!("{lines} ratios, {short} short; {}", path.display());
        Ok(short)
    }
}
