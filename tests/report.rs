//! Reports: pictures byte for byte, the page in a browser, and what is refused.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use serde_json::Value;
use sparsegrok_config::Settings;
use sparsegrok_study::{Directory, Study};
use tempfile::TempDir;

use crate::browser::Browser;
use crate::support::{folder, printed, refused, shipped, sparsegrok, text};

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

/// A study cut after its first seventeen runs: the second cell has eight of its nine seeds.
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
        directory.add(&group).expect("a group logged");
        if group.cell == 1 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    directory.finish(&ran.expect("runs")).expect("a directory");

    let report = report(&path, "");
    let page = text(report.join("index.html"));
    assert!(
        page.contains("Incomplete: 17 of 27 runs are here."),
        "{page}"
    );
    assert!(
        headline(&page).contains("the first 2 of 3 cells"),
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
