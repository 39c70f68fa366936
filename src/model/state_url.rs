//! Where a clinic's state is kept, as it is written: `s3://bucket/prefix`, `file:///folder`.

use std::fmt;
use std::str::FromStr;

/// A kind of object store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cloud {
    /// Amazon S3, or what speaks like it.
    S3,
    /// Google Cloud Storage.
    Google,
    /// Azure Blob Storage.
    Azure,
}

impl Cloud {
    /// The scheme of its URLs.
    pub const fn scheme(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Google => "gs",
            Self::Azure => "az",
        }
    }
}

/// The place of a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateUrl {
    /// A folder, as an absolute path.
    Folder(String),
    /// A part of a bucket or container.
    Bucket {
        /// Whose it is.
        cloud: Cloud,
        /// Its name.
        bucket: String,
        /// Below which all names are; may be empty.
        prefix: String,
    },
}

/// What is wrong with the URL of a state. It never shows the URL: that may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateUrlFault {
    /// What is wrong.
    pub message: &'static str,
    /// What to do next.
    pub hint: &'static str,
}

const SCHEMES: &str = "write s3://bucket/prefix, gs://bucket/prefix, az://container/prefix or \
                       file:///folder";

impl FromStr for StateUrl {
    type Err = StateUrlFault;

    fn from_str(written: &str) -> Result<Self, StateUrlFault> {
        let fault = |message, hint| Err(StateUrlFault { message, hint });
        let Some((scheme, rest)) = written.split_once("://") else {
            return fault("the state's URL has no scheme", SCHEMES);
        };
        if rest.contains('@') {
            return fault(
                "the state's URL contains a user or password",
                "remove it: credentials come from the environment (docs/state.md)",
            );
        }
        if rest.contains(['?', '#']) {
            return fault(
                "the state's URL has a query or a fragment",
                "remove it: settings come from the environment (docs/state.md)",
            );
        }
        let cloud = match scheme {
            "s3" => Cloud::S3,
            "gs" => Cloud::Google,
            "az" => Cloud::Azure,
            "file" => return folder(rest),
            _ => return fault("the state's URL has a scheme that is not known", SCHEMES),
        };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if !is_bucket(bucket) {
            return fault(
                "the state's URL names no bucket",
                "write its name behind ://, 3 to 63 letters, digits, `-`, `_` and `.`",
            );
        }
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        if !prefix.is_empty() && !prefix.split('/').all(is_segment) {
            return fault(
                "the state's URL has a prefix that cannot be used",
                "write letters, digits, `-`, `_`, `=` and `.` between its slashes",
            );
        }
        Ok(Self::Bucket { cloud, bucket: bucket.to_owned(), prefix: prefix.to_owned() })
    }
}

fn folder(path: &str) -> Result<StateUrl, StateUrlFault> {
    let fault = |message, hint| Err(StateUrlFault { message, hint });
    let Some(below) = path.strip_prefix('/') else {
        return fault("the state's folder is not absolute", "write file:/// and the whole path");
    };
    let below = below.strip_suffix('/').unwrap_or(below);
    let is_plain = |part: &str| {
        !matches!(part, "" | "." | "..")
            && !part.contains(|c: char| c.is_whitespace() || c.is_control() || c == '%')
    };
    if !below.split('/').all(is_plain) {
        return fault(
            "the state's folder cannot be used",
            "write a path without white space, `%`, `.` and `..`",
        );
    }
    Ok(StateUrl::Folder(format!("/{below}")))
}

fn is_bucket(name: &str) -> bool {
    let ends = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    (3..=63).contains(&name.len())
        && ends(name.bytes().next())
        && ends(name.bytes().last())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

fn is_segment(part: &str) -> bool {
    !matches!(part, "" | "." | "..")
        && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.=".contains(&byte))
}

impl fmt::Display for StateUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => write!(f, "file://{path}"),
            Self::Bucket { cloud, bucket, prefix } => {
                write!(f, "{}://{bucket}", cloud.scheme())?;
                if prefix.is_empty() { Ok(()) } else { write!(f, "/{prefix}") }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_read_and_written_back() {
        let bucket = |cloud, prefix: &str| StateUrl::Bucket {
            cloud,
            bucket: "clinic-state".to_owned(),
            prefix: prefix.to_owned(),
        };
        for (written, expected) in [
            ("s3://clinic-state", bucket(Cloud::S3, "")),
            ("gs://clinic-state/on/lake=side", bucket(Cloud::Google, "on/lake=side")),
            ("az://clinic-state/a", bucket(Cloud::Azure, "a")),
            ("file:///srv/state", StateUrl::Folder("/srv/state".to_owned())),
        ] {
            let read: StateUrl = written.parse().unwrap();
            assert_eq!(read, expected);
            assert_eq!(read.to_string(), written);
            assert_eq!(format!("{written}/").parse(), Ok(expected), "a slash at the end");
        }
    }

    #[test]
    fn what_cannot_be_used_is_refused_and_never_shown() {
        for written in [
            "",
            "clinic-state",
            "s3:/clinic-state",
            "http://clinic-state",
            "S3://clinic-state",
            "s3://",
            "s3://ab",
            "s3://-state",
            "s3://clinic state",
            "s3://clinic-state/a//b",
            "s3://clinic-state/../b",
            "s3://clinic-state/a%20b",
            "s3://key:hunter2@clinic-state",
            "az://clinic-state/a?sig=hunter2",
            "az://clinic-state/a#hunter2",
            "file://state",
            "file:///",
            "file:///srv/../state",
            "file:///srv/a%2fb",
            "file:///srv/a b",
        ] {
            let fault = written.parse::<StateUrl>().unwrap_err();
            assert!(!fault.message.contains("hunter2"), "{fault:?}");
            assert!(!fault.hint.is_empty());
        }
    }
}
