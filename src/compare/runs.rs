//! Paired runs of one contender, eight replicates side by side.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use crate::inference::distribution_free::median;
use crate::method::language::tree::Method;
use crate::method::{BoundMethod, Experiment, Misfit, Recorded, Table};
use crate::number::{Lanes, Scalar};
use crate::oracle::{Oracle, Stream, StreamKey};
use crate::problem::DynProblem;

/// One contender on one problem.
pub(super) struct Runner {
    pub problem: Arc<dyn DynProblem>,
    pub oracle: Oracle,
    pub smoothness: f64,
    pub lower_bound: f64,
    /// The method, and the name of its step size.
    pub method: (Arc<Method>, String),
    /// Its other parameters.
    pub parameters: BTreeMap<String, f64>,
    pub horizon: usize,
    pub level: f64,
}

/// Floors below this share of ‖∇f(x_0)‖² are rounding and no difference between methods.
const ROUNDING: f64 = 1e-20;

/// What the replicates reached, in their order. A run that leaves the finite numbers has infinite
/// floor and gap.
pub(super) struct Measured {
    pub floors: Vec<f64>,
    pub gaps: Vec<f64>,
    pub steps: Vec<f64>,
    pub deterministic: bool,
}

const QUANTITIES: [Recorded; 2] = [Recorded::VALUE, Recorded::GRADIENT];

impl Runner {
    /// The step of the grid, in units of 1/L, with the lowest median floor.
    pub fn best_step(&self, grid: &[f64], replicates: u64, key: &StreamKey) -> Result<f64, Misfit> {
        let floor = |step: &f64| -> Result<f64, Misfit> {
            let measured = self.measure(step / self.smoothness, replicates, key)?;
            Ok(median(&measured.floors, 1.0).value.unwrap_or(f64::INFINITY))
        };
        let floors: Vec<f64> = grid.iter().map(floor).collect::<Result<_, _>>()?;
        let best = (0..grid.len()).min_by(|a, b| floors[*a].total_cmp(&floors[*b]));
        Ok(best.map_or(1.0, |i| grid[i]))
    }

    /// Runs the replicates of these streams.
    pub fn measure(&self, step: f64, replicates: u64, key: &StreamKey) -> Result<Measured, Misfit> {
        let lanes = Lanes::LANES as u64;
        let (own, name) = &self.method;
        let mut method = BoundMethod::new(Arc::clone(own), self.problem.as_ref(), 0, &[]);
        let given = |other: &str| if other == name { Some(step) } else { self.parameters.get(other).copied() };
        method.tune(self.horizon, &given)?;
        let start = self.problem.start();
        let experiment =
            Experiment { problem: self.problem.as_ref(), oracle: &self.oracle, method: &method, start: &start };
        let deterministic = experiment.is_deterministic();
        let groups = if deterministic { 1 } else { replicates.div_ceil(lanes) };
        let found: Vec<Vec<[f64; 3]>> = (0..groups)
            .into_par_iter()
            .map_init(
                || experiment.runner::<Lanes>(()),
                |runner, group| {
                    let mut table = Table::<Lanes>::new(&QUANTITIES, &method, ());
                    let generators = (0..lanes).map(|lane| key.stream(group * lanes + lane));
                    let mut random = Stream::<_, Lanes>::new(generators, ());
                    runner.run(&mut random, &mut table, &mut |_| {});
                    (0..Lanes::LANES).map(|lane| self.summary(&table, lane)).collect()
                },
            )
            .collect();
        let all: Vec<[f64; 3]> = found.into_iter().flatten().collect();
        let column = |i: usize| all.iter().map(|row| row[i]).collect();
        Ok(Measured { floors: column(0), gaps: column(1), steps: column(2), deterministic })
    }

    /// Floor, gap and steps to the level of one run.
    fn summary(&self, table: &Table<Lanes>, lane: usize) -> [f64; 3] {
        let row = |quantity: &Recorded, k: usize| table.get(quantity, k as i64).map_or(f64::NAN, |x| x.lane(lane));
        let late = self.horizon / 2..self.horizon + 1;
        let mean = |quantity: &Recorded| late.clone().map(|k| row(quantity, k)).sum::<f64>() / late.len() as f64;
        let or_infinite = |x: f64| if x.is_finite() { x } else { f64::INFINITY };
        let first = row(&QUANTITIES[1], 0);
        let level = self.level * first;
        let reached = (0..=self.horizon).find(|k| row(&QUANTITIES[1], *k) <= level);
        [
            or_infinite(mean(&QUANTITIES[1])).max(ROUNDING * first),
            or_infinite(mean(&QUANTITIES[0]) - self.lower_bound),
            reached.unwrap_or(self.horizon + 1) as f64,
        ]
    }
}
