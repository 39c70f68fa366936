//! The files of a generated fleet: the manifests that `plan` reads, and the credentials of the
//! simulator that serves it. A file that something else wrote is left alone.
#![expect(
    clippy::disallowed_methods,
    reason = "a generated file is written again at the next start"
)]

use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret as _;

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::sim::{Credentials, GenerateFleet, World};

/// How every manifest begins that is written here, and no other file does.
const MARK: &str = "# Written by `accuroform sim --fleet`, which overwrites this file.\n";

/// How many regions there are to select clinics by.
const REGIONS: usize = 8;

/// The rest of `fleet.yaml`; `{url}` is where the simulator is.
const FLEET: &str = r#"version: 1
fleet: {id: generated, name: Generated fleet}
clinics: [clinics/*.yaml]
defaults:
  accuro:
    connection: &bridge
      api:
        url: {url}
        client_id: {file: .accuroform/sim/client_id}
        client_secret: {file: .accuroform/sim/client_secret}
        query: {tenant: {value: "{tenant}"}}
  ocean: {connection: *bridge}
  users: [{profile: ocean, all_offices: true}]
rollout:
  waves: [{name: canary, tags: [canary]}, {name: ten-percent, percent: 10}, {name: rest}]
"#;

/// The files of one fleet.
pub(super) struct FleetFiles {
    manifest: PathBuf,
    clinics: PathBuf,
    secrets: PathBuf,
    size: GenerateFleet,
}

impl FleetFiles {
    /// The files of a fleet of this size in `folder`. Nothing is written yet.
    pub(super) fn new(folder: &Path, size: GenerateFleet) -> Self {
        Self {
            manifest: folder.join("fleet.yaml"),
            clinics: folder.join("clinics"),
            secrets: folder.join(".accuroform").join("sim"),
            size,
        }
    }

    /// Refuses a folder in which another's file is in the way.
    pub(super) fn check(&self) -> Result<(), Failure> {
        // Secrets carry no mark; they are ours in a folder whose fleet is.
        let ours = is_ours(&self.manifest)?;
        let secrets = self.secrets();
        let secret = secrets.iter().filter(|_| ours != Some(true)).find(|path| path.exists());
        let mut foreign = secret.cloned();
        let manifests = self.size.ids().map(|id| self.clinic(&id));
        for path in manifests.chain([self.manifest.clone()]) {
            if is_ours(&path)? == Some(false) {
                foreign = Some(path);
            }
        }
        let Some(path) = foreign else { return Ok(()) };
        let message = format!("{} is there and `accuroform sim` did not write it", path.display());
        Err(Failure::new(Exit::Error, "F002", message, "name another folder, or move it away"))
    }

    /// Writes them; gives the path of the fleet's manifest. Clinics of an earlier and larger fleet
    /// are removed, because `clinics/*.yaml` would find them.
    pub(super) fn write(&self, url: &str, credentials: &Credentials) -> Result<&Path, Failure> {
        let Credentials { client_id, client_secret } = credentials;
        make_folder(&self.clinics, false)?;
        make_folder(&self.secrets, true)?;
        write(&self.manifest, &FLEET.replace("{url}", url))?;
        let [id, secret] = self.secrets();
        write_secret(&id, client_id)?;
        write_secret(&secret, client_secret.expose_secret())?;
        let mut written = Vec::new();
        for (at, (id, world)) in self.size.ids().zip(self.size.worlds()).enumerate() {
            let path = self.clinic(&id);
            write(&path, &manifest(at, &id, &world))?;
            written.push(path);
        }
        let entries = fs::read_dir(&self.clinics).map_err(|error| unread(&self.clinics, &error))?;
        for path in entries.flatten().map(|entry| entry.path()) {
            if written.binary_search(&path).is_err() && is_ours(&path)? == Some(true) {
                fs::remove_file(&path).map_err(|error| unwritten(&path, &error))?;
            }
        }
        Ok(&self.manifest)
    }

    fn clinic(&self, id: &str) -> PathBuf {
        self.clinics.join(format!("{id}.yaml"))
    }

    fn secrets(&self) -> [PathBuf; 2] {
        ["client_id", "client_secret"].map(|name| self.secrets.join(name))
    }
}

/// The manifest of a clinic; what the clinics have in common is in the fleet's.
fn manifest(at: usize, id: &str, world: &World) -> String {
    let World { tenant, name, ocean, .. } = world;
    let quoted = |text: Option<&str>| serde_json::Value::from(text.unwrap_or_default()).to_string();
    let name = quoted(name.as_deref());
    let site = quoted(ocean.as_ref().map(|ocean| ocean.site.as_str()));
    let region = at % REGIONS + 1;
    let canary = if at == 0 { ", canary" } else { "" };
    format!(
        "version: 1\nclinic: {{id: {id}, name: {name}, tags: [region-{region}{canary}]}}\n\
         accuro: {{tenant: {tenant}}}\nocean: {{site: {site}}}\n"
    )
}

/// Whether a file was written here; `None` if there is none.
fn is_ours(path: &Path) -> Result<Option<bool>, Failure> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes.starts_with(MARK.as_bytes()))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unread(path, &error)),
    }
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, format!("{MARK}{text}")).map_err(|error| unwritten(path, &error))
}

/// Writes a file that only its owner may read.
fn write_secret(path: &Path, text: &str) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(path);
    // A temporary file belongs to its owner alone from the start, also where an older one did not.
    let put = || -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.persist(path)?;
        Ok(())
    };
    put().map_err(|error| unwritten(path, &error))
}

fn make_folder(path: &Path, private: bool) -> Result<(), Failure> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    if private {
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    }
    builder.create(path).map_err(|error| unwritten(path, &error))
}

fn unread(path: &Path, error: &io::Error) -> Failure {
    let message = format!("cannot read {}: {error}", path.display());
    Failure::new(Exit::Error, "C013", message, "name another folder, or move it away")
}

fn unwritten(path: &Path, error: &io::Error) -> Failure {
    let message = format!("cannot write {}: {error}", path.display());
    Failure::new(Exit::Error, "F001", message, "choose a folder that is there and writable")
}
