//! The first replicate of a cell, step by step, for a reader.

use crate::method::language::moves::Kind;
use crate::method::{Recorded, Table};
use crate::number::Mp;
use crate::oracle::{Estimable, Stream, StreamKey};
use crate::problem::Arithmetic;
use crate::statement::term::{OfMethod, VectorSequence};
use crate::verify::instances::Instance;
use crate::verify::{Cell, Judging};

/// A table of f, ‖∇f‖², ‖e‖² and what the method keeps and derives of the first replicate, in the working precision.
#[must_use]
pub fn text(cell: &Cell<'_>, judging: Judging<'_>) -> String {
    let key = StreamKey::new(judging.seed, &cell.statement.id, &cell.spec.key());
    match judging.effort.precision {
        None => text_in::<f64>(&cell.instance, &key, (), |x| format!("{x:.17e}")),
        Some(bits) => {
            // About as many digits as the precision carries.
            let digits = (f64::from(bits) * std::f64::consts::LOG10_2) as usize;
            text_in::<Mp>(&cell.instance, &key, bits, move |x| x.0.to_string_radix(10, Some(digits.clamp(6, 60))))
        }
    }
}

fn text_in<S: Arithmetic + Estimable>(
    instance: &Instance<'_>,
    key: &StreamKey,
    context: S::Context,
    show: impl Fn(&S) -> String,
) -> String {
    let mut norms = vec![VectorSequence::Gradient, VectorSequence::Error];
    norms.extend(kept_directions(instance).map(VectorSequence::Quantity));
    norms.extend(instance.statement.method.derived.iter().cloned().map(VectorSequence::Derived));
    let mut text = "k  f".to_owned();
    norms.iter().for_each(|sequence| text += &format!("  |{}|^2", sequence.name()));
    let quantities: Vec<Recorded> =
        std::iter::once(Recorded::VALUE).chain(norms.into_iter().map(Recorded::Norm2)).collect();
    let mut table = Table::<S>::new(&quantities, &instance.method, context);
    let mut random = Stream::new([key.stream(0)], context);
    instance.experiment().runner(context).run(&mut random, &mut table, &mut |_| {});
    for k in 0..=instance.horizon as i64 {
        let row: Vec<String> = quantities
            .iter()
            .filter_map(|q| table.get(q, k))
            .map(|x| if x.is_defined() { show(x) } else { "–".into() })
            .collect();
        text += &format!("\n{k}  {}", row.join("  "));
    }
    text
}

/// The directions that the method keeps from step to step.
fn kept_directions<'i>(instance: &'i Instance<'_>) -> impl Iterator<Item = OfMethod> + 'i {
    let program = instance.method.program();
    let quantities =
        program.quantities.iter().enumerate().filter(|(_, (own, _))| own.first.is_some() && !own.by_worker);
    quantities.filter_map(|(position, (own, register))| {
        let is_direction = instance.method.kinds()?.get(*register)? == &Some(Kind::Direction);
        is_direction.then(|| OfMethod { position, name: own.name.as_str().into(), first: own.first })
    })
}
