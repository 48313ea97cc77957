//! The layout of a table: which column is what.

use sparsegrok_data::shown;
use sparsegrok_kernel::Figure;

use crate::Options;
use crate::error::{CurvesError, names};
use crate::names::{GROUPS, Meaning, RUNS, TIMES, canonical};
use crate::note::Note;
use crate::table::Table;

/// The line of the column names.
const FIRST_LINE: u64 = 1;

/// The meaning of a table's columns, by their places.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) time: usize,
    pub(crate) run: Option<usize>,
    pub(crate) groups: Vec<usize>,
    pub(crate) series: Vec<Series>,
    /// The name of the table's run, where it is not the file's.
    pub(crate) only_run: Option<String>,
    pub(crate) notes: Vec<Note>,
}

/// A column of a figure.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub(crate) column: usize,
    pub(crate) figure: Figure,
    /// The run it is of, where each has columns of its own.
    pub(crate) run: Option<String>,
}

impl Layout {
    /// Finds the layout of a table.
    pub(crate) fn of(table: &Table, options: &Options) -> Result<Self, CurvesError> {
        let (time, others) = time_column(table, options)?;
        let run = match &options.run_column {
            Some(name) => Some(named(table, name, "--run-column")?),
            None => RUNS.iter().find_map(|name| place(table, name)),
        };
        let groups: Vec<usize> = match &options.group_columns {
            Some(names) => {
                let named = names
                    .iter()
                    .map(|name| named(table, name, "--group-columns"));
                named.collect::<Result<_, _>>()?
            }
            None => GROUPS
                .iter()
                .filter_map(|name| place(table, name))
                .collect(),
        };
        let free =
            |&column: &usize| column != time && run != Some(column) && !groups.contains(&column);
        let free: Vec<usize> = (0..table.columns.len()).filter(free).collect();
        let Found { series, only_run } = Found::in_columns(table, &free, run.is_some(), options)?;
        let mut notes = table.notes.clone();
        if !others.is_empty() {
            notes.push(Note::OtherTimes {
                taken: table.columns[time].clone(),
                others: others
                    .iter()
                    .map(|&other| table.columns[other].clone())
                    .collect(),
            });
        }
        for figure in Figure::ALL {
            let of_it = series.iter().filter(|series| series.figure == figure);
            let names = of_it.map(|series| &table.columns[series.column]);
            let columns: Vec<String> = names
                .filter(|name| *name != figure.name())
                .cloned()
                .collect();
            if !columns.is_empty() {
                let figure = figure.name();
                notes.push(Note::ReadAs { columns, figure });
            }
        }
        let is_used = |column: &usize| {
            others.contains(column) || series.iter().any(|series| series.column == *column)
        };
        let unused = free.iter().filter(|column| !is_used(column));
        let columns: Vec<String> = unused
            .map(|&column| table.columns[column].clone())
            .collect();
        if !columns.is_empty() {
            notes.push(Note::Unused { columns });
        }
        Ok(Self {
            time,
            run,
            groups,
            series,
            only_run,
            notes,
        })
    }
}

fn list(columns: &[String]) -> String {
    names(columns.iter().map(String::as_str))
}

/// The place of a column of a canonical name.
fn place(table: &Table, name: &str) -> Option<usize> {
    let mut columns = table.columns.iter();
    columns.position(|column| canonical(column) == name)
}

/// The place of a column that was asked for.
fn named(table: &Table, name: &str, flag: &str) -> Result<usize, CurvesError> {
    let mut columns = table.columns.iter();
    columns
        .position(|column| column == name)
        .ok_or_else(|| CurvesError::Line {
            path: table.path.clone(),
            line: FIRST_LINE,
            found: format!("columns {}", all_names(table)),
            expected: format!("`{name}`, as `{flag}` says"),
        })
}

fn all_names(table: &Table) -> String {
    list(&table.columns)
}

/// The column of time, and others that could be one.
fn time_column(table: &Table, options: &Options) -> Result<(usize, Vec<usize>), CurvesError> {
    if let Some(name) = &options.time_column {
        return Ok((named(table, name, "--time-column")?, Vec::new()));
    }
    let mut found = TIMES.iter().filter_map(|name| place(table, name));
    let time = found.next().ok_or_else(|| CurvesError::Line {
        path: table.path.clone(),
        line: FIRST_LINE,
        found: format!("no column of time among {}", all_names(table)),
        expected: "`epoch`, `step` or `iteration`, or `--time-column NAME`".to_owned(),
    })?;
    Ok((time, found.collect()))
}

/// A column whose name means a figure.
struct Own {
    column: usize,
    figure: Figure,
    likeness: Likeness,
    /// True where the file's name tells part of the meaning.
    from_file: bool,
}

/// The likeness of a name to a figure's: of several columns the most alike is taken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    /// One kind of the figure, such as cross entropy.
    Kind,
    /// Its usual words.
    Words,
    /// Its own name.
    Exact,
}

impl Own {
    /// The figure that a name means, as far as the file's name tells the rows or the quantity that it lacks.
    fn of(column: usize, name: &str, of_file: &Meaning) -> Option<Self> {
        if let Some(figure) = Figure::of(name) {
            return Some(Self {
                column,
                figure,
                likeness: Likeness::Exact,
                from_file: false,
            });
        }
        let meaning = Meaning::of(name);
        let of_rows = Meaning {
            quantity: meaning
                .quantity
                .or(of_file.quantity.filter(|_| meaning.rows.is_some())),
            ..meaning.clone()
        };
        Some(Self {
            column,
            figure: of_rows
                .figure(of_file.rows)
                .filter(|_| meaning.rest.is_empty())?,
            likeness: match meaning.is_kind {
                true => Likeness::Kind,
                false => Likeness::Words,
            },
            from_file: meaning.quantity.is_none()
                || meaning.rows.is_none() && of_file.rows.is_some(),
        })
    }
}

/// The columns of figures.
struct Found {
    series: Vec<Series>,
    only_run: Option<String>,
}

impl Found {
    fn alone(series: Vec<Series>) -> Self {
        Self {
            series,
            only_run: None,
        }
    }

    /// Looks for the figures among the columns that are nothing else.
    fn in_columns(
        table: &Table,
        free: &[usize],
        has_run_column: bool,
        options: &Options,
    ) -> Result<Self, CurvesError> {
        let (tracked, mapped) = (tracked(table, free, options), mapped(table, free, options));
        if !tracked.is_empty() {
            return once_each(table, tracked).map(Self::alone);
        }
        let is_open = |figure: Figure| mapped.iter().all(|series| series.figure != figure);
        let of_file = Meaning::of(&table.stem());
        let own = |&column: &usize| {
            let found = Own::of(column, &table.columns[column], &of_file)?;
            let taken = mapped.iter().any(|series| series.column == column);
            (is_open(found.figure) && !taken).then_some(found)
        };
        let own: Vec<Own> = free.iter().filter_map(own).collect();
        let is_best = |one: &&Own| {
            let mut others = own.iter().filter(|other| other.figure == one.figure);
            !others.any(|other| other.likeness > one.likeness)
        };
        let mut series: Vec<Series> = own
            .iter()
            .filter(is_best)
            .map(|own| Series {
                column: own.column,
                figure: own.figure,
                run: None,
            })
            .collect();
        series.extend(mapped);
        if !series.is_empty() {
            // A file whose name tells the figure is one of several of its run.
            let is_told =
                |series: &Series| of_file.quantity.is_some_and(|of| of.is_of(series.figure));
            let from_file = own.iter().any(|own| own.from_file) || series.iter().all(is_told);
            return Ok(Self {
                series: once_each(table, series)?,
                only_run: from_file.then(|| run_of_file(&of_file)),
            });
        }
        if !has_run_column {
            let found = Self::a_column_a_run(table, free, &of_file);
            if !found.series.is_empty() {
                return Ok(Self {
                    series: once_each(table, found.series)?,
                    ..found
                });
            }
        }
        Err(CurvesError::Line {
            path: table.path.clone(),
            line: FIRST_LINE,
            found: format!("no figure among the columns {}", all_names(table)),
            expected: "names such as `train_acc`, `test_accuracy` or `val_loss`, or `--map test_acc=COLUMN`"
                .to_owned(),
        })
    }

    /// Columns that name run and figure, such as `seed0_test_acc`; or runs alone, where the file's name tells the
    /// figure; or one value, as TensorBoard exports it.
    fn a_column_a_run(table: &Table, free: &[usize], of_file: &Meaning) -> Self {
        let both = free.iter().filter_map(|&column| {
            let meaning = Meaning::of(&table.columns[column]);
            Some(Series {
                column,
                figure: meaning.figure(of_file.rows)?,
                run: Some(meaning.rest),
            })
        });
        let both: Vec<Series> = both.collect();
        let Some(figure) = of_file.figure(None).filter(|_| both.is_empty()) else {
            return Self::alone(both);
        };
        if let Some(column) = place(table, "value") {
            let series = Series {
                column,
                figure,
                run: None,
            };
            return Self {
                series: vec![series],
                only_run: Some(run_of_file(of_file)),
            };
        }
        let runs = free.iter().map(|&column| Series {
            column,
            figure,
            run: Some(table.columns[column].clone()),
        });
        Self::alone(runs.collect())
    }
}

/// The name of the run that a file is of, by the words of its name that tell no figure.
fn run_of_file(of_file: &Meaning) -> String {
    match of_file.rest.as_str() {
        "" => "run".to_owned(),
        rest => rest.to_owned(),
    }
}

/// The columns of a tracking service's export, `NAME - metric`; their least and greatest values are left out.
fn tracked(table: &Table, free: &[usize], options: &Options) -> Vec<Series> {
    let series = free.iter().filter_map(|&column| {
        let (run, metric) = table.columns[column].rsplit_once(" - ")?;
        if metric.ends_with("__MIN") || metric.ends_with("__MAX") {
            return None;
        }
        let asked = options.map.iter().find(|(_, name)| name == metric);
        let meaning = Meaning::of(metric);
        let by_words = || meaning.figure(None).filter(|_| meaning.rest.is_empty());
        let figure = asked.map(|(figure, _)| *figure);
        Some(Series {
            column,
            figure: figure.or_else(|| Figure::of(metric)).or_else(by_words)?,
            run: Some(run.to_owned()),
        })
    });
    series.collect()
}

/// The columns that were asked for.
fn mapped(table: &Table, free: &[usize], options: &Options) -> Vec<Series> {
    let mut series = Vec::new();
    for (figure, name) in &options.map {
        let (figure, is_any) = (*figure, name == "*");
        let columns = free
            .iter()
            .filter(|&&column| is_any || table.columns[column] == *name);
        series.extend(columns.map(|&column| Series {
            column,
            figure,
            run: is_any.then(|| table.columns[column].clone()),
        }));
    }
    series
}

/// Refuses a figure that two columns of one run may be.
fn once_each(table: &Table, series: Vec<Series>) -> Result<Vec<Series>, CurvesError> {
    for (place, one) in series.iter().enumerate() {
        let other = series[..place]
            .iter()
            .find(|other| (other.figure, &other.run) == (one.figure, &one.run));
        if let Some(other) = other {
            let figure = one.figure.name();
            let both = [other, one].map(|series| table.columns[series.column].as_str());
            return Err(CurvesError::Line {
                path: table.path.clone(),
                line: FIRST_LINE,
                found: format!("columns {} that may each be `{figure}`", names(both)),
                expected: format!("one of them, or `--map {figure}=COLUMN`"),
            });
        }
    }
    Ok(series)
}

/// Checks that files fit together, and that all columns asked for were found.
pub(crate) fn check_together(
    laid: &[(Table, Layout)],
    options: &Options,
) -> Result<(), CurvesError> {
    let time = |(table, layout): &(Table, Layout)| table.columns[layout.time].clone();
    let unit = |column: &str| canonical(column).trim_end_matches('s').to_owned();
    if let Some((first, rest)) = laid.split_first()
        && let Some(other) = rest
            .iter()
            .find(|other| unit(&time(other)) != unit(&time(first)))
    {
        return Err(CurvesError::Units {
            first: first.0.path.clone(),
            first_column: time(first),
            path: other.0.path.clone(),
            column: time(other),
        });
    }
    let groups = |(table, layout): &(Table, Layout)| {
        let groups = layout
            .groups
            .iter()
            .map(|&column| table.columns[column].clone());
        groups.collect::<Vec<_>>()
    };
    if let Some((first, rest)) = laid.split_first()
        && let Some(other) = rest.iter().find(|other| groups(other) != groups(first))
    {
        let words = |names: Vec<String>| match names.is_empty() {
            true => "no columns of groups".to_owned(),
            false => format!("columns of groups {}", list(&names)),
        };
        return Err(CurvesError::File {
            path: other.0.path.clone(),
            found: words(groups(other)),
            expected: format!("{}, as in {}", words(groups(first)), shown(&first.0.path)),
        });
    }
    for (figure, name) in &options.map {
        let is_taken = laid.iter().any(|(table, layout)| {
            let mut series = layout.series.iter();
            series.any(|series| {
                let column = &table.columns[series.column];
                let metric = column.rsplit_once(" - ").map(|(_, metric)| metric);
                series.figure == *figure && (name == "*" || column == name || metric == Some(name))
            })
        });
        if !is_taken {
            let columns = laid.iter().flat_map(|(table, _)| &table.columns);
            return Err(CurvesError::Unmapped {
                flag: format!("--map {}={name}", figure.name()),
                column: name.clone(),
                found: names(columns.map(String::as_str)),
            });
        }
    }
    Ok(())
}
