//! Settings by their names, and the names most like misspelt ones.

use crate::error::{ConfigError, Origin};
use crate::setting::Setting;
use crate::settings::SETTINGS;

impl Setting {
    /// The setting of a key.
    pub fn of(key: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.key == key)
    }

    /// The setting of a key that came from somewhere.
    ///
    /// # Errors
    /// [`ConfigError::UnknownKey`], with the key most like it.
    pub fn known(key: &str, origin: &Origin) -> Result<&'static Self, ConfigError> {
        Self::of(key).ok_or_else(|| ConfigError::UnknownKey {
            origin: origin.clone(),
            key: key.to_owned(),
            nearest: of_flag(key)
                .or_else(|| nearest(key, SETTINGS.iter().map(|setting| setting.key))),
        })
    }

    /// The error for this setting and the one that it excludes, set in the same way.
    pub fn exclusive(&self, origin: &Origin) -> ConfigError {
        let pair = SETTINGS.iter().map(|setting| setting.key);
        let mut pair = pair.filter(|key| *key == self.key || Some(*key) == self.excludes);
        let [one, other] = [pair.next(), pair.next()].map(Option::unwrap_or_default);
        ConfigError::Exclusive {
            origin: origin.clone(),
            one,
            other,
        }
    }
}

/// The key of a flag's name, or second name, where a key is expected.
fn of_flag(name: &str) -> Option<&'static str> {
    let is_it = |setting: &&Setting| setting.flag() == name || setting.alias == Some(name);
    SETTINGS.iter().find(is_it).map(|setting| setting.key)
}

/// The name most like a misspelt one, where one is alike at all.
pub(crate) fn nearest(
    name: &str,
    known: impl Iterator<Item = &'static str>,
) -> Option<&'static str> {
    let likeness = |known: &str| match strsim::osa_distance(name, known) {
        // One slip makes a short name quite another by the measure below.
        1 => 1.0,
        _ => strsim::jaro_winkler(name, known),
    };
    known
        .filter(|known| name.len() <= 2 * known.len())
        .map(|known| (likeness(known), known))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}
