//! The exact second moments of a linear method on quadratics whose estimate is affine in the gradient on average.
//!
//! With ∇f(x) = Py in coordinates y that are affine in x, an estimate at y is Qy + ν, where Qy is the gradient
//! plus the bias r·g + c·(1, −1, 1, …), E[ν | past] = 0 and E[νν^T | past] = s·I + M·diag(g_1², …, g_d²). Every
//! vector of the method is then linear in the earlier ones, so that the moments E ab^T of each pair of them
//! follow step by step, and E f, E‖∇f‖², E‖b‖² and E‖a‖² are linear in these. Where the family has an exact
//! eigenbasis and c = M = 0, each direction is a block of its own with one coordinate, in which points are taken
//! relative to the minimiser; otherwise y = (x − x_0, 1) is the one block, in the coordinates in which the
//! diagonal is meant.

use rug::Rational;

use crate::method::language::moves::{Kind, Move, Unrolled, Weight};
use crate::method::{BoundMethod, Recorded, Table};
use crate::number::{Scalar, zeros};
use crate::problem::{Arithmetic, Scratch};
use crate::statement::term::{Derived, OfMethod, ScalarSequence, Shifted, VectorSequence};
use crate::verify::deciding::spectral::{is_stable, solved};
use crate::verify::instances::Instance;

/// A square matrix by rows.
#[derive(Clone)]
struct Matrix<S> {
    size: usize,
    entries: Vec<S>,
}

impl<S: Scalar> Matrix<S> {
    fn zero(size: usize, context: S::Context) -> Self {
        Matrix { size, entries: zeros(size * size, context) }
    }

    fn from_fn(size: usize, entry: impl Fn(usize, usize) -> S) -> Self {
        Matrix { size, entries: (0..size * size).map(|at| entry(at / size, at % size)).collect() }
    }

    fn at(&self, row: usize, column: usize) -> &S {
        &self.entries[row * self.size + column]
    }

    /// The sum of all products of entries at the same place.
    fn inner(&self, other: &Self, context: S::Context) -> S {
        let mut sum = S::zero(context);
        self.entries.iter().zip(&other.entries).for_each(|(a, b)| sum.add_product(a, b));
        sum
    }

    fn product(&self, other: &Self, context: S::Context) -> Self {
        Self::from_fn(self.size, |i, j| {
            let mut sum = S::zero(context);
            (0..self.size).for_each(|l| sum.add_product(self.at(i, l), other.at(l, j)));
            sum
        })
    }

    fn transpose(&self) -> Self {
        Self::from_fn(self.size, |i, j| self.at(j, i).clone())
    }

    /// A + A^T.
    fn symmetric(&self) -> Self {
        Self::from_fn(self.size, |i, j| self.at(i, j).clone().add(self.at(j, i)))
    }

    fn add_multiple(&mut self, other: &Self, factor: &S) {
        self.entries.iter_mut().zip(&other.entries).for_each(|(a, b)| a.add_product(b, factor));
    }

    fn scaled(mut self, factor: &S) -> Self {
        self.entries.iter_mut().for_each(|a| a.mul_assign(factor));
        self
    }

    fn trace(&self, context: S::Context) -> S {
        (0..self.size).fold(S::zero(context), |sum, i| sum.add(self.at(i, i)))
    }
}

/// Coordinates that move independently of all others: their gradient is `pull`·y, the mean of their
/// estimate `estimate`·y, and their part of f is ½y^T `weight` y plus a constant. The first `noisy`
/// coordinates of the gradient carry noise.
struct Block<S> {
    pull: Matrix<S>,
    estimate: Matrix<S>,
    weight: Matrix<S>,
    /// ‖pull·y‖² and ‖(estimate − pull)·y‖² as quadratic forms of y.
    gradient_square: Matrix<S>,
    bias_square: Matrix<S>,
    noisy: usize,
}

impl<S: Scalar> Block<S> {
    /// From the matrix of the bias: no bias is exactly zero in every arithmetic.
    fn new(pull: Matrix<S>, bias: &Matrix<S>, weight: Matrix<S>, noisy: usize, context: S::Context) -> Self {
        let square = |matrix: &Matrix<S>| matrix.transpose().product(matrix, context);
        let mut estimate = pull.clone();
        estimate.add_multiple(bias, &S::one(context));
        Block { gradient_square: square(&pull), bias_square: square(bias), pull, estimate, weight, noisy }
    }
}

/// Moments of pairs of registers in one block. What is not there is zero.
#[derive(Clone)]
struct Pairs<S> {
    registers: usize,
    entries: Vec<Option<Matrix<S>>>,
}

impl<S: Scalar> Pairs<S> {
    fn new(registers: usize) -> Self {
        Pairs { registers, entries: vec![None; registers * registers] }
    }

    /// E ab^T.
    fn of(&self, a: usize, b: usize) -> Option<Matrix<S>> {
        if a <= b { self.entry(a, b).cloned() } else { self.entry(b, a).map(Matrix::transpose) }
    }

    /// The same where a ≤ b.
    fn entry(&self, a: usize, b: usize) -> Option<&Matrix<S>> {
        self.entries[a * self.registers + b].as_ref()
    }

    fn set(&mut self, a: usize, b: usize, value: Option<Matrix<S>>) {
        let (low, high, value) = if a <= b { (a, b, value) } else { (b, a, value.as_ref().map(Matrix::transpose)) };
        self.entries[low * self.registers + high] = value;
    }

    /// Replaces all moments of a register: with itself, and with each live one.
    fn replace(
        &mut self,
        u: usize,
        live: &[bool],
        own: Option<Matrix<S>>,
        other: impl Fn(&Self, usize) -> Option<Matrix<S>>,
    ) {
        let others: Vec<Option<Matrix<S>>> =
            (0..self.registers).map(|r| if r != u && live[r] { other(self, r) } else { None }).collect();
        for (r, value) in others.into_iter().enumerate() {
            self.set(u, r, value);
        }
        self.set(u, u, own);
    }

    /// E⟨a, b⟩.
    fn inner(&self, a: usize, b: usize, context: S::Context) -> S {
        self.entry(a.min(b), a.max(b)).map_or_else(|| S::zero(context), |matrix| matrix.trace(context))
    }
}

/// into ← into + factor·matrix, where nothing is zero.
fn accumulate<S: Scalar>(into: &mut Option<Matrix<S>>, matrix: Option<Matrix<S>>, factor: &S) {
    let Some(matrix) = matrix else { return };
    match into {
        Some(sum) => sum.add_multiple(&matrix, factor),
        None => *into = Some(matrix.scaled(factor)),
    }
}

/// What the call of a step had, summed over the blocks: E‖b_k‖² and E‖∇f‖² where it was made.
struct Drawn<S> {
    bias: S,
    gradient: S,
}

/// Whether the recursion can follow the method: its steps are linear, with one estimate of the average in each.
pub(crate) fn follows(method: &BoundMethod) -> bool {
    // States that the instance gives have moments of their own.
    let given = !method.program().any.is_empty();
    let moves_points = method.kinds().is_some_and(|kinds| kinds[0] == Some(Kind::Point));
    if given || !method.draws_one_average() || method.draws_itself() || !moves_points {
        return false;
    }
    let mut unrolled = Unrolled::<f64>::new(method.machine(()));
    let linear = |moves: Option<Vec<Move<f64>>>| moves.is_some_and(|moves| moves.iter().all(is_followed));
    linear(unrolled.begin()) && linear(unrolled.step()) && linear(unrolled.step())
}

/// Whether the recursion applies: a quadratic under noise and bias that it can follow, and a linear method of
/// which nothing is asked that depends on where the origin is.
pub(crate) fn applies(instance: &Instance<'_>) -> bool {
    let is_affine = instance.oracle.model.affine.is_some() && instance.problem.is_quadratic();
    if !is_affine || !follows(&instance.method) {
        return false;
    }
    let Some(kinds) = instance.method.kinds() else { return false };
    let (program, first) = (instance.method.program(), instance.method.first_kinds());
    let is_direction = |sequence: &VectorSequence| match sequence {
        VectorSequence::Quantity(quantity) => {
            let register = program.registers(quantity.position).start;
            kinds[register] == Some(Kind::Direction)
                && (!program.is_set_by_start(quantity.position) || first[register] == Some(Kind::Direction))
        }
        VectorSequence::Point => false,
        _ => true,
    };
    let asked = Recorded::mentioned(&instance.statement.claims);
    asked.iter().all(|recorded| match recorded {
        Recorded::Norm2(VectorSequence::Derived(derived)) => {
            let first = derived.first.iter().flat_map(|(_, summands)| summands);
            derived.at_step.iter().chain(first).all(|summand| is_direction(&summand.sequence))
        }
        Recorded::Norm2(sequence) => is_direction(sequence),
        Recorded::Number(ScalarSequence::Quantity(_)) => false,
        Recorded::Number(_) => true,
    })
}

/// Whether the recursion follows such a move.
fn is_followed(step: &Move<f64>) -> bool {
    match step {
        Move::Call(_, call) => call.worker.is_none(),
        other => other.is_linear(),
    }
}

/// Numbers that all blocks share.
#[derive(Clone)]
struct Shared<S: Scalar> {
    /// r and c of the bias r·g + c·(1, −1, 1, …).
    multiple: S,
    offset: S,
    /// M and σ² of the noise, and σ²/d.
    relative: S,
    total_variance: S,
    variance: S,
    /// Whether c = M = 0: then every eigendirection moves on its own.
    separable: bool,
    context: S::Context,
}

impl<S: Scalar> Shared<S> {
    fn new(instance: &Instance<'_>, context: S::Context) -> Option<Self> {
        let model = &instance.oracle.model;
        let ([multiple, offset], [relative, variance]) = (model.affine.as_ref()?, model.noise.as_ref()?);
        let number = |q: &Rational| S::from_rational(q, context);
        let dimension = instance.problem.dimension() as u64;
        Some(Shared {
            multiple: number(multiple),
            offset: number(offset),
            relative: number(relative),
            total_variance: number(variance),
            variance: number(&Rational::from(variance / dimension)),
            separable: *offset == 0 && *relative == 0,
            context,
        })
    }

    /// E ν_j² for the coordinates that carry noise, where the estimate is drawn at a vector of these moments.
    fn noise(&self, block: &Block<S>, at: &Matrix<S>) -> Vec<S> {
        let mut noise = vec![self.variance.clone(); block.noisy];
        if !self.separable {
            let gy = block.pull.product(at, self.context);
            for (i, noise) in noise.iter_mut().enumerate() {
                let mut square = S::zero(self.context);
                (0..gy.size).for_each(|l| square.add_product(gy.at(i, l), block.pull.at(i, l)));
                noise.add_product(&square, &self.relative);
            }
        }
        noise
    }

    /// Makes one move in a block; what a call had is added to `drawn`.
    fn advance(
        &self,
        block: &Block<S>,
        pairs: &mut Pairs<S>,
        (step, live): (&Move<S>, &[bool]),
        drawn: &mut Option<Drawn<S>>,
    ) {
        let context = self.context;
        match step {
            Move::Combine(u, parts) => self.combine(pairs, *u, parts, live),
            Move::Divide(u, a) => {
                let factor = S::one(context).div(a);
                let scaled = |matrix: Option<Matrix<S>>, factor: &S| matrix.map(|matrix| matrix.scaled(factor));
                let own = scaled(pairs.of(*u, *u), &factor.clone().square());
                pairs.replace(*u, live, own, |pairs, r| scaled(pairs.of(*u, r), &factor));
            }
            Move::Swap(u, w) => {
                let before = pairs.clone();
                let from = |r: usize| {
                    if r == *u {
                        *w
                    } else if r == *w {
                        *u
                    } else {
                        r
                    }
                };
                for a in 0..pairs.registers {
                    for b in a..pairs.registers {
                        pairs.set(a, b, before.of(from(a), from(b)));
                    }
                }
            }
            Move::Call(u, call) => {
                let at = pairs.of(call.at, call.at).unwrap_or_else(|| Matrix::zero(block.pull.size, context));
                let map = if call.estimate { &block.estimate } else { &block.pull };
                let mapped = |matrix: Option<Matrix<S>>| matrix.map(|matrix| map.product(&matrix, context));
                let mut own = map.product(&at.product(&map.transpose(), context), context);
                if call.estimate {
                    for (i, noise) in self.noise(block, &at).iter().enumerate() {
                        own.entries[i * own.size + i].add_assign(noise);
                    }
                    let zero = || S::zero(context);
                    let drawn = drawn.get_or_insert_with(|| Drawn { bias: zero(), gradient: zero() });
                    drawn.bias.add_assign(&block.bias_square.inner(&at, context));
                    drawn.gradient.add_assign(&block.gradient_square.inner(&at, context));
                }
                pairs.replace(*u, live, Some(own), |pairs, r| mapped(pairs.of(call.at, r)));
            }
            // The recursion does not apply where there are others.
            Move::Bend(..) => {}
        }
    }

    fn combine(&self, pairs: &mut Pairs<S>, u: usize, parts: &[(Weight<S>, usize)], live: &[bool]) {
        let weights: Vec<S> = parts.iter().map(|(weight, _)| weight.number(self.context)).collect();
        let mut own = None;
        for (i, (_, a)) in parts.iter().enumerate() {
            accumulate(&mut own, pairs.of(*a, *a), &weights[i].clone().square());
            for (j, (_, b)) in parts.iter().enumerate().skip(i + 1) {
                let both = pairs.of(*a, *b).map(|matrix| matrix.symmetric());
                accumulate(&mut own, both, &weights[i].clone().mul(&weights[j]));
            }
        }
        pairs.replace(u, live, own, |pairs, r| {
            let mut sum = None;
            for ((_, part), weight) in parts.iter().zip(&weights) {
                accumulate(&mut sum, pairs.of(*part, r), weight);
            }
            sum
        });
    }
}

/// The registers whose moments are of use once each of the moves is made, where `last` is of use at the end.
fn liveness<S>(moves: &[Move<S>], last: &[bool]) -> Vec<Vec<bool>> {
    let mut live = last.to_vec();
    let mut all = Vec::new();
    for step in moves.iter().rev() {
        all.push(live.clone());
        match step {
            Move::Combine(u, parts) => {
                live[*u] = false;
                parts.iter().for_each(|(_, part)| live[*part] = true);
            }
            Move::Call(u, call) => {
                live[*u] = false;
                live[call.at] = true;
            }
            Move::Swap(u, w) => live.swap(*u, *w),
            Move::Divide(..) | Move::Bend(..) => {}
        }
    }
    all.reverse();
    all
}

/// The blocks with the moments of their registers, and the constant part of f.
type Blocks<S> = (Vec<(Block<S>, Pairs<S>)>, S);

/// One direction of an eigenbasis: Py = λy, and (1 + r)λy is the mean of the estimate.
fn direction<S: Scalar>(lambda: &S, shared: &Shared<S>) -> Block<S> {
    let single = |x: S| Matrix { size: 1, entries: vec![x] };
    let bias = single(lambda.clone().mul(&shared.multiple));
    Block::new(single(lambda.clone()), &bias, single(lambda.clone()), 1, shared.context)
}

/// The moments where x alone is not zero.
fn at_rest<S: Scalar>(yy: Matrix<S>, registers: usize) -> Pairs<S> {
    let mut pairs = Pairs::new(registers);
    pairs.set(0, 0, Some(yy));
    pairs
}

fn blocks<S: Arithmetic>(instance: &Instance<'_>, shared: &Shared<S>, registers: usize) -> Option<Blocks<S>> {
    let context = shared.context;
    let Some(affine) = instance.problem.affine_part().filter(|a| a.remainder == 0 && shared.separable) else {
        return Some(one_block(instance, shared, registers));
    };
    let lower_bound = S::from_rational(instance.problem.constants().lower_bound.as_ref()?, context);
    let directions = affine.spectrum.iter().zip(&affine.basis).map(|(lambda, row)| {
        let mut y = S::zero(context);
        for ((q, x), c) in row.iter().zip(&instance.point).zip(&affine.centre) {
            let offset = S::from_f64(*x, context).sub(&S::from_rational(c, context));
            y.add_product(&offset, &S::from_rational(q, context));
        }
        let yy = Matrix { size: 1, entries: vec![y.square()] };
        (direction(&S::from_rational(lambda, context), shared), at_rest(yy, registers))
    });
    Some((directions.collect(), lower_bound))
}

/// y = (x − x_0, 1): the Hessian's columns are differences of gradients, which are affine.
fn one_block<S: Arithmetic>(instance: &Instance<'_>, shared: &Shared<S>, registers: usize) -> Blocks<S> {
    let context = shared.context;
    let d = instance.problem.dimension();
    let problem = S::view(instance.problem.as_ref());
    let mut scratch = Scratch::for_problem(instance.problem.as_ref(), context);
    let mut x: Vec<S> = instance.point.iter().map(|x| S::from_f64(*x, context)).collect();
    let value = problem.value_in(&x, context, &mut scratch);
    let mut slope = zeros::<S>(d, context);
    problem.gradient_in(&x, &mut slope, context, &mut scratch);
    let mut pull = Matrix::<S>::zero(d + 1, context);
    for (i, g) in slope.iter().enumerate() {
        pull.entries[i * (d + 1) + d].set(g);
    }
    let mut gradient = zeros::<S>(d, context);
    for j in 0..d {
        let coordinate = x[j].clone();
        x[j].add_f64(1.0);
        problem.gradient_in(&x, &mut gradient, context, &mut scratch);
        x[j] = coordinate;
        for (i, (g, start)) in gradient.iter().zip(&slope).enumerate() {
            pull.entries[i * (d + 1) + j] = g.clone().sub(start);
        }
    }
    let mut weight = pull.clone();
    for (j, g) in slope.iter().enumerate() {
        weight.entries[d * (d + 1) + j].set(g);
    }
    let mut bias = pull.clone().scaled(&shared.multiple);
    for i in 0..d {
        bias.entries[i * (d + 1) + d].add_product_f64(&shared.offset, if i % 2 == 0 { 1.0 } else { -1.0 });
    }
    let mut yy = Matrix::<S>::zero(d + 1, context);
    yy.entries[d * (d + 1) + d] = S::one(context);
    (vec![(Block::new(pull, &bias, weight, d, context), at_rest(yy, registers))], value)
}

/// A combination of registers, whose squared norm is recorded.
type Combination<S> = Vec<(S, usize)>;

/// What is recorded of the registers, row by row.
struct Wanted<'w, S> {
    recorded: &'w Recorded,
    /// After step k, at the index k + `ahead`.
    after: Option<(Combination<S>, i64)>,
    /// At its first index, from the start or from what step 0 kept.
    first: Option<(Combination<S>, i64, bool)>,
}

impl<'w, S: Scalar> Wanted<'w, S> {
    /// `gradient` is the register of ∇f(x_k).
    fn new(recorded: &'w Recorded, instance: &Instance<'_>, gradient: usize, context: S::Context) -> Option<Self> {
        let program = instance.method.program();
        let place = |quantity: &OfMethod| program.registers(quantity.position).start;
        match recorded {
            Recorded::Norm2(VectorSequence::Quantity(quantity)) => {
                let register = place(quantity);
                let one = |register| vec![(S::one(context), register)];
                let kept = program.kept(quantity.position);
                let first = quantity.first.map(|first| (one(kept.unwrap_or(register)), first, kept.is_none()));
                Some(Wanted { recorded, after: Some((one(register), quantity.index_after(1))), first })
            }
            Recorded::Norm2(VectorSequence::Derived(derived)) => {
                Some(Wanted::of_derived(recorded, derived, instance, gradient, context))
            }
            _ => None,
        }
    }

    fn of_derived(
        recorded: &'w Recorded,
        derived: &Derived,
        instance: &Instance<'_>,
        gradient: usize,
        context: S::Context,
    ) -> Self {
        let program = instance.method.program();
        let place = |quantity: &OfMethod| program.registers(quantity.position).start;
        let mut ahead = None;
        let after: Option<Combination<S>> = derived
            .at_step
            .iter()
            .map(|summand| {
                let Shifted::Step(by) = summand.index else { return None };
                let (register, index) = match &summand.sequence {
                    VectorSequence::Quantity(quantity) => (place(quantity), quantity.index_after(1)),
                    VectorSequence::Gradient => (gradient, 0),
                    _ => return None,
                };
                let own = index - by;
                (*ahead.get_or_insert(own) == own).then(|| (S::from_rational(&summand.factor, context), register))
            })
            .collect();
        let mut at_start = true;
        let first = derived.first.as_ref().and_then(|(index, summands)| {
            let parts: Option<Combination<S>> = summands
                .iter()
                .map(|summand| {
                    let register = match (&summand.sequence, summand.index) {
                        (VectorSequence::Quantity(quantity), Shifted::Fixed(k)) if quantity.first == Some(k) => {
                            let kept = program.kept(quantity.position);
                            at_start &= kept.is_none();
                            kept.unwrap_or_else(|| place(quantity))
                        }
                        (VectorSequence::Gradient, Shifted::Fixed(0)) => gradient,
                        _ => return None,
                    };
                    Some((S::from_rational(&summand.factor, context), register))
                })
                .collect();
            parts.map(|parts| (parts, *index))
        });
        Wanted { recorded, after: after.zip(ahead), first: first.map(|(parts, index)| (parts, index, at_start)) }
    }
}

/// E‖Σ aᵢrᵢ‖² over all blocks.
fn square_of<S: Scalar>(parts: &[(S, usize)], blocks: &[(Block<S>, Pairs<S>)], context: S::Context) -> S {
    let mut sum = S::zero(context);
    for (_, pairs) in blocks {
        for (i, (a, r)) in parts.iter().enumerate() {
            sum.add_product(&pairs.inner(*r, *r, context), &a.clone().square());
            for (b, t) in &parts[i + 1..] {
                let mut product = a.clone().mul(b);
                product.mul_f64(2.0);
                sum.add_product(&pairs.inner(*r, *t, context), &product);
            }
        }
    }
    sum
}

/// The expected table of an instance to which the recursion [`applies`].
pub(crate) fn expected_table<S: Arithmetic>(
    instance: &Instance<'_>,
    recorded: &[Recorded],
    context: S::Context,
) -> Option<Table<S>> {
    let shared = Shared::new(instance, context)?;
    let method = &instance.method;
    let vectors = method.program().vectors;
    // One more register for ∇f(x_k).
    let gradient = vectors;
    let mut blocks = blocks::<S>(instance, &shared, vectors + 1)?;
    let mut table = Table::new(recorded, method, context);
    let wanted: Vec<Wanted<'_, S>> =
        recorded.iter().filter_map(|recorded| Wanted::new(recorded, instance, gradient, context)).collect();
    // What outlasts a step: states, and what is recorded after it.
    let mut last: Vec<bool> =
        (0..=vectors).map(|register| register == 0 || method.is_state_register(register)).collect();
    for (_, register) in wanted.iter().filter_map(|wanted| wanted.after.as_ref()).flat_map(|(parts, _)| parts) {
        last[*register] = true;
    }
    let mut unrolled = Unrolled::<S>::new(method.machine(context));
    let make = |blocks: &mut Blocks<S>, moves: &[Move<S>], last: &[bool]| {
        let mut drawn = None;
        let live = liveness(moves, last);
        for (block, pairs) in &mut blocks.0 {
            for (step, live) in moves.iter().zip(&live) {
                shared.advance(block, pairs, (step, live), &mut drawn);
            }
        }
        drawn
    };
    make(&mut blocks, &unrolled.begin()?, &last);
    for k in 0..=method.horizon {
        let at = k as i64;
        let mut value = blocks.1.clone();
        let mut squared = S::zero(context);
        for (block, pairs) in &mut blocks.0 {
            let Some(yy) = pairs.entry(0, 0) else { continue };
            value.add_product_f64(&block.weight.inner(yy, context), 0.5);
            squared.add_assign(&block.gradient_square.inner(yy, context));
            if last[gradient] || k == 0 {
                let own = block.pull.product(&yy.product(&block.pull.transpose(), context), context);
                let all = vec![true; vectors + 1];
                pairs.replace(gradient, &all, Some(own), |pairs, r| {
                    pairs.of(0, r).map(|matrix| block.pull.product(&matrix, context))
                });
            }
        }
        table.set(&Recorded::VALUE, at, &value);
        table.set(&Recorded::GRADIENT, at, &squared);
        for wanted in wanted.iter().filter(|_| k == 0) {
            if let Some((parts, index, true)) = &wanted.first {
                table.set(wanted.recorded, *index, &square_of(parts, &blocks.0, context));
            }
        }
        if k == method.horizon {
            break;
        }
        let mut kept = last.clone();
        for (_, register) in wanted.iter().filter_map(|wanted| wanted.first.as_ref()).flat_map(|(parts, ..)| parts) {
            kept[*register] |= k == 0;
        }
        let drawn = make(&mut blocks, &unrolled.step()?, if k == 0 { &kept } else { &last })?;
        let mut noise = shared.total_variance.clone();
        noise.add_product(&drawn.gradient, &shared.relative);
        table.set(&Recorded::Norm2(VectorSequence::Bias), at, &drawn.bias);
        table.set(&Recorded::Norm2(VectorSequence::Noise), at, &noise);
        table.set(&Recorded::Norm2(VectorSequence::Error), at, &drawn.bias.add(&noise));
        for wanted in &wanted {
            if let Some((parts, ahead)) = &wanted.after {
                table.set(wanted.recorded, at + ahead, &square_of(parts, &blocks.0, context));
            }
            if let (0, Some((parts, index, false))) = (k, &wanted.first) {
                table.set(wanted.recorded, *index, &square_of(parts, &blocks.0, context));
            }
        }
    }
    if let Some(limit) = stationary_gradient(instance, &shared) {
        table.set_limit(&Recorded::GRADIENT, limit);
    }
    Some(table)
}

/// lim E‖∇f(x_k)‖² where every step is the same: the fixed point of the recursion of moments in each direction.
/// The recursion of the states themselves must be stable for certain; then moments converge to their only fixed
/// point from any start. Bias that is no multiple of g, and noise that grows with g, are not followed.
fn stationary_gradient<S: Scalar>(instance: &Instance<'_>, shared: &Shared<S>) -> Option<S> {
    let context = shared.context;
    let method = &instance.method;
    if !shared.separable || !method.program().is_autonomous() {
        return None;
    }
    let mut unrolled = Unrolled::<S>::new(method.machine(context));
    unrolled.begin()?;
    // The first step may differ.
    unrolled.step()?;
    let moves = unrolled.step()?;
    let vectors = method.program().vectors;
    let states: Vec<usize> =
        (0..vectors).filter(|register| *register == 0 || method.is_state_register(*register)).collect();
    let mut last = vec![false; vectors + 1];
    states.iter().for_each(|register| last[*register] = true);
    let live = liveness(&moves, &last);
    let places: Vec<(usize, usize)> =
        states.iter().enumerate().flat_map(|(i, a)| states[i..].iter().map(move |b| (*a, *b))).collect();
    let quiet = Shared { variance: S::zero(context), ..shared.clone() };
    let mut total = S::zero(context);
    for lambda in &instance.problem.affine_part()?.spectrum {
        let lambda = S::from_rational(lambda, context);
        let block = direction(&lambda, shared);
        let image = |entry: Option<(usize, usize)>, shared: &Shared<S>| -> Vec<S> {
            let mut pairs = Pairs::new(vectors + 1);
            if let Some((a, b)) = entry {
                pairs.set(a, b, Some(Matrix { size: 1, entries: vec![S::one(context)] }));
            }
            for (step, live) in moves.iter().zip(&live) {
                shared.advance(&block, &mut pairs, (step, live), &mut None);
            }
            places.iter().map(|(a, b)| pairs.inner(*a, *b, context)).collect()
        };
        let means = state_matrix(&moves, &states, &block, shared)?;
        if !is_stable(&means, context) {
            return None;
        }
        // z = Mz + constant.
        let constant = image(None, shared);
        let columns: Vec<Vec<S>> = places.iter().map(|place| image(Some(*place), &quiet)).collect();
        let system: Vec<Vec<S>> = (0..places.len())
            .map(|row| {
                let entry = |column: usize| {
                    let identity = S::from_f64(f64::from(u8::from(row == column)), context);
                    identity.sub(&columns[column][row])
                };
                (0..places.len()).map(entry).collect()
            })
            .collect();
        let fixed = solved(system, constant, context)?;
        total.add_assign(&lambda.square().mul(&fixed[0]));
    }
    Some(total)
}

/// The mean of the states after a step, by those before it, in one direction.
fn state_matrix<S: Scalar>(
    moves: &[Move<S>],
    states: &[usize],
    block: &Block<S>,
    shared: &Shared<S>,
) -> Option<Vec<Vec<S>>> {
    let context = shared.context;
    let registers = 1 + moves.iter().map(Move::largest_register).max()?.max(*states.iter().max()?);
    let mut columns = Vec::new();
    for state in states {
        let mut values = vec![S::zero(context); registers];
        values[*state] = S::one(context);
        for step in moves {
            match step {
                Move::Combine(u, parts) => {
                    let mut sum = S::zero(context);
                    parts.iter().for_each(|(weight, part)| sum.add_product(&weight.number(context), &values[*part]));
                    values[*u] = sum;
                }
                Move::Divide(u, a) => values[*u].div_assign(a),
                Move::Swap(u, w) => values.swap(*u, *w),
                Move::Call(u, call) => {
                    let map = if call.estimate { &block.estimate } else { &block.pull };
                    values[*u] = values[call.at].clone().mul(map.at(0, 0));
                }
                Move::Bend(..) => return None,
            }
        }
        columns.push(states.iter().map(|state| values[*state].clone()).collect::<Vec<S>>());
    }
    Some((0..states.len()).map(|row| columns.iter().map(|column| column[row].clone()).collect()).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::inference::{Evidence, Verdict};
    use crate::number::Exact;
    use crate::oracle::{Stream, StreamKey};
    use crate::statement::Statement;
    use crate::verify::deciding::exact::ExactMeans;
    use crate::verify::deciding::moments::*;
    use crate::verify::{Cell, Outcome, check_cell, testing};

    fn any_statement() -> Statement {
        testing::statement(
            "expectation",
            "[parameters]\nbeta = { in = \"(0, 1]\" }\ngamma = { in = \"(0, inf)\" }\n\
             [claim]\nlhs = \"E[norm2(grad[K])]\"\nrhs = \"f[0]\"\n",
        )
    }

    fn buffer(statement: &Statement) -> Recorded {
        Recorded::Norm2(VectorSequence::Quantity(statement.method.vector_states().next().unwrap()))
    }

    fn deviation(statement: &Statement) -> Recorded {
        Recorded::Norm2(VectorSequence::Derived(statement.method.derived[0].clone()))
    }

    fn every_step(statement: &Statement) -> Vec<Recorded> {
        let others = [VectorSequence::Error, VectorSequence::Bias, VectorSequence::Noise].map(Recorded::Norm2);
        [Recorded::GRADIENT, buffer(statement), deviation(statement)].into_iter().chain(others).collect()
    }

    fn quantities(statement: &Statement) -> Vec<Recorded> {
        std::iter::once(Recorded::VALUE).chain(every_step(statement)).collect()
    }

    /// Compares the recursion with all paths, as rational numbers: `bits` fair signs are drawn each step.
    fn agrees_with_enumeration(problem: &serde_json::Value, oracle: &serde_json::Value, bits: u64, horizon: usize) {
        let statement = any_statement();
        for (start, beta) in [("zero", 0.25), ("first-gradient", 0.75), ("zero", 1.0), ("first-gradient", 1.0)] {
            let spec = testing::cell(json!({
                "problem": problem, "oracle": oracle,
                "start": start, "parameters": { "beta": beta, "gamma": 0.5 }, "horizon": horizon,
            }));
            let instance = Instance::build(&statement, &spec).unwrap();
            assert!(applies(&instance), "{oracle}");
            let recursion = expected_table::<Exact>(&instance, &quantities(&statement), ()).unwrap();
            let paths = 1 << (bits * horizon as u64);
            let enumerated =
                ExactMeans::Enumeration(paths).table::<Exact>(&instance, &quantities(&statement), ()).unwrap();
            let same = |quantity: &Recorded, k| {
                let (a, b) = (recursion.get(quantity, k).unwrap(), enumerated.get(quantity, k).unwrap());
                let place = format!("{quantity:?} at {k}, {oracle}, {start}, beta {beta}");
                assert!(a.is_defined() && a == b, "{place}: {a:?} against {b:?}");
            };
            for k in 0..=horizon as i64 {
                same(&Recorded::VALUE, k);
                same(&Recorded::GRADIENT, k);
            }
            for k in 0..horizon as i64 {
                every_step(&statement).iter().for_each(|quantity| same(quantity, k));
            }
            same(&deviation(&statement), -1);
            same(&buffer(&statement), -1);
        }
    }

    fn with_spectrum() -> serde_json::Value {
        json!({ "family": "heterogeneous-quadratic", "dimension": 2, "workers": 2, "condition": 4.0, "spread": 1.0, "seed": 5 })
    }

    #[test]
    fn the_recursion_equals_the_enumeration_of_all_paths_as_rational_numbers() {
        let without = json!({ "family": "breast-cancer-squares", "features": 2, "workers": 2, "share": 3 });
        let oracle = json!([{ "source": "rademacher", "size": 0.5 }]);
        for problem in [with_spectrum(), without] {
            // A sign for each worker and coordinate.
            agrees_with_enumeration(&problem, &oracle, 4, 3);
        }
    }

    #[test]
    fn noise_and_bias_that_are_linear_in_the_gradient_are_followed_exactly() {
        let signs = json!({ "source": "relative-signs", "factor": 0.5 });
        let fewer_signs = json!({ "source": "relative-signs", "factor": 0.25 });
        let noise = json!({ "source": "rademacher", "size": 0.5 });
        let relative = json!({ "source": "relative", "factor": -0.25 });
        let offset = json!({ "source": "offset", "size": 0.5 });
        for (oracle, bits, horizon) in [
            (json!([signs]), 2, 3),
            (json!([signs, fewer_signs]), 4, 2),
            (json!([noise, signs]), 6, 2),
            (json!([relative, noise]), 4, 2),
            (json!([offset, noise]), 4, 2),
            (json!([relative, offset, noise]), 4, 2),
            (json!([relative, signs]), 2, 3),
            (json!([offset, signs]), 2, 3),
            (json!([relative, offset, signs, noise]), 6, 2),
            (json!([relative, offset, offset]), 0, 3),
        ] {
            agrees_with_enumeration(&with_spectrum(), &oracle, bits, horizon);
        }
    }

    #[test]
    fn an_estimate_that_is_not_affine_in_the_gradient_is_not_followed() {
        let statement = any_statement();
        for source in [
            json!({ "source": "opposed", "relative": 0.25, "absolute": 0.25 }),
            json!({ "source": "axis", "size": 0.5 }),
            json!({ "source": "random-signs", "relative": 0.25, "absolute": 0.25 }),
        ] {
            let spec = testing::cell(json!({
                "problem": with_spectrum(), "oracle": [source, { "source": "rademacher", "size": 0.5 }],
                "parameters": { "beta": 0.5, "gamma": 0.5 }, "horizon": 2,
            }));
            assert!(!applies(&Instance::build(&statement, &spec).unwrap()), "{source}");
        }
    }

    /// SGD under PL and strong growth with the largest step that its theorem allows, or a larger one, as a
    /// claim of the check: `E[f(x_K)] − f*` against `(1 − γμ)^K (f(x_0) − f*)`, attained for Hessians L·I.
    fn strong_growth(step: f64, horizon: usize) -> Outcome {
        let statement = testing::statement(
            "expectation",
            "[parameters]\nbeta = { in = \"[1, 1]\" }\ngamma = { in = \"(0, inf)\" }\n\
             [claim]\nlhs = \"E[f[K] - f_star]\"\nrhs = \"(1 - gamma*mu)^K*(f[0] - f_star)\"\n",
        );
        let spec = testing::cell(json!({
            "problem": { "family": "diagonal-quadratic", "spectrum": [2.0, 2.0] },
            "oracle": [{ "source": "relative-signs", "factor": 1.0 }],
            "parameters": { "beta": 1.0, "gamma": step }, "horizon": horizon,
        }));
        check_cell(&Cell::build(&statement, spec).unwrap(), testing::judging(&testing::EFFORT)).unwrap()
    }

    #[test]
    fn strong_growth_is_decided_without_a_sample_where_its_bound_is_attained() {
        let attained = strong_growth(0.25, 10);
        assert_eq!((attained.verdict, attained.worst.unwrap().ratio), (Verdict::Holds, Some(1.0)));
        let larger = strong_growth(0.2501, 10);
        assert_eq!(larger.verdict, Verdict::Violated);
        assert!(matches!(larger.evidence, Evidence::Moments { .. }), "{:?}", larger.evidence);
    }

    #[test]
    fn sample_means_agree_with_the_recursion() {
        let statement = any_statement();
        let spec = testing::cell(json!({
            "problem": { "family": "quadratic", "dimension": 6, "condition": 30.0, "seed": 3 },
            "oracle": [{ "source": "gaussian", "size": 0.5 }],
            "start": "first-gradient", "parameters": { "beta": 0.3, "gamma": 0.8 }, "horizon": 12,
        }));
        let instance = Instance::build(&statement, &spec).unwrap();
        let expected = expected_table::<f64>(&instance, &quantities(&statement), ()).unwrap();
        let key = StreamKey::new(1, "moments", "");
        let count = 4000u32;
        let mut sums = vec![(0.0, 0.0); 5 * 12];
        let mut runner = instance.experiment().runner::<f64>(());
        for replicate in 0..count {
            let mut table = Table::<f64>::new(&quantities(&statement), &instance.method, ());
            let mut random = Stream::new([key.stream(replicate.into())], ());
            runner.run(&mut random, &mut table, &mut |_| {});
            for (slot, (quantity, k)) in sums.iter_mut().zip(entries(&statement)) {
                let x = table.get(&quantity, k).copied().unwrap();
                *slot = (slot.0 + x, slot.1 + x * x);
            }
        }
        for ((sum, squares), (quantity, k)) in sums.into_iter().zip(entries(&statement)) {
            let n = f64::from(count);
            let (mean, variance) = (sum / n, squares / n - (sum / n).powi(2));
            let exact = expected.get(&quantity, k).copied().unwrap();
            // Eight standard errors: 60 comparisons fail together with probability below 1e-13, were
            // the means normal.
            let limit = 8.0 * (variance / n).sqrt() + 1e-12 * exact;
            assert!((mean - exact).abs() <= limit, "{quantity:?} at {k}: {mean} against {exact}, limit {limit}");
        }
    }

    fn entries(statement: &Statement) -> impl Iterator<Item = (Recorded, i64)> + use<> {
        let known =
            [Recorded::GRADIENT, buffer(statement), deviation(statement), Recorded::Norm2(VectorSequence::Error)];
        let quantities = std::iter::once(Recorded::VALUE).chain(known);
        quantities.flat_map(|quantity| (0..12).map(move |k| (quantity.clone(), k)))
    }

    #[test]
    fn the_stationary_value_is_what_a_long_run_tends_to() {
        let statement = any_statement();
        let sphere = json!({ "source": "sphere", "radius": 1.0 });
        for oracle in [json!([sphere]), json!([sphere, { "source": "relative", "factor": -0.5 }])] {
            let spec = testing::cell(json!({
                "problem": { "family": "quadratic", "dimension": 3, "condition": 4.0, "seed": 3 },
                "oracle": oracle, "parameters": { "beta": 0.5, "gamma": 1.0 }, "horizon": 400,
            }));
            let instance = Instance::build(&statement, &spec).unwrap();
            let gradient = Recorded::GRADIENT;
            let table = expected_table::<f64>(&instance, std::slice::from_ref(&gradient), ()).unwrap();
            let late = table.get(&gradient, 400).unwrap();
            let limit = table.get(&gradient, crate::statement::evaluate::LIMIT).unwrap();
            assert!((late - limit).abs() < 1e-12 * limit, "{late} against {limit}");
        }
    }

    #[test]
    fn no_stationary_value_is_known_under_noise_that_grows_with_the_gradient_or_a_constant_bias() {
        let statement = any_statement();
        for source in [json!({ "source": "relative-signs", "factor": 0.5 }), json!({ "source": "offset", "size": 0.5 })]
        {
            let spec = testing::cell(json!({
                "problem": with_spectrum(), "oracle": [source, { "source": "rademacher", "size": 0.5 }],
                "parameters": { "beta": 0.5, "gamma": 0.125 }, "horizon": 2,
            }));
            let gradient = Recorded::GRADIENT;
            let instance = Instance::build(&statement, &spec).unwrap();
            let table = expected_table::<Exact>(&instance, std::slice::from_ref(&gradient), ()).unwrap();
            assert!(table.get(&gradient, crate::statement::evaluate::LIMIT).is_none(), "{source}");
        }
    }

    #[test]
    fn an_unstable_step_has_no_stationary_value() {
        let statement = any_statement();
        let spec = testing::cell(json!({
            "problem": { "family": "quadratic", "dimension": 1, "condition": 1.0, "seed": 3 },
            "oracle": [{ "source": "axis", "size": 1.0 }],
            "parameters": { "beta": 0.5, "gamma": 6.0 }, "horizon": 3,
        }));
        let instance = Instance::build(&statement, &spec).unwrap();
        assert_eq!(instance.problem.constants().smoothness, Some(1.into()), "2(2 - beta)/beta = 6 is the limit");
        let gradient = Recorded::GRADIENT;
        let table = expected_table::<Exact>(&instance, std::slice::from_ref(&gradient), ()).unwrap();
        assert!(table.get(&gradient, crate::statement::evaluate::LIMIT).is_none());
    }
}
