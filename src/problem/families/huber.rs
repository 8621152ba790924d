//! The Huber function of one variable, with a linear term for each worker.
//!
//! fᵢ(x) = φ(x) + bᵢx with φ(x) = (ℓ/2)x² for |x| ≤ w, ℓw|x| − ℓw²/2 beyond, and Σbᵢ = 0. φ is C¹ with
//! φ′(x) = ℓ·max(−w, min(x, w)). So L = ℓ for f and every fᵢ, f* = 0 at x = 0, ζ² = (1/n)Σbᵢ² at every
//! x, and G = ℓw + max|bᵢ|, which a worker's gradient attains wherever |x| ≥ w on the side of its
//! tilt. No μ: far away f grows only linearly. All of it is rational, so that bounds by G can be met
//! with equality and decided.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use rug::Rational;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::number::Scalar;
use crate::problem::balanced::verify_balanced;
use crate::problem::family::{Built, Family, Sizes};
use crate::problem::free::{Part, Parts, Range};
use crate::problem::{Constants, Problem, ProblemError, Scratch, check_size, exact_number};

const FAMILY: &str = HuberSpec::NAME;

/// The Huber function of one variable, tilted differently at each worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HuberSpec {
    /// ℓ > 0.
    pub curvature: f64,
    /// w > 0.
    pub width: f64,
    /// b_1, …, b_n, adding up to zero.
    pub tilts: Vec<f64>,
}

impl fmt::Display for HuberSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "w={}, tilts={:?}", self.width, self.tilts)
    }
}

impl Family for HuberSpec {
    fn sizes(&self) -> Sizes {
        Sizes::of(1, self.tilts.len())
    }

    fn build(&self) -> Built {
        Ok(Arc::new(Huber::new(self.curvature, self.width, &self.tilts)?))
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![
            ("curvature", Part::One(&mut self.curvature, Range::Positive)),
            ("width", Part::One(&mut self.width, Range::Positive)),
            ("tilts", Part::Balanced(&mut self.tilts)),
        ]
    }
}

/// See the module's documentation.
#[derive(Clone, Debug)]
pub struct Huber {
    curvature: f64,
    width: f64,
    tilts: Vec<f64>,
    constants: Constants,
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
        Ok(Huber { curvature, width, tilts: tilts.to_vec(), constants })
    }
}

impl Problem for Huber {
    fn family(&self) -> &'static str {
        FAMILY
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
