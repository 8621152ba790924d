//! Calibration of the statistical verdicts: how often does the sequential test of `lemmata check` err
//! where it is known that it errs, and which errors of a constant does it find?
//!
//! *Null cells* are whole-run instances on which the expectation of the left-hand side is known exactly
//! and is the right-hand side. There `lhs ≤ rhs` is true, so that a refutation is a false alarm, and
//! `lhs ≥ rhs` is true as well, so that support is one of the other side. *Planted errors* move the
//! right-hand side below the expectation; *margins* move it above. Every run is one of
//! [`crate::verify::deciding::exact_mean`], which is a check's own; there is no second test here.
//!
//! The limits of the rates hold for every distribution of the samples: cells are independent, as their
//! streams are, so a count has the tails of a binomial one at most (Hoeffding, Ann. Math. Statist. 27
//! (1956) 713–721, Theorem 5, where the cells' own probabilities differ).

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::inference::ErrorBudget;
use crate::inference::distribution_free::Limited;
use crate::report::{Document, Kind, Provenance};
use crate::statement::{Statement, StatementError, load_text};
use crate::verify::CheckFailure;

mod cells;
mod summary;
mod table;
mod trials;

pub use table::render;

/// The left-hand sides that are tried; what stands on the right in these files is never used.
const FORMS: [(&str, &str); 6] = [
    ("mean-gradient", include_str!("statements/mean-gradient.toml")),
    ("best-gradient", include_str!("statements/best-gradient.toml")),
    ("random-gradient", include_str!("statements/random-gradient.toml")),
    ("final-gap", include_str!("statements/final-gap.toml")),
    ("final-potential", include_str!("statements/final-potential.toml")),
    ("final-change", include_str!("statements/final-change.toml")),
];

/// Null cells that share a family-wise error.
pub const FAMILY: u64 = 100;
/// By which shares the right-hand side of planted errors is too small, and that of margins too large.
pub const SHIFTS: [f64; 3] = [0.02, 0.1, 0.5];
/// A planted error gets this many times the replicates of a null cell.
pub const PLANTED_BUDGET: u64 = 20;
/// What a planted error is tested at: the share of one test of a whole default check.
pub const PLANTED_ERROR_BUDGET: ErrorBudget = ErrorBudget { delta: 1e-6, tests: 3000 };
/// Each pair of limits misses its probability with at most this one.
pub const LIMIT_ERROR: f64 = 1e-3;
/// Probability that a calibration of a sound program fails.
pub const FAILURE_ERROR: f64 = 1e-6;

/// Stands for every left-hand side.
pub const ALL: &str = "all";

/// What is asked of a calibration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CalibrateSettings {
    /// Null cells.
    pub cells: u64,
    /// Level of a null cell that is tested alone, and the family-wise error of a hundred of them.
    pub delta: f64,
    /// Seed of the instances and of their streams.
    pub seed: u64,
    /// Most replicates of a null cell; a planted error has twenty times as many.
    pub replicates: u64,
    /// By which share of its size the right-hand side of every null cell is set too low, or, negative, too
    /// high: zero, but where it is to be seen that a calibration can fail.
    pub defect: f64,
}

impl CalibrateSettings {
    /// Number of families of null cells.
    #[must_use]
    pub fn families(&self) -> u64 {
        self.cells / FAMILY
    }

    /// Number of cells on which errors are planted, the first ones: one in forty, and at least two of
    /// every left-hand side under every noise.
    #[must_use]
    pub fn planted(&self) -> u64 {
        (self.cells / 40).max(2 * cells::GROUPS).min(self.cells)
    }
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// A null cell that the first generator refutes: a false alarm.
    Refuted,
    /// A null cell that both generators refute, which a check would report as violated.
    Confirmed,
    /// A null cell that is supported: a false alarm of the other side.
    Supported,
    /// A family with a null cell that the first generator refutes.
    FamilyRefuted,
    /// A family with a null cell that is supported.
    FamilySupported,
    /// A claim with a margin that the first generator refutes.
    TrueRefuted,
    /// A claim with a planted error that is found to hold.
    FalseHeld,
}

/// How often an event happened whose probability has a proved bound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rate {
    /// The event.
    pub event: Event,
    /// The left-hand side, where only cells of one are counted.
    pub form: Option<String>,
    /// The noise, where only cells under one are counted.
    pub noise: Option<String>,
    /// The proved bound of its probability.
    pub level: f64,
    /// How often it happened.
    pub count: u64,
    /// How often it could have.
    pub trials: u64,
    /// The share with Clopper–Pearson limits, which miss with probability one in a thousand at most.
    pub share: Limited,
    /// Whether the probability is above the level. Were all bounds right, any rate of the calibration
    /// would be found so with probability one in a million at most.
    pub exceeded: bool,
}

/// What the test finds of one left-hand side whose samples have one kind of tail.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Power {
    /// The left-hand side; `all` for all of them.
    pub form: String,
    /// What is proved of its samples: `bounded`, `second-moment` or `bounded-below`.
    pub tail: String,
    /// Instances.
    pub cells: u64,
    /// For shifts of 2, 10 and 50 %.
    pub shifts: Vec<Shifted>,
}

/// What the test finds at one distance of the right-hand side from the expectation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Shifted {
    /// p: a planted error has the right-hand side E − p/(1+p)·|E|, which is E/(1+p) for E > 0; a margin
    /// has E + p·|E|.
    pub shift: f64,
    /// Share of planted errors that are reported as violated.
    pub found: Limited,
    /// Median number of replicates until then, rounded up to the end of a batch; no value where fewer
    /// than half are found.
    pub replicates: Limited,
    /// Share of margins that are found to hold.
    pub held: Limited,
}

/// What a calibration measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Calibration {
    /// What was asked for.
    pub settings: CalibrateSettings,
    /// Rates of wrong decisions: over all cells, then by left-hand side and noise.
    pub rates: Vec<Rate>,
    /// Power by kind of tail, then by left-hand side and kind of tail.
    pub power: Vec<Power>,
}

impl Calibration {
    /// The rates that are above their levels; the calibration fails where there is one.
    pub fn exceeded(&self) -> impl Iterator<Item = &Rate> {
        self.rates.iter().filter(|rate| rate.exceeded)
    }
}

/// Version of the form of a calibration's report.
pub const SCHEMA_VERSION: u32 = 1;

/// What a calibration leaves behind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CalibrateReport {
    /// `calibrate`.
    pub kind: Kind,
    /// Version of this form.
    pub schema_version: u32,
    /// Name of the report.
    pub name: String,
    /// What produced it.
    pub provenance: Provenance,
    /// What was measured.
    pub calibration: Calibration,
}

impl Document for CalibrateReport {
    const KIND: Kind = Kind::Calibrate;
    const VERSION: u32 = SCHEMA_VERSION;
}

/// Why there is no calibration: each is a defect of lemmata.
#[derive(Debug, Error)]
pub enum CalibrateError {
    /// A statement has a mistake.
    #[error(transparent)]
    Statement(#[from] Box<StatementError>),
    /// A cell cannot be checked.
    #[error("cell {number} ({label}): {cause}")]
    Cell {
        /// Its number.
        number: u64,
        /// The instance.
        label: String,
        /// Why.
        cause: CheckFailure,
    },
}

/// Measures the false alarms and the power of the statistical verdicts; `done` is called after each null
/// cell. The result does not depend on the number of threads.
///
/// # Errors
/// When a cell cannot be checked, which is a defect of lemmata.
pub fn run(settings: &CalibrateSettings, done: &(dyn Fn() + Sync)) -> Result<Calibration, CalibrateError> {
    let statements = forms()?;
    let results = (0..settings.cells)
        .into_par_iter()
        .map(|number| {
            let result = trials::run(&statements, settings, number);
            done();
            result
        })
        .collect::<Result<Vec<_>, _>>()?;
    let (rates, power) = (summary::rates(settings, &results), summary::power(&results));
    Ok(Calibration { settings: settings.clone(), rates, power })
}

fn forms() -> Result<Vec<Statement>, Box<StatementError>> {
    FORMS.iter().map(|(id, text)| load_text(&format!("src/calibrate/statements/{id}.toml"), text)).collect()
}
