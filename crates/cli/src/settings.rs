//! Flags made from the table of settings, and the configuration they amount to.

use std::io::Write;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches, ValueHint, value_parser};
use sparsegrok_config::{Config, Kind, PRESETS, SETTINGS, Section, Setting, Settings};
use sparsegrok_data::{InvalidSetting, shown};
use toml::Value;

use crate::exit::shell_word;
use crate::output::{Input, Output};

/// The settings that a command takes as flags.
pub(crate) trait Scope {
    /// Returns true if `setting` is one of them.
    fn takes(setting: &Setting) -> bool;
}

/// `--preset`, `--config`, `--print-config` and one flag for every setting in scope.
pub(crate) struct SettingFlags<S> {
    preset: Option<String>,
    file: Option<PathBuf>,
    print: bool,
    flags: Vec<(&'static str, String)>,
    /// Flags whose values are paths, which need not be text.
    paths: Vec<(&'static str, PathBuf)>,
    scope: PhantomData<S>,
}

impl<S> SettingFlags<S> {
    /// Returns true if nothing was given.
    pub(crate) fn is_empty(&self) -> bool {
        self.first().is_none() && !self.print
    }

    /// The files that a configuration is read from, and those it names.
    pub(crate) fn inputs<'a>(&'a self, config: &'a Config) -> Vec<Input<'a>> {
        let files = [
            ("--config", &self.file),
            ("--train", &config.files.train),
            ("--test", &config.files.test),
            ("--sample-weights", &config.files.sample_weights),
            ("--continue-from", &config.model.continue_from),
        ];
        let named = files.into_iter();
        named
            .filter_map(|(flag, path)| Some((flag, path.as_deref()?)))
            .collect()
    }

    /// The effective configuration; `None` when it was printed, as asked, and nothing else is to
    /// be done.
    pub(crate) fn config(&self) -> anyhow::Result<Option<Config>> {
        self.config_with(None)
    }

    /// The first thing that was given, if any: its name and its value.
    pub(crate) fn first(&self) -> Option<(&'static str, String)> {
        let preset = self.preset.clone().map(|name| ("preset", name));
        let file = self.file.as_ref();
        let file = file.map(|path| ("config", shown(path).to_string()));
        let path = self.paths.first();
        let path = path.map(|(key, path)| (*key, shown(path).to_string()));
        preset
            .or(file)
            .or_else(|| self.flags.first().cloned())
            .or(path)
    }

    /// As [`SettingFlags::config`], with one more key and path as if given as a flag.
    pub(crate) fn config_with(
        &self,
        more: Option<(&str, &Path)>,
    ) -> anyhow::Result<Option<Config>> {
        let (preset, file) = (self.preset.as_deref(), self.file.as_deref());
        let settings = Settings::layered(preset, file, &self.texts())?;
        self.print_or(self.with_paths(settings, more)?)
    }

    /// As [`SettingFlags::config`], where work is resumed that was begun with `kept`: flags alone are
    /// laid over it; a preset or a file make a configuration of their own.
    pub(crate) fn config_over(&self, kept: &Config) -> anyhow::Result<Option<Config>> {
        if self.preset.is_some() || self.file.is_some() {
            return self.config();
        }
        self.print_or(self.with_paths(Settings::over(kept, &self.texts())?, None)?)
    }

    /// What was given, as the words of a command line, but for the settings of a comparison.
    pub(crate) fn words(&self) -> Vec<String> {
        let preset = self
            .preset
            .iter()
            .map(|name| ("preset".to_owned(), name.clone()));
        let path = |key: &str, path: &Path| (key.replace('_', "-"), path.display().to_string());
        let file = self.file.iter().map(|file| path("config", file));
        let is_of_study =
            |key: &str| Setting::of(key).is_some_and(|setting| setting.section != Section::Compare);
        let flags = self.flags.iter().filter(|(key, _)| is_of_study(key));
        let flags = flags.map(|(key, value)| (key.replace('_', "-"), value.clone()));
        let paths = self.paths.iter().map(|(key, of)| path(key, of));
        let given = preset.chain(file).chain(flags).chain(paths);
        given
            .flat_map(|(flag, value)| [format!("--{flag}"), shell_word(Path::new(&value))])
            .collect()
    }

    /// The flags whose values are text.
    fn texts(&self) -> Vec<(&str, &str)> {
        let given = self.flags.iter();
        given.map(|(key, value)| (*key, value.as_str())).collect()
    }

    /// The configuration that settings make with the paths given, and one more.
    fn with_paths(
        &self,
        mut settings: Settings,
        more: Option<(&str, &Path)>,
    ) -> anyhow::Result<Config> {
        let given = self.paths.iter().map(|(key, path)| (*key, path.as_path()));
        for (key, path) in given.chain(more) {
            settings.set_path(key, path)?;
        }
        Ok(settings.config()?)
    }

    fn print_or(&self, config: Config) -> anyhow::Result<Option<Config>> {
        if !self.print {
            return Ok(Some(config));
        }
        let mut output = Output::stdout();
        output.write_all(config.to_toml()?.as_bytes())?;
        output.finish()?;
        Ok(None)
    }
}

impl<S: Scope> clap::Args for SettingFlags<S> {
    fn augment_args(command: Command) -> Command {
        let defaults = Config::default().to_table().unwrap_or_default();
        let command = command
            .arg(
                Arg::new("preset")
                    .long("preset")
                    .value_name("NAME")
                    .value_parser(clap::builder::NonEmptyStringValueParser::new())
                    .help_heading("Configuration")
                    .help(format!("Begin with a preset: {}", preset_names())),
            )
            .arg(
                Arg::new("config")
                    .long("config")
                    .value_name("FILE")
                    .value_hint(ValueHint::FilePath)
                    .value_parser(value_parser!(PathBuf))
                    .help_heading("Configuration")
                    .help("Read settings from a TOML file; flags win over it"),
            )
            .arg(
                Arg::new("print_config")
                    .long("print-config")
                    .action(ArgAction::SetTrue)
                    .help_heading("Configuration")
                    .hide_short_help(true)
                    .help("Print the effective configuration and stop"),
            );
        // Those of the command itself come first.
        let is_own =
            |section| [Section::Study, Section::Compare, Section::Output].contains(&section);
        let in_scope = SETTINGS.iter().filter(|setting| S::takes(setting));
        let (own, others): (Vec<_>, Vec<_>) = in_scope.partition(|s| is_own(s.section));
        own.into_iter()
            .chain(others)
            .fold(command, |command, setting| {
                command.arg(flag(setting, defaults.get(setting.key)))
            })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<S: Scope> FromArgMatches for SettingFlags<S> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let in_scope = SETTINGS.iter().filter(|setting| S::takes(setting));
        let (paths, texts): (Vec<&Setting>, Vec<&Setting>) =
            in_scope.partition(|setting| setting.kind == Kind::Path);
        let path = |setting: &&Setting| {
            let path: &PathBuf = matches.get_one(setting.key)?;
            Some((setting.key, path.clone()))
        };
        let given = |setting: &Setting| -> Option<String> {
            let texts = matches.get_many::<String>(setting.key)?;
            Some(texts.map(String::as_str).collect::<Vec<_>>().join(";"))
        };
        Ok(Self {
            preset: matches.get_one("preset").cloned(),
            file: matches.get_one("config").cloned(),
            print: matches.get_flag("print_config"),
            flags: texts
                .iter()
                .filter_map(|s| Some((s.key, given(s)?)))
                .collect(),
            paths: paths.iter().filter_map(path).collect(),
            scope: PhantomData,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The settings that a short help has: all others are below `--help`.
const IN_SHORT_HELP: [&str; 5] = ["seeds", "vary", "early_epochs", "long_epochs", "epochs"];

/// The flag of a setting. Its default is told, not set: presets and files come between.
fn flag(setting: &'static Setting, default: Option<&Value>) -> Arg {
    let help = match default {
        Some(default)
            if !setting.help.contains("[default") && !setting.kind.text(default).is_empty() =>
        {
            format!("{} [default: {}]", setting.help, setting.kind.text(default))
        }
        _ => setting.help.to_owned(),
    };
    let arg = Arg::new(setting.key)
        .long(setting.flag())
        .value_name(setting.kind.value_name())
        .help_heading(setting.section.title())
        .help(help)
        .hide_short_help(!IN_SHORT_HELP.contains(&setting.key))
        .allow_negative_numbers(true);
    let arg = match setting.alias {
        Some(alias) => arg.visible_alias(alias),
        None => arg,
    };
    // Of a flag given twice the last counts; axes of a grid add up.
    let arg = match setting.kind {
        Kind::Axes => arg.action(ArgAction::Append),
        _ => arg.overrides_with(setting.key),
    };
    match setting.kind {
        Kind::Choice(words) => arg.value_parser(PossibleValuesParser::new(words)),
        Kind::Switch => arg
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .value_parser(["true", "false"])
            .hide_possible_values(true),
        // Such as -1e-3, which is refused by name then.
        Kind::Number | Kind::Labels | Kind::ClassWeight => arg.allow_hyphen_values(true),
        Kind::Path => arg
            .value_hint(ValueHint::FilePath)
            .value_parser(value_parser!(PathBuf)),
        Kind::Whole
        | Kind::WholeOr(..)
        | Kind::Columns
        | Kind::Figures
        | Kind::Sources
        | Kind::Seeds
        | Kind::Stop
        | Kind::Patience
        | Kind::Every
        | Kind::Span
        | Kind::Until
        | Kind::Axes => arg,
    }
}

/// The error of a value that a flag cannot have here.
pub(crate) fn refuse(key: &'static str, value: String, expected: &'static str) -> InvalidSetting {
    InvalidSetting {
        key,
        value,
        expected,
    }
}

fn preset_names() -> String {
    let names: Vec<_> = PRESETS.iter().map(|preset| preset.name).collect();
    names.join(", ")
}
