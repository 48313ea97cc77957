//! Traces: the evaluations of one run, as CSV or JSON lines.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};
use sparsegrok_kernel::Evaluation;

use crate::number::NumberFormat;

/// The evaluations of one run, in the order of their epochs.
pub type Trace = Vec<Evaluation>;

/// A column of a trace: the epoch, or one figure of an [`Evaluation`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "each is the field of `Evaluation` of that name"
)]
pub enum Column {
    Epoch,
    TrainAcc,
    TestAcc,
    PopulationAcc,
    TrainLoss,
    TestLoss,
    GapLoss,
    GapAcc,
    WeightNorm,
    SignalNorm,
    MemorizationNorm,
    MemorizationShare,
    MarginMin,
    MarginMean,
    TeacherCosine,
    TeacherDistance,
    Objective,
}

/// The content of one cell of a trace.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell {
    /// A count.
    Count(u64),
    /// A figure, where it exists.
    Figure(Option<f64>),
}

impl Column {
    /// Every column.
    pub const ALL: [Self; 17] = [
        Self::Epoch,
        Self::TrainAcc,
        Self::TestAcc,
        Self::PopulationAcc,
        Self::TrainLoss,
        Self::TestLoss,
        Self::GapLoss,
        Self::GapAcc,
        Self::WeightNorm,
        Self::SignalNorm,
        Self::MemorizationNorm,
        Self::MemorizationShare,
        Self::MarginMin,
        Self::MarginMean,
        Self::TeacherCosine,
        Self::TeacherDistance,
        Self::Objective,
    ];

    /// Its name in headers and configurations.
    pub fn name(self) -> &'static str {
        match self {
            Self::Epoch => "epoch",
            Self::TrainAcc => "train_acc",
            Self::TestAcc => "test_acc",
            Self::PopulationAcc => "population_acc",
            Self::TrainLoss => "train_loss",
            Self::TestLoss => "test_loss",
            Self::GapLoss => "gap_loss",
            Self::GapAcc => "gap_acc",
            Self::WeightNorm => "weight_norm",
            Self::SignalNorm => "signal_norm",
            Self::MemorizationNorm => "memorization_norm",
            Self::MemorizationShare => "memorization_share",
            Self::MarginMin => "margin_min",
            Self::MarginMean => "margin_mean",
            Self::TeacherCosine => "teacher_cosine",
            Self::TeacherDistance => "teacher_distance",
            Self::Objective => "objective",
        }
    }

    /// Its cell in the row of an evaluation.
    pub fn of(self, e: &Evaluation) -> Cell {
        Cell::Figure(match self {
            Self::Epoch => return Cell::Count(e.epoch),
            Self::TrainAcc => Some(e.train_acc),
            Self::TestAcc => e.test_acc,
            Self::PopulationAcc => e.population_acc,
            Self::TrainLoss => Some(e.train_loss),
            Self::TestLoss => e.test_loss,
            Self::GapLoss => e.gap_loss,
            Self::GapAcc => e.gap_acc,
            Self::WeightNorm => Some(e.weight_norm),
            Self::SignalNorm => Some(e.signal_norm),
            Self::MemorizationNorm => Some(e.memorization_norm),
            Self::MemorizationShare => Some(e.memorization_share),
            Self::MarginMin => Some(e.margin_min),
            Self::MarginMean => Some(e.margin_mean),
            Self::TeacherCosine => e.teacher_cosine,
            Self::TeacherDistance => e.teacher_distance,
            Self::Objective => Some(e.objective),
        })
    }
}

/// How a trace is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TraceFormat {
    /// A header, then one line per evaluation; absent figures are empty.
    #[default]
    Csv,
    /// One JSON object per evaluation; absent figures are `null`.
    Jsonl,
}

/// What is written of a run, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OutputSpec {
    /// Columns of the trace.
    pub columns: Vec<Column>,
    /// How figures are printed.
    pub number_format: NumberFormat,
    /// Format of the trace.
    pub format: TraceFormat,
}

impl Default for OutputSpec {
    fn default() -> Self {
        Self {
            columns: vec![
                Column::Epoch,
                Column::TrainAcc,
                Column::TestAcc,
                Column::PopulationAcc,
                Column::TrainLoss,
                Column::TestLoss,
                Column::WeightNorm,
                Column::SignalNorm,
                Column::MemorizationShare,
            ],
            number_format: NumberFormat::default(),
            format: TraceFormat::default(),
        }
    }
}

impl OutputSpec {
    /// Starts a trace: the header line, where the format has one.
    ///
    /// # Errors
    /// Whatever the writer returns.
    pub fn write_header(&self, to: &mut dyn Write) -> io::Result<()> {
        match self.format {
            TraceFormat::Csv => {
                let names: Vec<_> = self.columns.iter().map(|column| column.name()).collect();
                writeln!(to, "{}", names.join(","))
            }
            TraceFormat::Jsonl => Ok(()),
        }
    }

    /// Writes one evaluation as a line.
    ///
    /// # Errors
    /// Whatever the writer returns.
    pub fn write_row(&self, to: &mut dyn Write, evaluation: &Evaluation) -> io::Result<()> {
        let cells = self.columns.iter().map(|column| column.of(evaluation));
        match self.format {
            TraceFormat::Csv => {
                let texts: Vec<_> = cells.map(|cell| self.text(cell)).collect();
                writeln!(to, "{}", texts.join(","))
            }
            TraceFormat::Jsonl => {
                let fields: Vec<_> = cells
                    .zip(&self.columns)
                    .map(|(cell, column)| format!("\"{}\":{}", column.name(), self.json(cell)))
                    .collect();
                writeln!(to, "{{{}}}", fields.join(","))
            }
        }
    }

    /// The text of a CSV cell: nothing where a figure does not exist, but for the reference programs'
    /// format, as they count an accuracy on no rows as 0.
    pub fn text(&self, cell: Cell) -> String {
        match (cell, self.number_format) {
            (Cell::Count(count), _) => count.to_string(),
            (Cell::Figure(Some(x)), format) => format.text(x),
            (Cell::Figure(None), NumberFormat::Reference) => "0".to_owned(),
            (Cell::Figure(None), _) => String::new(),
        }
    }

    fn json(&self, cell: Cell) -> String {
        match cell {
            Cell::Count(count) => count.to_string(),
            Cell::Figure(Some(x)) if x.is_finite() => self.number_format.text(x),
            Cell::Figure(_) => "null".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every figure different, so that no two columns can be confused.
    fn evaluation() -> Evaluation {
        Evaluation {
            epoch: 1_000_000,
            train_acc: 1.0,
            test_acc: None,
            population_acc: Some(0.25),
            train_loss: 1.0 / 3.0,
            test_loss: None,
            gap_loss: None,
            gap_acc: None,
            weight_norm: 2e-7,
            signal_norm: 3.0,
            memorization_norm: 4.0,
            memorization_share: 0.5,
            margin_min: -1.5,
            margin_mean: 6.0,
            teacher_cosine: Some(0.75),
            teacher_distance: Some(8.0),
            objective: 9.0,
        }
    }

    fn written(output: &OutputSpec) -> String {
        let mut text = Vec::new();
        output.write_header(&mut text).unwrap();
        output.write_row(&mut text, &evaluation()).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn csv_holds_every_column_under_its_name() {
        let columns = Column::ALL.to_vec();
        let output = OutputSpec {
            columns,
            ..OutputSpec::default()
        };
        assert_eq!(
            written(&output),
            "epoch,train_acc,test_acc,population_acc,train_loss,test_loss,gap_loss,gap_acc,\
             weight_norm,signal_norm,memorization_norm,memorization_share,margin_min,margin_mean,\
             teacher_cosine,teacher_distance,objective\n\
             1000000,1,,0.25,0.3333333333333333,,,,2e-7,3,4,0.5,-1.5,6,0.75,8,9\n"
        );
    }

    #[test]
    fn absent_figures_are_empty_or_null_and_zero_only_for_the_reference_programs() {
        let mut output = OutputSpec {
            columns: vec![Column::Epoch, Column::TestAcc, Column::TrainLoss],
            ..OutputSpec::default()
        };
        assert!(written(&output).ends_with("\n1000000,,0.3333333333333333\n"));
        output.number_format = NumberFormat::G6;
        assert!(written(&output).ends_with("\n1000000,,0.333333\n"));
        output.number_format = NumberFormat::Reference;
        assert!(written(&output).ends_with("\n1000000,0,0.333333\n"));
        output.format = TraceFormat::Jsonl;
        assert_eq!(
            written(&output),
            "{\"epoch\":1000000,\"test_acc\":null,\"train_loss\":0.333333}\n"
        );
    }

    #[test]
    fn names_are_the_serialised_ones() {
        for column in Column::ALL {
            let value = toml::Value::try_from(column).unwrap();
            assert_eq!(value.as_str(), Some(column.name()));
        }
    }
}
