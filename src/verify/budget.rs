//! What the runs of a cell may cost. It is reckoned beforehand, from sizes alone and never by the clock, so
//! that the same cell comes to the same on every machine.

use super::instance::Instance;
use super::one_step;
use crate::oracle::SourceSpec;
use crate::statement::{Scope, Subject};

/// Longer numbers cost more by this power of their length.
const EXPONENT: f64 = 1.6;
const WORD: f64 = 64.0;
/// How many operations of binary64 with an error bound one operation of the budget is worth.
const BALLS: f64 = 16.0;
/// Bytes of the numbers that one run keeps.
const MEMORY: f64 = (1u64 << 26) as f64;
/// Vectors, and numbers besides, that a run keeps of each step.
const VECTORS: usize = 5;
const NUMBERS: usize = 12;

/// So many outcomes of a draw count as one: few comparisons need them at a high precision.
const OUTCOMES_A_RUN: u64 = 64;

/// The budget of one run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    operations: f64,
    /// Multiplications of one step.
    work: f64,
    /// Numbers that are kept of one step.
    kept: f64,
}

impl Budget {
    /// For runs of an instance that may take so many multiplications of 64 bits.
    pub fn of(instance: &Instance<'_>, operations: u64) -> Self {
        let problem = instance.problem.as_ref();
        let (d, n) = (problem.dimension(), problem.workers());
        // Sources that compare, compress or perturb look at every worker's gradient again, or at many of them.
        let again = |source: &SourceSpec| if source.divides_differences() { 2 * d as u64 } else { 1 };
        let evaluations = 1 + instance.oracle.spec.iter().map(again).sum::<u64>();
        let work = problem.work().saturating_mul(evaluations).saturating_add((d * n + 8 * d) as u64);
        // Each outcome of a step or of an estimate is looked at.
        let statement = instance.statement;
        let outcomes = match statement.scope() {
            _ if statement.subject == Subject::Estimate => one_step::outcomes(instance),
            Scope::OneStep => one_step::outcomes(instance),
            _ => Some(1),
        };
        let kept = (VECTORS * d + NUMBERS) as f64;
        let runs = outcomes.unwrap_or(1).div_ceil(OUTCOMES_A_RUN);
        Budget { operations: operations as f64, work: work as f64, kept }.shared(runs, 1)
    }

    /// The same for what makes `paths` runs, each of `factor` times the work.
    pub fn shared(self, paths: u64, factor: usize) -> Self {
        Budget { work: self.work * factor as f64 * paths as f64, ..self }
    }

    /// Multiplications of one step with numbers of that many bits.
    pub fn of_step(&self, bits: u32) -> f64 {
        self.work * (f64::from(bits) / WORD).max(1.0).powf(EXPONENT)
    }

    /// All of them.
    pub fn operations(&self) -> f64 {
        self.operations
    }

    /// How many steps of intervals of that many bits it pays for, one at least.
    pub fn steps(&self, bits: u32) -> usize {
        // Two ends, each with a header.
        let bytes = 2.0 * (32.0 + f64::from(bits) / 8.0);
        least(self.operations / self.of_step(bits), MEMORY / (self.kept * bytes))
    }

    /// The same in binary64 with an error bound.
    pub fn ball_steps(&self) -> usize {
        least(BALLS * self.operations / self.work, MEMORY / (self.kept * 16.0))
    }
}

fn least(by_time: f64, by_memory: f64) -> usize {
    by_time.min(by_memory).max(1.0) as usize
}

/// What a comparison says that is left because of the budget.
pub(super) fn beyond(horizon: usize, longest: usize) -> String {
    format!("a run of K = {horizon} steps is beyond the budget of operations, which ends at K = {longest}")
}
