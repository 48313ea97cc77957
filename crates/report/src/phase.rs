//! The phase diagram: each cell's status and time to generalize.

use sparsegrok_plot::{
    Axis, Bar, Key, Mark, Paint, Panel, Picture, Scale, Sign, Stroke, contour, number,
};
use sparsegrok_run::Status;

use crate::curves::{THEORY, left_out, seeds_words};
use crate::keys;
use crate::plane::Line;
use crate::view::{CellView, GridAxis, View};

/// The colour of mixed cells, which no status has.
const PAINT_OF_MIXED: Paint = Paint::Vermilion;
/// Tiles of a panel up to which each has its count written on it.
const MOST_COUNTS: usize = 40;
/// Values of an axis from which on lines of equal T_gen are drawn between them.
const ENOUGH_FOR_CONTOURS: usize = 4;
/// Values of the other axes that have a row of panels each.
const MOST_ROWS: usize = 3;

/// The name of the phase of a cell in which no status is that of more than half of the runs.
pub(crate) const MIXED: &str = "mixed";

/// The colour of a phase.
pub(crate) fn paint(status: Status) -> Paint {
    match status {
        Status::Grokked => Paint::Green,
        Status::GeneralizedEarly => Paint::Sky,
        Status::MemorizedOnly => Paint::Orange,
        Status::Neither => Paint::Grey,
        Status::Undecided => Paint::Purple,
        Status::Diverged => Paint::Ink,
    }
}

/// The picture; `None` where nothing varies.
pub(crate) fn picture(view: &View) -> Option<Picture> {
    match view.axes.len() {
        0 => None,
        1 => Some(shares(view)),
        _ => Some(planes(view)),
    }
}

/// Along one axis: the share of runs of each status.
fn shares(view: &View) -> Picture {
    let line = Line::of(&view.axes[0]);
    let mut marks = Vec::new();
    for cell in &view.cells {
        let mut below = 0.0;
        for status in Status::ALL {
            let share = cell.count(status) as f64 / cell.runs as f64;
            if share > 0.0 {
                marks.push(Mark::Tile {
                    x: line.extents[cell.place[0]],
                    y: (below, below + share),
                    paint: paint(status),
                    cell: Some(cell.number),
                });
            }
            below += share;
        }
    }
    let (fewest, most) = view.seeds();
    Picture {
        name: "phases",
        title: "What became of the runs".to_owned(),
        note: format!(
            "{}.{}",
            seeds_words(fewest, most),
            left_out(view, view.cells.len())
        ),
        legend: phase_keys(view, false),
        panels: vec![Panel {
            title: String::new(),
            x: line.axis,
            y: Axis::new("share of runs", Scale::linear([0.0, 1.0], 0.0)),
            marks,
            bar: None,
        }],
        columns: 1,
        size: (520.0, 240.0),
        shared_axes: false,
    }
}

/// Over two axes, the longest: phases, and beside them T_gen; a row of panels for each combination
/// of the other axes' values.
fn planes(view: &View) -> Picture {
    let mut order: Vec<usize> = (0..view.axes.len()).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(view.axes[i].values.len()));
    let (mut a, mut b) = (order[0], order[1]);
    if a > b {
        (a, b) = (b, a);
    }
    let (x, y) = (Line::of(&view.axes[a]), Line::of(&view.axes[b]));
    let times = view
        .cells
        .iter()
        .filter_map(|cell| Some(cell.t_gen?.median));
    let times = Scale::log(times, 0.0);
    let mut rows: Vec<(String, Vec<&CellView>)> = Vec::new();
    for cell in &view.cells {
        let name = others(&view.axes, cell, a, b);
        match rows.iter_mut().find(|(other, _)| *other == name) {
            Some((_, cells)) => cells.push(cell),
            None => rows.push((name, vec![cell])),
        }
    }
    let all = rows.len();
    let every = all.div_ceil(MOST_ROWS).max(1);
    let rows: Vec<_> = rows.into_iter().step_by(every).collect();
    let shown: usize = rows.iter().map(|(_, cells)| cells.len()).sum();
    let mut has_theory = false;
    let mut has_contours = false;
    let panels = rows.iter().flat_map(|(name, cells)| {
        let plane = Plane {
            x: &x,
            y: &y,
            cells: cells
                .iter()
                .map(|&cell| (cell.place[a], cell.place[b], cell))
                .collect(),
        };
        let boundary = plane.boundary();
        has_theory |= !boundary.is_empty();
        let titled = |what: &str| match name.as_str() {
            "" => what.to_owned(),
            name => format!("{what}, {name}"),
        };
        let mut phases = plane.phases();
        phases.extend(boundary.iter().cloned());
        let mut maps = plane.times(&times);
        let contours = plane.contours(&times);
        has_contours |= !contours.is_empty();
        maps.extend(contours);
        maps.extend(boundary);
        let panel = |title, marks, bar| Panel {
            title,
            x: x.axis.clone(),
            y: y.axis.clone(),
            marks,
            bar,
        };
        [
            panel(titled("Phase of most runs"), phases, None),
            panel(
                titled("Median T_{gen}"),
                maps,
                Some(Bar {
                    label: "T_{gen}, epochs".to_owned(),
                    scale: times,
                }),
            ),
        ]
    });
    let panels: Vec<_> = panels.collect();
    let mut legend = phase_keys(view, true);
    if has_theory {
        legend.push(Key {
            label: "theory’s edge of grokking".to_owned(),
            sign: Sign::Line(THEORY),
        });
    }
    if has_contours {
        legend.push(Key {
            label: "equal T_{gen}".to_owned(),
            sign: Sign::Crossing(CONTOUR, Paint::ramp(0.5)),
        });
    }
    let (fewest, most) = view.seeds();
    let counted = if shown <= MOST_COUNTS {
        " Numbers: runs that grokked of all, and median T_{gen}; “beyond” the epochs trained."
    } else {
        ""
    };
    let not_begun = if view.cells.len() < view.cells_planned {
        " White: not run."
    } else {
        ""
    };
    Picture {
        name: "phases",
        title: "Phase diagram".to_owned(),
        note: format!(
            "{}.{counted}{not_begun}{}",
            seeds_words(fewest, most),
            left_out(view, shown)
        ),
        legend,
        panels,
        columns: 2,
        size: (300.0, 250.0),
        shared_axes: false,
    }
}

/// The look of lines of equal T_gen.
const CONTOUR: Stroke = Stroke {
    paint: Paint::Paper,
    width: 1.2,
    dash: 0.0,
    opacity: 0.9,
};

/// The values of the axes that are not drawn.
fn others(axes: &[GridAxis], cell: &CellView, a: usize, b: usize) -> String {
    let rest = axes.iter().enumerate().filter(|(i, _)| *i != a && *i != b);
    let names = rest.map(|(i, axis)| {
        let value = keys::value(&axis.values[cell.place[i]]);
        format!("{} = {value}", keys::symbol(&axis.key))
    });
    names.collect::<Vec<_>>().join(", ")
}

fn phase_keys(view: &View, planes: bool) -> Vec<Key> {
    let is_there = |status: &Status| view.cells.iter().any(|cell| cell.count(*status) > 0);
    let present = Status::ALL.into_iter().filter(is_there);
    let mut keys: Vec<_> = present
        .map(|status| Key {
            label: status.name().to_owned(),
            sign: Sign::Tile(paint(status)),
        })
        .collect();
    if planes && view.cells.iter().any(|cell| cell.phase.is_none()) {
        keys.push(Key {
            label: format!("{MIXED}: no status of most runs"),
            sign: Sign::Tile(PAINT_OF_MIXED),
        });
    }
    if planes && view.cells.iter().any(|cell| cell.grokked() == 0) {
        keys.push(Key {
            label: "no run grokked".to_owned(),
            sign: Sign::Crossed,
        });
    }
    keys
}

/// The cells of one pair of panels.
struct Plane<'v> {
    x: &'v Line,
    y: &'v Line,
    cells: Vec<(usize, usize, &'v CellView)>,
}

impl Plane<'_> {
    fn phases(&self) -> Vec<Mark> {
        let mut marks = Vec::new();
        for &(i, j, cell) in &self.cells {
            let (x, y) = (self.x.extents[i], self.y.extents[j]);
            marks.push(Mark::Tile {
                x,
                y,
                paint: cell.phase.map_or(PAINT_OF_MIXED, paint),
                cell: Some(cell.number),
            });
            if self.cells.len() <= MOST_COUNTS {
                let dark = cell.phase == Some(Status::Diverged);
                marks.push(Mark::Text {
                    at: (self.x.centres[i], self.y.centres[j]),
                    text: format!("{}/{}", cell.grokked(), cell.runs),
                    paint: if dark { Paint::Paper } else { Paint::Black },
                });
            } else if cell.grokked() == 0 {
                marks.push(Mark::Cross { x, y });
            }
        }
        marks
    }

    fn times(&self, scale: &Scale) -> Vec<Mark> {
        let mut marks = Vec::new();
        for &(i, j, cell) in &self.cells {
            let (x, y) = (self.x.extents[i], self.y.extents[j]);
            let cell_paint = match cell.t_gen {
                Some(time) => Paint::ramp(scale.place(time.median)),
                None => Paint::Faint,
            };
            marks.push(Mark::Tile {
                x,
                y,
                paint: cell_paint,
                cell: Some(cell.number),
            });
            if cell.grokked() == 0 {
                marks.push(Mark::Cross { x, y });
            }
            let counted = self.cells.len() <= MOST_COUNTS;
            if counted && cell.t_gen.is_none() && cell.grokked() > 0 {
                marks.push(Mark::Text {
                    at: (self.x.centres[i], self.y.centres[j]),
                    text: "beyond".to_owned(),
                    paint: Paint::Muted,
                });
            }
            if let Some(time) = cell.t_gen.filter(|_| counted) {
                let dark = scale.place(time.median) < 0.6;
                marks.push(Mark::Text {
                    at: (self.x.centres[i], self.y.centres[j]),
                    text: number::number(libm::round(time.median)),
                    paint: if dark { Paint::White } else { Paint::Black },
                });
            }
        }
        marks
    }

    fn contours(&self, scale: &Scale) -> Vec<Mark> {
        let enough = |line: &Line| line.centres.len() >= ENOUGH_FOR_CONTOURS;
        if !(enough(self.x) && enough(self.y)) {
            return Vec::new();
        }
        let height = |cell: &CellView| cell.t_gen.map_or(f64::NAN, |t| scale.place(t.median));
        let heights = self.heights(height);
        let levels = scale
            .ticks(8)
            .into_iter()
            .filter(|tick| tick.label.is_some());
        let levels = levels.map(|tick| scale.place(tick.at));
        levels
            .flat_map(|level| self.lines(&heights, level, CONTOUR))
            .collect()
    }

    /// The edge of the region where the theory predicts grokking within the epochs trained.
    fn boundary(&self) -> Vec<Mark> {
        let several = |line: &Line| line.centres.len() >= ENOUGH_FOR_CONTOURS;
        if !(several(self.x) && several(self.y)) {
            return Vec::new();
        }
        let heights = self.heights(|cell| cell.predicted_margin().unwrap_or(f64::NAN));
        self.lines(&heights, 0.0, THEORY)
    }

    fn heights(&self, of: impl Fn(&CellView) -> f64) -> Vec<Vec<f64>> {
        let mut heights = vec![vec![f64::NAN; self.y.centres.len()]; self.x.centres.len()];
        for &(i, j, cell) in &self.cells {
            heights[i][j] = of(cell);
        }
        heights
    }

    fn lines(&self, heights: &[Vec<f64>], level: f64, stroke: Stroke) -> Vec<Mark> {
        let lines = contour(self.x.grid(), self.y.grid(), heights, level).into_iter();
        lines.map(|points| Mark::Line { points, stroke }).collect()
    }
}
