//! Asking for memory ahead of its use.
//!
//! Rows of a large training set are read in random order: without a hint, each read waits for memory
//! as long as it takes, and only a few wait at a time. The hint is an intrinsic, and so this crate's
//! one piece of `unsafe` code.

/// Brings the cache line of `at` towards the processor, without waiting for it: a hint that changes
/// no result, and does nothing on processors other than x86-64.
#[inline(always)]
pub fn prefetch<T>(at: &T) {
    #[cfg(target_arch = "x86_64")]
    {
        // Towards the second-level cache: a hint that comes sixteen steps early would push what the
        // steps between need out of the small first level.
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        // SAFETY: the instruction is part of SSE, which every x86-64 processor has. It reads
        // nothing a program can see and cannot fault, whatever the address; this one is valid.
        #[allow(unsafe_code)]
        unsafe {
            _mm_prefetch::<_MM_HINT_T1>(std::ptr::from_ref(at).cast());
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = at;
}
