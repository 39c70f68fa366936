//! What a fleet costs: the plan of 100 and of 1,000 clinics beside the bare loop of
//! `examples/floor.rs`, each in a process of its own, the simulator in another.
//!
//! ```console
//! cargo bench --bench fleet               # plan; -- rounds=9 for more rounds
//! cargo bench --bench fleet -- apply=64   # apply of all clinics, so many at once
//! ```
//!
//! The budgets, and what was measured, are in `docs/performance.md`.
#![expect(clippy::disallowed_methods, reason = "a stopwatch around processes")]

use std::error::Error;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use tempfile::TempDir;

#[path = "../examples/floor.rs"]
mod floor;

type Failure = Box<dyn Error + Send + Sync>;

const PROGRAM: &str = env!("CARGO_BIN_EXE_accuroform");
/// Set for the process in which this program is the floor.
const FLOOR: &str = "ACCUROFORM_BENCH_FLOOR";
const SIZES: [usize; 2] = [100, 1000];
const MIB: f64 = 1024.0;

/// What is run against a fleet.
const FLOORS: usize = 0;
const PLAN_OUT: usize = 2;
const NAMES: [&str; 3] = ["floor", "plan", "plan -out"];

fn main() -> Result<(), Failure> {
    if env::var_os(FLOOR).is_some() {
        return floor::main();
    }
    let asked = |key: &str| {
        let value = env::args().find_map(|word| word.strip_prefix(key).map(str::to_owned));
        value.map(|value| value.parse::<usize>()).transpose()
    };
    match asked("apply=")? {
        Some(parallel) => apply(parallel),
        None => plans(asked("rounds=")?.unwrap_or(5)),
    }
}

/// A simulator of so many clinics, and the fleet that it wrote.
struct Simulated {
    process: Child,
    folder: TempDir,
}

impl Simulated {
    fn start(clinics: usize) -> Result<Self, Failure> {
        let folder = TempDir::new()?;
        let mut process = Command::new(PROGRAM)
            .args(["sim", "--generate"])
            .arg(format!("clinics={clinics},offices=4,providers=25,seed=1"))
            .arg("--fleet")
            .arg(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let stdout = process.stdout.take().ok_or("the simulator has no output")?;
        let simulated = Self { process, folder };
        // It says where the fleet is once it serves.
        let mut lines = BufReader::new(stdout).lines();
        while !lines.next().ok_or("the simulator ended")??.starts_with("fleet: ") {}
        Ok(simulated)
    }

    fn manifest(&self) -> PathBuf {
        self.folder.path().join("fleet.yaml")
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        // An error means that it ended by itself.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// What one process took.
#[derive(Clone, Copy)]
struct Cost {
    seconds: f64,
    /// The most memory that it held, in KiB.
    peak: f64,
}

/// Runs a process to its end, which must be a good one.
fn run(command: &mut Command) -> Result<Cost, Failure> {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let mut peak = 0.0_f64;
    let status = loop {
        peak = peak.max(high_water(child.id()).unwrap_or(0.0));
        if let Some(status) = child.try_wait()? {
            break status;
        }
        thread::sleep(Duration::from_millis(5));
    };
    let seconds = start.elapsed().as_secs_f64();
    if status.success() {
        Ok(Cost { seconds, peak })
    } else {
        Err(format!("{command:?}: {status}").into())
    }
}

fn high_water(process: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

fn command(what: usize, simulated: &Simulated) -> Result<Command, Failure> {
    let folder = simulated.folder.path();
    if what == FLOORS {
        let mut command = Command::new(env::current_exe()?);
        command.env(FLOOR, "1").arg(folder).args(["--concurrency", "16"]);
        return Ok(command);
    }
    let mut command = Command::new(PROGRAM);
    command.arg("plan").arg(simulated.manifest());
    if what == PLAN_OUT {
        command.arg("-out").arg(folder.join("plans.bundle"));
    }
    Ok(command)
}

/// The costs of every round, by size and by what was run.
type Costs = [[Vec<Cost>; NAMES.len()]; SIZES.len()];

/// Plans both fleets in turn with the floor, so that what else the machine does falls on all.
fn plans(rounds: usize) -> Result<(), Failure> {
    let fleets = [Simulated::start(SIZES[0])?, Simulated::start(SIZES[1])?];
    let mut costs = Costs::default();
    for round in 0..=rounds {
        for (fleet, costs) in fleets.iter().zip(&mut costs) {
            for (what, costs) in costs.iter_mut().enumerate() {
                let cost = run(&mut command(what, fleet)?)?;
                // The first round warms up.
                if round > 0 {
                    costs.push(cost);
                }
            }
        }
    }
    let mut out = io::stdout();
    writeln!(out, "\nmedian of {rounds} rounds (least - most)\n")?;
    writeln!(out, "clinics  what       seconds                 x floor               peak MiB")?;
    for (clinics, costs) in SIZES.iter().zip(&costs) {
        for (name, measured) in NAMES.iter().zip(costs) {
            let seconds = Spread::of(measured.iter().map(|cost| cost.seconds));
            let pairs = measured.iter().zip(&costs[FLOORS]);
            let ratio = Spread::of(pairs.map(|(cost, floor)| cost.seconds / floor.seconds));
            let peak = measured.iter().map(|cost| cost.peak / MIB).fold(0.0, f64::max);
            writeln!(
                out,
                "{clinics:>7}  {name:<9}  {:<22}  {:<20}  {peak:.0}",
                seconds.to_string(),
                ratio.to_string()
            )?;
        }
    }
    let [small, large] = &costs;
    for (name, (small, large)) in NAMES.iter().zip(small.iter().zip(large)) {
        let pairs = large.iter().zip(small);
        let growth = Spread::of(pairs.map(|(large, small)| large.seconds / small.seconds));
        writeln!(out, "{name}: 10 times the clinics take {growth} times as long")?;
    }
    Ok(())
}

/// Applies all of a fleet once: the simulator remembers what was written.
fn apply(parallel: usize) -> Result<(), Failure> {
    for clinics in SIZES {
        let simulated = Simulated::start(clinics)?;
        let manifest = simulated.manifest();
        allow(parallel, &manifest)?;
        let cost = run(Command::new(PROGRAM).arg("apply").arg("-auto-approve").arg(&manifest))?;
        writeln!(
            io::stdout(),
            "apply of {clinics} clinics, {parallel} at once: {:.1} s, peak {:.0} MiB",
            cost.seconds,
            cost.peak / MIB
        )?;
    }
    Ok(())
}

/// Lets so many clinics be applied at once.
fn allow(parallel: usize, manifest: &Path) -> Result<(), Failure> {
    let text = fs::read_to_string(manifest)?;
    let more = text.replace("rollout:\n", &format!("rollout:\n  max_parallel: {parallel}\n"));
    Ok(fs::write(manifest, more)?)
}

/// Median, least and most.
struct Spread {
    median: f64,
    least: f64,
    most: f64,
}

impl Spread {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        let at = |at: usize| values.get(at).copied().unwrap_or(f64::NAN);
        let last = values.len().saturating_sub(1);
        Self { median: at(last / 2), least: at(0), most: at(last) }
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { median, least, most } = self;
        write!(f, "{median:.2} ({least:.2} - {most:.2})")
    }
}
