//! The rules of one office and its providers.

use super::super::checked::{OfficeRule, ProviderRule, Selector};
use super::super::raw::{RawOffice, RawProvider};
use super::context::Context;
use super::entries::{Kind, Named, Which};
use super::grants::{Base, Grants, Written};
use crate::diagnostic::{Code, Diagnostic, KeyPath};
use crate::model::{OfficeId, ProviderId};

/// What the user's entry says for every office.
pub(super) struct Above<'a> {
    pub(super) base: &'a Base,
    pub(super) all_offices: bool,
    /// Providers that are left out in every office.
    pub(super) left_out: &'a Named,
}

/// Checks one office entry that was found to name an office.
pub(super) fn office(
    context: &mut Context<'_>,
    grants: &mut Grants<'_>,
    above: &Above<'_>,
    raw: RawOffice,
    path: KeyPath,
) -> OfficeRule {
    let RawOffice { id, name, profile, columns, until, reason, all_providers, except, providers } =
        raw;
    let written = Written {
        path: &path,
        profile: profile.as_deref(),
        columns: columns.as_ref(),
        until: until.as_deref(),
        reason: reason.as_deref(),
    };
    let base = grants.refine(context, Some(above.base), &written);
    let all_providers = all_providers.unwrap_or(above.all_offices);
    selects(context, all_providers, &path);
    let mut left_out = Named::new(Kind::Provider);
    let except = left_out.exceptions(context, except, &path.key("except"), ProviderId);
    let mut named = Named::new(Kind::Provider);
    let mut rules = Vec::new();
    for (index, raw) in providers.map(|entries| entries.0).unwrap_or_default() {
        let path = path.key("providers").index(index);
        let which = Which { id: raw.id, name: raw.name.as_deref() };
        if named.add(context, which, &path) {
            left_out.contradicts(context, which, &path, "except");
            above.left_out.contradicts(context, which, &path, "except_providers");
            rules.push(provider(context, grants, &base, raw, path));
        }
    }
    OfficeRule {
        office: Selector { id: id.map(OfficeId), name, place: context.place(&path), path },
        all_providers,
        except,
        grant: base.grant(),
        providers: rules,
    }
}

/// Reports an entry that selects nobody, and exceptions from nothing.
fn selects(context: &mut Context<'_>, all_providers: bool, path: &KeyPath) {
    // A faulty `all_providers` was reported and may have been true.
    let is_sure = all_providers || context.source.tree().is_sound_bool(&path.key("all_providers"));
    if all_providers || !is_sure {
        return;
    }
    if context.is_written(&path.key("except")) {
        context.report(
            Diagnostic::error(
                Code::Contradiction,
                path.key("except"),
                "`except` leaves providers out, and the entry does not cover all of them",
            )
            .on_key()
            .hint("add `all_providers: true`, or remove `except`"),
        );
    } else if context.source.tree().count(&path.key("providers")) == 0 {
        context.report(
            Diagnostic::error(Code::Selects, path.clone(), "the office entry selects no provider")
                .hint(
                    "add `all_providers: true` or `providers`; to leave an office out, use the \
                 user's `except`",
                ),
        );
    }
}

fn provider(
    context: &mut Context<'_>,
    grants: &mut Grants<'_>,
    above: &Base,
    raw: RawProvider,
    path: KeyPath,
) -> ProviderRule {
    let RawProvider { id, name, profile, columns, until, reason } = raw;
    let written = Written {
        path: &path,
        profile: profile.as_deref(),
        columns: columns.as_ref(),
        until: until.as_deref(),
        reason: reason.as_deref(),
    };
    let grant = grants.refine(context, Some(above), &written).grant();
    ProviderRule {
        provider: Selector { id: id.map(ProviderId), name, place: context.place(&path), path },
        grant,
    }
}
