//! A saved model on rows from a file.

use std::path::Path;

use sparsegrok_config::{ConfigError, NumberFormat, Settings};
use sparsegrok_data::svmlight::{self, Labels};
use sparsegrok_data::{Shortest, TargetKind};
use sparsegrok_kernel::model::Model;
use sparsegrok_kernel::predicted_class;

use crate::load::{FileRows, label_options};

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
        let mut options = label_options(&config);
        options.zero_based = config.files.zero_based;
        // The scores tell what the targets are, whatever a file edited by hand says of them.
        options.targets = match (options.targets, model.classes.is_empty()) {
            (_, false) => TargetKind::Class,
            (TargetKind::Class, true) => TargetKind::Sign,
            (targets, true) => targets,
        };
        Ok(Self { model, options })
    }

    /// The options to read files for this model with: those of the file it was trained on.
    pub fn options(&self) -> svmlight::Options {
        self.options
    }

    /// Scores z of all rows, and what they predict. Columns the model never saw weigh nothing, whichever of the
    /// two kinds they are in. `Time: O(nnz · log weights)`, for each class
    pub fn predict<'p>(&'p self, file: &FileRows) -> Predictions<'p> {
        let rows = &file.rows;
        let scores = (0..rows.len()).flat_map(|i| {
            let row = rows.row(i);
            self.model.scores(&row).collect::<Vec<_>>()
        });
        Predictions {
            scores: scores.collect(),
            classes: &self.model.classes,
            labels: file.labels,
        }
    }
}

/// Scores of rows, and the targets that they predict.
#[derive(Clone, Debug)]
pub struct Predictions<'p> {
    /// The scores, row by row: one a row, or one for each class.
    scores: Vec<f64>,
    /// The classes; none where one score tells.
    classes: &'p [i32],
    /// The labels of the rows' file.
    labels: Labels,
}

impl Predictions<'_> {
    /// The scores of each row: one, or one for each class in the order of their labels.
    pub fn scores(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.scores.chunks_exact(self.classes.len().max(1))
    }

    /// The target that a row's scores predict, as text: the label of a class, one of the two labels of the file, or
    /// the score.
    pub fn target(&self, scores: &[f64]) -> String {
        if let Some(class) = self.class(scores) {
            return class.to_string();
        }
        match self.labels.pair() {
            Some(pair) => pair.of(scores[0]).to_string(),
            None => Shortest(scores[0]).to_string(),
        }
    }

    /// Rates how well the rows that were scored are predicted, in LIBLINEAR's words.
    pub fn quality(&self, file: &FileRows) -> String {
        let pairs = || self.scores().zip(file.rows.targets());
        let n = pairs().len();
        if self.labels == Labels::Real {
            let squared: f64 = pairs().map(|(z, y)| (z[0] - y) * (z[0] - y)).sum();
            let mean = NumberFormat::G6.text(squared / n as f64);
            return format!("Mean squared error = {mean} (regression)");
        }
        let is_right = |(scores, target): &(&[f64], &f64)| match self.class(scores) {
            Some(class) => f64::from(class) == **target,
            None => (scores[0] >= 0.0) == (**target >= 0.0),
        };
        let right = pairs().filter(is_right).count();
        let percent = NumberFormat::G6.text(100.0 * right as f64 / n as f64);
        format!("Accuracy = {percent}% ({right}/{n})")
    }

    /// The label of the class that scores predict, where there are classes.
    fn class(&self, scores: &[f64]) -> Option<i32> {
        let is_there = !self.classes.is_empty();
        is_there.then(|| self.classes[predicted_class(scores)])
    }
}

#[cfg(test)]
mod tests {
    use sparsegrok_kernel::model::Scorer;

    use super::*;

    fn model(config: &str) -> Model {
        Model {
            config: config.to_owned(),
            signal: 2,
            tail: 1,
            memorization: 4,
            classes: Vec::new(),
            scorers: vec![Scorer {
                bias: 0.25,
                weights: vec![(0, 1.0), (1, -2.0), (2, 0.5), (3, 9.0), (6, 9.0)],
            }],
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
        let predicted = predictor.predict(&rows);
        assert_eq!(predicted.scores, [1.25, -1.75, 1.25, 0.25]);
        let targets = predicted.scores().map(|scores| predicted.target(scores));
        assert_eq!(targets.collect::<Vec<_>>(), ["1", "0", "1", "1"]);
        assert_eq!(predicted.quality(&rows), "Accuracy = 75% (3/4)");
    }

    #[test]
    fn files_are_read_as_the_model_s_own() {
        let config = "zero_based = true\ntrain = \"t\"\nloss = \"squared\"";
        let predictor = Predictor::new(model(config), Path::new("m")).unwrap();
        let rows = rows("2.5 0:1\n-0.5 1:1\n", &predictor);
        let predicted = predictor.predict(&rows);
        assert_eq!(predicted.target(&[-1.75]), "-1.75");
        // ((1.25 − 2.5)² + (−1.75 + 0.5)²)/2
        let said = "Mean squared error = 1.5625 (regression)";
        assert_eq!(predicted.quality(&rows), said);
    }

    #[test]
    fn the_class_of_the_greatest_score_is_predicted() {
        let [first, second] = [0, 1].map(|column| Scorer {
            bias: 0.0,
            weights: vec![(column, 1.0)],
        });
        let model = Model {
            classes: vec![-2, 3, 8],
            scorers: vec![first, second, Scorer::default()],
            ..model("")
        };
        let predictor = Predictor::new(model, Path::new("m")).unwrap();
        // Label 5 is none of the model's.
        let rows = rows("3 1:1 2:2\n5 1:-1 2:-1\n-2 3:1\n", &predictor);
        let predicted = predictor.predict(&rows);
        let scores: Vec<_> = predicted.scores().collect();
        assert_eq!(scores, [[1.0, 2.0, 0.0], [-1.0, -1.0, 0.0], [0.0; 3]]);
        let targets: Vec<_> = scores.iter().map(|z| predicted.target(z)).collect();
        assert_eq!(targets, ["3", "8", "-2"]);
        assert_eq!(predicted.quality(&rows), "Accuracy = 66.6667% (2/3)");
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
