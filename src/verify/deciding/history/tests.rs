use serde_json::json;

use crate::statement::Statement;
use crate::verify::deciding::history::*;
use crate::verify::testing;

fn about_estimates() -> Statement {
    testing::statement(
        "oracle",
        "[claim]\nfor_all = \"k in 0..K\"\nlhs = \"norm2(e[k])\"\nrhs = \"B*norm2(grad[k]) + C\"\n",
    )
}

fn about_runs() -> Statement {
    testing::statement(
        "pathwise",
        "[parameters]\nbeta = { in = \"(0, 1]\" }\ngamma = { in = \"(0, inf)\" }\n\
         [claim]\nfor_all = \"k in 0..K\"\nlhs = \"f[k+1]\"\nrhs = \"f[k]\"\n",
    )
}

fn instance<'a>(statement: &'a Statement, oracle: serde_json::Value, gamma: f64, horizon: usize) -> Instance<'a> {
    let mut cell = json!({
        "problem": { "family": "diagonal-quadratic", "spectrum": [1.0, 0.3] }, "oracle": oracle, "horizon": horizon,
    });
    if !statement.parameters.is_empty() {
        cell["parameters"] = json!({ "beta": 1.0, "gamma": gamma });
    }
    Instance::build(statement, &testing::cell(cell)).unwrap()
}

fn key() -> StreamKey {
    StreamKey::new(5, "history", "cell")
}

fn opposed() -> serde_json::Value {
    json!([{ "source": "opposed", "relative": 0.25, "absolute": 0.25 }])
}

#[test]
fn rows_hold_every_point_once_and_are_filled_with_earlier_ones() {
    let statement = about_estimates();
    for horizon in [1, 3, 4, 7] {
        let instance = instance(&statement, opposed(), 0.5, horizon);
        let rows = History::rows(&instance, &key(), 0, Legality::Certain).unwrap();
        let mut points = trajectory(&instance, &key(), 0).unwrap();
        points.extend(probes::of(&instance));
        let (last, full) = rows.split_last().unwrap();
        assert!(rows.iter().all(|row| row.points().len() == horizon && row.emitted.len() == horizon));
        assert!(full.iter().all(|row| row.fillers == horizon));
        let own = |row: &History| row.points()[..row.fillers].to_vec();
        assert_eq!(rows.iter().flat_map(own).collect::<Vec<_>>(), points, "K = {horizon}");
        let (kept, fillers) = last.points().split_at(last.fillers);
        assert!(fillers.iter().all(|x| points.contains(x)));
        // There are enough distinct earlier points on this instance.
        assert!(fillers.iter().all(|x| !kept.contains(x)), "K = {horizon}: {fillers:?} repeat {kept:?}");
    }
}

#[test]
fn only_the_first_replicate_looks_at_the_probes() {
    let statement = about_estimates();
    let instance = instance(&statement, opposed(), 0.5, 4);
    let count = |replicate| -> usize {
        let rows = History::rows(&instance, &key(), replicate, Legality::Certain).unwrap();
        rows.iter().map(|row| row.fillers).sum()
    };
    assert_eq!(count(0), 5 + probes::of(&instance).len());
    assert_eq!(count(1), 5);
}

#[test]
fn a_row_has_what_free_sources_emit_and_only_that() {
    let statement = about_estimates();
    let exact = instance(&statement, json!([]), 0.5, 4);
    assert!(History::rows(&exact, &key(), 0, Legality::Certain).unwrap().iter().all(|row| row.emitted.is_empty()));
    let free = instance(&statement, opposed(), 0.5, 4);
    for row in History::rows(&free, &key(), 0, Legality::Certain).unwrap() {
        for (x, emitted) in row.points().iter().zip(&row.emitted) {
            assert_eq!(free.experiment().emitted_at(x, Legality::Certain).as_ref(), Some(emitted));
        }
    }
}

#[test]
fn points_are_stored_only_where_a_source_is_free() {
    let statement = about_runs();
    let stored = |oracle| {
        let instance = instance(&statement, oracle, 0.5, 4);
        let history = History::of_path(&instance, &key(), 0, Demand::certain(u64::MAX));
        assert_eq!((history.steps, &history.end), (4, &None));
        history.points().len()
    };
    assert_eq!(stored(json!([])), 0);
    assert_eq!(stored(json!([{ "source": "rademacher", "size": 0.5 }])), 0);
    assert_eq!(stored(json!([{ "source": "offset", "size": 0.5 }])), 0);
    assert_eq!(stored(opposed()), 5);
    assert_eq!(stored(json!([{ "source": "gaussian", "size": 0.5 }])), 5);
}

#[test]
fn a_free_run_that_leaves_binary64_ends_there_and_says_so() {
    let statement = about_runs();
    let run = History::of_path(&instance(&statement, opposed(), 1e200, 6), &key(), 0, Demand::certain(u64::MAX));
    assert!(run.steps < 6 && run.points().len() == run.steps + 1);
    assert!(run.end.as_ref().is_some_and(|end| end.contains("binary64")), "{:?}", run.end);
}

#[test]
fn a_computed_run_does_not_end_with_binary64() {
    let statement = about_runs();
    let instance = instance(&statement, json!([]), 1e200, 6);
    let run = History::of_path(&instance, &key(), 0, Demand::certain(u64::MAX));
    assert_eq!((run.steps, &run.end), (6, &None));
    let whole = crate::method::Limit { steps: usize::MAX, operations: f64::INFINITY, cost: &|_| 0.0 };
    let trace = run.trace::<crate::number::Exact>(&instance, &key(), &whole, ());
    assert_eq!(trace.reached(), 7);
    assert!(trace.point(6).iter().all(crate::number::Scalar::is_defined));
}

#[test]
fn precision_starts_at_what_a_run_loses_and_ends_at_the_budget() {
    assert_eq!(precisions(0), [128, 256, 512, 1024, 2048, 4096, 8192]);
    assert_eq!(precisions(100), [328, 656, 1312, 2624, 5248, 8192]);
    assert_eq!(precisions(1_000_000), [8192]);
}
