//! Signals that end long work early, with the report of what was done.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::{ExitCode, Failure};

/// Which signal has come, if any.
pub(super) struct Signals {
    come: Arc<AtomicUsize>,
}

impl Signals {
    /// Waits for Ctrl-C and SIGTERM from now on. The second one ends the program at once.
    pub fn awaited() -> Result<Self, Failure> {
        let come = Arc::new(AtomicUsize::new(0));
        let again = Arc::new(AtomicBool::new(false));
        for (signal, code) in [(SIGINT, ExitCode::Interrupted), (SIGTERM, ExitCode::Terminated)] {
            let number = usize::try_from(signal).unwrap_or_default();
            flag::register_conditional_shutdown(signal, code as i32, Arc::clone(&again))
                .and_then(|_| flag::register(signal, Arc::clone(&again)))
                .and_then(|_| flag::register_usize(signal, Arc::clone(&come), number))
                .map_err(|err| Failure::internal(format!("cannot wait for signals: {err}")))?;
        }
        Ok(Signals { come })
    }

    /// How the program is to end because of the signal that has come.
    pub fn come(&self) -> Option<ExitCode> {
        match i32::try_from(self.come.load(Ordering::Relaxed)) {
            Ok(SIGINT) => Some(ExitCode::Interrupted),
            Ok(SIGTERM) => Some(ExitCode::Terminated),
            _ => None,
        }
    }
}
