//! Methods, their runs under an estimated gradient, and the traces that these leave.

mod bound;
mod emission;
pub mod language;
mod linear;
mod recording;
mod run;
mod table;
mod trace;

pub use bound::{BoundMethod, Misfit};
pub use emission::{Emission, End, Legality, StoredRun};
pub use linear::{InCoordinates, Space, forward, towards};
pub use run::{Drawn, Emitted, Experiment, Reached, Runner, Stopped, start_error, visited_gradient_bound};
pub use table::{Recorded, Table};
pub use trace::{KnownTrace, Limit, OutcomeTrace, RunTrace, Stored, Until, squared_distance};
