//! The program itself, run in a folder of its own with an environment of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use super::stand_in::{CLIENT_ID, HEADER, QUERY, SECRET};

/// A clinic whose Accuro and Ocean are a bridge; `{url}` is where.
const MANIFEST: &str = "\
version: 1
clinic: {id: lakeside}
accuro:
  tenant: LAKESIDE
  connection:
    api: &bridge
      url: {url}
      client_id: {env: BRIDGE_ID}
      client_secret: {env: BRIDGE_SECRET}
      query: {uuid: {env: BRIDGE_UUID}}
      headers: {X-Subscription-Key: {env: BRIDGE_KEY}}
      scope: permissions
ocean: {site: \"4021\", connection: {api: *bridge}}
users:
  - profile: ocean
    all_offices: true
";

/// A folder with a manifest.
pub(crate) struct Program {
    folder: TempDir,
}

/// How the program ended and what it printed.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    pub(crate) fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let code = output.status.code().unwrap();
        Self { code, stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    pub(crate) fn everything(&self) -> String {
        format!("{}\n{}", self.stdout, self.stderr)
    }
}

impl Program {
    /// A folder whose `clinic.yaml` names a bridge at this address.
    pub(crate) fn for_bridge(address: SocketAddr) -> Self {
        Self::with_manifest(manifest(&format!("http://{address}")))
    }

    pub(crate) fn with_manifest(text: impl AsRef<[u8]>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("clinic.yaml"), text).unwrap();
        Self { folder }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where the journals are.
    pub(crate) fn state(&self) -> PathBuf {
        self.folder().join(".accuroform")
    }

    /// The program with the secrets in its environment and nothing else.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_accuroform"));
        command
            .args(arguments)
            .current_dir(self.folder())
            .env_clear()
            .env("BRIDGE_ID", CLIENT_ID)
            .env("BRIDGE_SECRET", SECRET)
            .env("BRIDGE_UUID", QUERY)
            .env("BRIDGE_KEY", HEADER)
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        Ended::of(self.command(arguments).output().unwrap())
    }
}

/// The manifest of a clinic whose bridge is at this address.
pub(crate) fn manifest(url: &str) -> String {
    MANIFEST.replace("{url}", url)
}
