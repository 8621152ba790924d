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

    /// γ_k.
    fn step(&self, k: i64) -> Evaluated<S> {
        let step = self.method.step(k).ok_or(EvaluationError::MissingQuantity { name: "step", index: k })?;
        Ok(S::from_f64(step, self.context))
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
        let step = self.step(k)?;
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
            ScalarSequence::Step | ScalarSequence::Spectrum => self.step(k),
        }
    }

    fn norm2(&self, sequence: VectorSequence, k: i64) -> Evaluated<S> {
        let row = VectorSequence::ALL.iter().position(|s| *s == sequence).unwrap_or_default();
        // No sum: k may be the largest number, which stands for the limit.
        let cell = k
            .checked_add(1)
            .and_then(|k| usize::try_from(k).ok())
            .and_then(|k| self.norms.get(k.checked_mul(VectorSequence::ALL.len())? + row))
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
    start_deviation: Vec<S>,
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
        let previous = match k {
            0 if replaces => estimate.clone(),
            0 => zeros(estimate.len(), context),
            _ => past.buffer(k - 1)?,
        };
        let start_deviation = match k {
            0 => minus(previous.clone(), past.gradient(0)?),
            _ => past.vector(VectorSequence::Deviation, -1)?,
        };
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
        let step = past.step(k)?;
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
        Ok(OutcomeTrace { past, k, bias, noise, buffer, start_deviation, next_gradient, next_value })
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
            VectorSequence::Deviation if k == -1 => Ok(self.start_deviation.clone()),
            VectorSequence::Gradient if k == self.k + 1 => Ok(self.next_gradient.clone()),
            _ if k > self.k => missing(),
            VectorSequence::Bias | VectorSequence::Noise => missing(),
            _ => self.past.vector(sequence, k),
        }
    }

    fn worker_gradient(&self, worker: i64, k: i64) -> Evaluated<Vec<S>> {
        // The stored x_{k+1} is that of one outcome.
        if k > self.k {
            return Err(EvaluationError::MissingQuantity { name: "worker_grad", index: k });
        }
        self.past.worker_gradient(worker, k)
    }
}

/// What is known of a stored trajectory before the noise of step k is drawn: x_0, …, x_k, the buffers and
/// errors before step k, and b_k.
pub struct KnownTrace<'a, S: Scalar> {
    past: &'a PointTrace<'a, S>,
    k: i64,
    bias: Vec<S>,
}

impl<'a, S: Arithmetic> KnownTrace<'a, S> {
    /// What is known before the noise of step `k`, where b_k is `bias`.
    #[must_use]
    pub fn new(past: &'a PointTrace<'a, S>, k: i64, bias: Vec<S>) -> Self {
        KnownTrace { past, k, bias }
    }

    fn up_to(&self, last: i64, name: &'static str, index: i64) -> Evaluated<()> {
        if index <= last { Ok(()) } else { Err(EvaluationError::NotKnown { name, index }) }
    }

    fn known(&self, sequence: VectorSequence, k: i64) -> Evaluated<()> {
        // m_{−1} = e_0 under the first-gradient start: drawn in step 0.
        let drawn_at_start = sequence == VectorSequence::Deviation
            && k == -1
            && self.k == 0
            && self.past.method.start == Start::FirstGradient;
        let last = match sequence {
            VectorSequence::Point | VectorSequence::Gradient => self.k,
            VectorSequence::Noise => return Err(EvaluationError::NotKnown { name: sequence.name(), index: k }),
            _ if drawn_at_start => -2,
            _ => self.k - 1,
        };
        self.up_to(last, sequence.name(), k)
    }
}

impl<S: Arithmetic> Trace<S> for KnownTrace<'_, S> {
    fn scalar(&self, sequence: ScalarSequence, k: i64) -> Evaluated<S> {
        if sequence == ScalarSequence::Value {
            self.up_to(self.k, "f", k)?;
        }
        self.past.scalar(sequence, k)
    }

    fn norm2(&self, sequence: VectorSequence, k: i64) -> Evaluated<S> {
        if sequence == VectorSequence::Bias {
            return Ok(norm2(&self.vector(sequence, k)?, self.past.context));
        }
        self.known(sequence, k)?;
        self.past.norm2(sequence, k)
    }

    fn vector(&self, sequence: VectorSequence, k: i64) -> Evaluated<Vec<S>> {
        if sequence == VectorSequence::Bias && k == self.k {
            return Ok(self.bias.clone());
        }
        self.known(sequence, k)?;
        self.past.vector(sequence, k)
    }

    fn worker_gradient(&self, worker: i64, k: i64) -> Evaluated<Vec<S>> {
        self.up_to(self.k, "worker_grad", k)?;
        self.past.worker_gradient(worker, k)
    }
}
