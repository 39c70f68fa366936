//! A capture as what a plan is made from: what is unread or old is never planned, and a saved plan knows
//! whether what it saw is still there.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use accuroform::live::{Grid, Snapshot};
use accuroform::model::{Cells, ProviderId, RowKey};
use accuroform::plan::{self, Plan, UnreadPart};
use accuroform::worksheet::{self, Asked, Capture, Expectation, Kind, Open};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::worksheet_sheet::{USER, directory};
use super::world::{World, cells, key, manifest};

fn at() -> Timestamp {
    "2026-01-05T14:00:00Z".parse().unwrap()
}

fn capture(rows: &[(RowKey, &str)]) -> Capture {
    let rows: BTreeMap<RowKey, Cells> =
        rows.iter().map(|(key, content)| (*key, cells(content))).collect();
    Capture {
        clinic: "lakeside".to_owned(),
        tenant: "LAKESIDE".to_owned(),
        at: at(),
        by: "Jane Roy".to_owned(),
        grids: BTreeMap::from([(USER.to_owned(), rows)]),
        kept: BTreeMap::new(),
    }
}

fn live_at(capture: &Capture, now: Timestamp) -> Snapshot {
    let users = [USER.to_owned()];
    let asked = Asked { users: &users, now, max_age: Duration::from_hours(24), file: "grid.csv" };
    worksheet::snapshot(directory(), capture, asked)
}

fn live(capture: &Capture) -> Snapshot {
    live_at(capture, at())
}

fn plan_of(rules: &str, live: &Snapshot) -> Plan {
    World { live: live.clone() }.plan(rules)
}

const ALL: [u64; 3] = [1042, 1043, 1044];
const ADDITIVE: &str = "users: [{profile: ocean, all_offices: true}]";
const EXACT: &str = "users: [{profile: ocean, all_offices: true, management: exact, except_providers: [{id: 1044}]}]";

#[test]
fn nothing_is_planned_for_a_row_that_nobody_read() {
    let some = capture(&[(key(1, 1042), "patient inbox"), (key(2, 1042), "")]);
    for rules in [ADDITIVE, EXACT] {
        let plan = plan_of(rules, &live(&some));
        let changed: Vec<RowKey> = plan.users[0].changes.iter().map(|change| change.key).collect();
        assert_eq!(changed, [key(1, 1042), key(2, 1042)], "{rules}");
        assert!(!plan.is_complete());
        let UnreadPart::Rows { user, office_id, provider_ids } = &plan.unread[0].part else {
            panic!("{:?}", plan.unread)
        };
        assert_eq!((user.as_str(), office_id.0, plan.unread.len()), (USER, 1, 1));
        // Exact management would revoke what the row of the excepted one holds.
        assert_eq!(provider_ids, &BTreeSet::from([1043, 1044].map(ProviderId)), "{rules}");
        assert_eq!(plan.users[0].unchanged, 0);
    }
    // Additive management leaves the excepted row alone whatever it holds.
    let rules = "users: [{profile: ocean, all_offices: true, except_providers: [{id: 1044}]}]";
    let UnreadPart::Rows { provider_ids, .. } = &plan_of(rules, &live(&some)).unread[0].part else {
        panic!()
    };
    assert_eq!(provider_ids, &BTreeSet::from([ProviderId(1043)]));
}

#[test]
fn a_row_that_was_read_with_nothing_ticked_is_granted_and_an_unread_one_is_not() {
    let nothing: Vec<(RowKey, &str)> = ALL.iter().map(|id| (key(1, *id), "")).collect();
    let plan = plan_of(ADDITIVE, &live(&capture(&nothing)));
    assert_eq!(plan.users[0].changes.len(), 3);
    assert_eq!(plan.unread.len(), 1, "the other office: {:?}", plan.unread);
}

#[test]
fn a_capture_is_not_believed_before_its_time_or_after_it() {
    let whole: Vec<(RowKey, &str)> =
        ALL.iter().map(|id| (key(1, *id), "")).chain([(key(2, 1042), "")]).collect();
    let capture = capture(&whole);
    let hour = |hours: i64| at() + hours.hours();
    for (now, good) in [(hour(0), true), (hour(24), true), (hour(25), false), (hour(-1), false)] {
        let live = live_at(&capture, now);
        let plan = plan_of(ADDITIVE, &live);
        assert_eq!(plan.is_complete(), good, "{now}");
        assert_eq!(plan.is_empty(), !good, "{now}");
        if !good {
            let Grid::Unread(reason) = &live.grids[0].1 else { panic!() };
            assert!(reason.contains("grid.csv of 2026-01-05T14:00:00Z"), "{reason}");
        }
    }
    // The same stale capture gives the same plan on any day.
    assert_eq!(live_at(&capture, hour(30)), live_at(&capture, hour(300)));
}

#[test]
fn a_new_capture_of_the_same_grid_keeps_a_saved_plan_and_one_of_another_does_not() {
    let read = |first: &'static str| {
        let rows = ALL.iter().map(|id| (key(1, *id), "patient")).chain([(key(2, 1042), first)]);
        capture(&rows.collect::<Vec<_>>())
    };
    let saved = plan_of(ADDITIVE, &live(&read("")));
    let again = Capture { at: at() + 3.hours(), by: "Bo Lee".to_owned(), ..read("") };
    let now = live_at(&again, at() + 4.hours());
    let comparison = plan::compare(&saved, &plan_of(ADDITIVE, &now), &now);
    assert_eq!((comparison.moved.len(), comparison.foreign.len(), comparison.open), (0, 0, 4));

    let now = live(&read("inbox"));
    let comparison = plan::compare(&saved, &plan_of(ADDITIVE, &now), &now);
    assert_eq!(comparison.moved.len(), 1, "{comparison:?}");

    // Nobody knows whether a row that was not read again is as it was.
    let mut part = read("");
    part.grids.get_mut(USER).unwrap().remove(&key(2, 1042));
    let now = live(&part);
    let comparison = plan::compare(&saved, &plan_of(ADDITIVE, &now), &now);
    assert_eq!(comparison.moved.len(), 1, "{comparison:?}");
}

#[test]
fn a_plan_that_changes_an_unread_row_is_not_sound() {
    let whole =
        capture(&[(key(1, 1042), ""), (key(1, 1043), ""), (key(1, 1044), ""), (key(2, 1042), "")]);
    let plan = plan_of(ADDITIVE, &live(&whole));
    let mut part = whole;
    part.grids.get_mut(USER).unwrap().remove(&key(1, 1043));
    let live = live(&part);
    let (manifest, _) = manifest(ADDITIVE);
    let desired = accuroform::desired::desired(&manifest, &live);
    let problems = plan::check_against(&plan, &desired, &live);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].address.contains("Roy, Zoë (1043)"), "{problems:?}");
}

#[test]
fn a_capture_is_opened_as_it_was_made_and_not_as_somebody_changed_it() {
    let (directory, users) = (directory(), [USER.to_owned()]);
    let made =
        capture(&[(key(1, 1042), "patient labs=read-only / 2027-01-31"), (key(1, 1043), "")]);
    let zone = TimeZone::get("America/Toronto").unwrap();
    let text = worksheet::to_csv(&made.rows_of(&directory, &users, &zone));
    let expected = Expectation { directory: &directory, users: &users };
    let open = |text: &str, clinic| {
        let table = worksheet::table("grid.csv", text.as_bytes(), Kind::Grid).unwrap();
        worksheet::open(&table, Open { clinic, tenant: "LAKESIDE", expected })
    };
    assert_eq!(open(&text, "lakeside").unwrap(), made);
    assert!(text.contains("2026-01-05T09:00:00-05:00"), "at the clinic: {text}");
    // What a spreadsheet makes of it when it saves it again.
    let again =
        text.replace("read-only", "Read-Only").replace("\r\n", "\n").replace('\u{feff}', "");
    assert_eq!(open(&again, "lakeside").unwrap(), made);

    let code = |text: &str, clinic| open(text, clinic).unwrap_err()[0].code.as_str();
    for (was, is) in [
        (",read-only,", ",full,"),
        ("2027-01-31", "2028-01-31"),
        ("2026-01-05T09", "2026-01-05T10"),
        ("Jane Roy", "Jane Doe"),
        (",yes\r\n", ",\r\n"),
    ] {
        assert!(text.contains(was), "{was}: {text}");
        let changed = text.replacen(was, is, 1);
        // A read line with marks stays read without its yes.
        let expected = if is == ",\r\n" { None } else { Some("X012") };
        assert_eq!(open(&changed, "lakeside").err().map(|f| f[0].code.as_str()), expected, "{was}");
    }
    assert_eq!(code(&text, "elsewhere"), "X011");
    assert_eq!(
        code(&text.replacen("accuroform,capture", "accuroform,sheet", 1), "lakeside"),
        "X003"
    );
    assert_eq!(code(&text.replacen("Captured at", "Noted at", 1), "lakeside"), "X003");
}
