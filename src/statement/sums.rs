//! Sums that are too long to evaluate, refused when a file is read.

use std::ops::Range;

use super::evaluate::{MAX_TERMS, TOO_LONG};
use super::file::{Loaded, Loader};
use super::term::Term;
use super::{Statement, Template};

impl Loader<'_> {
    /// Refuses sums that are too long whatever the instance: for the largest K that is tried, and where n or
    /// d is an end for the least that these can be.
    pub(super) fn refuse_long_sums(&self, statement: &Statement) -> Loaded<()> {
        let longest = statement.horizons.iter().copied().max().unwrap_or(1);
        let of_file = self.terms_of_file(statement).map(|(term, place)| (term, longest, place));
        let of_witnesses = statement.witnesses.iter().flat_map(|witness| {
            let given = witness.given.iter().map(|(_, term)| term);
            let locals = witness.locals.iter().map(|(_, term)| term);
            let own = given.chain(locals).chain(witness.parameters.values()).chain(&witness.start);
            let filled = expressions(&witness.problem).chain(expressions(&witness.oracle));
            own.chain(filled).map(|term| (term, witness.horizon, witness.place.clone()))
        });
        let too_long = |(term, horizon, _): &(&Term, usize, _)| term.least_terms(*horizon as i64) > MAX_TERMS;
        match of_file.chain(of_witnesses).find(too_long) {
            None => Ok(()),
            Some((_, horizon, place)) => Err(self.file.error(
                Some(place),
                format!("{TOO_LONG} for K = {horizon}"),
                Some("shorten a range, or name smaller `horizons`".into()),
            )),
        }
    }

    /// The expressions outside of witnesses, and where they stand.
    fn terms_of_file<'s>(&'s self, statement: &'s Statement) -> impl Iterator<Item = (&'s Term, Range<usize>)> {
        let raw = self.raw;
        let claims = raw.claim.iter().flat_map(|claims| &claims.get_ref().0);
        let claims = statement.claims.iter().zip(claims);
        let sides = claims.flat_map(|(claim, raw)| [(&claim.lhs, raw.lhs.span()), (&claim.rhs, raw.rhs.span())]);
        let constants = statement.constants.iter().zip(raw.constants.values());
        let constants = constants.map(|(constant, raw)| (&constant.term, raw.span()));
        let hypotheses = statement.hypotheses.iter().zip(raw.hypotheses.values()).flat_map(|(hypothesis, raw)| {
            let comparisons = hypothesis.condition.0.iter();
            comparisons.flat_map(|(left, _, right)| [left, right]).map(|term| (term, raw.span()))
        });
        let parameters = statement.parameters.iter().zip(raw.parameters.values()).flat_map(|(parameter, raw)| {
            let ends = [&parameter.lower, &parameter.upper].into_iter().filter_map(|end| end.value.as_ref());
            let ends = ends.map(|term| (term, raw.range.span()));
            let tried = parameter.candidates.iter().zip(&raw.candidates);
            ends.chain(tried.map(|(candidate, raw)| (&candidate.term, raw.span())))
        });
        let estimates = statement.estimates.iter();
        let estimates = estimates.flat_map(|estimate| expressions(estimate).map(|term| (term, estimate.place.clone())));
        sides.chain(constants).chain(hypotheses).chain(parameters).chain(estimates)
    }
}

fn expressions(template: &Template) -> impl Iterator<Item = &Term> {
    template.expressions.values()
}
