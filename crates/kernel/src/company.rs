//! The runs that are trained side by side, and what they have in common.

use sparsegrok_lanes::{LANES, WIDE};

use crate::engine::KernelChoice;
use crate::linear::Plan;
use crate::shape::Shape;
use crate::sharing::Sharing;
use crate::spec::Sgd;
use crate::step::Choice;

/// The first of some runs, as many as are trained side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Company {
    /// The kernel that trains them.
    pub kernel: KernelChoice,
    /// Their number.
    pub runs: usize,
    /// The part of their visits that they have in common.
    pub sharing: Sharing,
}

impl Company {
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
        let kernel = kernel.for_shape(runs, shape, sharing);
        if kernel != KernelChoice::Lanes {
            return Self {
                kernel,
                runs: 1,
                sharing: Sharing::Nothing,
            };
        }
        let most = Choice::new(spec, shape, LANES, sharing).most_lanes();
        Self {
            kernel,
            runs: runs.min(most),
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
