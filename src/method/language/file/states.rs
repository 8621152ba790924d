//! States and where they begin: by an expression, with a line of step 0, or anywhere.

use std::ops::Range;

use toml::Spanned;

use super::lines::Target;
use super::{Loaded, Loader};
use crate::method::language::check::{Checker, Names, Position};
use crate::method::language::tree::{Line, Quantity, Rule, Shape, Start, State, Value};

impl<'a> Loader<'a> {
    /// Declares the point and the states; returns the states' starts as written.
    pub(super) fn states(&mut self, targets: &[(Target, usize)]) -> Loaded<Vec<(usize, &'a Spanned<String>)>> {
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

    /// Where a state's first value comes from.
    pub(super) fn rule(&self, quantity: usize, text: &Spanned<String>, lines: &[Line]) -> Loaded<Rule> {
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
    pub(super) fn refuse_early_reads(&self, state: &State, all: &[State], text: &Spanned<String>) -> Loaded<()> {
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

    pub(super) fn starts(&self, lines: &[Line], states: &[State]) -> Loaded<Vec<Start>> {
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
}
