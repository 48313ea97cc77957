//! One HTML page that holds everything: no other file, no network.

use std::fmt::Write;

use serde_json::Value;
use sparsegrok_config::{GenFigure, MemFigure};
use sparsegrok_plot::number::{count, number};
use sparsegrok_plot::text::Escaped;
use sparsegrok_plot::text::{self, html};
use sparsegrok_plot::{Paint, Picture, Theme, draw};
use sparsegrok_run::Status;
use sparsegrok_study::StudyResults;

use crate::Style;
use crate::command;
use crate::curves::round_time;
use crate::headline;
use crate::keys;
use crate::page_data;
use crate::phase::MIXED;
use crate::view::{Time, View};

/// Rows of the table of cells; the rest is in the study's files.
const MOST_ROWS: usize = 2_000;
/// Pictures drawn in the page as they are in print; curves are drawn by the page itself.
const STILL: [&str; 5] = [
    "phases",
    "scaling",
    "t-gen-survival",
    "t-gen-histogram",
    "collapse",
];

/// Writes the page of a study. `pictures` are the study's; the page draws curves itself.
pub fn page(results: &StudyResults, view: &View, pictures: &[Picture], style: Style) -> String {
    let headline = headline::of(view);
    let mut page =
        String::from("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    put(
        &mut page,
        format_args!(
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n<style>\n{}\n{}{}</style>\n</head>\n",
            Escaped(&text::plain(&headline)),
            include_str!("../assets/uPlot.min.css").trim(),
            variables(),
            include_str!("../assets/page.css"),
        ),
    );
    put(
        &mut page,
        format_args!(
            "<body>\n<main>\n<header>\n<div>\n<h1 id=\"headline\">{}</h1>\n{}</div>\n\
         <button type=\"button\" id=\"theme\">light / dark</button>\n</header>\n",
            html(&headline),
            standing(view)
        ),
    );
    page.push_str(CURVES);
    let (data, left_out) = page_data::json(view, style);
    if !left_out.is_empty() {
        put(
            &mut page,
            format_args!("<p class=\"muted\">{}</p>\n", html(&left_out)),
        );
    }
    page.push_str("</section>\n");
    for picture in pictures
        .iter()
        .filter(|picture| STILL.contains(&picture.name))
    {
        put(
            &mut page,
            format_args!(
                "<figure id=\"{}\">\n{}</figure>\n",
                picture.name,
                draw(picture, Theme::Page)
            ),
        );
    }
    put(
        &mut page,
        format_args!(
            "<section>\n<h2>Cells</h2>\n{}</section>\n{}{}",
            table(view),
            configuration(results),
            manifest(results)
        ),
    );
    put(
        &mut page,
        format_args!(
            "</main>\n<div id=\"tile-tip\"></div>\n<script type=\"application/json\" id=\"data\">{data}</script>\n\
         <script>\n/* uPlot {}\n{}*/\n{}\n</script>\n<script>\n{}</script>\n</body>\n</html>\n",
            UPLOT_VERSION,
            include_str!("../assets/uPlot.LICENSE"),
            include_str!("../assets/uPlot.iife.min.js").trim(),
            include_str!("../assets/page.js"),
        ),
    );
    page
}

const UPLOT_VERSION: &str = "1.6.32, https://github.com/leeoniya/uPlot";

/// The interactive chart's place, with its controls.
const CURVES: &str = "<section>\n<h2>Curves</h2>\n\
    <div class=\"row\" id=\"families\"></div>\n\
    <div class=\"row\" id=\"columns\"></div>\n\
    <div class=\"row many\" id=\"cells\"></div>\n\
    <div id=\"chart\"><div id=\"tip\"></div></div>\n\
    <p class=\"muted\">Drag across the chart to zoom, double-click to see all. \
    Tiles and rows below add their cell to the chart, and take it away.</p>\n";

/// Appends; writing to a string does not fail.
fn put(page: &mut String, what: std::fmt::Arguments<'_>) {
    let _ = page.write_fmt(what);
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
    let mut words = format!(
        "<p class=\"muted\">{} run{}{cells}. Memorized: {memorized} {}; generalized: {generalized} {}; each for {} \
         of the epochs. Grokked: T<sub>gen</sub> ≥ {} T<sub>mem</sub>. Brackets are 95 % \
         intervals.</p>\n",
        count(view.runs),
        if view.runs == 1 { "" } else { "s" },
        number(evaluate.mem_threshold),
        number(evaluate.gen_threshold),
        evaluate.persistence,
        number(evaluate.delay_ratio)
    );
    for caution in &view.cautions {
        put(
            &mut words,
            format_args!(
                "<p class=\"warn\">{}.</p>\n",
                Escaped(&capitalised(caution))
            ),
        );
    }
    if view.runs < view.planned {
        put(
            &mut words,
            format_args!(
                "<p class=\"warn\">{}: {} of {} runs are here. Cells without runs are missing, and others may \
                 have fewer seeds.</p>\n",
                view.shard
                    .map_or_else(|| "Incomplete".to_owned(), |shard| format!("Shard {shard}")),
                count(view.runs),
                count(view.planned)
            ),
        );
    }
    words
}

/// Each cell in a row.
fn table(view: &View) -> String {
    let keys = view.axes.iter().map(|axis| axis.key.as_str());
    let mut head = vec![if view.axes.is_empty() {
        String::new()
    } else {
        "cell".to_owned()
    }];
    head.extend(keys.map(|key| Escaped(&keys::title(key)).to_string()));
    head.extend(
        [
            "runs",
            "grokked",
            "mostly",
            "T<sub>mem</sub>",
            "T<sub>gen</sub>",
            "censored",
            "theory T<sub>gen</sub>",
        ]
        .map(str::to_owned),
    );
    let mut table = String::from("<div class=\"table\"><table>\n<tr>");
    for name in &head {
        put(&mut table, format_args!("<th>{name}</th>"));
    }
    table.push_str("</tr>\n");
    for cell in view.cells.iter().take(MOST_ROWS) {
        put(
            &mut table,
            format_args!("<tr data-cell=\"{}\">", cell.number),
        );
        let mut cells = vec![if view.axes.is_empty() {
            String::new()
        } else {
            cell.number.to_string()
        }];
        let values = view.axes.iter().zip(&cell.place);
        cells.extend(values.map(|(axis, &i)| Escaped(&keys::value(&axis.values[i])).to_string()));
        let censored = cell.lifetimes.iter().filter(|life| !life.observed).count();
        cells.extend([
            count(cell.runs),
            count(cell.grokked()),
            cell.phase.map_or(MIXED, Status::name).to_owned(),
            time(cell.t_mem.as_ref()),
            time(cell.t_gen.as_ref()),
            match cell.unconfirmed {
                0 => censored.to_string(),
                unconfirmed => format!("{censored}, {unconfirmed} of them unconfirmed"),
            },
            cell.predicted_t_gen()
                .map_or("–".to_owned(), |t| number(round_time(t))),
        ]);
        for text in cells {
            put(&mut table, format_args!("<td>{text}</td>"));
        }
        table.push_str("</tr>\n");
    }
    table.push_str("</table></div>\n");
    if view.cells.len() > MOST_ROWS {
        put(
            &mut table,
            format_args!(
                "<p class=\"muted\">The first {} of {} cells; <code>summary.json</code> has all.</p>\n",
                count(MOST_ROWS as u64),
                count(view.cells.len() as u64)
            ),
        );
    }
    table
}

fn time(time: Option<&Time>) -> String {
    let Some(time) = time else {
        return "–".to_owned();
    };
    let at = |epoch: f64| number(round_time(epoch));
    let interval = time.interval.map_or_else(String::new, |(low, high)| {
        format!(" <span class=\"muted\">[{}, {}]</span>", at(low), at(high))
    });
    let bracket = match time.uncertainty {
        0 => String::new(),
        epochs => format!(" <span class=\"muted\">each to {epochs} epochs</span>"),
    };
    at(time.median) + &interval + &bracket
}

/// A sentence with its first letter made a capital.
fn capitalised(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// The configuration, and the command that runs it again.
fn configuration(results: &StudyResults) -> String {
    let config = results.study.config();
    let command = command::reproducing(config);
    let command = command.unwrap_or_else(|| "sparsegrok study --config study.toml".to_owned());
    let toml = config.to_toml().unwrap_or_default();
    format!(
        "<section>\n<h2>Configuration</h2>\n<p>This makes the same study again, bit for bit. \
         <button type=\"button\" id=\"copy\">copy</button></p>\n\
         <pre class=\"command\" id=\"command\">{} --out again</pre>\n\
         <details><summary>Every setting</summary>\n<pre>{}</pre>\n</details>\n</section>\n",
        Escaped(&command),
        Escaped(&toml)
    )
}

/// The manifest: the only part of the page that another run of the study changes.
fn manifest(results: &StudyResults) -> String {
    let value = serde_json::to_value(&results.manifest).unwrap_or_default();
    let mut rows = String::new();
    if let Value::Object(entries) = value {
        for (key, value) in entries {
            let text = match value {
                Value::String(text) => text,
                Value::Object(counts) => {
                    let counts = counts.iter().map(|(name, count)| format!("{name} {count}"));
                    counts.collect::<Vec<_>>().join(", ")
                }
                other => other.to_string(),
            };
            put(
                &mut rows,
                format_args!(
                    "<tr><th>{}</th><td>{}</td></tr>\n",
                    Escaped(&key.replace('_', " ")),
                    Escaped(&text)
                ),
            );
        }
    }
    format!(
        "<section>\n<h2>How it was run</h2>\n<table class=\"plain\" id=\"manifest\">\n{rows}</table>\n</section>\n"
    )
}
