//! TOML configurations: read, printed and read again.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use sparsegrok_config::{Config, ConfigError, Settings};

fuzz_target!(|text: &str| {
    let config = |text: &str| -> Result<Config, ConfigError> {
        Settings::from_toml(text, Path::new("fuzzed.toml"))?.config()
    };
    match config(text) {
        Ok(read) => {
            let printed = read.to_toml().expect("what came from TOML goes there");
            let again = config(&printed).expect("what was printed can be read");
            assert_eq!(again.to_toml().expect("as before"), printed);
        }
        Err(error) => {
            let said = error.to_string();
            assert!(
                said.starts_with("fuzzed.toml: ") || said.starts_with('`'),
                "{said}"
            );
        }
    }
});
