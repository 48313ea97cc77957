//! The shapes of values: how each is written in TOML and on the command line, and read back.

use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;

use sparsegrok_data::svmlight::LabelPair;
use sparsegrok_data::{RandomFamily, Target};
use sparsegrok_kernel::{
    BatchSize, DecayOrder, Figure, Init, KernelChoice, Loss, Order, Schedule, SimdChoice,
};
use toml::Value;

use crate::checkpoint_every::CheckpointEvery;
use crate::column::Column;
use crate::config::TraceFormat;
use crate::error::ConfigError;
use crate::evaluate::{Crossing, GenFigure, MemFigure};
use crate::number::NumberFormat;
use crate::persistence::Persistence;
use crate::seeds::{SeedWhat, Seeds, Traces};
use crate::setting::value_text;
use crate::stop_when::StopWhen;

/// The shape of a setting's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole number of at least 0.
    Whole,
    /// A whole number from the first to the second, or one of these words.
    WholeOr(u64, u64, &'static [&'static str]),
    /// A number.
    Number,
    /// True or false; the bare flag means true.
    Switch,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A path, relative to the working directory; one that is no UTF-8 is an array of its bytes in TOML.
    Path,
    /// Two labels, `A,B`.
    Labels,
    /// Names of trace columns, separated by commas; an array in TOML.
    Columns,
    /// Names of figures, separated by commas; an array in TOML.
    Figures,
    /// A range of seeds, `A..B`.
    Seeds,
    /// When a run ends: `grokked` or `grokked+K`.
    Stop,
    /// An interval: a time, a number of epochs, or `never`.
    Every,
    /// A span of training time: a share of the epochs, or a number of them.
    Span,
    /// Axes of a grid, separated by semicolons; an array in TOML.
    Axes,
}

/// The largest whole number that TOML has.
const MOST: u64 = i64::MAX as u64;

impl Kind {
    /// Stands for the value in help.
    pub fn value_name(self) -> &'static str {
        match self {
            Self::Whole | Self::WholeOr(..) => "N",
            Self::Number => "X",
            Self::Switch => "BOOL",
            Self::Choice(_) => "NAME",
            Self::Path => "FILE",
            Self::Labels => "A,B",
            Self::Columns | Self::Figures => "LIST",
            Self::Seeds => "A..B",
            Self::Stop => "WHEN",
            Self::Every => "EVERY",
            Self::Span => "SPAN",
            Self::Axes => "KEY=LIST",
        }
    }

    /// Describes a good value, to complete "expected …".
    pub fn expected(self) -> String {
        match self {
            Self::Whole => format!("a whole number from 0 to {}", as_power(MOST)),
            Self::WholeOr(least, most, words) => {
                let words: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
                let (most, words) = (as_power(most), words.join(" or "));
                format!("a whole number from {least} to {most}, or {words}")
            }
            Self::Number => "a number".to_owned(),
            Self::Switch => "true or false".to_owned(),
            Self::Choice(words) => one_of(words.iter().copied()),
            Self::Path => "a path".to_owned(),
            Self::Labels => LabelPair::FORM.to_owned(),
            Self::Columns => {
                let names = Column::all().map(Column::name);
                format!("columns, each {}", one_of(names))
            }
            Self::Figures => {
                let names = Figure::ALL.into_iter().map(Figure::name);
                format!("figures, each {}", one_of(names))
            }
            Self::Seeds => Seeds::FORM.to_owned(),
            Self::Every => CheckpointEvery::FORM.to_owned(),
            Self::Span => Persistence::FORM.to_owned(),
            Self::Stop => StopWhen::FORM.to_owned(),
            Self::Axes => "a list of texts such as \"weight_decay=1e-4,1e-3\"".to_owned(),
        }
    }

    /// Reads a flag's text as the TOML value it stands for; text that is no such value stays a
    /// string, which [`Settings`](crate::Settings) then refuses by name.
    pub fn parse(self, text: &str) -> Value {
        if let Some(separator) = self.separator() {
            let items = text.split(separator).map(|item| item.trim().into());
            return Value::Array(items.collect());
        }
        let parsed = match self {
            Self::Whole | Self::WholeOr(..) => whole(text).map(Value::Integer),
            Self::Number => text.parse().ok().map(Value::Float),
            Self::Switch => text.parse().ok().map(Value::Boolean),
            _ => None,
        };
        parsed.unwrap_or_else(|| text.into())
    }

    /// The text of a value, as [`Kind::parse`] reads it.
    pub fn text(self, value: &Value) -> String {
        match (value, self.separator()) {
            (Value::Array(items), Some(separator)) => {
                let items: Vec<_> = items.iter().map(value_text).collect();
                items.join(separator)
            }
            _ => value_text(value),
        }
    }

    /// The text between two items, for kinds whose values are lists.
    pub(crate) fn separator(self) -> Option<&'static str> {
        match self {
            Self::Columns | Self::Figures => Some(","),
            Self::Axes => Some(";"),
            _ => None,
        }
    }
}

/// Reads a whole number, also one written as `1e5`.
fn whole(text: &str) -> Option<i64> {
    let exact = (1_u64 << 53) as f64;
    text.parse().ok().or_else(|| {
        let x: f64 = text.parse().ok()?;
        (x.fract() == 0.0 && x.abs() <= exact).then_some(x as i64)
    })
}

/// Writes a number one below a power of two as that.
fn as_power(most: u64) -> String {
    format!("2^{} - 1", most.count_ones())
}

fn one_of<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    format!("one of {}", quoted.join(", "))
}

/// A type that a setting can have.
pub(crate) trait SettingType: Sized {
    /// The shape of its values.
    const KIND: Kind;

    /// Reads a value; `None` where it is not of this type.
    fn read(value: &Value) -> Option<Self>;

    /// Writes the value, `None` where there is none.
    ///
    /// # Errors
    /// [`ConfigError::NoToml`], where TOML has no form for it.
    fn write(&self) -> Result<Option<Value>, ConfigError>;
}

/// A setting that may be left out.
impl<T: SettingType> SettingType for Option<T> {
    const KIND: Kind = T::KIND;

    fn read(value: &Value) -> Option<Self> {
        T::read(value).map(Some)
    }

    fn write(&self) -> Result<Option<Value>, ConfigError> {
        self.as_ref().map_or(Ok(None), T::write)
    }
}

impl SettingType for u64 {
    const KIND: Kind = Kind::Whole;

    fn read(value: &Value) -> Option<Self> {
        value.as_integer()?.try_into().ok()
    }

    fn write(&self) -> Result<Option<Value>, ConfigError> {
        match i64::try_from(*self) {
            Ok(whole) => Ok(Some(whole.into())),
            Err(_) => Err(ConfigError::NoToml(format!("{self} is above 2^63 - 1"))),
        }
    }
}

impl SettingType for usize {
    const KIND: Kind = Kind::Whole;

    fn read(value: &Value) -> Option<Self> {
        u64::read(value)?.try_into().ok()
    }

    fn write(&self) -> Result<Option<Value>, ConfigError> {
        (*self as u64).write()
    }
}

impl SettingType for f64 {
    const KIND: Kind = Kind::Number;

    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Float(x) => Some(*x),
            Value::Integer(x) => Some(*x as f64),
            _ => None,
        }
    }

    fn write(&self) -> Result<Option<Value>, ConfigError> {
        Ok(Some((*self).into()))
    }
}

impl SettingType for bool {
    const KIND: Kind = Kind::Switch;

    fn read(value: &Value) -> Option<Self> {
        value.as_bool()
    }

    fn write(&self) -> Result<Option<Value>, ConfigError> {
        Ok(Some((*self).into()))
    }
}

impl SettingType for PathBuf {
    const KIND: Kind = Kind::Path;

    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::String(path) => Some(path.into()),
            Value::Array(bytes) => {
                let byte = |value: &Value| u8::try_from(value.as_integer()?).ok();
                of_bytes(bytes.iter().map(byte).collect::<Option<_>>()?)
            }
            _ => None,
        }
    }

    fn write(&self) -> Result<Option<Value>, ConfigError> {
        Ok(Some(match self.to_str() {
            Some(path) => path.into(),
            None => {
                let bytes = self.as_os_str().as_encoded_bytes().iter();
                Value::Array(bytes.map(|&byte| i64::from(byte).into()).collect())
            }
        }))
    }
}

/// The path that is written in these bytes, where paths are bytes.
fn of_bytes(bytes: Vec<u8>) -> Option<PathBuf> {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStringExt;
        Some(std::ffi::OsString::from_vec(bytes).into())
    }
    #[cfg(not(unix))]
    String::from_utf8(bytes).ok().map(PathBuf::from)
}

impl SettingType for Vec<Column> {
    const KIND: Kind = Kind::Columns;

    fn read(value: &Value) -> Option<Self> {
        let items = value.as_array()?.iter();
        items.map(|item| Column::of(item.as_str()?)).collect()
    }

    fn write(&self) -> Result<Option<Value>, ConfigError> {
        let names = self.iter().map(|column| column.name().into());
        Ok(Some(Value::Array(names.collect())))
    }
}

impl SettingType for Vec<Figure> {
    const KIND: Kind = Kind::Figures;

    fn read(value: &Value) -> Option<Self> {
        let items = value.as_array()?.iter();
        items.map(|item| Figure::of(item.as_str()?)).collect()
    }

    fn write(&self) -> Result<Option<Value>, ConfigError> {
        let names = self.iter().map(|figure| figure.name().into());
        Ok(Some(Value::Array(names.collect())))
    }
}

/// Axes of a grid.
impl SettingType for Vec<String> {
    const KIND: Kind = Kind::Axes;

    fn read(value: &Value) -> Option<Self> {
        let items = value.as_array()?.iter();
        items.map(|item| item.as_str().map(str::to_owned)).collect()
    }

    fn write(&self) -> Result<Option<Value>, ConfigError> {
        let axes = self.iter().map(|axis| axis.as_str().into());
        Ok(Some(Value::Array(axes.collect())))
    }
}

impl SettingType for BatchSize {
    const KIND: Kind = Kind::WholeOr(1, u32::MAX as u64, &["full"]);

    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Integer(rows @ 1..) => Some(Self::Rows(u32::try_from(*rows).ok()?)),
            Value::String(word) if word == "full" => Some(Self::Full),
            _ => None,
        }
    }

    fn write(&self) -> Result<Option<Value>, ConfigError> {
        Ok(Some(match self {
            Self::Rows(rows) => i64::from(*rows).into(),
            Self::Full => "full".into(),
        }))
    }
}

impl SettingType for Traces {
    const KIND: Kind = Kind::WholeOr(0, MOST, &["none", "all"]);

    fn read(value: &Value) -> Option<Self> {
        match value.as_str() {
            Some("none") => Some(Self::None),
            Some("all") => Some(Self::All),
            _ => u64::read(value).map(Self::First),
        }
    }

    fn write(&self) -> Result<Option<Value>, ConfigError> {
        match self {
            Self::None => Ok(Some("none".into())),
            Self::First(count) => count.write(),
            Self::All => Ok(Some("all".into())),
        }
    }
}

/// Reads a type that displays as its text.
fn read_text<T: FromStr>(value: &Value) -> Option<T> {
    value.as_str()?.parse().ok()
}

fn write_text(value: &impl Display) -> Result<Option<Value>, ConfigError> {
    Ok(Some(value.to_string().into()))
}

/// Makes settings of types that are written as text of their own.
macro_rules! texts {
    ($($type:ty: $kind:expr;)*) => {$(
        impl SettingType for $type {
            const KIND: Kind = $kind;

            fn read(value: &Value) -> Option<Self> {
                read_text(value)
            }

            fn write(&self) -> Result<Option<Value>, ConfigError> {
                write_text(self)
            }
        }
    )*};
}

texts! {
    LabelPair: Kind::Labels;
    Seeds: Kind::Seeds;
    StopWhen: Kind::Stop;
    Persistence: Kind::Span;
    CheckpointEvery: Kind::Every;
}

/// Makes settings of enums, each variant of which is a word.
macro_rules! choices {
    ($($type:ident { $($variant:ident = $word:literal),* $(,)? })*) => {$(
        impl SettingType for $type {
            const KIND: Kind = Kind::Choice(&[$($word),*]);

            fn read(value: &Value) -> Option<Self> {
                match value.as_str()? {
                    $($word => Some(Self::$variant),)*
                    _ => None,
                }
            }

            fn write(&self) -> Result<Option<Value>, ConfigError> {
                let word = match self {
                    $(Self::$variant => $word,)*
                };
                Ok(Some(word.into()))
            }
        }
    )*};
}

choices! {
    Target { Sign = "sign", Linear = "linear" }
    RandomFamily { Xoshiro256pp = "xoshiro256pp", Libstdcxx = "libstdcxx" }
    Loss { Logistic = "logistic", Squared = "squared", Hinge = "hinge" }
    Schedule {
        Constant = "constant",
        InverseScaling = "inverse-scaling",
        Step = "step",
        Cosine = "cosine",
    }
    DecayOrder { Before = "before", After = "after" }
    Order { Shuffle = "shuffle", Sequential = "sequential", WithReplacement = "with-replacement" }
    Init {
        Zero = "zero",
        Gaussian = "gaussian",
        Orthogonal = "orthogonal",
        Teacher = "teacher",
        AntiTeacher = "anti-teacher",
    }
    MemFigure { TrainAcc = "train_acc", TrainLoss = "train_loss" }
    GenFigure {
        Auto = "auto",
        TestAcc = "test_acc",
        PopulationAcc = "population_acc",
        TestLoss = "test_loss",
    }
    Crossing { First = "first", Stable = "stable" }
    KernelChoice { Auto = "auto", Scalar = "scalar", Lanes = "lanes", Dense = "dense" }
    SimdChoice { Auto = "auto", Avx512 = "avx512", Avx2 = "avx2", Portable = "portable" }
    NumberFormat { Shortest = "shortest", G6 = "g6", Reference = "reference" }
    TraceFormat { Csv = "csv", Jsonl = "jsonl" }
    SeedWhat { Order = "order", Data = "data", Init = "init", All = "all" }
}
