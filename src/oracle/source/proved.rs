//! What is proved of estimates that transform gradients: each worker's before averaging, or the average.
//!
//! With Δ = (1/n)Σ‖∇fᵢ‖² = ‖∇f‖² + (1/n)Σ‖∇fᵢ − ∇f‖² ≤ ‖∇f‖² + ζ² and Jensen's inequality, an
//! α-contractive map of every worker gives E‖e‖² ≤ (1−α)(‖∇f‖² + ζ²) (theory, `compressed-error`),
//! and clipping gives ‖e‖ ≤ (G−τ)₊ (theory, `clipped-error`).

use rug::Rational;

use crate::number::root_above;
use crate::oracle::Tail;
use crate::oracle::operator::{Guarantee, Operator};
use crate::problem::DynProblem;

/// (G − τ)₊.
fn excess(problem: &dyn DynProblem, threshold: &Rational) -> Option<Rational> {
    let excess = problem.constants().gradient_bound.clone()? - threshold;
    Some(if excess < 0 { Rational::new() } else { excess })
}

/// What is proved of the mean of gᵢ = 𝒯(∇fᵢ + ξᵢ): size, tail, and the operator's own constant by name.
pub(super) struct Proved {
    pub(super) size: Option<[Rational; 2]>,
    pub(super) tail: Tail,
    pub(super) named: Option<(&'static str, Rational)>,
}

impl Proved {
    pub(super) fn nothing() -> Self {
        Proved { size: None, tail: Tail::unknown(), named: None }
    }

    /// With heterogeneity ζ² of the vectors that 𝒯 is applied to, where it is known, and E‖ξᵢ‖² = σ².
    pub(super) fn new(
        operator: &Operator,
        problem: &dyn DynProblem,
        zeta2: Option<Rational>,
        variance: &Rational,
    ) -> Self {
        let Some(guarantee) = operator.guarantee(problem.dimension()) else { return Proved::nothing() };
        let (size, tail) = match &guarantee {
            Guarantee::Contraction(alpha) => contractive(operator, problem, alpha, zeta2, variance),
            Guarantee::Projection(threshold) => clipped(problem, threshold, zeta2, variance),
        };
        Proved { size, tail, named: Some(guarantee.named()) }
    }
}

/// Of a contractive map. With a = α/2 (theory, `compressed-error-stochastic`)
/// E‖e‖² ≤ (1+a)(1−α)(‖∇f‖²+ζ²+σ²) + (1+1/a)σ²/n; and for every draw
/// ‖e‖ ≤ q(‖∇f‖ + ζ + σ) + σ where ‖𝒯(u) − u‖ ≤ q‖u‖.
fn contractive(
    operator: &Operator,
    problem: &dyn DynProblem,
    alpha: &Rational,
    zeta2: Option<Rational>,
    variance: &Rational,
) -> (Option<[Rational; 2]>, Tail) {
    let Some(zeta2) = zeta2 else { return (None, Tail::unknown()) };
    let rest = Rational::from(1) - alpha;
    let size = if *variance == 0 {
        [rest.clone(), Rational::from(&rest * &zeta2)]
    } else {
        let a = Rational::from(alpha / 2u32);
        let relative = Rational::from(&a + 1u32) * &rest;
        let spread = Rational::from(&zeta2 + variance) * &relative;
        [relative, spread + (a.recip() + 1u32) * variance / problem.workers() as u64]
    };
    let tail = || {
        let sure = if operator.is_random() { Rational::from(1) } else { root_above(&rest)? };
        let sigma = root_above(variance)?;
        let absolute = &sure * (root_above(&zeta2)? + &sigma) + sigma;
        Some(Tail::sure(sure, absolute))
    };
    (Some(size), tail().unwrap_or_else(Tail::unknown))
}

/// Of clipping: ‖e‖² ≤ σ² + (G−τ)₊² where G is proved; else clipping moves no vector farther than its
/// length.
fn clipped(
    problem: &dyn DynProblem,
    threshold: &Rational,
    zeta2: Option<Rational>,
    variance: &Rational,
) -> (Option<[Rational; 2]>, Tail) {
    let sure = |relative: u32, absolute: Option<Rational>| {
        absolute.map_or_else(Tail::unknown, |absolute| Tail::sure(Rational::from(relative), absolute))
    };
    if let Some(excess) = excess(problem, threshold) {
        let size = [Rational::new(), Rational::from(excess.square_ref()) + variance];
        return (Some(size), sure(0, root_above(variance).map(|sigma| excess + sigma)));
    }
    match zeta2 {
        Some(zeta2) if *variance == 0 => {
            let tail = sure(1, root_above(&zeta2));
            (Some([Rational::from(1), zeta2]), tail)
        }
        _ => (None, Tail::unknown()),
    }
}
