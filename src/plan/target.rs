//! Limiting a plan to some offices, providers or columns.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Cells, Column, Columns, Level, OfficeId, ProviderId, RowKey};

/// One office, provider or column.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// Rows of this office.
    Office(OfficeId),
    /// Rows of this provider, in every office.
    Provider(ProviderId),
    /// This column of every row.
    Column(Column),
}

/// What a plan is limited to. Targets of one kind add up; different kinds must all hold; what is
/// excluded is out in any case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Targets {
    /// From `-target`; empty is everything.
    pub only: Vec<Target>,
    /// From `-exclude`.
    pub except: Vec<Target>,
}

impl Targets {
    /// Whether nothing is limited.
    pub fn is_everything(&self) -> bool {
        let Self { only, except } = self;
        only.is_empty() && except.is_empty()
    }

    /// The part of a change that is in scope: `after` with every cell that is out put back.
    ///
    /// The date belongs to all columns of the row. It moves only if every column that the row holds
    /// is in scope; a row whose grant would outlast the manifest's date without it is left out.
    pub fn cut(&self, key: RowKey, before: Cells, after: Cells) -> Cells {
        if self.is_everything() {
            return after;
        }
        if !self.has_row(key) {
            return before;
        }
        let columns = Columns::from_fn(|column| {
            let cells = if self.has_column(column) { after } else { before };
            cells.columns().get(column)
        });
        let holds = |column: Column| before.columns().get(column) > Level::None;
        if Column::ALL.into_iter().all(|column| !holds(column) || self.has_column(column)) {
            return Cells::new(columns, after.until());
        }
        let kept = Cells::new(columns, before.until());
        let outlasts = kept.count_above(before) > 0
            && after.until().is_some_and(|end| kept.until().is_none_or(|kept| kept > end));
        if outlasts { before } else { kept }
    }

    /// Whether any row of an office can be in scope.
    pub fn may_touch(&self, office: OfficeId) -> bool {
        let mut offices =
            self.only.iter().filter(|target| matches!(target, Target::Office(_))).peekable();
        let chosen =
            offices.peek().is_none() || offices.any(|target| *target == Target::Office(office));
        chosen && !self.except.contains(&Target::Office(office))
    }

    /// Whether the row can be in scope.
    pub(super) fn has_row(&self, key: RowKey) -> bool {
        let is = |target: &Target| match *target {
            Target::Office(office) => Some(office == key.office),
            Target::Provider(provider) => Some(provider == key.provider),
            Target::Column(_) => None,
        };
        let kind = |want_office: bool| {
            let mut of_kind = self
                .only
                .iter()
                .filter(|target| match target {
                    Target::Office(_) => want_office,
                    Target::Provider(_) => !want_office,
                    Target::Column(_) => false,
                })
                .peekable();
            of_kind.peek().is_none() || of_kind.any(|target| is(target) == Some(true))
        };
        kind(true) && kind(false) && !self.except.iter().any(|target| is(target) == Some(true))
    }

    fn has_column(&self, column: Column) -> bool {
        let mut columns = self
            .only
            .iter()
            .filter_map(|target| match target {
                Target::Column(column) => Some(*column),
                Target::Office(_) | Target::Provider(_) => None,
            })
            .peekable();
        let chosen = columns.peek().is_none() || columns.any(|chosen| chosen == column);
        chosen && !self.except.contains(&Target::Column(column))
    }
}
