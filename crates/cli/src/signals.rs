//! Signals that end a command: at once, or in order where it has something under way that is to be kept.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
#[cfg(unix)]
pub(crate) use unix::catch;

/// Work that the first signal ends in order, until this is dropped; the second one ends the process.
pub(crate) struct InOrder;

/// Asks for an end in order: the first signal sets `stop` and says `said`. Until `under_way` is set there
/// is nothing to be kept, and a signal ends the process at once.
#[cfg(unix)]
pub(crate) fn in_order(
    stop: &Arc<AtomicBool>,
    under_way: Arc<AtomicBool>,
    said: &'static str,
) -> InOrder {
    *unix::work() = Some(unix::Work {
        stop: Arc::clone(stop),
        under_way,
        said,
    });
    InOrder
}

impl Drop for InOrder {
    fn drop(&mut self) {
        #[cfg(unix)]
        unix::work().take();
    }
}

/// Elsewhere the system's own way of ending a process is left as it is.
#[cfg(not(unix))]
pub(crate) fn in_order(_: &Arc<AtomicBool>, _: Arc<AtomicBool>, _: &'static str) -> InOrder {
    InOrder
}

#[cfg(not(unix))]
pub(crate) fn catch() {}

#[cfg(unix)]
mod unix {
    use std::fs;
    use std::os::raw::c_int;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
    use std::thread;

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
    use signal_hook::iterator::Signals;
    use signal_hook::{flag, low_level};
    use sparsegrok_log::files::remove_temporaries;

    use crate::exit::say;

    /// Work to be ended in order.
    pub(super) struct Work {
        pub(super) stop: Arc<AtomicBool>,
        pub(super) under_way: Arc<AtomicBool>,
        pub(super) said: &'static str,
    }

    static WORK: Mutex<Option<Work>> = Mutex::new(None);

    pub(super) fn work() -> MutexGuard<'static, Option<Work>> {
        WORK.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Catches the signals that end a process. Where that cannot be done they end it all the same.
    pub(crate) fn catch() {
        // A file larger than a limit allows is then an error of writing, with a sentence, and no signal.
        let _ = flag::register(SIGXFSZ, Arc::default());
        let (ready, is_ready) = mpsc::channel();
        // The thread comes first: signals that are caught must have somebody who hears them.
        let heard = thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || {
                // `nohup` ignores SIGHUP for its command, and shells ignore SIGINT for one in the background.
                let wanted = [SIGINT, SIGTERM, SIGHUP];
                let wanted = wanted.into_iter().filter(|&signal| !is_ignored(signal));
                let mut signals = Signals::new(wanted);
                let _ = ready.send(());
                for signal in signals.iter_mut().flat_map(Signals::forever) {
                    hear(signal);
                }
            });
        if heard.is_ok() {
            let _ = is_ready.recv();
        }
    }

    fn hear(signal: c_int) {
        if let Some(work) = &*work()
            && work.under_way.load(Ordering::Relaxed)
            && !work.stop.swap(true, Ordering::Relaxed)
        {
            say(format_args!(
                "{}; interrupt again to stop at once",
                work.said
            ));
            return;
        }
        remove_temporaries();
        // The process ends as if the signal had not been caught, which is what its parent expects.
        let _ = low_level::emulate_default_handler(signal);
    }

    /// Tells if this process was started to ignore a signal, as far as the system says.
    fn is_ignored(signal: c_int) -> bool {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        ignored.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
    }
}
