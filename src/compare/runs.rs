//! Paired runs of one contender, eight replicates side by side.

use std::sync::Arc;

use rayon::prelude::*;

use crate::inference::distribution_free::median;
use crate::method::{Experiment, Momentum, Quantity, Start, Table, Workspace};
use crate::number::{Lanes, Scalar};
use crate::oracle::{Oracle, Stream, StreamKey};
use crate::problem::DynProblem;
use crate::statement::term::VectorSequence;

/// One contender on one problem.
pub(super) struct Runner {
    pub problem: Arc<dyn DynProblem>,
    pub oracle: Oracle,
    pub smoothness: f64,
    pub lower_bound: f64,
    pub beta: f64,
    pub clip_direction: Option<f64>,
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

const QUANTITIES: [Quantity; 2] = [Quantity::Value, Quantity::Norm2(VectorSequence::Gradient)];

impl Runner {
    /// The step of the grid, in units of 1/L, with the lowest median floor.
    pub fn best_step(&self, grid: &[f64], replicates: u64, key: &StreamKey) -> f64 {
        let floor = |step: &f64| {
            median(&self.measure(step / self.smoothness, replicates, key).floors, 1.0).value.unwrap_or(f64::INFINITY)
        };
        let floors: Vec<f64> = grid.iter().map(floor).collect();
        let best = (0..grid.len()).min_by(|a, b| floors[*a].total_cmp(&floors[*b]));
        best.map_or(1.0, |i| grid[i])
    }

    /// Runs the replicates of these streams.
    pub fn measure(&self, step: f64, replicates: u64, key: &StreamKey) -> Measured {
        let deterministic = self.oracle.model.deterministic;
        let lanes = Lanes::LANES as u64;
        let groups = if deterministic { 1 } else { replicates.div_ceil(lanes) };
        let method = Momentum {
            beta: self.beta,
            steps: vec![step; self.horizon],
            start: Start::Zero,
            clip_direction: self.clip_direction,
        };
        let start = self.problem.start();
        let experiment =
            Experiment { problem: self.problem.as_ref(), oracle: &self.oracle, method: &method, start: &start };
        let found: Vec<Vec<[f64; 3]>> = (0..groups)
            .into_par_iter()
            .map_init(
                || Workspace::<Lanes>::new(self.problem.as_ref(), ()),
                |work, group| {
                    let mut table = Table::<Lanes>::new(&QUANTITIES, self.horizon, &method.steps, ());
                    let generators = (0..lanes).map(|lane| key.stream(group * lanes + lane));
                    let mut random = Stream::<_, Lanes>::new(generators, ());
                    experiment.run(&mut random, &mut table, work, (), &mut |_| {});
                    (0..Lanes::LANES).map(|lane| self.summary(&table, lane)).collect()
                },
            )
            .collect();
        let all: Vec<[f64; 3]> = found.into_iter().flatten().collect();
        let column = |i: usize| all.iter().map(|row| row[i]).collect();
        Measured { floors: column(0), gaps: column(1), steps: column(2), deterministic }
    }

    /// Floor, gap and steps to the level of one run.
    fn summary(&self, table: &Table<Lanes>, lane: usize) -> [f64; 3] {
        let row = |quantity, k: usize| table.get(quantity, k as i64).map_or(f64::NAN, |x| x.lane(lane));
        let late = self.horizon / 2..self.horizon + 1;
        let mean = |quantity| late.clone().map(|k| row(quantity, k)).sum::<f64>() / late.len() as f64;
        let or_infinite = |x: f64| if x.is_finite() { x } else { f64::INFINITY };
        let first = row(QUANTITIES[1], 0);
        let level = self.level * first;
        let reached = (0..=self.horizon).find(|k| row(QUANTITIES[1], *k) <= level);
        [
            or_infinite(mean(QUANTITIES[1])).max(ROUNDING * first),
            or_infinite(mean(QUANTITIES[0]) - self.lower_bound),
            reached.unwrap_or(self.horizon + 1) as f64,
        ]
    }
}
