//! The `sparsegrok` command: flags, progress, files and exit codes over the libraries.

mod closing;
mod compare;
mod comparison;
mod completions;
mod data;
mod estimate;
mod exit;
mod explain;
mod help;
mod judge;
mod live;
mod memory;
mod merge;
mod number;
mod output;
mod plot;
mod predict;
mod presets;
mod progress;
mod reference;
mod report;
mod results;
mod run;
mod run_outputs;
mod settings;
mod signals;
mod study;
mod study_progress;
mod table;
mod tables;
mod validate;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Delayed generalization ("grokking") at full speed: a sparse SGD engine for linear models with
/// per-example memorization features.
///
/// Data go to standard output or to --out, messages and progress to standard error. Exit codes: 0
/// done; 1 failed (input/output, diverged training); 2 usage, configuration or malformed input.
#[derive(Parser)]
#[command(name = "sparsegrok", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Train one configuration and print its trace
    #[command(after_help = help::RUN)]
    Run(run::Args),
    /// Train on the same data for two lengths: stopping early against long training
    #[command(after_help = help::COMPARE)]
    Compare(compare::Args),
    /// Run many seeds of a grid of configurations, into a directory
    #[command(after_help = help::STUDY)]
    Study(study::Args),
    /// Put the shards of a study together
    #[command(after_help = help::MERGE)]
    Merge(merge::Args),
    /// Make a study's tables again, under other thresholds if asked, without training
    #[command(after_help = help::TABLES)]
    Tables(tables::Args),
    /// Judge runs that another program trained, by the curves it logged
    #[command(after_help = help::JUDGE)]
    Judge(judge::Args),
    /// Draw a study: one page to read in a browser, and pictures
    #[command(after_help = help::REPORT)]
    Report(report::Args),
    /// Say by the theory whether, when and why a configuration groks
    #[command(after_help = help::EXPLAIN)]
    Explain(explain::Args),
    /// List the presets, with what each shows, its settings and what is to come out
    #[command(after_help = help::PRESETS)]
    Presets(presets::Args),
    /// Measure what must come out, by the theory or as published, and set it beside what does
    #[command(after_help = help::VALIDATE)]
    Validate(validate::Args),
    /// Predict the rows of a data file with a saved model
    #[command(after_help = help::PREDICT)]
    Predict(predict::Args),
    /// Generate, convert and describe data
    #[command(subcommand, after_help = help::DATA)]
    Data(data::Command),
    /// Print shell completions
    #[command(after_help = help::COMPLETIONS)]
    Completions(completions::Args),
}

fn main() -> ExitCode {
    signals::catch();
    match Cli::try_parse() {
        Ok(cli) => exit::code(execute(cli.command)),
        Err(other) => exit::code_of_usage(&other),
    }
}

fn execute(command: Command) -> anyhow::Result<()> {
    if let Err(fewer) = sparsegrok_run::threads::begin() {
        exit::say(fewer);
    }
    match command {
        Command::Run(args) => run::execute(&args),
        Command::Compare(args) => compare::execute(&args),
        Command::Study(args) => study::execute(&args),
        Command::Merge(args) => merge::execute(&args),
        Command::Tables(args) => tables::execute(&args),
        Command::Judge(args) => judge::execute(&args),
        Command::Report(args) => report::execute(&args),
        Command::Explain(args) => explain::execute(&args),
        Command::Presets(args) => presets::execute(&args),
        Command::Validate(args) => validate::execute(&args),
        Command::Predict(args) => predict::execute(&args),
        Command::Data(command) => data::execute(&command),
        Command::Completions(args) => completions::execute(&args),
    }
}
