//! The quantities of a run, each computed when it is first asked for.

use std::cell::OnceCell;
use std::rc::Rc;

use super::combination::{derived_vector, minus, plus};
use super::contributions::contributions;
use super::distance::squared_distance;
use super::{Evaluated, RunTrace};
use crate::method::run::Experiment;
use crate::number::norm2;
use crate::oracle::Estimable;
use crate::problem::{Arithmetic, Scratch};
use crate::statement::term::{OfMethod, VectorSequence};

/// At so many points the workers' gradients are kept: claims speak of x_k and x_{k+1}.
const KEPT_POINTS: usize = 2;

impl<S: Arithmetic + Estimable> RunTrace<'_, S> {
    /// A value of the method's schedule.
    pub(super) fn scheduled(&self, position: usize, k: usize) -> S {
        let values = self.schedules[position].get_or_init(|| self.experiment.method.schedule(position, self.context));
        values.get(k).cloned().unwrap_or_else(|| S::from_f64(f64::NAN, self.context))
    }

    /// x_k.
    #[must_use]
    pub fn point(&self, k: usize) -> Vec<S> {
        self.points.get(k).cloned().unwrap_or_else(|| self.undefined())
    }

    pub(super) fn gradient_at(&self, point: &[S]) -> Vec<S> {
        let mut out = self.undefined();
        let problem = self.experiment.problem;
        let mut scratch = Scratch::for_problem(problem, self.context);
        S::view(problem).gradient_in(point, &mut out, self.context, &mut scratch);
        out
    }

    /// ∇f(x_k).
    pub fn gradient(&self, k: usize) -> &Vec<S> {
        self.gradients[k]
            .get_or_init(|| self.points.get(k).map_or_else(|| self.undefined(), |point| self.gradient_at(point)))
    }

    /// f(x_k).
    pub(super) fn value(&self, k: usize) -> &S {
        self.values[k].get_or_init(|| match self.points.get(k) {
            None => S::from_f64(f64::NAN, self.context),
            Some(point) => self.value_of(point),
        })
    }

    /// Where the estimate of step k is drawn, and ∇f there.
    #[must_use]
    pub fn called(&self, k: usize) -> (Vec<S>, Vec<S>) {
        match self.calls().get(k).map(|called| &called.at) {
            Some(Some(at)) => (at.clone(), self.gradient_at(at)),
            _ if self.experiment.method.program().calls_at_point() => (self.point(k), self.gradient(k).clone()),
            _ => (self.undefined(), self.undefined()),
        }
    }

    /// e_k as the stored points imply it.
    fn implied_error(&self, k: usize) -> Vec<S> {
        match self.calls().get(k).and_then(|called| called.estimate.as_ref()) {
            Some(estimate) => minus(estimate.clone(), &self.called(k).1),
            None => self.undefined(),
        }
    }

    fn error(&self, k: usize) -> Vec<S> {
        if self.stored.is_some() { self.implied_error(k) } else { plus(self.bias(k), self.noise(k)) }
    }

    /// b_k: what is left of the error without the noise.
    pub fn bias(&self, k: usize) -> &Vec<S> {
        self.biases[k].get_or_init(|| match self.stored {
            Some(_) => minus(self.implied_error(k), self.noise(k)),
            None => self.undefined(),
        })
    }

    /// ν_k, from what was drawn.
    fn noise(&self, k: usize) -> &Vec<S> {
        self.noises[k].get_or_init(|| match self.stored {
            Some(stored) if k < stored.draws.len() && k < self.points.len() => {
                let Experiment { problem, oracle, .. } = self.experiment;
                let (at, gradient) = self.called(k);
                let [_, noise, _] = contributions(oracle, problem, (k, &at, &gradient), &stored.draws[k], self.context);
                noise
            }
            _ => self.undefined(),
        })
    }

    /// max ‖∇fᵢ(x_j)‖ over the workers and j < `horizon`.
    pub fn visited_gradient_bound(&self, horizon: usize) -> S {
        for (k, cell) in self.visited.iter().enumerate().take(horizon + 1) {
            let Some(last) = k.checked_sub(1) else {
                let _ = cell.set(S::zero(self.context));
                continue;
            };
            cell.get_or_init(|| {
                let mut largest = self.visited[last].get().cloned().unwrap_or_else(|| S::zero(self.context));
                for worker in 0..self.experiment.problem.workers() {
                    largest.max_assign(&norm2(&self.worker_gradient_at(worker, last), self.context).sqrt());
                }
                largest
            });
        }
        self.visited
            .get(horizon)
            .and_then(OnceCell::get)
            .cloned()
            .unwrap_or_else(|| S::from_f64(f64::NAN, self.context))
    }

    pub(super) fn worker_gradient_at(&self, worker: usize, k: usize) -> Vec<S> {
        let dimension = self.experiment.problem.dimension();
        self.worker_gradients_at(k)[worker * dimension..][..dimension].to_vec()
    }

    /// ∇f₁(x_k), …, ∇fₙ(x_k), one after the other.
    pub(super) fn worker_gradients_at(&self, k: usize) -> Rc<Vec<S>> {
        let mut kept = self.worker_gradients.borrow_mut();
        if let Some((_, gradients)) = kept.iter().find(|(at, _)| *at == k) {
            return Rc::clone(gradients);
        }
        let of_worker = |worker| {
            self.points.get(k).map_or_else(|| self.undefined(), |point| self.worker_gradient_of(worker, point))
        };
        let gradients = Rc::new((0..self.experiment.problem.workers()).flat_map(of_worker).collect::<Vec<S>>());
        kept.truncate(KEPT_POINTS - 1);
        kept.push_front((k, Rc::clone(&gradients)));
        gradients
    }

    pub(super) fn worker_gradient_of(&self, worker: usize, point: &[S]) -> Vec<S> {
        let mut out = self.undefined();
        let problem = self.experiment.problem;
        let mut scratch = Scratch::for_problem(problem, self.context);
        S::view(problem).worker_gradient_in(worker, point, &mut out, self.context, &mut scratch);
        out
    }

    pub(super) fn value_of(&self, point: &[S]) -> S {
        let problem = self.experiment.problem;
        let mut scratch = Scratch::for_problem(problem, self.context);
        S::view(problem).value_in(point, self.context, &mut scratch)
    }

    /// The squared distance of a point from the minimisers of f.
    pub(super) fn distance(&self, point: &[S]) -> S {
        squared_distance(self.experiment.problem, point, self.context)
            .unwrap_or_else(|| S::from_f64(f64::NAN, self.context))
    }

    /// A quantity of the method, of that worker, where it is kept.
    pub(super) fn quantity(&self, quantity: &OfMethod, worker: usize, k: i64) -> Vec<S> {
        let frame = quantity.steps_before(k).and_then(|steps| self.frames().get(steps));
        let register = self.experiment.method.program().registers(quantity.position).start + worker;
        let vector = frame.and_then(|frame| frame.vectors.get(register)).filter(|vector| !vector.is_empty());
        vector.cloned().unwrap_or_else(|| self.undefined())
    }

    pub(super) fn number(&self, quantity: &OfMethod, k: i64) -> S {
        let frame = quantity.steps_before(k).and_then(|steps| self.frames().get(steps));
        let number = frame.and_then(|frame| frame.number(self.experiment.method, quantity));
        number.cloned().unwrap_or_else(|| S::from_f64(f64::NAN, self.context))
    }

    pub(super) fn sequence(&self, sequence: &VectorSequence, k: i64) -> Evaluated<Vec<S>> {
        let at = usize::try_from(k).unwrap_or(0);
        Ok(match sequence {
            VectorSequence::Point => self.point(at),
            VectorSequence::Gradient => self.gradient(at).clone(),
            VectorSequence::Error => self.error(at),
            VectorSequence::Bias => self.bias(at).clone(),
            VectorSequence::Noise => self.noise(at).clone(),
            VectorSequence::Quantity(quantity) => self.quantity(quantity, 0, k),
            VectorSequence::Derived(derived) => {
                derived_vector(derived, k, self.context, &|sequence, k| self.sequence(sequence, k))?
            }
        })
    }

    /// The squared norm, computed once.
    pub(super) fn squared_norm(&self, sequence: &VectorSequence, k: i64) -> Evaluated<S> {
        let at = usize::try_from(k + 1).unwrap_or(0);
        let row_of = |norms: &[(VectorSequence, Vec<Option<S>>)]| norms.iter().position(|(own, _)| own == sequence);
        let known = |norms: &[(VectorSequence, Vec<Option<S>>)]| norms[row_of(norms)?].1.get(at)?.clone();
        if let Some(known) = known(&self.norms.borrow()) {
            return Ok(known);
        }
        let norm = norm2(&self.sequence(sequence, k)?, self.context);
        let mut norms = self.norms.borrow_mut();
        let row = row_of(&norms).unwrap_or_else(|| {
            norms.push((sequence.clone(), Vec::new()));
            norms.len() - 1
        });
        let row = &mut norms[row].1;
        if row.len() <= at {
            row.resize(at + 1, None);
        }
        row[at] = Some(norm.clone());
        Ok(norm)
    }
}
