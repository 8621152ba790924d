//! From a statement and its method to what is to be proved: one problem for each claim, kind of index, start and
//! case. No search: it lists what is known, and a proof may use nothing else.

mod basis;
mod facts;
mod method;
mod numbers;
mod reach;
mod stop;
mod terms;
mod unknowns;

use std::cmp::Ordering;

use basis::Basis;
use facts::{Facts, learn_builtin, learn_given};
use method::{Errors, Run};
use numbers::{Choice, Kind, Numbers};
use reach::Reach;
use stop::{Stop, Translated};
use terms::Reader;
use unknowns::Unknowns;

use super::problem::{Combination, Condition, Fact, Form, Problem, Sign};
use crate::algebra::{Fraction, Polynomial};
use crate::statement::syntax::Relation;
use crate::statement::term::{Builtin, Index, Term};
use crate::statement::{Claim, Form as Related, Statement, Symbol};

/// Most cases of one problem.
const MOST_CASES: usize = 64;

/// What is to be proved of a statement.
///
/// # Errors
/// Why it has no such form.
pub fn translate(statement: &Statement) -> Result<Vec<Problem>, String> {
    let mut problems = Vec::new();
    for (position, claim) in statement.claims.iter().enumerate() {
        let name = if statement.claims.len() > 1 { format!("claim {}, ", position + 1) } else { String::new() };
        for place in places(statement, claim)? {
            let named = Place { name: format!("{name}{}", place.name), ..place };
            problems.extend(cases(statement, claim, &named)?);
        }
    }
    Ok(problems)
}

/// A kind of index, and a start.
struct Place {
    name: String,
    /// The index itself; none for all from `from` on.
    index: Option<i64>,
    from: i64,
    start: Option<usize>,
    reach: Reach,
}

/// The first indices one by one, from each start, and all later ones together.
fn places(statement: &Statement, claim: &Claim) -> Result<Vec<Place>, String> {
    let Some(quantifier) = &claim.quantifier else {
        return Err("a claim about the run as a whole is no inequality of one step".to_owned());
    };
    let Index::Literal(first) = quantifier.from else {
        return Err(format!("the index does not begin at a number: `{}`", quantifier.text));
    };
    let reach = Reach::of(claim)?;
    let end = if let Index::Literal(end) = quantifier.to { Some(end) } else { None };
    let general = reach.general_from.max(first);
    let mut places = Vec::new();
    for index in first..end.map_or(general, |end| general.min(end)) {
        for (start, name) in statement.method.start_names().enumerate() {
            let name = format!("k = {index}, start {name}");
            places.push(Place { name, index: Some(index), from: index, start: Some(start), reach });
        }
    }
    if end.is_some_and(|end| end <= general) {
        return Ok(places);
    }
    let name = format!("k >= {general}");
    places.push(Place { name, index: None, from: general, start: None, reach });
    Ok(places)
}

/// Every case of a place, by distinguishing what must be.
fn cases(statement: &Statement, claim: &Claim, place: &Place) -> Result<Vec<Problem>, String> {
    let base = Numbers::new();
    let mut names = base.clone();
    let mut open: Vec<Vec<Choice>> = vec![Vec::new()];
    let (mut found, mut seen) = (Vec::new(), 0);
    while let Some(choices) = open.pop() {
        seen += 1;
        if seen > MOST_CASES {
            return Err(format!("more than {MOST_CASES} cases are to be distinguished"));
        }
        let translated = names.restarted(&choices).and_then(|numbers| {
            let mut case = Case { statement, claim, place, numbers, convex: false };
            let problem = case.problem(&choices);
            names = case.numbers;
            problem
        });
        match translated {
            Ok(problem) => found.push(problem),
            Err(Stop::Empty) => {}
            Err(Stop::Split { number, cases }) => {
                let choice = |signs: &Vec<Ordering>| Choice { number: number.clone(), signs: signs.clone() };
                // The first case is looked at first.
                open.extend(cases.iter().rev().map(|signs| [&choices[..], &[choice(signs)]].concat()));
            }
            Err(Stop::Untranslatable(why)) => return Err(format!("{}: {why}", place.name)),
        }
    }
    Ok(found)
}

/// One case under way.
struct Case<'c> {
    statement: &'c Statement,
    claim: &'c Claim,
    place: &'c Place,
    numbers: Numbers,
    convex: bool,
}

impl<'c> Case<'c> {
    fn problem(&mut self, choices: &[Choice]) -> Translated<Problem> {
        let statement = self.statement;
        let mut unknowns = Unknowns::new(&self.numbers.field);
        let (origin, index) = self.indices()?;
        let mut reader = Reader {
            statement,
            index,
            origin: origin.clone(),
            start: self.place.start,
            run: None,
            numbers: &mut self.numbers,
            unknowns: &mut unknowns,
            constants: vec![None; statement.constants.len()],
            spoken: Vec::new(),
            inside: false,
        };
        self.convex = setup(&mut reader)?;
        let constants = std::mem::take(&mut reader.constants);
        let averages = statement.averages();
        let errors = errors(statement, averages);
        let times = (origin, self.place.reach.base(self.place.index), self.place.reach.last(self.place.index));
        let run = Run::new(statement, times, self.place.start, errors, &mut self.numbers, &mut unknowns)?;
        let (origin, index) = self.indices()?;
        let mut reader = Reader {
            statement,
            index,
            origin,
            start: self.place.start,
            run: Some(&run),
            numbers: &mut self.numbers,
            unknowns: &mut unknowns,
            constants,
            spoken: Vec::new(),
            inside: false,
        };
        let minus = -reader.numbers.field.one();
        let (lhs, mut claim) = (reader.form(&self.claim.lhs)?, reader.form(&self.claim.rhs)?);
        claim.add_scaled(&lhs, &minus);
        let spoken = std::mem::take(&mut reader.spoken);
        let facts = Facts::new(statement, self.convex, &mut self.numbers, &mut unknowns).all(&run, averages)?;
        self.roots(&claim, &facts)?;
        Ok(self.assembled(choices, claim, facts, &spoken, &unknowns))
    }

    /// k at time 0, and the claim's own index.
    fn indices(&mut self) -> Translated<(Fraction, Fraction)> {
        if let Some(index) = self.place.index {
            return Ok((self.numbers.rational(0), self.numbers.rational(index)));
        }
        let k = self.numbers.named(Kind::Index, "k")?;
        let from = &k - self.numbers.rational(self.place.from);
        self.numbers.learn(&from, false, "the index")?;
        self.numbers.learn(&k, self.place.from > 0, "the index")?;
        Ok((k.clone(), k))
    }

    /// Roots that the forms need are numbers whose squares are solved for another number.
    fn roots(&mut self, claim: &Form, facts: &[Fact]) -> Translated<()> {
        let forms = || std::iter::once(claim).chain(facts.iter().map(|fact| &fact.form));
        let in_use = |variable: usize| {
            let reads = |polynomial: &Polynomial| polynomial.degree(variable) > 0;
            forms().flat_map(Form::coefficients).any(|c| reads(c.numerator()) || reads(&c.denominator()))
        };
        for (variable, square) in self.numbers.roots() {
            let root = self.numbers.field.variable(*variable);
            if in_use(*variable) && &root * &root != *square {
                let number = &root * &root - square;
                return Err(Stop::Split { number, cases: vec![vec![Ordering::Equal]] });
            }
        }
        Ok(())
    }

    /// In a basis of the vectors that matter.
    fn assembled(
        &self,
        choices: &[Choice],
        claim: Form,
        facts: Vec<Fact>,
        spoken: &[(String, Combination)],
        unknowns: &Unknowns,
    ) -> Problem {
        let field = &self.numbers.field;
        let mut simple: Vec<(String, Combination)> = Vec::new();
        let mut made = Vec::new();
        let gradients = unknowns.points.iter().map(|point| (format!("grad {}", point.name), point.gradient.clone()));
        let moves = unknowns.points.iter().skip(1).zip(&unknowns.points);
        let moves = moves.map(|(j, i)| (format!("{} - {}", j.name, i.name), j.at.minus(&i.at)));
        for (name, vector) in spoken.iter().cloned().chain(gradients).chain(moves) {
            let is_single = vector.iter().count() == 1;
            if is_single { simple.push((name, vector)) } else { made.push((name, vector)) }
        }
        // What the past decides comes before what follows from it.
        made.sort_by_key(|(_, vector)| vector.iter().map(|(position, _)| position).max());
        simple.extend(made);
        let basis = Basis::of(&simple, unknowns, field);
        let write = |form: &Form| form.in_vectors(&basis.unknowns, field);
        let mut facts: Vec<Fact> = facts.iter().map(|fact| Fact { form: write(&fact.form), ..fact.clone() }).collect();
        facts.extend(orthogonal(&basis, field));
        let name = match choices {
            [] => self.place.name.clone(),
            _ => format!("{}, {}", self.place.name, self.described(choices)),
        };
        Problem {
            name,
            field: field.clone(),
            numbers: self.numbers.names().to_vec(),
            conditions: without_roots(&self.numbers),
            vectors: basis.vectors.iter().map(|vector| vector.name.clone()).collect(),
            atoms: unknowns.atoms.iter().map(|atom| atom.name.clone()).collect(),
            claim: write(&claim),
            sign: if self.statement.form == Related::Identity { Sign::Zero } else { Sign::NotNegative },
            facts,
        }
    }

    fn described(&self, choices: &[Choice]) -> String {
        let one = |choice: &Choice| {
            let relation = match &choice.signs[..] {
                [Ordering::Less] => "<",
                [Ordering::Equal] => "=",
                [Ordering::Greater] => ">",
                [Ordering::Less, Ordering::Equal] => "<=",
                _ => ">=",
            };
            format!("{} {relation} 0", self.numbers.text(choice.number.numerator()))
        };
        choices.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}

/// Reads ranges and hypotheses; tells whether f is convex by them.
fn setup(reader: &mut Reader<'_, '_>) -> Translated<bool> {
    let statement = reader.statement;
    for builtin in statement.needs() {
        learn_builtin(builtin, reader.numbers)?;
    }
    for given in &statement.given {
        learn_given(&given.name, reader.numbers)?;
    }
    for symbol in &statement.order {
        let Symbol::Parameter(position) = symbol else { continue };
        let parameter = &statement.parameters[*position];
        let own = reader.numbers.named(Kind::Parameter, &parameter.name)?;
        if let (true, Some(low), true, Some(high)) =
            (parameter.lower.closed, &parameter.lower.value, parameter.upper.closed, &parameter.upper.value)
        {
            let (low, high) = (reader.number(low)?, reader.number(high)?);
            if low == high {
                reader.numbers.equate(&(&own - low), &format!("{} in {}", parameter.name, parameter.range))?;
                continue;
            }
        }
        for (bound, is_lower) in [(&parameter.lower, true), (&parameter.upper, false)] {
            let Some(value) = &bound.value else { continue };
            let value = reader.number(value)?;
            let room = if is_lower { &own - value } else { value - &own };
            reader.numbers.learn(&room, !bound.closed, &format!("{} in {}", parameter.name, parameter.range))?;
        }
    }
    let mut convex = false;
    for hypothesis in &statement.hypotheses {
        for (left, relation, right) in &hypothesis.condition.0 {
            if let (Term::Builtin(Builtin::Convex), Relation::Equal, Term::Number(value)) = (left, relation, right)
                && *value == 1
            {
                convex = true;
                continue;
            }
            let (left, right) = (reader.number(left)?, reader.number(right)?);
            let (room, reason) = (&right - &left, hypothesis.name.as_str());
            match relation {
                Relation::Less => reader.numbers.learn(&room, true, reason)?,
                Relation::LessEqual => reader.numbers.learn(&room, false, reason)?,
                Relation::Greater => reader.numbers.learn(&-room, true, reason)?,
                Relation::GreaterEqual => reader.numbers.learn(&-room, false, reason)?,
                Relation::Equal => reader.numbers.equate(&room, reason)?,
            }
        }
    }
    // Strong convexity is proved of convex functions alone.
    Ok(convex || statement.needs().contains(&Builtin::StrongConvexity))
}

/// How the statement's estimates err.
fn errors(statement: &Statement, averages: bool) -> Errors {
    let is_exact = |value: &serde_json::Value| value.as_array().is_some_and(Vec::is_empty);
    let exact = !statement.estimates.is_empty() && statement.estimates.iter().all(|estimate| is_exact(&estimate.value));
    match (exact, averages) {
        (true, _) => Errors::None,
        (false, true) => Errors::Split,
        (false, false) => Errors::Any,
    }
}

/// Noise is orthogonal in mean to what the past decides.
fn orthogonal(basis: &Basis, field: &crate::algebra::Field) -> Vec<Fact> {
    let mut facts = Vec::new();
    let noises = basis.vectors.iter().enumerate().filter(|(_, vector)| vector.name.starts_with("nu["));
    for (noise, own) in noises {
        for (past, known) in basis.vectors.iter().enumerate().filter(|(_, vector)| vector.is_past) {
            let [u, w] = [noise, past].map(|position| Combination::unknown(position, field));
            facts.push(Fact {
                name: format!("<{}, {}>", own.name, known.name),
                reason: "noise has mean zero given the past".to_owned(),
                form: Form::product(&u, &w, field),
                sign: Sign::Zero,
                library: super::problem::Library::Both,
            });
        }
    }
    facts
}

/// What the conditions say of the other numbers where roots are in them: of P + Q·s ≥ 0 with Q ≤ 0 that P ≥ 0 and
/// P² − Q²s² ≥ 0, as the product with P − Q·s.
fn without_roots(numbers: &Numbers) -> Vec<Condition> {
    let mut conditions = numbers.conditions().to_vec();
    for (variable, square) in numbers.roots() {
        let root = numbers.field.variable(*variable);
        if &root * &root == *square {
            continue;
        }
        let mut without = Vec::new();
        for condition in conditions {
            if condition.polynomial.degree(*variable) == 0 {
                without.push(condition);
                continue;
            }
            let coefficients = condition.polynomial.coefficients_in(*variable);
            let [rest, slope] = &coefficients[..] else { continue };
            let slope = numbers.field.polynomial(slope);
            if numbers.sign(&slope).is_none_or(|sign| !sign.negative) {
                continue;
            }
            let rest = numbers.field.polynomial(rest);
            let product = &rest * &rest - &slope * &slope * square;
            for number in [rest, product] {
                let mut known = numbers.clone();
                let before = known.conditions().len();
                if known.learn(&number, condition.strict, &condition.reason).is_ok() {
                    without.extend(known.conditions()[before..].iter().cloned());
                }
            }
        }
        conditions = without;
    }
    conditions
}
