//! The interior-point method: predictor and corrector steps on the homogeneous self-dual embedding.
//!
//! Besides y, multipliers x and slacks s the embedding has two numbers τ, κ ≥ 0 and asks for
//! s = cτ + 𝒜y, 𝒜ᵀx = −bτ, κ = b·y − c·x. Solutions with τ > 0 are optimal pairs times τ, those with
//! κ > 0 are certificates that there are none, so both ends are reached in the same way.

use nalgebra::{DMatrix, DVector};

use super::cone::{Scaling, Shape};
use super::newton::{Answer, System};

/// Maximise b·y subject to c + 𝒜y in the cone; its dual is to minimise c·x subject to 𝒜ᵀx = −b, x in
/// the cone. All numbers are of the order of 1.
pub(super) struct Conic {
    /// The cone.
    pub shape: Shape,
    /// 𝒜, a packed pair a column.
    pub columns: DMatrix<f64>,
    /// c, packed.
    pub constant: DVector<f64>,
    /// b.
    pub objective: DVector<f64>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// y and x are optimal.
    Optimal,
    /// x shows that no y is feasible: c·x = −1 and 𝒜ᵀx = 0.
    Infeasible,
    /// y shows that the objective grows for ever from any feasible point: b·y = 1 and 𝒜y is in the cone.
    Unbounded,
    /// None of these; y and x are the best that was seen.
    Stalled,
}

/// What a run found.
pub(super) struct Outcome {
    /// How it ended.
    pub ending: Ending,
    /// y.
    pub y: DVector<f64>,
    /// x, packed.
    pub multiplier: DVector<f64>,
    /// Iterations made.
    pub iterations: usize,
}

/// Largest relative residual of a certificate.
pub(super) const CERTIFICATE: f64 = 1e-8;
/// A run goes on until errors are this share of what is allowed, unless no more can be had.
pub(super) const AIM: f64 = 0.1;
/// Iterations without progress after which a run stops.
const PATIENCE: usize = 12;
/// Share of the way to the boundary that a step goes.
const SHARE: f64 = 0.99;
/// Steps shorter than this lead nowhere.
const SHORTEST_STEP: f64 = 1e-7;

/// An interior point of the embedding.
struct Point {
    scaling: Scaling,
    multiplier: DVector<f64>,
    slack: DVector<f64>,
    y: DVector<f64>,
    tau: f64,
    kappa: f64,
    /// The residual of the slacks as a share of that of the start.
    missing: f64,
}

/// What is missing from the equations of the embedding, and how far a point is from each ending.
struct Residuals {
    /// cτ + 𝒜y − s.
    slack: DVector<f64>,
    /// −bτ − 𝒜ᵀx.
    objective: DVector<f64>,
    /// b·y − c·x − κ.
    gap: f64,
    /// Relative errors of (x, y)/τ as an optimal pair: the largest of gap and residuals.
    optimal: f64,
    /// Relative residual of x as a certificate of infeasibility.
    infeasible: f64,
    /// The same of y as a ray.
    unbounded: f64,
}

/// A Newton direction, x and s scaled.
struct Direction {
    multiplier: DVector<f64>,
    slack: DVector<f64>,
    y: DVector<f64>,
    tau: f64,
    kappa: f64,
    reduction: f64,
}

/// What a Newton direction shall achieve.
struct Goal {
    /// Scaled change of x plus that of s.
    complementarity: DVector<f64>,
    /// τ dκ + κ dτ.
    numbers: f64,
    /// The share of the residuals that shall vanish.
    reduction: f64,
}

/// What all directions from one point have in common; packed vectors are scaled.
struct Frame {
    system: System,
    /// λ.
    place: DVector<f64>,
    /// The residual of the slacks.
    missing: DVector<f64>,
    /// x and y with x = −c − 𝒜y and 𝒜ᵀx = −b.
    homogeneous: [DVector<f64>; 2],
}

impl Frame {
    /// `None` where a number is not finite.
    fn at(conic: &Conic, point: &Point, residuals: &Residuals) -> Option<Self> {
        let mut system = System::new(point.scaling.scale_slacks(&conic.columns))?;
        let place = point.scaling.point();
        let missing = point.scaling.scale_slack(&residuals.slack);
        // As (x, y)/τ plus a rest with small right-hand sides: those with c and b would lose all digits.
        let (u, t) = ((&place * -2.0 - &missing) / point.tau, &residuals.objective / point.tau);
        let mut rest = system.solve(&u, &t);
        if !rest.exact {
            system = system.sharpened()?;
            rest = system.solve(&u, &t);
        }
        let homogeneous = [&place / point.tau + rest.x, &point.y / point.tau + rest.y];
        Some(Frame { system, place, missing, homogeneous })
    }
}

impl Conic {
    fn residuals(&self, point: &Point) -> Residuals {
        let image = &self.columns * &point.y;
        let adjoint = self.columns.tr_mul(&point.multiplier);
        let (dual, primal) = (self.constant.dot(&point.multiplier), self.objective.dot(&point.y));
        let slack = &self.constant * point.tau + &image - &point.slack;
        let objective = -(&self.objective * point.tau) - &adjoint;
        let value = primal.abs().max(dual.abs()) / point.tau;
        let optimal = [
            (dual - primal).abs() / point.tau / (1.0 + value),
            point.multiplier.dot(&point.slack) / point.tau.powi(2) / (1.0 + value),
            slack.amax() / point.tau / (1.0 + self.constant.amax()),
            objective.amax() / point.tau / (1.0 + self.objective.amax()),
        ];
        // Round-off of long vectors is no evidence.
        let rounding = 16.0 * f64::EPSILON;
        let infeasible = (adjoint.amax() + rounding * point.multiplier.norm()) / (-dual).max(0.0);
        let unbounded = ((image - &point.slack).amax() + rounding * point.y.norm()) / primal.max(0.0);
        Residuals {
            slack,
            objective,
            gap: primal - dual - point.kappa,
            optimal: optimal.into_iter().fold(0.0, f64::max),
            infeasible,
            unbounded,
        }
    }

    /// The direction to a goal.
    fn direction(point: &Point, residuals: &Residuals, frame: &Frame, goal: Goal) -> Direction {
        let wanted = &goal.complementarity - &frame.missing * goal.reduction;
        let shortfall = &residuals.objective * goal.reduction;
        let Answer { x: fixed, y: fixed_y, .. } = frame.system.solve(&wanted, &shortfall);
        let [moving, moving_y] = &frame.homogeneous;
        // c·x − b·y of the fixed part, written by means of the point itself, since in scaled terms c is huge.
        let value = frame.place.dot(&wanted) + residuals.objective.dot(&fixed_y) + frame.missing.dot(&fixed)
            - point.y.dot(&shortfall);
        let slope = point.kappa / point.tau + moving.norm_squared();
        let tau = ((goal.numbers + value) / point.tau - goal.reduction * residuals.gap) / slope;
        let multiplier = fixed + moving * tau;
        Direction {
            slack: goal.complementarity - &multiplier,
            multiplier,
            y: fixed_y + moving_y * tau,
            tau,
            kappa: (goal.numbers - point.kappa * tau) / point.tau,
            reduction: goal.reduction,
        }
    }

    /// One predictor and corrector step; false where it leads nowhere.
    fn step(&self, point: &mut Point, residuals: &Residuals) -> bool {
        let Some(frame) = Frame::at(self, point, residuals) else { return false };
        let place = &frame.place;
        let product = point.tau * point.kappa;
        let predictor = Goal { complementarity: -place, numbers: -product, reduction: 1.0 };
        let affine = Conic::direction(point, residuals, &frame, predictor);
        let centring = (1.0 - point.longest_step(&affine).min(1.0)).powi(3);
        let mean = (place.norm_squared() + product) / (self.shape.degree() + 1) as f64;
        let target =
            point.scaling.unit() * (centring * mean) - point.scaling.product(&affine.multiplier, &affine.slack);
        let corrector = Goal {
            complementarity: point.scaling.divide(&target) - place,
            numbers: centring * mean - product - affine.tau * affine.kappa,
            reduction: 1.0 - centring,
        };
        let direction = Conic::direction(point, residuals, &frame, corrector);
        let step = (SHARE * point.longest_step(&direction)).min(1.0);
        // Round-off may put the end of the step outside.
        let mut steps = [step, 0.5 * step, 0.1 * step].into_iter().filter(|&step| step > SHORTEST_STEP);
        steps.any(|step| point.advance(self, &direction, step))
    }
}

impl Point {
    fn start(conic: &Conic) -> Self {
        let scaling = Scaling::identity(conic.shape);
        Point {
            multiplier: scaling.multiplier(),
            slack: scaling.point(),
            missing: 1.0,
            scaling,
            y: DVector::zeros(conic.objective.len()),
            tau: 1.0,
            kappa: 1.0,
        }
    }

    fn longest_step(&self, direction: &Direction) -> f64 {
        let number = |value: f64, change: f64| if change < 0.0 { -value / change } else { f64::INFINITY };
        [
            self.scaling.longest_step(&direction.multiplier),
            self.scaling.longest_step(&direction.slack),
            number(self.tau, direction.tau),
            number(self.kappa, direction.kappa),
        ]
        .into_iter()
        .fold(f64::INFINITY, f64::min)
    }

    /// Goes along a direction; false, with nothing changed, where that leaves the interior.
    fn advance(&mut self, conic: &Conic, direction: &Direction, step: f64) -> bool {
        let y = &self.y + &direction.y * step;
        let tau = self.tau + step * direction.tau;
        let missing = self.missing * (1.0 - step * direction.reduction);
        // From the linear equation, not from its scaled change: near the end that would lose all digits.
        let slack = &conic.constant * tau + &conic.columns * &y
            - (&conic.constant - Scaling::identity(conic.shape).point()) * missing;
        let Some(scaling) = self.scaling.moved(&direction.multiplier, step, &slack) else { return false };
        self.multiplier = scaling.multiplier();
        (self.scaling, self.slack, self.y, self.tau, self.missing) = (scaling, slack, y, tau, missing);
        self.kappa += step * direction.kappa;
        true
    }
}

/// The best that a run has seen.
struct Best {
    /// Relative errors of the following as what each ending claims: optimal, infeasible, unbounded.
    errors: [f64; 3],
    /// An optimal pair.
    pair: [DVector<f64>; 2],
    /// A certificate of infeasibility.
    certificate: DVector<f64>,
    /// A ray.
    ray: DVector<f64>,
}

impl Best {
    fn none(conic: &Conic) -> Self {
        let [y, multiplier] = [conic.objective.len(), conic.shape.length()].map(DVector::zeros);
        Best { errors: [f64::INFINITY; 3], certificate: multiplier.clone(), ray: y.clone(), pair: [y, multiplier] }
    }

    fn update(&mut self, conic: &Conic, point: &Point, residuals: &Residuals) {
        let errors = [residuals.optimal, residuals.infeasible, residuals.unbounded];
        let better = [0, 1, 2].map(|ending| errors[ending] < self.errors[ending]);
        if better[0] {
            self.pair = [&point.y / point.tau, &point.multiplier / point.tau];
        }
        if better[1] {
            self.certificate = &point.multiplier / -conic.constant.dot(&point.multiplier);
        }
        if better[2] {
            self.ray = &point.y / conic.objective.dot(&point.y);
        }
        self.errors = [0, 1, 2].map(|ending| self.errors[ending].min(errors[ending]));
    }

    /// What the errors show, if each may be as large as given.
    fn ending(&self, optimal: f64, certificate: f64) -> Option<Ending> {
        let reached =
            self.errors.iter().zip([optimal, certificate, certificate]).position(|(error, aim)| *error <= aim);
        reached.map(|ending| [Ending::Optimal, Ending::Infeasible, Ending::Unbounded][ending])
    }

    fn outcome(self, ending: Ending, iterations: usize) -> Outcome {
        let [y, multiplier] = self.pair;
        match ending {
            Ending::Optimal | Ending::Stalled => Outcome { ending, y, multiplier, iterations },
            Ending::Infeasible => Outcome { ending, y, multiplier: self.certificate, iterations },
            Ending::Unbounded => Outcome { ending, y: self.ray, multiplier, iterations },
        }
    }
}

/// Solves a conic program to a relative gap and residuals of `tolerance`.
pub(super) fn solve(conic: &Conic, tolerance: f64, most_iterations: usize) -> Outcome {
    let mut point = Point::start(conic);
    let mut best = Best::none(conic);
    let (mut closest, mut since) = (f64::INFINITY, 0);
    let mut iterations = 0;
    loop {
        let residuals = conic.residuals(&point);
        best.update(conic, &point, &residuals);
        if let Some(ending) = best.ending(tolerance, AIM * CERTIFICATE) {
            return best.outcome(ending, iterations);
        }
        let distance = best.errors.iter().copied().fold(f64::INFINITY, f64::min);
        (closest, since) = if distance < 0.9 * closest { (distance, 0) } else { (closest, since + 1) };
        if since > PATIENCE || iterations == most_iterations || !conic.step(&mut point, &residuals) {
            let ending = best.ending(tolerance / AIM, CERTIFICATE).unwrap_or(Ending::Stalled);
            return best.outcome(ending, iterations);
        }
        iterations += 1;
    }
}
