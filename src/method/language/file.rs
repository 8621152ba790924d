//! Reading a method file: TOML in, checked [`Method`] out, every mistake at its place.

use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;
use rug::Rational;
use serde::Deserialize;
use toml::Spanned;

use super::check::{Checked, Checker, Names, Position, is_reserved};
use super::tree::{End, Line, Method, Number, Parameter, Quantity, Rule, Shape, Start, State, Value};
use crate::statement::StatementError;
use crate::statement::file::File;
use crate::statement::parse::parse;
use crate::statement::raw::RangeParts;
use crate::statement::syntax::{BinaryOp, Expr, ExprKind};
use crate::statement::term::{Derived, OfMethod, Shifted, Summand, VectorSequence};

type Loaded<T> = Result<T, Box<StatementError>>;
type Texts = IndexMap<Spanned<String>, Spanned<String>>;

/// What a file lacks that lacks something.
const NEEDED: &str = "a method needs id, title, source and [step] with its lines; `lemmata show momentum` prints one";
/// Most lines of a step, and most quantities.
const MOST_LINES: usize = 200;
/// What the start is called that the states' own rules make, where the file does not say.
const OWN_START: &str = "own";
/// What an operator may be.
const OPERATORS: [&str; 4] = ["contractive", "contractive-in-mean", "unbiased", "projection"];

/// A method file as TOML has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawMethod {
    id: Option<Spanned<String>>,
    title: Option<Spanned<String>>,
    source: Option<Spanned<String>>,
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
    start: Option<Spanned<String>>,
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
    #[serde(default)]
    integer: bool,
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
        file.error(err.span(), message.clone(), message.contains("missing field").then(|| NEEDED.to_owned()))
    })?;
    for (missing, field) in [(&raw.id, "id"), (&raw.title, "title"), (&raw.source, "source")] {
        if missing.is_none() {
            return Err(file.error(None, format!("missing field `{field}`"), Some(NEEDED.to_owned())));
        }
    }
    Loader { file: &file, raw: &raw, names: Names::default(), repeated: Vec::new() }.load()
}

/// Checks a method that stands in another file, and needs no name there.
pub(crate) fn load_within(file: &File, raw: &RawMethod) -> Loaded<Method> {
    Loader { file, raw, names: Names::default(), repeated: Vec::new() }.load()
}

/// The method with other schedules, and with parameters that have an exact value in place of a range: both stand
/// in the file of a statement.
pub(crate) fn amended(base: &Method, file: &File, schedules: &Texts, bind: &Texts) -> Loaded<Method> {
    let mut method = base.clone();
    let names = Names {
        parameters: base.parameters.iter().map(|parameter| parameter.name.clone()).collect(),
        constants: base.constants.iter().map(|(name, _)| name.clone()).collect(),
        ..Names::default()
    };
    let checked = |names: &Names, place: Position, value: &Spanned<String>| {
        let expr = parse(value.get_ref()).map_err(|err| file.syntax(value, err))?;
        let number = Checker::new(names, place).number(&expr);
        number.map_err(|err| file.error(Some(file.within(value, &err.span)), err.message, err.help))
    };
    for (name, value) in bind {
        let Some(position) = base.parameter(name.get_ref()) else {
            let message = format!("the method `{}` has no parameter `{}`", base.id, name.get_ref());
            return Err(file.error(Some(name.span()), message, None));
        };
        // What is bound follows from what is not, and the method's constants from that.
        let mut free = Names { constants: Vec::new(), ..names.clone() };
        free.parameters[position] = String::new();
        method.bound.push((position, checked(&free, Position::Constant, value)?));
    }
    for (name, value) in schedules {
        let own = method.schedules.iter().position(|(own, _)| own == name.get_ref());
        let Some(position) = own else {
            let help = "a statement replaces schedules that the method has".to_owned();
            let message = format!("the method `{}` has no schedule `{}`", base.id, name.get_ref());
            return Err(file.error(Some(name.span()), message, Some(help)));
        };
        method.schedules[position].1 = checked(&names, Position::Schedule, value)?;
    }
    Ok(method)
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
    /// Quantities whose line's draw another line repeats.
    repeated: Vec<usize>,
}

impl<'a> Loader<'a> {
    fn load(mut self) -> Loaded<Method> {
        let raw = self.raw;
        for text in [&raw.id, &raw.title, &raw.source].into_iter().flatten() {
            self.file.refuse_line_breaks(text)?;
        }
        let text_of = |text: &Option<Spanned<String>>, other: &str| {
            text.as_ref().map_or_else(|| other.to_owned(), |text| text.get_ref().clone())
        };
        let parameters = self.parameters()?;
        let constants = self.numbers(&raw.constants, Position::Constant)?;
        let schedules = self.numbers(&raw.schedules, Position::Schedule)?;
        let operators = self.operators()?;
        let targets = self.targets()?;
        let states = self.states(&targets)?;
        let lines = self.lines(&targets)?;
        let states: Vec<State> = states
            .into_iter()
            .map(|(quantity, text)| Ok(State { quantity, rule: self.rule(quantity, text, &lines)? }))
            .collect::<Loaded<_>>()?;
        for (state, text) in states.iter().zip(raw.state.values()) {
            self.refuse_early_reads(state, &states, &text.start)?;
        }
        let starts = self.starts(&lines, &states)?;
        Ok(Method {
            id: text_of(&raw.id, "own"),
            title: text_of(&raw.title, "The method of the statement"),
            source: text_of(&raw.source, "the statement's own file"),
            bound: Vec::new(),
            parameters,
            constants,
            schedules,
            operators,
            quantities: self.names.quantities.clone(),
            states,
            own_start: raw.start.as_ref().map_or_else(|| OWN_START.to_owned(), |name| name.get_ref().clone()),
            starts,
            lines,
            derived: self.derived()?,
            repeated: self.repeated,
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

    fn checker(&self, place: Position) -> Checker<'_> {
        Checker::new(&self.names, place)
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
            if raw.integer {
                self.names.integers.push(self.names.parameters.len() - 1);
            }
            let text = |text: &Option<Spanned<String>>| text.as_ref().map(|text| text.get_ref().clone());
            let [lower, upper] = self.range(&raw.range)?;
            let number = |text: &Spanned<String>| {
                let expr = self.expression(text)?;
                self.placed(text, 0, self.checker(Position::Constant).number(&expr))
            };
            all.push(Parameter {
                name: name.get_ref().clone(),
                range: raw.range.get_ref().clone(),
                lower,
                upper,
                integer: raw.integer,
                default: raw.default.as_ref().map(number).transpose()?,
                doc: text(&raw.doc).unwrap_or_default(),
                unit: text(&raw.unit).unwrap_or_default(),
            });
        }
        Ok(all)
    }

    /// Both ends of a range.
    fn range(&self, text: &Spanned<String>) -> Loaded<[End; 2]> {
        let parts = RangeParts::of(text.get_ref()).map_err(|message| {
            let help = "for example in = \"(0, 1]\"".to_owned();
            self.file.error(Some(text.span()), message, Some(help))
        })?;
        let end = |place: Range<usize>, closed: bool| -> Loaded<End> {
            let body = &text.get_ref()[place.clone()];
            if body.trim() == "inf" || body.trim() == "-inf" {
                return Ok(End { value: None, closed: false });
            }
            let expr = parse(body).map_err(|err| {
                let span = err.span.start + place.start..err.span.end + place.start;
                self.file.error(Some(self.file.within(text, &span)), err.message, None)
            })?;
            let value = self.placed(text, place.start, self.checker(Position::Constant).number(&expr))?;
            Ok(End { value: Some(value), closed })
        };
        Ok([end(parts.lower, parts.lower_closed)?, end(parts.upper, parts.upper_closed)?])
    }

    fn numbers(&mut self, texts: &Texts, place: Position) -> Loaded<Vec<(String, Number)>> {
        let mut all = Vec::new();
        for (name, value) in texts {
            self.refuse_taken(name.get_ref(), name.span())?;
            let expr = self.expression(value)?;
            let number = self.placed(value, 0, self.checker(place).number(&expr))?;
            let names = if place == Position::Constant { &mut self.names.constants } else { &mut self.names.schedules };
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
            self.refuse_point(&target, head.span())?;
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
        // Schedules are set by steps.
        let names = Names { schedules: Vec::new(), ..self.names.clone() };
        let mut checker = Checker::new(&names, Position::Line);
        if let Some(worker) = &target.worker {
            let bound = checker.bind(worker, &(0..text.get_ref().len()));
            self.placed(text, 0, bound)?;
        }
        let value = checker.value(&expr);
        let samples = checker.samples;
        let value = self.placed(text, 0, value)?;
        if samples {
            return self.error(text.span(), "workers are sampled in lines, not in starts", None);
        }
        Ok(Some(value))
    }

    fn lines(&mut self, targets: &[(Target, usize)]) -> Loaded<Vec<Line>> {
        let mut lines = Vec::new();
        for ((target, offset), text) in targets.iter().zip(&self.raw.step.lines) {
            let body = &text.get_ref()[*offset..];
            let expr = parse(body).map_err(|err| {
                let span = err.span.start + offset..err.span.end + offset;
                self.file.error(Some(self.file.within(text, &span)), err.message, None)
            })?;
            let mut checker = self.checker(Position::Line);
            if let Some(worker) = &target.worker {
                let bound = checker.bind(worker, &(0..0));
                self.placed(text, 0, bound)?;
            }
            let value = checker.value(&expr);
            let (calls, draws, repeats, samples) = (checker.calls, checker.draws, checker.repeats, checker.samples);
            let value = self.placed(text, *offset, value)?;
            if samples && !(target.worker.is_some() && matches!(value, Value::Number(Number::Sampled(_)))) {
                let message = "workers are sampled in a line of every worker, and it has nothing else";
                return self.error(
                    text.span(),
                    message,
                    Some("write c[i] = sample_workers(1): 1 for a drawn worker, else 0"),
                );
            }
            if calls > 1 {
                let help = Some("give each call a line of its own: its error is called after it");
                return self.error(text.span(), "a line calls one estimate", help);
            }
            let quantity = self.written(target, &value, text)?;
            if draws {
                self.names.drawn.push(quantity);
            }
            self.repeated.extend(repeats.filter(|line| !self.repeated.contains(line)));
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

    /// Refuses a start of the point: it is the run's own.
    fn refuse_point(&self, target: &Target, place: Range<usize>) -> Loaded<()> {
        match target.name == "x" {
            true => self.error(place, "x begins where the run does", Some("declare the other states alone")),
            false => Ok(()),
        }
    }

    /// Refuses a start that reads what has no value when it is evaluated: a line, a schedule, a state that begins later
    /// or with a line.
    fn refuse_early_reads(&self, state: &State, all: &[State], text: &Spanned<String>) -> Loaded<()> {
        let value = match &state.rule {
            Rule::Number(number) => Value::Number(number.clone()),
            Rule::Vector(vector) => Value::Vector(vector.clone()),
            Rule::Line(_) | Rule::Any => return Ok(()),
        };
        let begins_before = |quantity: usize| {
            let other = all.iter().find(|other| other.quantity == quantity);
            quantity < state.quantity && other.is_some_and(|other| !matches!(other.rule, Rule::Line(_)))
        };
        let early =
            (1..self.names.quantities.len()).find(|quantity| value.reads(*quantity) && !begins_before(*quantity));
        let Some(quantity) = early else { return Ok(()) };
        let message = format!("`{}` has no value when this start is evaluated", self.names.quantities[quantity].name);
        let help =
            "a start reads x, parameters, constants, and states declared before it that begin with an expression";
        self.error(text.span(), message, Some(help))
    }

    fn starts(&self, lines: &[Line], states: &[State]) -> Loaded<Vec<Start>> {
        let mut all = Vec::new();
        for (name, rules) in &self.raw.starts {
            let mut changed = Vec::new();
            for (head, text) in rules {
                let target = self.target(head.get_ref(), head.span())?;
                self.refuse_point(&target, head.span())?;
                let is_state = |quantity: &Quantity| quantity.name == target.name && quantity.first.is_some();
                let Some(quantity) = self.names.quantities.iter().position(is_state) else {
                    return self.error(head.span(), format!("there is no state `{}`", target.name), None);
                };
                changed.push(State { quantity, rule: self.rule(quantity, text, lines)? });
            }
            let rule_of = |state: &State| {
                changed.iter().find(|other: &&State| other.quantity == state.quantity).unwrap_or(state).clone()
            };
            let every: Vec<State> = states.iter().map(rule_of).collect();
            // What is not changed may read what is.
            for (state, raw) in every.iter().zip(self.raw.state.values()) {
                let own = changed.iter().position(|other: &State| other.quantity == state.quantity);
                let text = own.and_then(|own| rules.values().nth(own)).unwrap_or(&raw.start);
                self.refuse_early_reads(state, &every, text)?;
            }
            all.push(Start { name: name.get_ref().clone(), states: changed });
        }
        Ok(all)
    }

    /// Derived sequences: combinations of others at k, and at their first index.
    fn derived(&self) -> Loaded<Vec<Arc<Derived>>> {
        let mut all: Vec<Derived> = Vec::new();
        for (head, body) in &self.raw.derived {
            let expr = self.expression(head)?;
            let ExprKind::Element { name, indices } = &expr.kind else {
                return self.error(head.span(), "a derived sequence is `name[k]`", None);
            };
            let [index] = &indices[..] else {
                return self.error(head.span(), "a derived sequence has one index", None);
            };
            let Some(index) = Shifted::of(index) else {
                return self.error(head.span(), "the index is k, or the first one, as in `m[-1]`", None);
            };
            let mut summands = Vec::new();
            self.summands(&self.expression(body)?, &Rational::from(1), body, &mut summands)?;
            match index {
                Shifted::Step(0) => {
                    self.refuse_taken(name, head.span())?;
                    if all.iter().any(|other| *other.name == **name) {
                        return self.error(head.span(), format!("`{name}` is declared twice"), None);
                    }
                    if summands.iter().any(|summand| matches!(summand.index, Shifted::Fixed(_))) {
                        return self.error(body.span(), "a value at k is made of others at k or near it", None);
                    }
                    all.push(Derived { name: name.as_str().into(), at_step: summands, first: None });
                }
                Shifted::Fixed(first) => {
                    let Some(own) = all.iter_mut().find(|other| *other.name == **name) else {
                        return self.error(head.span(), format!("`{name}[k]` comes first"), None);
                    };
                    if summands.iter().any(|summand| matches!(summand.index, Shifted::Step(_))) {
                        return self.error(body.span(), "the first value is made of others at numbers", None);
                    }
                    own.first = Some((first, summands));
                }
                Shifted::Step(_) => return self.error(head.span(), "the index is k, or the first one", None),
            }
        }
        Ok(all.into_iter().map(Arc::new).collect())
    }

    /// Adds the parts of `factor` times a combination of sequences.
    fn summands(&self, expr: &Expr, factor: &Rational, place: &Spanned<String>, into: &mut Vec<Summand>) -> Loaded<()> {
        let minus = || Rational::from(-factor);
        match &expr.kind {
            ExprKind::Negate(inner) => self.summands(inner, &minus(), place, into),
            ExprKind::Binary(BinaryOp::Add, left, right) => {
                self.summands(left, factor, place, into)?;
                self.summands(right, factor, place, into)
            }
            ExprKind::Binary(BinaryOp::Sub, left, right) => {
                self.summands(left, factor, place, into)?;
                self.summands(right, &minus(), place, into)
            }
            ExprKind::Binary(BinaryOp::Mul, left, right) => match (&left.kind, &right.kind) {
                (ExprKind::Number(a), _) => self.summands(right, &Rational::from(factor * a), place, into),
                (_, ExprKind::Number(a)) => self.summands(left, &Rational::from(factor * a), place, into),
                _ => self.no_summand(expr, place),
            },
            ExprKind::Element { name, indices } => {
                let sequence = self.sequence(name);
                match (sequence, indices.first().and_then(Shifted::of).filter(|_| indices.len() == 1)) {
                    (Some(sequence), Some(index)) => {
                        into.push(Summand { factor: factor.clone(), sequence, index });
                        Ok(())
                    }
                    _ => self.no_summand(expr, place),
                }
            }
            _ => self.no_summand(expr, place),
        }
    }

    fn no_summand<T>(&self, expr: &Expr, place: &Spanned<String>) -> Loaded<T> {
        let span = self.file.within(place, &expr.span);
        let help =
            "a derived sequence adds and subtracts vectors such as v[k], x[k+1] or grad[k], with literal factors";
        self.error(span, "this is no combination of the run's vectors", Some(help))
    }

    fn sequence(&self, name: &str) -> Option<VectorSequence> {
        match name {
            "grad" => return Some(VectorSequence::Gradient),
            "x" => return Some(VectorSequence::Point),
            _ => {}
        }
        let position = self.names.quantities.iter().position(|quantity| quantity.name == name)?;
        let quantity = &self.names.quantities[position];
        let plain = quantity.shape == Shape::Vector && !quantity.by_worker;
        plain.then(|| VectorSequence::Quantity(OfMethod { position, name: name.into(), first: quantity.first }))
    }
}

#[cfg(test)]
mod tests;
