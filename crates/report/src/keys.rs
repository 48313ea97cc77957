//! Names, letters and colours of settings and figures in pictures.

use sparsegrok_config::Setting;
use sparsegrok_kernel::Figure;
use sparsegrok_plot::{Paint, number};
use toml::Value;

/// The letter of a setting in formulas, its key where it has none.
pub(crate) fn symbol(key: &str) -> &str {
    Setting::of(key)
        .and_then(|setting| setting.symbol)
        .unwrap_or(key)
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

/// Settings for reading: `λ = 10⁻⁴, R = 100`.
pub(crate) fn settings<'a>(settings: impl Iterator<Item = (&'a str, &'a Value)>) -> String {
    let texts = settings.map(|(key, of)| format!("{} = {}", symbol(key), value(of)));
    texts.collect::<Vec<_>>().join(", ")
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

/// The colour of a figure's curve: that of what it is about.
pub(crate) fn figure_paint(figure: Figure) -> Paint {
    match figure {
        Figure::TrainAcc
        | Figure::TrainLoss
        | Figure::MemorizationNorm
        | Figure::MarginMean
        | Figure::NormU
        | Figure::Ipr => Paint::Blue,
        Figure::TrainAccClean | Figure::NormV => Paint::Sky,
        Figure::TrainAccNoisy => Paint::Orange,
        Figure::TestAcc
        | Figure::TestLoss
        | Figure::WeightNorm
        | Figure::MarginMin
        | Figure::NormW
        | Figure::AnalyticDistance
        | Figure::Sharpness => Paint::Vermilion,
        Figure::PopulationAcc
        | Figure::SignalNorm
        | Figure::TeacherCosine
        | Figure::PeriodicShare => Paint::Green,
        _ => Paint::Purple,
    }
}
