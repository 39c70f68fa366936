//! Who holds what: every row of the users' grids beside the manifest and the journal. Pure.
//!
//! It tells what a grid contains, never what a person can see.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::fact::{Fact, Finding};
use super::kind::Kind;
use super::words::{holding, sentence};
use crate::desired::{Desired, DesiredRow, DesiredUser, Rule};
use crate::journal::{Applied, RowEntry, RunRef, Since, row_since};
use crate::live::{Directory, Grid, Office, Providers, Snapshot};
use crate::model::{Cells, LiveRow, Names, OfficeId, ProviderId, RowKey, UserId};
use crate::plan::Unread;

/// Who holds what in one clinic.
#[derive(Debug, Clone, PartialEq)]
pub struct Access {
    /// The users whose grids were read, in manifest order.
    pub users: Vec<UserAccess>,
    /// What could not be read: nothing is said of it.
    pub unread: Vec<Unread>,
    /// What the directory calls the ids.
    pub names: Names,
    /// The day at the clinic.
    pub today: Date,
    /// The last day that counts as soon.
    pub soon: Date,
}

/// One user's rows.
#[derive(Debug, Clone, PartialEq)]
pub struct UserAccess {
    /// The user's name.
    pub name: String,
    /// The user.
    pub id: UserId,
    /// The rows that are there, wanted, or listed by the directory, ordered by key.
    pub rows: Vec<AccessRow>,
    /// Providers who hold something else in one office than in another, ordered by id.
    pub uneven: Vec<Uneven>,
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct AccessRow {
    /// Where it is.
    pub key: RowKey,
    /// What it grants.
    pub holds: Cells,
    /// What the manifest says; `None`: no rule speaks of it.
    pub says: Option<Cells>,
    /// The rule that does.
    pub rule: Option<Rule>,
    /// What there is to say of it.
    pub facts: Vec<Fact>,
    /// Whether the provider holds something else in another office.
    pub uneven: bool,
    /// Whether the providers of its office could not be read: then the manifest says nothing of it for certain.
    pub unread: bool,
    /// Since when it holds all that it holds.
    pub since: Held,
    /// The last run that speaks of it.
    pub last: Option<RunRef>,
}

/// Since when a row holds all that it holds, as far as the journal knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Held {
    /// For programs: `recorded`, `perhaps`, `changed-outside`, `before-records`, `not-recorded`; empty where
    /// it holds nothing.
    pub key: &'static str,
    /// The run that the words are about.
    pub run: Option<RunRef>,
    /// For people.
    pub words: String,
}

/// A provider who holds something else in one office than in another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uneven {
    /// Who.
    pub provider: ProviderId,
    /// What they hold, and in which offices.
    pub holds: BTreeMap<OfficeId, Cells>,
    /// Whether each of the rows is what the manifest says.
    pub as_written: bool,
}

/// What a review is made of.
#[derive(Debug, Clone, Copy)]
pub struct AccessInputs<'a> {
    /// What the journal says of rows.
    pub applied: &'a Applied,
    /// What is there.
    pub live: &'a Snapshot,
    /// What the manifest says.
    pub desired: &'a Desired,
    /// What could not be read.
    pub unread: &'a [Unread],
    /// The day at the clinic.
    pub today: Date,
    /// So many days from then on are soon.
    pub days: u16,
    /// Where the clinic is.
    pub zone: &'a TimeZone,
}

/// Tells who holds what.
pub fn access(inputs: AccessInputs<'_>) -> Access {
    let AccessInputs { applied: _, live, desired, unread, today, days, zone: _ } = inputs;
    let soon = today.checked_add(i64::from(days).days()).unwrap_or(Date::MAX);
    let users = desired.users.iter().filter_map(|user| user_access(user, soon, inputs));
    Access {
        users: users.collect(),
        unread: unread.to_vec(),
        names: live.directory.names(),
        today,
        soon,
    }
}

fn user_access(user: &DesiredUser, soon: Date, inputs: AccessInputs<'_>) -> Option<UserAccess> {
    let AccessInputs { applied, live, today, zone, .. } = inputs;
    let grid = live.grids.iter().find(|(name, _)| *name == user.name)?;
    let (_, Grid::Read { user: _, active: _, rows: found, unread }) = grid else { return None };
    let holds: BTreeMap<RowKey, Cells> =
        found.iter().map(|LiveRow { key, cells, revision: _ }| (*key, *cells)).collect();
    let says: BTreeMap<RowKey, DesiredRow> = user.rows.iter().map(|row| (row.key, *row)).collect();
    let mut keys: BTreeSet<RowKey> = listed(&live.directory).collect();
    keys.extend(holds.iter().filter(|(_, cells)| !cells.is_nothing()).map(|(key, _)| *key));
    keys.extend(says.keys());
    // Nothing is said of what nobody read.
    keys.retain(|key| !unread.contains(key));
    let uncovered: BTreeSet<RowKey> = user.uncovered.iter().copied().collect();
    let mut rows: Vec<AccessRow> = keys
        .into_iter()
        .map(|key| {
            let is_unread = live.directory.offices.get(&key.office).is_some_and(is_unread);
            let holds = holds.get(&key).copied().unwrap_or_default();
            let wanted = says.get(&key);
            let entries = applied.get(&(user.id, key)).map_or(&[][..], Vec::as_slice);
            let mut facts = Vec::new();
            match wanted {
                Some(row) => facts.extend(against(holds, row.cells)),
                // Whom no rule names may be covered where the office was not read.
                None if is_unread => {}
                None => facts.extend(against(holds, Cells::NOTHING)),
            }
            facts.extend(uncovered.contains(&key).then_some(Fact::Uncovered));
            facts.extend(ending(holds, today, soon));
            AccessRow {
                key,
                holds,
                says: wanted.map(|row| row.cells),
                rule: wanted.and_then(|row| user.rules.get(row.rule as usize)).cloned(),
                facts,
                uneven: false,
                unread: is_unread,
                since: held(entries, holds, zone),
                last: entries.last().map(|entry| entry.at.clone()),
            }
        })
        .collect();
    let uneven = uneven(&rows);
    let providers: BTreeSet<ProviderId> = uneven.iter().map(|one| one.provider).collect();
    for row in &mut rows {
        row.uneven = !row.unread && providers.contains(&row.key.provider);
    }
    Some(UserAccess { name: user.name.clone(), id: user.id, rows, uneven })
}

/// Whom the directory lists, in offices that are in use.
fn listed(directory: &Directory) -> impl Iterator<Item = RowKey> {
    directory.offices.iter().filter(|(_, office)| office.active).flat_map(|(id, office)| {
        let providers = match &office.providers {
            Providers::Read(providers) => Some(providers.keys()),
            Providers::Unread(_) => None,
        };
        let key = |provider: &ProviderId| RowKey { office: *id, provider: *provider };
        providers.into_iter().flatten().map(key)
    })
}

fn is_unread(office: &Office) -> bool {
    matches!(office.providers, Providers::Unread(_))
}

/// What of a row is more and what is less than the manifest says.
fn against(holds: Cells, says: Cells) -> impl Iterator<Item = Fact> {
    let excess = (holds.count_above(says) > 0).then_some(Fact::Excess { holds, says });
    let lacks = (says.count_above(holds) > 0).then_some(Fact::Lacks { holds, says });
    excess.into_iter().chain(lacks)
}

fn ending(holds: Cells, today: Date, soon: Date) -> Option<Fact> {
    let until = holds.until()?;
    Some(if until.0 < today {
        Fact::Ended(until)
    } else if until.0 <= soon {
        Fact::EndsSoon(until)
    } else {
        Fact::Ends(until)
    })
}

fn held(entries: &[RowEntry], holds: Cells, zone: &TimeZone) -> Held {
    if holds.is_nothing() {
        return Held::default();
    }
    let day = |run: &RunRef| run.at.to_zoned(zone.clone()).date();
    let (key, run, words) = match row_since(entries, holds) {
        Since::NotRecorded => ("not-recorded", None, "not in our records".to_owned()),
        Since::BeforeRecords => ("before-records", None, "before our records".to_owned()),
        Since::Run(run) => ("recorded", Some(run), day(run).to_string()),
        Since::Perhaps(run) => ("perhaps", Some(run), format!("perhaps {}", day(run))),
        Since::Outside(run) => {
            ("changed-outside", Some(run), format!("changed outside after {}", day(run)))
        }
    };
    Held { key, run: run.cloned(), words }
}

/// Who holds something else in one office than in another.
fn uneven(rows: &[AccessRow]) -> Vec<Uneven> {
    let mut providers: BTreeMap<ProviderId, Vec<&AccessRow>> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.unread) {
        providers.entry(row.key.provider).or_default().push(row);
    }
    let uneven = |(provider, rows): (ProviderId, Vec<&AccessRow>)| {
        let holds: BTreeMap<OfficeId, Cells> =
            rows.iter().map(|row| (row.key.office, row.holds)).collect();
        let first = rows.first()?.holds;
        let as_written = rows.iter().all(|row| row.says == Some(row.holds));
        rows.iter().any(|row| row.holds != first).then_some(Uneven { provider, holds, as_written })
    };
    providers.into_iter().filter_map(uneven).collect()
}

impl AccessRow {
    /// The kinds of what there is to say of the row, each once.
    pub fn kinds(&self) -> BTreeSet<Kind> {
        let mut kinds: BTreeSet<Kind> = self.facts.iter().map(|fact| fact.kind()).collect();
        // A date alone is nothing to look at.
        kinds.remove(&Kind::Ends);
        kinds.extend(self.uneven.then_some(Kind::Uneven));
        kinds.extend(self.unread.then_some(Kind::Unread));
        kinds
    }
}

impl UserAccess {
    /// The findings of a kind, ordered by key, or by date where they are about one.
    pub fn findings(&self, kind: Kind) -> Vec<Finding> {
        let of_row = |row: &AccessRow| -> Vec<Finding> {
            let facts = row.facts.iter().filter(|fact| fact.kind() == kind);
            facts
                .map(|fact| Finding { user: self.name.clone(), key: row.key, fact: *fact })
                .collect()
        };
        let mut found: Vec<Finding> = self.rows.iter().flat_map(of_row).collect();
        found.sort_by_key(|finding| match finding.fact {
            Fact::Ends(until) | Fact::EndsSoon(until) | Fact::Ended(until) => Some(until),
            Fact::Lacks { .. }
            | Fact::Excess { .. }
            | Fact::Uncovered
            | Fact::ChangedOutside { .. }
            | Fact::Pending { .. }
            | Fact::ChangedAndPending { .. } => None,
        });
        found
    }
}

impl Uneven {
    /// `Singh, Anita (1042): Patient, Labs full in Main Street; nothing in Walk-in`.
    pub fn line(&self, names: &Names) -> String {
        let mut groups: Vec<(Cells, Vec<String>)> = Vec::new();
        for (office, holds) in &self.holds {
            let name = names.office(*office);
            match groups.iter_mut().find(|(cells, _)| cells == holds) {
                Some((_, offices)) => offices.push(name),
                None => groups.push((*holds, vec![name])),
            }
        }
        let groups: Vec<String> = groups
            .iter()
            .map(|(cells, offices)| format!("{} in {}", holding(*cells), offices.join(", ")))
            .collect();
        let meant = if self.as_written { " (as the manifest says)" } else { "" };
        format!("{}: {}{meant}", names.provider(self.provider), sentence(&groups.join("; ")))
    }
}
