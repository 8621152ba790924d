//! From the fields of a file to the statement, in an order in which each part may use those before it.

use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;
use toml::Spanned;

use super::declarations::head_name;
use super::{File, Loaded, MAX_HORIZON};
use crate::method::language::tree::Method;
use crate::statement::check::{CheckError, Checker, Names, needs_run};
use crate::statement::parse::parse;
use crate::statement::raw::{IndicesOver, Kind, RawStatement};
use crate::statement::syntax::Expr;
use crate::statement::term::Term;
use crate::statement::{
    Claim, Constant, Form, Given, Hypothesis, Parameter, Statement, StatementError, Subject, Symbol, Witness,
};

pub(in crate::statement) struct Loader<'a> {
    pub(in crate::statement) file: File,
    pub(in crate::statement) raw: &'a RawStatement,
    pub(in crate::statement) hash: String,
    pub(in crate::statement) names: Names,
}

/// What a statement is claimed for.
struct Setup {
    parameters: Vec<Parameter>,
    constants: Vec<Constant>,
    order: Vec<Symbol>,
    hypotheses: Vec<Hypothesis>,
}

impl Loader<'_> {
    pub(in crate::statement) fn load(mut self) -> Loaded<Statement> {
        let method = self.method()?;
        self.names.method = method.names();
        self.declare()?;
        self.refuse_missing_parameters(&method)?;
        self.check_texts()?;
        let raw = self.raw;
        let Setup { parameters, constants, order, hypotheses } = self.setup()?;
        let horizons = self.horizons()?;
        let claims = self.claims()?;
        self.check_random_index(&claims)?;
        let substitutions = self.written(&raw.substitute)?;
        let problems =
            raw.problems.iter().map(|value| Ok((self.data(value)?, value.span()))).collect::<Loaded<Vec<_>>>()?;
        let estimates = raw.estimates.iter().map(|value| self.filled(value)).collect::<Loaded<Vec<_>>>()?;
        let random = raw.random.iter().next().map(|(name, value)| self.random(name, value)).transpose()?;
        let witnesses = self.witnesses(&method)?;
        let statement = Statement {
            id: raw.id.get_ref().clone(),
            title: raw.title.get_ref().clone(),
            subject: self.subject(&claims),
            form: self.form(),
            tight: raw.tight,
            source: raw.source.get_ref().clone(),
            proof: raw.proof.get_ref().clone(),
            instantiates: raw.instantiates.as_ref().map(|parent| parent.get_ref().clone()),
            uses: raw.uses.iter().map(|id| id.get_ref().clone()).collect(),
            given: self.given(),
            substitutions,
            estimates,
            problems,
            expect: raw.expect,
            horizons,
            operators: self.operators(&method)?,
            method,
            random,
            parameters,
            constants,
            definitions: self.written(&raw.define)?,
            hypotheses,
            claims,
            hints: self.hints()?,
            general: raw.general,
            witnesses,
            stored: None,
            stored_proof: None,
            order,
            file: self.file.name.clone(),
            text: Arc::clone(&self.file.text),
            hash: self.hash.clone(),
        };
        self.refuse_long_sums(&statement)?;
        Ok(statement)
    }

    fn setup(&self) -> Loaded<Setup> {
        let raw = self.raw;
        let constant_exprs = raw.constants.values().map(|v| self.expression(v)).collect::<Loaded<Vec<_>>>()?;
        self.check_definitions()?;
        let parameters = raw.parameters.iter().map(|(name, p)| self.parameter(name, p)).collect::<Loaded<Vec<_>>>()?;
        let constants = raw
            .constants
            .iter()
            .zip(constant_exprs)
            .map(|((name, value), expr)| self.constant(name, value, expr))
            .collect::<Loaded<Vec<_>>>()?;
        let order = self.order(&parameters, &constants)?;
        self.refuse_undefined(parameters.len(), &constants, &order)?;
        let hypotheses =
            raw.hypotheses.iter().map(|(name, value)| self.hypothesis(name, value)).collect::<Loaded<Vec<_>>>()?;
        Ok(Setup { parameters, constants, order, hypotheses })
    }

    fn constant(&self, name: &Spanned<String>, value: &Spanned<String>, expr: Expr) -> Loaded<Constant> {
        let term = self.number(&expr, value)?;
        self.refuse_run_quantities(&term, value)?;
        Ok(Constant { name: name.get_ref().clone(), expr, term })
    }

    fn hypothesis(&self, name: &Spanned<String>, value: &Spanned<String>) -> Loaded<Hypothesis> {
        let expr = self.expression(value)?;
        let condition = Checker::new(&self.names).condition(&expr).map_err(|err| self.check_error(value, err))?;
        if condition.any_side(needs_run) {
            return Err(self.file.error(
                Some(value.span()),
                "a hypothesis cannot depend on the run",
                Some("it is decided before the run, from parameters and constants".into()),
            ));
        }
        Ok(Hypothesis { name: name.get_ref().clone(), expr, condition })
    }

    pub(in crate::statement) fn refuse_run_quantities(&self, term: &Term, value: &Spanned<String>) -> Loaded<()> {
        if !needs_run(term) {
            return Ok(());
        }
        Err(self.file.error(
            Some(value.span()),
            "a constant cannot depend on the run",
            Some("what depends on k belongs under [define], for example \"Psi[k]\" = \"…\"".into()),
        ))
    }

    /// Numbers of steps to try.
    fn horizons(&self) -> Loaded<Vec<usize>> {
        let Some(list) = &self.raw.horizons else { return Ok(vec![1, 10, 40]) };
        if list.get_ref().is_empty() {
            let help = "for example horizons = [1, 20]".to_owned();
            return Err(self.file.error(Some(list.span()), "`horizons` is empty", Some(help)));
        }
        list.get_ref().iter().try_for_each(|steps| self.refuse_other_horizons(*steps, list.span()))?;
        Ok(list.get_ref().clone())
    }

    /// Refuses a number of steps of which no run is made.
    pub(in crate::statement) fn refuse_other_horizons(&self, steps: usize, place: Range<usize>) -> Loaded<()> {
        if (1..=MAX_HORIZON).contains(&steps) {
            return Ok(());
        }
        let message = format!("a horizon of {steps} steps is not between 1 and {MAX_HORIZON}");
        Err(self.file.error(Some(place), message, None))
    }

    fn given(&self) -> Vec<Given> {
        let all = self.raw.given.iter();
        all.map(|(name, doc)| Given { name: name.get_ref().clone(), doc: doc.get_ref().clone() }).collect()
    }

    /// Expressions by their names, as written.
    fn written(&self, all: &IndexMap<Spanned<String>, Spanned<String>>) -> Loaded<IndexMap<String, Expr>> {
        all.iter().map(|(name, value)| Ok((name.get_ref().clone(), self.expression(value)?))).collect()
    }

    fn witnesses(&self, method: &Method) -> Loaded<Vec<Witness>> {
        let witnesses =
            self.raw.witness.iter().map(|witness| self.witness(method, witness)).collect::<Loaded<Vec<_>>>()?;
        if !self.raw.general && witnesses.is_empty() {
            return Err(self.file.error(
                None,
                "`general = false` without a [[witness]]: no instance would be checked",
                Some("remove `general = false` or add a witness".into()),
            ));
        }
        Ok(witnesses)
    }

    /// The statement's kind, which every complete file has.
    pub(in crate::statement) fn kind(&self) -> Kind {
        self.raw.kind.unwrap_or(Kind::Pathwise)
    }

    /// Whether the claims are about the estimate at single points.
    pub(in crate::statement) fn is_of_points(&self) -> bool {
        let implied = if self.kind() == Kind::Oracle { IndicesOver::Estimate } else { IndicesOver::Run };
        self.raw.subject.unwrap_or(implied) == IndicesOver::Estimate
    }

    fn subject(&self, claims: &[Claim]) -> Subject {
        match claims.first() {
            _ if self.is_of_points() => Subject::Estimate,
            first => first.map_or(Subject::Pathwise, Claim::subject_of_run),
        }
    }

    fn form(&self) -> Form {
        if self.kind() == Kind::Identity { Form::Identity } else { Form::Inequality }
    }

    pub(in crate::statement) fn expression(&self, value: &Spanned<String>) -> Loaded<Expr> {
        parse(value.get_ref()).map_err(|err| self.file.syntax(value, err))
    }

    pub(in crate::statement) fn number(&self, expr: &Expr, value: &Spanned<String>) -> Loaded<Term> {
        Checker::new(&self.names).number(expr).map_err(|err| self.check_error(value, err))
    }

    /// A mistake in a definition's body is shown there, not where the definition is used.
    pub(in crate::statement) fn check_error(&self, value: &Spanned<String>, err: CheckError) -> Box<StatementError> {
        let place = match &err.definition {
            None => value,
            Some(name) => self
                .raw
                .define
                .iter()
                .chain(&self.raw.substitute)
                .find(|(head, _)| head_name(head.get_ref()) == name)
                .map_or(value, |(_, body)| body),
        };
        self.file.error(Some(self.file.within(place, &err.span)), err.message, err.help)
    }
}
