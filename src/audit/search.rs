//! The worst instance near a recipe: every number of it that is no count or seed, and every parameter's
//! place in its range, moved by [`cma`](super::cma).

use serde_json::Value;

use super::bench::{Look, Recipe, Workbench};
use super::cma::{Budget, maximise};
use crate::problem::DynProblem;
use crate::statement::Statement;

/// Most numbers that are moved at a time; the search is quadratic in them.
const MOST_GENES: usize = 16;
/// Largest dimension in which x_0 is moved too.
const MOVED_POINT: usize = 3;

/// Steps of a run that counts once against the budget, and instances that are always looked at.
const SHORT: u64 = 40;
const LEAST: u64 = 40;

/// A number of a recipe.
enum Gene {
    /// At this JSON pointer of the frame.
    Leaf(String),
    /// A parameter's place in its range.
    Fraction(String),
}

/// What is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frozen {
    /// Nothing.
    Nothing,
    /// The parameters: a search could otherwise make the steps small, where every bound is tight.
    Parameters,
}

/// The genes of a recipe with their values and scales.
struct Genome {
    frame: Value,
    genes: Vec<Gene>,
    start: Vec<f64>,
    scales: Vec<f64>,
}

impl Genome {
    fn new(recipe: &Recipe, problem: &dyn DynProblem, frozen: Frozen) -> Option<Self> {
        let mut recipe = recipe.clone();
        if recipe.frame.point.is_none() && problem.dimension() <= MOVED_POINT {
            recipe.frame.point = Some(problem.start());
        }
        let frame = serde_json::to_value(&recipe.frame).ok()?;
        let mut genome = Genome { frame: Value::Null, genes: Vec::new(), start: Vec::new(), scales: Vec::new() };
        for part in ["oracle", "point", "problem"] {
            genome.collect(&frame[part], format!("/{part}"));
        }
        if frozen == Frozen::Nothing {
            for (name, fraction) in &recipe.fractions {
                genome.add(Gene::Fraction(name.clone()), *fraction, 0.25);
            }
        }
        genome.frame = frame;
        Some(genome)
    }

    fn add(&mut self, gene: Gene, value: f64, scale: f64) {
        if self.genes.len() < MOST_GENES {
            self.genes.push(gene);
            self.start.push(value);
            self.scales.push(scale);
        }
    }

    fn collect(&mut self, value: &Value, pointer: String) {
        match value {
            Value::Number(number) => {
                if let Some(x) = number.as_f64().filter(|_| number.is_f64()) {
                    self.add(Gene::Leaf(pointer), x, 0.5 * x.abs() + 0.125);
                }
            }
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(i, item)| self.collect(item, format!("{pointer}/{i}")));
            }
            Value::Object(map) => map.iter().for_each(|(key, item)| self.collect(item, format!("{pointer}/{key}"))),
            Value::Null | Value::Bool(_) | Value::String(_) => {}
        }
    }

    /// The recipe with these values.
    fn recipe(&self, original: &Recipe, values: &[f64]) -> Option<Recipe> {
        let mut frame = self.frame.clone();
        let mut fractions = original.fractions.clone();
        for (gene, value) in self.genes.iter().zip(values) {
            match gene {
                // Short numbers: families refuse those whose differences are rounded.
                Gene::Leaf(pointer) => *frame.pointer_mut(pointer)? = serde_json::json!(f64::from(*value as f32)),
                Gene::Fraction(name) => {
                    fractions.insert(name.clone(), value.clamp(0.0, 1.0));
                }
            }
        }
        Some(Recipe { frame: serde_json::from_value(frame).ok()?, fractions, witness: None })
    }
}

/// The worst instance of the statement that is found near the recipe, with its recipe; `None` where nothing
/// near it is an instance.
#[must_use]
pub fn worsen(
    bench: &Workbench<'_>,
    statement: &Statement,
    recipe: &Recipe,
    frozen: Frozen,
    budget: Budget,
) -> Option<(Recipe, Look)> {
    // A witness is moved as the cell that it is.
    let recipe = match recipe.witness {
        Some(_) => bench.recipe(statement, &bench.cell(statement, recipe)?)?,
        None => recipe.clone(),
    };
    let problem = bench.problem(&recipe.frame.problem)?;
    let genome = Genome::new(&recipe, problem.as_ref(), frozen)?;
    // A long run costs as much as several short ones.
    let evaluations = (budget.evaluations * SHORT / recipe.frame.horizon.max(SHORT as usize) as u64).max(LEAST);
    let budget = Budget { evaluations, ..budget };
    let found = maximise(&genome.start, &genome.scales, budget, &mut |values| {
        let look = genome.recipe(&recipe, values).and_then(|recipe| bench.look(statement, &recipe));
        look.map_or(f64::NEG_INFINITY, |look| look.excess)
    });
    let best = genome.recipe(&recipe, &found.point)?;
    let look = bench.look(statement, &best)?;
    Some((best, look))
}
