//! Studies that are trained whole, and the same in parts.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use sparsegrok_config::Settings;
use sparsegrok_study::{Directory, Study};

use crate::support::{printed, text};

/// Settings by their keys.
pub(crate) type Keys<'k> = &'k [(&'k str, &'k str)];

/// A study to be trained.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts<'p> {
    pub(crate) preset: Option<&'p str>,
    pub(crate) keys: Keys<'p>,
    pub(crate) axes: &'p [&'p str],
    /// Seeds of each cell.
    pub(crate) seeds: usize,
    /// Runs of all cells.
    pub(crate) runs: u64,
}

/// A preset's flags with settings over it.
pub(crate) fn flags(preset: Option<&str>, keys: Keys<'_>) -> String {
    let preset = preset.map_or_else(String::new, |name| format!("--preset {name}"));
    let flag = |(key, value): &(&str, &str)| format!(" --{} {value}", key.replace('_', "-"));
    preset + &keys.iter().map(flag).collect::<String>()
}

impl Parts<'_> {
    /// The flags of the study.
    pub(crate) fn flags(&self) -> String {
        let axes = self.axes.iter().map(|axis| format!(" --vary {axis}"));
        let axes: String = axes.collect();
        let keys = flags(self.preset, self.keys);
        format!("{keys}{axes} --seeds 0..{}", self.seeds)
    }

    /// Trains it whole; in two shards that are merged; and stopped after a group, then resumed. Checks that the tables are
    /// the same, and returns the last of these directories.
    pub(crate) fn are_the_whole(&self, folder: &Path) -> PathBuf {
        let path = |name: &str| folder.join(name);
        let study = |name: &str, more: &str| {
            let out = path(name);
            printed(&format!(
                "study {} {more} --out {}",
                self.flags(),
                out.display()
            ));
        };
        study("whole", "--threads 1");
        study("first", "--threads 2 --shard 0/2");
        study("second", "--threads 2 --shard 1/2");
        printed(&format!(
            "merge {} {} --out {}",
            path("first").display(),
            path("second").display(),
            path("merged").display()
        ));
        assert!(tables(&path("whole")) == tables(&path("merged")));

        let (axes, seeds) = (self.axes.join("; "), format!("0..{}", self.seeds));
        let more = [("seeds", &*seeds), ("vary", &axes), ("threads", "2")];
        let settings = Settings::layered(self.preset, None, &[self.keys, &more].concat());
        let study = Study::new(settings.unwrap().config().unwrap()).unwrap();
        let (stop, never) = (AtomicBool::new(false), AtomicBool::new(false));
        let resumed = path("resumed");
        let mut directory = Directory::create(&resumed, false, &study).unwrap();
        let ran = directory.run(&stop, |_| stop.store(true, Relaxed)).unwrap();
        directory.finish(&ran).unwrap();
        assert!(ran.runs < self.runs, "{} runs", ran.runs);
        let unfinished = Directory::unfinished(&resumed).unwrap().unwrap();
        let mut directory = Directory::resume(&resumed, unfinished, &study).unwrap();
        let ran = directory.run(&never, |_| ()).unwrap();
        directory.finish(&ran).unwrap();
        assert_eq!(ran.runs, self.runs);
        assert!(tables(&path("whole")) == tables(&resumed));
        resumed
    }
}

fn tables(study: &Path) -> [String; 3] {
    ["records.csv", "curves.csv", "traces.csv"].map(|name| text(study.join(name)))
}
