//! Checkpoints of a run under way: opened, and gone on from to the run's end.

#![no_main]

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sparsegrok_config::{Config, Settings};
use sparsegrok_fuzz::{checkpoint_with_checksums, folder, frames};
use sparsegrok_log::{CheckpointError, Unfinished, Work};
use sparsegrok_run::models::Linear;
use sparsegrok_run::{Event, RunError, load, run_watched};
use tempfile::TempDir;

/// A run that nothing was kept of yet but what it was begun with.
struct Begun {
    _folder: TempDir,
    path: PathBuf,
    config: Config,
    finished: Vec<u8>,
}

static BEGUN: LazyLock<Begun> = LazyLock::new(|| {
    let folder = folder();
    let path = folder.path().join("unfinished");
    let config = config().expect("a configuration");
    let begun = Unfinished::begin(&path, Work::Run, &config, &[], None, Default::default())
        .expect("a folder");
    let finished = fs::read(path.join("runs.log")).expect("what it was begun with");
    drop(begun);
    Begun {
        _folder: folder,
        path,
        config,
        finished,
    }
});

fn config() -> Result<Config, sparsegrok_config::ConfigError> {
    let text = include_str!("run.toml");
    Settings::from_toml(text, Path::new("run.toml"))?.config()
}

fuzz_target!(|bytes: &[u8]| {
    let begun = &*BEGUN;
    let header = frames(&begun.finished)[0].clone();
    let fingerprint = crc32fast::hash(&begun.finished[header]);
    let mut bytes = bytes.to_vec();
    if let Some(content) = frames(&bytes).first().filter(|content| content.len() >= 5) {
        let at = content.start + 1;
        bytes[at..at + 4].copy_from_slice(&fingerprint.to_le_bytes());
    }
    fs::create_dir_all(&begun.path).expect("a folder");
    let write = |name: &str, bytes: &[u8]| fs::write(begun.path.join(name), bytes);
    write("lock", b"").expect("a written file");
    write("runs.log", &begun.finished).expect("a written file");
    write("group-0", &checkpoint_with_checksums(&bytes)).expect("a written file");
    let unfinished = Unfinished::open(&begun.path, Work::Run).expect("it was just begun");
    let problem = load(&begun.config).expect("drawn data").problem;
    let mut watch = |_: Event<'_>| ControlFlow::<()>::Continue(());
    let kept_in = Some(&unfinished);
    let run = run_watched(&Linear, &begun.config, &problem, None, kept_in, &mut watch);
    match run {
        Ok(_) | Err(RunError::Checkpoint(CheckpointError::Damaged { .. }) | RunError::Train(_)) => {
        }
        Err(error) => panic!("{error}"),
    }
    drop(unfinished);
    let _ = fs::remove_file(begun.path.join("group-0.previous"));
});
