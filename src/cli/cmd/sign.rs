//! `approve`: a signed yes to a saved plan; and the approvals that an apply finds.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use secrecy::zeroize::Zeroizing;

use crate::approval::{
    Approval, Approver, Count, Demand, Given, NotAnApproval, NotApproved, Signer, Statement,
};
use crate::cli::args::ApproveArgs;
use crate::cli::cmd::plan::save;
use crate::cli::cmd::saved;
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::fleet::SavedBundle;
use crate::cli::printer::Printer;
use crate::plan::Plan;
use crate::plan::file::open;
use crate::report::{self, escape};
use crate::rollout::bundle::Entry;

/// No key and no approval is larger.
const MAX_BYTES: u64 = 64 * 1024;

/// No file of approvals for all plans of a bundle is larger.
const MAX_BUNDLE_BYTES: u64 = 64 * 1024 * 1024;

pub(super) fn run(
    args: &ApproveArgs,
    environment: &Environment,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let ApproveArgs { plan, key, name, comment, out, show_key: _ } = args;
    let signer = signer(key)?;
    let public = signer.public().map_err(|problem| unusable(key, problem.to_string(), MAKE))?;
    let Some(path) = plan else {
        printer.result(&format!("{public}\n"));
        printer.line(&format!("key {}; write the line above under safety.approvals", public.id()));
        return Ok(Exit::Done);
    };
    let account = environment.who();
    let name = name.as_deref().unwrap_or(&account);
    let at = environment.clock.now();
    let sign = |plan: &Plan, digest: &str| {
        if plan.errors() > 0 {
            return Err(NotApproved::Unresolved(plan.errors()).into());
        }
        let statement = Statement { plan_digest: digest, name, comment: comment.as_deref(), at };
        signer.sign(statement).map_err(|problem| unusable(key, problem.to_string(), MAKE))
    };
    let (text, what) = if SavedBundle::is_there(path) {
        sign_all(path, sign, printer)?
    } else {
        let (plan, digest) = open(&saved::read(path)?)?;
        let text = sign(&plan, &digest)?;
        printer.result(&format!("{}\n", report::summary_line(&plan)));
        (text, digest)
    };
    let out = out.clone().unwrap_or_else(|| beside(path, &public.id()));
    save(&out, "approval", &text)?;
    printer.line(&format!("signed {what} with key {} as {}", public.id(), escape(name)));
    printer.line(&format!("saved to {}", out.display()));
    Ok(Exit::Done)
}

/// Signs every plan of a bundle that changes something. Gives the approvals, a line each, and what
/// was signed in words.
fn sign_all(
    path: &Path,
    sign: impl Fn(&Plan, &str) -> Result<String, Failure>,
    printer: &mut Printer,
) -> Result<(String, String), Failure> {
    let mut bundle = SavedBundle::open(path)?;
    let (mut texts, mut plans) = (String::new(), 0);
    for (clinic, entry) in bundle.entries() {
        match entry? {
            Entry::Planned { plan, digest, refusals: _ } => {
                texts.push_str(&sign(&plan, &digest)?);
                plans += 1;
                let words = report::summary_line(&plan);
                printer.result(&format!("{}: {words}\n", escape(&clinic)));
            }
            Entry::Unplanned(_) => {
                printer.result(&format!("{}: not planned, not signed\n", escape(&clinic)));
            }
        }
    }
    Ok((texts, format!("{plans} plans of the bundle {}", bundle.digest())))
}

const MAKE: &str = "make one with `openssl genpkey -algorithm ed25519 -out KEYFILE`";

fn unusable(path: &Path, problem: impl std::fmt::Display, hint: &str) -> Failure {
    let message = format!("cannot sign with the key {}: {problem}", path.display());
    Failure::new(Exit::Error, "P014", message, hint)
}

/// Reads a private key that nobody else can read. Its text is wiped as soon as the key is made.
fn signer(path: &Path) -> Result<Signer, Failure> {
    let failed = |error: io::Error| unusable(path, error, "check the path");
    let file = File::open(path).map_err(failed)?;
    // The open file is judged, not the path: it cannot be exchanged in between.
    let about = file.metadata().map_err(failed)?;
    if is_shared(&about) {
        let hint = format!("run `chmod 600 {}`; if others had it, make a new key", path.display());
        return Err(unusable(path, "others than its owner may read it", &hint));
    }
    if !about.is_file() || about.len() > MAX_BYTES {
        return Err(unusable(path, "not a file of the size of a key", MAKE));
    }
    let size = usize::try_from(about.len()).unwrap_or_default();
    // One byte more than there is, so that the buffer never moves and leaves a copy behind.
    let mut text = Zeroizing::new(String::with_capacity(size + 1));
    file.take(about.len()).read_to_string(&mut text).map_err(failed)?;
    Signer::from_pem(&text).map_err(|problem| unusable(path, problem, MAKE))
}

#[cfg(unix)]
fn is_shared(about: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    about.permissions().mode() & 0o077 != 0
}

/// Elsewhere access lists decide, which are not looked at.
#[cfg(not(unix))]
fn is_shared(_: &fs::Metadata) -> bool {
    false
}

/// `plan.json.approval-KEYID.json`, beside the plan.
fn beside(plan: &Path, key_id: &str) -> PathBuf {
    let mut name = plan.file_name().unwrap_or_default().to_owned();
    name.push(format!(".approval-{key_id}.json"));
    plan.with_file_name(name)
}

/// The approvals of a saved plan: those that are named, or else all beside it.
///
/// # Errors
/// Approvals are demanded and there is no saved plan that they could be for.
pub(super) fn at_hand(
    demand: Option<&Demand>,
    is_saved: bool,
    plan: &Path,
    named: &[PathBuf],
) -> Result<Vec<Given>, Failure> {
    if demand.is_none() {
        return Ok(Vec::new());
    }
    if !is_saved {
        return Err(Failure::new(
            Exit::Refused,
            "P011",
            "the manifest demands signed approvals, and they are for saved plans alone",
            "save one with `-out FILE`, have it signed, and apply that file",
        ));
    }
    let found = if named.is_empty() { beside_all(plan) } else { named.to_vec() };
    Ok(found.iter().map(|path| given(path)).collect())
}

/// The approvals of a bundle: those that are named, or else all beside it. A file holds one for each
/// plan that was signed, a line each. Also gives all that could be read, as text.
pub(super) fn at_hand_of_bundle(bundle: &Path, named: &[PathBuf]) -> (Vec<Given>, String) {
    let found = if named.is_empty() { beside_all(bundle) } else { named.to_vec() };
    let (mut given, mut texts) = (Vec::new(), String::new());
    for path in found {
        let file = path.display().to_string();
        match read(&path, MAX_BUNDLE_BYTES) {
            Ok(text) => {
                given.extend(given_lines(&file, &text));
                texts.extend([text.as_str(), if text.ends_with('\n') { "" } else { "\n" }]);
            }
            Err(error) => {
                let approval = Err(NotAnApproval::Unreadable(error.to_string()));
                given.push(Given { file, approval });
            }
        }
    }
    (given, texts)
}

/// The approvals of a text, a line each.
pub(super) fn given_lines(file: &str, text: &str) -> Vec<Given> {
    let one = |line: &str| Given { file: file.to_owned(), approval: Approval::read(line) };
    text.split_inclusive('\n').map(one).collect()
}

/// Every approval beside a plan, in order of name.
fn beside_all(plan: &Path) -> Vec<PathBuf> {
    let folder = plan.parent().filter(|folder| !folder.as_os_str().is_empty());
    let start = format!("{}.approval-", plan.file_name().unwrap_or_default().to_string_lossy());
    let mut found: Vec<PathBuf> = fs::read_dir(folder.unwrap_or(Path::new(".")))
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .filter(|name| {
            name.strip_prefix(&start).is_some_and(|id| id.strip_suffix(".json").is_some())
        })
        .map(|name| plan.with_file_name(name))
        .collect();
    found.sort_unstable();
    found
}

fn given(path: &Path) -> Given {
    let approval = match read(path, MAX_BYTES) {
        Ok(text) => Approval::read(&text),
        Err(error) => Err(NotAnApproval::Unreadable(error.to_string())),
    };
    Given { file: path.display().to_string(), approval }
}

fn read(path: &Path, limit: u64) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(limit).read_to_string(&mut text)?;
    Ok(text)
}

/// Prints whose approvals count, and which do not and why.
pub(super) fn print_approvals(approvals: &Count, printer: &mut Printer) {
    let Count { counted, not_counted } = approvals;
    for Approver { name, key_id, at, comment } in counted {
        let comment = comment.as_ref().map(|comment| format!(": {comment}")).unwrap_or_default();
        let words = format!("approved by {name} (key {key_id}) at {at}{comment}");
        printer.line(&escape(&words));
    }
    for not in not_counted {
        printer.line(&format!("note: {}", escape(&not.to_string())));
    }
}
