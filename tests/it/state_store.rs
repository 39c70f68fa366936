//! Named contents: the same laws in a folder, on S3 and on Azure.

use std::fs;

use accuroform::state::State;

use super::state_servers::{places, s3};

#[test]
fn what_is_put_is_got_and_what_is_created_is_created_once() {
    for place in places() {
        let state = place.open();
        let name = "plans/lakeside/one.json";
        assert_eq!(state.get(name).unwrap(), None, "{}", state.describe());
        state.put(name, b"first").unwrap();
        state.put(name, b"second").unwrap();
        assert_eq!(state.get(name).unwrap().unwrap(), b"second");
        assert!(!state.create(name, b"third").unwrap(), "it holds something");
        assert!(!state.create(name, b"second").unwrap(), "the same bytes are no reason to say yes");
        assert_eq!(state.get(name).unwrap().unwrap(), b"second");
        assert!(state.create("plans/lakeside/two.json", b"").unwrap());
        assert_eq!(state.get("plans/lakeside/two.json").unwrap().unwrap(), b"");
        assert_eq!(state.get("plans").unwrap(), None, "a part of a name is no name");
        let file = place.folder.path().join("file");
        assert!(!state.get_file("plans", &file).unwrap(), "{}", state.describe());

        // Another who opens the same place sees the same.
        let other = place.open();
        assert_eq!(other.get(name).unwrap().unwrap(), b"second");
    }
}

#[test]
fn names_are_listed_below_a_prefix_in_order() {
    for place in places() {
        let state = place.open();
        assert_eq!(state.list("").unwrap(), Vec::<String>::new());
        for name in ["b/2", "a", "b/10", "b/c/1", "bb/1"] {
            state.put(name, b"x").unwrap();
        }
        assert_eq!(state.list("").unwrap(), ["a", "b/10", "b/2", "b/c/1", "bb/1"]);
        assert_eq!(state.list("b").unwrap(), ["b/10", "b/2", "b/c/1"], "{}", state.describe());
        assert_eq!(state.list("none").unwrap(), Vec::<String>::new());
    }
}

#[test]
fn large_files_go_and_come_back_whole() {
    for place in places() {
        let state = place.open();
        let (from, to) = (place.folder.path().join("from"), place.folder.path().join("to"));
        // Nothing, less than a part, exactly one, and three with a rest.
        for size in [0, 1000, 8 << 20, (24 << 20) + 17] {
            let word = |at: u32| at.wrapping_mul(2_654_435_761).to_le_bytes();
            let bytes: Vec<u8> = (0..=size / 4).flat_map(word).take(size as usize).collect();
            fs::write(&from, &bytes).unwrap();
            state.put_file("bundles/one", &from).unwrap();
            assert!(state.get_file("bundles/one", &to).unwrap());
            assert!(fs::read(&to).unwrap() == bytes, "{size} bytes, {}", state.describe());
        }
        assert!(!state.get_file("bundles/none", &to).unwrap());
        assert_eq!(fs::metadata(&to).unwrap().len(), (24 << 20) + 17, "it is left as it was");
        state.put_file("bundles/one", &place.folder.path().join("none")).unwrap_err();
    }
}

#[cfg(unix)]
#[test]
fn a_folder_and_its_files_are_private_and_nothing_is_left_behind() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let state = State::folder(&path);
    state.put("plans/one", b"x").unwrap();
    assert!(state.create("plans/two", b"x").unwrap());
    assert!(!state.create("plans/two", b"x").unwrap());
    let mode = |name: &str| fs::metadata(path.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(""), mode("plans")), (0o700, 0o700));
    assert_eq!((mode("plans/one"), mode("plans/two")), (0o600, 0o600));
    assert_eq!(fs::read_dir(path.join("plans")).unwrap().count(), 2);
}

#[tokio::test]
async fn a_state_may_be_used_and_dropped_within_an_async_runtime() {
    for place in places() {
        let state = place.open();
        state.put("one", b"x").unwrap();
        let clone = state.clone();
        drop(state);
        assert_eq!(clone.get("one").unwrap().unwrap(), b"x");
        drop(clone);
    }
}

#[test]
fn a_store_that_refuses_is_told_apart_from_one_that_holds_nothing() {
    let Some(place) = s3() else { return };
    let url = place.url.as_deref().unwrap().replace("clinic-state", "no-such-bucket");
    let state = State::open(Some(&url), place.folder.path(), &place.variables).unwrap();
    let error = state.put("one", b"x").unwrap_err();
    assert_eq!(error.code(), "T004", "{error}");
    assert!(error.to_string().starts_with(&format!("cannot write {url}/one: ")), "{error}");
    let error = state.list("").unwrap_err();
    assert!(!error.to_string().contains("correct-horse"), "{error}");
}
