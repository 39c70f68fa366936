//! Laws of planning over random clinics and manifests.

use std::collections::BTreeMap;

use accuroform::model::{Cells, Column, Columns, Level};
use accuroform::plan::{Target, Targets};
use proptest::prelude::*;

use crate::world::{World, key};

const OFFICES: u64 = 3;
const PROVIDERS: u64 = 5;

fn level() -> impl Strategy<Value = Level> {
    prop_oneof![Just(Level::None), Just(Level::ReadOnly), Just(Level::Full)]
}

fn content() -> impl Strategy<Value = Cells> {
    let columns = proptest::collection::vec(level(), 9)
        .prop_map(|levels| Column::ALL.into_iter().zip(levels).collect::<Columns>());
    let until = proptest::option::of((2026_i16..2029, 1_i8..13));
    (columns, until).prop_map(|(columns, until)| {
        let until = until.map(|(year, month)| format!("{year}-{month:02}-15").parse().unwrap());
        Cells::new(columns, until)
    })
}

/// Contents of some of the rows, by office and provider.
pub(crate) fn grid() -> impl Strategy<Value = BTreeMap<(u64, u64), Cells>> {
    proptest::collection::btree_map((1..=OFFICES, 1..=PROVIDERS), content(), 0..12)
}

pub(crate) fn world(grid: &BTreeMap<(u64, u64), Cells>) -> World {
    let people: Vec<(u64, String)> = (1..=PROVIDERS).map(|id| (id, format!("P{id}, A"))).collect();
    let people: Vec<(u64, &str)> = people.iter().map(|(id, name)| (*id, name.as_str())).collect();
    let mut world = (1..=OFFICES).fold(World::new(), |world, office| {
        world.office(office, &format!("Office {office}"), &people)
    });
    for ((office, provider), cells) in grid {
        world = world.row(*office, *provider, "visible");
        let row = world.rows().iter_mut().find(|row| row.key == key(*office, *provider)).unwrap();
        row.cells = *cells;
    }
    world
}

/// A manifest that writes exactly these rows, each as an override. Protected columns have a reason.
pub(crate) fn manifest(rows: &BTreeMap<(u64, u64), Cells>, management: &str) -> String {
    let mut text = format!(
        "profiles: {{base: {{columns: {{visible: full}}, reason: a law}}}}\nusers:\n  - name: OceanAPILAKESIDE\n    profile: base\n    management: {management}\n    offices:\n"
    );
    for office in 1..=OFFICES {
        let rows: Vec<_> = rows.iter().filter(|((at, _), _)| *at == office).collect();
        if rows.is_empty() {
            // Managed, and nothing in it is written.
            text +=
                &format!("      - id: {office}\n        all_providers: true\n        except: [");
            let all: Vec<String> = (1..=PROVIDERS).map(|id| format!("{{id: {id}}}")).collect();
            text += &format!("{}]\n", all.join(", "));
            continue;
        }
        text += &format!("      - id: {office}\n        providers:\n");
        for ((_, provider), cells) in rows {
            let columns: Vec<String> = cells
                .columns()
                .iter()
                .map(|(column, level)| format!("{}: {level}", column.key()))
                .collect();
            text += &format!("          - {{id: {provider}, columns: {{{}}}", columns.join(", "));
            if let Some(until) = cells.until() {
                text += &format!(", until: {until}");
            }
            text += "}\n";
        }
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn apply_then_plan_is_empty(live in grid(), wanted in grid(), exact in any::<bool>()) {
        let manifest = manifest(&wanted, if exact { "exact" } else { "additive" });
        let mut world = world(&live);
        let plan = world.plan(&manifest);
        world.apply(&plan);
        prop_assert!(world.plan(&manifest).is_empty());
    }

    #[test]
    fn additive_never_lowers_a_cell_or_a_date_and_ends_at_least_at_the_manifest(
        live in grid(),
        wanted in grid(),
    ) {
        let mut world = world(&live);
        let before = world.contents();
        let plan = world.plan(&manifest(&wanted, "additive"));
        world.apply(&plan);
        let after = world.contents();
        for (key, cells) in &before {
            prop_assert_eq!(cells.count_above(after[key]), 0);
        }
        for ((office, provider), cells) in wanted.iter().filter(|(_, cells)| !cells.is_nothing()) {
            prop_assert_eq!(cells.count_above(after[&key(*office, *provider)]), 0);
        }
    }

    #[test]
    fn exact_makes_the_grid_equal_to_the_manifest(live in grid(), wanted in grid()) {
        let mut world = world(&live);
        let plan = world.plan(&manifest(&wanted, "exact"));
        world.apply(&plan);
        let wanted: BTreeMap<_, _> = wanted
            .into_iter()
            .filter(|(_, cells)| !cells.is_nothing())
            .map(|((office, provider), cells)| (key(office, provider), cells))
            .collect();
        prop_assert_eq!(world.contents(), wanted);
    }

    #[test]
    fn there_and_back_restores(a in grid(), b in grid()) {
        let mut world = world(&a);
        let before = world.contents();
        let there = world.plan(&manifest(&b, "exact"));
        world.apply(&there);
        let back = world.plan(&manifest(&a, "exact"));
        world.apply(&back);
        prop_assert_eq!(world.contents(), before);
        prop_assert_eq!(there.summary().cells, back.summary().cells);
    }

    #[test]
    fn targets_touch_nothing_else_and_all_targets_together_do_everything(
        live in grid(),
        wanted in grid(),
        office in 1..=OFFICES,
    ) {
        let manifest = manifest(&wanted, "exact");
        let mut world = world(&live);
        let whole = world.plan(&manifest);
        let target = vec![Target::Office(accuroform::model::OfficeId(office))];
        let only = Targets { only: target.clone(), except: Vec::new() };
        let rest = Targets { only: Vec::new(), except: target };
        let one = world.plan_within(&manifest, &only);
        let others = world.plan_within(&manifest, &rest);
        prop_assert!(one.users[0].changes.iter().all(|change| change.key.office.0 == office));
        prop_assert!(others.users[0].changes.iter().all(|change| change.key.office.0 != office));
        world.apply(&one);
        world.apply(&others);
        prop_assert!(world.plan(&manifest).is_empty());
        prop_assert_eq!(
            whole.summary().cells,
            one.summary().cells + others.summary().cells
        );
    }
}
