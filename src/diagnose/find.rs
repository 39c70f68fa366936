//! The causes, in the order in which they are worth looking at.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use super::rows::{grid, rows};
use super::sync::{LastWrite, causes};
use super::value::{Cause, Diagnosis, Known, Obstacle, ProviderDiagnosis, RowDiagnosis};
use crate::bridge::{Site, SiteProvider};
use crate::desired::Desired;
use crate::diagnostic::{Code, Severity};
use crate::finding::{Kind, Origin, Symptom, other_user, unread_part};
use crate::live::{Grid, Providers, Snapshot};
use crate::model::{ProviderId, RowKey, fold};
use crate::plan::{Plan, UnreadPart};

/// Everything that a diagnosis is made from.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// What was read of Accuro.
    pub live: &'a Snapshot,
    /// What the manifest wants.
    pub desired: &'a Desired,
    /// What an apply would do about it.
    pub plan: &'a Plan,
    /// What was read of Ocean; else why nobody asks it.
    pub ocean: Result<OceanRead<'a>, &'a str>,
    /// What the journal says, or why it could not be read.
    pub last_write: &'a Result<LastWrite, String>,
    /// What people ticked and is not known to be right.
    pub ticked: &'a TickedRows,
    /// The symptom that is asked about.
    pub symptom: Option<Symptom>,
    /// The provider that is asked about.
    pub provider: Option<ProviderId>,
    /// Now.
    pub now: Timestamp,
    /// The date at the clinic.
    pub today: Date,
}

/// What was read of Ocean.
#[derive(Debug, Clone, Copy)]
pub struct OceanRead<'a> {
    /// The state of the site, or why it could not be read.
    pub site: &'a Result<Site, String>,
    /// The list of providers, or why it could not be read.
    pub list: &'a Result<Vec<SiteProvider>, String>,
}

/// What people ticked and is not known to be right.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TickedRows {
    /// Rows that were not read since, by user: what was read of them before says nothing.
    pub unread: BTreeSet<(String, RowKey)>,
    /// That they were not, with what to do.
    pub unread_words: Option<String>,
    /// That a row is not what was asked for.
    pub wrong: Vec<Obstacle>,
}

/// Finds the causes.
pub fn diagnose(inputs: Inputs<'_>) -> Diagnosis {
    let Inputs { live, desired, plan, ocean, last_write, ticked, symptom, provider, now, today } =
        inputs;
    let mut unread = Vec::new();
    let site = ocean.ok().and_then(|ocean| ocean.site.as_ref().ok());
    let list = ocean.ok().and_then(|ocean| ocean.list.as_ref().ok());
    let (user, is_sites_word) = user(site, plan, live);
    let mut obstacles = Vec::new();
    if let (None, Some(Site { emr_user: Some(name), .. })) = (&user, site) {
        let (message, hint) = other_user(&plan.site, name);
        let code = Code::OtherUser.as_str();
        obstacles.push(Obstacle { code, message, hint: hint.to_owned() });
    }
    let errors = desired.findings.iter().filter(|one| one.severity == Severity::Error);
    obstacles.extend(errors.map(|finding| Obstacle {
        code: finding.code.as_str(),
        message: finding.message.clone(),
        hint: finding.hint.clone().unwrap_or_default(),
    }));
    obstacles.extend(ticked.wrong.iter().cloned());
    unread.extend(unread_parts(live, user.as_deref(), plan));
    unread.extend(ticked.unread_words.clone());
    let is_accuro_read = unread.is_empty();
    let missing = |what: &str, why: &String| format!("{what} could not be read: {why}");
    match ocean {
        Ok(OceanRead { site, list }) => {
            let site = site.as_ref().err();
            unread.extend(site.map(|why| missing("the state of the Ocean site", why)));
            let list = list.as_ref().err();
            unread.extend(list.map(|why| missing("Ocean's list of providers", why)));
        }
        Err(why) => unread.push(format!("{UNASKED}: {why}")),
    }
    unread.extend(last_write.as_ref().err().map(|why| missing("the journal", why)));

    let nothing = LastWrite::default();
    let sync = causes(site, last_write.as_ref().unwrap_or(&nothing), now);
    let planned = plan.users.iter().find(|one| Some(&one.name) == user.as_ref());
    let read = user.as_deref().and_then(|user| Some((user, grid(live, user)?)));
    let mut rows = read.map(|of| rows(live, of, planned, plan, today)).unwrap_or_default();
    // What was read of a row before it was ticked says nothing of it.
    let is_known = |row: &RowDiagnosis| {
        !ticked.unread.iter().any(|(name, key)| Some(name) == user.as_ref() && *key == row.key)
    };
    for rows in rows.values_mut() {
        rows.retain(is_known);
    }
    let known = Known {
        grid: read.is_some() && is_accuro_read,
        site: site.is_some(),
        list: list.is_some(),
        sync: site.is_some() && last_write.is_ok(),
    };
    let people = People {
        list: list.map(Vec::as_slice),
        offices: offices_of(live),
        is_read: read.is_some() && unread.is_empty(),
        is_synced: sync.is_empty() && known.sync,
        symptom,
    };
    let asked = |id: &ProviderId| provider.is_none_or(|provider| provider == *id);
    let mut providers: Vec<ProviderDiagnosis> = people
        .everybody()
        .into_iter()
        .filter(asked)
        .map(|id| people.one(id, plan, rows.remove(&id).unwrap_or_default()))
        .filter(|found| provider.is_some() || !found.is_empty())
        .collect();
    providers.sort_by(|one, two| (&one.name, one.id).cmp(&(&two.name, two.id)));
    let (site, by_hand) = (plan.site.clone(), live.captured.is_some());
    Diagnosis {
        site,
        user,
        is_sites_word,
        symptom,
        obstacles,
        unread,
        sync,
        providers,
        known,
        by_hand,
    }
}

/// What is unknown where nobody asks Ocean.
const UNASKED: &str = "Ocean is not read, so the state of the site, who is selected in Cloud Connect, what is booked and who is on the Patients page are unknown";

/// The user whose grid Ocean works with, by the manifest's name. Where Ocean does not say, it is the user that is
/// named as Ocean names its own, or the manifest's first.
fn user(site: Option<&Site>, plan: &Plan, live: &Snapshot) -> (Option<String>, bool) {
    let named = |name: &str| {
        live.grids.iter().map(|(one, _)| one).find(|one| fold(one) == fold(name)).cloned()
    };
    if let Some(Site { emr_user: Some(name), .. }) = site {
        return (named(name), true);
    }
    let usual = named(&format!("OceanAPI{}", plan.tenant));
    (usual.or_else(|| live.grids.first().map(|(name, _)| name.clone())), false)
}

/// What of Accuro could not be read. Every office counts, whether a rule covers it or not.
fn unread_parts(live: &Snapshot, user: Option<&str>, plan: &Plan) -> Vec<String> {
    let words =
        |part, why: &str| format!("{} could not be read: {why}", unread_part(&part, &plan.names));
    let offices = live.directory.offices.iter().filter(|(_, office)| office.active);
    let offices = offices.filter_map(|(id, office)| match &office.providers {
        Providers::Read(_) => None,
        Providers::Unread(why) => Some(words(UnreadPart::Office(*id), why)),
    });
    let grids = live.grids.iter().filter(|(name, _)| Some(name.as_str()) == user);
    let grids = grids.filter_map(|(name, grid)| match grid {
        Grid::Unread(why) => Some(words(UnreadPart::Grid(name.clone()), why)),
        Grid::Read { .. } | Grid::NoUser | Grid::SeveralUsers(_) => None,
    });
    let rows = user.and_then(|user| match live.grid(user)? {
        Grid::Read { unread, .. } if !unread.is_empty() => {
            Some(format!("{} rows of the grid of {user} were not read", unread.len()))
        }
        Grid::Read { .. } | Grid::NoUser | Grid::SeveralUsers(_) | Grid::Unread(_) => None,
    });
    offices.chain(grids).chain(rows).collect()
}

/// In how many active offices the directory lists each provider.
fn offices_of(live: &Snapshot) -> BTreeMap<ProviderId, usize> {
    let mut offices = BTreeMap::new();
    for office in live.directory.offices.values().filter(|office| office.active) {
        if let Providers::Read(providers) = &office.providers {
            for id in providers.keys() {
                *offices.entry(*id).or_default() += 1;
            }
        }
    }
    offices
}

/// What is known of all providers.
struct People<'a> {
    list: Option<&'a [SiteProvider]>,
    offices: BTreeMap<ProviderId, usize>,
    /// Whether the directory and the grid were read whole.
    is_read: bool,
    /// Whether Ocean's list is as new as the grid, and stands still.
    is_synced: bool,
    symptom: Option<Symptom>,
}

impl People<'_> {
    fn everybody(&self) -> BTreeSet<ProviderId> {
        self.offices.keys().copied().collect()
    }

    fn one(&self, id: ProviderId, plan: &Plan, rows: Vec<RowDiagnosis>) -> ProviderDiagnosis {
        let listed = self.list.and_then(|list| list.iter().find(|one| one.id == id));
        let on_page = self.list.map(|_| listed.is_some_and(|listed| listed.on_patients_page));
        let name = plan.names.provider(id);
        let mut found =
            ProviderDiagnosis { id, name, on_page, causes: Vec::new(), rows: Vec::new() };
        // Who is on the page does not miss there.
        if self.symptom == Some(Symptom::MissingProvider) && on_page == Some(true) {
            return found;
        }
        if self.list.is_some() && self.symptom.is_none_or(Symptom::is_of_the_schedule) {
            found.causes = self.causes(id, listed, &rows);
        }
        found.rows = rows;
        if on_page == Some(true) {
            for row in &mut found.rows {
                row.likely.retain(|symptom| *symptom != Symptom::MissingProvider);
            }
        }
        found
    }

    /// What is no permission and can be seen, by the line of Ocean's list.
    fn causes(
        &self,
        id: ProviderId,
        listed: Option<&SiteProvider>,
        rows: &[RowDiagnosis],
    ) -> Vec<Cause> {
        let cause = |kind: Kind, evidence: String, origin| vec![Cause { kind, evidence, origin }];
        let Some(listed) = listed else {
            return cause(Kind::NotListed, String::new(), Origin::Assumed);
        };
        if !listed.selected {
            return cause(Kind::NotSelected, String::new(), Origin::OceanHelp);
        }
        let is_lacking = |row: &RowDiagnosis| {
            !row.lacks.is_empty() || matches!(row.ends, Some((Kind::Ended, _)))
        };
        if !listed.on_patients_page && listed.appointments == 0 && rows.iter().any(is_lacking) {
            return cause(Kind::ZeroCounted, String::new(), Origin::Assumed);
        }
        // One office whose row is right is enough.
        let is_right_somewhere =
            self.is_read && rows.len() < self.offices.get(&id).copied().unwrap_or_default();
        if listed.on_patients_page || !is_right_somewhere {
            return Vec::new();
        }
        if listed.appointments == 0 {
            let evidence = "Ocean counts 0 appointments".to_owned();
            return cause(Kind::NothingBooked, evidence, Origin::OceanHelp);
        }
        if self.is_synced {
            return cause(Kind::Unexplained, String::new(), Origin::Assumed);
        }
        Vec::new()
    }
}
