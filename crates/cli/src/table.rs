//! Text tables: cells in columns, for terminals and as Markdown.

/// Rows with each column but the last as wide as its widest cell, two spaces between columns; no
/// spaces at the ends of lines. All rows have as many cells.
pub(crate) fn aligned<R: AsRef<[String]>>(rows: &[R]) -> String {
    let columns = rows.first().map_or(0, |row| row.as_ref().len());
    let width = |row: &R, column: usize| row.as_ref()[column].chars().count();
    let widest = |column| rows.iter().map(|row| width(row, column)).max();
    let widths: Vec<usize> = (0..columns).map(|k| widest(k).unwrap_or(0)).collect();
    let lines = rows.iter().map(|row| {
        let cells = row
            .as_ref()
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        line.trim_end().to_owned() + "\n"
    });
    lines.collect()
}

/// The same rows as a Markdown table, the first of them its heading.
pub(crate) fn markdown<R: AsRef<[String]>>(rows: &[R]) -> String {
    let line = |cells: &[String]| {
        let cells = cells.iter().map(|cell| cell.replace('|', "\\|"));
        format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
    };
    let mut lines = rows.iter().map(|row| line(row.as_ref()));
    let heading = lines.next().unwrap_or_default();
    let columns = rows.first().map_or(0, |row| row.as_ref().len());
    let rule = format!("|{}\n", " --- |".repeat(columns));
    heading + &rule + &lines.collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_aligned_or_marked() {
        let rows = [["λ", "a|b"], ["0.001", "2"]].map(|row| row.map(str::to_owned));
        assert_eq!(aligned(&rows), "λ      a|b\n0.001  2\n");
        assert_eq!(
            markdown(&rows),
            "| λ | a\\|b |\n| --- | --- |\n| 0.001 | 2 |\n"
        );
    }
}
