//! The profiles that rules may name, and what an entry has to say so that its rows get what they hold.

use std::collections::{BTreeMap, BTreeSet};

use super::shape::Written;
use crate::manifest::Profile;
use crate::model::{Cells, Column, Columns, Level, Until};

/// What there is to write rules with.
#[derive(Debug, Clone)]
pub(super) struct Palette {
    pub(super) profiles: BTreeMap<String, Profile>,
    /// Those that the clinic's own file writes, or is to write.
    pub(super) own: BTreeSet<String>,
    /// Columns that only a rule with a reason may grant.
    pub(super) protected: Vec<Column>,
    /// The reason where nobody gave one.
    pub(super) reason: String,
}

/// What an entry inherits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Above {
    pub(super) columns: Columns,
    pub(super) until: Option<Until>,
    /// A reason was written on the way.
    pub(super) reason: bool,
    /// The nearest profile has one.
    pub(super) profile_reason: bool,
}

impl Palette {
    /// What the entries of a user with a profile inherit; the user's entry has a reason where the
    /// profile would need one.
    pub(super) fn base(&self, profile: &Profile, until: Option<Until>) -> Above {
        let Profile { columns, reason, user_name: _ } = profile;
        let profile_reason = reason.is_some();
        let says_why = self.is_protected(*columns) && !profile_reason;
        Above { columns: *columns, until, reason: says_why, profile_reason }
    }

    /// What an entry says to get `want`, and what the entries below it inherit. `None`: a date that is
    /// inherited cannot be taken away.
    pub(super) fn written(&self, above: Above, want: Cells) -> Option<(Written, Above)> {
        let (columns, until) = (want.columns(), want.until());
        if above.until.is_some() && until.is_none() {
            return None;
        }
        let mut written = Written { granted: columns, ..Written::default() };
        let mut below = Above { columns, until, ..above };
        written.until = until.filter(|_| until != above.until);
        if columns != above.columns {
            let same = self.profiles.iter().find(|(_, profile)| profile.columns == columns);
            if let Some((name, profile)) = same {
                written.profile = Some(name.clone());
                below.profile_reason = profile.reason.is_some();
                below.reason |= self.must_say_why(columns.iter(), below);
            } else {
                let differs =
                    |(column, level): &(Column, Level)| *level != above.columns.get(*column);
                written.columns = columns.iter().filter(differs).collect();
                below.reason |= self.must_say_why(written.columns.iter().copied(), below);
            }
        }
        written.reason = (below.reason && !above.reason).then(|| self.reason.clone());
        Some((written, below))
    }

    /// Whether an entry that writes these columns needs a reason of its own.
    fn must_say_why(&self, columns: impl Iterator<Item = (Column, Level)>, below: Above) -> bool {
        let has_reason = below.reason || below.profile_reason;
        let mut granted = columns.filter(|(_, level)| *level > Level::None);
        !has_reason && granted.any(|(column, _)| self.protected.contains(&column))
    }

    /// Whether a profile with these columns has to say why.
    fn is_protected(&self, columns: Columns) -> bool {
        self.protected.iter().any(|column| columns.get(*column) > Level::None)
    }

    /// The palette with a new profile for a user, its name, and the lines that it takes.
    pub(super) fn with(&self, columns: Columns, user: &str) -> (Self, String, usize) {
        let reason = self.is_protected(columns).then(|| self.reason.clone());
        let lines = 2 + usize::from(reason.is_some()) + usize::from(self.own.is_empty());
        let name = self.new_name(user);
        let mut wider = self.clone();
        wider.profiles.insert(name.clone(), Profile { columns, reason, user_name: None });
        wider.own.insert(name.clone());
        (wider, name, lines)
    }

    /// A name for a new profile that no other has: the user's in small letters, with a number.
    fn new_name(&self, user: &str) -> String {
        let slug: String = user
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
            .collect();
        let slug = slug.trim_matches('-');
        let slug = if slug.is_empty() { "as-found" } else { slug };
        let mut names = std::iter::once(slug.to_owned())
            .chain((2_u32..).map(|number| format!("{slug}-{number}")));
        let free = names.find(|name| !self.profiles.contains_key(name));
        free.unwrap_or_default()
    }
}
