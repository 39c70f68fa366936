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

/// The text with the fewest more lines that ask for everything that the grid lacks; `None` where it asks already
/// or no edit is safe.
pub fn mend(text: Text<'_>, live: &Snapshot, now: &Plan, diagnosis: &Diagnosis) -> Option<String> {
    let rows: Vec<&RowDiagnosis> = diagnosis.rows(Remedy::Manifest).collect();
    let user = diagnosis.user.as_deref().filter(|_| !rows.is_empty())?;
    let mending = Mending { text, live, now, user, rows };
    let mut texts = Style::ALL.into_iter().filter_map(|style| mending.attempt(style));
    texts.find(|text| mending.is_right(text))
}

/// The entries of the manifest that decide the rows with a remedy; that of the user where none does.
pub fn entries(
    manifest: &Manifest,
    live: &Snapshot,
    diagnosis: &Diagnosis,
    remedy: Remedy,
) -> BTreeSet<Span> {
    let user = manifest.users.iter().find(|rule| Some(&rule.name) == diagnosis.user.as_ref());
    let place = |row: &RowDiagnosis| {
        let user = user?;
        Some(match Decided::of(user, live, row.key) {
            Decided::LeftOut(place)
            | Decided::Excepted(_, _, place)
            | Decided::Provider(_, place)
            | Decided::Office(_, place) => place,
            Decided::User => user.grant.place,
        })
    };
    diagnosis.rows(remedy).filter_map(place).collect()
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

struct Mending<'a> {
    text: Text<'a>,
    live: &'a Snapshot,
    now: &'a Plan,
    user: &'a str,
    rows: Vec<&'a RowDiagnosis>,
}

impl Mending<'_> {
    /// The text after as many edits as it takes until every row is asked for.
    fn attempt(&self, style: Style) -> Option<String> {
        let mut text = self.text.text.to_owned();
        let mut left = MOST;
        loop {
            let manifest = load(self.text.name, text.as_bytes(), None).manifest?;
            let rows = self.not_asked(&manifest)?;
            if rows.is_empty() {
                return Some(text);
            }
            // What moves the places of others waits for the next look at the text.
            let mut touched = BTreeSet::new();
            for row in rows {
                for one in self.edits(&manifest, row, style)? {
                    let place = match &one {
                        Edit::Remove(list, _) => Some(list.clone()),
                        Edit::Add(user, "offices", _) => Some(user.key(&row.office)),
                        Edit::Add(..) | Edit::Full(..) => None,
                    };
                    if place.is_none_or(|place| touched.insert(place)) {
                        left = usize::checked_sub(left, 1)?;
                        text = edit(&text, &one)?;
                    }
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
