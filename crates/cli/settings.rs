//! Flags made from the table of settings, and the configuration they amount to.

use std::io::Write;
use std::marker::PhantomData;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches, ValueHint, value_parser};
use sparsegrok_study::{Config, Kind, PRESETS, SETTINGS, Setting, Settings};
use toml::Value;

use crate::output::{Input, Output};

/// The settings that a command takes as flags.
pub(crate) trait Scope {
    /// Returns whether `setting` is one of them.
    fn takes(setting: &Setting) -> bool;
}

/// `--preset`, `--config`, `--print-config` and one flag for every setting in scope.
pub(crate) struct SettingFlags<S> {
    preset: Option<String>,
    file: Option<PathBuf>,
    print: bool,
    flags: Vec<(&'static str, String)>,
    scope: PhantomData<S>,
}

impl<S> SettingFlags<S> {
    /// Returns whether nothing was given.
    pub(crate) fn is_empty(&self) -> bool {
        self.preset.is_none() && self.file.is_none() && !self.print && self.flags.is_empty()
    }

    /// The files that a configuration is read from, and those it names.
    pub(crate) fn inputs<'a>(&'a self, config: &'a Config) -> Vec<Input<'a>> {
        let files = [
            ("--config", &self.file),
            ("--train", &config.files.train),
            ("--test", &config.files.test),
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
        let file = file.map(|path| ("config", path.display().to_string()));
        preset.or(file).or_else(|| self.flags.first().cloned())
    }

    /// As [`SettingFlags::config`], with one more key and value as if given as a flag.
    pub(crate) fn config_with(&self, more: Option<(&str, &str)>) -> anyhow::Result<Option<Config>> {
        let given = self.flags.iter().map(|(key, value)| (*key, value.as_str()));
        let flags: Vec<(&str, &str)> = given.chain(more).collect();
        let settings = Settings::layered(self.preset.as_deref(), self.file.as_deref(), &flags)?;
        self.print_or(settings.config()?)
    }

    /// As [`SettingFlags::config`], where work is resumed that was begun with `kept`: flags alone are
    /// laid over it; a preset or a file make a configuration of their own.
    pub(crate) fn config_over(&self, kept: &Config) -> anyhow::Result<Option<Config>> {
        if self.preset.is_some() || self.file.is_some() {
            return self.config();
        }
        let given = self.flags.iter().map(|(key, value)| (*key, value.as_str()));
        let flags: Vec<(&str, &str)> = given.collect();
        self.print_or(Settings::over(kept, &flags)?.config()?)
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
            .next_help_heading("Configuration")
            .arg(
                Arg::new("preset")
                    .long("preset")
                    .value_name("NAME")
                    .value_parser(clap::builder::NonEmptyStringValueParser::new())
                    .help(format!("Begin with a preset: {}", preset_names())),
            )
            .arg(
                Arg::new("config")
                    .long("config")
                    .value_name("FILE")
                    .value_hint(ValueHint::FilePath)
                    .value_parser(value_parser!(PathBuf))
                    .help("Read settings from a TOML file; flags win over it"),
            )
            .arg(
                Arg::new("print_config")
                    .long("print-config")
                    .action(ArgAction::SetTrue)
                    .help("Print the effective configuration and stop"),
            );
        let in_scope = SETTINGS.iter().filter(|setting| S::takes(setting));
        in_scope.fold(command, |command, setting| {
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
        let given = |setting: &Setting| -> Option<String> {
            let texts = matches.get_many::<String>(setting.key)?;
            Some(texts.map(String::as_str).collect::<Vec<_>>().join(";"))
        };
        Ok(Self {
            preset: matches.get_one("preset").cloned(),
            file: matches.get_one("config").cloned(),
            print: matches.get_flag("print_config"),
            flags: in_scope.filter_map(|s| Some((s.key, given(s)?))).collect(),
            scope: PhantomData,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The flag of a setting. Its default is told, not set: presets and files come between.
fn flag(setting: &'static Setting, default: Option<&Value>) -> Arg {
    let help = match default {
        Some(default) if !setting.help.contains("[default") => {
            format!("{} [default: {}]", setting.help, setting.kind.text(default))
        }
        _ => setting.help.to_owned(),
    };
    let arg = Arg::new(setting.key)
        .long(setting.flag())
        .value_name(setting.kind.value_name())
        .help_heading(setting.section.title())
        .help(help)
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
        Kind::Number => arg.allow_hyphen_values(true),
        Kind::Path => arg.value_hint(ValueHint::FilePath),
        Kind::Whole
        | Kind::WholeOr(..)
        | Kind::Columns
        | Kind::Figures
        | Kind::Seeds
        | Kind::Stop
        | Kind::Every
        | Kind::Span
        | Kind::Axes => arg,
    }
}

fn preset_names() -> String {
    let names: Vec<_> = PRESETS.iter().map(|preset| preset.name).collect();
    names.join(", ")
}
