//! Every folder of `tests/fleets`: a fleet manifest and its clinics, judged by the checker and by the
//! schema.
//!
//! The fleet manifest of an invalid one says in its first lines what is wrong in which file, and
//! whether an editor can see it: `# expect: fleet.yaml M041 7:5` and `# schema: refuses` or
//! `# schema: cannot see`. What the defaults get wrong is listed with every clinic here; the program
//! says it once.

use std::fs;
use std::path::{Path, PathBuf};

use accuroform::diagnostic::{Diagnostic, Severity};
use accuroform::manifest::{self, Loaded, LoadedFleet, Source};
use jiff::civil::date;

/// A fleet manifest and the manifests of its clinics, read as the program reads them.
pub(crate) struct Fleet {
    pub(crate) loaded: LoadedFleet,
    pub(crate) clinics: Vec<Loaded>,
}

impl Fleet {
    /// Reads texts as `fleet.yaml` and `clinics/NAME.yaml`.
    pub(crate) fn of(fleet: impl AsRef<[u8]>, clinics: &[(&str, Vec<u8>)]) -> Self {
        let loaded = manifest::load_fleet("fleet.yaml", fleet.as_ref());
        let layer = loaded.fleet.as_ref().map(|(_, layer)| layer.clone());
        let clinic = |(name, text): &(&str, Vec<u8>)| {
            let path = format!("clinics/{name}.yaml");
            Some(layer.as_ref()?.clinic(&path, text, "..", Some(date(2026, 11, 23))))
        };
        let clinics = clinics.iter().filter_map(clinic).collect();
        Self { loaded, clinics }
    }

    pub(crate) fn in_folder(folder: &Path) -> Self {
        let mut paths: Vec<PathBuf> = fs::read_dir(folder.join("clinics"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        let clinics: Vec<(String, Vec<u8>)> = paths
            .iter()
            .map(|path| {
                let name = path.file_stem().unwrap().to_string_lossy().into_owned();
                (name, fs::read(path).unwrap())
            })
            .collect();
        let clinics: Vec<(&str, Vec<u8>)> =
            clinics.iter().map(|(name, text)| (name.as_str(), text.clone())).collect();
        Self::of(fs::read(folder.join("fleet.yaml")).unwrap(), &clinics)
    }

    /// Every file's source with its findings.
    pub(crate) fn findings(&self) -> Vec<(&Source, &Diagnostic)> {
        let own = self.loaded.findings.iter().map(|finding| (&self.loaded.source, finding));
        let clinics = self
            .clinics
            .iter()
            .flat_map(|clinic| clinic.findings.iter().map(|finding| (&clinic.source, finding)));
        own.chain(clinics).collect()
    }

    /// Which codes are where: `clinics/a.yaml M040 6:3`.
    pub(crate) fn places(&self) -> Vec<String> {
        let place = |(source, finding): (&Source, &Diagnostic)| {
            let span = finding.span.unwrap();
            let files = source.files();
            let file = files.iter().find(|file| file.layer == span.layer).unwrap();
            assert!(file.text.get(span.start..span.end).is_some(), "{finding:?}");
            format!("{} {} {}:{}", file.name, finding.code, span.line, span.column)
        };
        self.findings().into_iter().map(place).collect()
    }

    pub(crate) fn is_sound(&self) -> bool {
        let clinics = || self.clinics.iter().all(|clinic| clinic.manifest.is_some());
        self.loaded.fleet.is_some() && clinics()
    }
}

fn folders(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fleets").join(kind);
    let mut folders: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

/// Whether an editor accepts the fleet manifest; `None` where it is no YAML to it.
fn schema_accepts(folder: &Path) -> Option<bool> {
    // It must not reach a reader that expands it.
    if folder.ends_with("alias_bomb") {
        return None;
    }
    let text = fs::read(folder.join("fleet.yaml")).unwrap();
    let validator = jsonschema::validator_for(manifest::fleet_schema()).unwrap();
    let json = serde_yaml::from_slice::<serde_json::Value>(&text).ok()?;
    Some(validator.is_valid(&json))
}

#[test]
fn valid_fleets_are_accepted_by_both() {
    let mut folders = folders("valid");
    assert!(folders.len() >= 4);
    folders.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/fleet"));
    for folder in folders {
        let fleet = Fleet::in_folder(&folder);
        assert_eq!(fleet.places(), [""; 0], "{}", folder.display());
        assert!(fleet.is_sound() && !fleet.clinics.is_empty(), "{}", folder.display());
        assert_eq!(schema_accepts(&folder), Some(true), "{}", folder.display());
    }
}

#[test]
fn invalid_fleets_are_refused_where_they_say() {
    let folders = folders("invalid");
    assert!(folders.len() >= 30);
    let mut wrong = Vec::new();
    for folder in folders {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(folder.join("fleet.yaml")).unwrap();
        let comment = |key: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(key));
            line.unwrap_or_else(|| panic!("{name} says not what to expect")).trim().to_owned()
        };
        let fleet = Fleet::in_folder(&folder);
        assert!(!fleet.is_sound(), "{name} is accepted");
        for (_, finding) in fleet.findings() {
            assert!(finding.hint.is_some(), "{name}: {} without a hint", finding.code);
            assert!(!finding.message.ends_with('.'), "{name}: {}", finding.message);
            if finding.severity == Severity::Warning {
                assert_eq!(finding.code.as_str(), "M028", "{name}: {}", finding.message);
            }
        }
        let (expected, found) = (comment("# expect:"), fleet.places().join(", "));
        if found != expected {
            wrong.push(format!("{name}: expected {expected}, found {found}"));
        }
        let accepts = schema_accepts(&folder);
        let agrees = match comment("# schema:").as_str() {
            "refuses" => accepts == Some(false),
            "cannot see" => accepts != Some(false),
            other => panic!("{name}: {other}"),
        };
        if !agrees {
            wrong.push(format!("{name}: the schema says {accepts:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The first two blocks of docs/fleets.md are a fleet manifest and a clinic of it.
#[test]
fn the_fleet_of_the_documentation_is_valid() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/fleets.md");
    let page = fs::read_to_string(page).unwrap();
    let blocks: Vec<&str> =
        page.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    let fleet = Fleet::of(blocks[0], &[("mill-pond", blocks[1].as_bytes().to_vec())]);
    assert_eq!(fleet.places(), [""; 0]);
    assert!(fleet.is_sound());
}
