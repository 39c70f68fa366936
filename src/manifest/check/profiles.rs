//! Named column sets: the built-in one, and those of the manifest.

use std::collections::{BTreeMap, BTreeSet};

use super::super::checked::Profile;
use super::super::raw::RawProfile;
use super::super::shown;
use super::context::Context;
use crate::diagnostic::{Code, Diagnostic, KeyPath, On, did_you_mean};
use crate::model::{Column, Columns, Level};

/// The name of the built-in profile.
pub(in crate::manifest) const OCEAN: &str = "ocean";

/// Among how many profiles the one that was meant is looked for.
const MOST_COMPARED: usize = 1000;
/// A hint that names more profiles than this helps nobody.
const MOST_NAMED: usize = 20;

/// All profiles, and which of them were asked for.
pub(super) struct Profiles {
    known: BTreeMap<String, Profile>,
    /// Names that are written, also those of faulty profiles: these are not unknown.
    written: BTreeSet<String>,
    used: BTreeSet<String>,
}

impl Profiles {
    /// Checks the profiles of the manifest and adds the built-in one.
    pub(super) fn new(context: &mut Context<'_>, raw: BTreeMap<String, RawProfile>) -> Self {
        let path = KeyPath::root().key("profiles");
        let mut known: BTreeMap<String, Profile> = raw
            .into_iter()
            .filter_map(|(name, raw)| {
                let profile = profile(context, &name, raw, &path.key(&name))?;
                Some((name, profile))
            })
            .collect();
        known.insert(OCEAN.to_owned(), ocean());
        let mut written: BTreeSet<String> =
            context.source.tree().keys(&path).map(str::to_owned).collect();
        written.insert(OCEAN.to_owned());
        Self { known, written, used: BTreeSet::new() }
    }

    /// The profile that an entry names at `path`.
    pub(super) fn find(
        &mut self,
        context: &mut Context<'_>,
        name: &str,
        path: &KeyPath,
    ) -> Option<Profile> {
        self.used.insert(name.to_owned());
        if let Some(profile) = self.known.get(name) {
            return Some(profile.clone());
        }
        if !self.knows(name) && context.findings.is_full() {
            context.findings.leave_out();
        } else if !self.knows(name) {
            let names = |most| self.written.iter().map(String::as_str).take(most);
            let hint = if let Some(near) = did_you_mean(name, names(MOST_COMPARED)) {
                format!("did you mean `{near}`?")
            } else {
                let names = shown::names(names(MOST_NAMED), "or");
                format!("use {names}, or add it under `profiles`")
            };
            context.report(
                Diagnostic::error(
                    Code::UnknownProfile,
                    path.clone(),
                    format!("there is no profile `{}`", shown::short(name)),
                )
                .hint(hint),
            );
        }
        None
    }

    /// Whether a profile has this name.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.written.contains(name)
    }

    /// What names of users with a profile look like.
    pub(super) fn user_name(&self, name: &str) -> Option<String> {
        self.known.get(name)?.user_name.clone()
    }

    /// All of them by name.
    pub(super) fn into_known(self) -> BTreeMap<String, Profile> {
        self.known
    }

    /// Warns of profiles that no entry names. A fleet's are there for those clinics that need them.
    pub(super) fn report_unused(&self, context: &mut Context<'_>) {
        let unused = self.known.keys().filter(|name| *name != OCEAN && !self.used.contains(*name));
        for name in unused {
            let path = KeyPath::root().key("profiles").key(name);
            if !context.source.span(&path, On::Key).layer.is_clinic() {
                continue;
            }
            context.report(
                Diagnostic::warning(
                    Code::UnusedProfile,
                    path,
                    format!("nobody uses the profile `{}`", shown::short(name)),
                )
                .on_key()
                .hint("remove it, or name it in a `profile`"),
            );
        }
    }
}

fn profile(
    context: &mut Context<'_>,
    name: &str,
    raw: RawProfile,
    path: &KeyPath,
) -> Option<Profile> {
    let RawProfile { columns: raw_columns, reason, user_name } = raw;
    let raw_columns = raw_columns?;
    let columns: Columns = raw_columns.written().collect();
    // A faulty column was taken out, and may have granted something.
    let all_sound =
        context.source.tree().keys(&path.key("columns")).count() == raw_columns.written().count();
    if columns == Columns::NONE && all_sound {
        context.report(
            Diagnostic::error(
                Code::EmptyProfile,
                path.key("columns"),
                format!("the profile `{}` grants nothing", shown::short(name)),
            )
            .on_key()
            .hint("set at least one column to read-only or full"),
        );
    }
    Some(Profile { columns, reason, user_name })
}

fn ocean() -> Profile {
    Profile {
        columns: Column::OCEAN.into_iter().map(|column| (column, Level::Full)).collect(),
        reason: None,
        user_name: Some("OceanAPI*".to_owned()),
    }
}
