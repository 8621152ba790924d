//! The random index of a statement, and that its claims can use it.

use toml::Spanned;

use super::{Loaded, Loader};
use crate::statement::check::{CheckError, Checker};
use crate::statement::parse::parse_quantifier;
use crate::statement::{Claim, RandomDraw, Subject};

impl Loader<'_> {
    /// A random index that no claim can use would pass for a condition of the theorem.
    pub(super) fn check_random_index(&self, claims: &[Claim]) -> Loaded<()> {
        let Some(name) = self.raw.random.keys().next() else { return Ok(()) };
        let refused = if claims.iter().any(|claim| claim.subject_of_run() != Subject::WholeRun) {
            Some(("a random index belongs to claims about the whole run", "write E[·] without `| past`, or for_all"))
        } else if self.raw.instantiates.is_none() && !claims.iter().any(Claim::speaks_of_random_index) {
            Some(("no claim uses this random index", "remove it, or write for example E[norm2(grad[R])]"))
        } else {
            None
        };
        match refused {
            None => Ok(()),
            Some((message, help)) => Err(self.file.error(Some(name.span()), message, Some(help.to_owned()))),
        }
    }

    pub(super) fn random(&self, name: &Spanned<String>, value: &Spanned<String>) -> Loaded<RandomDraw> {
        let text = value.get_ref();
        let inner = text.trim().strip_prefix("uniform(").and_then(|t| t.strip_suffix(')')).ok_or_else(|| {
            self.file.error(
                Some(value.span()),
                "a random index is uniform over a range",
                Some("for example R = \"uniform(0..K)\"".into()),
            )
        })?;
        let (_, from, to) = parse_quantifier(&format!("k in {inner}"))
            .map_err(|err| self.file.error(Some(value.span()), err.message, None))?;
        let mut checker = Checker::new(&self.names);
        let at = |err: CheckError| self.file.error(Some(value.span()), err.message, err.help);
        Ok(RandomDraw {
            name: name.get_ref().clone(),
            from: checker.index(&from).map_err(at)?,
            to: checker.index(&to).map_err(at)?,
        })
    }
}
