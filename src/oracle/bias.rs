//! Errors known given the past: adversarial, constant, relative, prescribed.

use rug::Rational;

use super::{Form, Freedom, Part, Randomness, Situation, Source, SourceModel, Tail};
use crate::number::{Scalar, exact, norm2, root_above};
use crate::problem::DynProblem;

/// Keeps divisions by a gradient's norm defined where the gradient vanishes; far below any norm
/// that occurs, so that it changes nothing elsewhere. Its square is a normal `f64`: a norm that is
/// lost in binary64 counts as this one, so that the error is too short and never too long.
const SMALLEST_NORM: f64 = 1e-150;

/// √(B‖g‖² + C), the largest error that the bias model allows at gradient g.
fn radius<S: Scalar>(gradient: &[S], relative: f64, absolute: f64, context: S::Context) -> S {
    let mut square = norm2(gradient, context);
    square.mul_f64(relative);
    square.add_f64(absolute);
    square.sqrt()
}

/// The model of an error of norm at most √(B‖g‖² + C) for every draw.
fn within_radius(relative: f64, absolute: f64, attained: bool, deterministic: bool) -> SourceModel {
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

/// Along ±∇f, of the largest size allowed: e = ±√(B‖g‖²+C) g/‖g‖. Meets the bias model with
/// equality wherever g ≠ 0; e = 0 where g = 0.
#[derive(Clone, Debug)]
pub struct AlongGradient {
    /// B.
    pub relative: f64,
    /// C.
    pub absolute: f64,
    /// +1 aligned, −1 opposed.
    pub sign: f64,
}

impl Source for AlongGradient {
    fn model(&self, _: &dyn DynProblem) -> SourceModel {
        within_radius(self.relative, self.absolute, true, true)
    }

    fn add<S: Scalar>(&self, at: &Situation<'_, S>, _: &mut dyn Randomness<S>, out: &mut [S], context: S::Context) {
        let mut norm = norm2(at.gradient, context).sqrt();
        norm.max_assign(&S::from_f64(SMALLEST_NORM, context));
        let mut factor = radius(at.gradient, self.relative, self.absolute, context).div(&norm);
        factor.mul_f64(self.sign);
        for (o, g) in out.iter_mut().zip(at.gradient) {
            o.add_product(g, &factor);
        }
    }
}

/// e = −g · min(1, √(B‖g‖²+C)/‖g‖): cancels the gradient where the model allows it
/// (theory, `residual-sharpness`). ‖e‖² ≤ B‖g‖² + C everywhere.
#[derive(Clone, Debug)]
pub struct Cancel {
    /// B.
    pub relative: f64,
    /// C.
    pub absolute: f64,
}

impl Source for Cancel {
    fn model(&self, _: &dyn DynProblem) -> SourceModel {
        within_radius(self.relative, self.absolute, false, true)
    }

    fn add<S: Scalar>(&self, at: &Situation<'_, S>, _: &mut dyn Randomness<S>, out: &mut [S], context: S::Context) {
        let mut norm = norm2(at.gradient, context).sqrt();
        norm.max_assign(&S::from_f64(SMALLEST_NORM, context));
        let mut factor = radius(at.gradient, self.relative, self.absolute, context).div(&norm);
        factor.min_assign(&S::one(context));
        for (o, g) in out.iter_mut().zip(at.gradient) {
            o.sub_product(g, &factor);
        }
    }
}

/// e = √(B‖g‖²+C) s/√d with random signs s, drawn before the step: ‖e‖² = B‖g‖² + C exactly.
#[derive(Clone, Debug)]
pub struct RandomSigns {
    /// B.
    pub relative: f64,
    /// C.
    pub absolute: f64,
}

impl Source for RandomSigns {
    fn model(&self, _: &dyn DynProblem) -> SourceModel {
        within_radius(self.relative, self.absolute, true, false)
    }

    fn add<S: Scalar>(
        &self,
        at: &Situation<'_, S>,
        random: &mut dyn Randomness<S>,
        out: &mut [S],
        context: S::Context,
    ) {
        let root_d = S::from_f64(out.len() as f64, context).sqrt();
        let size = radius(at.gradient, self.relative, self.absolute, context).div(&root_d);
        let signs = random.sign_sums(1, out.len());
        for (o, sign) in out.iter_mut().zip(signs) {
            o.add_product(sign, &size);
        }
    }
}

/// e = √(B‖g‖²+C) s/√d with the sign pattern s that makes the claim's next step worst, found by
/// coordinate ascent from the patterns of ±∇f, ±a direction that the method keeps (a momentum, say) and an alternating one. Any choice obeys the
/// model with equality, so the choice may be made in `f64` whatever the arithmetic of the run.
#[derive(Clone, Debug)]
pub struct Greedy {
    /// B.
    pub relative: f64,
    /// C.
    pub absolute: f64,
}

impl Source for Greedy {
    fn model(&self, _: &dyn DynProblem) -> SourceModel {
        within_radius(self.relative, self.absolute, true, true)
    }

    fn is_greedy(&self) -> bool {
        true
    }

    fn add<S: Scalar>(&self, at: &Situation<'_, S>, _: &mut dyn Randomness<S>, out: &mut [S], context: S::Context) {
        let root_d = S::from_f64(out.len() as f64, context).sqrt();
        let size = radius(at.gradient, self.relative, self.absolute, context).div(&root_d);
        let patterns: Vec<Vec<f64>> = (0..S::LANES).map(|lane| self.pattern(at, lane, size.lane(lane))).collect();
        for (j, o) in out.iter_mut().enumerate() {
            o.add_product(&S::from_lanes(|lane| patterns[lane][j], context), &size);
        }
    }
}

impl Greedy {
    fn pattern<S: Scalar>(&self, at: &Situation<'_, S>, lane: usize, size: f64) -> Vec<f64> {
        let signs_of = |v: &[S], flip: f64| -> Vec<f64> {
            v.iter().map(|x| if x.lane(lane) * flip < 0.0 { -1.0 } else { 1.0 }).collect()
        };
        let direction = at.direction.unwrap_or(at.gradient);
        let mut candidates = vec![
            signs_of(at.gradient, 1.0),
            signs_of(at.gradient, -1.0),
            signs_of(direction, 1.0),
            signs_of(direction, -1.0),
            (0..at.gradient.len()).map(|j| if j % 2 == 0 { 1.0 } else { -1.0 }).collect(),
        ];
        let Some(badness) = at.badness else { return candidates.swap_remove(1) };
        let score = |signs: &[f64]| {
            let error: Vec<f64> = signs.iter().map(|s| s * size).collect();
            badness(lane, &error)
        };
        let mut best = candidates.swap_remove(0);
        let mut best_score = score(&best);
        for candidate in candidates {
            let candidate_score = score(&candidate);
            if candidate_score > best_score {
                (best, best_score) = (candidate, candidate_score);
            }
        }
        for j in 0..best.len() {
            best[j] = -best[j];
            let flipped = score(&best);
            if flipped > best_score {
                best_score = flipped;
            } else {
                best[j] = -best[j];
            }
        }
        best
    }
}

/// The same vector at every step: e = c·(1, −1, 1, …), C = d c².
#[derive(Clone, Debug)]
pub struct Offset {
    /// c, per coordinate.
    pub size: f64,
}

impl Source for Offset {
    fn model(&self, problem: &dyn DynProblem) -> SourceModel {
        let square = exact(self.size).map(|c| c.square() * problem.dimension() as u64);
        SourceModel {
            part: Part::Bias,
            freedom: Freedom::Computed,
            tail: Tail::within_root(square.as_ref()),
            size: square.map(|c| [Rational::new(), c]),
            attained: true,
            finite: true,
            deterministic: true,
            form: exact(self.size).map_or(Form::Other, Form::Alternating),
            named: Vec::new(),
        }
    }

    fn add<S: Scalar>(&self, _: &Situation<'_, S>, _: &mut dyn Randomness<S>, out: &mut [S], _: S::Context) {
        for (j, o) in out.iter_mut().enumerate() {
            o.add_f64(if j % 2 == 0 { self.size } else { -self.size });
        }
    }
}

/// e = r g: ‖e‖² = r²‖g‖².
#[derive(Clone, Debug)]
pub struct Relative {
    /// r; negative shrinks the gradient.
    pub factor: f64,
}

impl Source for Relative {
    fn model(&self, _: &dyn DynProblem) -> SourceModel {
        SourceModel {
            part: Part::Bias,
            freedom: Freedom::Computed,
            size: exact(self.factor).map(|r| [r.square(), Rational::new()]),
            attained: true,
            tail: exact(self.factor).map_or_else(Tail::unknown, |r| Tail::sure(r.abs(), Rational::new())),
            finite: true,
            deterministic: true,
            form: exact(self.factor).map_or(Form::Other, Form::Multiple),
            named: Vec::new(),
        }
    }

    fn add<S: Scalar>(&self, at: &Situation<'_, S>, _: &mut dyn Randomness<S>, out: &mut [S], _: S::Context) {
        for (o, g) in out.iter_mut().zip(at.gradient) {
            o.add_product_f64(g, self.factor);
        }
    }
}

/// A prescribed sequence e_0, e_1, …; zero after its end.
#[derive(Clone, Debug)]
pub struct Scripted {
    /// The errors, each of length d.
    pub errors: Vec<Vec<f64>>,
}

impl Source for Scripted {
    fn model(&self, _: &dyn DynProblem) -> SourceModel {
        let square = |e: &Vec<f64>| e.iter().try_fold(Rational::new(), |sum, x| Some(sum + exact(*x)?.square()));
        // After the end of the script, and without one, the error is zero.
        let largest = self.errors.iter().try_fold(Rational::new(), |largest, e| Some(largest.max(square(e)?)));
        SourceModel {
            part: Part::Bias,
            freedom: Freedom::Computed,
            tail: Tail::within_root(largest.as_ref()),
            size: largest.map(|c| [Rational::new(), c]),
            attained: false,
            finite: true,
            deterministic: true,
            form: Form::Other,
            named: Vec::new(),
        }
    }

    fn add<S: Scalar>(&self, at: &Situation<'_, S>, _: &mut dyn Randomness<S>, out: &mut [S], _: S::Context) {
        if let Some(error) = self.errors.get(at.k) {
            for (o, e) in out.iter_mut().zip(error) {
                o.add_f64(*e);
            }
        }
    }
}
