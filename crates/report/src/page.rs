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
use crate::curves::families_in_order;
use crate::glossary;
use crate::headline;
use crate::keys;
use crate::page_data;
use crate::phase::MIXED;
use crate::view::{Time, View, Words, epoch_text};

/// Most bytes of a page.
const MOST_BYTES: usize = 3_000_000;
/// Most bytes of the table of cells; the rest is in the study's files.
const MOST_OF_TABLE: usize = 600_000;
/// Most bytes of the pictures.
const MOST_OF_PICTURES: usize = 1_400_000;
/// Most bytes of the curves for readers without scripts.
const MOST_OF_CURVES: usize = 300_000;
/// Points of a line in the curves for readers without scripts.
const MOST_POINTS: usize = 120;
/// Pictures drawn in the page as they are in print; curves are drawn by the page itself.
const STILL: [&str; 8] = [
    "phases",
    "outcomes",
    "spread",
    "scaling",
    "t-gen-survival",
    "t-gen-histogram",
    "collapse",
    "ends",
];
/// The page's scripts, in the order in which they need each other.
const SCRIPTS: [&str; 6] = [
    include_str!("../assets/page.js"),
    include_str!("../assets/chart.js"),
    include_str!("../assets/tips.js"),
    include_str!("../assets/table.js"),
    include_str!("../assets/parallel.js"),
    include_str!("../assets/start.js"),
];
/// Files of a study's directory that readers may want, and what they hold.
const FILES: [(&str, &str); 6] = [
    (
        "records.csv",
        "a line a run: seeds, times, status, final figures",
    ),
    ("curves.csv", "figures by epoch over the runs of each cell"),
    ("traces.csv", "figures by epoch of single runs"),
    ("summary.json", "every cell in numbers"),
    ("manifest.json", "how the study was run"),
    ("study.toml", "its configuration"),
];

/// The place and the state of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The study's directory as an address relative to the page, without a slash at its end; `None` where the
    /// page links to no files.
    pub study: Option<String>,
    /// Seconds until the page loads itself again, while the study is under way.
    pub reload: Option<u32>,
}

/// Writes the page of a study, in less than 3 MB. `pictures` are the study's; the page draws curves itself.
pub fn page(
    results: &StudyResults,
    view: &View,
    pictures: &[Picture],
    style: Style,
    place: &Place,
) -> String {
    let headline = headline::of(view);
    let still = pictures
        .iter()
        .filter(|picture| STILL.contains(&picture.name));
    let mut room = MOST_OF_PICTURES;
    let mut figures = String::new();
    let mut unseen = Vec::new();
    for picture in still {
        match figure(picture, &mut room) {
            Some(figure) => figures += &figure,
            None => unseen.push(picture.name),
        }
    }
    let curves = curves_without_scripts(view, pictures);
    let config = results.study.config();
    let (claim, command) = match results.study.judged_by() {
        Some(command) => ("This judged the curves.", command.to_owned()),
        None => {
            let command = command::reproducing(config);
            let command =
                command.unwrap_or_else(|| "sparsegrok study --config study.toml".to_owned());
            (
                "This makes the same study again, bit for bit.",
                command + " --out again",
            )
        }
    };
    let write = |data: &str, left_out: &str| {
        format!(
            include_str!("../assets/page.html"),
            live = reloading(place),
            title = Escaped(&text::plain(&headline)),
            chart_style = include_str!("../assets/uPlot.min.css").trim(),
            variables = variables(),
            style = include_str!("../assets/page.css"),
            data = data,
            headline = html(&headline),
            standing = standing(view, place),
            left_out = match left_out {
                "" => String::new(),
                words => paragraph("muted", &html(words)),
            },
            curves = &curves,
            figures = &figures,
            unseen = match unseen.is_empty() {
                true => String::new(),
                false => paragraph("muted", &too_large(&unseen)),
            },
            cells = table(view),
            claim = claim,
            command = Escaped(&command),
            settings = Escaped(&configuration(&results.study).unwrap_or_default()),
            files = files(results, place),
            manifest = manifest(results),
            glossary = glossary::definitions(view),
            chart_license = include_str!("../assets/uPlot.LICENSE"),
            chart = include_str!("../assets/uPlot.iife.min.js").trim(),
            script = SCRIPTS.concat(),
        )
    };
    // The chart's numbers get the room that is left, less a sentence on what they lack.
    let rest = write("", "").len() + 400;
    let (data, left_out) = page_data::json(view, style, MOST_BYTES.saturating_sub(rest));
    write(&data, &left_out)
}

/// The sentence on pictures that the page has no room for.
fn too_large(names: &[&str]) -> String {
    let names = names.iter().map(|name| format!("<code>{name}.svg</code>"));
    let names = names.collect::<Vec<_>>().join(", ");
    format!("To keep the page small it lacks the picture {names}, which the report has as a file.")
}

/// The first picture of curves, which tells generalization, with no more points than can be seen.
fn curves_without_scripts(view: &View, pictures: &[Picture]) -> String {
    let families = families_in_order(view);
    let is_curves = |picture: &&Picture| families.iter().any(|f| f.name == picture.name);
    let Some(picture) = pictures.iter().find(is_curves) else {
        return String::new();
    };
    let mut picture = picture.clone();
    for mark in picture.panels.iter_mut().flat_map(|panel| &mut panel.marks) {
        match mark {
            Mark::Line { points, .. } => thin(points),
            Mark::Band { points, .. } => thin(points),
            _ => {}
        }
    }
    let svg = draw(&picture, Theme::Page);
    match svg.len() <= MOST_OF_CURVES {
        true => format!("<figure>\n<div class=\"alone\">\n{svg}</div>\n</figure>\n"),
        false => paragraph("muted", &too_large(&[picture.name])),
    }
}

/// Leaves so many points as can be seen, evenly from the first to the last.
fn thin<T>(points: &mut Vec<T>) {
    let every = points.len().div_ceil(MOST_POINTS).max(1);
    let last = points.len().saturating_sub(1);
    let mut place = 0..;
    points.retain(|_| {
        place
            .next()
            .is_some_and(|i: usize| (last - i).is_multiple_of(every))
    });
}

/// The words of a page of a study under way to the browser: load it again. Scripts do it themselves, and wait while
/// the reader is at work.
fn reloading(place: &Place) -> String {
    let Some(seconds) = place.reload else {
        return String::new();
    };
    format!(
        "<meta name=\"reload\" content=\"{seconds}\">\n\
         <noscript><meta http-equiv=\"refresh\" content=\"{seconds}\"></noscript>\n"
    )
}

/// Links to the study's files, where the page stands beside them.
fn files(results: &StudyResults, place: &Place) -> String {
    let Some(study) = &place.study else {
        return String::new();
    };
    let there = FILES
        .iter()
        .filter(|(name, _)| results.path.join(name).is_file());
    let items = there.map(|(name, words)| {
        format!(
            "<li><a href=\"{}/{name}\">{name}</a>: {words}</li>\n",
            Escaped(study)
        )
    });
    let items: String = items.collect();
    // A study that is under way has none yet.
    if items.is_empty() {
        return String::new();
    }
    format!("<section>\n<h2>Files</h2>\n<ul id=\"files\">\n{items}</ul>\n</section>\n")
}

/// A picture in both widths, of which the style sheet shows the one that the page has room for; in one where there is
/// no room in `room` bytes for both, and `None` where there is none for one.
fn figure(picture: &Picture, room: &mut usize) -> Option<String> {
    let picture = with_frames_explained(picture.clone());
    let mut take = |svg: String| {
        *room = room.checked_sub(svg.len())?;
        Some(svg)
    };
    let wide = take(draw(&picture, Theme::Page))?;
    let drawn = match take(draw_narrow(&picture, Theme::Page)) {
        Some(narrow) => {
            format!("<div class=\"wide\">\n{wide}</div>\n<div class=\"narrow\">\n{narrow}</div>\n")
        }
        None => format!("<div class=\"alone\">\n{wide}</div>\n"),
    };
    let name = picture.name;
    Some(format!("<figure id=\"{name}\">\n{drawn}</figure>\n"))
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

/// Cells of a row of a table, each in an element `tag`, which may have attributes.
fn table_cells(tag: &str, cells: &[String]) -> String {
    let (name, _) = tag.split_once(' ').unwrap_or((tag, ""));
    let cells = cells.iter().map(|cell| format!("<{tag}>{cell}</{name}>"));
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
fn standing(view: &View, place: &Place) -> String {
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
        "{} run{}{cells}. {}: {memorized} {}; {}: {generalized} {}; each for {} of the {}. {}: {} ≥ {} {}, a \
         {} of {}. In square brackets: the 95 % {}.",
        count(view.runs),
        if view.runs == 1 { "" } else { "s" },
        glossary::MEMORIZED.named("Memorized"),
        number(evaluate.mem_threshold),
        glossary::GENERALIZED.link(),
        number(evaluate.gen_threshold),
        evaluate.persistence,
        view.words.span(),
        glossary::GROKKED.named("Grokked"),
        glossary::T_GEN.link(),
        number(evaluate.delay_ratio),
        glossary::T_MEM.link(),
        glossary::DELAY.link(),
        number(evaluate.delay_ratio),
        glossary::INTERVAL.link(),
    );
    let mut text = paragraph("muted", &thresholds);
    for spread in &view.spreads {
        let sentence = capitalised(spread) + ".";
        text += &paragraph("finding", &html(&subscripted(&sentence)));
    }
    for caution in &view.cautions {
        let sentence = capitalised(caution) + ".";
        text += &paragraph("warn", &html(&subscripted(&sentence)));
    }
    if view.runs < view.planned {
        let (runs, planned) = (count(view.runs), count(view.planned));
        let missing = match (place.reload, view.shard) {
            (Some(_), _) => {
                format!("Under way: {runs} of {planned} runs are here; the page renews itself.")
            }
            (None, shard) => format!(
                "{}: {runs} of {planned} runs are here. Cells without runs are missing, and others may have fewer \
                 {}.",
                shard.map_or("Incomplete".to_owned(), |shard| format!("Shard {shard}")),
                view.words.runs,
            ),
        };
        text += &paragraph("warn", &missing);
    }
    text
}

/// Each cell in a row; only the cells of a grid are numbered.
fn table(view: &View) -> String {
    let is_grid = !view.axes.is_empty();
    let mut head = vec![if is_grid { "cell" } else { "" }.to_owned()];
    let titles = view.axes.iter().map(|axis| keys::title(&axis.key));
    head.extend(titles.map(|title| Escaped(&title).to_string()));
    head.extend([
        "runs".to_owned(),
        glossary::GROKKED.link(),
        glossary::PHASE.link(),
        glossary::T_MEM.link(),
        glossary::T_GEN.link(),
        glossary::CENSORED.link(),
        glossary::THEORY.named("theory T_{gen}"),
    ]);
    let head = table_cells("th scope=\"col\"", &head);
    let mut rows = String::new();
    let mut shown = 0;
    for cell in &view.cells {
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
            time(cell.t_mem.as_ref(), view.words),
            time(cell.t_gen.as_ref(), view.words),
            match cell.unconfirmed {
                0 => censored.to_string(),
                unconfirmed => format!("{censored}, {unconfirmed} of them unconfirmed"),
            },
            cell.predicted_t_gen().map_or("–".to_owned(), epoch_text),
        ]);
        let (number, cells) = (cell.number, table_cells("td", &row));
        let row = format!("<tr data-cell=\"{number}\">{cells}</tr>\n");
        if rows.len() + row.len() > MOST_OF_TABLE {
            break;
        }
        rows += &row;
        shown += 1;
    }
    let table = format!(
        "<div class=\"table\"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n"
    );
    if shown == view.cells.len() {
        return table;
    }
    let (first, all) = (count(shown as u64), count(view.cells.len() as u64));
    let left_out = format!("The first {first} of {all} cells; <code>summary.json</code> has all.");
    table + &paragraph("muted", &left_out)
}

fn time(time: Option<&Time>, words: Words) -> String {
    let Some(time) = time else {
        return "–".to_owned();
    };
    let muted = |text: String| format!(" <span class=\"muted\">{text}</span>");
    let interval = time.interval_text().map(muted).unwrap_or_default();
    let bracket = match time.uncertainty {
        0 => String::new(),
        epochs => {
            let bracket = glossary::BRACKET.named(&format!("each to {epochs}{}", words.time_unit));
            format!(" <span class=\"muted\">{bracket}</span>")
        }
    };
    epoch_text(time.median) + &interval + &bracket
}

/// A sentence of plain text with the subscripts of times as marks of [`html`].
fn subscripted(sentence: &str) -> String {
    let marked = sentence.replace("T_gen", "T_{gen}");
    marked.replace("T_mem", "T_{mem}")
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
    // Forms are told of the runs that the last process trained: there may be none.
    let entries =
        entries.filter(|(_, value)| value.as_object().is_none_or(|counts| !counts.is_empty()));
    let rows = entries.map(|(key, value)| {
        let text = match value {
            Value::Object(forms) if key == "forms" => {
                let forms = forms
                    .iter()
                    .map(|(form, runs)| format!("{form} ({runs} runs)"));
                forms.collect::<Vec<_>>().join("; ")
            }
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
