//! What a clinic is at follows from the end of its apply; what is kept of a rollout reads back.

use accuroform::rollout::{ClinicState, Pause, Rollout, RowCounts, Stage, Wave};
use jiff::Timestamp;
use proptest::prelude::*;

fn counts(done: u64, held: u64, failed: u64, not_reached: u64) -> RowCounts {
    RowCounts { done, held, failed, not_reached, rows: done + held + failed + not_reached }
}

#[test]
fn each_exit_code_of_an_apply_has_its_stage() {
    let nothing = counts(0, 0, 0, 0);
    let table = [
        (0, counts(5, 0, 0, 0), Stage::Verified),
        (0, nothing, Stage::Unchanged),
        (1, nothing, Stage::Failed),
        (1, counts(0, 0, 0, 5), Stage::Failed),
        (1, counts(2, 0, 0, 3), Stage::Incomplete),
        (1, counts(0, 0, 1, 4), Stage::Incomplete),
        (4, counts(4, 1, 0, 0), Stage::Held),
        (4, counts(0, 5, 0, 0), Stage::Held),
        (4, counts(3, 1, 1, 0), Stage::Incomplete),
        (4, counts(3, 0, 0, 2), Stage::Incomplete),
        (4, counts(5, 0, 0, 0), Stage::Incomplete),
        (5, counts(0, 0, 0, 5), Stage::Refused),
        (6, counts(5, 0, 0, 0), Stage::Applied),
        (6, nothing, Stage::Applied),
        (7, counts(0, 0, 0, 5), Stage::Failed),
        (8, counts(5, 0, 0, 0), Stage::Incomplete),
        (8, nothing, Stage::Incomplete),
        (2, nothing, Stage::Failed),
        (101, nothing, Stage::Failed),
    ];
    for (exit_code, counts, stage) in table {
        assert_eq!(Stage::after(exit_code, &counts), stage, "{exit_code} {counts:?}");
    }
}

proptest! {
    #[test]
    fn only_a_clinic_with_every_row_done_is_good(
        exit_code in 0_u8..10, done in 0_u64..3, held in 0_u64..3, failed in 0_u64..3,
        not_reached in 0_u64..3, unaccounted in 0_u64..2,
    ) {
        let mut counts = counts(done, held, failed, not_reached);
        counts.rows += unaccounted;
        let stage = Stage::after(exit_code, &counts);
        prop_assert!(!stage.is_open());
        prop_assert_eq!(stage.is_good(), exit_code == 0 && done == counts.rows);
        if matches!(stage, Stage::Failed | Stage::Refused) {
            prop_assert_eq!((done, failed), (0, 0), "something may have been written");
        }
    }
}

#[test]
fn a_state_reads_back_and_another_version_is_refused() {
    let mut state = ClinicState::waiting("lakeside", "canary", 12, Timestamp::UNIX_EPOCH);
    assert_eq!(state.counts, RowCounts { not_reached: 12, rows: 12, ..RowCounts::default() });
    state.stage = Stage::Applied;
    state.code = Some("S002".to_owned());
    let text = serde_json::to_string(&state).unwrap();
    assert!(
        text.starts_with(r#"{"v":1,"clinic":"lakeside","wave":"canary","stage":"applied""#),
        "{text}"
    );
    assert_eq!(serde_json::from_str::<ClinicState>(&text).unwrap(), state);
    let newer = text.replace("\"v\":1", "\"v\":2");
    let error = serde_json::from_str::<ClinicState>(&newer).unwrap_err().to_string();
    assert!(error.contains("version 2, this program reads version 1"), "{error}");
    assert!(serde_json::from_str::<ClinicState>(&text.replace("\"v\":1,", "")).is_err());
}

#[test]
fn a_rollout_reads_back_and_another_version_is_refused() {
    let wave = Wave { name: "canary".to_owned(), clinics: vec!["lakeside".to_owned()] };
    let mut rollout =
        Rollout::new("r-1", "riverbend", Timestamp::UNIX_EPOCH, "sha256:00", vec![wave]);
    for (pause, written) in [
        (Pause::None, r#""none""#),
        (Pause::Manual, r#""manual""#),
        (Pause::For(600), r#"{"for":600}"#),
    ] {
        rollout.pause = pause;
        let text = serde_json::to_string(&rollout).unwrap();
        assert!(text.ends_with(&format!("\"pause\":{written}}}")), "{text}");
        assert_eq!(serde_json::from_str::<Rollout>(&text).unwrap(), rollout);
        assert!(serde_json::from_str::<Rollout>(&text.replace("\"v\":1", "\"v\":2")).is_err());
    }
}
