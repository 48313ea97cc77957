//! The runs that are trained side by side, and what they have in common.

use sparsegrok_lanes::{LANES, WIDE};

use crate::engine::KernelChoice;
use crate::layout::{Arrangement, packed_bytes};
use crate::linear::Plan;
use crate::shape::Shape;
use crate::sharing::Sharing;
use crate::spec::{Optimizer, Sgd};
use crate::step::Choice;

/// Bytes of eight runs' rows that a core's own cache holds, and its share of the outer one, about.
const INNER_CACHE: usize = 1 << 20;
const OUTER_CACHE: usize = 16 << 20;

/// Bytes of eight runs' own rows from which on lanes bring nothing, however narrow rows are.
const MOST_BYTES: usize = 128 << 20;

/// The first of some runs, as many as are trained side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunGroup {
    /// The kernel that trains them.
    pub kernel: KernelChoice,
    /// Their number.
    pub runs: usize,
    /// The part of their visits that they have in common.
    pub sharing: Sharing,
}

impl RunGroup {
    /// Most runs of a company.
    pub const MOST: usize = WIDE;

    /// The company that a kernel makes of runs on training sets of a shape that have so much in common.
    pub fn of(
        kernel: KernelChoice,
        spec: &Sgd,
        runs: usize,
        shape: Shape,
        sharing: Sharing,
    ) -> Self {
        let form = Choice::new(spec, shape, LANES, sharing);
        let kernel = match kernel {
            // Momentum and AdamW have a trainer of their own, for one run.
            _ if spec.optimizer != Optimizer::Sgd => KernelChoice::Scalar,
            KernelChoice::Auto if runs >= least_runs(form, shape) => KernelChoice::Lanes,
            KernelChoice::Auto => KernelChoice::Scalar,
            chosen => chosen,
        };
        if kernel != KernelChoice::Lanes {
            return Self {
                kernel,
                runs: 1,
                sharing: Sharing::Nothing,
            };
        }
        Self {
            kernel,
            runs: runs.min(form.most_lanes()),
            sharing,
        }
    }

    /// The memory of its training.
    pub(crate) fn plan(self, spec: &Sgd, shape: Shape) -> Plan {
        let lanes = match (self.kernel, self.runs) {
            (KernelChoice::Lanes, ..=LANES) => LANES,
            (KernelChoice::Lanes, _) => WIDE,
            _ => 1,
        };
        Plan::new(spec, shape, lanes, self.sharing)
    }
}

/// The least number of runs that take less time in lanes of a form than one after another: the time of a step of
/// eight lanes over that of one run, as measured (`docs/performance.md` has the table).
fn least_runs(form: Choice, shape: Shape) -> usize {
    const NEVER: usize = usize::MAX;
    let width = form.row_width(shape.signal);
    let bytes = packed_bytes(shape.rows, width).saturating_mul(LANES);
    match form {
        Choice::Together if width > 64 => 4,
        Choice::Together | Choice::LookAhead(_, Arrangement::Common) => 2,
        Choice::LookAhead(..=8, Arrangement::Interleaved) if bytes > OUTER_CACHE => 3,
        Choice::LookAhead(_, Arrangement::Interleaved) if bytes > OUTER_CACHE => 5,
        Choice::LookAhead(_, Arrangement::Interleaved) => 2,
        // Each lane would read weights of its own all over its memory.
        Choice::TailsAlone => NEVER,
        Choice::General if shape.tail > 0 => NEVER,
        Choice::LookAhead(_, Arrangement::Apart) | Choice::General => match (bytes, width) {
            (..=INNER_CACHE, ..=5) => 2,
            (..=INNER_CACHE, ..=32) => 3,
            (..=INNER_CACHE, ..=64) => 4,
            (..=INNER_CACHE, _) => 8,
            (..=OUTER_CACHE, ..=5) => 3,
            (..=OUTER_CACHE, ..=16) => 4,
            (..=OUTER_CACHE, ..=64) => 6,
            // Together they need more memory bandwidth than a core has, where one run's rows still lie in
            // a cache.
            (..=MOST_BYTES, ..=5) => 6,
            _ => NEVER,
        },
    }
}
