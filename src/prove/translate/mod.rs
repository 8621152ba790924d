//! From a statement and its method to what is to be proved: one problem for each claim, kind of index, start and
//! case. No search: it lists what is known, and a proof may use nothing else.

mod basis;
mod conditions;
mod facts;
mod goal;
mod induction;
mod invariants;
mod limits;
mod method;
mod norms;
mod numbers;
mod one_run;
mod outcomes;
mod reach;
mod reached;
mod scalars;
mod setup;
mod sources;
mod stop;
mod telescope;
mod terms;
mod unknowns;
mod untranslatable;
mod vectors;

use std::cmp::Ordering;
use std::collections::BTreeSet;

use basis::Basis;
use conditions::{connected, without_roots};
use facts::Facts;
use goal::{Goal, Moment};
use induction::Induction;
use invariants::Invariant;
use limits::is_divided_by;
use method::{Drawn, Errors, EstimateError, Operation, Run};
use numbers::{Choice, Kind, Numbers};
use reach::Reach;
use setup::{Setup, setup};
use sources::{Argument, Source};
use stop::{Stop, Translated, untranslatable};
use terms::Reader;
use unknowns::Unknowns;

pub use one_run::{OneRun, one_runs};
pub use untranslatable::Untranslatable;

use super::problem::{Combination, Fact, Form, Library, Problem, Sign};
use crate::algebra::{Field, Fraction, Polynomial};
use crate::method::language::tree::Rule;
use crate::statement::term::{Builtin, Term};
use crate::statement::{Form as Related, Statement, Subject};

/// Most cases of one problem.
const MOST_CASES: usize = 64;

/// The constants of the instance that a statement speaks of.
#[must_use]
pub fn reached(statement: &Statement) -> BTreeSet<Builtin> {
    reached::builtins(statement)
}

/// Whether the estimates of a statement are gradients.
#[must_use]
pub fn is_exact(statement: &Statement) -> bool {
    reached::is_exact(statement)
}

/// Names of constants of the instance that have to be different from 0 for every claim to have a value, of those that
/// are not negative.
#[must_use]
pub fn divided_by(statement: &Statement) -> Vec<String> {
    let builtins = reached::OPAQUE.into_iter().map(|builtin| (builtin.name().to_owned(), Term::Builtin(builtin)));
    let given = statement.given.iter().enumerate();
    let given = given.map(|(position, given)| (given.name.clone(), Term::Given(position)));
    let all = builtins.chain(given);
    all.filter(|(_, own)| is_divided_by(&|term| term == own, statement)).map(|(name, _)| name).collect()
}

/// What is to be proved of a statement.
///
/// # Errors
/// Why it has no such form.
pub fn translate(statement: &Statement) -> Result<Vec<Problem>, Untranslatable> {
    let mut problems = Vec::new();
    let mut shown = |goal: Goal<'_>, name: &dyn Fn(&str) -> String| {
        for place in places(statement, &goal, 0)? {
            let named = IndexCase { name: name(&place.name), ..place };
            problems.extend(cases(statement, &goal, &named, &|case, choices| case.problem(choices))?);
        }
        Ok::<(), Untranslatable>(())
    };
    for (position, constant) in statement.constants.iter().enumerate() {
        if statement.hints.by_lemmas.contains(&constant.name) {
            shown(Goal::Defined(position), &|_| format!("`{}` has a value", constant.name))?;
        }
    }
    for (position, lemma) in statement.hints.lemmas.iter().enumerate() {
        for (part, comparison) in lemma.0.iter().enumerate() {
            shown(Goal::Lemma(comparison, position), &|_| format!("lemma {}, part {}", position + 1, part + 1))?;
        }
    }
    let invariants = Invariant::all(statement);
    for invariant in &invariants {
        let name = |place: &str| format!("{}, {place}", invariant.name(&statement.method));
        if !invariant.is_plain_at_start() {
            shown(Goal::Invariant(invariant, Moment::Start), &name)?;
        }
        shown(Goal::Invariant(invariant, Moment::Step), &|place| format!("{}, a step", name(place)))?;
    }
    for number in 0..statement.hints.steps.len() {
        shown(Goal::ProofStep(statement, number), &|place| format!("step {}, {place}", number + 1))?;
    }
    for (position, claim) in statement.claims.iter().enumerate() {
        let name = if statement.claims.len() > 1 { format!("claim {}, ", position + 1) } else { String::new() };
        if statement.subject == Subject::Estimate && !claim.reads_its_index_alone() {
            return Err(Untranslatable::Claim("a claim about several single points, which belong to no run"));
        }
        if claim.quantifier.is_some() {
            shown(Goal::Claim(claim), &|place| format!("{name}{place}"))?;
            continue;
        }
        if statement.form == Related::Identity {
            return Err(Untranslatable::Claim("an equation about whole runs"));
        }
        let induction = Induction::of(statement, claim)?;
        for part in induction.parts() {
            shown(Goal::Part(&induction, part), &|place| format!("{name}{}, {place}", part.name()))?;
        }
    }
    Ok(problems)
}

/// A kind of index, and a start.
struct IndexCase {
    name: String,
    /// The index itself; none for all from `from` on.
    index: Option<i64>,
    from: i64,
    start: Option<usize>,
    reach: Reach,
    /// What kind of source the estimate is, where the statement lists kinds that prove something.
    source: Option<Source>,
}

/// The first indices one by one, from each start, so many at least, and all later ones together.
fn places(statement: &Statement, goal: &Goal<'_>, least: i64) -> Result<Vec<IndexCase>, Untranslatable> {
    let (first, end) = goal.indices()?;
    let reach = goal.reach()?;
    // What step 0 makes of a state is not known before it draws.
    let starts = statement.method.starts.iter().flat_map(|start| &start.states).chain(&statement.method.states);
    let is_made = starts.into_iter().any(|state| matches!(state.rule, Rule::Line(_)));
    let made = i64::from(is_made && reach != Reach::default());
    let general = reach.general_from.max(made).max(first + least);
    let mut places = Vec::new();
    for index in first..end.map_or(general, |end| general.max(first + 1).min(end)) {
        for (start, name) in statement.method.start_names().enumerate() {
            let name = format!("k = {index}, start {name}");
            places.push(IndexCase { name, index: Some(index), from: index, start: Some(start), reach, source: None });
        }
    }
    if end.is_some_and(|end| end <= general.max(first + 1)) {
        return Ok(of_sources(statement, places));
    }
    let name = format!("k >= {general}");
    places.push(IndexCase { name, index: None, from: general, start: None, reach, source: None });
    Ok(of_sources(statement, places))
}

/// Each place with each kind of source that the statement lists.
fn of_sources(statement: &Statement, places: Vec<IndexCase>) -> Vec<IndexCase> {
    let sources = sources::sources(statement);
    let [_, _, ..] = &sources[..] else {
        let source = sources.first().copied();
        return places.into_iter().map(|place| IndexCase { source, ..place }).collect();
    };
    let with = |place: &IndexCase, source: &Source| {
        let argument = if source.argument == Argument::EachWorker { "each worker" } else { "the average" };
        IndexCase { name: format!("{}, an operator of {argument}", place.name), source: Some(*source), ..*place }
    };
    places.iter().flat_map(|place| sources.iter().map(move |source| with(place, source))).collect()
}

/// What a case is made into.
type Make<T> = dyn Fn(&mut Case<'_>, &[Choice]) -> Translated<T>;

/// Every case of a place, by distinguishing what must be.
fn cases<T>(
    statement: &Statement,
    goal: &Goal<'_>,
    place: &IndexCase,
    make: &Make<T>,
) -> Result<Vec<T>, Untranslatable> {
    let mut names = Numbers::new();
    let mut open: Vec<Vec<Choice>> = vec![Vec::new()];
    let (mut found, mut seen) = (Vec::new(), 0);
    while let Some(choices) = open.pop() {
        seen += 1;
        if seen > MOST_CASES {
            return Err(Untranslatable::TooManyCases);
        }
        let translated = names.restarted(&choices).and_then(|numbers| {
            let mut case = Case { statement, goal, place, numbers };
            let made = make(&mut case, &choices);
            names = case.numbers;
            made
        });
        match translated {
            Ok(made) => found.push(made),
            Err(Stop::Empty) => {}
            Err(Stop::Split { number, cases }) => {
                let choice = |signs: &Vec<Ordering>| Choice { number: number.clone(), signs: signs.clone() };
                // The first case is looked at first.
                open.extend(cases.iter().rev().map(|signs| [&choices[..], &[choice(signs)]].concat()));
            }
            Err(Stop::Untranslatable(why)) => {
                return Err(Untranslatable::At { place: place.name.clone(), why: Box::new(why) });
            }
        }
    }
    Ok(found)
}

/// What was read of a case.
struct Reading<'c> {
    run: Run<'c>,
    /// rhs − lhs.
    claim: Form,
    /// Facts that the statement gives itself.
    given: Vec<Fact>,
    /// Whether one of these is strict in the statement.
    is_strict: bool,
    convex: bool,
    /// Vectors that the statement names, with their names.
    named: Vec<(String, Combination)>,
    /// Vectors that forms were made of.
    used: Vec<Combination>,
    unknowns: Unknowns,
}

/// One case under way.
struct Case<'c> {
    statement: &'c Statement,
    goal: &'c Goal<'c>,
    place: &'c IndexCase,
    numbers: Numbers,
}

impl<'c> Case<'c> {
    /// What is to be proved.
    fn problem(&mut self, choices: &[Choice]) -> Translated<Problem> {
        let averages = self.statement.averages();
        let Reading { run, claim, given, convex, named, used, mut unknowns, .. } = self.read()?;
        let facts = Facts::new(self.statement, convex, &mut self.numbers, &mut unknowns).all(&run, averages, given)?;
        self.roots(&claim, &facts)?;
        let noise = run.own_error().and_then(|drawn| drawn.parts.as_ref());
        let basis = self.basis(named, used, run.own_error(), &run.operations, &unknowns);
        self.assembled(choices, &claim, &facts, (&basis, noise), &unknowns)
    }

    /// Reads the statement, lets the method run, and reads what is claimed of it.
    fn read(&mut self) -> Translated<Reading<'c>> {
        let (statement, place) = (self.statement, self.place);
        let mut unknowns = Unknowns::new(&self.numbers.field);
        let at = self.indices()?;
        let by_lemmas = !self.goal.defines(statement);
        let reader = Reader::new(statement, at.clone(), place.start, &mut self.numbers, &mut unknowns);
        let mut reader = Reader { by_lemmas, ..reader };
        let Setup { convex, mut given, is_strict } =
            setup(&mut reader, self.goal.lemmas(statement.hints.lemmas.len()))?;
        let is_lemma = matches!(self.goal, Goal::Lemma(..) | Goal::Defined(_));
        if !is_lemma {
            setup::distinguish(&mut reader)?;
        }
        if place.index.is_none() && !is_lemma {
            invariants::learn(&mut reader, place.reach.base(None))?;
        }
        let constants = reader.constants;
        let own = place.index.unwrap_or(0);
        // A whole run ends with its last step.
        let last = if let Goal::Whole(_) = self.goal { own - 1 } else { place.reach.last(place.index) };
        let times = (place.reach.base(place.index), last, own);
        let (errors, numbers) = (errors(statement, place.source), &mut self.numbers);
        let run = Run::new(statement, at.0.clone(), times, place.start, errors, numbers, &mut unknowns)?;
        let reader = Reader::new(statement, at, place.start, &mut self.numbers, &mut unknowns);
        let is_one_run = matches!(self.goal, Goal::Whole(_));
        let mut reader = Reader { run: Some(&run), constants, is_one_run, by_lemmas, ..reader };
        let claim = self.goal.form(&mut reader)?;
        given.extend(self.goal.given(&mut reader)?);
        let (named, used) = (reader.named_vectors, reader.used);
        norms::learn_triangles(&mut self.numbers, &unknowns)?;
        Ok(Reading { run, claim, given, is_strict, convex, named, used, unknowns })
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

    /// Roots that the forms need are numbers whose squares are solved for another number, and so are roots of one
    /// number or of 1 less it that conditions need.
    fn roots(&mut self, claim: &Form, facts: &[Fact]) -> Translated<()> {
        let forms = || std::iter::once(claim).chain(facts.iter().map(|fact| &fact.form));
        let in_use = |variable: usize| {
            let reads = |polynomial: &Polynomial| polynomial.degree(variable) > 0;
            forms().flat_map(Form::coefficients).any(|c| reads(c.numerator()) || reads(&c.denominator()))
        };
        for (variable, square) in self.numbers.roots() {
            let root = self.numbers.variable(*variable);
            let in_conditions = || self.numbers.conditions().iter().any(|own| own.polynomial.degree(*variable) > 0);
            let is_simple = square.as_polynomial().is_some_and(|own| own.total_degree() == 1 && own.len() <= 2);
            if (in_use(*variable) || (is_simple && in_conditions())) && &root * &root != *square {
                let number = &root * &root - square;
                return Err(Stop::Split { number, cases: vec![vec![Ordering::Equal]] });
            }
        }
        Ok(())
    }

    /// A basis of the vectors that forms are made of: those with names before others.
    fn basis(
        &self,
        named: Vec<(String, Combination)>,
        used: Vec<Combination>,
        drawn: Option<&EstimateError>,
        operations: &[Operation],
        unknowns: &Unknowns,
    ) -> Basis {
        let whole = drawn
            .filter(|drawn| drawn.parts.is_none())
            .map(|drawn| drawn.of_worker.as_ref().unwrap_or(&drawn.of_average));
        let whole = whole.map(|(error, _)| error);
        let parts = drawn.and_then(|drawn| drawn.parts.as_ref()).into_iter().flatten();
        let of_errors = parts.chain(whole).filter(|part| !part.is_zero()).map(|part| {
            let name = part.iter().next().map_or("", |(position, _)| unknowns.vectors[position].name.as_str());
            (name.to_owned(), part.clone())
        });
        let gradients = unknowns.points.iter().map(|point| (format!("grad {}", point.name), point.gradient.clone()));
        let moves = unknowns.points.iter().skip(1).zip(&unknowns.points);
        let moves = moves.map(|(j, i)| (format!("{} - {}", j.name, i.name), j.at.minus(&i.at)));
        let used = used.into_iter().enumerate().map(|(number, vector)| (format!("u{number}"), vector));
        let apart = unknowns.points.iter().filter_map(|point| Some((point.name.clone(), point.deviation.clone()?)));
        let operations = operations.iter().flat_map(|operation| {
            let Operation { name, argument, value, .. } = operation;
            [(format!("argument of {name}"), argument.clone()), (name.clone(), value.clone())]
        });
        let lengths = unknowns.norms.iter().map(|(vector, _)| ("length".to_owned(), vector.clone()));
        let all = named.into_iter().chain(of_errors).chain(gradients).chain(apart).chain(moves);
        let all = all.chain(operations).chain(used).chain(lengths);
        // What the workers have in common and what each has apart are never in one product.
        let all = all.flat_map(|(name, vector)| {
            let [mean, apart] = unknowns.parts(&vector);
            let of_mean = if apart.is_zero() { name.clone() } else { format!("mean {name}") };
            [(of_mean, mean), (format!("{name} apart"), apart)]
        });
        let is_single = |(_, vector): &(String, Combination)| vector.iter().count() == 1;
        let (mut simple, mut made): (Vec<_>, Vec<_>) = all.partition(is_single);
        // What the past decides comes before what follows from it.
        made.sort_by_key(|(_, vector)| vector.iter().map(|(position, _)| position).max());
        simple.extend(made);
        Basis::of(&simple, unknowns, &self.numbers.field)
    }

    /// In the basis.
    fn assembled(
        &self,
        choices: &[Choice],
        claim: &Form,
        facts: &[Fact],
        (basis, noise): (&Basis, Option<&[Combination; 2]>),
        unknowns: &Unknowns,
    ) -> Translated<Problem> {
        let field = &self.numbers.field;
        let write = |form: &Form| match basis.write(form) {
            Some(form) => Ok(form),
            None => untranslatable(Untranslatable::Expression("a form speaks of vectors that the basis does not give")),
        };
        let written = facts.iter().map(|fact| Ok(Fact { form: write(&fact.form)?, ..fact.clone() }));
        let mut facts = written.collect::<Translated<Vec<Fact>>>()?;
        facts.extend(noise.into_iter().flat_map(|[_, noise]| orthogonal(noise, basis, field)));
        let claim = write(claim)?;
        let forms = std::iter::once(&claim).chain(facts.iter().map(|fact| &fact.form));
        let conditions = connected(without_roots(&self.numbers), forms);
        Ok(Problem {
            name: self.name(choices),
            field: field.clone(),
            numbers: self.numbers.names().to_vec(),
            conditions,
            vectors: basis.vectors.iter().map(|vector| vector.name.clone()).collect(),
            atoms: unknowns.atoms.iter().map(|atom| atom.name.clone()).collect(),
            claim,
            sign: if self.statement.form == Related::Identity { Sign::Zero } else { Sign::NotNegative },
            facts,
        })
    }

    /// What the case is called.
    fn name(&self, choices: &[Choice]) -> String {
        if choices.is_empty() {
            return self.place.name.clone();
        }
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
        let described: Vec<String> = choices.iter().map(one).collect();
        format!("{}, {}", self.place.name, described.join(", "))
    }
}

/// How the statement's estimates err, from sources of that kind.
fn errors(statement: &Statement, source: Option<Source>) -> Errors {
    let drawn = match (reached::is_exact(statement), statement.averages()) {
        (true, _) => Drawn::None,
        (false, true) if reached::tells_noise_apart(statement) => Drawn::Split,
        (false, true) => Drawn::Own,
        (false, false) => Drawn::Any,
    };
    let is_of_workers = source.is_some_and(|source| source.argument == Argument::EachWorker);
    let of_workers = is_of_workers && drawn != Drawn::None;
    Errors { drawn, of_workers }
}

/// Noise is orthogonal in mean to what the past decides.
fn orthogonal(noise: &Combination, basis: &Basis, field: &Field) -> Vec<Fact> {
    let Some(noise) = basis.chosen.iter().position(|vector| vector == noise) else { return Vec::new() };
    let past = basis.vectors.iter().enumerate().filter(|(_, vector)| vector.is_past && !vector.is_deviation);
    past.map(|(past, known)| {
        let [u, w] = [noise, past].map(|position| Combination::unknown(position, field));
        Fact {
            name: format!("<{}, {}>", basis.vectors[noise].name, known.name),
            reason: "noise has mean zero given the past".to_owned(),
            form: Form::product(&u, &w, field),
            sign: Sign::Zero,
            library: Library::Both,
        }
    })
    .collect()
}
