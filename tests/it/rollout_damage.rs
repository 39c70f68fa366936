//! Damaged bundles: no byte of a bundle can change, go or come without being noticed.

use std::cell::RefCell;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::rc::Rc;

use accuroform::model::sha256;
use accuroform::rollout::bundle::{Bundle, BundleError};
use proptest::prelude::*;

use crate::rollout_bundle::{bundle, read};

fn small() -> Vec<u8> {
    bundle(&["a", "xa", "xb"], None)
}

fn code(bytes: &[u8]) -> &'static str {
    read(bytes).unwrap_err().code()
}

/// The lines, with a footer that fits them.
fn ended(lines: &[&str], clinics: u64, unplanned: u64) -> Vec<u8> {
    let body = lines.concat();
    let digest = sha256(body.as_bytes());
    format!(
        "{body}{{\"kind\":\"accuroform.bundle.end\",\"clinics\":{clinics},\"unplanned\":{unplanned},\
         \"digest\":\"{digest}\"}}\n"
    )
    .into_bytes()
}

#[test]
fn every_changed_byte_is_noticed() {
    let whole = small();
    assert!(read(&whole).is_ok());
    for at in 0..whole.len() {
        for flip in [1, 0x20, 0x80] {
            let mut bytes = whole.clone();
            bytes[at] ^= flip;
            assert!(read(&bytes).is_err(), "byte {at} of {}: {flip:#x}", whole.len());
        }
    }
}

#[test]
fn a_bundle_that_is_cut_anywhere_is_noticed_and_said_to_be_cut() {
    let whole = small();
    assert_eq!(code(&[]), "B002");
    for length in 1..whole.len() {
        assert_eq!(code(&whole[..length]), "B004", "{length} bytes");
    }
}

proptest! {
    #[test]
    fn bytes_that_come_go_or_move_are_noticed(
        at in any::<proptest::sample::Index>(), other in any::<proptest::sample::Index>(), byte: u8,
    ) {
        let whole = small();
        let (at, other) = (at.index(whole.len()), other.index(whole.len()));
        let mut removed = whole.clone();
        removed.remove(at);
        prop_assert!(removed == whole || read(&removed).is_err());
        let mut inserted = whole.clone();
        inserted.insert(at, byte);
        prop_assert!(inserted == whole || read(&inserted).is_err());
        let mut swapped = whole.clone();
        swapped.swap(at, other);
        prop_assert!(swapped == whole || read(&swapped).is_err());
    }

    #[test]
    fn anything_at_all_is_read_without_a_panic(bytes: Vec<u8>, keep in 0_usize..400) {
        let mut mixed = small();
        mixed.truncate(keep);
        mixed.extend(bytes);
        prop_assert!(read(&mixed).is_err());
    }
}

#[test]
fn what_follows_the_end_is_noticed() {
    for more in ["\n", " ", "{}\n", "x"] {
        let mut bytes = small();
        bytes.extend(more.bytes());
        assert!(["B004", "B005"].contains(&code(&bytes)), "{more:?}");
    }
    let mut twice = small();
    twice.extend(small());
    assert_eq!(code(&twice), "B005");
}

#[test]
fn the_last_line_has_one_spelling() {
    let text = String::from_utf8(small()).unwrap();
    let (body, footer) = text.split_at(text.trim_end().rfind('\n').unwrap() + 1);
    let other = [
        footer.replace(",\"digest\"", ", \"digest\""),
        footer.replace("\"clinics\"", "\"more\":1,\"clinics\""),
        footer.replace("sha256", "\\u0073ha256"),
        format!(" {footer}"),
    ];
    for other in other {
        assert_ne!(other, footer);
        let error = read(format!("{body}{other}").as_bytes()).unwrap_err();
        assert!(error.to_string().ends_with("its last line has another form"), "{other}: {error}");
    }
}

#[test]
fn a_forged_footer_does_not_hide_lines_that_do_not_belong() {
    let text = String::from_utf8(small()).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let [head, a, xa, xb, _] = lines[..] else { panic!("{}", lines.len()) };
    assert!(read(&ended(&[head, a, xa, xb], 3, 2)).is_ok());
    assert_eq!(code(&ended(&[head, a, xb, xa], 3, 2)), "B006", "out of order");
    assert_eq!(code(&ended(&[head, a, a, xa], 3, 1)), "B006", "twice");
    assert_eq!(code(&ended(&[head, a, xa], 2, 1)), "B007", "one is missing");
    assert_eq!(code(&ended(&[head, a, xa, xb], 3, 1)), "B005", "another count");
    assert_eq!(code(&ended(&[head, a, xa, xb], 2, 2)), "B005", "another count");
    assert_eq!(code(&ended(&[head, head, a, xa, xb], 3, 2)), "B002", "two headers");
    assert_eq!(code(&ended(&[a, xa, xb], 3, 2)), "B002", "no header");
    assert_eq!(code(&ended(&[head, a, "{\"kind\":\"other\"}\n", xb], 3, 1)), "B002");
    assert_eq!(code(&ended(&[&head.replace("\"1.0\"", "\"2.0\""), a, xa, xb], 3, 2)), "B003");
    assert!(read(&ended(&[&head.replace("\"1.0\"", "\"1.7\""), a, xa, xb], 3, 2)).is_ok());
}

#[test]
fn a_changed_plan_is_not_opened_whatever_the_bundle_says() {
    let text = String::from_utf8(small()).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let changed = lines[1].replace("\"provider_id\":1042", "\"provider_id\":1043");
    assert_ne!(changed, lines[1]);
    let bytes = ended(&[lines[0], &changed, lines[2], lines[3]], 3, 2);
    let error = read(&bytes).unwrap().entry("a").unwrap_err();
    assert_eq!(error.code(), "P003");
    assert!(error.to_string().starts_with("the plan of a cannot be used: "), "{error}");
}

/// A file that somebody else writes to while it is read.
struct Shared(Rc<RefCell<Cursor<Vec<u8>>>>);

impl Read for Shared {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.borrow_mut().read(buffer)
    }
}

impl Seek for Shared {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.borrow_mut().seek(to)
    }
}

#[test]
fn a_bundle_that_is_replaced_after_it_was_verified_is_noticed() {
    let file = Rc::new(RefCell::new(Cursor::new(small())));
    let mut verified = Bundle::verify(Shared(Rc::clone(&file))).unwrap();
    assert!(verified.entry("a").unwrap().is_some());
    // Another bundle, just as sound, and with a plan of the same length.
    let other = bundle(&["b", "xa", "xb"], None);
    assert!(read(&other).is_ok());
    *file.borrow_mut().get_mut() = other;
    let error = verified.entry("a").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the bundle was changed after it was made: the line of a is not the one that was verified"
    );
    *file.borrow_mut().get_mut() = Vec::new();
    assert!(matches!(verified.entry("xa"), Err(BundleError::Io { attempted: "read", .. })));
}

/// A line without an end, and without the memory for it.
#[derive(Debug)]
struct Endless(u64);

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        buffer.fill(b' ');
        self.0 += buffer.len() as u64;
        assert!(self.0 < 80 << 20, "it reads on and on");
        Ok(buffer.len())
    }
}

impl Seek for Endless {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Ok(0)
    }
}

#[test]
fn a_line_without_an_end_is_given_up() {
    let error = Bundle::verify(Endless(0)).unwrap_err();
    assert_eq!(error.code(), "B002");
    assert!(error.to_string().ends_with("line 1: it is longer than 64 MiB"), "{error}");
}
