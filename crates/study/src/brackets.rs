//! Times by their brackets alone: estimates for runs that were looked at rarely, as those of another program are.

use serde::{Deserialize, Serialize};
use sparsegrok_run::Time;
use sparsegrok_statistics::{
    CONFIDENCE, GroupTest, IntervalTime, LogRankScores, Turnbull, interval_log_rank,
    interval_quantile_limits,
};

use crate::records::RecordRow;
use crate::study::Study;
use crate::times::Timed;

/// The median of times by their brackets alone: Turnbull's, of interval-censored times.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BracketMedian {
    /// The median is later than this.
    pub after: f64,
    /// The median is no later than this; `None` where it is beyond the last evaluation of most runs.
    pub until: Option<f64>,
    /// Lower limit, from order statistics of the brackets; `None` of fewer than six runs.
    pub low: Option<f64>,
    /// Upper limit; likewise, and where it is beyond what was observed.
    pub high: Option<f64>,
}

impl BracketMedian {
    /// The median of a time of runs; `None` where there are none. `Time:` that of one [`Turnbull::of`]
    pub(crate) fn of(sample: &[IntervalTime]) -> Option<Self> {
        let IntervalTime { after, until } = Turnbull::of(sample).ok()?.quantile(0.5);
        let (low, high) = interval_quantile_limits(sample, 0.5, CONFIDENCE).ok()?;
        Some(Self {
            after,
            until: Some(until).filter(|until| until.is_finite()),
            low,
            high,
        })
    }
}

/// The log-rank test of T_gen between the cells of runs that another program trained, by the brackets alone; `None` of
/// other studies, whose cells were not looked at alike, and where nothing tells cells apart. Records come cell by cell.
pub(crate) fn log_rank(study: &Study, records: &[RecordRow]) -> Option<GroupTest> {
    let cells = records.chunk_by(|one, other| one.cell == other.cell);
    let cells = cells.map(|rows| {
        let brackets = rows
            .iter()
            .filter_map(|row| Timed::Generalizing.bracket(row));
        brackets.map(interval).collect()
    });
    log_rank_of(study, &cells.collect::<Vec<_>>())
}

/// The same of the brackets of T_gen in each cell.
pub(crate) fn log_rank_of(study: &Study, cells: &[Vec<IntervalTime>]) -> Option<GroupTest> {
    if !study.is_foreign() || cells.len() < 2 {
        return None;
    }
    let groups: Vec<&[IntervalTime]> = cells.iter().map(Vec::as_slice).collect();
    interval_log_rank(&groups, LogRankScores::Sun).ok()?
}

/// The interval that a time's bracket says it lies in.
pub(crate) fn interval(time: &Time) -> IntervalTime {
    let after = time.low as f64;
    match time.at.and(time.high) {
        Some(0) => IntervalTime::exact(0.0),
        Some(high) => IntervalTime {
            after,
            until: high as f64,
        },
        None => IntervalTime::beyond(after),
    }
}
