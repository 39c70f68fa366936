//! Reads secrets where the manifest says they are: environment, file or command.
#![expect(clippy::disallowed_methods, reason = "secrets come from files")]

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use secrecy::SecretString;
use thiserror::Error;

use crate::manifest::SecretRef;

/// What a connection may read from its surroundings.
#[derive(Clone)]
pub struct Surroundings {
    /// The environment.
    pub variables: Arc<BTreeMap<String, String>>,
    /// The folder of the manifest; relative paths start there.
    pub folder: PathBuf,
}

impl std::fmt::Debug for Surroundings {
    /// Shows no variable: any of them may be a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Surroundings").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// A secret that cannot be had. What was read is never part of it.
#[derive(Debug, Error)]
#[error("cannot read {what}: {problem}")]
pub struct SecretError {
    /// Which secret: `client_secret of the Accuro connection`.
    pub what: String,
    /// Why.
    pub problem: Problem,
}

/// Why a secret cannot be had.
#[derive(Debug, Error)]
pub enum Problem {
    /// The variable is missing or empty.
    #[error("the environment variable {0} is not set")]
    NoVariable(String),
    /// The file cannot be read.
    #[error("the file {}: {error}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The program cannot be started.
    #[error("the command {program}: {error}")]
    NotStarted {
        /// The program's name, without its arguments.
        program: String,
        /// What the system said.
        error: io::Error,
    },
    /// The program failed.
    #[error("the command {program} ended with {status}")]
    Failed {
        /// The program's name, without its arguments.
        program: String,
        /// Its exit status.
        status: String,
    },
    /// There is nothing in it, or it is not text.
    #[error("{0} gives no text")]
    Empty(String),
}

impl SecretError {
    /// What to do next.
    pub fn hint(&self) -> String {
        match &self.problem {
            Problem::NoVariable(name) => format!("set {name} in the environment of this command"),
            Problem::File { .. } => {
                "check the path, which is relative to the manifest, and its mode".to_owned()
            }
            Problem::NotStarted { .. } | Problem::Failed { .. } => {
                "run the command by hand and see what it says".to_owned()
            }
            Problem::Empty(_) => "put the secret there, as one line of text".to_owned(),
        }
    }
}

/// Reads one secret. `what` names it in messages.
pub(super) fn read(
    secret: &SecretRef,
    what: &str,
    surroundings: &Surroundings,
) -> Result<SecretString, SecretError> {
    let failed = |problem| SecretError { what: what.to_owned(), problem };
    let (bytes, origin) = match secret {
        SecretRef::Env(name) => match surroundings.variables.get(name) {
            Some(value) if !value.is_empty() => (value.clone().into_bytes(), name.clone()),
            Some(_) | None => return Err(failed(Problem::NoVariable(name.clone()))),
        },
        SecretRef::File(path) => {
            let path = surroundings.folder.join(path);
            let origin = path.display().to_string();
            let bytes = fs::read(&path).map_err(|error| failed(Problem::File { path, error }))?;
            (bytes, origin)
        }
        SecretRef::Command(words) => {
            let program = words.first().cloned().unwrap_or_default();
            (run(words, &program, &surroundings.folder).map_err(failed)?, program)
        }
    };
    let text = String::from_utf8(bytes).ok();
    match text.as_deref().map(str::trim) {
        Some(secret) if !secret.is_empty() => Ok(SecretString::from(secret.to_owned())),
        Some(_) | None => Err(failed(Problem::Empty(origin))),
    }
}

/// Runs the program without a shell; its messages go to our standard error, its output is kept.
fn run(words: &[String], program: &str, folder: &Path) -> Result<Vec<u8>, Problem> {
    let output = Command::new(program)
        .args(words.iter().skip(1))
        .current_dir(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Problem::NotStarted { program: program.to_owned(), error })?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        let status = output.status.to_string();
        Err(Problem::Failed { program: program.to_owned(), status })
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn surroundings(folder: &Path) -> Surroundings {
        let variables = Arc::new(BTreeMap::from([("ID".to_owned(), "one".to_owned())]));
        Surroundings { variables, folder: folder.to_owned() }
    }

    #[test]
    fn a_secret_is_read_from_env_file_or_command_without_its_line_end() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("key"), "two\n").unwrap();
        let surroundings = surroundings(folder.path());
        let get = |secret| read(&secret, "it", &surroundings).unwrap().expose_secret().to_owned();
        assert_eq!(get(SecretRef::Env("ID".into())), "one");
        assert_eq!(get(SecretRef::File("key".into())), "two");
        assert_eq!(get(SecretRef::Command(vec!["cat".into(), "key".into()])), "two");
    }

    #[test]
    fn a_missing_secret_says_where_it_was_looked_for_and_never_what_was_found() {
        let surroundings = surroundings(Path::new(""));
        let fails = |secret| read(&secret, "client_secret", &surroundings).unwrap_err().to_string();
        assert_eq!(
            fails(SecretRef::Env("NO_SUCH".into())),
            "cannot read client_secret: the environment variable NO_SUCH is not set"
        );
        assert!(fails(SecretRef::File("/no/such".into())).contains("/no/such"));
        let echo = ["sh", "-c", "echo canary; exit 3"].map(str::to_owned).to_vec();
        let words = fails(SecretRef::Command(echo));
        assert!(words.contains("exit status: 3") && !words.contains("canary"), "{words}");
        assert!(!format!("{surroundings:?}").contains("one"));
    }
}
