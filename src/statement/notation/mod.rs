//! Expressions in the notation of papers, as a tree of what stands where; LaTeX and MathML are written from it.

mod latex;
mod mathml;
mod names;

use rug::Rational;

use super::parse::{parse, parse_quantifier};
use super::syntax::{BinaryOp, Expr, ExprKind, ReduceOp, Relation};
use super::{Bound, Form, Parameter, Statement};
use names::{function, name};

/// What stands where.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Notation {
    /// A variable.
    Letter(String),
    /// A word or a function's name, upright.
    Word(String),
    /// A number as written.
    Number(String),
    /// An operator or a relation between its neighbours.
    Sign(&'static str),
    /// One after the other.
    Row(Vec<Notation>),
    /// A fraction.
    Fraction(Box<Notation>, Box<Notation>),
    /// A square root.
    Root(Box<Notation>),
    /// Something with what stands below and above it on the right.
    Script(Box<Notation>, Option<Box<Notation>>, Option<Box<Notation>>),
    /// A large operator with what stands under it.
    Large(&'static str, Box<Notation>),
    /// Between two signs that grow with it.
    Fenced(&'static str, Box<Notation>, &'static str),
    /// A letter with a hat.
    Hat(String),
    /// Values with the conditions under which they are chosen; the last one has none.
    Cases(Vec<(Notation, Option<Notation>)>),
}

impl Notation {
    fn row(parts: impl IntoIterator<Item = Notation>) -> Self {
        Notation::Row(parts.into_iter().collect())
    }

    fn below(self, below: Notation) -> Self {
        Notation::Script(Box::new(self), Some(Box::new(below)), None)
    }

    fn above(self, above: Notation) -> Self {
        Notation::Script(Box::new(self), None, Some(Box::new(above)))
    }

    fn fenced(self, open: &'static str, close: &'static str) -> Self {
        Notation::Fenced(open, Box::new(self), close)
    }

    fn number(text: &str) -> Self {
        Notation::Number(text.to_owned())
    }
}

/// The claims of a statement as LaTeX, a line each.
#[must_use]
pub fn claims_in_latex(statement: &Statement) -> Vec<String> {
    claims(statement).iter().map(latex::text).collect()
}

/// The claims of a statement as MathML, an element each.
#[must_use]
pub fn claims_in_mathml(statement: &Statement) -> Vec<String> {
    claims(statement).iter().map(mathml::text).collect()
}

/// What stands beside the claims of a statement, as MathML for a line of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surroundings {
    /// For each claim its index with its range; none where it has no index.
    pub quantifiers: Vec<Option<String>>,
    /// Definitions.
    pub definitions: Vec<String>,
    /// The range of each parameter.
    pub ranges: Vec<String>,
    /// Hypotheses by name.
    pub hypotheses: Vec<(String, String)>,
    /// Constants.
    pub constants: Vec<String>,
}

impl Surroundings {
    /// Of a statement.
    #[must_use]
    pub fn of(statement: &Statement) -> Self {
        let quantified = |claim: &super::Claim| claim.quantifier.as_ref().map(|quantifier| ranged(&quantifier.text));
        let equal = |head: Notation, body: &Expr| mathml::inline(&Notation::row([head, Notation::Sign("="), of(body)]));
        Surroundings {
            quantifiers: statement.claims.iter().map(quantified).collect(),
            definitions: statement.definitions.iter().map(|(head, body)| equal(written(head), body)).collect(),
            ranges: statement.parameters.iter().map(|parameter| mathml::inline(&range(parameter))).collect(),
            hypotheses: (statement.hypotheses.iter())
                .map(|hypothesis| (hypothesis.name.clone(), mathml::inline(&of(&hypothesis.expr))))
                .collect(),
            constants: statement.constants.iter().map(|constant| equal(name(&constant.name), &constant.expr)).collect(),
        }
    }
}

/// What is written as an expression; a word where it is none.
fn written(text: &str) -> Notation {
    parse(text).map_or_else(|_| Notation::Word(text.to_owned()), |expr| of(&expr))
}

/// `k in a..b` as a ≤ k < b.
fn ranged(text: &str) -> String {
    mathml::inline(&match parse_quantifier(text) {
        Ok((index, from, to)) => between(&index, &from, &to),
        Err(_) => Notation::Word(text.to_owned()),
    })
}

/// from ≤ index < to.
fn between(index: &str, from: &Expr, to: &Expr) -> Notation {
    Notation::row([of(from), Notation::Sign("≤"), name(index), Notation::Sign("<"), of(to)])
}

/// A parameter between the ends of its range.
fn range(parameter: &Parameter) -> Notation {
    let sign = |bound: &Bound| Notation::Sign(if bound.closed { "≤" } else { "<" });
    let mut row = Vec::new();
    if let Some(lower) = &parameter.lower.expr {
        row.extend([of(lower), sign(&parameter.lower)]);
    }
    row.push(name(&parameter.name));
    if let Some(upper) = &parameter.upper.expr {
        row.extend([sign(&parameter.upper), of(upper)]);
    }
    Notation::Row(row)
}

fn claims(statement: &Statement) -> Vec<Notation> {
    let relation = if statement.form == Form::Identity { "=" } else { "≤" };
    let claim =
        |claim: &super::Claim| Notation::row([of(&claim.lhs_expr), Notation::Sign(relation), of(&claim.rhs_expr)]);
    statement.claims.iter().map(claim).collect()
}

/// How strongly an expression holds together: what is weaker than its place needs parentheses.
fn strength(expr: &Expr) -> u8 {
    match &expr.kind {
        ExprKind::And(..) => 0,
        ExprKind::Compare { .. } | ExprKind::If { .. } => 1,
        ExprKind::Binary(BinaryOp::Add | BinaryOp::Sub, ..) | ExprKind::Negate(_) => 2,
        ExprKind::Reduce { .. } => 3,
        ExprKind::Binary(BinaryOp::Mul, ..) => 4,
        ExprKind::Binary(BinaryOp::Pow, ..) => 5,
        _ => 6,
    }
}

fn at_least(expr: &Expr, least: u8) -> Notation {
    let own = of(expr);
    if strength(expr) < least { own.fenced("(", ")") } else { own }
}

fn of(expr: &Expr) -> Notation {
    match &expr.kind {
        ExprKind::Number(value) => number(value),
        ExprKind::Name(own) => name(own),
        ExprKind::Element { name, indices } => element(name, indices),
        ExprKind::Negate(a) => Notation::row([Notation::Sign("−"), at_least(a, 3)]),
        ExprKind::Binary(op, a, b) => binary(*op, a, b),
        ExprKind::Compare { operands, relations } => {
            let mut row: Vec<Notation> = operands.first().map(of).into_iter().collect();
            for (relation, operand) in relations.iter().zip(operands.iter().skip(1)) {
                row.extend([Notation::Sign(relation_sign(*relation)), of(operand)]);
            }
            Notation::Row(row)
        }
        ExprKind::And(p, q) => Notation::row([of(p), Notation::Word(" and ".to_owned()), of(q)]),
        ExprKind::Call { name, arguments } => function(name, &arguments.iter().map(of).collect::<Vec<_>>()),
        ExprKind::Reduce { op, variable, from, to, body } => reduce(*op, variable, from, to, body),
        ExprKind::If { .. } => Notation::Cases(cases(expr)),
        ExprKind::Expectation { body, past } => {
            let given = [Notation::Sign("∣"), Notation::Word("past".to_owned())];
            let inside = std::iter::once(of(body)).chain(given.into_iter().filter(|_| *past));
            Notation::row([Notation::Word("E".to_owned()), Notation::row(inside).fenced("[", "]")])
        }
    }
}

fn number(value: &Rational) -> Notation {
    // As the language writes it: a decimal where it has one.
    let text = Expr { kind: ExprKind::Number(value.clone()), span: 0..0 }.to_string();
    match text.split_once('/') {
        Some((above, below)) => {
            Notation::Fraction(Box::new(Notation::number(above.trim())), Box::new(Notation::number(below.trim())))
        }
        None => Notation::Number(text),
    }
}

fn binary(op: BinaryOp, a: &Expr, b: &Expr) -> Notation {
    match op {
        BinaryOp::Add => Notation::row([of(a), Notation::Sign("+"), at_least(b, 2)]),
        BinaryOp::Sub => Notation::row([of(a), Notation::Sign("−"), at_least(b, 3)]),
        BinaryOp::Mul => {
            // Two numbers side by side would be read as one.
            let is_number = matches!(b.kind, ExprKind::Number(_));
            let sign = if is_number { "·" } else { "\u{2062}" };
            // What a sum speaks of goes on to the right.
            Notation::row([at_least(a, 4), Notation::Sign(sign), at_least(b, 3)])
        }
        BinaryOp::Div => Notation::Fraction(Box::new(of(a)), Box::new(of(b))),
        BinaryOp::Pow => {
            let base = if let ExprKind::Binary(BinaryOp::Div, ..) | ExprKind::Call { .. } = a.kind {
                of(a).fenced("(", ")")
            } else {
                at_least(a, 6)
            };
            base.above(of(b))
        }
    }
}

fn relation_sign(relation: Relation) -> &'static str {
    match relation {
        Relation::Less => "<",
        Relation::LessEqual => "≤",
        Relation::Greater => ">",
        Relation::GreaterEqual => "≥",
        Relation::Equal => "=",
    }
}

/// An element of a sequence: values and gradients are those of f at a point of the run.
fn element(own: &str, indices: &[Expr]) -> Notation {
    let mut below = Vec::new();
    for index in indices {
        if !below.is_empty() {
            below.push(Notation::Sign(","));
        }
        below.push(of(index));
    }
    let point = |index: &Expr| Notation::Letter("x".to_owned()).below(of(index)).fenced("(", ")");
    let f = || Notation::Letter("f".to_owned());
    let nabla = || Notation::Sign("∇");
    match (own, indices) {
        ("f", [k]) => Notation::row([f(), point(k)]),
        ("grad", [k]) => Notation::row([nabla(), f(), point(k)]),
        ("worker_grad", [i, k]) => Notation::row([nabla(), f().below(of(i)), point(k)]),
        _ => match name(own) {
            Notation::Script(base, None, above) => Notation::Script(base, Some(Box::new(Notation::Row(below))), above),
            plain => plain.below(Notation::Row(below)),
        },
    }
}

fn reduce(op: ReduceOp, variable: &str, from: &Expr, to: &Expr, body: &Expr) -> Notation {
    let range = between(variable, from, to);
    let sign = if op == ReduceOp::Sum { "∑" } else { op.name() };
    Notation::row([Notation::Large(sign, Box::new(range)), at_least(body, 3)])
}

/// The branches of conditions within each other.
fn cases(expr: &Expr) -> Vec<(Notation, Option<Notation>)> {
    match &expr.kind {
        ExprKind::If { condition, then, otherwise } => {
            let mut all = vec![(of(then), Some(of(condition)))];
            all.extend(cases(otherwise));
            all
        }
        _ => vec![(of(expr), None)],
    }
}

#[cfg(test)]
mod tests;
