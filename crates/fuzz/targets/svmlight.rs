//! svmlight text, plain or gzip: read, written and read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sparsegrok_data::TargetKind;
use sparsegrok_data::svmlight::{self, OneHot, Options, parse};

fuzz_target!(|bytes: &[u8]| {
    for (zero_based, targets) in [
        (false, TargetKind::Sign),
        (true, TargetKind::Real),
        (false, TargetKind::Class),
    ] {
        let options = Options {
            zero_based,
            targets,
            ..Options::default()
        };
        let Ok(parsed) = parse("file", bytes, &options) else {
            continue;
        };
        let rows = parsed.into_dataset(0, None).expect("rows make a dataset");
        let mut text = Vec::new();
        svmlight::write(&mut text, &rows, OneHot::Implicit).expect("memory takes it");
        let one_based = Options {
            targets,
            ..Options::default()
        };
        let again = parse("again", &text[..], &one_based);
        let again = again.expect("what was written can be read");
        let again = again.into_dataset(0, None).expect("as before");
        assert_eq!(again.len(), rows.len());
        for i in 0..rows.len() {
            assert_eq!(again.row(i), rows.row(i));
        }
    }
});
