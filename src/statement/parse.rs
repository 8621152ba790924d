//! From text to syntax tree: a lexer and a recursive-descent parser that know where they are.
//!
//! ```text
//! condition  = comparison { "and" comparison }
//! comparison = sum { ("<" | "<=" | ">" | ">=" | "==") sum }
//! sum        = term { ("+" | "-") term }
//! term       = unary { ("*" | "/") unary }
//! unary      = "-" unary | power
//! power      = atom [ "^" unary ]
//! atom       = number | name | name "[" sum { "," sum } "]" | name "(" arguments ")"
//!            | ("sum" | "mean" | "min" | "max") "(" name "in" sum ".." sum "," sum ")"
//!            | "E" "[" sum [ "|" "past" ] "]" | "(" condition ")"
//! ```

use rug::{Integer, Rational, ops::Pow};
use thiserror::Error;

use super::syntax::{BinaryOp, Expr, ExprKind, ReduceOp, Relation, Span};

/// What is wrong with an expression's text, and where.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{message}")]
pub struct SyntaxError {
    /// One sentence.
    pub message: String,
    /// Place in the expression's text.
    pub span: Span,
}

/// Nesting beyond this is refused, so that no input can exhaust the stack.
pub const MAX_DEPTH: usize = 64;
/// Longer expressions are refused: a chain of operators nests as deep as it is long.
pub const MAX_TOKENS: usize = 1000;
/// Exponents of decimal literals beyond this are refused, so that no literal can exhaust memory.
const MAX_EXPONENT: i32 = 4000;

/// Parses an expression or a condition; all of `text` must be used.
///
/// # Errors
/// The first [`SyntaxError`], with its place.
pub fn parse(text: &str) -> Result<Expr, SyntaxError> {
    let mut parser = Parser::new(text)?;
    let expr = parser.condition()?;
    match parser.peek() {
        None => Ok(expr),
        Some(token) => {
            let found = token.kind.describe();
            Err(error(format!("expected an operator or the end, found {found}{}", way_out(&token.kind)), &token.span))
        }
    }
}

/// Parses `name in from..to`, the quantifier of a claim.
///
/// # Errors
/// A [`SyntaxError`] with its place.
pub fn parse_quantifier(text: &str) -> Result<(String, Expr, Expr), SyntaxError> {
    let mut parser = Parser::new(text)?;
    let quantifier = parser.range()?;
    match parser.peek() {
        None => Ok(quantifier),
        Some(token) => Err(error(format!("expected the end, found {}", token.kind.describe()), &token.span)),
    }
}

fn error(message: impl Into<String>, span: &Span) -> SyntaxError {
    SyntaxError { message: message.into(), span: span.clone() }
}

#[derive(Clone, Debug, PartialEq)]
enum TokenKind {
    Number(Rational),
    Name(String),
    Symbol(&'static str),
}

impl TokenKind {
    fn describe(&self) -> String {
        match self {
            TokenKind::Number(_) => "a number".into(),
            TokenKind::Name(name) => format!("`{name}`"),
            TokenKind::Symbol(symbol) => format!("`{symbol}`"),
        }
    }
}

#[derive(Clone, Debug)]
struct Token {
    kind: TokenKind,
    span: Span,
}

/// Longest first, so that `<=` is not read as `<`.
const SYMBOLS: [&str; 19] =
    ["<=", ">=", "==", "..", "<", ">", "+", "-", "*", "/", "^", "(", ")", "[", "]", ",", "|", "≤", "≥"];

/// How the language writes what such a character means elsewhere.
fn written_otherwise(c: char) -> &'static str {
    match c {
        '=' => "; equality is written `==`",
        '−' | '–' | '—' => "; a minus is written `-`",
        '×' | '·' | '⋅' => "; a product is written `*`",
        '÷' => "; a quotient is written `/`",
        '&' => "; conditions are joined by `and`",
        '!' => "; there is no `!=`: a condition is made of <, <=, >, >=, == and `and`",
        _ => "",
    }
}

/// How the language does without `or`.
fn way_out(kind: &TokenKind) -> &'static str {
    match kind {
        TokenKind::Name(name) if name == "or" => {
            "; there is no `or`: write `a <= b or c <= d` as `min(a - b, c - d) <= 0`"
        }
        TokenKind::Symbol("|") => "; a bar stands in E[· | past] alone, and there is no `||`",
        _ => "",
    }
}

fn lex(text: &str) -> Result<Vec<Token>, SyntaxError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let start = at;
        let kind = if first.is_ascii_digit() {
            let (value, end) = lex_number(text, start)?;
            at = end;
            TokenKind::Number(value)
        } else if first.is_alphabetic() || first == '_' {
            at += text[start..].find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len() - start);
            TokenKind::Name(text[start..at].to_owned())
        } else if let Some(symbol) = SYMBOLS.iter().find(|s| text[start..].starts_with(**s)) {
            at += symbol.len();
            TokenKind::Symbol(match *symbol {
                "≤" => "<=",
                "≥" => ">=",
                other => other,
            })
        } else {
            let help = written_otherwise(first);
            return Err(error(format!("`{first}` has no meaning here{help}"), &(start..start + first.len_utf8())));
        };
        tokens.push(Token { kind, span: start..at });
    }
    Ok(tokens)
}

/// A decimal literal as an exact rational. `0..K` is a range, so a dot must be followed by a digit.
fn lex_number(text: &str, start: usize) -> Result<(Rational, usize), SyntaxError> {
    let bytes = text.as_bytes();
    let digits_from = |mut i: usize| {
        while bytes.get(i).is_some_and(u8::is_ascii_digit) {
            i += 1;
        }
        i
    };
    let mut end = digits_from(start);
    let mut mantissa = text[start..end].to_owned();
    let mut scale = 0i32;
    if bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit) {
        let fraction_end = digits_from(end + 1);
        mantissa.push_str(&text[end + 1..fraction_end]);
        scale -= i32::try_from(fraction_end - end - 1).unwrap_or(i32::MAX);
        end = fraction_end;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign_len = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let digits = end + 1 + sign_len;
        let exponent_end = digits_from(digits);
        if exponent_end > digits {
            let exponent: i32 = text[end + 1..exponent_end]
                .parse()
                .map_err(|_| error("this exponent is too large", &(start..exponent_end)))?;
            scale = scale.saturating_add(exponent);
            end = exponent_end;
        }
    }
    if mantissa.len() > 2 * MAX_EXPONENT as usize || scale.abs() > MAX_EXPONENT {
        return Err(error("this number is too long or its exponent too large", &(start..end)));
    }
    let digits: Integer = mantissa.parse().map_err(|_| error("not a number", &(start..end)))?;
    let power = Integer::from(10).pow(scale.unsigned_abs());
    let value = if scale < 0 { Rational::from((digits, power)) } else { Rational::from(digits * power) };
    Ok((value, end))
}

struct Parser {
    tokens: Vec<Token>,
    position: usize,
    depth: usize,
    end: usize,
}

type Parsed = Result<Expr, SyntaxError>;

impl Parser {
    fn new(text: &str) -> Result<Self, SyntaxError> {
        let tokens = lex(text)?;
        match tokens.get(MAX_TOKENS) {
            Some(token) => Err(error(
                format!("expected at most {MAX_TOKENS} symbols in one expression; give its parts names under [define]"),
                &token.span,
            )),
            None => Ok(Parser { tokens, position: 0, depth: 0, end: text.len() }),
        }
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.position)
    }

    fn at_symbol(&self, symbol: &str) -> bool {
        matches!(self.peek(), Some(Token { kind: TokenKind::Symbol(s), .. }) if *s == symbol)
    }

    fn take_symbol(&mut self, symbol: &str) -> bool {
        let found = self.at_symbol(symbol);
        self.position += usize::from(found);
        found
    }

    fn take_name(&mut self, name: &str) -> bool {
        let found = matches!(self.peek(), Some(Token { kind: TokenKind::Name(n), .. }) if n == name);
        self.position += usize::from(found);
        found
    }

    fn expect_symbol(&mut self, symbol: &str, whence: &str) -> Result<usize, SyntaxError> {
        if self.take_symbol(symbol) {
            Ok(self.tokens[self.position - 1].span.end)
        } else {
            Err(self.unexpected(&format!("`{symbol}` {whence}")))
        }
    }

    fn unexpected(&self, wanted: &str) -> SyntaxError {
        match self.peek() {
            Some(token) => error(format!("expected {wanted}, found {}", token.kind.describe()), &token.span),
            None => error(format!("expected {wanted}, found the end"), &(self.end..self.end)),
        }
    }

    fn condition(&mut self) -> Parsed {
        let mut left = self.comparison()?;
        while self.take_name("and") {
            let right = self.comparison()?;
            let span = left.span.start..right.span.end;
            left = Expr { kind: ExprKind::And(Box::new(left), Box::new(right)), span };
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Parsed {
        let first = self.sum()?;
        let mut operands = vec![first];
        let mut relations = Vec::new();
        while let Some(relation) = self.take_relation() {
            relations.push(relation);
            operands.push(self.sum()?);
        }
        if relations.is_empty() {
            return Ok(operands.swap_remove(0));
        }
        let span = operands[0].span.start..operands[operands.len() - 1].span.end;
        Ok(Expr { kind: ExprKind::Compare { operands, relations }, span })
    }

    fn take_relation(&mut self) -> Option<Relation> {
        use Relation::{Equal, Greater, GreaterEqual, Less, LessEqual};
        [Less, LessEqual, Greater, GreaterEqual, Equal].into_iter().find(|r| self.take_symbol(r.symbol()))
    }

    fn binary_chain(&mut self, operators: [BinaryOp; 2], next: fn(&mut Self) -> Parsed) -> Parsed {
        let mut left = next(self)?;
        while let Some(op) = operators.into_iter().find(|op| self.take_symbol(op.symbol())) {
            let right = next(self)?;
            let span = left.span.start..right.span.end;
            left = Expr { kind: ExprKind::Binary(op, Box::new(left), Box::new(right)), span };
        }
        Ok(left)
    }

    fn sum(&mut self) -> Parsed {
        self.binary_chain([BinaryOp::Add, BinaryOp::Sub], Self::term)
    }

    fn term(&mut self) -> Parsed {
        self.binary_chain([BinaryOp::Mul, BinaryOp::Div], Self::unary)
    }

    /// Every nesting passes here, so the depth is counted here.
    fn unary(&mut self) -> Parsed {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.unexpected(&format!("at most {MAX_DEPTH} levels of nesting")));
        }
        let start = self.peek().map_or(self.end, |token| token.span.start);
        let parsed = if self.take_symbol("-") {
            let inner = self.unary()?;
            let span = start..inner.span.end;
            Expr { kind: ExprKind::Negate(Box::new(inner)), span }
        } else {
            self.power()?
        };
        self.depth -= 1;
        Ok(parsed)
    }

    fn power(&mut self) -> Parsed {
        let base = self.atom()?;
        if !self.take_symbol("^") {
            return Ok(base);
        }
        let exponent = self.unary()?;
        let span = base.span.start..exponent.span.end;
        Ok(Expr { kind: ExprKind::Binary(BinaryOp::Pow, Box::new(base), Box::new(exponent)), span })
    }

    fn atom(&mut self) -> Parsed {
        let Some(Token { kind, span }) = self.peek().cloned() else {
            return Err(self.unexpected("a number, a name or `(`"));
        };
        match kind {
            TokenKind::Number(value) => {
                self.position += 1;
                Ok(Expr { kind: ExprKind::Number(value), span })
            }
            TokenKind::Symbol("(") => {
                self.position += 1;
                let inner = self.condition()?;
                let end = self.expect_symbol(")", "to close the parenthesis")?;
                Ok(Expr { kind: inner.kind, span: span.start..end })
            }
            TokenKind::Symbol(_) => Err(self.unexpected("a number, a name or `(`")),
            TokenKind::Name(name) => {
                self.position += 1;
                if self.take_symbol("[") {
                    self.element(name, span.start)
                } else if self.take_symbol("(") {
                    self.call(name, span.start)
                } else {
                    Ok(Expr { kind: ExprKind::Name(name), span })
                }
            }
        }
    }

    fn element(&mut self, name: String, start: usize) -> Parsed {
        if name == "E" {
            let body = Box::new(self.sum()?);
            let past = self.take_symbol("|");
            if past && !self.take_name("past") {
                return Err(self.unexpected("`past` after `|`"));
            }
            let end = self.expect_symbol("]", "to close the expectation")?;
            return Ok(Expr { kind: ExprKind::Expectation { body, past }, span: start..end });
        }
        let indices = self.list()?;
        let end = self.expect_symbol("]", "to close the index")?;
        Ok(Expr { kind: ExprKind::Element { name, indices }, span: start..end })
    }

    fn list(&mut self) -> Result<Vec<Expr>, SyntaxError> {
        let mut items = vec![self.condition()?];
        while self.take_symbol(",") {
            items.push(self.condition()?);
        }
        Ok(items)
    }

    fn call(&mut self, name: String, start: usize) -> Parsed {
        let reduces = matches!(
            (self.tokens.get(self.position), self.tokens.get(self.position + 1)),
            (Some(Token { kind: TokenKind::Name(_), .. }), Some(Token { kind: TokenKind::Name(word), .. })) if word == "in"
        );
        let kind = if let (true, Some(op)) = (reduces, ReduceOp::from_name(&name)) {
            let (variable, from, to) = self.range()?;
            self.expect_symbol(",", "after the range")?;
            let body = Box::new(self.sum()?);
            ExprKind::Reduce { op, variable, from: Box::new(from), to: Box::new(to), body }
        } else if self.at_symbol(")") {
            ExprKind::Call { name, arguments: Vec::new() }
        } else {
            let arguments = self.list()?;
            if name == "if" {
                let count = arguments.len();
                let Ok([condition, then, otherwise]) = <[Expr; 3]>::try_from(arguments) else {
                    let end = self.peek().map_or(self.end, |token| token.span.end);
                    return Err(error(
                        format!("`if` takes a condition and two values, got {count} arguments"),
                        &(start..end),
                    ));
                };
                ExprKind::If { condition: Box::new(condition), then: Box::new(then), otherwise: Box::new(otherwise) }
            } else {
                ExprKind::Call { name, arguments }
            }
        };
        let end = self.expect_symbol(")", "to close the argument list")?;
        Ok(Expr { kind, span: start..end })
    }

    fn range(&mut self) -> Result<(String, Expr, Expr), SyntaxError> {
        let variable = match self.peek() {
            Some(Token { kind: TokenKind::Name(name), .. }) => name.clone(),
            _ => return Err(self.unexpected("an index name")),
        };
        self.position += 1;
        if !self.take_name("in") {
            return Err(self.unexpected("`in` after the index name"));
        }
        let from = self.sum()?;
        self.expect_symbol("..", "between the ends of the range")?;
        let to = self.sum()?;
        Ok((variable, from, to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(text: &str) -> String {
        parse(text).unwrap().to_string()
    }

    #[test]
    fn precedence_and_associativity_are_those_of_mathematics() {
        assert_eq!(printed("a - (b - c)"), "a - (b - c)");
        assert_eq!(printed("(a - b) - c"), "a - b - c");
        assert_eq!(printed("-x^2"), "-x^2");
        assert_eq!(printed("(-x)^2"), "(-x)^2");
        assert_eq!(printed("2^-3"), "2^-3");
        assert_eq!(printed("a/(b*c)"), "a/(b*c)");
        assert_eq!(printed("(a/b)*c"), "a/b*c");
        assert_eq!(printed("a^b^c"), "a^b^c");
        assert_eq!(printed("(a^b)^c"), "(a^b)^c");
    }

    #[test]
    fn decimals_are_exact() {
        let ExprKind::Number(value) = parse("0.1").unwrap().kind else { panic!("a number") };
        assert_eq!(value, Rational::from((1, 10)));
        let ExprKind::Number(value) = parse("1.25e-3").unwrap().kind else { panic!("a number") };
        assert_eq!(value, Rational::from((1, 800)));
        assert_eq!(printed("0.00125"), "0.00125");
    }

    #[test]
    fn a_range_is_not_read_as_a_decimal() {
        assert_eq!(printed("sum(k in 0..K, a[k])"), "sum(k in 0..K, a[k])");
    }

    #[test]
    fn chained_comparisons_and_unicode_relations_parse() {
        assert_eq!(printed("0 < a ≤ b and c == d"), "0 < a <= b and c == d");
    }

    #[test]
    fn conditional_expectation_parses() {
        assert_eq!(printed("E[Psi[k+1] | past]"), "E[Psi[k + 1] | past]");
    }

    #[test]
    fn errors_point_at_their_place() {
        let err = parse("a + * b").unwrap_err();
        assert_eq!(err.span, 4..5);
        let err = parse("sqrt(a").unwrap_err();
        assert_eq!(err.span, 6..6);
        assert!(err.message.contains("`)`"), "{}", err.message);
        assert_eq!(parse("a = b").unwrap_err().span, 2..3);
        assert!(parse("1e999999").is_err());
        assert!(parse("").is_err());
    }

    #[test]
    fn deep_nesting_is_refused_not_overflowed() {
        let text = format!("{}1{}", "(".repeat(200), ")".repeat(200));
        assert!(parse(&text).unwrap_err().message.contains("nesting"));
        assert!(parse(&"-".repeat(200)).is_err());
    }
}
