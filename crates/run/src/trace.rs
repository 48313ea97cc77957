//! Traces: the evaluations of one run, as CSV or JSON lines.

use std::io::{self, Write};

use sparsegrok_config::{Column, NumberFormat, OutputSpec, TraceFormat};
use sparsegrok_kernel::{Evaluation, Figure};

/// The evaluations of one run, in the order of their epochs: a column a figure.
#[derive(Clone, Debug)]
pub struct Trace {
    epochs: Vec<u64>,
    /// The columns of figures that exist at some epoch; those of the others are empty.
    figures: [Vec<f64>; Figure::COUNT],
    /// The column of every other figure: most runs have but some of them.
    absent: Vec<f64>,
}

impl Trace {
    /// A trace without evaluations.
    pub const fn new() -> Self {
        Self {
            epochs: Vec::new(),
            figures: [const { Vec::new() }; Figure::COUNT],
            absent: Vec::new(),
        }
    }

    /// A trace of these columns, each as long as the epochs; figures without one do not exist.
    pub(crate) fn of_columns(
        epochs: Vec<u64>,
        columns: impl IntoIterator<Item = (Figure, Vec<f64>)>,
    ) -> Self {
        let mut trace = Self {
            absent: vec![f64::NAN; epochs.len()],
            epochs,
            ..Self::new()
        };
        for (figure, column) in columns {
            trace.figures[figure as usize] = column;
        }
        trace
    }

    /// Adds an evaluation.
    pub fn push(&mut self, evaluation: &Evaluation) {
        for (column, figure) in self.figures.iter_mut().zip(Figure::ALL) {
            match evaluation.get(figure) {
                Some(value) => {
                    if column.is_empty() {
                        column.clone_from(&self.absent);
                    }
                    column.push(value);
                }
                // One NaN for all that does not exist: a trace read from a log is equal to the one written.
                None if !column.is_empty() => column.push(f64::NAN),
                None => (),
            }
        }
        self.epochs.push(evaluation.epoch);
        self.absent.push(f64::NAN);
    }

    /// The number of evaluations.
    pub fn len(&self) -> usize {
        self.epochs.len()
    }

    /// Tells if there are no evaluations.
    pub fn is_empty(&self) -> bool {
        self.epochs.is_empty()
    }

    /// The epochs that were evaluated, ascending.
    pub fn epochs(&self) -> &[u64] {
        &self.epochs
    }

    /// A figure at each of these epochs; NaN where it does not exist.
    pub fn figure(&self, figure: Figure) -> &[f64] {
        match &self.figures[figure as usize] {
            column if column.is_empty() => &self.absent,
            column => column,
        }
    }

    /// An evaluation, by its place.
    ///
    /// # Panics
    /// When there is none at that place.
    pub fn at(&self, place: usize) -> Evaluation {
        let mut evaluation = Evaluation::new(self.epochs[place]);
        for figure in Figure::ALL {
            evaluation[figure] = self.figure(figure)[place];
        }
        evaluation
    }

    /// The last evaluation.
    pub fn last(&self) -> Option<Evaluation> {
        Some(self.at(self.len().checked_sub(1)?))
    }

    /// The evaluations, one after the other.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Evaluation> + '_ {
        (0..self.len()).map(|place| self.at(place))
    }

    /// Drops the evaluations after an epoch.
    pub fn end_at(&mut self, epoch: u64) {
        let length = self.epochs.partition_point(|&evaluated| evaluated <= epoch);
        self.epochs.truncate(length);
        for column in self.figures.iter_mut().chain([&mut self.absent]) {
            column.truncate(length);
        }
    }
}

impl Default for Trace {
    fn default() -> Self {
        Self::new()
    }
}

impl FromIterator<Evaluation> for Trace {
    fn from_iter<I: IntoIterator<Item = Evaluation>>(evaluations: I) -> Self {
        let mut trace = Self::new();
        for evaluation in evaluations {
            trace.push(&evaluation);
        }
        trace
    }
}

/// Equal in every bit, as [`Evaluation`]s are.
impl PartialEq for Trace {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
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
    /// Any error of the writer.
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
    /// Any error of the writer.
    pub fn write_row(self, to: &mut dyn Write, evaluation: &Evaluation) -> io::Result<()> {
        let columns = self.spec.columns.iter();
        match self.spec.format {
            TraceFormat::Csv => {
                let texts: Vec<_> = columns
                    .map(|column| self.text(*column, evaluation))
                    .collect();
                writeln!(to, "{}", texts.join(","))
            }
            TraceFormat::Jsonl => {
                let fields: Vec<_> = columns
                    .map(|column| {
                        format!("\"{}\":{}", column.name(), self.json(*column, evaluation))
                    })
                    .collect();
                writeln!(to, "{{{}}}", fields.join(","))
            }
        }
    }

    /// A field of a CSV row: nothing where a figure does not exist, but for the reference programs'
    /// format, as they count an accuracy on no rows as 0.
    pub fn text(self, column: Column, evaluation: &Evaluation) -> String {
        let Column::Figure(figure) = column else {
            return evaluation.epoch.to_string();
        };
        match (evaluation.get(figure), self.spec.number_format) {
            (Some(x), format) => format.text(x),
            (None, NumberFormat::Reference) => "0".to_owned(),
            (None, _) => String::new(),
        }
    }

    fn json(self, column: Column, evaluation: &Evaluation) -> String {
        let Column::Figure(figure) = column else {
            return evaluation.epoch.to_string();
        };
        match evaluation[figure] {
            x if x.is_finite() => self.spec.number_format.text(x),
            _ => "null".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every figure different, so that no two columns can be confused.
    fn evaluation() -> Evaluation {
        let figures = [
            (Figure::TrainAcc, 1.0),
            (Figure::PopulationAcc, 0.25),
            (Figure::TrainLoss, 1.0 / 3.0),
            (Figure::WeightNorm, 2e-7),
            (Figure::SignalNorm, 3.0),
            (Figure::MemorizationNorm, 4.0),
            (Figure::MemorizationShare, 0.5),
            (Figure::MarginMin, -1.5),
            (Figure::MarginMean, 6.0),
            (Figure::TeacherCosine, 0.75),
            (Figure::TeacherDistance, 8.0),
            (Figure::Objective, 9.0),
        ];
        let begun = Evaluation::new(1_000_000);
        figures
            .into_iter()
            .fold(begun, |evaluation, (figure, x)| evaluation.with(figure, x))
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
        let columns = Column::all().collect();
        let output = OutputSpec {
            columns,
            ..OutputSpec::default()
        };
        assert_eq!(
            written(&output),
            "epoch,train_acc,test_acc,population_acc,train_loss,test_loss,gap_loss,gap_acc,\
             weight_norm,signal_norm,memorization_norm,memorization_share,margin_min,margin_mean,\
             teacher_cosine,teacher_distance,objective,effective_weights,gini,description_length,\
             hessian_trace,sharpness,pac_bayes,max_margin_angle,train_acc_clean,train_acc_noisy,\
             norm_u,norm_v,norm_w,ipr,periodic_share,analytic_distance\n\
             1000000,1,,0.25,0.3333333333333333,,,,2e-7,3,4,0.5,-1.5,6,0.75,8,9,,,,,,,,,,,,,,,\n"
        );
    }

    #[test]
    fn absent_figures_are_empty_or_null_and_zero_only_for_the_reference_programs() {
        let mut output = OutputSpec {
            columns: vec![
                Column::Epoch,
                Column::Figure(Figure::TestAcc),
                Column::Figure(Figure::TrainLoss),
            ],
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
    fn a_trace_is_its_columns() {
        let evaluations =
            [1, 5, 9].map(|epoch| Evaluation::new(epoch).with(Figure::Objective, epoch as f64));
        let mut trace: Trace = evaluations.into_iter().collect();
        assert_eq!(trace.epochs(), [1, 5, 9]);
        assert_eq!(trace.figure(Figure::Objective), [1.0, 5.0, 9.0]);
        assert!(trace.figure(Figure::TestAcc).iter().all(|x| x.is_nan()));
        trace.end_at(7);
        assert_eq!((trace.len(), trace.last().unwrap().epoch), (2, 5));
    }

    #[test]
    fn a_figure_may_come_late_and_be_gone_again() {
        let cosines = [None, None, Some(0.5), None];
        let evaluations = cosines.into_iter().zip(1..).map(|(cosine, epoch)| {
            let mut evaluation = Evaluation::new(epoch);
            evaluation.set(Figure::TeacherCosine, cosine);
            evaluation
        });
        let evaluations: Vec<Evaluation> = evaluations.collect();
        let trace: Trace = evaluations.iter().copied().collect();
        assert!(trace.iter().eq(evaluations));
        for figure in [Figure::TeacherCosine, Figure::Gini] {
            assert_eq!(trace.figure(figure).len(), 4);
        }
    }
}
