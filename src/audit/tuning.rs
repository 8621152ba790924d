//! Which values of its free parameters make a bound smallest, and how far from that the recommended ones are.
//!
//! Some parameters of a bound are the analyst's choice: no run depends on them. For fixed parameters of the
//! method, estimate, problem and K the right-hand side is minimised over all such parameters that the ranges
//! and hypotheses admit. The recommended choice is the statement's first candidate of each.

mod minimise;
mod problem;
mod table;

use std::collections::BTreeMap;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::problem::TuningProblem;
pub use self::table::render;
use crate::audit::search::evaluator::InstanceEvaluator;
use crate::preset::Preset;
use crate::statement::Statement;
use crate::statement::term::Builtin;
use crate::verify::approximating::a_priori_bound::is_known_beforehand;
use crate::verify::choosing::plan::Plan;
use crate::verify::instances::{CellSpec, Instance};

/// The best and the recommended choice of the analyst's parameters at one point of the method's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tuning {
    /// Identifier of the statement.
    pub statement: String,
    /// Problem, estimate and start, for a person.
    pub setting: String,
    /// Values of the method's parameters.
    pub method: BTreeMap<String, f64>,
    /// K.
    pub horizon: usize,
    /// B, the relative part of the estimate's error, rounded to nearest; none where it is not proved.
    pub relative_error: Option<f64>,
    /// C, the absolute part [(f/x)²], likewise.
    pub absolute_error: Option<f64>,
    /// The analyst's parameters that give the smallest bound found.
    pub best: BTreeMap<String, f64>,
    /// An upper enclosure of the bound there.
    pub best_bound: f64,
    /// The recommended values: the first candidates that are admitted.
    pub recommended: BTreeMap<String, f64>,
    /// What they are, as the statement writes it.
    pub recommended_as: String,
    /// An upper enclosure of the bound there.
    pub recommended_bound: f64,
    /// Recommended bound over best bound: at least 1, and less than the truth by as much as the search missed.
    /// The largest number of binary64 stands for all beyond.
    pub ratio: f64,
    /// Whether the best choice is at an end of what ranges and hypotheses admit, up to a share of 10⁻⁴ of a
    /// range. A smaller bound then needs a better theorem or smaller steps, not another choice.
    pub at_edge: bool,
    /// Whether any other choice than the recommended one was found to be admitted.
    pub free: bool,
}

/// What all rows of a statement say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Identifier of the statement.
    pub statement: String,
    /// The recommended choice of most rows, as the statement writes it.
    pub recommended_as: String,
    /// Rows with more than one admitted choice; the other numbers are theirs.
    pub free: usize,
    /// All rows.
    pub rows: usize,
    /// Largest recommended over best bound; 1 without a free row.
    pub worst: f64,
    /// Median of the same, the upper one where two are in the middle.
    pub median: f64,
    /// Rows whose best choice is at an end of what is admitted.
    pub at_edge: usize,
}

/// AuditSettings looked at.
const SETTINGS: usize = 6;
/// Values of the method's first parameter that is no step size, where the statement admits them.
const MOMENTA: [f64; 4] = [0.1, 0.5, 0.9, 1.0];
/// Numbers of steps; none is run.
const HORIZONS: [usize; 3] = [10, 100, 1000];

/// Tunings for a few settings, momentum parameters, steps and numbers of steps. Empty where the statement
/// leaves the analyst no choice, where its right-hand side is not known before the run, or where it has no
/// instance. Rows whose bounds are not positive are left out, as their ratio says nothing. Deterministic.
#[must_use]
pub fn tunings(evaluator: &InstanceEvaluator<'_>, statement: &Statement) -> Vec<Tuning> {
    let choices = statement.parameters.iter().any(|p| statement.method.parameter(&p.name).is_none());
    // Steps of a run would have to be made for `G_run`.
    let runs = statement.needs().contains(&Builtin::VisitedGradientBound);
    if !choices || runs || !is_known_beforehand(statement) {
        return Vec::new();
    }
    let Ok(plan) = Plan::new(statement, Preset::Quick) else { return Vec::new() };
    let others = statement.parameters.iter().filter(|p| statement.method.parameter(&p.name).is_some());
    let momentum = others.map(|p| p.name.as_str()).find(|name| statement.method.step_size() != Some(name));
    let momenta: Vec<Option<(&str, f64)>> = match momentum {
        Some(name) => MOMENTA.into_iter().map(|value| Some((name, value))).collect(),
        None => vec![None],
    };
    let specs: Vec<CellSpec> = plan.cells.into_iter().map(|cell| cell.spec).collect();
    let mut problems = Vec::new();
    for spec in different(&specs) {
        for fixed in &momenta {
            problems.extend(HORIZONS.map(|horizon| (spec, *fixed, horizon)));
        }
    }
    let found: Vec<Vec<Tuning>> = problems
        .into_par_iter()
        .map(|(spec, fixed, horizon)| {
            let built = evaluator.problem(&spec.problem).map(|problem| Instance::on(statement, spec, problem));
            let Some(Ok(template)) = built else { return Vec::new() };
            TuningProblem::new(spec, template, fixed, horizon).tunings()
        })
        .collect();
    found.into_iter().flatten().collect()
}

/// A few specifications, those of the suite before others, which bring their own x_0: first those of which problem and estimate are both
/// new, then those of which one is.
fn different(specs: &[CellSpec]) -> Vec<&CellSpec> {
    let mut found: Vec<&CellSpec> = Vec::new();
    let (suite, others): (Vec<_>, Vec<_>) = specs.iter().partition(|spec| spec.point.is_none());
    for strict in [true, false] {
        for spec in suite.iter().chain(&others) {
            let problem = found.iter().all(|f| f.problem != spec.problem);
            let estimate = found.iter().all(|f| f.oracle != spec.oracle);
            let new = if strict { problem && estimate } else { problem || estimate };
            if found.len() < SETTINGS && new {
                found.push(spec);
            }
        }
    }
    found
}

impl Summary {
    /// The summary of one statement's rows; `None` without any.
    #[must_use]
    pub fn of(rows: &[Tuning]) -> Option<Summary> {
        let first = rows.first()?;
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for row in rows {
            *counts.entry(&row.recommended_as).or_insert(0) += 1;
        }
        let (recommended_as, _) = counts.into_iter().max_by_key(|(_, count)| *count)?;
        let mut ratios: Vec<f64> = rows.iter().filter(|row| row.free).map(|row| row.ratio).collect();
        ratios.sort_by(f64::total_cmp);
        Some(Summary {
            statement: first.statement.clone(),
            recommended_as: recommended_as.to_owned(),
            free: ratios.len(),
            rows: rows.len(),
            worst: ratios.last().copied().unwrap_or(1.0),
            median: ratios.get(ratios.len() / 2).copied().unwrap_or(1.0),
            at_edge: rows.iter().filter(|row| row.free && row.at_edge).count(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inference::ErrorBudget;
    use crate::statement::{library, load_text};
    use crate::verify::Judging;

    fn on(statement: &Statement) -> Vec<Tuning> {
        let effort = Preset::Quick.effort();
        let judging = Judging { effort: &effort, error_budget: ErrorBudget { delta: 1e-6, tests: 1 }, seed: 1 };
        tunings(&InstanceEvaluator::new(judging), statement)
    }

    fn tuned(id: &str) -> Vec<Tuning> {
        on(&library::load(id).unwrap().unwrap())
    }

    /// The bound 2(1 − θ)/(1 − θ − B)·gap/(γK) + C/(1 − θ − B) grows with θ, strictly unless B = C = 0, so the
    /// best θ is the one with γ = γ_max(θ): with x = Lγ it is (1 − β)²x²/(β²(1 − x)).
    #[test]
    fn the_split_of_the_nonconvex_theorem_is_the_least_that_the_step_admits() {
        let rows = tuned("theorem1-nonconvex");
        let same = |a: &Tuning, b: &Tuning| {
            (&a.setting, a.method["beta"], a.horizon) == (&b.setting, b.method["beta"], b.horizon)
        };
        let mut seen = [0; 2];
        for rows in rows.chunk_by(same) {
            // The largest step is that of the recommended θ = 1/2.
            let beta = rows[0].method["beta"];
            let drift = ((1.0 - beta) / beta).powi(2);
            let largest = 2.0 / (1.0 + (1.0 + 8.0 * drift).sqrt());
            for row in rows {
                assert!(row.ratio >= 1.0 && row.free, "{row:?}");
                let (b, c) = (row.relative_error.unwrap(), row.absolute_error.unwrap());
                if b == 0.0 && c == 0.0 {
                    assert_eq!(row.ratio, 1.0, "{row:?}");
                    continue;
                }
                let x = largest * row.method["gamma"] / rows[0].method["gamma"];
                let expected = if beta == 1.0 { 0.0 } else { drift * x * x / (1.0 - x) };
                assert!((row.best["theta"] - expected).abs() < 1e-7, "{expected} is best in {row:?}");
                assert!(row.at_edge, "{row:?}");
                seen[usize::from(b > 0.0)] += 1;
            }
        }
        assert!(seen[0] >= 9 && seen[1] >= 9, "{seen:?}");
        assert_eq!(rows, tuned("theorem1-nonconvex"));
    }

    #[test]
    fn two_parameters_are_chosen_together_and_a_forced_choice_is_none() {
        let rows = tuned("fomaml-pl");
        assert!(rows.iter().all(|row| row.ratio >= 1.0 && row.best_bound <= row.recommended_bound));
        let forced: Vec<&Tuning> = rows.iter().filter(|row| row.method["beta"] == 1.0).collect();
        assert!(!forced.is_empty());
        for row in forced {
            assert_eq!((row.free, row.ratio, row.best["theta"], row.best["eta"]), (false, 1.0, 0.0, 0.0), "{row:?}");
        }
        let summary = Summary::of(&rows).unwrap();
        assert_eq!(summary.recommended_as, "theta = 0.25, eta = 0.25");
        assert!(summary.free < summary.rows && summary.median > 1.01 && summary.worst >= summary.median);
    }

    #[test]
    fn where_there_is_no_choice_or_no_bound_beforehand_there_is_nothing_to_tune() {
        let head = "id = \"t\"\ntitle = \"t\"\nkind = \"expectation\"\nsource = \"here\"\nproof = \"none\"\n\
                    problems = [{ family = \"diagonal-quadratic\", spectrum = [1, 4] }]\n";
        let text = |parameter: &str| {
            format!(
                "{head}[parameters]\nbeta = {{ in = \"(0, 1]\" }}\ngamma = {{ in = \"(0, 1/L]\" }}\n{parameter}\
                 [claim]\nlhs = \"E[norm2(grad[K])]\"\nrhs = \"norm2(grad[0]) + 9\"\n"
            )
        };
        let statement = |parameter: &str| load_text("t.toml", &text(parameter)).unwrap();
        assert!(on(&statement("")).is_empty());
        let rows = on(&statement("theta = { in = \"[0, 1)\" }\n"));
        // The bound does not depend on it, so the recommended value is as good as any.
        assert!(!rows.is_empty() && rows.iter().all(|row| row.free && row.ratio == 1.0 && row.best["theta"] == 0.5));
        for id in ["descent-lemma", "descent-lemma-variance", "quadratic-noise-floor", "clipped-error"] {
            assert!(tuned(id).is_empty(), "{id}");
        }
        assert_eq!(Summary::of(&[]), None);
    }

    #[test]
    fn the_table_has_a_row_a_choice_and_a_line_a_statement() {
        let rows = tuned("randk-nonconvex");
        let text = render(&rows, rows.len());
        // Too wide for 80 columns, so that a row is a block of lines that its statement begins.
        assert_eq!(text.lines().filter(|line| *line == "randk-nonconvex").count(), rows.len(), "{text}");
        assert!(
            text.contains("randk-nonconvex: recommended theta = alpha/2; its bound is up to 1.3051 times"),
            "{text}"
        );
        let json = serde_json::to_string(&rows).unwrap();
        assert_eq!(serde_json::from_str::<Vec<Tuning>>(&json).unwrap(), rows);
    }
}
