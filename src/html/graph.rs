//! What rests on what, drawn in columns: lemmas at the left.

use std::collections::BTreeMap;

use super::plot::escaped;
use crate::statement::graph::Graph;

/// A statement in the drawing.
pub(super) struct Node<'a> {
    pub id: &'a str,
    /// Its class in the style sheet, and the verdict in words.
    pub class: &'a str,
    pub verdict: &'a str,
    pub rests_on: &'a [String],
}

const COLUMN: f64 = 250.0;
const ROW: f64 = 19.0;
const NAME: f64 = 205.0;
/// Characters of a name that have room.
const LONGEST: usize = 33;

/// The graph as SVG; nothing where no statement rests on another one that is there.
pub(super) fn graph(nodes: &[Node<'_>]) -> Option<String> {
    let is_there = |id: &str| nodes.iter().any(|node| node.id == id);
    let below = |node: &Node<'_>| node.rests_on.iter().filter(|id| is_there(id)).cloned().collect::<Vec<_>>();
    let edges: Vec<(String, Vec<String>)> = nodes.iter().map(|node| (node.id.to_owned(), below(node))).collect();
    let joined =
        |id: &str| edges.iter().any(|(own, below)| (own == id && !below.is_empty()) || below.iter().any(|b| b == id));
    let joined: Vec<&Node<'_>> = nodes.iter().filter(|node| joined(node.id)).collect();
    if joined.is_empty() {
        return None;
    }
    let graph: Graph = edges.iter().filter(|(id, _)| joined.iter().any(|node| node.id == id)).cloned().collect();
    let layers = graph.layers().ok()?;
    let places = places(&layers, &edges);
    let rows = layers.iter().map(Vec::len).max().unwrap_or(0) as f64;
    let (width, height) = (layers.len() as f64 * COLUMN, (rows + 0.6) * ROW);
    let mut out = format!(
        "<svg class=\"graph\" width=\"{width}\" height=\"{height:.0}\" viewBox=\"0 0 {width} {height:.0}\" role=\"group\" \
         aria-labelledby=\"graph-t\"><title id=\"graph-t\">What rests on what: a line joins a statement, at its right \
         end, with what it rests on, at its left</title>"
    );
    for (id, below) in &edges {
        let Some([x, y]) = places.get(id.as_str()) else { continue };
        for [from, level] in below.iter().filter_map(|id| places.get(id.as_str())) {
            let (start, middle) = (from + NAME, (from + NAME + x) / 2.0);
            out += &format!(
                "<path class=\"edge\" d=\"M{start:.0} {level:.0}C{middle:.0} {level:.0} {middle:.0} {y:.0} {:.0} {y:.0}\"/>",
                x - 6.0
            );
        }
    }
    for node in joined {
        let Some([x, y]) = places.get(node.id) else { continue };
        let name: String = match node.id.chars().count() {
            count if count > LONGEST => node.id.chars().take(LONGEST - 1).chain(['…']).collect(),
            _ => node.id.to_owned(),
        };
        out += &format!(
            "<a href=\"#{id}\" aria-label=\"{id}: {verdict}\"><circle class=\"{class}\" cx=\"{x:.0}\" cy=\"{y:.1}\" r=\"4\"/>\
             <text class=\"mark\" x=\"{:.0}\" y=\"{:.1}\">{}</text></a>",
            x + 9.0,
            y + 3.5,
            escaped(&name),
            id = escaped(node.id),
            verdict = escaped(node.verdict),
            class = node.class,
        );
    }
    out += "</svg>";
    Some(out)
}

/// A column for each layer; in it every statement near what it rests on.
fn places<'a>(layers: &[Vec<&'a str>], edges: &[(String, Vec<String>)]) -> BTreeMap<&'a str, [f64; 2]> {
    let mut places: BTreeMap<&str, [f64; 2]> = BTreeMap::new();
    for (column, layer) in layers.iter().enumerate() {
        let height = |id: &str| {
            let below = edges.iter().find(|(own, _)| own == id).map(|(_, below)| below.as_slice()).unwrap_or_default();
            let heights: Vec<f64> =
                below.iter().filter_map(|id| places.get(id.as_str())).map(|place| place[1]).collect();
            heights.iter().sum::<f64>() / heights.len().max(1) as f64
        };
        let mut ordered: Vec<(&str, f64)> = layer.iter().map(|id| (*id, height(id))).collect();
        ordered.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(b.0)));
        for (row, (id, _)) in ordered.into_iter().enumerate() {
            places.insert(id, [column as f64 * COLUMN + 10.0, (row as f64 + 0.8) * ROW]);
        }
    }
    places
}
