//! `--gitlab` and `--ci auto`: who is told what, and where.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use super::event_stream::Events;
use super::program::Ended;
use super::runner::{commands, dotenv};
use super::surface::{QUICKSTART, Step};

#[test]
fn only_a_flag_turns_it_on_and_auto_looks_which_system_it_is() {
    let step = Step::of(&QUICKSTART);
    let [output, summary] = ["output", "summary"].map(|name| step.path(name));
    let run = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = step.command(arguments);
        Ended::of(command.envs(variables.iter().copied()).output().unwrap())
    };
    let github = [
        ("GITHUB_ACTIONS", "true"),
        ("CI", "true"),
        ("GITHUB_OUTPUT", output.to_str().unwrap()),
        ("GITHUB_STEP_SUMMARY", summary.to_str().unwrap()),
    ];
    let gitlab = [("GITLAB_CI", "true"), ("CI", "true")];
    let plain = run(&["plan"], &[]);
    let files = step.files();
    for (arguments, variables) in
        [(&["plan"][..], &github[..]), (&["plan"], &gitlab), (&["plan", "--ci", "auto"], &[])]
    {
        let ended = run(arguments, variables);
        assert_eq!((ended.stdout, ended.stderr), (plain.stdout.clone(), plain.stderr.clone()));
        assert_eq!(step.files(), files, "{arguments:?} {variables:?}");
    }
    let ended = run(&["plan", "--ci", "auto"], &github);
    assert_eq!(commands(&ended.stderr).len(), 1, "{}", ended.stderr);
    assert_eq!(&step.files() - &files, BTreeSet::from(["output".to_owned(), "summary".to_owned()]));
    let ended = run(&["plan", "--ci", "auto", "--gitlab-dir", "reports/plan"], &gitlab);
    assert_eq!((ended.code, ended.stdout), (0, plain.stdout.clone()));
    assert_eq!(fs::read_dir(step.path("reports/plan")).unwrap().count(), 3);
    // Asked for where it is not: said in a line, and the plan is made.
    let ended = run(&["plan", "--github"], &[]);
    assert_eq!((ended.code, ended.stdout), (0, plain.stdout));
    assert!(
        ended.stderr.contains("note: GITHUB_OUTPUT and GITHUB_STEP_SUMMARY are not set"),
        "{}",
        ended.stderr
    );
    let ended = run(&["plan", "--github", "--gitlab"], &[]);
    assert!(ended.code == 1 && ended.stderr.contains("cannot be used with"), "{}", ended.stderr);
}

#[test]
fn where_nothing_can_be_told_nothing_is_begun() {
    let step = Step::of(&QUICKSTART);
    fs::create_dir(step.path("folder")).unwrap();
    for (arguments, variable) in [
        (&["apply", "-auto-approve", "--github"][..], "GITHUB_OUTPUT"),
        (&["apply", "-auto-approve", "--github"], "GITHUB_STEP_SUMMARY"),
        (&["apply", "-auto-approve", "--gitlab", "--gitlab-dir", "world.yaml/x"], "CI"),
    ] {
        let mut command = step.command(arguments);
        let ended = Ended::of(command.env(variable, "folder").output().unwrap());
        assert_eq!(ended.code, 1, "{arguments:?}: {}", ended.everything());
        assert!(
            ended.stderr.contains("error[F001]: cannot tell the CI system"),
            "{}",
            ended.stderr
        );
        let (_, outputs, _) = step.run(&["plan", "--github"], 0);
        assert_eq!(outputs["grant"], "15", "nothing was written");
    }
}

#[test]
fn gitlab_gets_variables_the_widget_and_a_test_report() {
    let step = Step::of(&QUICKSTART);
    let run = |arguments: &[&str], code: i32| {
        let ended = Ended::of(step.command(arguments).output().unwrap());
        assert_eq!(ended.code, code, "{arguments:?}: {}", ended.everything());
        dotenv(&fs::read_to_string(step.path("accuroform.env")).unwrap())
    };
    let variables = run(&["plan", "--gitlab", "--detailed-exitcode", "-out", "plan.json"], 2);
    let keys = ["HAS_CHANGES", "GRANT", "EXIT_MEANING", "PLAN_PATH", "WARNINGS"];
    let keys = keys.map(|key| format!("ACCUROFORM_{key}"));
    let found = keys.each_ref().map(|key| variables[key].as_str());
    assert_eq!(found, ["true", "15", "changes", "plan.json", "0"]);
    let widget: Value =
        serde_json::from_str(&fs::read_to_string(step.path("accuroform-plan.json")).unwrap())
            .unwrap();
    assert_eq!(widget, json!({"create": 8, "update": 8, "delete": 0}));
    assert!(
        fs::read_to_string(step.path("accuroform-junit.xml")).unwrap().contains("lakeside.plan")
    );
    // A report of an earlier plan is not taken for this one's.
    fs::rename(step.path("world.yaml"), step.path("away.yaml")).unwrap();
    let variables = run(&["plan", "--gitlab"], 1);
    assert_eq!(variables.get("ACCUROFORM_HAS_CHANGES"), None);
    assert!(!step.path("accuroform-plan.json").exists());
    assert!(
        fs::read_to_string(step.path("accuroform-junit.xml")).unwrap().contains("errors=\"1\"")
    );
    fs::rename(step.path("away.yaml"), step.path("world.yaml")).unwrap();
    // The report of a plan says nothing of an apply.
    fs::remove_file(step.path("accuroform-junit.xml")).unwrap();
    let variables = run(&["apply", "--gitlab", "plan.json"], 0);
    let keys = ["DONE", "VERIFIED", "SYNC", "EXIT_CODE"].map(|key| format!("ACCUROFORM_{key}"));
    assert_eq!(keys.map(|key| variables[&key].clone()), ["16", "true", "complete", "0"]);
    assert!(!step.path("accuroform-junit.xml").exists());
}

#[test]
fn the_last_event_says_what_the_exit_code_says_where_nothing_could_be_told() {
    let step = Step::of(&QUICKSTART);
    if !std::path::Path::new("/dev/full").exists() {
        return;
    }
    let summary = step.path("summary");
    let mut command = step.command(&["apply", "-auto-approve", "--json", "--github"]);
    command.env("GITHUB_OUTPUT", "/dev/full").env("GITHUB_STEP_SUMMARY", &summary);
    let ended = Ended::of(command.output().unwrap());
    assert_eq!(ended.code, 1, "{}", ended.everything());
    let events = Events::of(&ended.stdout, ended.code);
    assert_eq!(events.one("outcome")["exit_code"], 1);
    let [.., last] = events.all("diagnostic")[..] else { panic!("{:?}", events.kinds()) };
    assert_eq!(last["code"], "F001");
    // What can be told is told.
    assert!(fs::read_to_string(summary).unwrap().contains("Apply: 16 rows done"));
}

#[test]
fn gitlab_is_told_in_a_folder_that_takes_every_file_or_nothing_begins() {
    let step = Step::of(&QUICKSTART);
    let files = ["accuroform.env", "accuroform-junit.xml", "accuroform-plan.json"];
    for name in files {
        fs::create_dir_all(step.path("g1").join(name)).unwrap();
        let apply = ["apply", "-auto-approve", "--json", "--gitlab", "--gitlab-dir", "g1"];
        let ended = Ended::of(step.command(&apply).output().unwrap());
        assert_eq!(ended.code, 1, "{}", ended.everything());
        let events = Events::of(&ended.stdout, ended.code);
        assert_eq!(events.kinds(), [("version", 1), ("diagnostic", 1), ("outcome", 1)]);
        let said = format!("error[F001]: cannot tell the CI system: g1/{name}: is a directory\n");
        assert!(ended.stderr.contains(&said), "{}", ended.stderr);
        fs::remove_dir(step.path("g1").join(name)).unwrap();
    }
    let (_, outputs, _) = step.run(&["plan", "--github"], 0);
    assert_eq!(outputs["grant"], "15", "nothing was written");
    // What a runner's helper sends away is for other users to read, as the umask says.
    let shell = "umask 022; exec \"$0\" plan --gitlab --gitlab-dir g1";
    let mut command = std::process::Command::new("sh");
    command.args(["-c", shell, env!("CARGO_BIN_EXE_accuroform")]);
    let ended = Ended::of(command.current_dir(step.path("")).output().unwrap());
    assert_eq!(ended.code, 0, "{}", ended.everything());
    for name in files {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(step.path("g1").join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o644, "{name}");
    }
}

#[test]
fn no_file_of_the_command_is_one_that_the_ci_system_is_told_in() {
    let step = Step::of(&QUICKSTART);
    let [output, summary] = ["output", "summary"].map(|name| step.path(name));
    fs::create_dir(step.path("g")).unwrap();
    let run = |arguments: &[&str], [output, summary]: [&std::path::Path; 2]| {
        let mut command = step.command(arguments);
        command.env("GITHUB_OUTPUT", output).env("GITHUB_STEP_SUMMARY", summary);
        Ended::of(command.output().unwrap())
    };
    let files = [output.as_path(), summary.as_path()];
    let ended = run(&["plan", "-out", "g/accuroform-plan.json"], files);
    assert_eq!(ended.code, 0, "{}", ended.everything());
    let saved = fs::read(step.path("g/accuroform-plan.json")).unwrap();
    let gitlab = ["--gitlab", "--gitlab-dir", "g"];
    for arguments in [
        &["plan", "-out", "g/../g/accuroform-plan.json"][..],
        &["plan", "-out", "g/accuroform.env"],
        &["show", "g/accuroform-plan.json"],
        &["apply", "g/accuroform-plan.json"],
        &["undo", "-out", "./g/accuroform-junit.xml"],
        &["plan", "merge", "a.bundle", "-out", "g/accuroform-plan.json"],
    ] {
        let ended = run(&[arguments, &gitlab].concat(), files);
        assert_eq!(ended.code, 1, "{arguments:?}: {}", ended.everything());
        assert!(ended.stderr.contains("error[U003]"), "{arguments:?}: {}", ended.stderr);
        assert!(ended.stderr.contains("is a file that the CI system is told in"));
        assert_eq!(fs::read(step.path("g/accuroform-plan.json")).unwrap(), saved);
        assert!(!step.path("g/accuroform.env").exists(), "{arguments:?}");
    }
    for name in ["output", "./summary"] {
        let ended = run(&["plan", "--github", "-out", name], files);
        assert!(ended.code == 1 && ended.stderr.contains("error[U003]"), "{}", ended.everything());
    }
    let ended = run(&["plan", "--github"], [&output, &output]);
    assert!(ended.code == 1 && ended.stderr.contains("two things in one file"), "{}", ended.stderr);
    let null = std::path::Path::new("/dev/null");
    let ended = run(&["plan", "--github", "-out", "plan.json"], [null, null]);
    assert_eq!(ended.code, 0, "{}", ended.everything());
}
