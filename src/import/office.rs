//! The shortest entry of one office.

use std::collections::BTreeSet;

use super::choose::most_frequent;
use super::found::FoundOffice;
use super::palette::{Above, Palette};
use super::reasons::is_of_a_person;
use super::shape::{OfficeShape, Written};
use crate::model::{Cells, OfficeId, ProviderId, Until};

/// So many column sets of an office are tried as what all of its rows get.
const TRIED: usize = 6;

/// What the user's entry says for every office.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around<'a> {
    pub(super) base: Above,
    pub(super) all_offices: bool,
    /// Providers that are left out everywhere.
    pub(super) without: &'a BTreeSet<ProviderId>,
}

/// How an office is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    /// Not at all: the user's entry says enough, or nothing is granted.
    Silent,
    /// Among the offices that `all_offices` leaves out.
    LeftOut,
    /// By an entry.
    Entry(OfficeShape),
}

impl Form {
    fn lines(&self) -> usize {
        match self {
            Self::Silent => 0,
            Self::LeftOut => 1,
            Self::Entry(shape) => shape.lines(),
        }
    }
}

/// The shortest form of an office; `None` where what the user's entry says cannot be refined to what the
/// rows hold.
pub(super) fn office(
    palette: &Palette,
    around: Around<'_>,
    id: OfficeId,
    office: &FoundOffice,
) -> Option<Form> {
    let covered = around.all_offices && office.active;
    let bare = || office.listed.iter().filter(|id| !around.without.contains(id));
    if office.rows.is_empty() {
        let is_silent = !covered || bare().next().is_none();
        return Some(if is_silent { Form::Silent } else { Form::LeftOut });
    }
    let mut best: Option<Form> = None;
    for mut grant in grants(palette, around.base, office) {
        let stays = office.reason.as_ref().is_some_and(|reason| is_of_a_person(reason));
        if stays || grant.0.reason.is_some() {
            grant.0.reason = office.reason.clone().or(grant.0.reason);
            grant.1.reason = true;
        }
        for whole in [true, false] {
            // Exact management would revoke the rows that nobody can name.
            if !whole && office.has_unlisted {
                continue;
            }
            let entry = entry(palette, around, (id, office), &grant, whole);
            let Some(entry) = entry else { continue };
            let says_nothing = covered
                && whole
                && entry.grant == Written { granted: entry.grant.granted, ..Written::default() }
                && entry.except.is_empty()
                && entry.providers.is_empty();
            let form = if says_nothing { Form::Silent } else { Form::Entry(entry) };
            if best.as_ref().is_none_or(|best| form.lines() < best.lines()) {
                best = Some(form);
            }
        }
    }
    best
}

/// What all rows of an office could get: what they inherit, or one of the most frequent contents.
fn grants(palette: &Palette, base: Above, office: &FoundOffice) -> Vec<(Written, Above)> {
    let inherited = Written { granted: base.columns, ..Written::default() };
    let mut grants = vec![(inherited, base)];
    for columns in most_frequent(office.rows.values().map(|cells| cells.columns()), TRIED) {
        let mut dates: Vec<Option<Until>> = vec![base.until];
        dates.extend(common_date(office.rows.values()).map(Some));
        dates.dedup();
        for until in dates {
            let written = palette.written(base, Cells::new(columns, until));
            grants.extend(written);
        }
    }
    let until = common_date(office.rows.values());
    grants.extend(until.and_then(|it| palette.written(base, Cells::new(base.columns, Some(it)))));
    grants
}

/// The most frequent date, where every row has one: below a date there is no row without.
pub(super) fn common_date<'a>(rows: impl Iterator<Item = &'a Cells> + Clone) -> Option<Until> {
    let all: Option<Vec<Until>> = rows.map(|cells| cells.until()).collect();
    most_frequent(all?.into_iter(), 1).first().copied()
}

/// The entry that covers all providers (`whole`) or those that it lists.
fn entry(
    palette: &Palette,
    around: Around<'_>,
    (id, office): (OfficeId, &FoundOffice),
    (grant, below): &(Written, Above),
    whole: bool,
) -> Option<OfficeShape> {
    let given = Cells::new(below.columns, below.until);
    let mut providers = Vec::new();
    for (provider, cells) in &office.rows {
        let reason = office.reasons.get(provider);
        let stays = reason.is_some_and(|reason| is_of_a_person(reason));
        if whole && *cells == given && !stays {
            continue;
        }
        let (mut written, _) = palette.written(*below, *cells)?;
        if stays || written.reason.is_some() {
            written.reason = reason.cloned().or(written.reason);
        }
        providers.push((*provider, written));
    }
    let is_bare = |id: &&ProviderId| !office.rows.contains_key(id) && !around.without.contains(id);
    let except =
        if whole { office.listed.iter().filter(is_bare).copied().collect() } else { vec![] };
    let all_providers = (whole != around.all_offices).then_some(whole);
    Some(OfficeShape { id, grant: grant.clone(), all_providers, except, providers })
}
