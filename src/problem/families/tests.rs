//! `pinned.jsonl` has an instance of each family as reports write it, and its label. Reports and the streams of
//! random numbers rest on both, so neither may ever change.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;

const PINNED: &str = include_str!("pinned.jsonl");

fn lines() -> impl Iterator<Item = (&'static str, Value)> {
    PINNED.lines().map(|line| (line, serde_json::from_str(line).unwrap()))
}

/// An instance of each family.
pub(in crate::problem) fn instances() -> Vec<ProblemSpec> {
    lines().map(|(_, value)| serde_json::from_value(value["instance"].clone()).unwrap()).collect()
}

#[test]
fn instances_are_written_as_they_were_read_and_have_the_labels_that_they_had() {
    for ((line, _), spec) in lines().zip(instances()) {
        let label = json!(spec.to_string());
        assert_eq!(format!(r#"{{"instance":{},"label":{label}}}"#, serde_json::to_string(&spec).unwrap()), line);
    }
}

#[test]
fn every_family_of_the_registry_has_a_pinned_instance() {
    let schema = schemars::schema_for!(ProblemSpec).to_value();
    let name = |variant: &Value| variant["properties"]["family"]["const"].as_str().unwrap().to_owned();
    let mut registered: BTreeSet<String> = schema["oneOf"].as_array().unwrap().iter().map(name).collect();
    // What a program brings along is pinned where that program is tested.
    registered.remove("own");
    let pinned: BTreeSet<String> = instances().iter().map(|spec| spec.family().to_owned()).collect();
    assert_eq!(pinned, registered);
}

#[test]
fn a_problem_has_the_family_and_the_sizes_of_its_data() {
    for spec in instances() {
        let problem = build(&spec).unwrap();
        assert_eq!((problem.family(), problem.dimension()), (spec.family(), spec.dimension()));
        assert_eq!(problem.workers(), spec.workers(), "{spec}");
    }
}

#[test]
fn a_field_too_many_or_too_few_is_refused_by_its_name() {
    let refusal = |value: Value| serde_json::from_value::<ProblemSpec>(value).unwrap_err().to_string();
    for (_, value) in lines() {
        let fields = value["instance"].as_object().unwrap();
        let own: Vec<&String> = fields.keys().filter(|field| *field != "family").collect();
        let mut more = fields.clone();
        more.insert("colour".into(), json!(1));
        let message = refusal(Value::Object(more));
        assert!(message.starts_with("unknown field `colour`"), "{message}");
        assert!(own.iter().all(|field| message.contains(&format!("`{field}`"))), "{message}");
        for field in own {
            let mut fewer = fields.clone();
            fewer.remove(field);
            assert_eq!(refusal(Value::Object(fewer)), format!("missing field `{field}`"));
        }
    }
}
