//! Traces: the evaluations of one run, as CSV or JSON lines.

use std::io::{self, Write};

use sparsegrok_config::{Column, NumberFormat, OutputSpec, TraceFormat};
use sparsegrok_kernel::Evaluation;

/// The evaluations of one run, in the order of their epochs.
pub type Trace = Vec<Evaluation>;

/// The content of one cell of a trace.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell {
    /// A count.
    Count(u64),
    /// A figure, where it exists.
    Figure(Option<f64>),
}

impl Cell {
    /// The cell of a column in the row of an evaluation.
    pub fn of(column: Column, e: &Evaluation) -> Self {
        Self::Figure(match column {
            Column::Epoch => return Self::Count(e.epoch),
            Column::TrainAcc => Some(e.train_acc),
            Column::TestAcc => e.test_acc,
            Column::PopulationAcc => e.population_acc,
            Column::TrainLoss => Some(e.train_loss),
            Column::TestLoss => e.test_loss,
            Column::GapLoss => e.gap_loss,
            Column::GapAcc => e.gap_acc,
            Column::WeightNorm => Some(e.weight_norm),
            Column::SignalNorm => Some(e.signal_norm),
            Column::MemorizationNorm => Some(e.memorization_norm),
            Column::MemorizationShare => Some(e.memorization_share),
            Column::MarginMin => Some(e.margin_min),
            Column::MarginMean => Some(e.margin_mean),
            Column::TeacherCosine => e.teacher_cosine,
            Column::TeacherDistance => e.teacher_distance,
            Column::Objective => Some(e.objective),
        })
    }
}

/// Writes traces in the form that an [`OutputSpec`] asks for.
#[derive(Clone, Copy, Debug)]
pub struct TraceWriter<'a> {
    spec: &'a OutputSpec,
}

impl<'a> TraceWriter<'a> {
    /// A writer of this form.
    pub fn new(spec: &'a OutputSpec) -> Self {
        Self { spec }
    }

    /// Starts a trace: the header line, where the format has one.
    ///
    /// # Errors
    /// Whatever the writer returns.
    pub fn write_header(self, to: &mut dyn Write) -> io::Result<()> {
        match self.spec.format {
            TraceFormat::Csv => {
                let names: Vec<_> = self
                    .spec
                    .columns
                    .iter()
                    .map(|column| column.name())
                    .collect();
                writeln!(to, "{}", names.join(","))
            }
            TraceFormat::Jsonl => Ok(()),
        }
    }

    /// Writes one evaluation as a line.
    ///
    /// # Errors
    /// Whatever the writer returns.
    pub fn write_row(self, to: &mut dyn Write, evaluation: &Evaluation) -> io::Result<()> {
        let columns = self.spec.columns.iter();
        let cells = columns.map(|&column| Cell::of(column, evaluation));
        match self.spec.format {
            TraceFormat::Csv => {
                let texts: Vec<_> = cells.map(|cell| self.text(cell)).collect();
                writeln!(to, "{}", texts.join(","))
            }
            TraceFormat::Jsonl => {
                let fields: Vec<_> = cells
                    .zip(&self.spec.columns)
                    .map(|(cell, column)| format!("\"{}\":{}", column.name(), self.json(cell)))
                    .collect();
                writeln!(to, "{{{}}}", fields.join(","))
            }
        }
    }

    /// The text of a CSV cell: nothing where a figure does not exist, but for the reference programs'
    /// format, as they count an accuracy on no rows as 0.
    pub fn text(self, cell: Cell) -> String {
        match (cell, self.spec.number_format) {
            (Cell::Count(count), _) => count.to_string(),
            (Cell::Figure(Some(x)), format) => format.text(x),
            (Cell::Figure(None), NumberFormat::Reference) => "0".to_owned(),
            (Cell::Figure(None), _) => String::new(),
        }
    }

    fn json(self, cell: Cell) -> String {
        match cell {
            Cell::Count(count) => count.to_string(),
            Cell::Figure(Some(x)) if x.is_finite() => self.spec.number_format.text(x),
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
        let writer = TraceWriter::new(output);
        writer.write_header(&mut text).unwrap();
        writer.write_row(&mut text, &evaluation()).unwrap();
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
}
