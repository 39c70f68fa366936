//! Sheets as people fill them in: any spelling gives the same capture, every fault is at its cell, and what
//! nobody read is unread.

use std::collections::BTreeMap;

use accuroform::live::{Directory, Office, Providers};
use accuroform::model::{Cells, Column, Columns, Level, OfficeId, PersonName, ProviderId, RowKey};
use accuroform::worksheet::{self, Capture, Expectation, Fault, Kind, Sheet};
use proptest::prelude::*;
use proptest::sample::select;

pub(crate) const USER: &str = "OceanAPILAKESIDE";

/// Two offices; two people of one name work in the first, and one of them in the second too.
pub(crate) fn directory() -> Directory {
    let person = |last: &str, first: &str| PersonName { last: last.into(), first: first.into() };
    let office = |name: &str, people: &[(u64, PersonName)]| Office {
        name: name.to_owned(),
        active: true,
        providers: Providers::Read(
            people.iter().map(|(id, name)| (ProviderId(*id), name.clone())).collect(),
        ),
    };
    let singh = person("Singh", "Anita");
    let main = [(1042, singh.clone()), (1043, person("Roy", "Zoë")), (1044, singh.clone())];
    let offices = [(1, office("Main Street", &main)), (2, office("Walk-in; evening", &main[..1]))];
    Directory { offices: offices.map(|(id, office)| (OfficeId(id), office)).into() }
}

pub(crate) fn key(office: u64, provider: u64) -> RowKey {
    RowKey { office: OfficeId(office), provider: ProviderId(provider) }
}

fn read(bytes: &[u8]) -> Result<Sheet, Vec<Fault>> {
    let table = worksheet::table("grid.csv", bytes, Kind::Grid).map_err(|fault| vec![fault])?;
    let (directory, users) = (directory(), [USER.to_owned()]);
    worksheet::sheet(&table, Expectation { directory: &directory, users: &users })
}

/// What was read, by row.
fn rows(bytes: &[u8]) -> BTreeMap<RowKey, Cells> {
    let sheet = read(bytes).unwrap_or_else(|faults| panic!("{faults:#?}"));
    Capture::grids_of(&sheet).remove(USER).unwrap_or_default()
}

/// `grid.csv!F14 X007`, in order.
fn faults(text: &str) -> Vec<String> {
    let faults = read(text.as_bytes()).unwrap_err();
    for fault in &faults {
        assert!(!fault.hint.is_empty() && fault.is_error(), "{fault:?}");
    }
    faults.iter().map(|fault| format!("{} {}", fault.place, fault.code)).collect()
}

const HEADINGS: &str = "User,Office,Provider ID,Provider,Patient,Scheduling,Billing,Inbox,EMR,Labs,\
                        Reporting,Visible,Prescribe For,Access Until,Read";

#[test]
fn a_line_with_a_mark_was_read_and_a_blank_one_was_not() {
    let text = format!(
        "{HEADINGS}\n\
         {USER},Main Street,1042,,x,,,,,,,,,,\n\
         {USER},Main Street,1043,,,,,,,,,,,,\n\
         {USER},Main Street,1044,,,,,,,,,,,,yes\n\
         {USER},Walk-in; evening,1042,,,,-,,,,,,,,\n"
    );
    let patient = Cells::new(Columns::NONE.with(Column::Patient, Level::Full), None);
    let expected =
        [(key(1, 1042), patient), (key(1, 1044), Cells::NOTHING), (key(2, 1042), Cells::NOTHING)];
    assert_eq!(rows(text.as_bytes()), BTreeMap::from(expected));
    let sheet = read(text.as_bytes()).unwrap();
    let unread = sheet.unread(&directory());
    assert_eq!(unread.len(), 1);
    assert_eq!(unread[0].place.to_string(), "grid.csv!3");
    assert!(unread[0].message.contains("Roy, Zoë (1043) in Main Street"), "{:?}", unread[0]);
}

#[test]
fn whoever_cannot_tell_or_says_no_leaves_the_row_unread() {
    for line in [
        ",,,,,,,,,2027-01-31,",
        "x,?,,,,,,,,,",
        "x,,,,,,,,,,no",
        "x,x,x,x,x,x,x,x,x,,?",
        ",,,,,,,,,,no",
    ] {
        let text = format!("{HEADINGS}\n{USER},Main Street,1042,,{line}\n");
        assert_eq!(rows(text.as_bytes()), BTreeMap::new(), "{line}");
    }
}

#[test]
fn every_fault_is_named_at_its_cell_in_one_run() {
    let text = format!(
        "accuroform,sheet\n\n{HEADINGS}\n\
         {USER},Main Street,1042,,maybe,,,,,✗,,,,01/02/2027,perhaps\n\
         OceanAPIOTHER,Main Street,1043,,,,,,,,,,,,\n\
         {USER},Main Stret,1043,,,,,,,,,,,,\n\
         {USER},Main Street,9,,,,,,,,,,,,\n\
         {USER},Main Street,,\"Singh, Anita\",,,,,,,,,,,\n\
         {USER},Main Street,1043,\"Singh, Anita\",,,,,,,,,,,\n\
         {USER},,1043,,,,,,,,,,,,\n\
         {USER},Main Street,,,x,,,,,,,,,,\n\
         {USER},Main Street,1044,,,,,,,,,,,,\n\
         ,Main Street,1044,,,,,,,,,,,soon,\n\
         {USER},Main Street,1044,,,,,,,,,,,,\n"
    );
    let expected = [
        "grid.csv!E4 X007",
        "grid.csv!J4 X007",
        "grid.csv!N4 X008",
        "grid.csv!O4 X010",
        "grid.csv!A5 X006",
        "grid.csv!B6 X004",
        "grid.csv!C7 X005",
        "grid.csv!D8 X005",
        "grid.csv!D9 X005",
        "grid.csv!B10 X004",
        "grid.csv!D11 X005",
        "grid.csv!A13 X006",
        "grid.csv!N13 X008",
        "grid.csv!14 X009",
    ];
    assert_eq!(faults(&text), expected);
}

#[test]
fn a_column_that_is_not_there_is_no_column_with_nothing_ticked() {
    let without = HEADINGS.replace("Labs,", "Lab,").replace("Prescribe For,", "");
    assert_eq!(faults(&format!("{without}\n")), ["grid.csv!1 X002", "grid.csv!1 X002"]);
    let twice = HEADINGS.replace("Labs,", "Labs,labs,");
    assert_eq!(faults(&format!("{twice}\n")), ["grid.csv!K1 X002"]);
    assert_eq!(faults("just,some\ntext,here\n"), ["grid.csv!1 X002"]);
    assert_eq!(faults(""), ["grid.csv!1 X002"]);
}

#[test]
fn the_user_may_be_said_above_the_sheet_and_must_be_said() {
    let line = ",Main Street,1042,,x,,,,,,,,,,";
    let above = format!("User,{}\n\n{HEADINGS}\n{line}\n", USER.to_lowercase());
    assert_eq!(rows(above.as_bytes()).len(), 1);
    let wrong = format!("User,SomebodyElse\n\n{HEADINGS}\n{line}\n{line}\n");
    assert_eq!(faults(&wrong), ["grid.csv!B1 X006"], "said once");
}

/// Ways to write one level.
fn spelling(level: Level) -> impl Strategy<Value = &'static str> {
    select(match level {
        Level::Full => vec!["full", "FULL", "x", "X", "✓", "✔", "yes", "Yes", "true", "1", " f "],
        Level::ReadOnly => vec!["read-only", "Read Only", "RO", "ro", "readonly"],
        Level::None => vec!["none", "-", "no", "0", "false", "–"],
    })
}

/// Everything that one table may look like.
#[derive(Debug, Clone)]
struct Looks {
    order: Vec<usize>,
    delimiter: char,
    line_end: &'static str,
    /// A byte order mark, UTF-16, capitals, ids, blank lines between lines.
    flags: [bool; 5],
    lines: Vec<usize>,
}

fn looks() -> impl Strategy<Value = Looks> {
    let flags =
        (any::<[bool; 5]>(), select(vec![',', ';', '\t']), select(vec!["\n", "\r\n", "\r"]));
    let order = Just((0..16).collect::<Vec<usize>>()).prop_shuffle();
    let lines = Just((0..4).collect::<Vec<usize>>()).prop_shuffle();
    (flags, order, lines).prop_map(|((flags, delimiter, line_end), order, lines)| Looks {
        order,
        delimiter,
        line_end,
        flags,
        lines,
    })
}

fn content() -> impl Strategy<Value = Vec<(Vec<Level>, Option<usize>)>> {
    let row = (prop::collection::vec(select(Level::ALL.to_vec()), 9), prop::option::of(0..4_usize));
    prop::collection::vec(row, 4)
}

/// One date in four forms.
const DATES: [&str; 4] = ["2027-01-31", "31 Jan 2027", "1/31/2027", "January 31, 2027"];

const PLACES: [(u64, u64); 4] = [(1, 1042), (1, 1043), (1, 1044), (2, 1042)];

fn written(rows: &[Vec<String>], looks: &Looks) -> Vec<u8> {
    let [mark, wide, upper, _, blank_lines] = looks.flags;
    let titles = [
        "User",
        "Office",
        "Office ID",
        "Provider",
        "Provider ID",
        "Patient",
        "Scheduling",
        "Billing",
        "Inbox",
        "EMR",
        "Labs",
        "Reporting",
        "Visible",
        "Prescribe For",
        "Access Until",
        "Read",
    ];
    let titles =
        titles.map(|title| if upper { title.to_uppercase() } else { title.replace(' ', "_") });
    let quoted = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
    let line = |row: &[String]| {
        let cells: Vec<String> = looks.order.iter().map(|at| quoted(&row[*at])).collect();
        cells.join(&looks.delimiter.to_string())
    };
    let mut lines = vec![line(&titles)];
    for at in &looks.lines {
        lines.push(line(&rows[*at]));
        if blank_lines {
            lines.push(String::new());
        }
    }
    let text = lines.join(looks.line_end);
    match (wide, mark) {
        (true, _) => format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect(),
        (false, true) => format!("\u{feff}{text}").into_bytes(),
        (false, false) => text.into_bytes(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_the_spelling_it_is_the_same_capture(
        content in content(),
        looks in looks(),
        spellings in prop::collection::vec((spelling(Level::Full), spelling(Level::ReadOnly), spelling(Level::None)), 36),
        blank in any::<bool>(),
    ) {
        let until = |date: &Option<usize>| date.map(|_| DATES[0].parse().unwrap());
        let expected: BTreeMap<RowKey, Cells> = PLACES
            .iter()
            .zip(&content)
            .map(|((office, provider), (levels, date))| {
                let columns = Column::ALL.into_iter().zip(levels.iter().copied()).collect();
                (key(*office, *provider), Cells::new(columns, until(date)))
            })
            .collect();
        let names = directory().names();
        let table: Vec<Vec<String>> = PLACES
            .iter()
            .zip(&content)
            .enumerate()
            .map(|(at, ((office, provider), (levels, date)))| {
                // Two people are called Singh, Anita in the first office: their ids must be there.
                let by_id = looks.flags[3] || (*office, *provider) != (2, 1042);
                let name = names.providers[&ProviderId(*provider)].clone();
                let mut row = vec![
                    USER.to_uppercase(),
                    names.offices[&OfficeId(*office)].clone(),
                    if by_id { office.to_string() } else { String::new() },
                    if at % 2 == 0 { name.to_uppercase() } else { name },
                    if by_id { provider.to_string() } else { String::new() },
                ];
                for (column, level) in levels.iter().enumerate() {
                    let (full, read_only, none) = spellings[at * 9 + column];
                    row.push(match level {
                        Level::Full => full.to_owned(),
                        Level::ReadOnly => read_only.to_owned(),
                        Level::None if blank => String::new(),
                        Level::None => none.to_owned(),
                    });
                }
                row.push(date.map(|form| DATES[form].to_owned()).unwrap_or_default());
                row.push("yes".to_owned());
                row
            })
            .collect();
        prop_assert_eq!(rows(&written(&table, &looks)), expected);
    }

    /// Rows go through both kinds of file, whatever the names are.
    #[test]
    fn cells_go_through_csv_and_xlsx_as_they_are(
        names in prop::collection::vec("[=+@'\"a-z;,\t -]{0,12}", 1..6),
    ) {
        let cells: Vec<String> = names.iter().map(|name| name.trim().to_owned()).collect();
        let first = || vec!["Office".to_owned(), "Provider".to_owned(), "x".to_owned()];
        let mut line = vec!["Main".to_owned(), "Singh".to_owned()];
        line.extend(cells.clone());
        let rows = vec![first(), line];
        let csv = worksheet::table("a.csv", worksheet::to_csv(&rows).as_bytes(), Kind::Grid).unwrap();
        let xlsx = worksheet::table("a.csv", &worksheet::to_xlsx(&rows, 0).unwrap(), Kind::Grid).unwrap();
        for (at, cell) in cells.iter().enumerate() {
            for table in [&csv, &xlsx] {
                prop_assert_eq!(&table.text(1, 2 + at), cell);
            }
        }
    }
}

mod files {
    use super::*;

    fn load(text: &str) -> Result<worksheet::DirectoryFile, Vec<String>> {
        let table = worksheet::table("directory.csv", text.as_bytes(), Kind::Directory).unwrap();
        worksheet::directory(&table).map_err(|faults| {
            faults.iter().map(|fault| format!("{} {}", fault.place, fault.code)).collect()
        })
    }

    #[test]
    fn a_directory_without_ids_is_numbered_once_and_one_name_is_one_person() {
        let found = load(
            "office,provider\nMain,\"Singh, Anita\"\nMain,Zoë Roy\nWalk-in,\"singh,  ANITA\"\nClosed,-\nNew,\n",
        )
        .unwrap();
        assert_eq!(found.numbered, 6);
        let offices = &found.directory.offices;
        let people = |id: u64| match &offices[&OfficeId(id)].providers {
            Providers::Read(people) => people.keys().map(|id| id.0).collect(),
            Providers::Unread(_) => vec![99],
        };
        assert_eq!(
            (people(1), people(2), people(3), people(4)),
            (vec![1, 2], vec![1], vec![], vec![99])
        );
        // The file that is written has them, and means the same.
        let rows = worksheet::directory_rows(&found.directory);
        let again = load(&worksheet::to_csv(&rows)).unwrap();
        assert_eq!((again.numbered, &again.directory), (0, &found.directory));
        assert_eq!(worksheet::directory_rows(&again.directory), rows);
    }

    #[test]
    fn a_person_is_one_however_the_name_is_turned() {
        let found = load("office,provider\nMain,\"Singh, Anita\"\nWalk-in,Anita Singh\n").unwrap();
        let people = found.lines.iter().map(|line| line.provider.unwrap().0).collect::<Vec<_>>();
        assert_eq!(people, [1, 1]);
        let twice = load("office,provider\nMain,\"Singh, Anita\"\nMain,Anita Singh\n");
        assert_eq!(twice.unwrap_err(), ["directory.csv!B3 X013"]);
    }

    #[test]
    fn a_directory_that_contradicts_itself_is_refused_at_its_cells() {
        let expected = [
            (
                "office,provider,provider id\nMain,A B,7\nMain,C D,7\n",
                vec!["directory.csv!B3 X014"],
            ),
            ("office,provider,provider id\nMain,A B,7\nWalk,A B,\n", vec!["directory.csv!B3 X014"]),
            ("office,provider\nMain,A B\nMain,a b\n", vec!["directory.csv!B3 X013"]),
            (
                "office,provider,provider id\nMain,A B,x\nMain,C D,0\n,E,1\n",
                vec!["directory.csv!C2 X013", "directory.csv!C3 X013", "directory.csv!A4 X013"],
            ),
            ("office id,office,provider\n1,Main,A B\n1,Walk,C D\n", vec!["directory.csv!B3 X014"]),
            (
                "office id,office,provider\n1,Main,A B\n2,Main,C D\n,Main,E F\n",
                vec!["directory.csv!B4 X014"],
            ),
            (
                "office,active,provider\nMain,yes,A B\nMain,no,C D\nWalk,maybe,E F\n",
                vec!["directory.csv!B4 X013", "directory.csv!B3 X013"],
            ),
            ("office,provider\n", vec!["directory.csv!1 X013"]),
            ("office,name\nMain,A\n", vec!["directory.csv!1 X002"]),
        ];
        for (text, faults) in expected {
            assert_eq!(load(text).unwrap_err(), faults, "{text}");
        }
    }

    #[test]
    fn whom_another_list_expects_and_the_directory_lacks_is_named_at_its_line() {
        let list = "Ocean export,,\nLast Name,First Name,E-mail\nSINGH,Anita,a@x\nLee,Kim,k@x\nlee,KIM,k2@x\n,,\n";
        let columns: worksheet::ExpectedColumns =
            "surname=last name,first=First Name".parse().unwrap();
        let table = worksheet::table("users.csv", list.as_bytes(), Kind::Users).unwrap();
        let (expected, odd) = worksheet::expected(&table, &columns, &[]).unwrap();
        assert_eq!(odd, []);
        let missing = worksheet::missing(&expected, &directory());
        let faults: Vec<Fault> = missing.iter().map(|one| worksheet::not_listed(one)).collect();
        assert_eq!(faults.len(), 1, "each once: {faults:?}");
        assert_eq!(faults[0].place.to_string(), "users.csv!A4");
        assert!(faults[0].message.contains("Lee, Kim") && !faults[0].is_error());

        let whole: worksheet::ExpectedColumns = "provider=Full name".parse().unwrap();
        let faults = worksheet::expected(&table, &whole, &[]).unwrap_err();
        assert!(faults[0].hint.contains("--ocean-columns"), "{faults:?}");
        let text = "full NAME;role\nKim Lee;admin\nAnita Singh;\n\"Lee, Kim\";\n";
        let table = worksheet::table("users.csv", text.as_bytes(), Kind::Users).unwrap();
        let (expected, _) = worksheet::expected(&table, &whole, &[]).unwrap();
        assert_eq!(expected.len(), 2);
        assert_eq!(worksheet::missing(&expected, &directory()).len(), 1);
        for wrong in ["", "name=X", "first=X", "provider=X,surname=Y", "provider="] {
            assert!(wrong.parse::<worksheet::ExpectedColumns>().is_err(), "{wrong}");
        }

        let mut directory = directory();
        let people: Vec<PersonName> = expected.iter().map(|(person, _)| person.clone()).collect();
        assert_eq!(worksheet::add(&mut directory, "New Office", &people).unwrap().len(), 2);
        let Providers::Read(added) = &directory.offices[&OfficeId(3)].providers else { panic!() };
        assert_eq!(
            added.keys().map(|id| id.0).collect::<Vec<_>>(),
            [1042, 1045],
            "the known keep their ids"
        );
    }
}
