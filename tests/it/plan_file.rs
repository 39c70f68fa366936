//! The plan on disk: what was sealed comes back, and nothing else does.

use accuroform::plan::file::{PlanFileError, open, seal};
use serde_json::Value;

use crate::world::{OCEAN, World};

fn sealed() -> String {
    let world = World::new()
        .office(1, "Main Street", &[(1042, "Singh, Anita"), (1043, "Tremblay, Marc")])
        .row_at(1, 1042, "patient labs=read-only inbox", 9);
    let plan = world.plan("users: [{profile: ocean, all_offices: true, until: 2027-01-31}]");
    seal(&plan, &[]).unwrap().text
}

/// The file with one value replaced and everything else as it was.
fn with(pointer: &str, value: Value) -> String {
    let mut file: Value = serde_json::from_str(&sealed()).unwrap();
    *file.pointer_mut(pointer).unwrap() = value;
    serde_json_canonicalizer::to_string(&file).unwrap() + "\n"
}

#[test]
fn a_plan_is_one_line_of_canonical_json_with_addresses_and_its_digest() {
    let text = sealed();
    assert_eq!(text.lines().count(), 1);
    let file: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(file["kind"], "accuroform.plan");
    assert_eq!(file["format_version"], "1.0");
    assert_eq!(file["applyable"], true);
    assert_eq!(file["complete"], true);
    let change = &file["plan"]["users"][0]["changes"][0];
    assert_eq!(change["address"], "lakeside/OceanAPILAKESIDE/Main Street/Singh, Anita (1042)");
    assert_eq!(change["revision"], 9);
    assert_eq!(change["before"]["columns"]["labs"], "read-only");
    assert_eq!(change["after"]["columns"]["prescribe_for"], "none");
    assert!(open(&text).is_ok());
}

#[test]
fn any_changed_byte_is_refused() {
    let text = sealed();
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
        if let Ok(changed) = String::from_utf8(bytes) {
            assert!(open(&changed).is_err(), "byte {at}");
        }
    }
}

#[test]
fn tampering_is_refused_by_name() {
    let revision = with("/plan/users/0/changes/0/revision", 8.into());
    assert!(matches!(open(&revision), Err(PlanFileError::Tampered(_))));
    let mut file: Value = serde_json::from_str(&sealed()).unwrap();
    file.as_object_mut().unwrap().remove("digest");
    let text = serde_json_canonicalizer::to_string(&file).unwrap() + "\n";
    assert_eq!(open(&text), Err(PlanFileError::Tampered("it has no digest".to_owned())));
    let pretty = serde_json::to_string_pretty(&serde_json::from_str::<Value>(&sealed()).unwrap());
    assert!(matches!(open(&pretty.unwrap()), Err(PlanFileError::Tampered(_))));
}

#[test]
fn another_major_format_or_another_file_is_refused() {
    let newer = with("/format_version", "2.0".into());
    assert_eq!(open(&newer), Err(PlanFileError::Format("2.0".to_owned())));
    assert!(matches!(open("{}"), Err(PlanFileError::NotAPlan(_))));
    assert!(matches!(open("[]"), Err(PlanFileError::NotAPlan(_))));
    assert!(matches!(open("version: 1"), Err(PlanFileError::NotAPlan(_))));
}

#[test]
fn a_newer_minor_format_with_more_fields_is_read() {
    let mut file: Value = serde_json::from_str(&sealed()).unwrap();
    let fields = file.as_object_mut().unwrap();
    fields.remove("digest");
    fields.insert("format_version".to_owned(), "1.7".into());
    fields.insert("novelty".to_owned(), true.into());
    let digest =
        accuroform::model::sha256(serde_json_canonicalizer::to_string(&file).unwrap().as_bytes());
    file.as_object_mut().unwrap().insert("digest".to_owned(), digest.into());
    let text = serde_json_canonicalizer::to_string(&file).unwrap() + "\n";
    assert!(open(&text).is_ok());
}

#[test]
fn a_plan_holds_the_same_bytes_whoever_makes_it() {
    assert_eq!(sealed(), sealed());
    assert!(!sealed().contains(env!("CARGO_MANIFEST_DIR")));
    let more = World::new().office(1, "Main Street", &[(1, "A, A")]).row(1, 1, OCEAN);
    assert!(more.plan("users: [{profile: ocean, all_offices: true}]").is_empty());
}
