//! One setting with a momentum parameter and a K: which step sizes and choices of the analyst's parameters the
//! statement admits there, and which choice gives the smallest bound.

use std::collections::BTreeMap;

use super::Tuning;
use super::minimise::minimise;
use crate::number::nearest_f64;
use crate::number::to_digits;
use crate::statement::term::Builtin;
use crate::statement::{Parameter, Statement};
use crate::verify::approximating::a_priori_bound::Beforehand;
use crate::verify::choosing::parameter_values::{Choice, chosen, fractions};
use crate::verify::instances::{CellSpec, Instance};

/// Steps, as shares of the largest that the recommended choice admits.
const SHARES: [f64; 3] = [1.0, 0.5, 0.1];
/// Most combinations of candidates that are tried for one that is admitted.
const COMBINATIONS: usize = 128;
/// Halvings in the search of the largest step.
const HALVINGS: usize = 50;
/// What is at most this share of a range from the edge of what is admitted is at the edge.
const NEAR: f64 = 1e-4;
/// A value that differs by no more than this share of it is not another choice.
const OTHER: f64 = 1e-9;
/// A bound smaller than the recommended one by no more than this share of it is the same.
const SAME: f64 = 1e-12;

/// Values of parameters.
type Values = BTreeMap<String, f64>;

/// What steps and choices are tried on.
pub(super) struct TuningProblem<'a> {
    spec: &'a CellSpec,
    /// The setting with parameters and K of its own.
    template: Instance<'a>,
    /// The value of another parameter of the method.
    fixed: Option<(&'a str, f64)>,
    horizon: usize,
    analysts: Vec<&'a Parameter>,
}

/// Candidates of the analyst's parameters.
struct Recommended {
    choice: Vec<Choice>,
    /// As the statement writes it.
    text: String,
}

impl<'a> TuningProblem<'a> {
    /// The setting of an instance with K, and with a value of another parameter of the method than the step size.
    pub fn new(spec: &'a CellSpec, template: Instance<'a>, fixed: Option<(&'a str, f64)>, horizon: usize) -> Self {
        let statement: &'a Statement = template.statement;
        let analysts = statement.parameters.iter().filter(|p| statement.method.parameter(&p.name).is_none()).collect();
        TuningProblem { spec, template, fixed, horizon, analysts }
    }

    /// One row a step size.
    pub fn tunings(&self) -> Vec<Tuning> {
        let Some((recommended, largest)) = self.recommended() else { return Vec::new() };
        let steps = match largest {
            Some(largest) => SHARES.map(|share| Choice::Value(share * largest)).to_vec(),
            None => vec![Choice::Candidate(0)],
        };
        steps.into_iter().filter_map(|step| self.at_step(step, &recommended)).collect()
    }

    /// The first candidates of the analyst's parameters that some step admits together, those near the first
    /// of each before others; and the largest such step, where the statement has it as a parameter.
    fn recommended(&self) -> Option<(Recommended, Option<f64>)> {
        let count = self.analysts.len();
        let most = self.analysts.iter().map(|p| p.candidates.len()).max()?.max(1);
        // With many parameters the last candidates are not combined.
        let combinations = |base: usize| base.saturating_pow(u32::try_from(count).unwrap_or(u32::MAX));
        let base = (1..=most).rev().find(|base| combinations(*base) <= COMBINATIONS).unwrap_or(1);
        let mut ordered: Vec<Vec<usize>> =
            (0..combinations(base)).map(|number| digits(number, base, count).collect()).collect();
        ordered.sort_by_key(|numbers| numbers.iter().copied().max());
        ordered.into_iter().find_map(|numbers| {
            let choice: Vec<Choice> = numbers.iter().map(|number| Choice::Candidate(*number)).collect();
            let largest = self.largest_step(&choice)?;
            Some((Recommended { choice, text: self.written(&numbers) }, largest))
        })
    }

    fn written(&self, numbers: &[usize]) -> String {
        let parts = self.analysts.iter().zip(numbers).map(|(parameter, number)| {
            let name = &parameter.name;
            match parameter.candidates.get(number % parameter.candidates.len().max(1)) {
                Some(candidate) => format!("{name} = {}", candidate.expr),
                None => format!("{name} by default in {}", parameter.range),
            }
        });
        parts.collect::<Vec<_>>().join(", ")
    }

    /// Values of all parameters by that step and that choice of the analyst's.
    fn values(&self, step: Choice, choice: &[Choice]) -> Option<Values> {
        let mut rest = choice.iter();
        let method = &self.template.statement.method;
        let of = |parameter: &Parameter| match (parameter.name.as_str(), self.fixed) {
            (name, _) if method.step_size() == Some(name) => Some(step),
            (name, Some((fixed, value))) if name == fixed => Some(Choice::Value(value)),
            (name, _) if method.parameter(name).is_some() => Some(Choice::Candidate(0)),
            _ => rest.next().copied(),
        };
        let choices: Vec<Choice> = self.template.statement.parameters.iter().map_while(of).collect();
        chosen(&self.template, self.horizon, &choices).ok()
    }

    /// The instance with that step and choice, where there is one, and the values of all parameters.
    fn instance(&self, step: Choice, choice: &[Choice]) -> Option<(Values, Instance<'a>)> {
        let values = self.values(step, choice)?;
        let instance = self.template.retuned(&values, self.horizon).ok()?;
        Some((values, instance))
    }

    /// The largest step that the choice admits, by bisection where a hypothesis limits it and not its range:
    /// what is admitted is taken to be an interval. The inner `None` where no parameter is the step size, the
    /// outer one where nothing is admitted.
    fn largest_step(&self, choice: &[Choice]) -> Option<Option<f64>> {
        let name = self.template.statement.method.step_size();
        let own = |values: &Values| name.and_then(|name| values.get(name).copied());
        let admitted = |step: Choice| self.instance(step, choice).map(|(values, _)| own(&values));
        let parameters = &self.template.statement.parameters;
        let Some(parameter) = parameters.iter().find(|p| name == Some(p.name.as_str())) else {
            return admitted(Choice::Candidate(0));
        };
        if let Some(step) = admitted(Choice::Fraction(1.0)) {
            return Some(step);
        }
        let candidates = 0..parameter.candidates.len().max(1);
        let mut low = candidates.filter_map(|number| admitted(Choice::Candidate(number))?).reduce(f64::max)?;
        let mut high = own(&self.values(Choice::Fraction(1.0), choice)?)?;
        for _ in 0..HALVINGS {
            let middle = 0.5 * (low + high);
            match admitted(Choice::Value(middle)) {
                Some(_) => low = middle,
                None => high = middle,
            }
        }
        Some(Some(low))
    }

    fn at_step(&self, step: Choice, recommended: &Recommended) -> Option<Tuning> {
        let (values, instance) = self.instance(step, &recommended.choice)?;
        let known = Beforehand::of(&instance);
        let recommended_bound = known.right_hand_side(&instance)?;
        let start = self.fractions(&values)?;
        let mut best = (values.clone(), recommended_bound);
        let mut free = false;
        let found = minimise(&start, &mut |point| {
            let (other, instance) = self.instance(step, &at(point))?;
            let bound = known.right_hand_side(&instance)?;
            free |= other.iter().any(|(name, value)| (value - values[name]).abs() > OTHER * value.abs());
            if bound < best.1 && bound < (1.0 - SAME) * recommended_bound {
                best = (other, bound);
            }
            Some(bound)
        });
        let place = found.filter(|(_, least)| *least == best.1).map_or(start, |(point, _)| point);
        let (best, best_bound) = best;
        if best_bound <= 0.0 {
            return None;
        }
        let proved = |builtin| instance.builtin(builtin).map(nearest_f64);
        Some(Tuning {
            statement: self.template.statement.id.clone(),
            setting: self.spec.setting(),
            method: instance.method.named_parameters(),
            horizon: self.horizon,
            relative_error: proved(Builtin::RelativeError),
            absolute_error: proved(Builtin::AbsoluteError),
            best: self.of_analyst(best),
            best_bound: above(best_bound),
            recommended: self.of_analyst(values),
            recommended_as: recommended.text.clone(),
            recommended_bound: above(recommended_bound),
            ratio: (recommended_bound / best_bound).min(f64::MAX),
            at_edge: self.is_at_edge(step, &place),
            free,
        })
    }

    fn of_analyst(&self, mut values: Values) -> Values {
        values.retain(|name, _| self.analysts.iter().any(|p| p.name == *name));
        values
    }

    /// Where in their ranges the analyst's parameters are.
    fn fractions(&self, values: &Values) -> Option<Vec<f64>> {
        let spec = CellSpec { parameters: values.clone(), horizon: self.horizon, ..self.spec.clone() };
        let all = fractions(self.template.statement, &spec, self.template.problem.as_ref()).ok()?;
        let fraction = |p: &&Parameter| all.get(&p.name).copied().filter(|x| x.is_finite());
        // A range of one value has no fractions.
        Some(self.analysts.iter().map(|p| fraction(p).unwrap_or(0.0).clamp(0.0, 1.0)).collect())
    }

    /// Whether a small move of one parameter leaves what is admitted.
    fn is_at_edge(&self, step: Choice, place: &[f64]) -> bool {
        (0..place.len()).any(|coordinate| {
            [-NEAR, NEAR].into_iter().any(|by| {
                let mut moved = place.to_vec();
                moved[coordinate] += by;
                !(0.0..=1.0).contains(&moved[coordinate]) || self.instance(step, &at(&moved)).is_none()
            })
        })
    }
}

fn at(point: &[f64]) -> Vec<Choice> {
    point.iter().copied().map(Choice::Fraction).collect()
}

/// The digits of a number, the lowest first.
fn digits(number: usize, base: usize, count: usize) -> impl Iterator<Item = usize> {
    (0..count).scan(number, move |rest, _| {
        let digit = *rest % base.max(1);
        *rest /= base.max(1);
        Some(digit)
    })
}

/// Six digits of a bound, no smaller than it.
fn above(bound: f64) -> f64 {
    let near = to_digits(bound);
    if near >= bound { near } else { to_digits(bound + bound.abs() * 1e-5) }
}
