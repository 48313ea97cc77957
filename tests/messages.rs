//! The command's messages on mistakes: `messages.txt` has each with its exact words and exit code.
//!
//! `UPDATE_MESSAGES=1 cargo test --test tests messages` writes down the present messages.

use sparsegrok_config::{Kind, SETTINGS, Setting, Settings};
use sparsegrok_study::Study;

use crate::support::{command, file, folder, shipped, text};

/// One mistake: the content of `c.toml`, and the command.
struct Mistake<'t> {
    config: String,
    line: &'t str,
    /// Standard error and exit code, as they stand in the table.
    said: String,
}

/// Reads the table: headings, then for each mistake the lines of `c.toml` behind `> `, the command
/// behind `$ `, standard error, and the exit code in brackets.
fn mistakes(table: &str) -> Vec<Mistake<'_>> {
    let mut mistakes: Vec<Mistake<'_>> = Vec::new();
    let mut config = String::new();
    let mut is_open = false;
    for line in table.lines() {
        if let Some(toml) = line.strip_prefix("> ") {
            config.push_str(toml);
            config.push('\n');
        } else if let Some(line) = line.strip_prefix("$ sparsegrok ") {
            mistakes.push(Mistake {
                config: std::mem::take(&mut config),
                line,
                said: String::new(),
            });
            is_open = true;
        } else if let Some(mistake) = mistakes.last_mut().filter(|_| is_open) {
            mistake.said.push_str(line);
            mistake.said.push('\n');
            is_open = !(line.starts_with('[') && line.ends_with(']'));
        }
    }
    mistakes
}

#[test]
fn every_mistake_is_met_with_its_words() {
    let path = shipped("messages.txt");
    let table = text(&path);
    let mut written = table.clone();
    let mut differences = Vec::new();
    let folder = folder();
    file(&folder, "rows.svm", "1 1:1\n-1 2:1\n");
    file(&folder, "real.svm", "0.5 1:1\n-2 2:1\n");
    file(&folder, "bad.svm", "1 1:1\n-1 2:x\n");
    file(&folder, "bad.model", "sparsegrok model 1\nsignal many\n");
    let model = |classes: &str, bias: &str| {
        let one = format!("bias {bias}\nweights 1\n0 1\n");
        let all = one.repeat(classes.split_whitespace().count().max(2) - 1);
        format!("sparsegrok model 1\nsignal 0\ntail 2\nmemorization 0\n{classes}{all}")
    };
    file(&folder, "biased.model", model("", "0.5"));
    file(&folder, "classes.model", model("classes 1 2 3\n", "0"));
    file(
        &folder,
        "kept.log",
        b"sparsegrok checkpoint\x03\0\0\0\xf1frame",
    );
    file(&folder, "binary.toml", b"epochs = 3\n\xff\xfe\n");
    let mistakes = mistakes(&table);
    assert!(mistakes.len() >= 60);
    for Mistake { config, line, said } in mistakes {
        file(&folder, "c.toml", config);
        let before = std::fs::read_dir(folder.path()).unwrap().count();
        let output = command(line).current_dir(folder.path()).output().unwrap();
        let code = output.status.code().expect("an exit");
        let found = format!("{}[{code}]\n", String::from_utf8(output.stderr).unwrap());
        assert!(output.stdout.is_empty(), "{line} prints");
        assert!(code == 1 || code == 2, "{line}: {found}");
        let after = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(before, after, "{line} leaves something behind");
        if found != said {
            written = written.replacen(&format!("{line}\n{said}"), &format!("{line}\n{found}"), 1);
            differences.push(format!("$ sparsegrok {line}\n{found}instead of\n{said}"));
        }
    }
    if std::env::var_os("UPDATE_MESSAGES").is_some() {
        std::fs::write(path, written).unwrap();
    } else {
        assert!(differences.is_empty(), "{}", differences.join("\n"));
    }
}

/// Texts that no setting of a kind takes.
fn wrong(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Whole | Kind::WholeOr(..) => &["-1", "1.5", "many", "1e99", "9223372036854775808"],
        Kind::Number => &["-1", "many", "nan", "inf", "-inf", "1e400"],
        Kind::Switch => &["perhaps", "3"],
        Kind::Choice(_) => &["no-such-word", "7"],
        Kind::Columns => &["no_such_column"],
        Kind::Figures => &["no_such_figure", "epoch"],
        Kind::Seeds => &["0", "-4", "4..", "4..4", "9..4", "0..1e3", "-1..4", "many"],
        Kind::Sources => &["weights", "data", "data,data", "data,init"],
        Kind::Until => &["t_gen", "t_gen:0%", "loss:5%", "5%"],
        Kind::Stop => &["now", "grokked+", "grokked+many", "grokked-1"],
        Kind::Patience => &["0", "many", "1.5", "test_acc", "test_acc:0", "train_acc:3"],
        Kind::Span => &["3", "0%", "-1%", "101%", "0epochs", "1%%", "2s"],
        Kind::Every => &["5", "0s", "5days", "-1s", "s", "99999999999999999999s"],
        Kind::Labels => &["1", "many", "0.5"],
        Kind::ClassWeight => &["equal", "1", "1:-1", "1:many", "0.5:1"],
        Kind::Path | Kind::Axes => &[],
    }
}

/// The messages on a value from a flag, a file and an axis.
fn sentences(setting: &Setting, value: &str) -> [Option<String>; 3] {
    let key = setting.key;
    let flag = || {
        let mut settings = Settings::default();
        settings.set(key, value)?;
        settings.config()
    };
    let parsed = setting.kind.parse(value);
    let from_file = || {
        let toml = format!("{key} = {parsed}\n");
        Settings::from_toml(&toml, "c.toml".as_ref())?.config()
    };
    let axis = || {
        let mut settings = Settings::default();
        settings.set("vary", &format!("{key}={value}"))?;
        Study::new(settings.config()?)
    };
    [
        flag().err().map(|error| error.to_string()),
        from_file().err().map(|error| error.to_string()),
        axis().err().map(|error| error.to_string()),
    ]
}

#[test]
fn every_wrong_value_of_every_key_is_named() {
    for setting in SETTINGS {
        for &value in wrong(setting.kind) {
            let starts = ["command line: ", "c.toml: ", "vary: "];
            for (start, said) in starts.into_iter().zip(sentences(setting, value)) {
                let key = setting.key;
                let said = said.unwrap_or_else(|| panic!("{key} takes {value} ({start})"));
                assert!(said.starts_with(start), "{key}={value}: {said}");
                assert!(said.contains(key), "{key}={value}: {said}");
                assert!(said.contains("expected "), "{key}={value}: {said}");
                let value = value.parse().map_or(value.to_owned(), |x: f64| match x {
                    // As numbers are written in TOML.
                    _ if setting.kind == Kind::Number => x.to_string(),
                    _ => value.to_owned(),
                });
                assert!(said.contains(&value), "{key}={value}: {said}");
            }
        }
    }
}

#[test]
fn every_misspelt_key_is_recognised() {
    for Setting { key, .. } in SETTINGS {
        let middle = key.len() / 2;
        let misspelt = [&key[..middle], &key[middle + 1..]].concat();
        let toml = Settings::from_toml(&format!("{misspelt} = 1"), "c.toml".as_ref());
        let said = toml.unwrap_err().to_string();
        let expected = format!("c.toml: unknown key `{misspelt}`; did you mean `{key}`?");
        assert_eq!(said, expected);
    }
}
