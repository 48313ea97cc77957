//! The model file: a trained model as text a person can read.
//!
//! ```text
//! sparsegrok model 1
//! # learning_rate = 0.05            the configuration, as TOML behind `# `
//! signal 2                          columns of each kind
//! tail 3
//! memorization 4
//! bias 0e0
//! weights 2                         how many lines follow
//! 0 1.25e0                          column (signal, tail, memorization; from 0) and weight
//! 4 -3.5e-1
//! ```
//!
//! Only non-zero weights are listed, in ascending columns; numbers are the shortest that read back
//! to the same bits.
//!
//! A model of several classes has their labels before the first bias, and then a bias and weights for
//! each, in the order of the labels:
//!
//! ```text
//! memorization 0
//! classes -1 2 7                    ascending, two or more
//! bias 0e0                          the model of label -1 against the rest
//! weights 1
//! 0 1.25e0
//! bias 0e0                          of label 2
//! weights 0
//! bias 1e-1                         of label 7
//! weights 1
//! 3 -2e0
//! ```

use std::io::{self, BufRead, Read, Write};
use std::str::FromStr;

use sparsegrok_data::Row;

use crate::weights::Weights;

const MAGIC: &str = "sparsegrok model 1";

/// The line that begins what scores rows, as errors have it.
const BIAS: &str = "`bias NUMBER`";

/// Most bytes of a line: what is longer is no model, and may have no end.
const LONGEST: u64 = 1 << 22;

/// Characters of a line that an error quotes.
const QUOTED: usize = 60;

/// A model read from a file: what the file lists, so that it takes memory as the file takes room,
/// however many columns it announces.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The configuration it was trained with, as TOML.
    pub config: String,
    /// Signal columns.
    pub signal: usize,
    /// Tail columns.
    pub tail: usize,
    /// Memorization columns.
    pub memorization: usize,
    /// The labels of its classes, ascending; none where one score tells.
    pub classes: Vec<i32>,
    /// What scores rows: one, or one for each class.
    pub scorers: Vec<Scorer>,
}

/// The intercept and weights that score rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scorer {
    /// Intercept.
    pub bias: f64,
    /// Columns (signal, tail, memorization; from 0) of non-zero weight, ascending, and their weights.
    pub weights: Vec<(usize, f64)>,
}

/// The reason that a model file could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The file could not be read at all.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A line is not what the format wants there.
    #[error("line {line}: found `{found}`, expected {expected}")]
    Line {
        /// Line, counted from 1.
        line: usize,
        /// The text found there.
        found: String,
        /// The text that should.
        expected: &'static str,
    },
}

impl Model {
    /// The scores z of a row, whose tail columns follow its signal columns: one, or one for each class.
    /// Memorization columns belong to training rows and do not count; columns the model never saw weigh
    /// nothing. `Time: O(nnz · log weights)` each
    pub fn scores(&self, row: &Row<'_>) -> impl Iterator<Item = f64> {
        let shared = self.signal + self.tail;
        self.scorers
            .iter()
            .map(move |scorer| scorer.score(row, shared))
    }
}

impl Scorer {
    /// Score of a row by the weights of the columns below `shared`.
    fn score(&self, row: &Row<'_>, shared: usize) -> f64 {
        let end = self.weights.partition_point(|&(at, _)| at < shared);
        let mut rest = &self.weights[..end];
        let first = row.signal.len();
        let tail = row.tail.indices.iter().map(|at| first + at);
        let tail = tail.zip(row.tail.values);
        let mut z = self.bias;
        for (column, x) in row.signal.iter().enumerate().chain(tail) {
            // Columns ascend, so that each search goes on where the one before ended.
            rest = &rest[rest.partition_point(|&(at, _)| at < column)..];
            match rest.first() {
                Some(&(at, weight)) if at == column => z += x * weight,
                Some(_) => {}
                None => break,
            }
        }
        z
    }
}

/// Writes a model file. `Time: O(weights)`
///
/// # Errors
/// Any error of the writer.
pub fn write(mut to: impl Write, config: &str, weights: &Weights) -> io::Result<()> {
    write_head(&mut to, config, weights)?;
    write_scorer(&mut to, weights)?;
    to.flush()
}

/// Writes the file of a model of classes: their labels, ascending, and the weights of each, all of the same
/// columns. `Time: O(weights)`
///
/// # Errors
/// Any error of the writer.
///
/// # Panics
/// When there are fewer labels than two, or not as many weights.
pub fn write_classes(
    mut to: impl Write,
    config: &str,
    labels: &[i32],
    models: &[Weights],
) -> io::Result<()> {
    assert!(
        labels.len() > 1 && labels.len() == models.len(),
        "a model a class"
    );
    write_head(&mut to, config, &models[0])?;
    write!(to, "classes")?;
    labels.iter().try_for_each(|label| write!(to, " {label}"))?;
    writeln!(to)?;
    models
        .iter()
        .try_for_each(|weights| write_scorer(&mut to, weights))?;
    to.flush()
}

fn write_head(to: &mut impl Write, config: &str, weights: &Weights) -> io::Result<()> {
    writeln!(to, "{MAGIC}")?;
    for line in config.lines() {
        writeln!(to, "# {line}")?;
    }
    writeln!(to, "signal {}", weights.signal.len())?;
    writeln!(to, "tail {}", weights.tail.len())?;
    writeln!(to, "memorization {}", weights.memorization.len())
}

fn write_scorer(to: &mut impl Write, weights: &Weights) -> io::Result<()> {
    writeln!(to, "bias {:e}", weights.bias)?;
    let all = || weights.parts().into_iter().flatten();
    writeln!(to, "weights {}", all().filter(|w| **w != 0.0).count())?;
    for (column, weight) in all().enumerate().filter(|(_, w)| **w != 0.0) {
        writeln!(to, "{column} {weight:e}")?;
    }
    Ok(())
}

/// Reads a model file. `Time: O(file)`
///
/// # Errors
/// [`ModelError::Line`] with the first line that is not what [the format](self) wants.
pub fn read(from: impl BufRead) -> Result<Model, ModelError> {
    let mut lines = Lines {
        from,
        number: 0,
        text: String::new(),
    };
    lines.next("`sparsegrok model 1`")?;
    if lines.text != MAGIC {
        return Err(lines.refuse("`sparsegrok model 1`"));
    }
    let mut config = String::new();
    lines.next("`signal COLUMNS`")?;
    while let Some(line) = lines.text.strip_prefix('#') {
        config.push_str(line.strip_prefix(' ').unwrap_or(line));
        config.push('\n');
        lines.next("`signal COLUMNS`")?;
    }
    let signal: usize = lines.field("signal", "`signal COLUMNS`")?;
    let tail: usize = lines.next_field("tail", "`tail COLUMNS`")?;
    let memorization: usize = lines.next_field("memorization", "`memorization COLUMNS`")?;
    let columns = [signal, tail, memorization]
        .into_iter()
        .try_fold(0, usize::checked_add)
        .ok_or_else(|| lines.refuse("fewer than 2^64 columns in all"))?;
    lines.next(BIAS)?;
    let classes = match lines.text.strip_prefix("classes ") {
        None => Vec::new(),
        Some(labels) => {
            let expected = "`classes LABEL LABEL ...`, labels ascending";
            let classes = ascending(labels).ok_or_else(|| lines.refuse(expected))?;
            lines.next(BIAS)?;
            classes
        }
    };
    let mut scorers = vec![lines.scorer(columns)?];
    for _ in classes.iter().skip(1) {
        lines.next(BIAS)?;
        scorers.push(lines.scorer(columns)?);
    }
    if lines.try_next()? {
        return Err(lines.refuse("the end of the file"));
    }
    Ok(Model {
        config,
        signal,
        tail,
        memorization,
        classes,
        scorers,
    })
}

/// Two labels or more, if they ascend.
fn ascending(labels: &str) -> Option<Vec<i32>> {
    let labels = labels.split(' ').map(|label| label.parse().ok());
    let labels = labels.collect::<Option<Vec<i32>>>()?;
    let ascend = labels.len() > 1 && labels.is_sorted_by(|a, b| a < b);
    ascend.then_some(labels)
}

/// Reads lines, remembering where it is.
struct Lines<B: BufRead> {
    from: B,
    number: usize,
    text: String,
}

impl<B: BufRead> Lines<B> {
    fn try_next(&mut self) -> Result<bool, ModelError> {
        self.number += 1;
        let mut bytes = Vec::new();
        let mut bounded = self.from.by_ref().take(LONGEST + 1);
        bounded.read_until(b'\n', &mut bytes)?;
        let bad = |found, expected| ModelError::Line {
            line: self.number,
            found,
            expected,
        };
        if bytes.len() as u64 > LONGEST {
            let found = abridged(&String::from_utf8_lossy(&bytes));
            return Err(bad(found, "at most 4 MiB a line"));
        }
        let is_line = !bytes.is_empty();
        let text = String::from_utf8(bytes);
        self.text = text.map_err(|_| bad("other bytes".to_owned(), "text in UTF-8"))?;
        let ends = ["\r\n", "\n"];
        let end = ends.into_iter().find(|end| self.text.ends_with(end));
        let length = self.text.len() - end.map_or(0, str::len);
        self.text.truncate(length);
        Ok(is_line)
    }

    fn next(&mut self, expected: &'static str) -> Result<(), ModelError> {
        if self.try_next()? {
            return Ok(());
        }
        Err(ModelError::Line {
            line: self.number,
            found: "the end of the file".to_owned(),
            expected,
        })
    }

    /// The value that the next line gives to a name.
    fn next_field<T: FromStr>(
        &mut self,
        name: &str,
        expected: &'static str,
    ) -> Result<T, ModelError> {
        self.next(expected)?;
        self.field(name, expected)
    }

    /// The value that the current line gives to a name.
    fn field<T: FromStr>(&self, name: &str, expected: &'static str) -> Result<T, ModelError> {
        self.text
            .strip_prefix(name)
            .and_then(|rest| rest.strip_prefix(' '))
            .and_then(|value| value.parse().ok())
            .ok_or_else(|| self.refuse(expected))
    }

    /// A bias on the current line, and the weights on the lines after it, of columns below `columns`.
    fn scorer(&mut self, columns: usize) -> Result<Scorer, ModelError> {
        let bias: f64 = self.field("bias", BIAS)?;
        if !bias.is_finite() {
            return Err(self.refuse("a finite bias"));
        }
        let count: usize = self.next_field("weights", "`weights COUNT`")?;
        // Not reserved: the count is a claim of the file, and memory follows only lines that are there.
        let mut weights: Vec<(usize, f64)> = Vec::new();
        for _ in 0..count {
            let expected = "`COLUMN WEIGHT`, columns ascending, weights finite";
            self.next(expected)?;
            let entry = self.text.split_once(' ').and_then(|(column, weight)| {
                let column: usize = column.parse().ok()?;
                let weight: f64 = weight.parse().ok()?;
                let ascending = weights.last().is_none_or(|&(last, _)| column > last);
                (ascending && column < columns && weight.is_finite()).then_some((column, weight))
            });
            weights.push(entry.ok_or_else(|| self.refuse(expected))?);
        }
        Ok(Scorer { bias, weights })
    }

    /// The current line is not what was expected.
    fn refuse(&self, expected: &'static str) -> ModelError {
        ModelError::Line {
            line: self.number,
            found: abridged(&self.text),
            expected,
        }
    }
}

/// A text fit for a message: cut to a length, on one line.
fn abridged(text: &str) -> String {
    let start: String = text.chars().take(QUOTED).collect();
    let ellipsis = if start.len() < text.len() { "…" } else { "" };
    format!("{}{ellipsis}", start.escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sparsegrok_data::{Indices, SparseRow};

    fn weights() -> Weights {
        Weights {
            signal: vec![1.25, 0.0],
            tail: vec![0.0, -0.1, 1e-300],
            memorization: vec![0.0, 0.0, f64::MIN_POSITIVE / 8.0, 7.0],
            bias: -0.5,
        }
    }

    #[test]
    fn a_model_reads_back_to_the_bit() {
        let mut file = Vec::new();
        write(&mut file, "epochs = 3\n\nbias = true", &weights()).unwrap();
        let model = read(&file[..]).unwrap();
        assert_eq!((model.signal, model.tail, model.memorization), (2, 3, 4));
        assert_eq!(model.classes, []);
        assert_eq!(model.scorers[0].bias, -0.5);
        let listed = [
            (0, 1.25),
            (3, -0.1),
            (4, 1e-300),
            (7, f64::MIN_POSITIVE / 8.0),
            (8, 7.0),
        ];
        assert_eq!(model.scorers[0].weights, listed);
        assert_eq!(model.config, "epochs = 3\n\nbias = true\n");
    }

    /// The file of a model of three classes, the second of which weighs nothing.
    fn of_classes() -> Vec<u8> {
        let mut models = [weights(), weights(), weights()];
        (models[1].signal, models[1].tail) = (vec![0.0; 2], vec![0.0; 3]);
        models[1].memorization = vec![0.0; 4];
        models[2].bias = 7.0;
        let mut file = Vec::new();
        write_classes(&mut file, "epochs = 3", &[-1, 2, 7], &models).unwrap();
        file
    }

    #[test]
    fn a_model_of_classes_has_a_block_for_each() {
        let file = of_classes();
        let text = String::from_utf8(file.clone()).unwrap();
        assert!(text.contains("memorization 4\nclasses -1 2 7\nbias -5e-1\nweights 5\n0 1.25e0\n"));
        assert!(text.contains("\n8 7e0\nbias -5e-1\nweights 0\nbias 7e0\nweights 5\n"));
        let model = read(&file[..]).unwrap();
        assert_eq!(model.classes, [-1, 2, 7]);
        let biases: Vec<f64> = model.scorers.iter().map(|scorer| scorer.bias).collect();
        assert_eq!(biases, [-0.5, -0.5, 7.0]);
        let counts: Vec<usize> = model
            .scorers
            .iter()
            .map(|scorer| scorer.weights.len())
            .collect();
        assert_eq!(counts, [5, 0, 5]);
        let row = (&[2.0, 1.0]).into();
        let scores = model.scores(&row);
        assert_eq!(scores.collect::<Vec<_>>(), [2.0, -0.5, 9.5]);
        for wrong in [
            "classes",
            "classes 1",
            "classes 2 1",
            "classes 1 1",
            "classes 1  2",
            "classes 1 2.5",
        ] {
            let said = read(text.replace("classes -1 2 7", wrong).as_bytes()).unwrap_err();
            assert!(
                said.to_string().contains(&format!("found `{wrong}`")),
                "{said}"
            );
        }
        // A class more than there are blocks, and one fewer.
        for (labels, said) in [
            ("-1 2 7 9", "found the end"),
            ("-1 2", "expected the end of the file"),
        ] {
            let text = text.replace("-1 2 7", labels);
            let error = read(text.as_bytes()).unwrap_err().to_string();
            assert!(error.replace('`', "").contains(said), "{error}");
        }
    }

    #[test]
    fn every_broken_line_is_named() {
        let mut file = Vec::new();
        write(&mut file, "epochs = 3", &weights()).unwrap();
        for file in [file, of_classes()] {
            every_broken_line_of_is_named(String::from_utf8(file).unwrap());
        }
    }

    fn every_broken_line_of_is_named(text: String) {
        let lines: Vec<&str> = text.lines().collect();
        for at in (0..lines.len()).filter(|&at| at != 1) {
            let mut broken = lines.clone();
            broken[at] = "nonsense";
            let error = read(broken.join("\n").as_bytes()).unwrap_err().to_string();
            assert!(error.contains("nonsense"), "{error}");
            assert!(error.starts_with(&format!("line {}:", at + 1)), "{error}");
            let cut = read(lines[..at].join("\n").as_bytes()).unwrap_err();
            assert!(cut.to_string().contains("the end of the file"), "{cut}");
        }
        let longer = text + "9 1e0\n";
        assert!(read(longer.as_bytes()).is_err());
    }

    #[test]
    fn a_row_s_columns_meet_signal_and_tail_weights() {
        let mut file = Vec::new();
        write(&mut file, "", &weights()).unwrap();
        let model = read(&file[..]).unwrap();
        let score = |signal: &[f64], indices: &[u32]| {
            let row = Row {
                signal,
                tail: SparseRow {
                    indices: Indices::U32(indices),
                    values: &[2.0, 2.0][..indices.len()],
                },
                target: 1.0,
                memorization: None,
            };
            model.scores(&row).next().unwrap()
        };
        assert_eq!(score(&[1.0, 5.0], &[1]), -0.5 + 1.25 - 0.2);
        assert_eq!(score(&[], &[0, 3]), -0.5 + 2.5 - 0.2);
        // Memorization weights must not be applied to new rows.
        assert_eq!(score(&[], &[7, u32::MAX - 1]), -0.5);
    }

    #[test]
    fn a_small_file_cannot_ask_for_much_memory() {
        let columns = usize::MAX / 2;
        let file = format!(
            "{MAGIC}\nsignal {columns}\ntail {columns}\nmemorization 0\nbias 0\nweights 1\n{columns} 1\n"
        );
        let model = read(file.as_bytes()).unwrap();
        assert_eq!(model.scorers[0].weights, [(columns, 1.0)]);
        let file = file.replace("memorization 0", "memorization 9");
        let error = read(file.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("fewer than 2^64"), "{error}");
    }

    proptest! {
        #[test]
        fn any_text_is_a_model_or_a_fault(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
            cut in any::<prop::sample::Index>(),
            has_classes in any::<bool>(),
        ) {
            let mut file = Vec::new();
            match has_classes {
                true => file = of_classes(),
                false => write(&mut file, "epochs = 3", &weights()).unwrap(),
            }
            for (at, byte) in changes {
                let at = at.index(file.len());
                file[at] = byte;
            }
            file.truncate(cut.index(2 * file.len()));
            match read(&file[..]) {
                Ok(model) => {
                    let all = model.signal + model.tail + model.memorization;
                    prop_assert_eq!(model.scorers.len(), model.classes.len().max(1));
                    for Scorer { weights, .. } in model.scorers {
                        prop_assert!(weights.is_sorted_by(|a, b| a.0 < b.0));
                        prop_assert!(weights.iter().all(|&(at, weight)| at < all && weight.is_finite()));
                    }
                }
                Err(error) => {
                    let said = error.to_string();
                    prop_assert!(said.starts_with("line ") && said.lines().count() == 1, "{said}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_text_is_named() {
        let error = read(&b"sparsegrok model 1\n\xff\xfe\n"[..]).unwrap_err();
        let said = "line 2: found `other bytes`, expected text in UTF-8";
        assert_eq!(error.to_string(), said);
        let long = "x".repeat(1000);
        let error = read(long.as_bytes()).unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("line 1: found `{}…`", "x".repeat(60))),
            "{error}"
        );
    }
}
