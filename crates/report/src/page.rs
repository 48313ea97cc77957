//! One HTML page that holds everything: no other file, no network.

use serde_json::Value;
use sparsegrok_config::{GenFigure, MemFigure};
use sparsegrok_plot::number::{count, number};
use sparsegrok_plot::text::{self, Escaped, html};
use sparsegrok_plot::{Key, Mark, Paint, Picture, Sign, Theme, draw, draw_narrow};
use sparsegrok_run::Status;
use sparsegrok_study::StudyResults;
use sparsegrok_study::merge::configuration;

use crate::Style;
use crate::command;
use crate::headline;
use crate::keys;
use crate::page_data;
use crate::phase::MIXED;
use crate::view::{Time, View, epoch_text};

/// Rows of the table of cells; the rest is in the study's files.
const MOST_ROWS: usize = 2_000;
/// Pictures drawn in the page as they are in print; curves are drawn by the page itself.
const STILL: [&str; 6] = [
    "phases",
    "spread",
    "scaling",
    "t-gen-survival",
    "t-gen-histogram",
    "collapse",
];

/// Writes the page of a study. `pictures` are the study's; the page draws curves itself.
pub fn page(results: &StudyResults, view: &View, pictures: &[Picture], style: Style) -> String {
    let headline = headline::of(view);
    let (data, left_out) = page_data::json(view, style);
    let still = pictures
        .iter()
        .filter(|picture| STILL.contains(&picture.name));
    let figures = still.map(figure);
    let config = results.study.config();
    let judged = results.study.judged_by().map(str::to_owned);
    let command = judged.or_else(|| command::reproducing(config));
    let command = command.unwrap_or_else(|| "sparsegrok study --config study.toml".to_owned());
    format!(
        include_str!("../assets/page.html"),
        title = Escaped(&text::plain(&headline)),
        chart_style = include_str!("../assets/uPlot.min.css").trim(),
        variables = variables(),
        style = include_str!("../assets/page.css"),
        data = data,
        headline = html(&headline),
        standing = standing(view),
        left_out = match left_out.is_empty() {
            true => String::new(),
            false => paragraph("muted", &html(&left_out)),
        },
        figures = figures.collect::<String>(),
        cells = table(view),
        command = Escaped(&command),
        settings = Escaped(&configuration(&results.study).unwrap_or_default()),
        manifest = manifest(results),
        chart_license = include_str!("../assets/uPlot.LICENSE"),
        chart = include_str!("../assets/uPlot.iife.min.js").trim(),
        script = include_str!("../assets/page.js"),
    )
}

/// A picture in both widths, of which the style sheet shows the one that the page has room for.
fn figure(picture: &Picture) -> String {
    let picture = with_frames_explained(picture.clone());
    let (wide, narrow) = (
        draw(&picture, Theme::Page),
        draw_narrow(&picture, Theme::Page),
    );
    format!(
        "<figure id=\"{}\">\n<div class=\"wide\">\n{wide}</div>\n<div class=\"narrow\">\n{narrow}</div>\n</figure>\n",
        picture.name
    )
}

/// Tiles that stand for cells are framed by the page where its chart shows their cell.
fn with_frames_explained(mut picture: Picture) -> Picture {
    let mut marks = picture.panels.iter().flat_map(|panel| &panel.marks);
    if marks.any(|mark| matches!(mark, Mark::Tile { cell: Some(_), .. })) {
        let key = Key::new(
            "cell in the chart above; click to add or remove",
            Sign::Framed,
        );
        picture.legend.push(key);
    }
    picture
}

/// A paragraph of a class of the style sheet.
fn paragraph(class: &str, html: &str) -> String {
    format!("<p class=\"{class}\">{html}</p>\n")
}

/// Cells of a row of a table, each in an element `tag`.
fn table_cells(tag: &str, cells: &[String]) -> String {
    let cells = cells.iter().map(|cell| format!("<{tag}>{cell}</{tag}>"));
    cells.collect()
}

/// Colours as variables, for light and dark.
fn variables() -> String {
    let (light, dark) = (Paint::css_variables(false), Paint::css_variables(true));
    format!(
        ":root{{{light}}}\n@media(prefers-color-scheme:dark){{:root:not([data-theme=\"light\"]){{{dark}}}}}\n\
         :root[data-theme=\"dark\"]{{{dark}}}\n"
    )
}

/// The number of runs, the thresholds, and a warning if runs are missing.
fn standing(view: &View) -> String {
    let cells = match view.cells_planned {
        1 => String::new(),
        cells => format!(" in {} cells", count(cells as u64)),
    };
    let evaluate = &view.evaluate;
    let memorized = match evaluate.mem_figure {
        MemFigure::TrainAcc => "train accuracy ≥",
        MemFigure::TrainLoss => "train loss ≤",
    };
    let generalized = match evaluate.gen_figure {
        GenFigure::Auto => "population accuracy, or without it test accuracy, ≥",
        GenFigure::TestAcc => "test accuracy ≥",
        GenFigure::PopulationAcc => "population accuracy ≥",
        GenFigure::TestLoss => "test loss ≤",
    };
    let thresholds = format!(
        "{} run{}{cells}. Memorized: {memorized} {}; generalized: {generalized} {}; each for {} \
         of the epochs. Grokked: T<sub>gen</sub> ≥ {} T<sub>mem</sub>. Brackets are 95 % intervals.",
        count(view.runs),
        if view.runs == 1 { "" } else { "s" },
        number(evaluate.mem_threshold),
        number(evaluate.gen_threshold),
        evaluate.persistence,
        number(evaluate.delay_ratio)
    );
    let mut words = paragraph("muted", &thresholds);
    for spread in &view.spreads {
        let sentence = capitalised(spread) + ".";
        words += &paragraph("finding", &Escaped(&sentence).to_string());
    }
    for caution in &view.cautions {
        let sentence = capitalised(caution) + ".";
        words += &paragraph("warn", &Escaped(&sentence).to_string());
    }
    if view.runs < view.planned {
        let shard = view.shard.map(|shard| format!("Shard {shard}"));
        let missing = format!(
            "{}: {} of {} runs are here. Cells without runs are missing, and others may have fewer \
             seeds.",
            shard.as_deref().unwrap_or("Incomplete"),
            count(view.runs),
            count(view.planned)
        );
        words += &paragraph("warn", &missing);
    }
    words
}

/// Each cell in a row; only the cells of a grid are numbered.
fn table(view: &View) -> String {
    let is_grid = !view.axes.is_empty();
    let mut head = vec![if is_grid { "cell" } else { "" }.to_owned()];
    let titles = view.axes.iter().map(|axis| keys::title(&axis.key));
    head.extend(titles.map(|title| Escaped(&title).to_string()));
    let figures = [
        "runs",
        "grokked",
        "mostly",
        "T<sub>mem</sub>",
        "T<sub>gen</sub>",
        "censored",
        "theory T<sub>gen</sub>",
    ];
    head.extend(figures.map(str::to_owned));
    let mut rows = format!("<tr>{}</tr>\n", table_cells("th", &head));
    for cell in view.cells.iter().take(MOST_ROWS) {
        let number_text = is_grid.then(|| cell.number.to_string());
        let mut row = vec![number_text.unwrap_or_default()];
        let values = view.axes.iter().zip(&cell.place);
        let values = values.map(|(axis, &i)| keys::value(&axis.values[i]));
        row.extend(values.map(|value| Escaped(&value).to_string()));
        let censored = cell.censored();
        row.extend([
            count(cell.runs),
            count(cell.grokked()),
            cell.phase.map_or(MIXED, Status::name).to_owned(),
            time(cell.t_mem.as_ref()),
            time(cell.t_gen.as_ref()),
            match cell.unconfirmed {
                0 => censored.to_string(),
                unconfirmed => format!("{censored}, {unconfirmed} of them unconfirmed"),
            },
            cell.predicted_t_gen().map_or("–".to_owned(), epoch_text),
        ]);
        let (number, cells) = (cell.number, table_cells("td", &row));
        rows += &format!("<tr data-cell=\"{number}\">{cells}</tr>\n");
    }
    let table = format!("<div class=\"table\"><table>\n{rows}</table></div>\n");
    if view.cells.len() <= MOST_ROWS {
        return table;
    }
    let (first, all) = (count(MOST_ROWS as u64), count(view.cells.len() as u64));
    let left_out = format!("The first {first} of {all} cells; <code>summary.json</code> has all.");
    table + &paragraph("muted", &left_out)
}

fn time(time: Option<&Time>) -> String {
    let Some(time) = time else {
        return "–".to_owned();
    };
    let muted = |text: String| format!(" <span class=\"muted\">{text}</span>");
    let interval = time.interval_text().map(muted).unwrap_or_default();
    let bracket = match time.uncertainty {
        0 => String::new(),
        epochs => muted(format!("each to {epochs} epochs")),
    };
    epoch_text(time.median) + &interval + &bracket
}

/// A sentence with its first letter made a capital.
fn capitalised(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// Rows of the manifest: the only part of the page that another run of the study changes.
fn manifest(results: &StudyResults) -> String {
    let manifest = serde_json::to_value(&results.manifest).unwrap_or_default();
    let entries = manifest.as_object().into_iter().flatten();
    let rows = entries.map(|(key, value)| {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Object(counts) => {
                let counts = counts.iter().map(|(name, count)| format!("{name} {count}"));
                counts.collect::<Vec<_>>().join(", ")
            }
            other => other.to_string(),
        };
        let key = key.replace('_', " ");
        format!(
            "<tr><th>{}</th><td>{}</td></tr>\n",
            Escaped(&key),
            Escaped(&text)
        )
    });
    rows.collect()
}
