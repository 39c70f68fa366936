//! What a row gets, level by level: user, then office, then provider. The nearest profile is the
//! base, overrides lie over it, and the nearest date and reason count.

use super::super::checked::{Grant, Profile, Why};
use super::super::raw::RawColumns;
use super::context::Context;
use super::profiles::Profiles;
use crate::diagnostic::{Code, Diagnostic, KeyPath, Layer, Span};
use crate::model::{Column, Columns, Level, Until};

/// What one entry writes about its grant.
pub(super) struct Written<'r> {
    pub(super) path: &'r KeyPath,
    pub(super) profile: Option<&'r str>,
    pub(super) columns: Option<&'r RawColumns>,
    pub(super) until: Option<&'r str>,
    pub(super) reason: Option<&'r str>,
}

/// The grant at one level, ready to be refined by the next.
#[derive(Clone)]
pub(super) struct Base {
    profile: String,
    profile_reason: Option<String>,
    columns: Columns,
    is_overridden: bool,
    until: Option<Until>,
    reason: Option<String>,
    /// A reason is written somewhere on the way, and be it a faulty one.
    has_reason: bool,
    place: Span,
}

/// The checks that all levels share.
pub(super) struct Grants<'g> {
    pub(super) profiles: &'g mut Profiles,
    pub(super) protected: &'g [Column],
}

impl Grants<'_> {
    /// The grant of an entry, on top of the level above; a user has no level above.
    pub(super) fn refine(
        &mut self,
        context: &mut Context<'_>,
        above: Option<&Base>,
        written: &Written<'_>,
    ) -> Base {
        let mut base = above.cloned().unwrap_or_else(|| Base::empty(written));
        base.place = context.place(written.path);
        let profile_path = written.path.key("profile");
        let profile = written
            .profile
            .and_then(|name| Some((name, self.profiles.find(context, name, &profile_path)?)));
        if let Some((name, profile)) = &profile {
            base.set_profile(name, profile);
        }
        if let Some(columns) = written.columns {
            base.is_overridden = true;
            base.columns = columns
                .written()
                .fold(base.columns, |sum, (column, level)| sum.with(column, level));
        }
        if let Some(until) = context.until(written.until, written.path) {
            base.until = Some(until);
        }
        if let Some(reason) = written.reason {
            base.reason = Some(reason.to_owned());
        }
        let reason = base.reason.is_some() || base.profile_reason.is_some();
        base.has_reason |= context.is_written(&written.path.key("reason"));
        if !reason && !base.has_reason {
            self.protected(context, written, profile.as_ref(), &base);
        }
        base
    }

    /// Reports the protected columns that this entry itself grants. Entries that only inherit them
    /// are not reported again.
    fn protected(
        &self,
        context: &mut Context<'_>,
        written: &Written<'_>,
        profile: Option<&(&str, Profile)>,
        base: &Base,
    ) {
        let granted = |columns: &mut dyn Iterator<Item = (Column, Level)>| -> Vec<Column> {
            columns
                .filter(|(column, _)| {
                    self.protected.contains(column) && base.columns.get(*column) > Level::None
                })
                .filter(|(_, level)| *level > Level::None)
                .map(|(column, _)| column)
                .collect()
        };
        let by_columns =
            written.columns.map(|columns| granted(&mut columns.written())).unwrap_or_default();
        let by_profile =
            profile.map(|(_, profile)| granted(&mut profile.columns.iter())).unwrap_or_default();
        let path = match (by_columns.first(), by_profile.first()) {
            (Some(column), _) => written.path.key("columns").key(column.key()),
            (None, Some(_)) => written.path.key("profile"),
            (None, None) => return,
        };
        let titles: Vec<String> = Column::ALL
            .into_iter()
            .filter(|column| by_columns.contains(column) || by_profile.contains(column))
            .map(|column| column.title().to_owned())
            .collect();
        context.report(
            Diagnostic::error(
                Code::ProtectedColumn,
                path,
                format!("{} is granted without a reason", titles.join(", ")),
            )
            .hint("add a `reason` to this entry or to its profile, or grant less"),
        );
    }
}

impl Base {
    fn empty(written: &Written<'_>) -> Self {
        Self {
            profile: written.profile.unwrap_or_default().to_owned(),
            profile_reason: None,
            columns: Columns::NONE,
            is_overridden: false,
            until: None,
            reason: None,
            has_reason: false,
            place: Span { layer: Layer::Clinic, start: 0, end: 0, line: 1, column: 1 },
        }
    }

    fn set_profile(&mut self, name: &str, profile: &Profile) {
        name.clone_into(&mut self.profile);
        self.profile_reason.clone_from(&profile.reason);
        self.columns = profile.columns;
        self.is_overridden = false;
    }

    /// The grant of rows at this level.
    pub(super) fn grant(&self) -> Grant {
        Grant {
            columns: self.columns,
            until: self.until,
            reason: self.reason.clone().or_else(|| self.profile_reason.clone()),
            why: if self.is_overridden {
                Why::Override(self.profile.clone())
            } else {
                Why::Profile(self.profile.clone())
            },
            place: self.place,
        }
    }
}
