//! What rests on what: a statement rests on those that its proof uses and on the one that it instantiates.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use super::Statement;

/// Statements by identifier, each with those that it names as what it rests on.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    rests_on: BTreeMap<String, Vec<String>>,
}

/// Statements each of which rests on the next, and the last on the first: none of them is proved.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("statements rest on each other in a circle: {} → {}", .0.join(" → "), .0.first().map_or("", String::as_str))]
pub struct Circle(pub Vec<String>);

impl FromIterator<(String, Vec<String>)> for Graph {
    fn from_iter<I: IntoIterator<Item = (String, Vec<String>)>>(statements: I) -> Self {
        Graph { rests_on: statements.into_iter().collect() }
    }
}

impl Graph {
    /// Of these statements.
    #[must_use]
    pub fn of(statements: &[Statement]) -> Self {
        statements.iter().map(|s| (s.id.clone(), s.rests_on())).collect()
    }

    /// What a statement names; nothing where it is not in the graph.
    fn direct(&self, id: &str) -> impl Iterator<Item = &str> {
        self.rests_on.get(id).into_iter().flatten().map(String::as_str)
    }

    /// What statements name and is not in the graph.
    #[must_use]
    pub fn unknown(&self) -> BTreeSet<&str> {
        self.rests_on.values().flatten().map(String::as_str).filter(|id| !self.rests_on.contains_key(*id)).collect()
    }

    /// All that a statement rests on, directly or not; what is not in the graph is named and not followed.
    #[must_use]
    pub fn below(&self, id: &str) -> BTreeSet<&str> {
        let mut seen = BTreeSet::new();
        let mut open: Vec<&str> = self.direct(id).collect();
        while let Some(id) = open.pop() {
            if seen.insert(id) {
                open.extend(self.direct(id));
            }
        }
        seen
    }

    /// Which of the wrong statements a statement rests on, directly or not.
    #[must_use]
    pub fn tainted_by(&self, id: &str, wrong: &BTreeSet<String>) -> Vec<String> {
        self.below(id).into_iter().filter(|id| wrong.contains(*id)).map(str::to_owned).collect()
    }

    /// All statements, the unknown ones too, each in the first layer that stands after all that it rests
    /// on; in alphabetical order within a layer.
    ///
    /// # Errors
    /// When some rest on each other in a circle.
    pub fn layers(&self) -> Result<Vec<Vec<&str>>, Circle> {
        let mut open: BTreeSet<&str> = self.rests_on.keys().map(String::as_str).chain(self.unknown()).collect();
        let mut layers = Vec::new();
        while !open.is_empty() {
            let layer: Vec<&str> =
                open.iter().copied().filter(|id| self.direct(id).all(|below| !open.contains(below))).collect();
            if layer.is_empty() {
                return Err(self.circle(&open));
            }
            open.retain(|id| !layer.contains(id));
            layers.push(layer);
        }
        Ok(layers)
    }

    /// A circle among statements each of which rests on another of them: going down from any one must
    /// come to one twice.
    fn circle(&self, open: &BTreeSet<&str>) -> Circle {
        let mut path: Vec<&str> = Vec::new();
        let mut next = open.first().copied();
        while let Some(id) = next {
            if let Some(begin) = path.iter().position(|passed| *passed == id) {
                path.drain(..begin);
                break;
            }
            path.push(id);
            next = self.direct(id).find(|below| open.contains(below));
        }
        Circle(path.into_iter().map(str::to_owned).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(statements: &[(&str, &[&str])]) -> Graph {
        statements.iter().map(|(id, below)| ((*id).into(), below.iter().map(|id| (*id).into()).collect())).collect()
    }

    #[test]
    fn a_layer_stands_after_all_that_it_rests_on() {
        let graph = graph(&[("theorem", &["lemma", "tool"]), ("lemma", &["tool", "elsewhere"]), ("tool", &[])]);
        assert_eq!(graph.layers().unwrap(), [vec!["elsewhere", "tool"], vec!["lemma"], vec!["theorem"]]);
        assert_eq!(graph.unknown(), BTreeSet::from(["elsewhere"]));
        assert_eq!(graph.below("theorem"), BTreeSet::from(["elsewhere", "lemma", "tool"]));
        assert!(graph.below("nowhere").is_empty());
    }

    #[test]
    fn a_circle_is_named_without_what_only_leads_to_it() {
        let graph = graph(&[("a", &["b"]), ("b", &["tool", "c"]), ("c", &["b"]), ("tool", &[])]);
        let circle = graph.layers().unwrap_err();
        assert_eq!(circle, Circle(vec!["b".into(), "c".into()]));
        assert_eq!(circle.to_string(), "statements rest on each other in a circle: b → c → b");
    }

    #[test]
    fn a_statement_that_rests_on_itself_is_a_circle() {
        assert_eq!(graph(&[("a", &["a"])]).layers().unwrap_err(), Circle(vec!["a".into()]));
    }
}
