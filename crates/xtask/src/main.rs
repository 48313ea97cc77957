//! `cargo xtask`: commands for the upkeep of the project, which users do not need.
//!
//! Exit code 0: done, or nothing found wrong. 1: slower, other instruction counts than expected, or a
//! file out of date.
//! 2: could not be done.

mod bench_gate;
mod comparison;
mod findings;
mod harness;
mod instructions;
mod output;
mod python_stubs;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's own upkeep")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Is the working tree slower than another version? Builds both, lets them take turns, path by
    /// path, and fails where it is
    BenchGate(bench_gate::Arguments),
    /// Does each hot path take the instructions it is expected to? Needs valgrind, and is skipped
    /// with a message without it
    Instructions(instructions::Arguments),
    /// Writes the Python package's list of settings, with their types, defaults and help
    PythonStubs(python_stubs::Arguments),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::BenchGate(arguments) => bench_gate::run(&arguments),
        Command::Instructions(arguments) => instructions::run(&arguments),
        Command::PythonStubs(arguments) => python_stubs::run(&arguments),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            // If standard error is closed, the exit code still tells.
            let _ = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::from(2)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_commands_are_understood() {
        let page = include_str!("../../../docs/performance.md");
        let commands: Vec<&str> = page
            .lines()
            .map(|line| line.trim_start().trim_start_matches("- run: "))
            .filter(|line| line.starts_with("cargo xtask "))
            .collect();
        assert!(commands.len() >= 4, "found only {commands:?}");
        for command in commands {
            let words = command.split_whitespace().skip(1);
            if let Err(error) = Arguments::try_parse_from(words) {
                panic!("`{command}`: {error}");
            }
        }
    }
}
