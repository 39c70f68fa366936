//! Bundles: what is written is read back, clinic by clinic, and nothing else is written.

use std::io::{self, Cursor, Write};
use std::sync::LazyLock;

use accuroform::plan::Plan;
use accuroform::plan::file::{Sealed, seal};
use accuroform::rollout::bundle::{
    Bundle, BundleError, BundleHeader, BundleShard, BundleWriter, Entry, FleetRef, Unplanned,
};
use accuroform::rollout::{FleetClinic, Selection, Shard};
use serde_json::Value;

use crate::world::World;

/// The plan of a small clinic with this id.
pub(crate) fn plan_of(clinic: &str) -> Plan {
    static PLAN: LazyLock<Plan> = LazyLock::new(|| {
        let world = World::new().office(1, "Main Street", &[(1042, "Singh, Anita\u{202e}")]);
        world.plan("users: [{profile: ocean, all_offices: true}]")
    });
    let mut plan = PLAN.clone();
    clinic.clone_into(&mut plan.clinic);
    plan
}

pub(crate) fn sealed(clinic: &str) -> Sealed {
    seal(&plan_of(clinic), &[]).unwrap()
}

pub(crate) fn unplanned(clinic: &str) -> Unplanned {
    Unplanned {
        clinic: clinic.to_owned(),
        code: "C001".to_owned(),
        message: "cannot list offices\nof it".to_owned(),
        exit_code: 1,
    }
}

pub(crate) fn header(clinics: u64, shard: Option<BundleShard>) -> BundleHeader {
    let fleet = FleetRef { id: "riverbend".to_owned(), digest: "sha256:00".to_owned() };
    BundleHeader::new(fleet, "all clinics".to_owned(), clinics, shard)
}

/// The bundle of these clinics, or of a shard of them. Names that begin with `x` cannot be planned.
pub(crate) fn bundle(clinics: &[&str], shard: Option<Shard>) -> Vec<u8> {
    let fleet: Vec<FleetClinic> =
        clinics.iter().map(|id| FleetClinic { id: (*id).to_owned(), tags: [].into() }).collect();
    let selected = Selection { shard, ..Selection::default() }.select(&fleet).unwrap();
    let shard = shard.map(|part| BundleShard { part, populated: selected.populated });
    let mut out = Vec::new();
    let total = selected.total.try_into().unwrap();
    let mut writer = BundleWriter::new(&mut out, header(total, shard)).unwrap();
    for FleetClinic { id, .. } in &selected.clinics {
        if id.starts_with('x') {
            writer.add_unplanned(&unplanned(id)).unwrap();
        } else {
            writer.add_plan(id, &sealed(id)).unwrap();
        }
    }
    let written = writer.finish().unwrap();
    let read = read(&out).unwrap();
    assert_eq!(read.digest(), written.digest);
    assert_eq!(read.unplanned(), written.unplanned);
    assert_eq!(read.clinics().count() as u64, written.clinics);
    out
}

pub(crate) fn read(bytes: &[u8]) -> Result<Bundle<Cursor<&[u8]>>, BundleError> {
    Bundle::verify(Cursor::new(bytes))
}

#[test]
fn a_bundle_is_read_back_clinic_by_clinic() {
    let bytes = bundle(&["b", "xa", "a"], None);
    let mut read = read(&bytes).unwrap();
    assert_eq!(read.clinics().collect::<Vec<_>>(), [("a", true), ("b", true), ("xa", false)]);
    assert_eq!((read.unplanned(), read.header()), (1, &header(3, None)));
    let planned = |clinic: &str| Entry::Planned {
        plan: Box::new(plan_of(clinic)),
        digest: sealed(clinic).digest,
        refusals: Vec::new(),
    };
    // In any order, and more than once.
    for clinic in ["b", "a", "b"] {
        assert_eq!(read.entry(clinic).unwrap(), Some(planned(clinic)));
    }
    assert_eq!(read.entry("xa").unwrap(), Some(Entry::Unplanned(unplanned("xa"))));
    assert_eq!(read.entry("c").unwrap(), None);
    let all: Vec<_> = read.entries().map(|(clinic, entry)| (clinic, entry.unwrap())).collect();
    let owned = |clinic: &str| clinic.to_owned();
    assert_eq!(
        all,
        [
            (owned("a"), planned("a")),
            (owned("b"), planned("b")),
            (owned("xa"), Entry::Unplanned(unplanned("xa"))),
        ]
    );
}

#[test]
fn the_lines_are_as_documented() {
    let bytes = bundle(&["a", "xa"], None);
    let text = String::from_utf8(bytes).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(
        lines[0],
        "{\"kind\":\"accuroform.bundle\",\"format_version\":\"1.0\",\"fleet\":{\"id\":\"riverbend\",\
         \"digest\":\"sha256:00\"},\"selection\":\"all clinics\",\"clinics\":2,\"shard\":null,\
         \"missing\":[]}\n"
    );
    assert_eq!(lines[1], sealed("a").text);
    let unplanned: Value = serde_json::from_str(lines[2]).unwrap();
    assert_eq!(unplanned["kind"], "accuroform.unplanned");
    assert_eq!(unplanned["exit_code"], 1);
    let digest = accuroform::model::sha256(lines[..3].concat().as_bytes());
    let end = serde_json::json!({
        "kind": "accuroform.bundle.end", "clinics": 2, "unplanned": 1, "digest": digest,
    });
    assert_eq!(serde_json::from_str::<Value>(lines[3]).unwrap(), end);
}

#[test]
fn a_writer_refuses_what_no_reader_would_take() {
    let code = |result: Result<(), BundleError>| result.unwrap_err().code();
    let mut writer = BundleWriter::new(Vec::new(), header(3, None)).unwrap();
    writer.add_plan("b", &sealed("b")).unwrap();
    assert_eq!(code(writer.add_plan("b", &sealed("b"))), "B006", "twice");
    assert_eq!(code(writer.add_unplanned(&unplanned("b"))), "B006", "twice");
    assert_eq!(code(writer.add_plan("a", &sealed("a"))), "B006", "out of order");
    assert_eq!(code(writer.add_plan("c", &sealed("d"))), "B006", "another clinic's plan");
    let twice = Sealed { text: sealed("c").text.repeat(2), ..sealed("c") };
    assert_eq!(code(writer.add_plan("c", &twice)), "B006", "two lines");
    let open = Sealed { text: sealed("c").text.trim_end().to_owned(), ..sealed("c") };
    assert_eq!(code(writer.add_plan("c", &open)), "B006", "no line end");
    writer.add_plan("c", &sealed("c")).unwrap();
    let error = writer.finish().unwrap_err();
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        ("B007", "the bundle has 2 of 3 selected clinics")
    );
}

#[test]
fn a_shard_takes_its_own_clinics_alone() {
    let part = (1..=2).filter_map(|at| Shard::new(at, 2)).find(|s| s.includes("a")).unwrap();
    let other = Shard::new(3 - part.index(), 2).unwrap();
    let shard = |part| BundleShard { part, populated: vec![part] };
    let mut writer = BundleWriter::new(Vec::new(), header(1, Some(shard(other)))).unwrap();
    let error = writer.add_plan("a", &sealed("a")).unwrap_err();
    assert_eq!(error.to_string(), "the bundle cannot hold a here: it is in another shard");
    let mut writer = BundleWriter::new(Vec::new(), header(1, Some(shard(part)))).unwrap();
    writer.add_plan("a", &sealed("a")).unwrap();
    assert_eq!(writer.finish().unwrap().clinics, 1);
}

/// A disk that is full after so many bytes.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = bytes.len().min(self.0);
        self.0 -= room;
        if room == 0 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(room) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_is_an_error_wherever_it_happens() {
    let whole = bundle(&["a"], None).len();
    let write = |room| {
        let mut writer = BundleWriter::new(Full(room), header(1, None))?;
        writer.add_plan("a", &sealed("a"))?;
        writer.finish()
    };
    assert!(write(whole).is_ok());
    for room in (0..whole).step_by(7) {
        let error = write(room).unwrap_err();
        assert_eq!(error.code(), "B001", "{room}");
        assert!(error.to_string().starts_with("cannot write the bundle: "), "{error}");
    }
}
