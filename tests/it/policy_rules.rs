//! The built-in rules: what a plan adds is judged, what it leaves alone is not.

use accuroform::model::{Column, PolicyRule};
use accuroform::plan::Plan;
use accuroform::policy::{Judgement, Settings, judge_rules};

use super::world::World;

const COVER: &str = "\
profiles: {desk: {columns: {billing: full, prescribe_for: full}, reason: 'Locum, until spring'}}
users: [{name: OceanAPILAKESIDE, profile: desk, all_offices: true}]
";

fn world() -> World {
    World::new().office(1, "Main Street", &[(1042, "Singh, Anita"), (7, "Tremblay, Marc")])
}

fn judged(world: &World, rest: &str, settings: &Settings) -> (Plan, Vec<Judgement>) {
    let plan = world.plan(rest);
    let said = judge_rules(settings, &plan, &world.live);
    (plan, said)
}

fn rules(said: &[Judgement]) -> Vec<&str> {
    said.iter().map(|judgement| judgement.rule.as_str()).collect()
}

#[test]
fn what_a_plan_grants_too_much_of_is_a_warning_with_its_place() {
    let settings =
        Settings { separate: vec![(Column::Billing, Column::PrescribeFor)], ..Settings::default() };
    let (_, said) = judged(&world(), COVER, &settings);
    let expected =
        ["prescribe-for-api-user", "until-missing-on-temporary-grant", "separation-of-duties"];
    assert_eq!(rules(&said), expected);
    assert!(said.iter().all(|judgement| !judgement.is_denied));
    assert!(said[0].message.starts_with("2 rows of OceanAPILAKESIDE"), "{said:?}");
    assert!(said[1].message.contains("`locum`, and 2 rows would have no end"), "{said:?}");
    assert!(said[2].message.contains("together in Main Street"), "{said:?}");
    for judgement in &said {
        assert!(judgement.at.unwrap().line > 1, "{judgement:?}");
    }
}

#[test]
fn deny_denies_and_wins_over_off() {
    let all = PolicyRule::ALL;
    let settings = Settings { off: all.into(), ..Settings::default() };
    assert_eq!(judged(&world(), COVER, &settings).1, []);
    let settings = Settings { deny: [all[1]].into(), off: all.into(), separate: Vec::new() };
    let (_, said) = judged(&world(), COVER, &settings);
    assert_eq!(rules(&said), ["prescribe-for-api-user"]);
    assert!(said[0].is_denied);
}

#[test]
fn an_end_or_another_reason_is_not_temporary() {
    for (from, to) in
        [("all_offices: true", "all_offices: true, until: 2027-01-31"), ("Locum, ", "Discovery, ")]
    {
        let (_, said) = judged(&world(), &COVER.replace(from, to), &Settings::default());
        assert_eq!(rules(&said), ["prescribe-for-api-user"], "{to}");
    }
}

#[test]
fn duties_are_separate_over_all_rows_of_an_office_and_not_across_offices() {
    let settings =
        Settings { separate: vec![(Column::Billing, Column::PrescribeFor)], ..Settings::default() };
    let one = |provider: u64, column: &str| {
        format!(
            "profiles: {{desk: {{columns: {{{column}: full}}, reason: agreed}}}}\n\
             users: [{{name: OceanAPILAKESIDE, profile: desk, offices: [{{id: 1, providers: [{{id: {provider}}}]}}]}}]\n"
        )
    };
    // One row holds Prescribe For already, another gains billing: the user would hold both there.
    let world = world().row(1, 7, "prescribe_for");
    let (_, said) = judged(&world, &one(1042, "billing"), &settings);
    assert_eq!(rules(&said), ["separation-of-duties"]);
    // What both are already is not this plan's doing.
    let world = world.row(1, 1042, "billing");
    assert_eq!(judged(&world, &one(1042, "labs"), &settings).1, []);
    // Another office is another duty.
    let apart =
        self::world().office(2, "Walk-in", &[(9, "Okafor, Ngozi")]).row(2, 9, "prescribe_for");
    assert_eq!(judged(&apart, &one(1042, "billing"), &settings).1, []);
}

#[test]
fn rows_that_keep_more_than_the_manifest_says_are_listed_by_the_plan_and_may_be_denied() {
    let world = world().row(1, 1042, "patient labs inbox");
    let rest = "users: [{profile: ocean, all_offices: true}]\n";
    let (plan, said) = judged(&world, rest, &Settings::default());
    assert_eq!((plan.users[0].excess.len(), said), (1, Vec::new()));
    let deny = [PolicyRule::ExcessColumns].into();
    let (_, said) = judged(&world, rest, &Settings { deny, ..Settings::default() });
    assert_eq!(rules(&said), ["excess-columns"]);
    assert!(said[0].place.as_deref().unwrap().ends_with("Singh, Anita (1042)"), "{said:?}");
}
