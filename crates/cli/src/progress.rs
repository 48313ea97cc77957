//! A progress bar on standard error, when that is a terminal.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use sparsegrok_kernel::Evaluation;

use crate::exit::say;
use crate::live::Live;

/// Times a bar is moved during a run: often enough to look smooth, seldom enough to cost nothing.
const MOVES: u64 = 500;

/// Time from one live picture to the next; without a terminal, from one line to the next.
const BETWEEN_PICTURES: Duration = Duration::from_millis(100);
const BETWEEN_LINES: Duration = Duration::from_secs(2);

/// Epochs done of a run, with the time left.
pub(crate) struct Progress {
    bar: ProgressBar,
    stride: u64,
    live: Option<Live>,
    shown: Option<Instant>,
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
            live: None,
            shown: None,
        }
    }

    /// The same below a picture of the run's accuracy.
    pub(crate) fn live(label: &'static str, epochs: u64) -> Self {
        let style = ProgressStyle::with_template(
            "{msg}\n{prefix} {wide_bar} {pos}/{len} epochs, {eta} left",
        );
        let mut progress = Self::new(label, epochs);
        if let Ok(style) = style {
            progress.bar.set_style(style);
        }
        progress.live = Some(Live::new(epochs));
        progress
    }

    /// An evaluation is done: a new picture, when the last one was seen long enough.
    pub(crate) fn evaluation(&mut self, evaluation: &Evaluation) {
        let Some(live) = &mut self.live else { return };
        live.add(evaluation);
        let is_line = self.bar.is_hidden();
        let between = if is_line {
            BETWEEN_LINES
        } else {
            BETWEEN_PICTURES
        };
        if self.shown.is_some_and(|shown| shown.elapsed() < between) {
            return;
        }
        self.shown = Some(Instant::now());
        match is_line {
            true => say(live.words()),
            false => self.bar.set_message(live.picture()),
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
        if let Some(live) = self.live.as_ref().filter(|_| !self.bar.is_hidden()) {
            // The last picture stays.
            self.bar.suspend(|| say(live.picture()));
        }
        self.bar.finish_and_clear();
    }
}
