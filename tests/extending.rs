//! The recipes of `docs/extending.md` name files that are there, and what stands in them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::text;

/// A paragraph or a list's item, with the listings that belong to it.
#[derive(Default)]
struct Step<'t> {
    prose: String,
    listing: Vec<&'t str>,
}

/// Splits a page into steps: each begins after a blank line, a heading or with an item.
fn steps(page: &str) -> Vec<Step<'_>> {
    let mut steps = vec![Step::default()];
    let (mut is_listing, mut is_open) = (false, false);
    for line in page.lines() {
        let trimmed = line.trim();
        let step = steps.last_mut().expect("at least one");
        if trimmed.starts_with("```") {
            is_listing = !is_listing;
        } else if is_listing {
            step.listing.push(trimmed);
        } else if trimmed.is_empty() {
            is_open = false;
        } else {
            let is_item = trimmed.starts_with(|c: char| c.is_ascii_digit() || c == '-');
            if is_item || !is_open {
                steps.push(Step::default());
            }
            let step = steps.last_mut().expect("at least one");
            step.prose += trimmed;
            step.prose.push(' ');
            is_open = !trimmed.starts_with('#');
        }
    }
    steps
}

/// The texts between backticks.
fn code(prose: &str) -> impl Iterator<Item = &str> {
    prose.split('`').skip(1).step_by(2)
}

fn is_path(code: &str) -> bool {
    let starts = ["crates/", "tests/", "examples/", "docs/"];
    starts.iter().any(|start| code.starts_with(start))
}

#[test]
fn every_recipe_names_files_and_what_stands_in_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = text(root.join("docs/extending.md"));
    let (mut names, mut lines) = (0, 0);
    for step in steps(&page) {
        let (paths, code): (Vec<&str>, Vec<&str>) = code(&step.prose).partition(|c| is_path(c));
        let paths: Vec<PathBuf> = paths.iter().map(|path| root.join(path)).collect();
        for path in &paths {
            assert!(path.exists(), "{} is not there", path.display());
        }
        let files = paths.iter().filter(|path| path.is_file());
        let files: Vec<String> = files
            .map(|path| fs::read_to_string(path).unwrap())
            .collect();
        // Flags and commands are those of the program, and what stands in no file is about the rest.
        if !files.is_empty() {
            for name in code {
                let is_there = files.iter().any(|file| file.contains(name));
                assert!(is_there, "`{name}` is in no file of: {}", step.prose);
                names += 1;
            }
        }
        let of_file = |line: &&str| {
            let mut of_files = files.iter().flat_map(|file| file.lines());
            of_files.any(|of_file| of_file.trim() == *line)
        };
        for line in &step.listing {
            assert!(of_file(line), "{line} is in no file of: {}", step.prose);
            lines += 1;
        }
    }
    assert!(names >= 35 && lines >= 11, "{names} names, {lines} lines");
}
