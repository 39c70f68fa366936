//! Ctrl-C and SIGTERM. They are caught only while something is being written or waited for: before
//! that they end the program at once, because there is nothing to lose.

use std::io::Write as _;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::exit::Exit;
use super::failure::Failure;

/// The interrupts since it was made: none is missed between two waits.
struct Interrupts {
    #[cfg(unix)]
    interrupt: Option<Signal>,
    #[cfg(unix)]
    terminate: Option<Signal>,
}

#[cfg(unix)]
impl Interrupts {
    fn caught() -> Self {
        let interrupt = signal(SignalKind::interrupt()).ok();
        Self { interrupt, terminate: signal(SignalKind::terminate()).ok() }
    }

    async fn next(&mut self) {
        tokio::select! {
            () = received(self.interrupt.as_mut()) => {}
            () = received(self.terminate.as_mut()) => {}
        }
    }
}

/// Waits for a signal; for ever where it cannot be caught, because then it ends the program.
#[cfg(unix)]
async fn received(signal: Option<&mut Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

#[cfg(not(unix))]
impl Interrupts {
    const fn caught() -> Self {
        Self {}
    }

    async fn next(&mut self) {
        drop(tokio::signal::ctrl_c().await);
    }
}

/// Waits for the next interrupt.
pub(super) async fn once() {
    Interrupts::caught().next().await;
}

/// The code of a work that a second interrupt ended.
const AT_ONCE: &str = "A001";

/// Whether a second interrupt ended the work: what it had begun may still be under way.
pub(super) fn ended_at_once(failure: &Failure) -> bool {
    failure.code == Some(AT_ONCE)
}

/// Runs `work`. The first interrupt cancels `stop`, so that the work ends in order; the second ends
/// it at once. They are caught before the work begins.
pub(super) async fn guarded<T>(
    stop: &CancellationToken,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let mut interrupts = Interrupts::caught();
    let twice = async {
        interrupts.next().await;
        stop.cancel();
        drop(writeln!(
            std::io::stderr(),
            "\ninterrupted: finishing what is in flight; a second Ctrl-C ends at once"
        ));
        interrupts.next().await;
    };
    tokio::select! {
        result = work => result,
        () = twice => Err(Failure::new(
            Exit::Incomplete,
            AT_ONCE,
            "ended at once; what was in flight may have been written",
            "run the command again: it reads what is there and goes on from it",
        )),
    }
}
