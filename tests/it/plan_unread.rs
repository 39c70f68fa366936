//! Laws of rows that were not read: nothing is planned for them, and for all others what would be anyway.

use std::collections::BTreeSet;

use accuroform::live::Grid;
use accuroform::model::RowKey;
use accuroform::plan::{Plan, Recorded, RecordedRow};
use proptest::prelude::*;

use crate::plan_laws::{grid, manifest, world};
use crate::world::{World, key};

/// The clinic without knowledge of some rows.
fn forget(world: &World, forgotten: &BTreeSet<RowKey>) -> World {
    let mut world = world.clone();
    world.rows().retain(|row| !forgotten.contains(&row.key));
    match &mut world.live.grids[0].1 {
        Grid::Read { unread, .. } => unread.clone_from(forgotten),
        other => panic!("{other:?}"),
    }
    world
}

fn forgotten() -> impl Strategy<Value = BTreeSet<RowKey>> {
    prop::collection::btree_set((1..=3_u64, 1..=5_u64), 0..8)
        .prop_map(|keys| keys.into_iter().map(|(office, provider)| key(office, provider)).collect())
}

/// The rows that a plan says that it does not know.
fn said(plan: &Plan) -> impl Fn(RowKey) -> bool {
    move |key| plan.unread.iter().any(|unread| unread.part.covers("OceanAPILAKESIDE", key))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_row_that_was_not_read_changes_nothing_else(
        live in grid(),
        wanted in grid(),
        forgotten in forgotten(),
        exact in any::<bool>(),
    ) {
        let manifest = manifest(&wanted, if exact { "exact" } else { "additive" });
        let known = world(&live);
        let whole = known.plan(&manifest);
        let partly = forget(&known, &forgotten).plan(&manifest);
        let (is_said, kept) = (said(&partly), |row: RowKey| !forgotten.contains(&row));
        let left: Vec<_> =
            whole.users[0].changes.iter().filter(|change| kept(change.key)).copied().collect();
        prop_assert_eq!(&partly.users[0].changes.iter().map(|c| (c.key, c.before, c.after)).collect::<Vec<_>>(),
            &left.iter().map(|c| (c.key, c.before, c.after)).collect::<Vec<_>>());
        for change in whole.users[0].changes.iter().filter(|change| !kept(change.key)) {
            prop_assert!(is_said(change.key), "a change is missing and nobody says why");
        }
        for key in &forgotten {
            let wants = wanted.contains_key(&(key.office.0, key.provider.0));
            prop_assert_eq!(is_said(*key), wants || exact, "{:?}", key);
        }
    }

    #[test]
    fn an_undo_leaves_a_row_alone_that_was_not_read(live in grid(), wanted in grid(), forgotten in forgotten()) {
        let manifest = manifest(&wanted, "exact");
        let mut world = world(&live);
        let plan = world.plan(&manifest);
        let rows = plan.users[0].changes.iter().map(|change| RecordedRow {
            user: plan.users[0].name.clone(),
            user_id: plan.users[0].id,
            key: change.key,
            office: None,
            provider: None,
            before: change.before,
            after: change.after,
            certain: true,
        });
        let recorded = Recorded { run: "run".to_owned(), rows: rows.collect() };
        world.apply(&plan);
        let undo = forget(&world, &forgotten).undo(&manifest, &recorded);
        let undone: Vec<RowKey> =
            undo.users.iter().flat_map(|user| &user.changes).map(|change| change.key).collect();
        let is_said = said(&undo);
        for row in &recorded.rows {
            prop_assert_eq!(undone.contains(&row.key), !forgotten.contains(&row.key));
            prop_assert_eq!(is_said(row.key), forgotten.contains(&row.key));
        }
    }
}
