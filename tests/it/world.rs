//! Small clinics for tests of planning: a directory and a grid in a few lines, no sockets.

use std::collections::{BTreeMap, BTreeSet};

use accuroform::desired::{Desired, desired};
use accuroform::live::{Directory, Grid, Office, Providers, Snapshot};
use accuroform::manifest::{self, Manifest, Source};
use accuroform::model::{
    Cells, Column, Columns, Level, LiveRow, OfficeId, PersonName, ProviderId, Revision, RowKey,
    UserId,
};
use accuroform::plan::file::{open, seal};
use accuroform::plan::{self, Inputs, ManifestRef, Plan, Policy, Recorded, Refusal, Targets};

/// The columns of the built-in profile.
pub(crate) const OCEAN: &str = "patient scheduling billing emr labs visible";

/// The beginning of every test manifest.
pub(crate) const HEAD: &str = "\
version: 1
clinic: {id: lakeside, name: Lakeside Family Health}
accuro: {tenant: LAKESIDE, connection: {embedded: {world: world.yaml}}}
ocean: {site: \"4021\", connection: {embedded: {}}}
";

/// A manifest with the usual head.
pub(crate) fn manifest(rest: &str) -> (Manifest, Source) {
    let loaded = manifest::load("clinic.yaml", format!("{HEAD}{rest}").as_bytes(), None);
    (loaded.manifest.unwrap_or_else(|| panic!("{:#?}", loaded.findings)), loaded.source)
}

/// `patient scheduling=read-only`: levels by column, full where none is written.
pub(crate) fn columns(text: &str) -> Columns {
    text.split_whitespace()
        .map(|word| {
            let (column, level) = word.split_once('=').unwrap_or((word, "full"));
            (Column::from_key(column).unwrap(), Level::from_key(level).unwrap())
        })
        .collect()
}

/// A row's content, with `until` behind a `/`: `patient visible / 2027-01-31`.
pub(crate) fn cells(text: &str) -> Cells {
    let (levels, until) = text.split_once('/').unwrap_or((text, ""));
    let until = Some(until.trim()).filter(|text| !text.is_empty());
    Cells::new(columns(levels), until.map(|text| text.parse().unwrap()))
}

pub(crate) fn key(office: u64, provider: u64) -> RowKey {
    RowKey { office: OfficeId(office), provider: ProviderId(provider) }
}

/// A clinic that is read without sockets.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) live: Snapshot,
}

impl World {
    /// A clinic with the user of the test manifests and an empty grid.
    pub(crate) fn new() -> Self {
        let (rows, unread) = (Vec::new(), BTreeSet::new());
        let grid = Grid::Read { user: UserId(77), active: true, rows, unread };
        let grids = vec![("OceanAPILAKESIDE".to_owned(), grid)];
        Self { live: Snapshot { directory: Directory::default(), grids, captured: None } }
    }

    /// Adds an office with its providers as "Surname, First".
    pub(crate) fn office(mut self, id: u64, name: &str, providers: &[(u64, &str)]) -> Self {
        let person = |name: &str| {
            let (last, first) = name.split_once(", ").unwrap();
            PersonName { last: last.to_owned(), first: first.to_owned() }
        };
        let providers = providers.iter().map(|(id, name)| (ProviderId(*id), person(name)));
        let office = Office {
            name: name.to_owned(),
            active: true,
            providers: Providers::Read(providers.collect()),
        };
        self.live.directory.offices.insert(OfficeId(id), office);
        self
    }

    /// Makes an office inactive, or its providers unread.
    pub(crate) fn with_office(mut self, id: u64, change: impl Fn(&mut Office)) -> Self {
        change(self.live.directory.offices.get_mut(&OfficeId(id)).unwrap());
        self
    }

    /// Puts something else in the place of the user's grid.
    pub(crate) fn grid(mut self, grid: Grid) -> Self {
        self.live.grids[0].1 = grid;
        self
    }

    /// Adds a row at revision 1.
    pub(crate) fn row(self, office: u64, provider: u64, content: &str) -> Self {
        self.row_at(office, provider, content, 1)
    }

    /// Adds a row at a revision.
    pub(crate) fn row_at(mut self, office: u64, provider: u64, content: &str, at: u64) -> Self {
        let row =
            LiveRow { key: key(office, provider), cells: cells(content), revision: Revision(at) };
        self.set(row);
        self
    }

    pub(crate) fn rows(&mut self) -> &mut Vec<LiveRow> {
        match &mut self.live.grids[0].1 {
            Grid::Read { rows, .. } => rows,
            other => panic!("no grid: {other:?}"),
        }
    }

    pub(crate) fn set(&mut self, row: LiveRow) {
        let rows = self.rows();
        rows.retain(|old| old.key != row.key);
        rows.push(row);
        rows.sort_by_key(|row| row.key);
    }

    /// Writes a plan, as a server would.
    pub(crate) fn apply(&mut self, plan: &Plan) {
        for change in plan.users.iter().flat_map(|user| &user.changes) {
            let revision = Revision(change.revision.map_or(1, |revision| revision.0 + 1));
            self.set(LiveRow { key: change.key, cells: change.after, revision });
        }
    }

    /// The contents of the grid, without rows that grant nothing.
    pub(crate) fn contents(&mut self) -> BTreeMap<RowKey, Cells> {
        let granted = self.rows().iter().filter(|row| !row.cells.is_nothing());
        granted.map(|row| (row.key, row.cells)).collect()
    }

    /// Plans a manifest; every plan passes the independent checker and survives its file.
    pub(crate) fn plan(&self, rest: &str) -> Plan {
        self.plan_within(rest, &Targets::default())
    }

    pub(crate) fn plan_within(&self, rest: &str, targets: &Targets) -> Plan {
        self.planned(rest, targets).0
    }

    pub(crate) fn planned(&self, rest: &str, targets: &Targets) -> (Plan, Desired) {
        self.made(rest, targets, |inputs| {
            let plan = plan::plan(inputs);
            assert_eq!(plan::check_against(&plan, inputs.desired, &self.live), []);
            plan
        })
    }

    /// Plans the undo of a run; every such plan passes its independent checker too.
    pub(crate) fn undo(&self, rest: &str, recorded: &Recorded) -> Plan {
        self.undo_within(rest, recorded, &Targets::default()).0
    }

    pub(crate) fn undo_within(
        &self,
        rest: &str,
        recorded: &Recorded,
        targets: &Targets,
    ) -> (Plan, Desired) {
        self.made(rest, targets, |inputs| {
            let plan = plan::undo_plan(inputs, recorded);
            assert_eq!(plan::check_undo(&plan, recorded, inputs.desired, &self.live), []);
            plan
        })
    }

    /// A plan that survives its file and is the same again.
    fn made(
        &self,
        rest: &str,
        targets: &Targets,
        make: impl Fn(Inputs<'_>) -> Plan,
    ) -> (Plan, Desired) {
        let (manifest, source) = manifest(rest);
        let mut desired = desired(&manifest, &self.live);
        for finding in &mut desired.findings {
            source.locate(finding);
        }
        let inputs = Inputs {
            clinic: &manifest.clinic.id,
            tenant: &manifest.tenant,
            site: &manifest.ocean.site,
            manifest: &ManifestRef {
                path: "clinic.yaml".to_owned(),
                fleet: None,
                digest: source.digest().to_owned(),
            },
            desired: &desired,
            live: &self.live,
            targets,
        };
        let plan = make(inputs);
        let sealed = seal(&plan, &[]).unwrap();
        let (read, digest) = open(&sealed.text).unwrap();
        assert_eq!((&read, digest), (&plan, sealed.digest));
        assert_eq!(plan, make(inputs), "the same inputs give the same plan");
        (plan, desired)
    }

    /// The limits that a manifest's plan breaks.
    pub(crate) fn refusals(&self, rest: &str) -> Vec<Refusal> {
        Self::judge(rest, &self.planned(rest, &Targets::default()))
    }

    /// The limits of a manifest that a plan breaks.
    pub(crate) fn judge(rest: &str, (plan, desired): &(Plan, Desired)) -> Vec<Refusal> {
        let safety = manifest(rest).0.safety;
        let policy = Policy {
            max_revoked_rows_percent: safety.max_revoked_rows_percent,
            max_revocations: safety.max_revocations,
            max_changed_rows_percent: safety.max_changed_rows_percent,
            max_revocations_per_office: safety.max_revocations_per_office,
            protected_columns: safety.protected_columns,
            protected: desired.protected.clone(),
            own_user: safety.own_user,
            allow_empty: safety.allow_empty,
        };
        plan::refusals(plan, &policy)
    }
}

/// The changes of a plan as `office/provider before > after`, for short assertions.
pub(crate) fn changes(plan: &Plan) -> Vec<(u64, u64, Cells, Cells)> {
    let rows = plan.users.iter().flat_map(|user| &user.changes);
    rows.map(|c| (c.key.office.0, c.key.provider.0, c.before, c.after)).collect()
}

/// The codes of a plan's findings.
pub(crate) fn codes(plan: &Plan) -> Vec<&'static str> {
    plan.findings.iter().map(|finding| finding.code.as_str()).collect()
}
