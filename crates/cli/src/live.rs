//! Accuracy against epochs, drawn in the terminal while it comes.

use sparsegrok_kernel::{Evaluation, Figure};

/// Characters across.
const WIDTH: usize = 64;
/// Lines.
const HEIGHT: usize = 10;
/// Least accuracy drawn: a little below chance.
const LEAST: f64 = 0.4;

/// A picture of accuracies by the logarithm of the epoch, two by four dots a character.
pub(crate) struct Live {
    epochs: u64,
    dots: [[u8; WIDTH]; HEIGHT],
    last: String,
}

impl Live {
    /// An empty picture of a run of `epochs`.
    pub(crate) fn new(epochs: u64) -> Self {
        Self {
            epochs,
            dots: [[0; WIDTH]; HEIGHT],
            last: String::new(),
        }
    }

    /// Adds an evaluation.
    pub(crate) fn add(&mut self, e: &Evaluation) {
        let unseen = e.get(Figure::PopulationAcc).or(e.get(Figure::TestAcc));
        let x = (e.epoch.max(1) as f64).ln() / (self.epochs.max(2) as f64).ln();
        let column = (x.clamp(0.0, 1.0) * (2 * WIDTH - 1) as f64).round() as usize;
        for accuracy in [e.get(Figure::TrainAcc), unseen].into_iter().flatten() {
            let y = ((1.0 - accuracy) / (1.0 - LEAST)).clamp(0.0, 1.0);
            let row = (y * (4 * HEIGHT - 1) as f64).round() as usize;
            self.dots[row / 4][column / 2] |= dot(column % 2, row % 4);
        }
        let unseen = unseen.map_or_else(String::new, |a| format!(", unseen {a:.3}"));
        self.last = format!(
            "epoch {}: accuracy train {:.3}{unseen}",
            e.epoch,
            e[Figure::TrainAcc]
        );
    }

    /// The latest evaluation in words.
    pub(crate) fn words(&self) -> &str {
        &self.last
    }

    /// The picture, and the words below it.
    pub(crate) fn picture(&self) -> String {
        let mut text = String::new();
        for (i, row) in self.dots.iter().enumerate() {
            let label = match i {
                0 => "1.0 ",
                _ if i == HEIGHT - 1 => "0.4 ",
                _ => "    ",
            };
            text.push_str(label);
            text.push('│');
            text.extend(row.iter().map(|&dots| braille(dots)));
            text.push('\n');
        }
        let end = format!("epoch {}", self.epochs);
        let rule = "─".repeat(WIDTH);
        text + &format!(
            "    └{rule}\n     1{end:>width$}\n{}",
            self.last,
            width = WIDTH - 1
        )
    }
}

/// The bit of a dot in a Braille character: the upper six are numbered by column, the lowest two
/// came later (Unicode 15.1, section 21.1).
fn dot(column: usize, row: usize) -> u8 {
    match row {
        3 => 0x40 << column,
        row => 1 << (row + 3 * column),
    }
}

fn braille(dots: u8) -> char {
    char::from_u32(0x2800 + u32::from(dots)).unwrap_or(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_those_of_braille() {
        let all = [0, 1].iter().flat_map(|&c| (0..4).map(move |r| dot(c, r)));
        assert_eq!(all.fold(0, |bits, dot| bits | dot), 0xff);
        assert_eq!(braille(dot(0, 0) | dot(0, 1) | dot(0, 2)), '⠇');
        assert_eq!(braille(dot(1, 3)), '⢀');
    }
}
