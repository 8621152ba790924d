//! The distance of a point from the minimisers.

use crate::number::{Scalar, norm2};
use crate::problem::DynProblem;

/// dist²(x, X*), where the minimisers X* are known: an affine space for quadratics, or one point.
pub fn squared_distance<S: Scalar>(problem: &dyn DynProblem, x: &[S], context: S::Context) -> Option<S> {
    let offset = |centre: &[rug::Rational]| -> Vec<S> {
        x.iter().zip(centre).map(|(x, c)| x.clone().sub(&S::from_rational(c, context))).collect()
    };
    if let Some(minimiser) = &problem.constants().minimiser {
        return Some(norm2(&offset(minimiser), context));
    }
    let affine = problem.affine_part().filter(|affine| affine.remainder == 0)?;
    let from_centre = offset(&affine.centre);
    let mut sum = S::zero(context);
    for (lambda, row) in affine.spectrum.iter().zip(&affine.basis) {
        if *lambda < 0 {
            return None;
        }
        if *lambda > 0 {
            let mut along = S::zero(context);
            for (q, z) in row.iter().zip(&from_centre) {
                along.add_product(z, &S::from_rational(q, context));
            }
            sum.add_assign(&along.square());
        }
    }
    Some(sum)
}
