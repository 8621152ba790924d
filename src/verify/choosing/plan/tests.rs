//! What is chosen for a statement, and why the rest is passed over.

use std::collections::BTreeSet;

use super::*;
use crate::verify::testing;

const STEP: &str = "[parameters]\nbeta = { in = \"(0, 1]\" }\ngamma = { in = \"(0, 1/L]\" }\n";
const CLAIM: &str = "[claim]\nfor_all = \"k in 0..K\"\nlhs = \"f[k+1]\"\nrhs = \"f[k]\"\n";

fn planned(statement: &Statement) -> Plan<'_> {
    Plan::new(statement, Preset::Quick).unwrap_or_else(|err| panic!("{err}"))
}

/// The message of a plan that is refused.
fn refused(statement: &Statement) -> String {
    Plan::new(statement, Preset::Quick).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn no_cell_is_planned_twice() {
    let statement = testing::statement("pathwise", &(STEP.to_owned() + CLAIM));
    let plan = planned(&statement);
    let keys: BTreeSet<String> = plan.cells.iter().map(|cell| cell.spec.key()).collect();
    assert!(plan.cells.len() > 20 && keys.len() == plan.cells.len(), "{} of {}", keys.len(), plan.cells.len());
    assert_eq!((plan.compared, plan.cells.iter().all(|cell| cell.spec.witness.is_none())), (vec![true], true));
}

#[test]
fn a_quick_check_takes_a_part_of_the_cells_of_the_default() {
    let statement = testing::statement("pathwise", &(STEP.to_owned() + CLAIM));
    let quick: BTreeSet<String> = planned(&statement).cells.iter().map(|cell| cell.spec.key()).collect();
    let whole = Plan::new(&statement, Preset::Default).unwrap();
    let whole: BTreeSet<String> = whole.cells.iter().map(|cell| cell.spec.key()).collect();
    assert!(quick.len() < whole.len() && quick.is_subset(&whole));
}

#[test]
fn every_problem_and_every_estimate_that_a_statement_lists_is_used() {
    let lists = "problems = [{ family = \"diagonal-quadratic\", spectrum = [2, 1] }, { family = \"sine-squared\", dimension = 2 }]\n\
                 estimates = [[], [{ source = \"offset\", size = 0.25 }], [{ source = \"opposed\", relative = 0.25, absolute = 0.25 }]]\n";
    let statement = testing::statement("pathwise", &format!("{lists}{STEP}{CLAIM}"));
    let plan = planned(&statement);
    let problems: BTreeSet<String> = plan.cells.iter().map(|cell| cell.spec.problem.to_string()).collect();
    let estimates: BTreeSet<String> = plan.cells.iter().map(|cell| format!("{:?}", cell.spec.oracle)).collect();
    assert_eq!((problems.len(), estimates.len()), (2, 3));
}

#[test]
fn what_cannot_be_met_is_passed_over_with_its_reason() {
    let never = format!("{STEP}{CLAIM}[hypotheses]\nnever = \"gamma*L > 2\"\n");
    let statement = testing::statement("pathwise", &never);
    let plan = planned(&statement);
    assert!(plan.cells.is_empty());
    assert_eq!(
        plan.why_vacuous().as_deref(),
        Some("hypothesis `never` does not certainly hold: gamma*L > 2"),
        "{:?}",
        plan.passed_over
    );
}

#[test]
fn a_claim_that_is_compared_nowhere_is_named() {
    let second = "[[claim]]\nfor_all = \"k in 0..K\"\nlhs = \"f[k+1]\"\nrhs = \"f[k]\"\n\
                  [[claim]]\nfor_all = \"k in K..K\"\nlhs = \"f[k+1]\"\nrhs = \"f[k]\"\n";
    let statement = testing::statement("pathwise", &(STEP.to_owned() + second));
    let plan = planned(&statement);
    assert_eq!(plan.why_vacuous().as_deref(), Some("claim 2 has no index to check in any cell"));
}

#[test]
fn a_witness_that_is_no_instance_is_an_error_that_names_it() {
    let witness = "[[witness]]\ndoc = \"a step that is too long\"\ngiven = { L = \"2\" }\n\
                   problem = { family = \"diagonal-quadratic\", spectrum = [2, 1] }\noracle = []\nstart = [\"1\", \"1\"]\n\
                   horizon = 2\nparameters = { beta = \"1\", gamma = \"1/L + 1\" }\n";
    let text = format!("{STEP}{CLAIM}{witness}");
    let statement = testing::statement("pathwise", &text);
    let message = refused(&statement);
    assert!(message.contains("witness 1 of `test` (a step that is too long) is no instance of it"), "{message}");
    let statement = testing::statement("pathwise", &text.replace("1/L + 1", "1/L"));
    assert_eq!(planned(&statement).cells.iter().filter(|cell| cell.spec.witness == Some(0)).count(), 1);
}

#[test]
fn a_problem_that_cannot_be_built_is_an_error_rather_than_passed_over() {
    let list = "problems = [{ family = \"diagonal-quadratic\", spectrum = [] }]\n";
    let statement = testing::statement("pathwise", &format!("{list}{STEP}{CLAIM}"));
    assert!(refused(&statement).contains("this is no problem"), "{}", refused(&statement));
}

#[test]
fn an_estimate_with_an_unknown_source_is_an_error() {
    let list = "estimates = [[{ source = \"gausian\", size = 0.25 }]]\n";
    let statement = testing::statement("pathwise", &format!("{list}{STEP}{CLAIM}"));
    assert!(refused(&statement).contains("this is no list of error sources"), "{}", refused(&statement));
}

#[test]
fn a_constant_of_the_problem_in_an_estimate_is_filled_in() {
    let list = "problems = [{ family = \"diagonal-quadratic\", spectrum = [4, 1] }]\n\
                estimates = [[{ source = \"offset\", size = \"=1/(2*L)\" }]]\n";
    let statement = testing::statement("pathwise", &format!("{list}{STEP}{CLAIM}"));
    let plan = planned(&statement);
    let offset = serde_json::json!([{ "source": "offset", "size": 0.125 }]);
    assert!(!plan.cells.is_empty());
    for cell in &plan.cells {
        assert_eq!(serde_json::to_value(&cell.spec.oracle).unwrap(), offset);
    }
}

#[test]
fn noise_of_two_outcomes_a_step_is_followed_for_as_many_steps_as_all_paths_allow() {
    let claim = "[claim]\nlhs = \"E[f[K]]\"\nrhs = \"f[0] + 9\"\n";
    let list = "estimates = [[{ source = \"axis\", size = 0.25 }]]\nhorizons = [1000]\n";
    let statement = testing::statement("expectation", &format!("{list}{STEP}{claim}"));
    let plan = planned(&statement);
    let paths = Preset::Quick.suite().effort().paths;
    assert!(!plan.cells.is_empty());
    for cell in &plan.cells {
        assert!(1u64 << cell.spec.horizon <= paths, "{}", cell.spec);
    }
}
