//! A progress bar on standard error, when that is a terminal.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Times a bar is moved during a run: often enough to look smooth, seldom enough to cost nothing.
const MOVES: u64 = 500;

/// Epochs done of a run, with the time left.
pub(crate) struct Progress {
    bar: ProgressBar,
    stride: u64,
}

impl Progress {
    /// A bar of `epochs`, named `label`.
    pub(crate) fn new(label: &'static str, epochs: u64) -> Self {
        let target = if io::stderr().is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let style =
            ProgressStyle::with_template("{prefix} {wide_bar} {pos}/{len} epochs, {eta} left");
        let bar = ProgressBar::with_draw_target(Some(epochs), target)
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
            .with_prefix(label);
        Self {
            bar,
            stride: (epochs / MOVES).max(1),
        }
    }

    /// An epoch is done.
    pub(crate) fn epoch(&self, epoch: u64) {
        if epoch.is_multiple_of(self.stride) {
            self.bar.set_position(epoch);
        }
    }

    /// Writes to the terminal without tearing the bar.
    pub(crate) fn aside<R>(&self, write: impl FnOnce() -> R) -> R {
        self.bar.suspend(write)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
