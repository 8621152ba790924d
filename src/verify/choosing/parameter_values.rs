//! Which values the parameters of an instance take: candidates of the statement, shares of their ranges, or
//! given numbers, each certainly inside its range.

use std::cell::RefCell;
use std::collections::BTreeMap;

use rug::Rational;

use crate::number::{Interval, Scalar};
use crate::oracle;
use crate::problem::DynProblem;
use crate::statement::evaluate::Environment as Numbers;
use crate::statement::term::{Builtin, Node, Term};
use crate::statement::{Parameter, Statement, Symbol};
use crate::verify::instances::{
    CellSpec, HYPOTHESIS_BITS, Instance, InstanceError, base_environment, bound_admits, builtins, enclosure,
};

/// The specification with a value of every parameter: those that are not `fixed` are chosen in the
/// statement's order of evaluation, each from its candidates, kept inside its range.
///
/// # Errors
/// Where a range has no value to try, or a constant has none.
pub fn with_parameters(
    statement: &Statement,
    mut spec: CellSpec,
    problem: &dyn DynProblem,
    choice: usize,
    fixed: &[(&str, f64)],
) -> Result<CellSpec, InstanceError> {
    let environment = scope_of(statement, &spec, problem)?;
    spec.parameters = choose_parameters(statement, environment, |position, parameter, environment| {
        match fixed.iter().find(|(name, _)| *name == parameter.name) {
            Some((_, value)) => Choice::Value(*value),
            None => Choice::Candidate(mixed(choice, position)),
        }
        .made(parameter, environment)
    })?;
    Ok(spec)
}

/// How a parameter is chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Choice {
    /// This value, whether or not the range holds it.
    Value(f64),
    /// The candidate of that number, counted from 0 and over again, or the default choice; moved to the
    /// nearest `f64` inside the range.
    Candidate(usize),
    /// That fraction of the range: 0 is the lower end, 1 the upper one; above a lower end alone, t stands
    /// for t/(1 − t). Ends that do not belong to the range are left by a millionth of it.
    Fraction(f64),
}

impl Choice {
    /// The value, where what is known so far gives one.
    fn made(self, parameter: &Parameter, environment: &Numbers<Interval>) -> Option<f64> {
        match self {
            Choice::Value(value) => Some(value),
            Choice::Candidate(number) => candidate(parameter, environment, number),
            Choice::Fraction(fraction) => at_fraction(parameter, environment, fraction),
        }
    }
}

/// Parameter values for the problem and estimate of an instance, and K = `horizon`: one choice for each
/// parameter of the statement, made in its order of evaluation. Whether hypotheses hold for them is not
/// looked at.
///
/// # Errors
/// Where a range has no such value, or a constant has none.
pub fn chosen(
    instance: &Instance<'_>,
    horizon: usize,
    choices: &[Choice],
) -> Result<BTreeMap<String, f64>, InstanceError> {
    let environment = instance.scope_without_parameters(horizon);
    choose_parameters(instance.statement, environment, |position, parameter, environment| {
        choices.get(position)?.made(parameter, environment)
    })
}

/// The specification with every parameter at its [`Choice::Fraction`] of its range; one without a fraction
/// is in the middle.
///
/// # Errors
/// Where a range has no value, or a constant has none.
pub fn at_fractions(
    statement: &Statement,
    mut spec: CellSpec,
    problem: &dyn DynProblem,
    fractions: &BTreeMap<String, f64>,
) -> Result<CellSpec, InstanceError> {
    let environment = scope_of(statement, &spec, problem)?;
    spec.parameters = choose_parameters(statement, environment, |_, parameter, environment| {
        Choice::Fraction(fractions.get(&parameter.name).copied().unwrap_or(0.5)).made(parameter, environment)
    })?;
    Ok(spec)
}

fn at_fraction(parameter: &Parameter, environment: &Numbers<Interval>, fraction: f64) -> Option<f64> {
    let (least, most) =
        (if parameter.lower.closed { 0.0 } else { EDGE }, if parameter.upper.closed { 1.0 } else { 1.0 - EDGE });
    let fraction = fraction.clamp(least, most);
    let lower = enclosure(environment, parameter.lower.value.as_ref()?)?;
    let exact = Interval::from_f64(fraction, HYPOTHESIS_BITS);
    let value = match &parameter.upper.value {
        Some(upper) => lower.clone().add(&enclosure(environment, upper)?.sub(&lower).mul(&exact)),
        None => lower.add(&exact.div(&Interval::from_f64(1.0 - fraction, HYPOTHESIS_BITS))),
    };
    inside(parameter, environment, value.to_f64())
}

/// How near an end that does not belong to a range a fraction comes.
const EDGE: f64 = 1e-6;

/// At which fractions of their ranges the parameters of a specification are.
///
/// # Errors
/// As [`at_fractions`].
pub fn fractions(
    statement: &Statement,
    spec: &CellSpec,
    problem: &dyn DynProblem,
) -> Result<BTreeMap<String, f64>, InstanceError> {
    let environment = scope_of(statement, spec, problem)?;
    let found = RefCell::new(BTreeMap::new());
    choose_parameters(statement, environment, |_, parameter, environment| {
        let value = *spec.parameters.get(&parameter.name)?;
        let lower = enclosure(environment, parameter.lower.value.as_ref()?)?.to_f64();
        let fraction = match &parameter.upper.value {
            // A range of one value has but one place.
            Some(upper) => match enclosure(environment, upper)?.to_f64() - lower {
                0.0 => 1.0,
                width => (value - lower) / width,
            },
            None => 1.0 - 1.0 / (1.0 + value - lower),
        };
        // A value at an end stays there.
        let fraction = if (1.0 - fraction).abs() < 1e-12 { 1.0 } else { fraction };
        found.borrow_mut().insert(parameter.name.clone(), fraction);
        Some(value)
    })?;
    Ok(found.into_inner())
}

/// What is known of an instance before its parameters are chosen.
fn scope_of(
    statement: &Statement,
    spec: &CellSpec,
    problem: &dyn DynProblem,
) -> Result<Numbers<Interval>, InstanceError> {
    let oracle = oracle::build(&spec.oracle, problem)?;
    let builtins = builtins(problem, &oracle);
    let given = crate::verify::instances::given(statement, problem, &oracle, &spec.operators);
    let start = spec.start.position(&statement.method).unwrap_or(0);
    Ok(base_environment::<Interval>(statement, problem, (&builtins, &given), start, spec.horizon, HYPOTHESIS_BITS))
}

/// Which candidate a parameter takes in the `choice`-th combination: a hash (the finaliser of
/// SplitMix64), because any linear rule ties some parameters together and leaves corners untried.
fn mixed(choice: usize, position: usize) -> usize {
    let mut z = (choice as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ ((position as u64) << 32);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    // Half of the hash is plenty, and fits any machine's words.
    ((z ^ (z >> 31)) >> 32) as usize
}

/// Of which number the candidate of each parameter is under that choice, by name.
pub(crate) fn candidate_numbers(statement: &Statement, choice: usize) -> Vec<(&str, usize)> {
    let number = |(position, parameter): (usize, &'_ Parameter)| {
        let count = if parameter.candidates.is_empty() { FRACTIONS } else { parameter.candidates.len() };
        mixed(choice, position) % count
    };
    let parameters = statement.parameters.iter().enumerate();
    parameters.map(|(i, parameter)| (parameter.name.as_str(), number((i, parameter)))).collect()
}

/// How many values are tried of a parameter without candidates.
const FRACTIONS: usize = 3;

/// Chooses every parameter in the order of evaluation.
fn choose_parameters(
    statement: &Statement,
    mut environment: Numbers<Interval>,
    choose: impl Fn(usize, &Parameter, &Numbers<Interval>) -> Option<f64>,
) -> Result<BTreeMap<String, f64>, InstanceError> {
    let mut chosen = BTreeMap::new();
    for symbol in &statement.order {
        match symbol {
            Symbol::Constant(i) => {
                let constant = &statement.constants[*i];
                let value = enclosure(&environment, &constant.term);
                if value.is_none() && !waits(&constant.term, &environment) {
                    return Err(InstanceError::Constant(constant.name.clone()));
                }
                environment.constants[*i] = value;
            }
            Symbol::Parameter(i) => {
                let parameter = &statement.parameters[*i];
                let value = choose(*i, parameter, &environment).ok_or_else(|| InstanceError::NoValue {
                    name: parameter.name.clone(),
                    range: parameter.range.clone(),
                })?;
                environment.parameters[*i] = Some(Interval::from_f64(value, HYPOTHESIS_BITS));
                chosen.insert(parameter.name.clone(), value);
            }
        }
    }
    Ok(chosen)
}

/// Whether a constant has no value before the run is known: it speaks of the method's numbers or of the points
/// visited, or of another one that does.
fn waits(constant: &Term, environment: &Numbers<Interval>) -> bool {
    constant.any(|node| match node {
        Node::Term(Term::Method(..) | Term::Builtin(Builtin::VisitedGradientBound)) => true,
        Node::Term(Term::Constant(i)) => environment.constants[*i].is_none(),
        _ => false,
    })
}

/// The `choice`-th candidate value of a parameter, moved to the nearest `f64` inside its range.
fn candidate(parameter: &Parameter, environment: &Numbers<Interval>, choice: usize) -> Option<f64> {
    let value = if parameter.candidates.is_empty() {
        default_candidate(parameter, environment, choice)?
    } else {
        enclosure(environment, &parameter.candidates[choice % parameter.candidates.len()].term)?
    };
    inside(parameter, environment, value.to_f64())
}

fn default_candidate(parameter: &Parameter, environment: &Numbers<Interval>, choice: usize) -> Option<Interval> {
    let lower = enclosure(environment, parameter.lower.value.as_ref()?)?;
    let fraction = |q: (u32, u32)| Interval::from_rational(&Rational::from(q), HYPOTHESIS_BITS);
    Some(match &parameter.upper.value {
        Some(upper) => {
            let upper = enclosure(environment, upper)?;
            let width = upper.sub(&lower);
            lower.add(&width.mul(&fraction([(1, 2), (1, 10), (9, 10)][choice % FRACTIONS])))
        }
        None => lower.add(&fraction([(1, 1), (1, 10), (10, 1)][choice % FRACTIONS])),
    })
}

/// The nearest `f64` that is certainly in the range; a few units in the last place are tried.
pub(crate) fn inside(parameter: &Parameter, environment: &Numbers<Interval>, value: f64) -> Option<f64> {
    let admitted = |x: f64| {
        bound_admits(environment, &parameter.lower, x, true) && bound_admits(environment, &parameter.upper, x, false)
    };
    let (mut below, mut above) = (value, value);
    for _ in 0..8 {
        if admitted(below) {
            return Some(below);
        }
        if admitted(above) {
            return Some(above);
        }
        below = below.next_down();
        above = above.next_up();
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::verify::choosing::parameter_values::*;
    use crate::verify::instances::Start;
    use crate::verify::testing;

    #[test]
    fn a_constant_of_the_methods_own_numbers_waits_for_them() {
        let statement = testing::statement(
            "pathwise",
            "method = \"robust-momentum\"\n[parameters]\nrho = { in = \"[1 - sqrt(mu_sc/L), 1 - mu_sc/L]\" }\n[constants]\n\
             weight = \"kappa*(1 - rho)\"\nhalf = \"weight/2\"\n[claim]\nfor_all = \"k in 0..K\"\nlhs = \"half\"\nrhs = \"weight\"\n",
        );
        let spec = testing::cell(serde_json::json!({
            "problem": { "family": "diagonal-quadratic", "spectrum": [1.0, 4.0] }, "horizon": 3,
            "start": Start::of(&statement.method, 0),
        }));
        let problem = crate::problem::build(&spec.problem).unwrap();
        let spec = with_parameters(&statement, spec, problem.as_ref(), 0, &[("rho", 0.625)]).unwrap();
        let instance = Instance::build(&statement, &spec).unwrap();
        let [_, expected] = instance.constants().into_iter().find(|(name, _)| name == "half").unwrap().1;
        assert!((expected - 0.75).abs() < 1e-12, "{expected}");
    }
}
