//! `plan --against-git`: what a change of the manifest asks for, beside what was due before.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::event_stream::Events;
use super::program::{Ended, Program};

const HEAD: &str = "\
version: 1
clinic: {id: lakeside}
accuro: {tenant: LAKESIDE, connection: {embedded: {world: world.yaml}}}
ocean: {site: \"4021\", connection: {embedded: {}}}
";

/// The quickstart's world in a repository, with this manifest committed as `main`.
fn committed(rest: &str) -> Program {
    let program = Program::with_manifest(format!("{HEAD}{rest}"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart");
    fs::copy(root.join("world.yaml"), program.folder().join("world.yaml")).unwrap();
    git(&program, &["init", "-q", "-b", "main"]);
    commit(&program);
    program
}

fn commit(program: &Program) {
    git(program, &["add", "-A"]);
    git(program, &["commit", "-q", "--allow-empty", "-m", "manifest"]);
}

fn git(program: &Program, arguments: &[&str]) {
    let done = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.org"])
        .args(arguments)
        .current_dir(program.folder())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

fn run(program: &Program, arguments: &[&str]) -> Ended {
    let mut command = program.command(arguments);
    command.env("PATH", std::env::var_os("PATH").unwrap());
    Ended::of(command.output().unwrap())
}

fn write(program: &Program, rest: &str) {
    fs::write(program.folder().join("clinic.yaml"), format!("{HEAD}{rest}")).unwrap();
}

/// The addresses of each group, without the clinic and the user.
fn groups(program: &Program, arguments: &[&str]) -> [Vec<String>; 4] {
    let ended = run(program, &[arguments, &["--against-git", "main", "--format", "json"]].concat());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(document["kind"], "accuroform.against-git");
    let told = run(program, &[arguments, &["--against-git", "main", "--json"]].concat());
    let told = Events::of(&told.stdout, 0);
    for (key, value) in told.one("against_git").as_object().unwrap() {
        let is_of_events = key.starts_with('@') || key == "type";
        assert!(is_of_events || document[key.as_str()] == *value, "{key}: {value}");
    }
    ["by_change", "pending", "both", "withdrawn"].map(|group| {
        let rows = document[group].as_array().unwrap().iter();
        rows.map(|row| {
            row["address"].as_str().unwrap().split_once("LAKESIDE/").unwrap().1.to_owned()
        })
        .collect()
    })
}

const ONE: &str = "\
users:
  - profile: ocean
    offices:
      - {name: Main Street, providers: [{id: 1071}, {id: 1074}, {id: 1078}]}
";

#[test]
fn each_row_is_in_the_group_of_who_asks_for_it() {
    let program = committed(ONE);
    let changed = "\
users:
  - profile: ocean
    offices:
      - name: Main Street
        providers: [{id: 1071}, {id: 1074, columns: {labs: read-only}}]
      - {name: North Campus, providers: [{id: 1213}]}
";
    write(&program, changed);
    let [by_change, pending, both, withdrawn] = groups(&program, &["plan"]);
    assert_eq!(by_change, ["North Campus/Sharma, Rajesh (1213)"]);
    assert_eq!(pending, ["Main Street/Hassan, Fatima (1071)"]);
    assert_eq!(both, ["Main Street/Novak, Peter (1074)"]);
    assert_eq!(withdrawn, ["Main Street/Cardinal, Dawn (1078)"]);

    let ended = run(&program, &["plan", "--against-git", "main"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    for text in [
        "Against main (",
        "1 row: asked for by this change of the manifest\n    lakeside/OceanAPILAKESIDE/North Campus/Sharma, Rajesh (1213): ",
        "1 row: asked for before already and not live yet\n",
        "1 row: asked for before, not live yet, and changed now\n    lakeside/OceanAPILAKESIDE/Main Street/Novak, Peter (1074): Labs full → read-only\n",
        "1 row: not asked for any more, and not live\n",
    ] {
        assert!(ended.stdout.contains(text), "{text:?} in\n{}", ended.stdout);
    }

    // What is applied is due no more; what was committed is no change.
    assert_eq!(run(&program, &["apply", "-auto-approve"]).code, 0);
    assert_eq!(groups(&program, &["plan"]).map(|rows| rows.len()), [0, 0, 0, 2]);
    commit(&program);
    assert_eq!(groups(&program, &["plan"]).map(|rows| rows.len()), [0, 0, 0, 0]);
}

#[test]
fn a_clinic_that_had_no_manifest_is_asked_for_by_the_change_alone() {
    let program = committed(ONE);
    fs::rename(program.folder().join("clinic.yaml"), program.folder().join("new.yaml")).unwrap();
    let ended = run(&program, &["plan", "new.yaml", "--against-git", "main"]);
    assert!(ended.stdout.contains("where the clinic had no manifest"), "{}", ended.everything());
    let [by_change, pending, both, withdrawn] = groups(&program, &["plan", "new.yaml"]);
    assert_eq!((by_change.len(), pending.len(), both.len(), withdrawn.len()), (3, 0, 0, 0));
}

#[test]
fn a_change_of_the_fleets_defaults_is_a_change() {
    let program = committed(ONE);
    let folder = program.folder().join("clinics");
    fs::create_dir(&folder).unwrap();
    fs::rename(program.folder().join("clinic.yaml"), folder.join("clinic.yaml")).unwrap();
    fs::copy(program.folder().join("world.yaml"), folder.join("world.yaml")).unwrap();
    let clinic = format!(
        "{HEAD}{}",
        ONE.replace("ocean", "desk").replace("- profile", "- name: OceanAPILAKESIDE\n    profile")
    );
    fs::write(folder.join("clinic.yaml"), clinic).unwrap();
    let fleet = |columns: &str| {
        let text = format!(
            "version: 1\nfleet: {{id: region}}\nclinics: [clinics/clinic.yaml]\n\
             defaults: {{profiles: {{desk: {{columns: {{{columns}}}}}}}}}\n"
        );
        fs::write(program.folder().join("fleet.yaml"), text).unwrap();
    };
    fleet("labs: full");
    commit(&program);
    fleet("labs: full, emr: full");
    let [by_change, pending, both, _] =
        groups(&program, &["plan", "fleet.yaml", "--clinic", "lakeside"]);
    // One of the three holds EMR at full already.
    assert_eq!((by_change.len(), pending.len(), both.len()), (0, 1, 2));
    let ended = run(&program, &["plan", "fleet.yaml", "--against-git", "main"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("error[U005]"), "{}", ended.stderr);
}

#[test]
fn what_is_no_commit_is_refused_and_no_option_of_git() {
    let program = committed(ONE);
    for name in ["nowhere", "--help", "-h", "main:clinic.yaml", "", "main~9", "a b"] {
        let flag = format!("--against-git={name}");
        let ended = run(&program, &["plan", &flag]);
        assert_eq!(ended.code, 1, "{name}: {}", ended.everything());
        assert!(ended.stderr.contains("error[U011]"), "{name}: {}", ended.stderr);
    }
}

#[test]
fn a_manifest_that_was_not_sound_is_said_and_shows_no_secret() {
    let program = committed("users: [{profile: oceanic, all_offices: true}]\n");
    write(&program, ONE);
    let ended = run(&program, &["plan", "--against-git", "main"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("error[U012]"), "{}", ended.stderr);
}

#[cfg(unix)]
#[test]
fn nothing_that_the_repository_names_is_run() {
    use std::os::unix::fs::PermissionsExt as _;
    let program = committed(ONE);
    write(&program, &ONE.replace("{id: 1071}, ", ""));
    let script = program.folder().join("trap.sh");
    fs::write(&script, "#!/bin/sh\ntouch \"$(dirname \"$0\")/sprung\"\ncat\n").unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let path = script.to_string_lossy().into_owned();
    for key in
        ["core.fsmonitor", "core.pager", "filter.t.smudge", "filter.t.clean", "diff.t.textconv"]
    {
        git(&program, &["config", key, &path]);
    }
    fs::write(program.folder().join(".gitattributes"), "* filter=t diff=t\n").unwrap();
    for hook in ["post-checkout", "reference-transaction", "post-index-change"] {
        fs::copy(&script, program.folder().join(".git/hooks").join(hook)).unwrap();
    }
    let ended = run(&program, &["plan", "--against-git", "main"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(!program.folder().join("sprung").exists());
    assert!(!program.folder().join(".git/hooks/sprung").exists());
}
