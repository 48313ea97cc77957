//! Every command of `docs/concepts.md` works, no row of it is missing, and its numbers are what the commands print.

use std::fs;

use sparsegrok_kernel::Figure;

use crate::support::{command, folder, shipped, text};

/// The page, and its commands in their order, without the program's name.
fn page() -> (String, Vec<String>) {
    let page = text(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/concepts.md"));
    let spans = page.split('`').skip(1).step_by(2);
    let commands = spans.filter_map(|span| span.strip_prefix("sparsegrok "));
    let commands: Vec<String> = commands.map(str::to_owned).collect();
    (page, commands)
}

/// The rows of the page's first table: a figure, and its digits after the point.
const MEANS: [(&str, usize); 16] = [
    ("train_acc", 3),
    ("population_acc", 3),
    ("train_loss", 4),
    ("test_loss", 2),
    ("gap_loss", 2),
    ("weight_norm", 1),
    ("signal_norm", 1),
    ("memorization_norm", 1),
    ("memorization_share", 2),
    ("effective_weights", 0),
    ("gini", 2),
    ("description_length", 0),
    ("hessian_trace", 3),
    ("sharpness", 5),
    ("pac_bayes", 3),
    ("max_margin_angle", 1),
];

#[test]
fn every_command_of_the_page_works_and_its_numbers_are_those_of_the_first() {
    let folder = folder();
    fs::create_dir_all(folder.path().join("tests/data")).unwrap();
    let data = "tests/data/heart_scale.svm";
    fs::copy(shipped("data/heart_scale.svm"), folder.path().join(data)).unwrap();
    let (page, commands) = page();
    assert!(commands.len() >= 30, "only {} commands", commands.len());
    for (k, line) in commands.iter().enumerate() {
        if commands[..k].contains(line) {
            continue;
        }
        let output = command(line).current_dir(folder.path()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{line}: {said}");
    }
    let curves = text(folder.path().join("grok/curves.csv"));
    let rows: Vec<Vec<&str>> = curves.lines().map(|row| row.split(',').collect()).collect();
    let place = |name: &str| rows[0].iter().position(|of| *of == name).unwrap();
    let head = page
        .lines()
        .find_map(|line| line.strip_prefix("| epoch | "));
    let epochs: Vec<&str> = head.unwrap().trim_end_matches(" |").split(" | ").collect();
    let mean = |figure: &str, epoch: &str, digits: usize| {
        let row = rows
            .iter()
            .find(|row| row[place("epoch")] == epoch)
            .unwrap();
        let mean: f64 = row[place(&format!("{figure}_mean"))].parse().unwrap();
        format!("{mean:.digits$}")
    };
    for (figure, digits) in MEANS {
        let means: Vec<String> = epochs
            .iter()
            .map(|epoch| mean(figure, epoch, digits))
            .collect();
        let row = format!("| {figure} | {} |", means.join(" | "));
        assert!(page.contains(&row), "the page shows others than {row}");
    }
}

#[test]
fn every_figure_that_waits_to_be_asked_is_defined_and_shown() {
    let (page, commands) = page();
    for figure in Figure::ALL {
        if figure.waits_to_be_asked() {
            let row = format!("| `{}` |", figure.name());
            assert!(page.contains(&row), "{row}");
        }
        let is_shown = commands.iter().any(|line| line.contains(figure.name()));
        assert!(is_shown, "{}", figure.name());
    }
    for row in page.lines().filter(|line| line.starts_with('|')) {
        let row = row.replace("\\|", "");
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let cells = &cells[1..cells.len() - 1];
        assert!(!cells.contains(&"") && !cells.contains(&"missing"), "{row}");
    }
}
