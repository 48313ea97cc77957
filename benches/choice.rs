//! The choice of a kernel: what `--kernel auto` takes over twenty shapes of work, and the time of either choice.
//!
//! `cargo bench --bench choice` prints a line of Markdown for each shape: ns a step and run, one run after another
//! and in lanes, by turns, and the time of auto's choice over the better one.

mod shared;

use std::time::Instant;

use shared::pairs::{Ratio, Work, take_turns};
use shared::toy::Runs;
use shared::{rows, toy};
use sparsegrok::data::Problem;
use sparsegrok::kernel::{KernelChoice, RunGroup, Sgd, Shape, Sharing, SimdChoice};

/// Time that a turn takes at least, where an epoch is shorter.
const TURN: f64 = 1e-3;

/// Rows, signal columns (0: sparse rows), runs, and what they have in common.
type Task = (usize, usize, usize, Sharing);

const SHAPES: [Task; 20] = [
    (100, 1, 2, Sharing::Nothing),
    (100, 5, 3, Sharing::Nothing),
    (100, 64, 8, Sharing::Nothing),
    (512, 5, 1, Sharing::Nothing),
    (512, 5, 2, Sharing::Nothing),
    (512, 5, 8, Sharing::Nothing),
    (512, 5, 64, Sharing::Rows),
    (512, 16, 3, Sharing::Rows),
    (1_000, 8, 8, Sharing::Order),
    (1_000, 16, 4, Sharing::Nothing),
    (1_000, 64, 2, Sharing::Rows),
    (10_000, 5, 4, Sharing::Nothing),
    (10_000, 16, 64, Sharing::Nothing),
    (10_000, 5, 8, Sharing::Order),
    (100_000, 5, 8, Sharing::Nothing),
    (100_000, 5, 16, Sharing::Rows),
    (1_000_000, 5, 8, Sharing::Nothing),
    (1_000_000, 5, 8, Sharing::Rows),
    (20_000, 0, 8, Sharing::Nothing),
    (20_000, 0, 8, Sharing::Rows),
];

fn main() {
    if shared::tried() {
        // The first shapes alone, to see that they run.
        return SHAPES[..5].iter().for_each(|&shape| measure(shape));
    }
    println!("| n | columns | runs | in common | one by one | lanes | auto | over the better |");
    println!("|---|---|---|---|---|---|---|---|");
    SHAPES.into_iter().for_each(measure);
    large();
}

fn measure((rows, columns, runs, sharing): Task) {
    let own = if sharing == Sharing::Rows { 1 } else { runs };
    let problems = match columns {
        0 => vec![rows::power_law(rows, 100_000, 50); own],
        _ => toy::problems(own as u64, rows, columns),
    };
    let work = match sharing {
        Sharing::Nothing => Runs::Own(&problems),
        Sharing::Rows => Runs::Grid(&problems[0], runs),
        Sharing::Order | Sharing::Columns => Runs::OneOrder(&problems),
    };
    let chosen = group(KernelChoice::Auto, &problems[0], runs, sharing);
    let time = |kernel| -> f64 {
        let together = group(kernel, &problems[0], runs, sharing).runs;
        // The epochs that are timed are those of the last group of runs.
        let groups = runs.div_ceil(together) as f64;
        let begun = Instant::now();
        let time = work.step_time(kernel, SimdChoice::Auto, 1);
        let epochs = (TURN / begun.elapsed().as_secs_f64()).ceil() as u64;
        match epochs {
            1 => groups * time,
            _ => groups * work.step_time(kernel, SimdChoice::Auto, epochs),
        }
    };
    let turns: [Work<'_>; 2] = [KernelChoice::Scalar, KernelChoice::Lanes]
        .map(|kernel| -> Work<'_> { Box::new(move || time(kernel)) });
    let rounds = if shared::tried() || rows > 100_000 {
        6
    } else {
        25
    };
    let [scalar, lanes] = take_turns(rounds, turns);
    let ratio = Ratio::of(&scalar, &lanes);
    let [scalar, lanes] = ratio.bests;
    let taken = match chosen.kernel {
        KernelChoice::Lanes => lanes,
        _ => scalar,
    };
    println!(
        "| {rows} | {} | {runs} | {sharing:?} | {scalar:.2} | {lanes:.2} | {:?} | {:.2} |",
        match columns {
            0 => "sparse".to_owned(),
            columns => columns.to_string(),
        },
        chosen.kernel,
        taken / scalar.min(lanes)
    );
}

/// The runs that a kernel puts side by side.
fn group(kernel: KernelChoice, problem: &Problem, runs: usize, sharing: Sharing) -> RunGroup {
    let shape = Shape::of(&problem.train);
    RunGroup::of(kernel, &Sgd::default(), runs, shape, sharing)
}

/// Ten million rows, which are too many for lanes of rows of their own.
fn large() {
    let problem = &toy::problems(1, 10_000_000, 5)[0];
    let chosen = group(KernelChoice::Auto, problem, 16, Sharing::Rows);
    let grid = Runs::Grid(problem, 16);
    let one = std::slice::from_ref(problem);
    let shared = grid.step_time(KernelChoice::Auto, SimdChoice::Auto, 2);
    let alone = toy::step_time(one, KernelChoice::Scalar, SimdChoice::Auto, 2);
    println!(
        "| 10000000 | 5 | 16 | Rows | {alone:.2} | {shared:.2} | {:?} | {:.2} |",
        chosen.kernel,
        shared / alone.min(shared)
    );
}
