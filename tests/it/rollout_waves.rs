//! Waves: each clinic in exactly one, drawn the same way every time.

use std::collections::BTreeSet;

use accuroform::rollout::{FleetClinic, Wave, WaveError, WaveRule, check_waves, waves};
use proptest::prelude::*;

fn words(text: &str) -> BTreeSet<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn rule(name: &str, tags: &str, percent: Option<u32>) -> WaveRule {
    WaveRule { name: name.to_owned(), tags: words(tags), percent }
}

/// `count` clinics, the first two of them canaries.
fn fleet(count: usize) -> Vec<FleetClinic> {
    let tags = |at| words(if at < 2 { "canary" } else { "large" });
    (0..count).map(|at| FleetClinic { id: format!("clinic-{at:02}"), tags: tags(at) }).collect()
}

fn usual() -> Vec<WaveRule> {
    vec![rule("canary", "canary", None), rule("half", "", Some(50)), rule("rest", "", None)]
}

fn sizes(waves: &[Wave]) -> Vec<(&str, usize)> {
    waves.iter().map(|wave| (wave.name.as_str(), wave.clinics.len())).collect()
}

#[test]
fn tags_then_a_share_of_all_then_the_rest() {
    let found = waves(&usual(), &fleet(11));
    assert_eq!(check_waves(&usual(), &fleet(11)), []);
    assert_eq!(found[0].clinics, ["clinic-00", "clinic-01"]);
    // Half of eleven is rounded up, and counts those in the first wave among the eleven.
    assert_eq!(sizes(&found), [("canary", 2), ("half", 6), ("rest", 3)]);
    assert!(found.iter().all(|wave| wave.clinics.is_sorted()));
}

#[test]
fn a_share_takes_what_is_left_and_no_more() {
    let rules = [rule("a", "", Some(1)), rule("b", "", Some(100)), rule("rest", "", None)];
    assert_eq!(sizes(&waves(&rules, &fleet(5))), [("a", 1), ("b", 4), ("rest", 0)]);
    assert_eq!(sizes(&waves(&rules, &[])), [("a", 0), ("b", 0), ("rest", 0)]);
}

#[test]
fn without_rules_there_is_one_wave() {
    assert_eq!(check_waves(&[], &fleet(3)), []);
    assert_eq!(sizes(&waves(&[], &fleet(3))), [("all", 3)]);
}

#[test]
fn a_draw_does_not_depend_on_the_order_of_the_fleet_and_favours_no_name() {
    let mut reversed = fleet(40);
    reversed.reverse();
    assert_eq!(waves(&usual(), &fleet(40)), waves(&usual(), &reversed));
    let half = &waves(&usual(), &fleet(40))[1].clinics;
    let first: Vec<String> = (2..22).map(|at| format!("clinic-{at:02}")).collect();
    assert_ne!(*half, first, "drawn, not the first by name");
}

#[test]
fn every_fault_of_the_rules_is_found() {
    let rules = [
        rule("Canary", "canry", None),
        rule("half", "large", Some(50)),
        rule("half", "", Some(0)),
        rule("more", "", Some(101)),
        rule("rest", "", None),
        rule("-", "unheard-of", None),
    ];
    let name = |name: &str| name.to_owned();
    let found = check_waves(&rules, &fleet(4));
    let tag = |wave: &str, tag: &str, near: Option<&str>| WaveError::Tag {
        name: name(wave),
        tag: name(tag),
        near: near.map(name),
    };
    assert_eq!(
        found,
        [
            WaveError::Name(name("Canary")),
            tag("Canary", "canry", Some("canary")),
            WaveError::Both(name("half")),
            WaveError::Repeated(name("half")),
            WaveError::Percent { name: name("half"), percent: 0 },
            WaveError::Percent { name: name("more"), percent: 101 },
            WaveError::RestTooEarly(name("rest")),
            WaveError::Name(name("-")),
            tag("-", "unheard-of", None),
            WaveError::NoRest(name("-")),
        ]
    );
    assert!(found.iter().all(|error| error.code().starts_with('R') && !error.hint().is_empty()));
    assert_eq!(found[1].hint(), "did you mean `canary`?");
}

#[test]
fn percents_of_1_and_100_are_shares() {
    let rules = [rule("a", "", Some(1)), rule("b", "", Some(100)), rule("rest", "", None)];
    assert_eq!(check_waves(&rules, &fleet(1)), []);
}

fn rules() -> impl Strategy<Value = Vec<WaveRule>> {
    let one = prop_oneof![
        (1_u32..=100).prop_map(|percent| rule("x", "", Some(percent))),
        Just(rule("x", "canary", None)),
        Just(rule("x", "large canary", None)),
    ];
    proptest::collection::vec(one, 0..5).prop_map(|mut rules| {
        for (at, rule) in rules.iter_mut().enumerate() {
            rule.name = format!("wave-{at}");
        }
        rules.push(rule("rest", "", None));
        rules
    })
}

proptest! {
    #[test]
    fn each_clinic_is_in_exactly_one_wave(rules in rules(), count in 0_usize..30) {
        prop_assert!(count < 3 || check_waves(&rules, &fleet(count)).is_empty());
        let found = waves(&rules, &fleet(count));
        prop_assert_eq!(found.len(), rules.len());
        let mut all: Vec<String> = found.into_iter().flat_map(|wave| wave.clinics).collect();
        all.sort();
        let expected: Vec<String> = fleet(count).into_iter().map(|clinic| clinic.id).collect();
        prop_assert_eq!(all, expected);
    }
}
