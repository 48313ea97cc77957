//! Merging the logs of a study's shards, and making tables of a log again, also under other thresholds.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use sparsegrok_config::{Config, ConfigError, SETTINGS};
use sparsegrok_data::shown;
use sparsegrok_log::files::{Temporary, folder_of, resolved, sync_folder};
use sparsegrok_log::{CheckpointError, Difference, Header, LOG, Log, Opened};
use sparsegrok_run::codec::to_bytes;

use crate::directory::{
    CONFIGURATION, Directory, DirectoryError, MANIFEST, UNFINISHED, is_empty, tables,
};
use crate::group::Group;
use crate::logged::{logged_group, logged_groups};
use crate::manifest::{Forms, Manifest};
use crate::overview::Summary;
use crate::results::{ResultsError, read_json};
use crate::study::Study;
use crate::tables::{write, write_json};

/// The keys of the settings that judge a log: all others were settled when its runs were trained.
pub const JUDGING: [&str; 7] = [
    "mem_figure",
    "mem_threshold",
    "gen_figure",
    "gen_threshold",
    "persistence",
    "crossing",
    "delay_ratio",
];

/// The reason why logs could not be merged, or tables not be made again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// No directory was named.
    #[error("expected the directories of a study's shards")]
    None,
    /// Two directories are of different studies.
    #[error(
        "{}: `{key}` is {found}, expected {expected}, as in {}",
        shown(path),
        shown(first)
    )]
    Differs {
        /// The directory that differs.
        path: PathBuf,
        /// The one it differs from.
        first: PathBuf,
        /// The first key that differs.
        key: String,
        /// The value in this directory.
        found: String,
        /// The value in the first directory.
        expected: String,
    },
    /// Two directories hold the same runs.
    #[error(
        "{} and {}: both hold the runs of cell {cell} from seed {seed} on{}: expected each shard once",
        shown(first), shown(path), shard.as_ref().map_or(String::new(), |s| format!(" (shard {s})"))
    )]
    Twice {
        /// The first that holds them.
        first: PathBuf,
        /// The second.
        path: PathBuf,
        /// The cell of the first of these runs.
        cell: usize,
        /// The first seed of those runs.
        seed: u64,
        /// The shard that both are.
        shard: Option<String>,
    },
    /// Some runs of the study are missing.
    #[error("{there} of {all} runs are there{missing}: expected all of them, or `--partial`")]
    Incomplete {
        /// Runs there are.
        there: u64,
        /// Runs of the study.
        all: u64,
        /// The missing runs, in words.
        missing: String,
    },
    /// The results would replace what they are made of.
    #[error("{}: is read and written, expected another directory to write to", path.display())]
    Same {
        /// The directory.
        path: PathBuf,
    },
    /// A directory could not be read.
    #[error(transparent)]
    Results(#[from] ResultsError),
    /// The kept configuration is not valid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A log could not be read or written.
    #[error(transparent)]
    Log(#[from] CheckpointError),
    /// The results could not be written.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
}

impl MergeError {
    /// Tells if the machine failed, rather than what was asked for or the content of a file.
    pub fn is_failure(&self) -> bool {
        match self {
            Self::Results(error) => error.is_failure(),
            Self::Log(error) => error.is_failure(),
            Self::Directory(error) => error.is_failure(),
            _ => false,
        }
    }
}

/// A log to be merged.
struct Source {
    path: PathBuf,
    log: Log,
    header: Header,
    spent: Spent,
}

/// The means that were spent on a study.
#[derive(Default)]
pub(crate) struct Spent {
    seconds: f64,
    threads: usize,
    forms: Forms,
}

impl Spent {
    /// No time, on one thread, as nothing is trained.
    pub(crate) fn of_one_thread() -> Self {
        Self {
            threads: 1,
            ..Self::default()
        }
    }

    /// The means spent on shards, as if one machine had trained them one after another.
    fn sum<'s>(all: impl Iterator<Item = &'s Self>) -> Self {
        all.fold(Self::default(), |mut sum, spent| {
            sum.seconds += spent.seconds;
            sum.threads = sum.threads.max(spent.threads);
            for (form, runs) in &spent.forms {
                *sum.forms.entry(form.clone()).or_default() += runs;
            }
            sum
        })
    }
}

impl Source {
    /// Opens the log in the directory of a study, whole or interrupted.
    fn open(path: &Path) -> Result<Self, MergeError> {
        let place = |name: &Path| name.is_file().then(|| name.to_owned());
        let unfinished = path.join(UNFINISHED).join(LOG);
        // The log of an interrupted study holds groups that its tables do not have yet.
        let name = place(&unfinished).or_else(|| place(&path.join(LOG)));
        let name = name.ok_or_else(|| {
            let path = path.to_owned();
            match path.join(CONFIGURATION).is_file() {
                true => ResultsError::NoLog { path },
                false => ResultsError::NoStudy { path },
            }
        })?;
        let Opened {
            log,
            header,
            seconds,
            ..
        } = Log::open_to_read(&name)?;
        let manifest: Option<Manifest> = read_json(&path.join(MANIFEST)).ok();
        Ok(Self {
            path: path.to_owned(),
            log,
            header,
            spent: Spent {
                seconds,
                threads: manifest.as_ref().map_or(1, |manifest| manifest.threads),
                forms: manifest.map_or_else(Forms::new, |manifest| manifest.forms),
            },
        })
    }
}

/// Merges the logs of one study's shards, named in any order, into the directory `out`. Its tables equal
/// those of the undivided study byte for byte. `Time: O(logs)`
///
/// Memory: some 42 MB, and about 70 bytes for each run of the largest cell. What its quantiles need beyond that
/// waits in a nameless file beside the tables, 8 bytes a run, evaluation and figure.
///
/// With `partial`, runs may be missing, and the summary says so; with `replace`, an earlier study at
/// `out` is replaced.
///
/// # Errors
/// When the directories belong to different studies, hold the same runs twice or not all of them, or a
/// file cannot be read or written. Nothing is left behind then.
pub fn merge(
    directories: &[PathBuf],
    out: &Path,
    partial: bool,
    replace: bool,
) -> Result<Summary, MergeError> {
    for path in directories {
        differ(path, out)?;
    }
    let sources = directories.iter().map(|path| Source::open(path));
    let sources: Vec<Source> = sources.collect::<Result<_, _>>()?;
    let first = sources.first().ok_or(MergeError::None)?;
    for other in &sources[1..] {
        if let Some(Difference { key, kept, asked }) = first.header.difference(&other.header) {
            return Err(MergeError::Differs {
                path: other.path.clone(),
                first: first.path.clone(),
                key,
                found: asked,
                expected: kept,
            });
        }
    }
    let study =
        Study::logged(first.header.config(first.log.name())?, &first.header)?.of_shard(None);
    let places = places(&study, &sources)?;
    let missing: Vec<u64> = (0..study.all_groups())
        .filter(|number| {
            places
                .binary_search_by_key(number, |place| place.0)
                .is_err()
        })
        .collect();
    if !missing.is_empty() && !partial {
        return Err(incomplete(&study, &missing, &sources));
    }
    // The merged study began with its first shard.
    let started = sources.iter().map(|s| s.header.started_unix_seconds).min();
    let header = first
        .header
        .merged(!missing.is_empty(), started.unwrap_or(0));
    let spent = Spent::sum(sources.iter().map(|source| &source.spent));
    // Read lazily, one group at a time: all groups of a large study do not fit in memory.
    let groups = places
        .into_iter()
        .map(|(number, source)| Ok((number, logged_group(&study, &sources[source].log, number)?)));
    written(&study, &header, groups, &spent, out, replace)
}

/// Refuses to write a study over one that it is made of.
fn differ(path: &Path, out: &Path) -> Result<(), MergeError> {
    match fs::canonicalize(path)
        .is_ok_and(|path| fs::canonicalize(out).is_ok_and(|out| out == path))
    {
        true => Err(MergeError::Same {
            path: out.to_owned(),
        }),
        false => Ok(()),
    }
}

/// Finds each group: returns its number and the index of its source, ascending by number.
fn places(study: &Study, sources: &[Source]) -> Result<Vec<(u64, usize)>, MergeError> {
    let mut places: Vec<(u64, usize)> = Vec::new();
    for (number, source) in sources.iter().enumerate() {
        places.extend(source.log.numbers().map(|group| (group, number)));
    }
    // Sorted, the same group from two sources stands side by side.
    places.sort_unstable();
    let twice = places.windows(2).find(|pair| pair[0].0 == pair[1].0);
    let Some(&[(group, one), (_, other)]) = twice.and_then(|pair| pair.first_chunk()) else {
        return Ok(places);
    };
    let (cell, seeds) = study.group(group.min(study.all_groups().saturating_sub(1)));
    let [one, other] = [one, other].map(|source| &sources[source]);
    // If both are the same shard, the message names it: one directory was probably given twice.
    let both = one
        .header
        .shard
        .filter(|_| one.header.shard == other.header.shard);
    Err(MergeError::Twice {
        first: one.path.clone(),
        path: other.path.clone(),
        cell,
        seed: seeds.start,
        shard: both.map(|shard| shard.to_string()),
    })
}

/// The error that groups are missing; it names their shards if all sources are shards of one division.
fn incomplete(study: &Study, missing: &[u64], sources: &[Source]) -> MergeError {
    let runs = |group: &u64| {
        let (_, seeds) = study.group(*group);
        seeds.end - seeds.start
    };
    let all = study.all_runs();
    let shards: Vec<_> = sources.iter().filter_map(|s| s.header.shard).collect();
    let of = shards.first().map(|shard| shard.of);
    let alike = of.filter(|&of| shards.len() == sources.len() && shards.iter().all(|s| s.of == of));
    let words = alike.map_or(String::new(), |of| {
        let mut left_out: Vec<u64> = missing.iter().map(|group| group % of).collect();
        left_out.sort_unstable();
        left_out.dedup();
        let is_given = |index: &u64| shards.iter().any(|shard| shard.index == *index);
        let names = |indices: Vec<u64>| {
            let names: Vec<_> = indices
                .iter()
                .map(|index| format!("{index}/{of}"))
                .collect();
            names.join(", ")
        };
        let (unfinished, absent): (Vec<u64>, Vec<u64>) = left_out.into_iter().partition(is_given);
        match (absent.is_empty(), unfinished.is_empty()) {
            (false, true) => format!(", shard {} missing", names(absent)),
            (true, false) => format!(", shard {} unfinished", names(unfinished)),
            _ => format!(
                ", shard {} missing and {} unfinished",
                names(absent),
                names(unfinished)
            ),
        }
    });
    MergeError::Incomplete {
        there: all - missing.iter().map(runs).sum::<u64>(),
        all,
        missing: words,
    }
}

/// Makes a study's tables again, from its log alone, in its own directory. `Time: O(log)`
///
/// # Errors
/// When the directory cannot be read, is being written, or files cannot be written.
pub fn tables_again(path: &Path) -> Result<Summary, MergeError> {
    let source = Source::open(path)?;
    let study = study_of(&source)?;
    // A process that resumes the study would write the same tables at the same time.
    if Directory::is_unfinished(path) {
        let path = path.to_owned();
        return Err(ResultsError::Unfinished { path }.into());
    }
    let io = |error| DirectoryError::Io {
        path: path.to_owned(),
        error,
    };
    // Made in a temporary folder and renamed one by one, so that no table is ever seen half written.
    let folder = Temporary::folder_in(path).map_err(io)?;
    let groups = logged_groups(&study, &source.log);
    let made = tables(&study, &source.log, &groups, folder.path());
    let (_, summary) = made.map_err(|error| error.of(path))?;
    let replaced = || -> io::Result<()> {
        for entry in fs::read_dir(folder.path())? {
            let entry = entry?;
            fs::rename(entry.path(), path.join(entry.file_name()))?;
        }
        sync_folder(path)
    };
    replaced().map_err(io)?;
    Ok(summary)
}

/// Judges a study by other thresholds, without training, and writes a study of its own to the directory
/// `out`: a log with the new times, and its tables. A threshold that stays the same keeps its brackets,
/// which come from looks at every epoch; a new one is looked for in the logged evaluations, and its
/// brackets are as wide as these are apart. `Time: O(log)`
///
/// # Errors
/// When the directory cannot be read, `config` is not valid, or something cannot be written.
pub fn tables_under(
    path: &Path,
    config: Config,
    out: &Path,
    replace: bool,
) -> Result<(Study, Summary), MergeError> {
    differ(path, out)?;
    let source = Source::open(path)?;
    let old = study_of(&source)?;
    let study = Study::logged(config, &source.header)?;
    let header = source.header.with_config(study.config());
    let header = header.map_err(|error| DirectoryError::Io {
        path: out.to_owned(),
        error,
    })?;
    let groups = logged_groups(&old, &source.log).into_iter().map(|number| {
        let mut group = logged_group(&old, &source.log, number)?;
        let [logged, asked] = [&old, &study].map(|study| study.cell(group.cell).config);
        for record in &mut group.records {
            record.find_anew(&logged.evaluate, &asked.evaluate, asked.train.epochs);
        }
        Ok((number, group))
    });
    let summary = written(&study, &header, groups, &source.spent, out, replace)?;
    Ok((study, summary))
}

/// The configuration of the study in a directory.
///
/// # Errors
/// When the directory holds no study with a log.
pub fn logged_config(path: &Path) -> Result<Config, MergeError> {
    Ok(study_of(&Source::open(path)?)?.config().clone())
}

fn study_of(source: &Source) -> Result<Study, MergeError> {
    let config = source.header.config(source.log.name())?;
    Ok(Study::logged(config, &source.header)?)
}

/// The configuration of a study as its directory keeps it: of foreign runs, the settings that they were judged by.
///
/// # Errors
/// As [`Config::to_toml`].
pub fn configuration(study: &Study) -> Result<String, ConfigError> {
    if !study.is_foreign() {
        return study.config().to_toml();
    }
    let mut text = "# Runs that another program trained, judged by these settings\n".to_owned();
    for setting in SETTINGS
        .iter()
        .filter(|setting| JUDGING.contains(&setting.key))
    {
        if let Some(value) = setting.get(study.config())? {
            text.push_str(&format!("{} = {value}\n", setting.key));
        }
    }
    Ok(text)
}

/// Writes a log of groups and its tables into the directory `out`, which appears when all is there.
pub(crate) fn written(
    study: &Study,
    header: &Header,
    groups: impl Iterator<Item = Result<(u64, Group), MergeError>>,
    spent: &Spent,
    out: &Path,
    replace: bool,
) -> Result<Summary, MergeError> {
    // A symbolic link stays a link: the directory it points to is the one replaced.
    let out = &resolved(out);
    let exists = fs::symlink_metadata(out).is_ok() && !is_empty(out);
    let path = out.to_owned();
    if exists && !replace {
        return Err(DirectoryError::Exists { path }.into());
    }
    if exists && !out.join(CONFIGURATION).is_file() {
        return Err(DirectoryError::NoStudy { path }.into());
    }
    // Replacing it would throw away work that can still be resumed.
    if Directory::is_unfinished(out) {
        return Err(DirectoryError::Unfinished { path }.into());
    }
    let io = |error| DirectoryError::Io {
        path: out.to_owned(),
        error,
    };
    let folder = Temporary::folder_beside(out).map_err(io)?;
    let wall = Duration::try_from_secs_f64(spent.seconds).unwrap_or_default();
    let mut log = Log::begin(folder.path(), header).map_err(io)?;
    for group in groups {
        let (number, group) = group?;
        let added = log.add(number, wall, &to_bytes(&group));
        added.map_err(|error| DirectoryError::from(error).of(out))?;
    }
    log.sync().map_err(io)?;
    let groups: Vec<u64> = log.numbers().collect();
    let made = tables(study, &log, &groups, folder.path());
    let (made, summary) = made.map_err(|error| error.of(out))?;
    let manifest = Manifest::new(
        study,
        &made,
        (spent.threads, &spent.forms),
        (header.started_unix_seconds, wall),
    );
    let finish = || -> io::Result<()> {
        write_json(&folder.path().join(MANIFEST), &manifest)?;
        let toml = configuration(study).map_err(io::Error::other)?;
        write(&folder.path().join(CONFIGURATION), toml.as_bytes())?;
        if out.exists() {
            return folder.replace_folder(out);
        }
        sync_folder(folder.path())?;
        folder.rename(out)?;
        // The new name reaches the disk only when the folder around it does.
        sync_folder(folder_of(out))
    };
    finish().map_err(io)?;
    Ok(summary)
}
