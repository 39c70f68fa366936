//! The program itself with its state in an object store.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use accuroform::journal::Journal;
use accuroform::state::Lock;
use tokio_util::sync::CancellationToken;

use super::lock::claim;
use super::program::Ended;
use super::state_servers::{Place, azure, s3};

/// A clinic whose state is there.
fn clinic(place: &Place) {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/first-apply/steps.in");
    let folder = place.folder.path();
    fs::copy(cases.join("world.yaml"), folder.join("world.yaml")).unwrap();
    let manifest = fs::read_to_string(cases.join("clinic.yaml")).unwrap();
    let url = place.url.as_deref().unwrap();
    fs::write(folder.join("clinic.yaml"), format!("{manifest}state: {{url: {url}}}\n")).unwrap();
}

fn run(place: &Place, variables: &BTreeMap<String, String>, arguments: &[&str]) -> Ended {
    let output = Command::new(env!("CARGO_BIN_EXE_accuroform"))
        .args(arguments)
        .current_dir(place.folder.path())
        .env_clear()
        .envs(variables)
        .env("USER", "ben")
        .env("HOSTNAME", "desk")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Ended::of(output)
}

#[test]
fn an_apply_is_recorded_and_locked_in_an_object_store() {
    for place in [s3(), azure()].into_iter().flatten() {
        clinic(&place);
        let state = place.open();
        let run = |arguments: &[&str]| run(&place, &place.variables, arguments);

        let ended = run(&["apply", "-auto-approve"]);
        assert_eq!(ended.code, 0, "{ended:#?}");
        let ended = run(&["history"]);
        assert_eq!(ended.code, 0, "{ended:#?}");
        assert!(ended.stdout.contains("apply ") && ended.stdout.contains("ben"), "{ended:#?}");
        let ended = run(&["history", "verify"]);
        assert_eq!(ended.code, 0, "{ended:#?}");
        assert!(ended.stdout.starts_with("The chain is sound: "), "{ended:#?}");
        assert!(Journal::read(&state, "lakeside").unwrap().records.len() > 4);
        let beside: Vec<_> = fs::read_dir(place.folder.path().join(".accuroform"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.contains("journal") || name.contains("lock"))
            .collect();
        assert!(beside.is_empty(), "{beside:?}");

        let stop = CancellationToken::new();
        let lock =
            Lock::acquire((&state, "lakeside"), &claim("one"), Duration::ZERO, &stop, &mut |_| ());
        let lock = lock.unwrap();
        let ended = run(&["apply", "-auto-approve"]);
        assert_eq!(ended.code, 7, "{ended:#?}");
        assert!(ended.stderr.contains("error[L001]: the clinic is locked: apply one by ann@desk"));
        assert_eq!(run(&["unlock", "two"]).code, 7);
        let ended = run(&["unlock", "one"]);
        assert_eq!(ended.code, 0, "{ended:#?}");
        drop(lock);
        let ended = run(&["apply", "-auto-approve"]);
        assert_eq!(ended.code, 0, "{ended:#?}");
        assert!(ended.stdout.contains("No changes."), "{ended:#?}");
    }
}

#[test]
fn nothing_is_written_to_accuro_without_the_state() {
    for place in [s3(), azure()].into_iter().flatten() {
        clinic(&place);
        // Nobody listens there.
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let (there, nobody) = (place.server.unwrap().to_string(), nobody.to_string());
        let mut variables = place.variables.clone();
        for value in variables.values_mut() {
            *value = value.replace(&there, &nobody);
        }
        let ended = run(&place, &variables, &["apply", "-auto-approve"]);
        assert_eq!(ended.code, 1, "{ended:#?}");
        assert!(ended.stderr.contains("error[L002]: cannot read the lock "), "{ended:#?}");
        assert!(ended.stderr.contains("docs/state.md"), "{ended:#?}");
        assert!(!ended.everything().contains("correct-horse"), "{ended:#?}");
        assert!(!place.folder.path().join(".accuroform").exists(), "nothing was connected");

        // What reads the clinic alone does not need the state.
        let ended = run(&place, &BTreeMap::new(), &["validate"]);
        assert_eq!(ended.code, 0, "{ended:#?}");
    }
}

/// Everything that the program says at its most talkative, to a store that refuses its credentials.
#[test]
fn no_credential_of_a_store_is_printed_or_logged() {
    let Some(place) = azure() else { return };
    clinic(&place);
    let account_key = "AZURE_STORAGE_ACCOUNT_KEY";
    let signature = "c29ycmVjdGhvcnNlYmF0dGVyeXN0YXBsZXNvcnJlY3Q%3D";
    let wrong_key = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMg==";
    let token =
        format!("sv=2021-08-06&ss=b&srt=co&sp=rwlac&se=2031-01-01T00:00:00Z&sig={signature}");
    let decoded = signature.replace("%3D", "=");
    let given = [
        (account_key, place.variables[account_key].clone(), 0),
        (account_key, wrong_key.to_owned(), 1),
        ("AZURE_STORAGE_SAS_TOKEN", token, 1),
    ];
    for (name, value, code) in given {
        let mut variables = place.variables.clone();
        variables.remove(account_key);
        variables.insert(name.to_owned(), value.clone());
        variables.insert("ACCUROFORM_LOG".to_owned(), "trace".to_owned());
        let ended = run(&place, &variables, &["apply", "-auto-approve"]);
        let said = ended.everything();
        assert_eq!(ended.code, code, "{name}: {said}");
        assert_eq!(said.contains("error[L002]"), code == 1, "{name}: {said}");
        assert!(said.contains("TRACE"), "{name}: {said}");
        for secret in [value.as_str(), signature, decoded.trim_end_matches('=')] {
            let at = said.lines().find(|line| line.contains(secret));
            assert_eq!(at, None, "{name}");
        }
    }
}
