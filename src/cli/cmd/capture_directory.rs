//! The directory of a worksheet as `capture` takes it: numbered once, and with whom `--add-to` adds.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::cli::args_capture::CaptureArgs;
use crate::cli::cmd::capture::write_rows;
use crate::cli::cmd::capture_said::{Account, Refused, read};
use crate::cli::cmd::fmt::replace;
use crate::cli::cmd::plan::save;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::printer::Printer;
use crate::connection::read_sheet;
use crate::live::Directory;
use crate::model::PersonName;
use crate::worksheet::{self, Added, DirectoryFile, Expected, Kind, Table};

/// Reads the directory. What has no id, and who is added, is written into its file, where a template is made.
pub(super) fn directory(
    args: &CaptureArgs,
    path: &Path,
    account: &mut Account,
    printer: &mut Printer,
) -> Result<Directory, Refused> {
    let is_new =
        matches!(path.symlink_metadata(), Err(error) if error.kind() == ErrorKind::NotFound);
    if is_new && args.ocean.add_to.is_none() {
        return Err(not_there(path).into());
    }
    let file = if is_new {
        None
    } else {
        let (bytes, table) = read(path, Kind::Directory)?;
        Some((bytes, table))
    };
    let mut found = match &file {
        Some((_, table)) => worksheet::directory(table)?,
        None => DirectoryFile::default(),
    };
    let missing = missing(args, &found.directory, account, printer)?;
    let added = if let Some(office) = &args.ocean.add_to {
        add(&mut found.directory, office, &missing, printer)?
    } else {
        account.warn(missing.iter().map(worksheet::not_listed).collect(), printer);
        Vec::new()
    };
    if found.numbered == 0 && added.is_empty() {
        return if is_new { Err(nobody(args).into()) } else { Ok(found.directory) };
    }
    let Some((bytes, table)) = &file else {
        write_rows(path, &worksheet::directory_rows(&found.directory), None)?;
        wrote(path, account, printer);
        return Ok(found.directory);
    };
    if !args.template {
        return Err(vec![worksheet::without_ids(table, found.numbered)].into());
    }
    write((path, bytes, table), &found, &added, account, printer)?;
    Ok(found.directory)
}

fn wrote(path: &Path, account: &mut Account, printer: &mut Printer) {
    printer.line(&format!("wrote {}: its ids stay as they are from now on", path.display()));
    account.wrote.push(path.to_owned());
}

/// Whom the other system expects and the directory lacks.
fn missing(
    args: &CaptureArgs,
    directory: &Directory,
    account: &mut Account,
    printer: &mut Printer,
) -> Result<Vec<Expected>, Refused> {
    let Some(list) = &args.ocean.ocean_users else { return Ok(Vec::new()) };
    let (_, table) = read(list, Kind::Users)?;
    let (expected, odd) =
        worksheet::expected(&table, &args.ocean.ocean_columns, &args.ocean.ocean_only)?;
    account.warn(odd, printer);
    Ok(worksheet::missing(&expected, directory).into_iter().cloned().collect())
}

/// Adds them to an office, by its name or id.
fn add(
    directory: &mut Directory,
    office: &str,
    missing: &[Expected],
    printer: &mut Printer,
) -> Result<Vec<Added>, Failure> {
    let before = directory.offices.len();
    let people: Vec<PersonName> = missing.iter().map(|(person, _)| person.clone()).collect();
    let added = worksheet::add(directory, office, &people).map_err(|ids| {
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let message = format!("{} offices are called `{office}`", ids.len());
        let hint = format!("add them by the id of one: {}", ids.join(", "));
        Failure::new(Exit::Error, "U001", message, hint)
    })?;
    if directory.offices.len() > before {
        printer.line(&format!("`{office}` is a new office of the directory"));
    }
    Ok(added)
}

/// Writes ids and people into the file, and nothing else. A workbook is left as it is: its cells are written
/// beside it, as CSV.
fn write(
    (path, bytes, table): (&Path, &[u8], &Table),
    found: &DirectoryFile,
    added: &[Added],
    account: &mut Account,
    printer: &mut Printer,
) -> Result<(), Refused> {
    let text: Vec<u8> = worksheet::with_ids(bytes, table, found, added)?;
    if worksheet::is_xlsx(bytes) {
        return Err(beside(path, &text, account, printer)?.into());
    }
    // Whoever saved it while it was read keeps what they saved.
    if read_sheet(path).map_or(true, |now| now != bytes) {
        return Err(changed(path).into());
    }
    replace(path, "directory", text)?;
    wrote(path, account, printer);
    Ok(())
}

/// Writes the cells of a workbook with their ids beside it; gives why the command ends there.
fn beside(
    path: &Path,
    text: &[u8],
    account: &mut Account,
    printer: &mut Printer,
) -> Result<Failure, Failure> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let other: PathBuf = path.with_file_name(format!("{stem}-with-ids.csv"));
    let (file, other_file) = (path.display(), other.display());
    let name = other.file_name().unwrap_or_default().to_string_lossy();
    if other.symlink_metadata().is_ok() {
        let message = format!("{file} lacks ids, and {other_file} is there already");
        let hint =
            format!("write `directory: {name}` in the manifest if it is true, else move it away");
        return Err(Failure::new(Exit::Error, "F001", message, hint));
    }
    save(&other, "directory", text)?;
    wrote(&other, account, printer);
    let message = format!(
        "{file} is a workbook, which is left as it is; {other_file} has its cells and the ids"
    );
    let hint = format!(
        "write `directory: {name}` in the manifest, or copy the ids into the workbook; then run the command again"
    );
    Ok(Failure::new(Exit::Error, "X014", message, hint))
}

/// That somebody wrote a file while it was worked on.
pub(super) fn changed(path: &Path) -> Failure {
    let message = format!("{} was changed meanwhile: it is left as it is", path.display());
    let hint = "run the command again: it begins from what is there now";
    Failure::new(Exit::Error, "X023", message, hint)
}

fn not_there(path: &Path) -> Failure {
    let message = format!("the directory {} is not there", path.display());
    let hint = "write it: the headings Office and Provider, and a line for each provider of each office \
                as the screen lists them";
    Failure::new(Exit::Error, "C013", message, hint)
}

fn nobody(args: &CaptureArgs) -> Failure {
    let list =
        args.ocean.ocean_users.iter().map(|list| list.display().to_string()).collect::<String>();
    let message = format!("{list} names nobody, so there is no directory to write");
    Failure::new(Exit::Error, "C013", message, "check the list, and --ocean-columns")
}
