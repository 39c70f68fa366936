//! What a change of the manifest means, as reviewers read it.

use super::escape::escape;
use super::table::count;
use crate::finding::difference;
use crate::model::{Cells, Names};
use crate::plan::{Against, AgainstRow};

/// More rows of one group are counted.
const MOST: usize = 50;

/// The groups as text. `names` knows the ids, `clinic` begins the addresses, `since` names the state before.
pub fn against(groups: &Against, names: &Names, clinic: &str, since: &str) -> String {
    let Against { by_change, pending, both, withdrawn } = groups;
    let mut lines = vec![String::new(), format!("Against {}:", escape(since))];
    let mut group = |title: &str, rows: &[AgainstRow], from: fn(&AgainstRow) -> Cells| {
        lines.push(format!("  {}: {title}", count(rows.len(), "row")));
        lines.extend(rows.iter().take(MOST).map(|row| {
            let address = names.address(clinic, &row.user, row.key);
            format!("    {}: {}", escape(&address), escape(&difference(from(row), row.after)))
        }));
        if let more @ 1.. = rows.len().saturating_sub(MOST) {
            lines.push(format!("    and {more} more"));
        }
    };
    group("asked for by this change of the manifest", by_change, |row| row.live);
    group("asked for before already and not live yet", pending, |row| row.live);
    group("asked for before, not live yet, and changed now", both, |row| row.before);
    group("not asked for any more, and not live", withdrawn, |row| row.before);
    lines.join("\n") + "\n"
}
