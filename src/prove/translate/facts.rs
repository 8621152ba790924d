//! What is known of every function, estimate and constant: the facts that a proof may use, each with its reason.

use std::collections::BTreeSet;

use super::limits::{is_divided_by, is_positive};
use super::method::{EstimateError, Run};
use super::norms;
use super::numbers::{Kind, Numbers};
use super::outcomes::Outcomes;
use super::reached;
use super::sources::{self, Argument, Source};
use super::stop::{Translated, untranslatable};
use super::terms::NOT_NEGATIVE;
use super::unknowns::{Point, Unknowns};
use super::untranslatable::Untranslatable;
use crate::algebra::Fraction;
use crate::prove::problem::{Combination, Fact, Form, Library, Sign};
use crate::statement::Statement;
use crate::statement::term::{Builtin, Term};

/// What a constant of the instance is, whatever the instance.
pub fn learn_builtin(builtin: Builtin, statement: &Statement, numbers: &mut Numbers) -> Translated<()> {
    let strict = match builtin {
        Builtin::Smoothness => is_positive(builtin, statement),
        Builtin::Pl => true,
        Builtin::StrongConvexity
        | Builtin::RelativeError
        | Builtin::RelativeBias
        | Builtin::RelativeNoise
        | Builtin::MeanSquareSmoothness => false,
        opaque if reached::OPAQUE.contains(&opaque) => {
            is_divided_by(&|term| matches!(term, Term::Builtin(own) if *own == builtin), statement)
        }
        _ => return Ok(()),
    };
    let number = numbers.named(Kind::Constant, builtin.name())?;
    numbers.learn(&number, strict, "what the constant is")
}

/// Notes that one constant is at most another, as of every function that is not constant; of constant ones it is
/// part of what the constants mean.
pub fn learn_order(less: Builtin, more: Builtin, strict: bool, numbers: &mut Numbers) -> Translated<()> {
    let [less, more] = [less, more].map(|builtin| numbers.named(Kind::Constant, builtin.name()));
    numbers.learn(&(more? - less?), strict, "constants of one function")
}

/// What the language calls the parameter of a contraction.
pub const CONTRACTION: &str = "alpha";

/// What a constant of the statement's own is that instances prove: none of these is negative.
pub fn learn_given(position: usize, statement: &Statement, numbers: &mut Numbers) -> Translated<()> {
    let name = &statement.given[position].name;
    let number = numbers.named(Kind::Constant, name)?;
    let is_it = |term: &Term| matches!(term, Term::Given(own) if *own == position);
    numbers.learn(&number, is_divided_by(&is_it, statement), "a given constant")?;
    if name == CONTRACTION {
        let rest = numbers.rational(1) - &number;
        numbers.learn(&rest, false, "a contraction")?;
    }
    Ok(())
}

/// Collects the facts of one case.
pub struct Facts<'c> {
    statement: &'c Statement,
    numbers: &'c mut Numbers,
    unknowns: &'c mut Unknowns,
    /// Whether f is convex.
    convex: bool,
    /// What the statement speaks of.
    needs: BTreeSet<Builtin>,
    found: Vec<Fact>,
}

impl<'c> Facts<'c> {
    /// None yet.
    pub fn new(statement: &'c Statement, convex: bool, numbers: &'c mut Numbers, unknowns: &'c mut Unknowns) -> Self {
        let needs = reached::builtins(statement);
        Facts { statement, numbers, unknowns, convex, needs, found: Vec::new() }
    }

    /// All of them, with those that are given.
    pub fn all(mut self, run: &Run<'_>, averages: bool, given: Vec<Fact>) -> Translated<Vec<Fact>> {
        self.found = given;
        let points = self.unknowns.points.clone();
        self.of_function(&points)?;
        self.of_operators(run)?;
        if self.needs.contains(&Builtin::Pl) {
            self.of_pl(&points)?;
        }
        if averages {
            self.of_errors(run)?;
        }
        self.of_sources(run, averages)?;
        Ok(self.finished())
    }

    /// What one run obeys in whose steps nothing is drawn but the noise of the last: whatever does is a run of some
    /// function, where the PL inequality is that of functions that are strongly convex.
    pub fn of_one_run(mut self, run: &Run<'_>, outcomes: &Outcomes, given: Vec<Fact>) -> Translated<Vec<Fact>> {
        let points = self.unknowns.points.clone();
        let is_pl = self.needs.contains(&Builtin::Pl);
        self.convex |= is_pl;
        self.of_function(&points)?;
        if is_pl {
            self.of_convexity(&points, Some(Builtin::Pl))?;
        }
        // The points are in outcomes already; what follows is not.
        let in_outcomes = std::mem::take(&mut self.found);
        self.of_operators(run)?;
        let sure = std::mem::take(&mut self.found);
        for drawn in run.errors() {
            self.of_error(drawn)?;
            if drawn.parts.is_none() {
                // Nothing was drawn, so that all of it is bias.
                let bound = (Builtin::RelativeBias, Builtin::AbsoluteBias);
                self.bound(&drawn.of_average.0, &drawn.of_average.1, bound, "the model of the bias")?;
            }
        }
        let in_mean = std::mem::replace(&mut self.found, [given, in_outcomes].concat());
        for fact in sure {
            for form in outcomes.each(&fact.form) {
                self.add(fact.name.clone(), &fact.reason, form, fact.library);
            }
        }
        for fact in in_mean {
            self.add(fact.name, &fact.reason, outcomes.mean(&fact.form), fact.library);
        }
        Ok(self.finished())
    }

    /// With what is known of the unknowns themselves.
    fn finished(mut self) -> Vec<Fact> {
        self.of_atoms();
        self.found.extend(norms::facts(self.unknowns, &self.numbers.field));
        self.found
    }

    /// Of the function and those of the workers.
    fn of_function(&mut self, points: &[Point]) -> Translated<()> {
        let mut smoothness = None;
        if self.needs.contains(&Builtin::Smoothness) {
            let constant = self.numbers.named(Kind::Constant, Builtin::Smoothness.name())?;
            self.smooth(points, &constant);
            smoothness = Some(constant);
        }
        self.of_minimiser(points, smoothness.as_ref());
        self.of_workers(points)?;
        if self.convex {
            self.of_convexity(points, self.strong())?;
        }
        Ok(())
    }

    fn add(&mut self, mut name: String, reason: &str, form: Form, library: Library) {
        while self.found.iter().any(|fact| fact.name == name) {
            name.push('_');
        }
        if !form.is_zero() {
            self.found.push(Fact { name, reason: reason.to_owned(), form, sign: Sign::NotNegative, library });
        }
    }

    fn value(&self, point: &Point) -> Form {
        Form::atom(point.value, &self.numbers.field)
    }

    /// f_j − f_i − ⟨g, x_j − x_i⟩.
    fn above_tangent(&self, i: &Point, j: &Point, gradient: &Combination) -> Form {
        let field = &self.numbers.field;
        let minus = -field.one();
        let mut form = self.value(j);
        form.add_scaled(&self.value(i), &minus);
        form.add_scaled(&Form::product(gradient, &j.at.minus(&i.at), field), &minus);
        form
    }

    fn smooth(&mut self, points: &[Point], smoothness: &Fraction) {
        let field = self.numbers.field.clone();
        let number = |p: i32, q: i32| field.constant((p, q));
        let over = number(1, 1).divided_by(smoothness).unwrap_or_else(|| field.zero());
        for (i, j) in pairs(points) {
            let distance = Form::square(&j.at.minus(&i.at), &field);
            let names = format!("{}, {}", i.name, j.name);
            let mut upper = self.above_tangent(i, j, &i.gradient).scaled(&number(-1, 1));
            upper.add_scaled(&distance, &(smoothness * number(1, 2)));
            self.add(format!("upper({names})"), "f is L-smooth", upper, Library::Textbook);
            let gradients = Form::square(&i.gradient.minus(&j.gradient), &field);
            if i.name < j.name {
                let mut lipschitz = distance.scaled(&smoothness.times(smoothness));
                lipschitz.add_scaled(&gradients, &number(-1, 1));
                self.add(format!("lipschitz({names})"), "the gradient is L-Lipschitz", lipschitz, Library::Textbook);
            }
            if !self.convex {
                let mut sum = i.gradient.clone();
                sum.add_scaled(&j.gradient, &field.one());
                let mut form = self.above_tangent(i, j, &sum.scaled(&number(1, 2)));
                form.add_scaled(&distance, &(smoothness * number(1, 4)));
                form.add_scaled(&gradients, &(&over * number(-1, 4)));
                self.add(format!("smooth({names})"), "L-smooth interpolation", form, Library::Interpolation);
            }
        }
        let Some(lowest) = self.unknowns.atoms.iter().position(|atom| atom.name == Builtin::LowerBound.name()) else {
            return;
        };
        for point in points {
            let mut form = self.value(point);
            form.add_scaled(&Form::atom(lowest, &field), &number(-1, 1));
            form.add_scaled(&Form::square(&point.gradient, &field), &(&over * number(-1, 2)));
            self.add(format!("lower({})", point.name), "f_star is below f, which is L-smooth", form, Library::Both);
        }
    }

    /// f is nowhere below its value at x_star, and a gradient step from a point stays above it.
    fn of_minimiser(&mut self, points: &[Point], smoothness: Option<&Fraction>) {
        let Some(least) = points.iter().find(|point| point.is_minimiser()) else { return };
        let field = self.numbers.field.clone();
        for point in points.iter().filter(|point| !point.is_minimiser()) {
            let mut form = self.value(point);
            form.add_scaled(&self.value(least), &-field.one());
            let over = smoothness.and_then(|smoothness| field.constant((-1, 2)).divided_by(smoothness));
            if let Some(over) = over {
                form.add_scaled(&Form::square(&point.gradient, &field), &over);
            }
            self.add(format!("least({})", point.name), "x_star is a minimiser", form, Library::Both);
        }
    }

    /// How the workers' gradients differ, at a point and between points.
    fn of_workers(&mut self, points: &[Point]) -> Translated<()> {
        let minus = -self.numbers.field.one();
        let apart = points.iter().filter_map(|point| Some((point, point.deviation.clone()?)));
        let apart: Vec<(&Point, Combination)> = apart.collect();
        if self.needs.contains(&Builtin::Heterogeneity) {
            let atom = self.unknowns.atom(Builtin::Heterogeneity.name(), true);
            for (point, deviation) in &apart {
                let mut form = Form::atom(atom, &self.numbers.field);
                form.add_scaled(&self.unknowns.square(deviation), &minus);
                self.add(format!("apart({})", point.name), "zeta2 bounds the heterogeneity", form, Library::Both);
            }
        }
        if self.needs.contains(&Builtin::MeanSquareSmoothness) {
            let bound = self.numbers.named(Kind::Constant, Builtin::MeanSquareSmoothness.name())?;
            for (number, (i, of_i)) in apart.iter().enumerate() {
                for (j, of_j) in &apart[number + 1..] {
                    let mut form = self.unknowns.square(&j.at.minus(&i.at)).scaled(&bound);
                    let difference = i.gradient.minus(&j.gradient);
                    form.add_scaled(&self.unknowns.square(&difference), &minus);
                    form.add_scaled(&self.unknowns.square(&of_i.minus(of_j)), &minus);
                    let name = format!("workers({}, {})", i.name, j.name);
                    self.add(name, "L_hat2 is the mean of the workers' L_i^2", form, Library::Both);
                }
            }
        }
        Ok(())
    }

    /// Contractions, each at its own argument.
    fn of_operators(&mut self, run: &Run<'_>) -> Translated<()> {
        let position = self.statement.given.iter().position(|given| given.name == CONTRACTION);
        let Some(position) = position.filter(|_| !run.operations.is_empty()) else { return Ok(()) };
        learn_given(position, self.statement, self.numbers)?;
        if self.statement.method.operators.len() > 1 {
            return untranslatable(Untranslatable::Method("which of the method's operators `alpha` is of"));
        }
        let alpha = self.numbers.named(Kind::Constant, CONTRACTION)?;
        for operation in &run.operations {
            let rest = self.numbers.field.one() - &alpha;
            let mut form = self.unknowns.square(&operation.argument).scaled(&rest);
            let error = operation.value.minus(&operation.argument);
            form.add_scaled(&self.unknowns.square(&error), &-self.numbers.field.one());
            self.add(format!("contraction({})", operation.name), "the operator is contractive", form, Library::Both);
        }
        Ok(())
    }

    /// The constant of strong convexity, where the statement speaks of it.
    fn strong(&self) -> Option<Builtin> {
        Some(Builtin::StrongConvexity).filter(|builtin| self.needs.contains(builtin))
    }

    fn of_convexity(&mut self, points: &[Point], strong: Option<Builtin>) -> Translated<()> {
        let field = self.numbers.field.clone();
        let number = |p: i32, q: i32| field.constant((p, q));
        let strong = match strong {
            Some(strong) => self.numbers.named(Kind::Constant, strong.name())?,
            None => field.zero(),
        };
        let smoothness = match self.needs.contains(&Builtin::Smoothness) {
            true => Some(self.numbers.named(Kind::Constant, Builtin::Smoothness.name())?),
            false => None,
        };
        for (i, j) in pairs(points) {
            let distance = Form::square(&j.at.minus(&i.at), &field);
            let names = format!("{}, {}", i.name, j.name);
            let mut lower = self.above_tangent(i, j, &i.gradient);
            lower.add_scaled(&distance, &(&strong * number(-1, 2)));
            self.add(format!("convex({names})"), "f is convex", lower, Library::Textbook);
            let Some(smoothness) = &smoothness else { continue };
            // (L − μ)(f_j − f_i − ⟨g_i, d⟩) ≥ (‖g_j − g_i‖² + μL‖d‖² − 2μ⟨g_j − g_i, d⟩)/2.
            let (gap, difference) = (smoothness - &strong, j.gradient.minus(&i.gradient));
            let mut bound = Form::square(&difference, &field);
            bound.add_scaled(&distance, &(&strong * smoothness));
            bound.add_scaled(&Form::product(&difference, &j.at.minus(&i.at), &field), &(&strong * number(-2, 1)));
            let mut form = self.above_tangent(i, j, &i.gradient).scaled(&gap);
            form.add_scaled(&bound, &number(-1, 2));
            self.add(format!("smooth convex({names})"), "smooth convex interpolation", form, Library::Interpolation);
        }
        Ok(())
    }

    fn of_pl(&mut self, points: &[Point]) -> Translated<()> {
        let field = self.numbers.field.clone();
        let pl = self.numbers.named(Kind::Constant, Builtin::Pl.name())?;
        let lowest = Form::atom(self.unknowns.atom(Builtin::LowerBound.name(), true), &field);
        for point in points {
            let mut gap = self.value(point);
            gap.add_scaled(&lowest, &-field.one());
            let mut form = Form::square(&point.gradient, &field);
            form.add_scaled(&gap, &(&pl * field.constant(-2)));
            self.add(format!("pl({})", point.name), "the PL inequality", form, Library::Both);
        }
        Ok(())
    }

    /// What the listed sources prove: of every error where none of them draws, in mean of the claim's own one else.
    fn of_sources(&mut self, run: &Run<'_>, averages: bool) -> Translated<()> {
        let sources = sources::sources(self.statement);
        let is_of_run = |source: &&Source| (source.argument == Argument::EachWorker) == run.has_errors_of_workers();
        let Some(source) = sources.iter().find(is_of_run) else { return Ok(()) };
        let own = run.own_error().filter(|_| averages);
        let errors: Vec<&EstimateError> =
            if source.draws { own.into_iter().collect() } else { run.errors_so_far().collect() };
        for error in errors {
            for (name, reason, form) in sources::facts(self.statement, *source, error, (self.numbers, self.unknowns))? {
                self.add(name.to_owned(), reason, form, Library::Both);
            }
        }
        Ok(())
    }

    /// Bounds in mean of what the claim's own step draws.
    fn of_errors(&mut self, run: &Run<'_>) -> Translated<()> {
        run.own_error().map_or(Ok(()), |drawn| self.of_error(drawn))
    }

    fn of_error(&mut self, drawn: &EstimateError) -> Translated<()> {
        let mut bounds =
            vec![(&drawn.of_average.0, Builtin::RelativeError, Builtin::AbsoluteError, "the model of the error")];
        if let Some([bias, noise]) = &drawn.parts {
            bounds.push((bias, Builtin::RelativeBias, Builtin::AbsoluteBias, "the model of the bias"));
            bounds.push((noise, Builtin::RelativeNoise, Builtin::NoiseVariance, "the model of the noise"));
        }
        for (vector, relative, absolute, reason) in bounds {
            self.bound(vector, &drawn.of_average.1, (relative, absolute), reason)?;
        }
        Ok(())
    }

    /// A bound of an error, where the claim reaches it.
    fn bound(
        &mut self,
        vector: &Combination,
        gradient: &Combination,
        (relative, absolute): (Builtin, Builtin),
        reason: &str,
    ) -> Translated<()> {
        if !self.needs.contains(&relative) && !self.needs.contains(&absolute) {
            return Ok(());
        }
        let field = self.numbers.field.clone();
        let factor = self.numbers.named(Kind::Constant, relative.name())?;
        learn_builtin(relative, self.statement, self.numbers)?;
        let mut form = Form::atom(self.unknowns.atom(absolute.name(), true), &field);
        form.add_scaled(&Form::square(gradient, &field), &factor);
        form.add_scaled(&Form::square(vector, &field), &-field.one());
        self.add(format!("bound({}, {})", relative.name(), absolute.name()), reason, form, Library::Both);
        Ok(())
    }

    /// Parts of models are not negative.
    fn of_atoms(&mut self) {
        let field = self.numbers.field.clone();
        for builtin in NOT_NEGATIVE {
            if let Some(position) = self.unknowns.atoms.iter().position(|atom| atom.name == builtin.name()) {
                let form = Form::atom(position, &field);
                self.add(format!("{} >= 0", builtin.name()), "what the constant is", form, Library::Both);
            }
        }
    }
}

/// All ordered pairs of different points.
fn pairs(points: &[Point]) -> impl Iterator<Item = (&Point, &Point)> {
    points.iter().enumerate().flat_map(move |(i, first)| {
        points.iter().enumerate().filter(move |(j, _)| *j != i).map(move |(_, second)| (first, second))
    })
}
