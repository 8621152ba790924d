//! Normal noise in every coordinate.

use std::fmt;

use rug::Rational;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::size::{constant, coordinates_each, square_times};
use super::{Built, SourceData, one};
use crate::number::{exact, root_above};
use crate::oracle::{Estimable, EstimateQuery, Form, Freedom, Part, Randomness, Source, SourceModel, Tail, TailKind};
use crate::problem::DynProblem;
use crate::problem::free::{self, Parts, Range};

/// Every worker adds N(0, s²) in each coordinate: σ² = d s²/n, no bound for any draw, and
/// E‖ν‖⁴ = (s²/n)² d(d + 2) (the fourth moment of a χ variable).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gaussian {
    /// s, per coordinate and worker.
    pub size: f64,
}

impl fmt::Display for Gaussian {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "gaussian({})", self.size)
    }
}

impl SourceData for Gaussian {
    fn build(&self, _: &dyn DynProblem) -> Built {
        one(self.clone())
    }

    fn parts(&mut self) -> Parts<'_> {
        vec![("size", free::Part::One(&mut self.size, Range::Nonnegative))]
    }
}

impl Gaussian {
    /// E‖ν‖⁴ = (s²/n)² d(d + 2).
    fn tail(&self, problem: &dyn DynProblem) -> Option<Tail> {
        let d = problem.dimension() as u64;
        let square = root_above(&Rational::from(d * (d + 2)))? / problem.workers() as u64;
        let absolute = root_above(&square)? * exact(self.size)?.abs();
        Some(Tail { kind: TailKind::FourthMoment, relative: Rational::new(), absolute })
    }
}

impl Source for Gaussian {
    fn model(&self, problem: &dyn DynProblem) -> SourceModel {
        SourceModel {
            part: Part::Noise,
            freedom: Freedom::Any,
            size: constant(square_times(self.size, coordinates_each(problem))),
            attained: true,
            tail: self.tail(problem).unwrap_or_else(Tail::unknown),
            finite: false,
            deterministic: false,
            form: Form::Isotropic,
            named: Vec::new(),
        }
    }

    fn add<S: Estimable>(
        &self,
        at: &EstimateQuery<'_, S>,
        random: &mut dyn Randomness<S>,
        out: &mut [S],
        context: S::Context,
    ) {
        // The mean of n independent N(0, s²) is N(0, s²/n).
        let scale = S::from_f64(self.size, context).div(&S::from_f64(at.workers as f64, context).sqrt());
        let normals = random.gaussians(out.len());
        for (o, z) in out.iter_mut().zip(normals) {
            o.add_product(z, &scale);
        }
    }

    fn is_of_workers(&self) -> bool {
        true
    }

    fn add_to_worker<S: Estimable>(
        &self,
        _: &EstimateQuery<'_, S>,
        random: &mut dyn Randomness<S>,
        out: &mut [S],
        _: S::Context,
    ) {
        let normals = random.gaussians(out.len());
        out.iter_mut().zip(normals).for_each(|(o, z)| o.add_product_f64(z, self.size));
    }
}
