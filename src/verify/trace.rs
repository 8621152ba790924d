//! The first replicate of a cell, step by step, for a reader.

use super::instance::Instance;
use super::{Cell, CheckFailure, Judging};
use crate::method::{Quantity, Table, Workspace};
use crate::number::Mp;
use crate::oracle::{Estimable, Stream, StreamKey};
use crate::problem::Arithmetic;
use crate::statement::term::VectorSequence;

/// A table of f, ‖∇f‖², ‖e‖², ‖v‖² and ‖m‖² of the first replicate, in the working precision.
///
/// # Errors
/// When the instance cannot be built.
pub fn text(cell: &Cell<'_>, judging: Judging<'_>) -> Result<String, CheckFailure> {
    let instance = Instance::build(cell.statement, &cell.spec)?;
    let key = StreamKey::new(judging.seed, &cell.statement.id, &cell.spec.key());
    Ok(match judging.effort.precision {
        None => text_in::<f64>(&instance, &key, (), |x| format!("{x:.17e}")),
        Some(bits) => {
            // About as many digits as the precision carries.
            let digits = (f64::from(bits) * std::f64::consts::LOG10_2) as usize;
            text_in::<Mp>(&instance, &key, bits, move |x| x.0.to_string_radix(10, Some(digits.clamp(6, 60))))
        }
    })
}

fn text_in<S: Arithmetic + Estimable>(
    instance: &Instance<'_>,
    key: &StreamKey,
    context: S::Context,
    show: impl Fn(&S) -> String,
) -> String {
    let norms = [VectorSequence::Gradient, VectorSequence::Error, VectorSequence::Buffer, VectorSequence::Deviation];
    let quantities: Vec<Quantity> = std::iter::once(Quantity::Value).chain(norms.map(Quantity::Norm2)).collect();
    let mut table = Table::<S>::new(&quantities, instance.horizon, &instance.method.steps, context);
    let mut work = Workspace::new(instance.problem.as_ref(), context);
    let mut random = Stream::new([key.stream(0)], context);
    instance.experiment().run(&mut random, &mut table, &mut work, context, &mut |_| {});
    let mut text = "k  f  |grad|^2  |e|^2  |v|^2  |m|^2".to_owned();
    for k in 0..=instance.horizon as i64 {
        let row: Vec<String> = quantities
            .iter()
            .filter_map(|q| table.get(*q, k))
            .map(|x| if x.is_defined() { show(x) } else { "–".into() })
            .collect();
        text += &format!("\n{k}  {}", row.join("  "));
    }
    text
}
