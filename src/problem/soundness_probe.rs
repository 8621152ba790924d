//! Trying a problem's claims at points: a family that lies about a constant is caught where the
//! lie shows.
//!
//! Everything is computed in intervals, so that what is reported is certain. Nothing reported
//! proves nothing: a constant needs its proof.

use std::fmt;

use rug::Rational;

use super::{DynProblem, Scratch};
use crate::number::{Interval, Scalar, dot, norm2, zeros};

const BITS: u32 = 256;
/// Half the distance of the points between which a slope is compared with the gradient.
const STEP_EXPONENT: i32 = -80;

/// A claim of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aspect {
    /// ‖∇f(x) − ∇f(y)‖ ≤ L‖x − y‖.
    Lipschitz,
    /// ‖∇fᵢ(x) − ∇fᵢ(y)‖ ≤ ℓ‖x − y‖ with ℓ the constant `L_worker`.
    WorkerLipschitz,
    /// |f(y) − f(x) − ⟨∇f(x), y − x⟩| ≤ L/2 ‖y − x‖².
    DescentInequality,
    /// f(x) ≥ f*.
    LowerBound,
    /// ‖∇f(x)‖² ≥ 2μ(f(x) − f*).
    Pl,
    /// (1/n)Σ‖∇fᵢ(x) − ∇f(x)‖² ≤ ζ².
    Heterogeneity,
    /// ‖∇fᵢ(x)‖ ≤ G.
    GradientBound,
    /// ∇f = (1/n)Σ∇fᵢ.
    Mean,
    /// The gradient is the derivative of the value.
    Derivative,
    /// A quadratic's gradient at the midpoint is the mean of those at the ends.
    Quadratic,
    /// ‖∇f(x) − H(x − c)‖ ≤ remainder, with an orthonormal basis.
    AffinePart,
    /// ∇fᵢ = ∇hᵢᵀ∇Fᵢ(hᵢ).
    Nesting,
    /// m_h‖s‖ ≤ ‖∇hᵢᵀs‖ ≤ ℓ_h‖s‖.
    InnerSlope,
    /// ‖∇Fᵢ‖ ≤ ℓ_F.
    OuterSlope,
    /// ‖∇Fᵢ(y) − ∇Fᵢ(z)‖ ≤ L_F‖y − z‖; and exactly affine ones are.
    OuterSmoothness,
    /// ‖(∇hᵢ(x) − ∇hᵢ(y))ᵀs‖ ≤ aH‖x − y‖‖s‖ under adaptation.
    HessianLipschitz,
}

/// A claim that is certainly false at a point.
#[derive(Clone, Debug, PartialEq)]
pub struct Contradiction {
    /// Which claim.
    pub aspect: Aspect,
    /// Where.
    pub point: Vec<f64>,
    /// What should be at most…
    pub lhs: f64,
    /// …this.
    pub rhs: f64,
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} fails at {:?}: {:e} > {:e}", self.aspect, self.point, self.lhs, self.rhs)
    }
}

struct Audit<'a> {
    problem: &'a dyn DynProblem,
    scratch: Scratch<Interval>,
    found: Vec<Contradiction>,
}

/// f, ∇f and x at a point.
struct ProbePoint<'a> {
    at: &'a [f64],
    x: Vec<Interval>,
    value: Interval,
    gradient: Vec<Interval>,
}

/// Tries every claim of the problem at every point, and what compares two points at neighbours in
/// the list; points have length d.
#[must_use]
pub fn contradictions(problem: &dyn DynProblem, points: &[Vec<f64>]) -> Vec<Contradiction> {
    let mut audit = Audit { problem, scratch: Scratch::for_problem(problem, BITS), found: Vec::new() };
    audit.basis();
    let mut previous: Option<ProbePoint<'_>> = None;
    for point in points {
        let place = audit.place(point);
        audit.alone(&place);
        if let Some(previous) = &previous {
            audit.pair(previous, &place);
        }
        previous = Some(place);
    }
    audit.found
}

fn exact(x: f64) -> Interval {
    Interval::from_f64(x, BITS)
}

fn rational(q: &Rational) -> Interval {
    Interval::from_rational(q, BITS)
}

fn alternating(count: usize) -> Vec<Interval> {
    (0..count).map(|j| exact(if j % 2 == 0 { 1.0 } else { -1.0 })).collect()
}

fn difference(a: &[Interval], b: &[Interval]) -> Vec<Interval> {
    a.iter().zip(b).map(|(a, b)| a.clone().sub(b)).collect()
}

impl<'a> Audit<'a> {
    fn place(&mut self, at: &'a [f64]) -> ProbePoint<'a> {
        let x: Vec<Interval> = at.iter().map(|x| exact(*x)).collect();
        let mut gradient = zeros(x.len(), BITS);
        self.problem.gradient_in(&x, &mut gradient, BITS, &mut self.scratch);
        let value = self.problem.value_in(&x, BITS, &mut self.scratch);
        ProbePoint { at, x, value, gradient }
    }

    /// Demands lhs ≤ rhs.
    fn demand(&mut self, aspect: Aspect, place: &ProbePoint<'_>, lhs: &Interval, rhs: &Interval) {
        if !lhs.is_defined() || !rhs.is_defined() || rhs.certainly_lt(lhs) {
            let (lhs, rhs) = (lhs.to_f64(), rhs.to_f64());
            self.found.push(Contradiction { aspect, point: place.at.to_vec(), lhs, rhs });
        }
    }

    /// What can be said of one point.
    fn alone(&mut self, place: &ProbePoint<'_>) {
        let constants = self.problem.constants().clone();
        let square = norm2(&place.gradient, BITS);
        if let Some(lower) = &constants.lower_bound {
            self.demand(Aspect::LowerBound, place, &rational(lower), &place.value);
            if let Some(mu) = &constants.pl {
                let gap = place.value.clone().sub(&rational(lower)).mul(&rational(&Rational::from(mu * 2)));
                self.demand(Aspect::Pl, place, &gap, &square);
            }
        }
        self.workers(place, &constants);
        self.derivative(place);
        self.nesting(place, &constants);
        if let Some(affine) = self.problem.affine_part() {
            let mut rest = place.gradient.clone();
            let offset: Vec<Interval> =
                place.x.iter().zip(&affine.centre).map(|(x, c)| x.clone().sub(&rational(c))).collect();
            for (lambda, row) in affine.spectrum.iter().zip(&affine.basis) {
                let row: Vec<Interval> = row.iter().map(rational).collect();
                let along = dot(&row, &offset, BITS).mul(&rational(lambda));
                for (r, q) in rest.iter_mut().zip(&row) {
                    r.sub_product(&along, q);
                }
            }
            let bound = rational(&affine.remainder).square();
            self.demand(Aspect::AffinePart, place, &norm2(&rest, BITS), &bound);
        }
    }

    fn workers(&mut self, place: &ProbePoint<'_>, constants: &super::Constants) {
        let workers = self.problem.workers();
        let dimension = place.x.len();
        let mut mean = zeros::<Interval>(dimension, BITS);
        let mut spread = Interval::zero(BITS);
        for worker in 0..workers {
            let mut gradient = zeros(dimension, BITS);
            self.problem.worker_gradient_in(worker, &place.x, &mut gradient, BITS, &mut self.scratch);
            spread.add_assign(&norm2(&difference(&gradient, &place.gradient), BITS));
            if let Some(bound) = &constants.gradient_bound {
                self.demand(Aspect::GradientBound, place, &norm2(&gradient, BITS), &rational(bound).square());
            }
            mean.iter_mut().zip(&gradient).for_each(|(m, g)| m.add_assign(g));
        }
        let count = exact(workers as f64);
        mean.iter_mut().for_each(|m| m.div_assign(&count));
        let zero = Interval::zero(BITS);
        for residual in difference(&mean, &place.gradient) {
            self.demand(Aspect::Mean, place, &residual, &zero);
            self.demand(Aspect::Mean, place, &zero, &residual);
        }
        if let Some(bound) = &constants.heterogeneity {
            self.demand(Aspect::Heterogeneity, place, &spread.div(&count), &rational(bound));
        }
    }

    /// |f(x + he_j) − f(x − he_j) − 2h ∂_j f(x)| ≤ L h², by the descent inequality both ways.
    fn derivative(&mut self, place: &ProbePoint<'_>) {
        let Some(smoothness) = self.problem.constants().smoothness.clone() else { return };
        let h = exact(2f64.powi(STEP_EXPONENT));
        let bound = rational(&smoothness).mul(&h).mul(&h);
        for j in 0..place.x.len() {
            let mut x = place.x.clone();
            x[j].add_assign(&h);
            let mut slope = self.problem.value_in(&x, BITS, &mut self.scratch);
            x[j].set(&place.x[j]);
            x[j].sub_assign(&h);
            slope.sub_assign(&self.problem.value_in(&x, BITS, &mut self.scratch));
            slope.sub_assign(&place.gradient[j].clone().mul(&h).mul(&exact(2.0)));
            self.demand(Aspect::Derivative, place, &slope.abs(), &bound);
        }
    }

    /// hᵢ(x), ∇Fᵢ(hᵢ(x)), and ∇hᵢ(x)ᵀs for that and for a vector of alternating signs.
    fn parts(&mut self, worker: usize, x: &[Interval], p: usize) -> [Vec<Interval>; 4] {
        let (mut inner, mut outer) = (zeros(p, BITS), zeros(p, BITS));
        self.problem.inner_value_in(worker, x, &mut inner, BITS, &mut self.scratch);
        self.problem.outer_gradient_in(worker, &inner, &mut outer, BITS, &mut self.scratch);
        let (mut pulled, mut signs) = (zeros(x.len(), BITS), zeros(x.len(), BITS));
        self.problem.pull_back_in(worker, x, &outer, &mut pulled, BITS, &mut self.scratch);
        self.problem.pull_back_in(worker, x, &alternating(p), &mut signs, BITS, &mut self.scratch);
        [inner, outer, pulled, signs]
    }

    fn nesting(&mut self, place: &ProbePoint<'_>, constants: &super::Constants) {
        let Some(nesting) = self.problem.nesting() else { return };
        let squared = |name: &str| constants.named.get(name).map(|q| rational(q).square());
        let zero = Interval::zero(BITS);
        for worker in 0..self.problem.workers() {
            let [_, outer, pulled, signs] = self.parts(worker, &place.x, nesting.dimension);
            let mut gradient = zeros(place.x.len(), BITS);
            self.problem.worker_gradient_in(worker, &place.x, &mut gradient, BITS, &mut self.scratch);
            for residual in difference(&gradient, &pulled) {
                self.demand(Aspect::Nesting, place, &residual, &zero);
                self.demand(Aspect::Nesting, place, &zero, &residual);
            }
            let lengths =
                [(norm2(&outer, BITS), norm2(&pulled, BITS)), (exact(nesting.dimension as f64), norm2(&signs, BITS))];
            for (before, after) in lengths {
                if let Some(most) = squared("ell_h") {
                    self.demand(Aspect::InnerSlope, place, &after, &most.mul(&before));
                }
                if let Some(least) = squared("m_h") {
                    self.demand(Aspect::InnerSlope, place, &least.mul(&before), &after);
                }
            }
            if let Some(bound) = squared("ell_F") {
                self.demand(Aspect::OuterSlope, place, &norm2(&outer, BITS), &bound);
            }
        }
    }

    fn nesting_pair(&mut self, from: &ProbePoint<'_>, to: &ProbePoint<'_>) {
        let Some(nesting) = self.problem.nesting() else { return };
        let named = self.problem.constants().named.clone();
        let distance = norm2(&difference(&to.x, &from.x), BITS);
        for worker in 0..self.problem.workers() {
            let [y, at_y, _, signs_y] = self.parts(worker, &from.x, nesting.dimension);
            let [z, at_z, _, signs_z] = self.parts(worker, &to.x, nesting.dimension);
            if let Some(smoothness) = named.get("L_F") {
                let bound = rational(smoothness).square().mul(&norm2(&difference(&y, &z), BITS));
                self.demand(Aspect::OuterSmoothness, to, &norm2(&difference(&at_y, &at_z), BITS), &bound);
            }
            if nesting.affine_outer {
                let half = |a: &Interval, b: &Interval| a.clone().add(b).mul(&exact(0.5));
                let middle: Vec<Interval> = y.iter().zip(&z).map(|(a, b)| half(a, b)).collect();
                let mean: Vec<Interval> = at_y.iter().zip(&at_z).map(|(a, b)| half(a, b)).collect();
                let mut found = zeros(nesting.dimension, BITS);
                self.problem.outer_gradient_in(worker, &middle, &mut found, BITS, &mut self.scratch);
                self.demand(Aspect::OuterSmoothness, to, &norm2(&difference(&found, &mean), BITS), &exact(0.0));
            }
            if let (Some(a), Some(lipschitz)) = (nesting.adaptation, named.get("H")) {
                let slope = exact(a).mul(&rational(lipschitz)).square().mul(&exact(nesting.dimension as f64));
                let change = norm2(&difference(&signs_y, &signs_z), BITS);
                self.demand(Aspect::HessianLipschitz, to, &change, &slope.mul(&distance));
            }
        }
    }

    fn midpoint(&mut self, from: &ProbePoint<'_>, to: &ProbePoint<'_>) {
        let half = |a: &Interval, b: &Interval| a.clone().add(b).mul(&exact(0.5));
        let middle: Vec<Interval> = from.x.iter().zip(&to.x).map(|(a, b)| half(a, b)).collect();
        let mut gradient = zeros(middle.len(), BITS);
        self.problem.gradient_in(&middle, &mut gradient, BITS, &mut self.scratch);
        let mean: Vec<Interval> = from.gradient.iter().zip(&to.gradient).map(|(a, b)| half(a, b)).collect();
        self.demand(Aspect::Quadratic, to, &norm2(&difference(&gradient, &mean), BITS), &exact(0.0));
    }

    /// What can be said of two points.
    fn pair(&mut self, from: &ProbePoint<'_>, to: &ProbePoint<'_>) {
        if self.problem.is_quadratic() {
            self.midpoint(from, to);
        }
        self.nesting_pair(from, to);
        let Some(smoothness) = self.problem.constants().smoothness.clone() else { return };
        let smoothness = rational(&smoothness);
        let step = difference(&to.x, &from.x);
        let distance = norm2(&step, BITS);
        let gradients = norm2(&difference(&to.gradient, &from.gradient), BITS);
        let lipschitz = smoothness.clone().square().mul(&distance);
        self.demand(Aspect::Lipschitz, to, &gradients, &lipschitz);
        if let Some(bound) = self.problem.constants().named.get("L_worker").cloned() {
            let lipschitz = rational(&bound).square().mul(&distance);
            for worker in 0..self.problem.workers() {
                let mut at = |place: &ProbePoint<'_>| {
                    let mut gradient = zeros(place.x.len(), BITS);
                    self.problem.worker_gradient_in(worker, &place.x, &mut gradient, BITS, &mut self.scratch);
                    gradient
                };
                let change = norm2(&difference(&at(to), &at(from)), BITS);
                self.demand(Aspect::WorkerLipschitz, to, &change, &lipschitz);
            }
        }
        let linear = dot(&from.gradient, &step, BITS);
        let error = to.value.clone().sub(&from.value).sub(&linear).abs();
        let mut bound = smoothness.mul(&distance);
        bound.mul_f64(0.5);
        self.demand(Aspect::DescentInequality, to, &error, &bound);
    }

    fn basis(&mut self) {
        let Some(affine) = self.problem.affine_part() else { return };
        let orthonormal = affine.basis.iter().enumerate().all(|(i, a)| {
            affine.basis.iter().enumerate().take(i + 1).all(|(j, b)| {
                let product = a.iter().zip(b).fold(Rational::new(), |sum, (a, b)| sum + Rational::from(a * b));
                product == u32::from(i == j)
            })
        });
        if !orthonormal {
            let contradiction =
                Contradiction { aspect: Aspect::AffinePart, point: Vec::new(), lhs: f64::NAN, rhs: f64::NAN };
            self.found.push(contradiction);
        }
    }
}
