//! What a statement says of a run beforehand: its right-hand side, over its own free parameters.

use std::sync::Arc;

use crate::method::{Recorded, Table};
use crate::number::Interval;
use crate::oracle::SourceSpec;
use crate::problem::{DynProblem, ProblemSpec};
use crate::statement::evaluate::{Evaluator, RandomIndex};
use crate::statement::{Form, Statement, Subject};
use crate::verify::choosing::parameter_values::with_parameters;
use crate::verify::deciding::sampled::start_table;
use crate::verify::instances::{CellSpec, Instance, Start};

/// Combinations of the free parameters' candidates that are tried.
const CHOICES: usize = 16;
const BITS: u32 = 128;

/// Whether the statement bounds an expectation over the whole run by what is known before its first step.
#[must_use]
pub fn is_known_beforehand(statement: &Statement) -> bool {
    statement.subject == Subject::WholeRun
        && statement.form != Form::Identity
        && statement.claims.iter().all(|claim| claim.quantifier.is_none())
}

/// What is known of a run before its first step. It is the same whatever values the parameters have that the
/// method does not read.
pub struct Beforehand {
    table: Table<Interval>,
    average: RandomIndex,
}

impl Beforehand {
    /// What is known of the instance's run.
    #[must_use]
    pub fn of(instance: &Instance<'_>) -> Self {
        let claims = instance.statement.claims.get(..1).unwrap_or_default();
        let table = start_table(instance, &Recorded::mentioned(claims), BITS);
        Beforehand { table, average: instance.random_average() }
    }

    /// An upper enclosure of the first claim's right-hand side, for an instance that differs from the one it
    /// was made for at most in parameters that the method does not read. `None` where it is not known
    /// beforehand, or not finite.
    #[must_use]
    pub fn right_hand_side(&self, instance: &Instance<'_>) -> Option<f64> {
        let claim = instance.statement.claims.first()?;
        let environment = instance.environment::<Interval>(BITS);
        let value = Evaluator::on(&environment, &self.table, &self.average).term(&claim.rhs).ok()?;
        Some(value.upper_f64()).filter(|b| b.is_finite())
    }
}

/// An upper enclosure of the first claim's right-hand side; `None` where it is not known beforehand, or not
/// finite.
#[must_use]
pub fn right_hand_side(instance: &Instance<'_>) -> Option<f64> {
    Beforehand::of(instance).right_hand_side(instance)
}

/// The smallest upper enclosure of the first claim's right-hand side over choices of the parameters
/// that are not `fixed`; `None` where no choice is an instance of the statement.
#[must_use]
pub fn predicted(
    statement: &Statement,
    (spec, problem): (&ProblemSpec, &Arc<dyn DynProblem>),
    sources: &[SourceSpec],
    start: Start,
    horizon: usize,
    fixed: &[(&str, f64)],
) -> Option<f64> {
    let frame = CellSpec::without_parameters(spec.clone(), sources.to_vec(), start, horizon);
    let bound = |choice: usize| -> Option<f64> {
        let spec = with_parameters(statement, frame.clone(), problem.as_ref(), choice, fixed).ok()?;
        right_hand_side(&Instance::on(statement, &spec, Arc::clone(problem)).ok()?)
    };
    (0..CHOICES).filter_map(bound).reduce(f64::min)
}

#[cfg(test)]
mod tests {
    use crate::verify::approximating::a_priori_bound::*;
    use crate::verify::testing;

    #[test]
    fn a_retuned_instance_is_the_one_that_is_built_anew() {
        let statement = testing::statement(
            "expectation",
            "[parameters]\nbeta = { in = \"(0, 1]\" }\ntheta = { in = \"(0, 1)\" }\ngamma = { in = \"(0, theta/L]\" }\n\
             [hypotheses]\nlong = \"K*theta >= 1\"\n\
             [claim]\nlhs = \"E[norm2(grad[K])]\"\nrhs = \"E[f[0] - f_star + norm2(m[-1])]/(theta*gamma*K) + C\"\n",
        );
        let spec = |theta: f64, horizon: usize| {
            testing::cell(serde_json::json!({
                "problem": { "family": "diagonal-quadratic", "spectrum": [1.0, 0.5] },
                "oracle": [{ "source": "rademacher", "size": 0.5 }],
                "parameters": { "beta": 0.5, "theta": theta, "gamma": 0.125 }, "horizon": horizon,
            }))
        };
        let built = |spec: &CellSpec| Instance::build(&statement, spec);
        let template = built(&spec(0.5, 3)).unwrap();
        for (theta, horizon) in [(0.25, 1000), (0.75, 2), (0.125, 5), (0.0625, 20), (2.0, 3), (0.5, 0)] {
            let spec = spec(theta, horizon);
            let (anew, retuned) = (built(&spec), template.retuned(&spec.parameters, horizon));
            match (anew, retuned) {
                (Ok(anew), Ok(retuned)) => {
                    let bound = right_hand_side(&anew);
                    assert!(bound.is_some());
                    assert_eq!(bound, right_hand_side(&retuned));
                    assert_eq!((anew.method.parameters, anew.horizon), (retuned.method.parameters, retuned.horizon));
                }
                (anew, retuned) => assert_eq!(anew.unwrap_err(), retuned.unwrap_err()),
            }
        }
    }
}
