//! Every way in which an author may have written another number, sign or bound than was meant: the
//! mutants of a statement, made from the syntax trees of its expressions.

use rug::Rational;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::statement::syntax::{BinaryOp, Expr, ExprKind, Relation};
use crate::statement::term::Term;
use crate::statement::variant::{Change, Location, Side, expressions};
use crate::statement::{Form, Statement};

/// By how many per cent a number is changed, smallest first.
pub const PER_CENT: [u32; 6] = [1, 2, 5, 10, 25, 50];

/// What is done to a node of the tree; in reports its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", try_from = "String")]
#[schemars(with = "String")]
pub enum Operator {
    /// Multiplied by 1 + per cent/100.
    Scale {
        /// The change, of either sign.
        per_cent: i32,
    },
    /// One operand of a sum, product, quotient or minimum left out.
    Drop,
    /// + for −, or − for +.
    FlipSign,
    /// An exponent one larger or smaller.
    Exponent {
        /// ±1.
        by: i32,
    },
    /// min for max, or max for min.
    Extremum,
    /// A relation the other way round.
    Direction,
    /// A hypothesis left out.
    Remove,
    /// p for 1 − p, or 1 − p for p, of a parameter p between 0 and 1.
    Exchange,
    /// (a + b)² without its cross term.
    CrossTerm,
}

impl Operator {
    /// For a person.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Operator::Scale { per_cent } => format!("{per_cent:+} %"),
            Operator::Drop => "dropped".into(),
            Operator::FlipSign => "sign flipped".into(),
            Operator::Exponent { by } => format!("exponent {by:+}"),
            Operator::Extremum => "min and max exchanged".into(),
            Operator::Direction => "direction reversed".into(),
            Operator::Remove => "removed".into(),
            Operator::Exchange => "p and 1 - p exchanged".into(),
            Operator::CrossTerm => "cross term dropped".into(),
        }
    }
}

impl From<Operator> for String {
    fn from(operator: Operator) -> Self {
        operator.text()
    }
}

impl TryFrom<String> for Operator {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        const FIXED: [Operator; 7] = [
            Operator::Drop,
            Operator::FlipSign,
            Operator::Extremum,
            Operator::Direction,
            Operator::Remove,
            Operator::Exchange,
            Operator::CrossTerm,
        ];
        let fixed = FIXED.into_iter().find(|operator| operator.text() == text);
        let scaled = || text.strip_suffix(" %")?.parse().ok().map(|per_cent| Operator::Scale { per_cent });
        let raised = || text.strip_prefix("exponent ")?.parse().ok().map(|by| Operator::Exponent { by });
        fixed.or_else(scaled).or_else(raised).ok_or_else(|| format!("`{text}` is nothing that an audit does to a part"))
    }
}

/// A part of a statement that is mutated.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Target {
    /// The expression that it belongs to.
    pub place: Location,
    /// Where in that expression's text it begins and ends.
    pub span: [usize; 2],
    /// The part as written.
    pub text: String,
}

/// One mutant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Mutant {
    /// What is changed.
    pub target: Target,
    /// How.
    pub operator: Operator,
    /// The expressions that make the mutant of the statement.
    pub changes: Vec<Change>,
}

/// All mutants of a statement, those of one target together.
#[must_use]
pub fn mutants(statement: &Statement) -> Vec<Mutant> {
    let mut all = Vec::new();
    let between = parameters_between_0_and_1(statement);
    for (place, expr) in expressions(statement) {
        let mut collector = Collector { between: &between, found: Vec::new() };
        collector.walk(expr, &|changed| changed);
        if is_scaled_whole(&place) && !matches!(expr.kind, ExprKind::Number(_)) {
            collector.scale(expr, &|changed| changed);
        }
        if let Location::Hypothesis { .. } = place {
            let target = target(&place, expr);
            let changes = vec![Change { place: place.clone(), expression: None }];
            all.push(Mutant { target, operator: Operator::Remove, changes });
        }
        all.extend(collector.found.into_iter().map(|(part, operator, whole)| Mutant {
            target: Target { place: place.clone(), ..part },
            operator,
            changes: vec![Change { place: place.clone(), expression: Some(whole.to_string()) }],
        }));
    }
    if statement.form != Form::Identity {
        all.extend(reversed_claims(statement));
    }
    all.sort_by(|a, b| a.target.cmp(&b.target));
    all
}

/// lhs and rhs exchanged, claim by claim.
fn reversed_claims(statement: &Statement) -> impl Iterator<Item = Mutant> + '_ {
    statement.claims.iter().enumerate().map(|(number, claim)| {
        let (left, right) =
            (Location::Claim { number, side: Side::Left }, Location::Claim { number, side: Side::Right });
        Mutant {
            target: target(&right, &claim.rhs_expr),
            operator: Operator::Direction,
            changes: vec![
                Change { place: left, expression: Some(claim.rhs_expr.to_string()) },
                Change { place: right, expression: Some(claim.lhs_expr.to_string()) },
            ],
        }
    })
}

/// Scaling a whole left-hand side or definition says nothing that scaling the right-hand side does not;
/// a hypothesis is no number.
fn is_scaled_whole(place: &Location) -> bool {
    match place {
        Location::Claim { side, .. } => *side == Side::Right,
        Location::Constant { .. } | Location::Range { .. } | Location::Substitution { .. } => true,
        Location::Definition { .. } | Location::Hypothesis { .. } => false,
    }
}

fn parameters_between_0_and_1(statement: &Statement) -> Vec<String> {
    let is = |value: &Option<Term>, wanted: u32| matches!(value, Some(Term::Number(n)) if *n == wanted);
    let inside = statement.parameters.iter().filter(|p| is(&p.lower.value, 0) && is(&p.upper.value, 1));
    inside.map(|p| p.name.clone()).collect()
}

fn target(place: &Location, expr: &Expr) -> Target {
    Target { place: place.clone(), span: [expr.span.start, expr.span.end], text: expr.to_string() }
}

/// Puts a changed node back into the whole expression.
type Rebuild<'a> = &'a dyn Fn(Expr) -> Expr;

struct Collector<'a> {
    between: &'a [String],
    /// Target (its place is filled in later), operator and the whole changed expression.
    found: Vec<(Target, Operator, Expr)>,
}

fn node(kind: ExprKind) -> Expr {
    Expr { kind, span: 0..0 }
}

fn number(value: u32) -> Expr {
    node(ExprKind::Number(Rational::from(value)))
}

fn binary(op: BinaryOp, a: Expr, b: Expr) -> Expr {
    node(ExprKind::Binary(op, Box::new(a), Box::new(b)))
}

fn is_number(expr: &Expr, value: u32) -> bool {
    matches!(&expr.kind, ExprKind::Number(n) if *n == value)
}

/// 1 + per cent/100.
#[must_use]
pub fn factor(per_cent: i32) -> Rational {
    Rational::from((100 + per_cent, 100))
}

/// The expression, multiplied; a literal stays one.
#[must_use]
pub fn scaled(expr: &Expr, factor: &Rational) -> Expr {
    match &expr.kind {
        ExprKind::Number(value) => node(ExprKind::Number(Rational::from(value * factor))),
        _ => binary(BinaryOp::Mul, node(ExprKind::Number(factor.clone())), expr.clone()),
    }
}

impl Collector<'_> {
    fn add(&mut self, part: &Expr, operator: Operator, whole: Expr) {
        let dummy = Location::Claim { number: 0, side: Side::Left };
        self.found.push((target(&dummy, part), operator, whole));
    }

    fn scale(&mut self, part: &Expr, rebuild: Rebuild<'_>) {
        if is_number(part, 0) {
            return;
        }
        for per_cent in PER_CENT.into_iter().flat_map(|p| [-(p as i32), p as i32]) {
            self.add(part, Operator::Scale { per_cent }, rebuild(scaled(part, &factor(per_cent))));
        }
    }

    /// All mutations at and below a number- or vector-valued node, or a condition.
    fn walk(&mut self, expr: &Expr, rebuild: Rebuild<'_>) {
        match &expr.kind {
            ExprKind::Number(_) => self.scale(expr, rebuild),
            ExprKind::Name(name) => {
                if self.between.contains(name) {
                    let other = binary(BinaryOp::Sub, number(1), expr.clone());
                    self.add(expr, Operator::Exchange, rebuild(other));
                }
            }
            // What stands in brackets are indices, which are no constants of the theorem.
            ExprKind::Element { .. } => {}
            ExprKind::Negate(inner) => {
                self.add(expr, Operator::FlipSign, rebuild((**inner).clone()));
                self.walk(inner, &|new| rebuild(node(ExprKind::Negate(Box::new(new)))));
            }
            ExprKind::Binary(op, a, b) => self.binary(expr, (*op, a, b), rebuild),
            ExprKind::Compare { operands, relations } => self.compare(expr, operands, relations, rebuild),
            ExprKind::And(a, b) => {
                self.add(a, Operator::Remove, rebuild((**b).clone()));
                self.add(b, Operator::Remove, rebuild((**a).clone()));
                self.walk(a, &|new| rebuild(node(ExprKind::And(Box::new(new), b.clone()))));
                self.walk(b, &|new| rebuild(node(ExprKind::And(a.clone(), Box::new(new)))));
            }
            ExprKind::Call { name, arguments } => self.call(expr, name, arguments, rebuild),
            ExprKind::Reduce { op, variable, from, to, body } => self.walk(body, &|new| {
                rebuild(node(ExprKind::Reduce {
                    op: *op,
                    variable: variable.clone(),
                    from: from.clone(),
                    to: to.clone(),
                    body: Box::new(new),
                }))
            }),
            ExprKind::If { condition, then, otherwise } => {
                let whole = |c: &Expr, t: &Expr, o: &Expr| {
                    let (condition, then, otherwise) = (Box::new(c.clone()), Box::new(t.clone()), Box::new(o.clone()));
                    rebuild(node(ExprKind::If { condition, then, otherwise }))
                };
                // Its condition tells cases apart; a relation the other way round swaps them.
                self.add(expr, Operator::Direction, whole(condition, otherwise, then));
                self.walk(then, &|new| whole(condition, &new, otherwise));
                self.walk(otherwise, &|new| whole(condition, then, &new));
            }
            ExprKind::Expectation { body, past } => {
                self.walk(body, &|new| rebuild(node(ExprKind::Expectation { body: Box::new(new), past: *past })));
            }
        }
    }

    fn binary(&mut self, expr: &Expr, (op, a, b): (BinaryOp, &Expr, &Expr), rebuild: Rebuild<'_>) {
        let left = |new: Expr| rebuild(binary(op, new, b.clone()));
        let right = |new: Expr| rebuild(binary(op, a.clone(), new));
        match op {
            BinaryOp::Add | BinaryOp::Sub => {
                if let (BinaryOp::Sub, true, ExprKind::Name(name)) = (op, is_number(a, 1), &b.kind)
                    && self.between.contains(name)
                {
                    self.add(expr, Operator::Exchange, rebuild(b.clone()));
                }
                let flipped = if op == BinaryOp::Add { BinaryOp::Sub } else { BinaryOp::Add };
                self.add(b, Operator::FlipSign, rebuild(binary(flipped, a.clone(), b.clone())));
                self.add(b, Operator::Drop, rebuild(a.clone()));
                let alone = if op == BinaryOp::Add { b.clone() } else { node(ExprKind::Negate(Box::new(b.clone()))) };
                if !is_sum(a) {
                    self.add(a, Operator::Drop, rebuild(alone));
                }
                // A summand is a coefficient times something; literals are scaled when they are met.
                for (part, side) in [(a, &left as Rebuild<'_>), (b, &right)] {
                    if !is_sum(part) && !matches!(part.kind, ExprKind::Number(_)) {
                        self.scale(part, side);
                    }
                }
            }
            BinaryOp::Mul => {
                self.add(a, Operator::Drop, rebuild(b.clone()));
                self.add(b, Operator::Drop, rebuild(a.clone()));
            }
            BinaryOp::Div => self.add(b, Operator::Drop, rebuild(a.clone())),
            BinaryOp::Pow => return self.power(expr, a, b, rebuild),
        }
        self.walk(a, &left);
        self.walk(b, &right);
    }

    fn power(&mut self, expr: &Expr, base: &Expr, exponent: &Expr, rebuild: Rebuild<'_>) {
        if let ExprKind::Number(value) = &exponent.kind
            && value.is_integer()
        {
            for by in [-1, 1] {
                let changed = node(ExprKind::Number(Rational::from(value + by)));
                self.add(expr, Operator::Exponent { by }, rebuild(binary(BinaryOp::Pow, base.clone(), changed)));
            }
            if let (true, ExprKind::Binary(BinaryOp::Add | BinaryOp::Sub, a, b)) = (*value == 2, &base.kind) {
                let square = |part: &Expr| binary(BinaryOp::Pow, part.clone(), exponent.clone());
                self.add(expr, Operator::CrossTerm, rebuild(binary(BinaryOp::Add, square(a), square(b))));
            }
        } else {
            // K steps rather than K − 1 or K + 1.
            for (by, op) in [(-1, BinaryOp::Sub), (1, BinaryOp::Add)] {
                let changed = binary(op, exponent.clone(), number(1));
                self.add(expr, Operator::Exponent { by }, rebuild(binary(BinaryOp::Pow, base.clone(), changed)));
            }
        }
        self.walk(base, &|new| rebuild(binary(BinaryOp::Pow, new, exponent.clone())));
    }

    fn compare(&mut self, expr: &Expr, operands: &[Expr], relations: &[Relation], rebuild: Rebuild<'_>) {
        let whole =
            |operands: Vec<Expr>, relations: Vec<Relation>| rebuild(node(ExprKind::Compare { operands, relations }));
        for (i, relation) in relations.iter().enumerate() {
            let Some(reversed) = reversed(*relation) else { continue };
            let mut changed = relations.to_vec();
            changed[i] = reversed;
            self.add(expr, Operator::Direction, whole(operands.to_vec(), changed));
        }
        for (i, operand) in operands.iter().enumerate() {
            let side = |new: Expr| {
                let mut changed = operands.to_vec();
                changed[i] = new;
                whole(changed, relations.to_vec())
            };
            if !matches!(operand.kind, ExprKind::Number(_)) {
                self.scale(operand, &side);
            }
            self.walk(operand, &side);
        }
    }

    fn call(&mut self, expr: &Expr, name: &str, arguments: &[Expr], rebuild: Rebuild<'_>) {
        let whole =
            |name: &str, arguments: Vec<Expr>| rebuild(node(ExprKind::Call { name: name.to_owned(), arguments }));
        if let ("min" | "max", [a, b]) = (name, arguments) {
            let other = if name == "min" { "max" } else { "min" };
            self.add(expr, Operator::Extremum, whole(other, arguments.to_vec()));
            self.add(b, Operator::Drop, rebuild(a.clone()));
            self.add(a, Operator::Drop, rebuild(b.clone()));
        }
        for (i, argument) in arguments.iter().enumerate() {
            self.walk(argument, &|new| {
                let mut changed = arguments.to_vec();
                changed[i] = new;
                whole(name, changed)
            });
        }
    }
}

/// The summands of an expression, outermost sums taken apart.
#[must_use]
pub fn summands(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Binary(BinaryOp::Add | BinaryOp::Sub, a, b) => [summands(a), summands(b)].concat(),
        ExprKind::Negate(a) => summands(a),
        _ => vec![expr],
    }
}

/// The expression with another node at the target's place; `None` where the target is not in it.
#[must_use]
pub fn replaced(expr: &Expr, target: &Target, new: impl FnOnce(&Expr) -> Expr) -> Option<Expr> {
    fn find<'e>(expr: &'e mut Expr, target: &Target) -> Option<&'e mut Expr> {
        if [expr.span.start, expr.span.end] == target.span && expr.to_string() == target.text {
            return Some(expr);
        }
        expr.children_mut().into_iter().find_map(|child| find(child, target))
    }
    let mut whole = expr.clone();
    let node = find(&mut whole, target)?;
    *node = new(node);
    Some(whole)
}

/// The change that multiplies the target by a factor.
#[must_use]
pub fn scaling(statement: &Statement, target: &Target, factor: &Rational) -> Option<Change> {
    let (_, expr) = expressions(statement).into_iter().find(|(place, _)| *place == target.place)?;
    let whole = replaced(expr, target, |node| scaled(node, factor))?;
    Some(Change { place: target.place.clone(), expression: Some(whole.to_string()) })
}

/// Sums are taken apart into their summands.
fn is_sum(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Binary(BinaryOp::Add | BinaryOp::Sub, ..))
}

fn reversed(relation: Relation) -> Option<Relation> {
    match relation {
        Relation::Less => Some(Relation::Greater),
        Relation::LessEqual => Some(Relation::GreaterEqual),
        Relation::Greater => Some(Relation::Less),
        Relation::GreaterEqual => Some(Relation::LessEqual),
        Relation::Equal => None,
    }
}
