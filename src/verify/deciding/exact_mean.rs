//! Whole-run cells whose left-hand sides have an expectation that is known exactly, sampled all the
//! same: what the calibration of the statistical verdicts rests on.

use crate::inference::TailClass;
use crate::method::Recorded;
use crate::number::Interval;
use crate::oracle::StreamKey;
use crate::statement::Statement;
use crate::statement::evaluate::Evaluator;
use crate::verify::deciding::exact::ExactMeans;
use crate::verify::deciding::sampled::Statistical;
use crate::verify::instances::{CellSpec, Instance};
use crate::verify::{CheckFailure, Judging, Outcome};

const BITS: u32 = 192;

/// An instance with the exact expectation of each claim's left-hand side.
pub struct Known<'a> {
    instance: Instance<'a>,
    quantities: Vec<Recorded>,
    means: Vec<Interval>,
}

/// What sampling found of an instance, and what it was told.
#[derive(Clone, Debug)]
pub struct Sampled {
    /// The outcome, as a check would report it.
    pub outcome: Outcome,
    /// What is proved of the samples of each claim.
    pub tails: Vec<TailClass>,
}

impl<'a> Known<'a> {
    /// Builds the instance and encloses the expectation of every claim's left-hand side at K = horizon,
    /// by the recursion of second moments or by at most `paths` equally likely paths.
    ///
    /// # Errors
    /// When the instance cannot be built, or an expectation is not known.
    pub fn build(statement: &'a Statement, spec: &CellSpec, paths: u64) -> Result<Self, CheckFailure> {
        let instance = Instance::build(statement, spec)?;
        let quantities = Recorded::mentioned(&statement.claims);
        let unknown = || CheckFailure::Unsuitable("the expectation of a left-hand side is not known exactly".into());
        let table = ExactMeans::find(&instance, paths)
            .and_then(|means| means.table::<Interval>(&instance, &quantities, BITS))
            .ok_or_else(unknown)?;
        let environment = instance.environment::<Interval>(BITS);
        let average = instance.random_average();
        let means = statement
            .claims
            .iter()
            .map(|claim| {
                let mean = Evaluator::on(&environment, &table, &average).term(&claim.lhs)?;
                Some(mean).filter(|m| m.lower().is_finite() && m.upper().is_finite()).ok_or_else(unknown)
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Known { instance, quantities, means })
    }

    /// Enclosures of the expectations, one for each claim.
    #[must_use]
    pub fn means(&self) -> &[Interval] {
        &self.means
    }

    /// Runs the sequential test of a check on the left-hand sides against the given right-hand sides,
    /// one for each claim, in place of the statement's own.
    ///
    /// # Errors
    /// As a check of the cell by sampling.
    pub fn sampled(
        &self,
        right_sides: &[Interval],
        key: &StreamKey,
        judging: Judging<'_>,
    ) -> Result<Sampled, CheckFailure> {
        if right_sides.len() != self.means.len() {
            return Err(CheckFailure::Unsuitable("each claim needs one right-hand side".into()));
        }
        let cell = Statistical::against(&self.instance, key, judging, &self.quantities, Some(right_sides))?;
        Ok(Sampled { outcome: cell.check()?.told(), tails: cell.tails() })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::inference::Verdict;
    use crate::number::Scalar;
    use crate::preset::Effort;
    use crate::verify::deciding::exact_mean::*;
    use crate::verify::testing;

    /// The right-hand side of the file is false; it must play no part.
    fn statement() -> Statement {
        testing::statement(
            "expectation",
            "[parameters]\nbeta = { in = \"(0, 1]\" }\ngamma = { in = \"(0, inf)\" }\n\
             [claim]\nlhs = \"E[norm2(grad[K])]\"\nrhs = \"0\"\n",
        )
    }

    fn spec(source: serde_json::Value) -> CellSpec {
        testing::cell(json!({
            "problem": { "family": "diagonal-quadratic", "spectrum": [1.0, 0.5] }, "oracle": [source],
            "parameters": { "beta": 0.5, "gamma": 0.75 }, "horizon": 3,
        }))
    }

    fn sources() -> [serde_json::Value; 5] {
        [
            json!({ "source": "rademacher", "size": 0.5 }),
            json!({ "source": "axis", "size": 0.5 }),
            json!({ "source": "sphere", "radius": 0.5 }),
            json!({ "source": "relative-signs", "factor": 0.5 }),
            json!({ "source": "gaussian", "size": 0.5 }),
        ]
    }

    fn verdict(known: &Known<'_>, factor: f64) -> (Verdict, f64) {
        let effort = Effort { replicates: 4000, ..testing::EFFORT };
        let side = known.means()[0].clone().mul(&Interval::from_f64(factor, BITS));
        let key = StreamKey::new(3, "known", "cell");
        let found = known.sampled(&[side], &key, testing::judging(&effort)).unwrap().outcome;
        (found.verdict, found.sampling.unwrap().mean)
    }

    #[test]
    fn samples_have_the_exact_mean_and_are_tested_against_what_is_given() {
        let statement = statement();
        for source in sources() {
            let known = Known::build(&statement, &spec(source.clone()), 1 << 10).unwrap();
            let exact = known.means()[0].to_f64();
            let (at_null, mean) = verdict(&known, 1.0);
            assert!((mean / exact - 1.0).abs() < 0.06, "{source}: {mean} against {exact}");
            assert_ne!(at_null, Verdict::Violated, "{source}");
            assert_eq!(verdict(&known, 0.6).0, Verdict::Violated, "{source}");
            assert_ne!(verdict(&known, 1.5).0, Verdict::Violated, "{source}");
        }
    }

    #[test]
    fn an_expectation_that_nothing_gives_exactly_is_refused() {
        let statement = statement();
        let mut spec = spec(json!({ "source": "sphere", "radius": 0.5 }));
        spec.problem = serde_json::from_value(json!({ "family": "sine-squared", "dimension": 2 })).unwrap();
        assert!(Known::build(&statement, &spec, 1 << 10).is_err());
    }

    #[test]
    fn each_claim_needs_its_right_hand_side() {
        let statement = statement();
        let known = Known::build(&statement, &spec(sources()[0].clone()), 1 << 10).unwrap();
        let key = StreamKey::new(3, "known", "cell");
        assert!(known.sampled(&[], &key, testing::judging(&testing::EFFORT)).is_err());
    }
}
