//! The scalar kernel against the dense reference and against an exact identity, over thousands of
//! configurations.

mod shared;

use self::shared::formulas::{Shape, assert_close, assert_identity, specs, stable};
use self::shared::{bits, ways};
use proptest::prelude::*;
use sparsegrok_data::Problem;
use sparsegrok_kernel::{BatchSize, KernelChoice, Loss, Sgd, SimdChoice, Weights, train};

const EPOCHS: u64 = 50;

fn shapes() -> impl Strategy<Value = (Shape, Loss)> {
    let loss = prop_oneof![Just(Loss::Logistic), Just(Loss::Squared), Just(Loss::Hinge)];
    (
        any::<u64>(),
        // Some epochs are longer than a block of steps.
        prop_oneof![9 => 1_usize..24, 1 => 120_usize..300],
        // None; both sides of the width up to which steps chain, and of whole blocks of eight.
        prop_oneof![Just(0_usize), 1_usize..=8, 9_usize..=20],
        prop_oneof![Just(0_usize), 1_usize..30],
        prop_oneof![Just(None), (0.3..3.0).prop_map(Some)],
        loss,
        any::<(bool, bool, bool)>(),
    )
        .prop_map(
            |(seed, rows, signal, tail, memorization, loss, (real, ones, weighted))| {
                let shape = Shape {
                    seed,
                    rows,
                    signal,
                    // Rows have columns of one kind at least.
                    tail: if signal == 0 { tail.max(1) } else { tail },
                    memorization,
                    real_targets: real && loss == Loss::Squared,
                    ones,
                    weighted,
                };
                (shape, loss)
            },
        )
}

fn batch_sizes() -> impl Strategy<Value = BatchSize> {
    prop_oneof![
        4 => Just(BatchSize::Rows(1)),
        2 => (2_u32..30).prop_map(BatchSize::Rows),
        1 => Just(BatchSize::Full),
    ]
}

fn run(problem: &Problem, spec: &Sgd, kernel: KernelChoice, simd: SimdChoice) -> Weights {
    train(problem, spec, kernel, simd).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn scalar_agrees_with_dense_and_with_the_identity(
        (shape, loss) in shapes(),
        spec in specs(batch_sizes(), EPOCHS),
    ) {
        let problem = shape.problem();
        let spec = stable(spec, loss, shape.largest_row(&problem));
        let scalar = run(&problem, &spec, KernelChoice::Scalar, SimdChoice::Auto);
        let dense = run(&problem, &spec, KernelChoice::Dense, SimdChoice::Auto);
        assert_close(&scalar, &dense, 1e-10)?;
        assert_identity(&problem, &spec, &scalar)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn every_level_and_kernel_gives_the_same_bits((shape, loss) in shapes(), spec in specs(batch_sizes(), EPOCHS)) {
        let problem = shape.problem();
        let spec = Sgd {
            epochs: 5,
            ..stable(spec, loss, shape.largest_row(&problem))
        };
        let trained = |kernel, simd| -> Vec<u64> {
            bits(&run(&problem, &spec, kernel, simd))
        };
        let expected = trained(KernelChoice::Scalar, SimdChoice::Auto);
        for (kernel, simd) in ways() {
            prop_assert_eq!(&trained(kernel, simd), &expected);
        }
    }
}
