//! A claim about one run from a start, in which nothing is drawn but the last noise, with two outcomes. Whatever obeys
//! all facts of it and not the claim is a counterexample.

use super::facts::{CONTRACTION, Facts, learn_order};
use super::goal::Goal;
use super::numbers::{Choice, Kind};
use super::outcomes::Outcomes;
use super::reached;
use super::stop::Translated;
use super::unknowns::{Point, Unknowns};
use super::{Case, Operation, Reading, cases, places};
use crate::algebra::{Fraction, Polynomial};
use crate::prove::problem::{Combination, Fact, Form, Library, Problem, Sign};
use crate::statement::term::{Builtin, Index};
use crate::statement::{Expectation, Form as Related, Hints, Quantifier, Statement, Subject};

/// A problem about one run.
#[derive(Clone, Debug)]
pub struct OneRun {
    /// The facts say all that there is to say of the run.
    pub problem: Problem,
    /// Polynomials of the numbers that are 0: what roots are the roots of.
    pub equations: Vec<Polynomial>,
    /// Numbers that others give in this case, by variable.
    pub settled: Vec<(usize, Fraction)>,
    /// Numbers that are counts or indices, by variable.
    pub counts: Vec<usize>,
    /// Numbers of the run that are not 0: where nothing is said of how smooth f is, no two points are the same.
    pub not_zero: Vec<Form>,
    /// Numbers that are not 0: what something is divided by.
    pub divisors: Vec<Fraction>,
    /// Why what obeys them may be no run after all.
    pub gaps: Vec<String>,
}

impl OneRun {
    /// What obeys the facts of a problem, be it a run or not.
    #[must_use]
    pub fn of_facts_alone(problem: &Problem) -> Self {
        let gaps = vec!["it obeys the facts and may be no run".to_owned()];
        OneRun {
            problem: problem.clone(),
            equations: Vec::new(),
            settled: Vec::new(),
            counts: Vec::new(),
            not_zero: Vec::new(),
            divisors: Vec::new(),
            gaps,
        }
    }
}

/// Indices that are looked at, from the first on.
const INDICES: i64 = 3;

/// Single runs of a statement, as far as they can be written so: the first indices from every start.
#[must_use]
pub fn one_runs(statement: &Statement) -> Vec<OneRun> {
    let statement = &Statement { hints: Hints::default(), ..statement.clone() };
    let mut runs = Vec::new();
    for (position, claim) in statement.claims.iter().enumerate() {
        if statement.subject == Subject::Estimate && !claim.reads_its_index_alone() {
            continue;
        }
        let ends_otherwise = |quantifier: &Quantifier| left_at_end(&quantifier.to).is_none();
        if claim.quantifier.as_ref().is_some_and(ends_otherwise) {
            continue;
        }
        let goal = if claim.quantifier.is_some() { Goal::Claim(claim) } else { Goal::Whole(claim) };
        for mut place in places(statement, &goal, INDICES).unwrap_or_default() {
            if place.index.is_none() {
                continue;
            }
            if let Goal::Whole(_) = goal {
                place.name = place.name.replacen('k', "K", 1);
            }
            if statement.claims.len() > 1 {
                place.name = format!("claim {}, {}", position + 1, place.name);
            }
            // What cannot be written so is not looked at.
            runs.extend(cases(statement, &goal, &place, &|case, choices| case.one_run(choices)).unwrap_or_default());
        }
    }
    runs
}

/// How many steps before K the indices of a claim end; none where they end at something else. At a number they end
/// whatever K is.
fn left_at_end(to: &Index) -> Option<i64> {
    match to {
        Index::Horizon | Index::Literal(_) => Some(0),
        Index::Sub(a, b) => match (&**a, &**b) {
            (Index::Horizon, Index::Literal(left)) => Some(*left),
            _ => None,
        },
        _ => None,
    }
}

impl Case<'_> {
    fn one_run(&mut self, choices: &[Choice]) -> Translated<OneRun> {
        let needs = reached::builtins(self.statement);
        self.learn_instance()?;
        let Reading { run, claim, mut given, is_strict, convex, mut unknowns, .. } = self.read()?;
        run.learn_ranges(&mut self.numbers)?;
        if convex || needs.contains(&Builtin::Pl) {
            // What is convex here attains its infimum.
            unknowns.minimiser();
        }
        if reached::is_exact(self.statement) {
            given.extend(self.no_error(&mut unknowns));
        }
        let noise = run.own_error().and_then(|drawn| drawn.parts.as_ref()).map(|[_, noise]| noise);
        let outcomes = Outcomes::of(&mut unknowns, noise);
        let claim = outcomes.mean(&claim);
        let facts = Facts::new(self.statement, convex, &mut self.numbers, &mut unknowns);
        let facts = facts.of_one_run(&run, &outcomes, given)?;
        let mut gaps = self.gaps(convex, &unknowns, &run.operations);
        if is_strict {
            gaps.push("a strict hypothesis on a number of the run may be an equation there".to_owned());
        }
        let distances = self.distances(&unknowns.points);
        let (problem, not_zero) = self.written(choices, &claim, (&facts, &distances), &unknowns)?;
        let settled = self.numbers.settled().iter().map(|(variable, value)| (*variable, value.clone())).collect();
        let counts = self.numbers.counts().map(|(variable, _)| variable).collect();
        let divisors = self.numbers.divisors().to_vec();
        Ok(OneRun { problem, equations: self.equations(), settled, counts, not_zero, divisors, gaps })
    }

    /// K: the index of a claim about a whole run, and else no less than what the claim needs; and that f is not affine,
    /// of which other facts hold.
    fn learn_instance(&mut self) -> Translated<()> {
        let needs = reached::builtins(self.statement);
        if needs.contains(&Builtin::Smoothness) {
            let smoothness = self.numbers.named(Kind::Constant, Builtin::Smoothness.name())?;
            self.numbers.learn(&smoothness, true, "a function that is not affine")?;
        }
        if needs.contains(&Builtin::StrongConvexity) && needs.contains(&Builtin::Pl) {
            // What is strongly convex obeys the PL inequality with the same constant.
            learn_order(Builtin::StrongConvexity, Builtin::Pl, false, &mut self.numbers)?;
        }
        if reached::is_exact(self.statement) {
            let relative = [Builtin::RelativeError, Builtin::RelativeBias, Builtin::RelativeNoise];
            for relative in relative.into_iter().filter(|relative| needs.contains(relative)) {
                let number = self.numbers.named(Kind::Constant, relative.name())?;
                self.numbers.equate(&number, "estimates without error")?;
            }
        }
        let Some(index) = self.place.index else { return Ok(()) };
        let horizon = self.numbers.named(Kind::Index, "K")?;
        if let Goal::Whole(_) = self.goal {
            let room = horizon - self.numbers.rational(index);
            return self.numbers.equate(&room, "K");
        }
        let left = match self.goal {
            Goal::Claim(claim) => claim.quantifier.as_ref().and_then(|quantifier| left_at_end(&quantifier.to)),
            _ => None,
        };
        let least = (index + 1 + left.unwrap_or(0)).max(self.place.reach.last(self.place.index) + 1);
        let room = horizon - self.numbers.rational(least);
        self.numbers.learn(&room, false, "K")
    }

    /// Without errors their constants are 0.
    fn no_error(&self, unknowns: &mut Unknowns) -> Vec<Fact> {
        let absolute = [Builtin::AbsoluteError, Builtin::AbsoluteBias, Builtin::NoiseVariance];
        let needs = reached::builtins(self.statement);
        let zero = |builtin: Builtin| {
            let form = Form::atom(unknowns.atom(builtin.name(), true), &self.numbers.field);
            let (name, reason) = (format!("no {}", builtin.name()), "estimates without error".to_owned());
            Fact { name, reason, form, sign: Sign::Zero, library: Library::Both }
        };
        absolute.into_iter().filter(|builtin| needs.contains(builtin)).map(zero).collect()
    }

    /// Squared distances between points of which nothing else says that what is known there is the same where they are:
    /// all of them where nothing is said of how smooth f is, else those with gradients of workers.
    fn distances(&self, points: &[Point]) -> Vec<Form> {
        let is_smooth = reached::builtins(self.statement).contains(&Builtin::Smoothness);
        let counts = |point: &Point| !is_smooth || point.deviation.is_some();
        let pairs = points.iter().enumerate().flat_map(|(number, i)| points[..number].iter().map(move |j| (i, j)));
        pairs
            .filter(|(i, j)| counts(i) && counts(j))
            .map(|(i, j)| Form::square(&i.at.minus(&j.at), &self.numbers.field))
            .collect()
    }

    /// What roots are the roots of, where that is not plain.
    fn equations(&self) -> Vec<Polynomial> {
        let of_root = |(variable, square): (&usize, &Fraction)| {
            let root = self.numbers.variable(*variable);
            let difference = &root * &root - square;
            (!difference.is_zero()).then(|| difference.numerator().clone())
        };
        self.numbers.roots().iter().filter_map(of_root).collect()
    }

    /// What the facts leave open.
    fn gaps(&self, convex: bool, unknowns: &Unknowns, operations: &[Operation]) -> Vec<String> {
        let needs = reached::builtins(self.statement);
        let points = &unknowns.points;
        let mut gaps = Vec::new();
        let is_bounded = needs.contains(&Builtin::LowerBound) || points.iter().any(Point::is_minimiser);
        if (convex || is_bounded || needs.contains(&Builtin::Pl)) && !needs.contains(&Builtin::Smoothness) {
            gaps.push("nothing is said of how smooth f is".to_owned());
        }
        if self.statement.method.parameters.iter().any(|parameter| parameter.integer) {
            gaps.push("a parameter of the method is a whole number".to_owned());
        }
        if unknowns.has_single_workers {
            gaps.push("of what one worker alone has nothing is known".to_owned());
        }
        if operations.len() > 1
            || (operations.len() == 1 && !self.statement.given.iter().any(|own| own.name == CONTRACTION))
        {
            gaps.push("the operator is known at its arguments alone".to_owned());
        }
        let lists_sources = !self.statement.estimates.is_empty() && !reached::is_exact(self.statement);
        if !self.statement.problems.is_empty() || lists_sources {
            gaps.push("the statement lists problems or sources, and it may lie outside of these".to_owned());
        }
        if !self.statement.general && self.statement.expect == Expectation::Holds {
            gaps.push("the statement is about its witnesses alone".to_owned());
        }
        let apart = points.iter().filter(|point| point.deviation.is_some()).count();
        if needs.contains(&Builtin::MeanSquareSmoothness) || (needs.contains(&Builtin::Heterogeneity) && apart > 1) {
            gaps.push("the functions of the workers are known at the points alone".to_owned());
        }
        if operations.iter().any(|operation| operation.of_worker) {
            gaps.push("the operator is known in mean over the workers alone".to_owned());
        }
        let has_fact = |name: &str| name == CONTRACTION && !operations.is_empty();
        if let Some(given) = self.statement.given.iter().find(|given| !has_fact(&given.name)) {
            gaps.push(format!("no fact of `{}` is known here", given.name));
        }
        if let Some(builtin) = reached::OPAQUE.iter().find(|builtin| needs.contains(builtin)) {
            gaps.push(format!("no fact of `{}` is known here", builtin.name()));
        }
        let is_given = |name: &str| self.statement.given.iter().any(|given| given.name == name);
        let unknown = self.numbers.constants().find(|name| {
            let is_reached = needs.iter().any(|builtin| builtin.name() == *name);
            !is_reached && !is_given(name)
        });
        if let Some(name) = unknown {
            gaps.push(format!("the statement does not speak of `{name}`, which the method knows"));
        }
        gaps
    }

    /// In the vectors that occur, with the infimum where it is attained.
    fn written(
        &mut self,
        choices: &[Choice],
        claim: &Form,
        (facts, distances): (&[Fact], &[Form]),
        unknowns: &Unknowns,
    ) -> Translated<(Problem, Vec<Form>)> {
        let field = self.numbers.field.clone();
        let mut atoms: Vec<usize> = (0..unknowns.atoms.len()).collect();
        let infimum = unknowns.atoms.iter().position(|atom| atom.name == Builtin::LowerBound.name());
        let least = unknowns.points.iter().find(|point| point.is_minimiser()).map(|point| point.value);
        if let (Some(infimum), Some(least)) = (infimum, least) {
            atoms[infimum] = least;
        }
        let forms = || std::iter::once(claim).chain(facts.iter().map(|fact| &fact.form)).chain(distances);
        let occurs = |vector: usize| forms().any(|form| form.products().any(|((u, w), _)| u == vector || w == vector));
        let kept: Vec<usize> = (0..unknowns.vectors.len()).filter(|vector| occurs(*vector)).collect();
        let mut vectors = vec![Combination::zero(); unknowns.vectors.len()];
        kept.iter().enumerate().for_each(|(new, old)| vectors[*old] = Combination::unknown(new, &field));
        let write = |form: &Form| form.in_vectors(&vectors, &field).with_atoms(|atom| atoms[atom]);
        let facts = facts.iter().map(|fact| Fact { form: write(&fact.form), ..fact.clone() });
        let apart = kept.iter().filter(|vector| unknowns.vectors[**vector].is_deviation).count();
        self.leave_room(kept.len() - apart, apart + 1)?;
        let not_zero = distances.iter().map(write).collect();
        let problem = Problem {
            name: self.name(choices),
            conditions: self.numbers.conditions().to_vec(),
            numbers: self.numbers.names().to_vec(),
            vectors: kept.iter().map(|vector| unknowns.vectors[*vector].name.clone()).collect(),
            atoms: unknowns.atoms.iter().map(|atom| atom.name.clone()).collect(),
            claim: write(claim),
            sign: if self.statement.form == Related::Identity { Sign::Zero } else { Sign::NotNegative },
            facts: facts.filter(|fact| !fact.form.is_zero()).collect(),
            field,
        };
        Ok((problem, not_zero))
    }

    /// Dimensions for so many vectors, and workers for vectors of theirs, where the statement counts them.
    fn leave_room(&mut self, vectors: usize, workers: usize) -> Translated<()> {
        for (name, least) in [("d", vectors), ("n", workers)] {
            if self.numbers.counts().any(|(_, own)| own == name) {
                let count = self.numbers.named(Kind::Index, name)?;
                let room = count - self.numbers.rational(u32::try_from(least).unwrap_or(u32::MAX));
                self.numbers.learn(&room, false, "room")?;
            }
        }
        Ok(())
    }
}
