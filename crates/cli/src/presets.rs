//! `sparsegrok presets`

use std::io::Write;

use sparsegrok_config::{Origin, PRESETS, Preset};
use textwrap::Options;

use crate::output::Output;

/// Columns of a line.
const WIDTH: usize = 100;

/// A space at which no line ends.
const UNBROKEN: &str = "\u{a0}";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Show this one alone
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

pub(crate) fn execute(args: &Args) -> anyhow::Result<()> {
    let shown = match &args.name {
        None => PRESETS,
        Some(name) => std::slice::from_ref(Preset::named(name, &Origin::Flag)?),
    };
    let mut output = Output::stdout();
    for (k, preset) in shown.iter().enumerate() {
        if k > 0 {
            writeln!(output)?;
        }
        write(preset, &mut output)?;
    }
    output.finish()
}

fn write(preset: &Preset, output: &mut Output) -> anyhow::Result<()> {
    let Preset { name, command, .. } = preset;
    writeln!(output, "{name}: sparsegrok {command} --preset {name}")?;
    let settings: Vec<_> = preset
        .differences()?
        .into_iter()
        .map(|(key, value)| format!("{key}{UNBROKEN}={UNBROKEN}{value}"))
        .collect();
    paragraph(preset.shows, "    ", output)?;
    paragraph(&settings.join("; "), "    settings  ", output)?;
    for (k, (quantity, value)) in preset.expected.iter().enumerate() {
        let heading = if k == 0 { "    expected  " } else { "" };
        writeln!(output, "{heading:14}{quantity}: {value}")?;
    }
    Ok(())
}

/// Writes a text over as many lines as it takes, indented as its heading is long.
fn paragraph(text: &str, heading: &str, output: &mut Output) -> anyhow::Result<()> {
    let indent = " ".repeat(heading.chars().count());
    let options = Options::new(WIDTH)
        .initial_indent(heading)
        .subsequent_indent(&indent);
    let filled = textwrap::fill(text, options);
    writeln!(output, "{}", filled.replace(UNBROKEN, " "))?;
    Ok(())
}
