//! The limits, and the only way to an approval.

use accuroform::approval::{Consent, NotApproved, approve};
use accuroform::plan::file::seal;
use accuroform::plan::{Action, check};

use crate::world::{OCEAN, World, cells};

/// One office with `n` providers whose rows hold the profile's columns.
fn full_office(n: u64) -> World {
    let people: Vec<(u64, String)> = (1..=n).map(|id| (id, format!("P{id}, A"))).collect();
    let people: Vec<(u64, &str)> = people.iter().map(|(id, name)| (*id, name.as_str())).collect();
    let world = World::new().office(1, "Main Street", &people).office(2, "Empty", &[]);
    (1..=n).fold(world, |world, id| world.row(1, id, OCEAN))
}

/// Exact, and only these providers are written.
fn keep(ids: impl Iterator<Item = u64>, safety: &str) -> String {
    let ids: Vec<String> = ids.map(|id| format!("{{id: {id}}}")).collect();
    format!(
        "users: [{{profile: ocean, management: exact, offices: [{{id: 1, providers: [{}]}}]}}]\nsafety: {{{safety}}}",
        ids.join(", ")
    )
}

fn broken(world: &World, rest: &str) -> Vec<&'static str> {
    world.refusals(rest).iter().map(|refusal| refusal.code.as_str()).collect()
}

#[test]
fn revoked_rows_are_counted_against_existing_rows_from_ten_on() {
    let many = "max_revocations: 1000";
    assert_eq!(broken(&full_office(10), &keep(4..=10, many)), [""; 0], "30 % is allowed");
    assert_eq!(
        broken(&full_office(10), &keep(5..=10, many)),
        ["G001", "G001"],
        "clinic and office"
    );
    assert_eq!(broken(&full_office(9), &keep(9..=9, many)), [""; 0], "under the floor");
    let looser = "max_revocations: 1000, max_revoked_rows_percent: 40";
    assert_eq!(broken(&full_office(10), &keep(5..=10, looser)), [""; 0]);
}

#[test]
fn revoked_cells_are_counted_one_by_one() {
    assert_eq!(broken(&full_office(100), &keep(5..=100, "")), [""; 0], "24 cells");
    assert_eq!(broken(&full_office(100), &keep(6..=100, "")), ["G002"], "30 cells");
    let words = &full_office(100).refusals(&keep(6..=100, ""))[0];
    assert_eq!(words.message, "30 cells would be revoked, more than max_revocations 25");
}

#[test]
fn an_office_is_judged_by_itself() {
    let people: Vec<(u64, String)> = (101..=190).map(|id| (id, format!("Q{id}, B"))).collect();
    let people: Vec<(u64, &str)> = people.iter().map(|(id, name)| (*id, name.as_str())).collect();
    let world = full_office(10).office(3, "North", &people);
    let world = (101..=190).fold(world, |world, id| world.row(3, id, OCEAN));
    let refusals = world.refusals(&keep(5..=10, "max_revocations: 1000"));
    assert_eq!(refusals.len(), 1, "4 of 100 rows of the clinic, but 4 of 10 of the office");
    assert!(refusals[0].message.contains("Main Street (4 of 10)"), "{}", refusals[0].message);
}

#[test]
fn the_first_rollout_of_a_clinic_breaks_no_default() {
    let people = [(1, "A, A"), (2, "B, B"), (3, "C, C")];
    let world = World::new().office(1, "Main Street", &people);
    assert_eq!(broken(&world, "users: [{profile: ocean, all_offices: true}]"), [""; 0]);
}

#[test]
fn changed_rows_count_raises_too() {
    let world = full_office(10).office(2, "Empty", &[(50, "New, Anne"), (51, "New, Bea")]);
    let rest =
        "users: [{profile: ocean, all_offices: true}]\nsafety: {max_changed_rows_percent: 10}";
    assert_eq!(broken(&world, rest), ["G003"], "2 of 12 rows");
    let rest = rest.replace("10}", "20}");
    assert_eq!(broken(&world, &rest), [""; 0]);
}

#[test]
fn a_user_that_does_not_look_like_the_integration_is_refused() {
    let world = || World::new().office(1, "Main Street", &[(1, "A, A")]);
    let mut named = world();
    named.live.grids[0].0 = "drsmith".to_owned();
    let rest = "users: [{name: drsmith, profile: ocean, all_offices: true}]";
    assert_eq!(broken(&named, rest), ["G004"]);
    let any = "users: [{name: drsmith, any_name: true, profile: ocean, all_offices: true}]";
    assert_eq!(broken(&named, any), [""; 0]);
}

#[test]
fn a_protected_column_needs_a_reason() {
    let world = World::new().office(1, "Main Street", &[(1, "A, A")]);
    let with = |reason: &str| {
        format!(
            "profiles: {{wide: {{columns: {{inbox: full}}{reason}}}}}\nusers: [{{name: OceanAPILAKESIDE, profile: wide, all_offices: true}}]"
        )
    };
    assert_eq!(broken(&world, &with(", reason: ticket 7")), [""; 0]);
    // The manifest check refuses the other form; the guard judges the plan by itself too.
    let mut plan = world.plan(&with(", reason: ticket 7"));
    plan.users[0].rules[1].reason = None;
    let policy = accuroform::plan::Policy {
        max_revoked_rows_percent: 30,
        max_revocations: 25,
        max_changed_rows_percent: 100,
        max_revocations_per_office: 25,
        protected_columns: vec![accuroform::model::Column::Inbox],
        protected: accuroform::plan::Protected::default(),
        own_user: None,
        allow_empty: false,
    };
    let refusals = accuroform::plan::refusals(&plan, &policy);
    assert_eq!(refusals[0].code.as_str(), "G006");
    assert!(!refusals[0].overridable);
}

#[test]
fn an_override_is_good_for_one_plan_alone() {
    let world = full_office(100);
    let rest = keep(6..=100, "");
    let (plan, refusals) = (world.plan(&rest), world.refusals(&rest));
    let digest = seal(&plan, &refusals).unwrap().digest;
    let hex = digest.strip_prefix("sha256:").unwrap();
    assert!(matches!(
        approve(&plan, &digest, &refusals, Consent::unsigned(None)),
        Err(NotApproved::Refused(_))
    ));
    assert!(approve(&plan, &digest, &refusals, Consent::unsigned(Some(&hex[..8]))).is_ok());
    assert!(approve(&plan, &digest, &refusals, Consent::unsigned(Some(&digest[..20]))).is_ok());
    for wrong in ["", "sha256:", &hex[..7], "00000000"] {
        let result = approve(&plan, &digest, &refusals, Consent::unsigned(Some(wrong)));
        assert!(matches!(result, Err(NotApproved::OtherPlan(_))), "{wrong}");
    }
}

#[test]
fn a_plan_with_unresolved_names_cannot_be_approved() {
    let world = World::new().office(1, "Main Street", &[(1, "A, A")]);
    let plan =
        world.plan("users: [{profile: ocean, offices: [{id: 1, providers: [{id: 1}, {id: 2}]}]}]");
    assert!(!plan.is_empty());
    let digest = seal(&plan, &[]).unwrap().digest;
    assert!(matches!(
        approve(&plan, &digest, &[], Consent::unsigned(None)),
        Err(NotApproved::Unresolved(1))
    ));
}

#[test]
fn the_checker_finds_what_a_planner_must_never_do() {
    let world = full_office(3).office(2, "Empty", &[(9, "New, Anne")]);
    let plan = world.plan("users: [{profile: ocean, all_offices: true}]");
    assert_eq!(check(&plan), []);
    let spoiled = |spoil: fn(&mut accuroform::plan::Change)| {
        let mut plan = plan.clone();
        spoil(&mut plan.users[0].changes[0]);
        check(&plan).iter().map(|violation| violation.problem).collect::<Vec<_>>()
    };
    assert_eq!(spoiled(|c| c.action = Action::Revoke), ["the action is not what the cells say"]);
    assert_eq!(spoiled(|c| c.rule = 99), ["no rule stands behind the change"]);
    assert_eq!(spoiled(|c| c.rule = 0), ["access rises without a rule"]);
    assert!(spoiled(|c| c.before = cells("inbox")).contains(&"an additive plan lowers the row"));
    assert!(spoiled(|c| c.after = c.before).contains(&"nothing changes"));
    let mut twice = plan.clone();
    let change = twice.users[0].changes[0];
    twice.users[0].changes.push(change);
    assert_eq!(check(&twice)[0].problem, "the row is out of order, or there twice");
}
