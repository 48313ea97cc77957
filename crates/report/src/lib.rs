//! Pictures of a study, and one page that holds them all.
//!
//! Data flow one way: a study's directory is read into a [`View`], the view makes [`Figure`]s,
//! which are plain descriptions, and a figure is drawn as [SVG](draw) and from there as
//! [PNG](png::render).
//! No statistics are made here: the numbers shown are those of the study's summary.
//!
//! Bytes are a function of what is shown: the same directory gives the same files.

mod collapse;
mod command;
mod curves;
mod draw;
pub mod figure;
mod headline;
mod histogram;
mod keys;
mod layout;
mod page;
mod page_data;
mod palette;
mod phase;
mod plane;
pub mod png;
mod scale;
mod scaling;
mod survival;
mod svg;
mod text;
mod view;

pub use draw::draw;
pub use figure::Figure;
pub use page::page;
pub use palette::{Paint, Theme};
pub use scale::{Scale, Tick};
pub use view::View;

/// How figures are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether epochs are drawn by logarithm.
    pub log_epochs: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self { log_epochs: true }
    }
}

/// Every figure there is something to show in.
pub fn figures(view: &View, style: Style) -> Vec<Figure> {
    let mut figures: Vec<Figure> = curves::FAMILIES
        .iter()
        .filter_map(|family| curves::figure(view, family, style.log_epochs))
        .collect();
    figures.extend(phase::figure(view));
    figures.extend(survival::figure(view, style.log_epochs));
    figures.extend(histogram::figure(view));
    figures.extend(scaling::figure(view));
    figures.extend(collapse::figure(view));
    figures
}

/// Accuracy and loss of a [run](View::of_run), in one figure.
pub fn run_figure(view: &View, style: Style) -> Figure {
    curves::of_run(view, style.log_epochs)
}
