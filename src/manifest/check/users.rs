//! EMR users and the rules for their grids.

use std::collections::BTreeMap;

use super::super::checked::{Management, UserRule};
use super::super::raw::{Entries, RawManagement, RawUser};
use super::super::shown;
use super::context::Context;
use super::entries::{Kind, Named, Which};
use super::grants::{Grants, Written};
use super::offices::{Above, office};
use super::profiles::{OCEAN, Profiles};
use crate::diagnostic::{Code, Diagnostic, KeyPath};
use crate::model::{Column, OfficeId, ProviderId, fold};

/// The check of all users.
pub(super) struct Users<'u, 'c> {
    pub(super) context: &'u mut Context<'c>,
    pub(super) profiles: &'u mut Profiles,
    pub(super) protected: &'u [Column],
    pub(super) tenant: Option<&'u str>,
}

impl Users<'_, '_> {
    /// Checks every entry; those without a usable name are reported and left out.
    pub(super) fn all(&mut self, raw: Entries<RawUser>, path: &KeyPath) -> Vec<UserRule> {
        let mut first: BTreeMap<String, KeyPath> = BTreeMap::new();
        let mut rules = Vec::with_capacity(raw.0.len());
        for (index, user) in raw.0 {
            let path = path.index(index);
            let name = self.name(&user, &path);
            let rule = self.user(user, name.as_deref(), &path);
            let Some(name) = name else { continue };
            if let Some(earlier) = first.get(&fold(&name)) {
                self.context.report(
                    Diagnostic::error(
                        Code::RepeatedEntry,
                        path,
                        format!("the user `{}` has two entries", shown::short(&name)),
                    )
                    .hint("merge the two entries")
                    .related("first listed here", earlier.clone()),
                );
            } else {
                first.insert(fold(&name), path);
            }
            rules.push(rule);
        }
        rules
    }

    /// The user's name; Ocean's user is named after the tenant.
    fn name(&mut self, raw: &RawUser, path: &KeyPath) -> Option<String> {
        if let Some(name) = &raw.name {
            return Some(name.clone());
        }
        match raw.profile.as_deref() {
            Some(OCEAN) => self.tenant.map(|tenant| format!("OceanAPI{tenant}")),
            Some(profile)
                if self.profiles.knows(profile) && !self.context.is_written(&path.key("name")) =>
            {
                self.context.report(
                    Diagnostic::error(Code::MissingField, path.clone(), "the user has no `name`")
                        .hint(
                            "add the user's name in Accuro; only the profile `ocean` has a default",
                        ),
                );
                None
            }
            Some(_) | None => None,
        }
    }

    fn user(&mut self, raw: RawUser, name: Option<&str>, path: &KeyPath) -> UserRule {
        let context = &mut *self.context;
        let RawUser {
            name: _, // with its default in `name`
            profile,
            management,
            any_name,
            all_offices,
            except,
            except_providers,
            until,
            reason,
            offices,
        } = raw;
        let all_offices = all_offices.unwrap_or(false);
        selects(context, all_offices, path);
        let name_pattern = match (&profile, any_name) {
            (_, Some(true)) | (None, _) => None,
            (Some(profile), _) => self.profiles.user_name(profile),
        };
        let mut grants = Grants { profiles: self.profiles, protected: self.protected };
        let written = Written {
            path,
            profile: profile.as_deref(),
            columns: None,
            until: until.as_deref(),
            reason: reason.as_deref(),
        };
        let base = grants.refine(context, None, &written);
        let mut left_out = Named::new(Kind::Office);
        let except = left_out.exceptions(context, except, &path.key("except"), OfficeId);
        let mut without = Named::new(Kind::Provider);
        let except_path = path.key("except_providers");
        let except_providers =
            without.exceptions(context, except_providers, &except_path, ProviderId);
        let above = Above { base: &base, all_offices, left_out: &without };
        let mut named = Named::new(Kind::Office);
        let mut rules = Vec::new();
        for (index, raw) in offices.map(|entries| entries.0).unwrap_or_default() {
            let path = path.key("offices").index(index);
            let which = Which { id: raw.id, name: raw.name.as_deref() };
            if named.add(context, which, &path) {
                left_out.contradicts(context, which, &path, "except");
                rules.push(office(context, &mut grants, &above, raw, path));
            }
        }
        UserRule {
            name: name.unwrap_or_default().to_owned(),
            name_pattern,
            management: match management {
                None | Some(RawManagement::Additive) => Management::Additive,
                Some(RawManagement::Exact) => Management::Exact,
            },
            grant: base.grant(),
            all_offices,
            except,
            except_providers,
            offices: rules,
            path: path.clone(),
        }
    }
}

/// Reports a user that covers no office, and exceptions from nothing.
fn selects(context: &mut Context<'_>, all_offices: bool, path: &KeyPath) {
    // A faulty `all_offices` was reported and may have been true.
    let is_sure = all_offices || context.source.tree().is_sound_bool(&path.key("all_offices"));
    if all_offices || !is_sure {
        return;
    }
    if context.is_written(&path.key("except")) {
        context.report(
            Diagnostic::error(
                Code::Contradiction,
                path.key("except"),
                "`except` leaves offices out, and the user does not cover all of them",
            )
            .on_key()
            .hint("add `all_offices: true`, or remove `except`"),
        );
    }
    if context.source.tree().count(&path.key("offices")) == 0 {
        context.report(
            Diagnostic::error(Code::Selects, path.clone(), "the user entry covers no office")
                .hint("add `all_offices: true`, or list `offices`"),
        );
    }
}
