//! The worst states of short scripted runs. Where both sides of a claim are quadratic forms in x_0 and the
//! errors that are written out step by step, lhs − rhs is one too, and its eigenvectors say at once which
//! state is the worst: no search is needed, and none would find an equality as well.

use nalgebra::{DMatrix, SymmetricEigen};

use crate::audit::search::evaluator::{Evaluation, InstanceEvaluator, InstanceTemplate};
use crate::audit::search::inside::Inside;
use crate::oracle::source::{Axis, Scripted};
use crate::problem::ProblemSpec;
use crate::problem::families::{DiagonalQuadraticSpec, PiecewiseQuadraticSpec};
use crate::problem::free::Free;
use crate::statement::term::Term;
use crate::statement::{Parameter, Statement, Subject};
use crate::verify::approximating::approximation::Approximation;
use crate::verify::choosing::estimates::operators_of;
use crate::verify::instances::{CellSpec, Start};

/// Most numbers of a state.
const MOST_NUMBERS: usize = 6;
/// A difference of two sides that is a quadratic form is one up to this share of the sides' scale.
const SAME: f64 = 1e-9;
/// How far the kinks of a function that turns down lie outside of the states.
const FAR: f64 = 64.0;
/// Sizes of the errors that a script begins with; what matters is their number.
const SCRIPT: [f64; 2] = [0.5, -0.25];
const NOISE: f64 = 0.5;
/// Where in their ranges the parameters are: those whose range is of numbers, by position, and the others.
const PLACES: [([f64; 2], f64); 12] = [
    ([0.5, 0.5], 1.0),
    ([0.1, 0.5], 1.0),
    ([0.9, 0.5], 1.0),
    ([0.25, 0.75], 1.0),
    ([0.75, 0.25], 1.0),
    ([0.5, 0.9], 1.0),
    ([0.5, 0.1], 1.0),
    ([0.9, 0.1], 1.0),
    ([0.1, 0.9], 1.0),
    ([0.5, 0.5], 0.5),
    ([0.1, 0.5], 0.25),
    ([1.0, 0.0], 1.0),
];

/// Short scripted runs of functions of one variable with curvature 1 or −1, at places all over the
/// parameters' ranges; none where the statement lists other estimates or problems, or no errors of its own.
#[must_use]
pub fn frames(evaluator: &InstanceEvaluator<'_>, statement: &Statement) -> Vec<InstanceTemplate> {
    if !statement.subject.is_of_steps() || !statement.general {
        return Vec::new();
    }
    let inside = Inside::of(statement);
    let script = Scripted { errors: SCRIPT.iter().map(|e| vec![*e]).collect() };
    let mut sources = vec![script.into()];
    if statement.subject == Subject::OneStep {
        sources.push(Axis { size: NOISE }.into());
    }
    let mut found = Vec::new();
    for (fractions, others) in PLACES {
        for problem in functions() {
            let mut frame =
                CellSpec::without_parameters(problem, sources.clone(), Start::of(&statement.method, 0), SCRIPT.len());
            frame.point = Some(vec![1.0]);
            frame.operators = operators_of(statement, 0);
            let template = InstanceTemplate { frame, fractions: places(statement, fractions, others), witness: None };
            let known = found.contains(&template);
            if !known && inside.holds(&template.frame) && evaluator.evaluate(statement, &template).is_some() {
                found.push(template);
            }
        }
    }
    found
}

fn functions() -> [ProblemSpec; 2] {
    [
        DiagonalQuadraticSpec { spectrum: vec![1.0] }.into(),
        PiecewiseQuadraticSpec {
            anchor: 0.0,
            value: 0.0,
            slope: 0.0,
            breaks: vec![-FAR, FAR],
            curvatures: vec![1.0, -1.0, 1.0],
        }
        .into(),
    ]
}

fn places(statement: &Statement, fractions: [f64; 2], others: f64) -> std::collections::BTreeMap<String, f64> {
    let is_number = |value: &Option<Term>| matches!(value, Some(Term::Number(_)));
    let mut numeric = 0;
    let mut place = |parameter: &Parameter| {
        if is_number(&parameter.lower.value) && is_number(&parameter.upper.value) {
            numeric += 1;
            fractions[(numeric - 1) % fractions.len()]
        } else {
            others
        }
    };
    statement.parameters.iter().map(|p| (p.name.clone(), place(p))).collect()
}

/// The worst state of the template's run, where both sides are quadratic forms in it.
#[must_use]
pub fn worst_state(
    evaluator: &InstanceEvaluator<'_>,
    statement: &Statement,
    template: &InstanceTemplate,
) -> Option<(InstanceTemplate, Evaluation)> {
    let form = Form { evaluator, statement, template };
    let n = form.numbers().len();
    if n == 0 || n > MOST_NUMBERS {
        return None;
    }
    let unit = |i: usize, j: usize| -> Vec<f64> { (0..n).map(|l| if l == i || l == j { 1.0 } else { 0.0 }).collect() };
    let diagonal: Vec<Vec<Approximation>> = (0..n).map(|i| form.at(&unit(i, i))).collect::<Option<_>>()?;
    let mut matrices = vec![DMatrix::<f64>::zeros(n, n); diagonal[0].len()];
    for i in 0..n {
        for j in 0..=i {
            let both = if i == j { diagonal[i].clone() } else { form.at(&unit(i, j))? };
            for (place, matrix) in matrices.iter_mut().enumerate() {
                let value = |approximations: &[Approximation]| Some(difference(approximations.get(place)?));
                let value = if i == j {
                    value(&both)?
                } else {
                    (value(&both)? - value(&diagonal[i])? - value(&diagonal[j])?) / 2.0
                };
                (matrix[(i, j)], matrix[(j, i)]) = (value, value);
            }
        }
    }
    let test: Vec<f64> = (0..n).map(|i| 1.5 - 0.75 * i as f64).collect();
    let seen = form.at(&test)?;
    let worst = seen.iter().zip(&matrices).filter_map(|(approximation, matrix)| {
        let vector = DMatrix::from_column_slice(n, 1, &test);
        let expected = (vector.transpose() * matrix * &vector)[(0, 0)];
        let is_form = (expected - difference(approximation)).abs() <= SAME * approximation.scale.max(expected.abs());
        let eigen = is_form.then(|| SymmetricEigen::new(matrix.clone()))?;
        let state = eigen.eigenvectors.column(eigen.eigenvalues.imax());
        let largest = state.amax();
        let state: Vec<f64> = state.iter().map(|x| x / largest).collect();
        let template = form.template(&state);
        let evaluation = evaluator.evaluate(statement, &template)?;
        Some((template, evaluation))
    });
    worst.max_by(|a, b| a.1.merit.total_cmp(&b.1.merit))
}

fn difference(approximation: &Approximation) -> f64 {
    approximation.lhs - approximation.rhs
}

struct Form<'a> {
    evaluator: &'a InstanceEvaluator<'a>,
    statement: &'a Statement,
    template: &'a InstanceTemplate,
}

impl Form<'_> {
    fn numbers(&self) -> Vec<f64> {
        let frame = &self.template.frame;
        frame.point.iter().flatten().copied().chain(frame.oracle.iter().flat_map(Free::free_numbers)).collect()
    }

    fn template(&self, state: &[f64]) -> InstanceTemplate {
        let mut template = self.template.clone();
        let mut rest = state;
        if let Some(point) = &mut template.frame.point {
            let (taken, left) = rest.split_at(point.len());
            point.copy_from_slice(taken);
            rest = left;
        }
        for source in &mut template.frame.oracle {
            let (taken, left) = rest.split_at(source.free_numbers().len());
            *source = source.with_free_numbers(taken);
            rest = left;
        }
        template
    }

    fn at(&self, state: &[f64]) -> Option<Vec<Approximation>> {
        let spec = self.evaluator.cell(self.statement, &self.template(state))?;
        self.evaluator.approximations(self.statement, &spec)
    }
}

#[cfg(test)]
mod tests {
    use crate::audit::search::states::*;
    use crate::inference::ErrorBudget;
    use crate::preset::Preset;
    use crate::statement::variant::{Change, Location};
    use crate::statement::{library, load_changed};
    use crate::verify::Judging;

    fn merits(statement: &Statement) -> Vec<f64> {
        let effort = Preset::Quick.effort();
        let judging = Judging { effort: &effort, error_budget: ErrorBudget { delta: 1e-6, tests: 1 }, seed: 1 };
        let evaluator = InstanceEvaluator::new(judging);
        let found = frames(&evaluator, statement);
        found.iter().filter_map(|template| Some(worst_state(&evaluator, statement, template)?.1.merit)).collect()
    }

    #[test]
    fn the_worst_state_of_lemma_1_is_an_equality_and_any_larger_step_is_violated() {
        let statement = library::load("descent-lemma").unwrap().unwrap();
        let merits = merits(&statement);
        assert!(merits.iter().all(|m| *m <= 0.0), "{merits:?}");
        assert!(merits.iter().filter(|m| **m > -1e-9).count() >= 4, "{merits:?}");
        let place = Location::Constant { name: "gamma_max".into() };
        let larger = Change { place, expression: Some("2.002/(L*(1 + sqrt(1 + 4*c/beta)))".into()) };
        let changed = load_changed(&statement, &[larger]).unwrap();
        assert!(crate::audit::search::states::tests::merits(&changed).iter().any(|m| *m > 1e-6));
    }

    #[test]
    fn averages_and_listed_estimates_have_no_scripted_states() {
        for id in ["theorem1-nonconvex", "compressed-error", "clipped-error"] {
            assert!(merits(&library::load(id).unwrap().unwrap()).is_empty(), "{id}");
        }
    }
}
