//! Two arms compared, as a table for people to read.

use sparsegrok_analysis::compare::{ArmComparison, PairedFigure};
use sparsegrok_statistics::{CONFIDENCE, LogRank, Mean, MeanInterval, quantile_has_interval};
use sparsegrok_study::summary::Times;

use crate::estimate::{median, share};
use crate::number::{Decimals, counted, figure, interval};
use crate::table::aligned;

/// The table of a comparison, and a sentence on its intervals.
pub(crate) fn text(comparison: &ArmComparison) -> String {
    aligned(&rows(comparison)) + &methods(comparison) + "\n"
}

/// The rows of the table of a comparison.
pub(crate) fn rows(comparison: &ArmComparison) -> Vec<[String; 4]> {
    let row = |label: &str, [one, other]: [String; 2], difference: String| {
        [label.to_owned(), one, other, difference]
    };
    let plain = |label: &str, arms: [String; 2]| row(label, arms, String::new());
    let grokked = |arm: usize| {
        let [grokked, runs] = [comparison.grokked, comparison.runs].map(|of| of[arm] as u64);
        share(grokked, runs, comparison.grok_rate[arm])
    };
    let log_rank = comparison.log_rank.map(log_rank_text).unwrap_or_default();
    let mut rows = vec![
        row("", comparison.names.clone(), "difference".to_owned()),
        plain("runs", comparison.runs.map(|runs| runs.to_string())),
        plain("grokked", [0, 1].map(grokked)),
        plain("t_mem, median", comparison.t_mem.map(median_text)),
        row("t_gen, median", comparison.t_gen.map(median_text), log_rank),
    ];
    rows.extend(comparison.paired.iter().map(|paired| {
        let (means, difference) = paired_texts(paired);
        row(paired.figure.name(), means, difference)
    }));
    rows
}

/// A sentence on the methods of the intervals.
pub(crate) fn methods(comparison: &ArmComparison) -> String {
    if comparison.pairs == 0 {
        return "No seed is in both with the same data: nothing is paired.".to_owned();
    }
    let intervals = comparison.paired.iter();
    let intervals = intervals.filter_map(|paired| paired.difference.interval);
    let mut methods: Vec<_> = intervals.map(|interval| interval.method).collect();
    methods.sort_unstable();
    methods.dedup();
    let names: Vec<_> = methods.iter().map(ToString::to_string).collect();
    let methods = match names.is_empty() {
        true => "none".to_owned(),
        false => names.join(", "),
    };
    format!(
        "Intervals of 95 %: of shares Wilson, of medians Brookmeyer and Crowley, of mean \
         differences over {} of one seed {methods}.",
        counted(comparison.pairs as u64, "pair")
    )
}

/// The means and their difference, at the decimals that the difference's interval bears.
fn paired_texts(paired: &PairedFigure) -> ([String; 2], String) {
    let Mean {
        n,
        estimate,
        interval: known,
    } = paired.difference;
    let Some(MeanInterval { low, high, .. }) = known else {
        let difference = figure(estimate);
        let none = format!(
            "{difference}, no interval from {}",
            counted(n as u64, "pair")
        );
        return (paired.means.map(figure), none);
    };
    let means = match high > low {
        true => {
            let decimals = Decimals::of_interval(estimate, low, high);
            paired.means.map(|mean| decimals.text(mean))
        }
        false => paired.means.map(figure),
    };
    let difference = interval(estimate, low, high);
    (means, format!("{difference}, n = {n}"))
}

/// A median with its limits, and the number of runs that it is of.
fn median_text(times: Times) -> String {
    let (n, text) = (times.n, median(&times));
    let censored = match times.censored {
        0 => String::new(),
        censored => format!(", {censored} of {n} censored"),
    };
    match quantile_has_interval(n, 0.5, CONFIDENCE) {
        _ if n == 0 => text,
        false => {
            let runs = counted(n as u64, "run");
            format!("{text}{censored}, no interval from {runs}")
        }
        true if times.censored == 0 => format!("{text}, n = {n}"),
        true => text + &censored,
    }
}

fn log_rank_text(test: LogRank) -> String {
    // Beyond, the tail of the approximation says nothing.
    if test.p < 1e-6 {
        return "log-rank p < 1e-6".to_owned();
    }
    format!("log-rank p = {}", figure(test.p))
}

#[cfg(test)]
mod tests {
    use sparsegrok_analysis::compare::Arm;

    use super::*;

    #[test]
    fn a_comparison_is_a_table_and_a_sentence() {
        let none = |name: &str| Arm {
            name: name.to_owned(),
            figures: Vec::new(),
            records: Vec::new(),
        };
        let mut compared = ArmComparison::of(&none("off"), &none("on"));
        let table = text(&compared);
        assert!(
            table.contains("t_gen, median  no runs  no runs\n"),
            "{table}"
        );
        assert!(table.ends_with("nothing is paired.\n"), "{table}");
        let times = |events: usize, median| Times {
            n: 3,
            events,
            censored: 3 - events,
            median,
            ..Times::default()
        };
        compared.t_gen = [times(0, None), times(3, Some(400.0))];
        compared.pairs = 2;
        let table = text(&compared);
        let medians = "∞, 3 of 3 censored, no interval from 3 runs  400, no interval from 3 runs\n";
        assert!(table.trim_start().starts_with("off "), "{table}");
        assert!(table.contains(medians), "{table}");
        assert!(table.contains("over 2 pairs of one seed none"), "{table}");
    }
}
