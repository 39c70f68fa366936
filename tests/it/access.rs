//! Who holds what: which rows are told, and what is said of each.

use std::collections::BTreeSet;

use accuroform::desired::desired;
use accuroform::finding::{Access, AccessInputs, AccessRow, Kind, access};
use accuroform::journal::Applied;
use accuroform::live::Providers;
use accuroform::plan::Targets;
use jiff::civil::date;
use jiff::tz::TimeZone;

use crate::world::{OCEAN, World, key, manifest};

fn seen(world: &World, text: &str) -> Access {
    let plan = world.plan_within(text, &Targets::default());
    let (manifest, _) = manifest(text);
    access(AccessInputs {
        applied: &Applied::new(),
        live: &world.live,
        desired: &desired(&manifest, &world.live),
        unread: &plan.unread,
        today: date(2026, 6, 1),
        days: 30,
        zone: &TimeZone::UTC,
    })
}

fn row(access: &Access, office: u64, provider: u64) -> &AccessRow {
    access.users[0].rows.iter().find(|row| row.key == key(office, provider)).unwrap()
}

fn kinds(access: &Access, provider: u64) -> BTreeSet<Kind> {
    row(access, 1, provider).kinds()
}

const ALL: &str = "users: [{profile: ocean, all_offices: true}]\n";

#[test]
fn each_row_is_told_with_what_is_found_of_it() {
    let people = [(1, "A, A"), (2, "B, B"), (3, "C, C"), (4, "D, D"), (5, "E, E"), (6, "F, F")];
    let world = World::new()
        .office(1, "Main Street", &people)
        .row(1, 1, OCEAN)
        .row(1, 2, &format!("{OCEAN} inbox"))
        .row(1, 3, "patient / 2026-07-01")
        .row(1, 4, &format!("{OCEAN} / 2026-07-02"))
        .row(1, 5, &format!("{OCEAN} / 2026-05-31"))
        .row(1, 7, "labs");
    let text =
        "users: [{profile: ocean, offices: [{id: 1, all_providers: true, except: [{id: 6}]}]}]\n";
    let found = seen(&world, text);
    let is = |provider: u64, expected: &[Kind]| {
        assert_eq!(kinds(&found, provider), expected.iter().copied().collect(), "{provider}");
    };
    is(1, &[]);
    is(2, &[Kind::Excess]);
    is(3, &[Kind::Lacks, Kind::EndsSoon]);
    // The day after the last that is soon, and the manifest gives no end.
    is(4, &[Kind::Lacks]);
    is(5, &[Kind::Lacks, Kind::Ended]);
    // Left out on purpose, and holds nothing.
    is(6, &[]);
    // The directory does not list them, and they hold something all the same.
    is(7, &[Kind::Excess]);
    assert_eq!(found.users[0].rows.len(), 7);
    let words = &row(&found, 1, 3).since.words;
    assert_eq!(words, "not in our records", "no record claims nothing");
    assert_eq!(row(&found, 1, 6).since.words, "", "nothing is held since no day");
}

#[test]
fn a_plan_and_a_review_count_the_same_uncovered_rows() {
    let world = World::new()
        .office(1, "Main Street", &[(1, "A, A"), (2, "B, B")])
        .office(2, "Closed", &[(1, "A, A"), (2, "B, B"), (3, "C, C")])
        .with_office(2, |office| office.active = false)
        .row(2, 1, "")
        .row(2, 3, "labs");
    let text = "users: [{profile: ocean, offices: [{id: 1, providers: [{id: 1}]}]}]\n";
    let found = seen(&world, text);
    let rows = found.users[0].rows.iter();
    let reviewed = rows.filter(|row| row.kinds().contains(&Kind::Uncovered)).map(|row| row.key);
    let planned = world.plan(text).users[0].uncovered.clone();
    assert_eq!(reviewed.collect::<Vec<_>>(), planned);
    assert_eq!(planned, [key(1, 2), key(2, 3)]);
}

#[test]
fn the_same_provider_treated_differently_in_offices_is_uneven_be_it_meant_or_not() {
    let world = World::new()
        .office(1, "Main Street", &[(1, "A, A"), (2, "B, B")])
        .office(2, "Walk-in", &[(1, "A, A"), (2, "B, B")])
        .office(3, "North", &[(1, "A, A")])
        .row(1, 1, OCEAN)
        .row(2, 1, "labs")
        .row(1, 2, OCEAN)
        .row(2, 2, OCEAN);
    let found = seen(&world, ALL);
    let lines: Vec<String> =
        found.users[0].uneven.iter().map(|uneven| uneven.line(&found.names)).collect();
    let line = "A, A (1): Patient, Scheduling, Billing, EMR, Labs, Visible full in Main Street; Labs full in \
                Walk-in; nothing in North";
    assert_eq!(lines, [line]);
    assert!(row(&found, 3, 1).uneven && !row(&found, 1, 2).uneven);
    let meant = "profiles: {labs: {columns: {labs: full}}}\nusers: [{profile: ocean, offices: [{id: 1, \
                 all_providers: true}, {id: 2, providers: [{id: 1, profile: labs}]}]}]\n";
    let world = World::new()
        .office(1, "Main Street", &[(1, "A, A")])
        .office(2, "Walk-in", &[(1, "A, A")])
        .row(1, 1, OCEAN)
        .row(2, 1, "labs");
    let found = seen(&world, meant);
    assert!(found.users[0].uneven[0].as_written);
    assert!(found.users[0].uneven[0].line(&found.names).ends_with("(as the manifest says)"));
}

#[test]
fn of_an_office_that_was_not_read_only_what_the_grid_holds_is_told() {
    let world = World::new()
        .office(1, "Main Street", &[(1, "A, A"), (2, "B, B")])
        .office(2, "Walk-in", &[(1, "A, A")])
        .row(1, 1, &format!("{OCEAN} inbox / 2026-06-10"))
        .row(2, 1, OCEAN)
        .with_office(1, |office| office.providers = Providers::Unread("500".to_owned()));
    let found = seen(&world, ALL);
    assert_eq!(found.unread.len(), 1);
    assert_eq!(kinds(&found, 1), BTreeSet::from([Kind::Unread, Kind::EndsSoon]));
    let told: Vec<_> = found.users[0].rows.iter().map(|row| row.key).collect();
    assert_eq!(told, [key(1, 1), key(2, 1)], "who else is there is not known");
    assert!(found.users[0].uneven.is_empty(), "nothing is compared with what is not known");
}
