//! `--github`: what GitHub Actions is told, read back by rules that are not ours.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::event_stream::Events;
use super::program::Ended;
use super::readers::Clinic;
use super::runner::{self, commands, dotenv};

/// A folder in which the program runs as a step of GitHub Actions does.
pub(crate) struct Step {
    folder: TempDir,
}

pub(crate) const QUICKSTART: [(&str, &str); 2] = [
    ("clinic.yaml", include_str!("../../examples/quickstart/clinic.yaml")),
    ("world.yaml", include_str!("../../examples/quickstart/world.yaml")),
];

/// What the environment of such a step says, beside the files.
const ACTIONS: [(&str, &str); 3] =
    [("CI", "true"), ("GITHUB_ACTIONS", "true"), ("PATH", "/usr/bin:/bin")];

impl Step {
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_accuroform"));
        command.args(arguments).current_dir(self.folder.path()).env_clear().stdin(Stdio::null());
        command
    }

    /// Runs a step with files of its own; gives what it printed, its outputs and its summary.
    #[track_caller]
    pub(crate) fn run(
        &self,
        arguments: &[&str],
        code: i32,
    ) -> (Ended, BTreeMap<String, String>, String) {
        let files = tempfile::tempdir().unwrap();
        let [output, summary] = ["output", "summary"].map(|name| files.path().join(name));
        let mut command = self.command(arguments);
        command.envs(ACTIONS).env("GITHUB_OUTPUT", &output).env("GITHUB_STEP_SUMMARY", &summary);
        let ended = Ended::of(command.output().unwrap());
        assert_eq!(ended.code, code, "{arguments:?}: {}", ended.everything());
        let text = |path: &Path| fs::read_to_string(path).unwrap_or_default();
        (ended, runner::outputs(&text(&output)), text(&summary))
    }

    pub(crate) fn files(&self) -> BTreeSet<String> {
        let names = fs::read_dir(self.folder.path()).unwrap();
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

fn values(outputs: &BTreeMap<String, String>, keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| outputs.get(*key).cloned().unwrap_or_default()).collect()
}

#[test]
fn a_plan_tells_github_its_counts_its_digest_and_what_its_exit_code_means() {
    let step = Step::of(&QUICKSTART);
    let (ended, outputs, summary) =
        step.run(&["plan", "--github", "--detailed-exitcode", "-out", "plan.json"], 2);
    let plan: Value =
        serde_json::from_str(&fs::read_to_string(step.path("plan.json")).unwrap()).unwrap();
    let changes = plan["plan"]["users"].as_array().or(plan["users"].as_array()).unwrap();
    let changes: Vec<&Value> =
        changes.iter().flat_map(|user| user["changes"].as_array().unwrap()).collect();
    let of =
        |action: &str| changes.iter().filter(|one| one["action"] == action).count().to_string();
    assert_eq!(
        values(
            &outputs,
            &["grant", "revoke", "change", "has_changes", "exit_code", "exit_meaning"]
        ),
        [&of("grant"), &of("revoke"), &of("change"), "true", "2", "changes"]
    );
    assert_eq!(outputs["grant"], "15");
    assert_eq!(
        values(&outputs, &["refused", "errors", "unread", "dangerous", "excess"]),
        ["0", "0", "0", "0", "1"]
    );
    assert_eq!(
        values(&outputs, &["sync_owed", "plan_path", "unchanged"]),
        ["false", "plan.json", "26"]
    );
    let shown = Ended::of(step.command(&["show", "plan.json"]).output().unwrap());
    assert!(
        shown.stderr.contains(&format!("digest: {}\n", outputs["plan_digest"])),
        "{}",
        shown.stderr
    );
    assert!(summary.contains("### Plan of <code>lakeside</code>: 15 rows to grant"), "{summary}");
    // The rule that asks for it, and nothing on standard output: that is the result.
    let [notice] = &commands(&ended.everything())[..] else { panic!("{}", ended.everything()) };
    assert_eq!(notice.name, "notice");
    let place = ["file", "line", "col"].map(|key| notice.properties[key].as_str());
    assert_eq!(place, ["clinic.yaml", "21", "5"]);
    assert!(notice.message.starts_with("15 rows to grant, 0 to revoke, 1 to change"), "{notice:?}");
    assert_eq!(commands(&ended.stdout), []);
    let (_, outputs, _) = step.run(&["show", "--github", "plan.json"], 0);
    assert_eq!(
        values(&outputs, &["grant", "plan_path", "exit_meaning"]),
        ["15", "plan.json", "done"]
    );
}

#[test]
fn a_refused_plan_says_so_with_errors_at_the_manifest() {
    let clinic = Clinic::planned();
    let [output, summary] = ["output", "summary"].map(|name| clinic.folder().join(name));
    let environment = [
        ("GITHUB_OUTPUT", output.to_str().unwrap()),
        ("GITHUB_STEP_SUMMARY", summary.to_str().unwrap()),
    ];
    // Another command of the step was there first, and did not end its line.
    fs::write(&output, "mine=1").unwrap();
    let ended = clinic.ended(&["plan", "--github"], &environment);
    assert_eq!(ended.code, 5, "{}", ended.everything());
    let outputs = runner::outputs(&fs::read_to_string(&output).unwrap());
    assert_eq!(
        values(
            &outputs,
            &["mine", "exit_code", "exit_meaning", "refused", "dangerous", "has_changes"]
        ),
        ["1", "5", "refused", "1", "1", "true"]
    );
    let found = commands(&ended.stderr);
    let errors: Vec<_> = found.iter().filter(|one| one.name == "error").collect();
    let [error] = errors[..] else { panic!("{found:?}") };
    assert_eq!(error.properties["file"], "clinic.yaml");
    assert_eq!(error.properties["title"], "refused G002");
    assert!(error.message.contains("\nhint: "), "{error:?}");
    let notices = found.iter().filter(|one| one.name == "notice");
    let places: Vec<&str> = notices.map(|one| one.properties["line"].as_str()).collect();
    assert!(!places.is_empty() && places.iter().all(|line| *line != "1"), "{found:?}");
    let summary = fs::read_to_string(&summary).unwrap();
    assert!(summary.starts_with("### accuroform plan: refused (exit 5)\n"), "{summary}");
}

#[test]
fn what_nobody_counted_is_not_told() {
    let step = Step::of(&QUICKSTART);
    fs::remove_file(step.path("world.yaml")).unwrap();
    let (ended, outputs, summary) = step.run(&["plan", "--github"], 1);
    assert_eq!(outputs.keys().collect::<Vec<_>>(), ["exit_code", "exit_meaning"]);
    assert_eq!(outputs["exit_meaning"], "error");
    let [error] = &commands(&ended.stderr)[..] else { panic!("{}", ended.stderr) };
    assert_eq!(error.name, "error");
    assert!(error.message.contains("world.yaml"), "{error:?}");
    assert!(summary.starts_with("### accuroform plan: error (exit 1)\n"), "{summary}");
}

#[test]
fn an_apply_tells_what_was_done_and_whether_it_is_verified() {
    let step = Step::of(&QUICKSTART);
    let (_, outputs, summary) = step.run(&["apply", "--github", "-auto-approve"], 0);
    assert_eq!(
        values(
            &outputs,
            &["done", "held", "failed", "not_reached", "sync", "verified", "exit_meaning"]
        ),
        ["16", "0", "0", "0", "complete", "true", "done"]
    );
    assert!(summary.starts_with("### accuroform apply: done (exit 0)\n"), "{summary}");
    assert!(summary.contains("Apply: 16 rows done"), "{summary}");
    let (_, outputs, _) = step.run(&["verify", "--github"], 0);
    assert_eq!(
        values(&outputs, &["verified", "has_changes", "sync_owed"]),
        ["true", "false", "false"]
    );
    let (ended, outputs, _) = step.run(&["apply", "--github", "-auto-approve", "--json"], 0);
    assert_eq!(values(&outputs, &["done", "sync", "verified"]), ["0", "none", "unknown"]);
    assert!(are_json(&ended.stdout), "{}", ended.stdout);
    let (_, outputs, _) = step.run(&["undo", "--github", "-out", "undo.json"], 5);
    assert_eq!(values(&outputs, &["revoke", "change", "plan_path"]), ["15", "1", "undo.json"]);
    let allow = format!("--allow-mass-change={}", &outputs["plan_digest"][7..19]);
    let (_, outputs, _) = step.run(&["undo", "--github", "-auto-approve", &allow], 0);
    assert_eq!(values(&outputs, &["done", "verified"]), ["16", "true"]);
}

#[test]
fn a_sync_that_is_owed_is_told_by_the_apply_and_by_the_next_plan() {
    let world = QUICKSTART[1].1.replace("full_sync_seconds: 2", "full_sync_seconds: 600");
    assert_ne!(world, QUICKSTART[1].1);
    let step = Step::of(&[QUICKSTART[0], ("world.yaml", &world)]);
    let (ended, outputs, summary) =
        step.run(&["apply", "--github", "-auto-approve", "--json", "--sync-timeout", "1s"], 6);
    // One code has one set of words.
    let outcome = Events::of(&ended.stdout, ended.code).one("outcome").clone();
    assert_eq!(outcome["@message"], "exit 6: not synced or not verified");
    assert!(summary.starts_with("### accuroform apply: not synced or not verified (exit 6)\n"));
    let keys = ["done", "sync", "verified", "exit_meaning"];
    assert_eq!(values(&outputs, &keys), ["16", "not_complete", "true", "not_verified"]);
    assert!(summary.contains("**The sync is not complete.**"), "{summary}");
    let (_, outputs, _) = step.run(&["plan", "--github"], 0);
    assert_eq!(values(&outputs, &["has_changes", "sync_owed"]), ["false", "true"]);
}

#[test]
fn no_value_can_add_another() {
    let step = Step::of(&QUICKSTART);
    let name = "a\nhas_changes=false\nACCUROFORM_END\nx<<y\n=.json";
    let (_, outputs, _) = step.run(&["plan", "--github", "-out", name], 0);
    assert_eq!(outputs["plan_path"], name);
    assert_eq!(values(&outputs, &["has_changes", "exit_code"]), ["true", "0"]);
    let ended = Ended::of(step.command(&["plan", "--gitlab", "-out", name]).output().unwrap());
    assert_eq!(ended.code, 0, "{}", ended.everything());
    let variables = dotenv(&fs::read_to_string(step.path("accuroform.env")).unwrap());
    assert_eq!(variables.get("ACCUROFORM_PLAN_PATH"), None, "it has no form there");
    assert_eq!(variables["ACCUROFORM_HAS_CHANGES"], "true");
}

/// A clinic whose names are commands to the runner.
fn hostile() -> Step {
    let world = "\
version: 1
tenant: LAKESIDE
offices: [{id: 1, name: '::add-mask::e'}, {id: 2, name: '  ::stop-commands::x'}]
providers:
  - {id: 1042, first: Anita, last: '##[add-mask]Singh', offices: [1, 2]}
  - {id: 1043, first: Bo, last: '::error::Roy', offices: [1]}
users: [{id: 77, name: OceanAPILAKESIDE, grid: []}]
ocean: {site: \"4021\", emr_user: OceanAPILAKESIDE}
";
    let manifest = "\
version: 1
clinic: {id: lakeside, name: '::error::Lakeside ##[error]x'}
accuro: {tenant: LAKESIDE, connection: {embedded: {world: world.yaml}}}
ocean: {site: \"4021\", connection: {embedded: {}}}
profiles: {'##[group]p': {columns: {patient: full}}}
users: [{name: OceanAPILAKESIDE, profile: '##[group]p', management: exact, offices: [{id: 1, all_providers: true}, {id: 2, all_providers: true}]}]
";
    Step::of(&[("clinic.yaml", manifest), ("world.yaml", world)])
}

/// Whether every line is JSON.
fn are_json(text: &str) -> bool {
    !text.is_empty() && text.lines().all(|line| serde_json::from_str::<Value>(line).is_ok())
}

#[test]
fn no_foreign_text_is_a_command_to_the_runner() {
    let step = hostile();
    let ours = |ended: &Ended| {
        let found = commands(&ended.everything());
        let names: BTreeSet<&str> = found.iter().map(|one| one.name.as_str()).collect();
        assert!(names.is_subset(&BTreeSet::from(["notice", "warning"])), "{found:?}");
        assert_eq!(commands(&ended.stdout), []);
    };
    for form in [
        &["plan"][..],
        &["plan", "--diff"],
        &["plan", "--json"],
        &["plan", "--format", "json"],
        &["plan", "--format", "markdown"],
        &["plan", "--format", "html"],
        &["plan", "--format", "junit"],
        &["plan", "--format", "sarif"],
        &["plan", "--format", "terraform-json"],
        &["validate"],
        &["validate", "--json"],
    ] {
        let (ended, _, _) = step.run(&[form, &["--github"]].concat(), 0);
        ours(&ended);
        if form.iter().any(|word| ["--json", "json"].contains(word)) {
            assert!(are_json(&ended.stdout), "{}", ended.stdout);
        }
    }
    // What it is about is there without the flag.
    let raw = Ended::of(step.command(&["plan"]).output().unwrap());
    assert!(commands(&raw.stdout).iter().any(|one| one.name == "add-mask"), "{}", raw.stdout);
    // A plan that was printed for programs is still that plan.
    let (ended, _, _) = step.run(&["plan", "--format", "json", "--github"], 0);
    fs::write(step.path("printed.json"), ended.stdout).unwrap();
    let (ended, _, _) = step.run(&["apply", "printed.json", "--github"], 0);
    ours(&ended);
    let (ended, _, _) = step.run(&["verify", "--github"], 0);
    ours(&ended);
}

/// A manifest with so many names that nobody has.
fn unknown_names(count: usize) -> String {
    let offices: Vec<String> = (0..count)
        .map(|at| format!("      - {{name: \"Nowhere {at}\", all_providers: true}}\n"))
        .collect();
    let (clinic, _) = QUICKSTART[0].1.split_once("users:").unwrap();
    format!("{clinic}users:\n  - profile: ocean\n    offices:\n{}", offices.concat())
}

#[test]
fn ten_of_a_kind_are_annotated_and_the_rest_is_counted() {
    for (count, left) in [(10, None), (13, Some("3 errors"))] {
        let step = Step::of(&[("clinic.yaml", &unknown_names(count)), QUICKSTART[1]]);
        let (ended, outputs, summary) = step.run(&["plan", "--github"], 1);
        assert_eq!(outputs["errors"], count.to_string());
        let found = commands(&ended.stderr);
        let errors: Vec<_> = found.iter().filter(|one| one.name == "error").collect();
        assert_eq!(errors.len(), 10);
        assert!(errors.iter().all(|error| error.properties["line"] != "1"), "{errors:?}");
        assert!(errors[0].message.contains("Nowhere 0"), "{errors:?}");
        let said = left.map(|left| format!("shows ten of a kind: {left}"));
        for text in [&ended.stderr, &summary] {
            match &said {
                Some(said) => assert!(text.contains(said.as_str()), "{text}"),
                None => assert!(!text.contains("ten of a kind"), "{text}"),
            }
        }
    }
}

#[test]
fn the_findings_of_a_manifest_are_annotated_by_validate_and_by_plan() {
    let text = QUICKSTART[0].1.replace("sync: full", "sync: sometimes");
    let step = Step::of(&[("clinic.yaml", &text), QUICKSTART[1]]);
    for (command, code) in [("validate", 3), ("plan", 1)] {
        let (ended, outputs, summary) = step.run(&[command, "--github"], code);
        assert_eq!(outputs["errors"], "1", "{command}");
        let found = commands(&ended.stderr);
        let at: Vec<_> = found.iter().filter_map(|one| one.properties.get("line")).collect();
        assert_eq!(at, ["17"], "{found:?}");
        assert!(summary.contains("M012"), "{summary}");
    }
}

#[test]
fn the_summary_of_a_step_never_grows_over_its_limit() {
    let step = Step::of(&QUICKSTART);
    let world = Ended::of(
        step.command(&["sim", "--generate", "offices=20,providers=300,seed=7"]).output().unwrap(),
    );
    assert_eq!(world.code, 0, "{}", world.stderr);
    fs::write(step.path("world.yaml"), &world.stdout).unwrap();
    let field = |key: &str| {
        let line = world.stdout.lines().find_map(|line| line.trim().strip_prefix(key)).unwrap();
        line.trim().trim_matches('"').to_owned()
    };
    let (tenant, site) = (field("tenant:"), field("site:"));
    let manifest = QUICKSTART[0].1.replace("LAKESIDE", &tenant).replace("4021", &site);
    fs::write(step.path("clinic.yaml"), manifest).unwrap();
    let limit = 1024 * 1024;
    let mut sizes = Vec::new();
    for used in [0, limit - 100_000, limit - 30_000, limit - 3000, limit] {
        let before = "x".repeat(used);
        let [output, summary] = ["output", "summary"].map(|name| step.path(name));
        fs::write(&summary, &before).unwrap();
        let mut command = step.command(&["plan", "--github"]);
        command.env("GITHUB_OUTPUT", &output).env("GITHUB_STEP_SUMMARY", &summary);
        let ended = Ended::of(command.output().unwrap());
        assert!([0, 5].contains(&ended.code), "{}", ended.stderr);
        let text = fs::read_to_string(&summary).unwrap();
        assert!(text.len() <= limit && text.starts_with(&before), "{used}: {}", text.len());
        let is_full = ended.stderr.contains("the summary of the step is full already");
        assert_eq!(is_full, text.len() == used, "{used}: {}", ended.stderr);
        sizes.push(text.len() - used);
    }
    assert!(sizes[0] > 100_000, "there is more than fits: {sizes:?}");
    assert!(
        sizes.is_sorted_by(|one, two| one >= two) && sizes[1] > sizes[2] && sizes[2] > 0,
        "{sizes:?}"
    );
    assert_eq!(sizes[3..], [0, 0]);
}

#[test]
fn a_fleet_is_told_as_a_sum() {
    let step = Step::of(&[]);
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/fleet");
    for part in ["", "clinics", "worlds"] {
        fs::create_dir_all(step.path(part)).unwrap();
        for entry in fs::read_dir(example.join(part)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs::copy(&path, step.path(part).join(path.file_name().unwrap())).unwrap();
            }
        }
    }
    let (ended, outputs, summary) =
        step.run(&["plan", "fleet.yaml", "--github", "-out", "all.bundle"], 0);
    assert_eq!(
        values(&outputs, &["clinics", "has_changes", "plan_path"]),
        ["6", "true", "all.bundle"]
    );
    assert!(ended.stderr.contains(&outputs["plan_digest"]), "{}", ended.stderr);
    assert!(summary.contains("### Plan of fleet <code>riverbend</code>"), "{summary}");
    let (_, shown, _) = step.run(&["show", "all.bundle", "--github"], 0);
    let keys = ["grant", "revoke", "change", "cells", "clinics", "plan_digest", "unchanged"];
    assert_eq!(values(&shown, &keys), values(&outputs, &keys));
    for shard in ["1", "2"] {
        let (of, out) = (format!("{shard}/2"), format!("{shard}.bundle"));
        let (_, outputs, _) =
            step.run(&["plan", "fleet.yaml", "--shard", &of, "-out", &out, "--github"], 0);
        assert_eq!(outputs["plan_path"], out);
    }
    let merge = ["plan", "merge", "1.bundle", "2.bundle", "-out", "two.bundle", "--github"];
    let (_, merged, _) = step.run(&merge, 0);
    assert_eq!(values(&merged, &keys), values(&outputs, &keys));
    let manifest = fs::read_to_string(step.path("fleet.yaml")).unwrap();
    let (ended, applied, summary) = step.run(&["apply", "all.bundle", "--github"], 4);
    assert!(
        manifest.contains("pause") && ended.stderr.contains("paused before"),
        "{}",
        ended.stderr
    );
    assert_eq!(
        values(&applied, &["exit_meaning", "verified", "failed"]),
        ["incomplete", "false", "0"]
    );
    assert!(applied["done"] != "0" && !applied.contains_key("sync"), "{applied:?}");
    assert!(summary.contains("Rollout of 6 clinics"), "{summary}");
}

#[test]
fn drift_tells_what_others_changed_beside_what_is_pending() {
    let step = Step::of(&[
        ("clinic.yaml", include_str!("../cases/drift/steps.in/clinic.yaml")),
        ("other.yaml", include_str!("../cases/drift/steps.in/other.yaml")),
        ("lower.yaml", include_str!("../cases/drift/steps.in/lower.yaml")),
        ("world.yaml", include_str!("../cases/drift/steps.in/world.yaml")),
    ]);
    let keys = ["changed_outside", "pending", "both", "exit_code", "exit_meaning"];
    let (_, outputs, summary) = step.run(&["drift", "--github"], 0);
    assert_eq!(values(&outputs, &keys), ["0", "3", "0", "0", "done"]);
    assert!(summary.contains("### Drift of <code>lakeside</code>"), "{summary}");
    for manifest in ["clinic.yaml", "other.yaml", "lower.yaml"] {
        step.run(&["apply", manifest, "-auto-approve"], 0);
    }
    let (ended, outputs, summary) = step.run(&["drift", "--github"], 2);
    assert_eq!(values(&outputs, &keys), ["1", "0", "1", "2", "changes"]);
    assert!(summary.starts_with("### accuroform drift: there are changes (exit 2)\n"), "{summary}");
    assert!(summary.contains("Okafor, Ngozi"), "{summary}");
    let plain = Ended::of(step.command(&["drift"]).output().unwrap());
    assert_eq!(ended.stdout, plain.stdout);
    let told = Ended::of(step.command(&["drift", "--gitlab"]).output().unwrap());
    assert_eq!(told.code, 2, "{}", told.everything());
    let variables = dotenv(&fs::read_to_string(step.path("accuroform.env")).unwrap());
    assert_eq!(variables["ACCUROFORM_CHANGED_OUTSIDE"], "1");
    // An entry that names nobody is at its line.
    let text = fs::read_to_string(step.path("clinic.yaml")).unwrap();
    let ignore = "drift:\n  ignore:\n    - {office: {id: 2}, provider: {name: \"Nobody, At All\"}, reason: r, until: 2999-01-01}\n";
    fs::write(step.path("clinic.yaml"), format!("{text}{ignore}")).unwrap();
    let (ended, outputs, _) = step.run(&["drift", "--github"], 2);
    let found = commands(&ended.stderr);
    assert_eq!(
        (found.len(), &found[0].properties["file"]),
        (1, &"clinic.yaml".to_owned()),
        "{found:?}"
    );
    assert_eq!(outputs["warnings"], "1");
}
