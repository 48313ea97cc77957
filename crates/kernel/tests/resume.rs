//! Runs that go on from a state against the same runs uninterrupted, to the bit.

mod shared;

use self::shared::{bits, problems, runs, values, ways};
use sparsegrok_data::{AlignedBlock, Csr, Dataset, Features, Problem, TargetKind};
use sparsegrok_kernel::{
    Diverged, Job, KernelChoice, LinearState, Loss, Order, Schedule, Sgd, SideBySide, SimdChoice,
    State, Training, Weights, start,
};

const EPOCHS: u64 = 7;

type Ended = Result<Vec<u64>, Diverged>;

/// The states of runs at an epoch, or their ends, each with its run's number.
#[derive(Default)]
struct Seen {
    kept: Vec<(usize, State)>,
    ended: Vec<(usize, Ended)>,
}

/// Trains runs to an epoch, or to their ends.
fn observe(
    spec: &Sgd,
    runs: &[Job<'_>],
    (kernel, simd): (KernelChoice, SimdChoice),
    at: Option<u64>,
) -> Seen {
    let mut seen = Seen::default();
    let mut first = 0;
    while first < runs.len() {
        let mut training = start(&runs[first..], kernel, simd).unwrap();
        let from = runs[first].start.map_or(0, |state| state.epoch);
        for _ in from..at.unwrap_or(spec.epochs) {
            training.advance();
        }
        for (lane, run) in (0..training.lanes()).zip(first..) {
            match at {
                Some(_) => seen.kept.push((run, training.state(lane))),
                None => seen.ended.push((run, end(&training, lane))),
            }
        }
        first += training.lanes();
    }
    seen
}

/// The last weights of a run, or where it diverged.
fn end(training: &SideBySide<'_>, lane: usize) -> Ended {
    match training.diverged(lane) {
        Some(diverged) => Err(diverged),
        None => training.model(lane).map(|weights| bits(&weights)),
    }
}

/// Each row with two tail columns beside two dense ones.
fn with_tails() -> Vec<Problem> {
    (0..8)
        .map(|seed| {
            let rows = 20;
            let value = |i: usize| ((i * 7 + seed) % 11) as f64 / 5.0 - 1.0;
            let signal: Vec<f64> = (0..2 * rows).map(value).collect();
            let columns = (0..rows as u32).flat_map(|row| [row % 3, 3 + row % 4]);
            let tail = Csr::new(
                9,
                (0..=rows).map(|row| 2 * row).collect(),
                columns.collect(),
                (0..2 * rows).map(|i| value(i + 3)).collect(),
            );
            let signal = AlignedBlock::from(&signal[..]);
            let features = Features::new(rows, 2, signal, Some(tail.unwrap())).unwrap();
            let targets: Vec<f64> = (0..rows).map(|i| value(5 * i + 1).signum()).collect();
            let data = Dataset::new(features, targets, TargetKind::Sign, Some(1.5)).unwrap();
            Problem::new(data, None, None).unwrap()
        })
        .collect()
}

fn specs() -> Vec<Sgd> {
    shared::specs(EPOCHS, 7.0)
}

#[test]
fn a_run_goes_on_to_the_same_bits_under_any_kernel() {
    let sets = [problems(45, 5), problems(45, 11), with_tails()];
    for (problems, spec) in sets
        .iter()
        .flat_map(|set| specs().into_iter().map(move |s| (set, s)))
    {
        let runs = runs(problems, &spec);
        let whole = observe(&spec, &runs, ways()[0], None).ended;
        assert_eq!(whole.len(), 8);
        for at in 1..EPOCHS {
            let kept = observe(&spec, &runs, ways()[0], Some(at)).kept;
            assert_eq!(kept.len(), 8);
            for (way, (run, state)) in ways().into_iter().zip(&kept) {
                // Alone, a run has the same state as in company.
                let alone = observe(&spec, &runs[*run..=*run], way, Some(at)).kept;
                assert!(alone[0].1 == *state, "{way:?}, epoch {at}, {spec:?}");
            }
            let resumed: Vec<Job<'_>> = runs
                .iter()
                .zip(&kept)
                .map(|(run, (_, state))| Job {
                    start: Some(state),
                    ..*run
                })
                .collect();
            for way in ways() {
                let found = observe(&spec, &resumed, way, None).ended;
                assert!(found == whole, "{way:?}, epoch {at}, {spec:?}");
            }
        }
    }
}

/// What a group trained one by one leaves: some runs are done, one is under way, others wait.
#[test]
fn runs_that_have_come_unequally_far_go_on_together() {
    let problems = problems(45, 5);
    let spec = &specs()[0];
    let runs = runs(&problems, spec);
    let lanes = (KernelChoice::Lanes, SimdChoice::Auto);
    let whole = observe(spec, &runs, lanes, None).ended;
    let states: Vec<State> = [2, 5]
        .into_iter()
        .flat_map(|at| observe(spec, &runs, lanes, Some(at)).kept)
        .map(|(_, state)| state)
        .collect();
    let starts = [Some(&states[0]), None, Some(&states[10]), Some(&states[3])];
    let mixed: Vec<Job<'_>> = runs
        .iter()
        .zip(starts)
        .map(|(run, start)| Job { start, ..*run })
        .collect();
    assert_eq!(observe(spec, &mixed, lanes, None).ended, whole[..4]);
}

#[test]
fn the_dense_reference_goes_on_to_its_own_bits() {
    let dense = (KernelChoice::Dense, SimdChoice::Auto);
    for (problems, spec) in [(problems(45, 5), &specs()[0]), (with_tails(), &specs()[4])] {
        let runs = &runs(&problems, spec)[..1];
        let whole = observe(spec, runs, dense, None).ended;
        let kept = observe(spec, runs, dense, Some(4)).kept;
        let resumed = Job {
            start: Some(&kept[0].1),
            ..runs[0]
        };
        assert_eq!(observe(spec, &[resumed], dense, None).ended, whole);
    }
}

#[test]
fn a_run_that_diverges_does_so_where_it_would_have() {
    let problems = problems(45, 5);
    let spec = Sgd {
        loss: Loss::Squared,
        learning_rate: 3.0,
        epochs: 60,
        ..Sgd::default()
    };
    let runs = runs(&problems, &spec);
    let lanes = (KernelChoice::Lanes, SimdChoice::Auto);
    let whole = observe(&spec, &runs, lanes, None).ended;
    assert!(whole.iter().all(|(_, end)| end.is_err()));
    let first = whole.iter().filter_map(|(_, end)| end.as_ref().err());
    let at = first.map(|diverged| diverged.epoch).min().unwrap() - 1;
    let kept = observe(&spec, &runs, lanes, Some(at)).kept;
    for (run, state) in &kept {
        let resumed = Job {
            start: Some(state),
            ..runs[*run]
        };
        let alone = (KernelChoice::Scalar, SimdChoice::Auto);
        assert_eq!(
            observe(&spec, &[resumed], alone, None).ended[0].1,
            whole[*run].1
        );
    }
}

#[test]
fn states_of_other_runs_do_not_fit() {
    let problems = problems(45, 5);
    let spec = &specs()[0];
    let runs = runs(&problems, spec);
    let kept = observe(
        spec,
        &runs,
        (KernelChoice::Lanes, SimdChoice::Auto),
        Some(3),
    )
    .kept;
    let (_, kept) = &kept[0];
    let state = LinearState::of(kept).unwrap();
    assert_eq!(State::from(state.clone()), *kept);
    let more = State {
        arrays: kept.arrays.clone().with("more", Vec::new()),
        ..kept.clone()
    };
    assert_eq!(LinearState::of(&more), None);
    let fits = |change: fn(&mut LinearState)| {
        let mut state = state.clone();
        change(&mut state);
        state.fits(spec, &problems[0])
    };
    assert!(fits(|_| ()));
    assert!(!fits(|state| (state.epoch, state.step) = (0, 0)));
    assert!(!fits(
        |state| (state.epoch, state.step) = (EPOCHS, EPOCHS * 45)
    ));
    assert!(!fits(|state| state.step += 1));
    assert!(!fits(|state| state.scale = f64::NAN));
    assert!(!fits(|state| state.signal.push(0.0)));
    assert!(!fits(|state| state.tail.push(0.0)));
    assert!(!fits(|state| state.memorization.clear()));
    assert!(!fits(|state| state.generator = [0; 4]));
    let sequential = Sgd {
        order: Order::Sequential,
        ..spec.clone()
    };
    assert!(!state.fits(&sequential, &problems[0]));
}

/// Weights handed on at the end of an epoch lead to where the whole run leads, but for the rounding of the
/// scale, which they have in them; in lanes to the same bits as alone.
#[test]
fn a_run_begins_with_the_weights_of_another() {
    for problems in [problems(45, 5), problems(45, 17), with_tails()] {
        let any = Sgd::default();
        let runs = runs(&problems, &any);
        for loss in [Loss::Logistic, Loss::Squared] {
            let spec = |epochs| Sgd {
                loss,
                learning_rate: 0.02,
                weight_decay: 0.01,
                schedule: Schedule::InverseScaling,
                order: Order::Sequential,
                bias: true,
                epochs,
                ..Sgd::default()
            };
            let (whole, half) = (spec(6), spec(3));
            let trained = |spec: &Sgd, runs: &[Job<'_>], kernel| -> Vec<Weights> {
                let respecified = runs.iter().map(|run| Job { spec, ..*run });
                let runs: Vec<Job<'_>> = respecified.collect();
                let mut ended = Vec::new();
                while ended.len() < runs.len() {
                    let rest = &runs[ended.len()..];
                    let mut training = start(rest, kernel, SimdChoice::Auto).unwrap();
                    (0..spec.epochs).for_each(|_| training.advance());
                    ended.extend((0..training.lanes()).map(|lane| training.model(lane).unwrap()));
                }
                ended
            };
            let scalar = KernelChoice::Scalar;
            let steps = 3 * problems[0].train.len() as u64;
            let firsts = trained(&half, &runs, scalar);
            let states = firsts.iter().zip(&runs).map(|(weights, run)| {
                let data = &run.problem.train;
                State::from(LinearState::beginning(weights, data, loss, steps))
            });
            let states: Vec<State> = states.collect();
            let second = runs.iter().zip(&states);
            let second = second.map(|(run, state)| Job {
                start: Some(state),
                ..*run
            });
            let second: Vec<Job<'_>> = second.collect();
            let found = trained(&half, &second, scalar);
            for (found, expected) in found.iter().zip(trained(&whole, &runs, scalar)) {
                for (found, expected) in values(found).zip(values(&expected)) {
                    assert!((found - expected).abs() < 1e-12, "{found} {expected}");
                }
            }
            let in_lanes = trained(&half, &second, KernelChoice::Lanes);
            assert!(in_lanes.iter().map(bits).eq(found.iter().map(bits)));
        }
    }
}
