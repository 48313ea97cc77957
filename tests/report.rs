//! Reports: pictures byte for byte, the page in a browser, and what is refused.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use sparsegrok_config::Settings;
use sparsegrok_study::{Directory, Study};
use tempfile::TempDir;

use crate::browser::Browser;
use crate::support::{folder, printed, process, refused, shipped, sparsegrok, text};

/// A grid of six cells, some of which grok: a moment's work.
const SMALL: &str = "study --preset grok-a --n-train 128 --n-test 64 --d-signal 3 --epochs 3000 \
                     --eval-points 24 --seeds 0..6 --vary weight_decay=4e-4,8e-4,1.6e-3 \
                     --vary init_norm=30,100";

/// Runs a study into a new directory.
fn study(folder: &TempDir, name: &str, line: &str) -> PathBuf {
    let path = folder.path().join(name);
    printed(&format!("{line} --out {}", path.display()));
    path
}

fn report(directory: &Path, flags: &str) -> PathBuf {
    assert_eq!(
        printed(&format!("report {} {flags}", directory.display())),
        ""
    );
    directory.join("report")
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<_> = entries
        .map(|entry| entry.expect("an entry").file_name().display().to_string())
        .collect();
    names.sort();
    names
}

/// Pictures may change, if the change is meant: look at them, then copy the new ones over.
#[test]
fn pictures_are_the_golden_ones() {
    let folder = folder();
    let found = report(&study(&folder, "study", SMALL), "--format svg");
    let golden = shipped("golden/report");
    if let Some(to) = std::env::var_os("SPARSEGROK_NEW_PICTURES") {
        for name in names(&found) {
            fs::copy(found.join(&name), Path::new(&to).join(&name)).expect("a copy");
        }
    }
    assert_eq!(names(&found), names(&golden));
    for name in names(&golden) {
        let (found, golden) = (text(found.join(&name)), text(golden.join(&name)));
        let line = found.lines().zip(golden.lines()).position(|(a, b)| a != b);
        assert!(found == golden, "{name} differs from line {line:?} on");
    }
}

#[test]
fn the_same_directory_gives_the_same_bytes() {
    let folder = folder();
    let directory = study(&folder, "study", SMALL);
    let first = report(&directory, "--format html,svg,png");
    let kept: Vec<_> = names(&first)
        .into_iter()
        .map(|name| (fs::read(first.join(&name)).expect("a file"), name))
        .collect();
    assert!(
        kept.iter()
            .any(|(bytes, name)| name.ends_with(".png") && bytes.starts_with(b"\x89PNG"))
    );
    report(&directory, "--format html,svg,png");
    for (bytes, name) in kept {
        assert!(
            fs::read(first.join(&name)).expect("a file") == bytes,
            "{name}"
        );
    }
    let other = folder.path().join("other");
    report(
        &directory,
        &format!("--format html --out {}", other.display()),
    );
    assert_eq!(names(&other), ["index.html"]);
}

#[test]
fn a_study_can_report_on_itself() {
    let folder = folder();
    let line = "study --preset grok-a --epochs 60 --seeds 0..2 --report";
    let directory = study(&folder, "study", line);
    let names = names(&directory.join("report"));
    assert!(names.contains(&"index.html".to_owned()) && names.contains(&"accuracy.svg".to_owned()));
}

/// Axes whose ranges overflow or vanish have ticks all the same, and a report ends.
#[test]
fn axes_of_every_range_are_drawn() {
    let folder = folder();
    for (place, vary) in [
        "init_norm=1,1e300",
        "init_norm=5e-324,1e308;weight_decay=1e-300,0.1",
        "learning_rate=5e-324,1e308 --weight-decay 0",
        "signal_scale=1e-300,1,1e300;memorization_scale=1e-150,1e150",
    ]
    .into_iter()
    .enumerate()
    {
        let line = format!(
            "study --preset grok-a --n-train 64 --n-test 8 --epochs 60 --seeds 0..2 --vary {vary} --report"
        );
        let directory = study(&folder, &format!("study-{place}"), &line);
        let page = fs::read_to_string(directory.join("report/index.html")).expect("a page");
        assert!(page.len() < 4 << 20, "{vary}: {} bytes", page.len());
    }
}

/// Two seeds of four that grok are not most seeds.
#[test]
fn a_tie_is_no_majority() {
    let folder = folder();
    let line = "study --preset grok-a --n-test 0 --wd 1e-3 --epochs 500 --eval-points 40 \
                --seeds 0..4 --delay-ratio 2 --vary init_norm=90,100 --vary signal_scale=0.1,0.11";
    let finals = |name: &str, line: &str| {
        let directory = study(&folder, name, line);
        let summary: Value =
            serde_json::from_str(&text(directory.join("summary.json"))).expect("JSON");
        (directory, summary)
    };
    // A threshold between the second and the third of the first cell's seeds, for ever.
    let (_, summary) = finals("once", line);
    let level = summary["cells"][0]["final"]["population_acc"]["q50"].as_f64();
    let level = level.expect("a median");
    let (directory, summary) = finals("tie", &format!("{line} --gen-threshold {level}"));
    let cell = &summary["cells"][0];
    assert_eq!(cell["status"]["grokked"], 2, "{cell}");
    assert_eq!(cell["phase"], "mixed", "{cell}");
    let cells = summary["cells"].as_array().expect("cells");
    let grokked = cells.iter().filter(|cell| cell["phase"] == "grokked");
    let expected = match grokked.count() {
        0 => "In none of 4 cells most seeds grokked".to_owned(),
        n => format!("In {n} of 4 cells most seeds grokked"),
    };
    let made = report(&directory, "--format html,svg");
    let page = text(made.join("index.html"));
    assert!(page.contains(&expected), "expected {expected}");
    assert!(page.contains("<td>mixed</td>"));
    assert!(text(made.join("phases.svg")).contains("mixed: no status of most runs"));
}

/// The page's command makes the same study again.
#[test]
fn the_command_on_the_page_reproduces_the_study() {
    let folder = folder();
    let directory = study(&folder, "study", SMALL);
    let page = text(report(&directory, "--format html").join("index.html"));
    let (_, rest) = page.split_once("id=\"command\">").expect("a command");
    let (command, _) = rest.split_once("</pre>").expect("its end");
    let again = folder.path().join("again");
    let words = command.strip_prefix("sparsegrok ").expect("our command");
    printed(&words.replace("--out again", &format!("--out {}", again.display())));
    for name in ["records.csv", "curves.csv", "summary.json", "study.toml"] {
        assert_eq!(text(directory.join(name)), text(again.join(name)), "{name}");
    }
}

/// A loss that tells generalization is shown first, and the thresholds where they belong.
#[test]
fn thresholds_are_drawn_on_the_figure_they_are_about() {
    let folder = folder();
    let words = |line: &str, name: &str| {
        let made = report(&study(&folder, name, line), "--format svg");
        ["accuracy.svg", "loss.svg"].map(|name| text(made.join(name)))
    };
    let [accuracy, loss] = words("study --preset ridge --epochs 60 --seeds 0..2", "ridge");
    for threshold in ["memorized: train ≤ 0.01", "generalized: test ≤ 0.005"] {
        assert!(loss.contains(threshold) && !accuracy.contains(threshold));
    }
    let [accuracy, loss] = words("study --preset grok-a --epochs 60 --seeds 0..2", "grok");
    for threshold in ["memorized: train ≥ 0.99", "generalized: population ≥ 0.9"] {
        assert!(accuracy.contains(threshold) && !loss.contains(threshold));
    }
    // A run's picture has both, the figure that tells above.
    let run = folder.path().join("run.svg");
    printed(&format!(
        "run --preset ridge --epochs 60 --plot {}",
        run.display()
    ));
    let run = text(run);
    let place = |label: &str| run.find(label).expect("an axis");
    assert!(place(">mean loss<") < place(">accuracy<"));
}

/// Runs of other programs are no seeds, and their time may be no epochs.
#[test]
fn judged_runs_are_called_runs() {
    let folder = folder();
    let line = "study --preset grok-a --epochs 60 --seeds 0..6";
    let traces = study(&folder, "own", line).join("traces.csv");
    let judged = format!("judge {} ", traces.display());
    let made = report(
        &study(&folder, "judged", judged.trim_end()),
        "--format html,svg",
    );
    for name in names(&made).iter().filter(|name| name.ends_with(".svg")) {
        let svg = text(made.join(name));
        assert!(!svg.contains("seed") && !svg.contains("epoch"), "{name}");
    }
    let accuracy = text(made.join("accuracy.svg"));
    assert!(accuracy.contains("n = 6 runs") && accuracy.contains("time, as it was logged"));
    let page = text(made.join("index.html"));
    assert!(headline(&page).starts_with("None of 6 runs grokked"));
}

/// One seed has no quantiles, and is not shown with any.
#[test]
fn one_seed_is_reported_as_one() {
    let folder = folder();
    let directory = study(
        &folder,
        "study",
        "study --preset grok-a --epochs 400 --seeds 0..1",
    );
    let report = report(&directory, "");
    let svg = text(report.join("accuracy.svg"));
    assert!(svg.contains("n = 1 seed"), "{svg}");
    assert!(!svg.contains("fill-opacity"), "a band of one seed");
    let page = text(report.join("index.html"));
    assert!(page.contains("\"has_bands\":false"));
    assert!(
        headline(&page).contains("The one seed: memorized only"),
        "{}",
        headline(&page)
    );
}

/// A study cut after seventeen runs: the second cell has eight of its nine seeds, the third none.
#[test]
fn an_interrupted_study_says_so() {
    let folder = folder();
    let flags = [
        ("epochs", "40"),
        ("seeds", "0..9"),
        ("seed_what", "order"),
        ("vary", "weight_decay=1e-4,1e-3,1e-2"),
        ("eval_points", "6"),
    ];
    let settings = Settings::layered(Some("grok-a"), None, &flags).expect("settings");
    let study = Study::new(settings.config().expect("a configuration")).expect("a study");
    let path = folder.path().join("study");
    let mut directory = Directory::create(&path, false, &study).expect("a directory");
    let ran = study.run(&AtomicBool::new(false), |group| {
        if group.cell == 0 || (group.cell == 1 && group.records.len() == 8) {
            directory.add(&group).expect("a group logged");
        }
        ControlFlow::Continue(())
    });
    directory.finish(&ran.expect("runs")).expect("a directory");

    let report = report(&path, "");
    let page = text(report.join("index.html"));
    assert!(
        page.contains("Incomplete: 17 of 27 runs are here."),
        "{page}"
    );
    assert!(
        headline(&page).contains("the 2 cells that are here (of 3)"),
        "{}",
        headline(&page)
    );
    let svg = text(report.join("accuracy.svg"));
    assert!(
        svg.contains("Incomplete: 17 of 27 runs.") && svg.contains("n = 8 to 9 seeds"),
        "{svg}"
    );
}

#[test]
fn what_cannot_be_reported_on_is_refused() {
    let folder = folder();
    let nothing = folder.path().display().to_string();
    assert!(refused(&format!("report {nothing}")).contains("holds no study"));
    assert!(refused("run --plot picture.pdf").contains(".svg or .png"));
    let outcome = sparsegrok("run --epochs 1 --plot /no/such/folder/run.svg");
    assert_eq!(outcome.code, 1, "{outcome:?}");
}

#[test]
fn a_run_is_plotted_as_its_file_is_named() {
    let folder = folder();
    for name in ["run.svg", "run.png"] {
        let path = folder.path().join(name);
        printed(&format!(
            "run --preset grok-a --epochs 200 --live --plot {}",
            path.display()
        ));
        let bytes = fs::read(&path).expect("a picture");
        let begins: &[u8] = if name.ends_with("svg") {
            b"<svg"
        } else {
            b"\x89PNG"
        };
        assert!(bytes.starts_with(begins), "{name}");
    }
}

/// A page has most of its bytes in cells, and says which of them it lacks.
#[test]
fn a_page_of_many_cells_stays_below_three_megabytes() {
    let folder = folder();
    let line = "study --preset grok-a --n-train 16 --n-test 8 --d-signal 2 --epochs 60 --eval-points 40 \
                --seeds 0..2 --vary weight_decay=log:1e-4:1e-2:50 --vary init_norm=log:3:300:50";
    let directory = study(&folder, "study", line);
    let page = text(report(&directory, "--format html").join("index.html"));
    assert!(page.len() < 3_000_000, "{} bytes", page.len());
    assert!(page.contains("To keep the page small the chart has"));
    // Every cell can be found all the same.
    assert_eq!(page.matches("<tr data-cell=").count(), 2500);
    assert_eq!(page.matches("{\"number\":").count(), 2500);
}

/// The page knows the way to the study's files, wherever it stands.
#[test]
fn the_page_links_to_the_files() {
    let folder = folder();
    let line = "study --preset grok-a --epochs 60 --seeds 0..2";
    let directory = study(&folder, "a%study", &format!("{line} --traces 1"));
    let page = text(report(&directory, "--format html").join("index.html"));
    let other = folder.path().join("other");
    let out = format!("--format html --out {}", other.display());
    report(&directory, &out);
    let elsewhere = text(other.join("index.html"));
    for name in ["records.csv", "curves.csv", "traces.csv", "summary.json"] {
        assert!(page.contains(&format!("<a href=\"../{name}\">")), "{name}");
        let link = format!("<a href=\"../a%25study/{name}\">");
        assert!(elsewhere.contains(&link), "{name}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn the_page_is_opened_by_the_systems_opener() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let directory = study(
        &folder,
        "study",
        "study --preset grok-a --epochs 60 --seeds 0..2",
    );
    let line = format!("report {} --open", directory.display());
    let bin = folder.path().join("bin");
    fs::create_dir(&bin).expect("a folder");
    let without = process(&line)
        .env("PATH", &bin)
        .output()
        .expect("it starts");
    let error = String::from_utf8_lossy(&without.stderr).into_owned();
    assert_eq!(without.status.code(), Some(1), "{error}");
    assert!(
        error.contains("index.html: is written, but cannot be opened"),
        "{error}"
    );

    let opener = bin.join("xdg-open");
    let opened = folder.path().join("opened");
    let script = format!("#!/bin/sh\necho \"$1\" >{}\n", opened.display());
    fs::write(&opener, script).expect("a script");
    fs::set_permissions(&opener, fs::Permissions::from_mode(0o755)).expect("a program");
    let with = process(&line)
        .env("PATH", &bin)
        .output()
        .expect("it starts");
    assert!(with.status.success(), "{with:?}");
    let page = fs::canonicalize(directory.join("report/index.html")).expect("a page");
    wait_for(|| {
        fs::read_to_string(&opened).is_ok_and(|path| path.trim() == page.to_str().unwrap_or(""))
    });

    assert!(refused(&format!("{line} --format svg")).contains("expected `html` in `--format`"));
}

/// Waits until something is so, half a minute at most.
fn wait_for(is_so: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < end, "waited in vain");
        thread::sleep(Duration::from_millis(50));
    }
}

/// The page of a study under way stands beside its directory, and becomes the report of the whole.
#[test]
fn a_study_under_way_has_a_page() {
    let folder = folder();
    let flags = [("epochs", "40"), ("seeds", "0..24"), ("eval_points", "6")];
    let settings = Settings::layered(Some("grok-a"), None, &flags).expect("settings");
    let study = Study::new(settings.config().expect("a configuration")).expect("a study");
    let path = folder.path().join("study");
    let mut directory = Directory::create(&path, false, &study).expect("a directory");
    let ran = study.run(&AtomicBool::new(false), |group| {
        directory.add(&group).expect("a group logged");
        ControlFlow::Break(())
    });
    ran.expect("runs");
    drop(directory);

    let line = format!("report --live {}", path.display());
    let mut live = process(&line).spawn().expect("it starts");
    let page = folder.path().join("study-live/index.html");
    wait_for(|| page.is_file());
    let early = text(&page);
    assert!(
        early.contains("Under way: 8 of 24 runs are here"),
        "{}",
        headline(&early)
    );
    assert!(early.contains("<meta name=\"reload\"") && early.contains("http-equiv=\"refresh\""));
    assert_eq!(names(&path), ["unfinished"]);

    printed(&format!("study --resume {}", path.display()));
    assert!(live.wait().expect("it ends").success());
    let whole = text(&page);
    assert!(!whole.contains("<meta name=\"reload\"") && !whole.contains("Under way"));
    assert!(
        headline(&whole).contains("of 24 seeds"),
        "{}",
        headline(&whole)
    );
    let files = [
        "curves.csv",
        "manifest.json",
        "records.csv",
        "runs.log",
        "study.toml",
        "summary.json",
        "traces.csv",
    ];
    assert_eq!(names(&path), files);
}

/// The headline without its tags.
fn headline(page: &str) -> String {
    let (_, rest) = page.split_once("id=\"headline\">").expect("a headline");
    let (words, _) = rest.split_once("</h1>").expect("its end");
    words.replace("<sub>", "").replace("</sub>", "")
}

/// Pixels of the chart that are not as the first one.
const DRAWN: &str = "(() => {
    const canvas = document.querySelector('#chart canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const pixels = new Uint32Array(data.buffer);
    return pixels.reduce((count, pixel) => count + (pixel !== pixels[0]), 0);
})()";

/// Middle of the chart, in px from the window's upper left.
const MIDDLE: &str = "(() => {
    const box = document.querySelector('#chart .u-over').getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2];
})()";

/// Sizes of the smallest labels of pictures in columns of a width, in px; of each picture one form is
/// seen.
const PICTURES: &str = "(width) => [...document.querySelectorAll('figure')].flatMap((figure) => {
    figure.style.width = width + 'px';
    return [...figure.querySelectorAll('svg')].map((svg) => 11 * svg.getBoundingClientRect().width
        / svg.viewBox.baseVal.width).filter((size) => size > 0);
})";

const TIP: &str = "getComputedStyle(document.getElementById('tip')).display === 'none'
    ? '' : document.getElementById('tip').innerText";

/// Clicks the button of these words.
fn click(browser: &mut Browser, words: &str) {
    browser.evaluate(&format!(
        "[...document.querySelectorAll('button')].find((b) => b.textContent === '{words}').click()"
    ));
}

fn drawn(browser: &mut Browser) -> f64 {
    // Drawing waits for the next frame.
    browser.evaluate("new Promise((done) => setTimeout(done, 100))");
    browser.evaluate(DRAWN).as_f64().expect("a count")
}

#[test]
fn the_page_works_in_a_browser() {
    let Some(mut browser) = Browser::start() else {
        eprintln!("skipped: no Chromium is installed to open the page in");
        return;
    };
    let folder = folder();
    let one = study(&folder, "one", "study --preset grok-a --seeds 0..24");
    browser.open(&report(&one, "--format html").join("index.html"));

    // Curves are drawn, and values are shown where the mouse is.
    let all = drawn(&mut browser);
    assert!(all > 2_000.0, "{all} pixels drawn");
    let middle = browser.evaluate(MIDDLE);
    let (x, y) = (
        middle[0].as_f64().expect("x"),
        middle[1].as_f64().expect("y"),
    );
    browser.move_mouse(x, y);
    let tip = browser.evaluate(TIP).as_str().expect("text").to_owned();
    assert!(
        tip.starts_with("epoch ") && tip.contains("population") && tip.contains("train"),
        "{tip}"
    );

    // A series is taken away, and comes back.
    click(&mut browser, "train");
    let fewer = drawn(&mut browser);
    assert!(fewer < all, "{fewer} of {all} pixels");
    browser.move_mouse(x + 2.0, y);
    let tip = browser.evaluate(TIP).as_str().expect("text").to_owned();
    assert!(
        tip.contains("population") && !tip.contains("train"),
        "{tip}"
    );
    click(&mut browser, "train");
    assert_eq!(drawn(&mut browser), all);

    // Every figure can be drawn, in the dark too.
    browser.prefer("dark");
    for family in [
        "loss",
        "norms",
        "alignment",
        "margins",
        "gap in loss",
        "accuracy",
    ] {
        click(&mut browser, family);
        assert!(drawn(&mut browser) > 2_000.0, "{family}");
    }

    // The headline's numbers are the summary's.
    let words =
        browser.evaluate("document.getElementById('headline').innerText.replace(/\\s+/g, ' ')");
    let words = words.as_str().expect("text");
    let summary: Value = serde_json::from_str(&text(one.join("summary.json"))).expect("JSON");
    let cell = &summary["cells"][0];
    let epochs = |key: &str| {
        let epoch = cell["t_gen"][key].as_f64().expect(key).round() as u64;
        format!("{},{:03}", epoch / 1000, epoch % 1000)
    };
    let expected = format!(
        "{} of {} seeds grokked; median Tgen {} epochs [{}, {}]; theory ",
        cell["status"]["grokked"],
        cell["runs"],
        epochs("median"),
        epochs("low"),
        epochs("high")
    );
    assert!(words.starts_with(&expected), "{words}: expected {expected}");

    // In a grid, cells come and go.
    let grid = study(&folder, "grid", SMALL);
    browser.open(&report(&grid, "--format html").join("index.html"));
    let all = drawn(&mut browser);
    browser.evaluate(
        "document.querySelector('rect[data-cell=\"0\"]').dispatchEvent(new MouseEvent('click'))",
    );
    assert!(drawn(&mut browser) < all);
    click(&mut browser, "first choice");
    assert_eq!(drawn(&mut browser), all);

    // Pictures have text that can be read at any width, and say what their frames are.
    for width in [342, 600, 680, 1000] {
        let sizes = browser.evaluate(&format!("({PICTURES})({width})"));
        let sizes = sizes.as_array().expect("sizes").clone();
        assert!(sizes.len() >= 4, "{sizes:?}");
        for size in sizes {
            let px = size.as_f64().expect("a size");
            assert!((10.0..=16.0).contains(&px), "{px} px at {width} px");
        }
    }
    let phases = browser.evaluate("document.querySelector('#phases .wide svg').textContent");
    let phases = phases.as_str().expect("text");
    assert!(phases.contains("cell in the chart above"), "{phases}");

    assert!(
        browser.complaints().is_empty(),
        "{:#?}",
        browser.complaints()
    );
}

/// The text of an expression on the page.
fn said(browser: &mut Browser, expression: &str) -> String {
    let value = browser.evaluate(expression);
    value.as_str().expect(expression).to_owned()
}

/// A box on the page: its left, top, width and height in px from the window's upper left.
fn place(browser: &mut Browser, selector: &str) -> [f64; 4] {
    let value = browser.evaluate(&format!(
        "(() => {{
            const element = document.querySelector('{selector}');
            element.scrollIntoView({{ block: 'center', behavior: 'instant' }});
            const {{ x, y, width, height }} = element.getBoundingClientRect();
            return [x, y, width, height];
        }})()"
    ));
    [0, 1, 2, 3].map(|i| value[i].as_f64().expect("a number"))
}

/// Drags across the chart, between two shares of its width.
fn zoom(browser: &mut Browser, from: f64, to: f64) {
    let [x, y, width, height] = place(browser, "#chart .u-over");
    let at = |share: f64| (x + share * width, y + 0.3 * height);
    browser.drag(at(from), at(to));
    browser.evaluate("new Promise((done) => setTimeout(done, 300))");
}

/// Numbers in a column of the rows that are shown.
const COLUMN: &str = "(column) => [...document.querySelectorAll('tr[data-cell]:not([hidden])')]
    .map((row) => row.cells[column].textContent)";

fn skipped() -> Option<Browser> {
    let browser = Browser::start();
    if browser.is_none() {
        eprintln!("skipped: no Chromium is installed to open the page in");
    }
    browser
}

/// A zoomed chart has labels, and what was chosen is there when the page is loaded again.
#[test]
fn the_chart_zooms_and_shows_the_summarys_numbers() {
    let Some(mut browser) = skipped() else { return };
    let folder = folder();
    let one = study(&folder, "one", "study --preset grok-a --seeds 0..24");
    let page = report(&one, "--format html").join("index.html");
    browser.open(&page);

    // The last evaluation, where the chart ends, is the summary's.
    let [x, y, width, height] = place(&mut browser, "#chart .u-over");
    browser.move_mouse(x + width - 1.0, y + height / 2.0);
    let summary: Value = serde_json::from_str(&text(one.join("summary.json"))).expect("JSON");
    let last = summary["cells"][0]["final"]["population_acc"]["q50"].as_f64();
    let expected = format!("{:.4}", last.expect("a median"));
    let tip = said(&mut browser, TIP);
    let row = tip.lines().find(|line| line.starts_with("population"));
    let shown = row.expect("a row").trim_start_matches("population").trim();
    let number: f64 = shown.parse().expect("a number");
    assert_eq!(format!("{number:.4}"), expected, "{tip}");

    // Within a decade, and within a few epochs of it.
    let all = browser.evaluate("page.labels[0].length").as_u64();
    assert!(all.expect("a count") >= 5);
    for (from, to) in [(0.86, 0.93), (0.3, 0.6), (0.4, 0.5)] {
        zoom(&mut browser, from, to);
        let labels = browser.evaluate("page.labels");
        for axis in [0, 1] {
            let labels = labels[axis].as_array().expect("labels");
            assert!(labels.len() >= 3, "{labels:?}");
            let mut distinct = labels.clone();
            distinct.dedup();
            assert_eq!(&distinct, labels);
        }
    }
    let zoomed = said(&mut browser, "JSON.stringify(page.state.zoom)");
    assert!(zoomed.contains(','), "{zoomed}");
    browser.reload();
    assert_eq!(
        said(&mut browser, "JSON.stringify(page.state.zoom)"),
        zoomed
    );
    click(&mut browser, "see all");
    browser.evaluate("new Promise((done) => setTimeout(done, 300))");
    assert_eq!(said(&mut browser, "location.hash"), "");

    // Words are explained where the keys lead to them.
    browser.evaluate("document.querySelector('a.word[href=\"#word-t-gen\"]').focus()");
    let meaning = said(
        &mut browser,
        "document.getElementById('tile-tip').innerText",
    );
    assert!(meaning.contains("has generalized"), "{meaning}");

    // Nothing is wider than a phone, and on a wide screen pictures stand side by side.
    for (size, columns) in [(390, 1), (1440, 2)] {
        browser.resize(size, 900);
        browser.evaluate("new Promise((done) => setTimeout(done, 300))");
        let wide = browser
            .evaluate("document.documentElement.scrollWidth")
            .as_u64();
        assert!(wide.expect("a width") <= u64::from(size), "{size}");
        let lefts = "new Set([...document.querySelectorAll('.figures figure')]
            .map((figure) => figure.getBoundingClientRect().x)).size";
        assert_eq!(browser.evaluate(lefts), columns, "{size}");
    }
    assert_eq!(browser.complaints(), [""; 0]);
}

/// The page opens on the figure that tells generalization, and without scripts it has its curves too.
#[test]
fn a_page_opens_on_what_its_study_is_about() {
    let Some(mut browser) = skipped() else { return };
    let folder = folder();
    let line = "study --preset ridge --n-train 20 --d-signal 80 --epochs 3000 --seeds 0..3";
    let ridge = study(&folder, "ridge", line);
    let page = report(&ridge, "--format html").join("index.html");
    browser.open(&page);
    let pressed = "document.querySelector('#families [aria-pressed=true]').textContent";
    assert_eq!(said(&mut browser, pressed), "loss");
    let thresholds = "page.family().thresholds.map((threshold) => threshold.words).join('; ')";
    let thresholds = said(&mut browser, thresholds);
    assert_eq!(
        thresholds,
        "memorized: train ≤ 0.01; generalized: test ≤ 0.005"
    );

    browser.allow_scripts(false);
    browser.open(&page);
    let [.., width, height] = place(&mut browser, "noscript svg");
    assert!(width > 300.0 && height > 150.0, "{width} × {height}");
    let [.., height] = place(&mut browser, "#theme");
    assert_eq!(height, 0.0, "a button without a use");
    browser.allow_scripts(true);
    assert_eq!(browser.complaints(), [""; 0]);
}

/// The table sorts and filters; brushes keep cells in the table and in the chart.
#[test]
fn cells_are_sorted_filtered_and_brushed() {
    let Some(mut browser) = skipped() else { return };
    let folder = folder();
    let line = "study --preset grok-a --n-train 64 --n-test 32 --d-signal 3 --epochs 2000 --eval-points 24 \
                --seeds 0..6 --vary weight_decay=4e-4,8e-4,1.6e-3 --vary init_norm=30,100,300 \
                --vary signal_scale=0.1,0.3";
    let grid = study(&folder, "grid", line);
    browser.open(&report(&grid, "--format html").join("index.html"));
    let summary: Value = serde_json::from_str(&text(grid.join("summary.json"))).expect("JSON");
    let cells = summary["cells"].as_array().expect("cells");

    // Sorted by T_gen, up, down, and as it was; cells without one are last either way.
    let heading = "document.querySelectorAll('.table th')";
    let column = browser.evaluate(&format!(
        "[...{heading}].findIndex((head) => head.textContent === 'Tgen')"
    ));
    let column = column.as_u64().expect("a column");
    let mut medians: Vec<f64> = cells
        .iter()
        .filter_map(|cell| cell["t_gen"]["median"].as_f64())
        .collect();
    medians.sort_by(f64::total_cmp);
    assert!(medians.len() > 4, "{medians:?}");
    for (order, first) in [
        ("ascending", medians[0]),
        ("descending", medians[medians.len() - 1]),
    ] {
        browser.evaluate(&format!(
            "{heading}[{column}].querySelector('.sort').click()"
        ));
        assert_eq!(
            said(&mut browser, &format!("{heading}[{column}].ariaSort")),
            order
        );
        let shown = browser.evaluate(&format!("({COLUMN})({column}).map(page.read)"));
        let shown: Vec<f64> = shown
            .as_array()
            .expect("numbers")
            .iter()
            .filter_map(Value::as_f64)
            .collect();
        assert_eq!(shown.len(), medians.len());
        let mut expected = medians.clone();
        if order == "descending" {
            expected.reverse();
        }
        assert!(
            (shown[0] - first).abs() <= 0.5,
            "{} shown first, expected {first}",
            shown[0]
        );
        for (shown, expected) in shown.iter().zip(&expected) {
            assert!(
                (shown - expected).abs() <= 0.5,
                "{shown} shown, expected {expected}"
            );
        }
    }
    browser.evaluate(&format!(
        "{heading}[{column}].querySelector('.sort').click()"
    ));
    let numbers = browser.evaluate(&format!("({COLUMN})(0).join()"));
    let all: Vec<String> = (0..cells.len()).map(|cell| cell.to_string()).collect();
    assert_eq!(numbers, all.join(","));

    // Filtered by a word, and by a phase.
    let filter = |words: &str| {
        format!(
            "(() => {{
                const field = document.querySelector('#filters input');
                field.value = '{words}';
                field.dispatchEvent(new Event('input'));
                return ({COLUMN})(0).length;
            }})()"
        )
    };
    let grokked = cells
        .iter()
        .filter(|cell| cell["phase"] == "grokked")
        .count();
    assert!(0 < grokked && grokked < cells.len());
    assert_eq!(browser.evaluate(&filter("grokked")), grokked);
    assert_eq!(browser.evaluate(&filter("nothing of the kind")), 0);
    click(&mut browser, "clear");
    click(&mut browser, "grokked");
    assert_eq!(browser.evaluate(&format!("({COLUMN})(0).length")), grokked);
    click(&mut browser, "clear");

    // A row is taken by the keyboard.
    browser.evaluate("document.querySelector('tr[data-cell]').focus()");
    let before = browser
        .evaluate("page.state.cells.length")
        .as_u64()
        .expect("a count");
    browser.press("ArrowDown");
    browser.press("Enter");
    let after = browser
        .evaluate("page.state.cells.length")
        .as_u64()
        .expect("a count");
    assert_eq!(after.abs_diff(before), 1);

    // The lower end of the first axis: a third of the cells, and the chart shows some of them.
    let [x, y, width, height] = place(&mut browser, "[data-axis=\"0\"]");
    let middle = x + width / 2.0;
    browser.drag((middle, y + 0.75 * height), (middle, y + height - 2.0));
    assert_eq!(
        browser.evaluate(&format!("({COLUMN})(0).length")),
        cells.len() / 3
    );
    let within = "page.state.cells.every((number) => page.cellOf.get(number).place[0] === 0) && page.state.cells.length";
    assert_eq!(browser.evaluate(within), 6);
    click(&mut browser, "colour: phase");
    click(&mut browser, "clear");
    assert_eq!(
        browser.evaluate(&format!("({COLUMN})(0).length")),
        cells.len()
    );
    assert_eq!(browser.complaints(), [""; 0]);
}
