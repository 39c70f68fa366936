//! What one run was told, the next one knows; what the world file no longer says is not mixed in.

use accuroform::sim::{Credentials, Sim, SimError, World};
use serde_json::json;

use super::sim_client::{CONTRACT_WORLD, Clinic, key, wire};

const GRID: &str = "/rest/v1/permissions/users/77/grid";

#[tokio::test]
async fn a_second_run_sees_what_the_first_was_told() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("world.redb");
    let first = Clinic::start(CONTRACT_WORLD, Some(&store)).await;
    let write = wire("grid.patch.request.json");
    let written = first.patch(&key(1), &write).await;
    let (_, started) = first.sync(&json!({"mode": "full"})).await;
    let grid = first.get(GRID).await;
    // As after a kill: nothing is told to end, the store is simply let go.
    drop(first);

    let second = Clinic::start(CONTRACT_WORLD, Some(&store)).await;
    assert_eq!(second.get(GRID).await, grid);
    // The answer to a repeated request is the same, and nothing is written again.
    assert_eq!(second.patch(&key(1), &write).await, written);
    let log = second.sim.write_log().unwrap();
    assert_eq!(log.len(), 1);
    assert_eq!((log[0].sequence, log[0].revision), (1, 10));
    assert_eq!(log[0].idempotency_key, Some(key(1)));
    // The sync that the first run started ends in the second.
    let site = second.idle().await;
    assert!(site["lastCompleted"]["full"].is_string());
    let run = format!("/cloud-connect/sites/4021/sync/{}", started["runId"].as_str().unwrap());
    assert_eq!(second.get(&run).await.1["state"], "succeeded");
    assert_eq!(second.page().await, [1042]);
    let (_, next) = second.sync(&json!({"mode": "recent"})).await;
    assert_eq!(next["runId"], "r-2");
}

#[tokio::test]
async fn what_was_answered_is_on_disk_before_the_process_can_be_killed() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("world.redb");
    let clinic = Clinic::start(CONTRACT_WORLD, Some(&store)).await;
    assert_eq!(clinic.patch(&key(1), &wire("grid.patch.request.json")).await.0, 200);
    clinic.sync(&json!({"mode": "full"})).await;
    // The file as a kill at this moment would leave it: nothing was closed.
    let left = folder.path().join("left.redb");
    std::fs::copy(&store, &left).unwrap();
    let grid = clinic.get(GRID).await;

    let after = Clinic::start(CONTRACT_WORLD, Some(&left)).await;
    assert_eq!(after.get(GRID).await, grid);
    assert_eq!(after.sim.write_log().unwrap(), clinic.sim.write_log().unwrap());
    assert!(after.idle().await["lastCompleted"]["full"].is_string());
}

#[tokio::test]
async fn shutdown_lets_go_of_the_store_even_while_clients_stay_connected() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("world.redb");
    let Clinic { sim, serving, client, .. } = Clinic::start(CONTRACT_WORLD, Some(&store)).await;
    let url = serving.url();
    serving.shutdown().await;
    assert!(client.get(url).send().await.is_err());
    drop(sim);
    Sim::open(World::parse(CONTRACT_WORLD).unwrap(), Some(&store)).unwrap();
}

#[test]
fn a_changed_world_is_refused_and_the_message_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("world.redb");
    let open = |text: &str| Sim::open(World::parse(text).unwrap(), Some(&store));
    drop(open(CONTRACT_WORLD).unwrap());
    drop(open(&format!("# only a comment\n{CONTRACT_WORLD}")).unwrap());
    let error = open(&CONTRACT_WORLD.replace("Anita", "Anna")).unwrap_err();
    assert!(matches!(error, SimError::WorldChanged { .. }));
    let message = error.to_string();
    assert!(message.contains(&store.display().to_string()), "{message}");
    assert!(message.contains("delete that file to start over"), "{message}");
    // The refusal changed nothing.
    drop(open(CONTRACT_WORLD).unwrap());
}

#[test]
fn a_store_that_is_in_use_or_no_store_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("world.redb");
    let world = || World::parse(CONTRACT_WORLD).unwrap();
    let _open = Sim::open(world(), Some(&store)).unwrap();
    let error = Sim::open(world(), Some(&store)).unwrap_err();
    assert!(matches!(error, SimError::StoreInUse { .. }), "{error:?}");

    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "not a store, but long enough to look at. ".repeat(200)).unwrap();
    let error = Sim::open(world(), Some(&text)).unwrap_err();
    assert!(matches!(error, SimError::StoreUnreadable { .. }), "{error:?}");
    assert!(error.to_string().contains("notes.txt"));

    // A missing folder is made; a file in its place is not replaced.
    let nowhere = text.join("store.redb");
    let error = Sim::open(world(), Some(&nowhere)).unwrap_err();
    assert!(matches!(error, SimError::StoreFile { .. }), "{error:?}");
}

#[cfg(unix)]
#[test]
fn a_store_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("world.redb");
    drop(Sim::open(World::parse(CONTRACT_WORLD).unwrap(), Some(&store)).unwrap());
    let mode = std::fs::metadata(&store).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn an_address_in_use_is_refused_by_name() {
    let clinic = Clinic::start(CONTRACT_WORLD, None).await;
    let other = Sim::open(World::parse(CONTRACT_WORLD).unwrap(), None).unwrap();
    let credentials = Credentials::random().unwrap();
    let error = other.serve(clinic.serving.address, credentials).await.unwrap_err();
    assert!(error.to_string().contains(&clinic.serving.address.to_string()));
}
