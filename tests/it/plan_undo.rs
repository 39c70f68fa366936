//! The plan that takes a run back: what was there before, and nothing else.

use std::collections::BTreeSet;

use accuroform::live::{Grid, Providers};
use accuroform::model::{Cells, LiveRow, OfficeId, ProviderId, Revision, UserId};
use accuroform::plan::{
    Action, Change, HeldReason, Plan, Recorded, RecordedRow, Target, Targets, UnreadPart,
    check_undo, compare, made_again,
};
use accuroform::report;
use proptest::prelude::*;

use crate::plan_laws::{grid, manifest, world};
use crate::world::{OCEAN, World, cells, changes, codes, key};

const ALL: &str = "users: [{profile: ocean, all_offices: true}]";
const EXACT: &str = "users: [{profile: ocean, management: exact, offices: [{id: 1, providers: [{id: 1}, {id: 2}]}]}]";

/// What a run records that wrote the whole plan.
fn recorded(plan: &Plan) -> Recorded {
    let row = |name: &str, id: UserId, change: &Change| RecordedRow {
        user: name.to_owned(),
        user_id: id,
        key: change.key,
        office: plan.names.offices.get(&change.key.office).cloned(),
        provider: plan.names.providers.get(&change.key.provider).cloned(),
        before: change.before,
        after: change.after,
        certain: true,
    };
    let users = plan.users.iter();
    let rows = users.flat_map(|user| user.changes.iter().map(|c| row(&user.name, user.id, c)));
    Recorded { run: "run-1".to_owned(), rows: rows.collect() }
}

fn clinic() -> World {
    World::new()
        .office(1, "Main Street", &[(1, "Singh, Anita"), (2, "Okafor, Ngozi"), (3, "Tran, Minh")])
        .row(1, 1, "patient billing emr labs visible")
        .row(1, 3, "patient inbox / 2027-01-31")
}

/// The clinic after a run, and the record of the run.
fn after_run(rest: &str) -> (World, Recorded) {
    let mut world = clinic();
    let plan = world.plan(rest);
    world.apply(&plan);
    (world, recorded(&plan))
}

fn write(world: &mut World, provider: u64, content: Cells) {
    let at = key(1, provider);
    let revision = world.rows().iter().find(|row| row.key == at).map_or(0, |row| row.revision.0);
    world.set(LiveRow { key: at, cells: content, revision: Revision(revision + 1) });
}

fn held(plan: &Plan) -> Vec<(u64, HeldReason)> {
    plan.held.iter().map(|held| (held.key.provider.0, held.reason)).collect()
}

#[test]
fn what_a_run_wrote_goes_back_to_what_was_there() {
    for rest in [ALL, EXACT] {
        let before = clinic().contents();
        let (mut world, recorded) = after_run(rest);
        assert_eq!(recorded.rows.len(), 3);
        let plan = world.undo(rest, &recorded);
        assert_eq!(plan.undoes.as_deref(), Some("run-1"));
        assert_eq!((held(&plan), changes(&plan).len()), (vec![], 3));
        world.apply(&plan);
        assert_eq!(world.contents(), before);
        let again = world.undo(rest, &recorded);
        assert!(again.is_empty() && again.users[0].unchanged == 3);
        assert!(!world.plan(rest).is_empty(), "the manifest still asks for it");
    }
}

#[test]
fn an_undo_says_which_run_it_takes_back_what_is_held_and_why() {
    let (mut world, mut recorded) = after_run(ALL);
    recorded.rows[1].certain = false;
    write(&mut world, 3, cells("patient billing inbox emr labs visible scheduling / 2027-01-31"));
    let (plan, desired) = world.undo_within(ALL, &recorded, &Targets::default());
    assert_eq!(held(&plan), [(3, HeldReason::Moved)]);
    assert_eq!(made_again(&plan, &desired), 2);
    let text = report::plan(&plan);
    insta::assert_snapshot!(text, @"
    OceanAPILAKESIDE (lakeside, undo of run-1)

    Main Street (1)
                           Patient  Sched-  Billing  Inbox  EMR    Labs   Report-  Visible  Prescribe
                                    uling                                 ing               For
      - Singh, Anita (1)   full     -full   full     .      full   full   .        full     .          [1]
      - Okafor, Ngozi (2)  -full    -full   -full    .      -full  -full  .        -full    .          [2]

    [1] undo of run-1: the run wrote it
    [2] undo of run-1: the run may have written it: its record does not say

    Access ends:
      2027-01-31  Main Street, Tran, Minh (3)

    Held, and so not taken back:
      lakeside/OceanAPILAKESIDE/Main Street/Tran, Minh (3): changed since the run: until no end → 2027-01-31

    Plan: 0 rows to grant, 2 to revoke, 0 to change (7 cells); 0 unchanged. 1 row held.
    ");
    assert!(report::held_rows(&plan)[0].contains("Tran, Minh (3): changed since the run: until"));
}

#[test]
fn a_row_whose_content_is_what_the_run_left_goes_back_whatever_its_revision() {
    let (mut world, recorded) = after_run(ALL);
    write(&mut world, 1, Cells::NOTHING);
    write(&mut world, 1, cells(OCEAN));
    let plan = world.undo(ALL, &recorded);
    assert_eq!(held(&plan), []);
    assert_eq!(plan.users[0].changes[0].revision, Some(Revision(4)));
}

#[test]
fn a_row_that_is_as_it_was_before_needs_nothing() {
    let (mut world, recorded) = after_run(ALL);
    write(&mut world, 1, cells("patient billing emr labs visible"));
    let plan = world.undo(ALL, &recorded);
    assert_eq!((changes(&plan).len(), plan.users[0].unchanged, held(&plan)), (2, 1, vec![]));
}

#[test]
fn rows_of_a_user_that_the_manifest_does_not_manage_are_held() {
    let (world, recorded) = after_run(ALL);
    let other = "users: [{name: OceanAPIOTHER, profile: ocean, all_offices: true}]";
    let mut renamed = world.clone();
    renamed.live.grids[0].0 = "OceanAPIOTHER".to_owned();
    let plan = renamed.undo(other, &recorded);
    assert_eq!(held(&plan), [], "the same id is the same user, whatever its name");
    let rows = renamed.rows().clone();
    let grids = [
        Grid::Read { user: UserId(78), active: true, rows: rows.clone(), unread: BTreeSet::new() },
        Grid::Read { user: UserId(77), active: false, rows, unread: BTreeSet::new() },
        Grid::NoUser,
        Grid::SeveralUsers(vec![UserId(77), UserId(78)]),
    ];
    for grid in grids {
        let plan = world.clone().grid(grid).undo(ALL, &recorded);
        assert!(plan.is_empty() && plan.errors() == 0, "{:?}", codes(&plan));
        let reason = HeldReason::Unmanaged;
        assert_eq!(held(&plan), [(1, reason), (2, reason), (3, reason)]);
    }
}

#[test]
fn somebody_whom_the_directory_does_not_list_is_held() {
    let (world, recorded) = after_run(ALL);
    let gone = world.clone().with_office(1, |office| {
        let Providers::Read(people) = &mut office.providers else { unreachable!() };
        people.remove(&ProviderId(2));
    });
    let plan = gone.undo(ALL, &recorded);
    assert_eq!(held(&plan), [(2, HeldReason::Unlisted)]);
    assert!(report::held_rows(&plan)[0].contains("Okafor, Ngozi (2)"), "the name of then");
    let mut closed = world;
    closed.live.directory.offices.clear();
    assert_eq!(closed.undo(ALL, &recorded).held.len(), 3);
}

#[test]
fn what_is_unread_is_neither_planned_nor_held() {
    let (world, recorded) = after_run(ALL);
    let office = world
        .clone()
        .with_office(1, |office| office.providers = Providers::Unread("503".to_owned()));
    let grid = world.grid(Grid::Unread("503".to_owned()));
    for (world, part) in [
        (office, UnreadPart::Office(OfficeId(1))),
        (grid, UnreadPart::Grid("OceanAPILAKESIDE".to_owned())),
    ] {
        let plan = world.undo(ALL, &recorded);
        assert!(plan.is_empty() && plan.held.is_empty() && !plan.is_complete());
        assert_eq!(plan.unread[0].part, part);
    }
}

#[test]
fn names_of_the_manifest_are_in_nobodys_way_but_those_of_its_safety_are() {
    let (world, recorded) = after_run(ALL);
    let rest = "users: [{profile: ocean, offices: [{name: Gone, all_providers: true}]}]";
    let plan = world.undo(rest, &recorded);
    assert_eq!((codes(&plan), changes(&plan).len()), (vec![], 3));
    let rest = format!("{ALL}\nsafety: {{protected_offices: [{{name: Gone}}]}}");
    let plan = world.undo(&rest, &recorded);
    assert_eq!((codes(&plan), plan.errors()), (vec!["N001"], 1));
}

#[test]
fn the_guards_judge_an_undo_like_any_plan() {
    let judge = |world: &World, rest: &str, recorded: &Recorded| -> Vec<&'static str> {
        let made = world.undo_within(rest, recorded, &Targets::default());
        World::judge(rest, &made).iter().map(|refusal| refusal.code.as_str()).collect()
    };
    let (world, recorded) = after_run(ALL);
    assert_eq!(judge(&world, ALL, &recorded), [""; 0]);
    let tight = format!("{ALL}\nsafety: {{max_revocations: 5}}");
    assert_eq!(judge(&world, &tight, &recorded), ["G002"], "12 cells fall");
    let protected = format!("{ALL}\nsafety: {{protected_providers: [{{id: 2}}]}}");
    assert_eq!(judge(&world, &protected, &recorded), ["G008"]);
    // A protected column that the run revoked: the undo itself is the reason.
    let (world, recorded) = after_run(EXACT);
    assert_eq!(judge(&world, EXACT, &recorded), [""; 0]);
    let mut plan = world.undo(EXACT, &recorded);
    assert_eq!(plan.users[0].changes[2].after, cells("patient inbox / 2027-01-31"));
    plan.users[0].rules[0].reason = None;
    let (_, desired) = world.undo_within(EXACT, &recorded, &Targets::default());
    assert_eq!(World::judge(EXACT, &(plan, desired))[0].code.as_str(), "G006");
    // The first rows of all: the user would be left with nothing.
    let mut empty = World::new().office(1, "Main Street", &[(1, "A, A")]);
    let first = empty.plan(ALL);
    empty.apply(&first);
    assert_eq!(judge(&empty, ALL, &super::plan_undo::recorded(&first)), ["G010"]);
}

#[test]
fn a_reverted_manifest_asks_for_nothing_again() {
    let (world, recorded) = after_run(ALL);
    let none = "users: [{profile: ocean, offices: [{id: 1, providers: [{id: 1, columns: {scheduling: none}}]}]}]";
    let (plan, desired) = world.undo_within(none, &recorded, &Targets::default());
    assert_eq!((changes(&plan).len(), made_again(&plan, &desired)), (3, 0));
    let (world, recorded) = after_run(EXACT);
    let (plan, desired) = world.undo_within(EXACT, &recorded, &Targets::default());
    assert_eq!(made_again(&plan, &desired), 3, "revoked again, too");
}

/// What the checker says, and what it says it of.
type Forgery = (&'static str, fn(&mut Plan));

#[test]
fn the_checker_finds_what_an_undo_must_not_hold() {
    let (mut world, recorded) = after_run(ALL);
    write(&mut world, 3, cells("patient"));
    let (plan, desired) = world.undo_within(ALL, &recorded, &Targets::default());
    let forgeries: [Forgery; 10] = [
        ("the plan takes another run back", |plan| plan.undoes = Some("run-2".to_owned())),
        ("only an undo takes a run back", |plan| plan.undoes = None),
        ("only an undo holds rows", |plan| plan.undoes = None),
        ("the plan says nothing of the row", |plan| {
            plan.users[0].changes.pop();
        }),
        ("the plan says nothing of the row", |plan| plan.held.clear()),
        ("the change is not the way back", |plan| {
            let row = &mut plan.users[0].changes[0];
            row.after = cells("patient inbox");
            row.action = Action::between(row.before, row.after).unwrap();
        }),
        ("the run did not write the row", |plan| {
            plan.users[0].changes[1].key = key(1, 9);
        }),
        ("the rule behind the change is not the undo", |plan| {
            plan.users[0].rules[0].why = accuroform::plan::Why::Exact;
        }),
        ("the held row is not shown as it is", |plan| plan.held[0].is = Some(cells("labs"))),
        ("the run did not leave the held row so", |plan| plan.held[0].was = cells("labs")),
    ];
    for (problem, forge) in forgeries {
        let mut forged = plan.clone();
        forge(&mut forged);
        let found = check_undo(&forged, &recorded, &desired, &world.live);
        assert!(found.iter().any(|one| one.problem == problem), "{problem}: {found:?}");
    }
    // A plan of the manifest with a hold, or as an undo.
    let (mut plan, desired) = world.planned(ALL, &Targets::default());
    plan.undoes = Some("run-1".to_owned());
    let found = accuroform::plan::check_against(&plan, &desired, &world.live);
    assert!(found.iter().any(|one| one.problem == "the plan of a manifest undoes nothing"));
}

#[test]
fn a_saved_undo_must_show_the_rows_that_are_held_now() {
    let (mut world, recorded) = after_run(ALL);
    write(&mut world, 3, cells("patient"));
    let saved = world.undo(ALL, &recorded);
    let same = compare(&saved, &world.undo(ALL, &recorded), &world.live);
    assert_eq!((same.moved, same.left_out, same.foreign), (vec![], vec![], vec![]));
    // Held with other content than the reviewer saw.
    write(&mut world, 3, cells("patient labs"));
    let now = compare(&saved, &world.undo(ALL, &recorded), &world.live);
    assert_eq!(now.moved, ["lakeside/OceanAPILAKESIDE/Main Street/Tran, Minh (3)"]);
    // A row of the plan moved: stale, and not left out.
    write(&mut world, 2, cells("inbox"));
    let now = compare(&saved, &world.undo(ALL, &recorded), &world.live);
    assert_eq!((now.moved.len(), now.left_out), (2, vec![]));
    // Taken out of the plan.
    let (mut forged, fresh) = (saved, world.undo(ALL, &recorded));
    forged.held.clear();
    let left_out = compare(&forged, &fresh, &world.live).left_out;
    assert_eq!(left_out, ["the held row lakeside/OceanAPILAKESIDE/Main Street/Tran, Minh (3)"]);
}

#[test]
fn columns_can_go_back_one_after_the_other() {
    let (mut world, recorded) = after_run(ALL);
    let labs = vec![Target::Column(accuroform::model::Column::Scheduling)];
    let first = Targets { only: labs.clone(), except: Vec::new() };
    let rest = Targets { only: Vec::new(), except: labs };
    for targets in [&first, &rest] {
        let (plan, _) = world.undo_within(ALL, &recorded, targets);
        assert!(!plan.is_empty() && plan.held.is_empty());
        world.apply(&plan);
        assert!(world.undo_within(ALL, &recorded, targets).0.is_empty());
    }
    assert_eq!(world.contents(), clinic().contents());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn undo_after_apply_is_the_grid_before(
        live in grid(),
        wanted in grid(),
        exact in any::<bool>(),
    ) {
        let manifest = manifest(&wanted, if exact { "exact" } else { "additive" });
        let mut world = world(&live);
        let before = world.contents();
        let plan = world.plan(&manifest);
        world.apply(&plan);
        let after = world.contents();
        let there = recorded(&plan);
        let undo = world.undo(&manifest, &there);
        world.apply(&undo);
        prop_assert_eq!(world.contents(), before);
        // And back again.
        let undone = Recorded { run: "run-2".to_owned(), ..recorded(&undo) };
        let redo = world.undo(&manifest, &undone);
        world.apply(&redo);
        prop_assert_eq!(world.contents(), after);
    }

    #[test]
    fn rows_that_moved_are_held_and_nothing_else_is_touched(
        live in grid(),
        wanted in grid(),
        moved in grid(),
        within in proptest::option::of(1_u64..=3),
    ) {
        let manifest = manifest(&wanted, "exact");
        let mut world = world(&live);
        let before = world.contents();
        let plan = world.plan(&manifest);
        world.apply(&plan);
        for ((office, provider), cells) in &moved {
            world.set(LiveRow { key: key(*office, *provider), cells: *cells, revision: Revision(9) });
        }
        let now = world.contents();
        let record = recorded(&plan);
        let only = within.map(|office| Target::Office(OfficeId(office)));
        let targets = Targets { only: only.into_iter().collect(), except: Vec::new() };
        let (undo, _) = world.undo_within(&manifest, &record, &targets);
        world.apply(&undo);
        let then = world.contents();
        let of = |grid: &std::collections::BTreeMap<_, Cells>, key| {
            grid.get(&key).copied().unwrap_or(Cells::NOTHING)
        };
        let everywhere = (1..=3).flat_map(|office| (1..=5).map(move |who| key(office, who)));
        for key in everywhere {
            let row = record.rows.iter().find(|row| row.key == key);
            let scope = within.is_none_or(|office| key.office.0 == office);
            let is_held = undo.held.iter().any(|held| held.key == key);
            match row.filter(|_| scope) {
                Some(row) if [row.before, row.after].contains(&of(&now, key)) => {
                    prop_assert_eq!(of(&then, key), of(&before, key));
                    prop_assert!(!is_held);
                }
                Some(_) => {
                    prop_assert_eq!(of(&then, key), of(&now, key));
                    prop_assert!(is_held);
                }
                None => {
                    prop_assert_eq!(of(&then, key), of(&now, key));
                    prop_assert!(!is_held);
                }
            }
        }
    }
}
