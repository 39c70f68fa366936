//! The sum of a fleet's plans: true counts, weighty changes first, the same in any order.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use accuroform::diagnostic::Layer;
use accuroform::model::{Cells, Column, Columns, Level};
use accuroform::plan::{Action, Change, Plan, Rule, Why};
use accuroform::report::Folded;
use proptest::prelude::*;

use crate::world::{OCEAN, World, cells, key};

fn protected() -> BTreeSet<Column> {
    [Column::Inbox, Column::PrescribeFor, Column::Reporting].into()
}

fn folded<'a>(plans: impl IntoIterator<Item = &'a Plan>) -> Folded {
    let mut folded = Folded::new(protected());
    plans.into_iter().for_each(|plan| folded.add(plan));
    folded
}

fn clinic() -> World {
    World::new().office(1, "Main Street", &[(1, "A, A"), (2, "B, B"), (3, "C, C"), (4, "D, D")])
}

#[test]
fn equal_changes_of_all_clinics_are_one_line() {
    let ocean = "users: [{profile: ocean, all_offices: true}]";
    let one = clinic().row(1, 1, "billing emr labs visible").row(1, 2, OCEAN).plan(ocean);
    let two = clinic().row(1, 4, "billing emr labs=read-only visible").plan(ocean);
    let same = clinic();
    let same = (1..=4).fold(same, |world, id| world.row(1, id, OCEAN)).plan(ocean);
    let folded = folded([&one, &two, &same]);
    assert_eq!((folded.clinics(), folded.clinics_with_changes(), folded.rows()), (3, 2, 7));
    assert_eq!(
        folded.lines(),
        [
            "+ 5 rows in 2 clinics: Patient, Scheduling, Billing, EMR, Labs, Visible none -> full (profile ocean)",
            "+ 1 row in 1 clinic: Patient, Scheduling none -> full (profile ocean)",
            "+ 1 row in 1 clinic: Patient, Scheduling none -> full; Labs read-only -> full (profile ocean)",
        ]
    );
}

#[test]
fn what_escalates_or_is_lost_comes_first() {
    let manifest = "\
users:
  - profile: ocean
    management: exact
    offices:
      - id: 1
        providers:
          - {id: 1}
          - {id: 2}
          - {id: 3, columns: {inbox: full}, reason: 'ticket 7'}
          - {id: 4, until: 2027-01-31}
";
    let plan = World::new()
        .office(
            1,
            "Main Street",
            &[(1, "A, A"), (2, "B, B"), (3, "C, C"), (4, "D, D"), (5, "E, E")],
        )
        .row(1, 3, OCEAN)
        .row(1, 4, OCEAN)
        .row(1, 5, "labs=read-only")
        .plan(manifest);
    assert_eq!(
        folded([&plan]).lines(),
        [
            "+ 1 row in 1 clinic: Inbox none -> full (override of profile ocean)",
            "- 1 row in 1 clinic: Labs read-only -> none (not in the manifest)",
            "~ 1 row in 1 clinic: Access Until no end -> 2027-01-31 (profile ocean)",
            "+ 2 rows in 1 clinic: Patient, Scheduling, Billing, EMR, Labs, Visible none -> full (profile ocean)",
        ]
    );
}

#[test]
fn a_granted_row_that_ends_and_a_profile_with_a_line_break_stay_on_one_line() {
    let mut plan = plan_with(&[(Cells::NOTHING, cells("labs / 2027-01-31"))]);
    plan.users[0].rules[0].why = Why::Profile("a\n+ 9 rows\u{202e}".to_owned());
    assert_eq!(
        folded([&plan]).lines(),
        [
            r"+ 1 row in 1 clinic: Labs none -> full; Access Until 2027-01-31 (profile a\u{a}+ 9 rows\u{202e})"
        ]
    );
}

/// A plan with these contents before and after, all of one rule.
fn plan_with(rows: &[(Cells, Cells)]) -> Plan {
    static PLAN: LazyLock<Plan> =
        LazyLock::new(|| clinic().plan("users: [{profile: ocean, all_offices: true}]"));
    let mut plan = PLAN.clone();
    let why = Why::Profile("ocean".to_owned());
    plan.users[0].rules =
        vec![Rule { why, reason: None, layer: Layer::Clinic, line: 1, column: 1 }];
    let change = |(at, (before, after)): (usize, &(Cells, Cells))| {
        let action = Action::between(*before, *after)?;
        let key = key(1, at as u64);
        Some(Change { key, before: *before, after: *after, revision: None, action, rule: 0 })
    };
    plan.users[0].changes = rows.iter().enumerate().filter_map(change).collect();
    plan
}

/// Nine levels, written as a number.
fn content(mut number: u32) -> Cells {
    let columns: Columns = Column::ALL
        .into_iter()
        .map(|column| {
            let level = Level::ALL[(number % 3) as usize];
            number /= 3;
            (column, level)
        })
        .collect();
    Cells::new(columns, None)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn the_sum_is_the_same_in_any_order(
        (plans, shuffled) in proptest::collection::vec(
            proptest::collection::vec((0_u32..19_683, 0_u32..19_683), 0..150), 1..14,
        ).prop_flat_map(|plans| (Just(plans.clone()), Just(plans).prop_shuffle())),
    ) {
        let made = |plans: &[Vec<(u32, u32)>]| -> Vec<Plan> {
            let rows = |rows: &Vec<(u32, u32)>| -> Vec<(Cells, Cells)> {
                rows.iter().map(|(before, after)| (content(*before), content(*after))).collect()
            };
            plans.iter().map(|plan| plan_with(&rows(plan))).collect()
        };
        let (plans, shuffled) = (made(&plans), made(&shuffled));
        let sum = folded(&plans);
        prop_assert_eq!(&sum, &folded(&shuffled));
        let rows: usize = plans.iter().map(|plan| plan.users[0].changes.len()).sum();
        prop_assert_eq!(sum.rows(), rows as u64);
        prop_assert!(sum.lines().len() <= 501);
    }
}

#[test]
fn beyond_the_cap_rows_are_counted_and_the_weighty_ones_are_kept() {
    // Hundreds of different rises, and then one row that is lost.
    let rises: Vec<(Cells, Cells)> =
        (1..=700).map(|number| (Cells::NOTHING, content(number))).collect();
    let mut folded = folded([&plan_with(&rises)]);
    folded.add(&plan_with(&[(content(1), Cells::NOTHING)]));
    let lines = folded.lines();
    assert_eq!(lines.len(), 501);
    assert_eq!(folded.rows(), 701);
    let at = lines.iter().position(|line| line.starts_with("- 1 row in 1 clinic: ")).unwrap();
    assert!(lines[..at].iter().all(|line| line.contains("Inbox") || line.contains("Reporting")));
    let last = &lines[500];
    assert!(last.starts_with("~ 201 rows more, changed in other ways; "), "{last}");
}
