//! The contract: the project's promises of speed, measured.
//!
//! `cargo bench --bench contract` prints a line for each promise,
//!
//! ```text
//! ratio NAME VALUE LOW HIGH BAR ok|short (MEDIAN and what the ratio is of)
//! ```
//!
//! and writes the same as JSON to `target/criterion/contract.json`, or to the file that
//! `SPARSEGROK_CONTRACT` names. It exits with 1 where a bar is missed.
//!
//! Pieces of work take turns, a millisecond or so each where they can be cut so short. VALUE, which
//! the bar is for, is the ratio of their best times: on a shared machine other work slows a
//! throughput-bound kernel and a latency-bound one by different factors, and leaves the best times
//! alone. LOW and HIGH are the 95 % interval of the median of the rounds' own ratios. Names begin
//! with what they are of:
//!
//! - `speed.A/B.WORK`: B's time over A's, so that more is better. `lanes` count per seed;
//! - `time.A/B.WORK`: A's time over B's, less is better;
//! - `exponent.A`: the power of n by which an epoch's time grows from n = 128 to 8,192.
//!
//! Times are those of whole epochs, shuffles included; those that lay out rows and hand out weights
//! are left out. Before any of it is timed, the models are compared.

mod bars;
mod cpp;
#[path = "../shared/mod.rs"]
mod shared;

use std::process::ExitCode;
use std::sync::Arc;

use bars::Bar::{AtLeast, AtMost, Within};
use bars::Contract;
use cpp::Twin;
use shared::pairs::{Ratio, Work, take_turns};
use shared::toy::Runs;
use shared::{growth, network, rows, toy, workers};
use sparsegrok::data::Problem;
use sparsegrok::kernel::{
    Figure, KernelChoice, Order, RunGroup, Sgd, SimdChoice, Threads, Training, evaluate,
};
use sparsegrok::network::{NetworkSpec, Table};
use sparsegrok_lanes::Level;

fn main() -> ExitCode {
    if workers::worked() {
        return ExitCode::SUCCESS;
    }
    let mut contract = Contract::new(!shared::tried());
    let twin = Twin::compiled();
    twins(&mut contract, &twin);
    small(&mut contract);
    large(&mut contract);
    sparse_rows(&mut contract);
    rows_beyond_caches(&mut contract, &twin);
    full_batch(&mut contract);
    networks(&mut contract);
    exponents(&mut contract);
    let threads = workers::processes_over_threads(rounds(15));
    contract.ratio("speed.threads/processes", threads, AtLeast(0.95));
    match contract.close(&Level::detect().to_string()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("the JSON file cannot be written: {error}");
            ExitCode::FAILURE
        }
    }
}

/// As many rounds, or the fewest that tell an interval where all is only tried.
fn rounds(count: usize) -> usize {
    if shared::tried() { 6 } else { count }
}

/// As many rows, or few where all is only tried.
fn sized(rows: usize) -> usize {
    if shared::tried() { rows.min(64) } else { rows }
}

fn kernel(problems: &[Problem], kernel: KernelChoice, epochs: u64) -> Work<'_> {
    Box::new(move || toy::step_time(problems, kernel, SimdChoice::Auto, epochs))
}

fn textbook(problem: &Problem, epochs: u64) -> Work<'_> {
    Box::new(move || toy::textbook_step_time(problem, epochs))
}

/// Runs of a grid: as many as go side by side.
const GRID: usize = RunGroup::MOST;

/// The least that lanes are to gain on this machine.
struct LanesBars {
    /// Rows and orders of their own over the textbook loop.
    own: f64,
    /// One order over orders of their own.
    one_order: f64,
    /// Rows and order in common over their own, for few rows and for a million.
    shared: [f64; 2],
    /// The same over the textbook loop.
    shared_over_textbook: [f64; 2],
    /// Sparse rows in common over one run at a time.
    sparse: f64,
}

fn lanes_bars() -> Option<LanesBars> {
    match Level::detect() {
        Level::Avx512 => Some(LanesBars {
            own: 6.0,
            one_order: 1.8,
            shared: [2.5, 5.0],
            shared_over_textbook: [18.0, 15.0],
            sparse: 3.0,
        }),
        Level::Avx2 => Some(LanesBars {
            own: 4.5,
            one_order: 1.5,
            shared: [1.8, 4.0],
            shared_over_textbook: [10.0, 8.0],
            sparse: 2.0,
        }),
        _ => None,
    }
}

fn lanes_of(runs: Runs<'_>, epochs: u64) -> Work<'_> {
    Box::new(move || runs.step_time(KernelChoice::Lanes, SimdChoice::Auto, epochs))
}

/// Panics unless runs come to the same bits side by side as alone.
fn assert_company_changes_nothing(runs: Runs<'_>, epochs: u64) {
    let train = |kernel| runs.weights(kernel, SimdChoice::Auto, epochs);
    assert!(
        train(KernelChoice::Lanes) == train(KernelChoice::Scalar),
        "bits in company"
    );
}

/// Panics unless all ways to train agree: dense and scalar up to rounding, scalar and lanes to the
/// bit, the textbook up to its visiting order.
fn assert_agreement(problems: &[Problem], dense: bool, epochs: u64) {
    let train = |problems, kernel| toy::train(problems, kernel, SimdChoice::Auto, epochs);
    let one = &problems[..1];
    let scalar = &train(one, KernelChoice::Scalar)[0];
    if dense {
        toy::assert_rounding_apart(scalar, &train(one, KernelChoice::Dense)[0]);
    }
    if problems.len() > 1 {
        let lanes = &train(problems, KernelChoice::Lanes)[0];
        assert!(lanes == scalar, "lanes and scalar agree to the bit");
    }
    toy::assert_agreement(&one[0], scalar, &toy::train_textbook(&one[0], epochs));
}

/// The dense reference and the textbook loop against the same in C++: no straw men.
fn twins(contract: &mut Contract, twin: &Result<Twin, String>) {
    let twin = match twin {
        Ok(twin) => twin,
        Err(reason) => {
            let names = "time.dense/c++, time.textbook/c++, speed.scalar/c++, speed.lanes/c++";
            return contract.skip(names, reason);
        }
    };
    let rows = sized(512);
    let problems = toy::problems(1, 512, 5);
    let ours = toy::train_textbook(&problems[0], 500);
    let spec = Sgd::default();
    let ours = evaluate(500, &ours, &problems[0], &spec, None, &Threads::One);
    // The two visit the same rows in the same order.
    let [dense, sparse] = ["dense", "sparse"].map(|kind| twin.run(kind, 512, 5, 500));
    let apart = (dense.weight_norm - sparse.weight_norm) / dense.weight_norm;
    assert!(apart.abs() < 1e-6, "weight norms differ by {apart}");
    // Ours are other rows of the same kind: from draw to draw norms differ by a fiftieth, losses by
    // a tenth.
    let norm = dense.weight_norm / ours[Figure::WeightNorm] - 1.0;
    let loss = dense.train_loss.expect("a loss") / ours[Figure::TrainLoss] - 1.0;
    assert!(norm.abs() < 0.1, "weight norms differ by {norm}");
    assert!(loss.abs() < 0.4, "training losses differ by {loss}");
    let problems = &toy::problems(8, rows, 5);
    let one = &problems[..1];
    let theirs = |kind, epochs| -> Work<'_> {
        Box::new(move || twin.run(kind, rows, 5, epochs).ns_per_step)
    };
    let [dense, dense_twin, sparse, sparse_twin, scalar, lanes] = take_turns(
        rounds(75),
        [
            kernel(one, KernelChoice::Dense, 8),
            theirs("dense", 8),
            textbook(&problems[0], 80),
            theirs("sparse", 80),
            kernel(one, KernelChoice::Scalar, 80),
            kernel(problems, KernelChoice::Lanes, 40),
        ],
    );
    let ratio = Ratio::of(&dense, &dense_twin);
    contract.ratio("time.dense/c++.n512", ratio, AtMost(1.2));
    let ratio = Ratio::of(&sparse, &sparse_twin);
    contract.ratio("time.textbook/c++.n512", ratio, AtMost(1.1));
    // Against the program rather than our own dense reference, which is faster than it.
    for (name, times, bar) in [("scalar", scalar, 30.0), ("lanes", lanes, 130.0)] {
        let ratio = Ratio::of(&dense_twin, &times);
        contract.ratio(&format!("speed.{name}/c++.n512"), ratio, AtLeast(bar));
    }
}

/// Measures the gain of sparse steps, and of eight seeds at a time, on rows that fit in a cache.
fn small(contract: &mut Contract) {
    let problems = &toy::problems(8, sized(512), 5);
    assert_agreement(problems, true, 60);
    let one = &problems[..1];
    let (one_order, grid) = (Runs::OneOrder(problems), Runs::Grid(&problems[0], GRID));
    assert_company_changes_nothing(one_order, 20);
    assert_company_changes_nothing(grid, 20);
    let [textbook, scalar, lanes, ordered, shared] = take_turns(
        rounds(101),
        [
            textbook(&problems[0], 50),
            kernel(one, KernelChoice::Scalar, 100),
            kernel(problems, KernelChoice::Lanes, 60),
            lanes_of(one_order, 100),
            lanes_of(grid, 100),
        ],
    );
    let mut speed = |name, slow: &[f64], fast: &[f64], bar| {
        contract.ratio(name, Ratio::of(slow, fast), AtLeast(bar));
    };
    speed("speed.scalar/textbook.n512", &textbook, &scalar, 1.5);
    match lanes_bars() {
        None => contract.skip("the lanes' lines at n512", "there is no AVX2"),
        Some(bars) => {
            speed("speed.lanes/textbook.n512", &textbook, &lanes, bars.own);
            speed(
                "speed.one-order/lanes.n512",
                &lanes,
                &ordered,
                bars.one_order,
            );
            speed("speed.shared/lanes.n512", &lanes, &shared, bars.shared[0]);
            speed(
                "speed.shared/textbook.n512",
                &textbook,
                &shared,
                bars.shared_over_textbook[0],
            );
        }
    }

    let problems = &toy::problems(8, sized(4096), 5);
    assert_agreement(problems, true, 2);
    let [dense, scalar, lanes] = take_turns(
        rounds(25),
        [
            kernel(&problems[..1], KernelChoice::Dense, 1),
            kernel(&problems[..1], KernelChoice::Scalar, 12),
            kernel(problems, KernelChoice::Lanes, 8),
        ],
    );
    let mut speed = |name, slow: &[f64], fast: &[f64], bar| {
        contract.ratio(name, Ratio::of(slow, fast), AtLeast(bar));
    };
    speed("speed.scalar/dense.n4096", &dense, &scalar, 200.0);
    speed("speed.lanes/dense.n4096", &dense, &lanes, 700.0);
}

/// A million rows, against the textbook loop and against a thousand.
fn large(contract: &mut Contract) {
    let thousand = &toy::problems(8, sized(1000), 5);
    let million = &toy::problems(8, sized(1_000_000), 5);
    assert_agreement(thousand, false, 60);
    assert_agreement(&million[..1], false, 2);
    let grid = Runs::Grid(&million[0], GRID);
    let [textbook, scalar, lanes, shared, few_scalar, few_lanes] = take_turns(
        rounds(15),
        [
            textbook(&million[0], 2),
            kernel(&million[..1], KernelChoice::Scalar, 4),
            kernel(million, KernelChoice::Lanes, 2),
            lanes_of(grid, 2),
            kernel(&thousand[..1], KernelChoice::Scalar, 100),
            kernel(thousand, KernelChoice::Lanes, 60),
        ],
    );
    for (name, times, speed_bar, growth_bar) in [
        ("scalar", [&scalar, &few_scalar], 3.0, 2.0),
        ("lanes", [&lanes, &few_lanes], 5.0, 10.0),
    ] {
        let [times, few] = times;
        let speed = Ratio::of(&textbook, times);
        contract.ratio(
            &format!("speed.{name}/textbook.n1e6"),
            speed,
            AtLeast(speed_bar),
        );
        let growth = Ratio::of(times, few);
        contract.ratio(
            &format!("time.{name}.n1e6/n1e3"),
            growth,
            AtMost(growth_bar),
        );
    }
    if let Some(bars) = lanes_bars() {
        let ratio = Ratio::of(&lanes, &shared);
        contract.ratio("speed.shared/lanes.n1e6", ratio, AtLeast(bars.shared[1]));
        let ratio = Ratio::of(&textbook, &shared);
        let bar = AtLeast(bars.shared_over_textbook[1]);
        contract.ratio("speed.shared/textbook.n1e6", ratio, bar);
    }
}

/// Rows of nothing but a sparse tail, per non-zero.
fn sparse_rows(contract: &mut Contract) {
    let power_law = rows::power_law(sized(20_000), 100_000, 50);
    let mut problems = vec![("power-law", power_law, 2)];
    match rows::agaricus() {
        Some(problem) => problems.push(("agaricus", problem, 10)),
        None => contract.skip(
            "speed.scalar/textbook.agaricus",
            "SPARSEGROK_TEST_DATA names no folder that has agaricus.train.svm.gz",
        ),
    }
    for (name, problem, epochs) in problems {
        let nonzeros = problem.train.features().nnz();
        let one = &[problem];
        assert_agreement(one, false, 20);
        let grid = Runs::Grid(&one[0], 8);
        assert_company_changes_nothing(grid, 2);
        let [textbook, scalar, shared] = take_turns(
            rounds(35),
            [
                textbook(&one[0], epochs),
                kernel(one, KernelChoice::Scalar, epochs),
                lanes_of(grid, epochs),
            ],
        );
        let per_nonzero = |times: Vec<f64>| -> Vec<f64> {
            let share = one[0].train.len() as f64 / nonzeros as f64;
            times.into_iter().map(|time| time * share).collect()
        };
        let [textbook, scalar, shared] = [textbook, scalar, shared].map(per_nonzero);
        let line = format!("speed.scalar/textbook.{name}");
        contract.ratio(&line, Ratio::of(&textbook, &scalar), AtLeast(1.25));
        if let Some(bars) = lanes_bars() {
            let line = format!("speed.shared/scalar.{name}");
            contract.ratio(&line, Ratio::of(&scalar, &shared), AtLeast(bars.sparse));
        }
    }
}

/// Sparse rows that exceed the caches, in their order and shuffled, against the same in C++.
fn rows_beyond_caches(contract: &mut Contract, twin: &Result<Twin, String>) {
    let (rows, columns) = (sized(200_000), 5_000);
    let one = &[rows::spread(rows, columns, 20)];
    assert_agreement(one, false, 2);
    let [in_order, shuffled] = take_turns(
        rounds(25),
        [Order::Sequential, Order::Shuffle]
            .map(|order| -> Work<'_> { Box::new(move || Runs::Own(one).step_time_in(order, 2)) }),
    );
    let ratio = Ratio::of(&shuffled, &in_order);
    contract.ratio("time.shuffled/in-order.rows", ratio, AtMost(2.2));
    let twin = match twin {
        Ok(twin) => twin,
        Err(reason) => return contract.skip("time.scalar/c++ of rows", reason),
    };
    for (name, kind, order) in [
        ("in-order", "rows", Order::Sequential),
        ("shuffled", "shuffled-rows", Order::Shuffle),
    ] {
        let [ours, theirs] = take_turns(
            rounds(25),
            [
                Box::new(|| Runs::Own(one).step_time_in(order, 2)),
                Box::new(|| twin.run(kind, rows, columns as usize, 2).ns_per_step),
            ],
        );
        let ratio = Ratio::of(&ours, &theirs);
        contract.ratio(&format!("time.scalar/c++.{name}-rows"), ratio, AtMost(1.0));
    }
}

/// Networks of modular addition against a dense reference on one-hot rows, by epochs of a full batch.
fn networks(contract: &mut Contract) {
    let (modulus, width) = if shared::tried() { (11, 30) } else { (97, 500) };
    let spec = &network::spec();
    let size = &NetworkSpec {
        modulus,
        width,
        ..NetworkSpec::default()
    };
    let table = &Table::draw(size, 0.0, 0, 0).expect("a valid network");
    let mut training = network::started(size, spec, table);
    let mut dense = network::Dense::of(&training, table, size);
    for _ in 0..5 {
        training.advance();
        dense.epoch_time(spec);
    }
    let norm = training.evaluate(0).expect("finite figures")[Figure::WeightNorm];
    let apart = norm / dense.square().sqrt() - 1.0;
    assert!(apart.abs() < 1e-5, "weight norms differ by {apart}");
    let [dense, lookups] = take_turns(
        rounds(25),
        [
            Box::new(|| dense.epoch_time(spec)),
            Box::new(|| network::epoch_time(&mut training)),
        ],
    );
    let ratio = Ratio::of(&dense, &lookups);
    contract.ratio("speed.network/dense.p97", ratio, AtLeast(2.0));
}

/// One run of a million rows a step, on one thread and on two.
fn full_batch(contract: &mut Contract) {
    let name = "speed.two-threads/one.full-batch";
    let Ok(pool) = rayon::ThreadPoolBuilder::new().num_threads(2).build() else {
        return contract.skip(name, "two threads cannot be had");
    };
    if std::thread::available_parallelism().map_or(1, usize::from) < 2 {
        return contract.skip(name, "there is one core");
    }
    let problem = &toy::problems(1, sized(1_000_000), 5)[0];
    let two = Threads::Pool(Arc::new(pool));
    let [one, two] = take_turns(
        rounds(25),
        [
            Box::new(|| toy::full_batch_time(problem, &Threads::One, 3)),
            Box::new(|| toy::full_batch_time(problem, &two, 3)),
        ],
    );
    contract.ratio(name, Ratio::of(&one, &two), AtLeast(1.8));
}

/// By which power an epoch's time grows with the rows.
fn exponents(contract: &mut Contract) {
    for (name, kernel, bar) in [
        ("exponent.dense", KernelChoice::Dense, Within(1.9, 2.3)),
        ("exponent.scalar", KernelChoice::Scalar, AtMost(1.1)),
    ] {
        let times = growth::epochs(rounds(15), kernel);
        let of_bests = growth::of_bests(&times);
        contract.exponent(
            name,
            (of_bests.estimate, of_bests.standard_error),
            &growth::by_round(&times),
            bar,
        );
    }
}
