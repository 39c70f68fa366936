//! Laws of drift over random clinics, journals and manifests.

use std::collections::{BTreeMap, BTreeSet};

use accuroform::desired::{IgnoredRow, desired};
use accuroform::finding::{Drift, DriftInputs, DriftRow, Fact, drift};
use accuroform::journal::{Applied, RowEntry, RunRef, Sure};
use accuroform::live::{Grid, Providers};
use accuroform::model::{Cells, Column, Level, LiveRow, Revision, RowKey, UserId};
use accuroform::plan::Targets;
use jiff::civil::date;
use proptest::prelude::*;

use crate::plan_laws::{grid, manifest, world};
use crate::world::{World, cells, key, manifest as checked};

const USER: UserId = UserId(77);

fn entry(before: Cells, after: Cells, sure: Sure) -> RowEntry {
    let at = RunRef {
        at: "2026-01-05T09:00:00Z".parse().unwrap(),
        run: "20260105T090000Z-0123456789abcdef".to_owned(),
        who: "jane".to_owned(),
    };
    RowEntry { at, before, after, sure }
}

/// A journal in which these rows were applied.
fn journal(rows: &BTreeMap<(u64, u64), Cells>) -> Applied {
    let row = |((office, provider), cells): (&(u64, u64), &Cells)| {
        let entries = vec![entry(Cells::NOTHING, *cells, Sure::Yes)];
        ((USER, key(*office, *provider)), entries)
    };
    rows.iter().map(row).collect()
}

fn compared(world: &World, text: &str, applied: &Applied, ignored: &[IgnoredRow]) -> Drift {
    let plan = world.plan_within(text, &Targets::default());
    let (manifest, _) = checked(text);
    drift(DriftInputs {
        applied,
        live: &world.live,
        desired: &desired(&manifest, &world.live),
        plan: &plan,
        ignored,
        today: date(2026, 6, 1),
    })
}

fn keys(rows: &[DriftRow]) -> BTreeSet<RowKey> {
    let keys: BTreeSet<RowKey> = rows.iter().map(|row| row.finding.key).collect();
    assert_eq!(keys.len(), rows.len(), "a row is listed twice");
    keys
}

fn management() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("additive"), Just("exact")]
}

/// What the definition says of each row, told from scratch: changed outside, pending, both, adopted.
fn expected(
    world: &mut World,
    text: &str,
    applied: &BTreeMap<(u64, u64), Cells>,
    says: &BTreeMap<(u64, u64), Cells>,
) -> [BTreeSet<RowKey>; 4] {
    let plan = world.plan(text);
    let live = world.contents();
    let changes = plan.users.iter().flat_map(|user| &user.changes);
    let wanted: BTreeMap<RowKey, Cells> =
        changes.map(|change| (change.key, change.after)).collect();
    let mut lists: [BTreeSet<RowKey>; 4] = Default::default();
    for at in (1..=3).flat_map(|office| (1..=5).map(move |provider| (office, provider))) {
        let row = key(at.0, at.1);
        let holds = live.get(&row).copied().unwrap_or_default();
        let wants = wanted.get(&row).copied().unwrap_or(holds);
        let differs = applied.get(&at).is_some_and(|was| *was != holds);
        let adopted = differs && says.get(&at) == Some(&holds);
        let list = match (differs, wants != holds) {
            _ if adopted => 3,
            (true, false) => 0,
            (false, true) => 1,
            (true, true) => 2,
            (false, false) => continue,
        };
        lists[list].insert(row);
    }
    lists
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn the_three_lists_are_disjoint_and_complete(
        live in grid(), applied in grid(), says in grid(), management in management()
    ) {
        let mut world = world(&live);
        let text = manifest(&says, management);
        let found = compared(&world, &text, &journal(&applied), &[]);
        let [outside, pending, both, adopted] = expected(&mut world, &text, &applied, &says);
        prop_assert_eq!(keys(&found.changed_outside), outside.clone());
        prop_assert_eq!(keys(&found.pending), pending.clone());
        prop_assert_eq!(keys(&found.both), both.clone());
        prop_assert_eq!(found.adopted, adopted.len());
        prop_assert!(outside.is_disjoint(&pending));
        prop_assert!(both.is_disjoint(&(&outside | &pending)));
        let plan = world.plan(&text);
        let planned: BTreeSet<RowKey> =
            plan.users.iter().flat_map(|user| &user.changes).map(|change| change.key).collect();
        prop_assert_eq!(&pending | &both, planned);
        let differing = outside.len() + both.len() + adopted.len();
        prop_assert_eq!(found.as_applied, applied.len() - differing);
    }

    #[test]
    fn after_an_apply_there_is_no_drift_and_an_outside_write_is_that_row_alone(
        live in grid(), says in grid(), management in management(),
        at in (1_u64..=3, 1_u64..=5), column in 0_usize..9
    ) {
        let mut world = world(&live);
        let text = manifest(&says, management);
        let plan = world.plan(&text);
        let written = plan.users.iter().flat_map(|user| &user.changes);
        let mut applied: Applied = written
            .map(|change| ((USER, change.key), vec![entry(change.before, change.after, Sure::Yes)]))
            .collect();
        world.apply(&plan);
        let found = compared(&world, &text, &applied, &[]);
        prop_assert!(!found.is_found() && found.pending.is_empty());
        prop_assert_eq!(found.as_applied, applied.len());

        // One recorded row, of which somebody else turns one cell over.
        let row = key(at.0, at.1);
        let was = world.contents().get(&row).copied().unwrap_or_default();
        applied.insert((USER, row), vec![entry(Cells::NOTHING, was, Sure::Yes)]);
        let column = Column::ALL[column];
        let level = if was.columns().get(column) == Level::Full { Level::None } else { Level::Full };
        let cells = Cells::new(was.columns().with(column, level), was.until());
        prop_assume!(says.get(&at) != Some(&cells));
        world.set(LiveRow { key: row, cells, revision: Revision(9) });
        let found = compared(&world, &text, &applied, &[]);
        let changed = found.changed_outside.iter().chain(&found.both);
        let rows: Vec<RowKey> = changed.map(|row| row.finding.key).collect();
        prop_assert_eq!(rows, vec![row]);
        prop_assert!(found.pending.is_empty());
    }
}

const OCEAN: &str = "users: [{profile: ocean, all_offices: true}]\n";

/// One row that was applied, and is another now.
fn one(applied: &str, live: &str) -> (World, Applied) {
    let world = World::new().office(1, "Main Street", &[(1, "Singh, Anita")]).row(1, 1, live);
    (world, journal(&BTreeMap::from([((1, 1), cells(applied))])))
}

const FULL: &str = "patient scheduling billing emr labs visible";

fn ignoring(columns: &[Column], until: &str) -> IgnoredRow {
    let (columns, until) = (columns.to_vec(), until.parse().unwrap());
    IgnoredRow { key: key(1, 1), columns, reason: "known".to_owned(), until }
}

#[test]
fn what_an_entry_ignores_is_listed_and_what_it_does_not_is_drift() {
    let (world, applied) = one(FULL, &format!("{FULL} inbox reporting"));
    let counts = |ignored: &[IgnoredRow]| {
        let found = compared(&world, OCEAN, &applied, ignored);
        (found.changed_outside.len(), found.ignored.len(), found.expired.len())
    };
    assert_eq!(counts(&[]), (1, 0, 0));
    assert_eq!(counts(&[ignoring(&[], "2026-06-01")]), (0, 1, 0), "in force on its last day");
    assert_eq!(counts(&[ignoring(&[], "2026-05-31")]), (1, 0, 1), "expired the day after");
    let inbox = ignoring(&[Column::Inbox], "2027-01-01");
    assert_eq!(counts(std::slice::from_ref(&inbox)), (1, 1, 0));
    let reporting = ignoring(&[Column::Reporting], "2027-01-01");
    assert_eq!(counts(&[inbox.clone(), reporting]), (0, 2, 0));
    assert_eq!(counts(&[ignoring(&[Column::Labs], "2027-01-01")]), (1, 0, 0), "nothing to ignore");
    let found = compared(&world, OCEAN, &applied, &[inbox]);
    let fact = found.changed_outside[0].finding.fact;
    assert_eq!(fact.words(), "Reporting none → full", "what is left is told alone");
    assert!(matches!(fact, Fact::ChangedOutside { .. }));
}

#[test]
fn a_write_without_a_recorded_answer_is_not_somebody_elses() {
    let (world, mut applied) = one("patient", FULL);
    assert_eq!(compared(&world, OCEAN, &applied, &[]).adopted, 1);
    let entries = applied.get_mut(&(USER, key(1, 1))).unwrap();
    entries.push(entry(cells("patient"), cells(FULL), Sure::Perhaps));
    let found = compared(&world, OCEAN, &applied, &[]);
    assert_eq!((found.adopted, found.as_applied), (0, 1));
    // Nothing of the row is certain, and it is not what may have been written.
    let only = vec![entry(cells("patient"), cells("labs"), Sure::Perhaps)];
    applied.insert((USER, key(1, 1)), only);
    let found = compared(&world, OCEAN, &applied, &[]);
    assert!(!found.is_found());
    assert_eq!((found.as_applied, found.never_applied), (0, 1));
}

#[test]
fn what_could_not_be_read_is_never_said_to_be_changed() {
    let (world, applied) = one(FULL, "patient");
    assert!(compared(&world, OCEAN, &applied, &[]).is_found());
    let unread = || Providers::Unread("500".to_owned());
    let office = world.clone().with_office(1, |office| office.providers = unread());
    assert_eq!(compared(&office, OCEAN, &applied, &[]), Drift::default());
    let grid = world.grid(Grid::Unread("500".to_owned()));
    assert_eq!(compared(&grid, OCEAN, &applied, &[]), Drift::default());
}

#[test]
fn rows_of_others_are_counted_and_no_record_is_no_drift() {
    let (world, applied) = one(FULL, FULL);
    let found = compared(&world, OCEAN, &Applied::new(), &[]);
    assert_eq!((found.never_applied, found.is_found()), (1, false));
    let theirs: Applied =
        applied.iter().map(|((_, key), entries)| ((UserId(5), *key), entries.clone())).collect();
    let found = compared(&world, OCEAN, &theirs, &[]);
    assert_eq!((found.unmanaged, found.never_applied, found.is_found()), (1, 1, false));
    let gone = World::new().office(1, "Main Street", &[(1, "Singh, Anita")]);
    let found = compared(&gone, OCEAN, &applied, &[]);
    assert_eq!(found.both.len(), 1, "a row that was applied and is gone was changed outside");
    assert!(found.both[0].last.is_some());
}
