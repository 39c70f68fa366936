//! Why an undo leaves a row alone, in words.

use super::words::difference;
use crate::model::Cells;
use crate::plan::HeldReason;

/// Why an undo leaves a row alone that was `was` after the run and is `is` now.
pub fn why_held(reason: HeldReason, was: Cells, is: Option<Cells>) -> String {
    match (reason, is) {
        (HeldReason::Moved, Some(is)) => format!("changed since the run: {}", difference(was, is)),
        (HeldReason::Moved, None) => "changed since the run".to_owned(),
        (HeldReason::Unmanaged, _) => {
            "the manifest does not manage this user, or Accuro has it under another id or not active"
                .to_owned()
        }
        (HeldReason::Unlisted, _) => "the office does not list this provider".to_owned(),
    }
}
