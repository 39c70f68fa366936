//! Who appears on Ocean's Patients page, who does not, and why not. Pure.

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bridge::SiteProvider;
use crate::model::{Cells, Column, Level, ProviderId};

/// The columns that the Patients page is assumed to need at full. This project's assumption: the
/// Ocean article maps no symptom to a single column.
const PAGE_COLUMNS: [Column; 3] = [Column::Patient, Column::Scheduling, Column::Visible];

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
    /// Managed, and not on the page.
    pub missing: Vec<Missing>,
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
    /// Columns that the page is assumed to need are below full in every office.
    Columns {
        /// The office.
        office: String,
        /// The columns.
        columns: Vec<Column>,
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
    /// No sync was completed since the last write, so Ocean's list is older than the grid.
    NotSynced,
    /// Ocean's list does not name the provider at all.
    NotListed,
    /// Everything that can be seen is right.
    Unexplained,
}

impl Appearance {
    /// Whether somebody is missing although everything that can be seen is right.
    pub fn is_unexplained(&self) -> bool {
        self.missing.iter().any(|missing| missing.reasons.contains(&Reason::Unexplained))
    }
}

/// What Ocean's list is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// A sync was completed after the last write.
    Synced,
    /// None was; the list says nothing about what was written since.
    Stale,
}

/// Who should be on the Patients page, as far as the grid can tell: where nobody can read the page, a
/// person is asked who is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Expected {
    /// Providers whose rows grant what the page is assumed to need, with their names.
    pub providers: Vec<(ProviderId, String)>,
    /// Managed providers whose rows do not, and why.
    pub explained: Vec<Missing>,
}

/// Sorts the managed providers by what their rows grant. `today` is the date in the clinic's time zone.
pub fn expected(access: &[Access], today: Date) -> Expected {
    let mut result = Expected::default();
    for (id, (name, rows)) in by_provider(access) {
        let reasons = grid_reasons(&rows, today);
        if reasons.is_empty() {
            result.providers.push((id, name.to_owned()));
        } else {
            result.explained.push(Missing { provider: name.to_owned(), reasons });
        }
    }
    result
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
    access: &[Access],
    freshness: Freshness,
    today: Date,
) -> Appearance {
    let shown = |list: &[SiteProvider], id| list.iter().any(|p| p.id == id && p.on_patients_page);
    let was_shown = |id| before.is_none_or(|before| shown(before, id));
    let mut result = Appearance::default();
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
    for (id, (name, rows)) in by_provider(access).into_iter().filter(|(id, _)| !shown(after, *id)) {
        let provider = name.to_owned();
        let listed = after.iter().find(|listed| listed.id == id);
        let reasons = match freshness {
            Freshness::Synced => reasons(&rows, listed, today),
            Freshness::Stale => vec![Reason::NotSynced],
        };
        result.missing.push(Missing { provider, reasons });
    }
    result
}

fn named(provider: &SiteProvider) -> String {
    format!("{} ({})", provider.name, provider.id)
}

fn reasons(rows: &[&Access], listed: Option<&SiteProvider>, today: Date) -> Vec<Reason> {
    let mut reasons = grid_reasons(rows, today);
    match listed {
        None => reasons.push(Reason::NotListed),
        Some(listed) => {
            if !listed.selected {
                reasons.push(Reason::NotSelected);
            }
            // Where access or the selection is missing, a count of 0 is its effect, not a reason.
            if reasons.is_empty() && listed.appointments == 0 {
                reasons.push(Reason::NothingBooked);
            }
        }
    }
    if reasons.is_empty() {
        reasons.push(Reason::Unexplained);
    }
    reasons
}

/// What of the grid keeps a provider off the page.
fn grid_reasons(rows: &[&Access], today: Date) -> Vec<Reason> {
    let per_row: Vec<Vec<Reason>> = rows.iter().map(|row| row_reasons(row, today)).collect();
    // One office whose row is right is enough to be seen, so its columns cannot be the reason.
    if per_row.iter().any(Vec::is_empty) {
        return Vec::new();
    }
    per_row.into_iter().flatten().collect()
}

fn row_reasons(row: &Access, today: Date) -> Vec<Reason> {
    let Access { provider: _, name: _, office, cells } = row;
    let columns: Vec<Column> = PAGE_COLUMNS
        .into_iter()
        .filter(|column| cells.columns().get(*column) < Level::Full)
        .collect();
    let mut reasons = Vec::new();
    if !columns.is_empty() {
        reasons.push(Reason::Columns { office: office.clone(), columns });
    }
    if let Some(until) = cells.until().filter(|until| until.0 < today) {
        reasons.push(Reason::UntilPassed { office: office.clone(), until: until.to_string() });
    }
    reasons
}
