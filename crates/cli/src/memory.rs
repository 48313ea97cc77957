//! The memory of the machine, and the refusal of work that needs more than there is.

use anyhow::bail;
use sparsegrok_config::Config;
use sparsegrok_run::memory::{Memory, MemoryError, available};

/// Bytes that rows read from files may take: what is available, unless more is forced.
pub(crate) fn for_rows(force: bool) -> u64 {
    match force {
        true => u64::MAX,
        false => available(),
    }
}

/// Refuses what needs more memory than there is, unless it is forced.
pub(crate) fn check(needed: Memory, force: bool) -> anyhow::Result<()> {
    if !force {
        needed.within(available())?;
    }
    Ok(())
}

/// Refuses rows that need more memory than there is, where nothing is trained on them.
pub(crate) fn check_rows(config: &Config) -> anyhow::Result<()> {
    if let Err(MemoryError { needed, available }) = Memory::of_rows(config).within(available()) {
        let gib = |bytes: u64| bytes as f64 / f64::from(1 << 30);
        bail!(
            "these rows need about {:.2} GiB of memory, and {:.2} GiB are available; take fewer",
            gib(needed.total()),
            gib(available)
        );
    }
    Ok(())
}
