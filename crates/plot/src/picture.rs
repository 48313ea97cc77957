//! A picture as data: panels with axes, and marks in the axes' own numbers.
//!
//! A picture says what is shown; [`draw`](crate::draw) decides how it is drawn.

use crate::palette::Paint;
use crate::scale::{Scale, Tick};

/// A picture: one or more panels under a title.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// The file's name without its extension, unique among the pictures of a page.
    pub name: &'static str,
    /// Title.
    pub title: String,
    /// A sentence or two below the panels, wrapped to the picture's width.
    pub note: String,
    /// The marks and their meaning.
    pub legend: Vec<Key>,
    /// Panels, row by row.
    pub panels: Vec<Panel>,
    /// Most panels in a row; in a narrow picture there are as many as have room.
    pub columns: usize,
    /// Greatest height of a panel's plotting area, in px of 1/96 inch; it is never higher than wide.
    pub height: f64,
    /// True if all panels have the same axes, which are then labelled at the rim alone.
    pub shared_axes: bool,
}

impl Picture {
    /// A picture without panels, to be filled in.
    pub fn empty(name: &'static str) -> Self {
        Self {
            name,
            title: String::new(),
            note: String::new(),
            legend: Vec::new(),
            panels: Vec::new(),
            columns: 1,
            height: 300.0,
            shared_axes: false,
        }
    }
}

/// One pair of axes and the marks drawn in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// The panel's title; may be empty.
    pub title: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// Marks, the first at the bottom.
    pub marks: Vec<Mark>,
    /// The key to the tiles' shades, where shades stand for numbers.
    pub bar: Option<Bar>,
}

impl Panel {
    /// A panel without a key to shades.
    pub fn new(title: impl Into<String>, x: Axis, y: Axis, marks: Vec<Mark>) -> Self {
        Self {
            title: title.into(),
            x,
            y,
            marks,
            bar: None,
        }
    }
}

/// An axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The axis's title, with the unit.
    pub label: String,
    /// The scale that maps numbers to places.
    pub scale: Scale,
    /// The ticks; if there are none, the scale chooses them.
    pub ticks: Vec<Tick>,
    /// True if grid lines are drawn at labelled ticks.
    pub grid: bool,
}

impl Axis {
    /// An axis with the ticks of its scale, and grid lines at them.
    pub fn new(label: impl Into<String>, scale: Scale) -> Self {
        Self {
            label: label.into(),
            scale,
            ticks: Vec::new(),
            grid: true,
        }
    }
}

/// The key to shades, drawn right of a panel as a bar with ticks.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// The bar's title, with the unit.
    pub label: String,
    /// The scale of the shades, from the dark end of the ramp to the light one.
    pub scale: Scale,
}

/// One entry of a legend.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The words.
    pub label: String,
    /// The sign left of the words.
    pub sign: Sign,
}

impl Key {
    /// A sign and its words.
    pub fn new(label: impl Into<String>, sign: Sign) -> Self {
        let label = label.into();
        Self { label, sign }
    }
}

/// A sign in a legend.
#[derive(Clone, Debug, PartialEq)]
pub enum Sign {
    /// A line.
    Line(Stroke),
    /// A line on a band.
    Banded(Stroke),
    /// A tile.
    Tile(Paint),
    /// A line across a tile.
    Crossing(Stroke, Paint),
    /// A dot.
    Dot(Paint),
    /// A tile that is crossed out.
    Crossed,
    /// A tile in a frame.
    Framed,
    /// A small upright stroke, as at [`Mark::Censored`].
    Censored(Paint),
}

/// The look of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stroke {
    /// Colour.
    pub paint: Paint,
    /// Width in px.
    pub width: f64,
    /// Length of dashes and gaps in px, 0 for a solid line.
    pub dash: f64,
    /// From 0, unseen, to 1.
    pub opacity: f64,
}

impl Stroke {
    /// A solid line.
    pub fn solid(paint: Paint, width: f64) -> Self {
        Self {
            paint,
            width,
            dash: 0.0,
            opacity: 1.0,
        }
    }

    /// The same line, so much seen through.
    pub fn faded(self, opacity: f64) -> Self {
        Self { opacity, ..self }
    }
}

/// Something drawn in a panel.
///
/// Points that have no place on the axes are left out, and lines break there.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// A line through points.
    Line {
        /// (x, y).
        points: Vec<(f64, f64)>,
        /// The line's look.
        stroke: Stroke,
    },
    /// The area between two curves.
    Band {
        /// (x, low, high).
        points: Vec<(f64, f64, f64)>,
        /// Colour.
        paint: Paint,
        /// From 0, unseen, to 1.
        opacity: f64,
    },
    /// A line over the whole height.
    Rule {
        /// The line's place on the horizontal axis.
        x: f64,
        /// The line's look.
        stroke: Stroke,
        /// Words above the panel at the line; may be empty.
        label: String,
    },
    /// A line over the whole width: a level of the vertical axis.
    Level {
        /// The line's place on the vertical axis.
        y: f64,
        /// The line's look.
        stroke: Stroke,
        /// Words right of the panel at the line.
        label: String,
    },
    /// A stripe over the whole height.
    Stripe {
        /// The stripe's two ends on the horizontal axis.
        x: (f64, f64),
        /// Colour.
        paint: Paint,
        /// From 0, unseen, to 1.
        opacity: f64,
    },
    /// A rectangle.
    Tile {
        /// Left and right.
        x: (f64, f64),
        /// Bottom and top.
        y: (f64, f64),
        /// Colour.
        paint: Paint,
        /// The number of the grid cell it stands for, written as the attribute `data-cell`, by which
        /// a page's script finds the tile.
        cell: Option<usize>,
    },
    /// A tile crossed out.
    Cross {
        /// Left and right.
        x: (f64, f64),
        /// Bottom and top.
        y: (f64, f64),
    },
    /// A dot, with an interval where one is known.
    Dot {
        /// (x, y).
        at: (f64, f64),
        /// The interval from low to high; an infinite high end is drawn open.
        interval: Option<(f64, f64)>,
        /// Colour.
        paint: Paint,
    },
    /// A small upright stroke on a curve where something was cut off (censored).
    Censored {
        /// (x, y).
        at: (f64, f64),
        /// Colour.
        paint: Paint,
    },
    /// A word or two.
    Text {
        /// Left and right of the room that the words are centred in; where it is too narrow for
        /// them, they are left out.
        x: (f64, f64),
        /// The words' height.
        y: f64,
        /// The words.
        text: String,
        /// Colour.
        paint: Paint,
    },
}
