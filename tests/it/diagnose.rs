//! Laws of a diagnosis, without sockets: what it lists is what the grid lacks, no more and no less, and what it
//! proposes mends exactly that.

use std::collections::BTreeSet;

use accuroform::bridge::{Site, SiteProvider};
use accuroform::desired::desired;
use accuroform::diagnose::{
    Diagnosis, Inputs, LastWrite, OceanRead, Remedy, Text, TickedRows, Unmended, diagnose, mend,
};
use accuroform::finding::{Kind, Origin, Symptom};
use accuroform::live::{Grid, Providers};
use accuroform::model::{Column, Level, ProviderId, RowKey, UserId};
use accuroform::plan::{Plan, Targets};
use proptest::prelude::*;

use crate::plan_laws;
use crate::world::{HEAD, OCEAN, World, cells, key, manifest};

/// A clinic whose Ocean is right about everybody: selected, booked and shown.
struct Scene {
    world: World,
    site: Result<Site, String>,
    list: Result<Vec<SiteProvider>, String>,
    last_write: Result<LastWrite, String>,
    ticked: TickedRows,
}

impl Scene {
    fn new(world: World) -> Self {
        let offices = world.live.directory.offices.values();
        let people: BTreeSet<ProviderId> = offices
            .flat_map(|office| match &office.providers {
                Providers::Read(providers) => providers.keys().copied().collect(),
                Providers::Unread(_) => Vec::new(),
            })
            .collect();
        let listed = |id| SiteProvider {
            id,
            name: String::new(),
            selected: true,
            on_patients_page: true,
            appointments: 3,
        };
        Self {
            world,
            site: Ok(Site {
                emr_user: Some("oceanapiLAKESIDE".to_owned()),
                running: None,
                last_full: Some("2026-11-20T14:00:00Z".to_owned()),
                last_recent: None,
            }),
            list: Ok(people.into_iter().map(listed).collect()),
            last_write: Ok(LastWrite::default()),
            ticked: TickedRows::default(),
        }
    }

    fn with(mut self, id: u64, change: impl Fn(&mut SiteProvider)) -> Self {
        let list = self.list.as_mut().unwrap();
        change(list.iter_mut().find(|one| one.id == ProviderId(id)).unwrap());
        self
    }

    fn diagnose(&self, rest: &str, symptom: Option<Symptom>) -> (Diagnosis, Plan) {
        let Self { site, list, .. } = self;
        self.diagnose_over(Ok(OceanRead { site, list }), rest, symptom)
    }

    fn diagnose_over(
        &self,
        ocean: Result<OceanRead<'_>, &str>,
        rest: &str,
        symptom: Option<Symptom>,
    ) -> (Diagnosis, Plan) {
        let (plan, wanted) = self.world.planned(rest, &Targets::default());
        let found = diagnose(Inputs {
            live: &self.world.live,
            desired: &wanted,
            plan: &plan,
            ocean,
            last_write: &self.last_write,
            ticked: &self.ticked,
            symptom,
            provider: None,
            now: "2025-06-01T12:00:00Z".parse().unwrap(),
            today: "2025-06-01".parse().unwrap(),
        });
        (found, plan)
    }

    /// What is proposed for a manifest.
    fn mended(&self, rest: &str) -> Option<String> {
        let (found, plan) = self.diagnose(rest, None);
        let text = format!("{HEAD}{rest}");
        let text = Text { name: "clinic.yaml", text: &text };
        mend(text, &self.world.live, &plan, &found, &|_| true)
            .text
            .map(|text| text.strip_prefix(HEAD).unwrap().to_owned())
    }

    #[track_caller]
    fn assert_mended(&self, before: &str, after: &str) {
        assert_eq!(self.mended(before).as_deref(), Some(after));
    }
}

/// What the listed rows lack, by row and column.
fn listed(found: &Diagnosis) -> BTreeSet<(RowKey, Column, Level)> {
    let rows = found.providers.iter().flat_map(|one| &one.rows);
    rows.flat_map(|row| row.lacks.iter().map(|(column, level)| (row.key, *column, *level)))
        .collect()
}

/// What the grid lacks, counted by another way.
fn lacking(world: &mut World) -> BTreeSet<(RowKey, Column, Level)> {
    let contents = world.contents();
    let mut lacking = BTreeSet::new();
    for (office, listed) in &world.live.directory.offices {
        let Providers::Read(providers) = &listed.providers else { continue };
        for provider in providers.keys() {
            let key = RowKey { office: *office, provider: *provider };
            for name in OCEAN.split(' ') {
                let column = Column::from_key(name).unwrap();
                let level =
                    contents.get(&key).map_or(Level::None, |cells| cells.columns().get(column));
                if level != Level::Full {
                    lacking.insert((key, column, level));
                }
            }
        }
    }
    lacking
}

fn kinds(found: &Diagnosis, id: u64) -> Vec<Kind> {
    let one = found.providers.iter().find(|one| one.id == ProviderId(id));
    one.map_or_else(Vec::new, |one| one.causes.iter().map(|cause| cause.kind).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn what_is_listed_is_what_the_grid_lacks(live in plan_laws::grid(), wanted in plan_laws::grid()) {
        let scene = Scene::new(plan_laws::world(&live));
        let (found, plan) = scene.diagnose(&plan_laws::manifest(&wanted, "additive"), None);
        let mut world = scene.world.clone();
        prop_assert_eq!(listed(&found), lacking(&mut world));
        // What an apply is said to write, it writes.
        world.apply(&plan);
        let left = lacking(&mut world);
        let is_left = |key| left.iter().any(|(at, _, _)| *at == key);
        for row in found.providers.iter().flat_map(|one| &one.rows) {
            prop_assert_eq!(row.remedy == Remedy::Manifest, is_left(row.key));
        }
    }

    #[test]
    fn what_is_proposed_and_applied_leaves_nothing_to_find(
        live in plan_laws::grid(),
        wanted in plan_laws::grid(),
    ) {
        let mut scene = Scene::new(plan_laws::world(&live));
        let before = plan_laws::manifest(&wanted, "additive");
        let after = scene.mended(&before);
        let (found, _) = scene.diagnose(&before, None);
        prop_assert_eq!(after.is_some(), found.rows(Remedy::Manifest).next().is_some());
        let after = after.unwrap_or(before);
        let plan = scene.world.plan(&after);
        scene.world.apply(&plan);
        prop_assert!(scene.diagnose(&after, None).0.is_empty(), "{}", after);
    }

    #[test]
    fn under_exact_management_nothing_else_is_lowered_or_raised(
        live in plan_laws::grid(),
        wanted in plan_laws::grid(),
    ) {
        let scene = Scene::new(plan_laws::world(&live));
        let before = plan_laws::manifest(&wanted, "exact");
        if let Some(after) = scene.mended(&before) {
            let (mut one, mut two) = (scene.world.clone(), scene.world.clone());
            one.apply(&scene.world.plan(&before));
            two.apply(&scene.world.plan(&after));
            let (one, two) = (one.contents(), two.contents());
            let (found, _) = scene.diagnose(&before, None);
            for (key, cells) in &two {
                let was = one.get(key).copied().unwrap_or_default();
                let row = found.rows(Remedy::Manifest).find(|row| row.key == *key);
                let lacks = row.map_or(0, |row| u32::try_from(row.lacks.len()).unwrap());
                prop_assert!(was.count_above(*cells) == 0 && cells.count_above(was) <= lacks);
            }
            prop_assert!(one.keys().all(|key| two.contains_key(key)));
        }
    }
}

fn two_offices() -> World {
    World::new()
        .office(1, "Main Street", &[(1, "Singh, Anita"), (2, "Roy, Marc")])
        .office(2, "Walk-in", &[(1, "Singh, Anita")])
        .row(1, 1, OCEAN)
        .row(1, 2, OCEAN)
        .row(2, 1, OCEAN)
}

const ALL: &str = "users: [{profile: ocean, all_offices: true}]\n";

#[test]
fn a_clinic_in_order_has_nothing_to_find() {
    let (found, _) = Scene::new(two_offices()).diagnose(ALL, None);
    assert!(found.is_empty() && found.unread.is_empty(), "{found:#?}");
    assert_eq!((found.user.as_deref(), found.is_sites_word), (Some("OceanAPILAKESIDE"), true));
}

#[test]
fn what_is_no_permission_is_found_with_its_evidence() {
    let absent = |one: &mut SiteProvider| one.on_patients_page = false;
    let (found, _) = Scene::new(two_offices())
        .with(1, |one| {
            absent(one);
            one.selected = false;
        })
        .with(2, |one| {
            absent(one);
            one.appointments = 0;
        })
        .diagnose(ALL, Some(Symptom::MissingProvider));
    assert_eq!(kinds(&found, 1), [Kind::NotSelected]);
    assert_eq!(kinds(&found, 2), [Kind::NothingBooked]);
    let (found, _) = Scene::new(two_offices()).with(2, absent).diagnose(ALL, None);
    assert_eq!(kinds(&found, 2), [Kind::Unexplained]);
    // A count of 0 may be the effect where a row is not right, and nothing is unexplained while a sync runs.
    let world = two_offices().row(1, 2, "patient");
    let booked = |one: &mut SiteProvider| {
        absent(one);
        one.appointments = 0;
    };
    let (found, _) = Scene::new(world).with(2, booked).diagnose(ALL, None);
    assert_eq!(kinds(&found, 2), [Kind::ZeroCounted]);
    let cause = &found.providers.iter().find(|one| one.id == ProviderId(2)).unwrap().causes[0];
    assert_eq!(cause.origin, Origin::Assumed, "no vendor says so");
    let mut scene = Scene::new(two_offices()).with(2, absent);
    scene.site.as_mut().unwrap().running = Some(None);
    let (found, _) = scene.diagnose(ALL, None);
    assert_eq!((kinds(&found, 2), found.sync[0].kind), (vec![], Kind::SyncRunning));
}

#[test]
fn a_journal_that_cannot_be_read_is_unknown_and_no_write_at_all_is_not_taken_from_it() {
    let mut scene = Scene::new(two_offices()).with(2, |one| one.on_patients_page = false);
    scene.last_write = Err("a line is damaged".to_owned());
    let (found, _) = scene.diagnose(ALL, None);
    assert_eq!(found.unread, ["the journal could not be read: a line is damaged"]);
    assert_eq!(kinds(&found, 2), [], "it may be that no sync was run since the last write");
}

#[test]
fn who_is_not_in_oceans_list_and_who_is_on_the_page_are_told_apart() {
    let mut scene = Scene::new(two_offices().row(1, 2, "patient"));
    scene.list.as_mut().unwrap().retain(|one| one.id == ProviderId(2));
    let (found, _) = scene.diagnose(ALL, Some(Symptom::MissingProvider));
    assert_eq!(kinds(&found, 1), [Kind::NotListed]);
    assert!(found.providers.iter().all(|one| one.id != ProviderId(2)), "on the page: {found:#?}");
    let (found, _) = scene.diagnose(ALL, Some(Symptom::CannotConfirm));
    let row = &found.providers[0].rows[0];
    assert!(!row.likely.contains(&Symptom::MissingProvider), "on the page: {row:?}");
    assert!(row.likely.contains(&Symptom::CannotConfirm));
}

#[test]
fn what_could_not_be_read_is_unknown_and_never_missing() {
    let mut scene = Scene::new(two_offices().with_office(2, |office| {
        office.providers = Providers::Unread("503".to_owned());
    }));
    scene.list = Err("no answer".to_owned());
    let (found, _) = scene.diagnose(ALL, None);
    assert_eq!(found.unread.len(), 2, "{found:#?}");
    assert!(listed(&found).is_empty() && found.providers.is_empty(), "{found:#?}");
    let unread = World::new().office(1, "Main Street", &[(1, "Singh, Anita")]);
    let scene = Scene::new(unread.grid(Grid::Unread("503".to_owned())));
    let (found, _) = scene.diagnose(ALL, None);
    assert_eq!(found.unread, ["the grid of OceanAPILAKESIDE could not be read: 503"]);
    assert!(listed(&found).is_empty(), "{found:#?}");
}

#[test]
fn where_nobody_asks_ocean_the_journal_is_known_and_nothing_is_excluded() {
    let mut scene = Scene::new(two_offices());
    let (found, _) = scene.diagnose_over(Err("a person looks at it"), ALL, None);
    assert_eq!(found.unread.len(), 1, "said once: {:?}", found.unread);
    assert!(found.unread[0].starts_with("Ocean is not read") && found.is_empty());
    // Who is selected and what is booked may still be why somebody is missing.
    let of_the_schedule = [Symptom::MissingProvider, Symptom::MissingBookings];
    assert_eq!(found.symptoms(), BTreeSet::from(of_the_schedule));
    let waits = Some((Kind::SyncAsked, "asked".to_owned()));
    scene.last_write = Ok(LastWrite { at: None, owes_sync: true, waits });
    let (found, _) = scene.diagnose_over(Err("a person looks at it"), ALL, None);
    assert_eq!(found.sync.iter().map(|cause| cause.kind).collect::<Vec<_>>(), [Kind::SyncAsked]);
    // A site that does not answer makes what the journal says no less true.
    scene.last_write = Ok(LastWrite { owes_sync: true, ..LastWrite::default() });
    scene.site = Err("503".to_owned());
    let (found, _) = scene.diagnose(ALL, None);
    assert_eq!(found.sync.iter().map(|cause| cause.kind).collect::<Vec<_>>(), [Kind::NotSynced]);
}

#[test]
fn what_was_read_of_a_row_before_it_was_ticked_is_not_told() {
    let mut scene = Scene::new(two_offices().row(1, 2, "patient").row(2, 1, "patient"));
    scene.ticked = TickedRows {
        unread: BTreeSet::from([("OceanAPILAKESIDE".to_owned(), key(2, 1))]),
        unread_words: Some("1 row is ticked".to_owned()),
        wrong: Vec::new(),
    };
    let (found, _) = scene.diagnose(ALL, None);
    let rows: Vec<RowKey> =
        found.providers.iter().flat_map(|one| &one.rows).map(|r| r.key).collect();
    assert_eq!(rows, [key(1, 2)], "the other is unknown");
    assert_eq!(found.unread, ["1 row is ticked"]);
    assert!(!found.known.grid);
}

#[test]
fn a_wrong_a_missing_and_an_inactive_user_come_first() {
    let mut scene = Scene::new(two_offices());
    scene.site.as_mut().unwrap().emr_user = Some("Somebody".to_owned());
    let (found, _) = scene.diagnose(ALL, None);
    assert_eq!((found.obstacles[0].code, found.user.as_ref()), ("G005", None));
    assert!(listed(&found).is_empty());
    let scene = Scene::new(two_offices().grid(Grid::NoUser));
    assert_eq!(scene.diagnose(ALL, None).0.obstacles[0].code, "N007");
    let inactive =
        Grid::Read { user: UserId(77), active: false, rows: Vec::new(), unread: BTreeSet::new() };
    let scene = Scene::new(two_offices().grid(inactive));
    let (found, _) = scene.diagnose(ALL, None);
    assert_eq!(found.obstacles[0].code, "N009");
    assert_eq!(found.rows(Remedy::Blocked).count(), 3, "nothing is planned for the user");
}

#[test]
fn dates_that_passed_or_come_soon_are_told_with_what_mends_them() {
    let world = || two_offices().row(1, 1, &format!("{OCEAN} / 2025-05-31"));
    let (found, _) = Scene::new(world()).diagnose(ALL, None);
    let row = &found.providers[0].rows[0];
    assert_eq!((row.ends.unwrap().0, row.remedy), (Kind::Ended, Remedy::Apply));
    let dated = "users: [{profile: ocean, all_offices: true, until: 2025-06-20}]\n";
    let soon = World::new().office(1, "Main Street", &[(1, "Singh, Anita")]).row(
        1,
        1,
        &format!("{OCEAN} / 2025-06-20"),
    );
    let (found, _) = Scene::new(soon).diagnose(dated, None);
    let row = &found.providers[0].rows[0];
    assert_eq!((row.ends.unwrap().0, row.remedy), (Kind::EndsSoon, Remedy::Date));
    assert!(row.lacks.is_empty() && row.likely.is_empty(), "nothing is broken yet: {row:?}");
}

#[test]
fn the_proposal_is_the_fewest_lines_in_the_form_that_is_there() {
    let bare = || {
        World::new()
            .office(1, "Main Street", &[(1, "Singh, Anita"), (2, "Roy, Marc")])
            .office(2, "Walk-in", &[(1, "Singh, Anita")])
            .row(1, 1, OCEAN)
            .row(1, 2, OCEAN)
    };
    // An office that no rule covers.
    Scene::new(bare()).assert_mended(
        "users:\n  - profile: ocean\n    offices:\n      - {id: 1, all_providers: true}\n",
        "users:\n  - profile: ocean\n    offices:\n      - {id: 1, all_providers: true}\n      - {id: 2, name: \"Walk-in\", all_providers: true}\n",
    );
    // One provider of an office.
    Scene::new(bare().row(2, 1, OCEAN).row(1, 2, "patient")).assert_mended(
        "users:\n  - profile: ocean\n    offices:\n      - {id: 1, providers: [{id: 1}]}\n      - {id: 2, all_providers: true}\n",
        "users:\n  - profile: ocean\n    offices:\n      - {id: 1, providers: [{id: 1}, {id: 2, name: \"Roy, Marc\"}]}\n      - {id: 2, all_providers: true}\n",
    );
    // A profile of one's own that grants too little.
    Scene::new(World::new().office(1, "A", &[(1, "Singh, Anita")]).row(1, 1, "patient scheduling billing emr visible"))
        .assert_mended(
            "profiles: {mine: {columns: {patient: full}}}\nusers: [{name: OceanAPILAKESIDE, profile: mine, all_offices: true}]\n",
            "profiles: {mine: {columns: {patient: full, labs: full}}}\nusers: [{name: OceanAPILAKESIDE, profile: mine, all_offices: true}]\n",
        );
    // An exception.
    Scene::new(bare().row(2, 1, OCEAN).row(1, 2, "patient")).assert_mended(
        "users: [{profile: ocean, all_offices: true, offices: [{id: 1, except: [{name: \"Roy, Marc\"}]}]}]\n",
        "users: [{profile: ocean, all_offices: true, offices: [{id: 1}]}]\n",
    );
    // An override.
    Scene::new(bare().row(2, 1, OCEAN).row(1, 2, "patient scheduling billing emr visible")).assert_mended(
        "users:\n  - profile: ocean\n    all_offices: true\n    offices:\n      - id: 1\n        providers:\n          - id: 2\n            columns: {labs: none} \n",
        "users:\n  - profile: ocean\n    all_offices: true\n    offices:\n      - id: 1\n        providers:\n          - id: 2\n            columns: {labs: full} \n",
    );
}

#[test]
fn where_an_edit_would_do_more_than_is_missing_none_is_proposed() {
    // The exception leaves the whole office out, and only one of its providers lacks anything.
    let world = two_offices().row(1, 2, "patient inbox");
    let scene = Scene::new(world.clone());
    let left_out = "users: [{profile: ocean, all_offices: true, except: [{id: 1}]}]\n";
    assert_eq!(scene.mended(left_out), None);
    // Under exact management a rule for the row would take its inbox away.
    let exact = "users: [{profile: ocean, management: exact, offices: [{id: 1, providers: [{id: 1}]}, {id: 2, all_providers: true}]}]\n";
    let (_, plan) = scene.diagnose(exact, None);
    assert_eq!(plan.summary().revoke, 1);
    assert_eq!(scene.mended(exact).map(|text| scene.world.plan(&text).summary().revoke), None);
    // Where nothing is missing in the manifest, nothing is proposed.
    assert_eq!(scene.mended(ALL), None);
    let (manifest, _) = manifest(left_out);
    assert!(desired(&manifest, &scene.world.live).findings.is_empty());
    assert_eq!(scene.world.clone().contents()[&key(1, 2)], cells("patient inbox"));
}

#[test]
fn more_edits_than_a_person_would_read_are_not_tried() {
    let names: Vec<(u64, String)> = (1..=201).map(|id| (id, format!("Person, No {id}"))).collect();
    let people: Vec<(u64, &str)> = names.iter().map(|(id, name)| (*id, name.as_str())).collect();
    let scene = Scene::new(World::new().office(1, "Main Street", &people));
    let excepted: Vec<String> = (1..=201).map(|id| format!("{{id: {id}}}")).collect();
    let rest = format!(
        "users: [{{profile: ocean, all_offices: true, except_providers: [{}]}}]\n",
        excepted.join(", ")
    );
    let (found, plan) = scene.diagnose(&rest, None);
    let text = format!("{HEAD}{rest}");
    let text = Text { name: "clinic.yaml", text: &text };
    let mended = mend(text, &scene.world.live, &plan, &found, &|_| panic!("it was tried"));
    assert_eq!((mended.text, mended.left.len()), (None, 201));
    assert!(mended.left.iter().all(|(_, why)| *why == Unmended::TooMany));
}
