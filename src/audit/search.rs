//! The worst instance near a recipe: every free number of it, x_0, and every parameter's place in its range,
//! moved by [`cma`](super::cma). Problems and error sources say themselves which numbers are free.

use super::bench::{Look, Recipe, Workbench};
use super::cma::{Budget, maximise};
use super::inside::{Inside, follow, tied};
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

/// The genes of a recipe: coordinates of the error sources, x_0, coordinates of the problem, fractions.
struct Genome<'s> {
    statement: &'s Statement,
    original: Recipe,
    /// The listed estimate whose numbers follow from the problem's.
    tied: Option<usize>,
    fractions: Vec<String>,
    /// All coordinates, and how many of them are moved.
    start: Vec<f64>,
    moved: usize,
}

impl<'s> Genome<'s> {
    fn new(statement: &'s Statement, recipe: &Recipe, problem: &dyn DynProblem, frozen: Frozen) -> Self {
        let mut original = recipe.clone();
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

    /// The recipe with these values.
    fn recipe(&self, bench: &Workbench<'_>, values: &[f64]) -> Option<Recipe> {
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
        let mut recipe = Recipe { witness: None, ..self.original.clone() };
        let frame = &mut recipe.frame;
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
            follow(bench, self.statement, number, frame)?;
        }
        for (name, value) in self.fractions.iter().zip(rest) {
            recipe.fractions.insert(name.clone(), value.clamp(0.0, 1.0));
        }
        Some(recipe)
    }
}

/// What a search ends with.
pub struct Worsened {
    /// How to make the worst instance.
    pub recipe: Recipe,
    /// The worst instance.
    pub look: Look,
    /// Instances that the search looked at.
    pub looked: u64,
}

/// The worst instance of the statement that is found near the recipe; `None` where nothing near it is an
/// instance, or where moved numbers would leave what the statement lists.
#[must_use]
pub fn worsen(
    bench: &Workbench<'_>,
    statement: &Statement,
    recipe: &Recipe,
    frozen: Frozen,
    budget: Budget,
) -> Option<Worsened> {
    // A witness is moved as the cell that it is.
    let recipe = match recipe.witness {
        Some(_) => bench.recipe(statement, &bench.cell(statement, recipe)?)?,
        None => recipe.clone(),
    };
    if !Inside::of(statement).holds(&recipe.frame) {
        return None;
    }
    let problem = bench.problem(&recipe.frame.problem)?;
    let genome = Genome::new(statement, &recipe, problem.as_ref(), frozen);
    // A long run costs as much as several short ones.
    let evaluations = (budget.evaluations * SHORT / recipe.frame.horizon.max(SHORT as usize) as u64).max(LEAST);
    let budget = Budget { evaluations, ..budget };
    let start = &genome.start[..genome.moved];
    let found = maximise(start, &genome.scales(), budget, &mut |values| {
        let look = genome.recipe(bench, values).and_then(|recipe| bench.look(statement, &recipe));
        look.map_or(f64::NEG_INFINITY, |look| look.merit)
    });
    let recipe = genome.recipe(bench, &found.point)?;
    let look = bench.look(statement, &recipe)?;
    Some(Worsened { recipe, look, looked: found.evaluations })
}
