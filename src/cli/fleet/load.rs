//! A fleet manifest and the manifests of its clinics.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::thread;

use glob::MatchOptions;
use jiff::tz::TimeZone;

use crate::bridge::{HostLimits, Traffic};
use crate::cli::clinic::{Clinic, note_findings, print_findings, read_bounded, state_of};
use crate::cli::env::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::printer::Printer;
use crate::diagnostic::{Code, Diagnostic, Severity, Span};
use crate::manifest::{
    self, AccuroConnection, FILLED_IN, Fleet, FleetLayer, Limits, Loaded, Source, Wave, Worksheet,
};
use crate::rollout::{FleetClinic, WaveRule, check_waves};
use crate::state::{State, StateError};

/// How many clinics' manifests are in memory at once while a fleet is read.
const BATCH: usize = 64;

/// As a shell matches: what begins with a dot is found by its whole name alone.
const GLOB: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

/// A fleet whose manifests are all sound.
#[derive(Clone)]
pub(in crate::cli) struct FleetFile {
    pub(in crate::cli) fleet: Fleet,
    pub(in crate::cli) source: Source,
    pub(in crate::cli) path: PathBuf,
    /// Its clinics, ordered by id.
    pub(in crate::cli) members: Vec<Member>,
    layer: FleetLayer,
    /// What its clinics' connections share.
    pub(in crate::cli) traffic: Arc<Traffic>,
    /// Where bundles and rollouts are kept, and what its clinics keep where they name the same.
    pub(in crate::cli) state: Result<State, StateError>,
}

/// A clinic of a fleet: as little of it as choosing needs, because a fleet may have thousands.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Member {
    pub(in crate::cli) id: String,
    pub(in crate::cli) tags: BTreeSet<String>,
    pub(in crate::cli) path: PathBuf,
}

/// What a fleet's manifests say, and everything that was found in them.
pub(in crate::cli) struct Checked {
    /// `None` where any finding is an error.
    pub(in crate::cli) file: Option<FleetFile>,
    /// The findings, by file; each is there once, however many clinics inherit it.
    pub(in crate::cli) findings: Vec<(Source, Vec<Diagnostic>)>,
}

impl Checked {
    /// `fleet.yaml is valid: Riverbend, 6 clinics`.
    pub(in crate::cli) fn verdict(&self, path: &Path) -> String {
        let path = path.display();
        if let Some(file) = &self.file {
            let count = super::clinics(file.members.len());
            return format!("{path} is valid: {}, {count}", file.fleet.name);
        }
        let errors = self.errors();
        let noun = if errors == 1 { "error" } else { "errors" };
        format!("the fleet of {path} has {errors} {noun}")
    }

    /// How many findings are errors.
    pub(in crate::cli) fn errors(&self) -> usize {
        let findings = self.findings.iter().flat_map(|(_, findings)| findings);
        findings.filter(|finding| finding.severity == Severity::Error).count()
    }
}

impl FleetFile {
    /// Reads and checks a fleet manifest and the manifests of all its clinics, and prints what it
    /// finds.
    pub(in crate::cli) fn load(
        path: &Path,
        bytes: &[u8],
        environment: &Environment,
        printer: &mut Printer,
    ) -> Result<Self, Failure> {
        let checked = Self::check(path, bytes, environment)?;
        for (source, findings) in &checked.findings {
            print_findings(source, findings, printer);
            note_findings(source, findings, printer);
        }
        let verdict = checked.verdict(path);
        checked.file.ok_or_else(|| Failure::plain(Exit::Error, verdict))
    }

    /// Reads and checks a fleet manifest and the manifests of all its clinics.
    pub(in crate::cli) fn check(
        path: &Path,
        bytes: &[u8],
        environment: &Environment,
    ) -> Result<Checked, Failure> {
        let loaded = manifest::load_fleet(&path.to_string_lossy(), bytes);
        let source = loaded.source;
        let mut findings = vec![(source.clone(), loaded.findings)];
        let Some((fleet, layer)) = loaded.fleet else {
            return Ok(Checked { file: None, findings });
        };
        let Limits { clinics: _, calls_per_host, requests_per_second_per_host } = fleet.limits;
        let limits =
            HostLimits { calls: calls_per_host, calls_per_second: requests_per_second_per_host };
        let traffic = Arc::new(Traffic::limited(limits));
        let state = state_of(path, fleet.state.as_ref(), environment);
        let mut file = Self {
            fleet,
            source,
            path: path.to_owned(),
            members: Vec::new(),
            layer,
            traffic,
            state,
        };
        let mut known = Known::default();
        let mut said = Said::default();
        let mut is_sound = true;
        let paths = file.paths()?;
        let read = paths.chunks(BATCH).flat_map(|paths| file.read_all(paths, environment));
        let mut members = Vec::new();
        for (path, loaded) in paths.iter().zip(read) {
            let Loaded { source, manifest, findings: mut found } = loaded?;
            said.once(&mut found);
            // A source holds the whole file.
            if !found.is_empty() {
                findings.push((source, found));
            }
            let Some(manifest) = manifest else {
                is_sound = false;
                continue;
            };
            known.must_be_new(&manifest, path)?;
            let id = manifest.clinic.id;
            let tags = manifest.clinic.tags.into_iter().collect();
            members.push(Member { id, tags, path: path.clone() });
        }
        file.members = members;
        file.members.sort_by(|one, two| one.id.cmp(&two.id));
        if is_sound {
            file.must_know_the_tags()?;
        }
        findings.retain(|(_, findings)| !findings.is_empty());
        Ok(Checked { file: is_sound.then_some(file), findings })
    }

    /// A wave by a tag that no clinic has would be empty: a typo, and a canary that sings for nobody.
    fn must_know_the_tags(&self) -> Result<(), Failure> {
        let rules: Vec<WaveRule> = self.fleet.rollout.waves.iter().map(wave_rule).collect();
        let clinic =
            |member: &Member| FleetClinic { id: member.id.clone(), tags: member.tags.clone() };
        let clinics: Vec<FleetClinic> = self.members.iter().map(clinic).collect();
        match check_waves(&rules, &clinics).first() {
            None => Ok(()),
            Some(wrong) => {
                Err(Failure::new(Exit::Error, wrong.code(), wrong.to_string(), wrong.hint()))
            }
        }
    }

    /// A clinic by its id.
    pub(in crate::cli) fn member(&self, id: &str) -> Option<&Member> {
        let at = self.members.binary_search_by(|member| member.id.as_str().cmp(id)).ok()?;
        self.members.get(at)
    }

    /// The folder of the fleet manifest.
    pub(in crate::cli) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// The clinics' manifests, each once, in order.
    fn paths(&self) -> Result<Vec<PathBuf>, Failure> {
        let failed = |written: &str, problem: String| {
            let message = format!("cannot find the clinics `{written}`: {problem}");
            Failure::new(Exit::Error, "R030", message, "mend `clinics` in the fleet manifest")
        };
        let folder = glob::Pattern::escape(&self.folder().to_string_lossy());
        // By where it leads: two patterns may find one file in two ways.
        let mut known: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
        for written in &self.fleet.clinics {
            let pattern = Path::new(&folder).join(written);
            let found = glob::glob_with(&pattern.to_string_lossy(), GLOB)
                .map_err(|problem| failed(written, problem.to_string()))?;
            let mut any = false;
            for path in found {
                let path = path.map_err(|problem| failed(written, problem.to_string()))?;
                // A pattern may be wide enough to find the fleet manifest itself.
                if plain(&path) != plain(&self.path) {
                    any = true;
                    known.entry(plain(&path)).or_insert(path);
                }
            }
            if !any {
                return Err(failed(written, "there is no such file".to_owned()));
            }
        }
        Ok(known.into_values().collect())
    }

    /// Some clinics' manifests, read side by side; in order.
    fn read_all(
        &self,
        paths: &[PathBuf],
        environment: &Environment,
    ) -> Vec<Result<Loaded, Failure>> {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let part = |paths: &[PathBuf]| -> Vec<_> {
            paths.iter().map(|path| self.read(path, environment)).collect()
        };
        let share = paths.len().div_ceil(threads).max(1);
        thread::scope(|scope| {
            let parts: Vec<_> =
                paths.chunks(share).map(|paths| scope.spawn(move || part(paths))).collect();
            let join = |part: thread::ScopedJoinHandle<'_, Vec<_>>| {
                part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            parts.into_iter().flat_map(join).collect()
        })
    }

    fn read(&self, path: &Path, environment: &Environment) -> Result<Loaded, Failure> {
        let bytes = read_bounded(path).map_err(|error| {
            let message = format!("cannot read the manifest {}: {error}", path.display());
            Failure::new(Exit::Error, "M001", message, "check the file and its permissions")
        })?;
        Ok(self.over_defaults(path, &bytes, environment))
    }

    /// A clinic's manifest over the fleet's defaults, whatever its file holds now.
    pub(in crate::cli) fn over_defaults(
        &self,
        path: &Path,
        bytes: &[u8],
        environment: &Environment,
    ) -> Loaded {
        let today = environment.clock.now().to_zoned(TimeZone::UTC).date();
        let folder = way_back(path, self.folder());
        self.layer.clinic(&path.to_string_lossy(), bytes, &folder, Some(today))
    }

    /// One clinic over the fleet's defaults. It was sound when the fleet was loaded.
    pub(in crate::cli) fn clinic(
        &self,
        member: &Member,
        environment: &Environment,
    ) -> Result<Clinic, Failure> {
        let Loaded { source, manifest, findings: _ } = self.read(&member.path, environment)?;
        let moved = || {
            let message = format!("{} was changed while it was read", member.path.display());
            Failure::new(Exit::Error, "R031", message, "run the command again")
        };
        let manifest =
            manifest.filter(|manifest| manifest.clinic.id == member.id).ok_or_else(moved)?;
        Ok(Clinic::of_fleet(manifest, source, member.path.clone(), self, environment))
    }

    /// The merged document of one clinic with the place of every value.
    pub(in crate::cli) fn explained(
        &self,
        member: &Member,
        environment: &Environment,
    ) -> Result<Source, Failure> {
        Ok(self.read(&member.path, environment)?.source)
    }
}

/// A wave of the manifest as a rule.
pub(in crate::cli) fn wave_rule(wave: &Wave) -> WaveRule {
    let Wave { name, tags, percent } = wave;
    WaveRule { name: name.clone(), tags: tags.iter().cloned().collect(), percent: *percent }
}

/// The way from a clinic manifest's folder to the fleet's.
pub(in crate::cli) fn way_back(clinic: &Path, fleet: &Path) -> String {
    let (clinic, plain_fleet) = (plain(clinic), plain(fleet));
    let folder = clinic.parent().unwrap_or(Path::new(""));
    let below = folder.strip_prefix(&plain_fleet).ok();
    let is_below = |below: &&Path| !below.components().any(|part| part == Component::ParentDir);
    // The system resolves `..` behind a link by where the link leads.
    let real = |path: &Path| {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        path.canonicalize().ok()
    };
    let is_straight = |below: &&Path| match (real(folder), real(&plain_fleet)) {
        (Some(folder), Some(fleet)) => folder == fleet.join(below),
        (None, _) | (_, None) => true,
    };
    let steps = below.filter(is_below).filter(is_straight).map(|below| below.components().count());
    match steps {
        Some(0) => String::new(),
        Some(steps) => vec![".."; steps].join("/"),
        None => {
            let fleet = if fleet.as_os_str().is_empty() { Path::new(".") } else { fleet };
            std::path::absolute(fleet).unwrap_or_default().to_string_lossy().into_owned()
        }
    }
}

/// The path without `.`, and without `..` where it leads back.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match (part, plain.components().next_back()) {
            (Component::CurDir, _) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                plain.pop();
            }
            (part, _) => plain.push(part),
        }
    }
    plain
}

/// What is wrong with the defaults is wrong in every clinic, and said once.
#[derive(Default)]
struct Said(BTreeSet<(Span, Code)>);

impl Said {
    /// Leaves out what an earlier clinic said of the fleet manifest. What a placeholder became is
    /// of one clinic, and is said of each.
    fn once(&mut self, found: &mut Vec<Diagnostic>) {
        let of_fleet = |finding: &Diagnostic| {
            let is_filled_in = finding.related.iter().any(|related| related.label == FILLED_IN);
            let place = finding.span.filter(|span| !is_filled_in && !span.layer.is_clinic());
            place.map(|place| (place, finding.code))
        };
        found.retain(|finding| of_fleet(finding).is_none_or(|fault| !self.0.contains(&fault)));
        self.0.extend(found.iter().filter_map(of_fleet));
    }
}

/// What no two clinics of a fleet may share.
#[derive(Default)]
struct Known {
    ids: BTreeMap<String, PathBuf>,
    grids: BTreeMap<(String, String), PathBuf>,
}

impl Known {
    /// Two manifests of one clinic would undo each other.
    fn must_be_new(&mut self, manifest: &manifest::Manifest, path: &Path) -> Result<(), Failure> {
        let twice = |what: String, first: &Path| {
            let (path, first) = (path.display(), first.display());
            let message = format!("{path} and {first} are both {what}");
            Failure::new(Exit::Error, "R032", message, "keep one manifest for one clinic")
        };
        let id = &manifest.clinic.id;
        if let Some(first) = self.ids.insert(id.clone(), path.to_owned()) {
            return Err(twice(format!("the clinic `{id}`"), &first));
        }
        let place = match &manifest.connections.accuro {
            AccuroConnection::Embedded { world } => {
                plain(&path.with_file_name(world)).to_string_lossy().into_owned()
            }
            AccuroConnection::Worksheet(Worksheet { file, .. }) => {
                plain(&path.with_file_name(file)).to_string_lossy().into_owned()
            }
            AccuroConnection::Api(api) => api.url.trim_end_matches('/').to_owned(),
        };
        let tenant = &manifest.tenant;
        match self.grids.insert((place, tenant.clone()), path.to_owned()) {
            Some(first) => Err(twice(format!("the tenant `{tenant}` of one connection"), &first)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_leads_to_the_fleet() {
        let way = |clinic: &str, fleet: &str| way_back(Path::new(clinic), Path::new(fleet));
        assert_eq!(way("clinics/a.yaml", ""), "..");
        assert_eq!(way("region/clinics/east/a.yaml", "region"), "../..");
        assert_eq!(way("region/a.yaml", "region"), "");
        assert_eq!(way("clinics/a.yaml", "."), "..");
        assert_eq!(way("region/../region/clinics/a.yaml", "region"), "..");
        for outside in
            [("../other/a.yaml", "region"), ("region/../other/a.yaml", "region"), ("../a.yaml", "")]
        {
            assert!(Path::new(&way(outside.0, outside.1)).is_absolute(), "{outside:?}");
        }
    }
}
