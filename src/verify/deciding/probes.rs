//! The points at which a claim about the estimate is checked, besides those of a run.

use crate::verify::instances::Instance;

/// Points at which maps of a vector are at their worst, where the gradient is the point itself:
/// zero, one spike, equal magnitudes, ties, tiny and mixed magnitudes, numbers midway between
/// short ones, huge ones.
fn extreme(dimension: usize) -> Vec<Vec<f64>> {
    let along = |value: &dyn Fn(usize) -> f64| (0..dimension).map(value).collect::<Vec<f64>>();
    let alternating = |j: usize| if j.is_multiple_of(2) { 1.0 } else { -1.0 };
    vec![
        along(&|_| 0.0),
        along(&|j| if j == dimension / 2 { -3.0 } else { 0.0 }),
        along(&|_| 1.0),
        along(&alternating),
        along(&|j| 5.0 * alternating(j)),
        along(&|j| if j < dimension / 2 { 2.0 } else { 1.0 }),
        along(&|j| (1 + j % 3) as f64 * alternating(j)),
        along(&|j| 2f64.powi(-(j as i32))),
        along(&|j| f64::MIN_POSITIVE / 2f64.powi(20) * (1 + j) as f64),
        along(&|_| 1.5),
        along(&|_| 1.25),
        along(&|_| 1.125),
        along(&|_| 1.0 + 2f64.powi(-8)),
        along(&|_| 1.0 + 2f64.powi(-11)),
        along(&|j| (j as f64 * 2.399_963).sin() * 3.0),
        along(&|j| 2f64.powi(400 - 12 * (j as i32 % 64)) * alternating(j)),
    ]
}

/// Probes are of use where rationals decide what intervals cannot: ties, and points far away.
/// Compositions are flat, or oscillate beyond any precision, at extreme magnitudes; those are left
/// out there.
pub(crate) fn of(instance: &Instance<'_>) -> Vec<Vec<f64>> {
    let problem = instance.problem.as_ref();
    let nested = problem.nesting().is_some();
    if !nested && !problem.is_rational() {
        return Vec::new();
    }
    let mut probes = extreme(problem.dimension());
    if nested {
        let moderate = |x: f64| x == 0.0 || (2f64.powi(-64)..=64.0).contains(&x.abs());
        probes.retain(|probe| probe.iter().all(|x| moderate(*x)));
    }
    probes
}
