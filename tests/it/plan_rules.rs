//! What a manifest covers and what the plan makes of it.

use std::collections::BTreeSet;

use accuroform::live::{Grid, Providers};
use accuroform::model::{Cells, Column, OfficeId, ProviderId, UserId};
use accuroform::plan::{Action, Target, Targets, UnreadPart};
use accuroform::report;

use crate::world::{OCEAN, World, cells, changes, codes, key};

/// Two offices; Singh works in both.
fn clinic() -> World {
    World::new()
        .office(1, "Main Street", &[(1042, "Singh, Anita"), (1043, "Tremblay, Marc")])
        .office(2, "Walk-in", &[(1042, "Singh, Anita"), (1050, "Tran, Minh")])
}

const ALL: &str = "users: [{profile: ocean, all_offices: true}]";

fn exact(rest: &str) -> String {
    format!("users: [{{profile: ocean, management: exact, {rest}}}]")
}

#[test]
fn all_offices_covers_every_provider_of_every_active_office() {
    let plan = clinic().plan(ALL);
    let ocean = cells(OCEAN);
    let all = [(1, 1042), (1, 1043), (2, 1042), (2, 1050)];
    assert_eq!(changes(&plan), all.map(|(o, p)| (o, p, Cells::NOTHING, ocean)));
    assert!(plan.users[0].changes.iter().all(|change| change.action == Action::Grant));
    assert!(plan.users[0].changes.iter().all(|change| change.revision.is_none()));
    let summary = plan.summary();
    assert_eq!((summary.grant, summary.cells, summary.unchanged), (4, 24, 0));
}

#[test]
fn an_inactive_office_is_left_out_and_only_what_is_granted_there_is_uncovered() {
    let closed = || clinic().with_office(2, |office| office.active = false);
    let plan = closed().plan(ALL);
    assert_eq!(changes(&plan).len(), 2);
    assert_eq!(plan.users[0].uncovered, []);
    let plan = closed().row(2, 1050, "inbox").row(2, 1042, "").plan(ALL);
    assert_eq!(plan.users[0].uncovered, [key(2, 1050)]);
}

#[test]
fn a_row_that_holds_enough_is_unchanged_and_what_it_holds_beyond_is_excess() {
    let world = clinic()
        .row(1, 1042, OCEAN)
        .row(1, 1043, &format!("{OCEAN} inbox"))
        .row(2, 1042, OCEAN)
        .row(2, 1050, "patient=read-only");
    let plan = world.plan(ALL);
    assert_eq!(changes(&plan), [(2, 1050, cells("patient=read-only"), cells(OCEAN))]);
    assert_eq!(plan.summary().unchanged, 3);
    let excess = &plan.users[0].excess;
    assert_eq!(excess.len(), 1);
    assert_eq!((excess[0].key, excess[0].says), (key(1, 1043), cells(OCEAN)));
}

#[test]
fn additive_never_lowers_and_reports_a_row_without_a_rule_as_excess() {
    let world = clinic().row(1, 1042, OCEAN).row(2, 1050, "inbox visible=read-only");
    let plan = world.plan("users: [{profile: ocean, offices: [{id: 1, providers: [{id: 1042}]}]}]");
    assert!(plan.is_empty());
    assert_eq!(plan.users[0].excess.iter().map(|e| e.key).collect::<Vec<_>>(), [key(2, 1050)]);
    assert_eq!(plan.users[0].uncovered, [key(1, 1043), key(2, 1042), key(2, 1050)]);
}

#[test]
fn exact_revokes_what_is_not_written_in_managed_offices_and_nowhere_else() {
    let world = clinic()
        .row(1, 1042, &format!("{OCEAN} inbox"))
        .row(1, 1043, OCEAN)
        .row(1, 9, "visible")
        .row(2, 1050, OCEAN);
    let plan = world.plan(&exact("offices: [{id: 1, providers: [{id: 1042}]}]"));
    assert_eq!(
        changes(&plan),
        [
            (1, 9, cells("visible"), Cells::NOTHING),
            (1, 1042, cells(&format!("{OCEAN} inbox")), cells(OCEAN)),
            (1, 1043, cells(OCEAN), Cells::NOTHING),
        ]
    );
    assert!(plan.users[0].changes.iter().all(|change| change.action == Action::Revoke));
    assert_eq!(plan.summary().revoke, 3);
    assert_eq!(plan.users[0].excess.len(), 1, "the row of the office that is not managed");
}

#[test]
fn except_leaves_out_and_under_exact_revokes() {
    let named =
        "offices: [{name: main  STREET, all_providers: true, except: [{name: Marc Tremblay}]}]";
    let world = clinic().row(1, 1043, OCEAN);
    let additive = world.plan(&format!("users: [{{profile: ocean, {named}}}]"));
    assert_eq!(changes(&additive), [(1, 1042, Cells::NOTHING, cells(OCEAN))]);
    assert!(!additive.users[0].uncovered.contains(&key(1, 1043)), "a rule speaks of the row");
    let exact = world.plan(&exact(named));
    assert_eq!(
        changes(&exact),
        [(1, 1042, Cells::NOTHING, cells(OCEAN)), (1, 1043, cells(OCEAN), Cells::NOTHING)]
    );
}

#[test]
fn an_excepted_office_is_not_managed_even_under_exact() {
    let world = clinic().row(2, 1050, "inbox");
    let plan = world.plan(&exact("all_offices: true, except: [{name: Walk-in}]"));
    assert!(changes(&plan).iter().all(|change| change.0 == 1));
}

#[test]
fn except_providers_leaves_a_provider_out_everywhere() {
    let rest = "users: [{profile: ocean, all_offices: true, except_providers: [{id: 1042}]}]";
    assert_eq!(
        changes(&clinic().plan(rest)),
        [(1, 1043, Cells::NOTHING, cells(OCEAN)), (2, 1050, Cells::NOTHING, cells(OCEAN))]
    );
    let unknown = "users: [{profile: ocean, all_offices: true, except_providers: [{id: 7}]}]";
    assert_eq!(codes(&clinic().plan(unknown)), ["N003"]);
}

#[test]
fn overrides_and_until_decide_one_row() {
    let rest = "
users:
  - profile: ocean
    all_offices: true
    offices:
      - name: Main Street
        providers:
          - id: 1042
            columns: {labs: read-only, billing: none}
            until: 2027-01-31
            reason: Holiday cover, ticket 881
";
    let plan = clinic().plan(rest);
    let row = plan.users[0].changes.iter().find(|change| change.key == key(1, 1042)).unwrap();
    assert_eq!(row.after, cells("patient scheduling emr labs=read-only visible / 2027-01-31"));
    let rule = &plan.users[0].rules[row.rule as usize];
    assert_eq!(rule.reason.as_deref(), Some("Holiday cover, ticket 881"));
    assert_eq!((rule.line, rule.column), (12, 13));
    assert_eq!(plan.users[0].ends.len(), 1);
}

#[test]
fn a_later_date_is_kept_an_earlier_one_is_raised_and_no_date_is_highest() {
    let rest = "users: [{profile: ocean, until: 2027-06-30, all_offices: true}]";
    let world = clinic()
        .row(1, 1042, &format!("{OCEAN} / 2027-01-31"))
        .row(1, 1043, &format!("{OCEAN} / 2027-12-31"))
        .row(2, 1042, OCEAN)
        .row(2, 1050, "");
    let plan = world.plan(rest);
    let wanted = cells(&format!("{OCEAN} / 2027-06-30"));
    assert_eq!(
        changes(&plan),
        [
            (1, 1042, cells(&format!("{OCEAN} / 2027-01-31")), wanted),
            (2, 1050, Cells::NOTHING, wanted),
        ]
    );
    assert_eq!(plan.users[0].changes[0].action, Action::Change);
    assert_eq!(plan.users[0].changes[1].action, Action::Grant);
    let excess: Vec<_> = plan.users[0].excess.iter().map(|excess| excess.key).collect();
    assert_eq!(excess, [key(1, 1043), key(2, 1042)], "a later date is more than is written");
}

#[test]
fn unknown_and_ambiguous_names_are_findings_with_candidates() {
    let world = clinic().office(3, "Walk-In", &[(1051, "Tran, Minh"), (1052, "Tran, Minh")]);
    let rest = "
users:
  - profile: ocean
    offices:
      - {name: Main Stret, all_providers: true}
      - {name: walk-in, all_providers: true}
      - {id: 9, all_providers: true}
      - {id: 3, providers: [{name: \"Tran, Minh\"}, {id: 1042}]}
      - {id: 1, providers: [{name: Anita Sing}]}
";
    let plan = world.plan(rest);
    assert_eq!(codes(&plan), ["N001", "N002", "N001", "N004", "N003", "N003"]);
    assert!(plan.is_empty());
    let hints: Vec<&str> = plan.findings.iter().map(|f| f.hint.as_deref().unwrap()).collect();
    insta::assert_snapshot!(hints.join("\n"), @r"
    did you mean `Main Street`?
    write the id instead; the candidates are: Walk-in (2); Walk-In (3)
    the offices are: Main Street (1); Walk-in (2); Walk-In (3)
    write the id instead; the candidates are: Tran, Minh (1051); Tran, Minh (1052)
    the provider is in: Main Street (1); Walk-in (2)
    did you mean `Anita Singh`?
    ");
}

#[test]
fn an_id_wins_over_a_name_that_differs_with_a_warning() {
    let rest =
        "users: [{profile: ocean, offices: [{id: 2, name: Main Street, providers: [{id: 1050}]}]}]";
    let plan = clinic().plan(rest);
    assert_eq!(codes(&plan), ["N006"]);
    assert_eq!(changes(&plan), [(2, 1050, Cells::NOTHING, cells(OCEAN))]);
}

#[test]
fn two_entries_for_one_row_are_a_finding() {
    let rest = "users: [{profile: ocean, offices: [{id: 1, providers: [{id: 1042}, {name: Anita Singh}]}]}]";
    assert_eq!(codes(&clinic().plan(rest)), ["N005"]);
    let rest = "users: [{profile: ocean, offices: [{id: 1, all_providers: true}, {name: Main Street, all_providers: true}]}]";
    assert_eq!(codes(&clinic().plan(rest)), ["N005"]);
}

#[test]
fn a_user_that_is_unknown_several_or_inactive_is_a_finding() {
    let inactive =
        Grid::Read { user: UserId(77), active: false, rows: Vec::new(), unread: BTreeSet::new() };
    let several = Grid::SeveralUsers(vec![UserId(1), UserId(2)]);
    for (grid, code) in [(Grid::NoUser, "N007"), (several, "N008"), (inactive, "N009")] {
        let plan = clinic().grid(grid).plan(ALL);
        assert_eq!((codes(&plan), plan.is_empty()), (vec![code], true));
    }
}

#[test]
fn an_unread_grid_plans_nothing_and_is_not_no_change() {
    let plan = clinic().grid(Grid::Unread("503".to_owned())).plan(ALL);
    assert!(plan.is_empty() && !plan.is_complete());
    assert_eq!(plan.unread[0].part, UnreadPart::Grid("OceanAPILAKESIDE".to_owned()));
    assert!(!report::plan(&plan).contains("No changes."));
}

#[test]
fn an_unread_office_is_never_revoked() {
    let world = clinic().row(1, 1042, OCEAN).row(2, 1050, OCEAN).with_office(2, |office| {
        office.providers = Providers::Unread("500".to_owned());
    });
    let plan = world.plan(&exact("all_offices: true"));
    assert_eq!(changes(&plan), [(1, 1043, Cells::NOTHING, cells(OCEAN))]);
    assert_eq!(plan.unread[0].part, UnreadPart::Office(OfficeId(2)));
}

#[test]
fn targets_limit_rows_and_columns() {
    let world = clinic().row(1, 1042, "patient");
    let only = |target| Targets { only: vec![target], except: Vec::new() };
    let plan = world.plan_within(ALL, &only(Target::Office(OfficeId(2))));
    assert_eq!(
        changes(&plan).iter().map(|c| (c.0, c.1)).collect::<Vec<_>>(),
        [(2, 1042), (2, 1050)]
    );
    assert_eq!(plan.users[0].untargeted, 2);
    let plan = world.plan_within(ALL, &only(Target::Provider(ProviderId(1042))));
    assert_eq!(
        changes(&plan).iter().map(|c| (c.0, c.1)).collect::<Vec<_>>(),
        [(1, 1042), (2, 1042)]
    );
    let plan = world.plan_within(ALL, &only(Target::Column(Column::Visible)));
    assert_eq!(changes(&plan)[0], (1, 1042, cells("patient"), cells("patient visible")));
    assert_eq!(changes(&plan)[1], (1, 1043, Cells::NOTHING, cells("visible")));
    let except = Targets { only: Vec::new(), except: vec![Target::Column(Column::Labs)] };
    let plan = world.plan_within(ALL, &except);
    assert_eq!(changes(&plan)[1].3, cells("patient scheduling billing emr visible"));
}

#[test]
fn a_targeted_grant_keeps_its_end_date() {
    let rest = "users: [{profile: ocean, until: 2027-06-30, all_offices: true}]";
    let targets = Targets { only: vec![Target::Column(Column::Visible)], except: Vec::new() };
    let plan = clinic().plan_within(rest, &targets);
    assert!(changes(&plan).iter().all(|change| change.3 == cells("visible / 2027-06-30")));
}

#[test]
fn a_date_moves_only_when_every_column_that_the_row_holds_is_in_scope() {
    let raise = "users: [{profile: ocean, until: 2027-06-30, all_offices: true}]";
    let world = clinic()
        .row(1, 1042, &format!("{OCEAN} / 2027-01-31"))
        .row(1, 1043, &format!("{OCEAN} inbox / 2027-01-31"))
        .row(2, 1042, "patient inbox")
        .row(2, 1050, "patient / 2027-01-31");
    let without = |column| Targets { only: Vec::new(), except: vec![Target::Column(column)] };
    let plan = world.plan_within(raise, &without(Column::Inbox));
    let wanted = cells(&format!("{OCEAN} / 2027-06-30"));
    assert_eq!(
        changes(&plan),
        [
            (1, 1042, cells(&format!("{OCEAN} / 2027-01-31")), wanted),
            (2, 1042, cells("patient inbox"), cells(&format!("{OCEAN} inbox"))),
            (2, 1050, cells("patient / 2027-01-31"), wanted),
        ],
        "Inbox is not lengthened where it ends"
    );
    let plan = world.plan_within(raise, &without(Column::Reporting));
    assert_eq!(changes(&plan).len(), 4, "nobody holds Reporting");
}

#[test]
fn an_unread_office_that_no_rule_covers_is_a_warning_and_in_nobodys_way() {
    let unread = |office: &mut accuroform::live::Office| {
        office.providers = Providers::Unread("404".to_owned());
    };
    let one = "users: [{profile: ocean, offices: [{id: 1, all_providers: true}]}]";
    let plan = clinic().row(2, 1050, "inbox").with_office(2, unread).plan(one);
    assert!(plan.is_complete() && codes(&plan) == ["N011"]);
    assert!(plan.users[0].excess.is_empty(), "nothing is known of the rows of an unread office");
    let closed = clinic().with_office(2, unread).with_office(2, |office| office.active = false);
    assert!(closed.plan(ALL).is_complete());
    assert!(!clinic().with_office(2, unread).plan(ALL).is_complete());
}

#[test]
fn under_exact_a_row_of_somebody_who_is_not_listed_is_left_where_everybody_is_covered() {
    let world = clinic().row(1, 9, "visible").row(1, 1042, &format!("{OCEAN} inbox"));
    let plan = world.plan(&exact("all_offices: true"));
    assert!(changes(&plan).iter().all(|change| change.1 != 9), "{:?}", changes(&plan));
    assert_eq!(codes(&plan), ["N012"]);
    assert_eq!(plan.users[0].excess.iter().map(|e| e.key).collect::<Vec<_>>(), [key(1, 9)]);
    // An office that lists nobody revokes nobody.
    let nobody = World::new().office(1, "Main Street", &[]).row(1, 9, OCEAN);
    assert!(nobody.plan(&exact("all_offices: true")).is_empty());
    // Where only some are covered, whoever is not written is revoked, listed or not.
    let some = world.plan(&exact("offices: [{id: 1, providers: [{id: 1043}]}]"));
    assert_eq!(changes(&some)[0], (1, 9, cells("visible"), Cells::NOTHING));
}

#[test]
fn a_directory_without_offices_is_a_finding_and_not_no_change() {
    let plan = World::new().row(1, 9, OCEAN).plan(ALL);
    assert_eq!((codes(&plan), plan.is_empty()), (vec!["N013"], true));
    assert!(!report::plan(&plan).contains("No changes."));
}
