//! The words of the page that need one, each explained once.

use sparsegrok_kernel::Figure;
use sparsegrok_plot::text::html;

use crate::view::View;

/// A word and its meaning, in the marked text of pictures.
pub(crate) struct Word {
    /// Its place in the page's address.
    id: &'static str,
    term: &'static str,
    meaning: &'static str,
}

impl Word {
    const fn new(id: &'static str, term: &'static str, meaning: &'static str) -> Self {
        Self { id, term, meaning }
    }

    /// The word as a link to its meaning, which scripts show where the reader points.
    pub(crate) fn link(&self) -> String {
        self.named(self.term)
    }

    /// The link with other words, in the same marked text.
    pub(crate) fn named(&self, words: &str) -> String {
        format!(
            "<a class=\"word\" href=\"#word-{}\">{}</a>",
            self.id,
            html(words)
        )
    }
}

pub(crate) const MEMORIZED: Word = Word::new(
    "memorized",
    "memorized",
    "The figure on the training rows has reached its threshold, and stays there for the span asked for.",
);
pub(crate) const GENERALIZED: Word = Word::new(
    "generalized",
    "generalized",
    "The figure on unseen rows has reached its threshold and stays there, and the run has memorized too.",
);
pub(crate) const T_MEM: Word = Word::new(
    "t-mem",
    "T_{mem}",
    "The time at which a run has memorized: the first at which its figure on the training rows reaches the \
     threshold for good.",
);
pub(crate) const T_GEN: Word = Word::new(
    "t-gen",
    "T_{gen}",
    "The time at which a run has generalized: the first at which its figure on unseen rows reaches the threshold \
     for good.",
);
pub(crate) const DELAY: Word = Word::new("delay", "delay", "T_{gen} divided by T_{mem}.");
pub(crate) const GROKKED: Word = Word::new(
    "grokked",
    "grokked",
    "The run memorized and, after a long delay, generalized.",
);
pub(crate) const PHASE: Word = Word::new(
    "phase",
    "phase",
    "The outcome of more than half of a cell's runs, or mixed. Grokked; generalized early: with less delay; \
     memorized only; neither: not even memorized; undecided: evaluations were too rare to tell; diverged: \
     weights ceased to be finite.",
);
pub(crate) const BRACKET: Word = Word::new(
    "bracket",
    "bracket",
    "A time lies after the last evaluation before the threshold and not after the first one beyond it; the bracket \
     is this span.",
);
pub(crate) const INTERVAL: Word = Word::new(
    "interval",
    "interval",
    "The range that holds the true median of all runs there could be, 95 times in 100.",
);
pub(crate) const CENSORED: Word = Word::new(
    "censored",
    "censored",
    "The number of runs that ended before they generalized. They count in the median as later than the end of \
     training.",
);
pub(crate) const THEORY: Word = Word::new(
    "theory",
    "theory",
    "The median that the closed form for linear models predicts from the settings alone, where it applies.",
);

/// Every word, in the order in which the page lists them.
const WORDS: [Word; 11] = [
    MEMORIZED,
    GENERALIZED,
    T_MEM,
    T_GEN,
    DELAY,
    GROKKED,
    PHASE,
    BRACKET,
    INTERVAL,
    CENSORED,
    THEORY,
];

/// Figures that need a word, where a study has them: most do not.
const FIGURES: [(Figure, Word); 7] = [
    (
        Figure::HessianTrace,
        Word::new(
            "hessian-trace",
            "trace of the Hessian",
            "The sum of all curvatures of the train loss at the weights, Σℓ″(z)‖x‖²/n over the training rows. Small \
             where the loss is flat.",
        ),
    ),
    (
        Figure::Sharpness,
        Word::new(
            "sharpness",
            "sharpness",
            "The largest curvature of the train loss at the weights: the largest eigenvalue of its Hessian.",
        ),
    ),
    (
        Figure::EffectiveWeights,
        Word::new(
            "effective-weights",
            "effective weights",
            "(Σ|w|)²/Σw²: the number of weights if all are of one size, 1 if one is all there is.",
        ),
    ),
    (
        Figure::Gini,
        Word::new(
            "gini",
            "Gini coefficient",
            "The inequality of the sizes of weights: 0 if all are equal, near 1 if a few are all there is.",
        ),
    ),
    (
        Figure::DescriptionLength,
        Word::new(
            "description-length",
            "description length",
            "The bits of all weights, rounded as coarsely as raises the train loss by at most 1 %, in Elias’ code γ.",
        ),
    ),
    (
        Figure::PacBayes,
        Word::new(
            "pac-bayes",
            "PAC-Bayes bound",
            "With probability 0.95 a classifier drawn around the weights, without memorization, is wrong on a smaller \
             share of new rows. From 1 on it says nothing.",
        ),
    ),
    (
        Figure::MaxMarginAngle,
        Word::new(
            "max-margin-angle",
            "max-margin angle",
            "The angle between the weights and the shortest ones that give every training row a margin of 1, which \
             training without decay turns towards.",
        ),
    ),
];

/// The meanings, for a list of definitions; of figures those of this study alone.
pub(crate) fn definitions(view: &View) -> String {
    let is_there = |figure| view.cells.iter().any(|cell| cell.curve(figure).is_some());
    let figures = FIGURES.into_iter().filter(|(figure, _)| is_there(*figure));
    let words = WORDS.into_iter().chain(figures.map(|(_, word)| word));
    let entry = |word: Word| {
        let (id, term, meaning) = (word.id, html(word.term), html(word.meaning));
        format!("<dt>{term}</dt><dd id=\"word-{id}\">{meaning}</dd>\n")
    };
    words.map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_that_waits_to_be_asked_has_a_word() {
        for figure in Figure::ALL {
            let has_word = FIGURES.iter().any(|(of, _)| *of == figure);
            assert_eq!(has_word, figure.waits_to_be_asked(), "{figure:?}");
        }
    }
}
