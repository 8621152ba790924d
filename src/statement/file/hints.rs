//! What a search for a proof may use.

use toml::Spanned;

use super::{Loaded, Loader};
use crate::statement::check::{Checker, closest, needs_run};
use crate::statement::syntax::Expr;
use crate::statement::term::{Condition, Node, Term};
use crate::statement::{Hints, Potential};

impl Loader<'_> {
    /// Hints for a proof, whose index is k.
    pub(super) fn hints(&self) -> Loaded<Hints> {
        let bounded = self.raw.prove.bounded.iter().map(|name| self.name_of_constant(name)).collect::<Loaded<_>>()?;
        let by_lemmas = self.raw.prove.by_lemmas.iter().map(|name| self.name_of_constant(name));
        let by_lemmas = by_lemmas.collect::<Loaded<_>>()?;
        let between_numbers = |all: &[Spanned<String>]| all.iter().map(|value| self.between_numbers(value)).collect();
        let lemmas: Loaded<Vec<Condition>> = between_numbers(&self.raw.prove.lemmas);
        let cases: Loaded<Vec<Condition>> = between_numbers(&self.raw.prove.cases);
        let steps = self.raw.prove.steps.iter().map(|raw| Ok((self.at_k(&raw.lhs)?.1, self.at_k(&raw.rhs)?.1)));
        let steps = steps.collect::<Loaded<Vec<_>>>()?;
        let telescope = self.raw.prove.telescope.as_ref();
        let potential = telescope.map(|telescope| self.at_k(&telescope.potential)).transpose()?;
        let potential = potential.map(|(expr, term)| Potential { expr, term });
        let invariants = self.raw.prove.invariants.iter().map(|value| self.invariant(value)).collect::<Loaded<_>>()?;
        Ok(Hints { potential, bounded, by_lemmas, lemmas: lemmas?, cases: cases?, invariants, steps })
    }

    fn name_of_constant(&self, name: &Spanned<String>) -> Loaded<String> {
        if self.names.constants.contains(name.get_ref()) {
            return Ok(name.get_ref().clone());
        }
        let near = closest(name.get_ref(), self.names.constants.iter().map(String::as_str));
        let help = near.map(|near| format!("did you mean `{near}`?"));
        Err(self.file.error(Some(name.span()), format!("`{}` is no constant", name.get_ref()), help))
    }

    /// A number of one run at k.
    fn at_k(&self, value: &Spanned<String>) -> Loaded<(Expr, Term)> {
        let expr = self.expression(value)?;
        let mut checker = Checker::new(&self.names);
        let at = |err| self.check_error(value, err);
        checker.bind("k", &(0..value.get_ref().len())).map_err(at)?;
        let term = checker.number(&expr).map_err(at)?;
        if term.has_expectation() || term.has_random_index() {
            let help = Some("leave E[·] away: every step is averaged over what it draws".to_owned());
            return Err(self.file.error(Some(value.span()), "a number of one run at k is needed", help));
        }
        Ok((expr, term))
    }

    /// An inequality between numbers that no run decides.
    fn between_numbers(&self, value: &Spanned<String>) -> Loaded<Condition> {
        let expr = self.expression(value)?;
        let condition = Checker::new(&self.names).condition(&expr).map_err(|err| self.check_error(value, err))?;
        if condition.any_side(needs_run) || condition.has_equation() {
            let help = Some("for example lemmas = [\"rho <= beta\"]".to_owned());
            return Err(self.file.error(Some(value.span()), "an inequality between numbers is needed", help));
        }
        Ok(condition)
    }

    /// An inequality at k between numbers that the method keeps.
    fn invariant(&self, value: &Spanned<String>) -> Loaded<Condition> {
        let expr = self.expression(value)?;
        let mut checker = Checker::new(&self.names);
        let at = |err| self.check_error(value, err);
        checker.bind("k", &(0..value.get_ref().len())).map_err(at)?;
        let condition = checker.condition(&expr).map_err(at)?;
        let of_run = |term: &Term| {
            let is_vector = |node: Node<'_>| matches!(node, Node::Vector(_) | Node::Term(Term::ValueAt(_)));
            term.has_expectation() || term.has_random_index() || term.any(is_vector)
        };
        if condition.any_side(of_run) || condition.has_equation() {
            let (what, help) = ("an invariant is an inequality at k between numbers", "for example \"t[k] >= 1\"");
            return Err(self.file.error(Some(value.span()), what, Some(help.to_owned())));
        }
        Ok(condition)
    }
}
