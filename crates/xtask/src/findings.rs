//! The gate's findings, as text, as Markdown and as JSON.

use serde_json::{Value, json};

use crate::comparison::{Comparison, Verdict};

/// Headings of both tables.
const COLUMNS: [&str; 8] = [
    "path",
    "base ns",
    "here ns",
    "best",
    "median",
    "99 % interval",
    "rounds",
    "verdict",
];

/// The two versions that were compared, and what came of it.
pub(crate) struct Findings {
    pub(crate) base: Revision,
    pub(crate) here: Revision,
    /// The fraction of more time from which on a path is slower.
    pub(crate) threshold: f64,
    pub(crate) paths: Vec<Compared>,
}

/// A path's name and its comparison, which a new path, one that the base version lacks, does not have.
pub(crate) type Compared = (String, Option<Comparison>);

/// A version, as git knows it.
pub(crate) struct Revision {
    /// The name it was given.
    pub(crate) name: String,
    /// The full name of its commit.
    pub(crate) commit: String,
    /// True where tracked files are not as in the commit.
    pub(crate) changed: bool,
}

impl Revision {
    fn shown(&self) -> String {
        let commit = self.commit.get(..9).unwrap_or(&self.commit);
        let changed = if self.changed { ", changed" } else { "" };
        format!("`{}` ({commit}{changed})", self.name)
    }

    fn json(&self) -> Value {
        json!({ "revision": self.name, "commit": self.commit, "changed": self.changed })
    }
}

impl Findings {
    /// The number of paths that have become slower.
    pub(crate) fn slower(&self) -> usize {
        self.count("slower")
    }

    /// A line per path, in columns.
    pub(crate) fn text(&self) -> String {
        let mut rows = vec![COLUMNS.map(str::to_owned)];
        rows.extend(self.rows());
        let width = |column: usize| rows.iter().map(|row| row[column].len()).max();
        let widths: Vec<usize> = (0..COLUMNS.len()).filter_map(width).collect();
        let mut text = String::new();
        for row in &rows {
            let [path, numbers @ .., verdict] = row;
            text += &format!("{path:<0$}", widths[0]);
            for (number, width) in numbers.iter().zip(&widths[1..]) {
                text += &format!("  {number:>width$}");
            }
            text += &format!("  {verdict}\n");
        }
        text
    }

    /// A line that says whether any path is slower, and a table, for a comment on a pull request.
    pub(crate) fn markdown(&self) -> String {
        let slower = match self.slower() {
            0 => "No path is slower".to_owned(),
            1 => "1 path is slower".to_owned(),
            more => format!("{more} paths are slower"),
        };
        let others: String = ["ok", "unclear", "new"]
            .into_iter()
            .map(|word| (self.count(word), word))
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!(", {count} {word}"))
            .collect();
        let mut text = format!(
            "**{slower}**{others}: {} against {}, threshold {} %.\n\n",
            self.here.shown(),
            self.base.shown(),
            // 7 % is not quite 100 times the fraction .07.
            (1e6 * self.threshold).round() / 1e4,
        );
        text += &format!("| {} |\n", COLUMNS.join(" | "));
        text += "|---|--:|--:|--:|--:|--:|--:|---|\n";
        for row in self.rows() {
            text += &format!("| {} |\n", row.join(" | "));
        }
        text
    }

    /// The object that `docs/performance.md` describes.
    pub(crate) fn json(&self) -> Value {
        let paths = self.paths.iter().map(|(name, comparison)| {
            let comparison = comparison.as_ref();
            let best = comparison.map(|found| found.best);
            let median = comparison.map(Comparison::median_change);
            json!({
                "name": name,
                "base_ns": best.map(|[base, _]| base),
                "here_ns": best.map(|[_, here]| here),
                "change": comparison.map(Comparison::best_change),
                "median": median.as_ref().map(|median| median.estimate),
                "low": median.as_ref().map(|median| median.low),
                "high": median.as_ref().map(|median| median.high),
                "rounds": comparison.map_or(0, Comparison::rounds),
                "verdict": self.word(comparison),
            })
        });
        json!({
            "version": 1,
            "base": self.base.json(),
            "here": self.here.json(),
            "threshold": self.threshold,
            "slower": self.slower(),
            "paths": paths.collect::<Vec<_>>(),
        })
    }

    fn count(&self, word: &str) -> usize {
        let words = self
            .paths
            .iter()
            .map(|(_, found)| self.word(found.as_ref()));
        words.filter(|found| *found == word).count()
    }

    /// A verdict in one word.
    fn word(&self, comparison: Option<&Comparison>) -> &'static str {
        match comparison.map(|found| found.verdict(self.threshold)) {
            Some(Verdict::Within) => "ok",
            Some(Verdict::Slower) => "slower",
            Some(Verdict::Unclear) => "unclear",
            None => "new",
        }
    }

    fn rows(&self) -> impl Iterator<Item = [String; COLUMNS.len()]> {
        self.paths.iter().map(|(name, comparison)| {
            let word = self.word(comparison.as_ref());
            let Some(found) = comparison else {
                let mut row = COLUMNS.map(|_| "-".to_owned());
                row[0].clone_from(name);
                row[COLUMNS.len() - 1] = format!("{word}: nothing to compare it with");
                return row;
            };
            let median = found.median_change();
            let (low, high) = (100.0 * median.low, 100.0 * median.high);
            [
                name.clone(),
                format!("{:.2}", found.best[0]),
                format!("{:.2}", found.best[1]),
                format!("{:+.1} %", 100.0 * found.best_change()),
                format!("{:+.1} %", 100.0 * median.estimate),
                format!("{low:+.1} to {high:+.1} %"),
                found.rounds().to_string(),
                match word {
                    "unclear" => format!("{word}: best and median disagree"),
                    _ => word.to_owned(),
                },
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four paths, one of each verdict. Of 20 rounds the median's interval runs from the fourth to the
    /// seventeenth: 8 rounds of one kind are in it, one is not.
    fn findings() -> Findings {
        let compared = |rounds: [[f64; 2]; 20]| {
            let mut comparison = Comparison::new();
            rounds.into_iter().for_each(|round| comparison.add(round));
            Some(comparison)
        };
        let mut steady = [[8.0, 8.0]; 20];
        steady[..8].fill([8.0, 7.0]);
        let mut lucky = [[10.0, 10.0]; 20];
        lucky[7] = [8.0, 10.0];
        let revision = |name: &str, digit: &str, changed| Revision {
            name: name.to_owned(),
            commit: digit.repeat(40),
            changed,
        };
        let path = |name: &str, comparison| (name.to_owned(), comparison);
        Findings {
            base: revision("origin/main", "b", false),
            here: revision("HEAD", "a", true),
            threshold: 0.07,
            paths: vec![
                path("steady", compared(steady)),
                path("slowed", compared([[100.0, 125.0]; 20])),
                path("lucky", compared(lucky)),
                path("a-longer-name", None),
            ],
        }
    }

    #[test]
    fn text_is_a_line_a_path_in_columns() {
        let expected = "\
path           base ns  here ns     best   median     99 % interval  rounds  verdict
steady            8.00     7.00  -12.5 %   +0.0 %   -12.5 to +0.0 %      20  ok
slowed          100.00   125.00  +25.0 %  +25.0 %  +25.0 to +25.0 %      20  slower
lucky             8.00    10.00  +25.0 %   +0.0 %    +0.0 to +0.0 %      20  unclear: best and median disagree
a-longer-name        -        -        -        -                 -       -  new: nothing to compare it with
";
        assert_eq!(findings().text(), expected);
    }

    #[test]
    fn markdown_is_a_verdict_and_a_table() {
        let expected = "\
**1 path is slower**, 1 ok, 1 unclear, 1 new: `HEAD` (aaaaaaaaa, changed) against `origin/main` (bbbbbbbbb), threshold 7 %.

| path | base ns | here ns | best | median | 99 % interval | rounds | verdict |
|---|--:|--:|--:|--:|--:|--:|---|
| steady | 8.00 | 7.00 | -12.5 % | +0.0 % | -12.5 to +0.0 % | 20 | ok |
| slowed | 100.00 | 125.00 | +25.0 % | +25.0 % | +25.0 to +25.0 % | 20 | slower |
| lucky | 8.00 | 10.00 | +25.0 % | +0.0 % | +0.0 to +0.0 % | 20 | unclear: best and median disagree |
| a-longer-name | - | - | - | - | - | - | new: nothing to compare it with |
";
        assert_eq!(findings().markdown(), expected);
    }

    #[test]
    fn the_verdict_on_all_paths_is_that_of_the_slower_ones() {
        let headline = |indices: &[usize]| {
            let mut findings = findings();
            let mut paths: Vec<_> = findings.paths.drain(..).map(Some).collect();
            let chosen = indices.iter().map(|index| paths[*index].take().unwrap());
            findings.paths = chosen.collect();
            let slower = findings.slower();
            let text = findings.markdown();
            (slower, text.split(':').next().unwrap().to_owned())
        };
        assert_eq!(
            headline(&[0]),
            (0, "**No path is slower**, 1 ok".to_owned())
        );
        // Neither an unclear path nor a new one fails.
        let passed = (0, "**No path is slower**, 1 unclear, 1 new".to_owned());
        assert_eq!(headline(&[2, 3]), passed);
        assert_eq!(headline(&[1]), (1, "**1 path is slower**".to_owned()));
        let mut twice = findings();
        twice.paths = twice.paths.into_iter().chain(findings().paths).collect();
        assert_eq!(twice.slower(), 2);
        assert!(
            twice
                .markdown()
                .starts_with("**2 paths are slower**, 2 ok, ")
        );
    }

    #[test]
    fn json_has_every_figure_of_every_path() {
        let path = |name: &str,
                    [base, here]: [f64; 2],
                    [change, median, low, high]: [f64; 4],
                    verdict| {
            json!({
                "name": name, "base_ns": base, "here_ns": here, "change": change, "median": median,
                "low": low, "high": high, "rounds": 20, "verdict": verdict,
            })
        };
        let expected = json!({
            "version": 1,
            "base": { "revision": "origin/main", "commit": "b".repeat(40), "changed": false },
            "here": { "revision": "HEAD", "commit": "a".repeat(40), "changed": true },
            "threshold": 0.07,
            "slower": 1,
            "paths": [
                path("steady", [8.0, 7.0], [-0.125, 0.0, -0.125, 0.0], "ok"),
                path("slowed", [100.0, 125.0], [0.25, 0.25, 0.25, 0.25], "slower"),
                path("lucky", [8.0, 10.0], [0.25, 0.0, 0.0, 0.0], "unclear"),
                {
                    "name": "a-longer-name", "base_ns": null, "here_ns": null, "change": null,
                    "median": null, "low": null, "high": null, "rounds": 0, "verdict": "new",
                },
            ],
        });
        assert_eq!(findings().json(), expected);
    }
}
