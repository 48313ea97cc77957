//! A figure, described: panels with axes, and marks in the axes' own numbers.
//!
//! What a figure shows is decided here and in the modules that make figures; how it is drawn, by
//! [`draw`](crate::draw).

use crate::palette::Paint;
use crate::scale::{Scale, Tick};

/// A figure: one or more panels under a title.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// What its file is called, without extension.
    pub name: &'static str,
    /// Title.
    pub title: String,
    /// What its panels have in common: what lines and bands are, and over how many seeds.
    pub note: String,
    /// What the marks stand for.
    pub legend: Vec<Key>,
    /// Panels, row by row.
    pub panels: Vec<Panel>,
    /// Panels in a row.
    pub columns: usize,
    /// Width and height of a panel's plotting area, in px of 1/96 inch.
    pub size: (f64, f64),
    /// Whether all panels have the same axes, which are then labelled at the rim alone.
    pub shared_axes: bool,
}

impl Figure {
    /// A figure of nothing.
    pub(crate) fn empty(name: &'static str) -> Self {
        Self {
            name,
            title: String::new(),
            note: String::new(),
            legend: Vec::new(),
            panels: Vec::new(),
            columns: 1,
            size: (560.0, 300.0),
            shared_axes: false,
        }
    }
}

/// One pair of axes and what is drawn in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// Its title; may be empty.
    pub title: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// Marks, the first at the bottom.
    pub marks: Vec<Mark>,
    /// What the shades of tiles mean, where they mean a number.
    pub bar: Option<Bar>,
}

/// An axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Its title, with the unit.
    pub label: String,
    /// What is where.
    pub scale: Scale,
    /// Its ticks; those of the scale where there are none.
    pub ticks: Vec<Tick>,
    /// Whether grid lines are drawn at labelled ticks.
    pub grid: bool,
}

impl Axis {
    /// An axis with the ticks of its scale, and grid lines at them.
    pub(crate) fn new(label: impl Into<String>, scale: Scale) -> Self {
        Self {
            label: label.into(),
            scale,
            ticks: Vec::new(),
            grid: true,
        }
    }
}

/// The key to shades.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// Its title, with the unit.
    pub label: String,
    /// From the dark end of the ramp to the light one.
    pub scale: Scale,
}

/// One entry of a legend.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// What it stands for.
    pub label: String,
    /// What is shown beside the label.
    pub sign: Sign,
}

/// What is shown in a legend.
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
    /// A mark of something cut off.
    Censored(Paint),
}

/// How a line is drawn.
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
    pub(crate) fn solid(paint: Paint, width: f64) -> Self {
        Self {
            paint,
            width,
            dash: 0.0,
            opacity: 1.0,
        }
    }

    /// Seen through.
    pub(crate) fn faded(self, opacity: f64) -> Self {
        Self { opacity, ..self }
    }
}

/// Something drawn in a panel. Points that have no place on the axes are left out; lines break
/// there.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// A line through points.
    Line {
        /// (x, y).
        points: Vec<(f64, f64)>,
        /// How it is drawn.
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
        /// Where.
        x: f64,
        /// How it is drawn.
        stroke: Stroke,
        /// What is written along it.
        label: String,
    },
    /// A stripe over the whole height.
    Stripe {
        /// Its ends.
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
        /// The cell it stands for.
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
        /// From low to high.
        interval: Option<(f64, f64)>,
        /// Colour.
        paint: Paint,
    },
    /// A small upright stroke on a curve: something cut off there.
    Censored {
        /// (x, y).
        at: (f64, f64),
        /// Colour.
        paint: Paint,
    },
    /// A word or two, centred.
    Text {
        /// (x, y).
        at: (f64, f64),
        /// The words.
        text: String,
        /// Colour.
        paint: Paint,
    },
}
