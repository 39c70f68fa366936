//! Policies in plan, apply, saved plans and fleets, and `policy test`.
#![cfg(feature = "policy")]

use std::fs;
use std::path::Path;

use super::event_stream::Events;
use super::program::Program;
use super::runner::commands;

/// The example of docs/policy.md.
fn example() -> Program {
    let program = Program::with_manifest("");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    for file in ["clinic.yaml", "policies/limits.rego", "policies/limits_test.rego"] {
        let text = fs::read_to_string(root.join("policy").join(file)).unwrap();
        write(&program, file, &text.replace("../quickstart/", ""));
    }
    let world = fs::read_to_string(root.join("quickstart/world.yaml")).unwrap();
    write(&program, "world.yaml", &world);
    program
}

fn write(program: &Program, path: &str, text: &str) {
    let path = program.folder().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

const PASSES: &str =
    "package main\ndeny contains \"never\" if input.never\nwarn contains \"worth a look\"\n";

fn is_unwritten(program: &Program) -> bool {
    let history = program.run(&["history"]);
    !history.stdout.contains("apply")
}

#[test]
fn a_denied_plan_exits_5_and_names_rule_reason_and_place() {
    let program = example();
    let ended = program.run(&["plan", "-out", "plan.json"]);
    assert_eq!(ended.code, 5, "{}", ended.stderr);
    // What cannot be overridden is not offered.
    assert!(ended.stderr.contains("saved to plan.json\n"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains(
            "error[Y001]: refused: policy main.deny: OceanAPILAKESIDE would gain billing without a ticket \
             (lakeside/OceanAPILAKESIDE/Main Street/Cardinal, Dawn (1078)), at clinic.yaml:18:5"
        ),
        "{}",
        ended.stderr
    );
    assert_eq!(ended.stderr.matches("hint: mend the manifest").count(), 1, "{}", ended.stderr);
    let json = program.run(&["plan", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(document["applyable"], false);
    assert_eq!(document["refusals"][0]["code"], "Y001");

    for arguments in [&["apply", "plan.json"][..], &["apply", "-auto-approve"], &["apply"]] {
        let ended = program.run(arguments);
        assert_eq!(ended.code, 5, "{arguments:?}: {}", ended.stderr);
        assert!(ended.stderr.contains("error[Y001]"), "{arguments:?}: {}", ended.stderr);
        assert!(!ended.stderr.contains("Do you want"), "{arguments:?} asked");
    }
    assert!(is_unwritten(&program));
}

#[test]
fn no_flag_overrides_a_policy() {
    let program = example();
    let json = program.run(&["plan", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let digest = document["digest"].as_str().unwrap().trim_start_matches("sha256:").to_owned();
    let flag = format!("--allow-mass-change={digest}");
    let ended = program.run(&["apply", "-auto-approve", &flag]);
    assert_eq!(ended.code, 5, "{}", ended.stderr);
    assert!(is_unwritten(&program));
}

#[test]
fn a_saved_plan_is_judged_again_by_the_policies_of_the_day() {
    let program = example();
    let strict = fs::read_to_string(program.folder().join("policies/limits.rego")).unwrap();
    write(&program, "policies/limits.rego", PASSES);
    let ended = program.run(&["plan", "-out", "plan.json"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(
        ended.stderr.contains("warning[Y006]: policy main.warn: worth a look"),
        "{}",
        ended.stderr
    );
    write(&program, "policies/limits.rego", &strict);
    let ended = program.run(&["apply", "plan.json"]);
    assert_eq!(ended.code, 5, "{}", ended.stderr);
    assert!(is_unwritten(&program));
    write(&program, "policies/limits.rego", PASSES);
    let ended = program.run(&["apply", "plan.json"]);
    assert_eq!(ended.code, 0, "{}", ended.everything());
}

#[test]
fn a_policy_that_is_missing_or_broken_is_not_one_that_passes() {
    let program = example();
    write(&program, "policies/limits.rego", "package main\ndeny contains");
    let ended = program.run(&["apply", "-auto-approve"]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert!(
        ended.stderr.contains("error[Y003]: cannot read the policy policies/limits.rego"),
        "{}",
        ended.stderr
    );
    fs::remove_file(program.folder().join("policies/limits.rego")).unwrap();
    let ended = program.run(&["apply", "-auto-approve"]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert!(ended.stderr.contains("error[Y002]"), "{}", ended.stderr);
    assert!(is_unwritten(&program));
}

#[test]
fn a_clinic_adds_to_the_policies_of_its_fleet_and_takes_none_away() {
    let program = example();
    let clinic = fs::read_to_string(program.folder().join("clinic.yaml")).unwrap();
    let head = clinic.split("policy:").next().unwrap().to_owned();
    write(
        &program,
        "clinics/lakeside/clinic.yaml",
        &format!("{head}policy: {{rego: [own.rego], off: [excess-columns]}}\n"),
    );
    write(
        &program,
        "clinics/lakeside/world.yaml",
        &fs::read_to_string(program.folder().join("world.yaml")).unwrap(),
    );
    write(
        &program,
        "clinics/lakeside/own.rego",
        "package own\ndeny contains \"from the clinic\"\n",
    );
    write(&program, "policies/limits.rego", "package main\ndeny contains \"from the fleet\"\n");
    write(
        &program,
        "fleet.yaml",
        "version: 1\nfleet: {id: region}\nclinics: [clinics/*/clinic.yaml]\ndefaults:\n  policy: {rego: [policies/*.rego], deny: [excess-columns]}\n",
    );
    let ended = program.run(&["plan", "fleet.yaml", "--clinic", "lakeside"]);
    assert_eq!(ended.code, 5, "{}", ended.stderr);
    for text in ["main.deny: from the fleet", "own.deny: from the clinic", "policy excess-columns"]
    {
        assert!(
            ended.stderr.contains(&format!(
                "refused: {}{text}",
                if text.starts_with("policy") { "" } else { "policy " }
            )),
            "{text}: {}",
            ended.stderr
        );
    }
    // In the plan of the whole fleet it is refused, too, and not offered for an apply.
    let ended = program.run(&["plan", "fleet.yaml", "-out", "all.bundle"]);
    assert_eq!(ended.code, 5, "{}", ended.everything());
    assert!(
        ended.stderr.contains("not applied while what is said above stands"),
        "{}",
        ended.stderr
    );
    assert!(!ended.stderr.contains("to apply exactly"), "{}", ended.stderr);
}

/// Reviewers see a warning whatever they read, and none of it stops an apply.
#[test]
fn a_warning_is_in_the_saved_plan_in_every_format_and_in_a_fleets_overview() {
    let program = example();
    let warns = "package main\nwarn contains {\"msg\": \"worth a look\", \"address\": c.address} if {\n\
                 some c in input.plan.users[_].changes\n\tc.provider_id == 1078\n}\n";
    write(&program, "policies/limits.rego", warns);
    let ended = program.run(&["plan", "-out", "plan.json"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let text = "policy main.warn: worth a look (lakeside/OceanAPILAKESIDE/";
    for (format, place) in [
        ("human", "clinic.yaml:18:5"),
        ("json", "\"line\":18"),
        ("markdown", "clinic.yaml:18:5"),
        ("junit", "clinic.yaml:18:5"),
        ("sarif", "\"startLine\":18"),
        ("html", "clinic.yaml:18:5"),
    ] {
        let ended = program.run(&["show", "--format", format, "plan.json"]);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let shown = ended.everything();
        assert!(shown.contains("worth a look"), "{format}: {shown}");
        let shown = shown.replace(' ', "");
        assert!(shown.contains(&place.replace(' ', "")), "{format}: {shown}");
    }
    let fleet = "version: 1\nfleet: {id: region}\nclinics: [clinic.yaml]\n";
    write(&program, "fleet.yaml", fleet);
    let ended = program.run(&["plan", "fleet.yaml", "-out", "all.bundle"]);
    assert_eq!(ended.code, 0, "{}", ended.everything());
    assert!(ended.stdout.contains(text), "{}", ended.stdout);
    let ended = program.run(&["show", "--format", "markdown", "all.bundle"]);
    assert!(ended.stdout.contains("worth a look"), "{}", ended.stdout);
    let ended = program.run(&["apply", "plan.json"]);
    assert_eq!(ended.code, 0, "{}", ended.everything());
    assert!(ended.stderr.contains("warning[Y006]: policy main.warn"), "{}", ended.stderr);
}

/// A denial is at the line of the manifest that asks for what is denied.
#[test]
fn a_denial_has_its_line_in_code_scanning() {
    let program = example();
    let ended = program.run(&["plan", "--format", "sarif"]);
    assert_eq!(ended.code, 5, "{}", ended.stderr);
    let sarif: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let denied: Vec<_> = results.iter().filter(|result| result["ruleId"] == "Y001").collect();
    assert!(!denied.is_empty(), "{sarif}");
    for result in denied {
        let region = &result["locations"][0]["physicalLocation"]["region"];
        assert_eq!(region["startLine"], 18, "{result}");
    }
}

#[test]
fn what_a_policy_says_is_escaped_and_what_it_prints_is_not_shown() {
    let program = example();
    let evil = "package main\ndeny contains \"\\u001b[31m evil \\u202e\" if print(\"\\u001b[2J printed\")\n";
    write(&program, "policies/limits.rego", evil);
    for arguments in [&["plan"][..], &["policy", "test"], &["apply", "-auto-approve"]] {
        let ended = program.run(arguments);
        let raw = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        assert!(!ended.everything().contains(raw), "{arguments:?}: {:?}", ended.everything());
        assert!(!ended.everything().contains("printed"), "{arguments:?}: {:?}", ended.everything());
    }
    let ended = program.run(&["plan"]);
    assert!(ended.code == 5 && ended.stderr.contains("evil"), "{}", ended.stderr);
}

#[test]
fn policy_test_runs_tests_and_judges_plans() {
    let program = example();
    let ended = program.run(&["policy", "test"]);
    assert_eq!(ended.code, 0, "{}", ended.everything());
    assert!(ended.stdout.contains("4 of 4 tests hold"), "{}", ended.stdout);
    assert_eq!(program.run(&["plan", "-out", "plan.json"]).code, 5);
    let ended = program.run(&["policy", "test", "clinic.yaml", "plan.json"]);
    assert_eq!(ended.code, 3, "{}", ended.everything());
    assert!(ended.stdout.contains("denied  plan.json"), "{}", ended.stdout);
    write(&program, "policies/limits.rego", PASSES);
    let ended = program.run(&["policy", "test", "--json", "clinic.yaml", "plan.json"]);
    assert_eq!(ended.code, 3, "its tests do not hold any more");
    let document: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(document["passed"], false);
    assert_eq!(document["plans"][0]["denied"], false);
    assert_eq!(document["plans"][0]["judgements"][0]["message"], "worth a look");
}

/// rego-cpp shares no code with the engine that is built in.
#[test]
fn another_engine_says_the_same_of_the_same_plan() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = std::env::var_os("ACCUROFORM_REGO")
        .map_or_else(|| root.join("target/rego"), Into::into)
        .join("bin/python");
    if !python.exists() {
        println!("policies: the part on rego-cpp is left out (tests/policy/install.sh)");
        return;
    }
    let program = example();
    assert_eq!(program.run(&["plan", "-out", "plan.json"]).code, 5);
    let asked = std::process::Command::new(python)
        .arg(root.join("tests/policy/ask.py"))
        .args(["plan.json", "policies/limits.rego"])
        .current_dir(program.folder())
        .output()
        .unwrap();
    assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
    let theirs: serde_json::Value = serde_json::from_slice(&asked.stdout).unwrap();
    let theirs = &theirs["expressions"][0];
    let ended = program.run(&["policy", "test", "--json", "clinic.yaml", "plan.json"]);
    let ours: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let ours = ours["plans"][0]["judgements"].as_array().unwrap();
    let pair = |message: &serde_json::Value, place: &serde_json::Value| {
        (message.as_str().unwrap().to_owned(), place.as_str().unwrap().to_owned())
    };
    let denied = theirs["deny"].as_array().unwrap().iter();
    let denied: Vec<_> = denied.map(|one| pair(&one["msg"], &one["address"])).collect();
    let ours: Vec<_> = ours.iter().map(|one| pair(&one["message"], &one["place"])).collect();
    assert!(denied.len() > 5, "{denied:?}");
    assert_eq!(denied, ours);
    assert_eq!(theirs["warn"], serde_json::json!([]));
}

#[test]
fn a_pair_of_duties_is_two_different_columns() {
    for pair in ["[billing]", "[billing, billing]", "[billing, labs, emr]", "billing"] {
        let program = example();
        let clinic = fs::read_to_string(program.folder().join("clinic.yaml")).unwrap();
        write(&program, "clinic.yaml", &clinic.replace("[billing, prescribe_for]", pair));
        let ended = program.run(&["validate"]);
        assert_eq!(ended.code, 3, "{pair}: {}", ended.everything());
    }
}

/// What the CI system and programs are told is what the policies of the day warn of, as they say it.
#[test]
fn an_apply_tells_the_warnings_of_its_own_day_in_their_own_words() {
    let program = example();
    let warns = |text: &str| format!("package main\nwarn contains \"{text}\"\n");
    write(&program, "policies/limits.rego", &warns("an old word"));
    assert_eq!(program.run(&["plan", "-out", "plan.json"]).code, 0);
    write(&program, "policies/limits.rego", &warns("a new word\\nin two lines ##[add-mask]x"));
    let ended = program.run(&["apply", "plan.json", "--json", "--github"]);
    assert_eq!(ended.code, 0, "{}", ended.everything());
    let events = Events::of(&ended.stdout, ended.code);
    let [warning] = events.all("diagnostic")[..] else { panic!("{:?}", events.kinds()) };
    assert_eq!(warning["summary"], "policy main.warn: a new word\nin two lines ##[add-mask]x");
    let message = warning["@message"].as_str().unwrap();
    assert!(message.ends_with(r"a new word\u{a}in two lines ##[add-mask]x"), "{message}");
    let [warning] = &commands(&ended.stderr)[..] else { panic!("{}", ended.stderr) };
    assert_eq!(warning.name, "warning");
    assert_eq!(warning.message, "policy main.warn: a new word\nin two lines #\\u{23}[add-mask]x");
}
