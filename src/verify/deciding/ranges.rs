//! Proved bounds of the size of a run: what makes a statistical `holds` possible.
//!
//! With ‖e‖ ≤ r‖∇f‖ + a the first of these that applies is used:
//! - a gradient bound G bounds every estimate, and the method's moves, read in norms, all else;
//! - for ∇f = H(x−c) + remainder the run of a linear method is a linear system with bounded inputs u_j,
//!   ‖u_j‖ ≤ remainder + ‖e_j‖. In an eigendirection λ of H the response at step k to a unit input at step j
//!   is a number h_{kj}(λ), so norms are at most the free response plus Σⱼ max_λ|h_{kj}(λ)|·‖u_j‖,
//!   and the bound of ‖e_j‖ follows from that of ‖∇f‖ where it is drawn before it is needed;
//! - smoothness alone bounds how far ∇f changes over a distance, and the moves in norms bound that.
//!
//! They use the triangle inequality and operator norms alone. So where the bound of e holds not for
//! every draw but for |·| = (E‖·‖⁴)^¼, the same numbers bound |∇f(x_k)|, |v_k|, … (Minkowski), and
//! their squares bound (E‖·‖⁴)^½, the root of the second moment of a squared norm.

use crate::method::language::moves::{Kind, Move, Unrolled};
use crate::method::{Recorded, Table, forward};
use crate::number::{Ball, Interval, Scalar, norm2, zeros};
use crate::oracle::TailKind;
use crate::problem::{AffinePart, Arithmetic, Scratch};
use crate::statement::term::{OfMethod, ScalarSequence, VectorSequence};
use crate::verify::deciding::norms::{Norms, Sizes};
use crate::verify::instances::Instance;

const BITS: u32 = 96;

/// [0, ∞) where nothing is known.
fn nonnegative() -> Interval {
    Interval::from_f64(f64::INFINITY, BITS).from_zero()
}

/// [0, b²].
fn square_up_to(bound: f64) -> Interval {
    Interval::from_f64(bound, BITS).square().from_zero()
}

/// Two tables of what the quantities can be.
pub(crate) struct Ranges {
    /// Encloses every draw, whatever the tail: its upper ends are infinite where only a fourth moment
    /// bounds the errors.
    pub sure: Table<Interval>,
    /// In the sense of the tail. Under a sure one the entries enclose every draw. Under a fourth moment
    /// their lower ends do, while the upper ends bound the root of the second moment of what exceeds the
    /// lower end. Then, for a linear combination L of entries that is nonnegative for every draw, so does
    /// interval arithmetic: L ≤ c + Σaᵢ(Xᵢ − lowerᵢ) over the positive coefficients, with c ≥ 0 as L's
    /// sure lower end is, and Minkowski's inequality gives (E L²)^½ ≤ c + Σaᵢ(upperᵢ − lowerᵢ).
    pub in_tail: Table<Interval>,
}

impl Ranges {
    /// `None` where the family proves no lower bound of f.
    pub fn new(instance: &Instance<'_>, quantities: &[Recorded]) -> Option<Self> {
        let norms = norm_bounds(instance, &StartValues::new(instance));
        let in_tail = table_of(instance, quantities, norms.as_deref())?;
        let sure = match instance.oracle.model.tail.kind {
            TailKind::Sure => in_tail.clone(),
            TailKind::FourthMoment | TailKind::Unknown => table_of(instance, quantities, None)?,
        };
        Some(Ranges { sure, in_tail })
    }
}

fn table_of(instance: &Instance<'_>, recorded: &[Recorded], norms: Option<&[NormBounds]>) -> Option<Table<Interval>> {
    let horizon = instance.horizon;
    let mut table = Table::new(recorded, &instance.method, BITS);
    let lower = Interval::from_rational(instance.problem.constants().lower_bound.as_ref()?, BITS);
    let start = StartValues::new(instance);
    let smoothness = instance.problem.constants().smoothness.as_ref().map(|l| Interval::from_rational(l, BITS));
    let mut travelled = Interval::zero(BITS);
    for recorded in recorded {
        if let Recorded::Number(ScalarSequence::Quantity(_)) = recorded {
            (-1..=horizon as i64 + 1).for_each(|k| table.set(recorded, k, &anything()));
        }
    }
    for k in 0..=horizon {
        let at = k as i64;
        let bounds = norms.map(|n| &n[k]);
        // f(x) ≤ f(x_0) + ‖∇f(x_0)‖ D + L D²/2 with D = ‖x − x_0‖.
        let value = match (&bounds, &smoothness) {
            _ if k == 0 => start.value.clone().max(&lower),
            (Some(_), Some(l)) => {
                let mut upper = l.clone().mul(&travelled.clone().square());
                upper.mul_f64(0.5);
                upper.add(&start.value).add(&start.gradient_norm.clone().mul(&travelled)).max(&lower)
            }
            _ => Interval::from_f64(f64::INFINITY, BITS),
        };
        table.set(&Recorded::VALUE, at, &lower.clone().hull(&value));
        let known = At { instance, start: &start, bounds, k };
        for recorded in recorded {
            if let Recorded::Norm2(sequence) = recorded {
                for index in known.indices(sequence) {
                    let range = known.norm(sequence, index).filter(|b| b.is_finite());
                    table.set(recorded, index, &range.map_or_else(nonnegative, square_up_to));
                }
            }
        }
        if let Some(bounds) = bounds {
            travelled.add_assign(&Interval::from_f64(bounds.moved, BITS));
        }
    }
    Some(table)
}

/// What is known at x_k and of the step from there.
struct At<'a> {
    instance: &'a Instance<'a>,
    start: &'a StartValues,
    bounds: Option<&'a NormBounds>,
    k: usize,
}

impl At<'_> {
    /// The indices of a sequence that belong here.
    fn indices(&self, sequence: &VectorSequence) -> Vec<i64> {
        let (at, steps) = (self.k as i64, self.k < self.instance.horizon);
        let mut indices = match sequence {
            VectorSequence::Point => Vec::new(),
            VectorSequence::Gradient => vec![at],
            _ if !steps => Vec::new(),
            VectorSequence::Quantity(quantity) => vec![quantity.index_after(self.k + 1)],
            VectorSequence::Derived(_) | VectorSequence::Error | VectorSequence::Bias | VectorSequence::Noise => {
                vec![at]
            }
        };
        if self.k == 0 {
            match sequence {
                VectorSequence::Quantity(quantity) => indices.extend(quantity.first),
                VectorSequence::Derived(derived) => indices.extend(derived.first.as_ref().map(|(first, _)| *first)),
                _ => {}
            }
        }
        indices
    }

    /// An upper bound of a norm; none where nothing is known.
    fn norm(&self, sequence: &VectorSequence, index: i64) -> Option<f64> {
        let at = self.k as i64;
        match sequence {
            VectorSequence::Gradient if index == 0 => Some(self.start.gradient_norm.upper_f64()),
            VectorSequence::Gradient if index == at => self.bounds.map(|b| b.gradient),
            VectorSequence::Error if index == at => self.bounds.map(|b| b.error),
            VectorSequence::Quantity(quantity) => self.quantity(quantity, index),
            VectorSequence::Derived(derived) => {
                let mut sum = 0.0_f64;
                for (factor, part, index) in derived.parts(index) {
                    let size = Ball::from_rational(&factor.clone().abs(), ()).upper_magnitude();
                    sum = (sum + (size * self.norm(part, index)?).next_up()).next_up();
                }
                Some(sum)
            }
            _ => None,
        }
    }

    fn quantity(&self, quantity: &OfMethod, index: i64) -> Option<f64> {
        let program = self.instance.method.program();
        let register = program.registers(quantity.position).start;
        match quantity.steps_before(index)? {
            0 => match program.kept(quantity.position) {
                Some(kept) => self.bounds.filter(|_| self.k == 0)?.vectors[kept],
                None => self.start.vectors.as_ref()?.get(register).copied(),
            },
            steps if steps == self.k + 1 => self.bounds?.vectors[register],
            _ => None,
        }
    }
}

/// Any number.
fn anything() -> Interval {
    let unbounded = Interval::from_f64(f64::INFINITY, BITS);
    unbounded.clone().neg().hull(&unbounded)
}

struct StartValues {
    value: Interval,
    gradient_norm: Interval,
    /// Norms of all registers before step 0.
    vectors: Option<Vec<f64>>,
}

impl StartValues {
    fn new(instance: &Instance<'_>) -> Self {
        let problem = instance.problem.as_ref();
        let x: Vec<Interval> = instance.point.iter().map(|x| Interval::from_f64(*x, BITS)).collect();
        let mut scratch = Scratch::for_problem(problem, BITS);
        let mut gradient = zeros(problem.dimension(), BITS);
        let view = Interval::view(problem);
        view.gradient_in(&x, &mut gradient, BITS, &mut scratch);
        let value = view.value_in(&x, BITS, &mut scratch);
        StartValues { value, gradient_norm: norm2(&gradient, BITS).sqrt(), vectors: start_norms(instance, x) }
    }
}

/// Norms of the registers before step 0, where nothing is drawn for them.
fn start_norms(instance: &Instance<'_>, x: Vec<Interval>) -> Option<Vec<f64>> {
    let space = crate::method::InCoordinates { dimension: x.len(), context: BITS };
    let mut registers = instance.method.first_registers(x, BITS);
    let moves = Unrolled::<Interval>::new(instance.method.machine(BITS)).begin()?;
    forward(&space, &moves, &mut registers, &mut |_, _| None)?;
    Some(registers.iter().map(|vector| norm2(vector, BITS).sqrt().upper_f64()).collect())
}

/// Upper bounds of the norms at one step, in the sense of the oracle's tail.
struct NormBounds {
    /// ‖∇f(x_k)‖.
    gradient: f64,
    /// ‖e_k‖.
    error: f64,
    /// ‖x_{k+1} − x_k‖.
    moved: f64,
    /// Of every register after the step, where one is known.
    vectors: Vec<Option<f64>>,
}

/// Bounds for k = 0, …, K; `None` where the gradient is not bounded.
fn norm_bounds(instance: &Instance<'_>, start: &StartValues) -> Option<Vec<NormBounds>> {
    let tail = &instance.oracle.model.tail;
    if tail.kind == TailKind::Unknown {
        return None;
    }
    let (relative, absolute) = (Ball::from_rational(&tail.relative, ()), Ball::from_rational(&tail.absolute, ()));
    let of_estimate = [&relative, &absolute];
    let sure = tail.kind == TailKind::Sure;
    if let Some(bound) = &instance.problem.constants().gradient_bound {
        let bound = Ball::from_rational(bound, ());
        return bounds_in_norms(instance, start, (of_estimate, sure), &bound, None);
    }
    linear_bounds(instance, of_estimate).or_else(|| {
        let smoothness = Ball::from_rational(instance.problem.constants().smoothness.as_ref()?, ());
        let first = Ball::from_f64(start.gradient_norm.upper_f64(), ());
        bounds_in_norms(instance, start, (of_estimate, sure), &first, Some(&smoothness))
    })
}

/// The method's moves read in norms, where the gradient is bounded everywhere by `gradient`, or is that at x_0 and
/// changes at most by the smoothness: that grows with k, but is finite.
fn bounds_in_norms(
    instance: &Instance<'_>,
    start: &StartValues,
    ([relative, absolute], sure): ([&Ball; 2], bool),
    gradient: &Ball,
    smoothness: Option<&Ball>,
) -> Option<Vec<NormBounds>> {
    let method = &instance.method;
    let mut unrolled = Unrolled::<Ball>::new(method.machine(()));
    let dimension = instance.problem.dimension();
    let mut norms = Norms::new(method, start.vectors.as_deref(), dimension)?;
    unrolled.begin()?;
    let mut gradient = *gradient;
    let mut bounds = Vec::new();
    for k in 0..=method.horizon {
        let sizes = Sizes { gradient: &gradient, smoothness, relative, absolute, sure };
        let here = gradient.upper_magnitude();
        if k == method.horizon {
            bounds.push(NormBounds { gradient: here, error: f64::NAN, moved: 0.0, vectors: Vec::new() });
            break;
        }
        let step = norms.step(&unrolled.step()?, &sizes)?;
        bounds.push(NormBounds {
            gradient: here,
            error: step.error.upper_magnitude(),
            moved: step.moved.upper_magnitude(),
            vectors: norms.vectors(),
        });
        if let Some(smoothness) = smoothness {
            gradient = gradient.add(&(*smoothness).mul(&step.moved));
        }
    }
    Some(bounds)
}

/// The registers in one eigendirection, points relative to the minimiser.
#[derive(Clone)]
struct State {
    lambda: Ball,
    values: Vec<Ball>,
}

impl State {
    fn new(lambda: Ball, registers: usize) -> Self {
        State { lambda, values: vec![Ball::zero(()); registers] }
    }

    /// Makes a move that is no call.
    fn make(&mut self, step: &Move<Ball>) {
        match step {
            Move::Combine(u, parts) => {
                let mut sum = Ball::zero(());
                for (weight, part) in parts {
                    match (&weight.factor, weight.negative) {
                        (None, false) => sum.add_assign(&self.values[*part]),
                        (None, true) => sum.sub_assign(&self.values[*part]),
                        (Some(a), false) => sum.add_product(&self.values[*part], a),
                        (Some(a), true) => sum.sub_product(&self.values[*part], a),
                    }
                }
                self.values[*u] = sum;
            }
            Move::Divide(u, a) => self.values[*u].div_assign(a),
            Move::Swap(u, w) => self.values.swap(*u, *w),
            Move::Call(..) | Move::Bend(..) => {}
        }
    }

    /// ∇f at a register's point.
    fn pull(&self, at: usize) -> Ball {
        self.lambda.mul(&self.values[at])
    }
}

/// √Σ pick², an upper bound.
fn norm_of(states: &[State], pick: impl Fn(&State) -> Ball) -> Ball {
    let sum = states.iter().fold(0.0, |sum: f64, s| (sum + pick(s).square().upper_magnitude()).next_up());
    Ball::from_f64(sum, ()).sqrt()
}

/// max |pick|, an upper bound; NaN where one of them is unknown.
fn largest(states: &[State], pick: impl Fn(&State) -> Ball) -> f64 {
    let larger = |a: f64, b: f64| if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) };
    states.iter().map(|s| pick(s).upper_magnitude()).fold(0.0, larger)
}

/// A linear system with its free response, and the response to each past input with the bound of that input.
struct System {
    free: Vec<State>,
    responses: Vec<(Vec<State>, Ball)>,
}

impl System {
    fn all(&mut self) -> impl Iterator<Item = &mut State> {
        self.free.iter_mut().chain(self.responses.iter_mut().flat_map(|(states, _)| states))
    }

    /// An upper bound of a norm.
    fn bound(&self, pick: impl Fn(&State) -> Ball) -> Ball {
        let mut bound = norm_of(&self.free, &pick);
        for (states, input) in &self.responses {
            bound.add_product_f64(input, largest(states, &pick));
        }
        bound
    }
}

fn linear_bounds(instance: &Instance<'_>, sizes: [&Ball; 2]) -> Option<Vec<NormBounds>> {
    let affine = instance.problem.affine_part()?;
    let method = &instance.method;
    let begins_elsewhere = !method.program().any.is_empty();
    let kinds = method.kinds().filter(|_| method.draws_one_average() && !begins_elsewhere)?;
    let registers = method.program().vectors;
    let remainder = Ball::from_rational(&affine.remainder, ());
    let at_rest: Vec<State> =
        affine.spectrum.iter().map(|l| State::new(Ball::from_rational(l, ()), registers)).collect();
    let mut unrolled = Unrolled::<Ball>::new(method.machine(()));
    let mut system = System { free: started(&at_rest, affine, &instance.point), responses: Vec::new() };
    for step in unrolled.begin()? {
        if !step.is_linear() || matches!(step, Move::Call(..)) {
            return None;
        }
        system.free.iter_mut().for_each(|state| state.make(&step));
    }
    let mut bounds = Vec::new();
    for k in 0..=method.horizon {
        let gradient = system.bound(|s| s.pull(0)).add(&remainder).upper_magnitude();
        if k == method.horizon {
            bounds.push(NormBounds { gradient, error: f64::NAN, moved: 0.0, vectors: Vec::new() });
            break;
        }
        let before: Vec<Ball> = system.all().map(|state| state.values[0]).collect();
        let error = system.step(&unrolled.step()?, &at_rest, (&remainder, sizes))?;
        // The newest input moved nothing before.
        let moved = system.moved(&mut before.into_iter());
        let vector = |register: usize| {
            let is_direction = kinds[register] == Some(Kind::Direction);
            is_direction.then(|| system.bound(|s| s.values[register]).upper_magnitude())
        };
        bounds.push(NormBounds {
            gradient,
            error: error.upper_magnitude(),
            moved: moved.upper_magnitude(),
            vectors: (0..registers).map(vector).collect(),
        });
    }
    Some(bounds)
}

/// The states where x is x_0, in the coordinates of the eigenbasis from the centre.
fn started(at_rest: &[State], affine: &AffinePart, point: &[f64]) -> Vec<State> {
    let mut free = at_rest.to_vec();
    for (state, row) in free.iter_mut().zip(&affine.basis) {
        for ((q, x), c) in row.iter().zip(point).zip(&affine.centre) {
            let offset = Ball::from_f64(*x, ()).sub(&Ball::from_rational(c, ()));
            state.values[0].add_product(&offset, &Ball::from_rational(q, ()));
        }
    }
    free
}

impl System {
    /// Makes the moves of a step, each call an input of its own; how large the error of its estimate may be. An
    /// estimate is off by at most `relative`·‖g‖ + `absolute`, and a gradient by the remainder.
    fn step(
        &mut self,
        moves: &[Move<Ball>],
        at_rest: &[State],
        (remainder, [relative, absolute]): (&Ball, [&Ball; 2]),
    ) -> Option<Ball> {
        let mut error = None;
        for step in moves {
            match step {
                Move::Call(u, call) if call.worker.is_none() => {
                    let at = call.at;
                    let mut input = *remainder;
                    if call.estimate {
                        let drawn = self.bound(|s| s.pull(at)).add(remainder).mul(relative).add(absolute);
                        input.add_assign(&drawn);
                        error = Some(drawn);
                    }
                    self.all().for_each(|state| state.values[*u] = state.pull(at));
                    let mut fresh = at_rest.to_vec();
                    fresh.iter_mut().for_each(|state| state.values[*u] = Ball::one(()));
                    self.responses.push((fresh, input));
                }
                Move::Call(..) | Move::Bend(..) => return None,
                _ => self.all().for_each(|state| state.make(step)),
            }
        }
        error
    }

    /// An upper bound of how far x moved, where it was `before` in each state that there was then.
    fn moved(&self, before: &mut dyn Iterator<Item = Ball>) -> Ball {
        let mut apart = |states: &[State]| -> Vec<State> {
            let difference = |state: &State| {
                let was = before.next().unwrap_or_else(|| Ball::zero(()));
                State { lambda: state.lambda, values: vec![state.values[0].sub(&was)] }
            };
            states.iter().map(difference).collect()
        };
        let mut bound = norm_of(&apart(&self.free), |s| s.values[0]);
        for (states, input) in &self.responses {
            bound.add_product_f64(input, largest(&apart(states), |s| s.values[0]));
        }
        bound
    }
}

#[cfg(test)]
mod tests {
    use crate::verify::deciding::ranges::*;

    #[test]
    fn an_unknown_response_is_not_taken_for_the_least() {
        let state = |y: f64| State { lambda: Ball::one(()), values: vec![Ball::from_f64(y, ())] };
        assert!((3.0..3.001).contains(&largest(&[state(1.0), state(-3.0)], |s| s.values[0])));
        for states in [[state(f64::NAN), state(1.0)], [state(1.0), state(f64::NAN)]] {
            assert!(!largest(&states, |s| s.values[0]).is_finite());
        }
    }
}
