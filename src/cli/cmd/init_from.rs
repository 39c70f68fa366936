//! `init --from`: what a manifest says of a clinic that is there, by its bridge or by its world file.

use std::path::{Component, Path, PathBuf};

use crate::cli::args_files::OwnClinic;
use crate::cli::clinic::read_bounded;
use crate::cli::cmd::init::answers as asked;
use crate::cli::cmd::init_files::{Answers, Connection};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::printer::Printer;
use crate::sim::{World, WorldError};

/// What the clinic's own sources, flags and answers say. A bridge says nothing of itself: what it does not
/// know is asked, or told by flags.
pub(super) fn answers(
    from: &str,
    own: &OwnClinic,
    folder: &Path,
    printer: &mut Printer,
) -> Result<Answers, Failure> {
    if from.starts_with("https://") || from.starts_with("http://") {
        let own = OwnClinic { url: Some(from.to_owned()), ..own.clone() };
        // There is a URL, so a clinic of one's own is meant.
        return asked(&own, printer)?.ok_or_else(|| incomplete("--id"));
    }
    let OwnClinic { id, name, tenant, site, timezone, url: _, ci: _ } = own.clone();
    let world = read(Path::new(from))?;
    let id = id.unwrap_or_else(|| slug(&world.tenant));
    let site = site.or_else(|| world.ocean.map(|ocean| ocean.site));
    Ok(Answers {
        id: Some(id).filter(|id| !id.is_empty()).ok_or_else(|| incomplete("--id"))?,
        name: name.or(world.name),
        tenant: tenant.unwrap_or(world.tenant),
        site: site.ok_or_else(|| incomplete("--site"))?,
        timezone,
        connection: Connection::World(way(folder, Path::new(from))),
    })
}

fn incomplete(flag: &str) -> Failure {
    Failure::new(
        Exit::Error,
        "U010",
        format!("the manifest of this clinic needs {flag}"),
        "add this flag: it cannot be found out",
    )
}

fn read(path: &Path) -> Result<World, Failure> {
    let hint = "name a bridge (https://…) or a world file of the simulator";
    let failed = |problem: String| {
        let message = format!("cannot read the world {}: {problem}", path.display());
        Failure::new(Exit::Error, "C013", message, hint)
    };
    let bytes = read_bounded(path).map_err(|error| failed(error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| failed("it is not UTF-8".to_owned()))?;
    World::parse(&text).map_err(|error| {
        let problem = match &error {
            WorldError::Syntax(source) => format!("{error}: {source}"),
            WorldError::Faults { .. } | WorldError::Write { .. } => error.to_string(),
        };
        failed(problem)
    })
}

/// A clinic id after the tenant.
fn slug(tenant: &str) -> String {
    let lower = tenant.to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let slug: String = words.collect::<Vec<_>>().join("-").chars().take(63).collect();
    slug.trim_end_matches('-').to_owned()
}

/// The way from a folder to a file.
fn way(folder: &Path, file: &Path) -> String {
    let absolute = |path: &Path| -> PathBuf {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        absolute.components().filter(|part| *part != Component::CurDir).collect()
    };
    let (from, to) = (absolute(folder), absolute(file));
    let shared = from.components().zip(to.components()).take_while(|(one, two)| one == two).count();
    let up = from.components().skip(shared);
    let is_plain = up.clone().all(|part| matches!(part, Component::Normal(_)));
    let way: PathBuf =
        up.map(|_| Component::ParentDir).chain(to.components().skip(shared)).collect();
    // Behind a link `..` leads elsewhere, and from the root on there is a way in any case.
    let leads = !folder.exists() || folder.join(&way).exists();
    let way = if is_plain && shared > 0 && leads { way } else { to };
    way.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_leads_from_the_folder_to_the_file() {
        let leads = |folder: &str, file: &str| way(Path::new(folder), Path::new(file));
        assert_eq!(leads(".", "Cargo.toml"), "Cargo.toml");
        assert_eq!(leads("nowhere/new", "worlds/a.yaml"), "../../worlds/a.yaml");
        assert_eq!(leads("nowhere", "nowhere/world.yaml"), "world.yaml");
        assert!(Path::new(&leads("a/../b", "world.yaml")).is_absolute());
    }

    #[test]
    fn an_id_is_made_of_the_tenant() {
        assert_eq!(slug("LAKESIDE"), "lakeside");
        assert_eq!(slug("St. Mary's (North)"), "st-mary-s-north");
        assert_eq!(slug("—"), "");
        assert_eq!(slug(&"x".repeat(80)).len(), 63);
    }
}
