//! `cargo xtask python-stubs`: the Python package's list of settings, made of the one table.

use std::fmt::Write as _;
use std::fs;

use anyhow::Context;
use sparsegrok_config::{Config, Kind, SETTINGS, Section, Setting};

/// The file, from the root of the project.
const PATH: &str = "crates/python/python/sparsegrok/_settings.py";

/// Longest line of the file.
const WIDTH: usize = 116;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Write nothing; fail where the file is not as the table would have it
    #[arg(long)]
    check: bool,
}

/// Writes the file, or checks it; false where it is out of date.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../").to_owned() + PATH;
    let text = file()?;
    if arguments.check {
        let found = fs::read_to_string(&path).with_context(|| PATH)?;
        return Ok(found == text);
    }
    fs::write(&path, text).with_context(|| PATH)?;
    Ok(true)
}

/// The settings that are keywords of a study.
fn keywords() -> impl Iterator<Item = &'static Setting> {
    let takes = |setting: &&Setting| {
        // Seeds and axes have keywords of their own forms.
        ![Section::Compare, Section::Output].contains(&setting.section)
            && !["seeds", "vary"].contains(&setting.key)
    };
    SETTINGS.iter().filter(takes)
}

fn file() -> anyhow::Result<String> {
    let defaults = Config::default();
    let mut text = String::from(
        "\"\"\"The settings of a study, by their keys. Made by `cargo xtask python-stubs`: not to be edited.\"\"\"

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Literal, TypedDict


class Settings(TypedDict, total=False):
    \"\"\"The settings of a study, each a keyword of ``study`` and ``explain``; None stands for the default.\"\"\"
",
    );
    let mut section = None;
    for setting in keywords() {
        if section != Some(setting.section) {
            section = Some(setting.section);
            write!(text, "\n    # {}\n", setting.section.title())?;
        }
        // Some help tells the default itself, where it depends on others.
        let default = setting
            .get(&defaults)?
            .filter(|_| !setting.help.contains("[default"));
        let default = default.map(|value| format!(" Default: {}.", setting.kind.text(&value)));
        let annotation = annotation(setting.kind);
        writeln!(text, "\n    {}: {annotation} | None", setting.key)?;
        let help = setting.help.replace('\\', "\\\\");
        let end = if help.ends_with('.') { "" } else { "." };
        let help = format!("\"\"\"{help}{end}{}\"\"\"", default.unwrap_or_default());
        for line in wrapped(&help) {
            writeln!(text, "    {line}")?;
        }
    }
    Ok(text)
}

/// The lines of a text, broken between words.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.len() - 1;
        let line = &mut lines[last];
        match line.is_empty() {
            true => line.push_str(word),
            false if line.chars().count() + 1 + word.chars().count() > WIDTH => {
                lines.push(word.to_owned());
            }
            false => *line += &format!(" {word}"),
        }
    }
    lines
}

/// The annotation of a kind of values.
fn annotation(kind: Kind) -> String {
    let words = |words: &[&str]| {
        let words: Vec<_> = words.iter().map(|word| format!("\"{word}\"")).collect();
        format!("Literal[{}]", words.join(", "))
    };
    match kind {
        Kind::Whole => "int".to_owned(),
        Kind::WholeOr(_, _, others) => format!("int | {}", words(others)),
        Kind::Number => "float".to_owned(),
        Kind::Switch => "bool".to_owned(),
        Kind::Choice(choices) => words(choices),
        Kind::Path => "str | PathLike[str]".to_owned(),
        Kind::Patience => "int | str".to_owned(),
        Kind::Labels => "str | tuple[float, float]".to_owned(),
        Kind::ClassWeight | Kind::Seeds | Kind::Stop | Kind::Every | Kind::Span | Kind::Until => {
            "str".to_owned()
        }
        Kind::Columns | Kind::Figures | Kind::Sources | Kind::Axes => {
            "str | Sequence[str]".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_file_is_as_the_table_has_it() {
        let is_current = run(&Arguments { check: true }).unwrap();
        assert!(is_current, "{PATH}: expected `cargo xtask python-stubs`");
    }
}
