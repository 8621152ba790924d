//! Reading a statement file: TOML in, checked [`Statement`] out, every mistake at its place.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use toml::Spanned;

use super::check::{CheckError, Checker, Definition, Dependence, Names, closest, dependence, is_builtin_name};
use super::evaluate::{self, Evaluator, NO_VALUE};
use super::parse::{SyntaxError, parse, parse_quantifier};
use super::raw::{IndicesOver, Kind, MethodChoice, RawStatement};
use super::syntax::{Expr, ExprKind, mentions};
use super::term::{Builtin, Condition, Index, Node, ScalarSequence, Term};
use super::variant::Change;
use super::{
    Claim, Constant, Form, Given, Hints, Hypothesis, Parameter, Potential, RandomDraw, Statement, StatementError,
    Stored, Subject, Symbol, id_defect, library,
};
use crate::method::language::file::{amended, load_within};
use crate::method::language::tree::Method;
use crate::method::language::{self, library as methods, library::shared as shipped_method};
use crate::number::Interval;
use crate::oracle::operator::Operator;
use crate::text::{self, ReadError, is_control};

/// A statement is a page of text; larger files are refused unread.
pub const MAX_FILE_BYTES: u64 = 1 << 20;
/// The method of statements that name none.
const DEFAULT_METHOD: &str = "momentum";
/// Largest K that a file or a report may ask for.
pub const MAX_HORIZON: usize = 100_000;

/// Reads and checks the statement at `path`, and takes along its stored witnesses: the file
/// `witnesses/ID.json` in the same folder, where there is one.
///
/// # Errors
/// When the file cannot be read, is too large, is not TOML, or is not a statement; the error
/// points at the place. When there are stored witnesses that cannot be read.
pub fn load_file(path: &Path) -> Result<Statement, Box<StatementError>> {
    let name = path.display().to_string();
    let whole = |message: String, help: Option<String>| {
        Box::new(StatementError::new(&name, &Arc::new(String::new()), None, message, help))
    };
    let text = text::read(path, MAX_FILE_BYTES).map_err(|err| {
        let help = match &err {
            ReadError::Io(_) => Some("`lemmata list` shows the shipped statements".to_owned()),
            ReadError::TooLarge { .. } => Some("is this the right file?".to_owned()),
            ReadError::NotRegular | ReadError::NotText(_) => None,
        };
        whole(err.to_string(), help)
    })?;
    let mut statement = load_text(&name, &text)?;
    statement.stored = Stored::witnesses(path, &statement.id)?;
    statement.stored_proof = Stored::proof(path, &statement.id);
    Ok(statement)
}

/// Checks the statement in `text`, which has no stored witnesses; `name` is what errors call the file.
///
/// # Errors
/// When it is not TOML, or is not a statement; the error points at the place.
pub fn load_text(name: &str, text: &str) -> Result<Statement, Box<StatementError>> {
    let file = File { name: name.to_owned(), text: Arc::new(text.to_owned()) };
    file.refuse_control_characters()?;
    let (raw, hash) = whole(&file)?;
    Loader { file, raw: &raw, hash, names: Names::default() }.load()
}

/// The statement with these changes, in order. Its witnesses are kept, as their expressions follow what has
/// changed, and so are those that are stored.
///
/// # Errors
/// When a place is none of the statement's, or the outcome is no statement.
pub fn load_changed(base: &Statement, changes: &[Change]) -> Result<Statement, Box<StatementError>> {
    let file = File { name: base.file.clone(), text: Arc::clone(&base.text) };
    let (mut raw, hash) = whole(&file)?;
    let mut changed = Sha256::new();
    changed.update(hash);
    for change in changes {
        if !raw.change(change) {
            return Err(file.error(None, format!("there is no {} to change", change.place), None));
        }
        changed.update(change.place.to_string());
        changed.update(change.expression.as_deref().unwrap_or_default());
    }
    let hash = hex(&changed.finalize());
    let statement = Loader { file, raw: &raw, hash, names: Names::default() }.load()?;
    Ok(Statement { stored: base.stored.clone(), ..statement })
}

const NEEDED: &str = "a statement needs id, title, kind, source, proof and a [claim] with lhs and rhs, or `instantiates` in place of kind and claim; `lemmata new NAME` writes one";

/// Longest chain of statements that instantiate each other.
const MAX_ANCESTORS: usize = 4;

/// The file's fields, with what they take over from the statement that it instantiates, and the hash of
/// all texts that this came from.
pub(super) fn whole(file: &File) -> Loaded<(RawStatement, String)> {
    let mut raw = read(file)?;
    let mut hash = Sha256::new();
    hash.update(file.text.as_bytes());
    let mut next = raw.instantiates.clone();
    for _ in 0..MAX_ANCESTORS {
        let Some(parent) = next else { break };
        let id = parent.get_ref();
        let (name, text) = library::source(id).ok_or_else(|| {
            file.error(
                Some(parent.span()),
                format!("there is no shipped statement `{id}` to instantiate"),
                Some("`lemmata list` shows the shipped statements".into()),
            )
        })?;
        hash.update(text.as_bytes());
        let ancestor = read(&File { name, text: Arc::new(text.to_owned()) })?;
        next = ancestor.instantiates.as_ref().map(|p| Spanned::new(parent.span(), p.get_ref().clone()));
        raw.instantiate(ancestor, &parent.span());
    }
    if let Some(parent) = next {
        return Err(file.error(
            Some(parent.span()),
            "statements that instantiate each other in too long a chain",
            None,
        ));
    }
    for (missing, field) in [(raw.kind.is_none(), "kind"), (raw.claim.is_none(), "claim")] {
        if missing {
            return Err(file.error(None, format!("missing field `{field}`"), Some(NEEDED.to_owned())));
        }
    }
    Ok((raw, hex(&hash.finalize())))
}

pub(super) fn read(file: &File) -> Loaded<RawStatement> {
    toml::from_str(&file.text).map_err(|err| {
        let message = err.message().trim_end().to_owned();
        let help = message.contains("missing field").then(|| NEEDED.to_owned());
        file.error(err.span(), message, help)
    })
}

pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) text: Arc<String>,
}

impl File {
    /// As an excerpt of the file may be shown on a terminal.
    pub(crate) fn refuse_control_characters(&self) -> Loaded<()> {
        let Some((line, found)) = text::control_character(&self.text) else { return Ok(()) };
        Err(self.error(None, format!("line {line} has the control character U+{:04X}", u32::from(found)), None))
    }

    /// A text for a person, which is printed on one line.
    pub(crate) fn refuse_line_breaks(&self, text: &Spanned<String>) -> Loaded<()> {
        match text.get_ref().chars().find(|c| is_control(*c) || *c == '\n') {
            None => Ok(()),
            Some(c) => Err(self.error(
                Some(text.span()),
                format!("a text of one line is needed, and this has the character U+{:04X}", u32::from(c)),
                None,
            )),
        }
    }

    pub(crate) fn error(
        &self,
        span: Option<Range<usize>>,
        message: impl Into<String>,
        help: Option<String>,
    ) -> Box<StatementError> {
        Box::new(StatementError::new(&self.name, &self.text, span, message, help))
    }

    /// Places a range within a string value in the file. A string with escapes is underlined whole.
    pub(crate) fn within(&self, value: &Spanned<String>, inner: &Range<usize>) -> Range<usize> {
        let outer = value.span();
        let raw = &self.text[outer.clone()];
        let quotes = if raw.starts_with("\"\"\"") || raw.starts_with("'''") { 3 } else { 1 };
        let skipped = if quotes == 3 && raw[3..].starts_with('\n') { 4 } else { quotes };
        let same = raw.get(skipped..).is_some_and(|body| body.starts_with(value.get_ref().as_str()));
        if same { outer.start + skipped + inner.start..outer.start + skipped + inner.end } else { outer }
    }

    /// Where a text begins within a place of the file.
    pub(super) fn find(&self, text: &str, within: Range<usize>) -> Option<usize> {
        self.text.get(within.clone())?.find(text).map(|at| within.start + at)
    }

    pub(crate) fn syntax(&self, value: &Spanned<String>, err: SyntaxError) -> Box<StatementError> {
        self.error(Some(self.within(value, &err.span)), err.message, None)
    }
}

pub(super) struct Loader<'a> {
    pub(super) file: File,
    pub(super) raw: &'a RawStatement,
    pub(super) hash: String,
    pub(super) names: Names,
}

pub(super) type Loaded<T> = Result<T, Box<StatementError>>;

impl Loader<'_> {
    pub(super) fn load(mut self) -> Loaded<Statement> {
        let method = self.method()?;
        self.names.method = method.names();
        self.declare()?;
        self.refuse_missing_parameters(&method)?;
        self.check_texts()?;
        let raw = self.raw;
        let constant_exprs = raw.constants.values().map(|v| self.expression(v)).collect::<Loaded<Vec<_>>>()?;
        self.check_definitions()?;
        let parameters = raw.parameters.iter().map(|(name, p)| self.parameter(name, p)).collect::<Loaded<Vec<_>>>()?;
        let constants = raw
            .constants
            .iter()
            .zip(constant_exprs)
            .map(|((name, value), expr)| {
                let term = self.number(&expr, value)?;
                self.refuse_run_quantities(&term, value)?;
                Ok(Constant { name: name.get_ref().clone(), expr, term })
            })
            .collect::<Loaded<Vec<_>>>()?;
        let order = self.order(&parameters, &constants)?;
        self.refuse_undefined(parameters.len(), &constants, &order)?;
        let hypotheses = raw
            .hypotheses
            .iter()
            .map(|(name, value)| {
                let expr = self.expression(value)?;
                let condition =
                    Checker::new(&self.names).condition(&expr).map_err(|err| self.check_error(value, err))?;
                if condition.0.iter().any(|(left, _, right)| needs_run(left) || needs_run(right)) {
                    return Err(self.file.error(
                        Some(value.span()),
                        "a hypothesis cannot depend on the run",
                        Some("it is decided before the run, from parameters and constants".into()),
                    ));
                }
                Ok(Hypothesis { name: name.get_ref().clone(), expr, condition })
            })
            .collect::<Loaded<Vec<_>>>()?;
        let horizons = self.horizons()?;
        let claims = self.claims()?;
        self.check_random_index(&claims)?;
        let given = raw
            .given
            .iter()
            .map(|(name, doc)| Given { name: name.get_ref().clone(), doc: doc.get_ref().clone() })
            .collect();
        let substitutions = raw
            .substitute
            .iter()
            .map(|(name, value)| Ok((name.get_ref().clone(), self.expression(value)?)))
            .collect::<Loaded<_>>()?;
        let problems =
            raw.problems.iter().map(|value| Ok((self.data(value)?, value.span()))).collect::<Loaded<Vec<_>>>()?;
        let estimates = raw.estimates.iter().map(|value| self.filled(value)).collect::<Loaded<Vec<_>>>()?;
        let random = raw.random.iter().next().map(|(name, value)| self.random(name, value)).transpose()?;
        let witnesses = raw.witness.iter().map(|w| self.witness(&method, w)).collect::<Loaded<Vec<_>>>()?;
        if !raw.general && witnesses.is_empty() {
            return Err(self.file.error(
                None,
                "`general = false` without a [[witness]]: no instance would be checked",
                Some("remove `general = false` or add a witness".into()),
            ));
        }
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
            given,
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
            definitions: raw
                .define
                .iter()
                .map(|(head, value)| Ok((head.get_ref().clone(), self.expression(value)?)))
                .collect::<Loaded<_>>()?,
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

    /// The method with what the statement changes of it.
    fn method(&self) -> Loaded<Arc<Method>> {
        let raw = self.raw;
        let base = match raw.method.as_ref().map(|choice| (choice.span(), choice.get_ref())) {
            None => shipped_method(DEFAULT_METHOD).unwrap_or_else(|| Err(self.file.error(None, "no method", None)))?,
            Some((place, MethodChoice::Shipped(id))) => shipped_method(id).unwrap_or_else(|| {
                let near = closest(id, methods::ids().into_iter()).map(|near| format!("did you mean `{near}`?"));
                let help = near.unwrap_or_else(|| "`lemmata list --methods` names them".to_owned());
                Err(self.file.error(Some(place), format!("there is no shipped method `{id}`"), Some(help)))
            })?,
            Some((_, MethodChoice::Own(own))) => Arc::new(load_within(&self.file, own)?),
        };
        if raw.schedules.is_empty() && raw.bind.is_empty() {
            return Ok(base);
        }
        amended(&base, &self.file, &raw.schedules, &raw.bind).map(Arc::new)
    }

    /// What is tried for the method's operators, each of which needs something.
    fn operators(&self, method: &Method) -> Loaded<BTreeMap<String, Vec<Operator>>> {
        let mut all = BTreeMap::new();
        for (name, raw) in &self.raw.operators {
            let Some(is) = method.operator(name.get_ref()) else {
                let message = format!("the method `{}` has no operator `{}`", method.id, name.get_ref());
                return Err(self.file.error(Some(name.span()), message, None));
            };
            let tried = raw.tried.iter().map(|value| self.operator(is, value)).collect::<Loaded<Vec<_>>>()?;
            all.insert(name.get_ref().clone(), tried);
        }
        match method.operators.iter().find(|(name, _)| all.get(name).is_none_or(Vec::is_empty)) {
            None => Ok(all),
            Some((missing, is)) => Err(self.file.error(
                self.raw.method.as_ref().map(Spanned::span),
                format!(
                    "the method `{}` needs something to try for its operator `{missing}`, which is {is}",
                    method.id
                ),
                Some(format!("for example [operators.{missing}] with try = [{{ name = \"top-k\", share = 0.5 }}]")),
            )),
        }
    }

    /// An operator that proves what the method asks of it.
    pub(super) fn operator(&self, is: &str, value: &Spanned<toml::Value>) -> Loaded<Operator> {
        let at = |message: String, help: Option<String>| self.file.error(Some(value.span()), message, help);
        let operator: Operator =
            serde_json::from_value(self.data(value)?).map_err(|err| at(format!("this is no operator: {err}"), None))?;
        if operator.proves(is) {
            return Ok(operator);
        }
        Err(at(
            format!("`{operator}` is not proved to be {is}"),
            Some("`lemmata docs methods` has what each operator proves".into()),
        ))
    }

    /// The method's parameters need values: the statement's own, or what the method takes where there is none.
    fn refuse_missing_parameters(&self, method: &Method) -> Loaded<()> {
        let lacks = |parameter: &&language::tree::Parameter| {
            parameter.default.is_none() && !self.names.parameters.contains(&parameter.name)
        };
        let is_free = |(position, _): &(usize, _)| method.bound.iter().all(|(bound, _)| bound != position);
        let free = method.parameters.iter().enumerate().filter(is_free).map(|(_, parameter)| parameter);
        match free.into_iter().find(lacks) {
            None => Ok(()),
            Some(missing) => Err(self.file.error(
                self.raw.method.as_ref().map(Spanned::span),
                format!("the method `{}` needs a value of `{}`", method.id, missing.name),
                Some(format!(
                    "declare it under [parameters], for example {} = {{ in = \"{}\" }}",
                    missing.name, missing.range
                )),
            )),
        }
    }

    /// Numbers of steps to try.
    fn horizons(&self) -> Loaded<Vec<usize>> {
        let Some(list) = &self.raw.horizons else { return Ok(vec![1, 10, 40]) };
        if list.get_ref().is_empty() {
            let help = "for example horizons = [1, 20]".to_owned();
            return Err(self.file.error(Some(list.span()), "`horizons` is empty", Some(help)));
        }
        match list.get_ref().iter().find(|k| **k == 0 || **k > MAX_HORIZON) {
            None => Ok(list.get_ref().clone()),
            Some(bad) => Err(self.file.error(
                Some(list.span()),
                format!("a horizon of {bad} steps is not between 1 and {MAX_HORIZON}"),
                None,
            )),
        }
    }

    /// The statement's kind, which every complete file has.
    pub(super) fn kind(&self) -> Kind {
        self.raw.kind.unwrap_or(Kind::Pathwise)
    }

    /// Whether the claims are about the estimate at single points.
    pub(super) fn is_of_points(&self) -> bool {
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

    pub(super) fn expression(&self, value: &Spanned<String>) -> Loaded<Expr> {
        parse(value.get_ref()).map_err(|err| self.file.syntax(value, err))
    }

    pub(super) fn number(&self, expr: &Expr, value: &Spanned<String>) -> Loaded<Term> {
        Checker::new(&self.names).number(expr).map_err(|err| self.check_error(value, err))
    }

    /// A mistake in a definition's body is shown there, not where the definition is used.
    pub(super) fn check_error(&self, value: &Spanned<String>, err: CheckError) -> Box<StatementError> {
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

    /// Collects the declared names, refusing twins and reserved ones.
    fn declare(&mut self) -> Loaded<()> {
        let raw = self.raw;
        let id = raw.id.get_ref();
        if let Some(defect) = id_defect(id) {
            return Err(self.file.error(
                Some(raw.id.span()),
                format!("the id `{id}` {defect}"),
                Some("for example id = \"my-lemma\"".into()),
            ));
        }
        if raw.random.len() > 1 {
            return Err(self.file.error(None, "at most one random index can be declared", None));
        }
        let mut seen = BTreeSet::new();
        let declared =
            raw.parameters.keys().chain(raw.constants.keys()).chain(raw.random.keys()).chain(raw.given.keys());
        for name in declared {
            self.check_name(name, name.get_ref(), &mut seen)?;
        }
        self.names.parameters = raw.parameters.keys().map(|k| k.get_ref().clone()).collect();
        self.names.constants = raw.constants.keys().map(|k| k.get_ref().clone()).collect();
        self.names.given = raw.given.keys().map(|k| k.get_ref().clone()).collect();
        for (name, value) in &raw.substitute {
            let inherited = raw.instantiates.is_some();
            if !inherited {
                return Err(self.file.error(
                    Some(name.span()),
                    "[substitute] replaces names of the statement that `instantiates` names, and there is none",
                    None,
                ));
            }
            self.refuse_idle_substitution(name)?;
            let body = self.expression(value)?;
            self.names.substitutions.insert(name.get_ref().clone(), body);
        }
        self.names.random = raw.random.keys().next().map(|k| k.get_ref().clone());
        for (head, body) in &raw.define {
            let expr = parse(head.get_ref()).map_err(|_| ()).and_then(|e| match e.kind {
                ExprKind::Element { name, indices } => Ok((name, indices)),
                _ => Err(()),
            });
            let indices = expr.and_then(|(name, indices)| {
                let names: Result<Vec<String>, ()> =
                    indices.into_iter().map(|i| if let ExprKind::Name(n) = i.kind { Ok(n) } else { Err(()) }).collect();
                names.map(|names| (name, names))
            });
            let Ok((name, indices)) = indices else {
                return Err(self.file.error(
                    Some(head.span()),
                    format!("`{}` is not the head of a definition", head.get_ref()),
                    Some("for example \"Psi[k]\" = \"…\"; a name without index belongs under [constants]".into()),
                ));
            };
            self.check_name(head, &name, &mut seen)?;
            if let Some(twin) =
                indices.iter().enumerate().find_map(|(i, name)| indices[..i].contains(name).then_some(name))
            {
                return Err(self.file.error(
                    Some(head.span()),
                    format!("the indices of `{}` have the same name `{twin}`", head.get_ref()),
                    Some("give each a name of its own, as in \"P[j, k]\"".into()),
                ));
            }
            let body = self.expression(body)?;
            self.names.definitions.insert(name, Definition { indices, body });
        }
        Ok(())
    }

    /// A substitution of a name that nothing has would pass for one that was made.
    fn refuse_idle_substitution(&self, name: &Spanned<String>) -> Loaded<()> {
        let raw = self.raw;
        let taken_over = raw.instantiates.as_ref().is_some_and(|parent| parent.span() == name.span());
        if taken_over
            || raw.expressions().any(|(head, text)| head != Some(name.get_ref()) && mentions(text, name.get_ref()))
        {
            return Ok(());
        }
        Err(self.file.error(
            Some(name.span()),
            format!("nothing that is taken over speaks of `{}`", name.get_ref()),
            Some("[substitute] replaces a name of the statement that is instantiated; `lemmata show` prints it".into()),
        ))
    }

    /// Texts that are printed as they are.
    fn check_texts(&self) -> Loaded<()> {
        let raw = self.raw;
        let described = raw.parameters.values().flat_map(|p| p.doc.iter().chain(&p.unit));
        let witnesses = raw.witness.iter().map(|witness| &witness.get_ref().doc);
        [&raw.title, &raw.source, &raw.proof]
            .into_iter()
            .chain(&raw.uses)
            .chain(described)
            .chain(raw.given.values())
            .chain(raw.hypotheses.keys())
            .chain(witnesses)
            .try_for_each(|text| self.file.refuse_line_breaks(text))
    }

    pub(super) fn check_name(&self, place: &Spanned<String>, name: &str, seen: &mut BTreeSet<String>) -> Loaded<()> {
        let mut chars = name.chars();
        let well_formed = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
            && chars.all(|c| c.is_alphanumeric() || c == '_');
        if !well_formed {
            return Err(self.file.error(
                Some(place.span()),
                format!("`{name}` is not a name"),
                Some("letters, digits and underscores, not beginning with a digit".into()),
            ));
        }
        if is_builtin_name(name) || name == "k" {
            return Err(self.file.error(
                Some(place.span()),
                format!("`{name}` is a builtin name"),
                Some("choose another name".into()),
            ));
        }
        if self.names.is_given(name) {
            return Err(self.file.error(
                Some(place.span()),
                format!("`{name}` is a name of the method"),
                Some("choose another name".into()),
            ));
        }
        if !seen.insert(name.to_owned()) {
            return Err(self.file.error(Some(place.span()), format!("`{name}` is declared twice"), None));
        }
        Ok(())
    }

    /// Lowers each definition once with free indices, so that a mistake is found even when the
    /// definition is not used.
    fn check_definitions(&self) -> Loaded<()> {
        for (head, value) in &self.raw.define {
            let name = head_name(head.get_ref());
            let definition = &self.names.definitions[name];
            let mut checker = Checker::new(&self.names);
            for index in &definition.indices {
                checker
                    .bind(index, &definition.body.span)
                    .map_err(|err| self.file.error(Some(head.span()), err.message, err.help))?;
            }
            checker.either(&definition.body).map_err(|err| self.check_error(value, err))?;
        }
        Ok(())
    }

    pub(super) fn refuse_run_quantities(&self, term: &Term, value: &Spanned<String>) -> Loaded<()> {
        if !needs_run(term) {
            return Ok(());
        }
        Err(self.file.error(
            Some(value.span()),
            "a constant cannot depend on the run",
            Some("what depends on k belongs under [define], for example \"Psi[k]\" = \"…\"".into()),
        ))
    }

    /// Parameters and constants in an order in which each needs only what stands before it.
    fn order(&self, parameters: &[Parameter], constants: &[Constant]) -> Loaded<Vec<Symbol>> {
        let name_of = |symbol: Symbol| match symbol {
            Symbol::Parameter(i) => parameters[i].name.as_str(),
            Symbol::Constant(i) => constants[i].name.as_str(),
        };
        let place_of = |symbol: Symbol| match symbol {
            Symbol::Parameter(i) => self.raw.parameters[i].range.span(),
            Symbol::Constant(i) => self.raw.constants[i].span(),
        };
        let all: Vec<Symbol> =
            (0..parameters.len()).map(Symbol::Parameter).chain((0..constants.len()).map(Symbol::Constant)).collect();
        let mut order: Vec<Symbol> = Vec::new();
        let mut remaining = all;
        while !remaining.is_empty() {
            let ready = |symbol: Symbol| {
                terms_of(symbol, parameters, constants).into_iter().all(|term| {
                    !term.any(|node| match node {
                        Node::Term(Term::Parameter(i)) => !order.contains(&Symbol::Parameter(*i)),
                        Node::Term(Term::Constant(i)) => !order.contains(&Symbol::Constant(*i)),
                        _ => false,
                    })
                })
            };
            match remaining.iter().position(|s| ready(*s)) {
                Some(position) => {
                    let symbol = remaining.remove(position);
                    order.push(symbol);
                }
                None => {
                    let circle: Vec<&str> = remaining.iter().map(|s| name_of(*s)).collect();
                    return Err(self.file.error(
                        Some(place_of(remaining[0])),
                        format!("these depend on each other in a circle: {}", circle.join(", ")),
                        Some("break the circle; a parameter's range counts as what it depends on".into()),
                    ));
                }
            }
        }
        self.refuse_method_in_ranges(&order, parameters, constants)?;
        Ok(order)
    }

    /// Refuses ranges and candidates that depend on the method's numbers: these follow from the parameters.
    fn refuse_method_in_ranges(
        &self,
        order: &[Symbol],
        parameters: &[Parameter],
        constants: &[Constant],
    ) -> Loaded<()> {
        let mut later: Vec<usize> = Vec::new();
        for symbol in order {
            let is_late = |term: &Term| {
                term.any(|node| match node {
                    Node::Term(Term::Method(..)) => true,
                    Node::Term(Term::Constant(i)) => later.contains(i),
                    _ => false,
                })
            };
            if !terms_of(*symbol, parameters, constants).into_iter().any(is_late) {
                continue;
            }
            match symbol {
                Symbol::Constant(i) => later.push(*i),
                Symbol::Parameter(i) => {
                    return Err(self.file.error(
                        Some(self.raw.parameters[*i].range.span()),
                        "a parameter's range or candidates cannot depend on a number of the method",
                        Some(
                            "the method's numbers follow from the parameters; write out what the range depends on"
                                .into(),
                        ),
                    ));
                }
            }
        }
        Ok(())
    }

    /// Refuses a constant that has no value whatever the instance, such as 1/0.
    fn refuse_undefined(&self, parameters: usize, constants: &[Constant], order: &[Symbol]) -> Loaded<()> {
        let mut environment = evaluate::Environment::<Interval> {
            context: 128,
            parameters: vec![None; parameters],
            constants: vec![None; constants.len()],
            builtins: vec![None; Builtin::ALL.len()],
            given: vec![None; self.raw.given.len()],
            start: 0,
            method: Vec::new(),
            spectrum: Vec::new(),
            worker_smoothness: Vec::new(),
            minimiser: None,
            workers: 1,
            dimension: 1,
            horizon: 1,
        };
        for symbol in order {
            let Symbol::Constant(i) = symbol else { continue };
            // An error means that it needs more than literals.
            let Ok(value) = Evaluator::without_trace(&environment).term(&constants[*i].term) else { continue };
            if !(value.lower().is_finite() && value.upper().is_finite()) {
                return Err(self.file.error(
                    Some(self.raw.constants[*i].span()),
                    format!("`{}` has no value: {NO_VALUE}", constants[*i].name),
                    None,
                ));
            }
            environment.constants[*i] = Some(value);
        }
        Ok(())
    }

    /// Hints for a proof, whose index is k.
    fn hints(&self) -> Loaded<Hints> {
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
        if term.has_expectation() || uses_random_index(&term) {
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
            term.has_expectation() || uses_random_index(term) || term.any(is_vector)
        };
        if condition.any_side(of_run) || condition.has_equation() {
            let (what, help) = ("an invariant is an inequality at k between numbers", "for example \"t[k] >= 1\"");
            return Err(self.file.error(Some(value.span()), what, Some(help.to_owned())));
        }
        Ok(condition)
    }

    /// A random index that no claim can use would pass for a condition of the theorem.
    fn check_random_index(&self, claims: &[Claim]) -> Loaded<()> {
        let Some(name) = self.raw.random.keys().next() else { return Ok(()) };
        let used = |claim: &Claim| uses_random_index(&claim.lhs) || uses_random_index(&claim.rhs);
        let refused = if claims.iter().any(|claim| claim.subject_of_run() != Subject::WholeRun) {
            Some(("a random index belongs to claims about the whole run", "write E[·] without `| past`, or for_all"))
        } else if self.raw.instantiates.is_none() && !claims.iter().any(used) {
            Some(("no claim uses this random index", "remove it, or write for example E[norm2(grad[R])]"))
        } else {
            None
        };
        match refused {
            None => Ok(()),
            Some((message, help)) => Err(self.file.error(Some(name.span()), message, Some(help.to_owned()))),
        }
    }

    fn random(&self, name: &Spanned<String>, value: &Spanned<String>) -> Loaded<RandomDraw> {
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

/// Whether a term has no value before the run.
fn needs_run(term: &Term) -> bool {
    dependence(term) != Dependence::None
        || term.has_expectation()
        || uses_random_index(term)
        || term.any(|node| matches!(node, Node::Term(Term::Element(ScalarSequence::Schedule(..), _))))
}

fn uses_random_index(term: &Term) -> bool {
    term.any(|node| matches!(node, Node::Index(Index::Random)))
}

fn head_name(head: &str) -> &str {
    head.split('[').next().unwrap_or(head).trim()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// What a constant, or a parameter's range and candidates, are made of.
fn terms_of<'t>(symbol: Symbol, parameters: &'t [Parameter], constants: &'t [Constant]) -> Vec<&'t Term> {
    match symbol {
        Symbol::Constant(i) => vec![&constants[i].term],
        Symbol::Parameter(i) => {
            let p = &parameters[i];
            let ends = [&p.lower, &p.upper].into_iter().filter_map(|b| b.value.as_ref());
            ends.chain(p.candidates.iter().map(|c| &c.term)).collect()
        }
    }
}
