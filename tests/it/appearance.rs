//! Who is on the Patients page and who is not: what of the grid is not right comes before any guess, and what was
//! not read is not called nobody.

use accuroform::bridge::SiteProvider;
use accuroform::model::{Column, ProviderId};
use accuroform::ocean::{Access, Appearance, Freshness, Grants, Reason, appearance, expected};
use accuroform::report;

use crate::world::{OCEAN, cells};

fn row(office: &str, content: &str) -> Access {
    Access {
        provider: ProviderId(1),
        name: "Singh, Anita (1)".to_owned(),
        office: office.to_owned(),
        cells: cells(content),
    }
}

fn listed(selected: bool, appointments: u64) -> Vec<SiteProvider> {
    let name = "Singh, Anita".to_owned();
    let id = ProviderId(1);
    vec![SiteProvider { id, name, selected, on_patients_page: false, appointments }]
}

fn found(rows: &[Access], list: &[SiteProvider], is_whole: bool) -> Appearance {
    let today = "2026-06-01".parse().unwrap();
    appearance(None, list, Grants { rows, is_whole }, Freshness::Synced, today)
}

/// The reasons why nobody but Singh is missing.
fn reasons(rows: &[Access], list: &[SiteProvider]) -> Vec<Reason> {
    found(rows, list, true).missing.unwrap().remove(0).reasons
}

#[test]
fn an_office_whose_row_is_not_right_is_named_before_any_guess_about_bookings() {
    let rows = [row("Main Street", OCEAN), row("Walk-in", "patient")];
    let why = reasons(&rows, &listed(true, 0));
    let Reason::Columns { office, columns, .. } = &why[0] else { panic!("{why:?}") };
    assert_eq!(
        (office.as_str(), columns.as_slice()),
        ("Walk-in", &[Column::Scheduling, Column::Visible][..])
    );
    assert_eq!(why[1..], [Reason::ZeroCounted], "what is booked may be booked there");
    let text = report::appearance(&found(&rows, &listed(true, 0), true));
    let (office, guess) =
        (text.find("Walk-in: Scheduling, Visible none"), text.find("Ocean counts 0"));
    assert!(office.unwrap() < guess.unwrap(), "{text}");
    assert!(!text.contains("nothing booked") && !text.contains("Main Street"), "{text}");
    // A row that is not there is not right, and a date that passed is not.
    let ended = format!("{OCEAN} / 2026-05-31");
    for content in ["", ended.as_str()] {
        let rows = [row("Main Street", OCEAN), row("Walk-in", content)];
        assert_eq!(reasons(&rows, &listed(true, 0))[1..], [Reason::ZeroCounted], "{content}");
    }
}

#[test]
fn only_where_every_row_is_right_is_a_count_of_zero_called_nothing_booked() {
    let right = [row("Main Street", OCEAN), row("Walk-in", OCEAN)];
    assert_eq!(reasons(&right, &listed(true, 0)), [Reason::NothingBooked]);
    assert_eq!(reasons(&right, &listed(false, 0)), [Reason::NotSelected]);
    assert_eq!(reasons(&right, &[]), [Reason::NotListed]);
    assert_eq!(reasons(&right, &listed(true, 3)), [Reason::Unexplained]);
    // The right row of one office is assumed to be enough, so what Ocean counts and does not show is not explained.
    let partly = [row("Main Street", OCEAN), row("Walk-in", "patient")];
    assert_eq!(reasons(&partly, &listed(true, 3))[1..], [Reason::Unexplained]);
    assert!(found(&partly, &listed(true, 3), true).is_unexplained());
    let wrong = [row("Main Street", "patient")];
    assert_eq!(reasons(&wrong, &listed(true, 0)).len(), 1, "a count of 0 is the effect there");
}

#[test]
fn the_words_are_those_of_the_findings_with_the_level_of_each_cell() {
    let rows = [row("Main Street", "patient visible=read-only")];
    let text = report::appearance(&found(&rows, &listed(true, 0), true));
    assert!(text.contains("Main Street: Scheduling none; Visible read-only; that this"), "{text}");
}

#[test]
fn who_is_missing_or_expected_is_null_where_not_everything_was_read() {
    let json = |rows: &[Access], is_whole| {
        serde_json::to_value(found(rows, &listed(true, 0), is_whole)).unwrap()
    };
    let unread = json(&[], false);
    assert_eq!(
        (&unread["missing"], &unread["complete"]),
        (&serde_json::Value::Null, &false.into())
    );
    assert_eq!(json(&[], true)["missing"], serde_json::json!([]));
    let partly = json(&[row("Main Street", "patient")], false);
    assert_eq!(partly["missing"].as_array().unwrap().len(), 1, "what is known is told");
    assert_eq!(partly["complete"], false);

    let today = "2026-06-01".parse().unwrap();
    let nobody = expected(Grants { rows: &[], is_whole: false }, today);
    assert_eq!((&nobody.providers, &nobody.explained, &nobody.partly), (&None, &None, &None));
    let text = report::expected(&nobody);
    assert!(
        text.contains("is unknown: not everything was read") && !text.contains("0 provider"),
        "{text}"
    );
    let rows = [row("Main Street", OCEAN), row("Walk-in", "patient")];
    let known = expected(Grants { rows: &rows, is_whole: true }, today);
    assert_eq!(known.providers.as_ref().unwrap().len(), 1, "one right row is assumed to be enough");
    let text = report::expected(&known);
    let (office, guess) =
        (text.find("Walk-in: Scheduling, Visible none"), text.find("nothing booked"));
    assert!(office.unwrap() < guess.unwrap(), "{text}");
}
