//! What the tests of this room share.

use super::Judging;
use crate::inference::ErrorBudget;
use crate::preset::Effort;
use crate::statement::{Statement, load_text};
use crate::verify::instances::CellSpec;

/// A statement from its claim's part of the file.
pub fn statement(kind: &str, rest: &str) -> Statement {
    let head = format!("id = \"test\"\ntitle = \"test\"\nkind = \"{kind}\"\nsource = \"here\"\nproof = \"none\"\n");
    load_text("test.toml", &(head + rest)).unwrap_or_else(|err| panic!("{err}"))
}

/// A cell from its JSON, without what rarely matters.
pub fn cell(json: serde_json::Value) -> CellSpec {
    let mut whole =
        serde_json::json!({ "oracle": [], "start": "zero", "parameters": {}, "point": null, "witness": null });
    for (key, value) in json.as_object().expect("an object") {
        whole[key] = value.clone();
    }
    serde_json::from_value(whole).unwrap_or_else(|err| panic!("{err}"))
}

/// A budget for tests.
pub const EFFORT: Effort = Effort {
    trajectories: 2,
    replicates: 20_000,
    paths: 1 << 10,
    evaluations: 1 << 20,
    operations: 1 << 28,
    precision: None,
    rerun: 2,
};

/// One test at the false-alarm rate that every test here has.
pub fn judging(effort: &Effort) -> Judging<'_> {
    Judging { effort, error_budget: ErrorBudget { delta: 1e-9, tests: 1 }, seed: 7 }
}
