//! The command that runs a study again.

use sparsegrok_config::{Changes, Config, Kind, PRESETS, SETTINGS, Setting, Settings};
use toml::Table;

/// The shortest `sparsegrok study` that makes the same configuration, starting from the nearest preset;
/// `None` if flags cannot express it.
///
/// Settings that a study has no flags for, or that its results do not depend on, are left at their
/// defaults.
pub(crate) fn reproducing(config: &Config) -> Option<String> {
    let wanted = config.to_table().ok()?;
    let names = PRESETS.iter().map(|preset| Some(preset.name));
    let commands = std::iter::once(None).chain(names).filter_map(|preset| {
        let base = Settings::layered(preset, None, &[]).ok()?.config().ok()?;
        let flags = difference(&base.to_table().ok()?, &wanted)?;
        let given: Vec<_> = flags
            .iter()
            .map(|(s, text)| (s.key, text.as_str()))
            .collect();
        let made = Settings::layered(preset, None, &given)
            .ok()?
            .config()
            .ok()?;
        // A preset that sets something flags cannot unset does not serve.
        difference(&made.to_table().ok()?, &wanted).filter(Vec::is_empty)?;
        Some(written(preset, &flags))
    });
    commands.min_by_key(String::len)
}

/// The settings that differ, with the values wanted as flags take them.
fn difference(base: &Table, wanted: &Table) -> Option<Vec<(&'static Setting, String)>> {
    let mut flags = Vec::new();
    for setting in SETTINGS.iter().filter(|setting| matters(setting)) {
        match (base.get(setting.key), wanted.get(setting.key)) {
            (base, wanted) if base == wanted => {}
            (_, Some(value)) => flags.push((setting, setting.kind.text(value))),
            // One of two keys that exclude each other is unset by the other.
            (Some(_), None) if setting.excludes.is_some() => {}
            (_, None) => return None,
        }
    }
    Some(flags)
}

/// Returns true if the results of a study depend on a setting.
fn matters(setting: &Setting) -> bool {
    matches!(setting.changes, Changes::Runs | Changes::Study)
}

fn written(preset: Option<&str>, flags: &[(&Setting, String)]) -> String {
    let mut words = vec!["sparsegrok study".to_owned()];
    words.extend(preset.map(|name| format!("--preset {name}")));
    for (setting, text) in flags {
        let flag = setting.flag();
        match setting.kind {
            Kind::Switch => words.push(format!("--{flag}={text}")),
            Kind::Axes => {
                let axes = text
                    .split(';')
                    .map(|axis| format!("--{flag} {}", shell_word(axis)));
                words.extend(axes);
            }
            _ => words.push(format!("--{flag} {}", shell_word(text))),
        }
    }
    words.join(" ")
}

/// A word as a shell takes it.
pub fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+=:,@%".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(preset: Option<&str>, flags: &[(&str, &str)]) -> Config {
        Settings::layered(preset, None, flags)
            .unwrap()
            .config()
            .unwrap()
    }

    #[test]
    fn a_preset_and_what_differs_from_it() {
        let flags = [
            ("seeds", "0..64"),
            ("vary", "weight_decay=1e-5,1e-4;init_norm=log:1:100:3"),
            ("threads", "2"),
        ];
        assert_eq!(
            reproducing(&config(Some("grok-a"), &flags)).unwrap(),
            "sparsegrok study --preset grok-a --seeds 0..64 --vary weight_decay=1e-5,1e-4 \
             --vary init_norm=log:1:100:3"
        );
        assert_eq!(reproducing(&Config::default()).unwrap(), "sparsegrok study");
    }

    #[test]
    fn what_a_preset_sets_and_is_not_wanted_rules_it_out() {
        let flags = [("eval_every", "7"), ("bias", "true"), ("train", "it's.svm")];
        let command = reproducing(&config(None, &flags)).unwrap();
        assert_eq!(
            command,
            r"sparsegrok study --memorization-scale 0 --train 'it'\''s.svm' --bias=true --eval-every 7"
        );
    }
}
