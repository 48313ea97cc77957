//! Exit codes, standard output and error, and files that appear whole or not at all.

use std::process::Stdio;

use crate::support::{
    file, folder, last_row, printed, process, refused, shipped, sparsegrok, text,
};

/// A run of a moment.
const QUICK: &str = "run --n-train 20 --n-test 10 --epochs 30 --eval-every 10";

#[test]
fn a_run_prints_its_trace_and_short_lines() {
    let outcome = sparsegrok(QUICK);
    assert_eq!(outcome.code, 0);
    let lines: Vec<_> = outcome.stdout.lines().collect();
    assert!(lines[0].starts_with("epoch,train_acc,test_acc,population_acc,"));
    let epochs: Vec<_> = lines[1..]
        .iter()
        .map(|line| line.split(',').next())
        .collect();
    assert_eq!(epochs, [Some("1"), Some("10"), Some("20"), Some("30")]);
    assert!((2..=4).contains(&outcome.stderr.lines().count()));
    for line in outcome.stderr.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    assert!(
        outcome.stderr.contains("accuracy at epoch 30"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn columns_and_formats_are_chosen() {
    let csv = printed(&format!("{QUICK} --columns epoch,objective,margin_min"));
    assert!(csv.starts_with("epoch,objective,margin_min\n1,"));
    let lines = printed(&format!(
        "{QUICK} --columns epoch,test_acc --format jsonl --n-test 0"
    ));
    assert!(
        lines.starts_with("{\"epoch\":1,\"test_acc\":null}\n"),
        "{lines}"
    );
    let six = printed(&format!("{QUICK} --columns weight_norm --number-format g6"));
    assert!(six.lines().skip(1).all(|cell| cell.len() <= 7), "{six}");
}

#[test]
fn evaluations_are_spaced_as_asked() {
    let spaced = printed(&format!(
        "run --n-train 5 --n-test 0 --epochs 1000 --eval-points 4 {}",
        "--columns epoch"
    ));
    assert_eq!(spaced, "epoch\n1\n10\n100\n1000\n");
}

#[test]
fn same_seeds_print_the_same_bytes_under_every_level() {
    let plain = printed(QUICK);
    assert_eq!(plain, printed(QUICK));
    assert_eq!(plain, printed(&format!("{QUICK} --simd portable")));
    assert_ne!(plain, printed(&format!("{QUICK} --order-seed 99")));
    assert_ne!(plain, printed(&format!("{QUICK} --data-seed 99")));
}

#[test]
fn usage_and_settings_are_refused_with_code_2() {
    assert!(refused("run --no-such-flag").contains("--no-such-flag"));
    assert!(refused("walk").contains("walk"));
    assert!(refused("run --loss cubic").contains("logistic"));
    assert!(refused("run --columns epoch,none").contains("`train_acc`"));
    let cases = [
        (
            "--epochs many",
            "error: command line: `epochs` is \"many\", expected a whole number",
        ),
        (
            "--weight-decay 20",
            "error: command line: `weight_decay` is 20 beside a `learning_rate` of 0.05, expected",
        ),
        (
            "--wd 20",
            "error: command line: `weight_decay` is 20 beside a `learning_rate` of 0.05, expected",
        ),
        (
            "--lr -1",
            "error: command line: `learning_rate` is -1, expected",
        ),
        (
            "--n-train 0",
            "error: command line: `n_train` is 0, expected",
        ),
        (
            "--label-noise 0.7",
            "error: command line: `label_noise` is 0.7, expected",
        ),
        (
            "--target linear",
            "error: command line: `target` is linear, expected `sign`, or squared loss",
        ),
        ("--preset toy", "error: command line: unknown preset `toy`"),
        (
            "--memorize",
            "error: command line: `memorize` is true, expected a `train` file",
        ),
        (
            "--rng libstdcxx --order-seed 4294967296",
            "error: command line: `order_seed` is 4294967296, expected a seed below 2^32",
        ),
    ];
    for (flags, sentence) in cases {
        let said = refused(&format!("run {flags}"));
        assert!(said.starts_with(sentence), "{flags}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

#[test]
fn divergence_is_code_1_and_names_the_place() {
    let outcome = sparsegrok(
        "run --n-train 5 --target linear --loss squared --lr 50 --wd 0 --signal-scale 100 --columns epoch",
    );
    assert_eq!(outcome.code, 1, "{outcome:?}");
    let said = outcome.stderr;
    for word in ["diverged", "epoch", "step", "row"] {
        assert!(said.contains(word), "{said}");
    }
}

#[test]
fn a_file_appears_only_when_the_run_is_done() {
    let folder = folder();
    let trace = folder.path().join("trace.csv");
    let model = folder.path().join("model.txt");
    let files = format!("--out {} --model {}", trace.display(), model.display());
    let fails = format!("run --n-train 5 --target linear --loss squared --lr 1e9 --wd 0 {files}");
    assert_eq!(sparsegrok(&fails).code, 1);
    // It diverged: its trace up to there is whole, and there is no model.
    assert!(text(&trace).starts_with("epoch,"));
    assert!(!model.exists());
    std::fs::remove_file(&trace).unwrap();

    assert_eq!(printed(&format!("{QUICK} {files}")), "");
    assert_eq!(text(&trace), printed(QUICK));
    assert!(text(&model).starts_with("sparsegrok model 1\n"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[cfg(unix)]
#[test]
fn written_files_are_as_open_as_any_other() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let [ours, usual] = ["ours", "usual"].map(|name| folder.path().join(name));
    printed(&format!("{QUICK} --out {}", ours.display()));
    std::fs::write(&usual, "").unwrap();
    let mode = |path| std::fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&ours), mode(&usual));
}

#[test]
fn a_missing_folder_is_code_1_before_training() {
    let outcome = sparsegrok(&format!("{QUICK} --out /no/such/folder/trace.csv"));
    assert_eq!(outcome.code, 1);
    assert_eq!(outcome.stdout, "");
    assert!(
        outcome
            .stderr
            .starts_with("error: /no/such/folder/trace.csv: "),
        "{outcome:?}"
    );
    let outcome = sparsegrok(&format!("{QUICK} --out {}", env!("CARGO_MANIFEST_DIR")));
    assert_eq!(outcome.code, 1);
}

/// A reader that leaves early, as `head` does, is no error and no panic.
#[test]
fn a_closed_pipe_ends_quietly() {
    for line in [
        "run --epochs 100000 --eval-every 1",
        "completions bash",
        "run --print-config",
    ] {
        let mut child = process(line)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{line}");
        assert_eq!(output.stderr, b"", "{line}");
    }
}

#[test]
fn compare_prints_two_lines_and_where_patience_ends() {
    let pair = "compare --early-epochs 5 --long-epochs 400 --eval-every 10";
    let plain = printed(pair);
    let lines: Vec<_> = plain.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].starts_with("Early Stop -> Train Acc: "), "{plain}");
    assert!(lines[1].starts_with("Long Train-> Train Acc: "), "{plain}");

    let patient = printed(&format!("{pair} --patience 2"));
    assert!(patient.starts_with(&plain), "{patient}");
    assert!(patient.contains("Patience 2 -> "), "{patient}");
    let by_accuracy = printed(&format!("{pair} --patience test_acc:2"));
    assert!(by_accuracy.starts_with(&plain), "{by_accuracy}");
    let (_, stop) = by_accuracy
        .split_once("Patience test_acc:2 -> ")
        .expect("its line");
    assert!(stop.contains("best test accuracy "), "{by_accuracy}");
    assert!(refused(&format!("{pair} --patience 2 --n-test 0")).contains("`patience` is 2"));
    assert!(refused(&format!("{pair} --epochs 3")).contains("--epochs"));
}

#[test]
fn presets_are_listed_as_they_are_called() {
    let listed = printed("presets");
    assert!(
        listed.contains("sparsegrok run --preset reference-toy\n"),
        "{listed}"
    );
    assert!(listed.contains("sparsegrok compare --preset reference-early-vs-long\n"));
    let one = printed("presets grok-a");
    assert!(one.starts_with("grok-a: sparsegrok run --preset grok-a\n"));
    assert!(listed.contains(&one));
}

#[test]
fn grok_a_groks() {
    let outcome = sparsegrok("run --preset grok-a --columns epoch,train_acc,population_acc");
    assert!(
        outcome.stderr.starts_with("grokked: memorized at epoch 1"),
        "{}",
        outcome.stderr
    );
    // The ratio is rounded, and an accuracy of 1 is told as that.
    assert!(
        outcome.stderr.contains(", 92.9 times as late\n"),
        "{}",
        outcome.stderr
    );
    assert!(outcome.stderr.contains(": train 1, "), "{}", outcome.stderr);
    let last = last_row(&outcome.stdout);
    assert_eq!(last[1], 1.0);
    assert!(last[2] > 0.9, "{last:?}");
}

/// Commands of the program, as its help lists them.
fn commands() -> Vec<String> {
    let help = printed("--help");
    let (_, list) = help.split_once("Commands:\n").expect("a list");
    let lines = list.lines().take_while(|line| !line.is_empty());
    // What a command does may take several lines, indented further.
    let lines = lines.filter_map(|line| line.strip_prefix("  "));
    let lines = lines.filter(|line| !line.starts_with(' '));
    let names = lines.filter_map(|line| line.split_whitespace().next().map(str::to_owned));
    names.filter(|name| name != "help").collect()
}

#[test]
fn short_help_is_a_screenful_with_examples_that_parse() {
    let commands = commands();
    assert!(commands.len() >= 12, "{commands:?}");
    for name in commands.iter().filter(|name| *name != "data") {
        let short = printed(&format!("{name} -h"));
        assert!(short.lines().count() <= 40, "{name}: {short}");
        let (_, examples) = short.split_once("Examples:\n").expect(name);
        let examples: Vec<_> = examples
            .lines()
            .map_while(|line| line.strip_prefix("  sparsegrok "))
            .collect();
        assert_eq!(examples.len(), 2, "{short}");
        for example in examples {
            let line = example.split(" > ").next().expect("a command");
            assert!(line.starts_with(name.as_str()), "{example}");
            // The flags are read before the help is printed.
            printed(&format!("{line} --help"));
        }
    }
}

#[test]
fn long_help_has_the_commands_own_options_first() {
    for (name, own) in [
        ("run", "Output:"),
        ("study", "Study:"),
        ("compare", "Comparison:"),
    ] {
        let [short, long] = ["-h", "--help"].map(|flag| printed(&format!("{name} {flag}")));
        let at = |heading: &str| long.find(heading).expect(heading);
        assert!(at(own) < at("Synthetic data:"), "{long}");
        assert!(at("Output:") < at("Configuration:"), "{long}");
        assert!(long.contains("--label-noise") && !short.contains("--label-noise"));
        assert!(
            short.contains("--preset") && short.contains("--out"),
            "{short}"
        );
    }
}

#[test]
fn completions_know_the_settings() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = printed(&format!("completions {shell}"));
        assert!(script.contains("weight-decay"), "{shell}");
    }
}

#[test]
fn a_saved_model_predicts() {
    let folder = folder();
    let heart = shipped("data/heart_scale.svm").display().to_string();
    let model = folder.path().join("heart.model").display().to_string();
    let trace = printed(&format!(
        "run --train {heart} --test {heart} --epochs 20 --bias --columns train_acc --model {model}"
    ));
    let predicted = sparsegrok(&format!("predict --model {model} {heart}"));
    assert_eq!(predicted.code, 0, "{predicted:?}");
    let labels: Vec<_> = text(&heart)
        .lines()
        .map(|row| row[..2].to_owned())
        .collect();
    let right = predicted
        .stdout
        .lines()
        .zip(&labels)
        .filter(|(found, label)| *found == label.trim_start_matches('+'));
    let accuracy = right.count() as f64 / labels.len() as f64;
    assert_eq!(predicted.stdout.lines().count(), 270);
    assert_eq!(accuracy, last_row(&trace)[0]);
    let said = format!("Accuracy = {}%", (accuracy * 1e6).round() / 1e4);
    assert!(
        predicted.stderr.starts_with(&said[..18]),
        "{} {said}",
        predicted.stderr
    );

    let scores = printed(&format!("predict --model {model} --scores {heart}"));
    for (score, label) in scores.lines().zip(predicted.stdout.lines()) {
        let score: f64 = score.parse().unwrap();
        assert_eq!(if score >= 0.0 { "1" } else { "-1" }, label);
    }

    let broken = file(&folder, "broken.model", "not a model\n");
    let said = refused(&format!("predict --model {broken} {heart}"));
    assert!(
        said.contains("broken.model: line 1: found `not a model`"),
        "{said}"
    );
}

/// A model of drawn data meets the same rows, exported: signal columns first.
#[test]
fn a_model_of_drawn_data_predicts_exported_rows() {
    let folder = folder();
    let data = "--n-train 50 --n-test 40 --d-signal 3 --data-seed 8";
    let model = folder.path().join("model").display().to_string();
    let trace = printed(&format!(
        "run {data} --epochs 2 --columns test_acc --model {model}"
    ));
    let rows = file(
        &folder,
        "test.svm",
        printed(&format!("data export {data} --part test")),
    );
    let predicted = sparsegrok(&format!("predict --model {model} {rows}"));
    let right = (last_row(&trace)[0] * 40.0).round();
    assert!(right < 40.0, "an imperfect model tells more");
    assert!(
        predicted.stderr.ends_with(&format!("({right}/40)\n")),
        "{predicted:?}"
    );
}
