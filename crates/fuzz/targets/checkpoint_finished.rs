//! The file of finished groups: opened as it is, and taken up as that of a study.

#![no_main]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::AtomicBool;

use libfuzzer_sys::fuzz_target;
use sparsegrok_config::Settings;
use sparsegrok_fuzz::{checkpoint_with_checksums, folder, with_header_of};
use sparsegrok_log::{Unfinished, Work};
use sparsegrok_study::{Directory, Study};
use tempfile::TempDir;

/// A study that nothing is finished of yet.
struct Begun {
    _folder: TempDir,
    path: PathBuf,
    study: Study,
    finished: Vec<u8>,
}

static BEGUN: LazyLock<Begun> = LazyLock::new(|| {
    let folder = folder();
    let path = folder.path().join("study");
    let settings = Settings::from_toml(include_str!("study.toml"), Path::new("study.toml"));
    let config = settings.and_then(|settings| settings.config());
    let study = Study::new(config.expect("a configuration")).expect("a study");
    let unfinished = path.join("unfinished");
    fs::create_dir(&path).expect("a folder");
    let begun = Unfinished::begin(
        &unfinished,
        Work::Study,
        study.config(),
        &[],
        None,
        Default::default(),
    )
    .expect("a folder");
    let finished = fs::read(unfinished.join("runs.log")).expect("what it was begun with");
    drop(begun);
    Begun {
        _folder: folder,
        path,
        study,
        finished,
    }
});

fuzz_target!(|bytes: &[u8]| {
    let begun = &*BEGUN;
    let unfinished = begun.path.join("unfinished");
    fs::create_dir_all(&unfinished).expect("a folder");
    fs::write(unfinished.join("lock"), b"").expect("a written file");
    let fuzzed = checkpoint_with_checksums(bytes);
    fs::write(unfinished.join("runs.log"), &fuzzed).expect("a written file");
    if let Ok(opened) = Unfinished::open(&unfinished, Work::Study) {
        let _ = opened.config();
        let _ = opened.counts();
    }
    let ours = with_header_of(&begun.finished, &fuzzed);
    fs::write(unfinished.join("runs.log"), &ours).expect("a written file");
    let opened = Unfinished::open(&unfinished, Work::Study);
    let Ok(opened) = opened else {
        return;
    };
    let directory = Directory::resume(&begun.path, opened, &begun.study);
    let mut directory = directory.expect("a study to be resumed");
    let _ = directory.run(&AtomicBool::new(false), |_| ());
});
