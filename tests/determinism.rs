//! The same bits on every machine: hashes of trained weights, committed.
//!
//! Weights are printed with as many digits as read back exactly, so equal text is equal bits. The
//! hashes were taken once; what a CPU, an instruction set, a kernel, an optimisation level or a
//! mathematics library changes shows here.

use sparsegrok_lanes::Level;

use crate::support::{folder, printed, shipped, text};

/// Flags of a run, and the hash of the weights it leaves.
const RUNS: [(&str, u64); 17] = [
    (
        "--preset edge --n-train 90 --d-signal 41 --epochs 60",
        0xb591_d651_40f9_3171,
    ),
    ("--preset reference-toy --epochs 40", 0x1bbb_8426_e0c4_027a),
    (
        "--preset grok-a --epochs 60 --n-train 300",
        0x38ea_f482_30f7_36c4,
    ),
    ("--preset ridge --epochs 30", 0xd07d_1fe0_5edb_dd5c),
    (
        "--n-train 1 --d-signal 1 --epochs 50",
        0x1687_d21f_73f8_9397,
    ),
    (
        "--d-signal 8 --epochs 20 --order sequential --label-noise 0.2",
        0x13bf_7931_e84d_4cbf,
    ),
    (
        "--d-signal 16 --epochs 20 --decay-order before --weight-decay 0.1",
        0xb367_9a05_7222_84ad,
    ),
    (
        "--d-signal 64 --epochs 10 --schedule inverse-scaling",
        0x8051_8bca_28a5_03c1,
    ),
    (
        "--loss hinge --batch-size 32 --bias --epochs 40 --schedule cosine",
        0x44b7_be32_8257_6f59,
    ),
    (
        "--loss squared --lr 0.01 --target linear --batch-size full --epochs 60 --warmup-steps 9",
        0x4789_9c99_fae1_b5c8,
    ),
    (
        "--order with-replacement --schedule step --schedule-every 7 --epochs 30",
        0xb0c3_7b0d_6018_9caa,
    ),
    (
        "--memorization-scale 0 --init gaussian --epochs 30 --rng libstdcxx",
        0x82aa_c6c4_1880_90e0,
    ),
    (
        "--init orthogonal --init-norm 30 --weight-decay 0.9 --lr 0.9 --epochs 30",
        0xb0da_4dda_58b9_4ea3,
    ),
    (
        "--train HEART --lr 0.1 --memorize --epochs 30",
        0xaea6_a6a3_97f9_5e83,
    ),
    (
        "--train HEART --lr 0.01 --loss hinge --bias --batch-size 7 --epochs 30",
        0x6808_2b0f_7768_93d4,
    ),
    // Batches of more rows than a block has.
    (
        "--n-train 2000 --d-signal 100 --batch-size full --epochs 20",
        0x8658_74a6_4f35_0659,
    ),
    (
        "--n-train 3000 --d-signal 200 --batch-size 1300 --bias --order with-replacement --epochs 4",
        0x8abf_d993_dc76_956a,
    ),
];

/// Runs with an optimizer that has one kernel.
const OPTIMIZED: [(&str, u64); 4] = [
    ("--optimizer momentum --epochs 30", 0xe00c_af27_7eee_71a6),
    (
        "--train HEART --lr 0.01 --memorize --optimizer momentum --momentum 0.99 --loss hinge --bias --batch-size 7 --epochs 30",
        0xdf82_0d88_0f31_393f,
    ),
    (
        "--optimizer momentum --batch-size full --schedule cosine --warmup-steps 9 --epochs 60",
        0x6066_28f7_1afa_541e,
    ),
    (
        "--train HEART --memorize --optimizer adamw --batch-size full --bias --schedule cosine --epochs 60",
        0xb3ca_79e3_6a5e_0848,
    ),
];

#[test]
fn weights_are_the_same_on_every_machine() {
    have_hashes(&RUNS, &["scalar", "lanes"]);
    have_hashes(&OPTIMIZED, &["auto"]);
}

fn have_hashes(runs: &[(&str, u64)], kernels: &[&str]) {
    let folder = folder();
    let model = folder.path().join("trained.model");
    let heart = shipped("data/heart_scale.svm").display().to_string();
    for &(flags, expected) in runs {
        let flags = flags.replace("HEART", &heart);
        for level in Level::available() {
            for kernel in kernels {
                let line = format!(
                    "run {flags} --eval-every 1000 --kernel {kernel} --simd {level} --force --model {}",
                    model.display()
                );
                printed(&line);
                let hash = fnv1a(weights(&text(&model)));
                assert_eq!(hash, expected, "{line}: found {hash:#018x}");
            }
        }
    }
}

/// More rows than a block of an evaluation has; batches of more rows than a block of those has.
#[test]
fn a_run_prints_the_same_on_any_number_of_threads() {
    let wide = "--n-train 3000 --n-test 100 --d-signal 200 --epochs 5 --eval-every 1";
    for run in [
        "--n-train 140000 --n-test 70000 --d-signal 2 --epochs 1",
        &format!("{wide} --batch-size full"),
        &format!("{wide} --batch-size 1300"),
        &format!("{wide} --batch-size full --order with-replacement --loss squared --bias"),
    ] {
        let run = format!("run {run}");
        let expected = printed(&format!("{run} --threads 1"));
        for threads in ["0", "2", "3"] {
            let found = printed(&format!("{run} --threads {threads}"));
            assert_eq!(found, expected, "{run}, {threads} threads");
        }
    }
}

/// The part of a model file below the configuration it was trained with.
fn weights(model: &str) -> &str {
    let last = model.rfind("\n#").expect("a configuration");
    let line = model[last + 1..].find('\n').expect("weights");
    &model[last + 1 + line..]
}

/// The 64-bit FNV-1a hash.
fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
