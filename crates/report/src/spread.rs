//! Where the spread between runs comes from: the share of each source of randomness.

use sparsegrok_plot::{Axis, Mark, Paint, Panel, Picture, Scale, Tick};
use sparsegrok_study::summary::{INTERACTIONS, Spread, SpreadOf};

use crate::curves::{MOST_PANELS, arrangement};
use crate::view::View;

/// The picture: a panel for each outcome of a single cell, or of each cell for T_gen; `None` where sources were
/// not crossed or components are not known.
pub(crate) fn picture(view: &View) -> Option<Picture> {
    let cells = view.chosen(MOST_PANELS);
    let panels: Vec<Panel> = match cells[..] {
        [cell] => {
            let spreads = cell.spread.iter();
            spreads
                .map(|(of, spread)| panel(title(*of), spread))
                .collect()
        }
        _ => {
            let of_time = |(of, _): &&(SpreadOf, Spread)| *of == SpreadOf::Generalizing;
            let spreads = cells
                .iter()
                .filter_map(|cell| Some((cell, cell.spread.iter().find(of_time)?)));
            spreads
                .map(|(cell, (_, spread))| panel(&cell.name, spread))
                .collect()
        }
    };
    if panels.is_empty() {
        return None;
    }
    let of_what = match cells.len() {
        1 => "",
        _ => " of ln T_{gen}",
    };
    let (columns, height) = match cells.len() {
        1 => (panels.len(), 190.0),
        _ => arrangement(view, panels.len()),
    };
    Some(Picture {
        title: format!("Where the spread{of_what} between runs comes from"),
        note: format!(
            "Shares of the variance over the runs of a crossed design, by restricted maximum likelihood; bars: 95 % \
             intervals. Joint: interactions, beyond the sum of the sources' own effects.{}",
            view.left_out(cells.len())
        ),
        columns,
        height,
        shared_axes: true,
        panels,
        ..Picture::empty("spread")
    })
}

fn title(of: SpreadOf) -> &'static str {
    match of {
        SpreadOf::Generalizing => "ln T_{gen}",
        SpreadOf::Memorizing => "ln T_{mem}",
        SpreadOf::FinalAccuracy => "final accuracy",
    }
}

fn panel(title: &str, spread: &Spread) -> Panel {
    let components = spread.components.iter().zip(1..);
    let at = |place: i32| f64::from(place);
    let ticks = components.clone().map(|((name, _), place)| {
        // The word is long for a small panel.
        let name = if name == INTERACTIONS { "joint" } else { name };
        Tick::labelled(at(place), name)
    });
    let marks = components.map(|((_, component), place)| Mark::Dot {
        at: (at(place), component.share.estimate),
        interval: Some((component.share.low, component.share.high)),
        paint: Paint::Blue,
    });
    let count = spread.components.len() as f64;
    let across = Axis {
        ticks: ticks.collect(),
        ..Axis::new("", Scale::linear([0.5, count + 0.5], 0.0))
    };
    let up = Axis::new("share of the variance", Scale::linear([0.0, 1.0], 0.04));
    Panel::new(title, across, up, marks.collect())
}
