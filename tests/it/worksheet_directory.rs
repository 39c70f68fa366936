//! The directory is its user's file: ids are written into it, and no other byte of it changes.

use std::collections::BTreeMap;
use std::fs;

use accuroform::model::fold;
use accuroform::worksheet::{self, Kind};
use proptest::prelude::*;
use proptest::sample::select;

use super::program::{Ended, Program};

/// A directory as somebody keeps it: cells as they stand in the file, quotes and all.
#[derive(Debug, Clone)]
struct Kept {
    titles: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    delimiter: char,
    line_end: &'static str,
    /// Whether the last line ends.
    is_ended: bool,
    /// A byte order mark, and UTF-16.
    marks: (bool, bool),
}

const OWN: &str = "Extension";
const OFFICES: [&str; 4] =
    ["Main Street", "\"Walk-in; \"\"evening\"\", late\"", "Zoë's", "\"two\nlines\""];
const PEOPLE: [&str; 4] = ["\"Singh, Anita\"", "Zoë Roy", "\" Lee, Kim \"", "\"O\"\"Neil, Pat\""];

/// What somebody may have in a cell of their own.
fn own() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zé .'=+0-9-]{0,8}",
        "[a-zé ,;\t\r\n'=0-9]{0,12}".prop_map(|text| format!("\"{text}\"")),
        Just("\"\"".to_owned()),
        Just("a \"\"quoted\"\" word".to_owned()),
    ]
}

fn kept() -> impl Strategy<Value = Kept> {
    let mut titles = vec!["Office", "Provider", OWN, "Notes, mine", "PROVIDER_ID", "office id"];
    let form = (select(vec![',', ';', '\t']), select(vec!["\n", "\r\n", "\r"]), any::<bool>());
    let marks = (any::<bool>(), any::<bool>());
    let row = (select(&OFFICES), select(&PEOPLE), own(), own(), 0..3_usize);
    let rows = prop::collection::vec(row, 1..12);
    let order = (0..3_usize, Just(std::mem::take(&mut titles)).prop_shuffle());
    (form, marks, rows, order).prop_map(
        |((delimiter, line_end, is_ended), marks, rows, (ids, mut titles))| {
            // Without columns for ids, with one, with both.
            titles.retain(|title| match *title {
                "office id" => ids > 0,
                "PROVIDER_ID" => ids > 1,
                _ => true,
            });
            let mut seen: Vec<(&str, &str)> = Vec::new();
            let mut lines = Vec::new();
            for (office, provider, first, second, blank) in rows {
                // Nobody is listed twice in an office.
                if seen.contains(&(office, provider)) {
                    continue;
                }
                seen.push((office, provider));
                let cell = |title: &&str| match *title {
                    "Office" => office.to_owned(),
                    "Provider" => provider.to_owned(),
                    OWN => first.clone(),
                    "office id" | "PROVIDER_ID" => ["", " ", "\"\""][blank].to_owned(),
                    _ => second.clone(),
                };
                let mut line: Vec<String> = titles.iter().map(cell).collect();
                if blank == 1 {
                    // A line may be shorter or longer than the headings.
                    line.push(first.clone());
                } else if line.last().is_some_and(String::is_empty) {
                    line.pop();
                }
                lines.push(line);
                if blank == 2 {
                    lines.push(vec![String::new()]);
                }
            }
            Kept { titles, rows: lines, delimiter, line_end, is_ended, marks }
        },
    )
}

impl Kept {
    /// Quotes what this file's delimiter would split.
    fn quoted(&self, raw: &str) -> String {
        let special = [self.delimiter, '\n', '\r'];
        if raw.starts_with('"') || !raw.contains(special) {
            raw.to_owned()
        } else {
            format!("\"{raw}\"")
        }
    }

    fn bytes(&self, rows: &[Vec<String>]) -> Vec<u8> {
        let join = |row: &Vec<String>| {
            let cells: Vec<String> = row.iter().map(|cell| self.quoted(cell)).collect();
            cells.join(&self.delimiter.to_string())
        };
        let mut text = rows.iter().map(join).collect::<Vec<_>>().join(self.line_end);
        if self.is_ended {
            text += self.line_end;
        }
        match self.marks {
            (_, true) => {
                format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()
            }
            (true, false) => format!("\u{feff}{text}").into_bytes(),
            (false, false) => text.into_bytes(),
        }
    }

    fn all(&self) -> Vec<Vec<String>> {
        let titles = self.titles.iter().map(|title| (*title).to_owned()).collect();
        [vec![titles], self.rows.clone()].concat()
    }

    /// The same with ids, made without the code that is tested.
    fn with_ids(&self) -> Vec<Vec<String>> {
        let mut rows = self.all();
        let mut width = rows.iter().map(Vec::len).max().unwrap();
        for (title, of, as_is) in
            [("Office ID", "Office", "office id"), ("Provider ID", "Provider", "PROVIDER_ID")]
        {
            let name = self.titles.iter().position(|title| *title == of).unwrap();
            let column =
                self.titles.iter().position(|title| *title == as_is).unwrap_or_else(|| {
                    width += 1;
                    width - 1
                });
            let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
            for (at, row) in rows.iter_mut().enumerate() {
                if row.iter().all(|cell| cell.trim_matches(['"', ' ']).is_empty()) {
                    continue;
                }
                if at == 0 && column < row.len() {
                    continue;
                }
                let id = if at == 0 {
                    title.to_owned()
                } else {
                    let next = numbers.len() + 1;
                    let name = row[name].trim_matches('"').replace("\"\"", "\"");
                    numbers.entry(fold(&name)).or_insert(next).to_string()
                };
                row.resize(row.len().max(column + 1), String::new());
                row[column] = id;
            }
        }
        rows
    }
}

fn with_ids(bytes: &[u8]) -> Vec<u8> {
    let table = worksheet::table("directory.csv", bytes, Kind::Directory).unwrap();
    let found = worksheet::directory(&table).unwrap_or_else(|faults| panic!("{faults:#?}"));
    assert!(found.numbered > 0);
    worksheet::with_ids(bytes, &table, &found, &[]).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn ids_are_written_and_every_other_byte_is_kept(kept in kept()) {
        let before = kept.bytes(&kept.all());
        let after = with_ids(&before);
        let expected = kept.bytes(&kept.with_ids());
        prop_assert_eq!(String::from_utf8_lossy(&after), String::from_utf8_lossy(&expected));
        prop_assert_eq!(after, expected);
    }
}

#[test]
fn headings_that_are_there_again_and_excels_own_first_line_stay() {
    let before = "sep=;\r\nLakeside;;\r\nOffice;Provider;Room\r\nMain;Singh, Anita;\"1\r\n2\"\r\nOffice;Provider;Room\r\nMain;Zoë Roy;=A1\r\nWalk-in;-;\r\nNew;;x";
    let after = "sep=;\r\nLakeside;;\r\nOffice;Provider;Room;Office ID;Provider ID\r\nMain;Singh, Anita;\"1\r\n2\";1;1\r\nOffice;Provider;Room;Office ID;Provider ID\r\nMain;Zoë Roy;=A1;1;2\r\nWalk-in;-;;2\r\nNew;;x;3";
    assert_eq!(String::from_utf8(with_ids(before.as_bytes())).unwrap(), after);
}

const MANIFEST: &str = "\
version: 1
clinic: {id: lakeside, name: Lakeside, timezone: America/Toronto}
accuro: {tenant: LAKESIDE, connection: {worksheet: {file: grid.csv, directory: DIRECTORY, max_age: 30d}}}
ocean: {site: \"4021\", sync: none}
users: [{profile: ocean, all_offices: true}]
";

fn clinic(directory: &str, bytes: impl AsRef<[u8]>) -> Program {
    let program = Program::with_manifest(MANIFEST.replace("DIRECTORY", directory));
    fs::write(program.folder().join(directory), bytes).unwrap();
    program
}

#[track_caller]
fn ends(program: &Program, arguments: &[&str], code: i32) -> Ended {
    let ended = program.run(arguments);
    assert_eq!(ended.code, code, "{arguments:?}: {}", ended.everything());
    ended
}

#[test]
fn people_are_added_below_as_the_file_is_written() {
    let program = clinic(
        "directory.csv",
        "Room;Provider;Office;Office ID;Provider ID\n12;Singh, Anita;Main; 7 ;1042",
    );
    fs::write(program.folder().join("users.csv"), "Name\n\"Lee; Kim\"\nBo Roy\n").unwrap();
    let add = |office| {
        ["capture", "--template", "--ocean-users", "users.csv", "--add-to", office, "--out", office]
    };
    ends(&program, &add("main"), 0);
    let text = || fs::read_to_string(program.folder().join("directory.csv")).unwrap();
    let first = "Room;Provider;Office;Office ID;Provider ID\n12;Singh, Anita;Main; 7 ;1042\n;\"Kim, Lee;\";Main;7;1043\n;Roy, Bo;Main;7;1044";
    assert_eq!(text(), first);
    let said = ends(&program, &add("Mian"), 0).stderr;
    assert!(!said.contains("new office"), "nobody is missing, so nothing is made: {said}");
    assert_eq!(text(), first);
    fs::write(program.folder().join("users.csv"), "Name\nZed Zulu\n").unwrap();
    let said = ends(&program, &add("Annex"), 0).stderr;
    assert!(said.contains("`Annex` is a new office of the directory"), "{said}");
    assert_eq!(text(), format!("{first}\n;Zulu, Zed;Annex;8;1045"));
}

#[test]
fn of_two_offices_of_one_name_the_id_must_be_said() {
    let two = "Office ID,Office,Provider ID,Provider\n1,Main,5,A B\n2,Main,6,C D\n";
    let program = clinic("directory.csv", two);
    fs::write(program.folder().join("users.csv"), "Name\nKim Lee\n").unwrap();
    let add = |office| ["capture", "--template", "--ocean-users", "users.csv", "--add-to", office];
    let said = ends(&program, &add("Main"), 1).stderr;
    assert!(
        said.contains("error[U001]: 2 offices are called `Main`") && said.contains("1, 2"),
        "{said}"
    );
    ends(&program, &add("2"), 0);
    let text = fs::read_to_string(program.folder().join("directory.csv")).unwrap();
    assert_eq!(text, format!("{two}2,Main,7,\"Lee, Kim\"\n"));
}

#[cfg(unix)]
#[test]
fn who_may_read_the_directory_and_where_it_really_is_stays() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let program = clinic("real.csv", "Office,Provider\nMain,A B\n");
    fs::write(program.folder().join("clinic.yaml"), MANIFEST.replace("DIRECTORY", "directory.csv"))
        .unwrap();
    let (real, link) = (program.folder().join("real.csv"), program.folder().join("directory.csv"));
    fs::set_permissions(&real, fs::Permissions::from_mode(0o664)).unwrap();
    symlink("real.csv", &link).unwrap();
    ends(&program, &["capture", "--template"], 0);
    assert!(link.symlink_metadata().unwrap().is_symlink());
    assert_eq!(
        fs::read_to_string(&real).unwrap(),
        "Office,Provider,Office ID,Provider ID\nMain,A B,1,1\n"
    );
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o664);
}

#[test]
fn a_workbook_is_left_as_it_is_and_its_cells_get_their_ids_beside_it() {
    let rows = [vec!["Room", "Office", "Provider"], vec![], vec!["=1+1", "Main", "Singh, Anita"]];
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect();
    let bytes = worksheet::to_xlsx(&rows, 0).unwrap();
    // What it is counts, not what it is called.
    for (name, beside) in
        [("directory.xlsx", "directory-with-ids.csv"), ("people.csv", "people-with-ids.csv")]
    {
        let program = clinic(name, &bytes);
        let said = ends(&program, &["capture", "--template"], 1).stderr;
        let hint = format!("write `directory: {beside}` in the manifest");
        assert!(
            said.contains(&format!("error[X014]: {name} is a workbook")) && said.contains(&hint),
            "{said}"
        );
        assert_eq!(fs::read(program.folder().join(name)).unwrap(), bytes);
        let text = fs::read_to_string(program.folder().join(beside)).unwrap();
        assert_eq!(
            text,
            "\u{feff}Room,Office,Provider,Office ID,Provider ID\r\n\r\n'=1+1,Main,\"Singh, Anita\",1,1\r\n"
        );
        assert!(!program.folder().join("grid-to-fill.csv").exists());

        let again = ends(&program, &["capture", "--template"], 1).stderr;
        assert!(again.contains("error[F001]"), "nothing is overwritten: {again}");
        assert_eq!(fs::read_to_string(program.folder().join(beside)).unwrap(), text);
        fs::write(program.folder().join("clinic.yaml"), MANIFEST.replace("DIRECTORY", beside))
            .unwrap();
        ends(&program, &["capture", "--template"], 0);
    }
}
