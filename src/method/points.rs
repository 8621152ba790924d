//! The trace that stored points determine: v_k, g_k and e_k follow from them exactly.

use std::cell::OnceCell;

use super::{Momentum, Start};
use crate::number::{Scalar, norm2, zeros};
use crate::problem::{Arithmetic, DynProblem, Scratch};
use crate::statement::evaluate::{EvaluationError, Trace};
use crate::statement::term::{ScalarSequence, VectorSequence};

/// A trajectory x_0, …, x_K of `f64` points taken as exact numbers, seen in the arithmetic `S`:
/// v_k := (x_k − x_{k+1})/γ_k, g_k := (v_k − (1−β)v_{k−1})/β, e_k := g_k − ∇f(x_k). Whatever
/// rounding made the points, these satisfy the method's equations exactly. Values are computed
/// when first asked for.
pub struct PointTrace<'a, S: Scalar> {
    problem: &'a dyn DynProblem,
    method: &'a Momentum,
    points: &'a [Vec<f64>],
    context: S::Context,
    values: Vec<OnceCell<S>>,
    gradients: Vec<OnceCell<Vec<S>>>,
    norms: Vec<OnceCell<S>>,
}

type Evaluated<T> = Result<T, EvaluationError>;

impl<'a, S: Arithmetic> PointTrace<'a, S> {
    /// The trace of `points`, K + 1 of them.
    #[must_use]
    pub fn new(problem: &'a dyn DynProblem, method: &'a Momentum, points: &'a [Vec<f64>], context: S::Context) -> Self {
        let count = points.len();
        PointTrace {
            problem,
            method,
            points,
            context,
            values: (0..count).map(|_| OnceCell::new()).collect(),
            gradients: (0..count).map(|_| OnceCell::new()).collect(),
            norms: (0..(count + 1) * VectorSequence::ALL.len()).map(|_| OnceCell::new()).collect(),
        }
    }

    fn position(&self, name: &'static str, k: i64, count: usize) -> Evaluated<usize> {
        usize::try_from(k).ok().filter(|k| *k < count).ok_or(EvaluationError::MissingQuantity { name, index: k })
    }

    fn point(&self, k: usize) -> Vec<S> {
        self.points[k].iter().map(|x| S::from_f64(*x, self.context)).collect()
    }

    fn gradient(&self, k: i64) -> Evaluated<&Vec<S>> {
        let k = self.position("grad", k, self.points.len())?;
        Ok(self.gradients[k].get_or_init(|| {
            let mut out = zeros(self.problem.dimension(), self.context);
            let mut scratch = Scratch::for_problem(self.problem, self.context);
            S::view(self.problem).gradient_in(&self.point(k), &mut out, self.context, &mut scratch);
            out
        }))
    }

    /// v_k for k ≥ 0, from two points.
    fn buffer(&self, k: i64) -> Evaluated<Vec<S>> {
        let position = self.position("v", k, self.points.len() - 1)?;
        let step = S::from_f64(self.method.step(k), self.context);
        let next = self.point(position + 1);
        Ok(self.point(position).into_iter().zip(&next).map(|(x, y)| x.sub(y).div(&step)).collect())
    }

    /// The buffer before the first step, as the method has it.
    fn initial_buffer(&self) -> Evaluated<Vec<S>> {
        match self.method.start {
            Start::Zero => Ok(zeros(self.problem.dimension(), self.context)),
            Start::FirstGradient => self.buffer(0),
        }
    }

    fn estimate(&self, k: i64) -> Evaluated<Vec<S>> {
        let previous = if k == 0 { self.initial_buffer()? } else { self.buffer(k - 1)? };
        let beta = S::from_f64(self.method.beta, self.context);
        let keep = S::one(self.context).sub(&beta);
        Ok(self
            .buffer(k)?
            .into_iter()
            .zip(&previous)
            .map(|(mut v, p)| {
                v.sub_product(p, &keep);
                v.div(&beta)
            })
            .collect())
    }
}

fn minus<S: Scalar>(a: Vec<S>, b: &[S]) -> Vec<S> {
    a.into_iter().zip(b).map(|(x, y)| x.sub(y)).collect()
}

impl<S: Arithmetic> Trace<S> for PointTrace<'_, S> {
    fn scalar(&self, sequence: ScalarSequence, k: i64) -> Evaluated<S> {
        match sequence {
            ScalarSequence::Value => {
                let k = self.position("f", k, self.points.len())?;
                Ok(self.values[k]
                    .get_or_init(|| {
                        let mut scratch = Scratch::for_problem(self.problem, self.context);
                        S::view(self.problem).value_in(&self.point(k), self.context, &mut scratch)
                    })
                    .clone())
            }
            ScalarSequence::Step | ScalarSequence::Spectrum => Ok(S::from_f64(self.method.step(k), self.context)),
        }
    }

    fn norm2(&self, sequence: VectorSequence, k: i64) -> Evaluated<S> {
        let row = VectorSequence::ALL.iter().position(|s| *s == sequence).unwrap_or_default();
        let cell = usize::try_from(k + 1)
            .ok()
            .and_then(|k| self.norms.get(k * VectorSequence::ALL.len() + row))
            .ok_or(EvaluationError::MissingQuantity { name: sequence.name(), index: k })?;
        if let Some(known) = cell.get() {
            return Ok(known.clone());
        }
        let norm = norm2(&self.vector(sequence, k)?, self.context);
        Ok(cell.get_or_init(|| norm).clone())
    }

    fn vector(&self, sequence: VectorSequence, k: i64) -> Evaluated<Vec<S>> {
        match sequence {
            VectorSequence::Point => {
                let k = self.position("x", k, self.points.len())?;
                Ok(self.point(k))
            }
            VectorSequence::Gradient => self.gradient(k).cloned(),
            // By convention x_{−1} = x_0, so that v_{−1} reads as zero (theory, section 0).
            VectorSequence::Buffer if k == -1 => Ok(zeros(self.problem.dimension(), self.context)),
            VectorSequence::Buffer => self.buffer(k),
            VectorSequence::Deviation if k == -1 => Ok(minus(self.initial_buffer()?, self.gradient(0)?)),
            VectorSequence::Deviation => Ok(minus(self.buffer(k)?, self.gradient(k)?)),
            VectorSequence::Error => Ok(minus(self.estimate(k)?, self.gradient(k)?)),
            VectorSequence::Bias | VectorSequence::Noise => {
                Err(EvaluationError::MissingQuantity { name: sequence.name(), index: k })
            }
        }
    }

    fn worker_gradient(&self, worker: i64, k: i64) -> Evaluated<Vec<S>> {
        let position = self.position("worker_grad", k, self.points.len())?;
        let worker = self.position("worker_grad", worker, self.problem.workers())?;
        let mut out = zeros(self.problem.dimension(), self.context);
        let mut scratch = Scratch::for_problem(self.problem, self.context);
        S::view(self.problem).worker_gradient_in(worker, &self.point(position), &mut out, self.context, &mut scratch);
        Ok(out)
    }
}

/// One outcome of step k after a stored past: b_k is a stored vector, ν_k one of its noise's
/// outcomes, and v_k, x_{k+1} follow in the arithmetic `S`.
pub struct OutcomeTrace<'a, S: Scalar> {
    past: &'a PointTrace<'a, S>,
    k: i64,
    bias: Vec<S>,
    noise: Vec<S>,
    buffer: Vec<S>,
    start_buffer: Vec<S>,
    next_gradient: Vec<S>,
    next_value: S,
}

impl<'a, S: Arithmetic> OutcomeTrace<'a, S> {
    /// The outcome of step `k` with that bias and noise.
    ///
    /// # Errors
    /// When the past lacks what the step needs.
    pub fn new(past: &'a PointTrace<'a, S>, k: i64, bias: Vec<S>, noise: Vec<S>) -> Evaluated<Self> {
        let context = past.context;
        let method = past.method;
        let estimate: Vec<S> =
            past.gradient(k)?.iter().zip(bias.iter().zip(&noise)).map(|(g, (b, n))| g.clone().add(b).add(n)).collect();
        let replaces = k == 0 && method.start == Start::FirstGradient;
        let start_buffer = if replaces { estimate.clone() } else { zeros(estimate.len(), context) };
        let previous = if k == 0 { start_buffer.clone() } else { past.buffer(k - 1)? };
        let beta = S::from_f64(method.beta, context);
        let keep = S::one(context).sub(&beta);
        let buffer: Vec<S> = previous
            .into_iter()
            .zip(&estimate)
            .map(|(v, g)| {
                let mut next = v.mul(&keep);
                next.add_product(g, &beta);
                next
            })
            .collect();
        let step = S::from_f64(method.step(k), context);
        let position = past.position("x", k, past.points.len())?;
        let next: Vec<S> = past
            .point(position)
            .into_iter()
            .zip(&buffer)
            .map(|(mut x, v)| {
                x.sub_product(v, &step);
                x
            })
            .collect();
        let mut scratch = Scratch::for_problem(past.problem, context);
        let mut next_gradient = zeros(next.len(), context);
        S::view(past.problem).gradient_in(&next, &mut next_gradient, context, &mut scratch);
        let next_value = S::view(past.problem).value_in(&next, context, &mut scratch);
        Ok(OutcomeTrace { past, k, bias, noise, buffer, start_buffer, next_gradient, next_value })
    }
}

impl<S: Arithmetic> Trace<S> for OutcomeTrace<'_, S> {
    fn scalar(&self, sequence: ScalarSequence, k: i64) -> Evaluated<S> {
        match sequence {
            ScalarSequence::Value if k == self.k + 1 => Ok(self.next_value.clone()),
            ScalarSequence::Value if k > self.k + 1 => Err(EvaluationError::MissingQuantity { name: "f", index: k }),
            _ => self.past.scalar(sequence, k),
        }
    }

    fn norm2(&self, sequence: VectorSequence, k: i64) -> Evaluated<S> {
        Ok(norm2(&self.vector(sequence, k)?, self.past.context))
    }

    fn vector(&self, sequence: VectorSequence, k: i64) -> Evaluated<Vec<S>> {
        let missing = || Err(EvaluationError::MissingQuantity { name: sequence.name(), index: k });
        match sequence {
            VectorSequence::Bias if k == self.k => Ok(self.bias.clone()),
            VectorSequence::Noise if k == self.k => Ok(self.noise.clone()),
            VectorSequence::Error if k == self.k => {
                Ok(self.bias.iter().zip(&self.noise).map(|(b, n)| b.clone().add(n)).collect())
            }
            VectorSequence::Buffer if k == self.k => Ok(self.buffer.clone()),
            VectorSequence::Deviation if k == self.k => Ok(minus(self.buffer.clone(), self.past.gradient(k)?)),
            VectorSequence::Deviation if k == -1 => Ok(minus(self.start_buffer.clone(), self.past.gradient(0)?)),
            VectorSequence::Gradient if k == self.k + 1 => Ok(self.next_gradient.clone()),
            _ if k > self.k => missing(),
            VectorSequence::Bias | VectorSequence::Noise => missing(),
            _ => self.past.vector(sequence, k),
        }
    }

    fn worker_gradient(&self, worker: i64, k: i64) -> Evaluated<Vec<S>> {
        self.past.worker_gradient(worker, k)
    }
}
