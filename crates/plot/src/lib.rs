//! Pictures with axes, described as data and drawn as SVG and PNG.
//!
//! A [`Picture`] is a title, a legend, a note and [`Panel`]s; a panel is two [`Axis`] and a list of
//! [`Mark`]s in the axes' own numbers: lines, bands, tiles, dots. [`draw`] lays the picture out to
//! the width of a column, [`draw_narrow`] to that of a phone, and writes it as SVG; [`png`] renders
//! that SVG with the built-in fonts.
//!
//! Bytes are a function of the picture: no system font, no clock, no platform's mathematics. Colours
//! are few and told apart by colour-blind eyes; a picture drawn for a page follows the page into its
//! dark theme. Work and size are linear in the number of points; an axis has a bounded number of
//! ticks whatever numbers it spans.
//!
//! ```
//! use sparsegrok_plot::{Axis, Mark, Paint, Panel, Picture, Scale, Stroke, Theme, draw};
//!
//! let points: Vec<(f64, f64)> = (1..=100).map(|i| (f64::from(i), f64::from(i * i))).collect();
//! let x = Axis::new("i", Scale::linear(points.iter().map(|p| p.0), 0.0));
//! let y = Axis::new("i²", Scale::log(points.iter().map(|p| p.1), 0.05));
//! let line = Mark::Line { points, stroke: Stroke::solid(Paint::Blue, 2.0) };
//! let panel = Panel::new("", x, y, vec![line]);
//! let picture = Picture {
//!     title: "Squares".to_owned(),
//!     panels: vec![panel],
//!     ..Picture::empty("squares")
//! };
//! let svg = draw(&picture, Theme::Print);
//! assert!(svg.starts_with("<svg") && svg.contains("Squares"));
//! ```
//!
//! [`number`] writes numbers for people to read, as ticks and legends need them; [`text`] has the
//! one mark that text may hold, subscripts as in `T_{gen}`, and its forms in HTML and plain text.

mod contour;
mod draw;
mod layout;
pub mod number;
mod palette;
mod picture;
mod png;
mod scale;
mod svg;
pub mod text;

pub use contour::contour;
pub use draw::{draw, draw_narrow};
pub use palette::{Paint, Theme};
pub use picture::{Axis, Bar, Key, Mark, Panel, Picture, Sign, Stroke};
pub use png::{PngError, png};
pub use scale::{Scale, Tick};
