//! The ways to divide the work of a run among threads.

use std::sync::Arc;

use rayon::{ThreadPool, ThreadPoolBuilder};
use sparsegrok_kernel::Threads;

fn pools() -> impl Iterator<Item = Arc<ThreadPool>> {
    let pool = |threads| ThreadPoolBuilder::new().num_threads(threads).build();
    [1, 2, 3, 7]
        .map(pool)
        .into_iter()
        .map(Result::unwrap)
        .map(Arc::new)
}

/// One thread, rayon's own pool, and pools of several sizes.
pub(crate) fn threads() -> Vec<Threads> {
    let pools = pools().map(Threads::Pool);
    [Threads::One, Threads::Current]
        .into_iter()
        .chain(pools)
        .collect()
}

/// A thread to train on, and those that it may divide its work among.
#[derive(Clone, Debug)]
pub(crate) enum Division {
    /// The calling thread, and these.
    From(Threads),
    /// A thread of a pool, and the others of it.
    Within(Arc<ThreadPool>),
}

impl Division {
    pub(crate) fn call<T: Send>(&self, of: impl FnOnce(&Threads) -> T + Send) -> T {
        match self {
            Self::From(threads) => of(threads),
            Self::Within(pool) => pool.install(|| of(&Threads::Current)),
        }
    }
}

/// [`threads`], and the insides of pools.
pub(crate) fn divisions() -> Vec<Division> {
    let from = threads().into_iter().map(Division::From);
    from.chain(pools().map(Division::Within)).collect()
}
