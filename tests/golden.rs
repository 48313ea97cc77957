//! Byte for byte the output of the two reference programs (`tests/golden/index.toml`).

use toml::{Table, Value};

use crate::support::{Outcome, shipped, sparsegrok, text};

/// Rows from which the dense reference would need more memory than it allows itself.
const DENSE_MAX_ROWS: i64 = 20_000;

fn index() -> Table {
    text(shipped("golden/index.toml"))
        .parse()
        .expect("a TOML index")
}

fn cases(kind: &str) -> Vec<Table> {
    let index = index();
    let cases = index[kind].as_array().expect("an array of tables");
    cases
        .iter()
        .map(|case| case.as_table().expect("a table").clone())
        .collect()
}

fn name(case: &Table) -> &str {
    case["name"].as_str().expect("a name")
}

fn golden(case: &Table, extension: &str) -> String {
    text(shipped(&format!("golden/{}.{extension}", name(case))))
}

/// Runs a case under a kernel, its parameters as flags over a reference preset.
fn run(command: &str, case: &Table, kernel: &str) -> Outcome {
    let parameters = case.iter().filter(|(key, _)| *key != "name");
    let flags: Vec<String> = parameters
        .map(|(key, value)| format!("--{} {value}", key.replace('_', "-")))
        .collect();
    let outcome = sparsegrok(&format!("{command} --kernel {kernel} {}", flags.join(" ")));
    assert_eq!(outcome.code, 0, "{}: {outcome:?}", name(case));
    outcome
}

fn first_program(kernel: &str, fits: impl Fn(&Table) -> bool) {
    for case in cases("run").iter().filter(|case| fits(case)) {
        let outcome = run("run --preset reference-toy", case, kernel);
        assert_eq!(
            outcome.stdout,
            golden(case, "csv"),
            "{} {kernel}",
            name(case)
        );
        assert_eq!(
            outcome.stderr,
            golden(case, "stderr"),
            "{} {kernel}",
            name(case)
        );
    }
}

fn second_program(kernel: &str) {
    for case in cases("compare") {
        let outcome = run("compare --preset reference-early-vs-long", &case, kernel);
        assert_eq!(
            outcome.stdout,
            golden(&case, "txt"),
            "{} {kernel}",
            name(&case)
        );
        assert_eq!(outcome.stderr, "", "{} {kernel}", name(&case));
    }
}

#[test]
fn the_index_is_not_empty() {
    assert!(cases("run").len() >= 16);
    assert!(cases("compare").len() >= 5);
    assert!(
        cases("run")
            .iter()
            .any(|case| case["n_train"] == Value::Integer(70_000))
    );
}

#[test]
fn scalar_kernel_prints_the_first_program() {
    first_program("scalar", |_| true);
}

#[test]
fn lanes_print_the_first_program() {
    first_program("lanes", |_| true);
}

#[test]
fn dense_reference_prints_the_first_program() {
    first_program("dense", |case| {
        case["n_train"]
            .as_integer()
            .is_some_and(|rows| rows <= DENSE_MAX_ROWS)
    });
}

#[test]
fn scalar_kernel_prints_the_second_program() {
    second_program("scalar");
}

#[test]
fn lanes_print_the_second_program() {
    second_program("lanes");
}

#[test]
fn dense_reference_prints_the_second_program() {
    second_program("dense");
}

/// As a user types them: nothing but the preset.
#[test]
fn presets_alone_print_the_programs() {
    let toy = sparsegrok("run --preset reference-toy");
    assert_eq!(toy.stdout, text(shipped("golden/toy.csv")));
    assert_eq!(toy.stderr, text(shipped("golden/toy.stderr")));
    let compare = sparsegrok("compare --preset reference-early-vs-long");
    assert_eq!(compare.stdout, text(shipped("golden/compare.txt")));
}
