//! `sparsegrok completions`

use std::io::Write;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::Cli;
use crate::output::Output;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The shell to complete for
    shell: Shell,
}

pub(crate) fn execute(args: &Args) -> anyhow::Result<()> {
    // Into memory first: the generator panics when it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "sparsegrok", &mut script);
    let mut output = Output::stdout();
    output.write_all(&script)?;
    output.finish()
}
