//! Bundles: what is reviewed is what is applied, and nothing else.

use super::approvals::pem;
use super::fleet_scene::{Scene, Shore};

const ALL: [&str; 5] = ["ash", "birch", "cedar", "dogwood", "elm"];

fn planned() -> Scene {
    let scene = Shore::usual().open();
    scene.ran(&["plan", "fleet.yaml", "-out", "all.bundle"], 0);
    scene
}

/// Refused before anything is read of a clinic, and nothing is kept of it.
#[track_caller]
fn refused(scene: &Scene, bundle: &str, more: &[&str], told: &str) {
    let mark = scene.mark();
    let ended = scene.ran(&[&["apply", bundle], more].concat(), 5);
    assert!(ended.stderr.contains(told), "{told}: {}", ended.stderr);
    assert_eq!(scene.mark(), mark, "no clinic was asked");
    assert!(!scene.path(".accuroform/rollouts").exists(), "it is no rollout");
}

#[test]
fn a_bundle_writes_the_clinics_that_were_planned_and_no_other() {
    let scene = Shore::usual().open();
    scene.ran(&["plan", "fleet.yaml", "--exclude-tag", "second", "-out", "some.bundle"], 0);
    let shown = scene.ran(&["show", "some.bundle"], 0);
    assert!(
        shown.stdout.starts_with("Fleet shore: 3 clinics (all clinics without the tags second)\n"),
        "{}",
        shown.stdout
    );
    assert!(shown.stdout.contains("9 rows in 3 clinics: "), "{}", shown.stdout);
    let one = scene.ran(&["show", "some.bundle", "--clinic", "elm"], 0);
    assert!(
        one.stdout.contains("OceanAPIELM") && !one.stdout.contains("DOGWOOD"),
        "{}",
        one.stdout
    );
    let ended = scene.ran(&["show", "some.bundle", "--clinic", "birch"], 1);
    assert!(ended.stderr.contains("error[R004]"), "{}", ended.stderr);

    scene.ran(&["apply", "some.bundle"], 0);
    assert_eq!(scene.written_to(&ALL), ["ash", "dogwood", "elm"]);
    // Again: everything is true already, and nothing is written.
    let ended = scene.ran(&["apply", "some.bundle"], 0);
    assert!(ended.stdout.contains("3 clinics: 3 "), "{}", ended.stdout);
    for id in ["ash", "dogwood", "elm"] {
        scene.must_be_written_once(id);
    }
}

#[test]
fn a_bundle_with_a_changed_byte_is_refused() {
    let scene = planned();
    let whole = scene.read("all.bundle");
    let text = String::from_utf8(whole.clone()).unwrap();
    let footer = text.rfind("{\"kind\":\"accuroform.bundle.end\"").unwrap();
    let places = [1, 200, text.find("\"full\"").unwrap() + 2, footer - 3, footer + 60];
    for at in places {
        let mut bytes = whole.clone();
        bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
        std::fs::write(scene.path("bad.bundle"), bytes).unwrap();
        let mark = scene.mark();
        let ended = scene.run(&["apply", "bad.bundle"]);
        assert!([1, 5].contains(&ended.code), "{at}: {}", ended.everything());
        assert!(ended.stderr.contains("error"), "{at}: {}", ended.stderr);
        assert_eq!(scene.mark(), mark, "{at}: no clinic was asked");
        assert_ne!(scene.run(&["show", "bad.bundle"]).code, 0, "{at}");
    }
    scene.write("bad.bundle", &text[..footer]);
    refused(&scene, "bad.bundle", &[], "error[B004]");
    scene.write("bad.bundle", &format!("{text}\n"));
    refused(&scene, "bad.bundle", &[], "error[B005]");
}

#[test]
fn a_bundle_that_is_not_of_this_fleet_as_it_is_is_refused() {
    let scene = planned();
    scene.ran(&["plan", "fleet.yaml", "--shard", "1/2", "-out", "shard.bundle"], 0);
    refused(&scene, "shard.bundle", &[], "error[R038]: the bundle is shard 1/2 alone");
    let fleet = String::from_utf8(scene.read("fleet.yaml")).unwrap();
    scene.write("other.yaml", &fleet.replace("id: shore", "id: inland"));
    refused(&scene, "all.bundle", &["--manifest", "other.yaml"], "error[R037]");
    refused(&scene, "all.bundle", &["--manifest", "other.yaml", "--json"], "error[R037]");
    std::fs::remove_file(scene.path("clinics/elm.yaml")).unwrap();
    refused(
        &scene,
        "all.bundle",
        &[],
        "error[R040]: the bundle has clinics that the fleet no longer has: elm",
    );
    for flags in [&["--clinic", "ash"][..], &["--tag", "second"], &["-target", "office:North"]] {
        let ended = scene.ran(&[&["apply", "all.bundle"], flags].concat(), 1);
        assert!(ended.stderr.contains("error[U003]"), "{}", ended.stderr);
    }
    let ended = scene.ran(&["apply", "fleet.yaml", "-auto-approve", "--shard", "1/2"], 1);
    assert!(ended.stderr.contains("an apply has no shards"), "{}", ended.stderr);
    assert_eq!(scene.written_to(&ALL), [""; 0]);
}

#[test]
fn merged_shards_are_the_bytes_of_the_whole_and_a_missing_one_is_refused() {
    let scene = planned();
    let mut shards = Vec::new();
    for index in 1..=3 {
        let (shard, file) = (format!("{index}/3"), format!("{index}.bundle"));
        let ended = scene.ran(&["plan", "fleet.yaml", "--shard", &shard, "-out", &file], 0);
        if !ended.stderr.contains("holds none") {
            shards.push(file);
        }
    }
    let files: Vec<&str> = shards.iter().map(String::as_str).collect();
    for order in [files.clone(), files.iter().rev().copied().collect()] {
        scene.ran(&[&["plan", "merge", "-out", "merged.bundle"], &order[..]].concat(), 0);
        assert_eq!(scene.read("merged.bundle"), scene.read("all.bundle"), "{order:?}");
    }
    let ended = scene.ran(&[&["plan", "merge", "-out", "part.bundle"], &files[1..]].concat(), 5);
    assert!(ended.stderr.contains("error[B010]"), "{}", ended.stderr);
    assert!(!scene.path("part.bundle").exists());
    let twice = [&["plan", "merge", "-out", "part.bundle", files[0]], &files[..]].concat();
    assert_eq!(scene.run(&twice).code, 5);
    scene.ran(&["apply", "merged.bundle"], 0);
    for id in ALL {
        scene.must_be_written_once(id);
    }
}

/// Every clinic of the fleet demands one approval of jane.
#[test]
fn a_bundle_is_signed_once_for_all_its_clinics_and_refused_without() {
    let shore = Shore::usual();
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("jane.pem");
    std::fs::write(&key, pem(1)).unwrap();
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let key = key.to_str().unwrap();
    let public = shore_key(key);
    let safety = format!(
        "  safety: {{approvals: {{required: 1, not_the_planner: false, keys: [{{name: jane, key: \"{public}\"}}]}}}}\n"
    );
    let pause = "  pause: {between_waves: manual}\n";
    let scene = shore.defaults(&safety).rollout(pause).open();
    scene.ran(&["plan", "fleet.yaml", "-out", "all.bundle"], 0);
    let ended = scene.ran(&["apply", "fleet.yaml", "-auto-approve"], 5);
    assert!(
        ended.everything().contains("P011") || ended.everything().contains("P012"),
        "{}",
        ended.everything()
    );
    assert_eq!(scene.written_to(&ALL), [""; 0]);

    let ended = scene.ran(&["apply", "all.bundle"], 5);
    assert!(ended.stderr.contains("[P012]"), "{}", ended.stderr);
    assert_eq!(scene.written_to(&ALL), [""; 0]);

    let ended = scene.ran(&["approve", "all.bundle", "--key", key, "--name", "jane"], 0);
    assert!(ended.stderr.contains("signed 5 plans of the bundle sha256:"), "{}", ended.stderr);
    // An approval of the bundle is one of each plan in it, and of no other.
    scene.ran(&["plan", "fleet.yaml", "--planner", "somebody", "-out", "other.bundle"], 0);
    let approval = std::fs::read_dir(scene.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.to_string_lossy().contains("all.bundle.approval-"))
        .unwrap();
    let ended = scene.ran(&["apply", "other.bundle", "--approval", approval.to_str().unwrap()], 5);
    assert!(ended.stderr.contains("[P012]"), "{}", ended.stderr);
    assert_eq!(scene.written_to(&ALL), [""; 0]);
    let ended = scene.ran(&["apply", "all.bundle"], 4);
    // Whoever goes on needs neither the bundle nor the approvals: the state has them.
    std::fs::remove_file(scene.path("all.bundle")).unwrap();
    std::fs::remove_file(approval).unwrap();
    let id = ended.stderr.split("--resume ").nth(1).unwrap().split(' ').next().unwrap();
    scene.ran(&["apply", "--resume", id, "fleet.yaml"], 4);
    scene.ran(&["apply", "--resume", id, "fleet.yaml"], 0);
    for id in ALL {
        scene.must_be_written_once(id);
    }
}

/// The public key of a private one.
fn shore_key(key: &str) -> String {
    let program = std::process::Command::new(env!("CARGO_BIN_EXE_accuroform"))
        .args(["approve", "--show-key", "--key", key])
        .output()
        .unwrap();
    String::from_utf8(program.stdout).unwrap().trim().to_owned()
}
