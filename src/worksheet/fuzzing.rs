//! The one entry of `fuzz/` and `fuzz_entry.rs` to the readers of sheets.

use super::{
    Expectation, ExpectedColumns, Kind, Open, directory, expected, open, sheet, table, with_ids,
};

/// Reads bytes as every kind of sheet; whatever they are, it gives a sheet or faults.
pub fn read(bytes: &[u8]) {
    let Ok(table) = table("sheet", bytes, Kind::Grid) else { return };
    let found = directory(&table).unwrap_or_default();
    // Whatever it refuses, it loses nothing: it compares the cells itself.
    drop(with_ids(bytes, &table, &found, &[]));
    let directory = found.directory;
    let users = ["OceanAPILAKESIDE".to_owned()];
    let expectation = Expectation { directory: &directory, users: &users };
    let open_as = Open { clinic: "lakeside", tenant: "LAKESIDE", expected: expectation };
    let columns = ExpectedColumns { provider: Some("Provider".to_owned()), ..Default::default() };
    drop((sheet(&table, expectation), open(&table, open_as), expected(&table, &columns, &[])));
}
