//! What is known of a run before its first step.

use crate::method::language::moves::Move;
use crate::method::{InCoordinates, Recorded, Table, forward, start_error};
use crate::number::{Interval, Scalar, norm2, zeros};
use crate::oracle::NoRandomness;
use crate::problem::{Arithmetic, Scratch};
use crate::statement::term::{OfMethod, ScalarSequence, VectorSequence};
use crate::verify::instances::Instance;

/// f(x_0), ‖∇f(x_0)‖², and the squared norms of what the method keeps at its start or, where that is drawn, their
/// expectations. What is not known exactly stays undefined.
pub(crate) fn start_table(instance: &Instance<'_>, recorded: &[Recorded], bits: u32) -> Table<Interval> {
    let problem = instance.problem.as_ref();
    let x: Vec<Interval> = instance.point.iter().map(|x| Interval::from_f64(*x, bits)).collect();
    let mut scratch = Scratch::for_problem(problem, bits);
    let view = Interval::view(problem);
    let mut gradient = zeros(problem.dimension(), bits);
    view.gradient_in(&x, &mut gradient, bits, &mut scratch);
    let mut table = Table::new(recorded, &instance.method, bits);
    table.set(&Recorded::VALUE, 0, &view.value_in(&x, bits, &mut scratch));
    table.set(&Recorded::GRADIENT, 0, &norm2(&gradient, bits));
    let start = Start { instance, gradient, states: states(instance, x, bits), bits };
    for recorded in recorded {
        let found = match recorded {
            Recorded::Norm2(VectorSequence::Quantity(quantity)) => {
                quantity.first.zip(start.square(&[(Interval::one(bits), Source::State(quantity))]))
            }
            Recorded::Norm2(VectorSequence::Derived(derived)) => derived.first.as_ref().and_then(|(first, _)| {
                let mut parts = Vec::new();
                for (factor, sequence, index) in derived.parts(*first) {
                    let source = match sequence {
                        VectorSequence::Quantity(quantity) if quantity.first == Some(index) => Source::State(quantity),
                        VectorSequence::Gradient if index == 0 => Source::Gradient,
                        _ => return None,
                    };
                    parts.push((Interval::from_rational(factor, bits), source));
                }
                Some((*first, start.square(&parts)?))
            }),
            _ => None,
        };
        if let Some((index, square)) = found {
            table.set(recorded, index, &square);
        }
    }
    if let Some(numbers) = numbers(instance, bits) {
        for (quantity, value) in recorded.iter().filter_map(|recorded| match recorded {
            Recorded::Number(ScalarSequence::Quantity(quantity)) => Some((quantity, numbers(quantity)?)),
            _ => None,
        }) {
            let recorded = Recorded::Number(ScalarSequence::Quantity(quantity.clone()));
            table.set(&recorded, quantity.index_after(0), &value);
        }
    }
    table
}

/// The numbers that the method keeps at its start.
fn numbers<'i>(instance: &'i Instance<'_>, bits: u32) -> Option<impl Fn(&OfMethod) -> Option<Interval> + 'i> {
    let mut machine = instance.method.machine::<Interval>(bits);
    machine.begin(&mut crate::method::language::moves::Recorder::default()).ok()?;
    Some(move |quantity: &OfMethod| {
        let program = instance.method.program();
        let known = quantity.first.is_some() && program.kept(quantity.position).is_none();
        known.then(|| machine.number(program.registers(quantity.position).start).clone())
    })
}

/// The registers before step 0; none where a start draws or depends on gradients.
fn states(instance: &Instance<'_>, x: Vec<Interval>, bits: u32) -> Option<Vec<Vec<Interval>>> {
    let space = InCoordinates { dimension: x.len(), context: bits };
    let mut registers = instance.method.first_registers(x, bits);
    let moves = instance.method.moves_of_start::<Interval>(bits)?;
    let draws = |step: &Move<Interval>| matches!(step, Move::Call(..));
    if moves.iter().any(draws) {
        return None;
    }
    forward(&space, &moves, &mut registers, &mut |_, _| None)?;
    Some(registers)
}

/// A vector that a start has.
#[derive(Clone, Copy)]
enum Source<'s> {
    State(&'s OfMethod),
    Gradient,
}

struct Start<'a> {
    instance: &'a Instance<'a>,
    /// ∇f(x_0).
    gradient: Vec<Interval>,
    states: Option<Vec<Vec<Interval>>>,
    bits: u32,
}

impl Start<'_> {
    /// E‖Σ aᵢuᵢ‖², where a state that step 0 makes is its estimate at x_0: of the one that there is where nothing
    /// is drawn, else E‖c·∇f + w‖² + c²·E‖e_0‖² without bias.
    fn square(&self, parts: &[(Interval, Source<'_>)]) -> Option<Interval> {
        let program = self.instance.method.program();
        let mut known = zeros(self.gradient.len(), self.bits);
        let mut add = |vector: &[Interval], factor: &Interval| {
            known.iter_mut().zip(vector).for_each(|(sum, x): (&mut Interval, _)| sum.add_product(x, factor));
        };
        let mut drawn = Interval::zero(self.bits);
        let mut is_drawn = false;
        for (factor, source) in parts {
            match source {
                Source::Gradient => add(&self.gradient, factor),
                Source::State(quantity) if program.kept(quantity.position).is_some() => {
                    if !program.is_first_estimate(quantity.position) {
                        return None;
                    }
                    is_drawn = true;
                    drawn.add_assign(factor);
                }
                Source::State(quantity) => {
                    add(self.states.as_ref()?.get(program.registers(quantity.position).start)?, factor);
                }
            }
        }
        if !is_drawn {
            return Some(norm2(&known, self.bits));
        }
        let model = &self.instance.oracle.model;
        if self.instance.experiment().is_deterministic() {
            add(&self.first_estimate()?, &drawn);
            return Some(norm2(&known, self.bits));
        }
        let unbiased = model.bias.as_ref().is_some_and(|bias| bias.iter().all(|part| *part == 0));
        let error = start_error(&self.instance.experiment(), self.bits).filter(|_| unbiased)?;
        add(&self.gradient, &drawn);
        Some(norm2(&known, self.bits).add(&error.mul(&drawn.square())))
    }

    /// g_0 where nothing is drawn.
    fn first_estimate(&self) -> Option<Vec<Interval>> {
        let short = self.instance.shortened(1);
        let mut found = None;
        let mut table = Table::new(&[], &short.method, self.bits);
        short.experiment().runner::<Interval>(self.bits).run(&mut NoRandomness, &mut table, &mut |reached| {
            if let Some(drawn) = &reached.drawn {
                let sum = drawn.gradient.iter().zip(drawn.bias).zip(drawn.noise);
                found = Some(sum.map(|((g, b), n)| g.clone().add(b).add(n)).collect());
            }
        });
        found
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::verify::deciding::sampled::start::*;
    use crate::verify::testing;

    fn first_buffer(oracle: &serde_json::Value, start: &str) -> Option<f64> {
        let statement = testing::statement(
            "expectation",
            "[parameters]\nbeta = { in = \"(0, 1]\" }\ngamma = { in = \"(0, inf)\" }\n\
             [claim]\nlhs = \"E[norm2(grad[K])]\"\nrhs = \"E[norm2(v[-1])]\"\n",
        );
        let spec = testing::cell(json!({
            "problem": { "family": "diagonal-quadratic", "spectrum": [1.0, 0.5] }, "oracle": oracle, "start": start,
            "parameters": { "beta": 0.5, "gamma": 0.125 }, "horizon": 3, "point": [2.0, 4.0],
        }));
        let instance = Instance::build(&statement, &spec).unwrap();
        let buffer = Recorded::mentioned(&statement.claims)
            .into_iter()
            .find(|recorded| matches!(recorded, Recorded::Norm2(VectorSequence::Quantity(_))))
            .unwrap();
        let table = start_table(&instance, std::slice::from_ref(&buffer), 128);
        table.get(&buffer, -1).filter(|value| value.is_defined()).map(Scalar::to_f64)
    }

    #[test]
    fn the_buffer_before_the_run_is_zero_or_the_first_estimate_where_its_size_is_known() {
        // ∇f(x_0) = (2, 2).
        let noise = json!([{ "source": "gaussian", "size": 0.5 }]);
        assert_eq!(first_buffer(&noise, "zero"), Some(0.0));
        assert_eq!(first_buffer(&noise, "first-gradient"), Some(8.0 + 0.5));
        assert_eq!(first_buffer(&json!([]), "first-gradient"), Some(8.0));
        assert_eq!(first_buffer(&json!([{ "source": "relative", "factor": -0.5 }]), "first-gradient"), Some(2.0));
        let biased = json!([{ "source": "offset", "size": 0.5 }, { "source": "gaussian", "size": 0.5 }]);
        assert_eq!(first_buffer(&biased, "zero"), Some(0.0));
        assert_eq!(first_buffer(&biased, "first-gradient"), None);
    }
}
