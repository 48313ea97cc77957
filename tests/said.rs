//! The results that commands say on standard error when they are done.

use std::path::Path;

use crate::support::{folder, refused, sparsegrok, text};

/// Twelve runs of each cell that grok within 400 epochs.
const STUDY: &str = "study --preset grok-a --n-test 0 --weight-decay 1e-3 --epochs 400 \
                     --eval-every 10 --delay-ratio 5 --seeds 12";

fn said(line: &str) -> String {
    let outcome = sparsegrok(line);
    assert_eq!(outcome.code, 0, "{line}: {outcome:?}");
    outcome.stderr
}

#[test]
fn a_study_says_its_results_and_what_to_do_next() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (study, table) = (path("study"), path("table.md"));
    let block = said(&format!(
        "{STUDY} --out {study} --report --export-markdown {table}"
    ));
    let (first, block) = block.split_once("\n\n").expect("a line, then the block");
    assert!(first.starts_with("12 runs in "), "{first}");
    let lines: Vec<_> = block.lines().collect();
    let heading: Vec<_> = lines[0].split_whitespace().collect();
    let figures = ["grokked", "T_mem", "theory", "T_gen", "theory", "delay"];
    assert_eq!(heading, figures);
    assert!(
        lines[1].starts_with("12 of 12, 100 % [76, 100]  "),
        "{block}"
    );
    // The median and its limits are those of the summary, the prediction rounded.
    let summary: serde_json::Value =
        serde_json::from_str(&text(Path::new(&study).join("summary.json"))).unwrap();
    let t_gen = &summary["cells"][0]["t_gen"];
    let [median, low, high] = ["median", "low", "high"].map(|key| t_gen[key].as_f64().unwrap());
    let times = format!("  {median:.0} [{low:.0}, {high:.0}]  ");
    assert!(lines[1].contains(&times), "{block} {times}");
    assert!(!block.contains("caution"), "{block}");
    assert!(block.contains("\nwrote  "), "{block}");
    assert!(block.ends_with(&format!("\nnext   sparsegrok explain {study}\n")));
    let markdown = text(&table);
    assert!(markdown.starts_with("| grokked | T_mem | theory |"));
    assert_eq!(markdown.lines().count(), 3);
    // The same results of the same log, from every command that reads it.
    for line in [
        format!("report {study} --out {}", path("pages")),
        format!("merge {study} --out {}", path("merged")),
    ] {
        assert!(said(&line).contains(lines[1]), "{line}");
    }
    assert_eq!(said(&format!("report {study} --quiet")), "");
    // A table that is there is kept.
    let again = refused(&format!(
        "{STUDY} --out {} --export-markdown {table}",
        path("b")
    ));
    assert!(again.contains("replaced only by --force"), "{again}");
    assert!(!Path::new(&path("b")).exists());
}

#[test]
fn many_cells_are_counted_and_cautions_are_said() {
    let folder = folder();
    let out = folder.path().join("study").display().to_string();
    let table = folder.path().join("table.md").display().to_string();
    let block = said(&format!(
        "study --preset grok-a --n-train 64 --n-test 0 --epochs 50 --seeds 2 --out {out} \
         --vary weight_decay=lin:1e-4:2e-3:20 --export-markdown {table}"
    ));
    assert!(block.contains("\nweight_decay  "), "{block}");
    assert!(block.contains("\n… and 8 more cells\n"), "{block}");
    assert!(
        block.contains("\n∞ is beyond the epochs trained.\n"),
        "{block}"
    );
    assert!(
        block.contains("\ncaution: horizon too short in "),
        "{block}"
    );
    assert!(
        block.contains("\ncaution: 2 runs of each cell: a median"),
        "{block}"
    );
    assert_eq!(text(&table).lines().count(), 2 + 20);
    let prose = block
        .lines()
        .skip_while(|line| !line.starts_with("caution"));
    let prose = prose.take_while(|line| !line.is_empty());
    for line in prose {
        assert!(line.chars().count() <= 80, "{line}");
    }
    // A part of a study is to be put together with the others.
    let part = folder.path().join("part").display().to_string();
    let block = said(&format!("{STUDY} --shard 0/2 --out {part}"));
    assert!(block.contains("\nnext   sparsegrok merge "), "{block}");
}

#[test]
fn a_comparison_in_a_file_is_said_too() {
    let folder = folder();
    let out = folder.path().join("table.txt").display().to_string();
    let line = "compare --n-train 30 --n-test 20 --early-epochs 5 --long-epochs 20 --seeds 4";
    let next = "next   sparsegrok study --n-train 30 --n-test 20 --seeds 0..4 --vary epochs=5,20 --out NEW\n";
    assert_eq!(
        said(line),
        format!("\n{next}"),
        "the table is on standard output"
    );
    let block = said(&format!("{line} --out {out}"));
    assert!(block.contains(&text(&out)), "{block}");
    assert!(
        block.ends_with(&format!("\nwrote  {out}\n{next}")),
        "{block}"
    );
    let against = "compare --n-train 30 --n-test 20 --long-epochs 20 --seeds 2 --against wd=2e-3";
    let study = "study --n-train 30 --n-test 20 --seeds 0..2 --vary wd=0.001,2e-3 --out NEW";
    let block = said(against);
    assert!(block.contains(study), "{block}");
    let refused = refused(&format!(
        "compare --early-epochs 5 --long-epochs 20 --export-markdown {out}2"
    ));
    assert!(
        refused.contains("to be left out without `seeds`"),
        "{refused}"
    );
}
