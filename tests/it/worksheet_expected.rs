//! A list of another system's users: who of it counts, and what is a slip of the pen.

use accuroform::worksheet::{self, Expected, ExpectedColumns, Fault, Kind, Only};

use super::worksheet_sheet::directory;

const LIST: &str = "\
Users of site 4021,,,
Full name,Role,Status,Rôle
Anita Singh,Provider,Active,a
Kim Lee,provider ,Active,b
Maria de la Cruz,PROVIDER,Inactive,c
Jo Desk,Front desk,Active,d
Pat Locum,Locum,,e
";

fn read(list: &str, only: &[&str]) -> Result<(Vec<Expected>, Vec<Fault>), Vec<Fault>> {
    let table = worksheet::table("users.csv", list.as_bytes(), Kind::Users).unwrap();
    let columns: ExpectedColumns = "provider=Full name".parse().unwrap();
    let only: Vec<Only> = only.iter().map(|one| one.parse().unwrap()).collect();
    worksheet::expected(&table, &columns, &only)
}

fn surnames(only: &[&str]) -> Vec<String> {
    let (people, odd) = read(LIST, only).unwrap_or_else(|faults| panic!("{faults:#?}"));
    assert_eq!(odd, [], "{only:?}");
    people.into_iter().map(|(person, _)| person.last).collect()
}

#[test]
fn of_one_heading_any_value_counts_and_of_several_headings_all() {
    assert_eq!(surnames(&[]), ["Singh", "Lee", "Cruz", "Desk", "Locum"]);
    assert_eq!(surnames(&["Role=Provider"]), ["Singh", "Lee", "Cruz"]);
    assert_eq!(surnames(&["role=provider", "ROLE=locum"]), ["Singh", "Lee", "Cruz", "Locum"]);
    assert_eq!(surnames(&["Role=Provider", "Status=active", "Role=Locum"]), ["Singh", "Lee"]);
    assert_eq!(surnames(&["Status="]), ["Locum"], "blank is a value");
    // However its accent is written.
    assert_eq!(surnames(&["Ro\u{302}le=d"]), ["Desk"]);
}

fn faults(only: &[&str]) -> Vec<(String, String, String)> {
    let faults = read(LIST, only).unwrap_err();
    assert!(faults.iter().all(Fault::is_error));
    faults
        .into_iter()
        .map(|fault| (format!("{} {}", fault.place, fault.code), fault.message, fault.hint))
        .collect()
}

#[test]
fn an_unknown_heading_and_a_value_that_nobody_has_are_named() {
    let found = faults(&["Rolle=Provider", "Sort=x"]);
    assert_eq!(found.len(), 2, "each in one run: {found:?}");
    assert_eq!(found[0].0, "users.csv!2 X002");
    assert_eq!(found[0].2, "did you mean `Role`?");
    assert_eq!(found[1].2, "it has `Full name`, `Role`, `Status`, `Rôle`");

    let found = faults(&["Role=Provder"]);
    assert_eq!(found[0].0, "users.csv!B2 X022");
    assert_eq!(found[0].1, "no line has `Provder` under Role");
    assert!(found[0].2.contains("did you mean `Provider`?"), "{found:?}");
    let found = faults(&["Role=Locum", "Status=Inactive"]);
    assert_eq!(found[0].0, "users.csv!2 X022", "each is there, and nobody has both: {found:?}");

    // Where others are left it is a warning.
    let (people, odd) = read(LIST, &["Role=Provider", "Role=Nurse"]).unwrap();
    assert_eq!((people.len(), odd.len()), (3, 1));
    assert!(!odd[0].is_error() && odd[0].message.contains("Nurse"), "{odd:?}");

    for wrong in ["Role", "=x", "", " = "] {
        assert!(wrong.parse::<Only>().is_err(), "{wrong}");
    }
}

#[test]
fn a_heading_that_is_there_twice_is_refused_where_it_is_used() {
    let twice = LIST.replace("Status,", "Role,");
    let faults = read(&twice, &["Role=Provider"]).unwrap_err();
    assert_eq!(faults[0].place.to_string(), "users.csv!C2");
    assert!(read(&twice, &[]).is_ok());
    let faults = read(&LIST.replace("Status,", "FULL NAME,"), &[]).unwrap_err();
    assert_eq!(faults[0].place.to_string(), "users.csv!C2");
}

#[test]
fn a_surname_of_several_words_is_the_directorys() {
    let mut directory = directory();
    let office = directory.offices.values_mut().next().unwrap();
    let accuroform::live::Providers::Read(people) = &mut office.providers else { panic!() };
    let name = accuroform::model::PersonName { last: "de la Cruz".into(), first: "Maria".into() };
    people.insert(accuroform::model::ProviderId(9), name);
    let (people, _) = read(LIST, &["Role=Provider"]).unwrap();
    let missing = worksheet::missing(&people, &directory);
    assert_eq!(missing.len(), 1, "{missing:?}");
    assert_eq!(missing[0].0.last, "Lee");
}
