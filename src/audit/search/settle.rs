//! Where a long run ends: the fixed points and cycles of a method whose estimate is wrong in the same way at
//! every point. There the estimate cancels the gradient, nothing moves, and what a bound leaves when K grows,
//! its residual, is all that is left of it.

use crate::audit::search::evaluator::{InstanceEvaluator, InstanceTemplate};
use crate::method::Table;
use crate::oracle::NoRandomness;
use crate::problem::{Evaluate, Scratch};
use crate::statement::{Statement, Subject};
use crate::verify::instances::Instance;

/// Steps after which a run that neither stays nor repeats is left where it is.
const MOST_STEPS: usize = 2000;
/// Longest cycle that is noticed.
const LONGEST_CYCLE: usize = 8;
/// How far from the family's own x_0 runs begin, as factors of it.
const FACTORS: [f64; 3] = [1.0, -3.0, 8.0];
/// Steps of the run that then begins where another has ended.
const LONG: usize = 400;

/// A run that begins where another ended, with ‖∇f‖² there as a multiple of C: what a residual is made of.
pub struct Settled {
    /// How to make it.
    pub template: InstanceTemplate,
    /// How much of the residual it attains.
    pub share: f64,
}

/// The template with x_0 where runs from different starts end, and so many steps that a residual is all that is
/// left; none where the errors are drawn or vanish with the gradient, or the claim is no average over the run.
#[must_use]
pub fn settled(evaluator: &InstanceEvaluator<'_>, statement: &Statement, template: &InstanceTemplate) -> Vec<Settled> {
    if statement.subject != Subject::WholeRun || template.frame.oracle.is_empty() {
        return Vec::new();
    }
    let Some(problem) = evaluator.problem(&template.frame.problem) else { return Vec::new() };
    let start = template.frame.point.clone().unwrap_or_else(|| problem.start());
    let mut found: Vec<Settled> = Vec::new();
    for factor in FACTORS {
        let point: Vec<f64> = start.iter().map(|x| factor * x).collect();
        let Some((end, share)) = end_of_run(evaluator, statement, &with_start(template, point)) else { continue };
        let template = with_start(template, end);
        if share > 0.0 && found.iter().all(|known| known.template != template) {
            found.push(Settled { template, share });
        }
    }
    found
}

fn with_start(template: &InstanceTemplate, point: Vec<f64>) -> InstanceTemplate {
    let mut template = InstanceTemplate { witness: None, ..template.clone() };
    template.frame.point = Some(point);
    template.frame.horizon = LONG;
    template
}

/// Where a run ends, in short numbers, and ‖∇f‖² there as a multiple of C.
fn end_of_run(
    evaluator: &InstanceEvaluator<'_>,
    statement: &Statement,
    template: &InstanceTemplate,
) -> Option<(Vec<f64>, f64)> {
    let spec = evaluator.cell(statement, template)?;
    let instance = Instance::on(statement, &spec, evaluator.problem(&spec.problem)?).ok()?;
    let absolute = instance.oracle.model.total.as_ref().map(|[_, absolute]| absolute.to_f64())?;
    if !instance.experiment().is_deterministic() || absolute <= 0.0 {
        return None;
    }
    let mut point = instance.point.clone();
    let mut seen: Vec<Vec<f64>> = Vec::new();
    for _ in 0..MOST_STEPS.div_ceil(LONG) {
        let experiment = crate::method::Experiment { start: &point, ..instance.experiment() };
        let mut table = Table::new(&[], &instance.method, ());
        seen.clear();
        experiment.runner::<f64>(()).run(&mut NoRandomness, &mut table, &mut |reached| {
            if reached.steps + LONGEST_CYCLE >= LONG {
                seen.push(reached.x.to_vec());
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
    let end: Vec<f64> = point.iter().map(|x| f64::from(*x as f32)).collect();
    let problem = instance.problem.as_ref();
    let mut gradient = vec![0.0; end.len()];
    Evaluate::<f64>::gradient_in(problem, &end, &mut gradient, (), &mut Scratch::for_problem(problem, ()));
    let share = gradient.iter().map(|g| g * g).sum::<f64>() / absolute;
    Some((end, share))
}
