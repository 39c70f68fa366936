//! The one entry of `fuzz/` and `fuzz_entry.rs` to the readers of sheets.

use super::{Expectation, ExpectedColumns, Kind, Open, directory, expected, open, sheet, table};

/// Reads bytes as every kind of sheet; whatever they are, it gives a sheet or faults.
pub fn read(bytes: &[u8]) {
    let Ok(table) = table("sheet", bytes, Kind::Grid) else { return };
    let directory = directory(&table).map(|found| found.directory).unwrap_or_default();
    let users = ["OceanAPILAKESIDE".to_owned()];
    let expectation = Expectation { directory: &directory, users: &users };
    let open_as = Open { clinic: "lakeside", tenant: "LAKESIDE", expected: expectation };
    let columns = ExpectedColumns { provider: Some("Provider".to_owned()), ..Default::default() };
    drop((sheet(&table, expectation), open(&table, open_as), expected(&table, &columns, &[])));
}
