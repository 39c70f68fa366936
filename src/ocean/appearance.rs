//! Who appears on Ocean's Patients page, who does not, and why not. Pure.

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bridge::SiteProvider;
use crate::model::{Cells, Column, Columns, Level, ProviderId};

/// The columns that the Patients page is assumed to need at full. This project's assumption: the
/// Ocean article maps no symptom to a single column.
const PAGE_COLUMNS: [Column; 3] = [Column::Patient, Column::Scheduling, Column::Visible];

/// What is known of the managed rows.
#[derive(Debug, Clone, Copy)]
pub struct Grants<'a> {
    /// What the rows that were read grant.
    pub rows: &'a [Access],
    /// Whether that is all of them.
    pub is_whole: bool,
}

impl Grants<'_> {
    /// A list of what was found; an empty one says that there is nothing only where everything was read.
    fn known<T>(self, found: Vec<T>) -> Option<Vec<T>> {
        (self.is_whole || !found.is_empty()).then_some(found)
    }
}

/// What the grid grants for one managed row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// Whose row it is.
    pub provider: ProviderId,
    /// The provider's name with its id.
    pub name: String,
    /// The office's name.
    pub office: String,
    /// What the grid grants.
    pub cells: Cells,
}

/// How Ocean's list changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Appearance {
    /// On the page now and not before, with their appointments.
    pub appeared: Vec<(String, u64)>,
    /// On the page before and now.
    pub stayed: usize,
    /// On the page before and not now.
    pub vanished: Vec<String>,
    /// Managed, and not on the page; `null`: nobody is known to be, and not everything was read.
    pub missing: Option<Vec<Missing>>,
    /// Whether everything that is managed was read; else others may be missing, too.
    pub complete: bool,
}

/// A managed provider who is not on the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Missing {
    /// The name with the id.
    pub provider: String,
    /// Why, as far as the grid and Ocean's list can tell.
    pub reasons: Vec<Reason>,
}

/// Why a provider is not on the page.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Columns that the page is assumed to need are below full in this office.
    Columns {
        /// The office.
        office: String,
        /// The columns.
        columns: Vec<Column>,
        /// What the row holds.
        holds: Columns,
    },
    /// The date in Access Until has passed.
    UntilPassed {
        /// The office.
        office: String,
        /// The date.
        until: String,
    },
    /// Not ticked in "Sync Appointments For Provider(s)" (documented as a second gate).
    NotSelected,
    /// Nothing is booked in the window that Ocean syncs.
    NothingBooked,
    /// Ocean counts no appointments, and the row of an office is not right: that may be why.
    ZeroCounted,
    /// No sync was completed since the last write, so Ocean's list is older than the grid.
    NotSynced,
    /// Whether a sync was completed since the last write is not known.
    SyncUnknown,
    /// Ocean's list does not name the provider at all.
    NotListed,
    /// Everything that can be seen is right.
    Unexplained,
}

impl Appearance {
    /// Whether somebody is missing although everything that can be seen is right.
    pub fn is_unexplained(&self) -> bool {
        let missing = self.missing.iter().flatten();
        missing.into_iter().any(|missing| missing.reasons.contains(&Reason::Unexplained))
    }
}

/// What Ocean's list is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// A sync was completed after the last write.
    Synced,
    /// None was; the list says nothing about what was written since.
    Stale,
    /// Nobody knows: the journal could not be read.
    Unknown,
}

/// Who should be on the Patients page, as far as the grid can tell: where nobody can read the page, a
/// person is asked who is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Expected {
    /// Providers with a row that grants what the page is assumed to need, with their names; `null`:
    /// nobody is known to be expected, and not everything was read.
    pub providers: Option<Vec<(ProviderId, String)>>,
    /// Those of them whose row in another office does not, and where; `null` likewise.
    pub partly: Option<Vec<Missing>>,
    /// Managed providers without such a row, and why; `null` likewise.
    pub explained: Option<Vec<Missing>>,
    /// Whether everything that is managed was read.
    pub complete: bool,
}

/// Sorts the managed providers by what their rows grant. `today` is the date in the clinic's time zone.
pub fn expected(grants: Grants<'_>, today: Date) -> Expected {
    let (mut providers, mut partly, mut explained) = (Vec::new(), Vec::new(), Vec::new());
    for (id, (name, rows)) in by_provider(grants.rows) {
        let OfGrid { reasons, is_right_somewhere } = OfGrid::of(&rows, today);
        if is_right_somewhere {
            providers.push((id, name.to_owned()));
        }
        if !reasons.is_empty() {
            let list = if is_right_somewhere { &mut partly } else { &mut explained };
            list.push(Missing { provider: name.to_owned(), reasons });
        }
    }
    Expected {
        providers: grants.known(providers),
        partly: grants.known(partly),
        explained: grants.known(explained),
        complete: grants.is_whole,
    }
}

/// The rows of each provider, with the provider's name.
fn by_provider(access: &[Access]) -> BTreeMap<ProviderId, (&str, Vec<&Access>)> {
    let mut rows: BTreeMap<ProviderId, (&str, Vec<&Access>)> = BTreeMap::new();
    for row in access {
        rows.entry(row.provider).or_insert_with(|| (&row.name, Vec::new())).1.push(row);
    }
    rows
}

/// Compares Ocean's list before and after. `before` is `None` when nothing was changed in between;
/// then nobody counts as newly appeared. `today` is the date in the clinic's time zone.
pub fn appearance(
    before: Option<&[SiteProvider]>,
    after: &[SiteProvider],
    grants: Grants<'_>,
    freshness: Freshness,
    today: Date,
) -> Appearance {
    let shown = |list: &[SiteProvider], id| list.iter().any(|p| p.id == id && p.on_patients_page);
    let was_shown = |id| before.is_none_or(|before| shown(before, id));
    let mut result = Appearance { complete: grants.is_whole, ..Appearance::default() };
    for provider in after.iter().filter(|provider| provider.on_patients_page) {
        if was_shown(provider.id) {
            result.stayed += 1;
        } else {
            result.appeared.push((named(provider), provider.appointments));
        }
    }
    for provider in before.unwrap_or_default().iter().filter(|provider| provider.on_patients_page) {
        if !shown(after, provider.id) {
            result.vanished.push(named(provider));
        }
    }
    let mut missing = Vec::new();
    let managed = by_provider(grants.rows);
    for (id, (name, rows)) in managed.into_iter().filter(|(id, _)| !shown(after, *id)) {
        let provider = name.to_owned();
        let listed = after.iter().find(|listed| listed.id == id);
        let reasons = match freshness {
            Freshness::Synced => reasons(&rows, listed, today),
            Freshness::Stale => vec![Reason::NotSynced],
            Freshness::Unknown => vec![Reason::SyncUnknown],
        };
        missing.push(Missing { provider, reasons });
    }
    result.missing = grants.known(missing);
    result
}

fn named(provider: &SiteProvider) -> String {
    format!("{} ({})", provider.name, provider.id)
}

fn reasons(rows: &[&Access], listed: Option<&SiteProvider>, today: Date) -> Vec<Reason> {
    // What of the grid is not right comes before anything that is only guessed at.
    let OfGrid { mut reasons, is_right_somewhere } = OfGrid::of(rows, today);
    let is_wrong_somewhere = !reasons.is_empty();
    match listed {
        None => reasons.push(Reason::NotListed),
        Some(listed) if !listed.selected => reasons.push(Reason::NotSelected),
        // Where no office is right, a count of 0 is the effect of that, not a reason.
        Some(_) if !is_right_somewhere => {}
        Some(listed) if listed.appointments > 0 => reasons.push(Reason::Unexplained),
        // What is booked may be booked in the office whose row is not right.
        Some(_) if is_wrong_somewhere => reasons.push(Reason::ZeroCounted),
        Some(_) => reasons.push(Reason::NothingBooked),
    }
    reasons
}

/// What of the grid may keep a provider off the page.
struct OfGrid {
    /// By office; of those that are right there is none.
    reasons: Vec<Reason>,
    /// Whether the row of an office is right: that is assumed to be enough to be seen.
    is_right_somewhere: bool,
}

impl OfGrid {
    fn of(rows: &[&Access], today: Date) -> Self {
        let by_row: Vec<Vec<Reason>> = rows.iter().map(|row| row_reasons(row, today)).collect();
        let is_right_somewhere = by_row.iter().any(Vec::is_empty);
        Self { reasons: by_row.into_iter().flatten().collect(), is_right_somewhere }
    }
}

fn row_reasons(row: &Access, today: Date) -> Vec<Reason> {
    let Access { provider: _, name: _, office, cells } = row;
    let holds = cells.columns();
    let is_below = |column: &Column| holds.get(*column) < Level::Full;
    let columns: Vec<Column> = PAGE_COLUMNS.into_iter().filter(is_below).collect();
    let mut reasons = Vec::new();
    if !columns.is_empty() {
        reasons.push(Reason::Columns { office: office.clone(), columns, holds });
    }
    if let Some(until) = cells.until().filter(|until| until.0 < today) {
        reasons.push(Reason::UntilPassed { office: office.clone(), until: until.to_string() });
    }
    reasons
}
