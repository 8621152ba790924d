//! What is run on one cell.

use rug::Rational;

use super::cells::{self, Drawn, PATHS};
use super::{CalibrateError, CalibrateSettings, FAMILY, FORMS, PLANTED_BUDGET, PLANTED_ERROR_BUDGET, SHIFTS};
use crate::inference::{ErrorBudget, TailClass, Verdict};
use crate::number::{Interval, Scalar};
use crate::oracle::StreamKey;
use crate::preset::{Effort, Preset};
use crate::statement::Statement;
use crate::verify::deciding::exact_mean::Known;
use crate::verify::{CheckFailure, Judging, Outcome};

/// What all runs on one cell found.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Trials {
    /// The left-hand side's name.
    pub form: &'static str,
    pub noise: &'static str,
    /// What is proved of the samples.
    pub tail: &'static str,
    /// As a null cell, at the level δ.
    pub alone: Trial,
    /// As one of a family that shares δ.
    pub in_family: Option<Trial>,
    /// With errors of every shift planted, on some cells.
    pub planted: Vec<Trial>,
    /// With margins of every shift.
    pub margins: Vec<Trial>,
}

/// What one test found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trial {
    pub verdict: Verdict,
    /// Whether the first generator refuted the claim, confirmed or not.
    pub refuted: bool,
    /// Replicates used, to the end of the last batch.
    pub replicates: u64,
}

impl Trial {
    pub fn violated(&self) -> bool {
        self.verdict == Verdict::Violated
    }

    pub fn held(&self) -> bool {
        self.verdict == Verdict::Holds
    }
}

impl From<&Outcome> for Trial {
    fn from(outcome: &Outcome) -> Self {
        let sampling = outcome.sampling.as_ref();
        Trial {
            verdict: outcome.verdict,
            // The second generator runs where the first refutes, and only there.
            refuted: sampling.is_some_and(|s| s.confirmed.is_some()),
            replicates: sampling.map_or(0, |s| s.replicates),
        }
    }
}

/// The instance of one cell, ready to be tested against right-hand sides.
struct Bench<'a> {
    known: Known<'a>,
    mean: Interval,
    seed: u64,
    /// Keys the streams, with the purpose of a run.
    name: String,
    form: &'static str,
}

impl Bench<'_> {
    /// E + `share`·|E|, enclosed.
    fn moved(&self, share: &Rational) -> Interval {
        let distance = self.mean.clone().abs().mul(&Interval::from_rational(share, self.mean.context()));
        self.mean.clone().add(&distance)
    }

    fn test(
        &self,
        purpose: &str,
        share: &Rational,
        error_budget: ErrorBudget,
        replicates: u64,
    ) -> Result<(Trial, &'static str), CheckFailure> {
        let effort = Effort { replicates, paths: PATHS, ..Preset::Default.effort() };
        let key = StreamKey::new(self.seed, self.form, &format!("calibrate; {purpose}; {}", self.name));
        let judging = Judging { effort: &effort, error_budget, seed: self.seed };
        let sampled = self.known.sampled(&[self.moved(share)], &key, judging)?;
        Ok((Trial::from(&sampled.outcome), sampled.tails.first().map_or("unknown", tail_name)))
    }
}

fn tail_name(tail: &TailClass) -> &'static str {
    match tail {
        TailClass::Bounded { .. } => "bounded",
        TailClass::SecondMoment { .. } => "second-moment",
        TailClass::BoundedBelow { .. } => "bounded-below",
    }
}

/// All runs on the cell of that number.
pub(super) fn run(
    statements: &[Statement],
    settings: &CalibrateSettings,
    number: u64,
) -> Result<Trials, CalibrateError> {
    let drawn = cells::draw(settings.seed, number);
    trials_of(&statements[drawn.form], settings, number, &drawn).map_err(|cause| CalibrateError::Cell {
        number,
        label: drawn.spec.to_string(),
        cause,
    })
}

fn trials_of(
    statement: &Statement,
    settings: &CalibrateSettings,
    number: u64,
    drawn: &Drawn,
) -> Result<Trials, CheckFailure> {
    let known = Known::build(statement, &drawn.spec, PATHS)?;
    let [mean] = known.means() else {
        return Err(CheckFailure::Unsuitable("a calibration takes statements of one claim".into()));
    };
    let (form, mean) = (FORMS[drawn.form].0, mean.clone());
    // Two cells may be the same instance; their streams are not.
    let name = format!("{number}; {}", drawn.spec.key());
    let bench = Bench { known, mean, seed: settings.seed, name, form };
    let number_of = |x: f64| {
        let unsuitable = || CheckFailure::Unsuitable(format!("{x} is not a finite number"));
        crate::number::exact(x).ok_or_else(unsuitable)
    };
    let null = -number_of(settings.defect)?;
    let lone = ErrorBudget { delta: settings.delta, tests: 1 };
    let (alone, tail) = bench.test("alone", &null, lone, settings.replicates)?;
    let shared = ErrorBudget { delta: settings.delta, tests: FAMILY };
    let in_family = (number < settings.families() * FAMILY)
        .then(|| bench.test("family", &null, shared, settings.replicates))
        .transpose()?
        .map(|(trial, _)| trial);
    let (mut planted, mut margins) = (Vec::new(), Vec::new());
    if number < settings.planted() {
        let budget = settings.replicates.saturating_mul(PLANTED_BUDGET);
        for shift in SHIFTS {
            let p = number_of(shift)?;
            let too_low = -(p.clone() / (p.clone() + 1u32));
            planted.push(bench.test(&format!("planted {shift}"), &too_low, PLANTED_ERROR_BUDGET, budget)?.0);
            margins.push(bench.test(&format!("margin {shift}"), &p, PLANTED_ERROR_BUDGET, budget)?.0);
        }
    }
    Ok(Trials { form, noise: drawn.noise, tail, alone, in_family, planted, margins })
}
