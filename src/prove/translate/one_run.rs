//! A claim about one run from a start, in which nothing is drawn but the last noise, with two outcomes. Whatever obeys
//! all facts of it and not the claim is a counterexample.

use serde_json::Value;

use super::facts::{CONTRACTION, Facts};
use super::goal::Goal;
use super::numbers::{Choice, Kind};
use super::outcomes::Outcomes;
use super::reached;
use super::stop::Translated;
use super::unknowns::{Point, Unknowns};
use super::{Case, Operation, Reading, cases, places};
use crate::algebra::{Fraction, Polynomial};
use crate::prove::problem::{Combination, Fact, Form, Problem, Sign};
use crate::statement::term::Builtin;
use crate::statement::{Expectation, Form as Related, Hints, Statement};

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
    /// Why what obeys them may be no run after all.
    pub gaps: Vec<String>,
}

impl OneRun {
    /// What obeys the facts of a problem, be it a run or not.
    #[must_use]
    pub fn of_facts_alone(problem: &Problem) -> Self {
        let gaps = vec!["it obeys the facts and may be no run".to_owned()];
        let (equations, settled, counts, not_zero) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        OneRun { problem: problem.clone(), equations, settled, counts, not_zero, gaps }
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

impl Case<'_> {
    fn one_run(&mut self, choices: &[Choice]) -> Translated<OneRun> {
        let needs = reached::builtins(self.statement);
        self.horizon()?;
        let Reading { run, claim, given, convex, mut unknowns, .. } = self.read()?;
        if convex || needs.contains(&Builtin::Pl) {
            // What is convex here attains its infimum.
            unknowns.minimiser();
        }
        let noise = run.own_error().and_then(|drawn| drawn.parts.as_ref()).map(|[_, noise]| noise);
        let outcomes = Outcomes::of(&mut unknowns, noise);
        let claim = outcomes.mean(&claim);
        let facts = Facts::new(self.statement, convex, &mut self.numbers, &mut unknowns);
        let facts = facts.of_one_run(&run, &outcomes, given)?;
        let mut gaps = self.gaps(convex, &unknowns.points, &run.operations);
        if unknowns.has_single_workers {
            gaps.push("of what one worker alone has nothing is known".to_owned());
        }
        let distances =
            if needs.contains(&Builtin::Smoothness) { Vec::new() } else { self.distances(&unknowns.points) };
        let (problem, not_zero) = self.written(choices, &claim, (&facts, &distances), &unknowns)?;
        let counts = self.numbers.counts().map(|(variable, _)| variable).collect();
        let settled = self.numbers.settled().iter().map(|(variable, value)| (*variable, value.clone())).collect();
        Ok(OneRun { problem, equations: self.equations(), settled, counts, not_zero, gaps })
    }

    /// Squared distances between points.
    fn distances(&self, points: &[Point]) -> Vec<Form> {
        let pairs = points.iter().enumerate().flat_map(|(number, i)| points[..number].iter().map(move |j| (i, j)));
        pairs.map(|(i, j)| Form::square(&i.at.minus(&j.at), &self.numbers.field)).collect()
    }

    /// K: the index of a claim about a whole run, and else above the index.
    fn horizon(&mut self) -> Translated<()> {
        let Some(index) = self.place.index else { return Ok(()) };
        let horizon = self.numbers.named(Kind::Index, "K")?;
        let room = horizon - self.numbers.rational(index);
        match self.goal {
            Goal::Whole(_) => self.numbers.equate(&room, "K"),
            _ => self.numbers.learn(&room, true, "K"),
        }
    }

    /// What roots are the roots of, where that is not plain.
    fn equations(&self) -> Vec<Polynomial> {
        let of_root = |(variable, square): (&usize, &Fraction)| {
            let root = self.numbers.field.variable(*variable);
            let difference = &root * &root - square;
            (!difference.is_zero()).then(|| difference.numerator().clone())
        };
        self.numbers.roots().iter().filter_map(of_root).collect()
    }

    /// What the facts leave open.
    fn gaps(&self, convex: bool, points: &[Point], operations: &[Operation]) -> Vec<String> {
        let needs = reached::builtins(self.statement);
        let mut gaps = Vec::new();
        if convex && !needs.contains(&Builtin::Smoothness) {
            gaps.push("nothing is said of how smooth f is".to_owned());
        }
        let is_exact = |estimate: &Value| estimate.as_array().is_some_and(Vec::is_empty);
        if !self.statement.problems.is_empty() || !self.statement.estimates.iter().all(|own| is_exact(&own.value)) {
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
        let opaque = [Builtin::GradientBound, Builtin::VisitedGradientBound, Builtin::LargestSmoothness];
        if let Some(builtin) = opaque.iter().find(|builtin| needs.contains(builtin)) {
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
