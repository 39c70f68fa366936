//! Which rows the rules cover, and with what.

use std::collections::{BTreeMap, BTreeSet};

use super::protected::protected;
use super::resolve::{find_office, find_provider};
use super::value::{Desired, DesiredRow, DesiredUser, Rule, Why};
use crate::diagnostic::{Code, Diagnostic};
use crate::live::{Directory, Grid, Providers, Snapshot};
use crate::manifest::{
    Grant, Management, Manifest, OfficeRule, Selector, UserRule, Why as Written,
};
use crate::model::{Cells, OfficeId, ProviderId, RowKey, UserId};

/// Applies the manifest to the directory.
pub fn desired(manifest: &Manifest, live: &Snapshot) -> Desired {
    let mut desired = Desired::default();
    desired.protected = protected(&manifest.safety, &live.directory, &mut desired.findings);
    for rule in &manifest.users {
        let grid = live.grids.iter().find(|(name, _)| *name == rule.name).map(|(_, grid)| grid);
        if let Some(id) = user_id(rule, grid, &mut desired.findings) {
            let mut cover = Cover::new(&live.directory, &mut desired.findings);
            cover.user(rule);
            let user = cover.finish(rule, id, grid);
            desired.users.push(user);
        }
    }
    desired
}

/// The user that a grid was read of; otherwise a finding, or nothing where it is unread.
fn user_id(rule: &UserRule, grid: Option<&Grid>, findings: &mut Vec<Diagnostic>) -> Option<UserId> {
    let UserRule { name, path, .. } = rule;
    let at = path.key("name");
    match grid {
        Some(Grid::Read { user, active: true, .. }) => Some(*user),
        Some(Grid::Read { active: false, .. }) => {
            findings.push(
                Diagnostic::error(
                    Code::InactiveUser,
                    at,
                    format!("the EMR user `{name}` is not active"),
                )
                .hint("activate the user in Accuro (Manage Security > Users), or name another"),
            );
            None
        }
        Some(Grid::NoUser) => {
            findings.push(
                Diagnostic::error(Code::UnknownUser, at, format!("no EMR user is named `{name}`"))
                    .hint("check `name` and `tenant`; the integration's user is created in Accuro"),
            );
            None
        }
        Some(Grid::SeveralUsers(ids)) => {
            let ids = ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            findings.push(
                Diagnostic::error(
                    Code::AmbiguousUser,
                    at,
                    format!("several EMR users are named `{name}` (ids {ids})"),
                )
                .hint("rename or remove the extra users in Accuro"),
            );
            None
        }
        Some(Grid::Unread(_)) | None => None,
    }
}

/// The rows of one user while its rules are walked.
struct Cover<'a> {
    directory: &'a Directory,
    findings: &'a mut Vec<Diagnostic>,
    rows: BTreeMap<RowKey, &'a Grant>,
    /// Rows that have an entry of their own.
    entries: BTreeMap<RowKey, &'a Selector<ProviderId>>,
    excepted: BTreeSet<RowKey>,
    managed: BTreeSet<OfficeId>,
    whole: BTreeSet<OfficeId>,
    left_out: BTreeSet<OfficeId>,
}

impl<'a> Cover<'a> {
    fn new(directory: &'a Directory, findings: &'a mut Vec<Diagnostic>) -> Self {
        Self {
            directory,
            findings,
            rows: BTreeMap::new(),
            entries: BTreeMap::new(),
            excepted: BTreeSet::new(),
            managed: BTreeSet::new(),
            whole: BTreeSet::new(),
            left_out: BTreeSet::new(),
        }
    }

    fn user(&mut self, rule: &'a UserRule) {
        for selector in &rule.except {
            if let Some(office) = self.office(selector) {
                self.left_out.insert(office);
            }
        }
        if rule.all_offices {
            if !self.directory.offices.values().any(|office| office.active) {
                // A short list may also mean that the account may not see more.
                let message =
                    "the directory lists no active office, so `all_offices` covers nothing";
                self.findings.push(
                    Diagnostic::error(Code::NoOffice, rule.path.key("all_offices"), message)
                        .hint("check that the bridge's account may see the clinic's offices"),
                );
            }
            for (id, office) in &self.directory.offices {
                if office.active && !self.left_out.contains(id) {
                    self.managed.insert(*id);
                    self.all_providers(*id, &rule.grant);
                }
            }
        }
        let mut named = BTreeMap::new();
        for office_rule in &rule.offices {
            let Some(office) = self.office(&office_rule.office) else {
                continue;
            };
            if let Some(first) = named.insert(office, &office_rule.office) {
                self.twice(&office_rule.office, first, "this entry names the same office");
            } else {
                self.office_rule(rule, office, office_rule);
            }
        }
        self.except_everywhere(rule);
    }

    fn office_rule(&mut self, user: &UserRule, office: OfficeId, rule: &'a OfficeRule) {
        let OfficeRule { office: selector, all_providers, except, grant, providers } = rule;
        if self.left_out.contains(&office) {
            let message = "this office is also left out by `except`";
            self.findings.push(
                Diagnostic::error(Code::NamedTwice, selector.path.clone(), message)
                    .hint("remove one of the two entries"),
            );
            return;
        }
        if self.directory.offices.get(&office).is_some_and(|office| !office.active) {
            let message = "this office is not active in Accuro";
            self.findings.push(
                Diagnostic::warning(Code::InactiveOffice, selector.path.clone(), message)
                    .hint("remove the entry if the office is closed"),
            );
        }
        self.managed.insert(office);
        if *all_providers {
            self.all_providers(office, grant);
        } else if user.all_offices {
            self.rows.retain(|key, _| key.office != office);
            self.whole.remove(&office);
        }
        let mut named: BTreeMap<ProviderId, &Selector<ProviderId>> = BTreeMap::new();
        for selector in except {
            let Some(provider) = self.provider(office, selector) else {
                continue;
            };
            if let Some(first) = named.insert(provider, selector) {
                self.twice(selector, first, "this entry names the same provider");
            }
            let key = RowKey { office, provider };
            self.rows.remove(&key);
            self.excepted.insert(key);
        }
        for entry in providers {
            let Some(provider) = self.provider(office, &entry.provider) else {
                continue;
            };
            if let Some(first) = named.insert(provider, &entry.provider) {
                self.twice(&entry.provider, first, "this entry names the same provider");
                continue;
            }
            let key = RowKey { office, provider };
            self.rows.insert(key, &entry.grant);
            self.entries.insert(key, &entry.provider);
        }
    }

    /// Covers every provider of an office; an unread office gets no rows and stays unread.
    fn all_providers(&mut self, office: OfficeId, grant: &'a Grant) {
        self.whole.insert(office);
        if let Some(Providers::Read(providers)) =
            self.directory.offices.get(&office).map(|office| &office.providers)
        {
            for provider in providers.keys() {
                self.rows.insert(RowKey { office, provider: *provider }, grant);
            }
        }
    }

    /// Takes `except_providers` out of every managed office; each must be found in at least one.
    fn except_everywhere(&mut self, rule: &UserRule) {
        for selector in &rule.except_providers {
            let mut missing = None;
            let mut several = None;
            let mut found_or_unread = false;
            let mut warnings = Vec::new();
            for office in self.managed.clone() {
                match find_provider(self.directory, office, selector, &mut warnings) {
                    Ok(Some(provider)) => {
                        found_or_unread = true;
                        let key = RowKey { office, provider };
                        if let Some(entry) = self.entries.get(&key).copied() {
                            self.twice(selector, entry, "this provider has an entry of its own");
                        }
                        self.rows.remove(&key);
                        self.excepted.insert(key);
                    }
                    Ok(None) => found_or_unread = true,
                    Err(finding) if finding.code == Code::AmbiguousProvider => {
                        several = Some(finding);
                    }
                    Err(finding) => missing = Some(finding),
                }
            }
            warnings.dedup();
            self.findings.extend(warnings);
            self.findings.extend(several.or(missing.filter(|_| !found_or_unread)));
        }
    }

    fn office(&mut self, selector: &Selector<OfficeId>) -> Option<OfficeId> {
        let found = find_office(self.directory, selector, self.findings);
        found.map_err(|finding| self.findings.push(finding)).ok()
    }

    fn provider(
        &mut self,
        office: OfficeId,
        selector: &Selector<ProviderId>,
    ) -> Option<ProviderId> {
        let found = find_provider(self.directory, office, selector, self.findings);
        found.map_err(|finding| self.findings.push(finding)).ok().flatten()
    }

    fn twice<Id>(&mut self, second: &Selector<Id>, first: &Selector<Id>, message: &str) {
        self.findings.push(
            Diagnostic::error(Code::NamedTwice, second.path.clone(), message)
                .related("first named here", first.path.clone())
                .hint("remove one of the two entries"),
        );
    }

    /// The rows in key order with their rules numbered, each rule once.
    fn finish(self, rule: &UserRule, id: UserId, grid: Option<&Grid>) -> DesiredUser {
        let UserRule { name, name_pattern, management, grant, .. } = rule;
        let exact = Rule {
            why: Why::Exact,
            reason: None,
            layer: grant.place.layer,
            line: grant.place.line,
            column: grant.place.column,
        };
        let mut rules = vec![exact];
        let mut numbers: BTreeMap<Rule, u32> = BTreeMap::new();
        let mut rows = Vec::with_capacity(self.rows.len());
        for (key, grant) in &self.rows {
            let next = u32::try_from(rules.len()).unwrap_or(u32::MAX);
            let number = *numbers.entry(written(grant)).or_insert_with_key(|rule| {
                rules.push(rule.clone());
                next
            });
            rows.push(DesiredRow {
                key: *key,
                cells: Cells::new(grant.columns, grant.until),
                rule: number,
            });
        }
        let granted = granted(grid);
        // A closed office wants no rule, unless something is granted there.
        let counts = |key: &RowKey| {
            let office = self.directory.offices.get(&key.office);
            office.is_some_and(|office| office.active) || granted.contains(key)
        };
        let uncovered = self
            .directory
            .offices
            .iter()
            .filter(|(id, _)| !self.left_out.contains(id))
            .filter_map(|(id, office)| match &office.providers {
                Providers::Read(providers) => Some((*id, providers)),
                Providers::Unread(_) => None,
            })
            .flat_map(|(office, providers)| {
                providers.keys().map(move |provider| RowKey { office, provider: *provider })
            })
            .filter(|key| !self.rows.contains_key(key) && !self.excepted.contains(key))
            .filter(counts)
            .collect();
        DesiredUser {
            name: name.clone(),
            id,
            name_pattern: name_pattern.clone(),
            exact: *management == Management::Exact,
            rules,
            rows,
            managed: self.managed,
            whole: self.whole,
            uncovered,
        }
    }
}

/// The rows that grant something.
fn granted(grid: Option<&Grid>) -> BTreeSet<RowKey> {
    let rows = match grid {
        Some(Grid::Read { rows, .. }) => rows.as_slice(),
        Some(Grid::NoUser | Grid::SeveralUsers(_) | Grid::Unread(_)) | None => &[],
    };
    rows.iter().filter(|row| !row.cells.is_nothing()).map(|row| row.key).collect()
}

fn written(grant: &Grant) -> Rule {
    let Grant { columns: _, until: _, reason, why, place } = grant;
    Rule {
        why: match why {
            Written::Profile(profile) => Why::Profile(profile.clone()),
            Written::Override(profile) => Why::Override(profile.clone()),
        },
        reason: reason.clone(),
        layer: place.layer,
        line: place.line,
        column: place.column,
    }
}
