//! Studies' directories, read back.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use sparsegrok_kernel::Figure;
use sparsegrok_study::{
    Config, Directory, Record, RecordRow, Settings, Status, Study, StudyResults,
};
use tempfile::TempDir;

use crate::support::{folder, text};

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

/// Runs a study into a directory, until it has handed over this many groups; its runs.
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
        assert_eq!(trace.points.len(), run.trace.len());
        for (point, evaluation) in trace.points.iter().zip(run.trace.iter()) {
            assert_eq!(point.epoch, evaluation.epoch);
            assert_eq!(point.figures[1], evaluation.get(Figure::TestLoss));
        }
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
fn an_interrupted_study_has_the_first_runs() {
    let folder = folder();
    let path = folder.path().join("cut");
    let study = Study::new(config(&[])).unwrap();
    // Eight seeds and one of the first cell, eight of the second.
    let runs = run(&study, &path, 3);
    let results = StudyResults::read(&path).unwrap();
    assert_eq!((runs.len(), results.records.len()), (17, 17));
    let counts = [0, 1, 2].map(|cell| results.records_of(cell).len());
    assert_eq!(counts, [9, 8, 0]);
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

#[test]
fn faults_name_file_line_column_and_wish() {
    let folder = folder();
    let path = small(&folder);
    let refusal = |file: &str, old: &str, new: &str| {
        let path = path.join(file);
        let whole = text(&path);
        assert!(whole.contains(old), "{old} in {whole}");
        std::fs::write(&path, whole.replacen(old, new, 1)).unwrap();
        let results = StudyResults::read(path.parent().unwrap());
        let read = results.and_then(|results| {
            results.read_curves()?;
            results.read_traces()
        });
        std::fs::write(&path, whole).unwrap();
        let said = read.expect_err(new).to_string();
        let place = format!("{}: ", path.display());
        said.strip_prefix(&place).expect(&said).to_owned()
    };
    let cases = [
        (
            "records.csv",
            "t_gen",
            "t_grok",
            "line 1, column 14 (`t_gen`): found `t_grok`, expected `t_gen`",
        ),
        (
            "records.csv",
            "\n1,9,0,",
            "\n1,7,0,",
            "line 4, column 2 (`epochs`): found `7`, expected `9`",
        ),
        (
            "records.csv",
            "\n1,9,1,",
            "\n1,9,2,",
            "line 5, column 3 (`seed`): found `2`, expected `1`",
        ),
        (
            "records.csv",
            "generalized early",
            "generalised",
            "line 2, column 7 (`status`): found `generalised`, expected one of `grokked`, \
             `generalized early`, `memorized only`, `neither`, `undecided`, `diverged`",
        ),
        (
            "records.csv",
            ",generalized early,8,",
            ",generalized early,8.5,",
            "line 2, column 8 (`horizon`): found `8.5`, expected an epoch, or nothing",
        ),
        (
            "records.csv",
            ",generalized early,8,",
            ",generalized early,",
            "line 2: 27 cells, expected 28",
        ),
        (
            "curves.csv",
            "\n0,2,2",
            "\n0,1,2",
            "line 3, column 2 (`epoch`): found `1`, expected an epoch after that of the row before",
        ),
        (
            "curves.csv",
            "\n0,2,2",
            "\n5,2,2",
            "line 3, column 1 (`cell`): found `5`, expected the number of a cell of the study, \
             ascending",
        ),
        (
            "traces.csv",
            "\n0,1,1,",
            "\n0,7,1,",
            "line 7, column 2 (`seed`): found `7`, expected a seed of the study, ascending",
        ),
        (
            "traces.csv",
            "\n0,0,1,0.",
            "\n0,0,1,x",
            "line 2, column 4 (`train_acc`): found `x95`, expected a number, or nothing",
        ),
        (
            "manifest.json",
            "\"runs\": 4",
            "\"runs\": \"4\"",
            "line 13, column 13: invalid type: string \"4\", expected u64",
        ),
        (
            "summary.json",
            "\"cell\": 0",
            "\"cell\": \"0\"",
            "line 4, column 17: invalid type: string \"0\", expected usize",
        ),
        (
            "study.toml",
            "epochs =",
            "epochz =",
            "unknown key `epochz`; did you mean `epochs`?",
        ),
    ];
    for (file, old, new, sentence) in cases {
        assert_eq!(refusal(file, old, new), sentence);
    }
}

#[test]
fn missing_and_surplus_parts_are_told() {
    let folder = folder();
    let path = small(&folder);
    let records = text(path.join("records.csv"));
    let read = || StudyResults::read(&path).map_err(|error| error.to_string());

    let (rest, _) = records.trim_end().rsplit_once('\n').unwrap();
    std::fs::write(path.join("records.csv"), format!("{rest}\n")).unwrap();
    let said = read().unwrap_err();
    assert!(
        said.ends_with("records.csv: 3 runs, expected 4, as `manifest.json` counts"),
        "{said}"
    );
    std::fs::write(path.join("records.csv"), format!("{records}{records}")).unwrap();
    let said = read().unwrap_err();
    assert!(
        said.ends_with(
            "line 6, column 1 (`cell`): found `cell`, expected no more runs than the study has"
        ),
        "{said}"
    );
    std::fs::remove_file(path.join("records.csv")).unwrap();
    assert!(read().unwrap_err().contains("records.csv: No such file"));
    std::fs::remove_file(path.join("study.toml")).unwrap();
    let said = read().unwrap_err();
    assert!(
        said.ends_with("small: holds no study: expected a directory with `study.toml`"),
        "{said}"
    );
}
