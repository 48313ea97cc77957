//! `sparsegrok presets`

use std::io::Write;

use sparsegrok_study::PRESETS;

use crate::output::Output;

pub(crate) fn execute() -> anyhow::Result<()> {
    let mut output = Output::open(None)?;
    for preset in PRESETS {
        writeln!(
            output,
            "sparsegrok {} --preset {}",
            preset.command, preset.name
        )?;
        writeln!(output, "    {}", preset.shows)?;
    }
    output.finish()
}
