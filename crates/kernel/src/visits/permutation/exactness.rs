//! Exact uniformity of permutations: counted, not sampled.
//!
//! An oracle makes the same permutations with wide integers, one division at a time; and no outcome
//! of a draw of the oracle comes from more random numbers than another.

use super::Permutations;
use sparsegrok_data::{Purpose, native_state};
use sparsegrok_lanes::Xoshiro256PlusPlus;

/// A number below `bound` from a 32-bit number, unless that has to be dropped.
fn scaled(number: u32, bound: u64) -> Option<u64> {
    let product = u128::from(number) * u128::from(bound);
    let rest = product % (1 << 32);
    (rest >= (1 << 32) % u128::from(bound)).then_some((product >> 32) as u64)
}

/// Places of the elements from `t` on: two a half of the word below 2048, one from there on.
fn places(t: u64, word: u64) -> Option<Vec<u64>> {
    let [low, high] = [word as u32, (word >> 32) as u32];
    if t >= 2048 {
        return Some(vec![scaled(low, t + 1)?, scaled(high, t + 2)?]);
    }
    let low = scaled(low, (t + 1) * (t + 2))?;
    let high = scaled(high, (t + 3) * (t + 4))?;
    Some(vec![
        low / (t + 2),
        low % (t + 2),
        high / (t + 4),
        high % (t + 4),
    ])
}

/// A permutation of 0..n, and the words dropped on the way.
fn oracle(n: usize, words: &mut Xoshiro256PlusPlus<1>) -> (Vec<u32>, u32) {
    let (mut order, mut dropped) = (Vec::new(), 0);
    while order.len() < n {
        let t = order.len();
        let Some(places) = places(t as u64, words.next_word_of(0)) else {
            dropped += 1;
            continue;
        };
        for place in places.into_iter().take(n - t) {
            order.push(order.len() as u32);
            let last = order.len() - 1;
            order.swap(place as usize, last);
        }
    }
    (order, dropped)
}

#[test]
fn permutations_are_the_oracles() {
    for n in [1, 2, 3, 4, 5, 511, 2047, 2048, 2049, 2050, 5001] {
        let mut rng = Xoshiro256PlusPlus::from_states([native_state(n as u64, Purpose::Order)]);
        let mut words = rng.clone();
        let mut dropped = 0;
        for _ in 0..60 {
            let mut permutation = Permutations::new(n);
            permutation.complete(&mut rng);
            let (expected, of_these) = oracle(n, &mut words);
            assert_eq!(permutation.as_slice(), expected, "n = {n}");
            dropped += of_these;
        }
        assert!(n < 2000 || dropped > 3, "only {dropped} words dropped");
    }
}

#[test]
fn no_outcome_of_a_draw_is_likelier_than_another() {
    for bound in [2, 12, 61 * 62, 2047 * 2048, 2049, 70_001, 1_000_003] {
        // Outcome k takes a run of numbers that begins at the first with number·bound ≥ 2³²·k. Along
        // a run the remainders grow by `bound`, so that only its first number can be dropped.
        let start = |outcome: u64| (outcome << 32).div_ceil(bound);
        for outcome in 0..bound {
            let run = start(outcome)..start(outcome + 1);
            let first = scaled(run.start as u32, bound);
            assert!(first.is_none_or(|first| first == outcome));
            assert_eq!(scaled((run.end - 1) as u32, bound), Some(outcome));
            let kept = run.end - run.start - u64::from(first.is_none());
            assert_eq!(kept, (1 << 32) / bound, "outcome {outcome} below {bound}");
        }
    }
}
