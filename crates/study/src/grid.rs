//! The grid: every combination of the values of its axes, each a whole configuration.

use std::collections::HashSet;

use sparsegrok_config::{
    AXIS, Changes, Config, ConfigError, Kind, Origin, SETTINGS, SeedWhat, Setting, Source,
    StudySpec, value_text,
};
use sparsegrok_data::InvalidSetting;
use sparsegrok_log::ForeignRuns;
use sparsegrok_run::RunSeeds;
use toml::Value;

/// Most cells of a grid. They are checked in a quarter of a second; more are a slip of the hand.
const MOST_CELLS: usize = 1_000_000;

/// Significant digits of spaced values: enough for any purpose, and few enough that a power of
/// ten comes out as one.
const SPACED_DIGITS: usize = 12;

/// One cell of a grid.
#[derive(Clone, Debug)]
pub struct GridCell {
    /// The keys that vary from cell to cell, with this cell's values.
    pub varied: Vec<(String, Value)>,
    /// The whole configuration.
    pub config: Config,
}

/// Every combination of the values of some axes.
#[derive(Clone, Debug)]
pub(crate) struct Grid {
    axes: Vec<Axis>,
    cells: usize,
}

/// One axis of a grid.
#[derive(Clone, Debug)]
struct Axis {
    /// The setting that varies; `None` for a column of foreign runs, which no configuration has.
    setting: Option<&'static Setting>,
    key: String,
    values: Vec<Value>,
}

impl Grid {
    /// The grid over a configuration, every cell of it checked; a single cell where nothing varies.
    /// `Time: O(cells)`
    ///
    /// # Errors
    /// When the configuration, an axis or any cell is not valid, or a seed of it is out of range.
    pub(crate) fn of(base: &Config) -> Result<Self, ConfigError> {
        let unvaried = |setting| invalid(&[], setting);
        base.validate().map_err(unvaried)?;
        let mut axes: Vec<Axis> = Vec::new();
        for text in &base.study.vary {
            let axis = Axis::read(text, base)?;
            for earlier in &axes {
                if earlier.key == axis.key {
                    return Err(fault(text, "each key once".to_owned()));
                }
                let excluding = axis.setting.filter(|s| s.excludes == Some(&earlier.key));
                if let Some(setting) = excluding {
                    return Err(setting.exclusive(&Origin::Grid));
                }
            }
            axes.push(axis);
        }
        let sizes = axes.iter().map(|axis| axis.values.len());
        let cells = sizes.fold(1, usize::saturating_mul);
        if cells > MOST_CELLS {
            let text = base.study.vary.join("; ");
            let expected = format!("at most {MOST_CELLS} cells, not {cells}");
            return Err(fault(&text, expected));
        }
        let grid = Self { axes, cells };
        // Every cell sets the same keys, so that one configuration can become each in turn.
        let mut config = base.clone();
        for cell in 0..cells {
            grid.set(cell, &mut config);
            grid.check(&config)
                .map_err(|setting| invalid(&grid.axes, setting))?;
        }
        Ok(grid)
    }

    /// The grid over the columns by which foreign runs are grouped.
    pub(crate) fn of_foreign(foreign: &ForeignRuns) -> Self {
        let axes = foreign.axes.iter().map(|axis| Axis {
            setting: None,
            key: axis.name.clone(),
            values: axis.values.clone(),
        });
        Self {
            axes: axes.collect(),
            cells: foreign.cells.len(),
        }
    }

    /// The number of cells.
    pub(crate) fn len(&self) -> usize {
        self.cells
    }

    /// The keys of the axes, each with its values.
    pub(crate) fn axes(&self) -> impl Iterator<Item = (&str, &[Value])> {
        let axes = self.axes.iter();
        axes.map(|axis| (axis.key.as_str(), axis.values.as_slice()))
    }

    /// The value that each axis has in a cell; the last axis changes fastest.
    pub(crate) fn values(&self, cell: usize) -> impl Iterator<Item = &Value> {
        assert!(cell < self.cells, "cell {cell} of {}", self.cells);
        let mut rest = self.cells;
        self.axes.iter().map(move |axis| {
            rest /= axis.values.len();
            &axis.values[cell / rest % axis.values.len()]
        })
    }

    /// Makes a configuration that of a cell.
    pub(crate) fn set(&self, cell: usize, config: &mut Config) {
        for (axis, value) in self.axes.iter().zip(self.values(cell)) {
            let is_set = axis
                .setting
                .is_none_or(|setting| setting.set(config, value));
            debug_assert!(is_set, "values of an axis are of its type");
        }
    }

    /// Checks the configuration of a cell.
    fn check(&self, config: &Config) -> Result<(), InvalidSetting> {
        config.validate()?;
        for setting in self.axes.iter().filter_map(|axis| axis.setting) {
            setting.check_acts(config)?;
            // Cells would share runs, and a run's seed would not be its cell's.
            let source = Source::ALL.into_iter().find(|s| s.key() == setting.key);
            if let Some(source) = source
                && RunSeeds::are_added_to(source, &config.study)
            {
                return Err(is_axis(source, &config.study));
            }
        }
        check_seeds(config)
    }
}

/// The error for a setting of a cell, which is an axis or was checked with everything else.
fn invalid(axes: &[Axis], setting: InvalidSetting) -> ConfigError {
    let is_axis = axes.iter().any(|axis| axis.key == setting.key);
    ConfigError::Invalid {
        origin: if is_axis {
            Origin::Grid
        } else {
            Origin::Default
        },
        setting,
    }
}

/// The error for an axis that is the seed of a source, to which the study's seeds are added.
fn is_axis(source: Source, spec: &StudySpec) -> InvalidSetting {
    let (key, value) = match spec.design() {
        None => ("seed_what", format!("{:?}", spec.seed_what).to_lowercase()),
        Some(design) => {
            let names: Vec<_> = design.sources().iter().map(|s| s.name()).collect();
            ("components", names.join(","))
        }
    };
    InvalidSetting {
        key,
        value,
        expected: match source {
            Source::Data => "one that leaves `data_seed` alone, as that is an axis",
            Source::Order => "one that leaves `order_seed` alone, as that is an axis",
            Source::Init => "one that leaves `init_seed` alone, as that is an axis",
            Source::Noise => "one that leaves `noise_seed` alone, as that is an axis",
        },
    }
}

/// Checks that every seed of a study is in range.
fn check_seeds(config: &Config) -> Result<(), InvalidSetting> {
    let spec = &config.study;
    if spec.seed_what == SeedWhat::Data && config.files.train.is_some() {
        return Err(InvalidSetting {
            key: "seed_what",
            value: "data".to_owned(),
            expected: "`order`, `init` or `all`, as the data come from a file",
        });
    }
    // No run of a crossed design has greater seeds than the last run without one.
    let uncrossed = (!spec.components.is_empty()).then(|| {
        let mut uncrossed = config.clone();
        uncrossed.study.components.clear();
        uncrossed
    });
    let last = RunSeeds::of(uncrossed.as_ref().unwrap_or(config), spec.seeds.end - 1)?;
    if config.takes_seed(last.order) && last.data.is_none_or(|seed| config.takes_seed(seed)) {
        return Ok(());
    }
    Err(InvalidSetting {
        key: "seeds",
        value: spec.seeds.to_string(),
        expected: "seeds that stay below 2^32, as std::mt19937 takes, when the configuration's are added",
    })
}

impl Axis {
    /// Reads an axis of the form [`AXIS`], for a grid over `base`.
    fn read(text: &str, base: &Config) -> Result<Self, ConfigError> {
        let (key, values) = text
            .split_once('=')
            .ok_or_else(|| fault(text, AXIS.to_owned()))?;
        let setting = setting_of_axis(key)?;
        if !can_vary(setting) {
            let expected = "a number or a choice that the results depend on";
            return Err(fault(text, expected.to_owned()));
        }
        let spaced = Spacing::ALL.into_iter().find_map(|spacing| {
            let range = values.trim().strip_prefix(spacing.prefix())?;
            Some((spacing, range))
        });
        let values: Vec<Value> = match spaced {
            Some((spacing, range)) => spacing
                .values(setting, range)
                .ok_or_else(|| fault(text, spacing.expected()))?,
            None => values
                .split(',')
                .map(|value| setting.kind.parse(value.trim()))
                .collect(),
        };
        let mut scratch = base.clone();
        let mut seen = HashSet::new();
        for value in &values {
            setting.insert(&mut scratch, value, &Origin::Grid)?;
            let text_of_value = match value {
                // −0 is 0.
                Value::Float(x) => value_text(&Value::Float(x + 0.0)),
                other => value_text(other),
            };
            if !seen.insert(text_of_value) {
                return Err(fault(text, format!("{} only once", value_text(value))));
            }
        }
        Ok(Self {
            setting: Some(setting),
            key: setting.key.to_owned(),
            values,
        })
    }
}

/// The setting of an axis, by its key or its flag's second name, with hyphens or underscores between words.
///
/// # Errors
/// [`ConfigError::UnknownKey`], with the key most like it.
pub fn setting_of_axis(key: &str) -> Result<&'static Setting, ConfigError> {
    let key = key.trim().replace('-', "_");
    Setting::known(&key, &Origin::Grid).or_else(|unknown| {
        let mut settings = SETTINGS.iter();
        let alias = settings.find(|setting| setting.alias == Some(key.as_str()));
        alias.ok_or(unknown)
    })
}

/// Tells if a setting can be an axis: a number or a choice that runs depend on.
fn can_vary(setting: &Setting) -> bool {
    setting.changes == Changes::Runs && setting.kind != Kind::Path
}

/// The spacing of an axis that is written as `LOW:HIGH:COUNT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spacing {
    /// Equal ratios, `log:`.
    Log,
    /// Equal differences, `lin:`.
    Linear,
}

impl Spacing {
    const ALL: [Self; 2] = [Self::Log, Self::Linear];

    fn prefix(self) -> &'static str {
        match self {
            Self::Log => "log:",
            Self::Linear => "lin:",
        }
    }

    /// Describes a good axis of this spacing, to complete "expected …".
    fn expected(self) -> String {
        let least = match self {
            Self::Log => "0 < LOW < HIGH",
            Self::Linear => "LOW < HIGH",
        };
        let prefix = self.prefix();
        format!(
            "`KEY={prefix}LOW:HIGH:COUNT` of a numeric key, {least}, COUNT from 2 to {MOST_CELLS}"
        )
    }

    /// The values of `LOW:HIGH:COUNT`, whole ones where the setting is, each once.
    ///
    /// # Formula
    /// LOW (HIGH/LOW)^s of `log:` and LOW + (HIGH − LOW) s of `lin:`, s = i/(COUNT − 1), i = 0 … COUNT − 1,
    /// to 12 significant digits; the ends exactly.
    fn values(self, setting: &Setting, range: &str) -> Option<Vec<Value>> {
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
        let in_order =
            low < high && (high - low).is_finite() && (self == Self::Linear || low > 0.0);
        let countable = count.fract() == 0.0 && (2.0..=MOST_CELLS as f64).contains(&count);
        if !(in_order && countable) {
            return None;
        }
        let last = count as usize - 1;
        let mut values = Vec::with_capacity(last + 1);
        for i in 0..=last {
            let x = match i {
                0 => low,
                _ if i == last => high,
                _ => {
                    let share = i as f64 / last as f64;
                    rounded(match self {
                        Self::Log => low * libm::pow(high / low, share),
                        Self::Linear => low + (high - low) * share,
                    })
                }
            };
            let value = match whole {
                true => Value::Integer(libm::round(x) as i64),
                false => Value::Float(x),
            };
            // They ascend.
            if values.last() != Some(&value) {
                values.push(value);
            }
        }
        Some(values)
    }
}

fn rounded(x: f64) -> f64 {
    format!("{x:.*e}", SPACED_DIGITS - 1).parse().unwrap_or(x)
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
    use crate::study::Study;

    fn config(vary: &[&str]) -> Config {
        let mut config = Config::default();
        config.study.vary = vary.iter().map(|&axis| axis.to_owned()).collect();
        config
    }

    fn cells(config: &Config) -> Result<Vec<GridCell>, ConfigError> {
        Ok(Study::new(config.clone())?.cells().collect())
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
    fn linear_spacing_begins_where_it_is_told_to() {
        let of = |axis: &str| texts(&cells(&config(&[axis])).unwrap());
        let noises = ["0", "0.1", "0.2", "0.3"].map(|x| format!("label_noise={x}"));
        assert_eq!(of("label_noise=lin:0:0.3:4"), noises);
        let epochs = ["10", "13", "15", "18", "20"].map(|n| format!("epochs={n}"));
        assert_eq!(of("epochs=lin:10:20:5"), epochs);
    }

    #[test]
    fn every_fault_names_key_and_value() {
        assert_eq!(
            refused(&["weight_decay"]),
            "vary: `weight_decay`: expected `KEY=A,B,…`, `KEY=log:LOW:HIGH:COUNT` or `KEY=lin:LOW:HIGH:COUNT`"
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
        for range in [
            "1:1:3",
            "2:1:3",
            "1:2:1",
            "1:2",
            "0:inf:3",
            "-1e308:1e308:3",
            "a:b:c",
        ] {
            let message = refused(&[&format!("init_norm=lin:{range}")]);
            assert!(message.contains("numeric key, LOW < HIGH"), "{message}");
        }
        assert!(
            refused(&["weight_decay=log:1e-9:1e-8:2000", "init_norm=log:1:9:2000"])
                .ends_with("expected at most 1000000 cells, not 4000000")
        );
    }

    /// With `--nocapture`, says the time that it takes.
    #[test]
    fn a_hundred_thousand_cells_are_checked_and_none_is_held() {
        let axes = ["weight_decay=log:1e-9:1e-2:500", "init_norm=log:1:1e3:200"];
        let mut config = config(&axes);
        config.train.init = sparsegrok_kernel::Init::Gaussian;
        let begun = std::time::Instant::now();
        let study = Study::new(config).unwrap();
        println!("{} cells in {:?}", study.cells().len(), begun.elapsed());
        assert_eq!(study.cells().len(), 100_000);
        let last = study.cell(99_999).config.train;
        assert_eq!((last.weight_decay, last.init_norm), (1e-2, 1e3));
        assert_eq!(
            study.cell_name(200),
            "weight_decay=1.03282812594e-9, init_norm=1"
        );
    }

    #[test]
    fn seeds_that_the_study_varies_are_no_axes() {
        for (what, key, is_axis) in [
            (SeedWhat::All, "data_seed", false),
            (SeedWhat::All, "order_seed", false),
            (SeedWhat::All, "init_seed", false),
            (SeedWhat::Data, "data_seed", false),
            (SeedWhat::Data, "order_seed", true),
            (SeedWhat::Order, "order_seed", false),
            (SeedWhat::Order, "data_seed", true),
            (SeedWhat::Init, "init_seed", false),
            (SeedWhat::Init, "data_seed", true),
        ] {
            let mut config = config(&[&format!("{key}=1,2")]);
            config.train.init = sparsegrok_kernel::Init::Gaussian;
            config.study.seed_what = what;
            match cells(&config) {
                Ok(cells) => assert!(is_axis && cells.len() == 2, "{key}"),
                Err(error) => assert_eq!(
                    (is_axis, error.to_string()),
                    (
                        false,
                        format!(
                            "`seed_what` is {}, expected one that leaves `{key}` alone, as that is an axis",
                            format!("{what:?}").to_lowercase()
                        )
                    )
                ),
            }
        }
    }

    #[test]
    fn axes_are_known_by_key_or_second_name() {
        for name in ["weight_decay", "weight-decay", "wd", " wd "] {
            assert_eq!(setting_of_axis(name).unwrap().key, "weight_decay", "{name}");
        }
        let error = setting_of_axis("weight-decya").unwrap_err().to_string();
        assert!(error.contains("unknown key `weight_decya`"), "{error}");
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
