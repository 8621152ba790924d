//! A counterexample as lines that a person can follow with pencil and paper.

use super::layout::{width, wrapped};
use super::wording;
use crate::verify::{Counterexample, Outcome, Part};

/// The counterexample of the outcome, where it has one: where it is, the run, and both sides term by term.
#[must_use]
pub fn by_hand(outcome: &Outcome) -> Option<String> {
    outcome.counterexample.as_ref().map(|counterexample| lines(counterexample, width()).join("\n"))
}

fn lines(found: &Counterexample, width: usize) -> Vec<String> {
    let start: Vec<String> = found.start.iter().map(|x| wording::limit(*x)).collect();
    let place = wording::place(found.claim, found.k, found.horizon);
    let mut lines = vec![format!("by hand, {place}, from x_0 = [{}]:", start.join(", "))];
    lines.extend(found.rows.iter().map(|row| format!("  k = {}: {}", row.k, wording::vectors(&row.vectors))));
    if found.draw_count > 0 {
        let more = if found.draw_count > found.draws.len() { ", of which the first are" } else { "" };
        lines.push(format!("  equally likely draws: {}{more}", found.draw_count));
        lines.extend(found.draws.iter().map(|draw| format!("    {}", wording::vectors(&draw.vectors))));
    }
    for (name, parts) in [("lhs", &found.lhs), ("rhs", &found.rhs)] {
        lines.push(format!("  {name} is the sum of"));
        lines.extend(parts.iter().map(|Part { text, value }| format!("    {value} = {text}")));
    }
    lines.iter().map(|line| wrapped(line, width, "      ")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::{Draw, Row};

    #[test]
    fn the_lines_have_the_run_the_draws_and_both_sides() {
        let named =
            |pairs: &[(&str, &str)]| pairs.iter().map(|(n, x)| ((*n).to_owned(), vec![(*x).to_owned()])).collect();
        let part = |text: &str, value: &str| Part { text: text.into(), value: value.into() };
        let found = Counterexample {
            claim: 1,
            k: 0,
            horizon: 2,
            start: vec![0.5, -1.0],
            rows: vec![Row { k: 0, vectors: named(&[("grad", "2"), ("x", "1"), ("|v|", "3")]) }],
            draws: vec![Draw { vectors: named(&[("nu", "0.5")]) }],
            draw_count: 20,
            lhs: vec![part("f[k + 1]", "1"), part("-(f[k])", "-2")],
            rhs: vec![part("0", "0")],
        };
        let text = lines(&found, 80).join("\n");
        let wanted = "by hand, claim 1 at k = 0, K = 2, from x_0 = [0.5, -1]:\n  k = 0: x = [1]; grad = [2]; |v| = 3\n  \
             equally likely draws: 20, of which the first are\n    nu = [0.5]\n  lhs is the sum of\n    1 = f[k + 1]\n    \
             -2 = -(f[k])\n  rhs is the sum of\n    0 = 0";
        assert_eq!(text, wanted);
    }
}
