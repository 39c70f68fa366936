//! The lines of the manifest that ask for what the grid lacks.
//!
//! An edit is tried on the text and then judged by what it does: the text must load, and its plan must write
//! exactly the missing cells more than the plan does now. Anything else is not proposed.

use std::collections::BTreeSet;

use super::rows::{after, content, grid};
use super::value::{Diagnosis, Remedy, RowDiagnosis};
use crate::desired::{desired, find_office, find_provider};
use crate::diagnostic::{KeyPath, Span};
use crate::live::{Providers, Snapshot};
use crate::manifest::{Edit, Grant, Manifest, OfficeRule, Selector, UserRule, Why, edit, load};
use crate::model::{Cells, Column, Level, OfficeId, PersonName, ProviderId, RowKey, Until};
use crate::plan::{Inputs, ManifestRef, Plan, Targets, plan};

/// The most edits of one proposal: beyond that a person should choose another rule.
const MOST: usize = 200;

/// What is mended.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    /// The file's name.
    pub name: &'a str,
    /// Its text, whole.
    pub text: &'a str,
}

/// Beyond so many rows it is not tried which of them can be mended without the others.
const MOST_APART: usize = 64;

/// Why no edit is proposed for a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unmended {
    /// No edit that is known here does exactly what is missing.
    NoEdit,
    /// There would be too many edits.
    TooMany,
    /// What the edit touches may not be shown.
    Hidden,
}

/// What is proposed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mended<'a> {
    /// The text with the fewest more lines; `None` where nothing is proposed.
    pub text: Option<String>,
    /// The rows that it mends.
    pub rows: Vec<&'a RowDiagnosis>,
    /// The others.
    pub left: Vec<(&'a RowDiagnosis, Unmended)>,
}

/// The text with the fewest more lines that ask for what the grid lacks, for as many rows as can be mended;
/// `can_show` says whether an edited text may be proposed.
pub fn mend<'a>(
    text: Text<'_>,
    live: &'a Snapshot,
    now: &'a Plan,
    diagnosis: &'a Diagnosis,
    can_show: &dyn Fn(&str) -> bool,
) -> Mended<'a> {
    let rows: Vec<&RowDiagnosis> = diagnosis.rows(Remedy::Manifest).collect();
    let Some(user) = diagnosis.user.as_deref().filter(|_| !rows.is_empty()) else {
        return Mended::default();
    };
    // What leaves a whole office out is no edit's to change, and must not keep the others from being mended.
    let manifest = load(text.name, text.text.as_bytes(), None).manifest;
    let rule = manifest.as_ref().and_then(|it| it.users.iter().find(|rule| rule.name == user));
    let is_left_out = |row: &&RowDiagnosis| {
        rule.is_some_and(|rule| matches!(Decided::of(rule, live, row.key), Decided::LeftOut(_)))
    };
    let (left_out, rows): (Vec<_>, Vec<_>) = rows.into_iter().partition(is_left_out);
    let mut mended = best(&Mending { text, live, now, user, rows }, can_show);
    mended.left.extend(left_out.into_iter().map(|row| (row, Unmended::NoEdit)));
    mended
}

/// The most rows that can be mended together: all of them, or the most of each half.
fn best<'a>(mending: &Mending<'_, 'a>, can_show: &dyn Fn(&str) -> bool) -> Mended<'a> {
    let rows = mending.rows.clone();
    let why = match mending.text(can_show) {
        _ if rows.is_empty() => return Mended::default(),
        Ok(text) => return Mended { text: Some(text), rows, left: Vec::new() },
        Err(why) => why,
    };
    let is_whole = rows.len() == 1 || rows.len() > MOST_APART || why == Unmended::TooMany;
    if is_whole {
        let left = rows.into_iter().map(|row| (row, why)).collect();
        return Mended { text: None, rows: Vec::new(), left };
    }
    let (one, other) = rows.split_at(rows.len() / 2);
    let half = |rows: &[&'a RowDiagnosis]| best(&mending.of(rows.to_vec()), can_show);
    let (mut one, mut other) = (half(one), half(other));
    if one.rows.len() < other.rows.len() {
        std::mem::swap(&mut one, &mut other);
    }
    one.left.append(&mut other.left);
    if !other.rows.is_empty() {
        let both = mending.of([&one.rows[..], &other.rows[..]].concat());
        match both.text(can_show) {
            Ok(text) => {
                one.text = Some(text);
                one.rows = both.rows;
            }
            Err(why) => one.left.extend(other.rows.into_iter().map(|row| (row, why))),
        }
    }
    one
}

/// The entries of the manifest that decide rows; that of the user where none does.
pub fn entries<'a>(
    manifest: &Manifest,
    live: &Snapshot,
    diagnosis: &Diagnosis,
    rows: impl IntoIterator<Item = &'a RowDiagnosis>,
) -> Vec<(Span, &'a RowDiagnosis)> {
    let user = manifest.users.iter().find(|rule| Some(&rule.name) == diagnosis.user.as_ref());
    let place = |row: &'a RowDiagnosis| {
        let user = user?;
        let place = match Decided::of(user, live, row.key) {
            Decided::LeftOut(place)
            | Decided::Excepted(_, _, place)
            | Decided::Provider(_, place)
            | Decided::Office(_, place) => place,
            Decided::User => user.grant.place,
        };
        Some((place, row))
    };
    rows.into_iter().filter_map(place).collect()
}

/// Where rows are raised that a rule covers and that are not named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Profile,
    Office,
    Row,
}

impl Style {
    /// From the fewest lines to the most.
    const ALL: [Self; 3] = [Self::Profile, Self::Office, Self::Row];
}

/// What of a user's entry decides a row.
enum Decided<'a> {
    /// `except` of the user leaves the office out.
    LeftOut(Span),
    /// The list of exceptions and the number of the one that leaves the provider out.
    Excepted(KeyPath, usize, Span),
    /// An entry of its own.
    Provider(KeyPath, Span),
    /// The office's entry.
    Office(&'a OfficeRule, Span),
    /// The user's entry.
    User,
}

impl<'a> Decided<'a> {
    fn of(user: &'a UserRule, live: &Snapshot, key: RowKey) -> Self {
        let directory = &live.directory;
        let is_office = |selector: &Selector<OfficeId>| {
            find_office(directory, selector, &mut Vec::new()).is_ok_and(|id| id == key.office)
        };
        let is_provider = |selector: &Selector<ProviderId>| {
            find_provider(directory, key.office, selector, &mut Vec::new())
                .is_ok_and(|id| id == Some(key.provider))
        };
        if let Some(selector) = user.except.iter().find(|one| is_office(one)) {
            return Self::LeftOut(selector.place);
        }
        let excepted = |path: KeyPath, list: &[Selector<ProviderId>]| {
            let at = list.iter().position(is_provider)?;
            Some(Self::Excepted(path, at, list.get(at)?.place))
        };
        let everywhere = user.path.key("except_providers");
        if let Some(excepted) = excepted(everywhere, &user.except_providers) {
            return excepted;
        }
        let Some(office) = user.offices.iter().find(|rule| is_office(&rule.office)) else {
            return Self::User;
        };
        if let Some(own) = office.providers.iter().find(|rule| is_provider(&rule.provider)) {
            return Self::Provider(own.provider.path.clone(), own.provider.place);
        }
        excepted(office.office.path.key("except"), &office.except)
            .unwrap_or(Self::Office(office, office.office.place))
    }
}

struct Mending<'t, 'a> {
    text: Text<'t>,
    live: &'a Snapshot,
    now: &'a Plan,
    user: &'a str,
    rows: Vec<&'a RowDiagnosis>,
}

impl<'a> Mending<'_, 'a> {
    /// The same for other rows.
    fn of(&self, rows: Vec<&'a RowDiagnosis>) -> Self {
        let Self { text, live, now, user, rows: _ } = *self;
        Self { text, live, now, user, rows }
    }

    /// The first text that is right and can be shown.
    fn text(&self, can_show: &dyn Fn(&str) -> bool) -> Result<String, Unmended> {
        let mut why = Unmended::NoEdit;
        for style in Style::ALL {
            let tried = self.attempt(style).and_then(|text| match self.is_right(&text) {
                true if can_show(&text) => Ok(text),
                true => Err(Unmended::Hidden),
                false => Err(Unmended::NoEdit),
            });
            match tried {
                Ok(text) => return Ok(text),
                Err(other) => why = why.max(other),
            }
        }
        Err(why)
    }

    /// The text after as many edits as it takes until every row is asked for.
    fn attempt(&self, style: Style) -> Result<String, Unmended> {
        let mut text = self.text.text.to_owned();
        let mut left = MOST;
        loop {
            let manifest = load(self.text.name, text.as_bytes(), None).manifest;
            let manifest = manifest.ok_or(Unmended::NoEdit)?;
            let rows = self.not_asked(&manifest).ok_or(Unmended::NoEdit)?;
            if rows.is_empty() {
                return Ok(text);
            }
            // Counted before the first is made: each takes a look at the whole text.
            let mut edits: Vec<(&str, Edit)> = Vec::new();
            for row in rows {
                for one in self.edits(&manifest, row, style).ok_or(Unmended::NoEdit)? {
                    if edits.iter().any(|(_, known)| *known == one) {
                        continue;
                    }
                    edits.push((&row.office, one));
                    if edits.len() > left {
                        return Err(Unmended::TooMany);
                    }
                }
            }
            // What moves the places of others waits for the next look at the text.
            let mut touched = BTreeSet::new();
            for (office, one) in edits {
                let place = match &one {
                    Edit::Remove(list, _) => Some(list.clone()),
                    Edit::Add(user, "offices", _) => Some(user.key(office)),
                    Edit::Add(..) | Edit::Full(..) => None,
                };
                if place.is_none_or(|place| touched.insert(place)) {
                    left = left.checked_sub(1).ok_or(Unmended::TooMany)?;
                    text = edit(&text, &one).ok_or(Unmended::NoEdit)?;
                }
            }
        }
    }

    /// The rows that a manifest does not ask for.
    fn not_asked(&self, manifest: &Manifest) -> Option<Vec<&RowDiagnosis>> {
        let desired = desired(manifest, self.live);
        let user = desired.users.iter().find(|user| user.name == self.user)?;
        let is_left = |row: &&&RowDiagnosis| {
            let found = user.rows.binary_search_by_key(&row.key, |one| one.key).ok();
            let cells = found.and_then(|at| user.rows.get(at)).map(|one| one.cells.columns());
            let full = |column| cells.is_some_and(|cells| cells.get(column) == Level::Full);
            !row.lacks.iter().all(|(column, _)| full(*column))
        };
        Some(self.rows.iter().filter(is_left).copied().collect())
    }

    /// What to do about one row.
    fn edits(&self, manifest: &Manifest, row: &RowDiagnosis, style: Style) -> Option<Vec<Edit>> {
        let user = manifest.users.iter().find(|rule| rule.name == self.user)?;
        let columns = || row.lacks.iter().map(|(column, _)| *column);
        let full = |path: &KeyPath| columns().map(|one| Edit::Full(path.clone(), one)).collect();
        let profile = |why: &Why| {
            let (Why::Profile(name) | Why::Override(name)) = why;
            full(&KeyPath::root().key("profiles").key(name))
        };
        Some(match Decided::of(user, self.live, row.key) {
            Decided::LeftOut(_) => return None,
            Decided::Excepted(list, at, _) => vec![Edit::Remove(list, at)],
            Decided::Provider(path, _) => full(&path),
            Decided::Office(rule, _) => match style {
                Style::Profile if rule.all_providers => profile(&rule.grant.why),
                Style::Office if rule.all_providers => full(&rule.office.path),
                Style::Profile | Style::Office | Style::Row => {
                    let entry = self.provider(row, &below(&rule.grant, columns()));
                    vec![Edit::Add(rule.office.path.clone(), "providers", entry)]
                }
            },
            Decided::User => {
                let below = below(&user.grant, columns());
                let office = self.office(row.key.office);
                let more = match style {
                    Style::Profile if user.all_offices => return Some(profile(&user.grant.why)),
                    Style::Office if user.all_offices => levels(&below),
                    Style::Profile | Style::Office => {
                        format!(", all_providers: true{}", levels(&below))
                    }
                    Style::Row => format!(", providers: [{}]", self.provider(row, &below)),
                };
                vec![Edit::Add(user.path.clone(), "offices", format!("{{{office}{more}}}"))]
            }
        })
    }

    /// An entry for a provider, with the columns that it would not get without them.
    fn provider(&self, row: &RowDiagnosis, below: &[Column]) -> String {
        let id = row.key.provider;
        let name = match self.live.directory.offices.get(&row.key.office).map(|o| &o.providers) {
            Some(Providers::Read(providers)) => providers.get(&id).map(PersonName::listed),
            Some(Providers::Unread(_)) | None => None,
        };
        let until = self.date(row).map_or_else(String::new, |date| format!(", until: {date}"));
        format!("{{id: {id}{}{}{until}}}", named(name.as_deref()), levels(below))
    }

    /// The date that a row has and that is not to move: a rule without one would end it.
    fn date(&self, row: &RowDiagnosis) -> Option<Until> {
        let now = self.now.users.iter().find(|user| user.name == self.user)?;
        let holds = content(grid(self.live, self.user)?, row.key);
        after(now, row.key, holds).until().filter(|_| row.ends.is_none())
    }

    fn office(&self, id: OfficeId) -> String {
        let name = self.live.directory.offices.get(&id).map(|office| office.name.as_str());
        format!("id: {id}{}", named(name))
    }

    /// Whether the plan of a text writes exactly the missing cells more than the plan does now.
    fn is_right(&self, text: &str) -> bool {
        let Some(manifest) = load(self.text.name, text.as_bytes(), None).manifest else {
            return false;
        };
        let desired = desired(&manifest, self.live);
        let then = plan(Inputs {
            clinic: &manifest.clinic.id,
            tenant: &manifest.tenant,
            site: &manifest.ocean.site,
            manifest: &ManifestRef::default(),
            desired: &desired,
            live: self.live,
            targets: &Targets::default(),
        });
        let names = |plan: &Plan| -> Vec<_> { plan.users.iter().map(|u| u.name.clone()).collect() };
        let is_sound = then.errors() <= self.now.errors() && then.unread == self.now.unread;
        is_sound
            && names(&then) == names(self.now)
            && then.users.iter().zip(&self.now.users).all(|(then, now)| {
                let Some(grid) = grid(self.live, &now.name) else { return true };
                let keys = then.changes.iter().chain(&now.changes).map(|change| change.key);
                let own = self.rows.iter().filter(|_| now.name == self.user);
                let keys: BTreeSet<RowKey> = keys.chain(own.map(|row| row.key)).collect();
                keys.into_iter().all(|key| {
                    let holds = content(grid, key);
                    let row = self.rows.iter().find(|row| row.key == key && now.name == self.user);
                    is_expected(after(now, key, holds), after(then, key, holds), row.copied())
                })
            })
    }
}

/// Whether a row becomes what it would become now, with what it lacks and nothing more.
fn is_expected(now: Cells, then: Cells, row: Option<&RowDiagnosis>) -> bool {
    let Some(row) = row else { return now == then };
    let raised = row.lacks.iter().fold(now.columns(), |sum, (one, _)| sum.with(*one, Level::Full));
    let date = now.is_nothing() || row.ends.is_some() || now.until() == then.until();
    then.columns() == raised && date
}

/// Of the columns that a row lacks those that a rule does not grant at full.
fn below(grant: &Grant, columns: impl Iterator<Item = Column>) -> Vec<Column> {
    columns.filter(|column| grant.columns.get(*column) < Level::Full).collect()
}

fn levels(columns: &[Column]) -> String {
    let levels: Vec<String> = columns.iter().map(|one| format!("{}: full", one.key())).collect();
    if levels.is_empty() { String::new() } else { format!(", columns: {{{}}}", levels.join(", ")) }
}

/// A name as a further key, for whoever reads the manifest; the id decides. Only plain names are written.
fn named(name: Option<&str>) -> String {
    let is_plain = |name: &&str| {
        !name.trim().is_empty()
            && name.chars().all(|c| c.is_alphanumeric() || " ,.'-()".contains(c))
    };
    name.filter(is_plain).map_or_else(String::new, |name| format!(", name: \"{name}\""))
}
