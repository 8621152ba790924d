//! What a search may change of an error source.

use super::operator::Operator;
use super::spec::{MAX_SAMPLES, SourceSpec};
use crate::problem::free::{Counted, Free, Part, Parts, Range};

impl Free for SourceSpec {
    fn parts(&mut self) -> Parts<'_> {
        use Part::{One, Script};
        use Range::{Any, Nonnegative, Positive, Switch};
        match self {
            SourceSpec::Aligned { relative, absolute }
            | SourceSpec::Opposed { relative, absolute }
            | SourceSpec::Cancel { relative, absolute }
            | SourceSpec::RandomSigns { relative, absolute }
            | SourceSpec::Greedy { relative, absolute } => {
                vec![("relative", One(relative, Nonnegative)), ("absolute", One(absolute, Nonnegative))]
            }
            SourceSpec::Offset { size } => vec![("size", One(size, Any))],
            SourceSpec::Relative { factor } => vec![("factor", One(factor, Any))],
            SourceSpec::Scripted { errors } => vec![("errors", Script(errors))],
            SourceSpec::Rademacher { size } | SourceSpec::Axis { size } | SourceSpec::Gaussian { size } => {
                vec![("size", One(size, Nonnegative))]
            }
            SourceSpec::Sphere { radius } => vec![("radius", One(radius, Nonnegative))],
            SourceSpec::RelativeSigns { factor } => vec![("factor", One(factor, Nonnegative))],
            SourceSpec::EachWorker { operator, noise } => {
                let mut parts = operator_parts(operator);
                parts.push(("noise", One(noise, Switch)));
                parts
            }
            SourceSpec::Average { operator } => operator_parts(operator),
            SourceSpec::FiniteDifference { step } | SourceSpec::Epoch { step, .. } => {
                vec![("step", One(step, Positive))]
            }
            SourceSpec::Composite {
                inner_samples,
                inner_noise,
                outer_samples,
                outer_noise,
                jacobian_samples,
                jacobian_noise,
                ..
            } => vec![
                samples("inner_samples", inner_samples),
                ("inner_noise", One(inner_noise, Switch)),
                samples("outer_samples", outer_samples),
                ("outer_noise", One(outer_noise, Switch)),
                samples("jacobian_samples", jacobian_samples),
                ("jacobian_noise", One(jacobian_noise, Switch)),
            ],
            SourceSpec::Maml {
                inner_samples, outer_samples, hessian_samples, gradient_noise, hessian_noise, ..
            } => {
                vec![
                    samples("inner_samples", inner_samples),
                    samples("outer_samples", outer_samples),
                    samples("hessian_samples", hessian_samples),
                    ("gradient_noise", One(gradient_noise, Switch)),
                    ("hessian_noise", One(hessian_noise, Switch)),
                ]
            }
            SourceSpec::FirstOrderMaml {} => Vec::new(),
        }
    }
}

fn samples<'a>(name: &'static str, count: &'a mut usize) -> (&'static str, Part<'a>) {
    (name, Part::Count(count, Counted::Other, MAX_SAMPLES))
}

fn operator_parts(operator: &mut Operator) -> Parts<'_> {
    let share = |share| ("operator/share", Part::One(share, Range::Share));
    let bits = |bits| ("operator/bits", Part::Bits(bits, 52));
    match operator {
        Operator::TopK { share: s } | Operator::RandK { share: s } => vec![share(s)],
        Operator::ScaledSign {} => Vec::new(),
        Operator::Rounding { bits: b } => vec![bits(b)],
        Operator::TopKRounding { share: s, bits: b } => vec![share(s), bits(b)],
        Operator::LowRank { rows, rank } => vec![
            ("operator/rows", Part::Count(rows, Counted::Other, 64)),
            ("operator/rank", Part::Count(rank, Counted::Other, 64)),
        ],
        Operator::Clip { threshold } => vec![("operator/threshold", Part::One(threshold, Range::Positive))],
    }
}
