//! `run --plot`: a picture of one run.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use sparsegrok_config::Config;
use sparsegrok_plot::{Theme, draw, png};
use sparsegrok_report::{Style, View, run_picture};
use sparsegrok_run::Run;

use crate::output::{Output, STANDARD};

/// The file of a picture; its name tells the kind.
#[derive(Clone, Debug)]
pub(crate) struct PlotFile {
    path: PathBuf,
    is_png: bool,
}

impl FromStr for PlotFile {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let path = PathBuf::from(text);
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("svg" | "png") => Ok(Self::accepted(path)),
            None if text == STANDARD => Ok(Self::accepted(path)),
            _ => Err("expected a name that ends in .svg or .png"),
        }
    }
}

impl PlotFile {
    /// The file's name.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The same picture in another file, whose name was accepted before.
    pub(crate) fn accepted(path: PathBuf) -> Self {
        let is_png = path.extension().is_some_and(|end| end == "png");
        Self { path, is_png }
    }

    /// Draws a run into the file.
    pub(crate) fn write(&self, config: &Config, run: &Run, mut to: Output) -> anyhow::Result<()> {
        let picture = run_picture(&View::of_run(config, run), Style::default());
        let svg = draw(&picture, Theme::Print);
        match self.is_png {
            true => to.write_all(&png(&svg)?)?,
            false => to.write_all(svg.as_bytes())?,
        }
        to.finish()
    }
}
