//! Workbooks as spreadsheets, people and adversaries make them: what a cell shows is what is read, or the cell
//! is named.

use std::io::{Cursor, Read as _, Write as _};

use accuroform::model::Cells;
use accuroform::worksheet::{self, Capture, Expectation, Fault, Kind, Sheet, Table};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_xlsxwriter::{DataValidation, ExcelDateTime, Format, Formula, Workbook, Worksheet};
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

use super::worksheet_sheet::{USER, directory, key};
use super::world::cells;

const TITLES: [&str; 16] = [
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
const PLACES: [(u32, u32); 4] = [(1, 1042), (1, 1043), (1, 1044), (2, 1042)];

/// The headings in row 3, a line for each row below.
fn headed(sheet: &mut Worksheet) {
    sheet.write(0, 0, "accuroform").unwrap();
    sheet.write(0, 1, "sheet").unwrap();
    for (column, title) in (0..).zip(TITLES) {
        sheet.write(2, column, title).unwrap();
    }
    for (row, (office, provider)) in (3..).zip(PLACES) {
        sheet.write(row, 0, USER).unwrap();
        sheet.write(row, 2, office).unwrap();
        sheet.write(row, 4, provider).unwrap();
    }
}

fn book(fill: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    headed(sheet);
    fill(sheet);
    book.save_to_buffer().unwrap()
}

fn table(bytes: &[u8]) -> Result<Table, Vec<Fault>> {
    worksheet::table("grid.xlsx", bytes, Kind::Grid).map_err(|fault| vec![fault])
}

fn read(bytes: &[u8]) -> Result<Sheet, Vec<Fault>> {
    let (directory, users) = (directory(), [USER.to_owned()]);
    worksheet::sheet(&table(bytes)?, Expectation { directory: &directory, users: &users })
}

/// What was read of the row of the first line.
fn first(bytes: &[u8]) -> Option<Cells> {
    let sheet = read(bytes).unwrap_or_else(|faults| panic!("{faults:#?}"));
    Capture::grids_of(&sheet).get(USER).and_then(|rows| rows.get(&key(1, 1042)).copied())
}

/// `F4 X007`, in order.
fn faults(bytes: &[u8]) -> Vec<String> {
    let faults = read(bytes).unwrap_err();
    faults.iter().map(|fault| format!("{} {}", fault.place.cell(), fault.code)).collect()
}

#[test]
fn marks_of_every_kind_of_cell_are_what_they_show() {
    let filled = book(|sheet| {
        sheet.write(3, 5, true).unwrap();
        sheet.write(3, 6, 1).unwrap();
        sheet.write(3, 7, "1").unwrap();
        sheet.write(3, 8, 0).unwrap();
        sheet.write(3, 9, false).unwrap();
        sheet.write(3, 10, " RO\u{a0}").unwrap();
    });
    assert_eq!(first(&filled), Some(cells("patient scheduling billing labs=read-only")));
    let wrong = book(|sheet| {
        sheet.write(3, 5, 2).unwrap();
        sheet.write(3, 6, 0.5).unwrap();
        sheet.write(3, 7, "full\u{200b}").unwrap();
    });
    assert_eq!(faults(&wrong), ["F4 X007", "G4 X007", "H4 X007"]);
}

#[test]
fn a_merged_cell_is_no_mark_for_several_rows() {
    let plain = Format::new();
    let merged = |first_row, first_column, last_row, last_column| {
        book(|sheet| {
            sheet.write(3, 6, "x").unwrap();
            sheet.write(4, 6, "x").unwrap();
            sheet
                .merge_range(first_row, first_column, last_row, last_column, "full", &plain)
                .unwrap();
        })
    };
    assert_eq!(faults(&merged(3, 5, 5, 5)), ["F4 X021"], "Patient of three rows");
    assert_eq!(faults(&merged(3, 7, 3, 9)), ["H4 X021"], "three columns of a row");
    assert_eq!(faults(&merged(2, 5, 3, 5)).first().unwrap(), "3 X002", "the heading is another");
    // Columns of one's own are left alone.
    assert!(first(&merged(3, 20, 6, 21)).is_some());
    let above = book(|sheet| {
        sheet.write(3, 6, "x").unwrap();
        sheet.merge_range(1, 0, 1, 9, "Lakeside, read by Jane", &plain).unwrap();
    });
    assert!(first(&above).is_some(), "a title is no line that is read");
    let both = book(|sheet| {
        sheet.write(3, 6, "x").unwrap();
        sheet.merge_range(1, 0, 1, 1, "Read at", &plain).unwrap();
    });
    assert_eq!(faults(&both), ["A2 X021"]);
}

#[test]
fn a_formula_is_never_believed_and_one_without_a_value_is_not_blank() {
    let formula = |text: &str, shown: &str| Formula::new(text).set_result(shown);
    let filled = book(|sheet| {
        sheet.write(3, 5, "x").unwrap();
        sheet.write(3, 6, formula("=IF(TODAY()>0,\"full\",\"\")", "none")).unwrap();
        sheet.write(3, 7, formula("=F4", "")).unwrap();
        sheet.write(4, 3, formula("=\"Roy, \"&\"Zoë\"", "Roy, Zoë")).unwrap();
        sheet.write(5, 14, formula("=TODAY()+30", "46000")).unwrap();
    });
    assert_eq!(faults(&filled), ["G4 X021", "H4 X021", "D5 X021", "O6 X021"]);
    let elsewhere = book(|sheet| {
        sheet.write(3, 5, "x").unwrap();
        sheet.write(3, 20, formula("=COUNTA(F4:N4)", "1")).unwrap();
        // How `LibreOffice` writes a yes that was typed.
        sheet.write(3, 6, formula("=TRUE()", "1")).unwrap();
    });
    assert_eq!(first(&elsewhere), Some(cells("patient scheduling")));
    let dated = book(|sheet| {
        sheet.write(3, 5, "x").unwrap();
        sheet.write(1, 0, "Read at").unwrap();
        sheet.write(1, 1, formula("=NOW()", "46000.5")).unwrap();
    });
    assert_eq!(faults(&dated), ["B2 X021"]);
}

/// Changes a part of a workbook.
fn changed(bytes: &[u8], part: &str, change: impl Fn(String) -> String) -> Vec<u8> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut changed = ZipWriter::new(Cursor::new(Vec::new()));
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at).unwrap();
        let name = entry.name().unwrap().into_owned();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        changed.start_file(&name, SimpleFileOptions::default()).unwrap();
        let text = if name == part { change(text) } else { text };
        changed.write_all(text.as_bytes()).unwrap();
    }
    changed.finish().unwrap().into_inner()
}

/// A workbook with this number in Access Until, shown as a date.
fn until(serial: f64) -> Vec<u8> {
    let date = Format::new().set_num_format("yyyy-mm-dd");
    book(|sheet| {
        sheet.write(3, 5, "x").unwrap();
        sheet.write_with_format(3, 14, serial, &date).unwrap();
    })
}

#[test]
fn a_date_is_the_one_that_is_shown_or_none() {
    let shown = |bytes: &[u8]| first(bytes).unwrap().until().map(|until| until.to_string());
    assert_eq!(shown(&until(46_418.0)).as_deref(), Some("2027-01-31"));
    // Workbooks of old Macs count from 1904.
    let mac = |bytes: &[u8]| {
        changed(bytes, "xl/workbook.xml", |text| {
            assert!(text.contains("<workbookPr "), "{text}");
            text.replace("<workbookPr ", "<workbookPr date1904=\"1\" ")
        })
    };
    assert_eq!(shown(&mac(&until(46_418.0 - 1462.0))).as_deref(), Some("2027-01-31"));
    assert_eq!(shown(&until(2_958_465.0)).as_deref(), Some("9999-12-31"));
    // A time, the day that never was, and numbers that no calendar has.
    for serial in [46_418.375, 60.0, 0.0, 0.5, -1.0, -700_000.0, 2_958_466.0, 1e300] {
        assert_eq!(faults(&until(serial)), ["O4 X008"], "{serial}");
    }
    // A number that is shown as a number.
    let number = book(|sheet| {
        sheet.write(3, 5, "x").unwrap();
        sheet.write(3, 14, 46_418).unwrap();
    });
    assert_eq!(faults(&number), ["O4 X008"]);
    let old = book(|sheet| {
        sheet.write(3, 5, "x").unwrap();
        sheet.write(3, 14, "31 Dec 1899").unwrap();
    });
    assert_eq!(shown(&old).as_deref(), Some("1899-12-31"));
}

#[test]
fn a_time_above_the_sheet_may_be_a_time_of_the_spreadsheet() {
    let filled = book(|sheet| {
        sheet.write(1, 0, "Read at").unwrap();
        let time = ExcelDateTime::parse_from_str("2026-01-05T09:10:59").unwrap();
        let format = Format::new().set_num_format("d/m/yy h:mm");
        sheet.write_with_format(1, 1, time, &format).unwrap();
    });
    let sheet = read(&filled).unwrap();
    let zone = TimeZone::get("America/Toronto").unwrap();
    let expected: Timestamp = "2026-01-05T14:10:59Z".parse().unwrap();
    assert_eq!(worksheet::moment(sheet.says("readat").unwrap(), &zone), Some(expected));
}

#[test]
fn hidden_rows_and_columns_are_read_as_they_are() {
    let filled = book(|sheet| {
        sheet.write(3, 5, "x").unwrap();
        sheet.set_row_hidden(3).unwrap();
        sheet.set_column_hidden(5).unwrap();
    });
    assert_eq!(first(&filled), Some(cells("patient")));
}

#[test]
fn what_is_formatted_and_blank_counts_for_nothing() {
    let yellow = Format::new().set_background_color("#FFFF00");
    let filled = book(|sheet| {
        sheet.write(3, 5, "x").unwrap();
        sheet.write_blank(1_048_575, 16_383, &yellow).unwrap();
        sheet.write_blank(30_000, 5, &yellow).unwrap();
        let list = DataValidation::new().allow_list_strings(&["full"]).unwrap();
        sheet.add_data_validation(3, 5, 1_048_575, 5, &list).unwrap();
    });
    assert_eq!(first(&filled), Some(cells("patient")));
    let far = book(|sheet| {
        sheet.write(30_000, 5, "x").unwrap();
    });
    assert_eq!(faults(&far), ["1 X001"]);
}

/// A workbook of several sheets: name, whether it is hidden, and the mark in Patient of the first row;
/// without one it is no grid.
fn books(sheets: &[(&str, bool, Option<&str>)]) -> Vec<u8> {
    let mut book = Workbook::new();
    for (at, (name, hidden, mark)) in sheets.iter().enumerate() {
        let sheet = book.add_worksheet();
        sheet.set_name(*name).unwrap().set_hidden(*hidden).set_active(!hidden);
        if let Some(mark) = mark {
            headed(sheet);
            sheet.write(3, 5, *mark).unwrap();
            continue;
        }
        for (column, text) in (0..).zip(["Office", "Provider", "Office ID", "Provider ID"]) {
            sheet.write(0, column, text).unwrap();
        }
        for (column, text) in (0..).zip(["Main", "Roy, Bo", "1", &at.to_string()]) {
            sheet.write(1, column, text).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

#[test]
fn the_sheet_that_looks_like_a_grid_is_read_whatever_it_is_called() {
    let patient = Some(cells("patient"));
    for sheets in [
        &[("Grid", false, Some("x"))][..],
        &[("Feuil1", false, Some("x")), ("Notes", false, None)],
        &[("Notes", false, None), ("Tabelle1", false, Some("x"))],
        &[("Directory", false, None), ("Grid", false, Some("x")), ("Grid (old)", true, Some("-"))],
    ] {
        assert_eq!(first(&books(sheets)), patient, "{sheets:?}");
    }
    // Nobody knows which of two is true.
    for other in ["Grid (2)", "Backup"] {
        let two = books(&[("Grid", false, Some("x")), (other, false, Some("-"))]);
        let fault = &read(&two).unwrap_err()[0];
        assert_eq!(fault.code.as_str(), "X001");
        assert!(fault.message.contains("`Grid`") && fault.message.contains(other), "{fault:?}");
    }
    let none = books(&[("Notes", false, None), ("Grid", true, Some("x"))]);
    assert_eq!(faults(&none), ["1 X002"; 10], "what is hidden was not looked at");
}

#[test]
fn a_directory_may_share_a_workbook_with_a_grid() {
    let read = |sheets: &[_]| {
        let table =
            worksheet::table("d.xlsx", &books(sheets), Kind::Directory).map_err(|one| vec![one])?;
        worksheet::directory(&table)
            .map(|found| found.directory.names().providers.into_keys().next().unwrap().0)
    };
    let grid = ("Grid", false, Some("x"));
    assert_eq!(read(&[grid, ("Offices", false, None)]).unwrap(), 1);
    assert_eq!(read(&[grid, ("Offices", true, None), ("Directory", false, None)]).unwrap(), 2);
    assert_eq!(
        read(&[("Copy", false, None), ("Directory", false, None)]).unwrap(),
        1,
        "the named one"
    );
    let fault = &read(&[("Old", false, None), ("New", false, None)]).unwrap_err()[0];
    assert!(fault.message.contains("`Old`, `New`"), "{fault:?}");
}

#[test]
fn a_file_that_would_fill_the_memory_is_refused() {
    let refused = |bytes: &[u8]| {
        assert!(bytes.len() < 1_000_000, "{}", bytes.len());
        let faults = table(bytes).unwrap_err();
        assert_eq!(faults[0].code.as_str(), "X001");
        faults[0].message.clone()
    };
    let zip = |name: &str, content: &[u8]| {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
        zip.finish().unwrap().into_inner()
    };
    let bomb = zip("xl/workbook.xml", &vec![b' '; 65 * 1024 * 1024]);
    assert!(refused(&bomb).contains("unpacks to more than 64 MiB"));

    // A text of 30 KB that a hundred thousand cells share is 3 GB.
    let shared = book(|sheet| {
        sheet.write(9, 0, "z".repeat(30_000)).unwrap();
    });
    let mut archive = ZipArchive::new(Cursor::new(&shared[..])).unwrap();
    let mut strings = String::new();
    archive.by_name("xl/sharedStrings.xml").unwrap().read_to_string(&mut strings).unwrap();
    let index = strings.matches("<si>").count() - 1;
    let many = changed(&shared, "xl/worksheets/sheet1.xml", |text| {
        let cells: String = (0..100_000)
            .map(|at| {
                format!(
                    "<row r=\"{}\"><c r=\"T{}\" t=\"s\"><v>{index}</v></c></row>",
                    100 + at,
                    100 + at
                )
            })
            .collect();
        text.replace("</sheetData>", &format!("{cells}</sheetData>"))
    });
    assert!(refused(&many).contains("more in its cells than any sheet"));

    // Rows of one cell far to the right, on many sheets, are 96 MB a sheet.
    let mut wide = Workbook::new();
    for _ in 0..4 {
        let sheet = wide.add_worksheet();
        for row in 0..19_999 {
            sheet.write(row, 199, 1).unwrap();
        }
    }
    assert!(refused(&wide.save_to_buffer().unwrap()).contains("more in its cells than any sheet"));

    let merged = changed(&book(|_| {}), "xl/worksheets/sheet1.xml", |text| {
        let cells = "<mergeCell ref=\"A1:XFD1048576\"/>".repeat(30_000);
        text.replace(
            "</sheetData>",
            &format!("</sheetData><mergeCells count=\"1\">{cells}</mergeCells>"),
        )
    });
    assert!(refused(&merged).contains("20,000 merged cells"));

    let twice = changed(&book(|_| {}), "xl/worksheets/sheet1.xml", |text| {
        let row = "<row r=\"50\"><c r=\"F50\" t=\"b\"><v>1</v></c><c r=\"F50\" t=\"b\"><v>0</v></c></row>";
        text.replace("</sheetData>", &format!("{row}</sheetData>"))
    });
    assert!(refused(&twice).contains("a cell twice"));

    let document = zip("mimetype", b"application/vnd.oasis.opendocument.spreadsheet");
    assert!(refused(&document).contains("OpenDocument"));
    for other in [&zip("word/document.xml", b"<x/>")[..], b"PK\x03\x04", b"PK"] {
        assert!(refused(other).contains("not XLSX") || refused(other).contains("no sheet"));
    }
}

#[test]
fn names_are_the_same_however_their_accents_and_lines_are_written() {
    let line = |office: &str, provider: &str| {
        let titles = TITLES.join(",").replace("Office ID,", "").replace("Provider ID,", "");
        format!("{titles}\r\n{USER},\"{office}\",\"{provider}\",x,,,,,,,,,,\r\n").into_bytes()
    };
    let known = |bytes: &[u8]| {
        let sheet = read(bytes).unwrap_or_else(|faults| panic!("{faults:#?}"));
        sheet.lines[0].key
    };
    // The second has its diaeresis as a character of its own, as a Mac writes it.
    for name in ["Roy, Zoë", "Roy, Zoe\u{308}", "ROY,\r\nZOË", "Zoë  Roy", "roy , zoë\u{a0}"] {
        assert_eq!(known(&line("Main\r\n Street", name)), key(1, 1043), "{name}");
    }
    // A directory whose names have lines has them in one.
    let text = "office,provider\r\n\"Main\r\nStreet\",\"Roy,\r\nZoe\u{308}\"\r\n";
    let table = worksheet::table("d.csv", text.as_bytes(), Kind::Directory).unwrap();
    let names = worksheet::directory(&table).unwrap().directory.names();
    let all: Vec<&String> = names.offices.values().chain(names.providers.values()).collect();
    assert_eq!(all, ["Main Street", "Roy, Zoe\u{308}"]);
}

#[test]
fn the_apostrophe_that_guards_a_name_may_become_a_letter_of_it() {
    let named = |text: &str| {
        let table = worksheet::table("d.csv", text.as_bytes(), Kind::Directory).unwrap();
        worksheet::directory(&table).unwrap().directory
    };
    let directory = named("Office,Provider\n+1 Main,\"=A1, Bo\"\n'=Annex,O'Neil\n");
    let users = [USER.to_owned()];
    let expected = Expectation { directory: &directory, users: &users };
    let row = |office, provider| (key(office, provider), cells("patient"));
    let capture = Capture {
        clinic: "lakeside".to_owned(),
        tenant: "LAKESIDE".to_owned(),
        at: "2026-01-05T14:00:00Z".parse().unwrap(),
        by: "=Jane".to_owned(),
        grids: [(USER.to_owned(), [row(1, 1), row(2, 2)].into())].into(),
        kept: [].into(),
    };
    let csv = worksheet::to_csv(&capture.rows_of(&directory, &users, &TimeZone::UTC));
    // A spreadsheet that opens CSV and saves XLSX keeps the apostrophes.
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(csv.as_bytes());
    let rows: Vec<Vec<String>> = reader
        .records()
        .map(|row| {
            row.unwrap().iter().map(|cell| cell.trim_start_matches('\u{feff}').to_owned()).collect()
        })
        .collect();
    assert!(rows.iter().flatten().any(|cell| cell == "'=A1, Bo"), "{rows:?}");
    let open = |bytes: &[u8]| {
        let what = worksheet::Open { clinic: "lakeside", tenant: "LAKESIDE", expected };
        worksheet::open(&table(bytes).unwrap(), what).unwrap_or_else(|faults| panic!("{faults:#?}"))
    };
    assert_eq!(open(&worksheet::to_xlsx(&rows, 0).unwrap()), capture);
    assert_eq!(open(csv.as_bytes()), capture);
}

#[test]
fn a_line_above_that_says_two_things_says_nothing() {
    let with = |head: &str| {
        format!("{head}{}\n{USER},,1,,1042,x,,,,,,,,,,\n", TITLES.join(",")).into_bytes()
    };
    assert_eq!(faults(&with("Clinic,lakeside\nClinic,elsewhere\n")), ["B2 X003"]);
    assert!(first(&with("Clinic,lakeside\nClinic,lakeside\nNote,one\nNote,two\n")).is_some());
}

/// Files that `LibreOffice` 7.4 made of a template: saved as .ods, then as XLSX and as CSV.
mod libreoffice {
    use std::process::Command;

    use accuroform::live::Directory;
    use accuroform::model::RowKey;

    use super::*;
    use crate::readers;

    const DIRECTORY: &str = "Office,Provider\nMain Street,\"Singh, Anita\"\nMain Street,\"Roy, Zoë\"\n\
                             Walk-in; evening,\"Łukasz, Jo\"\nWalk-in; evening,\"=1+1, Bo\"\n";

    fn directory() -> Directory {
        let table =
            worksheet::table("directory.csv", DIRECTORY.as_bytes(), Kind::Directory).unwrap();
        worksheet::directory(&table).unwrap().directory
    }

    fn captured(bytes: &[u8]) -> Result<Vec<(RowKey, Cells)>, Vec<Fault>> {
        let (directory, users) = (directory(), [USER.to_owned()]);
        let table = table(bytes)?;
        let sheet = worksheet::sheet(&table, Expectation { directory: &directory, users: &users })?;
        assert_eq!(sheet.says("readby"), Some("Zoë Łukasz"));
        Ok(Capture::grids_of(&sheet).remove(USER).unwrap().into_iter().collect())
    }

    fn expected() -> Vec<(RowKey, Cells)> {
        vec![
            (key(1, 1), cells("patient scheduling billing emr labs visible / 2027-01-31")),
            (key(1, 2), cells("inbox emr=read-only / 2027-02-01")),
            (key(2, 3), cells("")),
            (key(2, 4), cells("patient")),
        ]
    }

    #[test]
    fn what_it_saves_is_read_as_it_was_filled_in() {
        for (name, bytes) in [
            ("XLSX", &include_bytes!("../sheets/libreoffice.xlsx")[..]),
            ("semicolons", include_bytes!("../sheets/libreoffice-semicolons.csv")),
            ("UTF-16 and tabs", include_bytes!("../sheets/libreoffice-unicode-text.csv")),
        ] {
            assert_eq!(
                captured(bytes).unwrap_or_else(|faults| panic!("{name}: {faults:#?}")),
                expected(),
                "{name}"
            );
        }
    }

    #[test]
    fn an_encoding_that_has_no_mark_is_refused_at_its_first_letter() {
        let faults =
            captured(include_bytes!("../sheets/libreoffice-windows-1252.csv")).unwrap_err();
        assert_eq!(faults[0].place.cell(), "B6", "Read by");
        assert!(faults[0].message.contains("Windows-1252") && faults[0].hint.contains("CSV UTF-8"));
    }

    /// A template of ours, filled in.
    fn filled() -> Vec<Vec<String>> {
        let (directory, users) = (directory(), [USER.to_owned()]);
        let what = worksheet::Template {
            clinic: "lakeside",
            tenant: "LAKESIDE",
            users: &users,
            made: "2026-01-05T14:00:00Z".parse().unwrap(),
            zone: &TimeZone::UTC,
        };
        let mut rows = worksheet::template(what, &directory, |_, _| true);
        "Zoë Łukasz".clone_into(&mut rows[5][1]);
        let lines = [
            ["full", "x", "✓", "", "TRUE", "1", "", "yes", "", "2027-01-31", ""],
            ["", "", "", "full", "read-only", "", "", "", "", "1 Feb 2027", "yes"],
            ["", "", "", "", "", "", "", "", "", "", "yes"],
            ["x", "-", "-", "", "", "", "", "", "", "", ""],
        ];
        let blank = rows.iter_mut().filter(|row| row.first().is_some_and(|cell| cell == USER));
        for (row, line) in blank.zip(lines) {
            row.truncate(5);
            row.extend(line.map(str::to_owned));
        }
        rows
    }

    #[test]
    fn what_it_makes_of_our_sheets_here_and_now_is_read() {
        let Some(soffice) = readers::soffice() else { return };
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let convert = |from: &str, to: &str, folder: &str| {
            let home = format!("-env:UserInstallation=file://{}", at("home").display());
            let mut command = Command::new(&soffice);
            command.args([&home, "--headless"]);
            if from.ends_with("csv") {
                // As it offers itself: commas, UTF-8, numbers and dates found by themselves.
                command.arg("--infilter=CSV:44,34,76,1,,0,false,true");
            }
            command.args(["--convert-to", to, "--outdir"]).args([at(folder), at(from)]);
            let (code, text) = readers::read(&mut command);
            assert_eq!(code, Some(0), "{text}");
        };
        std::fs::write(at("sheet.xlsx"), worksheet::to_xlsx(&filled(), 0).unwrap()).unwrap();
        std::fs::write(at("sheet.csv"), worksheet::to_csv(&filled())).unwrap();
        convert("sheet.xlsx", "ods", "one");
        convert("one/sheet.ods", "xlsx", "two");
        convert("sheet.csv", "xlsx", "three");
        let text = "csv:Text - txt - csv (StarCalc):";
        convert("three/sheet.xlsx", &format!("{text}9,34,65535,1,,0,false,true"), "four");
        convert("one/sheet.ods", &format!("{text}59,34,76,1,,0,false,true"), "five");
        for made in ["two/sheet.xlsx", "three/sheet.xlsx", "four/sheet.csv", "five/sheet.csv"] {
            let read = captured(&std::fs::read(at(made)).unwrap());
            assert_eq!(
                read.unwrap_or_else(|faults| panic!("{made}: {faults:#?}")),
                expected(),
                "{made}"
            );
        }
        assert!(
            table(&std::fs::read(at("one/sheet.ods")).unwrap()).unwrap_err()[0]
                .message
                .contains("OpenDocument")
        );
        convert("one/sheet.ods", &format!("{text}44,34,1,1,,0,false,true"), "six");
        let refused = captured(&std::fs::read(at("six/sheet.csv")).unwrap()).unwrap_err();
        assert_eq!(refused[0].place.cell(), "B6");
    }
}
