//! Progress on standard error: a bar on a terminal, elsewhere a line now and then.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use sparsegrok_kernel::Evaluation;

use crate::exit::say;
use crate::live::Live;

/// Times a bar is moved during a run: often enough to look smooth, seldom enough to cost nothing.
const MOVES: u64 = 500;

/// Time from one message beside a bar to the next.
const BETWEEN_MESSAGES: Duration = Duration::from_millis(100);
/// Time from one line on a live run to the next, where there is no terminal.
const BETWEEN_LINES: Duration = Duration::from_secs(2);

/// A bar with a message on a terminal, or lines in its place.
pub(crate) struct Display {
    /// Hidden where standard error is no terminal.
    pub(crate) bar: ProgressBar,
    between_lines: Duration,
    shown: Option<Instant>,
}

impl Display {
    /// A bar of `length` in the form of an `indicatif` template.
    pub(crate) fn new(template: &str, length: u64, between_lines: Duration) -> Self {
        let style = ProgressStyle::with_template(template);
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        Self {
            bar: ProgressBar::new(length).with_style(style),
            between_lines,
            shown: None,
        }
    }

    /// The same, which waits for its first message as long as from one to the next.
    pub(crate) fn waiting(self) -> Self {
        let shown = Some(Instant::now());
        Self { shown, ..self }
    }

    /// Shows `message` at the bar or, without a terminal, `line`; neither too soon after the last.
    pub(crate) fn show(&mut self, message: impl FnOnce() -> String, line: impl FnOnce() -> String) {
        let is_line = self.bar.is_hidden();
        let between = match is_line {
            true => self.between_lines,
            false => BETWEEN_MESSAGES,
        };
        if self.shown.is_some_and(|shown| shown.elapsed() < between) {
            return;
        }
        self.shown = Some(Instant::now());
        match is_line {
            true => say(line()),
            false => self.bar.set_message(message()),
        }
    }
}

/// Epochs done of a run, with the time left.
pub(crate) struct Progress {
    display: Display,
    stride: u64,
    live: Option<Live>,
}

impl Progress {
    /// A bar of `epochs`, named `label`, below a picture of the run's accuracy if it is `live`.
    pub(crate) fn new(label: &'static str, epochs: u64, live: bool) -> Self {
        let picture = if live { "{msg}\n" } else { "" };
        let template =
            format!("{picture}{{prefix}} {{wide_bar}} epoch {{pos}} of {{len}}, {{eta}} left");
        let display = Display::new(&template, epochs, BETWEEN_LINES);
        display.bar.set_prefix(label);
        Self {
            display,
            stride: (epochs / MOVES).max(1),
            live: live.then(|| Live::new(epochs)),
        }
    }

    /// An evaluation is done.
    pub(crate) fn evaluation(&mut self, evaluation: &Evaluation) {
        if let Some(live) = &mut self.live {
            live.add(evaluation);
            let line = || live.words().to_owned();
            self.display.show(|| live.picture(), line);
        }
    }

    /// An epoch is done.
    pub(crate) fn epoch(&self, epoch: u64) {
        if epoch.is_multiple_of(self.stride) {
            self.display.bar.set_position(epoch);
        }
    }

    /// Writes to the terminal without tearing the bar.
    pub(crate) fn aside<R>(&self, write: impl FnOnce() -> R) -> R {
        self.display.bar.suspend(write)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(live) = self.live.as_ref().filter(|_| !self.display.bar.is_hidden()) {
            // The last picture stays.
            self.display.bar.suspend(|| say(live.picture()));
        }
        self.display.bar.finish_and_clear();
    }
}
