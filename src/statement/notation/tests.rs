//! Formulas as papers have them.

use super::*;
use crate::statement::library;
use crate::statement::parse::parse;

fn in_latex(text: &str) -> String {
    latex::text(&of(&parse(text).unwrap_or_else(|err| panic!("{text}: {err:?}"))))
}

#[test]
fn sequences_have_their_index_below_and_values_of_f_their_point() {
    assert_eq!(in_latex("f[k+1] - f_star"), r"f\left({x}_{k+1}\right)-{f}^{\star}");
    assert_eq!(in_latex("norm2(grad[k])"), r"{\left\Vert \nabla f\left({x}_{k}\right)\right\Vert}^{2}");
    assert_eq!(in_latex("v[k-1]"), r"{v}_{k-1}");
    assert_eq!(in_latex("worker_grad[i, k]"), r"\nabla {f}_{i}\left({x}_{k}\right)");
}

#[test]
fn parentheses_stand_where_the_meaning_needs_them() {
    assert_eq!(in_latex("a - (b - c)"), r"a-\left(b-c\right)");
    assert_eq!(in_latex("(a - b) - c"), "a-b-c");
    assert_eq!(in_latex("(a + b)*c"), r"\left(a+b\right)\,c");
    assert_eq!(in_latex("(a + b)/c"), r"\frac{a+b}{c}");
    assert_eq!(in_latex("(a/b)^2"), r"{\left(\frac{a}{b}\right)}^{2}");
    assert_eq!(in_latex("(a*b)^2"), r"{\left(a\,b\right)}^{2}");
    assert_eq!(in_latex("-(a + b)"), r"-\left(a+b\right)");
    assert_eq!(in_latex("2*3"), r"2\cdot 3");
    assert_eq!(in_latex("sum(k in 0..K, a)*b"), r"\left(\sum_{0\le k<K} a\right)\,b");
    assert_eq!(in_latex("b*sum(k in 0..K, a)"), r"b\,\sum_{0\le k<K} a");
}

#[test]
fn names_are_letters_with_what_they_carry() {
    assert_eq!(in_latex("gamma_max"), r"{\gamma}_{\text{max}}");
    assert_eq!(in_latex("zeta2 + L_hat2"), r"{\zeta}^{2}+{\hat{L}}^{2}");
    assert_eq!(in_latex("B_b + room"), r"{B}_{\text{b}}+\text{room}");
}

#[test]
fn conditions_are_cases_and_expectations_name_the_past() {
    let cases = in_latex("if(beta == 1, 0, rho)");
    assert_eq!(cases, r"\begin{cases} 0 & \text{if } \beta =1 \\ \rho  & \text{else} \end{cases}");
    assert_eq!(in_latex("E[f[k+1] | past]"), r"\mathbb{E}\left[f\left({x}_{k+1}\right)\mid \text{past}\right]");
}

#[test]
fn every_shipped_statement_has_balanced_formulas() {
    for id in library::ids() {
        let statement = library::load(id).expect("a statement").unwrap_or_else(|err| panic!("{err}"));
        for text in claims_in_latex(&statement) {
            let count = |part: &str| text.matches(part).count();
            assert_eq!(count("{"), count("}"), "{id}: {text}");
            assert_eq!(count(r"\left"), count(r"\right"), "{id}: {text}");
        }
        for text in claims_in_mathml(&statement) {
            assert!(is_balanced(&text), "{id}: {text}");
        }
    }
}

/// Whether every element that begins ends in its turn.
fn is_balanced(text: &str) -> bool {
    let mut open: Vec<&str> = Vec::new();
    for part in text.split('<').skip(1) {
        let tag = part.split('>').next().unwrap_or_default();
        match tag.strip_prefix('/') {
            Some(name) if open.pop() == Some(name) => {}
            Some(_) => return false,
            None => open.push(tag.split(' ').next().unwrap_or_default()),
        }
    }
    open.is_empty()
}
