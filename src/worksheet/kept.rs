//! Rows that a capture keeps of the one before, so that after a few clicks nobody reads the whole screen again.

use jiff::Timestamp;

use super::capture::Capture;
use crate::live::{Captured, Look};
use crate::model::RowKey;

impl Capture {
    /// Keeps what the capture before says of rows that this one did not read; gives how many they are. They
    /// keep their own time.
    pub fn keep(&mut self, before: &Self) -> usize {
        let mut kept = 0;
        for (user, rows) in &before.grids {
            for (key, cells) in rows {
                let own = self.grids.entry(user.clone()).or_default();
                if own.contains_key(key) {
                    continue;
                }
                own.insert(*key, *cells);
                self.kept.insert((user.clone(), *key), before.looked(user, *key));
                kept += 1;
            }
        }
        kept
    }

    /// When a row was read, and by whom.
    pub fn looked(&self, user: &str, key: RowKey) -> Look {
        let kept = self.kept.get(&(user.to_owned(), key));
        kept.cloned().unwrap_or_else(|| self.last())
    }

    fn last(&self) -> Look {
        Look { at: self.at, by: self.by.clone() }
    }

    /// Every look at the screen.
    pub(super) fn captured(&self) -> Captured {
        Captured { last: self.last(), before: self.kept.clone() }
    }

    /// When the oldest row of it was read: nothing of it is believed for longer.
    pub(super) fn oldest(&self) -> Timestamp {
        self.kept.values().map(|look| look.at).fold(self.at, Timestamp::min)
    }
}
