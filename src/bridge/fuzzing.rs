//! The parsers of foreign answers, for the fuzzers alone: the wire types stay private.

use super::answer::retry_after;
use super::error::Body;
use super::hidden::Hidden;
use super::wire;

/// Gives `bytes` to everything that reads an answer. Whatever they are, it must end and not panic.
pub fn answer(bytes: &[u8]) {
    fn read<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Option<T> {
        serde_json::from_slice(bytes).ok()
    }
    drop(read::<wire::Token>(bytes));
    drop(read::<Vec<wire::Office>>(bytes));
    drop(read::<Vec<wire::Provider>>(bytes));
    drop(read::<Vec<wire::User>>(bytes));
    let page = read::<wire::GridPage>(bytes).map(|page| page.rows);
    let written = read::<wire::Rows>(bytes).map(|answer| answer.rows);
    for row in page.iter().chain(&written).flatten() {
        drop(row.to_live());
    }
    for row in read::<wire::Refusal>(bytes).iter().flat_map(|refusal| &refusal.rows) {
        drop(serde_json::from_value::<wire::Row>(row.clone()).map(|row| row.to_live()));
        drop(serde_json::from_value::<wire::RowPlace>(row.clone()));
    }
    drop(read::<wire::Site>(bytes));
    drop(read::<wire::SyncStarted>(bytes));
    drop(read::<wire::SyncRun>(bytes));
    drop(read::<Vec<wire::SiteProvider>>(bytes));
    drop(Body::read(bytes, &Hidden::default()).to_string());
    let _ = retry_after(&String::from_utf8_lossy(bytes), jiff::Timestamp::UNIX_EPOCH);
}
