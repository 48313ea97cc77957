//! The C++ twin of the dense reference, the textbook loop and sparse rows: `benches/peers/toy.cpp`.

use std::path::PathBuf;
use std::process::Command;

/// The compiled program.
pub(crate) struct Twin(PathBuf);

/// The figures that a run of it printed.
pub(crate) struct Ran {
    pub(crate) ns_per_step: f64,
    /// Of the toy.
    pub(crate) train_loss: Option<f64>,
    pub(crate) weight_norm: f64,
}

impl Twin {
    /// Compiles it, where there is a C++ compiler.
    ///
    /// # Errors
    /// A reason there is no program.
    pub(crate) fn compiled() -> Result<Self, String> {
        let program = PathBuf::from(concat!(env!("CARGO_TARGET_TMPDIR"), "/toy"));
        let status = Command::new("c++")
            .args(["-std=c++17", "-O3", "-march=native", "-o"])
            .arg(&program)
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/benches/peers/toy.cpp"
            ))
            .status();
        match status {
            Err(error) => Err(format!("c++ does not start: {error}")),
            Ok(status) if status.success() => Ok(Self(program)),
            Ok(status) => Err(format!("c++ does not compile the program: {status}")),
        }
    }

    /// Runs it: `dense` or `sparse`, on rows of so many signal columns; `rows` or `shuffled-rows`, on sparse rows.
    pub(crate) fn run(&self, kind: &str, rows: usize, columns: usize, epochs: u64) -> Ran {
        let output = Command::new(&self.0)
            .args([kind].map(str::to_owned))
            .args([rows, columns].map(|count| count.to_string()))
            .arg(epochs.to_string())
            .output()
            .expect("the C++ program starts");
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let words: Vec<&str> = text.split_whitespace().collect();
        let number = |key: &str| {
            let at = words.iter().position(|word| *word == key);
            at.and_then(|at| words.get(at + 1)?.parse::<f64>().ok())
        };
        let needed = |key: &str| number(key).unwrap_or_else(|| panic!("no {key} in {text:?}"));
        Ran {
            ns_per_step: needed("ns_per_step"),
            train_loss: number("train_loss"),
            weight_norm: needed("weight_norm"),
        }
    }
}
