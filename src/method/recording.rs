//! Which entries of a table each step of a run fills.

use super::bound::BoundMethod;
use super::language::machine::{Coordinates, Machine};
use super::run::Memories;
use super::table::{Recorded, Table};
use crate::number::{Scalar, norm2};
use crate::statement::term::{Derived, OfMethod, ScalarSequence, Shifted, VectorSequence};

/// A row of the table that steps fill.
struct Row<S> {
    row: usize,
    what: What<S>,
}

enum What<S> {
    Error,
    Bias,
    Noise,
    /// A state or a line in this register, and where a state's first value is kept that a line makes.
    Vector {
        quantity: OfMethod,
        register: usize,
        kept: Option<usize>,
    },
    /// The same of a number.
    Number {
        quantity: OfMethod,
        register: usize,
        kept: Option<usize>,
    },
    /// A combination, with the index that follows step k less k.
    Derived {
        parts: Vec<(S, Source)>,
        ahead: i64,
    },
    /// The value of a derived sequence at its first index, which the start or step 0 gives.
    First {
        parts: Vec<(S, Source)>,
        index: i64,
        at_start: bool,
    },
}

/// Where a vector is once a step is made.
#[derive(Clone, Copy)]
enum Source {
    Register(usize),
    Gradient,
    Error,
    Bias,
    Noise,
}

/// All rows of a table.
pub(super) struct Plan<S> {
    value: Option<usize>,
    gradient: Option<usize>,
    needs_gradient: bool,
    needs_error: bool,
    rows: Vec<Row<S>>,
}

impl<S: Scalar> Plan<S> {
    pub fn new(table: &Table<S>, method: &BoundMethod, context: S::Context) -> Self {
        let mut plan =
            Plan { value: None, gradient: None, needs_gradient: false, needs_error: false, rows: Vec::new() };
        for (row, recorded) in table.recorded().iter().enumerate() {
            match recorded {
                Recorded::Number(ScalarSequence::Value) => plan.value = Some(row),
                Recorded::Norm2(VectorSequence::Gradient) => plan.gradient = Some(row),
                Recorded::Number(ScalarSequence::Quantity(quantity)) => {
                    let (register, kept) = places(quantity, method);
                    plan.rows.push(Row { row, what: What::Number { quantity: quantity.clone(), register, kept } });
                }
                Recorded::Number(_) | Recorded::Norm2(VectorSequence::Point) => {}
                Recorded::Norm2(VectorSequence::Error) => plan.rows.push(Row { row, what: What::Error }),
                Recorded::Norm2(VectorSequence::Bias) => plan.rows.push(Row { row, what: What::Bias }),
                Recorded::Norm2(VectorSequence::Noise) => plan.rows.push(Row { row, what: What::Noise }),
                Recorded::Norm2(VectorSequence::Quantity(quantity)) => {
                    let (register, kept) = places(quantity, method);
                    plan.rows.push(Row { row, what: What::Vector { quantity: quantity.clone(), register, kept } });
                }
                Recorded::Norm2(VectorSequence::Derived(derived)) => {
                    plan.rows.extend(of_derived(derived, method, context).map(|what| Row { row, what }));
                }
            }
        }
        let reads = |row: &Row<S>, is_it: fn(&Source) -> bool| match &row.what {
            What::Derived { parts, .. } | What::First { parts, .. } => parts.iter().any(|(_, source)| is_it(source)),
            _ => false,
        };
        let reads_gradient = |row| reads(row, |source| matches!(source, Source::Gradient));
        let reads_error =
            |row: &Row<S>| matches!(row.what, What::Error) || reads(row, |source| matches!(source, Source::Error));
        plan.needs_gradient = plan.gradient.is_some() || plan.rows.iter().any(reads_gradient);
        plan.needs_error = plan.rows.iter().any(reads_error);
        plan
    }

    pub fn needs_value(&self) -> bool {
        self.value.is_some()
    }

    pub fn needs_gradient(&self) -> bool {
        self.needs_gradient
    }

    pub fn set_value(&self, table: &mut Table<S>, k: usize, value: &S) {
        if let Some(row) = self.value {
            table.set_in(row, k as i64, value);
        }
    }

    /// What is known at x_k before the step; at the start also the states.
    pub fn record_point(
        &self,
        table: &mut Table<S>,
        k: usize,
        (machine, vectors): (&Machine<'_, S>, &Coordinates<S>),
        memories: &mut Memories<S>,
    ) {
        let context = vectors.context();
        if let Some(row) = self.gradient {
            let norm = squared(&memories.at_point, context);
            table.set_in(row, k as i64, &norm);
        }
        if k > 0 {
            return;
        }
        for Row { row, what } in &self.rows {
            match what {
                What::Vector { quantity, register, kept: None } if quantity.first.is_some() => {
                    table.set_in(*row, quantity.index_after(0), &squared(&vectors.registers[*register], context));
                }
                What::Number { quantity, register, kept: None } if quantity.first.is_some() => {
                    table.set_in(*row, quantity.index_after(0), machine.number(*register));
                }
                What::First { parts, index, at_start: true } => {
                    combine(parts, vectors, memories);
                    table.set_in(*row, *index, &squared(&memories.combination, context));
                }
                _ => {}
            }
        }
    }

    /// What step k made.
    pub fn record_step(
        &self,
        table: &mut Table<S>,
        k: usize,
        (machine, vectors): (&Machine<'_, S>, &Coordinates<S>),
        memories: &mut Memories<S>,
    ) {
        let (context, at) = (vectors.context(), k as i64);
        if self.needs_error {
            let Memories { error, bias, noise, .. } = memories;
            for ((e, b), n) in error.iter_mut().zip(bias.iter()).zip(noise.iter()) {
                e.set(b);
                e.add_assign(n);
            }
        }
        for Row { row, what } in &self.rows {
            let mut set = |index, value: &S| table.set_in(*row, index, value);
            match what {
                What::Error => set(at, &squared(&memories.error, context)),
                What::Bias => set(at, &squared(&memories.bias, context)),
                What::Noise => set(at, &squared(&memories.noise, context)),
                What::Vector { quantity, register, kept } => {
                    set(quantity.index_after(k + 1), &squared(&vectors.registers[*register], context));
                    if let (0, Some(kept)) = (k, kept) {
                        set(quantity.index_after(0), &squared(&vectors.registers[*kept], context));
                    }
                }
                What::Number { quantity, register, kept } => {
                    set(quantity.index_after(k + 1), machine.number(*register));
                    if let (0, Some(kept)) = (k, kept) {
                        set(quantity.index_after(0), machine.number(*kept));
                    }
                }
                What::Derived { parts, ahead } => {
                    combine(parts, vectors, memories);
                    set(at + ahead, &squared(&memories.combination, context));
                }
                What::First { parts, index, at_start: false } if k == 0 => {
                    combine(parts, vectors, memories);
                    set(*index, &squared(&memories.combination, context));
                }
                What::First { .. } => {}
            }
        }
    }
}

#[inline]
fn squared<S: Scalar>(vector: &[S], context: S::Context) -> S {
    S::with_widest_registers(
        #[inline(always)]
        || norm2(vector, context),
    )
}

fn places(quantity: &OfMethod, method: &BoundMethod) -> (usize, Option<usize>) {
    let program = method.program();
    (program.quantities[quantity.position].1, program.kept(quantity.position))
}

/// Forms the combination in its place of the memories.
fn combine<S: Scalar>(parts: &[(S, Source)], vectors: &Coordinates<S>, memories: &mut Memories<S>) {
    let mut sum = std::mem::take(&mut memories.combination);
    let context = vectors.context();
    let zero = S::zero(context);
    sum.iter_mut().for_each(|x| x.set(&zero));
    for (factor, source) in parts {
        let from = match source {
            Source::Register(register) => &vectors.registers[*register],
            Source::Gradient => &memories.at_point,
            Source::Error => &memories.error,
            Source::Bias => &memories.bias,
            Source::Noise => &memories.noise,
        };
        S::with_widest_registers(
            #[inline(always)]
            || sum.iter_mut().zip(from).for_each(|(x, w)| x.add_product(w, factor)),
        );
    }
    memories.combination = sum;
}

/// How a derived sequence is recorded, as far as its parts are at hand together.
fn of_derived<S: Scalar>(
    derived: &Derived,
    method: &BoundMethod,
    context: S::Context,
) -> impl Iterator<Item = What<S>> + use<S> {
    let mut found = Vec::new();
    let number = |q| S::from_rational(q, context);
    // After step k a quantity has the index `after`, and all parts must agree on the sequence's own.
    let mut ahead = None;
    let parts: Option<Vec<(S, Source)>> = derived
        .at_step
        .iter()
        .map(|summand| {
            let Shifted::Step(by) = summand.index else { return None };
            let (source, after) = match &summand.sequence {
                VectorSequence::Quantity(quantity) => {
                    (Source::Register(places(quantity, method).0), quantity.index_after(1))
                }
                VectorSequence::Point => (Source::Register(0), 1),
                VectorSequence::Gradient => (Source::Gradient, 0),
                VectorSequence::Error => (Source::Error, 0),
                VectorSequence::Bias => (Source::Bias, 0),
                VectorSequence::Noise => (Source::Noise, 0),
                VectorSequence::Derived(_) => return None,
            };
            let own = after - by;
            (*ahead.get_or_insert(own) == own).then(|| (number(&summand.factor), source))
        })
        .collect();
    if let (Some(parts), Some(ahead)) = (parts, ahead) {
        found.push(What::Derived { parts, ahead });
    }
    if let Some((index, summands)) = &derived.first {
        let mut at_start = true;
        let parts: Option<Vec<(S, Source)>> = summands
            .iter()
            .map(|summand| {
                let Shifted::Fixed(k) = summand.index else { return None };
                let source = match &summand.sequence {
                    VectorSequence::Quantity(quantity) if quantity.first == Some(k) => {
                        let (register, kept) = places(quantity, method);
                        at_start &= kept.is_none();
                        Source::Register(kept.unwrap_or(register))
                    }
                    VectorSequence::Gradient if k == 0 => Source::Gradient,
                    _ => return None,
                };
                Some((number(&summand.factor), source))
            })
            .collect();
        // What the start has and what step 0 makes are never at hand together, but for what is kept.
        let kept_alone = |parts: &[(S, Source)]| {
            at_start || parts.iter().all(|(_, s)| !matches!(s, Source::Register(r) if method.is_state_register(*r)))
        };
        if let Some(parts) = parts.filter(|parts| kept_alone(parts)) {
            found.push(What::First { parts, index: *index, at_start });
        }
    }
    found.into_iter()
}
