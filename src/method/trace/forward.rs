//! Runs that go forward in one arithmetic, and record what they meet.

use std::cell::OnceCell;
use std::ops::ControlFlow;

use super::frame::{Frame, frame, kept_starts};
use super::{Called, RunTrace};
use crate::method::run::{Emitted, Experiment};
use crate::method::table::Table;
use crate::number::Scalar;
use crate::oracle::{Estimable, Randomness};
use crate::problem::Arithmetic;

/// How far a run goes forward.
pub struct Limit<'l> {
    /// Most steps.
    pub steps: usize,
    /// Most operations, where numbers grow as they go.
    pub operations: f64,
    /// Operations of a step whose numbers have that many bits.
    pub cost: &'l dyn Fn(u32) -> f64,
}

impl<'a, S: Arithmetic + Estimable> RunTrace<'a, S> {
    /// The run that goes forward in this arithmetic, as far as the limit lets it.
    #[must_use]
    pub fn forward(
        experiment: &Experiment<'a>,
        random: &mut dyn Randomness<S>,
        emitted: Option<Emitted<'_>>,
        limit: &Limit<'_>,
        context: S::Context,
    ) -> Self {
        let method = experiment.method;
        let mut run = RunTrace::new(experiment, limit.steps.min(method.horizon), context);
        let mut spent = 0.0;
        let (mut frames, mut calls) = (Vec::<Frame<S>>::new(), Vec::new());
        let mut table = Table::new(&[], method, context);
        let at_point = method.program().calls_at_point();
        experiment.runner(context).run_while(random, emitted, &mut table, &mut |reached| {
            let t = reached.steps;
            if t > 0 {
                if t == 1 {
                    frames[0] =
                        kept_starts(frames[0].clone(), method, &|register| reached.vectors.registers[register].clone());
                }
                if let Some(drawn) = &reached.drawn {
                    if at_point {
                        run.gradients[t - 1] = OnceCell::from(drawn.gradient.to_vec());
                    }
                    run.biases[t - 1] = OnceCell::from(drawn.bias.to_vec());
                    run.noises[t - 1] = OnceCell::from(drawn.noise.to_vec());
                    let at = (!at_point).then(|| drawn.at.to_vec());
                    calls.push(Called { at, estimate: None });
                }
            }
            let length = reached.x.iter().map(Scalar::length).max().unwrap_or(0);
            spent += (limit.cost)(length);
            if spent > limit.operations || reached.x.iter().any(|x| !x.is_defined()) {
                return ControlFlow::Break(());
            }
            run.points.push(reached.x.to_vec());
            frames
                .push(frame(method, &reached.vectors.registers, &|register| reached.machine.number(register).clone()));
            if t == limit.steps { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        run.frames = OnceCell::from(frames);
        run.calls = OnceCell::from(calls);
        run
    }
}
