//! The pipeline for GitLab of `examples/ci` works: the scripts are taken out of it and run, each with the
//! variables that its job has.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex};

use axum::extract::Request;
use serde_json::{Value, json};

use super::ci_scene::{READER, Scene, WRITER, example, serve, yaml};
use super::program::Ended;
use super::runner::dotenv;

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
    let told = dotenv(&fs::read_to_string(scene.path("accuroform.env")).unwrap());
    let keys = ["DONE", "EXIT_MEANING", "SYNC"].map(|key| format!("ACCUROFORM_{key}"));
    assert_eq!(keys.map(|key| told[&key].clone()), ["0", "incomplete", "none"], "{told:?}");
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

/// The notes of a merge request: 120 of others, some of which look like ours.
fn notes_of_others() -> Vec<Value> {
    let of = |id: u64| {
        let marker = if id.is_multiple_of(7) { "<!-- accuroform plan lakeside -->\n" } else { "" };
        json!({"id": id, "author": {"id": 8}, "body": format!("{marker}hello")})
    };
    (1..=120).map(of).collect()
}

/// Answers as GitLab's API does for the notes of one merge request; the token's user is 9.
async fn serve_notes(notes: Arc<Mutex<Vec<Value>>>) -> String {
    serve(move |request: Request| {
        let notes = Arc::clone(&notes);
        async move {
            assert_eq!(request.headers()["private-token"], "token");
            let (parts, body) = request.into_parts();
            let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
            let form = String::from_utf8(body.to_vec()).unwrap();
            let text = form.split_once("name=\"body\"").map(|(_, rest)| {
                let text = rest.split_once("\r\n\r\n").unwrap().1;
                text.rsplit_once("\r\n--").unwrap().0.to_owned()
            });
            let say =
                |value: Value| axum::http::Response::new(axum::body::Body::from(value.to_string()));
            if parts.uri.path() == "/user" {
                return say(json!({"id": 9, "username": "project_5_bot"}));
            }
            let mut notes = notes.lock().unwrap();
            let path =
                parts.uri.path().strip_prefix("/projects/5/merge_requests/12/notes").unwrap();
            match (parts.method.as_str(), text) {
                ("GET", None) => {
                    let page = parts.uri.query().unwrap().rsplit_once("page=").unwrap().1;
                    let page: usize = page.parse().unwrap();
                    let page: Vec<&Value> = notes.iter().skip((page - 1) * 100).take(100).collect();
                    return say(json!(page));
                }
                ("POST", Some(text)) if path.is_empty() => {
                    let id = notes.len() + 1;
                    notes.push(json!({"id": id, "author": {"id": 9}, "body": text}));
                }
                ("PUT", Some(text)) => {
                    let id: usize = path.trim_start_matches('/').parse().unwrap();
                    assert_eq!(notes[id - 1]["author"]["id"], 9, "somebody else's");
                    notes[id - 1]["body"] = text.into();
                }
                other => panic!("{other:?}"),
            }
            say(json!({}))
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gitlab_keeps_one_comment_of_its_own_and_an_old_plan_never_stands() {
    let (scene, jobs) = (Scene::new().await, yaml("gitlab-ci.yml"));
    let notes = Arc::new(Mutex::new(notes_of_others()));
    let url = serve_notes(Arc::clone(&notes)).await;
    let given = [
        ("CI_API_V4_URL", url.as_str()),
        ("CI_MERGE_REQUEST_PROJECT_ID", "5"),
        ("CI_MERGE_REQUEST_IID", "12"),
        ("ACCUROFORM_COMMENT_TOKEN", "token"),
    ];
    // Also after a check that failed, when there is no plan and no file of one.
    let comment = &jobs["comment"];
    assert_eq!(comment["needs"], json!(["check", "plan"]));
    assert_eq!(comment["variables"]["GIT_STRATEGY"], "empty");
    assert!(comment["rules"].as_array().unwrap().iter().any(|rule| rule["when"] == "always"));
    let marker = "<!-- accuroform plan lakeside -->\n";
    for (left, expected) in [
        (Some(format!("{marker}first")), "first"),
        (Some(format!("{marker}second")), "second"),
        (None, "### No plan of lakeside"),
        (Some(String::new()), "### No plan of lakeside"),
        (Some("what another job left".to_owned()), "### No plan of lakeside"),
        (Some(format!("{marker}third")), "third"),
    ] {
        let file = scene.path("comment.md");
        match left {
            Some(text) => fs::write(file, text).unwrap(),
            None => fs::remove_file(file).unwrap(),
        }
        let ended = gitlab(&scene, &jobs, "comment", &given);
        assert_eq!(ended.code, 0, "{}", ended.everything());
        let notes = notes.lock().unwrap();
        assert_eq!(notes.len(), 121);
        assert_eq!(notes[..120], notes_of_others()[..]);
        let body = notes[120]["body"].as_str().unwrap();
        assert!(body.starts_with(&format!("{marker}{expected}")), "{body}");
    }
    // The token is for this job alone, and nothing else needs it.
    let ended = gitlab(&scene, &jobs, "comment", &given[..3]);
    assert_eq!((ended.code, notes.lock().unwrap().len()), (0, 121), "{}", ended.everything());
    let environment = comment["environment"]["name"].as_str().unwrap();
    for (name, job) in jobs.as_object().unwrap() {
        let names_it = job["environment"].to_string().contains(environment);
        assert_eq!(names_it, name == "comment", "{name}");
    }
    let text = fs::read_to_string(example("gitlab-ci.yml")).unwrap();
    let head = text.split("stages:").next().unwrap();
    assert!(
        head.contains("role Reporter")
            && head.contains(&format!("environment scope {environment}"))
    );
}
