//! Signed approvals: what counts, what does not, and what a clinic that demands them refuses.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use accuroform::approval::{
    Approval, Consent, Demand, Given, NotApproved, Signer, Statement, TrustedKey, approve,
};
use accuroform::plan::Plan;
use accuroform::plan::file::seal;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::Value;

use crate::world::World;

/// A private key as openssl writes it, made of one byte, so that no key lies in the repository.
pub(crate) fn pem(seed: u8) -> String {
    let mut der = vec![0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    der.extend([seed; 32]);
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der))
}

fn signer(seed: u8) -> Signer {
    Signer::from_pem(&pem(seed)).unwrap()
}

fn trusted(name: &str, seed: u8) -> TrustedKey {
    TrustedKey { name: name.to_owned(), key: signer(seed).public().unwrap() }
}

fn demand(required: usize) -> Demand {
    let keys = vec![trusted("jane", 1), trusted("ali", 2), trusted("mo", 3)];
    Demand { keys, required, not_the_planner: true }
}

fn plan() -> (Plan, String) {
    let world = World::new().office(1, "Main Street", &[(1, "A, A"), (2, "B, B")]);
    let mut plan = world.plan("users: [{profile: ocean, all_offices: true}]");
    plan.planner = Some("Ci".to_owned());
    let digest = seal(&plan, &[]).unwrap().digest;
    (plan, digest)
}

fn text(seed: u8, digest: &str) -> String {
    let at: Timestamp = "2026-11-23T10:00:00.5Z".parse().unwrap();
    let statement =
        Statement { plan_digest: digest, name: "whoever", comment: Some("ticket 881"), at };
    signer(seed).sign(statement).unwrap()
}

fn given(file: &str, text: &str) -> Given {
    Given { file: file.to_owned(), approval: Approval::read(text) }
}

/// What the error says, or whose approvals count.
fn judge(demand: &Demand, given: &[Given]) -> Result<Vec<String>, String> {
    let (plan, digest) = plan();
    let consent = Consent { allow_mass_change: None, demand: Some(demand), given };
    let counted = approve(&plan, &digest, &[], consent).map_err(|error| error.to_string())?;
    Ok(counted.approvals().counted.iter().map(|approver| approver.name.clone()).collect())
}

#[test]
fn an_approval_is_canonical_json_that_says_who_what_and_when() {
    let (_, digest) = plan();
    let text = text(1, &digest);
    let file: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(text, serde_json_canonicalizer::to_string(&file).unwrap() + "\n");
    assert_eq!(file["kind"], "accuroform.approval");
    assert_eq!(file["format_version"], "1.0");
    assert_eq!(file["plan_digest"], digest);
    assert_eq!(file["key_id"], signer(1).public().unwrap().id());
    assert_eq!(file["at"], "2026-11-23T10:00:00Z");
    assert_eq!((&file["name"], &file["comment"]), (&"whoever".into(), &"ticket 881".into()));
    let mut rest = file.clone();
    rest.as_object_mut().unwrap().remove("signature");
    let message = serde_json_canonicalizer::to_string(&rest).unwrap();
    let signature = STANDARD.decode(file["signature"].as_str().unwrap()).unwrap();
    let key = ed25519_dalek::VerifyingKey::from_bytes(signer(1).public().unwrap().bytes()).unwrap();
    let signature = ed25519_dalek::Signature::from_slice(&signature).unwrap();
    assert!(key.verify_strict(message.as_bytes(), &signature).is_ok());
}

#[test]
fn the_public_key_of_rfc_8032_is_written_and_read_as_it_is_known() {
    let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    let mut der = vec![0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    let hex = |at: usize| u8::from_str_radix(&seed[at..at + 2], 16).unwrap();
    der.extend((0..64).step_by(2).map(hex));
    let pem =
        format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----", STANDARD.encode(der));
    let public = Signer::from_pem(&pem).unwrap().public().unwrap();
    assert_eq!(public.to_string(), "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
    assert_eq!(public.to_string().parse(), Ok(public));
}

#[test]
fn as_many_different_keys_must_sign_as_are_demanded() {
    let (_, digest) = plan();
    let (jane, ali) = (given("j", &text(1, &digest)), given("a", &text(2, &digest)));
    assert_eq!(judge(&demand(1), std::slice::from_ref(&ali)), Ok(vec!["ali".to_owned()]));
    let both = [ali, jane.clone()];
    assert_eq!(judge(&demand(2), &both), Ok(vec!["jane".to_owned(), "ali".to_owned()]));
    assert_eq!(judge(&demand(1), &[]).unwrap_err(), "the plan needs 1 approval and has 0");
    let twice = [jane.clone(), Given { file: "again".to_owned(), ..jane }];
    assert_eq!(
        judge(&demand(2), &twice).unwrap_err(),
        "the plan needs 2 approvals and has 1; again does not count: jane has approved already"
    );
    assert!(judge(&demand(0), &[]).is_err(), "a demand is never met by nothing");
}

#[test]
fn what_does_not_count_is_named_with_its_reason() {
    let (_, digest) = plan();
    let good = text(1, &digest);
    let says = |text: &str| judge(&demand(1), &[given("f", text)]).unwrap_err();
    let other = says(&text(1, "sha256:00"));
    assert!(other.ends_with("f does not count: it is for another plan, sha256:00"), "{other}");
    let unknown = says(&text(9, &digest));
    let id = signer(9).public().unwrap().id();
    assert!(unknown.ends_with(&format!("the manifest names no key {id}")), "{unknown}");
    for (from, to) in [("whoever", "Whoever"), ("ticket 881", "ticket 882"), (":00Z", ":01Z")] {
        let forged = says(&good.replace(from, to));
        assert!(forged.ends_with("the signature is not by the key of jane"), "{forged}");
    }
    let jane = signer(1).public().unwrap().id();
    let worn = says(&text(9, &digest).replace(&id, &jane));
    assert!(worn.ends_with("the signature is not by the key of jane"), "{worn}");
    let fields = [("no JSON", "{"), ("nothing", "{}"), ("a plan", r#"{"kind":"accuroform.plan"}"#)];
    for (what, text) in fields {
        assert!(says(text).contains("it is not an approval"), "{what}");
    }
    let more = good.replace("\"at\"", "\"and\":1,\"at\"");
    assert!(says(&more).contains("unknown field `and`"));
    let twice = good.replace("\"at\"", "\"name\":\"x\",\"at\"");
    assert!(says(&twice).contains("duplicate field"), "{}", says(&twice));
    let newer = good.replace("\"1.0\"", "\"2.0\"");
    assert!(says(&newer).contains("it has format 2.0"));
}

#[test]
fn no_byte_of_an_approval_can_be_changed() {
    let (_, digest) = plan();
    let good = text(1, &digest);
    for at in 0..good.trim_end().len() {
        let mut bytes = good.clone().into_bytes();
        bytes[at] = if bytes[at] == b'1' { b'2' } else { b'1' };
        if let Ok(changed) = String::from_utf8(bytes) {
            assert!(judge(&demand(1), &[given("f", &changed)]).is_err(), "byte {at}: {changed}");
        }
    }
}

#[test]
fn an_approval_that_does_not_count_is_no_obstacle_to_those_that_do() {
    let (_, digest) = plan();
    let good = given("good", &text(1, &digest));
    let stale = given("stale", &text(2, "sha256:00"));
    assert_eq!(judge(&demand(1), &[stale, good]), Ok(vec!["jane".to_owned()]));
}

#[test]
fn the_planner_does_not_approve_the_own_plan() {
    let (mut plan, _) = plan();
    let judge = |plan: &Plan, not_the_planner| {
        let digest = seal(plan, &[]).unwrap().digest;
        let demand = Demand { not_the_planner, ..demand(1) };
        let given = [given("f", &text(1, &digest))];
        let consent = Consent { allow_mass_change: None, demand: Some(&demand), given: &given };
        approve(plan, &digest, &[], consent).map(|_| ())
    };
    assert!(judge(&plan, true).is_ok());
    plan.planner = Some(" JANE".to_owned());
    let refused = judge(&plan, true).unwrap_err().to_string();
    assert!(refused.ends_with("f does not count: jane made the plan"), "{refused}");
    assert!(judge(&plan, false).is_ok());
    plan.planner = None;
    assert!(matches!(judge(&plan, true), Err(NotApproved::NoPlanner)));
    assert!(judge(&plan, false).is_ok());
}

/// The quickstart clinic with approvals demanded, and the binary.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new(approvals: &str) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart");
        fs::copy(from.join("world.yaml"), folder.path("world.yaml")).unwrap();
        let manifest = fs::read_to_string(from.join("clinic.yaml")).unwrap();
        assert!(!manifest.contains("safety:"));
        let safety = if approvals.is_empty() { "" } else { "\nsafety:\n  approvals:\n" };
        fs::write(folder.path("clinic.yaml"), format!("{manifest}{safety}{approvals}")).unwrap();
        for (name, seed) in [("jane", 1), ("ali", 2), ("eve", 9)] {
            folder.key(&format!("{name}.pem"), &pem(seed));
        }
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn key(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
        self.mode(name, 0o600);
    }

    #[cfg(unix)]
    fn mode(&self, name: &str, mode: u32) {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    #[cfg(not(unix))]
    fn mode(&self, _: &str, _: u32) {}

    /// The exit code, and what was printed to both.
    pub(crate) fn run(&self, line: &str) -> (i32, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_accuroform"))
            .args(line.split(' '))
            .current_dir(self.0.path())
            .env_clear()
            .env("USER", "somebody")
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(text).unwrap())
    }

    /// Runs, and expects this exit code and these words.
    pub(crate) fn ends(&self, line: &str, code: i32, words: &str) -> String {
        let (found, text) = self.run(line);
        assert_eq!(found, code, "{line}: {text}");
        assert!(text.contains(words), "{line}: no `{words}` in: {text}");
        text
    }

    /// Whether nothing was written to the simulated Accuro.
    pub(crate) fn is_untouched(&self) -> bool {
        self.run("plan --detailed-exitcode").1.contains("Plan: 15 rows to grant")
    }
}

pub(crate) fn keys(required: usize, more: &str) -> String {
    let key = |seed| signer(seed).public().unwrap();
    format!(
        "    required: {required}\n{more}    keys:\n      - {{name: jane, key: \"{}\"}}\n      - {{name: ali, key: \"{}\"}}\n",
        key(1),
        key(2)
    )
}

#[test]
fn a_plan_is_applied_once_enough_approvers_have_signed_it() {
    let folder = Folder::new(&keys(2, ""));
    let line = folder.ends("approve --show-key --key jane.pem", 0, "ed25519:");
    assert!(keys(2, "").contains(line.lines().next().unwrap()));
    folder.ends("apply -auto-approve", 5, "error[P011]");
    folder.ends("apply", 5, "error[P011]");
    folder.ends("plan -out plan.json", 5, "error[P013]");
    folder.ends("plan -out plan.json --planner ci", 0, "saved to plan.json");
    folder.ends("show plan.json", 0, "planner: ci");
    folder.ends("apply plan.json", 5, "error[P012]: the plan needs 2 approvals and has 0\n");
    folder.ends("approve plan.json --key jane.pem --comment looks-right", 0, "as somebody");
    folder.ends("apply plan.json", 5, "error[P012]: the plan needs 2 approvals and has 1\n");
    folder.ends("approve plan.json --key eve.pem", 0, "saved to plan.json.approval-");
    folder.ends("apply plan.json", 5, "does not count: the manifest names no key");
    folder.ends("approve plan.json --key ali.pem --out ali.json", 0, "saved to ali.json");
    assert!(folder.is_untouched());
    folder.ends("apply plan.json --approval ali.json", 5, "and has 1\n");
    folder.ends("apply plan.json --approval ali.json --approval none.json", 5, "cannot be read");
    let jane = format!("plan.json.approval-{}.json", signer(1).public().unwrap().id());
    let text = folder.ends(
        &format!("apply plan.json --approval ali.json --approval {jane}"),
        0,
        "Apply: 16 rows done",
    );
    assert!(text.contains("approved by jane (key ") && text.contains(": looks-right"), "{text}");
}

#[test]
fn a_plan_by_its_planner_alone_is_refused() {
    let folder = Folder::new(&keys(1, ""));
    folder.ends("plan -out plan.json --planner Jane", 0, "saved");
    folder.ends("approve plan.json --key jane.pem", 0, "saved");
    folder.ends("apply plan.json", 5, "does not count: jane made the plan");
    assert!(folder.is_untouched());
}

#[test]
fn the_same_plan_by_the_same_planner_has_the_same_bytes() {
    let folder = Folder::new(&keys(1, ""));
    for (name, planner) in [("one", "jane"), ("two", "jane"), ("three", "ali")] {
        folder.ends(&format!("plan -out {name} --planner {planner}"), 0, "saved");
    }
    let [one, two, three] =
        ["one", "two", "three"].map(|name| fs::read(folder.path(name)).unwrap());
    assert_eq!(one, two);
    assert_ne!(one, three);
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_or_that_is_none_is_refused_with_a_hint() {
    let folder = Folder::new("");
    folder.ends("plan -out plan.json", 0, "saved");
    for mode in [0o640, 0o604, 0o660] {
        folder.mode("jane.pem", mode);
        let text = folder.ends("approve plan.json --key jane.pem", 1, "error[P014]");
        assert!(text.contains("chmod 600 jane.pem"), "{text}");
    }
    folder.key("none.pem", "canary");
    let text = folder.ends("approve plan.json --key none.pem", 1, "error[P014]");
    assert!(text.contains("openssl genpkey") && !text.contains("canary"), "{text}");
    folder.ends("approve plan.json --key gone.pem", 1, "error[P014]");
    folder.ends("approve plan.json --key .", 1, "error[P014]");
}
