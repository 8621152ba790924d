//! The Huber function of one variable, with a linear term for each worker.
//!
//! fᵢ(x) = φ(x) + bᵢx with φ(x) = (ℓ/2)x² for |x| ≤ w, ℓw|x| − ℓw²/2 beyond, and Σbᵢ = 0. φ is C¹ with
//! φ′(x) = ℓ·max(−w, min(x, w)). So L = ℓ for f and every fᵢ, f* = 0 at x = 0, ζ² = (1/n)Σbᵢ² at every
//! x, and G = ℓw + max|bᵢ|, which a worker's gradient attains wherever |x| ≥ w on the side of its
//! tilt. No μ: far away f grows only linearly. All of it is rational, so that bounds by G can be met
//! with equality and decided.

use std::collections::BTreeMap;

use rug::Rational;

use super::balanced::verify_balanced;
use super::{Constants, Problem, ProblemError, Scratch, check_size, exact_number};
use crate::number::Scalar;

const FAMILY: &str = "huber";

/// See the module's documentation.
#[derive(Clone, Debug)]
pub struct Huber {
    curvature: f64,
    width: f64,
    tilts: Vec<f64>,
    constants: Constants,
    parameters: BTreeMap<String, String>,
}

impl Huber {
    /// `tilts` are the bᵢ, one a worker.
    ///
    /// # Errors
    /// When ℓ or w is not positive, or the tilts do not add up to zero exactly.
    pub fn new(curvature: f64, width: f64, tilts: &[f64]) -> Result<Self, ProblemError> {
        check_size(FAMILY, 1, tilts.len())?;
        let (slope, exact_width) = (exact_number(FAMILY, curvature)?, exact_number(FAMILY, width)?);
        if slope <= 0 || exact_width <= 0 {
            return Err(ProblemError::new(FAMILY, "curvature and width must be positive"));
        }
        verify_balanced(FAMILY, "tilts", tilts, 1)?;
        let (mut squares, mut largest) = (Rational::new(), Rational::new());
        for tilt in tilts {
            let tilt = exact_number(FAMILY, *tilt)?;
            squares += Rational::from(tilt.square_ref());
            let size = tilt.abs();
            if size > largest {
                largest = size;
            }
        }
        let constants = Constants {
            smoothness: Some(slope.clone()),
            lower_bound: Some(Rational::new()),
            pl: None,
            heterogeneity: Some(squares / tilts.len() as u64),
            gradient_bound: Some(Rational::from(&slope * &exact_width) + largest),
            strong_convexity: Some(Rational::new()),
            workers_convex: true,
            worker_smoothness: vec![slope.clone(); tilts.len()],
            minimiser: Some(vec![Rational::new()]),
            named: BTreeMap::from([("L_worker", slope)]),
        };
        let parameters = BTreeMap::from([
            ("curvature".into(), curvature.to_string()),
            ("width".into(), width.to_string()),
            ("tilts".into(), format!("{tilts:?}")),
        ]);
        Ok(Huber { curvature, width, tilts: tilts.to_vec(), constants, parameters })
    }
}

impl Problem for Huber {
    fn family(&self) -> &'static str {
        FAMILY
    }
    fn parameters(&self) -> BTreeMap<String, String> {
        self.parameters.clone()
    }
    fn dimension(&self) -> usize {
        1
    }
    fn workers(&self) -> usize {
        self.tilts.len()
    }
    fn constants(&self) -> &Constants {
        &self.constants
    }
    fn is_rational(&self) -> bool {
        true
    }
    fn start(&self) -> Vec<f64> {
        let beyond = 2.0 * self.width;
        vec![if beyond.is_finite() { beyond } else { self.width }]
    }
    fn scratch_len(&self) -> usize {
        0
    }

    fn value<S: Scalar>(&self, x: &[S], _: S::Context, _: &mut Scratch<S>) -> S {
        // (ℓ/2)(x² − (|x| − w)₊²).
        let mut beyond = x[0].clone().abs();
        beyond.add_f64(-self.width);
        let mut value = x[0].clone().square().sub(&beyond.positive_part().square());
        // Not times ℓ/2: half a curvature need not be an `f64`.
        value.mul_f64(0.5);
        value.mul_f64(self.curvature);
        value
    }

    fn gradient<S: Scalar>(&self, x: &[S], out: &mut [S], context: S::Context, _: &mut Scratch<S>) {
        let mut slope = x[0].clone().min(&S::from_f64(self.width, context));
        slope.max_assign(&S::from_f64(-self.width, context));
        slope.mul_f64(self.curvature);
        out[0].set(&slope);
    }

    fn worker_gradient<S: Scalar>(
        &self,
        worker: usize,
        x: &[S],
        out: &mut [S],
        context: S::Context,
        scratch: &mut Scratch<S>,
    ) {
        self.gradient(x, out, context, scratch);
        out[0].add_f64(self.tilts[worker]);
    }
}
