//! A statement's vectors, as combinations of unknown ones.

use super::method::{Value, index_name};
use super::norms::clip;
use super::stop::{Translated, untranslatable};
use super::terms::{Reader, time_of, value_of};
use super::untranslatable::Untranslatable;
use crate::algebra::Fraction;
use crate::prove::problem::Combination;
use crate::statement::syntax::ReduceOp;
use crate::statement::term::{Index, Vector, VectorSequence};

/// An index that stands for a general one.
const FAR: i64 = 1 << 20;

impl Reader<'_, '_> {
    /// The point x of that time, by number.
    pub(super) fn point_of_run(&mut self, time: i64) -> Translated<usize> {
        let Some(Value::Vector(at)) = self.run.and_then(|run| run.state(0, time)).cloned() else {
            return untranslatable(Untranslatable::Expression("x at an index before the run that is looked at"));
        };
        let name = format!("x[{}]", index_name(time, &self.origin));
        Ok(self.unknowns.point(&at, &|| name.clone()))
    }

    /// The point at a vector, by number.
    pub(super) fn point_at(&mut self, y: &Vector) -> Translated<usize> {
        let at = self.vector(y)?;
        if !self.unknowns.parts(&at)[1].is_zero() {
            return untranslatable(Untranslatable::PointOfWorker);
        }
        let count = self.unknowns.points.len();
        Ok(self.unknowns.point(&at, &|| format!("y{count}")))
    }

    /// A vector that a form is made of.
    pub(super) fn used(&mut self, vector: &Vector) -> Translated<Combination> {
        let value = self.vector(vector)?;
        if !self.inside && !self.unknowns.is_past(&value) {
            return untranslatable(Untranslatable::OutsideOfMean);
        }
        self.used.push(value.clone());
        Ok(value)
    }

    /// A vector.
    pub(super) fn vector(&mut self, vector: &Vector) -> Translated<Combination> {
        let one = self.numbers.field.one();
        Ok(match vector {
            Vector::Element(sequence, index) => {
                let index = self.of_run(index)?;
                self.sequence(sequence, &index)?
            }
            Vector::GradientAt(None, y) => {
                let point = self.point_at(y)?;
                self.unknowns.points[point].gradient.clone()
            }
            Vector::Negate(u) => self.vector(u)?.scaled(&-one),
            Vector::Add(u, w) => {
                let mut sum = self.vector(u)?;
                sum.add_scaled(&self.vector(w)?, &one);
                sum
            }
            Vector::Sub(u, w) => self.vector(u)?.minus(&self.vector(w)?),
            Vector::Scale(a, u) => {
                let factor = self.number(a)?;
                self.vector(u)?.scaled(&factor)
            }
            Vector::Minimiser => self.unknowns.minimiser(),
            Vector::Clip(length, u) => {
                self.refuse_length()?;
                let (length, u) = (self.number(length)?, self.vector(u)?);
                clip(&length, &u, self.numbers, self.unknowns)?
            }
            Vector::Expectation(_) => return untranslatable(Untranslatable::Expression("the expectation of a vector")),
            Vector::WorkerGradient(Index::Slot(slot), index) if self.worker == Some(*slot) => {
                let time = self.time_of_run(index)?;
                let point = self.point_of_run(time)?;
                self.unknowns.worker_gradient(point)
            }
            Vector::GradientAt(Some(Index::Slot(slot)), y) if self.worker == Some(*slot) => {
                let point = self.point_at(y)?;
                self.unknowns.worker_gradient(point)
            }
            Vector::WorkerElement(quantity, Index::Slot(slot), index) if self.worker == Some(*slot) => {
                let index = self.of_run(index)?;
                self.sequence(&VectorSequence::Quantity(quantity.clone()), &index)?
            }
            Vector::WorkerGradient(worker, index) if self.worker.is_none() && names_one_worker(worker) => {
                self.gradient_of_one_worker(worker, index)?
            }
            Vector::WorkerGradient(..) | Vector::WorkerElement(..) | Vector::GradientAt(Some(_), _) => {
                return untranslatable(Untranslatable::Expression("a vector of one worker"));
            }
            Vector::Reduce { op: ReduceOp::Mean, slot, from: Index::Literal(0), to: Index::Workers, body } => {
                let vector = self.over_workers(*slot, |reader| reader.vector(body))?;
                self.unknowns.parts(&vector)[0].clone()
            }
            Vector::Reduce { .. } => {
                return untranslatable(Untranslatable::Expression("a sum or mean of vectors over an index"));
            }
        })
    }

    /// The gradient of a worker that is named, of which nothing is known.
    fn gradient_of_one_worker(&mut self, worker: &Index, index: &Index) -> Translated<Combination> {
        let time = self.time_of_run(index)?;
        let point = self.point_of_run(time)?;
        if !self.unknowns.is_past(&self.unknowns.points[point].at) {
            let why = "the gradient of one worker at a point that a draw decides";
            return untranslatable(Untranslatable::Expression(why));
        }
        let name = format!("worker_grad[{worker:?}, {}]", index_name(time, &self.origin));
        Ok(self.unknowns.of_one_worker(&name))
    }

    /// The time of an index of the run.
    fn time_of_run(&mut self, index: &Index) -> Translated<i64> {
        let index = self.of_run(index)?;
        self.time(&index)
    }

    /// Notes the name of a vector, and returns it.
    pub(super) fn noted(&mut self, name: String, vector: &Combination) -> Combination {
        if self.named_vectors.iter().all(|(_, own)| own != vector) {
            self.named_vectors.push((name, vector.clone()));
        }
        vector.clone()
    }

    fn sequence(&mut self, sequence: &VectorSequence, index: &Fraction) -> Translated<Combination> {
        let missing = || untranslatable(Untranslatable::NoElement(sequence.name().to_owned()));
        let (Some(run), Some(time)) = (self.run, time_of(index, &self.origin)) else {
            return match (sequence, index.as_constant()) {
                // A point of a fixed step, of which nothing is known.
                (VectorSequence::Point, Some(step)) if self.run.is_some() && self.whole.is_none() => {
                    Ok(self.unknowns.known_vector(&format!("x[{step}]")))
                }
                _ => missing(),
            };
        };
        let name = format!("{}[{}]", sequence.name(), index_name(time, &self.origin));
        match sequence {
            VectorSequence::Quantity(quantity) => match value_of(run, quantity, time) {
                Some(Value::Vector(value)) => Ok(self.noted(name, value)),
                _ => missing(),
            },
            VectorSequence::Point => match run.state(0, time) {
                Some(Value::Vector(value)) => Ok(value.clone()),
                _ => missing(),
            },
            VectorSequence::Gradient => {
                let point = self.point_of_run(time)?;
                Ok(self.unknowns.points[point].gradient.clone())
            }
            VectorSequence::Error => match run.error(time) {
                Some(drawn) => Ok(self.noted(name, &drawn.of_average.0)),
                None => missing(),
            },
            VectorSequence::Bias | VectorSequence::Noise => {
                let part = usize::from(*sequence == VectorSequence::Noise);
                match run.error(time).and_then(|drawn| drawn.parts.as_ref()) {
                    Some(parts) => Ok(self.noted(name, &parts[part])),
                    None => missing(),
                }
            }
            VectorSequence::Derived(derived) => {
                let at = self.absolute(index);
                let mut sum = Combination::zero();
                for (factor, part, of) in derived.parts(at) {
                    let index = index + self.numbers.rational(of - at);
                    let vector = self.sequence(part, &index)?;
                    sum.add_scaled(&vector, &self.numbers.rational(factor.clone()));
                }
                Ok(sum)
            }
        }
    }

    /// The index as a number; at a general index one that is no first index of anything.
    fn absolute(&self, index: &Fraction) -> i64 {
        match index.as_constant() {
            Some(index) => index.to_f64() as i64,
            None => FAR + time_of(index, &self.origin).unwrap_or(0),
        }
    }
}

/// Whether a worker's index always names the same worker.
fn names_one_worker(index: &Index) -> bool {
    match index {
        Index::Literal(_) => true,
        Index::Sub(n, number) => matches!((&**n, &**number), (Index::Workers, Index::Literal(_))),
        _ => false,
    }
}
