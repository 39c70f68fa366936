//! Why Ocean does not show what it should: from the symptoms of Ocean's article, the grid, the sync and Ocean's
//! list of providers to the causes, cheap ones that are no permissions first, and to the manifest lines that mend
//! what the grid lacks.
//!
//! Pure, and about the *grid*: what a person can or cannot see is never said. Start reading at [`diagnose()`].

mod find;
mod mend;
mod rows;
mod sync;
mod value;

pub use find::{Inputs, OceanRead, TickedRows, diagnose};
pub use mend::{Mended, Text, Unmended, entries, mend};
pub use sync::LastWrite;
pub use value::{Cause, Diagnosis, Known, Obstacle, ProviderDiagnosis, Remedy, RowDiagnosis};
