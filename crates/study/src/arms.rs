//! Two sets of runs beside each other: rates, censored times, and paired differences.

use std::collections::BTreeMap;
use std::fmt;

use crate::detect::Status;
use crate::number::NumberFormat;
use crate::statistics::{
    Bootstrap, CONFIDENCE, LogRank, Proportion, Statistic, bootstrap, log_rank, wilson,
};
use crate::study::{RecordRow, Timed, Times};
use crate::trace::Column;

/// Runs of one way of training.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// What it is called.
    pub name: String,
    /// The figures its records keep.
    pub figures: Vec<Column>,
    /// What became of its runs.
    pub records: Vec<RecordRow>,
}

impl Arm {
    /// The same runs under another name.
    pub(crate) fn named(&self, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..self.clone()
        }
    }
}

/// Two arms compared. Displays as a table.
#[derive(Clone, Debug, PartialEq)]
pub struct ArmComparison {
    /// The arms' names.
    pub names: [String; 2],
    /// Runs of each.
    pub runs: [usize; 2],
    /// Share of each that grokked, with Wilson's interval; `None` of no runs.
    pub grok_rate: [Option<Proportion>; 2],
    /// T_mem of each.
    pub t_mem: [Times; 2],
    /// T_gen of each.
    pub t_gen: [Times; 2],
    /// Whether the T_gen come from one law; `None` where no event tells.
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
    pub figure: Column,
    /// Pairs of which both runs have it.
    pub pairs: usize,
    /// Its means over them.
    pub means: [f64; 2],
    /// The mean difference, second arm minus first, with its bootstrap interval.
    pub difference: Bootstrap,
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
            runs: arms.map(|arm| arm.records.len()),
            grok_rate: arms.map(grok_rate),
            t_mem: times(Timed::Memorizing),
            t_gen: times(Timed::Generalizing),
            log_rank: log_rank(&one_t_gen, &other_t_gen),
            paired: shared.collect(),
            pairs: pairs.len(),
        }
    }
}

fn grok_rate(arm: &Arm) -> Option<Proportion> {
    let statuses = arm.records.iter().map(|row| row.milestones.status);
    let grokked = statuses.filter(|status| *status == Status::Grokked).count();
    wilson(grokked as u64, arm.records.len() as u64, CONFIDENCE)
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
    figure: Column,
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
        pairs: both.len(),
        difference: bootstrap(&differences, Statistic::Mean, CONFIDENCE)?,
        means: [mean(0), mean(1)],
    })
}

impl fmt::Display for ArmComparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let both = |texts: [String; 2], difference: String| {
            let [one, other] = texts;
            [one, other, difference]
        };
        let mut rows = vec![
            (
                String::new(),
                both(self.names.clone(), "difference".to_owned()),
            ),
            (
                "runs".to_owned(),
                both(self.runs.map(|runs| runs.to_string()), String::new()),
            ),
            (
                "grokked".to_owned(),
                both(self.grok_rate.map(rate_text), String::new()),
            ),
            (
                "t_mem, median".to_owned(),
                both(self.t_mem.map(median_text), String::new()),
            ),
            (
                "t_gen, median".to_owned(),
                both(
                    self.t_gen.map(median_text),
                    self.log_rank.map_or_else(String::new, |test| {
                        format!("log-rank p = {}", number(test.p))
                    }),
                ),
            ),
        ];
        rows.extend(self.paired.iter().map(|row| {
            let Bootstrap {
                estimate,
                low,
                high,
            } = row.difference;
            (
                row.figure.name().to_owned(),
                both(row.means.map(number), interval(estimate, low, high)),
            )
        }));
        let width = |column: fn(&(String, [String; 3])) -> &str| {
            let widths = rows.iter().map(|row| column(row).chars().count());
            widths.max().unwrap_or(0)
        };
        let (label, one, other) = (
            width(|row| &row.0),
            width(|row| &row.1[0]),
            width(|row| &row.1[1]),
        );
        for (name, [first, second, difference]) in &rows {
            let line = format!("{name:<label$}  {first:<one$}  {second:<other$}  {difference}");
            writeln!(f, "{}", line.trim_end())?;
        }
        match self.pairs {
            0 => writeln!(
                f,
                "No seed is in both with the same data: nothing is paired."
            ),
            pairs => writeln!(
                f,
                "Intervals of 95 %: Wilson, Kaplan-Meier, and bootstrap (BCa) over {pairs} pairs of \
                 one seed."
            ),
        }
    }
}

fn number(x: f64) -> String {
    NumberFormat::G6.text(x)
}

fn interval(estimate: f64, low: f64, high: f64) -> String {
    format!("{} [{}, {}]", number(estimate), number(low), number(high))
}

fn rate_text(rate: Option<Proportion>) -> String {
    rate.map_or_else(
        || "no runs".to_owned(),
        |rate| interval(rate.estimate, rate.low, rate.high),
    )
}

/// A median with its limits; ∞ where one is beyond what was observed.
fn median_text(times: Times) -> String {
    let limit = |x: Option<f64>| x.map_or_else(|| "∞".to_owned(), number);
    let [median, low, high] = [times.median, times.low, times.high].map(limit);
    let censored = match times.censored {
        0 => String::new(),
        censored => format!(", {censored} of {} censored", times.n),
    };
    format!("{median} [{low}, {high}]{censored}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bracket::Time;
    use crate::detect::Milestones;
    use crate::study::RunSeeds;

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
            horizon: Some(1000),
            finals: vec![Some(accuracy), None],
        };
        Arm {
            name: name.to_owned(),
            figures: vec![Column::TestAcc, Column::TeacherCosine],
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
        assert_eq!((accuracy.figure, accuracy.pairs), (Column::TestAcc, 2));
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
        let table = compared.to_string();
        let lines: Vec<_> = table.lines().collect();
        assert!(lines[0].trim_start().starts_with("off "), "{table}");
        assert!(
            table.contains("∞ [∞, ∞], 3 of 3 censored  400 [400, 400]"),
            "{table}"
        );
        assert!(lines.last().unwrap().contains("2 pairs"), "{table}");
    }

    #[test]
    fn arms_without_a_common_seed_are_not_paired() {
        let compared = ArmComparison::of(&arm("a", &[(1, None, 0.5)]), &arm("b", &[]));
        assert_eq!((compared.pairs, compared.paired.len()), (0, 0));
        assert_eq!(compared.grok_rate[1], None);
        assert!(compared.to_string().contains("nothing is paired"));
    }
}
