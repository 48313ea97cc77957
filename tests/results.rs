//! Studies' directories, read back.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use sparsegrok_config::{Config, Settings};
use sparsegrok_kernel::Figure;
use sparsegrok_run::Status;
use sparsegrok_study::{Directory, Record, RecordRow, Study, StudyResults};
use tempfile::TempDir;

use crate::support::{folder, sparsegrok, text};

/// Nine seeds of three cells, of which the second diverges.
const FLAGS: [(&str, &str); 10] = [
    ("n_train", "20"),
    ("n_test", "10"),
    ("loss", "squared"),
    ("target", "linear"),
    ("weight_decay", "0"),
    ("epochs", "40"),
    ("eval_points", "5"),
    ("seeds", "3..12"),
    ("vary", "learning_rate=0.01,90,0.02"),
    ("figures", "train_acc,test_loss,teacher_cosine"),
];

fn config(more: &[(&str, &str)]) -> Config {
    let flags = [&FLAGS[..], more].concat();
    let settings = Settings::layered(None, None, &flags).unwrap();
    settings.config().unwrap()
}

/// Runs a study into a directory, until it has handed over this many groups; its runs, cell by cell.
fn run(study: &Study, path: &Path, groups: usize) -> Vec<Record> {
    let mut directory = Directory::create(path, false, study).unwrap();
    let mut records = Vec::new();
    let mut left = groups;
    let ran = study
        .run(&AtomicBool::new(false), |group| {
            directory.add(&group).unwrap();
            records.extend(group.records);
            left -= 1;
            match left {
                0 => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        })
        .unwrap();
    directory.finish(&ran).unwrap();
    records.sort_by_key(|run: &Record| (run.cell, run.seeds.seed));
    records
}

#[test]
fn a_directory_reads_back_as_what_ran() {
    let folder = folder();
    let path = folder.path().join("study");
    let study = Study::new(config(&[("traces", "2")])).unwrap();
    let runs = run(&study, &path, usize::MAX);
    let results = StudyResults::read(&path).unwrap();

    // Unlike the structs, the texts tell only what is in effect.
    let toml = |study: &Study| study.config().to_toml().unwrap();
    assert_eq!(toml(&results.study), toml(&study));
    assert_eq!((runs.len(), results.records.len()), (27, 27));
    assert_eq!(results.cells().count(), 3);
    for (run, record) in runs.iter().zip(&results.records) {
        assert_eq!((run.cell, run.seeds), (record.cell, record.seeds));
        assert_eq!(run.milestones, record.milestones);
        assert_eq!(record.horizon, run.trace.last().map(|last| last.epoch));
        let finals = run.last().map_or([None; 3], |last| {
            [Figure::TrainAcc, Figure::TestLoss, Figure::TeacherCosine].map(|f| last.get(f))
        });
        assert_eq!(record.finals, finals);
    }
    let diverged = results.records_of(1);
    assert_eq!(diverged.len(), 9);
    let has_diverged = |row: &RecordRow| row.milestones.status == Status::Diverged;
    assert!(diverged.iter().all(has_diverged));
    assert!(!results.records_of(2).iter().any(has_diverged));

    let traces = results.read_traces().unwrap();
    let kept = runs.iter().filter(|run| run.seeds.seed < 5);
    let kept: Vec<_> = kept.filter(|run| !run.trace.is_empty()).collect();
    assert_eq!(traces.len(), kept.len());
    for (trace, run) in traces.iter().zip(kept) {
        assert_eq!((trace.cell, trace.seed), (run.cell, run.seeds.seed));
        assert_eq!(trace.trace, run.trace);
    }

    let curves = results.read_curves().unwrap();
    assert_eq!(curves.len(), 3);
    let last = curves[2].points.last().unwrap();
    assert_eq!((last.epoch, last.n), (40, 9));
    let losses = runs[18..]
        .iter()
        .map(|run| run.last().unwrap().get(Figure::TestLoss));
    let mean = losses.map(Option::unwrap).sum::<f64>() / 9.0;
    assert_eq!(last.figures[1].unwrap().mean, mean);
    let gone = curves[1].points.last().unwrap();
    assert_eq!((gone.n, gone.figures[0]), (0, None));

    assert_eq!(results.summary.cells.len(), 3);
    assert_eq!(results.summary.cells[1].status["diverged"], 9);
    let finals = results.summary.cells[2].r#final["test_loss"];
    assert_eq!(finals.unwrap().mean, mean);
    assert!(results.manifest.complete);
    assert_eq!(results.manifest.cells, 3);
}

#[test]
fn an_interrupted_study_has_the_runs_that_are_finished() {
    let folder = folder();
    let path = folder.path().join("cut");
    let study = Study::new(config(&[])).unwrap();
    // Eight seeds of the first two cells, which would be trained beside others if there were more of them.
    let runs = run(&study, &path, 2);
    let results = StudyResults::read(&path).unwrap();
    assert_eq!((runs.len(), results.records.len()), (16, 16));
    let counts = [0, 1, 2].map(|cell| results.records_of(cell).len());
    assert_eq!(counts, [8, 8, 0]);
    assert_eq!(results.cells().count(), 2);
    assert_eq!(results.summary.cells.len(), 2);
    assert_eq!(results.manifest.runs_planned, 27);
    assert!(!results.manifest.complete);
}

/// A small study whose files a test then spoils.
fn small(folder: &TempDir) -> std::path::PathBuf {
    let path = folder.path().join("small");
    let study = Study::new(config(&[("seeds", "0..2"), ("vary", "epochs=8,9")])).unwrap();
    run(&study, &path, usize::MAX);
    path
}

/// Tables are made of the log, and never read: what happens to them changes no result.
#[test]
fn spoilt_tables_are_made_again() {
    let folder = folder();
    let path = small(&folder);
    let before = StudyResults::read(&path).unwrap();
    let tables = ["records.csv", "curves.csv", "traces.csv", "summary.json"];
    let texts = tables.map(|name| text(path.join(name)));
    std::fs::write(path.join(tables[0]), "cell\nnine\n").unwrap();
    std::fs::remove_file(path.join(tables[3])).unwrap();
    let after = StudyResults::read(&path).unwrap();
    assert_eq!(after.records, before.records);
    assert_eq!(after.summary, before.summary);
    assert_eq!(after.read_curves().unwrap(), before.read_curves().unwrap());
    sparsegrok(&format!("tables {}", path.display()));
    assert_eq!(tables.map(|name| text(path.join(name))), texts);
}

#[test]
fn faults_of_a_directory_are_named() {
    let folder = folder();
    let path = small(&folder);
    let refusal = |file: &str, change: &dyn Fn(Vec<u8>) -> Vec<u8>| {
        let place = path.join(file);
        let whole = std::fs::read(&place).unwrap();
        std::fs::write(&place, change(whole.clone())).unwrap();
        let said = StudyResults::read(&path).expect_err(file).to_string();
        std::fs::write(&place, whole).unwrap();
        said.strip_prefix(&format!("{}: ", place.display()))
            .expect(&said)
            .to_owned()
    };
    let in_words = |old: &'static str, new: &'static str| {
        move |whole: Vec<u8>| {
            let whole = String::from_utf8(whole).unwrap();
            assert!(whole.contains(old), "{old} in {whole}");
            whole.replacen(old, new, 1).into_bytes()
        }
    };
    assert_eq!(
        refusal("manifest.json", &in_words("\"runs\": 4", "\"runs\": \"4\"")),
        "line 16, column 13: invalid type: string \"4\", expected u64"
    );
    let log = std::fs::read(path.join("runs.log")).unwrap();
    let flipped = |at: usize| {
        move |mut whole: Vec<u8>| {
            whole[at] ^= 1;
            whole
        }
    };
    assert_eq!(
        refusal("runs.log", &flipped(0)),
        "not a checkpoint: expected it to begin with `sparsegrok checkpoint`"
    );
    assert_eq!(
        refusal("runs.log", &flipped(log.len() - 20)),
        "damaged: its checksum does not fit its content"
    );
    // The end of the last group is missing.
    let cut = |whole: Vec<u8>| whole[..whole.len() - 20].to_vec();
    assert_eq!(
        refusal("runs.log", &cut),
        "2 runs, expected 4, as `manifest.json` counts"
    );
    // Of the header there are two copies.
    std::fs::write(path.join("runs.log"), flipped(100)(log.clone())).unwrap();
    assert_eq!(StudyResults::read(&path).unwrap().records.len(), 4);
    std::fs::remove_file(path.join("runs.log")).unwrap();
    let said = StudyResults::read(&path).unwrap_err().to_string();
    assert!(
        said.contains("holds no `runs.log`, which studies of earlier versions did not keep: expected the study to be run again"),
        "{said}"
    );
    std::fs::remove_file(path.join("study.toml")).unwrap();
    let said = StudyResults::read(&path).unwrap_err().to_string();
    assert!(
        said.ends_with("small: holds no study: expected a directory with `study.toml`"),
        "{said}"
    );
}

#[test]
fn a_study_that_is_replaced_while_it_is_read_is_read_as_one_or_the_other() {
    let folder = folder();
    let path = folder.path().join("study");
    let studies = ["3..5", "3..12"].map(|seeds| {
        let flags = [("seeds", seeds), ("vary", "learning_rate=0.01,0.02")];
        Study::new(config(&flags)).unwrap()
    });
    let put = |study: &Study| {
        let mut directory = Directory::create(&path, true, study).unwrap();
        let ran = directory.run(&AtomicBool::new(false), |_| {}).unwrap();
        directory.finish(&ran).unwrap();
    };
    put(&studies[0]);
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..40 {
                put(&studies[round % 2]);
            }
            is_done.store(true, Ordering::Relaxed);
        });
        let mut reads = 0;
        while !is_done.load(Ordering::Relaxed) {
            let results = StudyResults::read(&path).unwrap();
            let runs = results.study.runs();
            assert_eq!(results.manifest.runs, runs);
            assert_eq!(results.records.len() as u64, runs);
            reads += 1;
        }
        assert!(reads > 0);
    });
}
