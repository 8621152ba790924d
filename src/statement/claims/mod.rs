//! Reading the claims of a statement.

mod scope;
#[cfg(test)]
mod tests;

use toml::Spanned;

use super::check::Checker;
use super::file::{Loaded, Loader};
use super::parse::parse_quantifier;
use super::raw::{OneOrMany, RawClaim};
use super::term::Term;
use super::{Claim, Quantifier};

impl Loader<'_> {
    pub(super) fn claims(&self) -> Loaded<Vec<Claim>> {
        let Some(spanned) = &self.raw.claim else { return Ok(Vec::new()) };
        let OneOrMany(raw_claims) = spanned.get_ref();
        if raw_claims.is_empty() {
            return Err(self.file.error(Some(spanned.span()), "a statement needs a claim", None));
        }
        let claims = raw_claims.iter().map(|c| self.claim(c)).collect::<Loaded<Vec<_>>>()?;
        if !self.is_of_points() && claims.iter().any(|c| c.subject_of_run() != claims[0].subject_of_run()) {
            return Err(self.file.error(
                Some(spanned.span()),
                "the claims of one statement must all be pathwise, all about one step, or all about the whole run",
                Some("put them in separate statements".into()),
            ));
        }
        Ok(claims)
    }

    fn claim(&self, raw: &RawClaim) -> Loaded<Claim> {
        let mut checker = Checker::new(&self.names);
        let quantifier = raw.for_all.as_ref().map(|text| self.quantifier(&mut checker, text)).transpose()?;
        let (lhs_expr, rhs_expr) = (self.expression(&raw.lhs)?, self.expression(&raw.rhs)?);
        let lhs = checker.number(&lhs_expr).map_err(|err| self.check_error(&raw.lhs, err))?;
        let rhs = checker.number(&rhs_expr).map_err(|err| self.check_error(&raw.rhs, err))?;
        let levels = [&lhs, &rhs].into_iter().flat_map(Term::additive_terms).map(|(_, part)| part.is_level()).collect();
        let claim = Claim { quantifier, lhs_expr, rhs_expr, lhs, rhs, levels };
        self.check_scope(&claim, raw)?;
        Ok(claim)
    }

    /// Reads `k in a..b`, whose index is bound from here on.
    fn quantifier(&self, checker: &mut Checker<'_>, text: &Spanned<String>) -> Loaded<Quantifier> {
        let (name, from, to) = parse_quantifier(text.get_ref()).map_err(|err| self.file.syntax(text, err))?;
        let at = |err| self.check_error(text, err);
        let (from, to) = (checker.index(&from).map_err(at)?, checker.index(&to).map_err(at)?);
        checker.bind(&name, &(0..text.get_ref().len())).map_err(at)?;
        Ok(Quantifier { text: text.get_ref().clone(), from, to })
    }
}
