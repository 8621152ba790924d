//! Where a long run ends: the fixed points and cycles of a method whose estimate is wrong in the same way at
//! every point. There the estimate cancels the gradient, nothing moves, and what a bound leaves when K grows,
//! its residual, is all that is left of it.

use super::bench::{Recipe, Workbench};
use crate::method::{Table, Workspace};
use crate::oracle::NoRandomness;
use crate::statement::{Scope, Statement, Subject};
use crate::verify::instance::Instance;

/// Steps after which a run that neither stays nor repeats is left where it is.
const MOST_STEPS: usize = 2000;
/// Longest cycle that is noticed.
const LONGEST_CYCLE: usize = 8;
/// How far from the family's own x_0 runs begin, as factors of it.
const FACTORS: [f64; 3] = [1.0, -3.0, 8.0];
/// Steps of the run that then begins where another has ended.
pub const LONG: usize = 400;

/// The recipe with x_0 where runs from different starts end, and so many steps that a residual is all that is
/// left; none where the errors are drawn, or the claim is no average over the run.
#[must_use]
pub fn settled(bench: &Workbench<'_>, statement: &Statement, recipe: &Recipe) -> Vec<Recipe> {
    if statement.scope() != Scope::WholeRun || statement.subject != Subject::Run || recipe.frame.oracle.is_empty() {
        return Vec::new();
    }
    let Some(problem) = bench.problem(&recipe.frame.problem) else { return Vec::new() };
    let start = recipe.frame.point.clone().unwrap_or_else(|| problem.start());
    let mut ends: Vec<Vec<f64>> = Vec::new();
    for factor in FACTORS {
        let point: Vec<f64> = start.iter().map(|x| factor * x).collect();
        let end = end_of_run(bench, statement, &with_start(recipe, point));
        ends.extend(end.filter(|end| !ends.contains(end)));
    }
    ends.into_iter().map(|end| with_start(recipe, end)).collect()
}

fn with_start(recipe: &Recipe, point: Vec<f64>) -> Recipe {
    let mut recipe = Recipe { witness: None, ..recipe.clone() };
    recipe.frame.point = Some(point);
    recipe.frame.horizon = LONG;
    recipe
}

/// Where a run ends, in short numbers.
fn end_of_run(bench: &Workbench<'_>, statement: &Statement, recipe: &Recipe) -> Option<Vec<f64>> {
    let spec = bench.cell(statement, recipe)?;
    let instance = Instance::on(statement, &spec, bench.problem(&spec.problem)?).ok()?;
    if !instance.oracle.model.deterministic {
        return None;
    }
    let mut point = instance.point.clone();
    let mut seen: Vec<Vec<f64>> = Vec::new();
    for _ in 0..MOST_STEPS.div_ceil(LONG) {
        let experiment = crate::method::Experiment { start: &point, ..instance.experiment() };
        let mut table = Table::new(&[], LONG, &instance.method.steps, ());
        let mut work = Workspace::<f64>::new(instance.problem.as_ref(), ());
        seen.clear();
        experiment.run(&mut NoRandomness, &mut table, &mut work, (), &mut |step| {
            if step.k + LONGEST_CYCLE >= LONG {
                seen.push(step.x.to_vec());
            }
        });
        point.clone_from(seen.last()?);
        if point.iter().any(|x| !x.is_finite()) {
            return None;
        }
        if seen.iter().rev().skip(1).any(|x| *x == point) {
            break;
        }
    }
    Some(point.iter().map(|x| f64::from(*x as f32)).collect())
}
