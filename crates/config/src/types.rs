//! The types that settings have, each with its reader and writer of TOML values.

use std::path::PathBuf;
use std::str::FromStr;

use sparsegrok_data::svmlight::LabelsAsked;
use sparsegrok_data::{ClassWeight, RandomFamily, SignalValues, Target};
use sparsegrok_kernel::{
    BatchSize, DecayOrder, Figure, Init, KernelChoice, Loss, Optimizer, Order, Schedule, SimdChoice,
};
use sparsegrok_network::{Activation, Operation};
use toml::Value;

use crate::checkpoint_every::CheckpointEvery;
use crate::column::Column;
use crate::components::Source;
use crate::config::TraceFormat;
use crate::error::ConfigError;
use crate::evaluate::{Crossing, GenFigure, MemFigure};
use crate::kind::{Kind, MOST, value_text};
use crate::model::ModelFamily;
use crate::number::NumberFormat;
use crate::patience::{Patience, PatienceFigure};
use crate::persistence::Persistence;
use crate::seeds::{SeedWhat, SeedsAsked, Traces};
use crate::stop_when::StopWhen;
use crate::text::ParseTextError;
use crate::until::Until;

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

/// Makes settings of types: the kind, the reader of a value, and the writer.
macro_rules! types {
    ($($type:ty: $kind:expr, $read:expr, $write:expr;)*) => {$(
        impl SettingType for $type {
            const KIND: Kind = $kind;

            fn read(value: &Value) -> Option<Self> {
                let read: fn(&Value) -> Option<Self> = $read;
                read(value)
            }

            fn write(&self) -> Result<Option<Value>, ConfigError> {
                let write: fn(&Self) -> Result<Value, ConfigError> = $write;
                write(self).map(Some)
            }
        }
    )*};
}

types! {
    u64: Kind::Whole, |value| value.as_integer()?.try_into().ok(), |&x| whole(x);
    usize: Kind::Whole, |value| value.as_integer()?.try_into().ok(), |&x| whole(x as u64);
    f64: Kind::Number,
        |value| value.as_float().or_else(|| Some(value.as_integer()? as f64)),
        |x| Ok(Value::Float(*x));
    bool: Kind::Switch, Value::as_bool, |is_on| Ok(Value::Boolean(*is_on));
    // TOML is Unicode, and paths need not be: one that is not is an array of its bytes.
    PathBuf: Kind::Path,
        |value| match value {
            Value::String(path) => Some(path.into()),
            Value::Array(bytes) => {
                let byte = |value: &Value| u8::try_from(value.as_integer()?).ok();
                of_bytes(bytes.iter().map(byte).collect::<Option<_>>()?)
            }
            _ => None,
        },
        |path| Ok(path.to_str().map_or_else(
            || {
                let bytes = path.as_os_str().as_encoded_bytes().iter();
                Value::Array(bytes.map(|&byte| i64::from(byte).into()).collect())
            },
            Value::from,
        ));
    Vec<Column>: Kind::Columns,
        |value| read_items(value, Column::of),
        |columns| Ok(write_items(columns, |column| column.name()));
    Vec<Figure>: Kind::Figures,
        |value| read_items(value, Figure::of),
        |figures| Ok(write_items(figures, |figure| figure.name()));
    Vec<Source>: Kind::Sources,
        |value| read_items(value, Source::of),
        |sources| Ok(write_items(sources, |source| source.name()));
    // Axes of a grid.
    Vec<String>: Kind::Axes,
        |value| read_items(value, |axis| Some(axis.to_owned())),
        |axes| Ok(write_items(axes, String::as_str));
    BatchSize: Kind::WholeOr(1, u32::MAX as u64, &["full"]),
        |value| match value {
            Value::Integer(rows @ 1..) => Some(Self::Rows(u32::try_from(*rows).ok()?)),
            Value::String(word) if word == "full" => Some(Self::Full),
            _ => None,
        },
        |size| Ok(match size {
            Self::Rows(rows) => Value::Integer((*rows).into()),
            Self::Full => "full".into(),
        });
    LabelsAsked: Kind::Labels,
        |value| value.as_str()?.parse().ok(),
        |labels| Ok(labels.to_string().into());
    ClassWeight: Kind::ClassWeight,
        |value| value.as_str()?.parse().ok(),
        |weight| Ok(weight.to_string().into());
    // Of the loss it is a number, as it was before there was another.
    Patience: Kind::Patience,
        |value| match value {
            Value::Integer(_) | Value::String(_) => Self::read(&value_text(value)),
            _ => None,
        },
        |patience| match patience.figure {
            PatienceFigure::TestLoss => whole(patience.evaluations),
            PatienceFigure::TestAcc => Ok(patience.to_string().into()),
        };
    Traces: Kind::WholeOr(0, MOST, &["none", "all"]),
        |value| match value.as_str() {
            Some("none") => Some(Self::None),
            Some("all") => Some(Self::All),
            _ => u64::read(value).map(Self::First),
        },
        |traces| match traces {
            Self::None => Ok("none".into()),
            Self::First(count) => whole(*count),
            Self::All => Ok("all".into()),
        };
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

/// Writes a whole number.
fn whole(x: u64) -> Result<Value, ConfigError> {
    let above = |_| ConfigError::NoToml(format!("{x} is above 2^63 - 1"));
    i64::try_from(x).map(Value::Integer).map_err(above)
}

/// Reads the items of a list.
fn read_items<T>(value: &Value, read: fn(&str) -> Option<T>) -> Option<Vec<T>> {
    let items = value.as_array()?.iter();
    items.map(|item| read(item.as_str()?)).collect()
}

/// Writes the names of items as a list.
fn write_items<T>(items: &[T], name: fn(&T) -> &str) -> Value {
    Value::Array(items.iter().map(|item| name(item).into()).collect())
}

/// Makes settings of types that are written as text of their own form.
macro_rules! texts {
    ($($type:ident: $kind:expr;)*) => {$(
        impl FromStr for $type {
            type Err = ParseTextError;

            fn from_str(text: &str) -> Result<Self, ParseTextError> {
                Self::read(text).ok_or(ParseTextError(Self::FORM))
            }
        }

        types! {
            $type: $kind, |value| $type::read(&value_text(value)), |it| Ok(it.to_string().into());
        }
    )*};
}

texts! {
    SeedsAsked: Kind::Seeds;
    Until: Kind::Until;
    StopWhen: Kind::Stop;
    Persistence: Kind::Span;
    CheckpointEvery: Kind::Every;
}

impl FromStr for Patience {
    type Err = ParseTextError;

    fn from_str(text: &str) -> Result<Self, ParseTextError> {
        Self::read(text).ok_or(ParseTextError(Self::FORM))
    }
}

/// Makes settings of enums, each variant of which is a word.
macro_rules! choices {
    ($($type:ident { $($variant:ident = $word:literal),* $(,)? })*) => {$(
        types! {
            $type: Kind::Choice(&[$($word),*]),
                |value| match value.as_str()? {
                    $($word => Some(Self::$variant),)*
                    _ => None,
                },
                |choice| Ok(match choice {
                    $(Self::$variant => $word,)*
                }.into());
        }
    )*};
}

choices! {
    SignalValues { Gaussian = "gaussian", Signs = "signs" }
    ModelFamily { Linear = "linear", Diagonal = "diagonal", Network = "network" }
    Operation {
        Add = "add",
        Subtract = "subtract",
        Multiply = "multiply",
        SumOfSquares = "sum-of-squares",
        Quadratic = "quadratic",
        Cubic = "cubic",
    }
    Activation { Quadratic = "quadratic", Relu = "relu" }
    Target { Sign = "sign", Linear = "linear", Constant = "constant" }
    RandomFamily { Xoshiro256pp = "xoshiro256pp", Libstdcxx = "libstdcxx" }
    Loss { Logistic = "logistic", Squared = "squared", Hinge = "hinge" }
    Optimizer { Sgd = "sgd", Momentum = "momentum", AdamW = "adamw" }
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
