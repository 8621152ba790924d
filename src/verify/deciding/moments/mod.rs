//! The exact second moments of a linear method on quadratics whose estimate is affine in the gradient on average.
//!
//! With ∇f(x) = Py in coordinates y that are affine in x, an estimate at y is Qy + ν, where Qy is the gradient
//! plus the bias r·g + c·(1, −1, 1, …), E[ν | past] = 0 and E[νν^T | past] = s·I + M·diag(g_1², …, g_d²). Every
//! vector of the method is then linear in the earlier ones, so that the moments E ab^T of each pair of them
//! follow step by step, and E f, E‖∇f‖², E‖b‖² and E‖a‖² are linear in these. Where the family has an exact
//! eigenbasis and c = M = 0, each direction is a block of its own with one coordinate, in which points are taken
//! relative to the minimiser; otherwise y = (x − x_0, 1) is the one block, in the coordinates in which the
//! diagonal is meant.

mod blocks;
mod matrix;
mod pairs;
mod recursion;
mod stationary;
#[cfg(test)]
mod tests;
mod wanted;

use blocks::{Blocks, blocks};
use recursion::{Drawn, Shared, liveness};
use stationary::stationary_gradient;
use wanted::{Wanted, square_of};

use crate::method::language::moves::{Kind, Move, Unrolled};
use crate::method::{BoundMethod, Recorded, Table};
use crate::number::Scalar;
use crate::problem::Arithmetic;
use crate::statement::term::{ScalarSequence, VectorSequence};
use crate::verify::instances::Instance;

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

/// The expected table of an instance to which the recursion [`applies`].
pub(crate) fn expected_table<S: Arithmetic>(
    instance: &Instance<'_>,
    recorded: &[Recorded],
    context: S::Context,
) -> Option<Table<S>> {
    let mut expectation = Expectation::new(instance, recorded, context)?;
    expectation.begin()?;
    let horizon = instance.method.horizon;
    for k in 0..=horizon {
        expectation.record_point(k);
        if k < horizon {
            expectation.step(k)?;
        }
    }
    if let Some(limit) = stationary_gradient(instance, &expectation.shared) {
        expectation.table.set_limit(&Recorded::GRADIENT, limit);
    }
    Some(expectation.table)
}

/// The moments of a run as far as it is followed, and what of them is recorded.
struct Expectation<'a, S: Scalar> {
    shared: Shared<S>,
    blocks: Blocks<S>,
    unrolled: Unrolled<'a, S>,
    wanted: Vec<Wanted<'a, S>>,
    /// The registers that outlast a step: states, and what is recorded after it.
    lasting: Vec<bool>,
    table: Table<S>,
}

impl<'a, S: Arithmetic> Expectation<'a, S> {
    fn new(instance: &'a Instance<'_>, recorded: &'a [Recorded], context: S::Context) -> Option<Self> {
        let shared = Shared::new(instance, context)?;
        let method = &instance.method;
        let vectors = method.program().vectors;
        // One more register for ∇f(x_k).
        let blocks = blocks::<S>(instance, &shared, vectors + 1)?;
        let wanted: Vec<Wanted<'_, S>> =
            recorded.iter().filter_map(|recorded| Wanted::new(recorded, instance, vectors, context)).collect();
        let mut lasting: Vec<bool> =
            (0..=vectors).map(|register| register == 0 || method.is_state_register(register)).collect();
        for (_, register) in wanted.iter().filter_map(|wanted| wanted.after.as_ref()).flat_map(|(parts, _)| parts) {
            lasting[*register] = true;
        }
        let unrolled = Unrolled::<S>::new(method.machine(context));
        Some(Expectation { shared, blocks, unrolled, wanted, lasting, table: Table::new(recorded, method, context) })
    }

    /// The register of ∇f(x_k).
    fn gradient(&self) -> usize {
        self.lasting.len() - 1
    }

    fn begin(&mut self) -> Option<()> {
        let moves = self.unrolled.begin()?;
        make(&self.shared, &mut self.blocks, &moves, &self.lasting);
        Some(())
    }

    /// Records what x_k has, and at k = 0 what the start has.
    fn record_point(&mut self, k: usize) {
        let context = self.shared.context;
        let (gradient, at) = (self.gradient(), k as i64);
        let mut value = self.blocks.1.clone();
        let mut squared = S::zero(context);
        for (block, pairs) in &mut self.blocks.0 {
            let Some(yy) = pairs.entry(0, 0) else { continue };
            value.add_product_f64(&block.weight.inner(yy, context), 0.5);
            squared.add_assign(&block.gradient_square.inner(yy, context));
            if self.lasting[gradient] || k == 0 {
                let own = block.pull.product(&yy.product(&block.pull.transpose(), context), context);
                let all = vec![true; gradient + 1];
                pairs.replace(gradient, &all, Some(own), |pairs, r| {
                    pairs.of(0, r).map(|matrix| block.pull.product(&matrix, context))
                });
            }
        }
        self.table.set(&Recorded::VALUE, at, &value);
        self.table.set(&Recorded::GRADIENT, at, &squared);
        if k == 0 {
            self.record_first(true);
        }
    }

    /// Records what is of the start itself, or what step 0 kept of it.
    fn record_first(&mut self, from_start: bool) {
        for wanted in &self.wanted {
            if let Some((parts, index, is_of_start)) = &wanted.first
                && *is_of_start == from_start
            {
                let square = square_of(parts, &self.blocks.0, self.shared.context);
                self.table.set(wanted.recorded, *index, &square);
            }
        }
    }

    /// Makes step k, and records what its draw and its end have.
    fn step(&mut self, k: usize) -> Option<()> {
        let at = k as i64;
        let mut live = self.lasting.clone();
        if k == 0 {
            let first = self.wanted.iter().filter_map(|wanted| wanted.first.as_ref());
            first.flat_map(|(parts, ..)| parts).for_each(|(_, register)| live[*register] = true);
        }
        let moves = self.unrolled.step()?;
        let drawn = make(&self.shared, &mut self.blocks, &moves, &live)?;
        let mut noise = self.shared.total_variance.clone();
        noise.add_product(&drawn.gradient, &self.shared.relative);
        self.table.set(&Recorded::Norm2(VectorSequence::Bias), at, &drawn.bias);
        self.table.set(&Recorded::Norm2(VectorSequence::Noise), at, &noise);
        self.table.set(&Recorded::Norm2(VectorSequence::Error), at, &drawn.bias.add(&noise));
        for wanted in &self.wanted {
            if let Some((parts, ahead)) = &wanted.after {
                let square = square_of(parts, &self.blocks.0, self.shared.context);
                self.table.set(wanted.recorded, at + ahead, &square);
            }
        }
        if k == 0 {
            self.record_first(false);
        }
        Some(())
    }
}

/// Makes moves in every block; what their call had, where they have one. `live` are the registers that are of use
/// once all are made.
fn make<S: Scalar>(shared: &Shared<S>, blocks: &mut Blocks<S>, moves: &[Move<S>], live: &[bool]) -> Option<Drawn<S>> {
    let mut drawn = None;
    let live = liveness(moves, live);
    for (block, pairs) in &mut blocks.0 {
        for (step, live) in moves.iter().zip(&live) {
            shared.advance(block, pairs, (step, live), &mut drawn);
        }
    }
    drawn
}
