//! Statements whose truth is known and that a checker gets wrong easily: each is a file under
//! `tests/cases`, and stands here under the rule of docs/verdicts.md that decides it.

use std::path::Path;

use lemmata::inference::{ErrorBudget, Evidence, Verdict};
use lemmata::preset::Preset;
use lemmata::statement::{Statement, load_text};
use lemmata::verify::choosing::plan::Plan;
use lemmata::verify::{CheckFailure, Judging, Outcome, check_cells};

/// What the quick check of one file finds.
struct Found {
    outcomes: Vec<Result<Outcome, CheckFailure>>,
    /// The settings of the cells, for messages.
    cells: Vec<String>,
}

fn statement(id: &str) -> Statement {
    let path = Path::new("tests/cases").join(format!("{id}.toml"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|err| panic!("{}: {err}", path.display()));
    let statement = load_text(&path.to_string_lossy(), &text).unwrap_or_else(|err| panic!("{err}"));
    assert_eq!(statement.id, id);
    statement
}

fn check(id: &str) -> Found {
    let statement = statement(id);
    let plan = Plan::new(&statement, Preset::Quick).unwrap_or_else(|err| panic!("{err}"));
    assert!(!plan.cells.is_empty(), "{id} has no cell");
    let effort = Preset::Quick.effort();
    let error_budget = ErrorBudget { delta: 1e-9, tests: (plan.cells.len() * statement.claims.len()) as u64 };
    let outcomes = check_cells(&plan.cells, Judging { effort: &effort, error_budget, seed: 20_240_300_853 }, &|| ());
    Found { outcomes, cells: plan.cells.iter().map(|cell| cell.spec.to_string()).collect() }
}

impl Found {
    fn each(&self) -> impl Iterator<Item = (&str, &Outcome)> {
        self.cells.iter().zip(&self.outcomes).map(|(cell, outcome)| {
            let outcome = outcome.as_ref().unwrap_or_else(|failure| panic!("{cell}: {failure}"));
            (cell.as_str(), outcome)
        })
    }

    /// Every cell holds.
    fn holds(&self) {
        for (cell, outcome) in self.each() {
            assert_eq!(outcome.verdict, Verdict::Holds, "{cell}: {:?} {:?}", outcome.worst, outcome.remainder);
        }
    }

    /// Every cell holds, and nothing but rationals or symbols decided it.
    fn holds_by_rationals(&self) {
        self.holds();
        for (cell, outcome) in self.each() {
            assert_eq!(outcome.evidence, Evidence::Rational, "{cell}");
        }
    }

    /// No cell ends in an error, and some are violated.
    fn is_violated(&self) {
        assert!(self.each().any(|(_, outcome)| outcome.verdict == Verdict::Violated), "{}", self.verdicts());
    }

    /// Nothing is decided on numbers that are not known.
    fn is_open(&self) {
        for (cell, outcome) in self.each() {
            assert_eq!(outcome.verdict, Verdict::Inconclusive, "{cell}");
        }
    }

    fn verdicts(&self) -> String {
        self.each().map(|(cell, outcome)| format!("{cell}: {}\n", outcome.verdict)).collect()
    }
}

/// Exact claims speak of the exact run of a cell, not of its roundings.
mod the_run_that_is_judged {
    use super::*;

    #[test]
    fn the_definition_of_gradient_descent_is_an_equality_of_rationals() {
        check("definition-of-gradient-descent").holds_by_rationals();
        check("definition-of-gradient-descent-by-the-buffer").holds_by_rationals();
    }

    #[test]
    fn the_definitions_of_momentum_are_equalities_of_rationals() {
        check("start-of-the-deviation").holds_by_rationals();
        check("momentum-recursion").holds_by_rationals();
    }

    #[test]
    fn an_attained_rate_holds_however_the_claim_is_written() {
        check("attained-contraction").holds();
        check("attained-contraction-with-an-idle-error-term").holds();
        check("attained-contraction-without-errors").holds();
        check("attained-contraction-in-the-mean").holds();
    }

    #[test]
    fn a_run_beyond_binary64_is_judged_like_any_other() {
        check("a-growing-run-descends").is_violated();
        check("a-short-growing-run-descends").is_violated();
        check("a-growing-run-descends-in-the-mean").is_violated();
        check("a-growing-run-grows").holds();
    }

    #[test]
    fn an_error_is_what_its_source_says_and_not_a_rounding() {
        check("keeping-all-coordinates-is-exact").holds();
        check("an-error-on-its-radius").holds();
    }

    #[test]
    fn no_gradient_is_longer_than_the_longest() {
        // With one worker both sides are the same irrational number, which only the rational families decide.
        let found = check("gradients-within-the-visited-bound");
        assert!(found.each().any(|(_, outcome)| outcome.verdict == Verdict::Holds), "{}", found.verdicts());
        for (cell, outcome) in found.each() {
            assert!(matches!(outcome.verdict, Verdict::Holds | Verdict::Inconclusive), "{cell}: {:?}", outcome.worst);
        }
    }

    #[test]
    fn a_tie_that_no_arithmetic_sees_is_named() {
        let found = check("a-tie-of-top-k");
        found.is_open();
        for (cell, outcome) in found.each() {
            let open = outcome.remainder.open.as_ref().expect("an open comparison");
            assert!(open.cause.contains("tie"), "{cell}: {}", open.cause);
        }
    }
}

/// The constants of a family belong to the function that is run.
mod constants_of_families {
    use super::*;

    #[test]
    fn the_mean_of_the_workers_is_the_objective() {
        check("workers-average-to-the-gradient").holds();
        check("least-value-near-the-minimum").holds();
        check("huge-shifts-cancel").holds();
        check("huge-shifts-cancel-in-the-mean").holds();
    }

    #[test]
    fn a_subnormal_curvature_is_kept() {
        check("subnormal-curvature").holds();
    }

    #[test]
    fn cocoercivity_holds_where_the_problems_are_convex() {
        check("cocoercive-gradients").holds();
    }

    #[test]
    fn the_descent_lemma_holds_under_another_name() {
        check("descent-with-momentum").holds();
    }
}

/// Every K up to the horizon is an instance; of an estimate K is the horizon.
mod every_number_of_steps {
    use super::*;

    #[test]
    fn a_claim_that_is_false_at_one_k_is_violated() {
        for id in ["false-at-three-steps-alone", "false-at-three-steps-alone-in-the-mean"] {
            let found = check(id);
            found.is_violated();
            assert!(found.each().all(|(_, outcome)| outcome.worst.as_ref().is_none_or(|worst| worst.horizon == 3)));
        }
    }

    #[test]
    fn the_visited_bound_is_that_of_each_k_alone() {
        check("visited-bound-of-one-step").is_violated();
        check("visited-bound-of-forty-steps").is_violated();
    }

    #[test]
    fn the_k_of_an_estimate_is_the_horizon() {
        check("weights-of-an-estimate-exceed-one").is_violated();
        check("weights-of-an-estimate-add-up-to-one").holds();
        check("the-number-of-points-of-an-estimate").holds();
    }

    #[test]
    fn the_random_index_of_one_claim_hides_no_k_of_another() {
        check("another-claims-random-index").is_violated();
    }

    #[test]
    fn averages_over_a_hundred_steps_hold_for_every_k() {
        check("a-hundred-steps-of-averages").holds();
    }
}

/// A sample counts as far as intervals agree with it.
mod sampling {
    use super::*;

    #[test]
    fn what_binary64_loses_supports_and_refutes_nothing() {
        check("descent-that-binary64-loses").is_open();
        check("an-error-that-binary64-invents").is_open();
    }

    #[test]
    fn a_cosine_that_binary64_loses_supports_and_refutes_nothing() {
        check("a-cosine-that-binary64-loses").is_open();
    }

    #[test]
    fn strong_growth_is_followed_exactly() {
        check("strong-growth-has-no-floor").holds();
        check("strong-growth-with-the-deterministic-step").is_violated();
    }
}

/// Nothing that occurs in an identity may have been lost.
mod identities {
    use super::*;

    #[test]
    fn a_false_identity_is_found_out_beside_huge_numbers() {
        check("a-summand-lost-beside-a-huge-one").is_violated();
    }

    #[test]
    fn decimals_are_the_numbers_they_say() {
        check("decimals-are-exact").is_violated();
    }

    #[test]
    fn a_wrong_sign_is_told_with_two_numbers_that_differ() {
        let found = check("a-wrong-sign-in-an-identity");
        found.is_violated();
        for (cell, outcome) in found.each().filter(|(_, outcome)| outcome.verdict == Verdict::Violated) {
            let relation = outcome.worst.as_ref().and_then(|worst| worst.relation.as_ref()).expect("a relation");
            assert!(relation.sign == "!=" && relation.lhs != relation.rhs, "{cell}: {relation:?}");
        }
    }
}

/// What a statement is checked on.
mod instances {
    use super::*;

    #[test]
    fn a_witness_that_lacks_a_constant_is_told_where_to_give_it() {
        let statement = statement("a-witness-without-its-constants");
        let message = Plan::new(&statement, Preset::Quick).expect_err("no L is given").to_string();
        assert!(message.contains('L') && message.contains("given"), "{message}");
    }

    #[test]
    fn a_hypothesis_that_nothing_meets_leaves_no_cell_and_its_name() {
        let statement = statement("a-hypothesis-that-nothing-meets");
        let plan = Plan::new(&statement, Preset::Quick).unwrap();
        assert!(plan.cells.is_empty());
        let reason = plan.why_vacuous().expect("a reason");
        assert!(reason.contains("never"), "{reason}");
    }

    #[test]
    fn a_claim_that_only_other_numbers_refute_holds_on_those_that_it_names() {
        check("curvature-is-not-small").holds();
        check("workers-differ").holds();
        check("gradients-are-not-small").holds();
    }

    #[test]
    fn a_witness_refutes_what_the_suite_does_not() {
        check("gradients-are-not-small-but-for-a-witness").is_violated();
    }
}
