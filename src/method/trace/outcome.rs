//! A run whose newest step is one of its outcomes.

use std::cell::OnceCell;

use super::combination::{derived_vector, plus};
use super::frame::{Frame, frame, kept_starts};
use super::{Evaluated, RunTrace, Until};
use crate::method::language::moves::Recorder;
use crate::method::run::{Drawing, Runner};
use crate::number::{Scalar, norm2, zeros};
use crate::oracle::{Enumerated, Estimable, NoRandomness, Randomness};
use crate::problem::Arithmetic;
use crate::statement::evaluate::{EvaluationError, Trace};
use crate::statement::term::{OfMethod, ScalarSequence, VectorSequence};

/// One outcome of step k after a past: ν_k, or whatever the step draws, is one of its outcomes, and what the step
/// makes follows in the arithmetic `S`.
pub struct OutcomeTrace<'r, 'a, S: Scalar> {
    past: Until<'r, 'a, S>,
    k: i64,
    bias: Vec<S>,
    noise: Vec<S>,
    /// After the step: registers, x among them, and numbers; and what step 0 gave states for their start.
    after: Frame<S>,
    started: Option<Frame<S>>,
    next_gradient: OnceCell<Vec<S>>,
    next_value: OnceCell<S>,
}

impl<'a, S: Arithmetic + Estimable> RunTrace<'a, S> {
    /// The run in its state after k steps.
    fn runner_at(&self, k: usize) -> Option<Runner<'a, S>> {
        let method = self.experiment.method;
        let mut runner = self.experiment.runner(self.context);
        let mut machine = method.machine::<S>(self.context);
        let mut nothing = Recorder::default();
        machine.set_constants(&mut nothing).ok()?;
        machine.go_to(k, &mut nothing).ok()?;
        let frame = self.frames().get(k)?;
        for (register, number) in method.number_registers().iter().zip(&frame.numbers) {
            machine.set_number(*register, number);
        }
        let mut registers = frame.vectors.clone();
        registers.resize(method.program().vectors, Vec::new());
        for register in registers.iter_mut().filter(|register| register.is_empty()) {
            *register = zeros(self.experiment.problem.dimension(), self.context);
        }
        registers[0] = self.point(k);
        runner.set_state(machine, &registers);
        Some(runner)
    }
}

impl<'r, 'a, S: Arithmetic + Estimable> OutcomeTrace<'r, 'a, S> {
    /// The outcome of step `k` of `horizon` with that noise.
    #[must_use]
    pub fn new(past: &'r RunTrace<'a, S>, horizon: usize, k: usize, noise: Vec<S>) -> Self {
        let bias = past.bias(k).clone();
        let mut outcome = Self::made((past, horizon, k), &mut NoRandomness, Drawing::Given(&bias, &noise));
        (outcome.bias, outcome.noise) = (bias, noise);
        outcome
    }

    /// The outcomes of all that step `k` of `horizon` draws, each as likely as any other; none where there are more
    /// than `most`, or they are not equally likely.
    #[must_use]
    pub fn every(past: &'r RunTrace<'a, S>, horizon: usize, k: usize, most: u64) -> Option<Vec<Self>> {
        let (mut all, mut first): (Vec<Self>, Option<u64>) = (Vec::new(), None);
        loop {
            let mut random = Enumerated::new(all.len() as u64, past.context);
            all.push(Self::made((past, horizon, k), &mut random, Drawing::Whole));
            let own = random.paths().filter(|paths| *paths <= most)?;
            // Those that draw less than others are counted once for each of these.
            let first = *first.get_or_insert(own);
            if !first.is_multiple_of(own) {
                return None;
            }
            if all.len() as u64 == first {
                return Some(all);
            }
        }
    }

    fn made(
        (past, horizon, k): (&'r RunTrace<'a, S>, usize, usize),
        random: &mut dyn Randomness<S>,
        drawing: Drawing<'_, S>,
    ) -> Self {
        let experiment = past.experiment;
        let undefined = past.undefined();
        let (mut bias, mut noise, mut next) = (undefined.clone(), undefined.clone(), undefined.clone());
        let mut after = Frame { vectors: Vec::new(), numbers: Vec::new() };
        let mut started = None;
        if let Some(mut runner) = past.runner_at(k)
            && runner.step(random, drawing).is_ok()
        {
            if experiment.method.draws_one_average() {
                let drawn = runner.drawn();
                (bias, noise) = (drawn.bias.to_vec(), drawn.noise.to_vec());
            }
            let (machine, registers) = runner.state();
            next.clone_from(&registers[0]);
            after = frame(experiment.method, registers, &|register| machine.number(register).clone());
            if k == 0 {
                let start = past.frames()[0].clone();
                started = Some(kept_starts(start, experiment.method, &|register| registers[register].clone()));
            }
        }
        let (next_gradient, next_value) = (OnceCell::new(), OnceCell::new());
        after.vectors.resize(after.vectors.len().max(1), Vec::new());
        after.vectors[0] = next;
        OutcomeTrace { past: past.until(horizon), k: k as i64, bias, noise, after, started, next_gradient, next_value }
    }

    /// The frame that has a quantity's value of that index, where this outcome has one of its own.
    fn own_frame(&self, quantity: &OfMethod, k: i64) -> Evaluated<Option<&Frame<S>>> {
        let missing = || EvaluationError::missing(&quantity.name, k);
        let steps = quantity.steps_before(k).ok_or_else(missing)? as i64;
        match steps {
            _ if steps == self.k + 1 => Ok(Some(&self.after)),
            _ if steps > self.k + 1 => Err(missing()),
            0 => Ok(self.started.as_ref()),
            _ => Ok(None),
        }
    }

    fn own_vector(&self, quantity: &OfMethod, worker: usize, k: i64) -> Evaluated<Option<Vec<S>>> {
        let register = self.past.run.experiment.method.program().registers(quantity.position).start + worker;
        Ok(self.own_frame(quantity, k)?.map(|frame| match frame.vectors.get(register) {
            Some(vector) if !vector.is_empty() => vector.clone(),
            _ => self.past.run.undefined(),
        }))
    }
}

impl<S: Arithmetic + Estimable> Trace<S> for OutcomeTrace<'_, '_, S> {
    fn scalar(&self, sequence: &ScalarSequence, k: i64) -> Evaluated<S> {
        match sequence {
            ScalarSequence::Value if k == self.k + 1 => {
                let next = &self.after.vectors[0];
                Ok(self.next_value.get_or_init(|| self.past.run.value_of(next)).clone())
            }
            ScalarSequence::Value | ScalarSequence::Distance if k > self.k + 1 => {
                Err(EvaluationError::missing(sequence.name(), k))
            }
            ScalarSequence::Distance if k == self.k + 1 => Ok(self.past.run.distance(&self.after.vectors[0])),
            ScalarSequence::Quantity(quantity) => match self.own_frame(quantity, k)? {
                // Undefined where the step stopped.
                Some(frame) => {
                    let number = frame.number(self.past.run.experiment.method, quantity);
                    Ok(number.cloned().unwrap_or_else(|| S::from_f64(f64::NAN, self.past.run.context)))
                }
                None => self.past.scalar(sequence, k),
            },
            _ => self.past.scalar(sequence, k),
        }
    }

    fn norm2(&self, sequence: &VectorSequence, k: i64) -> Evaluated<S> {
        Ok(norm2(&self.vector(sequence, k)?, self.past.run.context))
    }

    fn vector(&self, sequence: &VectorSequence, k: i64) -> Evaluated<Vec<S>> {
        match sequence {
            VectorSequence::Bias if k == self.k => Ok(self.bias.clone()),
            VectorSequence::Noise if k == self.k => Ok(self.noise.clone()),
            VectorSequence::Error if k == self.k => Ok(plus(&self.bias, &self.noise)),
            VectorSequence::Point if k == self.k + 1 => Ok(self.after.vectors[0].clone()),
            VectorSequence::Gradient if k == self.k + 1 => {
                let next = &self.after.vectors[0];
                Ok(self.next_gradient.get_or_init(|| self.past.run.gradient_at(next)).clone())
            }
            VectorSequence::Quantity(quantity) => match self.own_vector(quantity, 0, k)? {
                Some(vector) => Ok(vector),
                None => self.past.vector(sequence, k),
            },
            VectorSequence::Derived(derived) => {
                derived_vector(derived, k, self.past.run.context, &|sequence, k| self.vector(sequence, k))
                    .map_err(|_| EvaluationError::missing(sequence.name(), k))
            }
            VectorSequence::Bias | VectorSequence::Noise => Err(EvaluationError::missing(sequence.name(), k)),
            _ if k > self.k => Err(EvaluationError::missing(sequence.name(), k)),
            _ => self.past.vector(sequence, k),
        }
    }

    fn worker_gradient(&self, worker: i64, k: i64) -> Evaluated<Vec<S>> {
        // The run's own x_{k+1} is that of one outcome.
        if k > self.k {
            return Err(EvaluationError::missing("worker_grad", k));
        }
        self.past.worker_gradient(worker, k)
    }

    fn gradient_at(&self, worker: Option<i64>, y: &[S]) -> Evaluated<Vec<S>> {
        self.past.gradient_at(worker, y)
    }

    fn value_at(&self, y: &[S]) -> Evaluated<S> {
        self.past.value_at(y)
    }

    fn worker_vector(&self, quantity: &OfMethod, worker: i64, k: i64) -> Evaluated<Vec<S>> {
        match self.own_vector(quantity, self.past.worker(&quantity.name, worker)?, k)? {
            Some(vector) => Ok(vector),
            None => self.past.worker_vector(quantity, worker, k),
        }
    }
}
