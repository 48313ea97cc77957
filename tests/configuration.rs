//! Configuration files: layers, errors, and `--print-config` read back.

use crate::support::{file, folder, printed, refused, sparsegrok};

#[test]
fn a_printed_configuration_runs_the_same() {
    let folder = folder();
    let runs = [
        "run --preset reference-toy --epochs 20 --n-train 30",
        "run --preset grok-a --epochs 20",
        "run --epochs 50 --eval-points 5 --loss squared --target linear --accuracy-tolerance 0.1 \
         --lr 0.01 --schedule cosine --warmup-steps 7 --init gaussian --batch-size full --bias \
         --columns epoch,objective,train_acc --format jsonl",
        "run --epochs 20 --order with-replacement --label-noise 0.1 --decay-order before",
        "compare --preset reference-early-vs-long --early-epochs 3 --long-epochs 20 --patience 1",
    ];
    for run in runs {
        let config = file(
            &folder,
            "printed.toml",
            printed(&format!("{run} --print-config")),
        );
        let command = run.split(' ').next().unwrap();
        let again = format!("{command} --config {config}");
        assert_eq!(printed(&again), printed(run), "{run}");
        assert_eq!(sparsegrok(&again).stderr, sparsegrok(run).stderr, "{run}");
        // Printing what was printed changes nothing.
        let reprinted = printed(&format!("{again} --print-config"));
        assert_eq!(reprinted, std::fs::read_to_string(&config).unwrap());
    }
}

#[test]
fn a_printed_configuration_of_files_runs_the_same() {
    let folder = folder();
    let heart = crate::support::shipped("data/heart_scale.svm");
    for flags in [
        "",
        "--memorize",
        "--memorization-scale 2.5",
        "--loss squared --lr 0.01",
    ] {
        let run = format!("run --train {} --epochs 5 {flags}", heart.display());
        let config = file(
            &folder,
            "printed.toml",
            printed(&format!("{run} --print-config")),
        );
        assert_eq!(
            printed(&format!("run --config {config}")),
            printed(&run),
            "{flags}"
        );
    }
}

#[test]
fn every_key_is_printed() {
    let config = printed("run --print-config");
    for key in [
        "n_train",
        "rng",
        "learning_rate",
        "kernel",
        "columns",
        "patience",
        "test",
    ] {
        assert!(
            config.lines().any(|line| line
                .trim_start_matches("# ")
                .starts_with(&format!("{key} ="))),
            "{key}\n{config}"
        );
    }
}

#[test]
fn flags_win_over_files_over_presets() {
    let folder = folder();
    let config = file(
        &folder,
        "c.toml",
        "preset = \"reference-toy\"\nepochs = 4\nn_train = 9\n",
    );
    let flags = printed(&format!("run --config {config} --n-train 8 --print-config"));
    for line in [
        "n_train = 8 ",
        "epochs = 4 ",
        "rng = \"libstdcxx\" ",
        "persistence = \"1%\" ",
        "eval_every = 200 ",
    ] {
        assert!(
            flags.lines().any(|found| found.starts_with(line)),
            "{line}: {flags}"
        );
    }
    let other = printed(&format!(
        "run --config {config} --preset grok-a --print-config"
    ));
    assert!(other.contains("rng = \"xoshiro256pp\""), "{other}");
}

#[test]
fn faults_in_files_are_named() {
    let folder = folder();
    let cases = [
        (
            "weight_decai = 1",
            "c.toml: unknown key `weight_decai`; did you mean `weight_decay`?",
        ),
        (
            "n_train = -4",
            "c.toml: `n_train` is -4, expected a whole number from 0 to 2^63 - 1",
        ),
        (
            "n_train = 4.5",
            "c.toml: `n_train` is 4.5, expected a whole number from 0 to 2^63 - 1",
        ),
        (
            "init = \"orthogonl\"",
            "c.toml: `init` is \"orthogonl\", expected one of `zero`",
        ),
        (
            "epochs = 0",
            "c.toml: `epochs` is 0, expected a number of epochs",
        ),
        (
            "batch_size = \"all\"",
            "c.toml: `batch_size` is \"all\", expected a whole number",
        ),
        ("epochs = ", "c.toml: line 1, column "),
        ("epochs = 1\nepochs = 2", "c.toml: line 2, column "),
        ("data_seed = 9223372036854775808", "c.toml: line 1, column "),
    ];
    for (content, sentence) in cases {
        let config = file(&folder, "c.toml", content);
        let said = refused(&format!("run --config {config}"));
        assert!(said.contains(sentence), "{content}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    let absent = sparsegrok("run --config /no/such/file.toml");
    assert_eq!(absent.code, 1);
    assert!(
        absent.stderr.starts_with("error: /no/such/file.toml: "),
        "{absent:?}"
    );
}
