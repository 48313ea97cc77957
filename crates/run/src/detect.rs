//! Detection of the times at which a run memorized and generalized, and of its status.

use std::fmt;

use sparsegrok_config::EvaluateSpec;
use sparsegrok_kernel::{Evaluation, Figure, Training};

use crate::bracket::{Bracket, Time};
use crate::goal::{GOALS, Goal};
use crate::trace::Trace;

/// The evidence for T_mem, T_gen and the two ends of the transition.
pub type Brackets = [Bracket; GOALS];

/// The place of T_mem among them.
const MEM: usize = 0;
/// The place of T_gen.
const GEN: usize = 1;

/// The times of a run and its status.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Milestones {
    /// T_mem: from here on the memorizing figure was at its threshold for long enough.
    pub t_mem: Time,
    /// T_gen: likewise for the generalizing figure. Censored also where T_mem is.
    pub t_gen: Time,
    /// The time at which accuracy reached .6, on the rows that show generalization, whatever the thresholds.
    pub t_60: Time,
    /// The time at which it reached .9.
    pub t_90: Time,
    /// The outcome of the run.
    pub status: Status,
}

/// The outcome of a run: the four phases of learning of Z. Liu et al., "Towards Understanding
/// Grokking" (arXiv:2205.10343), in this order their grokking, comprehension, memorization and
/// confusion; then the runs that are none of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Generalized, long after it had memorized.
    Grokked,
    /// Memorized, and generalized before the delay that makes it grokking.
    GeneralizedEarly,
    /// Memorized, not generalized within its epochs.
    MemorizedOnly,
    /// Not even memorized.
    Neither,
    /// Memorized, and no figure tells of generalization, or the brackets leave the delay open.
    Undecided,
    /// The weights left the finite numbers.
    Diverged,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 6] = [
        Self::Grokked,
        Self::GeneralizedEarly,
        Self::MemorizedOnly,
        Self::Neither,
        Self::Undecided,
        Self::Diverged,
    ];

    /// The name in words and in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Grokked => "grokked",
            Self::GeneralizedEarly => "generalized early",
            Self::MemorizedOnly => "memorized only",
            Self::Neither => "neither",
            Self::Undecided => "undecided",
            Self::Diverged => "diverged",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Milestones {
    /// The milestones of a run that diverged: it has no times.
    pub const DIVERGED: Self = {
        const NONE: Time = Time {
            at: None,
            low: 0,
            high: None,
            lost: None,
        };
        Self {
            t_mem: NONE,
            t_gen: NONE,
            t_60: NONE,
            t_90: NONE,
            status: Status::Diverged,
        }
    };

    /// Finds the times and the status of a run of `epochs` in its evaluations alone: brackets are
    /// as wide as the evaluations are apart. `Time: O(trace)`
    pub fn of(trace: &Trace, spec: &EvaluateSpec, epochs: u64) -> Self {
        Self::from_brackets(&Detector::of(trace, spec, epochs).brackets, spec)
    }

    /// The times and the status that the evidence bears.
    pub fn from_brackets(brackets: &Brackets, spec: &EvaluateSpec) -> Self {
        let goals = Goal::all(spec);
        let [t_mem, mut t_gen, t_60, t_90] =
            std::array::from_fn(|goal| brackets[goal].time(&goals[goal]));
        if t_mem.at.is_none() {
            // A run that has generalized may still memorize later: T_gen counts only once T_mem is known.
            let low = match t_gen.high {
                Some(_) => t_mem.low,
                None => t_gen.low,
            };
            t_gen = Time {
                low,
                ..Time::default()
            };
        }
        Self {
            t_mem,
            t_gen,
            t_60,
            t_90,
            status: status(&t_mem, &t_gen, brackets[GEN].is_seen(), spec.delay_ratio),
        }
    }

    /// The same milestones of a run of which nothing was seen but evaluations, the last after `last` epochs. The
    /// status is undecided where no figure tells memorization, and where a threshold held at the end, not for
    /// `span` epochs since an evaluation but perhaps since its crossing: evaluations at every epoch might have
    /// confirmed it.
    pub fn seen_at_evaluations_alone(mut self, brackets: &Brackets, last: u64, span: u64) -> Self {
        let may_have_lasted =
            |time: Time| time.is_unconfirmed() && last.saturating_sub(time.low) >= span;
        let is_open = match self.status {
            Status::Neither => !brackets[MEM].is_seen() || may_have_lasted(self.t_mem),
            Status::MemorizedOnly => may_have_lasted(self.t_gen),
            _ => false,
        };
        if is_open {
            self.status = Status::Undecided;
        }
        self
    }

    /// T_mem, T_gen, and the ends of the transition.
    pub fn times(&self) -> [Time; GOALS] {
        [self.t_mem, self.t_gen, self.t_60, self.t_90]
    }

    /// Tells which of T_mem and T_gen held at the end of the run, yet not for long enough.
    pub fn unconfirmed(&self) -> [bool; 2] {
        [self.t_mem, self.t_gen].map(|time| time.is_unconfirmed())
    }
}

/// The status that two times and their brackets allow; undecided where they allow more than one.
fn status(t_mem: &Time, t_gen: &Time, gen_is_seen: bool, delay_ratio: f64) -> Status {
    let (Some(_), Some(mem)) = (t_mem.at, t_mem.high) else {
        return Status::Neither;
    };
    if !gen_is_seen {
        return Status::Undecided;
    }
    let (Some(_), Some(generalized)) = (t_gen.at, t_gen.high) else {
        return Status::MemorizedOnly;
    };
    // Times are whole epochs: the earliest of a bracket is the one after its lower end.
    // A foreign run may be evaluated before its first step, at 0: no ratio is taken of that.
    let least = (t_gen.low + 1) as f64 / mem.max(1) as f64;
    let most = generalized as f64 / (t_mem.low + 1) as f64;
    match () {
        () if least >= delay_ratio => Status::Grokked,
        () if most < delay_ratio => Status::GeneralizedEarly,
        () => Status::Undecided,
    }
}

/// Looks for a run's thresholds while it trains, or in its trace.
#[derive(Clone, Debug)]
pub struct Detector<'a> {
    spec: &'a EvaluateSpec,
    goals: [Goal; GOALS],
    /// The figure that is looked at for each goal between evaluations.
    looked_at: [Option<Figure>; GOALS],
    /// Epochs that a threshold must hold for.
    span: u64,
    brackets: Brackets,
}

impl<'a> Detector<'a> {
    /// A detector for a run of `epochs` of which everything is seen in evaluations.
    pub fn new(spec: &'a EvaluateSpec, epochs: u64) -> Self {
        Self::going_on(spec, epochs, [Bracket::NONE; GOALS], &[])
    }

    /// A detector for a run of `epochs` with these evaluations. `Time: O(trace)`
    pub fn of(trace: &Trace, spec: &'a EvaluateSpec, epochs: u64) -> Self {
        let mut detector = Self::new(spec, epochs);
        for evaluation in trace.iter() {
            detector.see(&evaluation);
        }
        detector
    }

    /// A detector for a run of `epochs` of a family with some figures, which resumes with the evidence in
    /// `brackets`.
    pub fn going_on(
        spec: &'a EvaluateSpec,
        epochs: u64,
        brackets: Brackets,
        figures: &[Figure],
    ) -> Self {
        let goals = Goal::all(spec);
        Self {
            spec,
            looked_at: goals.map(|goal| goal.figure_of(figures)),
            goals,
            span: spec.persistence.span(epochs),
            brackets,
        }
    }

    /// The evidence so far.
    pub fn brackets(&self) -> &Brackets {
        &self.brackets
    }

    /// Takes in an evaluation, the next look. `Time: O(1)`
    pub fn see(&mut self, evaluation: &Evaluation) {
        for goal in 0..GOALS {
            if let Some(value) = self.goals[goal].value(evaluation) {
                let met = self.goals[goal].is_met(value);
                self.take(goal, (evaluation.epoch, value), met);
            }
        }
    }

    /// Looks at a run after an epoch without an evaluation, at what is cheap of the figures that are
    /// not settled yet.
    pub fn look(&mut self, epoch: u64, lane: usize, training: &mut dyn Training) {
        for goal in 0..GOALS {
            if self.is_open(goal)
                && let Some(figure) = self.looked_at[goal]
                && let Some(met) = training.reaches(lane, figure, self.goals[goal].threshold)
            {
                self.take(goal, (epoch, f64::NAN), met);
            }
        }
    }

    /// Tells if the run may end: it has generalized, and gone on for as long as was asked for.
    pub fn is_over(&self, epoch: u64) -> bool {
        let [mem, generalized] = [MEM, GEN].map(|goal| self.brackets[goal].confirmed);
        self.spec.stop_when.is_some_and(|stop| {
            let both = mem.zip(generalized);
            both.is_some_and(|(mem, generalized)| {
                epoch >= mem.max(generalized).saturating_add(stop.epochs_after)
            })
        })
    }

    /// Tells if a look may still change the evidence for a threshold.
    fn is_open(&self, goal: usize) -> bool {
        self.brackets[goal].is_open(self.spec.crossing)
    }

    fn take(&mut self, goal: usize, sighting: (u64, f64), met: bool) {
        self.brackets[goal].see(sighting, met, self.span, self.spec.crossing);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sparsegrok_config::{Crossing, GenFigure, MemFigure, Persistence, StopWhen};
    use sparsegrok_kernel::Figure;

    /// A trace evaluated every 10 epochs: train and test accuracy.
    fn trace(accuracies: &[(f64, f64)]) -> Trace {
        let [train, test] = [0, 1].map(|which| {
            let column = accuracies.iter().map(move |pair| [pair.0, pair.1][which]);
            column.collect::<Vec<_>>()
        });
        of_figures(&[(Figure::TrainAcc, &train), (Figure::TestAcc, &test)])
    }

    /// A trace of some figures, evaluated every 10 epochs.
    fn of_figures(columns: &[(Figure, &[f64])]) -> Trace {
        let points = (0..columns[0].1.len()).map(|place| {
            let begun = Evaluation::new(10 * (place as u64 + 1));
            let columns = columns.iter();
            columns.fold(begun, |e, (figure, column)| e.with(*figure, column[place]))
        });
        points.collect()
    }

    /// Two evaluations ten epochs apart last for eleven epochs.
    fn spec() -> EvaluateSpec {
        EvaluateSpec {
            mem_threshold: 0.8,
            gen_threshold: 0.6,
            persistence: Persistence::Epochs(11),
            delay_ratio: 2.0,
            ..EvaluateSpec::default()
        }
    }

    fn found(run: &Trace, spec: &EvaluateSpec) -> Milestones {
        Milestones::of(run, spec, 1000)
    }

    #[test]
    fn times_lie_in_their_brackets_and_must_last() {
        let run = trace(&[
            (0.7, 0.5),
            (0.9, 0.7),
            (0.9, 0.5),
            (1.0, 0.5),
            (1.0, 0.7),
            (1.0, 0.7),
        ]);
        let found = found(&run, &spec());
        // Train crosses .8 halfway between 10 and 20; test crosses .6 for good halfway from 40 to 50.
        assert!((found.t_mem.at.unwrap() - 15.0).abs() < 1e-12);
        assert_eq!((found.t_mem.low, found.t_mem.high), (10, Some(20)));
        assert!((found.t_gen.at.unwrap() - 45.0).abs() < 1e-12);
        assert_eq!((found.t_gen.low, found.t_gen.high), (40, Some(50)));
        assert_eq!(found.t_gen.uncertainty(), 9);
        // 41 is at least twice 20.
        assert_eq!(found.status, Status::Grokked);
    }

    #[test]
    fn a_bracket_that_allows_two_statuses_leaves_it_undecided() {
        let run = trace(&[(0.7, 0.5), (0.9, 0.5), (0.9, 0.5), (0.9, 0.7), (0.9, 0.7)]);
        let status = |delay_ratio| {
            let spec = EvaluateSpec {
                delay_ratio,
                ..spec()
            };
            found(&run, &spec).status
        };
        // T_mem is one of 11 … 20, T_gen one of 31 … 40.
        assert_eq!(status(31.0 / 20.0), Status::Grokked);
        assert_eq!(status(2.0), Status::Undecided);
        assert_eq!(status(40.0 / 11.0), Status::Undecided);
        assert_eq!(status(3.7), Status::GeneralizedEarly);
    }

    #[test]
    fn reached_at_the_first_evaluation_is_that_epoch() {
        let found = found(&trace(&[(0.9, 0.7), (0.9, 0.7)]), &spec());
        assert_eq!((found.t_mem.at, found.t_gen.at), (Some(10.0), Some(10.0)));
        assert_eq!((found.t_mem.low, found.t_mem.high), (0, Some(10)));
        // Both came before epoch 11, in which order is open.
        assert_eq!(found.status, Status::Undecided);
    }

    #[test]
    fn a_crossing_that_is_not_seen_to_last_is_unconfirmed_and_censored_below_it() {
        let at_the_end = trace(&[(0.9, 0.5), (0.9, 0.5), (0.9, 0.7)]);
        let late = found(&at_the_end, &spec());
        assert_eq!((late.t_gen.at, late.status), (None, Status::MemorizedOnly));
        assert_eq!((late.t_gen.low, late.t_gen.high), (20, Some(30)));
        assert_eq!(late.unconfirmed(), [false, true]);
        let without_memorizing = trace(&[(0.5, 0.7), (0.5, 0.7)]);
        let neither = found(&without_memorizing, &spec());
        assert_eq!((neither.t_gen.at, neither.status), (None, Status::Neither));
        assert_eq!((neither.t_gen.low, neither.t_gen.high), (20, None));
        assert_eq!(neither.unconfirmed(), [false, false]);
        assert_eq!(found(&Trace::new(), &spec()).status, Status::Neither);
    }

    #[test]
    fn without_a_figure_that_tells_nothing_is_said_of_generalization() {
        let run = of_figures(&[(Figure::TrainAcc, &[0.5, 0.9, 0.9])]);
        assert_eq!(found(&run, &spec()).status, Status::Undecided);
        let run = of_figures(&[(Figure::TrainAcc, &[0.5; 3])]);
        assert_eq!(found(&run, &spec()).status, Status::Neither);
    }

    #[test]
    fn the_population_s_accuracy_is_taken_where_it_exists() {
        let run = of_figures(&[
            (Figure::TrainAcc, &[0.9; 3]),
            (Figure::TestAcc, &[0.0; 3]),
            (Figure::PopulationAcc, &[0.5, 0.7, 0.7]),
        ]);
        let t_gen = |gen_figure| {
            let spec = EvaluateSpec {
                gen_figure,
                ..spec()
            };
            found(&run, &spec).t_gen.at
        };
        assert!((t_gen(GenFigure::Auto).unwrap() - 15.0).abs() < 1e-12);
        assert_eq!(t_gen(GenFigure::TestAcc), None);
    }

    #[test]
    fn what_is_lost_again_is_said() {
        let run = trace(&[
            (0.9, 0.5),
            (0.9, 0.5),
            (0.5, 0.5),
            (0.9, 0.5),
            (0.7, 0.5),
            (0.7, 0.5),
        ]);
        let lost = found(&run, &spec());
        assert_eq!((lost.t_mem.at, lost.t_mem.lost), (Some(10.0), Some(50)));
        let mut early = run;
        early.end_at(40);
        let back = found(&early, &spec());
        assert_eq!((back.t_mem.at, back.t_mem.lost), (Some(10.0), None));
    }

    #[test]
    fn a_stable_crossing_is_the_one_after_the_last_relapse() {
        let mut points = [(1.0, 0.7), (1.0, 0.7), (1.0, 0.5), (1.0, 0.7), (1.0, 0.9)];
        let stable = EvaluateSpec {
            crossing: Crossing::Stable,
            ..spec()
        };
        let first = spec();
        let t_gen = |points: &[_], spec| found(&trace(points), spec).t_gen.at;
        assert_eq!(t_gen(&points, &first), Some(10.0));
        assert!((t_gen(&points, &stable).unwrap() - 35.0).abs() < 1e-12);
        // One evaluation at the end is not long enough.
        points[3].1 = 0.5;
        assert_eq!(t_gen(&points, &stable), None);
    }

    #[test]
    fn losses_are_crossed_downwards() {
        let run = of_figures(&[
            (Figure::TrainAcc, &[0.0; 4]),
            (Figure::TestAcc, &[0.5; 4]),
            (Figure::TrainLoss, &[3.0, 1.0, 0.5, 0.25]),
            (Figure::TestLoss, &[6.0, 2.0, 1.0, 0.5]),
        ]);
        let losses = EvaluateSpec {
            mem_figure: MemFigure::TrainLoss,
            mem_threshold: 2.0,
            gen_figure: GenFigure::TestLoss,
            gen_threshold: 1.5,
            ..spec()
        };
        let found = found(&run, &losses);
        // Train loss falls to 2 halfway from 10 to 20, test loss to 1.5 halfway from 20 to 30.
        assert!((found.t_mem.at.unwrap() - 15.0).abs() < 1e-12);
        assert!((found.t_gen.at.unwrap() - 25.0).abs() < 1e-12);
        // The transition is one of accuracy all the same.
        assert_eq!((found.t_60.at, found.t_90.at), (None, None));
    }

    #[test]
    fn the_figure_asked_for_is_looked_at() {
        let run = of_figures(&[
            (Figure::TrainAcc, &[1.0; 4]),
            (Figure::TestAcc, &[0.5; 4]),
            (Figure::PopulationAcc, &[0.5, 0.7, 0.95, 0.95]),
        ]);
        let population = EvaluateSpec {
            gen_figure: GenFigure::PopulationAcc,
            ..spec()
        };
        let of_population = found(&run, &population);
        assert!((of_population.t_gen.at.unwrap() - 15.0).abs() < 1e-12);
        assert!((of_population.t_60.at.unwrap() - 15.0).abs() < 1e-12);
        assert!((of_population.t_90.at.unwrap() - 28.0).abs() < 1e-12);
        let test = EvaluateSpec {
            gen_figure: GenFigure::TestAcc,
            ..spec()
        };
        assert_eq!(found(&run, &test).t_gen.at, None);
    }

    const EPOCHS: u64 = 1000;

    /// The number of evaluations after which a run is over.
    fn over(run: &Trace, spec: &EvaluateSpec) -> Option<usize> {
        let mut detector = Detector::new(spec, EPOCHS);
        let end = run.iter().position(|evaluation| {
            detector.see(&evaluation);
            detector.is_over(evaluation.epoch)
        });
        end.map(|at| at + 1)
    }

    /// Detection is the first beginning of the trace that [`Milestones`] finds T_gen in.
    #[test]
    fn a_run_is_over_when_its_milestones_are_there() {
        // Every trace of seven evaluations, each of which may have memorized and generalized.
        for bits in 0..1_u32 << 14 {
            let level = |bit: usize| if bits >> bit & 1 == 1 { 0.95 } else { 0.5 };
            let points: Vec<_> = (0..7).map(|i| (level(2 * i), level(2 * i + 1))).collect();
            let run = trace(&points);
            for crossing in [Crossing::First, Crossing::Stable] {
                let spec = EvaluateSpec {
                    mem_threshold: 0.9,
                    persistence: Persistence::Epochs(11),
                    crossing,
                    stop_when: Some(StopWhen::default()),
                    ..EvaluateSpec::default()
                };
                let found = |end: &usize| {
                    let begun: Trace = run.iter().take(*end).collect();
                    let milestones = Milestones::of(&begun, &spec, EPOCHS);
                    milestones.t_gen.at.is_some()
                };
                assert_eq!(over(&run, &spec), (1..=7).find(found), "{points:?}");
            }
        }
    }

    #[test]
    fn it_goes_on_for_the_epochs_asked_for() {
        let run = trace(&[(1.0, 1.0); 9]);
        let spec = EvaluateSpec {
            stop_when: Some(StopWhen { epochs_after: 25 }),
            ..EvaluateSpec::default()
        };
        // Evaluated every 10 epochs: 1 % of the epochs have lasted by 20, and 45 is past with 50.
        assert_eq!(run.epochs()[over(&run, &spec).unwrap() - 1], 50);
    }
}
