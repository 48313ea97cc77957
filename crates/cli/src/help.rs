//! Examples below the help of commands.

macro_rules! examples {
    ($($name:ident: $one:literal, $two:literal $(, $more:expr)?;)*) => {$(
        pub(crate) const $name: &str =
            concat!("Examples:\n  sparsegrok ", $one, "\n  sparsegrok ", $two $(, $more)?);
    )*};
}

/// Said where settings are left out of the short help.
macro_rules! settings {
    () => {
        "\n\nEvery setting is a flag too, such as --weight-decay 1e-4: --help lists them all."
    };
}

examples! {
    RUN: "run --preset grok-a --plot trace.svg --out trace.csv",
        "run --train rows.svm --epochs 100 --model rows.model --out trace.csv", settings!();
    STUDY: "study --preset grok-a --seeds 64 --report --out grok-a",
        "study --preset grok-a --seeds 32 --vary weight_decay=log:5e-5:2e-4:5 --out decay", settings!();
    COMPARE: "compare --preset grok-a --seeds 32 --against weight_decay=0",
        "compare decay --cells 0,1", settings!();
    MERGE: "merge half-0 half-1 --out whole",
        "merge half-0 --partial --report --out first";
    TABLES: "tables decay --gen-threshold 0.8 --out decay-80",
        "tables decay";
    JUDGE: "judge curves.csv",
        "judge curves.csv --group-columns optimizer --report --out judged";
    REPORT: "report decay",
        "report decay --format png --out pictures";
    EXPLAIN: "explain --preset grok-a --weight-decay 1e-5",
        "explain decay", settings!();
    PRESETS: "presets",
        "presets grok-a";
    VALIDATE: "validate --quick",
        "validate --export-markdown anchors.md";
    PREDICT: "predict --model rows.model test.svm --out labels",
        "predict --model rows.model --scores test.svm";
    DATA: "data generate --n-train 1000 --d-signal 20 --out rows.svm --test-out test.svm",
        "data import rows.svm.gz --out rows.sgs";
    COMPLETIONS: "completions bash > ~/.local/share/bash-completion/completions/sparsegrok",
        "completions zsh > ~/.zfunc/_sparsegrok";
}
