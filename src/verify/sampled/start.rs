//! What is known of a run before its first step.

use crate::method::{Quantity, Start, Table, start_error};
use crate::number::Scalar;
use crate::number::{Interval, norm2, zeros};
use crate::problem::{Arithmetic, Scratch};
use crate::statement::term::VectorSequence;
use crate::verify::exact::ExactMeans;
use crate::verify::instance::Instance;

/// f(x_0), ‖∇f(x_0)‖², and ‖v_{−1}‖² and ‖m_{−1}‖² or, where the start is random, their expectations. What
/// is not known exactly stays undefined.
pub(in crate::verify) fn start_table(instance: &Instance<'_>, quantities: &[Quantity], bits: u32) -> Table<Interval> {
    let problem = instance.problem.as_ref();
    let x: Vec<Interval> = instance.point.iter().map(|x| Interval::from_f64(*x, bits)).collect();
    let mut scratch = Scratch::for_problem(problem, bits);
    let view = Interval::view(problem);
    let mut gradient = zeros(problem.dimension(), bits);
    view.gradient_in(&x, &mut gradient, bits, &mut scratch);
    let gradient = norm2(&gradient, bits);
    let mut table = Table::new(quantities, instance.horizon, &instance.method.steps, bits);
    table.set(Quantity::Value, 0, &view.value_in(&x, bits, &mut scratch));
    table.set(Quantity::Norm2(VectorSequence::Gradient), 0, &gradient);
    let (buffer, deviation) = match instance.method.start {
        Start::Zero => (Some(Interval::zero(bits)), Some(gradient)),
        Start::FirstGradient => {
            let error = start_error(&instance.experiment(), bits);
            (start_estimate(instance, &gradient, error.as_ref(), bits), error)
        }
    };
    for (sequence, value) in [(VectorSequence::Buffer, buffer), (VectorSequence::Deviation, deviation)] {
        if let Some(value) = value {
            table.set(Quantity::Norm2(sequence), -1, &value);
        }
    }
    table
}

/// E‖g_0‖²: of the one that there is where nothing is drawn, else E‖∇f(x_0)‖² + E‖e_0‖² without bias.
fn start_estimate(
    instance: &Instance<'_>,
    gradient: &Interval,
    error: Option<&Interval>,
    bits: u32,
) -> Option<Interval> {
    let model = &instance.oracle.model;
    if model.deterministic {
        let buffer = Quantity::Norm2(VectorSequence::Buffer);
        let table = ExactMeans::Deterministic.table::<Interval>(&instance.shortened(1), &[buffer], bits)?;
        return table.get(buffer, 0).cloned();
    }
    let unbiased = model.bias.as_ref().is_some_and(|bias| bias.iter().all(|part| *part == 0));
    error.filter(|_| unbiased).map(|error| error.clone().add(gradient))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
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
        let buffer = Quantity::Norm2(VectorSequence::Buffer);
        let table = start_table(&instance, &[buffer], 128);
        table.get(buffer, -1).filter(|value| value.is_defined()).map(Scalar::to_f64)
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
