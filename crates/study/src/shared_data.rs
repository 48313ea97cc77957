//! The data and the model that the runs of a study share, and the files that they were read from.

use std::path::PathBuf;
use std::sync::Arc;

use sparsegrok_config::Config;
use sparsegrok_log::DataFile;
use sparsegrok_run::models::{AnyData, AnyFamily};
use sparsegrok_run::{LoadError, RunSeeds, SavedModel};

/// The data of cells whose runs share them; neighbouring cells of the same data too.
#[derive(Debug, Default)]
pub(crate) struct SharedData {
    latest: Option<(Config, Arc<AnyData>)>,
    model: Option<Arc<SavedModel>>,
    pub(crate) zero_one: Vec<PathBuf>,
    /// Every file read so far, as it was when it was read first.
    pub(crate) files: Vec<DataFile>,
}

impl SharedData {
    /// The model that all runs of a study begin with, if they do with one. It is read once.
    pub(crate) fn model(&mut self, config: &Config) -> Result<Option<Arc<SavedModel>>, LoadError> {
        if self.model.is_none() {
            self.model = SavedModel::of(config)?.map(Arc::new);
            self.files
                .extend(self.model.iter().map(|model| model.file.clone()));
        }
        Ok(self.model.clone())
    }

    /// A cell's shared data, `None` where each run has its own. A file that other cells read in another way
    /// is read again, and must not have changed.
    pub(crate) fn of(
        &mut self,
        family: &dyn AnyFamily,
        config: &Config,
        most_memory: u64,
    ) -> Result<Option<Arc<AnyData>>, LoadError> {
        if !family.shares_data(config, config) {
            return Ok(None);
        }
        if let Some((of, data)) = &self.latest
            && family.shares_data(of, config)
        {
            return Ok(Some(Arc::clone(data)));
        }
        let files = &config.files;
        let asked = [&files.train, &files.test, &files.sample_weights];
        let again = |file: &&DataFile| asked.into_iter().flatten().any(|path| *path == file.path);
        if let Some(pipe) = self
            .files
            .iter()
            .filter(again)
            .find(|file| !file.is_regular)
        {
            let path = pipe.path.clone();
            return Err(LoadError::Once { path });
        }
        // The old data go before the new ones come.
        self.latest = None;
        let seeds = RunSeeds::of(config, config.study.seeds.start)?;
        let loaded = family.data(config, &seeds, most_memory)?;
        for file in loaded.zero_one {
            if !self.zero_one.contains(&file) {
                self.zero_one.push(file);
            }
        }
        for file in loaded.files {
            match self
                .files
                .iter()
                .find(|known| known.path == file.path && known.key == file.key)
            {
                None => self.files.push(file),
                Some(known) if known.sum == file.sum => {}
                Some(_) => return Err(LoadError::Changed { path: file.path }),
            }
        }
        self.latest = Some((config.clone(), Arc::clone(&loaded.problem)));
        Ok(Some(loaded.problem))
    }
}
