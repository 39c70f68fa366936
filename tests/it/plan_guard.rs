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

#[test]
fn a_later_date_is_more_of_a_protected_column_too() {
    let world = World::new().office(1, "Main Street", &[(1, "A, A")]).row(
        1,
        1,
        &format!("{OCEAN} inbox / 2027-01-31"),
    );
    assert_eq!(broken(&world, "users: [{profile: ocean, all_offices: true}]"), ["G006"]);
    let reason = "users: [{profile: ocean, reason: ticket 7, all_offices: true}]";
    assert_eq!(broken(&world, reason), [""; 0]);
}

#[test]
fn revoked_cells_are_counted_by_office_too() {
    let people: Vec<(u64, String)> = (101..=190).map(|id| (id, format!("Q{id}, B"))).collect();
    let people: Vec<(u64, &str)> = people.iter().map(|(id, name)| (*id, name.as_str())).collect();
    let world = full_office(90).office(3, "North", &people);
    let world = (101..=190).fold(world, |world, id| world.row(3, id, OCEAN));
    let rest = |safety: &str| keep(3..=90, safety);
    assert_eq!(broken(&world, &rest("")), [""; 0], "12 cells of 25");
    let refusals = world.refusals(&rest("max_revocations_per_office: 11"));
    assert_eq!(refusals.len(), 1);
    assert_eq!(
        refusals[0].message,
        "12 cells of Main Street would be revoked, more than max_revocations_per_office 11"
    );
    assert!(refusals[0].overridable && refusals[0].code.as_str() == "G007");
    assert_eq!(broken(&world, &rest("max_revocations_per_office: 12")), [""; 0]);
    let both = rest("max_revocations: 10, max_revocations_per_office: 50");
    assert_eq!(broken(&world, &both), ["G002"], "the clinic's limit is the lower one");
}

#[test]
fn a_protected_provider_or_office_is_never_changed_up_or_down() {
    let world = || {
        World::new()
            .office(1, "Main Street", &[(1, "A, A"), (2, "B, B")])
            .office(2, "North", &[(1, "A, A")])
            .row(1, 2, OCEAN)
    };
    let rest = |safety: &str| {
        format!("users: [{{profile: ocean, all_offices: true}}]\nsafety: {{{safety}}}")
    };
    let refusals = world().refusals(&rest("protected_providers: [{name: \"A A\"}]"));
    assert_eq!(refusals.len(), 1);
    assert_eq!((refusals[0].code.as_str(), refusals[0].overridable), ("G008", false));
    assert_eq!(
        refusals[0].message,
        "2 rows of A, A (1) would change, which protected_providers forbids; first \
         lakeside/OceanAPILAKESIDE/Main Street/A, A (1)"
    );
    assert!(refusals[0].hint.contains("-exclude provider:1"), "{}", refusals[0].hint);
    let refusals = world().refusals(&rest("protected_offices: [{name: north}]"));
    assert!(refusals[0].message.starts_with("1 row of office North (2) would change"));
    let unmoved = rest("protected_providers: [{id: 2}]");
    assert_eq!(broken(&world(), &unmoved), [""; 0], "a row that stays is no matter");
    let exact = keep(1..=1, "protected_providers: [{id: 2}], max_revocations: 99");
    let exact = exact.replace("users:", "users: ");
    assert_eq!(broken(&world(), &exact), ["G008"], "the revocation of 2");
}

#[test]
fn a_protected_name_that_nobody_has_stops_the_apply() {
    let world = World::new().office(1, "Main Street", &[(1, "A, A"), (2, "Same, Name")]).office(
        2,
        "North",
        &[(3, "Same, Name")],
    );
    let codes = |safety: &str| {
        let rest = format!("users: [{{profile: ocean, all_offices: true}}]\nsafety: {{{safety}}}");
        let plan = world.plan(&rest);
        assert_eq!(plan.errors(), plan.findings.len());
        assert!(plan.findings.iter().all(|finding| finding.span.is_some()));
        crate::world::codes(&plan)
    };
    assert_eq!(codes("protected_providers: [{name: \"Gone, Anne\"}]"), ["N003"]);
    assert_eq!(codes("protected_providers: [{id: 9}]"), ["N003"]);
    assert_eq!(codes("protected_providers: [{name: \"Same, Name\"}]"), ["N004"]);
    assert_eq!(codes("protected_providers: [{id: 3, name: \"Same, Name\"}]"), [""; 0]);
    assert_eq!(codes("protected_offices: [{name: South}]"), ["N001"]);
    let partial = world.clone().with_office(2, |office| {
        office.providers = accuroform::live::Providers::Unread("503".to_owned());
    });
    let rest = |selector: &str| {
        format!(
            "users: [{{profile: ocean, all_offices: true}}]\nsafety: {{protected_providers: [{selector}]}}"
        )
    };
    let named = partial.plan(&rest("{name: \"Gone, Anne\"}"));
    assert_eq!(crate::world::codes(&named), ["N003"], "it may be in the office that is unread");
    assert_eq!(crate::world::codes(&partial.plan(&rest("{id: 3}"))), [""; 0], "an id is enough");
}

#[test]
fn the_tools_own_user_never_loses_anything() {
    let world = || full_office(20).row(1, 1, "patient scheduling billing emr labs visible inbox");
    let own = "own_user: oceanapilakeside";
    let lower = keep(1..=20, own);
    let refusals = world().refusals(&lower);
    assert_eq!(refusals.len(), 1);
    assert_eq!((refusals[0].code.as_str(), refusals[0].overridable), ("G009", false));
    assert!(refusals[0].message.starts_with("1 row of `OceanAPILAKESIDE`"), "{:?}", refusals[0]);
    let earlier = "users: [{profile: ocean, management: exact, until: 2027-01-31, offices: [{id: 1, all_providers: true}]}]\nsafety: {own_user: OceanAPILAKESIDE, max_revocations: 99, max_revoked_rows_percent: 100}";
    assert_eq!(broken(&full_office(9), earlier), ["G009"], "an earlier end is a loss");
    let other = keep(1..=20, "own_user: SomebodyElse");
    assert_eq!(broken(&world(), &other), [""; 0]);
    let raise = full_office(3).office(3, "North", &[(9, "New, Anne")]);
    let raised = format!("users: [{{profile: ocean, all_offices: true}}]\nsafety: {{{own}}}");
    assert_eq!(broken(&raise, &raised), [""; 0], "a rise is no loss");
}

#[test]
fn an_own_user_that_is_nearly_a_managed_one_is_pointed_out() {
    let text = format!(
        "{}users: [{{profile: ocean, all_offices: true}}]\nsafety: {{own_user: OceanAPILAKSIDE}}\n",
        crate::world::HEAD
    );
    let loaded = accuroform::manifest::load("clinic.yaml", text.as_bytes(), None);
    let codes: Vec<_> = loaded.findings.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(codes, ["M023"]);
    assert!(loaded.manifest.is_some(), "a warning");
}

#[test]
fn no_user_is_left_with_nothing_unless_the_manifest_says_so() {
    let nobody = |safety: &str| {
        format!(
            "users: [{{profile: ocean, management: exact, offices: [{{id: 1, all_providers: true, except: [{{id: 1}}, {{id: 2}}]}}]}}]\nsafety: {{{safety}}}"
        )
    };
    let refusals = full_office(2).refusals(&nobody(""));
    assert_eq!(refusals.len(), 1, "two rows are under the floor of every percentage");
    assert_eq!((refusals[0].code.as_str(), refusals[0].overridable), ("G010", false));
    assert_eq!(
        refusals[0].message,
        "the user `OceanAPILAKESIDE` would lose all of its 2 rows and be left with nothing"
    );
    assert_eq!(broken(&full_office(2), &nobody("allow_empty: true")), [""; 0]);
    assert_eq!(broken(&full_office(3), &nobody("")), [""; 0], "one row stays");
    let moved = full_office(2).office(3, "North", &[(9, "New, Anne")]);
    let replaced = nobody("").replace("2}]}]}]", "2}]}, {id: 3, all_providers: true}]}]");
    assert!(!broken(&moved, &replaced).contains(&"G010"), "others come in their place");
    assert_eq!(
        broken(&World::new().office(1, "Main Street", &[(1, "A, A"), (2, "B, B")]), &nobody("")),
        [""; 0]
    );
}
