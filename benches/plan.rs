//! What planning costs: time and memory for a million rows, half of them changed.
//!
//! `cargo bench --bench plan` prints the time of each step and, under `max alloc`, the bytes that
//! the step held at most. Divide those of `clinic_of_rows` by the rows: inputs and result together.

use std::collections::BTreeSet;

use accuroform::desired::DesiredRow;
use accuroform::model::{
    Cells, Column, Columns, Level, LiveRow, OfficeId, ProviderId, Revision, RowKey,
};
use accuroform::plan::diff_rows;
use divan::{AllocProfiler, Bencher, black_box};

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

const ROWS: u64 = 1_000_000;
const PER_OFFICE: u64 = 25;

fn ocean() -> Columns {
    [
        Column::Patient,
        Column::Scheduling,
        Column::Billing,
        Column::Emr,
        Column::Labs,
        Column::Visible,
    ]
    .into_iter()
    .map(|column| (column, Level::Full))
    .collect()
}

fn key(row: u64) -> RowKey {
    RowKey { office: OfficeId(row / PER_OFFICE), provider: ProviderId(row % PER_OFFICE) }
}

fn desired(rows: u64) -> Vec<DesiredRow> {
    let cells = Cells::new(ocean(), None);
    (0..rows).map(|row| DesiredRow { key: key(row), cells, rule: 1 }).collect()
}

/// Every second row lacks a column and holds another too much.
fn live(rows: u64) -> Vec<LiveRow> {
    let changed = ocean().with(Column::Scheduling, Level::None).with(Column::Inbox, Level::Full);
    (0..rows)
        .map(|row| LiveRow {
            key: key(row),
            cells: Cells::new(if row % 2 == 0 { changed } else { ocean() }, None),
            revision: Revision(1),
        })
        .collect()
}

/// The comparison alone: 9,000,000 cells, exact management.
#[divan::bench(sample_count = 20)]
fn diff_a_million_rows(bencher: Bencher<'_, '_>) {
    let (desired, live) = (desired(ROWS), live(ROWS));
    let offices: BTreeSet<OfficeId> = desired.iter().map(|row| row.key.office).collect();
    bencher.bench_local(|| {
        let diff = diff_rows(black_box(&desired), black_box(&live), &offices);
        assert_eq!(diff.changes.len(), 500_000);
        diff
    });
}

/// Inputs and result together, for the memory of a row.
#[divan::bench(args = [100_000, 1_000_000], sample_count = 5)]
fn clinic_of_rows(rows: u64) -> usize {
    let (desired, live) = (desired(rows), live(rows));
    let offices: BTreeSet<OfficeId> = desired.iter().map(|row| row.key.office).collect();
    diff_rows(&desired, &live, &offices).changes.len()
}
