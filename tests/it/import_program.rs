//! `import` and `schema --live` on the binary: what is written, what is refused, and that nothing is lost.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::program::Program;
use super::random_clinic::{self, Random};

const WORLD: &str = "\
version: 1
tenant: LAKESIDE
name: Lakeside Family Health
offices: [{id: 1, name: Main Street}, {id: 2, name: Walk-in}]
providers:
  - {id: 10, first: Anita, last: Singh, offices: [1, 2]}
  - {id: 11, first: Bo, last: Roy, offices: [1]}
users:
  - {id: 77, name: OceanAPILAKESIDE, grid: [{office: all, provider: all, full: [patient, visible]}]}
  - {id: 78, name: FaxAPI, grid: [{office: 2, provider: 10, full: [inbox]}]}
  - {id: 79, name: OldAPI, active: false}
ocean: {site: \"4021\", emr_user: OceanAPILAKESIDE}
";

const MANIFEST: &str = "\
# Who may see what at Lakeside.
version: 1
clinic: {id: lakeside, name: Lakeside}   # since 2019
accuro:
  tenant: LAKESIDE
  connection:
    embedded: {world: world.yaml}

# Ocean
ocean:
  site: \"4021\"
  connection:
    embedded: {}

users:
  - profile: ocean
    all_offices: true   # at first

# Agreed with the privacy officer.
safety:
  max_revocations: 3
";

fn clinic(manifest: &str) -> Program {
    clinic_of(manifest, WORLD)
}

fn clinic_of(manifest: &str, world: &str) -> Program {
    let program = Program::with_manifest(manifest);
    fs::write(program.folder().join("world.yaml"), world).unwrap();
    program
}

fn read(program: &Program, name: &str) -> String {
    fs::read_to_string(program.folder().join(name)).unwrap()
}

/// Runs the program, which must end so; gives everything that it printed.
fn ran(program: &Program, arguments: &[&str], code: i32) -> String {
    let ended = program.run(arguments);
    assert_eq!(ended.code, code, "{arguments:?}: {}", ended.everything());
    ended.everything()
}

fn must_be_adopted(program: &Program, file: &str) {
    let said = ran(program, &["plan", "--detailed-exitcode", file], 0);
    assert!(said.contains("No changes."), "{said}");
    ran(program, &["validate", file], 0);
    ran(program, &["fmt", "--check", file], 0);
}

#[test]
fn three_commands_from_a_clinic_that_is_there_to_no_changes() {
    let program = clinic("");
    fs::remove_file(program.folder().join("clinic.yaml")).unwrap();
    let said = ran(&program, &["init", "--from", "world.yaml"], 0);
    assert!(said.contains("next: accuroform import clinic.yaml -out clinic.yaml\n"), "{said}");
    let before = read(&program, "clinic.yaml");
    assert!(before.contains("  id: lakeside\n  name: Lakeside Family Health\n"), "{before}");
    let said = ran(&program, &["import", "clinic.yaml", "-out", "clinic.yaml"], 0);
    assert!(said.contains("next: accuroform plan clinic.yaml\n"), "{said}");
    assert!(read(&program, "clinic.yaml").starts_with(&before), "it is filled in");
    must_be_adopted(&program, "clinic.yaml");
}

#[test]
fn everything_but_users_and_profiles_stays_byte_for_byte() {
    let program = clinic(MANIFEST);
    ran(&program, &["import", "--force"], 0);
    let (head, rest) = MANIFEST.split_once("users:\n").unwrap();
    let (_, tail) = rest.split_once("at first\n").unwrap();
    let text = read(&program, "clinic.yaml");
    assert!(text.starts_with(head) && text.ends_with(tail), "{text}");
    assert!(
        text.contains(
            "profiles:\n  oceanapilakeside:\n    columns: {patient: full, visible: full}\n"
        )
    );
    must_be_adopted(&program, "clinic.yaml");
    let said = ran(&program, &["import", "--force"], 0);
    assert!(said.contains("nothing to write"), "{said}");
    assert_eq!(read(&program, "clinic.yaml"), text, "the same bytes");
}

#[test]
fn nothing_is_overwritten_without_force() {
    let program = clinic(MANIFEST);
    let printed = program.run(&["import"]);
    assert_eq!((printed.code, read(&program, "clinic.yaml").as_str()), (0, MANIFEST));
    for out in ["clinic.yaml", "world.yaml"] {
        let said = ran(&program, &["import", "-out", out], 1);
        assert!(said.contains(&format!("error[F003]: {out} is there")), "{said}");
    }
    assert_eq!(read(&program, "clinic.yaml"), MANIFEST);
    assert_eq!(read(&program, "world.yaml"), WORLD);
    ran(&program, &["import", "-out=other.yaml"], 0);
    assert_eq!(read(&program, "other.yaml"), printed.stdout);
    ran(&program, &["import", "-out=other.yaml"], 0);
    must_be_adopted(&program, "other.yaml");
}

#[test]
fn users_are_imported_by_name_and_managed_as_it_was_asked_for() {
    let program = clinic(MANIFEST);
    let arguments =
        ["import", "--user", "OceanAPILAKESIDE", "--user", "faxapi", "--user", "FaxAPI"];
    let management = ["--management", "exact", "-out", "two.yaml"];
    ran(&program, &[&arguments[..], &management[..]].concat(), 0);
    let text = read(&program, "two.yaml");
    assert_eq!(text.matches("management: exact").count(), 2, "{text}");
    assert!(
        text.contains(
            "  faxapi:\n    columns: {inbox: full}\n    reason: as found by import on 20"
        )
    );
    must_be_adopted(&program, "two.yaml");
    let said = ran(&program, &["import", "--user", "Nobody"], 1);
    assert!(said.contains("error[I002]: cannot import lakeside: no EMR user is named `Nobody`"));
    let said = ran(&program, &["import", "--user", "OldAPI"], 1);
    assert!(said.contains("is not active"), "{said}");
}

#[test]
fn users_that_are_not_named_stay_as_they_are_written() {
    let fax = "  # Agreed with the vendor.\n  - {name: FaxAPI, profile: fax, offices: [{id: 2, all_providers: true}]}  # yes\n";
    let manifest = MANIFEST.replace(
        "    all_offices: true   # at first\n",
        &format!("    all_offices: true   # at first\n\n{fax}"),
    );
    let profiles = "profiles:\n  fax:\n    columns: {inbox: full, labs: full}\n    reason: faxes\n  gone:\n    columns: {labs: full}\n";
    let manifest = manifest.replace("users:\n", &format!("{profiles}users:\n"));
    let program = clinic(&manifest);
    let said = ran(&program, &["import", "--user", "oceanapilakeside", "--force"], 0);
    assert!(said.contains("note: FaxAPI was not named and stays as it is written"), "{said}");
    assert!(said.contains("note: no user has the profile gone any more: it goes"), "{said}");
    let text = read(&program, "clinic.yaml");
    assert!(text.contains(&format!("{fax}\n# Agreed with the privacy officer.\n")), "{text}");
    assert!(text.contains("  fax:\n") && !text.contains("gone:"), "{text}");
    // What it says of FaxAPI was not true before, and is a matter of the next plan.
    let said = ran(&program, &["plan"], 0);
    assert!(said.contains("FaxAPI") && said.contains("Plan: "), "{said}");
    // In one line, or from a fleet, an entry cannot be kept: nothing is lost then.
    let inline = manifest
        .replace("users:\n  - profile: ocean\n    all_offices: true   # at first\n\n", "users:\n");
    let (head, rest) = inline.split_once(fax).unwrap();
    let inline = format!(
        "{}users: [{{name: FaxAPI, profile: fax, all_offices: true}}]\n{rest}",
        head.trim_end_matches("users:\n")
    );
    let program = clinic(&inline);
    let said = ran(&program, &["import", "--user", "OceanAPILAKESIDE", "--force"], 1);
    assert!(said.contains("error[I004]") && said.contains("FaxAPI would be lost"), "{said}");
    assert_eq!(read(&program, "clinic.yaml"), inline);
}

#[test]
fn a_user_without_anything_gets_no_profile_of_another() {
    let world = WORLD.replace("ocean: {site", "  - {id: 80, name: EmptyAPI}\nocean: {site");
    let program = clinic_of(MANIFEST, &world);
    let users = ["import", "--user", "OceanAPILAKESIDE", "--user", "EmptyAPI", "--force"];
    let said = ran(&program, &users, 1);
    assert!(said.contains("error[I002]") && said.contains("`EmptyAPI` has nothing"), "{said}");
    assert_eq!(read(&program, "clinic.yaml"), MANIFEST);
}

#[test]
fn a_reason_that_goes_is_told() {
    let manifest = MANIFEST.replace(
        "    all_offices: true   # at first\n",
        "    all_offices: true\n    offices:\n      - id: 1\n        reason: ticket 7\n",
    );
    let program = clinic(&manifest);
    let said = ran(&program, &["import", "--force"], 0);
    let note =
        "note: what OceanAPILAKESIDE had for the reason `ticket 7` has changed: the reason goes";
    assert!(said.contains(note), "{said}");
    let world = WORLD.replace(
        "full: [patient, visible]",
        "full: [patient, scheduling, billing, emr, labs, visible]",
    );
    let program = clinic_of(&manifest, &world);
    let said = ran(&program, &["import", "--force"], 0);
    assert!(!said.contains("note:"), "{said}");
    assert!(read(&program, "clinic.yaml").contains("        reason: ticket 7\n"));
}

#[test]
fn a_longer_manifest_that_says_the_same_is_made_short_and_a_shorter_one_stays() {
    let world = WORLD.replace(
        "full: [patient, visible]",
        "full: [patient, scheduling, billing, emr, labs, visible]",
    );
    let short = MANIFEST.replace("  # at first", "");
    let program = clinic_of(&short, &world);
    ran(&program, &["import", "--force"], 0);
    assert_eq!(read(&program, "clinic.yaml"), short);
    let long = short.replace(
        "    all_offices: true ",
        "    offices:\n      - {name: main street, all_providers: true}\n      - {id: 2, all_providers: true}",
    );
    let program = clinic_of(&long, &world);
    ran(&program, &["import", "--force"], 0);
    let text = read(&program, "clinic.yaml");
    assert!(text.contains("  - profile: ocean\n    all_offices: true\n\n"), "{text}");
}

#[test]
fn what_could_not_be_read_is_never_imported() {
    for fault in ["{on: office_providers, office: 2, status: 500}", "{on: grid_read, status: 500}"]
    {
        let program = clinic_of(MANIFEST, &format!("{WORLD}faults: [{fault}]\n"));
        let said = ran(&program, &["import", "--force", "-out", "other.yaml"], 8);
        assert!(said.contains("error[I001]"), "{said}");
        assert!(!program.folder().join("other.yaml").exists());
        ran(&program, &["import", "--force"], 8);
        assert_eq!(read(&program, "clinic.yaml"), MANIFEST);
    }
    let fault = "{on: office_providers, office: 2, status: 500}";
    let program = clinic_of(MANIFEST, &format!("{WORLD}faults: [{fault}]\n"));
    let said = ran(&program, &["schema", "--live", "clinic.yaml", "--out", "s.json"], 8);
    assert!(said.contains("cannot narrow the schema"), "{said}");
    assert!(!program.folder().join("s.json").exists());
    for fault in ["{on: users, status: 500}", "{on: grid_read, status: 500}"] {
        let program = clinic_of(MANIFEST, &format!("{WORLD}faults: [{fault}]\n"));
        let said = ran(&program, &["schema", "--live", "clinic.yaml", "--out", "s.json"], 0);
        let note =
            "note: the schema does not offer the EMR user OceanAPILAKESIDE, who could not be read";
        assert!(said.contains(note), "{said}");
    }
}

#[test]
fn a_text_that_cannot_be_rewritten_is_left_alone() {
    let flow = "{version: 1, clinic: {id: lakeside}, accuro: {tenant: LAKESIDE, connection: {embedded: {world: world.yaml}}}, \
                ocean: {site: \"4021\", connection: {embedded: {}}}, users: [{profile: ocean, all_offices: true}]}\n";
    let anchored = MANIFEST
        .replace("true   # at first", "true\n    except: &closed [{id: 2}]")
        .replace("max_revocations: 3", "protected_offices: *closed");
    for manifest in [flow, &anchored] {
        let program = clinic(manifest);
        let said = ran(&program, &["import", "--force"], 1);
        assert!(said.contains("error[I004]"), "{said}");
        assert_eq!(read(&program, "clinic.yaml"), manifest);
    }
}

#[test]
fn a_fault_of_the_rest_of_the_manifest_is_no_defect_of_the_import() {
    let manifest = MANIFEST.replace("max_revocations: 3", "protected_offices: [{name: Nowhere}]");
    let program = clinic(&manifest);
    let said = ran(&program, &["import", "--force"], 1);
    assert!(said.contains("error[I004]") && said.contains("Nowhere"), "{said}");
    assert_eq!(read(&program, "clinic.yaml"), manifest);
}

fn fleet() -> Program {
    let program = Program::with_manifest("");
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/fleet");
    for folder in ["", "clinics", "worlds"] {
        fs::create_dir_all(program.folder().join(folder)).unwrap();
        for entry in fs::read_dir(from.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.file_name().unwrap();
                fs::copy(&path, program.folder().join(folder).join(name)).unwrap();
            }
        }
    }
    program
}

#[test]
fn a_fleet_is_adopted_in_place_and_what_is_inherited_stays_inherited() {
    let program = fleet();
    let before = read(&program, "clinics/rideau.yaml");
    let trillium = read(&program, "clinics/trillium.yaml");
    let said = ran(&program, &["import", "--fleet"], 0);
    assert!(said.contains("rideau: would be written") && said.contains("nothing was written"));
    assert_eq!(read(&program, "clinics/rideau.yaml"), before);
    // Rules of its own that say what the defaults say are taken out.
    let own = format!("{trillium}users:\n  - profile: ocean\n    all_offices: true\n");
    fs::write(program.folder().join("clinics/trillium.yaml"), &own).unwrap();
    let said = ran(&program, &["import", "fleet.yaml", "-out", "adopted"], 0);
    assert!(said.contains("wrote adopted/clinics/rideau.yaml"), "{said}");
    assert_eq!(read(&program, "adopted/clinics/trillium.yaml"), trillium);
    assert_eq!(read(&program, "clinics/trillium.yaml"), own);
    ran(&program, &["import", "--fleet", "--force"], 0);
    assert_eq!(read(&program, "clinics/trillium.yaml"), trillium);
    assert!(read(&program, "clinics/rideau.yaml").starts_with(&before));
    assert_eq!(
        read(&program, "clinics/rideau.yaml"),
        read(&program, "adopted/clinics/rideau.yaml")
    );
    let said = ran(&program, &["plan", "--detailed-exitcode", "fleet.yaml"], 0);
    assert!(said.contains("0 with changes, 6 without"), "{said}");
    ran(&program, &["validate", "fleet.yaml"], 0);
    ran(&program, &["fmt", "--check", "clinics/rideau.yaml"], 0);
}

#[test]
fn a_clinic_that_cannot_be_imported_stops_no_other() {
    let program = fleet();
    let world = program.folder().join("worlds/humber.yaml");
    let text = fs::read_to_string(&world).unwrap();
    fs::write(&world, format!("{text}faults: [{{on: grid_read, status: 500}}]\n")).unwrap();
    let before = read(&program, "clinics/humber.yaml");
    let said = ran(&program, &["import", "--fleet", "--force"], 8);
    assert!(said.contains("humber: cannot import humber: the grid of"), "{said}");
    assert!(said.contains("rideau: wrote clinics/rideau.yaml"), "{said}");
    assert_eq!(read(&program, "clinics/humber.yaml"), before);
}

#[test]
fn one_clinic_of_a_fleet_is_printed() {
    let program = fleet();
    let ended = program.run(&["import", "fleet.yaml", "--clinic", "rideau"]);
    assert_eq!(ended.code, 0, "{}", ended.everything());
    assert!(ended.stdout.starts_with(&read(&program, "clinics/rideau.yaml")), "{}", ended.stdout);
    let said = ran(&clinic(MANIFEST), &["import", "--fleet", "clinic.yaml"], 1);
    assert!(said.contains("error[U005]"), "{said}");
}

#[test]
fn a_profile_over_one_of_the_fleet_stays_what_it_is() {
    let world = WORLD.replace("full: [patient, visible]", "full: [patient]");
    let program = clinic_of("", &world);
    let folder = program.folder();
    fs::remove_file(folder.join("clinic.yaml")).unwrap();
    let fleet = "version: 1\nfleet: {id: f, name: F}\nclinics: [a.yaml]\ndefaults:\n  \
                 accuro: {connection: {embedded: {world: world.yaml}}}\n  ocean: {connection: {embedded: {}}}\n  \
                 profiles: {base: {columns: {patient: full, labs: full}}}\n";
    let own = "version: 1\nclinic: {id: a}\naccuro: {tenant: LAKESIDE}\nocean: {site: \"4021\"}\n\
               profiles: {base: {columns: {labs: none}}}\n\
               users: [{name: OceanAPILAKESIDE, profile: base, all_offices: true}]\n";
    fs::write(folder.join("fleet.yaml"), fleet).unwrap();
    fs::write(folder.join("a.yaml"), own).unwrap();
    let users = ["--user", "OceanAPILAKESIDE", "--user", "FaxAPI"];
    let command = ["import", "fleet.yaml", "--clinic", "a", "--force"];
    ran(&program, &[&command[..], &users[..]].concat(), 0);
    let text = read(&program, "a.yaml");
    assert!(text.contains("  base:\n    columns: {patient: full, scheduling: none,"), "{text}");
    let said = ran(&program, &["plan", "fleet.yaml", "--detailed-exitcode"], 0);
    assert!(said.contains("0 with changes, 1 without"), "{said}");
}

#[test]
fn random_clinics_are_adopted_as_they_are() {
    let mut imported = 0;
    for seed in 0..12 {
        let mut random = Random(seed);
        let clinic = random_clinic::clinic(&mut random);
        let holds = |user: &accuroform::sim::User| {
            let grants = |entry: &accuroform::sim::GridEntry| {
                !entry.full.is_empty() || !entry.read_only.is_empty()
            };
            user.active && user.grid.iter().any(grants)
        };
        let users: Vec<_> = clinic.world.users.iter().filter(|user| holds(user)).collect();
        if users.is_empty() {
            continue;
        }
        let users_of_another = "users:\n  - profile: ocean\n    all_offices: true   # at first\n\n";
        let manifest = MANIFEST.replace("tenant: LAKESIDE", "tenant: RANDOM");
        let manifest = manifest.replace(users_of_another, "");
        let program = clinic_of(&manifest, &clinic.world.to_yaml().unwrap());
        for management in ["additive", "exact"] {
            let mut arguments = vec!["import", "--force", "--management", management];
            for user in &users {
                arguments.extend(["--user", user.name.as_str()]);
            }
            ran(&program, &arguments, 0);
            must_be_adopted(&program, "clinic.yaml");
        }
        imported += 1;
    }
    assert!(imported > 8, "{imported}");
}

#[test]
fn the_schema_of_a_clinic_accepts_what_is_there_and_nothing_else() {
    let program = clinic(MANIFEST);
    let ended = program.run(&["schema", "--live", "clinic.yaml"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let schema: Value = serde_json::from_str(&ended.stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let accepts = |users: &str| {
        let manifest = MANIFEST.replace("  - profile: ocean\n    all_offices: true", users);
        let document: Value = serde_yaml::from_str(&manifest).unwrap();
        validator.is_valid(&document)
    };
    for good in [
        "  - {profile: ocean, all_offices: true, except: [{id: 2}], except_providers: [{id: 10}]}",
        "  - {profile: ocean, offices: [{name: Walk-in, providers: [{name: \"Singh, Anita\"}]}]}",
        "  - {name: Another, profile: ocean, all_offices: true}",
    ] {
        assert!(accepts(good), "{good}");
    }
    for bad in [
        "  - {profile: ocean, all_offices: true, except: [{id: 10}]}",
        "  - {profile: ocean, all_offices: true, except_providers: [{id: 2}]}",
        "  - {profile: ocean, offices: [{name: Walkin, all_providers: true}]}",
        "  - {profile: ocean, offices: [{id: 1, except: [{id: 12}], all_providers: true}]}",
        "  - {profile: ocean, offices: [{id: 1, providers: [{name: \"Sing, Anita\"}]}]}",
    ] {
        assert!(!accepts(bad), "{bad}");
    }
    for out in ["clinic.yaml", "world.yaml"] {
        let said = ran(&program, &["schema", "--live", "clinic.yaml", "--out", out], 1);
        assert!(said.contains("error[F002]"), "{said}");
    }
    assert_eq!(read(&program, "clinic.yaml"), MANIFEST);
    for _ in 0..2 {
        ran(&program, &["schema", "--live", "clinic.yaml", "--out", "s.json"], 0);
    }
    assert_eq!(read(&program, "s.json"), ended.stdout);
    let program = fleet();
    let ended = program.run(&["schema", "--live", "fleet.yaml", "--clinic", "rideau"]);
    let schema: Value = serde_json::from_str(&ended.stdout).unwrap();
    let own: Value = serde_yaml::from_str(&read(&program, "clinics/rideau.yaml")).unwrap();
    assert!(
        jsonschema::validator_for(&schema).unwrap().is_valid(&own),
        "what is inherited is not missing"
    );
}
