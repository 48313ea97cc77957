//! Work on another thread, while Python's signals are looked at.

use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use pyo3::prelude::*;

/// Time from one look at Python's signals to the next.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// Does work on another thread, while this one, which must not hold the interpreter's lock, looks at Python's
/// signals and tells of the news that the work sends. An exception of either asks the work to stop and is returned
/// beside its result.
pub(crate) fn watched<T: Send, N: Send>(
    work: impl FnOnce(&AtomicBool, Sender<N>) -> T + Send,
    mut tell: impl FnMut(Python<'_>, Vec<N>) -> PyResult<()>,
) -> (T, Option<PyErr>) {
    let stop = AtomicBool::new(false);
    let (send, sent) = mpsc::channel();
    thread::scope(|scope| {
        let stop = &stop;
        let working = scope.spawn(move || work(stop, send));
        let mut raised: Option<PyErr> = None;
        loop {
            let first = sent.recv_timeout(BETWEEN_LOOKS);
            let has_ended = matches!(first, Err(RecvTimeoutError::Disconnected));
            // All that has come meanwhile is told at once.
            let news: Vec<N> = first.into_iter().chain(sent.try_iter()).collect();
            if raised.is_none() {
                let looked = Python::attach(|py| {
                    if !news.is_empty() {
                        tell(py, news)?;
                    }
                    py.check_signals()
                });
                if let Err(error) = looked {
                    stop.store(true, Ordering::Relaxed);
                    raised = Some(error);
                }
            }
            if has_ended {
                break;
            }
        }
        let result = working.join().unwrap_or_else(|p| panic::resume_unwind(p));
        (result, raised)
    })
}
