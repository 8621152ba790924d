//! Reading a method file: TOML in, checked [`Method`] out, every mistake at its place.

use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::Deserialize;
use toml::Spanned;

use super::check::{Checked, Checker, Names, Place, is_reserved};
use super::tree::{Line, Method, Parameter, Quantity, Rule, Shape, Start, State, Value};
use crate::statement::StatementError;
use crate::statement::file::File;
use crate::statement::parse::parse;
use crate::statement::syntax::{Expr, ExprKind};

type Loaded<T> = Result<T, Box<StatementError>>;
type Texts = IndexMap<Spanned<String>, Spanned<String>>;

/// Most lines of a step, and most quantities.
const MOST_LINES: usize = 200;
/// What an operator may be.
const OPERATORS: [&str; 4] = ["contractive", "contractive-in-mean", "unbiased", "projection"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMethod {
    id: Spanned<String>,
    title: Spanned<String>,
    source: Spanned<String>,
    #[serde(default)]
    parameters: IndexMap<Spanned<String>, RawParameter>,
    #[serde(default)]
    constants: Texts,
    #[serde(default)]
    schedules: Texts,
    #[serde(default)]
    operators: IndexMap<Spanned<String>, RawOperator>,
    #[serde(default)]
    state: IndexMap<Spanned<String>, RawState>,
    #[serde(default)]
    starts: IndexMap<Spanned<String>, Texts>,
    step: RawStep,
    #[serde(default)]
    derived: Texts,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawParameter {
    #[serde(rename = "in")]
    range: Spanned<String>,
    default: Option<Spanned<String>>,
    doc: Option<Spanned<String>>,
    unit: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOperator {
    is: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawState {
    first: i64,
    start: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStep {
    lines: Vec<Spanned<String>>,
}

/// Checks the method in `text`; `name` is what errors call the file.
///
/// # Errors
/// When it is not TOML, or is no method; the error points at the place.
pub fn load_text(name: &str, text: &str) -> Result<Method, Box<StatementError>> {
    let file = File { name: name.to_owned(), text: Arc::new(text.to_owned()) };
    file.refuse_control_characters()?;
    let raw: RawMethod = toml::from_str(text).map_err(|err| {
        let message = err.message().trim_end().to_owned();
        let help = "a method needs id, title, source and [step] with its lines; `lemmata show momentum` prints one";
        file.error(err.span(), message.clone(), message.contains("missing field").then(|| help.to_owned()))
    })?;
    Loader { file: &file, raw: &raw, names: Names::default() }.load()
}

/// `name` or `name[i]`, as written left of `=`.
struct Target {
    name: String,
    worker: Option<String>,
}

struct Loader<'a> {
    file: &'a File,
    raw: &'a RawMethod,
    names: Names,
}

impl<'a> Loader<'a> {
    fn load(mut self) -> Loaded<Method> {
        let raw = self.raw;
        for text in [&raw.id, &raw.title, &raw.source] {
            self.file.refuse_line_breaks(text)?;
        }
        let parameters = self.parameters()?;
        let constants = self.numbers(&raw.constants, Place::Constant)?;
        let schedules = self.numbers(&raw.schedules, Place::Schedule)?;
        let operators = self.operators()?;
        let targets = self.targets()?;
        let states = self.states(&targets)?;
        let lines = self.lines(&targets)?;
        let mut states: Vec<State> = states
            .into_iter()
            .map(|(quantity, text)| Ok(State { quantity, rule: self.rule(quantity, text, &lines)? }))
            .collect::<Loaded<_>>()?;
        // The run's own start comes first.
        states.sort_by_key(|state| state.quantity);
        let starts = self.starts(&lines)?;
        Ok(Method {
            id: raw.id.get_ref().clone(),
            title: raw.title.get_ref().clone(),
            source: raw.source.get_ref().clone(),
            parameters,
            constants,
            schedules,
            operators,
            quantities: self.names.quantities.clone(),
            states,
            starts,
            lines,
            derived: self.derived()?,
        })
    }

    fn error<T>(&self, place: Range<usize>, message: impl Into<String>, help: Option<&str>) -> Loaded<T> {
        Err(self.file.error(Some(place), message, help.map(str::to_owned)))
    }

    /// A new name, which must mean nothing yet.
    fn refuse_taken(&self, name: &str, place: Range<usize>) -> Loaded<()> {
        let letters = name.chars().all(|c| c.is_alphanumeric() || c == '_');
        if !letters || !name.starts_with(|c: char| c.is_alphabetic()) {
            return self.error(place, format!("`{name}` is no name"), Some("a name has letters, digits and _"));
        }
        if is_reserved(name) || self.names.declares(name) {
            return self.error(place, format!("`{name}` has a meaning already"), Some("choose another name"));
        }
        Ok(())
    }

    fn expression(&self, value: &Spanned<String>) -> Loaded<Expr> {
        parse(value.get_ref()).map_err(|err| self.file.syntax(value, err))
    }

    fn checker(&self, place: Place) -> Checker<'_> {
        Checker { names: &self.names, place, workers: Vec::new(), calls: 0 }
    }

    /// Shows a mistake of a checked expression that begins at `offset` within the text.
    fn placed<T>(&self, value: &Spanned<String>, offset: usize, checked: Checked<T>) -> Loaded<T> {
        checked.map_err(|err| {
            let span = err.span.start + offset..err.span.end + offset;
            self.file.error(Some(self.file.within(value, &span)), err.message, err.help)
        })
    }

    fn parameters(&mut self) -> Loaded<Vec<Parameter>> {
        let mut all = Vec::new();
        for (name, raw) in &self.raw.parameters {
            self.refuse_taken(name.get_ref(), name.span())?;
            self.names.parameters.push(name.get_ref().clone());
            let text = |text: &Option<Spanned<String>>| text.as_ref().map(|text| text.get_ref().clone());
            all.push(Parameter {
                name: name.get_ref().clone(),
                range: raw.range.get_ref().clone(),
                default: text(&raw.default),
                doc: text(&raw.doc).unwrap_or_default(),
                unit: text(&raw.unit).unwrap_or_default(),
            });
        }
        Ok(all)
    }

    fn numbers(&mut self, texts: &Texts, place: Place) -> Loaded<Vec<(String, super::tree::Number)>> {
        let mut all = Vec::new();
        for (name, value) in texts {
            self.refuse_taken(name.get_ref(), name.span())?;
            let expr = self.expression(value)?;
            let number = self.placed(value, 0, self.checker(place).number(&expr))?;
            let names = if place == Place::Constant { &mut self.names.constants } else { &mut self.names.schedules };
            names.push(name.get_ref().clone());
            all.push((name.get_ref().clone(), number));
        }
        Ok(all)
    }

    fn operators(&mut self) -> Loaded<Vec<(String, String)>> {
        let mut all = Vec::new();
        for (name, raw) in &self.raw.operators {
            self.refuse_taken(name.get_ref(), name.span())?;
            if !OPERATORS.contains(&raw.is.get_ref().as_str()) {
                let help = format!("one of {}", OPERATORS.join(", "));
                return self.error(raw.is.span(), "there is no such kind of operator", Some(&help));
            }
            self.names.operators.push(name.get_ref().clone());
            all.push((name.get_ref().clone(), raw.is.get_ref().clone()));
        }
        Ok(all)
    }

    /// What the lines write, and where the expression of each begins.
    fn targets(&self) -> Loaded<Vec<(Target, usize)>> {
        let lines = &self.raw.step.lines;
        if lines.is_empty() || lines.len() > MOST_LINES {
            let message = format!("a step has between 1 and {MOST_LINES} lines");
            return Err(self.file.error(lines.first().map(Spanned::span), message, None));
        }
        lines
            .iter()
            .map(|line| {
                let text = line.get_ref();
                let Some(equals) = text.find('=') else {
                    return self.error(line.span(), "a line is `name = expression`", None);
                };
                Ok((self.target(&text[..equals], line.span())?, equals + 1))
            })
            .collect()
    }

    fn target(&self, text: &str, place: Range<usize>) -> Loaded<Target> {
        let name = |text: &str| text.trim().to_owned();
        match text.trim().split_once('[') {
            None => Ok(Target { name: name(text), worker: None }),
            Some((own, rest)) => match rest.strip_suffix(']') {
                Some(worker) if !worker.contains([',', '[']) => {
                    Ok(Target { name: name(own), worker: Some(name(worker)) })
                }
                _ => self.error(place, "a line writes `name` or `name[i]`", None),
            },
        }
    }

    /// Declares the point and the states; returns the states' starts as written.
    fn states(&mut self, targets: &[(Target, usize)]) -> Loaded<Vec<(usize, &'a Spanned<String>)>> {
        let raw = self.raw;
        let point = Quantity { name: "x".into(), shape: Shape::Vector, by_worker: false, first: Some(0) };
        self.names.quantities.push(point);
        let mut starts = Vec::new();
        for (head, state) in &raw.state {
            let target = self.target(head.get_ref(), head.span())?;
            if !(-1..=1).contains(&state.first) {
                return self.error(head.span(), "a state's first index is -1, 0 or 1", None);
            }
            if target.name == "x" {
                starts.push((0, &state.start));
                continue;
            }
            self.refuse_taken(&target.name, head.span())?;
            let shape = match self.names_a_line(state.start.get_ref(), targets) {
                true => Shape::Vector,
                false => match self.start_value(&target, &state.start)? {
                    Some(Value::Number(_)) => Shape::Number,
                    _ => Shape::Vector,
                },
            };
            let by_worker = target.worker.is_some();
            self.names.quantities.push(Quantity { name: target.name, shape, by_worker, first: Some(state.first) });
            starts.push((self.names.quantities.len() - 1, &state.start));
        }
        Ok(starts)
    }

    fn names_a_line(&self, text: &str, targets: &[(Target, usize)]) -> bool {
        let is_state = self.names.quantities.iter().any(|quantity| quantity.name == text.trim());
        !is_state && targets.iter().any(|(target, _)| target.name == text.trim())
    }

    /// The value of a start that is an expression; none for `any`.
    fn start_value(&self, target: &Target, text: &Spanned<String>) -> Loaded<Option<Value>> {
        if text.get_ref().trim() == "any" {
            return Ok(None);
        }
        let expr = self.expression(text)?;
        let mut checker = self.checker(Place::Line);
        if let Some(worker) = &target.worker {
            let bound = checker.bind(worker, &(0..text.get_ref().len()));
            self.placed(text, 0, bound)?;
        }
        let value = checker.value(&expr);
        self.placed(text, 0, value).map(Some)
    }

    fn lines(&mut self, targets: &[(Target, usize)]) -> Loaded<Vec<Line>> {
        let mut lines = Vec::new();
        for ((target, offset), text) in targets.iter().zip(&self.raw.step.lines) {
            let body = &text.get_ref()[*offset..];
            let expr = parse(body).map_err(|err| {
                let span = err.span.start + offset..err.span.end + offset;
                self.file.error(Some(self.file.within(text, &span)), err.message, None)
            })?;
            let mut checker = self.checker(Place::Line);
            if let Some(worker) = &target.worker {
                let bound = checker.bind(worker, &(0..0));
                self.placed(text, 0, bound)?;
            }
            let value = checker.value(&expr);
            let calls = checker.calls;
            let value = self.placed(text, *offset, value)?;
            if calls > 1 {
                let help = Some("give each call a line of its own: its error is called after it");
                return self.error(text.span(), "a line calls one estimate", help);
            }
            let quantity = self.written(target, &value, text)?;
            lines.push(Line { quantity, value });
        }
        Ok(lines)
    }

    /// The quantity that a line writes, declared where it is new.
    fn written(&mut self, target: &Target, value: &Value, text: &Spanned<String>) -> Loaded<usize> {
        let shape = if matches!(value, Value::Number(_)) { Shape::Number } else { Shape::Vector };
        let by_worker = target.worker.is_some();
        let Some(known) = self.names.quantities.iter().position(|quantity| quantity.name == target.name) else {
            self.refuse_taken(&target.name, text.span())?;
            self.names.quantities.push(Quantity { name: target.name.clone(), shape, by_worker, first: None });
            return Ok(self.names.quantities.len() - 1);
        };
        let quantity = &self.names.quantities[known];
        if (quantity.shape, quantity.by_worker) != (shape, by_worker) {
            let what = |shape, by_worker| match (shape, by_worker) {
                (Shape::Number, false) => "a number",
                (Shape::Number, true) => "a number of each worker",
                (Shape::Vector, false) => "a vector",
                (Shape::Vector, true) => "a vector of each worker",
            };
            let (was, is) = (what(quantity.shape, quantity.by_worker), what(shape, by_worker));
            return self.error(text.span(), format!("`{}` is {was}, and {is} is written to it", target.name), None);
        }
        Ok(known)
    }

    /// Where a state's first value comes from.
    fn rule(&self, quantity: usize, text: &Spanned<String>, lines: &[Line]) -> Loaded<Rule> {
        let own = &self.names.quantities[quantity];
        let name = text.get_ref().trim();
        let named = self.names.quantities.iter().position(|known| known.name == name && known.first.is_none());
        if let Some(source) = named {
            let other = &self.names.quantities[source];
            if (other.shape, other.by_worker) != (own.shape, own.by_worker) {
                return self.error(text.span(), format!("`{}` and `{name}` are not of one kind", own.name), None);
            }
            let set = lines.iter().position(|line| line.quantity == source).unwrap_or(0);
            if lines[..=set].iter().any(|line| line.quantity == quantity || line.value.reads(quantity)) {
                let message =
                    format!("`{}` has no value until `{name}` is set in step 0, and is used before", own.name);
                return self.error(text.span(), message, None);
            }
            return Ok(Rule::Line(set));
        }
        let target = Target { name: own.name.clone(), worker: own.by_worker.then(|| "i".to_owned()) };
        Ok(match (self.start_value(&target, text)?, own.shape) {
            (None, Shape::Vector) => Rule::Any,
            (Some(Value::Number(number)), Shape::Number) => Rule::Number(number),
            (Some(Value::Vector(vector)), Shape::Vector) => Rule::Vector(vector),
            _ => return self.error(text.span(), format!("`{}` does not start like this elsewhere", own.name), None),
        })
    }

    fn starts(&self, lines: &[Line]) -> Loaded<Vec<Start>> {
        let mut all = Vec::new();
        for (name, rules) in &self.raw.starts {
            let mut changed = Vec::new();
            for (head, text) in rules {
                let target = self.target(head.get_ref(), head.span())?;
                let is_state = |quantity: &Quantity| quantity.name == target.name && quantity.first.is_some();
                let Some(quantity) = self.names.quantities.iter().position(is_state) else {
                    return self.error(head.span(), format!("there is no state `{}`", target.name), None);
                };
                changed.push(State { quantity, rule: self.rule(quantity, text, lines)? });
            }
            all.push(Start { name: name.get_ref().clone(), states: changed });
        }
        Ok(all)
    }

    /// Derived sequences speak of quantities of the run by index: `name[…]`.
    fn derived(&self) -> Loaded<Vec<(String, String)>> {
        let mut all = Vec::new();
        for (head, body) in &self.raw.derived {
            for text in [head, body] {
                self.expression(text)?;
            }
            let named = parse(head.get_ref()).is_ok_and(|expr| matches!(expr.kind, ExprKind::Element { .. }));
            if !named {
                return self.error(head.span(), "a derived sequence is `name[k]`", None);
            }
            all.push((head.get_ref().clone(), body.get_ref().clone()));
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests;
