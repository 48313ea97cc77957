//! The same work by two threads of one process, and by two processes.

use std::process::Command;

use sparsegrok::kernel::{KernelChoice, SimdChoice};

use super::pairs::{Ratio, take_turns, timed};
use super::toy;

/// The name under which a bench runs as one of two processes.
const WORKER: &str = "SPARSEGROK_BENCH_WORKER";

/// Epochs of eight seeds in lanes: half a second.
const EPOCHS: u64 = 20_000;

/// Epochs where a bench is only tried.
const TRIED: u64 = 20;

/// Does a worker's share, where this process was started as one: the first thing in `main`.
pub(crate) fn worked() -> bool {
    let epochs = std::env::var(WORKER).ok();
    let epochs = epochs.map(|text| text.parse().expect("a number of epochs"));
    epochs.map(work).is_some()
}

/// The time two processes take over that of two threads, start and data included.
pub(crate) fn processes_over_threads(rounds: usize) -> Ratio {
    let epochs = if super::tried() { TRIED } else { EPOCHS };
    let program = std::env::current_exe().expect("this program");
    let process = || {
        let mut command = Command::new(&program);
        command.env(WORKER, epochs.to_string());
        command.spawn().expect("a process")
    };
    let steps = 2 * 8 * epochs * 512;
    let [processes, threads] = take_turns(
        rounds,
        [
            timed(steps, || {
                for mut process in [process(), process()] {
                    assert!(process.wait().expect("an ended process").success());
                }
            }),
            timed(steps, || {
                std::thread::scope(|scope| {
                    scope.spawn(|| work(epochs));
                    scope.spawn(|| work(epochs));
                });
            }),
        ],
    );
    Ratio::of(&processes, &threads)
}

fn work(epochs: u64) {
    let problems = toy::problems(8, 512, 5);
    toy::train(&problems, KernelChoice::Lanes, SimdChoice::Auto, epochs);
}
