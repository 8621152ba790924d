//! The syntax tree of expressions. Every literal and every operator is a node with its place in
//! the source, so that errors can point at it and an audit can change it.

use std::fmt;
use std::ops::Range;

use rug::Rational;

/// Byte range in the text of one expression.
pub type Span = Range<usize>;

/// An expression with its place.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands in the expression's text.
    pub span: Span,
}

/// Trees are equal when they mean the same, wherever they stand.
impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

/// The forms of an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A decimal literal, read as the exact rational it denotes.
    Number(Rational),
    /// A parameter, constant, builtin or bound index.
    Name(String),
    /// `name[i]` or `name[i, k]`: an element of a sequence, or a definition applied to indices.
    Element {
        /// Sequence or definition.
        name: String,
        /// One or two integer expressions.
        indices: Vec<Expr>,
    },
    /// `-a`.
    Negate(Box<Expr>),
    /// `a op b`.
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `a < b <= c and …`: neighbouring pairs all hold. Conditions only.
    Compare {
        /// n + 1 operands.
        operands: Vec<Expr>,
        /// n relations between neighbours.
        relations: Vec<Relation>,
    },
    /// `p and q`.
    And(Box<Expr>, Box<Expr>),
    /// `function(arguments)`.
    Call {
        /// Function name.
        name: String,
        /// Arguments in order.
        arguments: Vec<Expr>,
    },
    /// `sum(k in a..b, body)` and its like; the range is half open.
    Reduce {
        /// `sum`, `mean`, `min` or `max`.
        op: ReduceOp,
        /// Bound index.
        variable: String,
        /// First value.
        from: Box<Expr>,
        /// One past the last value.
        to: Box<Expr>,
        /// What is reduced.
        body: Box<Expr>,
    },
    /// `if(condition, then, otherwise)`; only the chosen branch is evaluated.
    If {
        /// A condition.
        condition: Box<Expr>,
        /// Value where it holds.
        then: Box<Expr>,
        /// Value elsewhere.
        otherwise: Box<Expr>,
    },
    /// `E[body]`, or `E[body | past]`: over the noise of one step, given all before it.
    Expectation {
        /// What is averaged.
        body: Box<Expr>,
        /// Whether it is conditional on the past.
        past: bool,
    },
}

/// Arithmetic operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `^`
    Pow,
}

/// Order relations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `==`
    Equal,
}

/// Reductions over an index range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReduceOp {
    /// Sum; zero over an empty range.
    Sum,
    /// Arithmetic mean; undefined over an empty range.
    Mean,
    /// Least value; undefined over an empty range.
    Min,
    /// Greatest value; undefined over an empty range.
    Max,
}

impl BinaryOp {
    /// The operator as written.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Mul => "*",
            BinaryOp::Div => "/",
            BinaryOp::Pow => "^",
        }
    }

    /// Binding strength; a child of lower strength needs parentheses.
    fn strength(self) -> u8 {
        match self {
            BinaryOp::Add | BinaryOp::Sub => 3,
            BinaryOp::Mul | BinaryOp::Div => 4,
            BinaryOp::Pow => 6,
        }
    }
}

impl Relation {
    /// The relation as written.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Relation::Less => "<",
            Relation::LessEqual => "<=",
            Relation::Greater => ">",
            Relation::GreaterEqual => ">=",
            Relation::Equal => "==",
        }
    }
}

impl ReduceOp {
    /// The reduction as written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ReduceOp::Sum => "sum",
            ReduceOp::Mean => "mean",
            ReduceOp::Min => "min",
            ReduceOp::Max => "max",
        }
    }

    /// The reduction of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [ReduceOp::Sum, ReduceOp::Mean, ReduceOp::Min, ReduceOp::Max].into_iter().find(|op| op.name() == name)
    }
}

const NEGATION: u8 = 5;
const ATOM: u8 = 7;

impl Expr {
    /// The nodes directly below this one, as written from left to right.
    pub fn children_mut(&mut self) -> Vec<&mut Expr> {
        match &mut self.kind {
            ExprKind::Number(_) | ExprKind::Name(_) => Vec::new(),
            ExprKind::Negate(a) | ExprKind::Expectation { body: a, .. } => vec![a],
            ExprKind::Binary(_, a, b) | ExprKind::And(a, b) => vec![a, b],
            ExprKind::Element { indices: all, .. }
            | ExprKind::Compare { operands: all, .. }
            | ExprKind::Call { arguments: all, .. } => all.iter_mut().collect(),
            ExprKind::Reduce { from, to, body, .. } => vec![from, to, body],
            ExprKind::If { condition, then, otherwise } => vec![condition, then, otherwise],
        }
    }

    /// Whether a name occurs in it.
    #[must_use]
    pub fn mentions(&self, name: &str) -> bool {
        mentions(&self.to_string(), name)
    }

    fn strength(&self) -> u8 {
        match &self.kind {
            ExprKind::And(..) => 1,
            ExprKind::Compare { .. } => 2,
            ExprKind::Binary(op, ..) => op.strength(),
            ExprKind::Negate(_) => NEGATION,
            // A literal that is not a terminating decimal is printed as a quotient.
            ExprKind::Number(value) if decimal(value).is_none() => BinaryOp::Div.strength(),
            _ => ATOM,
        }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, least: u8) -> fmt::Result {
        if self.strength() < least { write!(f, "({self})") } else { write!(f, "{self}") }
    }
}

/// Whether a name occurs in the text of an expression.
pub(super) fn mentions(text: &str, name: &str) -> bool {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == name)
}

/// Terminating decimal notation of a nonnegative rational, where it has one of reasonable length.
fn decimal(value: &Rational) -> Option<String> {
    if value.is_integer() {
        return Some(value.numer().to_string());
    }
    let mut digits = 0usize;
    let mut scaled = value.clone();
    while !scaled.is_integer() {
        scaled *= 10;
        digits += 1;
        if digits > 60 {
            return None;
        }
    }
    let text = format!("{:0>width$}", scaled.numer().to_string(), width = digits + 1);
    let (whole, fraction) = text.split_at(text.len() - digits);
    Some(format!("{whole}.{fraction}"))
}

/// Prints with the fewest parentheses that parse back to the same tree.
impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Number(value) => match decimal(value) {
                Some(text) => f.write_str(&text),
                None => write!(f, "{}/{}", value.numer(), value.denom()),
            },
            ExprKind::Name(name) => f.write_str(name),
            ExprKind::Element { name, indices } => {
                write!(f, "{name}[")?;
                write_list(f, indices)?;
                f.write_str("]")
            }
            ExprKind::Negate(inner) => {
                f.write_str("-")?;
                inner.write(f, NEGATION)
            }
            ExprKind::Binary(op, left, right) => {
                let strength = op.strength();
                // `^` takes an atom on its left and anything from negation up on its right.
                let (left_least, right_least) = match op {
                    BinaryOp::Pow => (ATOM, NEGATION),
                    _ => (strength, strength + 1),
                };
                left.write(f, left_least)?;
                match op {
                    BinaryOp::Pow => f.write_str("^")?,
                    BinaryOp::Mul | BinaryOp::Div => f.write_str(op.symbol())?,
                    BinaryOp::Add | BinaryOp::Sub => write!(f, " {} ", op.symbol())?,
                }
                right.write(f, right_least)
            }
            ExprKind::Compare { operands, relations } => {
                operands[0].write(f, 3)?;
                for (relation, operand) in relations.iter().zip(&operands[1..]) {
                    write!(f, " {} ", relation.symbol())?;
                    operand.write(f, 3)?;
                }
                Ok(())
            }
            ExprKind::And(left, right) => {
                left.write(f, 1)?;
                f.write_str(" and ")?;
                right.write(f, 2)
            }
            ExprKind::Call { name, arguments } => {
                write!(f, "{name}(")?;
                write_list(f, arguments)?;
                f.write_str(")")
            }
            ExprKind::Reduce { op, variable, from, to, body } => {
                write!(f, "{}({variable} in {from}..{to}, {body})", op.name())
            }
            ExprKind::If { condition, then, otherwise } => write!(f, "if({condition}, {then}, {otherwise})"),
            ExprKind::Expectation { body, past } => {
                write!(f, "E[{body}{}]", if *past { " | past" } else { "" })
            }
        }
    }
}

fn write_list(f: &mut fmt::Formatter<'_>, items: &[Expr]) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            f.write_str(", ")?;
        }
        write!(f, "{item}")?;
    }
    Ok(())
}
