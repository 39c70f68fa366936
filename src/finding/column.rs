//! What is known of each column, by whom, and what is not known. `explain column` and `diagnose` share it.

use super::origin::{Origin, Statement};
use super::symptom::Symptom;
use crate::model::{Column, Level};

/// What Accuro's guide says that the column gives.
const fn gives(column: Column) -> &'static str {
    match column {
        Column::Patient => "change a patient's provider",
        Column::Scheduling => "view and change the provider's appointments",
        Column::Billing => "view and change bills and claims",
        Column::Inbox => "the provider's inbox",
        Column::Emr => "the provider can be chosen in EMR lists",
        Column::Labs => "tests and results",
        Column::Reporting => "the provider appears in reports",
        Column::Visible => "the provider appears in selection lists",
        Column::PrescribeFor => "the provider's prescriptions",
    }
}

/// Whether Accuro's API looks at the column, by the guides.
const fn is_enforced(column: Column) -> bool {
    matches!(
        column,
        Column::Patient | Column::Scheduling | Column::Billing | Column::Emr | Column::Labs
    )
}

/// What Ocean's article asks for.
pub const REMEDY: &str = "all six columns, Patient, Scheduling, Billing, EMR, Labs and Visible, for each office and each provider, then a full sync";

/// The symptoms that are assumed to come from these columns.
pub fn likely(columns: &[Column]) -> Vec<Symptom> {
    let needs = |symptom: &Symptom| symptom.columns().iter().any(|one| columns.contains(one));
    Symptom::ALL.into_iter().filter(needs).collect()
}

/// Everything that is known of a column.
pub fn known(column: Column) -> Vec<Statement> {
    let title = column.title();
    let mut known = vec![Statement::new(Origin::AccuroGuide, format!("gives: {}", gives(column)))];
    match column {
        Column::Scheduling => known.push(Statement::new(
            Origin::AccuroGuide,
            "its next and previous need Visible: the one dependency that is documented",
        )),
        Column::Visible => known.push(Statement::new(
            Origin::AccuroGuide,
            "Scheduling's next and previous need it: the one dependency that is documented",
        )),
        Column::Patient
        | Column::Billing
        | Column::Inbox
        | Column::Emr
        | Column::Labs
        | Column::Reporting
        | Column::PrescribeFor => {}
    }
    known.push(Statement::new(
        Origin::AccuroGuides,
        "some columns know read-only beside full; which ones is not documented, so the server decides",
    ));
    known.push(if is_enforced(column) {
        let text = "Accuro's API enforces it: its lists leave out what the user may not read, without an error";
        Statement::new(Origin::AccuroGuides, text)
    } else {
        let text = "not one of the columns that Accuro's API is documented to enforce (Patient, Scheduling, Billing, EMR, Labs)";
        Statement::new(Origin::AccuroGuides, text)
    });
    known.push(if Column::OCEAN.contains(&column) {
        Statement::new(
            Origin::OceanArticle,
            "Ocean asks for it, in each office and for each provider schedule",
        )
    } else {
        let text =
            "the article does not ask for it: on Ocean's user it is more than the integrator asked for";
        Statement::new(Origin::OceanArticle, text)
    });
    let symptoms: Vec<&str> = likely(&[column]).into_iter().map(Symptom::key).collect();
    if !symptoms.is_empty() {
        let text = format!(
            "without {title} at full, likely: {}; the article maps no symptom to one column",
            symptoms.join(", ")
        );
        known.push(Statement::new(Origin::Assumed, text));
    }
    known
}

/// What a row is below, of Ocean's six: `Scheduling none; Labs, EMR read-only`.
pub fn below_ocean(lacks: &[(Column, Level)]) -> String {
    let at = |level: Level| {
        let columns = lacks.iter().filter(|(_, is)| *is == level).map(|(column, _)| column.title());
        let columns: Vec<&str> = columns.collect();
        (!columns.is_empty()).then(|| format!("{} {level}", columns.join(", ")))
    };
    Level::ALL.into_iter().filter_map(at).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_says_what_it_gives_and_whether_ocean_asks_for_it() {
        for column in Column::ALL {
            let known = known(column);
            assert_eq!(known[0].origin, Origin::AccuroGuide);
            let article: Vec<_> =
                known.iter().filter(|one| one.origin == Origin::OceanArticle).collect();
            assert_eq!(article.len(), 1);
            let asks = article[0].text.starts_with("Ocean asks");
            assert_eq!(asks, Column::OCEAN.contains(&column), "{column}");
            // What no vendor says about one column is never told without the label.
            for one in known {
                assert_eq!(one.text.contains("likely"), one.origin == Origin::Assumed);
            }
        }
    }

    #[test]
    fn what_a_row_is_below_is_told_by_level() {
        let lacks = [
            (Column::Patient, Level::None),
            (Column::Emr, Level::ReadOnly),
            (Column::Labs, Level::None),
        ];
        assert_eq!(below_ocean(&lacks), "Patient, Labs none; EMR read-only");
    }
}
