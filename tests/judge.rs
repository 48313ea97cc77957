//! `judge`: curves that another program logged give what a study gives.

use std::path::Path;

use serde_json::Value;

use crate::support::{command, file, folder, printed, refused, sparsegrok, text};

/// The rows of a CSV file without quotes, by column.
struct Rows {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Rows {
    fn of(csv: &str) -> Self {
        let mut lines = csv
            .lines()
            .map(|line| line.split(',').map(str::to_owned).collect());
        Self {
            header: lines.next().unwrap(),
            rows: lines.collect(),
        }
    }

    fn column(&self, name: &str) -> Vec<&str> {
        let place = self.header.iter().position(|column| column == name);
        let place = place.unwrap_or_else(|| panic!("no column {name} in {:?}", self.header));
        self.rows.iter().map(|row| row[place].as_str()).collect()
    }

    fn numbers(&self, name: &str) -> Vec<Option<f64>> {
        let column = self.column(name).into_iter();
        column.map(|text| text.parse().ok()).collect()
    }
}

/// Two cells of ten runs that grok, evaluated at every epoch.
fn study(out: &Path) {
    printed(&format!(
        "study --preset grok-a --seeds 0..10 --vary weight_decay=1e-4,4e-4 --epochs 3000 --eval-every 1 --traces all \
         --out {}",
        out.display()
    ));
}

fn records(directory: &Path) -> Rows {
    Rows::of(&text(directory.join("records.csv")))
}

/// The cells of a summary, without what is of the grid or the theory.
fn measured(directory: &Path) -> Vec<Value> {
    let summary: Value = serde_json::from_str(&text(directory.join("summary.json"))).unwrap();
    let mut cells = summary["cells"].as_array().unwrap().clone();
    for cell in &mut cells {
        let cell = cell.as_object_mut().unwrap();
        cell.remove("varied");
        cell.remove("prediction");
    }
    cells
}

#[test]
fn a_studys_own_traces_give_its_times_statuses_and_intervals_to_the_digit() {
    let folder = folder();
    let [own, judged] = ["own", "judged"].map(|name| folder.path().join(name));
    study(&own);
    let traces = own.join("traces.csv");
    printed(&format!(
        "judge {} --group-columns weight_decay --traces all --out {}",
        traces.display(),
        judged.display()
    ));
    assert_eq!(measured(&own), measured(&judged));
    let (own_records, judged_records) = (records(&own), records(&judged));
    let from_status = |rows: &Rows| {
        let start = rows
            .header
            .iter()
            .position(|name| name == "status")
            .unwrap();
        rows.rows
            .iter()
            .map(|row| row[start..].to_vec())
            .collect::<Vec<_>>()
    };
    assert_eq!(from_status(&own_records), from_status(&judged_records));
    assert_eq!(judged_records.column("run"), own_records.column("seed"));
    for table in ["traces.csv", "curves.csv"] {
        assert!(text(own.join(table)) == text(judged.join(table)), "{table}");
    }

    // The log is the result: what is made of it again is the same, other thresholds are other times, and a page
    // can be drawn. Nothing can be trained.
    let before = text(judged.join("records.csv"));
    printed(&format!("tables {}", judged.display()));
    assert_eq!(text(judged.join("records.csv")), before);
    let other = folder.path().join("other");
    printed(&format!(
        "tables {} --gen-threshold .95 --out {}",
        judged.display(),
        other.display()
    ));
    let direct = folder.path().join("direct");
    printed(&format!(
        "judge {} --group-columns weight_decay --traces all --gen-threshold .95 --out {}",
        traces.display(),
        direct.display()
    ));
    assert_eq!(
        text(other.join("records.csv")),
        text(direct.join("records.csv"))
    );
    printed(&format!("report {}", judged.display()));
    let page = text(judged.join("report/index.html"));
    assert!(page.contains("sparsegrok judge"), "the command that judged");
    assert!(!page.contains("learning_rate"), "settings of no run here");
    let compared = printed(&format!("compare {} {}", own.display(), judged.display()));
    assert!(compared.contains("10 of 10"), "{compared}");
}

#[test]
fn thinned_curves_hold_the_true_times_in_their_brackets_and_no_status_is_wrong() {
    let folder = folder();
    let own = folder.path().join("own");
    study(&own);
    let (truth, traces) = (records(&own), text(own.join("traces.csv")));
    let mut undecided = Vec::new();
    for every in [10, 50, 200] {
        let is_kept = |line: &&str| {
            let epoch = line.split(',').nth(3).unwrap().parse::<u64>();
            epoch.map_or(true, |epoch| epoch % every == 0)
        };
        let thinned: Vec<&str> = traces.lines().filter(is_kept).collect();
        let path = file(&folder, "thinned.csv", thinned.join("\n"));
        let judged = Rows::of(&printed(&format!("judge {path}")));
        for time in ["t_mem", "t_gen", "t_60", "t_90"] {
            let [low, high] = ["low", "high"].map(|end| judged.numbers(&format!("{time}_{end}")));
            for ((truth, low), high) in truth.numbers(time).into_iter().zip(low).zip(high) {
                let (truth, low, high) = (truth.unwrap(), low.unwrap(), high.unwrap());
                assert!(
                    low < truth && truth <= high,
                    "{time}: {truth} in ({low}, {high}]"
                );
                assert!(high - low <= every as f64, "{time}: ({low}, {high}]");
            }
        }
        let mut open = 0;
        for (status, truth) in judged
            .column("status")
            .into_iter()
            .zip(truth.column("status"))
        {
            assert!(
                status == truth || status == "undecided",
                "{status}, in truth {truth}"
            );
            open += usize::from(status == "undecided");
        }
        undecided.push(open);
    }
    // T_gen is 25 to 95 times T_mem: looks 10 epochs apart tell, 200 apart they cannot.
    assert_eq!(undecided, [0, 10, 20]);
}

#[test]
fn a_threshold_that_holds_at_the_end_alone_is_undecided_where_evaluations_are_far_apart() {
    let folder = folder();
    let path = file(
        &folder,
        "late.csv",
        "epoch,train_acc,test_acc\n10,1,.1\n100,1,.1\n1000,1,1\n",
    );
    let judged = Rows::of(&printed(&format!("judge {path}")));
    assert_eq!(judged.column("status"), ["undecided"]);
    let path = file(
        &folder,
        "early.csv",
        "epoch,train_acc,test_acc\n10,1,.1\n999,1,.1\n1000,1,1\n",
    );
    let judged = Rows::of(&printed(&format!("judge {path}")));
    assert_eq!(judged.column("status"), ["memorized only"]);
}

/// What was said, without its ends of lines, which come where words do.
fn in_one_line(said: &str) -> String {
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The row of each run: its name, status, and the brackets of T_mem and T_gen; and what was said.
fn judged(
    folder: &tempfile::TempDir,
    flags: &str,
    files: &[(&str, &str)],
) -> (Vec<String>, String) {
    let paths: Vec<String> = files
        .iter()
        .map(|(name, content)| file(folder, name, content))
        .collect();
    let outcome = sparsegrok(&format!("judge {} {flags}", paths.join(" ")));
    assert_eq!(outcome.code, 0, "{outcome:?}");
    let rows = Rows::of(&outcome.stdout);
    let columns = [
        "run",
        "status",
        "t_mem_low",
        "t_mem_high",
        "t_gen_low",
        "t_gen_high",
    ];
    let columns = columns.map(|name| rows.column(name));
    let told =
        (0..rows.rows.len()).map(|row| columns.each_ref().map(|column| column[row]).join(" "));
    (told.collect(), in_one_line(&outcome.stderr))
}

/// A run that groks between 900 and 1000, having memorized between 1 and 10.
const GROKS: [(u64, f64, f64); 5] = [
    (1, 0.5, 0.5),
    (10, 1.0, 0.5),
    (900, 1.0, 0.6),
    (1000, 1.0, 1.0),
    (1100, 1.0, 1.0),
];
const GROKKED: &str = "grokked 1 10 900 1000";

#[test]
fn every_accepted_form_is_read() {
    let folder = folder();
    let lines =
        |form: &dyn Fn(u64, f64, f64) -> String| GROKS.map(|(t, a, b)| form(t, a, b)).concat();
    let row = |t: u64, a: f64, b: f64| format!("{t},{a},{b}\n");
    let alone = format!("epoch,train_acc,test_acc\n{}", lines(&row));
    let runs = |names: &[&str]| {
        names
            .iter()
            .map(|n| format!("{n} {GROKKED}"))
            .collect::<Vec<_>>()
    };
    let read = |flags: &str, files: &[(&str, &str)]| judged(&folder, flags, files).0;

    // A file a run, under several names of columns and with several delimiters.
    assert_eq!(
        read("", &[("a.csv", &alone), ("b.csv", &alone)]),
        runs(&["a", "b"])
    );
    let keras = alone.replace("train_acc,test_acc", "acc,val_accuracy");
    assert_eq!(read("", &[("keras.csv", &keras)]), runs(&["keras"]));
    let tabs = alone
        .replace(',', "\t")
        .replace("train_acc", "Training Accuracy");
    assert_eq!(read("", &[("t.tsv", &tabs)]), runs(&["t"]));
    let semicolons = alone.replace(',', ";");
    assert_eq!(read("", &[("s.csv", &semicolons)]), runs(&["s"]));
    let named = alone
        .replace("epoch,train_acc,test_acc", "n,fit,held out")
        .replace('\n', "\r\n");
    let named = named.replace("held out", "held-out");
    let flags = "--time-column n --map train_acc=fit --map test_acc=held-out";
    assert_eq!(read(flags, &[("n.csv", &named)]), runs(&["n"]));

    // A long table of runs and groups.
    let long = format!(
        "optimizer,seed,step,train_acc,test_acc\n{}",
        lines(&|t, a, b| format!("sgd,7,{t},{a},{b}\nadam,7,{t},{a},{b}\n"))
    );
    let path = file(&folder, "long.csv", &long);
    let rows = Rows::of(&printed(&format!("judge {path} --group-columns optimizer")));
    assert_eq!(rows.column("optimizer"), ["sgd", "adam"]);
    assert_eq!(rows.column("run"), ["7", "7"]);
    assert_eq!(rows.column("status"), ["grokked", "grokked"]);

    // JSON lines, nested, with Python's NaN.
    let json = lines(&|t, a, b| {
        format!(
            "{{\"step\": {t}, \"train\": {{\"acc\": {a}}}, \"val\": {{\"acc\": {b}, \"loss\": NaN}}}}\n"
        )
    });
    assert_eq!(read("", &[("log.jsonl", &json)]), runs(&["log"]));

    // A column a run: by its name, by the file's, and by a flag.
    let wide = format!(
        "epoch,s0_train_acc,s0_test_acc,s1_train_acc,s1_test_acc\n{}",
        lines(&|t, a, b| format!("{t},{a},{b},{a},{b}\n"))
    );
    assert_eq!(read("", &[("wide.csv", &wide)]), runs(&["s0", "s1"]));
    let of = |which: usize| {
        format!(
            "step,s0,s1\n{}",
            lines(&|t, a, b| format!("{t},{0},{0}\n", [a, b][which]))
        )
    };
    let [train, test] = [of(0), of(1)];
    assert_eq!(
        read("", &[("train_acc.csv", &train), ("test_acc.csv", &test)]),
        runs(&["s0", "s1"])
    );

    // The export of a tracking service, whose least and greatest values are no runs.
    let export = |metric: &str, which: usize| {
        let header = format!(
            "\"Step\",\"r1 - {metric}\",\"r1 - {metric}__MIN\",\"r1 - {metric}__MAX\",\"r2 - {metric}\"\n"
        );
        header + &lines(&|t, a, b| format!("{t},\"{0}\",0,0,{0}\n", [a, b][which]))
    };
    let [train, test] = [export("train/acc", 0), export("val/acc", 1)];
    assert_eq!(
        read("", &[("w1.csv", &train), ("w2.csv", &test)]),
        runs(&["r1", "r2"])
    );
    let other = export("shown", 1);
    assert_eq!(
        read(
            "--map test_acc=shown",
            &[("w1.csv", &train), ("w2.csv", &other)]
        ),
        runs(&["r1", "r2"])
    );

    // TensorBoard's scalars: train and test in files of their own, joined by time.
    let scalars = |which: usize| {
        "Wall time,Step,Value\n".to_owned()
            + &lines(&|t, a, b| format!("1.6e9,{t},{}\n", [a, b][which]))
    };
    let [train, test] = [scalars(0), scalars(1)];
    let files = [
        ("run-s4_train-tag-epoch_accuracy.csv", train.as_str()),
        ("run-s4_validation-tag-epoch_accuracy.csv", test.as_str()),
    ];
    assert_eq!(read("", &files), runs(&["s4"]));
}

#[test]
fn tidy_tables_and_whole_json_are_read() {
    let folder = folder();
    let lines =
        |form: &dyn Fn(u64, f64, f64) -> String| GROKS.map(|(t, a, b)| form(t, a, b)).concat();
    let read =
        |flags: &str, name: &str, content: &str| judged(&folder, flags, &[(name, content)]).0;
    let one = |name: &str| vec![format!("{name} {GROKKED}")];

    // A row a value, by its metric, by its split, and by both; other metrics are left out.
    let metric = lines(&|t, a, b| {
        format!(
            "x,{t},train/acc,{a}\nx,{t},val/acc,{b}\nx,{t},lr,1e-3\ny,{t},train/acc,{a}\ny,{t},val/acc,{b}\n"
        )
    });
    let metric = format!("run,step,metric,value\n{metric}");
    let both = vec![format!("x {GROKKED}"), format!("y {GROKKED}")];
    assert_eq!(read("", "metric.csv", &metric), both);
    let tag = metric.replace("metric", "tag").replace("val/acc", "held");
    assert_eq!(read("--map test_acc=held", "tag.csv", &tag), both);
    let split = lines(&|t, a, b| format!("{t},train,{a},1\n{t},test,{b},1\n"));
    let split = format!("epoch,split,accuracy,loss\n{split}");
    assert_eq!(read("", "split.csv", &split), one("split"));
    let phase = lines(&|t, a, b| format!("{t},train,acc,{a}\n{t},valid,acc,{b}\n"));
    let phase = format!("epoch,phase,metric,value\n{phase}");
    assert_eq!(read("", "phase.csv", &phase), one("phase"));
    let json = lines(&|t, a, b| {
        format!(
            "{{\"step\": {t}, \"key\": \"train_acc\", \"value\": {a}}}\n{{\"step\": {t}, \"key\": \"val_acc\", \"value\": {b}}}\n"
        )
    });
    assert_eq!(read("", "tidy.jsonl", &json), one("tidy"));

    // One value: a list of objects, also within others; lists by name, with times and without.
    let objects = lines(&|t, a, b| {
        format!(",{{\"epoch\": {t},\n \"train_acc\": {a}, \"test_acc\": {b}, \"loss\": NaN}}\n")
    });
    let objects = format!("[{}]", &objects[1..]);
    assert_eq!(read("", "list.json", &objects), one("list"));
    let history = format!(
        "{{\"config\": {{\"epochs\": 9}}, \"history\": {objects}, \"grads\": [{{\"a\": 1}}]}}"
    );
    assert_eq!(read("", "history.json", &history), one("history"));
    let runs = format!("{{\"s0\": {{\"table\": {objects}}}, \"s1\": {{\"table\": {objects}}}}}");
    let names = vec![format!("s0 {GROKKED}"), format!("s1 {GROKKED}")];
    assert_eq!(read("", "runs.json", &runs), names);
    let numbers = |of: fn((u64, f64, f64)) -> f64| format!("{:?}", GROKS.map(of));
    let (times, train, test) = (numbers(|p| p.0 as f64), numbers(|p| p.1), numbers(|p| p.2));
    let lists = format!(
        "{{\"steps\": {times},\n \"train_accs\": {train}, \"test_accs\": {test}, \"end\": 7}}"
    );
    assert_eq!(read("", "lists.json", &lists), one("lists"));
    let nested = format!(
        "{{\"step\": {times}, \"train\": {{\"acc\": {train}}}, \"val\": {{\"acc\": {test}}}}}"
    );
    assert_eq!(read("", "nested.json", &nested), one("nested"));
    let several = format!("{{\"s0\": {lists}, \"s1\": {lists}}}");
    assert_eq!(read("", "several.json", &several), names);
    let keras = "{\"acc\": [0.5, 1, 1, 1], \"val_acc\": [0.5, 0.5, 0.5, 0.5]}";
    let (rows, said) = judged(&folder, "", &[("keras.json", keras)]);
    assert_eq!(rows, ["keras memorized only 1 2 4 "]);
    assert!(
        said.contains("note: no list of times: values are taken as those of epochs 1, 2, 3, …"),
        "{said}"
    );

    // Files that each have one quantity of a run; cross entropy is a loss.
    let accuracy = format!(
        "step,train,test\n{}",
        lines(&|t, a, b| format!("{t},{a},{b}\n"))
    );
    let loss = "step,train_cross_entropy,test_cross_entropy\n1,1,1\n1000,.1,.1\n";
    let files = [("r_accuracy.csv", accuracy.as_str()), ("r_loss.csv", loss)];
    let (rows, said) = judged(&folder, "", &files);
    assert_eq!(rows, one("r"));
    assert!(
        said.contains("read as `test_loss`: `test_cross_entropy`"),
        "{said}"
    );
}

#[test]
fn what_happened_beside_the_times_is_told() {
    let folder = folder();
    // Memorized at 10, lost at 50 with a spike of the loss, back at 60; generalized at 200, lost for good at 300.
    let curves = "step,train_acc,test_acc,train_loss,test_loss\n1,.5,.5,1,1\n10,1,.5,.01,2\n40,1,.5,.01,2\n50,.2,.5,2,2\n\
                  60,1,.5,.01,2\n100,1,.5,.01,2\n200,1,.95,.01,.1\n290,1,.95,.01,.1\n300,1,.5,.01,.1\n400,1,.5,.01,.1\n";
    let path = file(&folder, "r.csv", curves);
    let out = folder.path().join("out");
    let line = format!("judge {path} --persistence 2epochs --out {}", out.display());
    let said = in_one_line(&sparsegrok(&line).stderr);
    for sentence in [
        "1 of 1 run overfitted: test loss rose while train loss did not, by up to 100 %",
        "1 of 1 run lost test accuracy without a rise of test loss, by up to 45.0 %",
        "1 of 1 run gained test loss without a fall of test accuracy, by up to 100 %",
        "caution: 1 of 1 run memorized and then lost it, for up to 10 epochs",
        "caution: 1 of 1 run generalized and then lost it (ungrokking), for up to 101 epochs",
        "caution: 1 of 1 run had spikes of the train loss (slingshots), up to 1 spike",
    ] {
        assert!(said.contains(sentence), "{sentence}{said}");
    }
    let anomalies = &measured(&out)[0]["anomalies"];
    assert_eq!(anomalies["memorization_lost"]["most"], 10.0);
    assert_eq!(anomalies["ungrokking"]["runs"], 1);
    assert_eq!(anomalies["spikes"]["n"], 1);
    let rows = records(&out);
    assert_eq!(rows.column("memorization_lost"), ["10"]);
    assert_eq!(rows.column("ungrokking"), ["101"]);
    assert_eq!(rows.column("spikes"), ["1"]);
    // Other thresholds are other losses.
    let other = folder.path().join("other");
    let flags = format!("--gen-threshold .55 --out {}", other.display());
    printed(&format!("tables {} {flags}", out.display()));
    assert_eq!(records(&other).column("ungrokking"), ["0"]);
}

#[test]
fn estimates_by_the_brackets_are_in_the_summary_and_in_what_is_made_of_it() {
    let folder = folder();
    let mut curves = "group,run,step,train_acc,test_acc\n".to_owned();
    for run in 0..8 {
        for (group, factor) in [("a", 1), ("b", 4)] {
            for step in (0..=20).map(|k| 100 * k) {
                let generalized = step > factor * (300 + 20 * run);
                let (train, test) = (u8::from(step > 0), u8::from(generalized));
                curves += &format!("{group},{run},{step},{train},{test}\n");
            }
        }
    }
    let path = file(&folder, "r.csv", curves);
    let out = folder.path().join("out");
    printed(&format!("judge {path} --out {}", out.display()));
    let summary = text(out.join("summary.json"));
    let value: Value = serde_json::from_str(&summary).unwrap();
    let median = &value["cells"][0]["t_gen"]["brackets"];
    assert_eq!(
        (&median["after"], &median["until"]),
        (&300.0.into(), &400.0.into())
    );
    assert_eq!(
        (&median["low"], &median["high"]),
        (&300.0.into(), &500.0.into())
    );
    assert_eq!(value["log_rank"]["freedom"], 1);
    let p = value["log_rank"]["p"].as_f64().unwrap();
    assert!(p < 0.01, "{p}");
    printed(&format!("tables {}", out.display()));
    assert_eq!(text(out.join("summary.json")), summary);
}

#[test]
fn what_curves_lack_or_repeat_is_said() {
    let folder = folder();
    let told = |content: &str| {
        let (rows, said) = judged(&folder, "", &[("r.csv", content)]);
        (rows.join("; "), said)
    };

    // Per cent, missing values, train and test at different steps, rows that are not sorted.
    let (row, said) = told(
        "step,train_acc,test_acc\n1,50,\n10,100,\n5,,40\n900,,60\n1000,,100\n1001,100,\n1100,nan,100\n",
    );
    assert_eq!(row, format!("r {GROKKED}"));
    assert!(
        said.contains("note: accuracies are in per cent, and are divided by 100"),
        "{said}"
    );
    // A log of one line, and one whose groups have the names of splits.
    let (row, _) = told("{\"step\": 3, \"val\": {\"acc\": 0.5}, \"grads\": [1, 2]}\n");
    assert_eq!(row, "r undecided 0  3 ");
    let path = file(&folder, "g.csv", "set,epoch,train_acc,acc\ntrain,1,.5,.5\n");
    let flags = "--group-columns set --map test_acc=acc";
    let rows = Rows::of(&printed(&format!("judge {path} {flags}")));
    assert_eq!(rows.column("set"), ["train"]);
    let (row, said) = told("step,train_acc,test_acc\n1,0.5%,0.5%\n10,1%,.5%\n");
    assert_eq!(row, "r neither 10  10 ");
    assert!(said.contains("note: accuracies are in per cent"), "{said}");
    let (row, said) =
        told("step,train_acc,test_acc\n1100,1,1\n1000,1,1\n900,1,.6\n10,1,.5\n1,.5,.5\n");
    assert_eq!(row, format!("r {GROKKED}"));
    assert!(
        said.contains("note: 1 run: rows not in the order of time were sorted"),
        "{said}"
    );

    // A restart: what was logged after its step before is no part of the run.
    let (row, said) = told(
        "step,train_acc,test_acc\n1,.5,.5\n10,1,.5\n500,1,1\n900,1,1\nstep,train_acc,test_acc\n500,1,.5\n900,1,.6\n\
         1000,1,1\n1100,1,1\n",
    );
    assert_eq!(row, format!("r {GROKKED}"));
    assert!(
        said.contains("note: 1 run: restarted at an earlier time"),
        "{said}"
    );
    let (row, said) =
        told("step,train_acc,test_acc\n1,.5,.5\n10,0,.5\n10,1,.5\n900,1,.6\n1000,1,1\n1100,1,1\n");
    assert_eq!(row, format!("r {GROKKED}"));
    assert!(
        said.contains("note: 1 run: times that are repeated count once, with the last value"),
        "{said}"
    );

    // One column alone; memorized before the first look; too coarse to tell.
    let (row, said) = told("step,test_acc\n1,.5\n10,.95\n20,.95\n");
    assert_eq!(row, "r undecided 0  0 ");
    assert!(
        said.contains("note: 1 run: no figure tells memorization, so the status is undecided"),
        "{said}"
    );
    assert!(said.contains("not told not told not told"), "{said}");
    let (row, said) = told("step,train_acc\n1,.5\n10,1\n20,1\n");
    assert_eq!(row, "r undecided 1 10 0 ");
    assert!(
        said.contains("note: 1 run: no figure tells generalization"),
        "{said}"
    );
    let (row, said) = told("step,train_acc,test_acc\n0,1,.5\n900,1,.5\n1000,1,1\n1100,1,1\n");
    assert_eq!(row, "r grokked 0 0 900 1000");
    // Evaluations before the first step are kept in the log as any others.
    let (path, out) = (folder.path().join("r.csv"), folder.path().join("zero"));
    let direct = printed(&format!("judge {}", path.display()));
    printed(&format!(
        "judge {} --out {} --report",
        path.display(),
        out.display()
    ));
    assert_eq!(text(out.join("records.csv")), direct);
    printed(&format!("tables {}", out.display()));
    assert_eq!(text(out.join("records.csv")), direct);
    assert!(
        said.contains("note: 1 run: already memorized at the first evaluation"),
        "{said}"
    );
    let (row, said) = told("step,train_acc,test_acc\n0,0,0\n500,1,.5\n1000,1,1\n1100,1,1\n");
    assert_eq!(row, "r undecided 0 500 500 1000");
    assert!(
        said.contains("note: 1 run: evaluated too rarely to decide the status"),
        "{said}"
    );

    // Losses tell where they are asked to.
    let losses = "step,loss,val_loss\n1,2,2\n10,.001,3\n900,.001,1\n1000,.001,.01\n1100,.001,.01\n";
    let flags =
        "--mem-figure train_loss --mem-threshold .01 --gen-figure test_loss --gen-threshold .1";
    assert_eq!(
        judged(&folder, flags, &[("r.csv", losses)]).0,
        [format!("r {GROKKED}")]
    );

    // Runs and groups of unequal size.
    let unequal = "group,run,step,train_acc,test_acc\na,x,1,0,0\na,x,2,0,0\nb,x,1,0,0\nb,y,1,0,0\nb,y,9,0,0\n";
    let out = folder.path().join("unequal");
    let path = file(&folder, "unequal.csv", unequal);
    printed(&format!("judge {path} --out {}", out.display()));
    let rows = records(&out);
    assert_eq!(rows.column("group"), ["a", "b", "b"]);
    assert_eq!(rows.column("horizon"), ["2", "1", "9"]);
    let counts: Vec<_> = measured(&out)
        .iter()
        .map(|cell| cell["runs"].clone())
        .collect();
    assert_eq!(counts, [1, 2]);
    printed(&format!("report {}", out.display()));
}

#[test]
fn every_refusal_names_file_line_column_value_and_what_was_expected() {
    let folder = folder();
    for (content, flags, said) in [
        (
            "",
            "",
            "c.csv: an empty file, expected a line of column names and a row for each evaluation",
        ),
        (
            "epoch,acc\n",
            "",
            "c.csv: line 1: column names alone, expected a row for each evaluation",
        ),
        (
            "a,acc\n1,1\n",
            "",
            "c.csv: line 1: no column of time among `a`, `acc`, expected `epoch`, `step` or `iteration`, or \
             `--time-column NAME`",
        ),
        (
            "epoch,b,c\n1,1,1\n",
            "",
            "c.csv: line 1: no figure among the columns `epoch`, `b`, `c`, expected names such as `train_acc`, \
             `test_accuracy` or `val_loss`, or `--map test_acc=COLUMN`",
        ),
        (
            "epoch,acc\n1,.5\n2,abc\n",
            "",
            "c.csv: line 3: column `acc`: found `abc`, expected a number",
        ),
        (
            "epoch,acc\n1,-.5\n",
            "",
            "c.csv: line 2: column `acc`: found `-.5`, expected an accuracy from 0 to 1, or in per cent to 100",
        ),
        (
            "epoch,acc\n1,101\n",
            "",
            "c.csv: line 2: column `acc`: found `101`, expected an accuracy from 0 to 1, or in per cent to 100",
        ),
        (
            "epoch,acc\n1,1.5\n",
            "--accuracies share",
            "c.csv: line 2: column `acc`: found `1.5`, expected an accuracy from 0 to 1",
        ),
        (
            "epoch,acc\n1.5,1\n",
            "",
            "c.csv: line 2: column `epoch`: found `1.5`, expected a whole number of at least 0",
        ),
        (
            "epoch,acc\n1,1,1\n",
            "",
            "c.csv: line 2: 3 fields, expected 2, as the columns have names",
        ),
        (
            "epoch,val_acc,eval_acc\n1,1,1\n",
            "",
            "c.csv: line 1: columns `val_acc`, `eval_acc` that may each be `test_acc`, expected one of them, or \
             `--map test_acc=COLUMN`",
        ),
        (
            "epoch,acc\n1,1\n",
            "--map test_acc=val",
            "`--map test_acc=val`: no file has a column `val`: found `epoch`, `acc`",
        ),
        (
            "epoch,acc\n1,1\n",
            "--group-columns lr",
            "c.csv: line 1: columns `epoch`, `acc`, expected `lr`, as `--group-columns` says",
        ),
        (
            "epoch,acc\n1,\n",
            "",
            "c.csv: missing values alone, expected numbers in the columns of figures",
        ),
        (
            "{\"step\": 1,\n",
            "",
            "c.csv: line 2: no JSON at its byte 0, expected objects, a list of them, or lists of numbers by name",
        ),
        (
            "{\"step\": 1, \"acc\": 1}\n3\n",
            "",
            "c.csv: line 2: no object, expected a JSON object a line",
        ),
        (
            "[{\"epoch\": 1, \"acc\": 0.5},\n\n {\"epoch\": 2, \"acc\": \"much\"}]",
            "",
            "c.csv: entry 2: column `acc`: found `much`, expected a number",
        ),
        (
            "{\"acc\": [0, 1],\n \"val_acc\": [0, 1, 1]}",
            "",
            "c.csv: 3 values of `val_acc` and 2 of `acc`, expected lists of one length",
        ),
        (
            "{\"config\": {\"lr\": 1}, \"tags\": []}",
            "",
            "c.csv: JSON without lists of figures, expected objects, a list of them, or lists of numbers by name",
        ),
        (
            "epoch,metric,value\n1,train/acc,1\n2,train/acc,high\n",
            "",
            "c.csv: line 3: column `train/acc`: found `high`, expected a number",
        ),
        (
            "epoch,metric,value\n1,lr,1\n",
            "",
            "c.csv: line 1: no figure among the columns `epoch`, `metric`, `value`, expected names such as `train_acc`, \
             `test_accuracy` or `val_loss`, or `--map test_acc=COLUMN`",
        ),
    ] {
        file(&folder, "c.csv", content);
        let before = std::fs::read_dir(folder.path()).unwrap().count();
        let line = format!("judge c.csv --out out {flags}");
        let output = command(&line).current_dir(folder.path()).output().unwrap();
        let found = String::from_utf8(output.stderr).unwrap();
        assert_eq!(found, format!("error: {said}\n"), "{content:?}");
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty());
        assert_eq!(
            std::fs::read_dir(folder.path()).unwrap().count(),
            before,
            "nothing is written"
        );
    }
    let [one, other] = [("e.csv", "epoch"), ("s.csv", "step")]
        .map(|(name, unit)| file(&folder, name, format!("{unit},acc\n1,1\n")));
    let units = refused(&format!("judge {one} {other}"));
    assert!(units.contains("counts time in"), "{units}");
    let missing = sparsegrok("judge nosuch.csv");
    assert_eq!(missing.code, 1, "{missing:?}");
    let latin = file(&folder, "latin.csv", b"epoch,acc\n1,1\n2,\xe9\n");
    assert!(
        refused(&format!("judge {latin}"))
            .contains("line 3: bytes that are no text, expected UTF-8")
    );
    let out = folder.path().join("kept");
    std::fs::create_dir(&out).unwrap();
    file(&folder, "kept/notes.txt", "mine");
    let kept = refused(&format!("judge {one} --out {} --force", out.display()));
    assert!(kept.contains("holds no study"), "{kept}");
    assert_eq!(text(out.join("notes.txt")), "mine");
}
