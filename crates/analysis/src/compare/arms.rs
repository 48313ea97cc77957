//! Two sets of runs beside each other: rates, censored times, and paired differences.

use std::collections::BTreeMap;

use sparsegrok_kernel::Figure;
use sparsegrok_run::Status;
use sparsegrok_statistics::{CONFIDENCE, LogRank, Mean, Proportion, log_rank, wilson};
use sparsegrok_study::RecordRow;
use sparsegrok_study::summary::{Timed, Times};

/// Runs of one way of training.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// The arm's name.
    pub name: String,
    /// The figures its records keep.
    pub figures: Vec<Figure>,
    /// The outcomes of its runs.
    pub records: Vec<RecordRow>,
}

/// Two arms compared.
#[derive(Clone, Debug, PartialEq)]
pub struct ArmComparison {
    /// The arms' names.
    pub names: [String; 2],
    /// Runs of each.
    pub runs: [usize; 2],
    /// Runs of each that grokked.
    pub grokked: [usize; 2],
    /// Their share, with Wilson's interval; `None` of no runs.
    pub grok_rate: [Option<Proportion>; 2],
    /// T_mem of each.
    pub t_mem: [Times; 2],
    /// T_gen of each.
    pub t_gen: [Times; 2],
    /// Log-rank test of the T_gen; `None` where no event tells them apart.
    pub log_rank: Option<LogRank>,
    /// Runs that both arms have: the same seed, on the same data.
    pub pairs: usize,
    /// Figures at the ends of these runs, where both arms keep them.
    pub paired: Vec<PairedFigure>,
}

/// A figure over pairs of runs.
#[derive(Clone, Debug, PartialEq)]
pub struct PairedFigure {
    /// The figure.
    pub figure: Figure,
    /// The mean of each arm, over the pairs in which both runs have the figure.
    pub means: [f64; 2],
    /// The mean of the pairs' differences, second arm minus first.
    pub difference: Mean,
}

impl ArmComparison {
    /// Compares two arms. `Time: O(runs · (log runs + resamples))`
    pub fn of(one: &Arm, other: &Arm) -> Self {
        let arms = [one, other];
        let times = |timed: Timed| arms.map(|arm| Times::of(timed, &arm.records));
        let [one_t_gen, other_t_gen] = arms.map(|arm| -> Vec<_> {
            let rows = arm.records.iter();
            rows.filter_map(|row| Timed::Generalizing.of(row)).collect()
        });
        let runs = arms.map(|arm| arm.records.len());
        let grokked = arms.map(grokked);
        let rate = |arm: usize| wilson(grokked[arm] as u64, runs[arm] as u64, CONFIDENCE);
        let pairs = pairs(one, other);
        let shared = one
            .figures
            .iter()
            .enumerate()
            .filter_map(|(place, figure)| {
                let place_in_other = other.figures.iter().position(|kept| kept == figure)?;
                paired_figure(*figure, &pairs, [place, place_in_other])
            });
        Self {
            names: arms.map(|arm| arm.name.clone()),
            runs,
            grokked,
            grok_rate: [0, 1].map(rate),
            t_mem: times(Timed::Memorizing),
            t_gen: times(Timed::Generalizing),
            log_rank: log_rank(&one_t_gen, &other_t_gen),
            paired: shared.collect(),
            pairs: pairs.len(),
        }
    }
}

fn grokked(arm: &Arm) -> usize {
    let statuses = arm.records.iter().map(|row| row.milestones.status);
    statuses.filter(|status| *status == Status::Grokked).count()
}

/// The runs of both arms that have the same seed and data, in the order of the first.
fn pairs<'a>(one: &'a Arm, other: &'a Arm) -> Vec<[&'a RecordRow; 2]> {
    let key = |row: &RecordRow| (row.seeds.seed, row.seeds.data);
    let others: BTreeMap<_, _> = other.records.iter().map(|row| (key(row), row)).collect();
    let matched = one
        .records
        .iter()
        .filter_map(|row| Some([row, *others.get(&key(row))?]));
    matched.collect()
}

fn paired_figure(
    figure: Figure,
    pairs: &[[&RecordRow; 2]],
    places: [usize; 2],
) -> Option<PairedFigure> {
    let both: Vec<[f64; 2]> = pairs
        .iter()
        .filter_map(|[one, other]| Some([one.finals[places[0]]?, other.finals[places[1]]?]))
        .collect();
    let differences: Vec<f64> = both.iter().map(|[one, other]| other - one).collect();
    let mean = |arm: usize| both.iter().map(|pair| pair[arm]).sum::<f64>() / both.len() as f64;
    Some(PairedFigure {
        figure,
        difference: Mean::of(&differences, CONFIDENCE)?,
        means: [mean(0), mean(1)],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sparsegrok_run::Anomalies;
    use sparsegrok_run::Milestones;
    use sparsegrok_run::RunSeeds;
    use sparsegrok_run::Time;

    /// A time that was looked for at every epoch.
    fn time(at: Option<f64>) -> Time {
        let high = at.map(|epoch| epoch as u64);
        Time {
            at,
            low: high.map_or(1000, |epoch| epoch - 1),
            high,
            lost: None,
        }
    }

    fn arm(name: &str, runs: &[(u64, Option<f64>, f64)]) -> Arm {
        let row = |&(seed, t_gen, accuracy): &(u64, Option<f64>, f64)| RecordRow {
            cell: 0,
            seeds: RunSeeds {
                seed,
                data: Some(seed),
                order: 0,
                init: 0,
                noise: None,
            },
            milestones: Milestones {
                t_mem: time(Some(10.0)),
                t_gen: time(t_gen),
                t_60: Time::default(),
                t_90: Time::default(),
                status: match t_gen {
                    Some(_) => Status::Grokked,
                    None => Status::MemorizedOnly,
                },
            },
            anomalies: Anomalies::NONE,
            horizon: Some(1000),
            finals: vec![Some(accuracy), None],
        };
        Arm {
            name: name.to_owned(),
            figures: vec![Figure::TestAcc, Figure::TeacherCosine],
            records: runs.iter().map(row).collect(),
        }
    }

    #[test]
    fn runs_pair_by_seed_and_missing_figures_are_left_out() {
        let one = arm("off", &[(1, None, 0.5), (2, None, 0.6), (3, None, 0.5)]);
        let late = Some(400.0);
        let other = arm("on", &[(3, late, 0.9), (1, late, 0.8), (9, late, 0.1)]);
        let compared = ArmComparison::of(&one, &other);
        assert_eq!((compared.runs, compared.pairs), ([3, 3], 2));
        let [accuracy] = &compared.paired[..] else {
            panic!("{compared:?}");
        };
        assert_eq!(
            (accuracy.figure, accuracy.difference.n),
            (Figure::TestAcc, 2)
        );
        assert!((accuracy.means[0] - 0.5).abs() < 1e-15);
        assert!((accuracy.means[1] - 0.85).abs() < 1e-15);
        assert!((accuracy.difference.estimate - 0.35).abs() < 1e-15);
        assert_eq!(
            compared.grok_rate.map(|rate| rate.unwrap().estimate),
            [0.0, 1.0]
        );
        assert_eq!(compared.t_gen.map(|times| times.median), [None, late]);
        // Three events at one time, each of six at risk: (1.5)² / (3 · ¼ · 3/5).
        assert!((compared.log_rank.unwrap().statistic - 5.0).abs() < 1e-12);
    }

    #[test]
    fn arms_without_a_common_seed_are_not_paired() {
        let compared = ArmComparison::of(&arm("a", &[(1, None, 0.5)]), &arm("b", &[]));
        assert_eq!((compared.pairs, compared.paired.len()), (0, 0));
        assert_eq!(compared.grok_rate[1], None);
    }
}
