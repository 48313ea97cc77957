//! Grids: axes as `--vary` takes them, separated by semicolons, made into cells.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sparsegrok_config::{ConfigError, Settings};
use sparsegrok_study::Study;

fuzz_target!(|text: &str| {
    let study = || -> Result<Study, ConfigError> {
        let mut settings = Settings::default();
        settings.set("vary", text)?;
        Study::new(settings.config()?)
    };
    let Ok(study) = study() else {
        return;
    };
    assert!(study.runs() > 0);
    for (number, cell) in study.cells().enumerate() {
        assert!(cell.config.validate().is_ok());
        assert!(!study.cell_name(number).is_empty() || study.spec().vary.is_empty());
    }
});
