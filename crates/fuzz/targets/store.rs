//! Stores: opened, verified, and every row looked at.

#![no_main]

use std::fs;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sparsegrok_data::Store;
use sparsegrok_fuzz::{folder, store_with_checksums};
use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> = LazyLock::new(folder);

fuzz_target!(|bytes: &[u8]| {
    let path = FOLDER.path().join("fuzzed.sgs");
    fs::write(&path, store_with_checksums(bytes)).expect("a written file");
    let Ok(store) = Store::open(&path) else {
        return;
    };
    let verified = store.verify();
    let Ok(rows) = store.dataset() else {
        assert!(verified.is_err());
        return;
    };
    let mut numbers = 0;
    let mut finite = true;
    for i in 0..rows.len() {
        let row = rows.row(i);
        let all = row.signal.iter().chain(row.tail.values);
        finite &= all.chain([&row.target]).all(|x| x.is_finite());
        numbers += row.signal.len() + row.tail.values.len();
        assert_eq!(row.tail.indices.iter().count(), row.tail.values.len());
        assert!(row.tail.indices.iter().is_sorted_by(|a, b| a < b));
    }
    assert_eq!(numbers, rows.features().nnz());
    assert!(finite || verified.is_err());
});
