//! The shards that hold clinics, in the form in which CI systems take a matrix of jobs.

use thiserror::Error;

use super::shard::Shard;

/// Whose form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatrixFormat {
    /// One line of JSON for `strategy: {matrix: ${{ fromJSON(..) }}}`.
    Github,
    /// YAML with the hidden job `.shards`, which sets `SHARD`. GitLab takes no matrix from a variable, so
    /// this is a file of a child pipeline: keep it as an artifact, and name it beside the file with
    /// the jobs in `trigger: include:`; a job with `extends: .shards` runs once a shard.
    Gitlab,
}

/// A matrix that cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MatrixError {
    /// No fleet is cut into so many parts.
    #[error("a fleet cannot be cut into {0} shards")]
    Count(u32),
    /// More jobs than the CI system takes.
    #[error("{shards} shards hold clinics, and one matrix has at most {most} jobs")]
    Jobs {
        /// How many there would be.
        shards: usize,
        /// How many there may be.
        most: usize,
    },
}

impl MatrixError {
    /// A stable code that a user may search for.
    pub const fn code(&self) -> &'static str {
        "R012"
    }

    /// What to do next.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Count(_) => "ask for 1 to 10000 shards",
            Self::Jobs { .. } => "ask for fewer shards",
        }
    }
}

/// The matrix of those of `of` shards that hold any of the clinics: an empty job is none.
pub fn matrix<'a>(
    format: MatrixFormat,
    of: u32,
    clinics: impl IntoIterator<Item = &'a str>,
) -> Result<String, MatrixError> {
    if Shard::new(1, of).is_none() {
        return Err(MatrixError::Count(of));
    }
    let shards: Vec<String> =
        Shard::populated(of, clinics).into_iter().map(|shard| format!("\"{shard}\"")).collect();
    let most = match format {
        MatrixFormat::Github => 256,
        MatrixFormat::Gitlab => 200,
    };
    if shards.len() > most {
        return Err(MatrixError::Jobs { shards: shards.len(), most });
    }
    Ok(match format {
        MatrixFormat::Github => format!("{{\"shard\":[{}]}}\n", shards.join(",")),
        MatrixFormat::Gitlab => {
            format!(".shards:\n  parallel:\n    matrix:\n      - SHARD: [{}]\n", shards.join(", "))
        }
    })
}
