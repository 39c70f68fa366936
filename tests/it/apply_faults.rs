//! What an apply says of each row when the answers are lost, refused or wrong.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use accuroform::apply::Applied;
use accuroform::journal::{Event, Hold, Journal, Outcome};
use accuroform::state::State;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::apply_clinic::{Clinic, Grid, Patch, as_the_contract_says, columns, plan_of, row};
use super::stand_in::{Reply, Seen};

/// Done, already true, held, failed, not reached.
fn counts(applied: &Applied) -> [usize; 5] {
    [
        applied.count(|outcome| matches!(outcome, Outcome::Done)),
        applied.count(|outcome| matches!(outcome, Outcome::AlreadyTrue)),
        applied.count(|outcome| matches!(outcome, Outcome::Held(_))),
        applied.count(|outcome| matches!(outcome, Outcome::Refused(_) | Outcome::Failed(_))),
        applied.count(|outcome| matches!(outcome, Outcome::NotReached)),
    ]
}

fn outcome(applied: &Applied, provider: u64) -> &Outcome {
    let found = applied.outcomes.iter().find(|row| row.key.provider.0 == provider);
    &found.unwrap().outcome
}

fn is_uuid(key: &str) -> bool {
    let parts: Vec<&str> = key.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && key.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
        && matches!(key.as_bytes()[19], b'8' | b'9' | b'a' | b'b')
}

#[tokio::test]
async fn a_large_plan_goes_in_batches_of_500_each_with_its_own_key() {
    let clinic = Clinic::new(1100, as_the_contract_says).await;
    let applied = clinic.apply().await;
    assert_eq!(counts(&applied), [1100, 0, 0, 0, 0]);
    assert!(applied.is_whole() && applied.may_have_written());
    assert_eq!(clinic.batches(), [500, 500, 100]);
    let keys = clinic.keys();
    assert!(keys.iter().all(|key| is_uuid(key)), "{keys:?}");
    assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2]);
    assert_eq!((clinic.granted(), clinic.lookups()), (1100, 0));
    assert!(plan_of(&clinic.bridge).await.is_empty());
}

#[tokio::test]
async fn the_record_of_a_batch_is_on_disk_before_the_batch_is_sent() {
    let place: Arc<Mutex<PathBuf>> = Arc::default();
    let there = Arc::clone(&place);
    let clinic = Clinic::new(600, move |grid, seen| {
        let records = Journal::read(&State::folder(there.lock().unwrap().as_path()), "lakeside")
            .unwrap()
            .records;
        let Event::BatchStarted { key, rows, .. } = &records.last().unwrap().event else {
            panic!("{records:?}")
        };
        assert_eq!(seen.header("idempotency-key"), Some(key.as_str()));
        assert_eq!(seen.json()["rows"].as_array().unwrap().len(), rows.len());
        as_the_contract_says(grid, seen)
    })
    .await;
    *place.lock().unwrap() = clinic.journal();
    assert_eq!(counts(&clinic.apply().await), [600, 0, 0, 0, 0]);
}

#[tokio::test]
async fn a_row_that_moved_is_held_and_the_others_are_written() {
    let clinic = Clinic::new(5, as_the_contract_says).await;
    clinic.somebody_writes(3, "read-only");
    let applied = clinic.apply().await;
    assert_eq!(counts(&applied), [4, 0, 1, 0, 0]);
    let Outcome::Held(Hold::Moved { was, is, now }) = outcome(&applied, 3) else {
        panic!("{applied:?}")
    };
    assert_eq!((*was, is.unwrap().0), (None, 7));
    assert!(!now.is_nothing());
    assert_eq!(clinic.batches(), [5, 4]);
    let keys = clinic.keys();
    assert_ne!(keys[0], keys[1]);
    assert_eq!(clinic.grid.lock().unwrap().rows[&3]["columns"], columns("read-only"));
    assert!(!applied.is_whole());
}

#[tokio::test]
async fn a_row_that_moved_to_what_is_planned_is_already_true() {
    let clinic = Clinic::new(3, as_the_contract_says).await;
    let planned = {
        let full: Vec<&str> = vec!["patient", "scheduling", "billing", "emr", "labs", "visible"];
        let mut planned = columns("none");
        for column in full {
            planned[column] = json!("full");
        }
        planned
    };
    clinic.grid.lock().unwrap().rows.insert(2, row(2, 7, &planned));
    let applied = clinic.apply().await;
    assert_eq!(counts(&applied), [2, 1, 0, 0, 0]);
    assert_eq!(outcome(&applied, 2), &Outcome::AlreadyTrue);
    assert!(applied.is_whole());
}

#[tokio::test]
async fn a_row_without_grants_that_the_grid_left_out_is_written_at_its_revision() {
    let clinic = Clinic::new(3, as_the_contract_says).await;
    clinic.somebody_writes(2, "none");
    assert_eq!(counts(&clinic.apply().await), [3, 0, 0, 0, 0]);
    assert_eq!(clinic.batches(), [3, 3]);
    assert_eq!(clinic.grid.lock().unwrap().rows[&2]["revision"], 8);
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_with_the_same_key() {
    let clinic = Clinic::new(3, |grid, seen| {
        let reply = as_the_contract_says(grid, seen);
        if seen.nth == 0 { Reply::Hangup } else { reply }
    })
    .await;
    let applied = clinic.apply().await;
    assert_eq!(counts(&applied), [3, 0, 0, 0, 0]);
    assert!(applied.is_whole());
    let keys = clinic.keys();
    assert_eq!((keys.len(), &keys[0]), (2, &keys[1]));
    assert_eq!((clinic.lookups(), clinic.granted()), (0, 3));
    // Written once: the server saw no second change.
    assert!(clinic.grid.lock().unwrap().rows.values().all(|row| row["revision"] == 1));
}

#[tokio::test]
async fn an_answer_that_stays_lost_is_looked_up_and_a_write_that_was_made_is_done() {
    let lost = [
        Reply::Hangup,
        Reply::refusal(500, "broken"),
        Reply::text(200, "<html>"),
        Reply::text(204, ""),
        Reply::json(200, &json!({"rows": [{"officeId": 1}]})),
        Reply::text(409, "<html>"),
        Reply::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{".to_vec()),
    ];
    for reply in lost {
        let answer = reply.clone();
        let clinic = Clinic::new(600, move |grid, seen| {
            grid.patch(seen);
            answer.clone()
        })
        .await;
        let applied = clinic.apply().await;
        // The service is not well, so nothing more is sent; what was sent is known.
        assert_eq!(counts(&applied), [500, 0, 0, 0, 100], "{reply:?}");
        assert!(applied.halted.is_some() && applied.may_have_written());
        assert_eq!((clinic.lookups(), clinic.granted()), (1, 500));
        assert!(clinic.keys().iter().all(|key| *key == clinic.keys()[0]));
    }
}

#[tokio::test]
async fn an_answer_that_stays_lost_without_a_write_is_failed_not_written() {
    let clinic = Clinic::new(600, |_, _| Reply::Hangup).await;
    let applied = clinic.apply().await;
    assert_eq!(counts(&applied), [0, 0, 0, 500, 100]);
    let Outcome::Failed(why) = outcome(&applied, 1) else { panic!("{applied:?}") };
    assert!(
        why.starts_with("the grid does not show it: cannot write 500 rows of the grid of user 77"),
        "{why}"
    );
    assert_eq!((clinic.batches().len(), clinic.lookups()), (5, 1));
    assert!(applied.halted.unwrap().contains("the connection broke"));
}

#[tokio::test]
async fn a_refusal_after_a_lost_answer_is_looked_up_not_believed() {
    for status in [401, 403, 404, 429] {
        let clinic = Clinic::new(3, move |grid, seen| {
            if seen.nth == 0 {
                grid.patch(seen);
                return Reply::Hangup;
            }
            Reply::refusal(status, "no")
        })
        .await;
        let applied = clinic.apply().await;
        assert_eq!(counts(&applied), [3, 0, 0, 0, 0], "{status}: {applied:?}");
        assert!(applied.halted.is_some());
    }
}

#[tokio::test]
async fn when_nothing_can_be_read_either_the_rows_are_said_to_be_unknown() {
    let stop = CancellationToken::new();
    let patch: Patch = Box::new(|grid, seen| {
        grid.patch(seen);
        Reply::Hangup
    });
    let gone = |seen: &Seen| (seen.nth > 0).then(|| Reply::refusal(500, "broken"));
    let clinic = Clinic::with(2, stop, patch, gone).await;
    let applied = clinic.apply().await;
    assert_eq!(counts(&applied), [0, 0, 0, 2, 0]);
    let Outcome::Failed(why) = outcome(&applied, 1) else { panic!("{applied:?}") };
    assert!(why.contains("whether it was written is unknown"), "{why}");
    assert!(applied.may_have_written());
}

#[tokio::test]
async fn a_success_that_shows_other_rows_is_not_claimed_as_done() {
    // The server says 200 and writes nothing: its rows are empty.
    let clinic = Clinic::new(3, |_, _| {
        let rows: Vec<Value> = (1..=3).map(|id| row(id, 1, &columns("none"))).collect();
        Reply::json(200, &json!({"rows": rows}))
    })
    .await;
    let applied = clinic.apply().await;
    assert_eq!(counts(&applied), [0, 0, 0, 3, 0]);
    let Outcome::Failed(why) = outcome(&applied, 1) else { panic!("{applied:?}") };
    assert_eq!(why, "the grid does not show it: the answer shows another value");

    // The server grants more than it was asked for: the row is not as planned.
    let clinic = Clinic::new(3, |grid, seen| {
        grid.patch(seen);
        let more = row(2, 1, &columns("full"));
        grid.rows.insert(2, more);
        let rows: Vec<Value> = grid.rows.values().cloned().collect();
        Reply::json(200, &json!({"rows": rows}))
    })
    .await;
    let applied = clinic.apply().await;
    assert_eq!(counts(&applied), [2, 0, 0, 1, 0]);
    assert!(matches!(outcome(&applied, 2), Outcome::Failed(_)), "{applied:?}");

    // The answer leaves a row out; the grid has it.
    let clinic = Clinic::new(3, |grid, seen| {
        grid.patch(seen);
        let rows: Vec<Value> = grid.rows.values().skip(1).cloned().collect();
        Reply::json(200, &json!({"rows": rows}))
    })
    .await;
    let applied = clinic.apply().await;
    assert_eq!((counts(&applied), clinic.lookups()), ([3, 0, 0, 0, 0], 1));
    assert!(applied.is_whole());
}

#[tokio::test]
async fn a_refused_row_fails_and_the_others_are_written() {
    let clinic = Clinic::new(600, |grid, seen| {
        let rows = seen.json()["rows"].as_array().unwrap().clone();
        let refused = [7, 9].iter().filter(|id| rows.iter().any(|row| row["providerId"] == **id));
        let refused: Vec<Value> =
            refused.map(|id| json!({"officeId": 1, "providerId": id})).collect();
        if refused.is_empty() {
            return as_the_contract_says(grid, seen);
        }
        let body = json!({"error": "invalid-row", "message": "not here", "rows": refused});
        Reply::json(422, &body)
    })
    .await;
    let applied = clinic.apply().await;
    assert_eq!(counts(&applied), [598, 0, 0, 2, 0]);
    let failed = Outcome::Refused("invalid-row: not here".to_owned());
    assert_eq!((outcome(&applied, 7), outcome(&applied, 9)), (&failed, &failed));
    assert_eq!(clinic.batches(), [500, 498, 100]);
    assert!(applied.halted.is_none());
}

#[tokio::test]
async fn a_refusal_that_names_nobody_fails_its_batch_and_no_other() {
    for rows in [json!([]), json!([{"officeId": 9, "providerId": 9}])] {
        let clinic = Clinic::new(600, move |grid, seen| {
            if seen.nth > 0 {
                return as_the_contract_says(grid, seen);
            }
            Reply::json(422, &json!({"error": "invalid-row", "rows": rows}))
        })
        .await;
        assert_eq!(counts(&clinic.apply().await), [100, 0, 0, 500, 0]);
    }
}

#[tokio::test]
async fn a_conflict_that_names_nobody_is_looked_up_and_never_repeated_for_ever() {
    for rows in [json!([]), json!([row(99, 1, &columns("full"))])] {
        let clinic = Clinic::new(3, move |_, _| {
            Reply::json(409, &json!({"error": "revision-conflict", "rows": rows}))
        })
        .await;
        let applied = clinic.apply().await;
        assert_eq!(counts(&applied), [0, 0, 0, 3, 0]);
        assert_eq!((clinic.batches().len(), clinic.lookups()), (1, 1));
    }
    // A server that names an empty row again and again.
    let clinic = Clinic::new(2, |_, _| {
        let moved = [row(1, 5, &columns("none"))];
        Reply::json(409, &json!({"error": "revision-conflict", "rows": moved}))
    })
    .await;
    let applied = clinic.apply().await;
    assert_eq!(counts(&applied), [0, 0, 1, 1, 0]);
    assert_eq!(clinic.batches(), [2, 2, 1]);
}

#[tokio::test]
async fn a_refusal_of_the_account_ends_the_apply_and_nothing_is_looked_up() {
    for status in [400, 403, 404, 413] {
        let clinic = Clinic::new(600, move |_, _| Reply::refusal(status, "no")).await;
        let applied = clinic.apply().await;
        assert_eq!(counts(&applied), [0, 0, 0, 500, 100]);
        assert_eq!((clinic.batches().len(), clinic.lookups()), (1, 0));
        let halted = applied.halted.unwrap();
        assert!(halted.contains(&format!("{status}: ")), "{halted}");
    }
}

#[tokio::test]
async fn a_stop_finishes_what_is_in_flight_and_the_rest_is_not_reached() {
    let stop = CancellationToken::new();
    let stopper = stop.clone();
    let patch: Patch = Box::new(move |grid, seen| {
        stopper.cancel();
        as_the_contract_says(grid, seen)
    });
    let clinic = Clinic::with(1100, stop, patch, |_| None).await;
    let applied = clinic.apply().await;
    assert_eq!(counts(&applied), [500, 0, 0, 0, 600]);
    assert_eq!(applied.halted.as_deref(), Some("interrupted"));
    assert_eq!((clinic.batches(), clinic.granted()), (vec![500], 500));

    let stop = CancellationToken::new();
    stop.cancel();
    let clinic = Clinic::with(2, stop, Box::new(as_the_contract_says), |_| None).await;
    let applied = clinic.apply().await;
    assert_eq!(counts(&applied), [0, 0, 0, 0, 2]);
    assert!(clinic.batches().is_empty() && clinic.records().is_empty());
    assert!(!applied.may_have_written());
}

#[tokio::test]
async fn after_any_fault_the_next_apply_converges() {
    let faults: [fn(&mut Grid, &Seen) -> Reply; 4] = [
        |_, _| Reply::Hangup,
        |grid, seen| {
            grid.patch(seen);
            Reply::refusal(500, "broken")
        },
        |_, _| Reply::refusal(403, "no"),
        |_, _| Reply::json(422, &json!({"error": "invalid-row"})),
    ];
    for fault in faults {
        let clinic = Clinic::new(600, move |grid, seen| {
            if grid.answers.contains_key("well again") {
                return as_the_contract_says(grid, seen);
            }
            fault(grid, seen)
        })
        .await;
        clinic.apply().await;
        clinic.grid.lock().unwrap().answers.insert("well again".to_owned(), (0, Value::Null));
        let plan = plan_of(&clinic.bridge).await;
        let folder = tempfile::tempdir().unwrap();
        let again = Clinic { plan, folder, run: "run-2", ..clinic };
        if !again.plan.is_empty() {
            assert!(again.apply().await.is_whole());
        }
        assert!(plan_of(&again.bridge).await.is_empty());
        // Nothing was written twice.
        assert!(again.grid.lock().unwrap().rows.values().all(|row| row["revision"] == 1));
    }
}
