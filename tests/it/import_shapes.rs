//! Which form an import has, clinic by clinic.

use std::collections::BTreeSet;

use accuroform::import::{ImportError, found};
use accuroform::live::{Grid, Providers};
use accuroform::model::UserId;

use super::import_laws::{USER, import_into, imported};
use super::world::{HEAD, OCEAN, World};

fn clinic() -> World {
    World::new()
        .office(1, "Main Street", &[(10, "Singh, Anita"), (11, "Roy, Bo"), (12, "Lee, Kim")])
        .office(2, "Walk-in", &[(10, "Singh, Anita"), (20, "Chen, Wei")])
}

fn all(world: World, content: &str) -> World {
    [(1, 10), (1, 11), (1, 12), (2, 10), (2, 20)]
        .into_iter()
        .fold(world, |world, (office, provider)| world.row(office, provider, content))
}

#[test]
fn ocean_everywhere_is_two_lines() {
    assert_eq!(
        imported(&all(clinic(), OCEAN)),
        "users:\n  - profile: ocean\n    all_offices: true\n"
    );
}

#[test]
fn what_does_not_fit_is_written_out_beside_its_name() {
    let world = all(clinic(), OCEAN).row(1, 11, "patient scheduling labs=read-only / 2027-01-31");
    assert_eq!(
        imported(&world),
        "\
users:
  - profile: ocean
    all_offices: true
    offices:
      - id: 1  # Main Street
        providers:
          - id: 11  # Roy, Bo
            columns: {billing: none, emr: none, labs: read-only, visible: none}
            until: 2027-01-31
"
    );
}

#[test]
fn whoever_has_nothing_is_left_out() {
    let world = all(clinic(), OCEAN).row(2, 20, "");
    assert_eq!(
        imported(&world),
        "\
users:
  - profile: ocean
    all_offices: true
    except_providers:
      - id: 20  # Chen, Wei
"
    );
    let world = all(clinic(), OCEAN).row(2, 10, "").row(2, 20, "");
    assert_eq!(
        imported(&world),
        "\
users:
  - profile: ocean
    offices:
      - id: 1  # Main Street
        all_providers: true
",
        "as short as all offices but one, and it promises nothing to offices that are not there yet"
    );
}

#[test]
fn a_few_rows_are_a_list() {
    let world = clinic().row(1, 11, OCEAN);
    assert_eq!(
        imported(&world),
        "\
users:
  - profile: ocean
    offices:
      - id: 1  # Main Street
        providers:
          - id: 11  # Roy, Bo
"
    );
}

#[test]
fn a_protected_column_everywhere_is_a_profile_with_one_reason() {
    let world = all(clinic(), &format!("{OCEAN} inbox"));
    assert_eq!(
        imported(&world),
        "\
profiles:
  oceanapilakeside:
    columns: {patient: full, scheduling: full, billing: full, inbox: full, emr: full, labs: full, visible: full}
    reason: as found by import on 2026-11-24
users:
  - name: OceanAPILAKESIDE
    profile: oceanapilakeside
    all_offices: true
"
    );
}

#[test]
fn a_date_that_all_share_stands_once() {
    let world = all(clinic(), &format!("{OCEAN} / 2025-12-31"));
    let text = imported(&world);
    assert_eq!(
        text, "users:\n  - profile: ocean\n    until: 2025-12-31\n    all_offices: true\n",
        "also a date in the past"
    );
}

#[test]
fn a_closed_office_with_rows_is_named_and_one_without_is_not() {
    let closed = |world: World| world.with_office(2, |office| office.active = false);
    let text = imported(&closed(all(clinic(), OCEAN)));
    assert!(
        text.contains("    all_offices: true\n    offices:\n      - id: 2  # Walk-in\n"),
        "{text}"
    );
    let text = imported(&closed(all(clinic(), OCEAN).row(2, 10, "").row(2, 20, "")));
    assert!(!text.contains("id: 2"), "{text}");
}

#[test]
fn the_reason_of_an_office_or_a_user_stays_as_long_as_every_row_holds_what_it_explains() {
    let before = format!(
        "{HEAD}\
users:
  - profile: ocean
    all_offices: true
    reason: agreed in 2024
    offices:
      - id: 2
        columns: {{inbox: full}}
        reason: \"ticket 7\"
"
    );
    let inbox = format!("{OCEAN} inbox");
    let agreed = || all(clinic(), OCEAN).row(2, 10, &inbox).row(2, 20, &inbox);
    let reasons = |world: &World| -> Vec<String> {
        let (text, _) = import_into(&before, &world.live, None);
        let lines = text.lines().filter(|line| line.contains("reason:"));
        lines.map(|line| line.trim().to_owned()).collect()
    };
    assert_eq!(reasons(&agreed()), ["reason: agreed in 2024", "reason: ticket 7"]);
    let (text, _) = import_into(&before, &agreed().live, None);
    assert!(text.contains("      - id: 2  # Walk-in\n        columns: {inbox: full}\n"), "{text}");
    // One row of the office holds something else.
    assert_eq!(reasons(&agreed().row(2, 20, OCEAN)), ["reason: agreed in 2024"]);
    // One row that only the user's reason explains does.
    assert_eq!(reasons(&agreed().row(1, 12, "patient")), ["reason: ticket 7"]);
}

#[test]
fn a_row_of_somebody_whom_the_office_does_not_list_is_never_revoked() {
    // A list of providers would let exact management revoke the row: the office is covered as a whole.
    let world = clinic().row(1, 11, OCEAN).row(1, 99, OCEAN);
    let text = imported(&world);
    assert!(text.contains("all_offices: true\n    except_providers:"), "{text}");
    assert!(!text.contains("99") && !text.contains("    offices:"), "{text}");
    assert_eq!(found(&world.live, USER).unwrap().unlisted.len(), 1);
}

#[test]
fn a_name_cannot_leave_its_comment() {
    let evil = "x\n  - profile: evil\u{202e}, A";
    let world = World::new()
        .office(1, "yaml-language-server: $schema=http://evil", &[(10, evil), (11, "Roy, Bo")])
        .row(1, 11, OCEAN);
    let world = world.office(2, "b\r\n# c", &[(10, evil), (12, ", "), (13, "No, Body")]);
    let world = world.row(2, 10, OCEAN).row(2, 12, "labs");
    let text = imported(&world);
    assert!(text.contains("# \"yaml-language-server: $schema"), "{text}");
    assert!(text.contains("- id: 12\n"), "no name, no comment: {text}");
    assert!(text.contains("# x\\u{a}  - profile: evil\\u{202e}, A\n"), "{text}");
}

#[test]
fn what_is_not_known_is_not_imported() {
    let world = all(clinic(), OCEAN);
    let unread = world.clone().with_office(2, |it| it.providers = Providers::Unread("500".into()));
    let error = found(&unread.live, USER).unwrap_err();
    assert_eq!(error.to_string(), "the providers of Walk-in (2) could not be read: 500");
    assert_eq!(error.code(), "I001");
    let grid = |grid: Grid| found(&world.clone().grid(grid).live, USER).unwrap_err();
    assert!(matches!(grid(Grid::Unread("503".into())), ImportError::Unread { .. }));
    assert!(matches!(grid(Grid::NoUser), ImportError::NoUser(_)));
    let two = Grid::SeveralUsers(vec![UserId(7), UserId(8)]);
    assert!(matches!(grid(two), ImportError::SeveralUsers { .. }));
    let inactive =
        Grid::Read { user: UserId(7), active: false, rows: Vec::new(), unread: BTreeSet::new() };
    assert!(matches!(grid(inactive), ImportError::InactiveUser(_)));
    let nobody = found(&World::new().live, USER).unwrap_err();
    assert!(matches!(nobody, ImportError::NoOffice));
}

#[test]
fn a_reason_that_somebody_wrote_stays_as_long_as_the_row_holds_what_it_explains() {
    let before = format!(
        "{HEAD}\
users:
  - profile: ocean
    all_offices: true
    offices:
      - id: 1
        reason: of the office
        providers:
          - {{id: 10, reason: \"ticket 7\"}}
          - {{name: \"Roy, Bo\", columns: {{inbox: full}}, until: 2027-01-31, reason: cover}}
          - {{id: 12, columns: {{labs: none}}, reason: gone}}
"
    );
    let world = all(clinic(), OCEAN).row(1, 11, &format!("{OCEAN} inbox / 2027-01-31"));
    let (text, _) = import_into(&before, &world.live, None);
    assert_eq!(
        text.strip_prefix(HEAD).unwrap(),
        "\
users:
  - profile: ocean
    all_offices: true
    offices:
      - id: 1  # Main Street
        providers:
          - id: 10  # Singh, Anita
            reason: ticket 7
          - id: 11  # Roy, Bo
            columns: {inbox: full}
            until: 2027-01-31
            reason: cover
",
        "the row of provider 12 holds something else now"
    );
}

#[test]
fn a_user_of_another_tool_gets_a_profile_that_its_rows_hold() {
    let mut live = all(clinic(), OCEAN).row(1, 11, "").live;
    live.grids[0].0 = "FaxAPI".to_owned();
    let before = format!(
        "{HEAD}profiles: {{fax: {{columns: {{scheduling: full}}}}}}\n\
         users: [{{name: FaxAPI, profile: fax, all_offices: true, management: exact}}]\n"
    );
    let (text, imported) = import_into(&before, &live, None);
    // `fax` is not what it holds, and `ocean` is for users of another name.
    assert!(text.contains("profiles:\n  faxapi:\n") && !imported.keeps_profiles, "{text}");
    assert!(
        text.contains("  - name: FaxAPI\n    profile: faxapi\n    management: exact\n"),
        "{text}"
    );
}
