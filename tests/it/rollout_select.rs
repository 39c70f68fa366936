//! Which clinics are meant: what fits nothing is an error, never an empty selection.

use std::collections::BTreeSet;

use accuroform::rollout::{FleetClinic, SelectError, Selection, Shard};
use proptest::prelude::*;

fn words(text: &str) -> BTreeSet<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn fleet() -> Vec<FleetClinic> {
    [
        ("riverbend", "ontario canary"),
        ("lakeside", "ontario"),
        ("prairie", "manitoba rural"),
        ("north-bay", "ontario rural"),
    ]
    .map(|(id, tags)| FleetClinic { id: id.to_owned(), tags: words(tags) })
    .into()
}

fn selection(clinics: &str, tags: &str, exclude_tags: &str) -> Selection {
    Selection {
        clinics: words(clinics),
        tags: words(tags),
        exclude_tags: words(exclude_tags),
        shard: None,
    }
}

fn selected(clinics: &str, tags: &str, exclude_tags: &str) -> Vec<String> {
    let selected = selection(clinics, tags, exclude_tags).select(&fleet()).unwrap();
    assert_eq!(selected.nothing_here(), None);
    assert_eq!(selected.total, selected.clinics.len());
    selected.clinics.into_iter().map(|clinic| clinic.id).collect()
}

fn wrong(clinics: &str, tags: &str, exclude_tags: &str) -> Vec<SelectError> {
    selection(clinics, tags, exclude_tags).select(&fleet()).unwrap_err()
}

#[test]
fn clinics_are_chosen_by_name_and_by_tags_and_come_in_order() {
    assert_eq!(selected("", "", ""), ["lakeside", "north-bay", "prairie", "riverbend"]);
    assert_eq!(selected("riverbend lakeside", "", ""), ["lakeside", "riverbend"]);
    assert_eq!(selected("", "canary rural", ""), ["north-bay", "prairie", "riverbend"]);
    assert_eq!(selected("", "rural", "manitoba"), ["north-bay"]);
    assert_eq!(selected("", "", "ontario"), ["prairie"]);
    assert_eq!(selected("lakeside", "ontario", "rural"), ["lakeside"]);
}

#[test]
fn a_typo_is_an_error_with_the_nearest_name() {
    let found = wrong("lakesid prairie xyz", "ontari", "rual");
    let texts: Vec<String> =
        found.iter().map(|e| format!("{} {e}: {}", e.code(), e.hint())).collect();
    assert_eq!(
        texts,
        [
            "R004 the fleet has no clinic `lakesid`: did you mean `lakeside`?",
            "R004 the fleet has no clinic `xyz`: name a clinic by the `clinic.id` of its manifest",
            "R005 no clinic of the fleet has the tag `ontari`: did you mean `ontario`?",
            "R005 no clinic of the fleet has the tag `rual`: did you mean `rural`?",
            "R006 the clinic `prairie` is named, and its tags leave it out: leave the clinic or the tag out",
        ]
    );
}

#[test]
fn a_named_clinic_is_never_left_out_silently() {
    assert_eq!(
        wrong("lakeside prairie", "ontario", ""),
        [SelectError::LeftOut("prairie".to_owned())]
    );
    assert_eq!(wrong("lakeside", "", "ontario"), [SelectError::LeftOut("lakeside".to_owned())]);
}

#[test]
fn nothing_selected_is_an_error_that_says_what_was_asked() {
    let found = wrong("", "manitoba", "rural");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].code(), "R007");
    assert_eq!(
        found[0].to_string(),
        "no clinic of the fleet is selected by all clinics with any of the tags manitoba without \
         the tags rural"
    );
    let empty = Selection::default().select(&[]).unwrap_err();
    assert_eq!(empty, [SelectError::Nothing("all clinics".to_owned())]);
}

#[test]
fn a_shard_may_be_empty_and_says_so() {
    let mut found = 0;
    for index in 1..=16 {
        let shard = Shard::new(index, 16);
        let selection = Selection { shard, ..selection("", "ontario", "") };
        let selected = selection.select(&fleet()).unwrap();
        assert_eq!(selected.total, 3);
        assert_eq!(selected.populated.contains(&shard.unwrap()), !selected.clinics.is_empty());
        let said = selected.nothing_here();
        let expected = format!("shard {index}/16 holds none of the selected clinics (3)");
        assert_eq!(said, selected.clinics.is_empty().then_some(expected));
        assert_eq!(selection.to_string(), "all clinics with any of the tags ontario");
        found += selected.clinics.len();
    }
    assert_eq!(found, 3);
    let nobody = Selection { shard: Shard::new(1, 2), ..selection("", "manitoba", "rural") };
    assert!(nobody.select(&fleet()).is_err(), "a shard of nothing is still nothing");
}

proptest! {
    #[test]
    fn the_shards_of_a_selection_are_the_selection(
        ids in proptest::collection::btree_set("[a-z]{1,6}", 1..40), of in 1_u32..20,
    ) {
        let fleet: Vec<FleetClinic> =
            ids.iter().map(|id| FleetClinic { id: id.clone(), tags: BTreeSet::new() }).collect();
        let whole = Selection::default().select(&fleet).unwrap();
        let mut parts = Vec::new();
        let mut populated = Vec::new();
        for shard in (1..=of).map(|index| Shard::new(index, of)) {
            let part = Selection { shard, ..Selection::default() }.select(&fleet).unwrap();
            populated.extend(shard.filter(|_| !part.clinics.is_empty()));
            parts.push(part);
        }
        for part in &parts {
            prop_assert_eq!(&part.populated, &populated);
        }
        let mut all: Vec<FleetClinic> = parts.into_iter().flat_map(|part| part.clinics).collect();
        all.sort_by(|one, two| one.id.cmp(&two.id));
        prop_assert_eq!(all, whole.clinics);
    }
}
