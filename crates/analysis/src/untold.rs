//! Sentences on what curves of another program do not tell.

use sparsegrok_study::Untold;

use crate::cautions::runs_text;

/// The sentences on what the curves of judged runs do not tell, each on a number of runs; none if they tell all.
pub fn untold(untold: Untold) -> Vec<String> {
    let Untold {
        no_memorization,
        no_generalization,
        memorized_at_first,
        too_coarse,
    } = untold;
    let sentences = [
        (
            no_memorization,
            "no figure tells memorization, so the status is undecided: that takes train_acc, or \
             `--mem-figure train_loss --mem-threshold LEVEL`",
        ),
        (
            no_generalization,
            "no figure tells generalization: that takes test_acc, or `--gen-figure test_loss --gen-threshold LEVEL`",
        ),
        (
            memorized_at_first,
            "already memorized at the first evaluation: T_mem is known to be no later, and no more",
        ),
        (
            too_coarse,
            "evaluated too rarely to decide the status: it is undecided",
        ),
    ];
    let there = sentences.into_iter().filter(|(runs, _)| *runs > 0);
    there
        .map(|(runs, sentence)| format!("{}: {sentence}", runs_text(runs)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_lack_has_a_sentence_with_its_number_of_runs() {
        assert!(untold(Untold::default()).is_empty());
        let said = untold(Untold {
            no_generalization: 1,
            too_coarse: 2,
            ..Untold::default()
        });
        assert_eq!(
            said,
            [
                "1 run: no figure tells generalization: that takes test_acc, or `--gen-figure test_loss \
                 --gen-threshold LEVEL`",
                "2 runs: evaluated too rarely to decide the status: it is undecided",
            ]
        );
    }
}
