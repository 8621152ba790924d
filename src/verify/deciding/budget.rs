//! What the runs of a cell may cost. It is reckoned beforehand, from sizes alone and never by the clock, so
//! that the same cell comes to the same on every machine.

use crate::oracle::SourceSpec;
use crate::statement::Subject;
use crate::verify::deciding::one_step;
use crate::verify::instances::Instance;

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

/// Terms of sums up to which claims cost little beside the run that they read.
pub(crate) const FEW_TERMS: u64 = 1 << 14;
/// Multiplications that one term of a longer sum is worth: it may be a sine.
const OF_A_TERM: f64 = 64.0;

/// The budget of one run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OperationBudget {
    operations: f64,
    /// Multiplications of one step.
    work: f64,
    /// Numbers that are kept of one step.
    kept: f64,
    /// Terms of the sums in the claims.
    terms: u64,
}

impl OperationBudget {
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
        let outcomes = match statement.subject {
            Subject::Estimate => one_step::outcomes(instance),
            Subject::OneStep => one_step::outcomes_of_step(instance),
            Subject::Pathwise | Subject::WholeRun => Some(1),
        };
        let kept = (VECTORS * d + NUMBERS) as f64;
        // Each outcome of all that a step draws is a step of its own.
        let share =
            if statement.subject == Subject::OneStep && !one_step::is_of_noise(instance) { 1 } else { OUTCOMES_A_RUN };
        let runs = outcomes.unwrap_or(1).div_ceil(share);
        let terms = statement.least_terms(instance.horizon);
        OperationBudget { operations: operations as f64, work: work as f64, kept, terms }.shared(runs, 1)
    }

    /// The same for what makes `paths` runs, each of `factor` times the work.
    pub fn shared(self, paths: u64, factor: usize) -> Self {
        OperationBudget { work: self.work * factor as f64 * paths as f64, ..self }
    }

    /// Multiplications of one step with numbers of that many bits.
    pub fn of_step(&self, bits: u32) -> f64 {
        self.work * length_factor(bits)
    }

    /// Whether it pays for long sums in the claims with numbers of that many bits.
    pub fn affords_claims(&self, bits: u32) -> bool {
        self.terms <= FEW_TERMS || OF_A_TERM * self.terms as f64 * length_factor(bits) <= self.operations
    }

    /// Whether it pays for the claims in rationals, which grow with every term.
    pub fn affords_exact_claims(&self) -> bool {
        self.terms <= FEW_TERMS
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

/// How much more a multiplication of so many bits costs than one of 64.
fn length_factor(bits: u32) -> f64 {
    (f64::from(bits) / WORD).max(1.0).powf(EXPONENT)
}

fn least(by_time: f64, by_memory: f64) -> usize {
    by_time.min(by_memory).max(1.0) as usize
}

/// What a comparison says that is left because of the budget.
pub(crate) fn beyond(horizon: usize, longest: usize) -> String {
    format!("a run of K = {horizon} steps is beyond the budget of operations, which ends at K = {longest}")
}

#[cfg(test)]
mod tests {
    use crate::verify::deciding::budget::*;
    use crate::verify::deciding::history::{forward_bits, longest_forward};
    use crate::verify::instances::Instance;
    use crate::verify::testing::{cell, statement};

    fn budget(problem: serde_json::Value, operations: u64) -> OperationBudget {
        let claim = "[parameters]\ngamma = { in = \"(0, 1/L]\", try = [\"1/L\"] }\n\
                     [claim]\nlhs = \"f[K]\"\nrhs = \"f[0]\"\n";
        let statement = statement("pathwise", claim);
        let spec = cell(serde_json::json!({ "problem": problem, "parameters": { "gamma": 0.25 }, "horizon": 40 }));
        OperationBudget::of(&Instance::build(&statement, &spec).unwrap(), operations)
    }

    fn diagonal(dimension: usize) -> serde_json::Value {
        serde_json::json!({ "family": "diagonal-quadratic", "spectrum": vec![1.0; dimension] })
    }

    #[test]
    fn longer_numbers_and_larger_problems_get_fewer_steps() {
        let (small, large) = (budget(diagonal(1), 1 << 24), budget(diagonal(16), 1 << 24));
        assert!(small.steps(128) > small.steps(256) && small.steps(256) > large.steps(256));
        assert!(small.ball_steps() > small.steps(64));
        assert_eq!(budget(diagonal(16), 1).steps(8192), 1);
    }

    #[test]
    fn long_sums_are_evaluated_in_the_precisions_that_the_budget_pays_for() {
        let of = |terms| OperationBudget { terms, ..budget(diagonal(1), 1 << 26) };
        assert!(of(FEW_TERMS).affords_claims(8192) && of(FEW_TERMS).affords_exact_claims());
        assert!(of(100_000).affords_claims(128) && !of(100_000).affords_claims(8192));
        assert!(!of(1 << 21).affords_claims(128) && !of(1 << 21).affords_exact_claims());
    }

    #[test]
    fn memory_bounds_what_operations_do_not() {
        let steps = budget(diagonal(1), u64::MAX).steps(64);
        let numbers = (VECTORS + NUMBERS) * steps;
        assert!(numbers * 2 * 40 <= 1 << 26 && steps > 1000, "{steps}");
    }

    #[test]
    fn the_longest_run_is_the_last_that_its_own_first_precision_pays_for() {
        let budget = budget(diagonal(4), 1 << 20);
        let longest = longest_forward(100_000, &budget);
        assert!((2..100_000).contains(&longest), "{longest}");
        assert!(budget.steps(forward_bits(longest)) >= longest);
        assert!(budget.steps(forward_bits(longest + 1)) < longest + 1);
        assert_eq!(longest_forward(5, &budget), 5);
    }
}
