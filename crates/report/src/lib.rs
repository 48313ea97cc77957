//! Pictures of a study, and one page that holds them all.
//!
//! Data flow one way: a study's directory is read into a [`View`], the view makes
//! [`Picture`]s, which are plain descriptions, and `sparsegrok_plot` draws a picture as SVG and PNG.
//! No statistics are made here: the numbers shown are those of the study's summary.
//!
//! Bytes are a function of what is shown: the same directory gives the same files.

mod collapse;
mod command;
mod curves;
mod ends;
mod glossary;
mod headline;
mod histogram;
mod keys;
mod outcome;
mod packed;
mod page;
mod page_data;
mod phase;
mod plane;
mod scaling;
mod spread;
mod survival;
mod view;

use sparsegrok_plot::Picture;

pub use command::shell_word;
pub use page::{Place, page};
pub use view::View;

/// Options of pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// True if epochs are drawn by logarithm.
    pub log_epochs: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self { log_epochs: true }
    }
}

/// Makes every picture that has something to show.
pub fn pictures(view: &View, style: Style) -> Vec<Picture> {
    let mut pictures: Vec<Picture> = curves::families_in_order(view)
        .into_iter()
        .filter_map(|family| curves::picture(view, family, style.log_epochs))
        .collect();
    pictures.extend(phase::picture(view));
    pictures.extend(outcome::picture(view));
    pictures.extend(survival::picture(view, style.log_epochs));
    pictures.extend(histogram::picture(view));
    pictures.extend(spread::picture(view));
    pictures.extend(scaling::picture(view));
    pictures.extend(collapse::picture(view));
    pictures.extend(ends::picture(view));
    pictures
}

/// Draws accuracy and loss of a [run](View::of_run), in one picture.
pub fn run_picture(view: &View, style: Style) -> Picture {
    curves::of_run(view, style.log_epochs)
}
