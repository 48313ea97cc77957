//! The state of a group's runs, to be kept and gone on from.

use super::Group;
use crate::state::LinearState;

impl<const W: usize> Group<'_, W> {
    /// Where a lane's run stands.
    pub(super) fn state_of(&self, lane: usize) -> LinearState {
        let data = self.data[lane];
        let signal = &self.signal.as_slice()[lane * self.rows.width..];
        LinearState {
            epoch: self.epoch,
            step: self.pace.step(),
            scale: self.pace.scale(),
            signal: signal[..self.signal_width].to_vec(),
            tail: self.tail[lane * self.tail_width..][..self.tail_width].to_vec(),
            memorization: match data.memorization() {
                None => Vec::new(),
                Some(_) => self.rows.memorization(lane).collect(),
            },
            bias: self.bias[lane],
            generator: self.visits.generator(lane),
        }
    }

    /// Goes on from where each lane's run stood. All must have come equally far.
    pub(super) fn resume(&mut self, states: [&LinearState; W]) {
        self.epoch = states[0].epoch;
        self.pace.resume(states[0].step, states[0].scale);
        let generators = states.map(|state| state.generator);
        self.visits.resume(self.epoch, generators);
        for (lane, state) in states.into_iter().enumerate() {
            let signal = &mut self.signal.as_mut_slice()[lane * self.rows.width..];
            signal[..self.signal_width].copy_from_slice(&state.signal);
            let tail = &mut self.tail[lane * self.tail_width..];
            tail[..self.tail_width].copy_from_slice(&state.tail);
            self.rows.set_memorization(lane, &state.memorization);
            self.bias[lane] = state.bias;
        }
    }
}
