//! The clicks of an approved plan: exactly its changes, in an order that a person can follow, and the
//! same in every form.

use std::collections::BTreeMap;

use accuroform::approval::{Approved, Consent, approve};
use accuroform::model::{Cells, Column, Level, RowKey};
use accuroform::plan::Plan;
use accuroform::plan::file::seal;
use accuroform::report::{self, WorklistForm};
use accuroform::worklist::{AccessUntil, Worklist, worklist};
use proptest::prelude::*;

use super::world::{World, cells};

/// What is done with the list of an approved plan.
pub(crate) fn listed<R>(plan: &Plan, with: impl FnOnce(&Approved<'_>) -> R) -> R {
    let sealed = seal(plan, &[]).unwrap();
    with(&approve(plan, &sealed.digest, &[], Consent::unsigned(None)).unwrap())
}

fn list(plan: &Plan) -> Worklist {
    listed(plan, worklist)
}

fn form(plan: &Plan, form: WorklistForm) -> String {
    report::worklist(&[list(plan)], form)
}

/// Two offices whose ids are not in the order of their names, and so with their providers.
fn clinic() -> World {
    World::new()
        .office(1, "Walk-in", &[(1042, "Singh, Anita"), (1043, "roy, Bo")])
        .office(2, "Main Street", &[(1044, "Lee, Kim"), (1043, "roy, Bo")])
        .row(1, 1042, "patient scheduling billing emr labs visible")
        .row(1, 1043, "patient=read-only inbox / 2027-01-31")
}

const EXACT: &str = "users: [{profile: ocean, management: exact, all_offices: true}]\n";

#[test]
fn offices_and_providers_are_in_the_order_of_their_names_and_what_is_right_is_not_there() {
    let plan = clinic().plan(EXACT);
    let list = list(&plan);
    let rows: Vec<(usize, &str, &str, String)> = list
        .rows()
        .map(|(_, office, row)| {
            (row.number, office.name.as_str(), row.provider.as_str(), report::words(row))
        })
        .collect();
    let six = "Patient full, Scheduling full, Billing full, EMR full, Labs full, Visible full";
    let mixed = "Patient full, Scheduling full, Billing full, Inbox none, EMR full, Labs full, Visible full";
    assert_eq!(
        rows,
        [
            (1, "Main Street", "Lee, Kim (1044)", six.to_owned()),
            (2, "Main Street", "roy, Bo (1043)", six.to_owned()),
            (3, "Walk-in", "roy, Bo (1043)", format!("{mixed}; Access Until empty")),
        ]
    );
    assert_eq!(list.clicks(), 6 + 6 + 8);
    let digest = list.plan.trim_start_matches("sha256:");
    assert!(list.rows().all(|(_, _, row)| digest.starts_with(row.id.split_once('-').unwrap().1)));
}

#[test]
fn a_row_that_loses_everything_has_no_date_to_set() {
    let world = clinic().row(2, 1044, "inbox / 2027-01-31");
    let only = "users: [{profile: ocean, management: exact, offices: [{id: 2, providers: [{id: 1043}]}]}]\n";
    let list = list(&world.plan(only));
    let (_, _, row) = list.rows().next().unwrap();
    assert_eq!(report::words(row), "Inbox none");
    assert_eq!(row.until, None);
}

#[test]
fn a_checklist_for_a_terminal() {
    let text = form(&clinic().plan(EXACT), WorklistForm::Text);
    let digest = list(&clinic().plan(EXACT)).plan;
    let short = &digest["sha256:".len()..][..8];
    assert_eq!(
        text.replace(&digest, "DIGEST").replace(short, "SHORT"),
        "\
Worklist of lakeside (LAKESIDE): 3 rows, 20 cells to set
plan DIGEST
What is right already is not listed: leave every other cell as it is.
A row that granted nothing before must have no date in Access Until, unless one is written here.
Offices and providers are in the order of their names, as the screen is assumed to have them.

1. In Accuro's menu: Users > Manage Security; in the sidebar: Users.
2. In the \"Users\" dropdown pick exactly OceanAPILAKESIDE, and read the name again before the first tick.
3. Tab \"Provider Permissions\": set what the list says, office by office, provider by provider.
   Main Street (2)
   [ ] 001-SHORT  Lee, Kim (1044): Patient full, Scheduling full, Billing full, EMR full, Labs full, Visible full
   [ ] 002-SHORT  roy, Bo (1043): Patient full, Scheduling full, Billing full, EMR full, Labs full, Visible full
   Walk-in (1)
   [ ] 003-SHORT  roy, Bo (1043): Patient full, Scheduling full, Billing full, Inbox none, EMR full, Labs full, Visible full; Access Until empty
4. Press Save.
"
    );
}

#[test]
fn a_sheet_has_a_line_a_row_and_no_formula() {
    let world =
        World::new().office(1, "=cmd|' /C calc'!A0", &[(1, "@sum(1), \"x\""), (2, "-1, A\nB")]);
    let text = form(&world.plan(EXACT), WorklistForm::Csv);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    assert_eq!(reader.headers().unwrap().len(), 7 + 9 + 4);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 2);
    for row in &rows {
        assert!(
            row.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r'])),
            "{row:?}"
        );
        assert_eq!(&row[4], "'=cmd|' /C calc'!A0");
        assert_eq!(&row[7], "full");
        assert_eq!(&row[10], "", "Inbox is left alone");
    }
    assert_eq!(&rows[0][6], "'-1, A\\u{a}B (2)");
    assert_eq!(&rows[1][6], "'@sum(1), \"x\" (1)");
}

#[test]
fn markup_of_a_name_is_text_in_every_form() {
    let world =
        World::new().office(1, "<b>&\u{1b}[2J", &[(1, "**Ann** @team | <script>, x\u{202e}")]);
    let plan = world.plan(EXACT);
    let page = form(&plan, WorklistForm::Html);
    assert!(!page.contains("<script") && !page.contains("<b>&"), "{page}");
    assert!(page.contains("&lt;script&gt;"));
    let markdown = form(&plan, WorklistForm::Markdown);
    assert!(
        !markdown.contains("**Ann**")
            && !markdown.contains("@team")
            && !markdown.contains("<script")
    );
    for form in [WorklistForm::Text, WorklistForm::Markdown, WorklistForm::Csv, WorklistForm::Html]
    {
        let text = report::worklist(&[list(&plan)], form);
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{form:?}");
    }
}

#[test]
fn markdown_has_a_box_for_each_row_and_each_save() {
    let text = form(&clinic().plan(EXACT), WorklistForm::Markdown);
    assert_eq!(text.matches("- [ ] ").count(), 3 + 1, "{text}");
    assert!(text.contains("- [ ] Saved"));
    assert!(text.contains("#### Main Street (2)"));
}

#[test]
fn the_page_shows_only_columns_that_are_to_be_set_and_has_room_for_who_did_it() {
    let page =
        form(&clinic().plan("users: [{profile: ocean, all_offices: true}]\n"), WorklistForm::Html);
    for word in
        ["Patient", "Visible", "Clicked by", "Signature", "Date and time", "OceanAPILAKESIDE"]
    {
        assert!(page.contains(word), "{word}");
    }
    for word in ["Inbox", "Reporting", "Prescribe For", "<script", "http:", "https:"] {
        assert!(!page.contains(word), "{word}");
    }
}

/// What a row is after somebody set what the list says and nothing else.
fn clicked(list: &Worklist, before: &BTreeMap<RowKey, Cells>) -> BTreeMap<RowKey, Cells> {
    let mut grid = before.clone();
    for (_, _, row) in list.rows() {
        let was = grid.get(&row.key).copied().unwrap_or(Cells::NOTHING);
        let (mut columns, mut until) = (was.columns(), was.until());
        for click in &row.columns {
            assert_eq!(columns.get(click.column), click.from);
            assert_ne!(click.from, click.to, "nothing is set that is right already");
            columns = columns.with(click.column, click.to);
        }
        until = match row.until {
            None => until,
            Some(AccessUntil::Write(date)) => Some(date),
            Some(AccessUntil::Empty) => None,
        };
        let is = Cells::new(columns, until);
        assert_eq!(is, row.after);
        grid.insert(row.key, is);
    }
    grid.retain(|_, cells| !cells.is_nothing());
    grid
}

fn content() -> impl Strategy<Value = String> {
    let level = prop_oneof![Just(Level::None), Just(Level::ReadOnly), Just(Level::Full)];
    let date = prop_oneof![Just(""), Just(" / 2027-01-31"), Just(" / 2028-02-29")];
    (proptest::array::uniform9(level), date).prop_map(|(levels, date)| {
        let columns = Column::ALL.into_iter().zip(levels);
        let words: Vec<String> =
            columns.map(|(column, level)| format!("{}={}", column.key(), level.key())).collect();
        format!("{}{date}", words.join(" "))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whoever clicks the list gets the grid that an apply of the plan would have written; each row is
    /// visited once, and no two have the same id.
    #[test]
    fn clicking_the_list_is_applying_the_plan(contents in proptest::collection::vec(content(), 4)) {
        let mut world = World::new()
            .office(1, "Walk-in", &[(1, "Bo, B"), (2, "Al, A")])
            .office(2, "Main", &[(1, "Bo, B"), (2, "Al, A")]);
        for (at, content) in contents.iter().enumerate() {
            let at = u64::try_from(at).unwrap();
            if !cells(content).is_nothing() {
                world = world.row(at / 2 + 1, at % 2 + 1, content);
            }
        }
        let plan = world.plan(EXACT);
        prop_assume!(!plan.is_empty());
        let list = list(&plan);
        let clicked = clicked(&list, &world.contents());
        world.apply(&plan);
        let mut applied = world.contents();
        applied.retain(|_, cells| !cells.is_nothing());
        prop_assert_eq!(clicked, applied);
        let changes: usize = plan.users.iter().map(|user| user.changes.len()).sum();
        let ids: std::collections::BTreeSet<&str> = list.rows().map(|(_, _, row)| row.id.as_str()).collect();
        prop_assert_eq!(ids.len(), changes);
        prop_assert_eq!(u64::try_from(list.clicks()).unwrap(), plan.summary().cells + dates(&list));
    }
}

/// Dates that come with a row that granted nothing are part of its grant in a plan, and a click here.
fn dates(list: &Worklist) -> u64 {
    let is_new = |row: &accuroform::worklist::RowClicks| {
        let untouched = Column::ALL.into_iter().all(|column| {
            row.columns.iter().any(|click| click.column == column && click.from == Level::None)
                || row.after.columns().get(column) == Level::None
        });
        untouched
            && row.until.is_some()
            && row.columns.iter().all(|click| click.from == Level::None)
    };
    u64::try_from(list.rows().filter(|(_, _, row)| is_new(row)).count()).unwrap()
}
