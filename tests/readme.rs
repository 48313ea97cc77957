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
    for (k, line) in lines.into_iter().enumerate() {
        let output = command(line).current_dir(folder.path()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{line}: {said}");
        if k == 0 {
            // All but the time it took.
            let (_, block) = said.split_once("\n\n").expect("the results");
            let block = format!("```text\n{block}```\n");
            assert!(
                readme.contains(&block),
                "the README shows other results than {block}"
            );
        }
    }
    // The README's sentences about these files are true.
    let records = text(folder.path().join("decay/records.csv"));
    assert_eq!(records.lines().count(), 1 + 6 * 32);
    let header = records.lines().next().unwrap();
    for column in ["weight_decay", "init_norm", "t_gen"] {
        assert!(header.split(',').any(|name| name == column), "{header}");
    }
    let labels = text(folder.path().join("heart.labels"));
    assert_eq!(labels.lines().count(), 270);
    // The README's numbers are those of the studies, and its picture is the report's.
    let cell = |study: &str, number: usize| {
        let summary = text(folder.path().join(study).join("summary.json"));
        let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
        summary["cells"][number].clone()
    };
    let words = readme.split_whitespace().collect::<Vec<_>>().join(" ");
    let says = |sentence: String| assert!(words.contains(&sentence), "{sentence}");
    let median = |cell: &serde_json::Value, time: &str| cell[time]["median"].as_f64().unwrap();
    let grouped = |x: f64| format!("{},{:03}", x as u64 / 1000, x as u64 % 1000);
    let grok_a = cell("grok-a", 0);
    let (t_mem, t_gen) = (median(&grok_a, "t_mem"), median(&grok_a, "t_gen"));
    says(format!("from epoch {t_mem} on (T_mem)"));
    says(format!(
        "at epoch {} (T_gen), {:.0} times as late",
        grouped(t_gen),
        median(&grok_a, "delay_ratio")
    ));
    let slowest = cell("decay", 1);
    says(format!(
        "{} of 32 runs grok (median T_gen {}, predicted {}) and {} more",
        slowest["status"]["grokked"],
        grouped(median(&slowest, "t_gen")),
        grouped(slowest["prediction"]["t_gen"].as_f64().unwrap().round()),
        slowest["t_gen"]["unconfirmed"],
    ));
    let share = &cell("spread", 0)["spread"]["ln_t_gen"]["components"]["interactions"]["share"];
    let percent = |key: &str| format!("{:.0}", 100.0 * share[key].as_f64().unwrap());
    let [estimate, low, high] = ["estimate", "low", "high"].map(percent);
    says(format!("{estimate} % [{low}, {high}] is the interaction"));
    for (picture, drawn) in [
        ("grok-a.svg", "grok-a/report/accuracy.svg"),
        ("unlearn.svg", "unlearn.svg"),
    ] {
        let pictures = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/pictures");
        assert!(
            text(format!("{pictures}/{picture}")) == text(folder.path().join(drawn)),
            "docs/pictures/{picture} is not the picture of its command"
        );
    }
}
