//! Laws of import over random clinics: what is imported says what is there, whichever way it is managed;
//! it says so again when it is imported again; and it is short.

use std::collections::{BTreeMap, BTreeSet};

use accuroform::import::{Imported, Settings, found, import, keep_reasons, must_be_same};
use accuroform::live::Snapshot;
use accuroform::manifest::{self, Management, Manifest, format, with_sections};
use accuroform::model::{Cells, Column, Columns, Level};
use jiff::civil::date;
use proptest::prelude::*;

use super::world::{HEAD, World, cells, key};

pub(crate) const USER: &str = "OceanAPILAKESIDE";

/// The manifest before it is imported.
const BEFORE: &str = "users: [{profile: ocean, all_offices: true}]\n";

/// Imports into a manifest; gives the new text and what was imported. Every import is checked.
pub(crate) fn import_into(
    text: &str,
    live: &Snapshot,
    management: Option<Management>,
) -> (String, Imported) {
    let (before, own_profiles) = load(text);
    let mut users: Vec<_> = live.grids.iter().map(|(name, _)| found(live, name).unwrap()).collect();
    keep_reasons(&mut users, &before, live);
    let settings = Settings {
        manifest: &before,
        own_profiles: &own_profiles,
        needed_profiles: &BTreeSet::new(),
        inherits: false,
        today: date(2026, 11, 24),
        management,
    };
    let imported = import(settings, &users, &live.directory.names()).unwrap();
    let new = [("profiles", imported.profiles.as_deref()), ("users", Some(&*imported.users))];
    let text = with_sections(text, &new).unwrap();
    let (after, _) = load(&text);
    if let Err(difference) = must_be_same(&after, live, &users) {
        panic!("{difference}\n{text}");
    }
    assert_eq!(format(&text).unwrap(), text, "the canonical form");
    (text, imported)
}

/// A manifest, and the profiles that its file writes.
fn load(text: &str) -> (Manifest, BTreeSet<String>) {
    let loaded = manifest::load("clinic.yaml", text.as_bytes(), None);
    let own = loaded.source.own_profiles();
    let manifest = loaded.manifest.unwrap_or_else(|| panic!("{:#?}\n{text}", loaded.findings));
    (manifest, own)
}

/// What a world's import says under `users:` and `profiles:`.
pub(crate) fn imported(world: &World) -> String {
    let (text, _) = import_into(&format!("{HEAD}{BEFORE}"), &world.live, None);
    text.strip_prefix(HEAD).unwrap().to_owned()
}

/// Contents that repeat, as those of a clinic do.
fn content() -> impl Strategy<Value = Cells> {
    let level = prop_oneof![Just(Level::None), Just(Level::ReadOnly), Just(Level::Full)];
    let any = proptest::collection::vec(level, 9)
        .prop_map(|levels| Column::ALL.into_iter().zip(levels).collect::<Columns>())
        .prop_map(|columns| Cells::new(columns, None));
    let fixed = |text: &'static str| Just(cells(text));
    prop_oneof![
        6 => fixed("patient scheduling billing emr labs visible"),
        2 => fixed("patient scheduling billing inbox emr labs visible"),
        2 => fixed("patient scheduling visible"),
        1 => fixed("patient scheduling billing emr labs visible / 2027-01-31"),
        1 => fixed("patient scheduling visible / 2025-01-31"),
        1 => fixed(""),
        2 => any,
    ]
}

#[derive(Debug, Clone)]
struct Drawn {
    /// Of each office: whether it is active, and its providers with what they hold, if they have a row.
    offices: Vec<(bool, BTreeMap<u64, Option<Cells>>)>,
    /// Rows of people whom the office does not list.
    unlisted: BTreeMap<(u64, u64), Cells>,
    exact: bool,
}

/// A clinic in which a rule can name something that is granted.
fn drawn() -> impl Strategy<Value = Drawn> {
    let row = prop_oneof![4 => content().prop_map(Some), 1 => Just(None)];
    let office =
        (prop::bool::weighted(0.85), proptest::collection::btree_map(1..=7_u64, row, 0..7));
    let unlisted = proptest::collection::btree_map((1..=5_u64, 90..93_u64), content(), 0..2);
    (proptest::collection::vec(office, 1..5), unlisted, any::<bool>())
        .prop_map(|(offices, unlisted, exact)| Drawn { offices, unlisted, exact })
        .prop_filter("something is granted", |drawn| {
            let mut rows = drawn.offices.iter().flat_map(|(_, providers)| providers.values());
            rows.any(|row| row.is_some_and(|cells| !cells.is_nothing()))
        })
}

fn build(drawn: &Drawn) -> World {
    let mut world = World::new();
    for (at, (active, providers)) in drawn.offices.iter().enumerate() {
        let id = at as u64 + 1;
        // Two of them have one name.
        let people: Vec<(u64, String)> =
            providers.keys().map(|id| (*id, format!("P{}, A", id / 2))).collect();
        let people: Vec<_> = people.iter().map(|(id, name)| (*id, name.as_str())).collect();
        world = world.office(id, "Office", &people).with_office(id, |it| it.active = *active);
    }
    let listed = drawn.offices.iter().enumerate().flat_map(|(at, (_, providers))| {
        providers.iter().filter_map(move |(id, row)| Some(((at as u64 + 1, *id), (*row)?)))
    });
    for ((office, provider), content) in listed.chain(drawn.unlisted.clone()) {
        world = world.row(office, provider, "visible");
        let row = world.rows().iter_mut().find(|row| row.key == key(office, provider)).unwrap();
        row.cells = content;
    }
    world
}

/// The lines of what is imported.
fn lines(text: &str) -> usize {
    text.lines().count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn import_then_plan_is_empty_and_import_again_gives_the_same_bytes(drawn in drawn()) {
        let world = build(&drawn);
        let management = if drawn.exact { Management::Exact } else { Management::Additive };
        let (first, _) = import_into(&format!("{HEAD}{BEFORE}"), &world.live, Some(management));
        prop_assert!(world.plan(first.strip_prefix(HEAD).unwrap()).is_empty());
        let (again, imported) = import_into(&first, &world.live, None);
        prop_assert_eq!(&again, &first);
        prop_assert!(imported.keeps_profiles);
    }

    #[test]
    fn an_import_is_never_longer_than_a_list_of_every_row(drawn in drawn()) {
        let world = build(&Drawn { unlisted: BTreeMap::new(), ..drawn });
        let text = imported(&world);
        let users = found(&world.live, USER).unwrap();
        // A profile, then an office and its providers, each with whatever it may have to say.
        let offices = users.offices.values().filter(|office| !office.rows.is_empty()).count();
        let most = 9 + offices * 2 + users.rows().len() * 4 + users.offices.len();
        prop_assert!(lines(&text) <= most, "{} > {most}\n{text}", lines(&text));
    }

    #[test]
    fn a_clinic_of_one_profile_has_no_entries(
        offices in proptest::collection::vec(proptest::collection::btree_set(1..9_u64, 1..6), 1..4),
        content in content().prop_filter("something", |cells| !cells.is_nothing()),
    ) {
        let holding = |set: &BTreeSet<u64>| {
            set.iter().map(|id| (*id, Some(content))).collect()
        };
        let offices = offices.iter().map(|set| (true, holding(set))).collect();
        let drawn = Drawn { offices, unlisted: BTreeMap::new(), exact: false };
        let text = imported(&build(&drawn));
        let users = text.split("users:\n").nth(1).unwrap();
        prop_assert!(users.contains("    all_offices: true\n"), "{text}");
        prop_assert!(!users.contains("offices:\n") && !users.contains("except"), "{text}");
        prop_assert!(!users.contains("columns"), "{text}");
    }
}
