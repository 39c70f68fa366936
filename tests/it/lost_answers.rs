//! What an apply says of rows whose answer was lost, when something else happens before it can look.
//! Every story is held against the laws of the matrix, too.

use accuroform::apply::Applied;
use accuroform::journal::Outcome;
use accuroform::manifest;
use accuroform::plan::Plan;
use accuroform::sim::{Faults, Sim, World};

use crate::random_matrix::Way;
use crate::world::HEAD;

const WORLD: &str = "\
version: 1
tenant: LAKESIDE
offices: [{id: 1, name: Main Street}]
providers:
  - {id: 1042, first: Anita, last: Singh, offices: [1]}
  - {id: 1043, first: Marc, last: Roy, offices: [1]}
users:
  - id: 77
    name: OceanAPILAKESIDE
    grid: [{office: 1, provider: all, full: [patient], revision: 4}]
";
const USERS: &str = "users: [{profile: ocean, all_offices: true}]\n";
/// What the profile wants of each row.
const WANTED: &str = "full: [patient, scheduling, billing, emr, labs, visible]";

/// Plans and applies once under these faults.
async fn applied(faults: &str) -> (Plan, Applied) {
    drop(rustls::crypto::ring::default_provider().install_default());
    let text = format!("{HEAD}{USERS}");
    let manifest = manifest::load("clinic.yaml", text.as_bytes(), None).manifest.unwrap();
    let sim = Sim::open(World::parse(WORLD).unwrap(), None).unwrap();
    let sim = sim.with_faults(&Faults::parse(faults).unwrap()).unwrap();
    let mut way = Way::open(sim, &manifest, 0, "story").await;
    let plan = way.plan().await.unwrap();
    assert_eq!(plan.users[0].changes.len(), 2);
    let state = tempfile::tempdir().unwrap();
    let applied = way.run(&plan, state.path(), 0).await;
    way.close().await;
    (plan, applied)
}

/// The server writes, its answer is lost, and the next attempts are refused for another reason: the
/// refusal says nothing of the write.
#[tokio::test]
async fn a_refusal_after_a_lost_answer_is_not_taken_for_a_write_that_did_not_happen() {
    for refusal in ["status: 403", "status: 429", "status: 404", "redirect: 'http://127.0.0.1:9/'"]
    {
        let faults = format!(
            "- {{on: grid_write, nth: 1, reset: after_write}}\n\
             - {{on: grid_write, from: 2, {refusal}}}\n"
        );
        let (_, applied) = applied(&faults).await;
        assert_eq!(applied.count(|outcome| *outcome == Outcome::Done), 2, "{refusal}");
        assert!(applied.halted.is_some(), "the service still refuses: {refusal}");
    }
}

/// A refusal at every attempt is a write that did not happen.
#[tokio::test]
async fn a_refusal_at_every_attempt_says_that_nothing_was_written() {
    let (_, applied) = applied("- {on: grid_write, status: 403}\n").await;
    assert_eq!(applied.count(|outcome| matches!(outcome, Outcome::Refused(_))), 2);
}

/// Our write is committed, its answer is lost, and somebody else writes before we can look: the row
/// was not "left alone".
#[tokio::test]
async fn a_row_that_was_written_and_then_overwritten_is_not_said_to_be_left_alone() {
    let (_, applied) = applied(
        "- {on: grid_write, reset: after_write}\n\
         - {on: grid_read, nth: 2, concurrent_writer: \
         {user: 77, office: 1, provider: 1042, full: [inbox]}}\n",
    )
    .await;
    let [first, second] = applied.outcomes.as_slice() else { panic!("{applied:?}") };
    let Outcome::Failed(why) = &first.outcome else { panic!("{first:?}") };
    assert!(why.contains("unknown"), "{why}");
    assert_eq!(second.outcome, Outcome::Done);
}

/// Nothing of ours is written, and somebody else writes just what we wanted: the row is right, and
/// it was not us.
#[tokio::test]
async fn a_row_that_somebody_else_made_right_is_not_said_to_be_written_by_us() {
    let faults = format!(
        "- {{on: grid_write, reset: before}}\n\
         - {{on: grid_read, nth: 2, concurrent_writer: \
         {{user: 77, office: 1, provider: 1042, {WANTED}}}}}\n"
    );
    let (_, applied) = applied(&faults).await;
    let [first, second] = applied.outcomes.as_slice() else { panic!("{applied:?}") };
    assert_eq!(first.outcome, Outcome::AlreadyTrue);
    let Outcome::Failed(why) = &second.outcome else { panic!("{second:?}") };
    assert!(why.starts_with("not there when last read"), "{why}");
}
