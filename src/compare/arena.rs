//! The rounds of a comparison.

use std::sync::Arc;

use rayon::prelude::*;

use super::runs::{Measured, Runner};
use super::{CompareError, Comparison, Contender, ContenderResult, Duel, DuelResult, Prediction, Round, StepRule};
use crate::inference::distribution_free::{Limited, median, share};
use crate::oracle::{self, SourceSpec, StreamKey};
use crate::preset::Preset;
use crate::problem::{self, DynProblem, ProblemError, ProblemSpec};
use crate::statement::{Statement, library};
use crate::verify::approximating::a_priori_bound::predicted;
use crate::verify::instances::Start;

/// Replicates of each contender in a round, and of the pilot for each step of the grid.
fn budget(preset: Preset) -> (u64, u64) {
    match preset {
        Preset::Quick => (32, 8),
        Preset::Default => (128, 16),
        Preset::Full => (1024, 64),
    }
}

/// One problem under one estimate, ready to run.
struct Arena<'a> {
    comparison: &'a Comparison,
    spec: &'a ProblemSpec,
    problem: Arc<dyn DynProblem>,
    estimate: &'a [SourceSpec],
    statements: &'a [Statement],
    seed: u64,
    preset: Preset,
    delta: f64,
}

/// Runs a comparison; `done` is called after each round. All limits of the result are wrong together
/// with probability at most `delta`.
///
/// # Errors
/// When a problem, an estimate or a named statement cannot be used.
pub fn run(
    comparison: &Comparison,
    preset: Preset,
    seed: u64,
    delta: f64,
    done: &(dyn Fn() + Sync),
) -> Result<Vec<Round>, CompareError> {
    let statements = comparison
        .predictions
        .iter()
        .map(|id| Ok(library::load(id).ok_or_else(|| CompareError::Statement(id.clone()))??))
        .collect::<Result<Vec<_>, CompareError>>()?;
    // Four limited numbers an entry, two more a duel.
    let limits = (rounds(comparison) * comparison.contenders.len() * 6) as f64;
    let mut arenas = Vec::new();
    for spec in &comparison.problems {
        let problem = problem::build(spec)?;
        for estimate in &comparison.estimates {
            let problem = Arc::clone(&problem);
            let statements = &statements;
            arenas.push(Arena { comparison, spec, problem, estimate, statements, seed, preset, delta: delta / limits });
        }
    }
    let found: Result<Vec<Vec<Round>>, CompareError> = arenas.par_iter().map(|arena| arena.rounds(done)).collect();
    Ok(found?.into_iter().flatten().collect())
}

/// How many rounds a comparison has.
#[must_use]
pub fn rounds(comparison: &Comparison) -> usize {
    let rules = comparison.same_steps.len() + usize::from(!comparison.grid.is_empty());
    comparison.problems.len() * comparison.estimates.len() * rules
}

impl Arena<'_> {
    fn rounds(&self, done: &(dyn Fn() + Sync)) -> Result<Vec<Round>, CompareError> {
        let mut rules: Vec<StepRule> = self.comparison.same_steps.iter().map(|s| StepRule::Same(*s)).collect();
        if !self.comparison.grid.is_empty() {
            rules.push(StepRule::Best);
        }
        rules
            .into_iter()
            .map(|rule| {
                let round = self.round(rule);
                done();
                round
            })
            .collect()
    }

    /// Streams are keyed by what all contenders share, so that they are paired.
    fn key(&self, purpose: &str) -> StreamKey {
        StreamKey::new(self.seed, &self.comparison.id, &format!("{purpose}; {}; {:?}", self.spec, self.estimate))
    }

    fn runner(&self, contender: &Contender) -> Result<Runner, CompareError> {
        let mut sources = self.estimate.to_vec();
        sources.extend(contender.sources.iter().cloned());
        let constants = self.problem.constants();
        let missing = |name: &str| ProblemError::new(self.spec.family(), format!("it proves no {name}"));
        Ok(Runner {
            oracle: oracle::build(&sources, self.problem.as_ref())?,
            problem: Arc::clone(&self.problem),
            smoothness: constants.smoothness.as_ref().ok_or_else(|| missing("L"))?.to_f64(),
            lower_bound: constants.lower_bound.as_ref().ok_or_else(|| missing("f*"))?.to_f64(),
            method: contender.method()?,
            parameters: contender.parameters.clone(),
            horizon: self.comparison.horizon,
            level: self.comparison.level,
        })
    }

    fn round(&self, rule: StepRule) -> Result<Round, CompareError> {
        let (replicates, pilots) = budget(self.preset);
        let mut entries: Vec<ContenderResult> = Vec::new();
        let mut first: Option<Measured> = None;
        for contender in &self.comparison.contenders {
            let runner = self.runner(contender)?;
            let step = match rule {
                StepRule::Same(step) => step,
                StepRule::Best => runner.best_step(&self.comparison.grid, pilots, &self.key("pilot"))?,
            } / runner.smoothness;
            let measured = runner.measure(step, replicates, &self.key("run"))?;
            let duel = first.as_ref().map(|first| self.duel(first, &measured));
            let limited = |values: &[f64]| self.limited(values, measured.deterministic);
            let reached = measured.steps.iter().filter(|k| **k <= self.comparison.horizon as f64).count() as u64;
            entries.push(ContenderResult {
                contender: contender.name.clone(),
                step,
                floor: limited(&measured.floors),
                gap: limited(&measured.gaps),
                reached: if measured.deterministic {
                    Limited::known(reached as f64 / measured.steps.len() as f64)
                } else {
                    share(reached, measured.steps.len() as u64, self.delta)
                },
                steps: limited(&measured.steps),
                predictions: self.predictions(contender, &runner, step),
                duel,
            });
            first.get_or_insert(measured);
        }
        Ok(Round {
            problem: self.spec.clone(),
            label: self.spec.to_string(),
            estimate: self.estimate.to_vec(),
            rule,
            entries,
        })
    }

    fn limited(&self, values: &[f64], deterministic: bool) -> Limited {
        match values.first() {
            Some(value) if deterministic => Limited::known(*value),
            _ => median(values, self.delta),
        }
    }

    fn duel(&self, first: &Measured, other: &Measured) -> Duel {
        let deterministic = first.deterministic && other.deterministic;
        let pairs: Vec<(f64, f64)> = first.floors.iter().copied().zip(other.floors.iter().copied()).collect();
        // Two floors of zero, or two that left the finite numbers, are no difference.
        let ratio = |(a, b): &(f64, f64)| if a == b { 1.0 } else { a / b };
        let ratio = self.limited(&pairs.iter().map(ratio).collect::<Vec<_>>(), deterministic);
        let won = pairs.iter().filter(|(a, b)| b < a).count() as u64;
        let wins = if deterministic {
            Limited::known(if won > 0 { 1.0 } else { 0.0 })
        } else {
            share(won, pairs.len() as u64, self.delta)
        };
        // Where a floor is infinite the ratio is 0 or infinite, and its limits with it.
        let all = |test: fn(f64) -> bool| deterministic && pairs.iter().all(|(a, b)| test(a / b));
        let finding = if ratio.is_above(1.0) || all(|r| r > 1.0) {
            DuelResult::Better
        } else if ratio.is_below(1.0) || all(|r| r < 1.0) {
            DuelResult::Worse
        } else {
            DuelResult::NoDifferenceShown
        };
        Duel { wins, ratio, finding }
    }

    fn predictions(&self, contender: &Contender, runner: &Runner, step: f64) -> Vec<Prediction> {
        let own = contender.parameters.iter().map(|(name, value)| (name.as_str(), *value));
        let fixed: Vec<(&str, f64)> = own.chain([(runner.method.1.as_str(), step)]).collect();
        let bound = |statement: &Statement| {
            // A statement speaks of runs of its own method.
            if *statement.method != *runner.method.0 {
                return None;
            }
            predicted(
                statement,
                (self.spec, &self.problem),
                &runner.oracle.spec,
                Start::of(&statement.method, 0),
                self.comparison.horizon,
                &fixed,
            )
        };
        let statements = self.statements.iter();
        statements.map(|s| Prediction { statement: s.id.clone(), bound: bound(s) }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::read;

    fn comparison(estimates: &str, contenders: &str) -> Comparison {
        let text = format!(
            "id = \"t\"\ntitle = \"t\"\nhorizon = 60\nlevel = 0.01\nsame_steps = [0.5]\ngrid = [0.125, 1, 8]\n\
             problems = [{{ family = \"quadratic\", dimension = 4, condition = 10.0, seed = 1 }}]\n\
             estimates = {estimates}\ncontenders = {contenders}\npredictions = [\"theorem1-nonconvex\"]\n"
        );
        read("t.toml", &text).unwrap_or_else(|err| panic!("{err}"))
    }

    fn rounds_of(comparison: &Comparison) -> Vec<Round> {
        run(comparison, Preset::Quick, 5, 1e-3, &|| ()).unwrap_or_else(|err| panic!("{err}"))
    }

    const TWINS: &str =
        "[{ name = \"a\", parameters = { beta = 0.5 } }, { name = \"b\", parameters = { beta = 0.5 } }]";
    const SIGNS: &str = "[[{ source = \"rademacher\", size = 0.5 }]]";

    #[test]
    fn equal_contenders_are_never_told_apart() {
        for round in rounds_of(&comparison(SIGNS, TWINS)) {
            let [a, b] = round.entries.as_slice() else { panic!("two entries") };
            assert_eq!((&a.floor, &a.gap, &a.steps), (&b.floor, &b.gap, &b.steps));
            let duel = b.duel.unwrap();
            assert_eq!(duel.finding, DuelResult::NoDifferenceShown);
            assert_eq!((duel.ratio.value, duel.wins.value), (Some(1.0), Some(0.0)));
        }
    }

    #[test]
    fn less_noise_is_found_better_and_a_run_that_diverges_is_found_worse() {
        let louder = "[{ name = \"a\", parameters = { beta = 1 }, sources = [{ source = \"axis\", size = 4 }] }, { name = \"b\", parameters = { beta = 1 } }]";
        for round in rounds_of(&comparison(SIGNS, louder)) {
            assert_eq!(round.entries[1].duel.unwrap().finding, DuelResult::Better, "{round:?}");
        }
        let mut diverging = comparison(
            "[[]]",
            "[{ name = \"a\", parameters = { beta = 1 } }, { name = \"b\", parameters = { beta = 1 }, sources = [{ source = \"relative\", factor = 40 }] }]",
        );
        diverging.horizon = 400;
        for round in rounds_of(&diverging).into_iter().filter(|r| matches!(r.rule, StepRule::Same(_))) {
            assert_eq!(round.entries[1].floor.value, None);
            assert_eq!(round.entries[1].duel.unwrap().finding, DuelResult::Worse);
        }
    }

    #[test]
    fn each_contender_takes_its_own_best_step() {
        let rounds = rounds_of(&comparison(
            "[[]]",
            "[{ name = \"sgd\", parameters = { beta = 1 } }, { name = \"momentum\", parameters = { beta = 0.25 } }]",
        ));
        let best = rounds.iter().find(|round| round.rule == StepRule::Best).unwrap();
        assert!(best.entries.iter().all(|entry| entry.step == 1.0), "{best:?}");
    }

    #[test]
    fn the_bound_of_a_statement_stands_above_the_floor_of_a_run_that_descends() {
        let rounds = rounds_of(&comparison(
            "[[{ source = \"offset\", size = 0.25 }]]",
            "[{ name = \"a\", parameters = { beta = 1 } }, { name = \"b\", parameters = { beta = 0.9 } }]",
        ));
        let entries: Vec<&ContenderResult> = rounds.iter().flat_map(|round| &round.entries).collect();
        assert!(entries.iter().any(|entry| entry.predictions[0].bound.is_some()));
        for entry in entries {
            if let (Some(bound), Some(floor)) = (entry.predictions[0].bound, entry.floor.value) {
                assert!(floor <= bound, "{entry:?}");
            }
        }
    }
}
