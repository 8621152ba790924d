//! Which statements say the same: their terms, as rational functions of what they do not compute, at random
//! points of a prime field. Equal functions have equal fingerprints; different ones share one with
//! probability below 10^-30 (Schwartz and Zippel's lemma at two independent points, degrees below 10^3).

use rug::Rational;
use rug::integer::Order;

use crate::statement::term::{Condition, Index, Term, Vector};
use crate::statement::{Bound, Statement};

/// 2^61 − 1, a prime.
const PRIME: u64 = (1 << 61) - 1;
const SEEDS: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0x2545_f491_4f6c_dd1d];

/// What a statement claims and under which conditions, in one number for each point.
pub type Fingerprint = [u64; 2];

/// The fingerprint of a statement: its claims with all constants expanded, its hypotheses and its ranges.
#[must_use]
pub fn fingerprint(statement: &Statement) -> Fingerprint {
    SEEDS.map(|seed| Reader { statement, seed }.statement())
}

struct Reader<'a> {
    statement: &'a Statement,
    seed: u64,
}

fn add(a: u64, b: u64) -> u64 {
    let sum = a + b;
    if sum >= PRIME { sum - PRIME } else { sum }
}

fn negate(a: u64) -> u64 {
    if a == 0 { 0 } else { PRIME - a }
}

fn multiply(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    let (low, high) = ((product & u128::from(PRIME)) as u64, (product >> 61) as u64);
    add(low, high)
}

fn power(mut base: u64, mut exponent: u64) -> u64 {
    let mut result = 1;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = multiply(result, base);
        }
        base = multiply(base, base);
        exponent >>= 1;
    }
    result
}

fn inverse(a: u64) -> u64 {
    power(a, PRIME - 2)
}

/// The value of an index that has the same one everywhere.
fn constant(index: &Index) -> Option<i64> {
    match index {
        Index::Literal(value) => Some(*value),
        Index::Add(a, b) => constant(a)?.checked_add(constant(b)?),
        Index::Sub(a, b) => constant(a)?.checked_sub(constant(b)?),
        Index::Mul(a, b) => constant(a)?.checked_mul(constant(b)?),
        _ => None,
    }
}

impl Reader<'_> {
    /// A number of the field that depends on all parts and on nothing else.
    fn hash(&self, tag: &str, parts: &[u64]) -> u64 {
        let mut state = self.seed;
        let bytes = tag.bytes().map(u64::from);
        for part in bytes.chain([u64::MAX]).chain(parts.iter().copied()) {
            state = (state ^ part).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            state = (state ^ (state >> 29)).wrapping_mul(0x94d0_49bb_1331_11eb);
            state ^= state >> 32;
        }
        state % PRIME
    }

    fn statement(&self) -> u64 {
        let mut parts = Vec::new();
        for claim in &self.statement.claims {
            parts.push(add(self.term(&claim.rhs), negate(self.term(&claim.lhs))));
        }
        parts.push(self.hash("hypotheses", &[]));
        parts.extend(self.statement.hypotheses.iter().map(|h| self.condition(&h.condition)));
        for parameter in &self.statement.parameters {
            parts.push(self.bound(&parameter.lower));
            parts.push(self.bound(&parameter.upper));
        }
        self.hash("statement", &parts)
    }

    fn bound(&self, bound: &Bound) -> u64 {
        match &bound.value {
            Some(term) => self.hash("bound", &[self.term(term), u64::from(bound.closed)]),
            None => self.hash("unbounded", &[]),
        }
    }

    fn rational(&self, value: &Rational) -> u64 {
        let reduced = |integer: &rug::Integer| {
            let digits = integer.to_digits::<u64>(Order::Msf);
            let wide = |acc: u64, digit: &u64| {
                let shifted = (u128::from(acc) << 64) | u128::from(*digit);
                (shifted % u128::from(PRIME)) as u64
            };
            digits.iter().fold(0, wide)
        };
        let quotient = multiply(reduced(value.numer()), inverse(reduced(value.denom())));
        if *value < 0 { negate(quotient) } else { quotient }
    }

    fn index(&self, index: &Index) -> u64 {
        match index {
            Index::Literal(value) => self.rational(&Rational::from(*value)),
            Index::Slot(slot) => self.hash("slot", &[*slot as u64]),
            Index::Horizon => self.hash("horizon", &[]),
            Index::Workers => self.hash("workers", &[]),
            Index::Dimension => self.hash("dimension", &[]),
            Index::Random => self.hash("random", &[]),
            Index::Limit => self.hash("limit", &[]),
            Index::Add(a, b) => add(self.index(a), self.index(b)),
            Index::Sub(a, b) => add(self.index(a), negate(self.index(b))),
            Index::Mul(a, b) => multiply(self.index(a), self.index(b)),
        }
    }

    fn condition(&self, condition: &Condition) -> u64 {
        let parts: Vec<u64> = condition
            .0
            .iter()
            .flat_map(|(left, relation, right)| {
                let difference = add(self.term(left), negate(self.term(right)));
                [difference, self.hash(relation.symbol(), &[])]
            })
            .collect();
        self.hash("condition", &parts)
    }

    fn term(&self, term: &Term) -> u64 {
        match term {
            Term::Number(value) => self.rational(value),
            Term::Parameter(i) => self.hash("parameter", &[*i as u64]),
            Term::Constant(i) => self.term(&self.statement.constants[*i].term),
            Term::Builtin(builtin) => self.hash(builtin.name(), &[]),
            Term::Given(i) => self.hash("given", &[*i as u64]),
            Term::Method(i, _) => self.hash("method", &[*i as u64]),
            Term::Start(i) => self.hash("start", &[*i as u64]),
            Term::Integer(index) => self.index(index),
            Term::Element(sequence, index) => self.hash(sequence.name(), &[self.index(index)]),
            Term::ValueAt(vector) => self.hash("f", &[self.vector(vector)]),
            Term::Norm2(vector) => self.hash("norm2", &[self.up_to_sign(vector)]),
            Term::Norm(vector) => self.hash("norm", &[self.up_to_sign(vector)]),
            Term::Norm1(vector) => self.hash("norm1", &[self.up_to_sign(vector)]),
            Term::Dot(a, b) => {
                let (a, b) = (self.vector(a), self.vector(b));
                self.hash("dot", &[a.min(b), a.max(b)])
            }
            Term::Negate(a) => negate(self.term(a)),
            Term::Add(a, b) => add(self.term(a), self.term(b)),
            Term::Sub(a, b) => add(self.term(a), negate(self.term(b))),
            Term::Mul(a, b) => multiply(self.term(a), self.term(b)),
            Term::Div(a, b) => multiply(self.term(a), inverse(self.term(b))),
            Term::PowInt(a, exponent) => match constant(exponent) {
                Some(exponent) => {
                    let power = power(self.term(a), exponent.unsigned_abs());
                    if exponent < 0 { inverse(power) } else { power }
                }
                None => self.hash("power", &[self.term(a), self.index(exponent)]),
            },
            Term::PowReal(a, b) => self.hash("real power", &[self.term(a), self.term(b)]),
            Term::Apply(function, a) => self.hash(&format!("{function:?}"), &[self.term(a)]),
            Term::Min(a, b) => self.symmetric("min", a, b),
            Term::Max(a, b) => self.symmetric("max", a, b),
            Term::Reduce { op, slot, from, to, body } => {
                let parts = [*slot as u64, self.index(from), self.index(to), self.term(body)];
                self.hash(op.name(), &parts)
            }
            Term::If(condition, a, b) => self.hash("if", &[self.condition(condition), self.term(a), self.term(b)]),
            Term::Expectation { body, past } => self.hash("expectation", &[u64::from(*past), self.term(body)]),
        }
    }

    fn symmetric(&self, tag: &str, a: &Term, b: &Term) -> u64 {
        let (a, b) = (self.term(a), self.term(b));
        self.hash(tag, &[a.min(b), a.max(b)])
    }

    fn up_to_sign(&self, vector: &Vector) -> u64 {
        let value = self.vector(vector);
        value.min(negate(value))
    }

    /// Vectors are linear in their elements.
    fn vector(&self, vector: &Vector) -> u64 {
        match vector {
            Vector::Element(sequence, index) => self.hash(sequence.name(), &[self.index(index)]),
            Vector::WorkerGradient(worker, index) => {
                self.hash("worker gradient", &[self.index(worker), self.index(index)])
            }
            Vector::Minimiser => self.hash("x_star", &[]),
            Vector::GradientAt(worker, a) => {
                let worker = worker.as_ref().map_or(0, |worker| self.index(worker));
                self.hash("gradient at", &[worker, self.vector(a)])
            }
            Vector::WorkerElement(quantity, worker, index) => {
                self.hash(&quantity.name, &[self.index(worker), self.index(index)])
            }
            Vector::Negate(a) => negate(self.vector(a)),
            Vector::Add(a, b) => add(self.vector(a), self.vector(b)),
            Vector::Sub(a, b) => add(self.vector(a), negate(self.vector(b))),
            Vector::Scale(factor, a) => multiply(self.term(factor), self.vector(a)),
            Vector::Clip(threshold, a) => self.hash("clip", &[self.term(threshold), self.vector(a)]),
            Vector::Expectation(a) => self.hash("expected vector", &[self.vector(a)]),
            Vector::Reduce { op, slot, from, to, body } => {
                let parts = [*slot as u64, self.index(from), self.index(to), self.vector(body)];
                self.hash(op.name(), &parts)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::mutation::fingerprint::*;
    use crate::statement::load_text;

    fn of(rhs: &str) -> Fingerprint {
        let text = format!(
            "id = \"test\"\ntitle = \"t\"\nkind = \"pathwise\"\nsource = \"s\"\nproof = \"p\"\n\
             [parameters]\nbeta = {{ in = \"(0, 1]\" }}\n[constants]\nr = \"(1 - beta)/beta\"\n\
             [claim]\nfor_all = \"k in 0..K\"\nlhs = \"f[k+1]\"\nrhs = \"{rhs}\"\n"
        );
        fingerprint(&load_text("test.toml", &text).unwrap_or_else(|err| panic!("{err}")))
    }

    #[test]
    fn terms_that_are_the_same_rational_function_agree() {
        let same = [
            ("r*norm2(v[k])", "(1/beta - 1)*norm2(v[k])"),
            ("(beta + L)^2", "beta^2 + 2*beta*L + L^2"),
            ("norm2(grad[k] - v[k])", "norm2(v[k] - grad[k])"),
            ("max(beta, L)", "max(L, beta)"),
            ("L^-1", "beta/(beta*L)"),
            ("0.125*L", "L/8"),
            ("min(beta, 1 - beta)", "min(r*beta, beta)"),
        ];
        for (a, b) in same {
            assert_eq!(of(a), of(b), "{a} and {b}");
        }
    }

    #[test]
    fn terms_that_differ_do_not() {
        let different = [
            ("L", "1.01*L"),
            ("(beta + L)^2", "beta^2 + L^2"),
            ("max(beta, L)", "min(beta, L)"),
            ("sqrt(L)", "sqrt(mu)"),
            ("norm2(v[k])", "norm2(v[k-1])"),
            ("sum(j in 0..K, f[j])", "sum(j in 0..K+1, f[j])"),
            ("if(beta == 1, L, mu)", "if(beta == 1, mu, L)"),
            ("L - beta", "beta - L"),
        ];
        for (a, b) in different {
            assert_ne!(of(a), of(b), "{a} and {b}");
        }
    }
}
