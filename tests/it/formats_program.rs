//! The formats from the program: of a plan as it is made, of a saved one, and of a bundle.

use std::path::Path;
use std::process::Command;

use super::program::Ended;
use super::readers::Clinic;

const FORMATS: [&str; 8] =
    ["human", "json", "markdown", "terraform-json", "gitlab-terraform", "junit", "sarif", "html"];

#[test]
fn the_same_plan_is_the_same_bytes_whatever_locale_zone_and_terminal() {
    let clinic = Clinic::planned();
    for format in FORMATS {
        let plain = clinic.run(&["show", "plan.json", "--format", format], 0);
        assert!(!plain.is_empty(), "{format}");
        let elsewhere = [
            ("LANG", "tr_TR.UTF-8"),
            ("LC_ALL", "tr_TR.UTF-8"),
            ("TZ", "Pacific/Apia"),
            ("TERM", "xterm-256color"),
            ("COLUMNS", "40"),
            ("CI", "true"),
            ("GITHUB_ACTIONS", "true"),
        ];
        let shown = clinic.ended(&["show", "plan.json", "--format", format], &elsewhere);
        assert_eq!(shown.stdout, plain, "{format}");
        // Colour is of the form for people alone.
        let colour = [("CLICOLOR_FORCE", "1")];
        let coloured = clinic.ended(&["show", "plan.json", "--format", format], &colour).stdout;
        assert_eq!(coloured == plain, format != "human", "{format}");
        // A plan that is made now is printed as the saved one.
        let planned = clinic.ended(&["plan", "--format", format], &[]);
        assert_eq!((planned.code, planned.stdout), (5, plain), "{format}");
    }
    let json = clinic.run(&["show", "plan.json", "--json"], 0);
    assert_eq!(clinic.run(&["show", "plan.json", "--format", "json"], 0), json);
    let wrong = clinic.ended(&["show", "plan.json", "--format", "markdown", "--json"], &[]);
    assert_eq!(wrong.code, 1, "{}", wrong.everything());
    let small = clinic.ended(&["show", "plan.json", "--format", "markdown", "--limit", "99"], &[]);
    assert_eq!(small.code, 1, "{}", small.everything());
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        if name == ".accuroform" {
            continue;
        }
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else {
            std::fs::copy(&path, to.join(name)).unwrap();
        }
    }
}

#[test]
fn a_bundle_is_shown_over_all_its_clinics_or_says_that_one_must_be_named() {
    let folder = tempfile::tempdir().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/fleet"), folder.path());
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_accuroform"));
        command.args(arguments).current_dir(folder.path()).env_clear();
        Ended::of(command.output().unwrap())
    };
    assert_eq!(run(&["plan", "fleet.yaml", "-out", "all.bundle"]).code, 0);
    for format in ["markdown", "gitlab-terraform", "junit", "sarif"] {
        let shown = run(&["show", "all.bundle", "--format", format]);
        assert_eq!(shown.code, 0, "{}", shown.everything());
        let planned = run(&["plan", "fleet.yaml", "--format", format]);
        assert_eq!(planned.stdout, shown.stdout, "{format}: {}", planned.stderr);
    }
    let text = run(&["show", "all.bundle", "--format", "markdown"]).stdout;
    assert!(text.starts_with("<!-- accuroform plan fleet riverbend -->\n"), "{text}");
    assert!(text.contains("of 6 clinics with changes") && text.contains("<code>humber</code>"));
    for format in ["terraform-json", "html"] {
        let refused = run(&["show", "all.bundle", "--format", format]);
        assert_eq!((refused.code, refused.stdout.as_str()), (1, ""));
        assert!(refused.stderr.contains("--clinic ID"), "{}", refused.stderr);
        assert_eq!(run(&["plan", "fleet.yaml", "--format", format]).code, 1);
        let one = run(&["show", "all.bundle", "--clinic", "humber", "--format", format]);
        assert_eq!(one.code, 0, "{}", one.everything());
        assert!(one.stdout.contains("humber"));
    }
    // A clinic that cannot be read is named, never left out in silence.
    std::fs::remove_file(folder.path().join("worlds/humber.yaml")).unwrap();
    assert_eq!(run(&["plan", "fleet.yaml", "-out", "part.bundle"]).code, 8);
    let counts = run(&["show", "part.bundle", "--format", "gitlab-terraform"]);
    assert!(counts.stderr.contains("not planned, so no change of it is counted: humber"));
    let text = run(&["show", "part.bundle", "--format", "markdown"]).stdout;
    assert!(text.contains("the clinic humber is not planned"), "{text}");
    assert!(text.contains("1 clinic not planned."), "{text}");
}
