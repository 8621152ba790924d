//! Both sides of a claim at an index of a run, in any arithmetic.

use crate::method::RunTrace;
use crate::number::Scalar;
use crate::oracle::{Estimable, StreamKey};
use crate::problem::Arithmetic;
use crate::statement::Claim;
use crate::statement::evaluate::{Environment, Evaluator, RandomIndex};
use crate::verify::CheckFailure;
use crate::verify::deciding::compare_sides::Sides;
use crate::verify::deciding::history::{Demand, History};
use crate::verify::deciding::index_sets::ClaimIndex;
use crate::verify::instances::Instance;

/// A look at every number of type `S` that an evaluation meets.
pub(crate) type Watch<'a, S> = Option<&'a dyn Fn(&S)>;

/// How a claim at one place is evaluated on a run, in any arithmetic.
pub(crate) trait SidesOnRun {
    /// The runs of a cell that belong to one replicate, of at most so many operations each.
    fn histories(
        &self,
        instance: &Instance<'_>,
        key: &StreamKey,
        replicate: u64,
        demand: Demand,
    ) -> Result<Vec<History>, CheckFailure> {
        Ok(vec![History::of_path(instance, key, replicate, demand)])
    }

    fn sides<S: Arithmetic + Estimable>(
        &self,
        claim: &Claim,
        place: ClaimIndex,
        history: &History,
        environment: &Environment<S>,
        run: &RunTrace<'_, S>,
        watch: Watch<'_, S>,
    ) -> Result<Sides<S>, CheckFailure>;

    /// b_k and ν_k of every outcome that the draw at the place has, where the claim is about draws; each equally
    /// likely.
    fn outcomes<S: Arithmetic + Estimable>(
        &self,
        _: ClaimIndex,
        _: &History,
        _: &RunTrace<'_, S>,
        _: S::Context,
    ) -> Vec<[Option<Vec<S>>; 2]> {
        Vec::new()
    }

    /// Whether both sides are expressions in the run's own quantities, with no outcomes to average over.
    fn is_symbolic(&self, claim: &Claim) -> bool;
}

/// The claim speaks of the run itself.
pub(crate) struct OnTrajectory;

impl SidesOnRun for OnTrajectory {
    fn sides<S: Arithmetic + Estimable>(
        &self,
        claim: &Claim,
        place: ClaimIndex,
        _: &History,
        environment: &Environment<S>,
        run: &RunTrace<'_, S>,
        watch: Watch<'_, S>,
    ) -> Result<Sides<S>, CheckFailure> {
        let trace = run.until(place.horizon);
        sides_at(claim, place, Evaluator::on(environment, &trace, &RandomIndex::Absent), watch, environment.context)
    }

    fn is_symbolic(&self, _: &Claim) -> bool {
        true
    }
}

/// The claim speaks of averages over the whole run, and nothing is random but its index.
pub(crate) struct OnOnlyRun<'a> {
    pub instance: &'a Instance<'a>,
}

impl SidesOnRun for OnOnlyRun<'_> {
    fn histories(
        &self,
        instance: &Instance<'_>,
        key: &StreamKey,
        _: u64,
        demand: Demand,
    ) -> Result<Vec<History>, CheckFailure> {
        Ok(vec![History::of_average(instance, key, demand)])
    }

    fn sides<S: Arithmetic + Estimable>(
        &self,
        claim: &Claim,
        place: ClaimIndex,
        _: &History,
        environment: &Environment<S>,
        run: &RunTrace<'_, S>,
        watch: Watch<'_, S>,
    ) -> Result<Sides<S>, CheckFailure> {
        let (trace, index) = (run.until(place.horizon), self.instance.average_for(claim));
        sides_at(claim, place, Evaluator::on(environment, &trace, &index), watch, environment.context)
    }

    fn is_symbolic(&self, claim: &Claim) -> bool {
        !claim.speaks_of_random_index()
    }
}

/// Both sides of a claim at a place, where the evaluator reads the run or the table.
pub(crate) fn sides_at<'a, S: Scalar>(
    claim: &Claim,
    place: ClaimIndex,
    mut evaluator: Evaluator<'a, S>,
    watch: Watch<'a, S>,
    context: S::Context,
) -> Result<Sides<S>, CheckFailure> {
    evaluator.set_horizon(place.horizon);
    evaluator.set_index(place.k);
    if let Some(watch) = watch {
        evaluator.set_watch(watch);
    }
    Sides::evaluate(claim, &mut evaluator, context)
}
