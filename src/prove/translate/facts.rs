//! What is known of every function, estimate and constant: the facts that a proof may use, each with its reason.

use super::method::Run;
use super::numbers::{Kind, Numbers};
use super::stop::{Translated, untranslatable};
use super::unknowns::{Point, Unknowns};
use crate::algebra::Fraction;
use crate::prove::problem::{Combination, Fact, Form, Library, Sign};
use crate::statement::Statement;
use crate::statement::term::Builtin;

/// What a constant of the instance is, whatever the instance.
pub fn learn_builtin(builtin: Builtin, numbers: &mut Numbers) -> Translated<()> {
    let strict = match builtin {
        // A positive upper bound of the constant is one too.
        Builtin::Smoothness | Builtin::Pl => true,
        Builtin::StrongConvexity | Builtin::RelativeError | Builtin::RelativeBias | Builtin::RelativeNoise => false,
        _ => return Ok(()),
    };
    let number = numbers.named(Kind::Constant, builtin.name())?;
    numbers.learn(&number, strict, "what the constant is")
}

/// What a constant of the statement's own is that instances prove.
pub fn learn_given(name: &str, numbers: &mut Numbers) -> Translated<()> {
    let number = numbers.named(Kind::Constant, name)?;
    match name {
        "alpha" => {
            numbers.learn(&number, false, "a contraction")?;
            let rest = numbers.rational(1) - &number;
            numbers.learn(&rest, false, "a contraction")
        }
        "tau" => numbers.learn(&number, false, "a threshold"),
        _ => untranslatable(format!("`{name}`, of which no fact is known here")),
    }
}

/// Collects the facts of one case.
pub struct Facts<'c> {
    statement: &'c Statement,
    numbers: &'c mut Numbers,
    unknowns: &'c mut Unknowns,
    /// Whether f is convex.
    convex: bool,
    found: Vec<Fact>,
}

impl<'c> Facts<'c> {
    /// None yet.
    pub fn new(statement: &'c Statement, convex: bool, numbers: &'c mut Numbers, unknowns: &'c mut Unknowns) -> Self {
        Facts { statement, numbers, unknowns, convex, found: Vec::new() }
    }

    /// All of them.
    pub fn all(mut self, run: &Run<'_>, averages: bool) -> Translated<Vec<Fact>> {
        let needs = self.statement.needs();
        let points = self.unknowns.points.clone();
        if needs.contains(&Builtin::Smoothness) {
            let smoothness = self.numbers.named(Kind::Constant, Builtin::Smoothness.name())?;
            self.smooth(&points, &smoothness);
        }
        if self.convex {
            self.of_convexity(&points)?;
        }
        if needs.contains(&Builtin::Pl) {
            self.of_pl(&points)?;
        }
        if averages {
            self.of_errors(run, &points)?;
        }
        self.of_atoms();
        Ok(self.found)
    }

    fn add(&mut self, name: String, reason: &str, form: Form, library: Library) {
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

    fn of_convexity(&mut self, points: &[Point]) -> Translated<()> {
        let field = self.numbers.field.clone();
        let number = |p: i32, q: i32| field.constant((p, q));
        let needs = self.statement.needs();
        let strong = match needs.contains(&Builtin::StrongConvexity) {
            true => self.numbers.named(Kind::Constant, Builtin::StrongConvexity.name())?,
            false => field.zero(),
        };
        let smoothness = match needs.contains(&Builtin::Smoothness) {
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

    /// Bounds in mean of what the claim's own step draws.
    fn of_errors(&mut self, run: &Run<'_>, points: &[Point]) -> Translated<()> {
        let needs = self.statement.needs();
        let Some((drawn, [bias, noise])) = run.split_error() else { return Ok(()) };
        let gradient = &points[drawn.point].gradient;
        let bounds = [
            (&drawn.error, Builtin::RelativeError, Builtin::AbsoluteError, "the model of the error"),
            (bias, Builtin::RelativeBias, Builtin::AbsoluteBias, "the model of the bias"),
            (noise, Builtin::RelativeNoise, Builtin::NoiseVariance, "the model of the noise"),
        ];
        for (vector, relative, absolute, reason) in bounds {
            // Only what the claim reaches counts.
            if !needs.contains(&relative) && !needs.contains(&absolute) {
                continue;
            }
            self.bound(vector, gradient, (relative, absolute), reason)?;
        }
        Ok(())
    }

    fn bound(
        &mut self,
        vector: &Combination,
        gradient: &Combination,
        (relative, absolute): (Builtin, Builtin),
        reason: &str,
    ) -> Translated<()> {
        let field = self.numbers.field.clone();
        let factor = self.numbers.named(Kind::Constant, relative.name())?;
        learn_builtin(relative, self.numbers)?;
        let mut form = Form::atom(self.unknowns.atom(absolute.name(), true), &field);
        form.add_scaled(&Form::square(gradient, &field), &factor);
        form.add_scaled(&Form::square(vector, &field), &-field.one());
        self.add(format!("bound({}, {})", relative.name(), absolute.name()), reason, form, Library::Both);
        Ok(())
    }

    /// Parts of models are not negative.
    fn of_atoms(&mut self) {
        let field = self.numbers.field.clone();
        for builtin in [Builtin::AbsoluteError, Builtin::AbsoluteBias, Builtin::NoiseVariance] {
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
