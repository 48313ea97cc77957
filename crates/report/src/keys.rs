//! What settings and figures are called in pictures.

use sparsegrok_plot::{Paint, number};
use sparsegrok_study::Column;
use toml::Value;

/// The letter of a setting in formulas, its key where it has none.
pub(crate) fn symbol(key: &str) -> &str {
    match key {
        "weight_decay" => "λ",
        "learning_rate" => "η",
        "init_norm" => "R",
        "n_train" => "n",
        "d_signal" => "d",
        "signal_scale" => "ε",
        "memorization_scale" => "α",
        "batch_size" => "b",
        key => key,
    }
}

/// A setting in words, with its letter: an axis's title.
pub(crate) fn title(key: &str) -> String {
    let words = match key {
        "n_train" => "training rows".to_owned(),
        "d_signal" => "signal features".to_owned(),
        "init_norm" => "initial norm".to_owned(),
        key => key.replace('_', " "),
    };
    match symbol(key) {
        letter if letter == key => words,
        letter => format!("{words} {letter}"),
    }
}

/// A value for reading.
pub(crate) fn value(value: &Value) -> String {
    match (number(value), value) {
        (Some(x), _) => number::number(x),
        (None, Value::String(word)) => word.clone(),
        (None, other) => other.to_string(),
    }
}

/// A value that is a number.
pub(crate) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(i) => Some(*i as f64),
        Value::Float(x) => Some(*x),
        _ => None,
    }
}

/// What a figure is called in a legend.
pub(crate) fn column_words(column: Column) -> &'static str {
    match column {
        Column::Epoch => "epoch",
        Column::TrainAcc | Column::TrainLoss => "train",
        Column::TestAcc | Column::TestLoss => "test",
        Column::PopulationAcc => "population",
        Column::GapLoss => "test − train loss",
        Column::GapAcc => "train − test accuracy",
        Column::WeightNorm => "‖w‖, all weights",
        Column::SignalNorm => "‖v‖, signal",
        Column::MemorizationNorm => "‖m‖, memorization",
        Column::MemorizationShare => "‖m‖² / ‖w‖²",
        Column::MarginMin => "smallest",
        Column::MarginMean => "mean",
        Column::TeacherCosine => "cosine of v and teacher",
        Column::TeacherDistance => "‖v − teacher‖² / d",
        Column::Objective => "objective",
    }
}

/// The colour of a figure's curve: that of what it is about.
pub(crate) fn column_paint(column: Column) -> Paint {
    match column {
        Column::TrainAcc | Column::TrainLoss | Column::MemorizationNorm | Column::MarginMean => {
            Paint::Blue
        }
        Column::TestAcc | Column::TestLoss | Column::WeightNorm | Column::MarginMin => {
            Paint::Vermilion
        }
        Column::PopulationAcc | Column::SignalNorm | Column::TeacherCosine => Paint::Green,
        _ => Paint::Purple,
    }
}
