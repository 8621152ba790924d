//! Sums of vectors of a run.

use super::Evaluated;
use crate::number::Scalar;
use crate::statement::evaluate::EvaluationError;
use crate::statement::term::{Derived, VectorSequence};

pub(super) fn minus<S: Scalar>(a: Vec<S>, b: &[S]) -> Vec<S> {
    a.into_iter().zip(b).map(|(x, y)| x.sub(y)).collect()
}

pub(super) fn plus<S: Scalar>(a: &[S], b: &[S]) -> Vec<S> {
    a.iter().zip(b).map(|(x, y)| x.clone().add(y)).collect()
}

/// A derived vector from its parts.
pub(super) fn derived_vector<S: Scalar>(
    derived: &Derived,
    k: i64,
    context: S::Context,
    part: &dyn Fn(&VectorSequence, i64) -> Evaluated<Vec<S>>,
) -> Evaluated<Vec<S>> {
    let mut sum: Option<Vec<S>> = None;
    for (factor, sequence, index) in derived.parts(k) {
        let vector = part(sequence, index)?;
        sum = Some(match (sum, *factor == 1, *factor == -1) {
            (None, true, _) => vector,
            (Some(sum), true, _) => plus(&sum, &vector),
            (Some(sum), _, true) => minus(sum, &vector),
            (sum, ..) => {
                let factor = S::from_rational(factor, context);
                let scaled: Vec<S> = vector.into_iter().map(|x| x.mul(&factor)).collect();
                sum.map_or(scaled.clone(), |sum| plus(&sum, &scaled))
            }
        });
    }
    sum.ok_or_else(|| EvaluationError::missing(&derived.name, k))
}
