//! The instruction set that runs, chosen once per piece of work.

use std::fmt;

pub use fearless_simd::Simd;
use fearless_simd::{Level as Detected, dispatch};

/// An instruction-set level the arithmetic is compiled for.
///
/// Results are the same bits at every level; only speed differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Level {
    /// The target's baseline (SSE2 on x86-64, NEON on AArch64).
    Portable,
    /// x86-64-v3: AVX2 and FMA, four lanes an instruction.
    Avx2,
    /// AVX-512 as from Ice Lake and Zen 4 on, eight lanes an instruction.
    Avx512,
}

/// Work to run with the instructions of a [`Level`].
///
/// `run` and all it calls on its hot path must be `#[inline(always)]`: only code inlined into the
/// level's own function is compiled with its instructions.
pub trait Task {
    /// The result of the work.
    type Output;
    /// Does the work; `simd` proves that the CPU has the instructions.
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}

impl Level {
    /// The best level this CPU has.
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            let detected = Detected::new();
            if detected.as_avx512().is_some() {
                return Self::Avx512;
            }
            if detected.as_avx2().is_some() {
                return Self::Avx2;
            }
        }
        Self::Portable
    }

    /// Every level this CPU has, the slowest first.
    pub fn available() -> Vec<Self> {
        // Each level has the instructions of those below it.
        let mut levels = vec![Self::Portable, Self::Avx2, Self::Avx512];
        levels.retain(|&level| level <= Self::detect());
        levels
    }

    /// Runs work that needs no token of the instructions but is to be compiled with them: a plain
    /// fma, say, is one instruction at a level that has it and a call of a function elsewhere.
    ///
    /// The closure must be `#[inline(always)]`, as all that it calls on its hot path.
    pub fn vectorize<R>(self, work: impl FnOnce() -> R) -> R {
        self.run(Plain(work))
    }

    /// Runs `task` with this level's instructions, or the best lower level's where the CPU lacks
    /// them (callers that must not fall back compare with [`Level::available`] first).
    pub fn run<T: Task>(self, task: T) -> T::Output {
        let detected = Detected::new();
        #[cfg(target_arch = "x86_64")]
        {
            if let Some(simd) = detected.as_avx512().filter(|_| self >= Self::Avx512) {
                // `vectorize` enables the instructions for the code inlined into this closure.
                return simd.vectorize(
                    #[inline(always)]
                    || task.run(simd),
                );
            }
            if let Some(simd) = detected.as_avx2().filter(|_| self >= Self::Avx2) {
                return simd.vectorize(
                    #[inline(always)]
                    || task.run(simd),
                );
            }
            // The baseline by name: `dispatch!` below would take the best level there is.
            if let Some(simd) = detected.as_sse2() {
                return simd.vectorize(
                    #[inline(always)]
                    || task.run(simd),
                );
            }
        }
        dispatch!(detected, simd => task.run(simd))
    }
}

/// Work that needs no token.
struct Plain<F>(F);

impl<R, F: FnOnce() -> R> Task for Plain<F> {
    type Output = R;

    #[inline(always)]
    fn run<S: Simd>(self, _simd: S) -> R {
        self.0()
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        })
    }
}
