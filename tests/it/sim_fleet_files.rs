//! `sim --generate clinics=… --fleet DIR`: the files that it writes, and those that it leaves alone.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Stdio};

use super::program::{Ended, Program};
use super::sim_client::{client, send};

const SIZE: &str = "clinics=3,offices=1,providers=2,seed=7";

/// A simulator that runs until this value is dropped.
struct Running {
    child: Child,
    address: String,
    out: BufReader<ChildStdout>,
    err: BufReader<ChildStderr>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Starts one and waits until it has printed where it listens, and the fleet, if there is one.
fn start(program: &Program, arguments: &[&str]) -> Running {
    let mut child = program
        .command(&[&["sim", "--generate"], arguments].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let err = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let address = line.strip_prefix("address: ").unwrap().trim().to_owned();
    Running { child, address, out, err }
}

impl Running {
    fn next_line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        line
    }

    /// Ends it and gives what it told.
    fn story(mut self) -> String {
        let mut story = String::new();
        while !story.contains("Ctrl-C ends it") {
            assert_ne!(self.err.read_line(&mut story).unwrap(), 0, "it ended early: {story}");
        }
        self.child.kill().unwrap();
        self.err.read_to_string(&mut story).unwrap();
        story
    }
}

/// Every file of a folder with what is in it, without the address, which is another each time.
fn manifests(folder: &Path, address: &str) -> BTreeMap<String, String> {
    let clinics = fs::read_dir(folder.join("clinics")).unwrap().map(|entry| entry.unwrap().path());
    clinics
        .chain([folder.join("fleet.yaml")])
        .map(|path| {
            let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).unwrap().replace(address, "http://ADDRESS"))
        })
        .collect()
}

fn program() -> Program {
    Program::with_manifest("")
}

#[test]
fn the_files_of_a_fleet_are_the_same_for_the_same_seed() {
    let program = program();
    let mut running = start(&program, &[SIZE, "--fleet", "one"]);
    assert_eq!(running.next_line(), format!("fleet: {}\n", Path::new("one/fleet.yaml").display()));
    let first = manifests(&program.folder().join("one"), &running.address);
    let story = running.story();
    assert!(story.contains("next: accuroform plan one"), "{story}");

    let mut running = start(&program, &[SIZE, "--fleet", "two"]);
    running.next_line();
    assert_eq!(manifests(&program.folder().join("two"), &running.address), first);
    drop(running);
    let other = SIZE.replace("seed=7", "seed=8");
    let mut running = start(&program, &[&other, "--fleet", "two"]);
    running.next_line();
    assert_ne!(manifests(&program.folder().join("two"), &running.address), first);

    let names: Vec<&str> = first.keys().map(String::as_str).collect();
    let ids = [1, 2, 3].map(|number| format!("clinics/clinic-000{number}.yaml"));
    assert_eq!(names, [&ids[0], &ids[1], &ids[2], "fleet.yaml"]);
    let shown = format!("{}\n{}", first["fleet.yaml"], first[&ids[0]]);
    insta::assert_snapshot!(shown, @r#"
    # Written by `accuroform sim --fleet`, which overwrites this file.
    version: 1
    fleet: {id: generated, name: Generated fleet}
    clinics: [clinics/*.yaml]
    defaults:
      accuro:
        connection: &bridge
          api:
            url: http://ADDRESS
            client_id: {file: .accuroform/sim/client_id}
            client_secret: {file: .accuroform/sim/client_secret}
            query: {tenant: {value: "{tenant}"}}
      ocean: {connection: *bridge}
      users: [{profile: ocean, all_offices: true}]
    rollout:
      waves: [{name: canary, tags: [canary]}, {name: ten-percent, percent: 10}, {name: rest}]

    # Written by `accuroform sim --fleet`, which overwrites this file.
    version: 1
    clinic: {id: clinic-0001, name: "Chaleur Community Health Centre", tags: [region-1, canary]}
    accuro: {tenant: CHALEUR8}
    ocean: {site: "4008"}
    "#);
}

#[tokio::test]
async fn the_credentials_of_a_fleet_are_in_files_for_the_owner_alone_and_good_for_its_tenants() {
    let program = program();
    let mut running = start(&program, &[SIZE, "--fleet", "."]);
    running.next_line();
    let secret = |name: &str| {
        let path = program.folder().join(".accuroform/sim").join(name);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::read_to_string(path).unwrap()
    };
    let clinic = fs::read_to_string(program.folder().join("clinics/clinic-0003.yaml")).unwrap();
    let tenant = clinic.split("tenant: ").nth(1).unwrap().split('}').next().unwrap();
    let token = client()
        .post(format!("{}/oauth/token?tenant={tenant}", running.address))
        .basic_auth(secret("client_id"), Some(secret("client_secret")))
        .form(&[("grant_type", "client_credentials")]);
    let (status, body) = send(token).await;
    assert_eq!(status, 200, "{body}");
    let story = running.story();
    assert!(!story.contains(&secret("client_secret")), "{story}");
    assert!(!story.contains("/oauth/token"), "requests are logged without --log: {story}");
}

#[tokio::test]
async fn requests_are_logged_when_that_is_asked_for_and_the_way_in_is_printed_without_a_fleet() {
    let program = program();
    let mut running = start(&program, &[SIZE, "--log"]);
    assert!(running.next_line().starts_with("client id: "));
    assert!(running.next_line().starts_with("client secret: "));
    send(client().get(format!("{}/rest/v1/offices?tenant=NOBODY", running.address))).await;
    let story = running.story();
    assert!(story.contains("GET /rest/v1/offices?tenant=NOBODY -> 404"), "{story}");
}

#[test]
fn a_smaller_fleet_in_the_same_folder_leaves_no_clinic_of_the_larger_behind() {
    let program = program();
    start(&program, &[SIZE, "--fleet", "."]).next_line();
    let own = program.folder().join("clinics/mine.yaml");
    fs::write(&own, "version: 1\n").unwrap();
    let smaller = SIZE.replace("clinics=3", "clinics=1");
    start(&program, &[&smaller, "--fleet", "."]).next_line();
    let names: Vec<String> = manifests(program.folder(), "").into_keys().collect();
    assert_eq!(names, ["clinics/clinic-0001.yaml", "clinics/mine.yaml", "fleet.yaml"]);
}

#[test]
fn a_file_that_somebody_else_wrote_is_not_overwritten_and_nothing_is_served() {
    for path in ["fleet.yaml", "clinics/clinic-0002.yaml", ".accuroform/sim/client_secret"] {
        let program = program();
        let file = program.folder().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, "mine\n").unwrap();
        let Ended { code, stdout, stderr } =
            program.run(&["sim", "--generate", SIZE, "--fleet", "."]);
        assert_eq!((code, stdout.as_str()), (1, ""), "{path}: {stderr}");
        assert!(stderr.contains("error[F002]") && stderr.contains(path), "{path}: {stderr}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "mine\n");
        assert_eq!(program.folder().join("fleet.yaml").exists(), path == "fleet.yaml");
    }
}

#[test]
fn arguments_that_only_a_server_of_many_has_are_refused_where_one_world_is_printed() {
    let program = program();
    for arguments in [&["--fleet", "."][..], &["--log"], &["--listen", "127.0.0.1:0"]] {
        let one = ["sim", "--generate", "offices=1,providers=1,seed=1"];
        let ended = program.run(&[&one, arguments].concat());
        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{arguments:?}");
        assert!(ended.stderr.contains("error[U003]"), "{}", ended.stderr);
    }
    let elsewhere = program.run(&["sim", "--generate", SIZE, "--listen", "0.0.0.0:0"]);
    assert!(elsewhere.stderr.contains("error[U002]"), "{}", elsewhere.stderr);
}
