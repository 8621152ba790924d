//! The worst instance near a template: every free number of it, x_0, and every parameter's place in its range,
//! moved by [`cma`](crate::audit::search::cma). Problems and error sources say themselves which numbers are free.

use crate::audit::search::cma::{SearchBudget, maximise};
use crate::audit::search::evaluator::{Evaluation, InstanceEvaluator, InstanceTemplate};
use crate::audit::search::inside::{Inside, follow, tied};
use crate::problem::DynProblem;
use crate::problem::free::Free;
use crate::statement::Statement;

/// Most numbers that are moved at a time; the search is quadratic in them.
const MOST_GENES: usize = 16;
/// Largest dimension in which x_0 is moved too.
const MOVED_POINT: usize = 3;

/// Steps of a run that counts once against the budget, and instances that are always looked at.
const SHORT: u64 = 40;
const LEAST: u64 = 40;

/// What is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frozen {
    /// Nothing.
    Nothing,
    /// The parameters: a search could otherwise make the steps small, where every bound is tight.
    Parameters,
}

/// The genes of a template: coordinates of the error sources, x_0, coordinates of the problem, fractions.
struct Genome<'s> {
    statement: &'s Statement,
    original: InstanceTemplate,
    /// The listed estimate whose numbers follow from the problem's.
    tied: Option<usize>,
    fractions: Vec<String>,
    /// All coordinates, and how many of them are moved.
    start: Vec<f64>,
    moved: usize,
}

impl<'s> Genome<'s> {
    fn new(statement: &'s Statement, template: &InstanceTemplate, problem: &dyn DynProblem, frozen: Frozen) -> Self {
        let mut original = template.clone();
        if original.frame.point.is_none() && problem.dimension() <= MOVED_POINT {
            original.frame.point = Some(problem.start());
        }
        let frame = &original.frame;
        let tied = tied(statement, &frame.oracle, problem);
        let mut start = Vec::new();
        if tied.is_none() {
            start.extend(frame.oracle.iter().flat_map(Free::free_numbers));
        }
        start.extend(frame.point.iter().flatten());
        start.extend(frame.problem.free_numbers());
        let fractions: Vec<String> = match frozen {
            Frozen::Nothing => original.fractions.keys().cloned().collect(),
            Frozen::Parameters => Vec::new(),
        };
        start.extend(fractions.iter().map(|name| original.fractions[name]));
        let moved = start.len().min(MOST_GENES);
        Genome { statement, original, tied, fractions, start, moved }
    }

    fn scales(&self) -> Vec<f64> {
        let numbers = self.start.len() - self.fractions.len();
        let scale = |(i, x): (usize, &f64)| if i < numbers { 0.5 * x.abs() + 0.125 } else { 0.25 };
        self.start.iter().enumerate().map(scale).take(self.moved).collect()
    }

    /// The template with these values.
    fn template(&self, evaluator: &InstanceEvaluator<'_>, values: &[f64]) -> Option<InstanceTemplate> {
        let numbers = self.start.len() - self.fractions.len();
        // Short numbers are enough, and easier to make simple later.
        let moved = values.iter().enumerate().map(|(i, x)| if i < numbers { f64::from(*x as f32) } else { *x });
        let all: Vec<f64> = moved.chain(self.start[self.moved..].iter().copied()).collect();
        let mut rest = &all[..];
        let mut take = |count: usize| {
            let (taken, left) = rest.split_at(count);
            rest = left;
            taken
        };
        let mut template = InstanceTemplate { witness: None, ..self.original.clone() };
        let frame = &mut template.frame;
        if self.tied.is_none() {
            for source in &mut frame.oracle {
                *source = source.with_free_numbers(take(source.free_numbers().len()));
            }
        }
        if let Some(point) = &mut frame.point {
            let count = point.len();
            point.copy_from_slice(take(count));
        }
        frame.problem = frame.problem.with_free_numbers(take(frame.problem.free_numbers().len()));
        if let Some(number) = self.tied {
            follow(evaluator, self.statement, number, frame)?;
        }
        for (name, value) in self.fractions.iter().zip(rest) {
            template.fractions.insert(name.clone(), value.clamp(0.0, 1.0));
        }
        Some(template)
    }
}

/// What a search ends with.
pub struct Worsened {
    /// How to make the worst instance.
    pub template: InstanceTemplate,
    /// The worst instance.
    pub evaluation: Evaluation,
    /// Instances that the search looked at.
    pub evaluations: u64,
}

/// The worst instance of the statement that is found near the template; `None` where nothing near it is an
/// instance, or where moved numbers would leave what the statement lists.
#[must_use]
pub fn worsen(
    evaluator: &InstanceEvaluator<'_>,
    statement: &Statement,
    template: &InstanceTemplate,
    frozen: Frozen,
    budget: SearchBudget,
) -> Option<Worsened> {
    // A witness is moved as the cell that it is.
    let template = match template.witness {
        Some(_) => evaluator.template(statement, &evaluator.cell(statement, template)?)?,
        None => template.clone(),
    };
    if !Inside::of(statement).holds(&template.frame) {
        return None;
    }
    let problem = evaluator.problem(&template.frame.problem)?;
    let genome = Genome::new(statement, &template, problem.as_ref(), frozen);
    // A long run costs as much as several short ones.
    let evaluations = (budget.evaluations * SHORT / template.frame.horizon.max(SHORT as usize) as u64).max(LEAST);
    let budget = SearchBudget { evaluations, ..budget };
    let start = &genome.start[..genome.moved];
    let found = maximise(start, &genome.scales(), budget, &mut |values| {
        let evaluation =
            genome.template(evaluator, values).and_then(|template| evaluator.evaluate(statement, &template));
        evaluation.map_or(f64::NEG_INFINITY, |evaluation| evaluation.merit)
    });
    let template = genome.template(evaluator, &found.point)?;
    let evaluation = evaluator.evaluate(statement, &template)?;
    Some(Worsened { template, evaluation, evaluations: found.evaluations })
}
