//! What adversaries share: any error of norm at most √(B‖g‖² + C) is theirs to choose.

use crate::number::{Scalar, exact, norm2, root_above};
use crate::oracle::{Form, Freedom, Part, SourceModel, Tail};
use crate::problem::free::{self, Parts, Range};

/// Keeps divisions by a gradient's norm defined where the gradient vanishes; far below any norm
/// that occurs, so that it changes nothing elsewhere. Its square is a normal `f64`: a norm that is
/// lost in binary64 counts as this one, so that the error is too short and never too long.
const SMALLEST_NORM: f64 = 1e-150;

/// √(B‖g‖² + C), the largest error that the bias model allows at gradient g.
pub(super) fn radius<S: Scalar>(gradient: &[S], relative: f64, absolute: f64, context: S::Context) -> S {
    let mut square = norm2(gradient, context);
    square.mul_f64(relative);
    square.add_f64(absolute);
    square.sqrt()
}

/// √(B‖g‖² + C)/‖g‖; where g = 0 any number, as it multiplies g.
pub(super) fn radius_over_norm<S: Scalar>(gradient: &[S], relative: f64, absolute: f64, context: S::Context) -> S {
    let mut norm = norm2(gradient, context).sqrt();
    norm.max_assign(&S::from_f64(SMALLEST_NORM, context));
    radius(gradient, relative, absolute, context).div(&norm)
}

/// The model of an error of norm at most √(B‖g‖² + C) for every draw.
pub(super) fn within_radius(relative: f64, absolute: f64, attained: bool, deterministic: bool) -> SourceModel {
    let size = exact(relative).zip(exact(absolute)).map(|(relative, absolute)| [relative, absolute]);
    // √(B‖g‖² + C) ≤ √B‖g‖ + √C.
    let tail = size.as_ref().and_then(|[b, c]| Some(Tail::sure(root_above(b)?, root_above(c)?)));
    SourceModel {
        part: Part::Bias,
        freedom: Freedom::Within,
        size,
        attained,
        tail: tail.unwrap_or_else(Tail::unknown),
        finite: true,
        deterministic,
        form: Form::Other,
        named: Vec::new(),
    }
}

/// B and C as parts of a source's data.
pub(super) fn parts<'a>(relative: &'a mut f64, absolute: &'a mut f64) -> Parts<'a> {
    vec![
        ("relative", free::Part::One(relative, Range::Nonnegative)),
        ("absolute", free::Part::One(absolute, Range::Nonnegative)),
    ]
}
