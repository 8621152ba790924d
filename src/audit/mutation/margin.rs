//! How much room a constant has: the factor up to which it can be changed in the direction that claims more.

use rug::Rational;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::audit::mutation::mutate::{Mutant, Operator, Target, factor, scaling, summands};
use crate::audit::mutation::trial::{MutantStatus, Trial};
use crate::audit::search::evaluator::InstanceTemplate;
use crate::statement::Statement;
use crate::statement::variant::{Location, expressions};
use crate::verify::instances::CellSpec;

/// The room of one constant or summand in one direction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Margin {
    /// What is multiplied.
    pub target: Target,
    /// The factor farthest from 1 at which no violation was found; 1 where every one tried is violated.
    pub survives: f64,
    /// The factor nearest to 1 with a proved violation; none where none was found.
    pub violated: Option<f64>,
    /// The instance that shows the violation.
    pub instance: Option<Box<CellSpec>>,
}

/// Factors tried beyond those of the mutants, nearest to 1 first.
const FURTHER_DOWN: [(u32, u32); 4] = [(1, 4), (1, 10), (1, 100), (0, 1)];
const FURTHER_UP: [(u32, u32); 4] = [(2, 1), (4, 1), (10, 1), (100, 1)];
/// Differences from 1 tried where a change of one per cent is noticed.
const NEARER: [(u32, u32); 3] = [(1, 1_000), (1, 10_000), (1, 1_000_000)];
/// Halvings of the interval between the two factors.
const HALVINGS: usize = 4;

/// Whether a target is a constant of its own rather than a part of one: a whole expression that is scaled as
/// one, or a summand of a claim, a definition or a constant.
#[must_use]
pub fn is_principal(statement: &Statement, target: &Target) -> bool {
    let found = expressions(statement).into_iter().find(|(place, _)| *place == target.place);
    let Some((place, expr)) = found else { return false };
    if matches!(place, Location::Hypothesis { .. }) {
        return false;
    }
    let is = |part: &crate::statement::syntax::Expr| [part.span.start, part.span.end] == target.span;
    is(expr) || summands(expr).into_iter().any(is)
}

impl Margin {
    /// The factor that survives, and the violated one where there is one, in as many digits as tell them apart.
    #[must_use]
    pub fn factors(&self) -> (String, Option<String>) {
        let shown = |factor: f64, digits: usize| format!("x {factor:.digits$}");
        let Some(violated) = self.violated else { return (shown(self.survives, FEWEST_DIGITS), None) };
        let pair = |digits| (shown(self.survives, digits), shown(violated, digits));
        let told = (FEWEST_DIGITS..MOST_DIGITS).map(pair).find(|(survives, violated)| survives != violated);
        let (survives, violated) = told.unwrap_or_else(|| pair(MOST_DIGITS));
        (survives, Some(violated))
    }
}

/// Digits after the point of a factor.
const FEWEST_DIGITS: usize = 6;
const MOST_DIGITS: usize = 17;

/// Factors of a target between which it begins to be violated.
struct Bracket {
    /// The furthest one that is known to survive.
    survives: Rational,
    /// The nearest one that is violated, and where.
    violated: Option<(Rational, Box<CellSpec>)>,
}

impl Bracket {
    /// What the mutants that scale the target say; none where none of them claims more.
    fn of_mutants(mutants: &[&Mutant], statuses: &[MutantStatus], side: i32) -> Option<Self> {
        let mut series: Vec<(i32, &MutantStatus)> = mutants
            .iter()
            .zip(statuses)
            .filter_map(|(mutant, status)| match mutant.operator {
                Operator::Scale { per_cent } if per_cent.signum() == side => Some((per_cent, status)),
                _ => None,
            })
            .collect();
        series.sort_by_key(|(per_cent, _)| per_cent.abs());
        let mut bracket = Bracket { survives: Rational::from(1), violated: None };
        let mut claims_more = false;
        for (per_cent, status) in series {
            match status {
                MutantStatus::Killed { instance, .. } if bracket.violated.is_none() => {
                    bracket.violated = Some((factor(per_cent), instance.clone()));
                }
                MutantStatus::Slack { .. } if bracket.violated.is_none() => bracket.survives = factor(per_cent),
                _ => {}
            }
            claims_more |= matches!(status, MutantStatus::Killed { .. } | MutantStatus::Slack { .. });
        }
        claims_more.then_some(bracket)
    }
}

impl Trial<'_> {
    /// The room of a target in both directions that claim more, from the statuses of its mutants.
    #[must_use]
    pub fn margins(&self, mutants: &[&Mutant], statuses: &[MutantStatus]) -> Vec<Margin> {
        [-1, 1].into_iter().filter_map(|side| self.margin(mutants, statuses, side)).collect()
    }

    fn margin(&self, mutants: &[&Mutant], statuses: &[MutantStatus], side: i32) -> Option<Margin> {
        let target = &mutants.first()?.target;
        let mut bracket = Bracket::of_mutants(mutants, statuses, side)?;
        self.widen(target, &mut bracket, side);
        for _ in 0..HALVINGS {
            let Some((at, spec)) = &bracket.violated else { break };
            let middle = Rational::from(at + &bracket.survives) / 2u32;
            match self.scaled(target, &middle, Some(spec.as_ref()), true) {
                Some(instance) => bracket.violated = Some((middle, instance)),
                None => bracket.survives = middle,
            }
        }
        let (violated, instance) = bracket.violated.map_or((None, None), |(at, spec)| (Some(at.to_f64()), Some(spec)));
        Some(Margin { target: target.clone(), survives: bracket.survives.to_f64(), violated, instance })
    }

    /// Tries factors further off where nothing is violated yet, and nearer ones where everything is.
    fn widen(&self, target: &Target, bracket: &mut Bracket, side: i32) {
        if bracket.violated.is_none() {
            let further = if side < 0 { FURTHER_DOWN } else { FURTHER_UP };
            for attempt in further.into_iter().map(Rational::from) {
                if let Some(instance) = self.scaled(target, &attempt, None, true) {
                    bracket.violated = Some((attempt, instance));
                    break;
                }
                bracket.survives = attempt;
            }
        } else if bracket.survives == 1 {
            for attempt in NEARER.into_iter().map(|d| 1 + side * Rational::from(d)) {
                let near = bracket.violated.as_ref().map(|(_, spec)| spec.as_ref());
                match self.scaled(target, &attempt, near, false) {
                    Some(instance) => bracket.violated = Some((attempt, instance)),
                    None => {
                        bracket.survives = attempt;
                        break;
                    }
                }
            }
        }
    }

    /// An instance on which the statement with the target multiplied is violated.
    fn scaled(
        &self,
        target: &Target,
        factor: &Rational,
        near: Option<&CellSpec>,
        search: bool,
    ) -> Option<Box<CellSpec>> {
        let change = scaling(self.base, target, factor)?;
        let warm: Option<InstanceTemplate> = near.and_then(|spec| self.evaluator.template(self.base, spec));
        match self.status(&[change], warm.as_ref(), search).status {
            MutantStatus::Killed { instance, .. } => Some(instance),
            _ => None,
        }
    }
}
