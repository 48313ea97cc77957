//! The grid: every combination of the values of its axes, each a whole configuration.

use sparsegrok_data::{InvalidSetting, Shortest};
use toml::Value;

use crate::config::Config;
use crate::error::{ConfigError, Origin};
use crate::layers::{Settings, known};
use crate::settings::{Kind, SETTINGS, Section, Setting};
use crate::study::seeds::{RunSeeds, SeedWhat};

/// Most cells of a grid: each is a whole configuration, checked before anything runs.
const MAX_CELLS: usize = 10_000;

/// Significant digits of log-spaced values: enough for any purpose, and few enough that a power of
/// ten comes out as one.
const LOG_DIGITS: usize = 12;

/// One cell of a grid.
#[derive(Clone, Debug)]
pub struct GridCell {
    /// The keys that vary from cell to cell, with this cell's values.
    pub varied: Vec<(&'static str, Value)>,
    /// The whole configuration.
    pub config: Config,
}

/// One axis of a grid.
struct Axis {
    setting: &'static Setting,
    values: Vec<Value>,
}

/// The cells of a configuration's grid; a single one where nothing varies.
pub(super) fn cells(config: &Config) -> Result<Vec<GridCell>, ConfigError> {
    let base = Settings::of(config)?;
    base.config()?;
    let mut axes: Vec<Axis> = Vec::new();
    for text in &config.study.vary {
        let axis = Axis::read(text)?;
        if axes
            .iter()
            .any(|earlier| earlier.setting.key == axis.setting.key)
        {
            return Err(fault(text, "each key once".to_owned()));
        }
        axes.push(axis);
    }
    let sizes = axes.iter().map(|axis| axis.values.len());
    let count = sizes.fold(1, usize::saturating_mul);
    if count > MAX_CELLS {
        let text = config.study.vary.join("; ");
        return Err(fault(
            &text,
            format!("at most {MAX_CELLS} cells, not {count}"),
        ));
    }
    (0..count).map(|cell| cell_of(&base, &axes, cell)).collect()
}

fn cell_of(base: &Settings, axes: &[Axis], cell: usize) -> Result<GridCell, ConfigError> {
    // The digits of the cell's number, the last axis changing fastest.
    let mut rest = cell;
    let mut varied: Vec<_> = axes
        .iter()
        .rev()
        .map(|axis| {
            let value = axis.values[rest % axis.values.len()].clone();
            rest /= axis.values.len();
            (axis.setting, value)
        })
        .collect();
    varied.reverse();

    let mut settings = base.clone();
    for (setting, value) in &varied {
        settings.insert(setting, value.clone(), Origin::Grid)?;
    }
    let config = settings.config()?;
    check_seeds(&settings, &config)?;
    Ok(GridCell {
        varied: varied
            .into_iter()
            .map(|(s, value)| (s.key, value))
            .collect(),
        config,
    })
}

/// Checks that every seed of a study is in range.
fn check_seeds(settings: &Settings, config: &Config) -> Result<(), ConfigError> {
    let spec = &config.study;
    if spec.seed_what == SeedWhat::Data && config.files.train.is_some() {
        return Err(settings.invalid(InvalidSetting {
            key: "seed_what",
            value: "data".to_owned(),
            expected: "`order`, `init` or `all`, as the data come from a file",
        }));
    }
    let last = RunSeeds::of(config, spec.seeds.end - 1).map_err(|e| settings.invalid(e))?;
    let mut config = config.clone();
    config.synthetic.data_seed = last.data.unwrap_or(config.synthetic.data_seed);
    config.train.order_seed = last.order;
    config.train.init_seed = last.init;
    // Nothing else than these seeds has changed since it was valid.
    config.validate().map_err(|_| {
        settings.invalid(InvalidSetting {
            key: "seeds",
            value: spec.seeds.to_string(),
            expected: "seeds that stay below 2^32, as std::mt19937 takes, when the configuration's are added",
        })
    })
}

impl Axis {
    /// Reads `KEY=A,B,…` or `KEY=log:LOW:HIGH:COUNT`.
    fn read(text: &str) -> Result<Self, ConfigError> {
        let (key, values) = text.split_once('=').ok_or_else(|| {
            let expected = "`KEY=A,B,…` or `KEY=log:LOW:HIGH:COUNT`";
            fault(text, expected.to_owned())
        })?;
        let setting = named(&key.trim().replace('-', "_"))?;
        if !can_vary(setting) {
            let expected = "a number or a choice that the results depend on";
            return Err(fault(text, expected.to_owned()));
        }
        let values = match values.trim().strip_prefix("log:") {
            Some(range) => log_spaced(setting, range).ok_or_else(|| {
                let expected = format!(
                    "log:LOW:HIGH:COUNT of a numeric key, 0 < LOW < HIGH, COUNT from 2 to {MAX_CELLS}"
                );
                fault(text, expected)
            })?,
            None => values
                .split(',')
                .map(|value| setting.kind.parse(value.trim()))
                .collect(),
        };
        if values.len() > MAX_CELLS {
            return Err(fault(text, format!("at most {MAX_CELLS} values")));
        }
        for (i, value) in values.iter().enumerate() {
            if values[..i].contains(value) {
                return Err(fault(text, format!("{} only once", value_text(value))));
            }
        }
        Ok(Self { setting, values })
    }
}

/// The setting of a key, or of a flag's second name.
fn named(key: &str) -> Result<&'static Setting, ConfigError> {
    known(key, &Origin::Grid).or_else(|unknown| {
        let alias = SETTINGS.iter().find(|setting| setting.alias == Some(key));
        alias.ok_or(unknown)
    })
}

/// Whether a setting can be an axis: a number or a choice, of something that results depend on.
fn can_vary(setting: &Setting) -> bool {
    let matters = [
        Section::Synthetic,
        Section::Files,
        Section::Train,
        Section::Evaluate,
    ];
    matters.contains(&setting.sections[0])
        && !matches!(setting.kind, Kind::Path | Kind::Columns | Kind::Figures)
}

/// The values of `LOW:HIGH:COUNT`, whole ones where the setting is, each once.
///
/// # Formula
/// LOW (HIGH/LOW)^(i/(COUNT − 1)), i = 0 … COUNT − 1, to 12 significant digits; the ends exactly.
fn log_spaced(setting: &Setting, range: &str) -> Option<Vec<Value>> {
    let whole = match setting.kind {
        Kind::Number => false,
        Kind::Whole | Kind::WholeOr(..) => true,
        _ => return None,
    };
    let parts: Vec<f64> = range
        .split(':')
        .map(|part| part.trim().parse().ok())
        .collect::<Option<_>>()?;
    let &[low, high, count] = &parts[..] else {
        return None;
    };
    let in_order = low > 0.0 && low < high && high.is_finite();
    let countable = count.fract() == 0.0 && (2.0..=MAX_CELLS as f64).contains(&count);
    if !(in_order && countable) {
        return None;
    }
    let count = count as usize;
    let mut values = Vec::with_capacity(count);
    for i in 0..count {
        let x = match i {
            0 => low,
            _ if i == count - 1 => high,
            _ => rounded(low * libm::pow(high / low, i as f64 / (count - 1) as f64)),
        };
        let value = if whole {
            Value::Integer(libm::round(x) as i64)
        } else {
            Value::Float(x)
        };
        // They ascend.
        if values.last() != Some(&value) {
            values.push(value);
        }
    }
    Some(values)
}

fn rounded(x: f64) -> f64 {
    format!("{x:.*e}", LOG_DIGITS - 1).parse().unwrap_or(x)
}

/// A value as a CSV cell.
pub(crate) fn value_text(value: &Value) -> String {
    match value {
        Value::String(word) => word.clone(),
        Value::Float(x) => Shortest(*x).to_string(),
        other => other.to_string(),
    }
}

fn fault(axis: &str, expected: String) -> ConfigError {
    ConfigError::Axis {
        axis: axis.to_owned(),
        expected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(vary: &[&str]) -> Config {
        let mut config = Config::default();
        config.study.vary = vary.iter().map(|&axis| axis.to_owned()).collect();
        config
    }

    fn refused(vary: &[&str]) -> String {
        cells(&config(vary)).unwrap_err().to_string()
    }

    fn texts(cells: &[GridCell]) -> Vec<String> {
        let text = |cell: &GridCell| {
            let pairs = cell.varied.iter();
            let pairs = pairs.map(|(key, value)| format!("{key}={}", value_text(value)));
            pairs.collect::<Vec<_>>().join(" ")
        };
        cells.iter().map(text).collect()
    }

    #[test]
    fn the_first_axis_changes_slowest() {
        let cells = cells(&config(&["wd=1e-5, 1e-4", "loss=logistic,hinge"])).unwrap();
        assert_eq!(
            texts(&cells),
            [
                "weight_decay=0.00001 loss=logistic",
                "weight_decay=0.00001 loss=hinge",
                "weight_decay=0.0001 loss=logistic",
                "weight_decay=0.0001 loss=hinge",
            ]
        );
        assert_eq!(cells[1].config.train.weight_decay, 1e-5);
        assert_eq!(cells[1].config.train.loss, sparsegrok_kernel::Loss::Hinge);
        assert_eq!(cells[1].config.train.epochs, 6000);
    }

    #[test]
    fn without_axes_there_is_one_cell() {
        let cells = cells(&config(&[])).unwrap();
        assert_eq!(texts(&cells), [""]);
        assert_eq!(cells[0].config.train, Config::default().train);
    }

    #[test]
    fn log_spacing_hits_ends_and_powers_of_ten() {
        let seven = cells(&config(&["weight_decay=log:1e-5:1e-2:7"])).unwrap();
        let of = |cell: &GridCell| cell.config.train.weight_decay;
        let seven: Vec<f64> = seven.iter().map(of).collect();
        assert_eq!(seven[0], 1e-5);
        assert_eq!([seven[2], seven[4], seven[6]], [1e-4, 1e-3, 1e-2]);
        assert!((seven[1] / 1e-5 - 10f64.sqrt()).abs() < 1e-10);
        let whole = cells(&config(&["batch-size=log:1:8:8"])).unwrap();
        assert_eq!(
            texts(&whole),
            ["1", "2", "3", "4", "6", "8"].map(|n| format!("batch_size={n}"))
        );
    }

    #[test]
    fn every_fault_names_key_and_value() {
        assert_eq!(
            refused(&["weight_decay"]),
            "vary: `weight_decay`: expected `KEY=A,B,…` or `KEY=log:LOW:HIGH:COUNT`"
        );
        assert_eq!(
            refused(&["weight_decai=1"]),
            "vary: unknown key `weight_decai`; did you mean `weight_decay`?"
        );
        assert_eq!(
            refused(&["epochs=5,x"]),
            "vary: `epochs` is \"x\", expected a whole number from 0 to 2^63 - 1"
        );
        assert_eq!(
            refused(&["weight_decay=1e-3,-1"]),
            "vary: `weight_decay` is -1, expected a finite number of at least 0"
        );
        assert_eq!(
            refused(&["weight_decay=1,0.1,1.0"]),
            "vary: `weight_decay=1,0.1,1.0`: expected 1 only once"
        );
        assert_eq!(
            refused(&["epochs=5", "epochs=6"]),
            "vary: `epochs=6`: expected each key once"
        );
        assert_eq!(
            refused(&["eval_every=5", "eval_points=6"]),
            "vary: `eval_every` and `eval_points` exclude each other"
        );
        for axis in ["threads=1,2", "train=a,b", "seeds=0..1", "early_epochs=3"] {
            let message = refused(&[axis]);
            assert!(message.ends_with("that the results depend on"), "{message}");
        }
        for range in [
            "0:1:3", "1:1:3", "2:1:3", "1:2:1", "1:2", "1:2:2.5", "1:inf:3", "a:b:c",
        ] {
            let message = refused(&[&format!("weight_decay=log:{range}")]);
            assert!(message.contains("0 < LOW < HIGH"), "{message}");
        }
        assert!(refused(&["loss=log:1:2:3"]).contains("numeric key"));
        assert!(
            refused(&["weight_decay=log:1e-9:1e-8:200", "init_norm=log:1:9:200"])
                .ends_with("expected at most 10000 cells, not 40000")
        );
    }

    #[test]
    fn seeds_are_checked_to_the_last() {
        let mut config = config(&["rng=xoshiro256pp,libstdcxx"]);
        config.study.seeds = (0..(1 << 32)).into();
        let error = cells(&config).unwrap_err().to_string();
        assert!(error.contains("`seeds` is 0..4294967296"), "{error}");
        assert!(error.contains("below 2^32"), "{error}");
        config.study.seeds = (0..9).into();
        assert_eq!(cells(&config).unwrap().len(), 2);
        config.train.order_seed = u64::MAX >> 1;
        config.study.seeds = (0..u64::MAX).into();
        let error = cells(&config).unwrap_err().to_string();
        assert!(
            error.contains("`seeds` is 0..18446744073709551615"),
            "{error}"
        );
    }
}
