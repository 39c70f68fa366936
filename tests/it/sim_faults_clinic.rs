//! Faults of the clinic and not of the connection: others who write and sync, the random mix, and
//! scripts that are refused.

use accuroform::sim::{
    Columns, Content, Credentials, FaultKind, Faults, FaultsError, Level, RowKey, Sim, SimError,
    World, WorldError, Written,
};
use serde_json::{Value, json};

use super::sim_client::{CONTRACT_WORLD, Clinic, key, wire};
use super::sim_faults::{clinic, last, written};

const GRID: &str = "/rest/v1/permissions/users/77/grid";
const SITE: &str = "/cloud-connect/sites/4021";
const ROW: RowKey = RowKey { user: 77, office: 1, provider: 1042 };

#[tokio::test]
async fn somebody_else_writes_between_the_read_and_the_write() {
    let clinic = clinic(
        "- on: grid_write\n  nth: 1\n  concurrent_writer: {user: 77, office: 1, provider: 1042, \
         full: [patient], read_only: [labs], until: 2026-12-24}\n\
         - {on: grid_write, nth: 2, concurrent_writer: {user: 77, office: 1, provider: 1042, bump: true}}",
    )
    .await;
    let before = clinic.get(GRID).await.1["rows"][0].clone();
    let mut write = wire("grid.patch.request.json");
    let (status, answer) = clinic.patch(&key(1), &write).await;
    assert_eq!((status, &answer["error"]), (409, &json!("revision-conflict")));
    let moved = &answer["rows"][0];
    assert_eq!((&moved["revision"], &moved["accessUntil"]), (&json!(10), &json!("2026-12-24")));
    assert_eq!(moved["columns"]["labs"], "read-only");
    assert_eq!(moved["columns"]["scheduling"], "none");
    assert_ne!(before, *moved);
    let log = clinic.sim.write_log().unwrap();
    assert_eq!((log.len(), log[0].idempotency_key.as_deref(), log[0].revision), (1, None, 10));
    assert!(!last(&clinic).committed, "the row was not written by this request");

    write["rows"][0]["expectedRevision"] = json!(10);
    let (status, answer) = clinic.patch(&key(2), &write).await;
    assert_eq!((status, &answer["rows"][0]["revision"]), (409, &json!(11)));
    assert_eq!(answer["rows"][0]["columns"], moved["columns"]);
    write["rows"][0]["expectedRevision"] = json!(11);
    assert_eq!(clinic.patch(&key(3), &write).await.0, 200);
    assert_eq!(written(&clinic), 3);
}

#[tokio::test]
async fn a_test_can_write_as_somebody_else() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("world.redb");
    let clinic = Clinic::start(CONTRACT_WORLD, Some(&store)).await;
    let columns = Columns { inbox: Level::Full, ..Columns::NONE };
    let content = Content::New(Written { columns, until: None });
    assert_eq!(clinic.sim.write_as_somebody_else(ROW, content).unwrap(), 10);
    assert_eq!(clinic.sim.write_as_somebody_else(ROW, content).unwrap(), 10, "nothing changed");
    assert_eq!(clinic.sim.write_as_somebody_else(ROW, Content::Same).unwrap(), 11);
    let new = RowKey { provider: 1043, ..ROW };
    assert_eq!(clinic.sim.write_as_somebody_else(new, Content::Same).unwrap(), 0);
    assert_eq!(clinic.sim.write_as_somebody_else(new, content).unwrap(), 1);
    let error = clinic.sim.write_as_somebody_else(RowKey { office: 2, ..ROW }, content);
    assert!(matches!(error, Err(SimError::NoSuchRow { office: 2, .. })), "{error:?}");
    let (_, grid) = clinic.get(GRID).await;
    assert_eq!(grid["rows"][0]["columns"]["inbox"], "full");
    drop(clinic);
    let again = Sim::open(World::parse(CONTRACT_WORLD).unwrap(), Some(&store)).unwrap();
    let log = again.write_log().unwrap();
    assert_eq!(log.iter().map(|write| write.revision).collect::<Vec<_>>(), [10, 10, 11, 0, 1]);
    assert_eq!(log[4].before, None);
}

#[tokio::test]
async fn a_sync_fails_or_never_ends() {
    let clinic = clinic(
        "- {on: sync_start, nth: 1, sync: fail, message: 'the EMR user is locked'}\n\
         - {on: sync_start, nth: 2, sync: hang}",
    )
    .await;
    let (status, started) = clinic.sync(&json!({"mode": "full"})).await;
    assert_eq!(status, 202);
    assert_eq!(last(&clinic).fault, Some(FaultKind::SyncFail));
    let site = clinic.idle().await;
    assert_eq!(site["lastCompleted"]["full"], Value::Null);
    let run = |started: &Value| format!("{SITE}/sync/{}", started["runId"].as_str().unwrap());
    let (_, failed) = clinic.get(&run(&started)).await;
    assert_eq!(
        (&failed["state"], &failed["message"]),
        (&json!("failed"), &json!("the EMR user is locked"))
    );
    assert_eq!(clinic.page().await, [] as [u64; 0]);

    let (status, hanging) = clinic.sync(&json!({"mode": "recent"})).await;
    assert_eq!(status, 202);
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(clinic.get(&run(&hanging)).await.1["state"], "running");
    assert_eq!(clinic.get(SITE).await.1["colour"], "green");
    assert_eq!(clinic.sync(&json!({"mode": "full"})).await.0, 409);
}

#[tokio::test]
async fn somebody_else_syncs() {
    let clinic = clinic(
        "- {on: sync_start, nth: 1, sync: already_running, mode: recent, seconds: 0.2}\n\
         - {on: grid_write, nth: 1, sync: started_by_other}",
    )
    .await;
    let (status, answer) = clinic.sync(&json!({"mode": "full"})).await;
    assert_eq!((status, answer), (409, json!({"error": "sync-running", "runId": "r-1"})));
    assert!(!last(&clinic).committed);
    assert_eq!(clinic.get(&format!("{SITE}/sync/r-1")).await.1["mode"], "recent");
    clinic.idle().await;
    // A full sync that began just before the write does not see what was written.
    assert_eq!(clinic.patch(&key(1), &wire("grid.patch.request.json")).await.0, 200);
    assert_eq!(clinic.get(SITE).await.1["runId"], "r-2");
    assert_eq!(clinic.idle().await["lastCompleted"]["full"].as_str().map(str::len), Some(20));
    let (status, answer) = clinic.sync(&json!({"mode": "full"})).await;
    assert_eq!((status, answer), (202, json!({"runId": "r-3"})));
}

/// The faults that a fixed sequence of calls meets.
async fn met(faults: &str) -> Vec<Option<FaultKind>> {
    let clinic = clinic(faults).await;
    for _ in 0..20 {
        for target in ["/rest/v1/offices", GRID, SITE] {
            drop(clinic.request(reqwest::Method::GET, target).send().await);
        }
    }
    let requests = clinic.serving.requests();
    assert_eq!(requests.len(), 61);
    requests.iter().skip(1).map(|one| one.fault).collect()
}

#[tokio::test]
async fn a_random_mix_is_the_same_for_the_same_seed_and_calls() {
    let mix = |seed: u32| {
        format!(
            "- {{from: 2, random: {{seed: {seed}, percent: 30, of: [status_503, reset, \
             after_write, delay, truncated, cut_json, expire_tokens], delay: 0.001}}}}"
        )
    };
    let first = met(&mix(7)).await;
    assert_eq!(first, met(&mix(7)).await);
    assert_ne!(first, met(&mix(8)).await);
    let count = first.iter().flatten().count();
    assert!((6..=30).contains(&count), "{count} of 60 at 30 percent: {first:?}");
    assert!(first.iter().flatten().all(|kind| *kind != FaultKind::ConcurrentWriter));
}

#[tokio::test]
async fn a_random_writer_moves_a_row_that_is_about_to_be_written() {
    let clinic =
        clinic("- {on: grid_write, random: {seed: 1, percent: 100, of: [concurrent_writer]}}")
            .await;
    let mut write = wire("grid.patch.request.json");
    for revision in 10..13 {
        write["rows"][0]["expectedRevision"] = json!(revision - 1);
        let (status, answer) = clinic.patch(&key(revision), &write).await;
        assert_eq!((status, &answer["rows"][0]["revision"]), (409, &json!(revision)));
    }
}

#[tokio::test]
async fn faults_can_change_without_losing_a_store() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("world.redb");
    drop(Sim::open(World::parse(CONTRACT_WORLD).unwrap(), Some(&store)).unwrap());
    let world = World::parse(&format!("{CONTRACT_WORLD}faults: [{{status: 500}}]\n")).unwrap();
    let sim = Sim::open(world, Some(&store)).unwrap();
    let status = async |sim: &Sim| {
        let any = "127.0.0.1:0".parse().unwrap();
        let serving = sim.serve(any, Credentials::random().unwrap()).await.unwrap();
        let url = format!("{}/rest/v1/offices", serving.url());
        super::sim_client::client().get(url).send().await.unwrap().status().as_u16()
    };
    assert_eq!(status(&sim).await, 500);
    // A script of its own takes the place of the world's.
    let sim = sim.with_faults(&Faults::parse("- {nth: 2, status: 502}\n").unwrap()).unwrap();
    assert_eq!(status(&sim).await, 401);
    assert_eq!(status(&sim).await, 502, "a second server of the same clinic counts on");
    let sim = sim.with_faults(&Faults::parse("# nothing\n").unwrap()).unwrap();
    assert_eq!(status(&sim).await, 401);
}

#[test]
fn a_script_that_makes_no_sense_is_refused_with_every_place() {
    let syntax = |text: &str| {
        let error = Faults::parse(text).unwrap_err();
        assert!(matches!(error, FaultsError::Syntax(_)), "{error}");
        std::error::Error::source(&error).unwrap().to_string()
    };
    let unknown = syntax("- {status: 503}\n- {status: 503, retryafter: 3}\n");
    assert!(unknown.contains("unknown field `retryafter`"), "{unknown}");
    assert!(unknown.contains("line 2"), "{unknown}");
    assert!(syntax("- {on: grid, status: 503}").contains("unknown variant `grid`"));
    let kind = syntax("- random: {seed: 1, percent: 1, of: [nonsense]}");
    assert!(kind.contains("`nonsense` is not a fault"), "{kind}");
    assert!(syntax("- {nth: -1, status: 503}").contains("line 1"));
    assert!(syntax("- {status: 503, retry_after: [3]}").contains("a number of seconds"));
    assert!(syntax("faults: []").contains("sequence"));

    let error = Faults::parse(
        "- {on: site}\n\
         - {status: 503, reset: before}\n\
         - {nth: 1, every: 2, status: 99}\n\
         - {from: 0, delay: -1}\n\
         - {on: site, user: 77, page: first, size: 3, retry_at: 1, sync: fail, mode: full}\n\
         - {concurrent_writer: {user: 1, office: 1, provider: 1, full: [pigs, emr, emr], bump: true}}\n\
         - {redirect: /here}\n\
         - {random: {seed: 1, percent: 101, of: []}}\n\
         - {body: huge, size: 0}\n\
         - {expire_tokens: false}\n\
         - {status: 503, retry_after: \"a\\nb\", retry_at: 3}\n",
    )
    .unwrap_err()
    .to_string();
    for part in [
        "entry 1: a fault is one action, this names none of status",
        "entry 2: a fault is one action, this names status and reset",
        "entry 3: say which calls with one of",
        "entry 3: `status` is 200 to 599, not 99",
        "entry 4: `from` counts from 1",
        "entry 4: `delay` is 0 to 86400 seconds, not -1",
        "entry 5: `user` is no part of the call",
        "entry 5: `page` is no part of the call",
        "entry 5: `size` goes with `body: huge`",
        "entry 5: `retry_at` goes with `status`",
        "entry 5: `mode` goes with",
        "entry 5: this `sync` fault needs `on: sync_start`",
        "entry 6: concurrent_writer: no column `pigs`",
        "entry 6: concurrent_writer: column `emr` is named more than once",
        "entry 6: concurrent_writer: `bump` leaves the row",
        "entry 7: `redirect` is an http or https address",
        "entry 8: random: `percent` is 0 to 100",
        "entry 8: random: `of` names no fault",
        "entry 9: `size` is 1 to",
        "entry 10: `expire_tokens` is true",
        "entry 11: `retry_after` cannot be the value",
        "entry 11: `retry_after` and `retry_at` are one header",
    ] {
        assert!(error.contains(part), "no «{part}» in {error}");
    }
}

#[test]
fn ids_of_a_script_are_those_of_the_world() {
    let script = "- {on: office_providers, office: 9, status: 500}\n\
                  - {on: grid_read, user: 9, status: 500}\n\
                  - {concurrent_writer: {user: 77, office: 1, provider: 9, bump: true}}\n";
    let of_the_world = World::parse(&format!("{CONTRACT_WORLD}faults:\n{script}")).unwrap_err();
    assert!(matches!(of_the_world, WorldError::Faults { .. }));
    let sim = Sim::open(World::parse(CONTRACT_WORLD).unwrap(), None).unwrap();
    let error = sim.with_faults(&Faults::parse(script).unwrap()).unwrap_err();
    let of_the_file = std::error::Error::source(&error).unwrap().to_string();
    for part in [
        "faults: entry 1: there is no office 9",
        "faults: entry 2: there is no user 9",
        "faults: entry 3: provider 9 does not work in office 1",
    ] {
        assert!(of_the_world.to_string().contains(part), "no «{part}» in {of_the_world}");
        assert!(of_the_file.contains(part), "no «{part}» in {of_the_file}");
    }
}

#[test]
fn the_examples_of_the_page_are_good() {
    let page = std::fs::read_to_string("docs/simulator.md").unwrap();
    let blocks: Vec<&str> =
        page.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    let [world, script] = blocks[..] else { panic!("{} blocks", blocks.len()) };
    let sim = Sim::open(World::parse(world).unwrap(), None).unwrap();
    drop(sim.with_faults(&Faults::parse(script).unwrap()).unwrap());
}
