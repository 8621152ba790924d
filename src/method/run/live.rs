//! A run while a step is being made: its vectors, and what draws its estimates.

use super::Runner;
use super::drawing::Drawing;
use super::experiment::Experiment;
use super::lookahead::Before;
use super::memories::Memories;
use crate::method::language::machine::{Call, Change, Coordinates, Machine, Part, Ran, Stop, Vectors};
use crate::method::language::program::Draw;
use crate::number::Scalar;
use crate::oracle::{Estimable, EstimateQuery, Randomness, Subset};
use crate::problem::{Arithmetic, Evaluate};

/// A run while it is under way.
pub(super) struct Live<'r, 'm, S: Scalar> {
    experiment: Experiment<'m>,
    problem: &'r dyn Evaluate<S>,
    vectors: &'r mut Coordinates<S>,
    memories: &'r mut Memories<S>,
    /// Taken while an estimate draws.
    random: Option<&'r mut dyn Randomness<S>>,
    drawing: Drawing<'r, S>,
    before: Option<Before<'m, S>>,
    k: usize,
    context: S::Context,
}

impl<'m, S: Arithmetic + Estimable> Runner<'m, S> {
    /// The machine, and the vectors on which it makes a start or a step.
    pub(super) fn live<'r>(
        &'r mut self,
        random: &'r mut dyn Randomness<S>,
        drawing: Drawing<'r, S>,
        before: Option<Before<'m, S>>,
    ) -> (&'r mut Machine<'m, S>, Live<'r, 'm, S>) {
        let k = self.machine.steps();
        let live = Live {
            experiment: self.experiment,
            problem: S::view(self.experiment.problem),
            vectors: &mut self.vectors,
            memories: &mut self.memories,
            random: Some(random),
            drawing,
            before,
            k,
            context: self.context,
        };
        (&mut self.machine, live)
    }
}

impl<S: Arithmetic + Estimable> Live<'_, '_, S> {
    /// Notes that a register changes.
    fn touch(&mut self, u: usize) {
        self.memories.fresh &= u != 0;
    }

    /// u ← an estimate of ∇f at the register's point.
    fn estimate(&mut self, u: usize, call: Call) -> Ran {
        self.look_at(call.at);
        if let Drawing::Given(bias, noise) = self.drawing {
            self.memories.bias.clone_from_slice(bias);
            self.memories.noise.clone_from_slice(noise);
            let out = self.vectors.registers[u].iter_mut().zip(self.memories.called());
            for ((o, g), (b, n)) in out.zip(bias.iter().zip(noise)) {
                *o = g.clone().add(b).add(n);
            }
            return Ok(());
        }
        self.draw(call)?;
        let Memories { bias, noise, free, .. } = &*self.memories;
        let called = self.memories.called();
        let out = &mut self.vectors.registers[u];
        S::with_widest_registers(
            #[inline(always)]
            || {
                for (((o, b), n), g) in out.iter_mut().zip(bias).zip(noise).zip(called) {
                    o.set(b);
                    o.add_assign(n);
                    o.add_assign(g);
                }
            },
        );
        if matches!(self.drawing, Drawing::Apart) {
            out.iter_mut().zip(free.iter()).for_each(|(o, u)| o.add_assign(u));
        }
        Ok(())
    }

    /// ∇f at a register's point, where an estimate is asked for.
    fn look_at(&mut self, at: usize) {
        let Live { experiment, problem, vectors, memories, context, .. } = self;
        let y = &vectors.registers[at];
        if at == 0 {
            memories.know_gradient(*problem, y, *context);
        } else {
            problem.gradient_in(y, &mut memories.called, *context, &mut memories.scratch);
        }
        memories.called_is_point = at == 0;
        if !experiment.method.program().calls_at_point() {
            memories.called_at.iter_mut().zip(y).for_each(|(own, y)| own.set(y));
        }
    }

    /// Bias and noise of an estimate there, by its own draw or that of another call.
    fn draw(&mut self, call: Call) -> Ran {
        let Some(random) = self.random.take() else { return Err(Stop::Undecided) };
        let drawn = match call.draw {
            Draw::Own => {
                self.draw_from(call.at, &mut *random);
                Ok(())
            }
            Draw::Kept(number) => {
                let mut tape = std::mem::take(&mut self.memories.tapes[number]);
                self.draw_from(call.at, &mut tape.keep(&mut *random));
                self.memories.tapes[number] = tape;
                Ok(())
            }
            Draw::Repeated(number) => {
                let tape = std::mem::take(&mut self.memories.tapes[number]);
                if tape.is_made {
                    self.draw_from(call.at, &mut tape.repeat());
                }
                let is_made = tape.is_made;
                self.memories.tapes[number] = tape;
                // The line whose draw it is was not reached in this step.
                if is_made { Ok(()) } else { Err(Stop::NoValue) }
            }
        };
        self.random = Some(random);
        drawn
    }

    fn draw_from(&mut self, at: usize, random: &mut dyn Randomness<S>) {
        let Live { experiment, problem, vectors, memories, drawing, before, k, context, .. } = self;
        let context = *context;
        let Memories {
            at_point, called, called_is_point, bias, noise, free, worker_gradients, sources, scratch, ..
        } = &mut **memories;
        let called: &[S] = if *called_is_point { at_point } else { called };
        let y = &vectors.registers[at];
        experiment.oracle.worker_gradients(experiment.problem, y, worker_gradients, context, scratch);
        let adversary_score = |lane: usize, candidate: &[f64]| {
            let gradient: Vec<f64> = called.iter().map(|g| g.lane(lane)).collect();
            before.as_ref().map_or(f64::NAN, |before| before.next_gradient_norm(experiment, lane, &gradient, candidate))
        };
        let direction = experiment
            .method
            .direction()
            .and_then(|register| Some(before.as_ref()?.registers.get(register)?.as_slice()));
        let situation = EstimateQuery {
            step: Some(*k),
            x: y,
            gradient: called,
            worker_gradients,
            direction,
            workers: experiment.problem.workers(),
            problem: *problem,
            adversary_score: before.is_some().then_some(&adversary_score),
            memory: sources,
        };
        if matches!(drawing, Drawing::Whole) {
            experiment.oracle.draw(&situation, random, bias, noise, context);
            return;
        }
        experiment.oracle.draw_apart(&situation, random, [&mut *bias, &mut *noise, &mut *free], context);
        if let Drawing::Emitted(vector) = drawing {
            bias.iter_mut().zip(vector.iter()).for_each(|(b, u)| b.add_f64(*u));
        }
    }

    /// u ← an estimate of ∇fᵢ at the register's point.
    fn worker_estimate(&mut self, u: usize, worker: usize, at: usize) -> Ran {
        let Live { experiment, problem, vectors, memories, random, k, context, .. } = self;
        let (Some(random), context) = (random, *context) else { return Err(Stop::Undecided) };
        let y = &vectors.registers[at];
        memories.renew();
        let Memories { called, error, sources, scratch, .. } = &mut **memories;
        problem.worker_gradient_in(worker, y, called, context, scratch);
        let situation = EstimateQuery {
            step: Some(*k),
            x: y,
            gradient: called,
            worker_gradients: &[],
            direction: None,
            workers: experiment.problem.workers(),
            problem: *problem,
            adversary_score: None,
            memory: sources,
        };
        experiment.oracle.draw_for_worker(&situation, *random, error, context);
        for ((o, g), e) in vectors.registers[u].iter_mut().zip(called.iter()).zip(error.iter()) {
            o.set(g);
            o.add_assign(e);
        }
        Ok(())
    }
}

impl<S: Arithmetic + Estimable> Vectors<S> for Live<'_, '_, S> {
    fn combine<'a>(&mut self, u: usize, parts: impl Iterator<Item = Part<'a, S>>) -> Ran {
        self.touch(u);
        self.vectors.combine(u, parts);
        Ok(())
    }

    fn swap(&mut self, u: usize, w: usize) {
        self.touch(u);
        self.touch(w);
        self.vectors.registers.swap(u, w);
    }

    fn call(&mut self, u: usize, call: Call) -> Ran {
        match (call.estimate, call.worker) {
            (true, None) => self.estimate(u, call)?,
            (true, Some(worker)) => self.worker_estimate(u, worker, call.at)?,
            (false, worker) => {
                let Live { problem, vectors, memories, context, .. } = self;
                let y = std::mem::take(&mut vectors.registers[call.at]);
                let out = &mut vectors.registers[u];
                match worker {
                    None => problem.gradient_in(&y, out, *context, &mut memories.scratch),
                    Some(worker) => problem.worker_gradient_in(worker, &y, out, *context, &mut memories.scratch),
                }
                vectors.registers[call.at] = y;
            }
        }
        self.touch(u);
        Ok(())
    }

    fn change(&mut self, u: usize, change: Change<'_, S>) -> Ran {
        self.touch(u);
        let Change::Operate(position) = change else { return self.vectors.change(u, change) };
        let operator = self.experiment.method.operators.get(position).ok_or(Stop::Undecided)?;
        let out = &mut self.memories.combination;
        let choice = &mut self.memories.sources.get_mut().choice;
        let random = self.random.as_deref_mut().ok_or(Stop::Undecided)?;
        operator.apply(&mut self.vectors.registers[u], random, out, choice, self.context);
        // Where coordinates may tie there is no value.
        if self.vectors.registers[u].iter().all(Scalar::is_defined) { Ok(()) } else { Err(Stop::Undecided) }
    }

    fn norm2(&mut self, u: usize) -> Result<S, Stop> {
        Ok(self.vectors.norm2(u))
    }

    fn dot(&mut self, u: usize, w: usize) -> Result<S, Stop> {
        Ok(self.vectors.dot(u, w))
    }

    fn value(&mut self, y: usize) -> Result<S, Stop> {
        Ok(self.problem.value_in(&self.vectors.registers[y], self.context, &mut self.memories.scratch))
    }

    fn sample_workers(&mut self, size: usize, of: usize) -> Result<&[Subset], Stop> {
        Ok(self.random.as_deref_mut().ok_or(Stop::Undecided)?.subset(size, of))
    }
}
