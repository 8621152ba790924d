//! What is inside a statement: the problems and estimates that it lists, in the combinations that it lists,
//! with their free numbers and counts moved; everything where it lists none.

use crate::audit::search::evaluator::InstanceEvaluator;
use crate::oracle::SourceSpec;
use crate::problem::ProblemSpec;
use crate::problem::free::Free;
use crate::statement::Statement;
use crate::verify::choosing::estimates;
use crate::verify::instances::CellSpec;

/// What a statement lists.
pub struct Inside {
    /// Kinds of problems, and whether one of the kind turns down; none where it lists no problems.
    problems: Option<Vec<(String, bool)>>,
    /// Kinds of estimates; none where it lists none.
    estimates: Option<Vec<Vec<String>>>,
}

impl Inside {
    /// What the statement lists.
    #[must_use]
    pub fn of(statement: &Statement) -> Self {
        let problems = listed(statement).into_iter().map(|spec| (problem_kind(&spec), spec.turns_down())).collect();
        let estimates = statement.estimates.iter().filter_map(|template| Some(template.value.as_array()?.iter()));
        let estimates = estimates.map(|sources| sources.map(source_name).collect()).collect();
        Inside {
            problems: (!statement.problems.is_empty()).then_some(problems),
            estimates: (!statement.estimates.is_empty()).then_some(estimates),
        }
    }

    /// Whether the instance is one of a listed combination with its numbers and counts moved.
    #[must_use]
    pub fn holds(&self, spec: &CellSpec) -> bool {
        let kind = problem_kind(&spec.problem);
        let turns = spec.problem.turns_down();
        let listed = |problems: &Vec<(String, bool)>| problems.iter().any(|(k, t)| *k == kind && (*t || !turns));
        self.problems.as_ref().is_none_or(listed) && self.admits_sources(&spec.oracle)
    }

    /// Whether the error sources are of a listed kind.
    #[must_use]
    pub fn admits_sources(&self, sources: &[SourceSpec]) -> bool {
        let kinds = source_kinds(sources);
        self.estimates.as_ref().is_none_or(|estimates| estimates.contains(&kinds))
    }

    /// Whether the statement lists its problems.
    #[must_use]
    pub fn lists_problems(&self) -> bool {
        self.problems.is_some()
    }
}

/// The problems that a statement lists.
#[must_use]
pub fn listed(statement: &Statement) -> Vec<ProblemSpec> {
    statement.problems.iter().filter_map(|(value, _)| serde_json::from_value(value.clone()).ok()).collect()
}

/// Family, and what of its data is neither a number nor a count.
fn problem_kind(spec: &ProblemSpec) -> String {
    // The specification is plain data, so this cannot fail.
    let value = serde_json::to_value(spec).unwrap_or_default();
    let words = value.as_object().into_iter().flatten().filter_map(|(_, item)| item.as_str());
    words.collect::<Vec<_>>().join(" ")
}

/// Names of error sources and of their operators.
#[must_use]
pub fn source_kinds(sources: &[SourceSpec]) -> Vec<String> {
    sources.iter().map(|source| source_name(&serde_json::to_value(source).unwrap_or_default())).collect()
}

fn source_name(source: &serde_json::Value) -> String {
    let words = [&source["source"], &source["operator"]["name"], &source["order"]];
    let words: Vec<&str> = words.into_iter().filter_map(serde_json::Value::as_str).filter(|w| *w != "cyclic").collect();
    words.join(" ")
}

/// The listed estimate with expressions that these sources are, on a problem: its numbers follow from the
/// problem's and are not moved by themselves.
#[must_use]
pub fn tied(statement: &Statement, sources: &[SourceSpec], problem: &dyn crate::problem::DynProblem) -> Option<usize> {
    let with_expressions = (0..statement.estimates.len()).filter(|i| !statement.estimates[*i].expressions.is_empty());
    let mut same = with_expressions.filter(|i| estimates::estimate(statement, *i, problem).as_deref() == Some(sources));
    same.next()
}

/// Sets an instance's estimate to what the listed one at that position is on its problem.
#[must_use]
pub fn follow(
    evaluator: &InstanceEvaluator<'_>,
    statement: &Statement,
    position: usize,
    frame: &mut CellSpec,
) -> Option<()> {
    let problem = evaluator.problem(&frame.problem)?;
    frame.oracle = estimates::estimate(statement, position, problem.as_ref())?;
    Some(())
}

#[cfg(test)]
mod tests {
    use crate::audit::search::inside::*;
    use serde_json::json;

    fn cell(problem: serde_json::Value, oracle: serde_json::Value) -> CellSpec {
        serde_json::from_value(json!({
            "problem": problem, "oracle": oracle, "start": "zero", "parameters": {}, "horizon": 3,
            "point": null, "witness": null,
        }))
        .unwrap()
    }

    fn statement(lists: &str) -> Statement {
        let text = format!(
            "id = \"t\"\ntitle = \"t\"\nkind = \"pathwise\"\nsource = \"s\"\nproof = \"p\"\n{lists}\n\
             [claim]\nfor_all = \"k in 0..K\"\nlhs = \"f[k+1]\"\nrhs = \"f[k]\"\n"
        );
        crate::statement::load_text("t.toml", &text).unwrap_or_else(|err| panic!("{err}"))
    }

    #[test]
    fn only_listed_families_and_sources_are_inside_and_nothing_turns_down_that_does_not() {
        let piecewise = |c: f64| {
            json!({ "family": "piecewise-quadratic", "anchor": 0.0, "value": 0.0, "slope": 0.0,
                    "breaks": [0.0], "curvatures": [1.0, c] })
        };
        let inside = Inside::of(&statement(
            "problems = [{ family = \"piecewise-quadratic\", anchor = 0, value = 0, slope = 0, breaks = [1.0], curvatures = [1, 2] }]\n\
             estimates = [[], [{ source = \"each-worker\", operator = { name = \"top-k\", share = 0.5 } }]]",
        ));
        let top = |share: f64| json!([{ "source": "each-worker", "operator": { "name": "top-k", "share": share } }]);
        assert!(inside.holds(&cell(piecewise(4.0), json!([]))));
        assert!(inside.holds(&cell(piecewise(0.0), top(0.1))));
        assert!(!inside.holds(&cell(piecewise(-1.0), json!([]))));
        assert!(!inside.holds(&cell(json!({ "family": "sine-squared", "dimension": 1 }), json!([]))));
        assert!(!inside.holds(&cell(piecewise(4.0), json!([{ "source": "offset", "size": 1.0 }]))));
        let everything = Inside::of(&statement(""));
        assert!(everything.holds(&cell(piecewise(-1.0), json!([{ "source": "offset", "size": 1.0 }]))));
    }
}
