use super::*;
use crate::problem::build as build_problem;
use crate::problem::families::QuadraticSpec;

/// One of each source and of each operator: its JSON, its label in reports, and its data as streams of
/// comparisons are keyed by them.
const PINNED: [[&str; 3]; 26] = [
    [
        r#"{"source":"aligned","relative":0.25,"absolute":1.0}"#,
        "aligned(B=0.25, C=1)",
        "Aligned { relative: 0.25, absolute: 1.0 }",
    ],
    [
        r#"{"source":"opposed","relative":0.25,"absolute":1.0}"#,
        "opposed(B=0.25, C=1)",
        "Opposed { relative: 0.25, absolute: 1.0 }",
    ],
    [
        r#"{"source":"cancel","relative":0.25,"absolute":1.0}"#,
        "cancel(B=0.25, C=1)",
        "Cancel { relative: 0.25, absolute: 1.0 }",
    ],
    [
        r#"{"source":"random-signs","relative":0.25,"absolute":1.0}"#,
        "random-signs(B=0.25, C=1)",
        "RandomSigns { relative: 0.25, absolute: 1.0 }",
    ],
    [
        r#"{"source":"greedy","relative":0.25,"absolute":1.0}"#,
        "greedy(B=0.25, C=1)",
        "Greedy { relative: 0.25, absolute: 1.0 }",
    ],
    [r#"{"source":"offset","size":-0.5}"#, "offset(-0.5)", "Offset { size: -0.5 }"],
    [r#"{"source":"relative","factor":-0.5}"#, "relative(-0.5)", "Relative { factor: -0.5 }"],
    [
        r#"{"source":"scripted","errors":[[1.0,-2.0],[0.5,0.0],[0.0,0.25]]}"#,
        "scripted(3 steps)",
        "Scripted { errors: [[1.0, -2.0], [0.5, 0.0], [0.0, 0.25]] }",
    ],
    [r#"{"source":"rademacher","size":0.5}"#, "rademacher(0.5)", "Rademacher { size: 0.5 }"],
    [r#"{"source":"axis","size":0.5}"#, "axis(0.5)", "Axis { size: 0.5 }"],
    [r#"{"source":"sphere","radius":0.5}"#, "sphere(0.5)", "Sphere { radius: 0.5 }"],
    [r#"{"source":"gaussian","size":0.5}"#, "gaussian(0.5)", "Gaussian { size: 0.5 }"],
    [r#"{"source":"relative-signs","factor":0.5}"#, "relative-signs(0.5)", "RelativeSigns { factor: 0.5 }"],
    [
        r#"{"source":"each-worker","operator":{"name":"top-k","share":0.5},"noise":0.0}"#,
        "each-worker(top-k(0.5))",
        "EachWorker { operator: TopK { share: 0.5 }, noise: 0.0 }",
    ],
    [
        r#"{"source":"each-worker","operator":{"name":"rand-k","share":0.5},"noise":0.25}"#,
        "each-worker(rand-k(0.5) after signs of 0.25)",
        "EachWorker { operator: RandK { share: 0.5 }, noise: 0.25 }",
    ],
    [
        r#"{"source":"average","operator":{"name":"scaled-sign"}}"#,
        "average(scaled-sign)",
        "Average { operator: ScaledSign }",
    ],
    [
        r#"{"source":"average","operator":{"name":"rounding","bits":3}}"#,
        "average(rounding(3 bits))",
        "Average { operator: Rounding { bits: 3 } }",
    ],
    [
        r#"{"source":"average","operator":{"name":"top-k-rounding","share":0.5,"bits":3}}"#,
        "average(top-k(0.5) then rounding(3 bits))",
        "Average { operator: TopKRounding { share: 0.5, bits: 3 } }",
    ],
    [
        r#"{"source":"average","operator":{"name":"low-rank","rows":2,"rank":1}}"#,
        "average(low-rank(2 rows, rank 1))",
        "Average { operator: LowRank { rows: 2, rank: 1 } }",
    ],
    [
        r#"{"source":"average","operator":{"name":"clip","threshold":2.0}}"#,
        "average(clip(2))",
        "Average { operator: Clip { threshold: 2.0 } }",
    ],
    [r#"{"source":"finite-difference","step":0.125}"#, "finite-difference(0.125)", "FiniteDifference { step: 0.125 }"],
    [
        r#"{"source":"epoch","step":0.125,"order":"cyclic"}"#,
        "epoch(0.125, cyclic)",
        "Epoch { step: 0.125, order: Cyclic }",
    ],
    [
        r#"{"source":"epoch","step":0.125,"order":"drawn"}"#,
        "epoch(0.125, drawn)",
        "Epoch { step: 0.125, order: Drawn }",
    ],
    [
        concat!(
            r#"{"source":"composite","inner_samples":2,"inner_noise":0.0,"outer_samples":3,"outer_noise":1.0,"#,
            r#""jacobian_samples":4,"jacobian_noise":0.5,"shared":false}"#
        ),
        "composite(h 2x0, F 3x1, J 4x0.5)",
        concat!(
            "Composite { inner_samples: 2, inner_noise: 0.0, outer_samples: 3, outer_noise: 1.0, ",
            "jacobian_samples: 4, jacobian_noise: 0.5, shared: false }"
        ),
    ],
    [
        concat!(
            r#"{"source":"maml","inner_samples":2,"outer_samples":3,"hessian_samples":4,"#,
            r#""gradient_noise":0.5,"hessian_noise":0.25,"shared":true}"#
        ),
        "maml(S_in=2, S_o=3, S_H=4, 0.5, 0.25, shared)",
        concat!(
            "Maml { inner_samples: 2, outer_samples: 3, hessian_samples: 4, ",
            "gradient_noise: 0.5, hessian_noise: 0.25, shared: true }"
        ),
    ],
    [r#"{"source":"first-order-maml"}"#, "first-order-maml", "FirstOrderMaml"],
];

fn read(json: &str) -> Result<SourceSpec, String> {
    serde_json::from_str(json).map_err(|err| err.to_string())
}

#[test]
fn data_and_labels_are_written_as_reports_have_them() {
    for [json, label, data] in PINNED {
        let spec = read(json).unwrap();
        assert_eq!(serde_json::to_string(&spec).unwrap(), json);
        assert_eq!(spec.to_string(), label);
        assert_eq!(format!("{spec:?}"), data);
    }
}

#[test]
fn what_may_be_left_out_is_written() {
    for (short, position) in [
        (r#"{"source":"each-worker","operator":{"name":"top-k","share":0.5}}"#, 13),
        (r#"{"source":"epoch","step":0.125}"#, 21),
    ] {
        assert_eq!(read(short), read(PINNED[position][0]));
    }
}

#[test]
fn data_with_too_little_or_too_much_are_refused() {
    for (json, cause) in [
        (r#"{"source":"aligned","relative":0.25}"#, "missing field `absolute`"),
        (r#"{"source":"offset","size":1,"weight":2}"#, "unknown field `weight`"),
        (r#"{"source":"first-order-maml","weight":2}"#, "unknown field `weight`"),
        (r#"{"source":"average","operator":{"name":"scaled-sign","share":1}}"#, "unknown field `share`"),
        (r#"{"source":"average","operator":{"name":"top-half"}}"#, "unknown variant `top-half`"),
        (r#"{"source":"nothing"}"#, "unknown variant `nothing`"),
        (r#"{"size":1}"#, "missing field `source`"),
    ] {
        let found = read(json).unwrap_err();
        assert!(found.contains(cause), "{json}: {found}");
    }
}

#[test]
fn a_source_that_fits_no_problem_is_misplaced() {
    assert_eq!(SourceSpec::from(Offset { size: -1.0 }).misplaced(), None);
    for (spec, reason) in [
        (Rademacher { size: -1.0 }.into(), "rademacher(-1): -1 is no valid size of an error"),
        (FiniteDifference { step: 0.0 }.into(), "finite-difference(0): a step of zero has no difference"),
        (
            Average { operator: super::super::operator::RandK { share: 0.5 }.into() }.into(),
            "average(rand-k(0.5)): the average is transformed without drawing; use each-worker",
        ),
        (
            Scripted { errors: vec![vec![0.0; 2], vec![0.0; 3]] }.into(),
            "scripted(2 steps): errors must have 64 coordinates, one has 2",
        ),
    ] {
        assert_eq!(SourceSpec::misplaced(&spec).as_deref(), Some(reason));
    }
}

#[test]
fn a_source_says_what_the_problem_lacks() {
    let spec = QuadraticSpec { dimension: 2, condition: 2.0, seed: 1 }.into();
    let problem = build_problem(&spec).unwrap();
    let refused = |spec: SourceSpec| build(&[spec], problem.as_ref()).unwrap_err().to_string();
    assert_eq!(refused(FirstOrderMaml {}.into()), "first-order-maml: the problem adapts to no tasks");
    assert_eq!(
        refused(Scripted { errors: vec![vec![1.0]] }.into()),
        "scripted(1 steps): errors must have 2 coordinates, one has 1"
    );
}
