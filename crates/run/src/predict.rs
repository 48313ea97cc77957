//! A saved model on rows from a file.

use std::path::Path;

use sparsegrok_config::{ConfigError, NumberFormat, Settings};
use sparsegrok_data::Shortest;
use sparsegrok_data::svmlight::{self, Labels};
use sparsegrok_kernel::model::Model;

use crate::load::{FileRows, target_kind};

/// A model made ready for rows from files.
#[derive(Clone, Debug)]
pub struct Predictor {
    model: Model,
    options: svmlight::Options,
}

impl Predictor {
    /// The predictor of a model; errors in its configuration call it `name`.
    ///
    /// # Errors
    /// When the model's configuration is not valid.
    pub fn new(model: Model, name: &Path) -> Result<Self, ConfigError> {
        let config = Settings::from_toml(&model.config, name)?.config()?;
        Ok(Self {
            model,
            options: svmlight::Options {
                zero_based: config.files.zero_based,
                targets: target_kind(config.target()),
                labels: config.files.labels,
                ..svmlight::Options::default()
            },
        })
    }

    /// The options to read files for this model with: those of the file it was trained on.
    pub fn options(&self) -> svmlight::Options {
        self.options
    }

    /// Scores z of all rows. Columns the model never saw weigh nothing, whichever of the two kinds
    /// they are in. `Time: O(nnz · log weights)`
    pub fn scores(&self, file: &FileRows) -> Vec<f64> {
        let rows = &file.rows;
        (0..rows.len())
            .map(|i| self.model.score(&rows.row(i)))
            .collect()
    }
}

/// A score as the target it predicts, in the file's own labels: −1 or 1, 0 or 1, two others, or the score.
pub fn predicted_target(score: f64, labels: Labels) -> String {
    match (labels, score >= 0.0) {
        (Labels::Real | Labels::Classes, _) => Shortest(score).to_string(),
        (Labels::Named(labels), true) => labels.positive().to_string(),
        (Labels::Named(labels), false) => labels.negative().to_string(),
        (_, true) => "1".to_owned(),
        (Labels::Sign, false) => "-1".to_owned(),
        (Labels::ZeroOne, false) => "0".to_owned(),
    }
}

/// Rates how well scores predict their rows, in LIBLINEAR's words.
pub fn prediction_quality(scores: &[f64], file: &FileRows) -> String {
    let pairs = || scores.iter().zip(file.rows.targets());
    let n = scores.len();
    if file.labels == Labels::Real {
        let squared: f64 = pairs().map(|(z, y)| (z - y) * (z - y)).sum();
        let mean = NumberFormat::G6.text(squared / n as f64);
        return format!("Mean squared error = {mean} (regression)");
    }
    let right = pairs()
        .filter(|(z, y)| (**z >= 0.0) == (**y >= 0.0))
        .count();
    let percent = NumberFormat::G6.text(100.0 * right as f64 / n as f64);
    format!("Accuracy = {percent}% ({right}/{n})")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(config: &str) -> Model {
        Model {
            config: config.to_owned(),
            signal: 2,
            tail: 1,
            memorization: 4,
            bias: 0.25,
            weights: vec![(0, 1.0), (1, -2.0), (2, 0.5), (3, 9.0), (6, 9.0)],
        }
    }

    fn rows(text: &str, predictor: &Predictor) -> FileRows {
        let parsed = svmlight::parse("rows", text.as_bytes(), &predictor.options()).unwrap();
        FileRows {
            labels: parsed.labels,
            rows: parsed.into_dataset(0, None).unwrap(),
            mapped: false,
            is_store: false,
            sum: 0,
            is_regular: true,
        }
    }

    #[test]
    fn columns_of_a_file_meet_signal_then_tail_weights() {
        let predictor = Predictor::new(model("epochs = 3"), Path::new("m")).unwrap();
        let rows = rows("1 1:1\n0 2:1\n0 3:2 4:100\n1 9:1\n", &predictor);
        let scores = predictor.scores(&rows);
        assert_eq!(scores, [1.25, -1.75, 1.25, 0.25]);
        let predicted: Vec<_> = scores
            .iter()
            .map(|&z| predicted_target(z, rows.labels))
            .collect();
        assert_eq!(predicted, ["1", "0", "1", "1"]);
        assert_eq!(prediction_quality(&scores, &rows), "Accuracy = 75% (3/4)");
    }

    #[test]
    fn files_are_read_as_the_model_s_own() {
        let config = "zero_based = true\ntrain = \"t\"\nloss = \"squared\"";
        let predictor = Predictor::new(model(config), Path::new("m")).unwrap();
        let rows = rows("2.5 0:1\n-0.5 1:1\n", &predictor);
        let scores = predictor.scores(&rows);
        assert_eq!(predicted_target(scores[1], rows.labels), "-1.75");
        // ((1.25 − 2.5)² + (−1.75 + 0.5)²)/2
        assert_eq!(
            prediction_quality(&scores, &rows),
            "Mean squared error = 1.5625 (regression)"
        );
    }

    #[test]
    fn a_model_without_a_readable_configuration_is_refused() {
        let error = Predictor::new(model("lr = 3"), Path::new("m.model")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "m.model: unknown key `lr`; did you mean `learning_rate`?"
        );
    }
}
