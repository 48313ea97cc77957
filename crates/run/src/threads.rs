//! Pools of threads: as many as were asked for and the system allows.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rayon::{ThreadPool, ThreadPoolBuilder};
use sparsegrok_kernel::Threads;

/// Most threads of a pool, a few times what the largest machines have.
pub const MOST_THREADS: usize = 512;

/// Time that threads of a pool that could not be made are given to end.
const ENDING: Duration = Duration::from_millis(20);

/// Fewer threads could be had than were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fewer {
    /// Threads that were asked for.
    pub asked: usize,
    /// Threads there are.
    pub had: usize,
}

impl fmt::Display for Fewer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the system allows no {} threads: going on with {}",
            self.asked, self.had
        )
    }
}

/// The number of threads that a setting of `threads` asks for: for 0 that of `RAYON_NUM_THREADS` or,
/// without it, of the cores.
pub fn wanted(threads: usize) -> usize {
    let asked = match threads {
        0 => {
            let named = std::env::var("RAYON_NUM_THREADS").ok();
            let named = named.and_then(|text| text.parse().ok());
            let cores = || std::thread::available_parallelism().map_or(1, usize::from);
            named.filter(|&number| number > 0).unwrap_or_else(cores)
        }
        threads => threads,
    };
    asked.min(MOST_THREADS)
}

/// Makes the calling thread the first of a pool, in which all that it does from then on is divided. With
/// one thread, or where the system allows no more, it is the only one.
///
/// Without this, rayon makes a pool of all cores when it is first needed, and panics where it cannot.
///
/// # Errors
/// When the system allows fewer threads than were asked for: those there are do the work.
pub fn begin() -> Result<(), Fewer> {
    let asked = wanted(0);
    for threads in halves(asked) {
        let builder = ThreadPoolBuilder::new().use_current_thread();
        // An error is that of the threads beside this one, or that this one is in a pool already.
        if let Ok(pool) = builder.num_threads(threads).build() {
            // The calling thread stays in it to the end of the process.
            std::mem::forget(pool);
            return told(asked, threads);
        }
    }
    Ok(())
}

/// A pool of threads beside the calling one; `None` where the system allows none.
pub fn pool(threads: usize) -> (Option<ThreadPool>, Result<(), Fewer>) {
    let asked = wanted(threads);
    for threads in halves(asked) {
        if let Ok(pool) = ThreadPoolBuilder::new().num_threads(threads).build() {
            return (Some(pool), told(asked, threads));
        }
        // The threads that could be made end by themselves, and count until then.
        std::thread::sleep(ENDING);
    }
    (None, told(asked, 1))
}

/// The threads for the work of a single run under a setting of `threads`: for 0 those of the current pool, else
/// so many of its own, or the calling one alone where the system allows none.
pub(crate) fn of_one_run(threads: usize) -> Threads {
    match threads {
        0 => Threads::Current,
        1 => Threads::One,
        most => pool(most)
            .0
            .map_or(Threads::One, |pool| Threads::Pool(Arc::new(pool))),
    }
}

/// A number, half of it and so on, to 1.
fn halves(number: usize) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(number), |&number| (number > 1).then_some(number / 2))
}

fn told(asked: usize, had: usize) -> Result<(), Fewer> {
    match had < asked {
        true => Err(Fewer { asked, had }),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_threads_are_bounded() {
        assert_eq!(wanted(3), 3);
        assert_eq!(wanted(usize::MAX), MOST_THREADS);
        assert!((1..=MOST_THREADS).contains(&wanted(0)));
        assert!(matches!(of_one_run(0), Threads::Current));
        assert!(matches!(of_one_run(1), Threads::One));
        let two = of_one_run(2);
        assert!(matches!(two, Threads::Pool(pool) if pool.current_num_threads() == 2));
        assert_eq!(halves(9).collect::<Vec<_>>(), [9, 4, 2, 1]);
        assert_eq!(told(2, 2), Ok(()));
        let fewer = told(9, 4).unwrap_err().to_string();
        assert_eq!(fewer, "the system allows no 9 threads: going on with 4");
    }
}
