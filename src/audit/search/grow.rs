//! More steps, coordinates and workers, and other random data: what a search over numbers does not move.

use rayon::prelude::*;

use crate::audit::search::evaluator::{Evaluation, InstanceEvaluator, InstanceTemplate};
use crate::audit::search::inside::{Inside, follow, tied};
use crate::problem::free::Free;
use crate::statement::{Statement, Subject};

/// Longest run that is looked at, and largest dimension and number of workers.
const LONGEST: usize = 1000;
const LARGEST: usize = 16;
/// Most numbers of a run, a step's coordinates for every worker.
const MOST_NUMBERS: usize = 1 << 11;
/// Changes one after another, each of which makes it worse.
const ROUNDS: usize = 12;

/// The worst instance that is reached from the template's by doubling its counts, adding to them and drawing
/// random data anew, as long as each change makes it worse; none where no change does.
#[must_use]
pub fn grow(
    evaluator: &InstanceEvaluator<'_>,
    statement: &Statement,
    template: &InstanceTemplate,
) -> Option<(InstanceTemplate, Evaluation)> {
    let inside = Inside::of(statement);
    let mut best = (template.clone(), evaluator.evaluate(statement, template)?);
    let mut grown = false;
    for _ in 0..ROUNDS {
        let candidates: Vec<InstanceTemplate> =
            larger(evaluator, statement, &best.0).into_iter().filter(|larger| inside.holds(&larger.frame)).collect();
        let looked: Vec<(InstanceTemplate, Evaluation)> = candidates
            .into_par_iter()
            .filter_map(|template| evaluator.evaluate(statement, &template).map(|evaluation| (template, evaluation)))
            .collect();
        let Some(worst) = looked.into_iter().rev().max_by(|a, b| a.1.merit.total_cmp(&b.1.merit)) else { break };
        if worst.1.merit <= best.1.merit {
            break;
        }
        best = worst;
        grown = true;
    }
    grown.then_some(best)
}

fn larger(
    evaluator: &InstanceEvaluator<'_>,
    statement: &Statement,
    template: &InstanceTemplate,
) -> Vec<InstanceTemplate> {
    let frame = &template.frame;
    let (dimension, workers) = (frame.problem.dimension(), frame.problem.workers());
    let mut found = Vec::new();
    let mut add = |change: &dyn Fn(&mut InstanceTemplate)| {
        let mut larger = InstanceTemplate { witness: None, ..template.clone() };
        change(&mut larger);
        found.push(larger);
    };
    // In estimate statements K is the number of points, and one step needs no more than it has.
    if matches!(statement.subject, Subject::Pathwise | Subject::WholeRun) && frame.horizon < LONGEST {
        for horizon in [(2 * frame.horizon).min(LONGEST), frame.horizon + 1] {
            add(&|larger| larger.frame.horizon = horizon);
        }
    }
    for more in [1, dimension] {
        add(&|larger| (0..more).for_each(|_| add_coordinate(larger)));
    }
    for more in [1, workers] {
        add(&|larger| (0..more).for_each(|_| larger.frame.problem.add_worker()));
    }
    for problem in frame.problem.more() {
        add(&|larger| larger.frame.problem = problem.clone());
    }
    for (i, source) in frame.oracle.iter().enumerate() {
        for source in source.more() {
            add(&|larger| larger.frame.oracle[i] = source.clone());
        }
    }
    let estimate =
        evaluator.problem(&frame.problem).and_then(|problem| tied(statement, &frame.oracle, problem.as_ref()));
    found.retain_mut(|larger| {
        let changed = larger.frame != *frame && is_cheap(larger);
        changed && estimate.is_none_or(|number| follow(evaluator, statement, number, &mut larger.frame).is_some())
    });
    found
}

fn add_coordinate(template: &mut InstanceTemplate) {
    template.frame.problem.add_coordinate();
    template.frame.oracle.iter_mut().for_each(Free::add_coordinate);
    if let Some(point) = template.frame.point.as_mut() {
        point.extend(point.last().copied());
    }
}

fn is_cheap(template: &InstanceTemplate) -> bool {
    let (dimension, workers) = (template.frame.problem.dimension(), template.frame.problem.workers());
    let numbers = template.frame.horizon * dimension * workers;
    dimension.max(workers) <= LARGEST && numbers <= MOST_NUMBERS
}

#[cfg(test)]
mod tests {
    use crate::audit::search::grow::*;
    use crate::inference::ErrorBudget;
    use crate::preset::Preset;
    use crate::statement::load_text;
    use crate::verify::Judging;
    use crate::verify::choosing::plan::Plan;

    /// What is reached from the first cell of a statement with this claim.
    fn grown(lists: &str, kind: &str, lhs: &str, rhs: &str) -> Option<(InstanceTemplate, Evaluation)> {
        let text = format!(
            "id = \"t\"\ntitle = \"t\"\nkind = \"{kind}\"\nsource = \"s\"\nproof = \"p\"\nhorizons = [2]\n{lists}\n\
             [claim]\nfor_all = \"k in 0..K\"\nlhs = \"{lhs}\"\nrhs = \"{rhs}\"\n"
        );
        let statement = load_text("t.toml", &text).unwrap_or_else(|err| panic!("{err}"));
        let effort = Preset::Quick.effort();
        let evaluator = InstanceEvaluator::new(Judging {
            effort: &effort,
            error_budget: ErrorBudget { delta: 1e-6, tests: 1 },
            seed: 1,
        });
        let spec = Plan::new(&statement, Preset::Quick).unwrap().cells[0].spec.clone();
        let template = evaluator.template(&statement, &spec).unwrap();
        grow(&evaluator, &statement, &template)
    }

    #[test]
    fn steps_coordinates_and_workers_grow_where_that_makes_it_worse() {
        let two = "problems = [{ family = \"shifted-quadratic\", spectrum = [1, 2], shifts = [[1, 0], [-1, 0]] }]\nestimates = [[]]";
        let (template, evaluation) = grown(two, "pathwise", "K", "500").unwrap();
        assert!(template.frame.horizon > 500 && evaluation.excess > 0.0, "{template:?}");
        let (template, evaluation) = grown(two, "pathwise", "norm2(x[0])", "20").unwrap();
        assert!(template.frame.problem.dimension() > 2, "{evaluation:?}");
        let (template, evaluation) = grown(two, "pathwise", "n", "5").unwrap();
        assert!(template.frame.problem.workers() > 5 && evaluation.excess > 0.0, "{template:?}");
    }

    #[test]
    fn other_random_data_are_drawn_where_they_are_worse_and_nothing_grows_in_vain() {
        let random = |seed| {
            format!(
                "problems = [{{ family = \"quadratic\", dimension = 2, condition = 100.0, seed = {seed} }}]\nestimates = [[]]"
            )
        };
        let redrawn = |seed: u64| {
            let (template, _) = grown(&random(seed), "pathwise", "1/f[0]", "100")?;
            let problem = serde_json::to_value(&template.frame.problem).ok()?;
            Some(problem["seed"] != seed && problem["dimension"] == 2)
        };
        let found: Vec<Option<bool>> = (3..=6).map(redrawn).collect();
        assert_eq!(found, [Some(true), Some(true), Some(true), None]);
        assert!(grown(&random(1), "pathwise", "1 + 0*f[k]", "2").is_none());
    }
}
