//! Every command the README gives to the program is run, in its order, in a fresh folder.

use std::fs;

use crate::support::{command, folder, shipped, text};

#[test]
fn every_command_of_the_readme_works() {
    let folder = folder();
    fs::create_dir_all(folder.path().join("tests/data")).unwrap();
    let data = "tests/data/heart_scale.svm";
    fs::copy(shipped("data/heart_scale.svm"), folder.path().join(data)).unwrap();
    let readme = text(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"));
    let prefix = "cargo run --release -- ";
    let lines: Vec<&str> = readme
        .lines()
        .filter_map(|l| l.strip_prefix(prefix))
        .collect();
    assert!(lines.len() >= 8, "only {} commands found", lines.len());
    for line in lines {
        command(line).current_dir(folder.path()).assert().success();
    }
    // What the README says of these files.
    let records = text(folder.path().join("decay/records.csv"));
    assert_eq!(records.lines().count(), 1 + 6 * 32);
    let header = records.lines().next().unwrap();
    for column in ["weight_decay", "init_norm", "t_gen"] {
        assert!(header.split(',').any(|name| name == column), "{header}");
    }
    let labels = text(folder.path().join("heart.labels"));
    assert_eq!(labels.lines().count(), 270);
}
