//! The phase diagram: each cell's status and time to generalize.

use sparsegrok_plot::{
    Axis, Bar, Key, Mark, Paint, Panel, Picture, Scale, Sign, Stroke, contour, number,
};
use sparsegrok_run::Status;

use crate::curves::THEORY;
use crate::plane::{Line, longest};
use crate::view::{CellView, View};

/// The colour of mixed cells, which no status has.
pub(crate) const PAINT_OF_MIXED: Paint = Paint::Vermilion;
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
        for (status, runs) in cell.statuses() {
            let share = runs as f64 / cell.runs as f64;
            marks.push(Mark::Tile {
                x: line.extents[cell.place[0]],
                y: (below, below + share),
                paint: paint(status),
                cell: Some(cell.number),
            });
            below += share;
        }
    }
    let y = Axis::new("share of runs", Scale::linear([0.0, 1.0], 0.0));
    Picture {
        title: "What became of the runs".to_owned(),
        note: format!("{}.{}", view.runs_words(), view.left_out(view.cells.len())),
        legend: phase_keys(view, false),
        panels: vec![Panel::new("", line.axis, y, marks)],
        height: 240.0,
        ..Picture::empty("phases")
    }
}

/// Over two axes, the longest: phases, and beside them T_gen; a row of panels for each combination
/// of the other axes' values.
fn planes(view: &View) -> Picture {
    let (a, b) = longest(view);
    let (x, y) = (Line::of(&view.axes[a]), Line::of(&view.axes[b]));
    let times = view
        .cells
        .iter()
        .filter_map(|cell| Some(cell.t_gen?.median));
    let times = Scale::log(times, 0.0);
    let rows = view.groups(&[a, b]);
    let every = rows.len().div_ceil(MOST_ROWS).max(1);
    let rows: Vec<_> = rows.into_iter().step_by(every).collect();
    let shown: usize = rows.iter().map(|(_, cells)| cells.len()).sum();
    let mut has_theory = false;
    let mut has_contours = false;
    let panels = rows.iter().flat_map(|(name, cells)| {
        let cells = cells.iter();
        let plane = Plane {
            x: &x,
            y: &y,
            cells: cells
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
        let panel = |title, marks| Panel::new(titled(title), x.axis.clone(), y.axis.clone(), marks);
        let bar = Some(Bar {
            label: view.words.with_unit("T_{gen}"),
            scale: times,
        });
        let maps = panel("Median T_{gen}", maps);
        [panel("Phase of most runs", phases), Panel { bar, ..maps }]
    });
    let panels: Vec<_> = panels.collect();
    let mut legend = phase_keys(view, true);
    if has_theory {
        legend.push(Key::new("theory’s edge of grokking", Sign::Line(THEORY)));
    }
    if has_contours {
        let sign = Sign::Crossing(CONTOUR, Paint::ramp(0.5));
        legend.push(Key::new("equal T_{gen}", sign));
    }
    let counted = if shown <= MOST_COUNTS {
        " Numbers, where there is room: runs that grokked of all, and median T_{gen}; “beyond” the \
         epochs trained."
    } else {
        ""
    };
    let not_begun = if view.cells.len() < view.cells_planned {
        " White: not run."
    } else {
        ""
    };
    Picture {
        title: "Phase diagram".to_owned(),
        note: format!(
            "{}.{counted}{not_begun}{}",
            view.runs_words(),
            view.left_out(shown)
        ),
        legend,
        panels,
        columns: 2,
        height: 250.0,
        ..Picture::empty("phases")
    }
}

/// The look of lines of equal T_gen.
const CONTOUR: Stroke = Stroke {
    paint: Paint::Paper,
    width: 1.2,
    dash: 0.0,
    opacity: 0.9,
};

fn phase_keys(view: &View, planes: bool) -> Vec<Key> {
    let is_there = |status: &Status| view.cells.iter().any(|cell| cell.count(*status) > 0);
    let present = Status::ALL.into_iter().filter(is_there);
    let keys = present.map(|status| Key::new(status.name(), Sign::Tile(paint(status))));
    let mut keys: Vec<_> = keys.collect();
    if planes && view.cells.iter().any(|cell| cell.phase.is_none()) {
        let label = format!("{MIXED}: no status of most runs");
        keys.push(Key::new(label, Sign::Tile(PAINT_OF_MIXED)));
    }
    if planes && view.cells.iter().any(|cell| cell.grokked() == 0) {
        keys.push(Key::new("no run grokked", Sign::Crossed));
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
        self.tiles(|cell| {
            let dark = cell.phase == Some(Status::Diverged);
            let text = format!("{}/{}", cell.grokked(), cell.runs);
            let paint_of_text = if dark { Paint::Paper } else { Paint::Black };
            let paint = cell.phase.map_or(PAINT_OF_MIXED, paint);
            // A count of 0 says as much as the cross.
            (paint, (cell.grokked() > 0).then_some((text, paint_of_text)))
        })
    }

    fn times(&self, scale: &Scale) -> Vec<Mark> {
        self.tiles(|cell| {
            let Some(time) = cell.t_gen else {
                let beyond = ("beyond".to_owned(), Paint::Muted);
                return (Paint::Faint, (cell.grokked() > 0).then_some(beyond));
            };
            let place = scale.place(time.median);
            let paint = if place < 0.6 {
                Paint::White
            } else {
                Paint::Black
            };
            let text = number::number(libm::round(time.median));
            // A time that is on the cross cannot be read.
            (
                Paint::ramp(place),
                (cell.grokked() > 0).then_some((text, paint)),
            )
        })
    }

    /// True if there are few enough tiles to write on.
    fn is_counted(&self) -> bool {
        self.cells.len() <= MOST_COUNTS
    }

    /// A tile for each cell, crossed out where no run grokked. `of` gives a cell's colour, and the
    /// text on it with its colour, which is written where there is room.
    fn tiles(&self, of: impl Fn(&CellView) -> (Paint, Option<(String, Paint)>)) -> Vec<Mark> {
        let (mut tiles, mut crosses, mut texts) = (Vec::new(), Vec::new(), Vec::new());
        for &(i, j, cell) in &self.cells {
            let (x, y) = (self.x.extents[i], self.y.extents[j]);
            let (paint, text) = of(cell);
            tiles.push(Mark::Tile {
                x,
                y,
                paint,
                cell: Some(cell.number),
            });
            if cell.grokked() == 0 {
                crosses.push(Mark::Cross { x, y });
            }
            let text = text.filter(|_| self.is_counted());
            texts.extend(text.map(|(text, paint)| Mark::Text {
                x,
                y: self.y.centres[j],
                text,
                paint,
            }));
        }
        [tiles, crosses, texts].concat()
    }

    /// Lines of equal T_gen, where no numbers are written that they would cross.
    fn contours(&self, scale: &Scale) -> Vec<Mark> {
        if self.is_counted() {
            return Vec::new();
        }
        let height = |cell: &CellView| cell.t_gen.map_or(f64::NAN, |t| scale.place(t.median));
        let levels = scale
            .ticks(8)
            .into_iter()
            .filter(|tick| tick.label.is_some());
        let levels = levels.map(|tick| scale.place(tick.at));
        self.lines(height, levels, CONTOUR)
    }

    /// The edge of the region where the theory predicts grokking within the epochs trained.
    fn boundary(&self) -> Vec<Mark> {
        let margin = |cell: &CellView| cell.predicted_margin().unwrap_or(f64::NAN);
        self.lines(margin, [0.0], THEORY)
    }

    /// Lines where the height of cells crosses a level; none where the cells are too few for them.
    fn lines(
        &self,
        height: impl Fn(&CellView) -> f64,
        levels: impl IntoIterator<Item = f64>,
        stroke: Stroke,
    ) -> Vec<Mark> {
        let (columns, rows) = (self.x.centres.len(), self.y.centres.len());
        if columns.min(rows) < ENOUGH_FOR_CONTOURS {
            return Vec::new();
        }
        let mut heights = vec![vec![f64::NAN; rows]; columns];
        for &(i, j, cell) in &self.cells {
            heights[i][j] = height(cell);
        }
        let lines = levels
            .into_iter()
            .flat_map(|level| contour(self.x.grid(), self.y.grid(), &heights, level));
        lines.map(|points| Mark::Line { points, stroke }).collect()
    }
}
