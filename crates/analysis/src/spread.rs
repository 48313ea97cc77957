//! Sentences on the spread of outcomes between runs, and its sources.

use sparsegrok_data::Shortest;
use sparsegrok_statistics::{Component, Limits};
use sparsegrok_study::summary::{CellSummary, INTERACTIONS, Spread, SpreadOf, Summary};

/// The sentences on where the spread of each outcome comes from, by cells; none where no sources of randomness
/// were crossed. Of several cells, they are on T_gen alone. `Time: O(cells)`
pub fn spreads(summary: &Summary) -> Vec<String> {
    let of = match summary.cells.len() {
        1 => &SpreadOf::ALL[..],
        _ => &[SpreadOf::Generalizing],
    };
    let cells = summary.cells.iter();
    cells
        .flat_map(|cell| {
            let sentences = of
                .iter()
                .map(|&of| sentence(of, cell.spread.get(of.name())?));
            let name = match summary.cells.len() {
                1 => String::new(),
                _ => format!("cell {}: ", cell.cell),
            };
            let sentences = sentences.flatten().map(move |words| name.clone() + &words);
            sentences.collect::<Vec<_>>()
        })
        .collect()
}

/// Number of a cell's runs that an outcome's components leave out, and of all its runs.
pub(crate) fn left_out(cell: &CellSummary, of: SpreadOf) -> Option<(usize, usize)> {
    let spread = cell.spread.get(of.name())?;
    (spread.missing > 0).then_some((spread.missing, spread.missing + spread.runs))
}

fn sentence(of: SpreadOf, spread: &Spread) -> Option<String> {
    let subject = match of {
        SpreadOf::Generalizing => "T_gen",
        SpreadOf::Memorizing => "T_mem",
        SpreadOf::FinalAccuracy => "the final accuracy",
    };
    if let Some(reason) = &spread.unknown {
        return Some(format!(
            "where the spread of {subject} comes from is not known: {reason}"
        ));
    }
    let deviation = spread.deviation();
    // A small difference of logarithms is one in per cent.
    let size = match of {
        SpreadOf::FinalAccuracy => two_digits(deviation),
        _ => two_digits(100.0 * deviation) + " %",
    };
    let mut shares: Vec<(&String, &Component)> = spread.components.iter().collect();
    shares.sort_by(|(_, one), (_, other)| other.share.estimate.total_cmp(&one.share.estimate));
    let shares = shares
        .into_iter()
        .enumerate()
        .map(|(place, (name, component))| {
            let percent = percent(component.share);
            let of_it = if place == 0 {
                "of its variance is "
            } else {
                ""
            };
            format!("{percent} {of_it}{}", words(name))
        });
    let shares = shares.collect::<Vec<_>>().join(", ");
    Some(format!(
        "{subject} spreads by {size} (one standard deviation, {} runs): {shares}",
        spread.runs
    ))
}

/// A number with two significant digits.
fn two_digits(x: f64) -> String {
    let rounded = format!("{x:.1e}").parse();
    Shortest(rounded.unwrap_or(x)).to_string()
}

/// The words for a component.
fn words(name: &str) -> &str {
    match name {
        "data" => "the draw of the data",
        "order" => "the order of visits",
        "init" => "the initial weights",
        "noise" => "the flipped labels",
        INTERACTIONS => "interactions of these",
        other => other,
    }
}

fn percent(share: Limits) -> String {
    let text = |share: f64| format!("{:.0}", 100.0 * share);
    format!(
        "{} % [{}, {}]",
        text(share.estimate),
        text(share.low),
        text(share.high)
    )
}
